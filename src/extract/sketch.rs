//! A page looked at under suspicion: how it is built, and what marks error pages and parked names.
//!
//! Only facts; what they mean is for the verdict to say.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::{
    Body, charset, fold_to, head, kind, main_text, nfc, noise, source,
    tree::{Tag, Tree},
};
use crate::model::{page::PageKind, sketch::Sketch};

/// Headings kept, and characters of each.
const HEADINGS: usize = 3;
const HEADING: usize = 200;
/// Elements that make up a skeleton at most.
const BONES: usize = 20_000;

/// Names that error pages give themselves, in lower case and without `-` and `_`.
const ERROR_NAMES: &[&str] = &[
    "404",
    "410",
    "error404",
    "error410",
    "page404",
    "is404",
    "http404",
    "404page",
    "404error",
    "404notfound",
    "notfound",
    "notfoundpage",
    "pagenotfound",
    "contentnotfound",
    "errorpage",
    "errornotfound",
    "template404",
    "status404",
    "view404",
];

/// Registered domains of services that show pages on names nobody uses, or sell such names.
const PARKING: &[&str] = &[
    "sedoparking.com",
    "sedo.com",
    "parkingcrew.net",
    "parkingcrew.com",
    "bodis.com",
    "dan.com",
    "afternic.com",
    "hugedomains.com",
    "above.com",
    "parklogic.com",
    "uniregistry.com",
    "undeveloped.com",
    "domainmarket.com",
    "buydomains.com",
    "skenzo.com",
    "cashparking.com",
    "fabulous.com",
    "rookdns.com",
    "trafficz.com",
    "domainsponsor.com",
    "smartname.com",
    "ztomy.com",
    "voodoo.com",
    "brandbucket.com",
    "efty.com",
    "parkweb.net",
    "namedrive.com",
    "domainnamesales.com",
    "squadhelp.com",
    "atom.com",
    "dsnextgen.com",
];

/// Looks at a body; `None` when it is no HTML.
pub fn sketch(body: &Body<'_>) -> Option<Sketch> {
    if kind(body) != PageKind::Html {
        return None;
    }
    let decoded = charset::decode(body.bytes, body.charset, true, body.url.host_str().unwrap_or(""));
    let tree = Tree::parse(&decoded.text[..source::safe_length(&decoded.text)]);
    let signs = noise::signs(&tree);
    Some(Sketch {
        title: head::title(&tree),
        headings: headings(&tree),
        text: nfc(main_text::find(&tree, &signs).text),
        language: head::language(&tree),
        skeleton: skeleton(&tree),
        error_mark: error_mark(&tree),
        noindex: head::meta(&tree, &["robots"]).is_some_and(|robots| robots.to_ascii_lowercase().contains("noindex")),
        parking: parking(&tree),
    })
}

fn headings(tree: &Tree) -> Vec<String> {
    let headings = (1..tree.len()).filter(|&at| matches!(tree.tag(at), Tag::H1 | Tag::H2 | Tag::H3));
    let folded = headings.map(|at| fold_to(&tree.text_of(at, 4 * HEADING), HEADING));
    folded.filter(|heading| !heading.is_empty()).take(HEADINGS).collect()
}

/// Elements of the body with the names they go by. Digits in names are left out: they count things.
fn skeleton(tree: &Tree) -> Vec<u64> {
    let mut bones: Vec<u64> = Vec::new();
    let mut own = vec![0; tree.len()];
    for at in 1..tree.len() {
        own[at] = bone(tree, at);
        let outside = matches!(
            tree.tag(at),
            Tag::Text
                | Tag::Head
                | Tag::Html
                | Tag::Body
                | Tag::Script
                | Tag::Style
                | Tag::Link
                | Tag::Meta
                | Tag::Title
        );
        if !outside {
            let mut hasher = DefaultHasher::new();
            (own[tree.parent(at)], own[at]).hash(&mut hasher);
            bones.push(hasher.finish());
            if bones.len() >= BONES {
                break;
            }
        }
    }
    bones.sort_unstable();
    bones.dedup();
    bones
}

