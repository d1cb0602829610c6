//! CommonMark: title, readable text, and every link with its place in the source.
//!
//! Must not resolve what is not a link, nor render HTML.

use pulldown_cmark::{Event, LinkType, MetadataBlockKind, Options, Parser, Tag, TagEnd};

use super::{Locator, digest, fold, fold_to, html, nfc, text};
use crate::model::{
    link::{Link, Place, Role},
    page::{Page, PageKind},
    url::{RawHref, Url, resolve},
};

/// Reads Markdown. `mark` is the length of the byte order mark before it when links get spans.
pub fn read(source: &str, url: &Url, mark: Option<usize>) -> Page {
    let mut reader = Reader {
        source,
        url,
        mark,
        locator: Locator::new(source, mark.unwrap_or(0)),
        ..Reader::new(source, url)
    };
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS;
    for (event, range) in Parser::new_ext(source, options).into_offset_iter() {
        reader.event(event, range);
    }
    reader.finish()
}

/// A link whose end has not been reached.
struct OpenLink {
    at: usize,
    anchor: String,
}

struct Reader<'a> {
    source: &'a str,
    url: &'a Url,
    mark: Option<usize>,
    locator: Locator<'a>,
    text: String,
    links: Vec<Link>,
    open: Vec<OpenLink>,
    heading: Option<(bool, String)>,
    section: Option<String>,
    title: Option<String>,
    front: Option<String>,
    in_front: bool,
    in_code: bool,
    markup: Option<(usize, String)>,
}

impl<'a> Reader<'a> {
    fn new(source: &'a str, url: &'a Url) -> Self {
        Self {
            source,
            url,
            mark: None,
            locator: Locator::new(source, 0),
            text: String::new(),
            links: Vec::new(),
            open: Vec::new(),
            heading: None,
            section: None,
            title: None,
            front: None,
            in_front: false,
            in_code: false,
            markup: None,
        }
    }

    fn event(&mut self, event: Event<'a>, range: std::ops::Range<usize>) {
        match event {
            Event::Start(tag) => self.start(tag, range),
            Event::End(end) => self.end(end),
            Event::Text(words) if self.in_front => self.front = Some(words.into_string()),
            Event::Text(words) => self.words(&words, Some(range)),
            Event::Code(words) | Event::InlineMath(words) | Event::DisplayMath(words) => self.words(&words, None),
            Event::SoftBreak => self.words(" ", None),
            Event::HardBreak => self.line(),
            Event::Html(html) | Event::InlineHtml(html) => {
                let (_, markup) = self.markup.get_or_insert((range.start, String::new()));
                markup.push_str(&html);
            }
            Event::Rule | Event::FootnoteReference(_) | Event::TaskListMarker(_) => {}
        }
    }

    fn start(&mut self, tag: Tag<'a>, range: std::ops::Range<usize>) {
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
            Tag::Emphasis | Tag::Strong | Tag::Strikethrough | Tag::Superscript | Tag::Subscript => {}
            _ => self.line(),
        }
    }

    fn end(&mut self, end: TagEnd) {
        match end {
            TagEnd::Link | TagEnd::Image => {
                if let Some(open) = self.open.pop() {
                    self.links[open.at].anchor = fold_to(&open.anchor, Link::ANCHOR_MAX);
                }
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

    fn link(&mut self, href: String, role: Role, range: std::ops::Range<usize>) {
        let raw = RawHref(href);
        let span = self.mark.map(|_| self.locator.span(range.start, range.end));
        self.open.push(OpenLink {
            at: self.links.len(),
            anchor: String::new(),
        });
        self.links.push(Link {
            target: resolve(self.url, &raw),
            raw,
            anchor: String::new(),
            rel: String::new(),
            role,
            place: Place::Main,
            span,
            section: self.section.clone(),
        });
    }

    /// Words of the text; with `range`, addresses written out in them are links.
    fn words(&mut self, words: &str, range: Option<std::ops::Range<usize>>) {
        for open in &mut self.open {
            open.anchor.push_str(words);
        }
        if let Some((_, heading)) = &mut self.heading {
            heading.push_str(words);
        }
        self.text.push_str(words);
        if let Some((_, markup)) = &mut self.markup {
            markup.push_str(words);
        }
        let Some(range) = range
            .filter(|range| self.open.is_empty() && !self.in_code && self.source.get(range.clone()) == Some(words))
        else {
            return;
        };
        for (start, end, href) in text::addresses(words) {
            self.link(href, Role::Cite, range.start + start..range.start + end);
            if let Some(open) = self.open.pop() {
                self.links[open.at].anchor = fold_to(&words[start..end], Link::ANCHOR_MAX);
            }
        }
    }

    fn line(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.text.push('\n');
        }
    }

    /// Adds the links of the HTML gathered so far.
    fn markup_ends(&mut self) {
        let Some((start, markup)) = self.markup.take() else {
            return;
        };
        for mut link in html::links_of(&markup, self.url) {
            link.section.clone_from(&self.section);
            link.place = Place::Main;
            let length = markup.len().min(self.source.len() - start);
            let end = (start..=start + length)
                .rev()
                .find(|&end| self.source.is_char_boundary(end))
                .unwrap_or(start);
            link.span = self.mark.map(|_| self.locator.span(start, end));
            self.links.push(link);
        }
    }

    fn finish(mut self) -> Page {
        self.markup_ends();
        let text = nfc(text::lines(&self.text));
        let title = self
            .title
            .or_else(|| front_title(&self.front.unwrap_or_default()))
            .unwrap_or_default();
        Page {
            kind: PageKind::Markdown,
            charset: "UTF-8",
            title,
            language: None,
            published: None,
            canonical: None,
            document: digest::of_plain(&text),
            text_digest: digest::of_text(&text),
            text,
            links: self.links,
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
