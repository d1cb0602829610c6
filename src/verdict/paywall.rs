//! Pages that give only the beginning of a text to those who have not paid. Careful on purpose: a page
//! that says it must be paid for, and whose text came whole all the same, is open.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use memchr::memmem;

use super::marks;

/// Main text that is no more than a beginning, in bytes.
const TEASER: u64 = 1_200;
/// The same where the page does not declare itself.
const SHORT_TEASER: u64 = 800;
/// Main text longer than this is whole, whatever else is said.
const LONG: u64 = 6_000;
/// A word and the space after it, in bytes, by a low estimate.
const WORD: u64 = 6;

const SENTENCES: &[&str] = &[
    "subscribe to continue reading",
    "subscribe to keep reading",
    "subscribe to read",
    "subscribe now to read",
    "to continue reading this article",
    "log in to continue reading",
    "sign in to continue reading",
    "this article is for subscribers",
    "this content is for subscribers",
    "this post is for paid subscribers",
    "this post is for paying subscribers",
    "exclusive to subscribers",
    "for subscribers only",
    "become a subscriber to read",
    "réservé aux abonnés",
    "réservé à nos abonnés",
    "nur für abonnenten",
    "mit einem abo weiterlesen",
    "exclusivo para suscriptores",
    "exclusivo para assinantes",
    "riservato agli abbonati",
    "alleen voor abonnees",
    "kun for abonnenter",
    "bara för prenumeranter",
];

/// By what a page with so much main text is known to be cut off, if it is.
pub(super) fn read(source: &[u8], text_length: u64) -> Option<Vec<String>> {
    if text_length > LONG {
        return None;
    }
    let length = format!("{text_length} bytes of main text");
    if let Some(words) = declared(source) {
        // Where the page tells how many words it has, that alone decides.
        let cut = words.map_or(text_length <= TEASER, |words| text_length < words * WORD / 2);
        let told = match words {
            Some(words) => format!("{length}, for {words} words"),
            None => length.clone(),
        };
        return cut.then(|| vec!["isAccessibleForFree: false in its description".into(), told]);
    }
    if text_length <= TEASER && locked(source) {
        return Some(vec!["article:content_tier locked".into(), length]);
    }
    if text_length > SHORT_TEASER || memmem::find(source, b"aywall").is_none() {
        return None;
    }
    static MACHINE: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| marks::searcher(SENTENCES.iter().copied()));
    let found = MACHINE.as_ref()?.find(source)?;
    let sentence = SENTENCES[found.pattern().as_usize()];
    Some(vec![
        "a paywall in its source".into(),
        format!("{sentence:?} in its source"),
        length,
    ])
}

/// Whether a description in JSON-LD of something to read says that it is not free; with the number of
/// its words, where it tells. Museums and courses say the same of themselves: they are not meant.
fn declared(source: &[u8]) -> Option<Option<u64>> {
    memmem::find_iter(source, b"isAccessibleForFree\"").find_map(|at| {
        let value = value_after(source, at + b"isAccessibleForFree\"".len());
        if !value.get(..5)?.eq_ignore_ascii_case(b"false") {
            return None;
        }
        let start = memmem::rfind(&source[..at], b"<script")?;
        let end = memmem::find(&source[at..], b"</script").map_or(source.len(), |end| at + end);
        let block = &source[start..end];
        let to_read: [&[u8]; 5] = [
            b"Article\"",
            b"BlogPosting\"",
            b"WebPageElement\"",
            b"Report\"",
            b"Review\"",
        ];
        if !to_read.iter().any(|word| memmem::find(block, word).is_some()) {
            return None;
        }
        let words = memmem::find(block, b"\"wordCount\"").map(|at| value_after(block, at + b"\"wordCount\"".len()));
        Some(words.and_then(number).filter(|words| *words > 0))
    })
}

/// What stands after a name in JSON, without the colon and the quote before it.
fn value_after(json: &[u8], at: usize) -> &[u8] {
    let rest = json.get(at..).unwrap_or_default();
    let skipped = rest
        .iter()
        .take_while(|b| b.is_ascii_whitespace() || matches!(b, b':' | b'"'))
        .count();
    &rest[skipped..]
}

fn number(digits: &[u8]) -> Option<u64> {
    let end = digits.iter().take_while(|b| b.is_ascii_digit()).count();
    std::str::from_utf8(&digits[..end]).ok()?.parse().ok()
}

/// The content tier that Facebook asks publishers for: free, metered or locked.
fn locked(source: &[u8]) -> bool {
    memmem::find_iter(source, b"content_tier").any(|at| {
        let rest = &source[at..source.len().min(at + 60)];
        let tag = &rest[..memchr::memchr(b'>', rest).unwrap_or(rest.len())];
        memmem::find(tag, b"locked").is_some()
    })
}
