//! What an HTML page needs to look as it did: the addresses a browser would ask for to draw it.
//!
//! Apart from [`super::links`], which is read for every page and says what a page points at: this is
//! read only where it is asked for, and looks into `<style>` and `style` too. Frames are pages of their
//! own and no assets. Must not read style sheets that stand elsewhere.

use std::collections::HashSet;

use super::{
    css, is_inline,
    source::Tags,
    srcset,
    tree::{Tag, Tree},
};
use crate::model::{
    link::{Link, Role},
    run::Assets,
    url::{RawHref, Url, resolve},
};

/// The assets of a page, in the order of its elements and then of its `<style>` elements.
pub fn collect(tree: &Tree, html: &str, base: &Url) -> Vec<Url> {
    let mut found = Found::new(base);
    for at in 1..tree.len() {
        let tag = tree.tag(at);
        if tag == Tag::Text {
            continue;
        }
        if found.is_full() {
            return found.urls;
        }
        let addresses = addresses_of(tree, at);
        for address in addresses.iter().filter_map(|name| tree.attr(at, name)) {
            found.add(address);
        }
        let sets: &[&str] = match tag {
            Tag::Img | Tag::Source => &["srcset", "data-srcset"],
            Tag::Link if is_needed(tree.attr(at, "rel").unwrap_or("")) => &["imagesrcset"],
            _ => &[],
        };
        for set in sets.iter().filter_map(|name| tree.attr(at, name)) {
            srcset::candidates(set).for_each(|address| found.add(address));
        }
        if let Some(style) = tree.attr(at, "style") {
            found.add_style(style);
        }
    }
    style_elements(html).for_each(|style| found.add_style(style));
    found.urls
}

/// The assets among links that have been read already: those of a style sheet, a Markdown file.
pub fn of_links(links: &[Link]) -> Vec<Url> {
    let mut seen = HashSet::new();
    let wanted = links.iter().filter(|link| link.role != Role::Cite);
    let urls = wanted
        .filter_map(|link| link.target.as_ref().ok())
        .map(|target| &target.url);
    urls.filter(|url| seen.insert(*url))
        .take(Assets::PER_PAGE)
        .cloned()
        .collect()
}

/// Attributes of an element that each hold one address. `data-src` is what pages that put off loading
/// their pictures by a script of their own commonly use.
fn addresses_of(tree: &Tree, at: usize) -> &'static [&'static str] {
    match tree.tag(at) {
        Tag::Img | Tag::Source => &["src", "data-src"],
        Tag::Video => &["src", "poster"],
        Tag::Audio | Tag::Track | Tag::Embed | Tag::Script => &["src"],
        Tag::Input
            if tree
                .attr(at, "type")
                .is_some_and(|kind| kind.eq_ignore_ascii_case("image")) =>
        {
            &["src"]
        }
        Tag::Object => &["data"],
        Tag::Link if is_needed(tree.attr(at, "rel").unwrap_or("")) => &["href"],
        Tag::Body | Tag::Table | Tag::Thead | Tag::Tbody | Tag::Tfoot | Tag::Tr | Tag::Td | Tag::Th => &["background"],
        Tag::Other if matches!(tree.name(at), "image" | "use" | "feImage") => &["href", "xlink:href"],
        _ => &[],
    }
}

/// Whether `<link rel>` names something that is loaded to show this page, not perhaps for the next.
fn is_needed(rel: &str) -> bool {
    const NEEDED: &[&str] = &[
        "stylesheet",
        "icon",
        "apple-touch-icon",
        "apple-touch-icon-precomposed",
        "apple-touch-startup-image",
        "mask-icon",
        "manifest",
        "preload",
        "modulepreload",
    ];
    rel.split_ascii_whitespace()
        .any(|word| NEEDED.iter().any(|needed| needed.eq_ignore_ascii_case(word)))
}

