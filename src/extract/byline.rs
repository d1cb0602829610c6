//! Who wrote a page, as it says itself.
//!
//! Must not guess from the words of the text: a name is taken where markup calls it the author's.

use serde_json::Value;

use super::{
    fold, fold_to,
    links::WORDS,
    noise,
    tree::{Tag, Tree},
};

/// Names of `<meta>` that tell who wrote a page, the surest first.
const NAMES: &[&str] = &[
    "citation_author",
    "dc.creator",
    "dcterms.creator",
    "author",
    "parsely-author",
    "sailthru.author",
    "article:author",
    "byl",
];

/// Most characters of a byline; what is longer is no name.
const LONGEST: usize = 200;
/// Most authors named.
const AUTHORS: usize = 20;
/// Most bytes of JSON-LD that are looked through for an author.
const DATA: usize = 512 * 1024;
/// How deep in JSON-LD the author of the page may stand.
const DEPTH: usize = 4;

/// The authors, as they are written, parted by commas.
pub fn find(tree: &Tree) -> Option<String> {
    let (mut stated, mut marked) = (Named::default(), Named::default());
    let (mut best, mut read) = (NAMES.len(), 0);
    let mut linked = Named::default();
    for at in 1..tree.len() {
        match tree.tag(at) {
            Tag::Text => {}
            Tag::Meta => {
                let rank = ["name", "property"]
                    .iter()
                    .filter_map(|key| tree.attr(at, key))
                    .find_map(|name| NAMES.iter().position(|known| known.eq_ignore_ascii_case(name.trim())));
                if let (Some(rank), Some(content)) = (rank, tree.attr(at, "content"))
                    && rank <= best
                    && is_name(content)
                {
                    if rank < best {
                        stated = Named::default();
                    }
                    best = rank;
                    stated.add(content);
                }
            }
            Tag::Script if linked.names.is_empty() && read < DATA => {
                let data = tree.text_of(at, usize::MAX);
                read += data.len();
                if read <= DATA
                    && let Ok(value) = serde_json::from_str(data.trim())
                {
                    author_of(&value, DEPTH, &mut linked);
                }
            }
            _ if says_author(tree, at) => marked.add(&tree.text_of(at, WORDS)),
            _ => {}
        }
    }
    [stated, linked, marked].into_iter().find_map(Named::joined)
}

/// Names, each once.
#[derive(Default)]
struct Named {
    names: Vec<String>,
}

impl Named {
    fn add(&mut self, written: &str) {
        let name = fold(written);
        if self.names.len() < AUTHORS && is_name(&name) && !self.names.contains(&name) {
            self.names.push(name);
        }
    }

    fn joined(self) -> Option<String> {
        (!self.names.is_empty()).then(|| fold_to(&self.names.join(", "), LONGEST))
    }
}

/// Whether something can be a name: short, of one line, and no address.
fn is_name(written: &str) -> bool {
    let written = written.trim();
    let letters = written.chars().take(LONGEST + 1).filter(|c| c.is_alphabetic()).count();
    letters > 1 && letters <= LONGEST / 2 && !written.contains("://") && !written.contains(['{', '@'])
}

/// Whether markup calls the text of an element the name of the author.
fn says_author(tree: &Tree, at: usize) -> bool {
    let has = |name: &str, word: &str| {
        tree.attr(at, name)
            .is_some_and(|value| value.split_ascii_whitespace().any(|w| w.eq_ignore_ascii_case(word)))
    };
    match tree.tag(at) {
        Tag::A if has("rel", "author") => true,
        _ if has("itemprop", "author") => !holds_name(tree, at),
        _ if has("itemprop", "name") => has_author_above(tree, at),
        _ => !noise::is_never_text(tree, at) && has("class", "byline") && tree.end(at) - at < 40,
    }
}

/// Whether the author is an item of its own, whose name is told apart from what else is said of it.
fn holds_name(tree: &Tree, at: usize) -> bool {
    (at + 1..tree.end(at).min(at + 64)).any(|inner| tree.attr(inner, "itemprop") == Some("name"))
}

fn has_author_above(tree: &Tree, at: usize) -> bool {
    let mut above = at;
    for _ in 0..DEPTH {
        above = tree.parent(above);
        if tree
            .attr(above, "itemprop")
            .is_some_and(|value| value.eq_ignore_ascii_case("author"))
        {
            return true;
        }
    }
    false
}

/// The authors that JSON-LD gives to the first thing in it that has any.
fn author_of(value: &Value, depth: usize, found: &mut Named) {
    if depth == 0 || !found.names.is_empty() {
        return;
    }
    match value {
        Value::Array(items) => items.iter().for_each(|item| author_of(item, depth - 1, found)),
        Value::Object(fields) => {
            if let Some(author) = fields.get("author") {
                name_of(author, DEPTH, found);
            } else if let Some(graph) = fields.get("@graph") {
                author_of(graph, depth - 1, found);
            }
        }
        _ => {}
    }
}

fn name_of(author: &Value, depth: usize, found: &mut Named) {
    match author {
        Value::String(name) => found.add(name),
        Value::Object(fields) if depth > 0 => {
            if let Some(name) = fields.get("name") {
                name_of(name, depth - 1, found);
            }
        }
        Value::Array(items) if depth > 0 => items.iter().for_each(|item| name_of(item, depth - 1, found)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_name_where_markup_calls_it_the_authors() {
        for (html, want) in [
            ("<meta name=author content=' Ada  Lovelace '>", Some("Ada Lovelace")),
            (
                "<meta name=citation_author content='李 明'><meta name=citation_author content='Ayşe Işık'><meta name=author content=x>",
                Some("李 明, Ayşe Işık"),
            ),
            (
                "<meta property='article:author' content='https://example.org/ada'>",
                None,
            ),
            (
                "<script type='application/ld+json'>{\"@graph\":[{\"@type\":\"WebSite\"},{\"author\":[{\"name\":\"Анна\"},{\"name\":\"Борис\"}]}]}</script>",
                Some("Анна, Борис"),
            ),
            (
                "<script type='application/ld+json'>{\"author\": not json}</script>",
                None,
            ),
            ("<p itemprop=author>نجيب محفوظ</p>", Some("نجيب محفوظ")),
            (
                "<div itemprop=author>By <b itemprop=name>สมชาย</b>, staff</div>",
                Some("สมชาย"),
            ),
            ("<a rel='author nofollow' href=/a>紫式部</a>", Some("紫式部")),
            ("<p class='byline'>Von Anna Berg</p>", Some("Von Anna Berg")),
            ("<p class='byline'>12.3.2020</p><p>by nobody", None),
            (
                "<meta name=author content=''><meta name=author content='a@b.example'>",
                None,
            ),
        ] {
            let tree = Tree::parse(html);
            assert_eq!(find(&tree).as_deref(), want, "{html}");
        }
        let long = format!("<meta name=author content='{}'>", "name ".repeat(100));
        assert_eq!(find(&Tree::parse(&long)), None);
    }
}