fn bone(tree: &Tree, at: usize) -> u64 {
    let mut hasher = DefaultHasher::new();
    tree.name(at).hash(&mut hasher);
    // Any order of names is the same element.
    let names = tree.attr(at, "class").unwrap_or("").split_ascii_whitespace();
    let sum = names.take(16).fold(0u64, |sum, name| {
        let mut one = DefaultHasher::new();
        name.bytes()
            .filter(|byte| !byte.is_ascii_digit())
            .for_each(|byte| byte.hash(&mut one));
        sum.wrapping_add(one.finish())
    });
    sum.hash(&mut hasher);
    hasher.finish()
}

fn error_mark(tree: &Tree) -> Option<String> {
    let whole = (1..tree.len()).filter(|&at| matches!(tree.tag(at), Tag::Html | Tag::Body | Tag::Main | Tag::Article));
    let named = whole
        .flat_map(|at| [tree.attr(at, "class"), tree.attr(at, "id")])
        .flatten();
    let mut names = named.flat_map(str::split_ascii_whitespace);
    let is_error = |name: &&str| {
        let bare: String = name.to_ascii_lowercase().replace(['-', '_'], "");
        ERROR_NAMES.contains(&bare.as_str())
    };
    names.find(is_error).map(str::to_owned)
}

fn parking(tree: &Tree) -> Option<String> {
    let addresses = (1..tree.len())
        .flat_map(|at| [tree.attr(at, "src"), tree.attr(at, "href")])
        .flatten();
    addresses.filter_map(host).find_map(|host| {
        let named = |domain: &&&str| host == **domain || host.ends_with(&format!(".{domain}"));
        PARKING.iter().find(named).map(|domain| (*domain).to_owned())
    })
}

/// The host of an address that names one.
fn host(address: &str) -> Option<String> {
    let rest = address.trim_start().split_once("//")?.1;
    let end = rest.find(['/', '?', '#', ':']).unwrap_or(rest.len());
    Some(rest[..end].to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::url::Url;

    fn of(html: &str) -> Sketch {
        let body = Body {
            bytes: html.as_bytes(),
            media_type: Some("text/html"),
            charset: None,
            url: &Url::parse("https://example.org/").unwrap(),
            local: false,
            assets: false,
            quotes: false,
            volatile: &[],
        };
        sketch(&body).unwrap()
    }

    #[test]
    fn marks_of_error_pages_and_parked_names() {
        for (html, mark, parking, noindex) in [
            (
                "<body class='home error404 logged-out'><h1>x</h1>",
                Some("error404"),
                None,
                false,
            ),
            ("<main id=page-not-found>x</main>", Some("page-not-found"), None, false),
            ("<body><div class=error404>x</div>", None, None, false),
            ("<meta name=robots content='NOINDEX, follow'><p>x", None, None, true),
            (
                "<script src='//img.sedoparking.com/x.js'></script>",
                None,
                Some("sedoparking.com"),
                false,
            ),
            (
                "<a href='https://www.dan.com/buy'>x</a><a href='https://jordan.com/'>y</a>",
                None,
                Some("dan.com"),
                false,
            ),
            (
                "<a href='https://jordan.com/'>y</a><a href='/dan.com'>z</a>",
                None,
                None,
                false,
            ),
        ] {
            let sketch = of(html);
            assert_eq!(
                (sketch.error_mark.as_deref(), sketch.parking.as_deref(), sketch.noindex),
                (mark, parking, noindex),
                "{html}"
            );
        }
    }

    #[test]
    fn a_skeleton_is_of_elements_and_not_of_words() {
        let page = |class: &str, words: &str| of(&format!("<body><div class='{class}'><p>{words}</p></div>")).skeleton;
        assert_eq!(page("card big", "one"), page("big card", "two"));
        assert_eq!(page("card-1", "one"), page("card-22", "two"));
        assert_ne!(page("card", "one"), page("note", "one"));
    }
}