/// The contents of `<style>`, which the tree leaves out.
fn style_elements(html: &str) -> impl Iterator<Item = &str> {
    let mut tags = Tags::new(html, 0);
    std::iter::from_fn(move || {
        loop {
            let tag = tags.next()?;
            if tag.closing {
                continue;
            }
            if tag.is("style") {
                tags.skip_content("style");
                return Some(&html[tag.end..tags.position()]);
            }
            if tag.is("script") {
                tags.skip_content("script");
            }
        }
    })
}

/// Addresses found so far, each once.
struct Found<'a> {
    base: &'a Url,
    urls: Vec<Url>,
    seen: HashSet<Url>,
}

impl<'a> Found<'a> {
    fn new(base: &'a Url) -> Self {
        Self {
            base,
            urls: Vec::new(),
            seen: HashSet::new(),
        }
    }

    fn is_full(&self) -> bool {
        self.urls.len() >= Assets::PER_PAGE
    }

    fn add(&mut self, address: &str) {
        if self.is_full() || is_inline(address) {
            return;
        }
        if let Ok(target) = resolve(self.base, &RawHref(address.to_owned()))
            && self.seen.insert(target.url.clone())
        {
            self.urls.push(target.url);
        }
    }

    fn add_style(&mut self, css: &str) {
        // Most attributes only say what is large or red.
        if css.contains(['(', '@']) {
            css::references(css).iter().for_each(|(address, _)| self.add(address));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(html: &str) -> Vec<String> {
        let base = Url::parse("http://a.example/d/").unwrap();
        let urls = collect(&Tree::parse(html), html, &base);
        urls.iter()
            .map(|url| base.make_relative(url).unwrap_or_else(|| url.to_string()))
            .collect()
    }

    #[test]
    fn what_a_browser_asks_for_to_draw_the_page() {
        for (html, want) in [
            ("<img src=a srcset='a 1x, b 2x, c 3x'>", &["a", "b", "c"][..]),
            (
                "<picture><source srcset='a.avif, b.avif 2x'><img src=c data-src=d data-srcset='e 1x'></picture>",
                &["a.avif", "b.avif", "c", "d", "e"],
            ),
            ("<video src=v poster=p><source src=s><track src=t></video><audio src=a></audio>", &[
                "v", "p", "s", "t", "a",
            ]),
            ("<input type=IMAGE src=i><input src=no><object data=o></object><embed src=e>", &["i", "o", "e"]),
            (
                "<link rel='alternate stylesheet' href=a><link rel='shortcut icon' href=b><link rel=apple-touch-icon href=c>
                 <link rel=mask-icon href=d><link rel=manifest href=e><link rel=preload href=f imagesrcset='g 2x'>",
                &["a", "b", "c", "d", "e", "f", "g"],
            ),
            ("<link rel=alternate href=no><link rel=canonical href=no><link rel=prefetch href=no><a href=no>x</a>", &[]),
            ("<svg><image href=a /><use xlink:href='s.svg#i' /><use href='#no' /></svg>", &["a", "s.svg"]),
            ("<p style='background:url(&quot;a b.png&quot;)'>x<p style='color:red'>", &["a%20b.png"]),
            (
                "<style>@import 'a.css';p{background:url(b)}</style><p>x</p><svg><style>p{fill:url(c)}</style></svg>",
                &["a.css", "b", "c"],
            ),
            ("<script>'<style>p{background:url(no)}</style>'</script><script src=s></script>", &["s"]),
            ("<noscript><img src=a><style>p{background:url(b)}</style></noscript>", &["a", "b"]),
            ("<body background=a><table background=b><td background=c>", &["a", "b", "c"]),
            ("<iframe src=no></iframe><img src='data:image/gif;base64,AA'><img src='blob:x'><img src=''>", &[]),
            ("<style>p{background:url(open", &["open"]),
            ("<img src=a><img src='a#x'><img src='http://a.example/d/a'>", &["a"]),
        ] {
            assert_eq!(found(html), want, "{html}");
        }
    }

    #[test]
    fn a_page_has_only_so_many() {
        let html: String = (0..Assets::PER_PAGE + 100).map(|n| format!("<img src={n}>")).collect();
        assert_eq!(found(&html).len(), Assets::PER_PAGE);
    }
}
