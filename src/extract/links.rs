//! The links of an HTML page: which there are, what they are for, and where they are written.
//!
//! Must not choose the main text; whether a link stands in it is told by the caller.

use std::collections::{HashMap, hash_map::Entry};

use super::{
    fold, fold_to, is_inline,
    source::Tags,
    srcset::candidates,
    tree::{Tag, Tree},
    unescape,
};
use crate::model::{
    link::{Link, Place, Role},
    url::{RawHref, Url, resolve},
};

/// Most links kept of one page.
pub const LINKS_MAX: usize = 50_000;
/// Most bytes of text looked at for a title, a heading or an anchor.
pub const WORDS: usize = 8 * Link::ANCHOR_MAX;

/// Collects the links of a tree, in document order.
pub fn collect(tree: &Tree, kept: &[bool], base: &Url) -> Vec<Link> {
    let mut links = Links {
        tree,
        kept,
        base,
        found: Vec::new(),
        resolved: HashMap::new(),
        section: None,
        words: String::new(),
    };
    links.collect();
    links.found
}

struct Links<'a> {
    tree: &'a Tree,
    kept: &'a [bool],
    base: &'a Url,
    found: Vec<Link>,
    /// Which of the links found has an address first: many stand on a page more than once.
    resolved: HashMap<&'a str, usize>,
    section: Option<String>,
    /// The words of an anchor as they are written; kept for its memory.
    words: String,
}

impl<'a> Links<'a> {
    fn collect(&mut self) {
        let tree = self.tree;
        for at in 1..tree.len() {
            if self.found.len() >= LINKS_MAX {
                return;
            }
            let tag = tree.tag(at);
            if tag.is_heading() && self.kept[at] {
                self.section = Some(fold_to(&tree.text_of(at, WORDS), Link::ANCHOR_MAX)).filter(|s| !s.is_empty());
            }
            match tag {
                Tag::A | Tag::Area => self.add(at, Role::Cite, &["href"]),
                Tag::Img | Tag::Source => {
                    self.add(at, Role::Embed, &["src"]);
                    self.add_set(at, Role::Embed, "src", "srcset");
                }
                Tag::Video => self.add(at, Role::Embed, &["src", "poster"]),
                Tag::Audio | Tag::Iframe | Tag::Frame | Tag::Embed | Tag::Track => self.add(at, Role::Embed, &["src"]),
                Tag::Object => self.add(at, Role::Embed, &["data"]),
                Tag::Input if tree.attr(at, "type").is_some_and(|t| t.eq_ignore_ascii_case("image")) => {
                    self.add(at, Role::Embed, &["src"]);
                }
                Tag::Script => self.add(at, Role::Resource, &["src"]),
                Tag::Link if is_resource(tree.attr(at, "rel").unwrap_or("")) => {
                    self.add(at, Role::Resource, &["href"]);
                    self.add_set(at, Role::Resource, "href", "imagesrcset");
                }
                Tag::Other if is_drawn(tree.name(at)) => self.add(at, Role::Embed, &["href", "xlink:href"]),
                _ => {}
            }
        }
    }

    fn add(&mut self, at: usize, role: Role, names: &[&str]) {
        for name in names {
            if let Some(href) = self.tree.attr(at, name) {
                self.push(at, role, href);
            }
        }
    }

    /// The candidates in the attribute `name`, apart from the address in `single`, which has been added.
    fn add_set(&mut self, at: usize, role: Role, single: &str, name: &str) {
        let Some(set) = self.tree.attr(at, name) else {
            return;
        };
        let mut seen = vec![self.tree.attr(at, single).unwrap_or("")];
        for candidate in candidates(set) {
            if !seen.contains(&candidate) {
                self.push(at, role, candidate);
                if seen.len() < 64 {
                    seen.push(candidate);
                }
            }
        }
    }

    /// Adds a link, unless it embeds something that is in the address itself.
    fn push(&mut self, at: usize, role: Role, href: &'a str) {
        if self.found.len() >= LINKS_MAX || role != Role::Cite && (is_inline(href) || href.trim().is_empty()) {
            return;
        }
        let raw = RawHref(href.to_owned());
        let main = self.kept[at];
        let target = match self.resolved.entry(href) {
            Entry::Occupied(first) => self.found[*first.get()].target.clone(),
            Entry::Vacant(free) => {
                free.insert(self.found.len());
                resolve(self.base, &raw)
            }
        };
        let anchor = self.anchor(at, role);
        let rel = self.tree.attr(at, "rel").map(|rel| fold(rel).to_lowercase());
        self.found.push(Link {
            target,
            raw,
            anchor,
            rel: rel.unwrap_or_default(),
            role,
            place: if main { Place::Main } else { Place::Around },
            span: None,
            section: self.section.clone().filter(|_| main),
            quotes: Vec::new(),
        });
    }

    /// Visible text, or else the text of images, or else what the element is called.
    fn anchor(&mut self, at: usize, role: Role) -> String {
        let tree = self.tree;
        let words = &mut self.words;
        words.clear();
        if role == Role::Cite {
            for node in at + 1..tree.end(at) {
                if words.len() > WORDS {
                    break;
                }
                let hidden = matches!(tree.tag(tree.parent(node)), Tag::Script | Tag::Style | Tag::Title);
                if !hidden {
                    words.push_str(tree.text(node));
                }
            }
        }
        let visible = fold_to(words, Link::ANCHOR_MAX);
        if !visible.is_empty() || role == Role::Resource {
            return visible;
        }
        let alt = (at..tree.end(at))
            .filter_map(|node| tree.attr(node, "alt"))
            .find(|alt| !alt.trim().is_empty());
        let named = alt
            .or_else(|| tree.attr(at, "aria-label"))
            .or_else(|| tree.attr(at, "title"));
        fold_to(named.unwrap_or(""), Link::ANCHOR_MAX)
    }
}

