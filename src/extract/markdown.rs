//! CommonMark: title, readable text, and every link with its place in the source.
//!
//! Must not resolve what is not a link, nor render HTML.

use std::ops::Range;

use pulldown_cmark::{Event, LinkType, MetadataBlockKind, Options, Parser, Tag, TagEnd};

use super::{Locator, digest, fold, fold_to, html, nfc, quotes::Passages, text};
use crate::model::{
    link::{Link, Place, Role},
    page::{Page, PageKind},
    url::{RawHref, Url, resolve},
};

/// Reads Markdown. `mark` is the length of the byte order mark before it when links get spans;
/// `with_quotes` asks for what is quoted beside them.
pub fn read(source: &str, url: &Url, mark: Option<usize>, with_quotes: bool) -> Page {
    let mut reader = Reader {
        source,
        url: Some(url),
        passages: with_quotes.then(Passages::default),
        ..Reader::default()
    };
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS;
    for (event, range) in Parser::new_ext(source, options).into_offset_iter() {
        reader.event(event, range);
    }
    reader.finish(mark)
}

/// A link whose end has not been reached.
struct OpenLink {
    at: usize,
    anchor: String,
    /// Where its words begin in the passage.
    start: usize,
}

/// A link, and which bytes of the source it is.
struct Written {
    start: usize,
    end: usize,
    link: Link,
}

#[derive(Default)]
struct Reader<'a> {
    source: &'a str,
    url: Option<&'a Url>,
    text: String,
    links: Vec<Written>,
    open: Vec<OpenLink>,
    /// Whether the open heading is of the first level, and its words.
    heading: Option<(bool, String)>,
    section: Option<String>,
    title: Option<String>,
    front: String,
    in_front: bool,
    in_code: bool,
    /// Where the HTML stands whose end has not been reached.
    markup: Option<Range<usize>>,
    /// Inside `<a>` written as HTML.
    in_anchor: bool,
    /// What is quoted beside links, when that is asked for.
    passages: Option<Passages>,
    /// Where in the passage links written as HTML stand, until their end is reached.
    anchors: Vec<usize>,
    /// The name of the footnote being defined.
    note: Option<String>,
}

impl<'a> Reader<'a> {
    fn event(&mut self, event: Event<'a>, range: Range<usize>) {
        match event {
            Event::Start(tag) => self.start(tag, range),
            Event::End(end) => self.end(end),
            Event::Text(words) if self.in_front => self.front.push_str(&words),
            Event::Text(words) => self.words(&words, Some(range)),
            Event::Code(words) | Event::InlineMath(words) | Event::DisplayMath(words) => self.words(&words, None),
            Event::SoftBreak => self.words(" ", None),
            Event::HardBreak => self.line(),
            Event::Html(html) | Event::InlineHtml(html) => {
                let tag = html.trim_start().to_ascii_lowercase();
                if tag.starts_with("<a ") {
                    self.anchors.extend(self.passages.as_ref().map(Passages::position));
                }
                self.in_anchor = tag.starts_with("<a ") || self.in_anchor && !tag.starts_with("</a");
                self.markup.get_or_insert(range.clone()).end = range.end;
            }
            Event::FootnoteReference(name) => self.quoting(|passages| passages.reference(name.to_string())),
            Event::Rule | Event::TaskListMarker(_) => {}
        }
    }

    fn start(&mut self, tag: Tag<'a>, range: Range<usize>) {
        match tag {
            Tag::Link {
                link_type, dest_url, ..
            } => {
                let mail = link_type == LinkType::Email && !dest_url.starts_with("mailto:");
                let href = if mail {
                    format!("mailto:{dest_url}")
                } else {
                    dest_url.into_string()
                };
                self.link(href, Role::Cite, range);
            }
            Tag::Image { dest_url, .. } => self.link(dest_url.into_string(), Role::Embed, range),
            Tag::Heading { level, .. } => {
                self.line();
                self.heading = Some((level == pulldown_cmark::HeadingLevel::H1, String::new()));
            }
            Tag::MetadataBlock(MetadataBlockKind::YamlStyle | MetadataBlockKind::PlusesStyle) => self.in_front = true,
            Tag::CodeBlock(_) => {
                self.line();
                self.in_code = true;
            }
            Tag::TableCell => self.words(" ", None),
            Tag::BlockQuote(_) => {
                self.line();
                self.quoting(|passages| passages.open_quotation(None));
            }
            Tag::FootnoteDefinition(name) => {
                self.line();
                self.note = Some(name.into_string());
            }
            Tag::Emphasis | Tag::Strong | Tag::Strikethrough | Tag::Superscript | Tag::Subscript => {}
            _ => self.line(),
        }
    }

