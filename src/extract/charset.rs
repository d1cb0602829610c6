//! From bytes to characters: byte order mark, then the header, then what the document says of
//! itself, then a guess. After the WHATWG HTML standard, section 13.2.3.2.
//!
//! Must not look at anything but the encoding.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252, X_USER_DEFINED};

/// How far into a document its own declaration is looked for, in bytes. Browsers look at 1,024
/// first, but start again when they meet a declaration later.
const PRESCAN: usize = 16 * 1024;
/// How much of a body the guess is made from, in bytes.
const GUESS: usize = 256 * 1024;

/// A decoded body.
pub struct Decoded<'a> {
    /// Its characters; what could not be decoded is U+FFFD.
    pub text: Cow<'a, str>,
    /// The encoding's WHATWG name.
    pub charset: &'static str,
    /// Length of the byte order mark that was taken off.
    pub mark: usize,
}

/// Decodes `bytes`. `header` is the charset of the Content-Type header, `markup` tells whether a
/// declaration inside the body counts, `host` helps the guess by its last label.
pub fn decode<'a>(bytes: &'a [u8], header: Option<&str>, markup: bool, host: &str) -> Decoded<'a> {
    let (encoding, mark) = match Encoding::for_bom(bytes) {
        Some(found) => found,
        None => (choose(bytes, header, markup, host), 0),
    };
    let (text, _) = encoding.decode_without_bom_handling(&bytes[mark..]);
    Decoded {
        text,
        charset: encoding.name(),
        mark,
    }
}

/// Decodes a style sheet, whose own declaration is a first rule `@charset "…";` (CSS Syntax level 3,
/// section 3.2).
pub fn decode_style<'a>(bytes: &'a [u8], header: Option<&str>, host: &str) -> Decoded<'a> {
    let declared = bytes.strip_prefix(b"@charset \"").and_then(|rest| {
        let end = rest.iter().take(100).position(|&b| b == b'"')?;
        std::str::from_utf8(&rest[..end]).ok()
    });
    let known = |label: &str| Encoding::for_label(label.trim().as_bytes()).is_some();
    decode(bytes, header.filter(|label| known(label)).or(declared), false, host)
}

fn choose(bytes: &[u8], header: Option<&str>, markup: bool, host: &str) -> &'static Encoding {
    let named = header.and_then(|label| Encoding::for_label(label.trim().as_bytes()));
    named
        .or_else(|| if markup { declared(bytes) } else { None })
        .unwrap_or_else(|| guess(bytes, host))
}

fn guess(bytes: &[u8], host: &str) -> &'static Encoding {
    let start = &bytes[..bytes.len().min(GUESS)];
    if std::str::from_utf8(bytes).is_ok() {
        return UTF_8;
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(start, true);
    let last = host.rsplit('.').next().unwrap_or("");
    let plain = !last.is_empty()
        && last
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    detector.guess(plain.then_some(last.as_bytes()), Utf8Detection::Allow)
}

/// What the first bytes of a document declare: `<meta>`, or else the XML declaration.
pub fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = &bytes[..bytes.len().min(PRESCAN)];
    if head.starts_with(&[0x3C, 0, 0x3F, 0, 0x78, 0]) {
        return Some(UTF_16LE);
    }
    if head.starts_with(&[0, 0x3C, 0, 0x3F, 0, 0x78]) {
        return Some(UTF_16BE);
    }
    prescan(head).or_else(|| xml_declaration(head))
}

fn xml_declaration(head: &[u8]) -> Option<&'static Encoding> {
    let end = head
        .starts_with(b"<?xml")
        .then(|| head.iter().position(|&b| b == b'>'))??;
    let at = find(&head[..end], b"encoding")?;
    let rest = head[at + 8..end]
        .trim_ascii_start()
        .strip_prefix(b"=")?
        .trim_ascii_start();
    let quote = *rest.first().filter(|&&b| b == b'"' || b == b'\'')?;
    let label = rest[1..].split(|&b| b == quote).next()?;
    Encoding::for_label(label).map(ascii_compatible)
}

/// An encoding named inside the document cannot be UTF-16: its name would not have been readable.
fn ascii_compatible(encoding: &'static Encoding) -> &'static Encoding {
    if encoding == UTF_16BE || encoding == UTF_16LE {
        UTF_8
    } else if encoding == X_USER_DEFINED {
        WINDOWS_1252
    } else {
        encoding
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack
        .windows(needle.len())
        .position(|window| window.eq_ignore_ascii_case(needle))
}

/// The standard's "prescan a byte stream to determine its encoding".
fn prescan(head: &[u8]) -> Option<&'static Encoding> {
    let mut at = 0;
    while at < head.len() {
        let rest = &head[at..];
        if rest.starts_with(b"<!--") {
            at += 2 + find(&rest[2..], b"-->")? + 2;
        } else if rest.len() > 5 && rest[..5].eq_ignore_ascii_case(b"<meta") && is_break(rest[5]) {
            at += 5;
            if let Some(encoding) = meta(head, &mut at) {
                return Some(encoding);
            }
        } else if rest.len() > 1 && rest[0] == b'<' && is_tag(&rest[1..]) {
            at += rest.iter().position(|&b| b == b'>' || b.is_ascii_whitespace())?;
            while attribute(head, &mut at)?.is_some() {}
        } else if rest.len() > 1 && rest[0] == b'<' && matches!(rest[1], b'!' | b'/' | b'?') {
            at += rest.iter().position(|&b| b == b'>')?;
        }
        at += 1;
    }
    None
}

fn is_break(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte == b'/'
}

fn is_tag(after: &[u8]) -> bool {
    let name = after.strip_prefix(b"/").unwrap_or(after);
    name.first().is_some_and(u8::is_ascii_alphabetic)
}

fn meta(head: &[u8], at: &mut usize) -> Option<&'static Encoding> {
    let (mut pragma, mut needs_pragma, mut found) = (false, None, None);
    let mut seen: Vec<Vec<u8>> = Vec::new();
    while let Some((name, value)) = attribute(head, at)? {
        if seen.contains(&name) {
            continue;
        }
        match name.as_slice() {
            b"http-equiv" => pragma = value == b"content-type",
            b"content" if found.is_none() => {
                if let Some(encoding) = in_content(&value) {
                    found = Some(encoding);
                    needs_pragma = Some(true);
                }
            }
            b"charset" => {
                found = Encoding::for_label(&value);
                needs_pragma = Some(false);
            }
            _ => {}
        }
        seen.push(name);
    }
    if needs_pragma? && !pragma {
        return None;
    }
    found.map(ascii_compatible)
}

