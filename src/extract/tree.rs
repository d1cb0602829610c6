//! The document as a flat array in preorder. Filled from `scraper` in one parse; everything else
//! in this stage reads only [`Tree`], so that another parser can take its place.
//!
//! Must not know what is main text or what a link is.

use scraper::{Html, Node as Parsed};

use super::{
    tokens,
    words::{Table, key},
};

/// Most `<noscript>` elements whose content is read as markup.
const NOSCRIPT_MAX: usize = 1_000;

macro_rules! tags {
    ($($variant:ident = $name:literal,)+) => {
        /// What a node is.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Tag {
            $(#[doc = concat!("`<", $name, ">`")] $variant,)+
            /// An element without a name of its own here.
            Other,
            /// A run of text.
            Text,
        }

        const NAMES: &[&str] = &[$($name),+];
        const TAGS: &[Tag] = &[$(Tag::$variant),+];
        /// One more than the index in [`NAMES`] of each name.
        static KNOWN: Table = Table::EMPTY$(.with(key($name.as_bytes()), Tag::$variant as u8 + 1))+;
    };
}

tags! {
    A = "a", Address = "address", Area = "area", Article = "article", Aside = "aside", Audio = "audio",
    B = "b", Base = "base", Blockquote = "blockquote", Body = "body", Br = "br", Button = "button",
    Canvas = "canvas", Caption = "caption", Center = "center", Cite = "cite", Code = "code", Dd = "dd", Del = "del",
    Details = "details", Dialog = "dialog", Div = "div", Dl = "dl", Dt = "dt", Em = "em", Embed = "embed",
    Fieldset = "fieldset", Figcaption = "figcaption", Figure = "figure", Footer = "footer", Form = "form",
    Frame = "frame", Frameset = "frameset", H1 = "h1", H2 = "h2", H3 = "h3", H4 = "h4", H5 = "h5", H6 = "h6",
    Head = "head", Header = "header", Hgroup = "hgroup", Hr = "hr", Html = "html", I = "i", Iframe = "iframe",
    Img = "img", Input = "input", Label = "label", Legend = "legend", Li = "li", Link = "link", Main = "main",
    Map = "map", Math = "math", Menu = "menu", Meta = "meta", Nav = "nav", Noframes = "noframes",
    Noscript = "noscript", Object = "object", Ol = "ol", Optgroup = "optgroup", Option = "option", P = "p",
    Param = "param", Picture = "picture", Pre = "pre", Script = "script", Search = "search", Section = "section",
    Select = "select", Small = "small", Source = "source", Span = "span", Strong = "strong", Style = "style",
    Summary = "summary", Svg = "svg", Table = "table", Tbody = "tbody", Td = "td", Textarea = "textarea",
    Tfoot = "tfoot", Th = "th", Thead = "thead", Time = "time", Title = "title", Tr = "tr", Track = "track",
    Ul = "ul", Video = "video",
}

impl Tag {
    fn named(name: &str) -> Self {
        let known = usize::from(KNOWN.get(key(name.as_bytes())));
        match known.checked_sub(1) {
            Some(index) if NAMES[index] == name => TAGS[index],
            _ => Tag::Other,
        }
    }

    /// `<h1>` to `<h6>`.
    pub fn is_heading(self) -> bool {
        matches!(self, Tag::H1 | Tag::H2 | Tag::H3 | Tag::H4 | Tag::H5 | Tag::H6)
    }
}

/// A range of bytes in [`Tree`]'s buffer, or of entries in its list of attributes.
#[derive(Debug, Clone, Copy, Default)]
struct Range {
    start: u32,
    end: u32,
}

