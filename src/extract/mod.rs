//! A body of any media type: its characters, title, links, main text and digests.
//!
//! Owns all reading of documents. Knows only [`crate::model`]; must not open a file or a socket,
//! read a clock or print. Never fails: whatever the bytes, there is a [`Page`].

mod anchors;
mod assets;
mod byline;
pub mod charset;
mod css;
pub mod destination;
mod digest;
mod head;
mod html;
#[cfg(test)]
mod laws_tests;
mod lines;
mod links;
mod main_text;
mod markdown;
pub mod noarchive;
mod noise;
mod pdf;
mod quotes;
mod region;
mod shell;
mod sketch;
mod source;
mod srcset;
pub mod steps;
mod text;
mod tokens;
mod tree;
mod volatile;
mod weight;
mod words;

use std::borrow::Cow;

pub use sketch::sketch;
pub use volatile::learn;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use crate::model::{
    digest::{DocumentDigest, TextDigest},
    link::Span,
    page::{Page, PageKind},
    passage::Anchors,
    url::Url,
};

/// A body to be read, and what is known about it.
pub struct Body<'a> {
    /// The decoded body, without transfer and content coding.
    pub bytes: &'a [u8],
    /// Essence of the media type in lower case, such as `text/html`; `None` has it guessed.
    pub media_type: Option<&'a str>,
    /// The charset of the Content-Type header.
    pub charset: Option<&'a str>,
    /// Base of the links.
    pub url: &'a Url,
    /// The source is a local file: links get spans.
    pub local: bool,
    /// Whether what the page needs to look as it did is asked for: see [`Page::assets`].
    pub assets: bool,
    /// Whether what the page quotes beside its links is asked for: see [`Link::quotes`]. For articles.
    ///
    /// [`Link::quotes`]: crate::model::link::Link::quotes
    pub quotes: bool,
    /// Signatures of blocks that are known to change by themselves ([`learn`]), sorted.
    pub volatile: &'a [u64],
}

/// What is read only where it is asked for.
#[derive(Debug, Clone, Copy, Default)]
struct Asked<'a> {
    assets: bool,
    quotes: bool,
    volatile: &'a [u64],
}

/// Reads a body.
pub fn read(body: &Body<'_>) -> Page {
    let mut page = read_as(body, kind(body));
    if body.assets && page.kind != PageKind::Html {
        page.assets = assets::of_links(&page.links);
    }
    page
}

fn read_as(body: &Body<'_>, kind: PageKind) -> Page {
    let host = body.url.host_str().unwrap_or("");
    if kind == PageKind::Opaque {
        let mut page = opaque(body.bytes);
        if body.media_type == Some("text/css") {
            let decoded = charset::decode_style(body.bytes, body.charset, host);
            page.charset = decoded.charset;
            page.links = css::links(&decoded.text, body.url);
        }
        return page;
    }
    if kind == PageKind::Pdf {
        return pdf::read(body.bytes, body.url).unwrap_or_else(|| opaque(body.bytes));
    }
    let decoded = charset::decode(body.bytes, body.charset, kind == PageKind::Html, host);
    // Offsets in the text are offsets in the bytes only when decoding altered nothing.
    let spans = (body.local && matches!(decoded.text, Cow::Borrowed(_))).then_some(decoded.mark);
    let asked = Asked {
        assets: body.assets,
        quotes: body.quotes,
        volatile: body.volatile,
    };
    let page = match kind {
        PageKind::Markdown => markdown::read(&decoded.text, body.url, spans, body.quotes),
        PageKind::Text => match data(body.media_type.unwrap_or("")) {
            Some(data) => text::read_data(&decoded.text, data),
            None => text::read(&decoded.text, body.url, spans, body.quotes),
        },
        PageKind::Html | PageKind::Pdf | PageKind::Opaque => html::read(&decoded.text, body.url, spans, asked),
    };
    Page {
        charset: decoded.charset,
        ..page
    }
}

/// The places and words of a body that a fragment can point at. Parses; for links with a fragment only.
pub fn anchors(body: &Body<'_>) -> Anchors {
    match kind(body) {
        PageKind::Html => {
            let host = body.url.host_str().unwrap_or("");
            anchors::of_html(&charset::decode(body.bytes, body.charset, true, host).text)
        }
        // Of what is no HTML, browsers and viewers decide what its fragments mean.
        _ => Anchors {
            text: read(body).text,
            ..Anchors::default()
        },
    }
}

/// Reads HTML that is decoded already.
pub fn read_html(html: &str, url: &Url) -> Page {
    html::read(html, url, None, Asked::default())
}

