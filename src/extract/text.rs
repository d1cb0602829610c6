//! Plain text: its addresses and its lines.
//!
//! Must not guess at markup.

use linkify::{LinkFinder, LinkKind};

use super::{Locator, digest, fold, quotes};
use crate::model::{
    link::{Link, Place, Role},
    page::{Page, PageKind},
    url::{RawHref, Url, resolve},
};

/// Reads plain text. `mark` is the length of the byte order mark before it when links get spans;
/// `with_quotes` asks for what is quoted beside them.
pub fn read(source: &str, url: &Url, mark: Option<usize>, with_quotes: bool) -> Page {
    let mut locator = Locator::new(source, mark.unwrap_or(0));
    let found = addresses(source);
    let places: Vec<(usize, usize)> = found.iter().map(|(start, end, _)| (*start, *end)).collect();
    let links = found.into_iter().map(|(start, end, href)| {
        let span = mark.map(|_| locator.span(start, end));
        let raw = RawHref(href);
        Link {
            target: resolve(url, &raw),
            anchor: source[start..end].chars().take(Link::ANCHOR_MAX).collect(),
            raw,
            rel: String::new(),
            role: Role::Cite,
            place: Place::Main,
            span,
            section: None,
            quotes: Vec::new(),
        }
    });
    let mut links: Vec<Link> = links.collect();
    if with_quotes {
        quotes::of_text(source, &places, &mut links);
    }
    let text = lines(source);
    plain(text, links)
}

fn plain(text: String, links: Vec<Link>) -> Page {
    Page {
        kind: PageKind::Text,
        charset: "UTF-8",
        title: String::new(),
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

/// Data in the form of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Data {
    /// JSON, or a line of JSON after another.
    Json,
    /// XML that is not a page.
    Xml,
}

/// Reads data. It has no links: addresses in it are mostly names, of schemas and of records.
pub fn read_data(source: &str, data: Data) -> Page {
    let text = lines(&match data {
        Data::Json => json_lines(source),
        Data::Xml => source.replace("><", ">\n<"),
    });
    plain(text, Vec::new())
}

/// JSON with a value a line, however it was set: what is between strings has no white space of its own.
fn json_lines(source: &str) -> String {
    let mut out = String::with_capacity(source.len() + source.len() / 4);
    let (mut quoted, mut escaped) = (false, false);
    for c in source.chars() {
        if quoted {
            out.push(c);
            (quoted, escaped) = (escaped || c != '"', c == '\\' && !escaped);
            continue;
        }
        match c {
            '"' => {
                quoted = true;
                out.push(c);
            }
            '{' | '[' | ',' => out.extend([c, '\n']),
            '}' | ']' => out.extend(['\n', c]),
            ':' => out.push_str(": "),
            c if c.is_whitespace() => {}
            c => out.push(c),
        }
    }
    out
}

/// Every line folded; lines without words left out.
pub fn lines(source: &str) -> String {
    let mut text = String::with_capacity(source.len());
    for line in source.lines().map(fold).filter(|line| !line.is_empty()) {
        text.push_str(&line);
        text.push('\n');
    }
    text
}

/// Addresses written out in a text: start, end, and the address, `mailto:` added to those of mail.
pub fn addresses(text: &str) -> Vec<(usize, usize, String)> {
    let finder = LinkFinder::new();
    let found = finder.links(text).filter_map(|link| {
        let written = link.as_str();
        let href = match link.kind() {
            LinkKind::Email => format!("mailto:{written}"),
            _ => written.to_owned(),
        };
        let web = *link.kind() == LinkKind::Email || has_scheme(written);
        web.then(|| (link.start(), link.end(), href))
    });
    found.collect()
}

/// Schemes that a reader would call a link; linkify takes any.
fn has_scheme(address: &str) -> bool {
    let scheme = address.split(':').next().unwrap_or("").to_ascii_lowercase();
    matches!(
        scheme.as_str(),
        "http" | "https" | "ftp" | "ftps" | "mailto" | "gemini" | "gopher" | "ipfs"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_addresses_without_the_punctuation_around_them() {
        for (text, want) in [
            ("see https://example.org/a.", vec!["https://example.org/a"]),
            ("(https://example.org/a_(b))", vec!["https://example.org/a_(b)"]),
            (
                "смотри <https://пример.example/путь>, там",
                vec!["https://пример.example/путь"],
            ),
            ("write to me@example.org!", vec!["mailto:me@example.org"]),
            (
                "http://a.example http://b.example",
                vec!["http://a.example", "http://b.example"],
            ),
            ("no links: std::io, 10:30", vec![]),
        ] {
            let got: Vec<String> = addresses(text).into_iter().map(|(_, _, href)| href).collect();
            assert_eq!(got, want, "{text}");
        }
    }

    #[test]
    fn sets_data_in_lines() {
        let tight = r#"{"a":[1,"x, \" y{"],"b":null}"#;
        let loose = "{ \"a\" : [ 1,\n\"x, \\\" y{\" ],\t\"b\": null }";
        let read = |source| read_data(source, Data::Json).text;
        assert_eq!(read(tight), read(loose));
        assert_eq!(read(tight), "{\n\"a\": [\n1,\n\"x, \\\" y{\"\n],\n\"b\": null\n}\n");
        assert_eq!(
            read_data("<a><b>1</b><b>2</b></a>", Data::Xml).text,
            "<a>\n<b>1</b>\n<b>2</b>\n</a>\n"
        );
    }

    #[test]
    fn gives_spans_in_bytes_and_columns_in_characters() {
        let url = Url::parse("urn:uuid:0").unwrap();
        let page = read("été\n日本 https://example.org/ x", &url, Some(3), false);
        let span = page.links[0].span.unwrap();
        assert_eq!((span.start, span.end, span.line, span.column), (16, 36, 2, 4));
        assert_eq!(page.text, "été\n日本 https://example.org/ x\n");
    }
}