    fn end(&mut self, end: TagEnd) {
        match end {
            TagEnd::Link | TagEnd::Image => {
                if let Some(open) = self.open.pop() {
                    self.links[open.at].link.anchor = fold_to(&open.anchor, Link::ANCHOR_MAX);
                    self.stands_beside(open.at, open.start);
                }
            }
            TagEnd::BlockQuote(_) => {
                self.markup_ends();
                self.line();
                self.quoting(Passages::close_quotation);
            }
            TagEnd::FootnoteDefinition => {
                self.markup_ends();
                self.line();
                self.note = None;
            }
            TagEnd::Heading(_) => {
                if let Some((first, words)) = self.heading.take() {
                    let words = fold(&words);
                    if first && self.title.is_none() && !words.is_empty() {
                        self.title = Some(words.clone());
                    }
                    self.section = Some(words).filter(|words| !words.is_empty());
                }
                self.line();
            }
            TagEnd::MetadataBlock(_) => self.in_front = false,
            TagEnd::CodeBlock => {
                self.in_code = false;
                self.line();
            }
            TagEnd::HtmlBlock => {
                self.markup_ends();
                self.line();
            }
            TagEnd::TableCell | TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough => {}
            _ => {
                self.markup_ends();
                self.line();
            }
        }
    }

    fn link(&mut self, href: String, role: Role, range: Range<usize>) {
        let raw = RawHref(href);
        let Some(target) = self.url.map(|url| resolve(url, &raw)) else {
            return;
        };
        self.open.push(OpenLink {
            at: self.links.len(),
            anchor: String::new(),
            start: self.passages.as_ref().map_or(0, Passages::position),
        });
        let link = Link {
            raw,
            target,
            anchor: String::new(),
            rel: String::new(),
            role,
            place: Place::Main,
            span: None,
            section: self.section.clone(),
            quotes: Vec::new(),
        };
        self.links.push(Written {
            start: range.start,
            end: range.end,
            link,
        });
    }

    /// Words of the text; with `range`, addresses written out in them are links.
    fn words(&mut self, words: &str, range: Option<Range<usize>>) {
        for open in &mut self.open {
            open.anchor.push_str(words);
        }
        if let Some((_, heading)) = &mut self.heading {
            heading.push_str(words);
        }
        self.text.push_str(words);
        let passage = self.passages.as_ref().map_or(0, Passages::position);
        self.quoting(|passages| passages.words(words));
        let Some(range) = range.filter(|range| {
            self.open.is_empty() && !self.in_code && !self.in_anchor && self.source.get(range.clone()) == Some(words)
        }) else {
            return;
        };
        for (start, end, href) in text::addresses(words) {
            self.link(href, Role::Cite, range.start + start..range.start + end);
            if let Some(open) = self.open.pop() {
                self.links[open.at].link.anchor = fold_to(&words[start..end], Link::ANCHOR_MAX);
                self.stands_beside(open.at, passage + start);
            }
        }
    }

    fn quoting(&mut self, with: impl FnOnce(&mut Passages)) {
        if let Some(passages) = &mut self.passages {
            with(passages);
        }
    }

    /// Tells the passage that a link has its words from `start` to here.
    fn stands_beside(&mut self, link: usize, start: usize) {
        let read = &self.links[link].link;
        if read.role != Role::Cite || read.target.is_err() {
            return;
        }
        let note = self.note.clone();
        self.quoting(|passages| {
            passages.link(link, start);
            note.into_iter().for_each(|name| passages.note(name, link));
        });
    }

    fn line(&mut self) {
        self.quoting(Passages::end_block);
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.text.push('\n');
        }
    }

    /// Adds the links of the HTML that ends here.
    fn markup_ends(&mut self) {
        self.in_anchor = false;
        let (Some(range), Some(url)) = (self.markup.take(), self.url) else {
            return;
        };
        let Some(markup) = self.source.get(range.clone()) else {
            return;
        };
        let mut anchors = std::mem::take(&mut self.anchors).into_iter();
        for (mut link, place) in html::links_of(markup, url, self.passages.is_some()) {
            link.section.clone_from(&self.section);
            let (start, end) = place.unwrap_or((0, markup.len()));
            let passage = anchors.next().filter(|_| link.role == Role::Cite);
            self.links.push(Written {
                start: range.start + start,
                end: range.start + end,
                link,
            });
            if let Some(start) = passage {
                self.stands_beside(self.links.len() - 1, start);
            }
        }
    }

    /// The page. `mark` as in [`read`].
    fn finish(mut self, mark: Option<usize>) -> Page {
        self.markup_ends();
        let (places, mut links): (Vec<_>, Vec<_>) = self
            .links
            .into_iter()
            .map(|written| ((written.start, written.end), written.link))
            .unzip();
        if let Some(passages) = self.passages {
            passages.give(&mut links);
        }
        let mut links: Vec<_> = places.into_iter().zip(links).collect();
        links.sort_by_key(|((start, _), _)| *start);
        let mut locator = Locator::new(self.source, mark.unwrap_or(0));
        let links = links.into_iter().map(|((start, end), link)| {
            let span = mark.map(|_| locator.span(start, end));
            Link { span, ..link }
        });
        let links = links.collect();
        let text = nfc(text::lines(&self.text));
        Page {
            kind: PageKind::Markdown,
            charset: "UTF-8",
            title: front_title(&self.front).or(self.title).unwrap_or_default(),
            byline: None,
            language: None,
            published: None,
            canonical: None,
            document: digest::of_plain(&text),
            text_digest: digest::of_text(&text),
            text,
            links,
            assets: Vec::new(),
            noarchive: false,
            shell: false,
            cut: false,
        }
    }
}