/// The charset in the value of `content`, such as `text/html; charset=koi8-r`.
fn in_content(value: &[u8]) -> Option<&'static Encoding> {
    let mut rest = value;
    loop {
        rest = &rest[find(rest, b"charset")? + 7..];
        let after = rest.trim_ascii_start();
        let Some(after) = after.strip_prefix(b"=") else {
            continue;
        };
        let after = after.trim_ascii_start();
        let label = match *after.first()? {
            quote @ (b'"' | b'\'') => &after[1..1 + after[1..].iter().position(|&b| b == quote)?],
            _ => after.split(|&b| b.is_ascii_whitespace() || b == b';').next()?,
        };
        return Encoding::for_label(label);
    }
}

type Attribute = (Vec<u8>, Vec<u8>);

/// The standard's "get an attribute", in lower case: `Some(None)` at the end of the tag, `None`
/// when the bytes end first.
fn attribute(head: &[u8], at: &mut usize) -> Option<Option<Attribute>> {
    while is_break(*head.get(*at)?) {
        *at += 1;
    }
    if head[*at] == b'>' {
        return Some(None);
    }
    let start = *at;
    while !(is_break(*head.get(*at)?) || head[*at] == b'>' || (head[*at] == b'=' && *at > start)) {
        *at += 1;
    }
    let name = head[start..*at].to_ascii_lowercase();
    while head.get(*at)?.is_ascii_whitespace() {
        *at += 1;
    }
    if head[*at] != b'=' {
        return Some(Some((name, Vec::new())));
    }
    *at += 1;
    while head.get(*at)?.is_ascii_whitespace() {
        *at += 1;
    }
    let quote = head[*at];
    let start;
    if quote == b'"' || quote == b'\'' {
        start = *at + 1;
        *at = start + head[start..].iter().position(|&b| b == quote)? + 1;
        return Some(Some((name, head[start..*at - 1].to_ascii_lowercase())));
    }
    start = *at;
    while !(head.get(*at)?.is_ascii_whitespace() || head[*at] == b'>') {
        *at += 1;
    }
    Some(Some((name, head[start..*at].to_ascii_lowercase())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_a_document_declares() {
        for (head, want) in [
            ("<meta charset=koi8-r>", Some("KOI8-R")),
            ("<META CHARSET = 'Shift_JIS' />", Some("Shift_JIS")),
            (
                "<meta http-equiv=Content-Type content='text/html; charset=gb2312'>",
                Some("GBK"),
            ),
            ("<meta content='text/html; charset=gb2312'>", None),
            ("<!-- <meta charset=koi8-r> --><meta charset=euc-kr>", Some("EUC-KR")),
            ("<a title='<meta charset=koi8-r>'><meta charset=big5>", Some("Big5")),
            ("<meta charset=utf-16>", Some("UTF-8")),
            ("<meta charset=x-user-defined>", Some("windows-1252")),
            (
                "<?xml version='1.0' encoding=\"windows-1251\"?><html>",
                Some("windows-1251"),
            ),
            ("<p>charset=koi8-r", None),
            ("<meta charset=koi8-r", None),
            ("<meta charset=nonsense><meta charset=big5>", Some("Big5")),
        ] {
            assert_eq!(declared(head.as_bytes()).map(Encoding::name), want, "{head}");
        }
    }

    #[test]
    fn mark_goes_before_header_and_header_before_document() {
        let russian = encoding_rs::WINDOWS_1251
            .encode("Проверка кодировки: съешь же ещё этих мягких булок")
            .0;
        let japanese = encoding_rs::SHIFT_JIS
            .encode("これは日本語の文章です。文字コードを調べます。")
            .0;
        for (bytes, header, want) in [
            (&b"\xEF\xBB\xBFabc"[..], Some("koi8-r"), ("UTF-8", 3)),
            (b"\xFF\xFEa\0", None, ("UTF-16LE", 2)),
            (b"<meta charset=koi8-r>", Some("UTF-8"), ("UTF-8", 0)),
            (b"<meta charset=koi8-r>", Some("no such"), ("KOI8-R", 0)),
            (b"plain", None, ("UTF-8", 0)),
            (&russian, None, ("windows-1251", 0)),
            (&japanese, None, ("Shift_JIS", 0)),
        ] {
            let got = decode(bytes, header, true, "example.org");
            assert_eq!((got.charset, got.mark), want, "{header:?}");
        }
        assert!(decode(&russian, None, false, "").text.starts_with("Проверка"));
        assert_eq!(decode(b"<meta charset=koi8-r>", None, false, "").charset, "UTF-8");
    }
}
