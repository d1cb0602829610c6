//! A body of any media type: its characters, title, links, main text and digests.
//!
//! Owns all reading of documents. Knows only [`crate::model`]; must not open a file or a socket,
//! read a clock or print. Never fails: whatever the bytes, there is a [`Page`].

mod charset;
mod digest;
mod html;
mod main_text;
mod markdown;
mod noise;
mod source;
mod text;
mod tree;

use std::borrow::Cow;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use crate::model::{
    digest::{DocumentDigest, TextDigest},
    page::{Page, PageKind},
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
}

/// Reads a body.
pub fn read(body: &Body<'_>) -> Page {
    let kind = kind(body);
    if kind == PageKind::Opaque {
        return opaque(body.bytes);
    }
    let host = body.url.host_str().unwrap_or("");
    let decoded = charset::decode(body.bytes, body.charset, kind == PageKind::Html, host);
    // Offsets in the text are offsets in the bytes only when decoding altered nothing.
    let spans = (body.local && matches!(decoded.text, Cow::Borrowed(_))).then_some(decoded.mark);
    let page = match kind {
        PageKind::Markdown => markdown::read(&decoded.text, body.url, spans),
        PageKind::Text => text::read(&decoded.text, body.url, spans),
        PageKind::Html | PageKind::Opaque => html::read(&decoded.text, body.url, spans),
    };
    Page {
        charset: decoded.charset,
        ..page
    }
}

/// Reads HTML that is decoded already.
pub fn read_html(html: &str, url: &Url) -> Page {
    html::read(html, url, None)
}

/// White space folded to single spaces, trimmed, in Unicode normal form C.
pub fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
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
    if let Some((at, _)) = folded.char_indices().nth(most) {
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
        language: None,
        published: None,
        canonical: None,
        text: String::new(),
        document: DocumentDigest::of(bytes),
        text_digest: TextDigest::of(bytes),
        links: Vec::new(),
        cut: false,
    }
}

fn kind(body: &Body<'_>) -> PageKind {
    match body.media_type.unwrap_or("") {
        "text/html" | "application/xhtml+xml" => PageKind::Html,
        "text/markdown" | "text/x-markdown" => PageKind::Markdown,
        "text/plain" => PageKind::Text,
        "" | "application/octet-stream" | "unknown/unknown" | "application/unknown" | "*/*" => sniff(body.bytes),
        "application/xml" | "text/xml" if looks_like_html(body.bytes) => PageKind::Html,
        _ => PageKind::Opaque,
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
    if binary && !marked || head.starts_with(b"%PDF-") {
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
    fn span(&mut self, start: usize, end: usize) -> crate::model::link::Span {
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
        crate::model::link::Span {
            start: start + self.mark,
            end: end + self.mark,
            line: self.line,
            column: self.column,
        }
    }
}

/// Decodes the character references that addresses and short texts have in practice.
fn unescape(text: &str) -> Cow<'_, str> {
    if text.contains("&amp;") {
        Cow::Owned(text.replace("&amp;", "&"))
    } else {
        Cow::Borrowed(text)
    }
}