/// The value of `title:` in YAML front matter.
fn front_title(front: &str) -> Option<String> {
    let value = front.lines().find_map(|line| line.strip_prefix("title:"))?.trim();
    let bare = value
        .strip_prefix(['"', '\''])
        .and_then(|v| v.strip_suffix(['"', '\'']))
        .unwrap_or(value);
    Some(fold(bare)).filter(|title| !title.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::url::Skip;

    fn page(source: &str) -> Page {
        read(source, &Url::parse("urn:uuid:0").unwrap(), Some(0), false)
    }

    #[test]
    fn finds_every_kind_of_link() {
        for (source, want) in [
            (
                "a [b *c*](https://x.example/) d",
                vec![("https://x.example/", "b c", "[b *c*](https://x.example/)")],
            ),
            (
                "[b][r]\n\n[r]: https://x.example/é",
                vec![("https://x.example/é", "b", "[b][r]")],
            ),
            (
                "<https://x.example/>",
                vec![("https://x.example/", "https://x.example/", "<https://x.example/>")],
            ),
            (
                "<me@x.example>",
                vec![("mailto:me@x.example", "me@x.example", "<me@x.example>")],
            ),
            (
                "см. https://x.example/a_b_c.",
                vec![(
                    "https://x.example/a_b_c",
                    "https://x.example/a_b_c",
                    "https://x.example/a_b_c",
                )],
            ),
            ("`https://x.example/`", vec![]),
            ("![картина](i.png)", vec![("i.png", "картина", "![картина](i.png)")]),
            (
                "x <a href='https://x.example/'>y</a> z",
                vec![("https://x.example/", "y", "<a href='https://x.example/'>y</a>")],
            ),
            ("<p>\n<a href=q>y</a>\n</p>", vec![("q", "y", "<a href=q>y</a>")]),
        ] {
            let page = page(source);
            let spanned = |l: &Link| {
                l.span
                    .map(|span| source[span.start..span.end].to_owned())
                    .unwrap_or_default()
            };
            let got: Vec<_> = page
                .links
                .iter()
                .map(|l| (l.raw.0.as_str(), l.anchor.as_str(), spanned(l)))
                .collect();
            let want: Vec<_> = want
                .into_iter()
                .map(|(raw, anchor, span)| (raw, anchor, span.to_owned()))
                .collect();
            assert_eq!(got, want, "{source}");
        }
    }

    #[test]
    fn keeps_links_that_lead_nowhere() {
        let page = page("# Люди\n\nпо [Tony](#) и [почте](mailto:a@x.example)\n");
        let got: Vec<_> = page
            .links
            .iter()
            .map(|l| (l.raw.0.as_str(), l.anchor.as_str(), l.target.clone().unwrap_err()))
            .collect();
        assert_eq!(
            got,
            [
                ("#", "Tony", Skip::FragmentOnly),
                ("mailto:a@x.example", "почте", Skip::Mail)
            ]
        );
        let span = page.links[0].span.unwrap();
        assert_eq!(
            (span.line, span.column, page.links[0].section.as_deref()),
            (3, 4, Some("Люди"))
        );
    }

    #[test]
    fn reads_title_and_text() {
        for (source, title, text) in [
            ("---\ntitle: \"T\"\n---\nx\ny", "T", "x y\n"),
            ("---\ntitle: T\n---\n# H\n", "T", "H\n"),
            ("## Two\n\n- a\n- b `c`\n", "", "Two\na\nb c\n"),
            ("|a|b|\n|-|-|\n|c|d|\n", "", "a b\nc d\n"),
            ("```\nx  y\nz\n```\n", "", "x y\nz\n"),
            ("x <b>bold</b> y", "", "x bold y\n"),
        ] {
            let page = page(source);
            assert_eq!((page.title.as_str(), page.text.as_str()), (title, text), "{source}");
        }
    }
}