/// Whether an element of SVG draws what it refers to.
fn is_drawn(name: &str) -> bool {
    matches!(name, "image" | "use" | "feImage")
}

/// Whether `<link rel>` names something that the page needs to look as it did.
fn is_resource(rel: &str) -> bool {
    const NEEDED: &[&str] = &[
        "stylesheet",
        "icon",
        "apple-touch-icon",
        "apple-touch-icon-precomposed",
        "mask-icon",
        "preload",
        "modulepreload",
        "prefetch",
        "manifest",
    ];
    rel.split_ascii_whitespace()
        .any(|word| NEEDED.iter().any(|needed| needed.eq_ignore_ascii_case(word)))
}

/// How many addresses of the source are passed over in search of one link.
const AHEAD: usize = 256;

/// Finds where each link is written, by walking the source along with the links.
pub fn places(html: &str, links: &[Link]) -> Vec<Option<(usize, usize)>> {
    let written = written(html);
    let mut from = 0;
    let place = |link: &Link| {
        let wanted = link.raw.0.trim();
        let mut ahead = written[from..].iter().take(AHEAD);
        let at = from + ahead.position(|(value, ..)| unescape(value).trim() == wanted)?;
        from = at + usize::from(link.role == Role::Cite);
        Some((written[at].1, written[at].2))
    };
    links.iter().map(place).collect()
}

/// Every attribute that may be a link, with the span of its element's markup.
fn written(html: &str) -> Vec<(&str, usize, usize)> {
    let mut found: Vec<(&str, usize, usize)> = Vec::new();
    let mut open: Option<std::ops::Range<usize>> = None;
    let mut tags = Tags::new(html, 0);
    while let Some(tag) = tags.next() {
        if tag.is("a")
            && let Some(range) = open.take().filter(|_| tag.closing)
        {
            found[range].iter_mut().for_each(|entry| entry.2 = tag.end);
        }
        if tag.closing {
            continue;
        }
        let first = found.len();
        for (name, value) in tag.attributes() {
            if ["href", "src", "data", "poster", "xlink:href"]
                .iter()
                .any(|known| name.eq_ignore_ascii_case(known))
            {
                found.push((value, tag.start, tag.end));
            } else if name.eq_ignore_ascii_case("srcset") || name.eq_ignore_ascii_case("imagesrcset") {
                found.extend(candidates(value).map(|address| (address, tag.start, tag.end)));
            }
        }
        if tag.is("a") {
            open = Some(first..found.len());
        }
        if tag.is("script") || tag.is("style") {
            tags.skip_content(tag.name);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_links_with_role_and_anchor() {
        for (html, want) in [
            (
                "<a href='/x?a=1&amp;b'> a\n b </a>",
                vec![("/x?a=1&b", Role::Cite, "a b")],
            ),
            (
                "<a href=x><img alt='картина' src=i></a>",
                vec![("x", Role::Cite, "картина"), ("i", Role::Embed, "картина")],
            ),
            ("<a href=x aria-label=L title=T></a>", vec![("x", Role::Cite, "L")]),
            ("<map><area href=x alt=A></map>", vec![("x", Role::Cite, "A")]),
            ("<a name=x>n</a><template><a href=y>t</a></template>", vec![]),
            (
                "<noscript><a href=n>n</a><img src=j></noscript>",
                vec![("n", Role::Cite, "n"), ("j", Role::Embed, "")],
            ),
            (
                "<img src=a srcset='a 1x, b,c 2x,d'>",
                vec![("a", Role::Embed, ""), ("b,c", Role::Embed, ""), ("d", Role::Embed, "")],
            ),
            ("<img src='data:image/gif;base64,R0'>", vec![]),
            (
                "<link rel='Shortcut Icon' href=f><link rel=preconnect href=g><link rel=canonical href=h>",
                vec![("f", Role::Resource, "")],
            ),
            (
                "<link rel=preload as=image href=a imagesrcset='a 1x, b 2x, c 2'>",
                vec![("a", Role::Resource, ""), ("b", Role::Resource, "")],
            ),
            (
                "<svg><image href=a /><use xlink:href='s.svg#i' /><feImage href=f /><circle href=n /></svg>",
                vec![
                    ("a", Role::Embed, ""),
                    ("s.svg#i", Role::Embed, ""),
                    ("f", Role::Embed, ""),
                ],
            ),
            (
                "<script src=s></script><iframe src=t></iframe>",
                vec![("s", Role::Resource, ""), ("t", Role::Embed, "")],
            ),
        ] {
            let tree = Tree::parse(html);
            let links = collect(
                &tree,
                &vec![true; tree.len()],
                &Url::parse("https://example.org/").unwrap(),
            );
            let got: Vec<_> = links
                .iter()
                .map(|l| (l.raw.0.as_str(), l.role, l.anchor.as_str()))
                .collect();
            assert_eq!(got, want, "{html}");
        }
    }
}
