//! Words: parted by white space, and short ones looked up without allocation (names of elements,
//! words in `class`).
//!
//! Owns only the parting and the look-up; the lists stand where they are used.

use std::borrow::Cow;

/// A lower-case ASCII word as a number; only its first 16 bytes count.
pub type Key = u128;

/// The key of a word, in lower case.
pub const fn key(word: &[u8]) -> Key {
    let mut key = 0;
    let mut at = 0;
    while at < word.len() && at < 16 {
        key = key << 8 | word[at].to_ascii_lowercase() as Key;
        at += 1;
    }
    key
}

/// How many slots a table has; most of them stay empty, so that few words share one.
const SLOTS: usize = 512;

/// Words with a number each. Made by constant evaluation, looked up in one or two steps.
pub struct Table {
    keys: [Key; SLOTS],
    values: [u8; SLOTS],
}

impl Table {
    /// A table without words.
    pub const EMPTY: Self = Self {
        keys: [0; SLOTS],
        values: [0; SLOTS],
    };

    /// The words of several lists, each parted by white space, with the number of their list. The
    /// bits of a word that stands in several are joined.
    pub const fn of(lists: &[(&str, u8)]) -> Self {
        let mut table = Self::EMPTY;
        let mut nth = 0;
        while nth < lists.len() {
            let (bytes, mut at) = (lists[nth].0.as_bytes(), 0);
            while at < bytes.len() {
                let (mut word, mut length) = (0, 0);
                while at < bytes.len() && !bytes[at].is_ascii_whitespace() {
                    if length < 16 {
                        word = word << 8 | bytes[at] as Key;
                    }
                    length += 1;
                    at += 1;
                }
                if length > 0 {
                    table = table.with(word, lists[nth].1);
                }
                at += 1;
            }
            nth += 1;
        }
        table
    }

    /// The same table with the bits of `value` set for `key`.
    pub const fn with(mut self, key: Key, value: u8) -> Self {
        let mut slot = slot(key);
        while self.keys[slot] != 0 && self.keys[slot] != key {
            slot = (slot + 1) % SLOTS;
        }
        self.keys[slot] = key;
        self.values[slot] |= value;
        self
    }

    /// The number of a word; 0 for one that is not in the table.
    pub fn get(&self, key: Key) -> u8 {
        let mut slot = slot(key);
        while self.keys[slot] != key {
            if self.keys[slot] == 0 {
                return 0;
            }
            slot = (slot + 1) % SLOTS;
        }
        self.values[slot]
    }
}

/// Where the search for a word begins.
const fn slot(key: Key) -> usize {
    let folded = (key ^ key >> 64) as u64;
    (folded.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 55) as usize
}

/// The length of the white space character that `bytes` of a text begin with; 0 when it is none.
fn space(bytes: &[u8]) -> usize {
    match bytes {
        [0x09..=0x0D | b' ', ..] => 1,
        [..0x80, ..] => 0,
        [0xC2, 0x85 | 0xA0, ..] => 2,
        [0xE1, 0x9A, 0x80, ..] | [0xE2, 0x81, 0x9F, ..] | [0xE3, 0x80, 0x80, ..] => 3,
        [0xE2, 0x80, 0x80..=0x8A | 0xA8 | 0xA9 | 0xAF, ..] => 3,
        _ => 0,
    }
}

/// The words of a text: [`str::split_whitespace`], without decoding every character.
pub fn split(text: &str) -> impl Iterator<Item = &str> {
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            match space(&bytes[at..]) {
                0 => break,
                length => at += length,
            }
        }
        let start = at;
        while at < bytes.len() && space(&bytes[at..]) == 0 {
            at += 1;
        }
        (at > start).then(|| &text[start..at])
    })
}

/// A word without what is there for layout only: soft hyphens, places where a line may or may not be
/// broken, byte order marks. Joiners stay, since they change letters.
pub fn shown(word: &str) -> Cow<'_, str> {
    const HIDDEN: [char; 4] = ['\u{AD}', '\u{200B}', '\u{2060}', '\u{FEFF}'];
    match !word.is_ascii() && word.contains(HIDDEN) {
        true => Cow::Owned(word.replace(HIDDEN, "")),
        false => Cow::Borrowed(word),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_words_as_the_standard_library_does() {
        for c in '\0'..=char::MAX {
            let text = format!("{c}a{c}{c}é{c}");
            assert!(split(&text).eq(text.split_whitespace()), "{c:?}");
        }
        for text in ["", " ", "a", "日本　語 \u{2003}x\u{A0}\n"] {
            assert!(split(text).eq(text.split_whitespace()), "{text:?}");
        }
    }

    static SOME: Table = Table::of(&[
        ("nav  breadcrumbs ad annotation-xml averyveryverylongword", 1),
        ("", 4),
        ("ad", 2),
    ]);

    #[test]
    fn finds_words_whatever_their_case_and_order() {
        for (word, found) in [
            ("ad", 3),
            ("NAV", 1),
            ("annotation-xml", 1),
            ("breadcrumb", 0),
            ("averyveryverylongword", 1),
            ("", 0),
            ("а", 0),
        ] {
            assert_eq!(SOME.get(key(word.as_bytes())), found, "{word}");
        }
    }
}
