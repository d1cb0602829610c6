//! From the bytes of a list to its entries. Every format ends here; none is trusted.

use std::{borrow::Cow, collections::HashSet, io::Read};

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::{
    bookmarks,
    feed::{self, Feed},
    lines, looks_like_html,
    sitemap::{Opml, Sitemap},
    xml::{self, Visitor},
};
use crate::model::{
    canonical::CanonicalUrl,
    list::{Collection, Entry, ListKind},
    time::Timestamp,
    url::{self, Url},
};

/// Entries taken from one list at most: what a sitemap may hold (sitemaps.org).
pub const MAX_ENTRIES: usize = 50_000;
/// Lists that a list may name, at most.
pub const MAX_CHILDREN: usize = 500;
/// Bytes of a list at most, unpacked: what a sitemap may have.
pub const MAX_BYTES: usize = 50_000_000;
/// How much is looked at to tell what kind of list it is.
const HEAD: usize = 64 << 10;
/// Longer addresses are passed over.
const MAX_ADDRESS: usize = 8 << 10;
/// Characters of a title, or of a reason, that are kept.
const MAX_TITLE: usize = 500;

/// Reads a list. `media_type` is the Content-Type it came with, or empty; it settles only what the
/// bytes leave open. `base` is what its relative addresses stand for. What is broken after some
/// entries gives those, and a note; the error says why there are none.
pub fn entries(bytes: &[u8], media_type: &str, base: Option<&Url>) -> Result<Collection, String> {
    // Errors of parsers quote what they met, and that is not ours to print.
    read(bytes, media_type, base).map_err(|why| tidy(&why))
}

fn read(bytes: &[u8], media_type: &str, base: Option<&Url>) -> Result<Collection, String> {
    let unpacked = unpack(bytes)?;
    let text = decode(&unpacked, media_type);
    let kind = match kind(&text) {
        Some(kind) => kind,
        None if text.trim_start().starts_with('<') => return Err(no_list(&text)),
        None if media_type.to_ascii_lowercase().contains("html") => return Err(no_list("<html>")),
        None => ListKind::Lines,
    };
    let mut found = Found::default();
    let walk = |visitor: &mut dyn Visitor| xml::walk(&text, base, visitor);
    let outcome = match kind {
        ListKind::Rss | ListKind::Atom => walk(&mut Feed::new(&mut found)),
        ListKind::Sitemap | ListKind::SitemapIndex => walk(&mut Sitemap::new(&mut found)),
        ListKind::Opml => walk(&mut Opml(&mut found)),
        ListKind::JsonFeed => feed::json_feed(&text, base, &mut found),
        ListKind::JsonLines => lines::json(&text, &mut found),
        ListKind::Lines => lines::plain(&text, &mut found),
        ListKind::Bookmarks => {
            bookmarks::read(&text, &mut found);
            Ok(())
        }
    };
    found.collect(kind, outcome.err())
}

/// What kind of list a file is, when there is no doubt: one that a person may take for an article.
pub fn list_kind(bytes: &[u8]) -> Option<ListKind> {
    kind(&decode(&bytes[..bytes.len().min(HEAD)], "")).filter(|kind| *kind != ListKind::JsonLines)
}

fn kind(text: &str) -> Option<ListKind> {
    let start = text.trim_start();
    match start.chars().next()? {
        '<' if bookmarks::is_bookmarks(start) => Some(ListKind::Bookmarks),
        '<' => match xml::root(start)?.as_str() {
            "rss" | "RDF" => Some(ListKind::Rss),
            "feed" => Some(ListKind::Atom),
            "urlset" => Some(ListKind::Sitemap),
            "sitemapindex" => Some(ListKind::SitemapIndex),
            "opml" => Some(ListKind::Opml),
            _ => None,
        },
        '{' if is_json_feed(start) => Some(ListKind::JsonFeed),
        '{' | '"' => Some(ListKind::JsonLines),
        _ => None,
    }
}

fn is_json_feed(text: &str) -> bool {
    let end = (0..=text.len().min(HEAD)).rev().find(|at| text.is_char_boundary(*at));
    // The slash may be written `\/`.
    text[..end.unwrap_or(0)]
        .replace('\\', "")
        .contains("//jsonfeed.org/version/")
}

fn no_list(text: &str) -> String {
    let formats = "RSS, Atom, JSON Feed, sitemaps, OPML, bookmarks, JSON Lines and lists of addresses can be read";
    match xml::root(text) {
        Some(root) if !root.eq_ignore_ascii_case("html") && !looks_like_html(text.as_bytes()) => {
            let root: String = root.chars().take(40).collect();
            format!("it is XML of another kind (<{root}>); {formats}")
        }
        _ => format!("it is a web page, not a list; {formats}"),
    }
}

/// Undoes gzip, which sitemaps come in as files.
fn unpack(bytes: &[u8]) -> Result<Cow<'_, [u8]>, String> {
    let too_long = || Err(format!("it has more than {} MB", MAX_BYTES / 1_000_000));
    if !bytes.starts_with(b"\x1f\x8b") {
        return if bytes.len() > MAX_BYTES {
            too_long()
        } else {
            Ok(bytes.into())
        };
    }
    let mut unpacked = Vec::new();
    flate2::read::MultiGzDecoder::new(bytes)
        .take(MAX_BYTES as u64 + 1)
        .read_to_end(&mut unpacked)
        .map_err(|e| format!("it is packed with gzip, and cannot be unpacked: {e}"))?;
    if unpacked.len() > MAX_BYTES {
        too_long()
    } else {
        Ok(unpacked.into())
    }
}

