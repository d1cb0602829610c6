//! Sets of short words, looked up without allocation: names of elements, words in `class`.
//!
//! Owns only the look-up; the lists stand where they are used.

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

/// How many words, parted by white space, a list has.
pub const fn count(list: &str) -> usize {
    let (bytes, mut at, mut count) = (list.as_bytes(), 0, 0);
    while at < bytes.len() {
        if !bytes[at].is_ascii_whitespace() && (at == 0 || bytes[at - 1].is_ascii_whitespace()) {
            count += 1;
        }
        at += 1;
    }
    count
}

/// The keys of the words of a list, sorted.
pub const fn keys<const N: usize>(list: &str) -> [Key; N] {
    let bytes = list.as_bytes();
    let mut keys = [0; N];
    let (mut at, mut filled) = (0, 0);
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
            keys[filled] = word;
            filled += 1;
        }
        at += 1;
    }
    sorted(keys)
}

/// The same keys in order.
pub const fn sorted<const N: usize>(mut keys: [Key; N]) -> [Key; N] {
    let mut at = 1;
    while at < N {
        let (key, mut to) = (keys[at], at);
        while to > 0 && keys[to - 1] > key {
            keys[to] = keys[to - 1];
            to -= 1;
        }
        keys[to] = key;
        at += 1;
    }
    keys
}

/// Whether a set made by [`set!`] has a key.
pub fn has(set: &[Key], key: Key) -> bool {
    set.binary_search(&key).is_ok()
}

/// A constant set of words from a list in one string.
macro_rules! set {
    ($list:literal) => {
        &$crate::extract::words::keys::<{ $crate::extract::words::count($list) }>($list)
    };
}
pub(super) use set;

#[cfg(test)]
mod tests {
    use super::*;

    const SOME: &[Key] = set!("nav  breadcrumbs ad annotation-xml averyveryverylongword");

    #[test]
    fn finds_words_whatever_their_case_and_order() {
        for (word, found) in [
            ("ad", true),
            ("NAV", true),
            ("annotation-xml", true),
            ("breadcrumb", false),
            ("averyveryverylongword", true),
            ("", false),
            ("а", false),
        ] {
            assert_eq!(has(SOME, key(word.as_bytes())), found, "{word}");
        }
        assert_eq!((SOME.len(), count("")), (5, 0));
    }
}