impl Range {
    fn of(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// An element or a run of text.
#[derive(Debug, Clone, Copy)]
struct Node {
    tag: Tag,
    /// Index of the parent; the root is its own.
    parent: u32,
    /// One past the index of the last descendant.
    end: u32,
    text: Range,
    attrs: Range,
}

/// The elements and texts of a document in preorder; node 0 is the document itself.
///
/// Left out: comments, the contents of `<template>`, of `<style>` and of every `<script>` that is
/// not `application/ld+json`. The markup inside `<noscript>` is in the tree as if scripts were off.
#[derive(Debug, Default)]
pub struct Tree {
    nodes: Vec<Node>,
    attrs: Vec<(Range, Range)>,
    text: String,
}

impl Tree {
    /// Parses a whole document.
    pub fn parse(html: &str) -> Self {
        let mut tree = Tree {
            text: String::with_capacity(html.len()),
            ..Tree::default()
        };
        tree.nodes.push(Node {
            tag: Tag::Other,
            parent: 0,
            end: 0,
            text: Range::default(),
            attrs: Range::default(),
        });
        let mut noscripts = Vec::new();
        tree.graft(&tokens::parse(html), Some(&mut noscripts));
        tree.nodes[0].end = tree.nodes.len() as u32;
        tree
    }

    /// Appends what `html` holds under the node added last. With `noscripts`, the text inside
    /// `<noscript>` is parsed in turn; without, it is dropped, so that nesting ends there.
    fn graft(&mut self, html: &Html, mut noscripts: Option<&mut Vec<u32>>) {
        self.nodes.reserve(html.tree.values().len());
        let root = html.tree.root();
        let top = self.nodes.len() as u32 - 1;
        let mut parent = top;
        let mut next = root.first_child();
        while let Some(node) = next {
            let added = self.add(node.value(), parent);
            let leaf = added.is_none_or(|at| self.nodes[at as usize].tag == Tag::Text);
            if let Some(at) = added {
                match self.nodes[at as usize].tag {
                    Tag::Noscript => {
                        if let (Some(seen), Some(text)) = (noscripts.as_deref_mut(), node.first_child()) {
                            self.noscript(text.value(), seen, at);
                        }
                    }
                    _ if !leaf => {
                        if let Some(child) = node.first_child().filter(|_| !self.is_closed(at)) {
                            parent = at;
                            next = Some(child);
                            continue;
                        }
                    }
                    _ => {}
                }
                self.nodes[at as usize].end = self.nodes.len() as u32;
            }
            let mut at = node;
            next = loop {
                if let Some(sibling) = at.next_sibling() {
                    break Some(sibling);
                }
                match at.parent().filter(|up| up.id() != root.id()) {
                    Some(up) => {
                        self.nodes[parent as usize].end = self.nodes.len() as u32;
                        parent = self.nodes[parent as usize].parent;
                        at = up;
                    }
                    None => break None,
                }
            };
        }
    }

    /// Whether the content of this element is none of the document's.
    fn is_closed(&self, at: u32) -> bool {
        match self.nodes[at as usize].tag {
            Tag::Style | Tag::Noframes => true,
            Tag::Script => self
                .attr(at as usize, "type")
                .is_none_or(|kind| !kind.eq_ignore_ascii_case("application/ld+json")),
            Tag::Other => self.name(at as usize) == "template",
            _ => false,
        }
    }

    fn noscript(&mut self, content: &Parsed, seen: &mut Vec<u32>, at: u32) {
        let Some(text) = content.as_text().filter(|_| seen.len() < NOSCRIPT_MAX) else {
            return;
        };
        seen.push(at);
        self.graft(&Html::parse_fragment(text), None);
        self.nodes[at as usize].end = self.nodes.len() as u32;
    }

    fn add(&mut self, node: &Parsed, parent: u32) -> Option<u32> {
        let at = self.nodes.len() as u32;
        let mut new = Node {
            tag: Tag::Text,
            parent,
            end: at + 1,
            text: Range::default(),
            attrs: Range::default(),
        };
        match node {
            Parsed::Text(text) => new.text = self.keep(text),
            Parsed::Element(element) => {
                new.tag = Tag::named(element.name());
                if new.tag == Tag::Other {
                    new.text = self.keep(element.name());
                }
                new.attrs.start = self.attrs.len() as u32;
                for (name, value) in element.attrs() {
                    let kept = (self.keep(name), self.keep(value));
                    self.attrs.push(kept);
                }
                new.attrs.end = self.attrs.len() as u32;
            }
            _ => return None,
        }
        self.nodes.push(new);
        Some(at)
    }

    fn keep(&mut self, text: &str) -> Range {
        let start = self.text.len() as u32;
        self.text.push_str(text);
        Range {
            start,
            end: self.text.len() as u32,
        }
    }

    /// How many nodes there are.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Index of the parent of `at`.
    pub fn parent(&self, at: usize) -> usize {
        self.nodes[at].parent as usize
    }

    /// One past the last descendant of `at`.
    pub fn end(&self, at: usize) -> usize {
        self.nodes[at].end as usize
    }

    /// What the node at `at` is.
    pub fn tag(&self, at: usize) -> Tag {
        self.nodes[at].tag
    }

    /// The name of an element; empty for text.
    pub fn name(&self, at: usize) -> &str {
        let node = &self.nodes[at];
        match node.tag {
            Tag::Text => "",
            Tag::Other => &self.text[node.text.of()],
            tag => NAMES[tag as usize],
        }
    }

    /// The characters of a run of text; empty for elements.
    pub fn text(&self, at: usize) -> &str {
        let node = &self.nodes[at];
        if node.tag == Tag::Text {
            &self.text[node.text.of()]
        } else {
            ""
        }
    }

    /// Names (lower case) and values (entities decoded) of an element's attributes.
    pub fn attrs(&self, at: usize) -> impl Iterator<Item = (&str, &str)> {
        self.attrs[self.nodes[at].attrs.of()]
            .iter()
            .map(|(name, value)| (&self.text[name.of()], &self.text[value.of()]))
    }

    /// The value of one attribute.
    #[inline]
    pub fn attr(&self, at: usize, name: &str) -> Option<&str> {
        // Lengths first: most names differ in theirs, and need not be looked at.
        let is = |known: Range| known.of().len() == name.len() && self.text[known.of()] == *name;
        let mut attrs = self.attrs[self.nodes[at].attrs.of()].iter();
        let (_, value) = attrs.find(|(known, _)| is(*known))?;
        Some(&self.text[value.of()])
    }

    /// The text of `at` and everything in it, not folded, up to about `most` bytes.
    pub fn text_of(&self, at: usize, most: usize) -> String {
        let mut text = String::new();
        for node in at..self.end(at) {
            if text.len() >= most {
                break;
            }
            text.push_str(self.text(node));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outline(html: &str) -> String {
        let tree = Tree::parse(html);
        let mut out = String::new();
        for at in 1..tree.len() {
            assert!(
                tree.parent(at) < at && tree.end(at) > at && tree.end(at) <= tree.end(tree.parent(at)),
                "{html}"
            );
            match tree.tag(at) {
                Tag::Text => out.push_str(tree.text(at).trim()),
                _ => out.push_str(&format!("<{}>", tree.name(at))),
            }
        }
        out
    }

    #[test]
    fn knows_elements_by_name() {
        for (name, tag) in NAMES.iter().zip(TAGS) {
            assert_eq!(Tag::named(name), *tag, "{name}");
        }
        assert_eq!(
            (Tag::named("a"), Tag::named("video"), Tag::named("blink")),
            (Tag::A, Tag::Video, Tag::Other)
        );
    }

    #[test]
    fn keeps_order_and_leaves_out_what_is_not_content() {
        for (html, want) in [
            ("<p>один<b>два</b>три", "<html><head><body><p>один<b>дватри"),
            ("<p>x<!-- y -->z", "<html><head><body><p>xz"),
            (
                "<template><a href=x>no</a></template><p>z",
                "<html><head><template><body><p>z",
            ),
            (
                "<script>var a='<p>';</script><style>p{}</style>z",
                "<html><head><script><style><body>z",
            ),
            (
                "<p>a<noscript><img src=x><a href=y>link</a></noscript>b",
                "<html><head><body><p>a<noscript><html><img><a>linkb",
            ),
        ] {
            assert_eq!(outline(html), want, "{html}");
        }
    }

    #[test]
    fn gives_attributes_with_entities_decoded() {
        let tree = Tree::parse("<a HREF='?a=1&amp;b=2' title=x>");
        let at = (0..tree.len()).find(|&at| tree.tag(at) == Tag::A).unwrap();
        assert_eq!(
            (tree.attr(at, "href"), tree.attr(at, "title"), tree.attr(at, "id")),
            (Some("?a=1&b=2"), Some("x"), None)
        );
    }
}
