//! Bookmarks as browsers export them: the "Netscape bookmark file", which is HTML only by its looks.

use super::{
    collection::Found,
    xml::{join, unescape},
};
use crate::model::time::Timestamp;

/// Whether a text says that it is one.
pub(super) fn is_bookmarks(text: &str) -> bool {
    const MARK: &str = "<!doctype netscape-bookmark-file";
    let start = text.trim_start();
    start
        .get(..MARK.len())
        .is_some_and(|head| head.eq_ignore_ascii_case(MARK))
}

/// Reads the links of a text. Folders do not matter; what leads to no page (`javascript:`, `place:`)
/// is passed over in silence, because browsers themselves put it there.
pub(super) fn read(text: &str, found: &mut Found) {
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        let Some((tag, after)) = rest.split_once('>') else {
            return;
        };
        let mut words = tag.splitn(2, |c: char| c.is_ascii_whitespace());
        let (name, attributes) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
        let text = after.split('<').next().unwrap_or("");
        match name.to_ascii_lowercase().as_str() {
            "a" => link(attributes, text, found),
            "title" => found.name(&unescape(text)),
            _ => {}
        }
        if found.is_full() {
            return;
        }
        rest = after;
    }
}

fn link(attributes: &str, text: &str, found: &mut Found) {
    let Some(href) = attribute(attributes, "href").and_then(|href| join(None, &unescape(href))) else {
        return;
    };
    let added = attribute(attributes, "add_date").and_then(|date| date.parse::<i64>().ok());
    // Seconds; some exports have milliseconds or microseconds, which would be far in the future.
    let added = added.filter(|seconds| (1..=32_503_680_000).contains(seconds));
    let added = added.map(|seconds| Timestamp::from_millis(seconds * 1000));
    if matches!(href.scheme(), "http" | "https") {
        found.entry(Some(href), &unescape(text), added, None);
    }
}

/// The value of an attribute, in quotes as browsers write it.
fn attribute<'a>(attributes: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = attributes;
    while let Some((key, after)) = rest.split_once('=') {
        let after = after.trim_start();
        let (value, next) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => after
                .split_once(|c: char| c.is_ascii_whitespace())
                .unwrap_or((after, "")),
        };
        if key.trim().eq_ignore_ascii_case(name) {
            return Some(value);
        }
        rest = next;
    }
    None
}
