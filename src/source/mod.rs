//! An input, as the user names it, into what it is: articles, and lists of them. Pure: the bytes of
//! files and of answers are handed in.

mod bookmarks;
mod collection;
mod feed;
mod lines;
pub mod pattern;
mod sitemap;
mod xml;

pub use collection::{MAX_BYTES, MAX_CHILDREN, MAX_ENTRIES, entries, list_kind};

use crate::model::{
    article::Document,
    canonical,
    list::ListKind,
    url::{self, Url},
};

/// What an argument names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A page on the web, without fragment and credentials.
    Web(Url),
    /// A local file.
    File(String),
    /// Standard input.
    Stdin,
}

/// Decides what an argument names. `exists` says whether there is a file of that name, which wins
/// over reading `page.html` as a host.
pub fn classify(argument: &str, exists: bool) -> Result<Source, String> {
    if argument == "-" {
        return Ok(Source::Stdin);
    }
    if exists {
        return Ok(Source::File(argument.to_owned()));
    }
    let scheme = argument
        .split_once("://")
        .map(|(scheme, _)| scheme.to_ascii_lowercase());
    match scheme.as_deref() {
        Some("http" | "https") => {}
        Some("file") => return Err(format!("{argument}: write a local file as a plain path")),
        Some(other) => {
            return Err(format!(
                "{argument}: {other} addresses cannot be fetched, only http and https"
            ));
        }
        None if looks_like_a_path(argument) => return Err(format!("{argument}: no such file")),
        None => {}
    }
    let mut url = canonical::parse(argument).map_err(|why| match scheme {
        Some(_) => why,
        None => format!("{argument}: no such file, and {why}"),
    })?;
    url::strip(&mut url);
    Ok(Source::Web(url))
}

fn looks_like_a_path(argument: &str) -> bool {
    let extension = argument
        .rsplit_once('.')
        .map(|(_, extension)| extension.to_ascii_lowercase());
    argument.starts_with(['.', '/', '~', '\\'])
        || match extension.as_deref() {
            Some("md" | "markdown" | "html" | "htm" | "xhtml" | "txt") => true,
            // Of lists. No host is called that, but `example.org/feed.xml` is typed without scheme.
            Some("xml" | "rss" | "atom" | "opml" | "json" | "jsonl" | "ndjson" | "gz") => !argument.contains('/'),
            _ => false,
        }
}

/// The addresses and paths of a list: one a line, `#` begins a comment line.
pub fn list(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// Makes a document of a file's bytes; `name` decides the media type, the bytes where it does not.
/// The error says why they cannot be an article.
pub fn document(name: &str, bytes: Vec<u8>, base: Option<Url>) -> Result<Document, String> {
    if let Some(kind) = binary_kind(&bytes) {
        return Err(format!(
            "{name} is {kind}, not an article; Markdown, HTML and plain text can be read"
        ));
    }
    // Bookmarks can be read as a page with many links; of the others only rubbish would come.
    if let Some(kind) = list_kind(&bytes).filter(|kind| *kind != ListKind::Bookmarks) {
        return Err(format!(
            "{name} is {}, not an article; `evercite snapshot --from {name}` keeps the articles it lists",
            kind.name()
        ));
    }
    let extension = name
        .rsplit_once('.')
        .map(|(_, extension)| extension.to_ascii_lowercase());
    let media_type = match extension.as_deref() {
        Some("md" | "markdown" | "mdown" | "mkd") => "text/markdown",
        Some("html" | "htm" | "xhtml" | "shtml") => "text/html",
        Some("txt" | "text") => "text/plain",
        _ if looks_like_html(&bytes) => "text/html",
        // Plain text without markup reads the same as Markdown, and a link in it is found either way.
        _ => "text/markdown",
    };
    Ok(Document {
        bytes,
        media_type,
        base,
    })
}

fn looks_like_html(bytes: &[u8]) -> bool {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(1024)])
        .trim_start()
        .to_ascii_lowercase();
    head.starts_with("<!doctype html") || head.starts_with("<html") || head.contains("<head") || head.contains("<body")
}

/// Names the kind of file that bytes are, when they are no text.
fn binary_kind(bytes: &[u8]) -> Option<&'static str> {
    const MAGIC: &[(&[u8], &str)] = &[
        (b"%PDF-", "a PDF"),
        (b"\x89PNG", "a PNG image"),
        (b"\xff\xd8\xff", "a JPEG image"),
        (b"GIF8", "a GIF image"),
        (b"PK\x03\x04", "a ZIP file (or an office document)"),
        (b"\x1f\x8b", "a gzip file"),
        (b"\x7fELF", "a program"),
        (b"SQLite format 3\0", "an SQLite database"),
    ];
    if let Some((_, kind)) = MAGIC.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        return Some(kind);
    }
    let is_utf16 = bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff");
    let head = &bytes[..bytes.len().min(8192)];
    (!is_utf16 && head.contains(&0)).then_some("a binary file")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_pages_from_files() {
        for (argument, exists, want) in [
            ("-", false, Ok("stdin")),
            ("notes.md", true, Ok("file")),
            ("example.org", true, Ok("file")),
            ("https://example.org/a#b", false, Ok("https://example.org/a")),
            ("https://me:secret@example.org/", false, Ok("https://example.org/")),
            ("example.org/a", false, Ok("http://example.org/a")),
            ("notes.md", false, Err("no such file")),
            ("./x", false, Err("no such file")),
            ("feed.xml", false, Err("no such file")),
            ("example.org/feed.xml", false, Ok("http://example.org/feed.xml")),
            ("ftp://example.org/", false, Err("only http and https")),
            ("file:///etc/passwd", false, Err("plain path")),
            ("http://[bad", false, Err("not a web address")),
            ("nonsense", false, Err("no such file")),
        ] {
            match (classify(argument, exists), want) {
                (Ok(Source::Stdin), Ok("stdin")) | (Ok(Source::File(_)), Ok("file")) => {}
                (Ok(Source::Web(url)), Ok(want)) => assert_eq!(url.as_str(), want),
                (Err(why), Err(part)) => assert!(why.contains(part), "{argument}: {why}"),
                (got, want) => panic!("{argument}: {got:?}, not {want:?}"),
            }
        }
    }

    #[test]
    fn refuses_what_is_no_text() {
        for (name, bytes, want) in [
            ("a.md", &b"# Hi"[..], Ok("text/markdown")),
            ("a.html", b"x", Ok("text/html")),
            ("a.txt", b"x", Ok("text/plain")),
            ("a", b"<!DOCTYPE html><p>x", Ok("text/html")),
            ("a", b"just words", Ok("text/markdown")),
            ("a.md", b"%PDF-1.7", Err("a PDF")),
            ("a.md", b"a\0b", Err("a binary file")),
            (
                "a.xml",
                b"<rss><channel/></rss>",
                Err("an RSS feed, not an article; `evercite snapshot --from a.xml`"),
            ),
            ("a.xml", b"<?xml version='1.0'?><opml/>", Err("an OPML file")),
            ("a.html", b"<!DOCTYPE NETSCAPE-Bookmark-file-1>", Ok("text/html")),
        ] {
            match (document(name, bytes.to_vec(), None), want) {
                (Ok(document), Ok(want)) => assert_eq!(document.media_type, want, "{name}"),
                (Err(why), Err(part)) => assert!(why.contains(part), "{why}"),
                (got, _) => panic!("{name}: {got:?}"),
            }
        }
    }

    #[test]
    fn lists_have_comments() {
        assert_eq!(list("a\n\n# b\n  c \r\n").collect::<Vec<_>>(), ["a", "c"]);
    }
}