/// Byte order mark, then the XML declaration, then the header, then UTF-8; what is not UTF-8 and says
/// nothing is Windows-1252, where every byte is a character.
fn decode<'a>(bytes: &'a [u8], media_type: &str) -> Cow<'a, str> {
    let (encoding, mark) = Encoding::for_bom(bytes).unwrap_or_else(|| (choose(bytes, media_type), 0));
    encoding.decode_without_bom_handling(&bytes[mark..]).0
}

fn choose(bytes: &[u8], media_type: &str) -> &'static Encoding {
    let is_xml = bytes.trim_ascii_start().starts_with(b"<");
    match bytes {
        [b'<', 0, b'?' | b'r' | b'f', 0, ..] => return UTF_16LE,
        [0, b'<', 0, b'?' | b'r' | b'f', ..] => return UTF_16BE,
        _ => {}
    }
    let header = || {
        let (_, label) = media_type.split_once("charset=")?;
        Encoding::for_label(label.split(';').next()?.trim_matches([' ', '"']).as_bytes())
    };
    match declared(bytes).or_else(header) {
        // A name that could be read is not written in UTF-16.
        Some(named) if named != UTF_16LE && named != UTF_16BE => named,
        _ if is_xml || std::str::from_utf8(bytes).is_ok() => UTF_8,
        _ => WINDOWS_1252,
    }
}

fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = bytes.trim_ascii_start();
    let head = std::str::from_utf8(head.strip_prefix(b"<?xml")?.split(|b| *b == b'>').next()?).ok()?;
    let (_, value) = head.split_once("encoding")?;
    let value = value.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    Encoding::for_label(value[1..].split(quote).next()?.as_bytes())
}

/// A time as feeds write it: RFC 3339 or a part of it, or RFC 822 and its successors.
pub(super) fn moment(text: &str) -> Option<Timestamp> {
    let mail = || {
        let parser = jiff::fmt::rfc2822::DateTimeParser::new().relaxed_weekday(true);
        let time = parser.parse_timestamp(text).ok()?;
        Some(Timestamp::from_millis(time.as_millisecond()))
    };
    Timestamp::parse(text).ok().or_else(mail)
}

/// What was found in a list so far.
#[derive(Default)]
pub(super) struct Found {
    title: String,
    entries: Vec<Entry>,
    more: Vec<Url>,
    seen: HashSet<String>,
    /// Entries without an address that can be fetched.
    unusable: usize,
    /// There is more than is taken.
    cut: bool,
}

impl Found {
    /// What the list calls itself; the first time counts.
    pub fn name(&mut self, title: &str) {
        if self.title.is_empty() {
            self.title = tidy(title);
        }
    }

    /// Takes an entry in, or counts that it has no address.
    pub fn entry(&mut self, url: Option<Url>, title: &str, published: Option<Timestamp>, cited_at: Option<Timestamp>) {
        let Some(url) = url.and_then(usable) else {
            self.unusable += 1;
            return;
        };
        if !self.is_new(&url) {
            return;
        }
        if self.entries.len() == MAX_ENTRIES {
            self.cut = true;
            return;
        }
        self.entries.push(Entry {
            url,
            title: tidy(title),
            published,
            cited_at,
        });
    }

    /// Takes in a list that this one names.
    pub fn child(&mut self, url: Option<Url>) {
        match url.and_then(usable) {
            None => self.unusable += 1,
            Some(url) if !self.is_new(&url) => {}
            Some(_) if self.more.len() == MAX_CHILDREN => self.cut = true,
            Some(url) => self.more.push(url),
        }
    }

    pub fn is_full(&self) -> bool {
        self.cut
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.more.is_empty()
    }

    fn is_new(&mut self, url: &Url) -> bool {
        self.seen.insert(CanonicalUrl::of(url).as_str().to_owned())
    }

    fn collect(self, kind: ListKind, broken: Option<String>) -> Result<Collection, String> {
        let mut notes = Vec::new();
        match broken {
            Some(why) if self.is_empty() => return Err(format!("{} that cannot be read: {why}", kind.name())),
            Some(why) => notes.push(format!(
                "it is broken, and only what stands before that was read: {}",
                tidy(&why)
            )),
            None => {}
        }
        if self.cut {
            notes.push(format!(
                "it has more than is taken: {MAX_ENTRIES} entries and {MAX_CHILDREN} lists"
            ));
        }
        match self.unusable {
            0 => {}
            1 => notes.push("1 entry has no web address and is passed over".into()),
            n => notes.push(format!("{n} entries have no web address and are passed over")),
        }
        Ok(Collection {
            kind,
            title: self.title,
            entries: self.entries,
            more: self.more,
            notes,
        })
    }
}

fn usable(mut url: Url) -> Option<Url> {
    let web = matches!(url.scheme(), "http" | "https") && url.has_host() && url.as_str().len() <= MAX_ADDRESS;
    url::strip(&mut url);
    web.then_some(url)
}

/// One line, not too long, without what would move a terminal's cursor.
fn tidy(text: &str) -> String {
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect();
    words.join(" ").chars().take(MAX_TITLE).collect()
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