/// Whether an address carries its content, or runs something: nothing is ever fetched for it.
fn is_inline(address: &str) -> bool {
    let address = address.trim_ascii_start();
    ["data:", "blob:", "about:", "javascript:"].iter().any(|scheme| {
        address
            .get(..scheme.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    })
}

/// White space folded to single spaces, trimmed, in Unicode normal form C, without what is there for
/// layout only.
pub fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in words::split(text) {
        let word = words::shown(word);
        if word.is_empty() {
            continue;
        }
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(&word);
    }
    nfc(out)
}

/// Unicode normal form C.
fn nfc(text: String) -> String {
    if text.is_ascii() || is_nfc_quick(text.chars()) == IsNormalized::Yes {
        text
    } else {
        text.nfc().collect()
    }
}

/// [`fold`], cut to `most` characters.
fn fold_to(text: &str, most: usize) -> String {
    let mut folded = fold(text);
    if folded.len() > most
        && let Some((at, _)) = folded.char_indices().nth(most)
    {
        folded.truncate(at);
        folded.truncate(folded.trim_end().len());
    }
    folded
}

fn opaque(bytes: &[u8]) -> Page {
    Page {
        kind: PageKind::Opaque,
        charset: "",
        title: String::new(),
        byline: None,
        language: None,
        published: None,
        canonical: None,
        text: String::new(),
        document: DocumentDigest::of(bytes),
        text_digest: TextDigest::of(bytes),
        links: Vec::new(),
        assets: Vec::new(),
        noarchive: false,
        shell: false,
        cut: false,
    }
}

fn kind(body: &Body<'_>) -> PageKind {
    match body.media_type.unwrap_or("") {
        "text/html" | "application/xhtml+xml" => PageKind::Html,
        "text/markdown" | "text/x-markdown" => PageKind::Markdown,
        "application/pdf" | "application/x-pdf" => PageKind::Pdf,
        // Read for what it draws in, and compared as bytes.
        "text/css" => PageKind::Opaque,
        "" | "application/octet-stream" | "unknown/unknown" | "application/unknown" | "*/*" => sniff(body.bytes),
        "application/xml" | "text/xml" if looks_like_html(body.bytes) => PageKind::Html,
        other if data(other).is_some() || other.starts_with("text/") => PageKind::Text,
        _ => PageKind::Opaque,
    }
}

/// Whether a media type is that of data in the form of text, to be compared in lines of its own.
fn data(media_type: &str) -> Option<text::Data> {
    match media_type {
        "image/svg+xml" => None,
        "application/json" | "text/json" | "application/x-ndjson" => Some(text::Data::Json),
        "application/xml" | "text/xml" => Some(text::Data::Xml),
        other if other.ends_with("+json") => Some(text::Data::Json),
        other if other.ends_with("+xml") => Some(text::Data::Xml),
        _ => None,
    }
}

/// How a body without a media type is read, roughly after the WHATWG MIME Sniffing standard.
fn sniff(bytes: &[u8]) -> PageKind {
    let head = &bytes[..bytes.len().min(1445)];
    if looks_like_html(bytes) {
        return PageKind::Html;
    }
    let marked = head.starts_with(b"\xFE\xFF") || head.starts_with(b"\xFF\xFE");
    let binary = head
        .iter()
        .any(|&b| matches!(b, 0..=8 | 0x0B | 0x0E..=0x1A | 0x1C..=0x1F));
    if head.starts_with(b"%PDF-") {
        PageKind::Pdf
    } else if binary && !marked {
        PageKind::Opaque
    } else {
        PageKind::Text
    }
}

fn looks_like_html(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(1445)];
    let mut rest = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head).trim_ascii_start();
    if rest.starts_with(b"<?xml") {
        let close = rest.iter().position(|&b| b == b'>').map_or(rest.len(), |at| at + 1);
        rest = rest[close..].trim_ascii_start();
    }
    while rest.starts_with(b"<!--") {
        let close = rest
            .windows(3)
            .position(|w| w == b"-->")
            .map_or(rest.len(), |at| at + 3);
        rest = rest[close..].trim_ascii_start();
    }
    const STARTS: &[&str] = &[
        "<!doctype html",
        "<html",
        "<head",
        "<script",
        "<iframe",
        "<h1",
        "<div",
        "<font",
        "<table",
        "<a ",
        "<style",
        "<title",
        "<b>",
        "<body",
        "<br",
        "<p>",
        "<p ",
        "<meta",
        "<main",
        "<article",
    ];
    STARTS.iter().any(|start| {
        rest.get(..start.len())
            .is_some_and(|at| at.eq_ignore_ascii_case(start.as_bytes()))
    })
}

/// Counts lines and columns up to offsets that grow.
struct Locator<'a> {
    source: &'a str,
    at: usize,
    line: usize,
    column: usize,
    /// Length of the byte order mark before the source.
    mark: usize,
}

impl<'a> Locator<'a> {
    fn new(source: &'a str, mark: usize) -> Self {
        Self {
            source,
            at: 0,
            line: 1,
            column: 1,
            mark,
        }
    }

    /// The span of `start..end` of the source. Offsets before the last one are counted afresh.
    fn span(&mut self, start: usize, end: usize) -> Span {
        if start < self.at {
            (self.at, self.line, self.column) = (0, 1, 1);
        }
        for c in self.source[self.at..start].chars() {
            if c == '\n' {
                self.line += 1;
                self.column = 1;
            } else {
                self.column += 1;
            }
        }
        self.at = start;
        Span {
            start: start + self.mark,
            end: end + self.mark,
            line: self.line,
            column: self.column,
        }
    }
}

/// Decodes `&amp;`, the character reference that addresses have in practice.
fn unescape(text: &str) -> Cow<'_, str> {
    if text.contains("&amp;") {
        Cow::Owned(text.replace("&amp;", "&"))
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body<'a>(bytes: &'a [u8], media_type: Option<&'a str>, url: &'a Url) -> Body<'a> {
        Body {
            bytes,
            media_type,
            charset: None,
            url,
            local: true,
            assets: false,
            quotes: false,
            volatile: &[],
        }
    }

    #[test]
    fn chooses_how_to_read() {
        let url = Url::parse("https://example.org/").unwrap();
        for (bytes, media_type, want) in [
            (&b"<p>x"[..], Some("text/html"), PageKind::Html),
            (b"<p>x", Some("application/xhtml+xml"), PageKind::Html),
            (
                b"<?xml version='1.0'?>\n<!DOCTYPE html><html>",
                Some("application/xml"),
                PageKind::Html,
            ),
            (b"<?xml version='1.0'?><rss>", Some("application/xml"), PageKind::Text),
            (b"{}", Some("application/ld+json"), PageKind::Text),
            (b"a;b", Some("text/csv"), PageKind::Text),
            (b"<svg/>", Some("image/svg+xml"), PageKind::Opaque),
            (
                b"%PDF-1.7\n1 0 obj <</Type/Page>>",
                Some("application/pdf"),
                PageKind::Pdf,
            ),
            (b"no such thing", Some("application/pdf"), PageKind::Opaque),
            (b"# x", Some("text/markdown"), PageKind::Markdown),
            (b"<p>x", Some("text/plain"), PageKind::Text),
            (b"GIF89a\0", Some("image/gif"), PageKind::Opaque),
            (b"\xEF\xBB\xBF <!-- c --> <!DOCTYPE HTML>", None, PageKind::Html),
            (b"plain words", None, PageKind::Text),
            (b"\x7FELF\x02\x01\0", None, PageKind::Opaque),
            (b"%PDF-1.7", None, PageKind::Opaque),
            (b"%PDF-1.7\n1 0 obj <</Type/Page>>", None, PageKind::Pdf),
            (b"", None, PageKind::Text),
        ] {
            let page = read(&body(bytes, media_type, &url));
            assert_eq!(page.kind, want, "{media_type:?} {:?}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn gives_spans_only_where_bytes_are_characters() {
        let url = Url::parse("urn:uuid:0").unwrap();
        for (bytes, start) in [
            (&b"\xEF\xBB\xBF<a href='https://x.example/'>x</a>"[..], Some(3)),
            (b"<a href='https://x.example/'>x</a>", Some(0)),
            (b"\xFF<a href='https://x.example/'>x</a>", None),
        ] {
            let page = read(&body(bytes, Some("text/html"), &url));
            assert_eq!(page.links[0].span.map(|span| span.start), start, "{bytes:?}");
        }
    }

    #[test]
    fn folds_white_space_and_composes() {
        for (written, want) in [
            (" a\t b\n", "a b"),
            ("e\u{301}", "é"),
            ("\u{3000}日本\u{A0}語", "日本 語"),
            ("กำ", "กำ"),
            ("a\u{AD}b \u{200B} \u{FEFF}c", "ab c"),
            ("می\u{200C}خواهم", "می\u{200C}خواهم"),
            ("", ""),
        ] {
            assert_eq!(fold(written), want, "{written:?}");
        }
        assert_eq!(
            (fold_to("один два", 5).as_str(), fold_to("一二三", 2).as_str()),
            ("один", "一二")
        );
    }
}
