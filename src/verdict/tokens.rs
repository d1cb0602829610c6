//! The words of a text as they are compared: folded, each with its place and a number.
//!
//! Folding is for likeness, not for spelling: letter case, compatibility forms (full width, ligatures),
//! digits of any script, Arabic and Hebrew vowel points, soft hyphens and marks of direction do not
//! count; nor do dots of the Turkish i and the Russian ё, which are left out as often as written.

use unicode_normalization::char::{decompose_compatible, is_combining_mark};

/// How a writing system parts its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Script {
    /// By spaces: a token is a word.
    Spaced,
    /// Not at all, and a character says much (Han, kana): a token is a character.
    Logographic,
    /// Not at all, and a character says little (Thai, Lao, Khmer, Burmese): a token is a letter with
    /// its marks.
    Unspaced,
}

/// A word, or a character of a script without spaces, or a sign of currency or per cent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token {
    /// First byte in the text.
    pub start: usize,
    /// One past its last byte.
    pub end: usize,
    /// The same for words that fold to the same.
    pub hash: u64,
    /// How it was parted from its neighbours.
    pub script: Script,
}

/// Whether accents count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Accents {
    /// `é` is not `e`.
    Count,
    /// `é` is `e`, as when a browser searches.
    Fold,
}

/// The tokens of a text, in order.
pub(super) fn tokens(text: &str) -> Tokens<'_> {
    Tokens::new(text, Accents::Count)
}

/// Only the numbers of the tokens.
pub(super) fn hashes(text: &str) -> Vec<u64> {
    let mut hashes = Vec::with_capacity(text.len() / 5);
    hashes.extend(tokens(text).map(|token| token.hash));
    hashes
}

/// What two texts are likened by, one for each token: a word; or, where words are not parted, a run of
/// two characters or three letters, since single ones are shared by any two sentences.
pub(super) fn features<'a>(tokens: impl Iterator<Item = Token> + 'a) -> impl Iterator<Item = u64> + 'a {
    let mut before: [Option<Token>; 2] = [None, None];
    tokens.map(move |token| {
        let joins = |earlier: Option<Token>| {
            earlier
                .filter(|one| one.script == token.script)
                .map_or(0, |one| one.hash)
        };
        let feature = match token.script {
            Script::Spaced => token.hash,
            Script::Logographic => mix(joins(before[0]), token.hash),
            Script::Unspaced => mix(mix(joins(before[1]), joins(before[0])), token.hash),
        };
        before = [Some(token), before[0]];
        feature
    })
}

/// Joins two numbers into one that depends on their order.
pub(super) fn mix(hash: u64, next: u64) -> u64 {
    (hash.rotate_left(5) ^ next).wrapping_mul(0x517c_c1b7_2722_0a95)
}

/// The share of two sorted lists that is common, as Dice has it: from 0 to 1, 1 for equal lists.
pub(super) fn dice(a: &[u64], b: &[u64]) -> f64 {
    match a.len() + b.len() {
        0 => 1.0,
        all => 2.0 * common(a, b) as f64 / all as f64,
    }
}

/// How many members two sorted lists have in common; one that stands in both several times counts as
/// often as in the list that has it less often.
pub(super) fn common(a: &[u64], b: &[u64]) -> usize {
    let (mut i, mut j, mut common) = (0, 0, 0);
    while i < a.len() && j < b.len() {
        match a[i].cmp(&b[j]) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal => {
                common += 1;
                i += 1;
                j += 1;
            }
        }
    }
    common
}

/// See [`tokens`].
#[derive(Debug, Clone)]
pub(super) struct Tokens<'a> {
    text: &'a str,
    at: usize,
    accents: Accents,
}

impl<'a> Tokens<'a> {
    /// The tokens of a text, accents counting or not.
    pub fn new(text: &'a str, accents: Accents) -> Self {
        Self { text, at: 0, accents }
    }

    fn peek(&self) -> Option<char> {
        match self.text.as_bytes().get(self.at) {
            Some(&byte) if byte.is_ascii() => Some(byte.into()),
            Some(_) => self.text[self.at..].chars().next(),
            None => None,
        }
    }
}

const SEED: u64 = 0xcbf2_9ce4_8422_2325;

impl Iterator for Tokens<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        let (first, script) = loop {
            let c = self.peek()?;
            match Part::of(c) {
                Part::Letter(script) => break (c, Some(script)),
                Part::Sign => break (c, None),
                _ => self.at += c.len_utf8(),
            }
        };
        let start = self.at;
        let mut hash = SEED;
        let accents = self.accents;
        let mut take = |c: char| {
            fold(c, |folded| {
                if accents == Accents::Count || !matches!(folded, '\u{300}'..='\u{36f}') {
                    hash = (hash ^ u64::from(folded)).wrapping_mul(0x0100_0000_01b3);
                }
            })
        };
        take(first);
        self.at += first.len_utf8();
        let mut end = self.at;
        while let Some(c) = self.peek().filter(|_| script.is_some()) {
            match Part::of(c) {
                Part::Letter(Script::Spaced) if script == Some(Script::Spaced) => take(c),
                Part::Mark => take(c),
                Part::Ignored => {
                    self.at += c.len_utf8();
                    continue;
                }
                _ => break,
            }
            self.at += c.len_utf8();
            end = self.at;
        }
        Some(Token {
            start,
            end,
            hash,
            script: script.unwrap_or(Script::Spaced),
        })
    }
}

/// What a character is to a word.
enum Part {
    Letter(Script),
    /// Says something by itself: currency, per cent.
    Sign,
    /// Belongs to the letter before it.
    Mark,
    /// As if it were not there.
    Ignored,
    Between,
}

impl Part {
    fn of(c: char) -> Self {
        match c {
            _ if c.is_ascii_alphanumeric() => Part::Letter(Script::Spaced),
            '$' | '%' => Part::Sign,
            '\0'..='\x7f' => Part::Between,
            '\u{ad}' => Part::Ignored,
            '¢' | '£' | '¤' | '¥' => Part::Sign,
            // Most letters by range: to ask the tables of Unicode for each costs more than all else.
            '\u{c0}'..='\u{24f}' if !matches!(c, '×' | '÷') => Part::Letter(Script::Spaced),
            '\u{400}'..='\u{481}' | '\u{5d0}'..='\u{5ea}' | '\u{620}'..='\u{63f}' | '\u{641}'..='\u{64a}' => {
                Part::Letter(Script::Spaced)
            }
            '\u{904}'..='\u{939}' | '\u{ac00}'..='\u{d7a3}' => Part::Letter(Script::Spaced),
            '\u{80}'..='\u{2ff}' | '\u{370}'..='\u{3ff}' => Self::letter(c),
            '\u{591}'..='\u{5bd}' | '\u{5bf}' | '\u{5c1}' | '\u{5c2}' | '\u{5c4}' | '\u{5c5}' | '\u{5c7}' => {
                Part::Ignored
            }
            '\u{610}'..='\u{61a}' | '\u{640}' | '\u{64b}'..='\u{652}' | '\u{670}' => Part::Ignored,
            '\u{180b}'..='\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' => Part::Ignored,
            '\u{2060}'..='\u{2069}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' => Part::Ignored,
            '\u{20a0}'..='\u{20cf}' | '‰' | '‱' | '٪' | '฿' | '﹩' | '﹪' | '＄' | '％' | '￠' | '￡' | '￥' | '￦' => {
                Part::Sign
            }
            '\u{30a0}' | '\u{30fb}' => Part::Between,
            '\u{3041}'..='\u{3096}' | '\u{309d}'..='\u{30ff}' | '\u{ff66}'..='\u{ff9d}' => {
                Part::Letter(Script::Logographic)
            }
            '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}' => {
                Part::Letter(Script::Logographic)
            }
            _ if is_combining_mark(c) => Part::Mark,
            '\u{e4f}'
            | '\u{e5a}'
            | '\u{e5b}'
            | '\u{104a}'..='\u{104f}'
            | '\u{109e}'
            | '\u{109f}'
            | '\u{17d4}'..='\u{17da}' => Part::Between,
            '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' if digit(c).is_none() => {
                Part::Letter(Script::Unspaced)
            }
            _ => Self::letter(c),
        }
    }

    fn letter(c: char) -> Self {
        if c.is_alphanumeric() {
            Part::Letter(Script::Spaced)
        } else {
            Part::Between
        }
    }
}

/// What a character counts as.
fn fold(c: char, mut emit: impl FnMut(char)) {
    match c {
        '\0'..='\x7f' => emit(c.to_ascii_lowercase()),
        'İ' | 'ı' => emit('i'),
        'ς' => emit('σ'),
        'Ё' | 'ё' => emit('е'),
        'ß' | 'ẞ' => ['s', 's'].into_iter().for_each(emit),
        // They fold to themselves.
        '\u{3400}'..='\u{9fff}' | '\u{e01}'..='\u{e30}' | '\u{430}'..='\u{438}' | '\u{43a}'..='\u{44f}' => emit(c),
        _ => match digit(c) {
            Some(value) => emit((b'0' + value) as char),
            None => decompose_compatible(c, |part| {
                let lower = part.to_lowercase();
                lower.for_each(|c| {
                    emit(match c {
                        'ς' => 'σ',
                        'ı' => 'i',
                        c => c,
                    })
                });
            }),
        },
    }
}

/// The first of ten consecutive decimal digits of a script (Unicode general category Nd), in order.
const ZEROS: &[u32] = &[
    0x30, 0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6, 0xe50, 0xed0,
    0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40, 0x1c50, 0xa620,
    0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10,
];

/// The value of a decimal digit of any script in common use.
pub(super) fn digit(c: char) -> Option<u8> {
    let code = u32::from(c);
    let zero = ZEROS[..ZEROS.partition_point(|&zero| zero <= code)].last()?;
    u8::try_from(code - zero).ok().filter(|value| *value < 10)
}

/// Where the tokens `needle` stand in `text`, from index `from` on: the index of the first. Linear
/// (Knuth, Morris and Pratt 1977). An empty needle stands anywhere.
pub(super) fn find(text: &[u64], needle: &[u64], from: usize) -> Option<usize> {
    if needle.is_empty() {
        return Some(from).filter(|from| *from <= text.len());
    }
    let mut fails = vec![0; needle.len()];
    let mut length = 0;
    for at in 1..needle.len() {
        while length > 0 && needle[at] != needle[length] {
            length = fails[length - 1];
        }
        length += usize::from(needle[at] == needle[length]);
        fails[at] = length;
    }
    let mut matched = 0;
    for (at, token) in text.iter().enumerate().skip(from) {
        while matched > 0 && *token != needle[matched] {
            matched = fails[matched - 1];
        }
        matched += usize::from(*token == needle[matched]);
        if matched == needle.len() {
            return Some(at + 1 - matched);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folds_what_does_not_make_another_word() {
        for (one, other) in [
            ("The BRIDGE", "the bridge"),
            ("don't “say” so", "DON’T \"say\" so"),
            ("ﬁne １２３", "fine 123"),
            ("İSTANBUL ışık", "istanbul IŞIK"),
            ("ещё Ёлка", "еще елка"),
            ("ΟΔΟΣ", "οδος"),
            ("مُحَمَّد ٣١", "محمد 31"),
            ("שָׁלוֹם", "שלום"),
            ("co\u{ad}operate", "cooperate"),
            ("e\u{301}te\u{301}", "été"),
            ("ﾃｽﾄ", "テスト"),
            ("Straße", "STRASSE"),
            ("१९९९", "1999"),
        ] {
            assert_eq!(hashes(one), hashes(other), "{one} / {other}");
        }
        for (one, other) in [
            ("resume", "résumé"),
            ("$5", "€5"),
            ("5%", "5"),
            ("น้ำ", "นำ"),
            ("一", "二"),
        ] {
            assert_ne!(hashes(one), hashes(other), "{one} / {other}");
        }
        let folded = |text| {
            Tokens::new(text, Accents::Fold)
                .map(|token| token.hash)
                .collect::<Vec<_>>()
        };
        assert_eq!(folded("Résumé"), folded("resume"));
    }

    #[test]
    fn parts_words_as_the_script_does() {
        for (text, want) in [
            ("a b-c, d", vec!["a", "b", "c", "d"]),
            ("31 млн. руб.", vec!["31", "млн", "руб"]),
            ("東京 is big", vec!["東", "京", "is", "big"]),
            ("ที่นี่", vec!["ที่", "นี่"]),
            ("हिन्दी में", vec!["हिन्दी", "में"]),
            ("한국어 말", vec!["한국어", "말"]),
            ("$5 50%", vec!["$", "5", "50", "%"]),
            ("", vec![]),
            ("— … 🙂", vec![]),
        ] {
            let got: Vec<_> = tokens(text).map(|token| &text[token.start..token.end]).collect();
            assert_eq!(got, want, "{text}");
        }
    }

    #[test]
    fn ranges_agree_with_the_tables() {
        let mut unstable = Vec::new();
        // Beyond are letters for mathematics, which are copies of these.
        for c in '\0'..'\u{1d000}' {
            let known = c.is_alphanumeric();
            match Part::of(c) {
                Part::Letter(_) if c.is_ascii() || u32::from(c) < 0xe00 => assert!(known, "{c:?}"),
                Part::Between => assert!(!known || matches!(u32::from(c), 0xe00..=0x17ff), "{c:?}"),
                _ => {}
            }
            let mut folded = String::new();
            fold(c, |part| folded.push(part));
            let mut twice = String::new();
            folded.chars().for_each(|c| fold(c, |part| twice.push(part)));
            if twice != folded {
                unstable.push(c);
            }
        }
        assert_eq!(unstable, Vec::<char>::new(), "folding twice is folding once");
    }

    #[test]
    fn finds_runs_of_tokens() {
        for (text, needle, from, want) in [
            (&[1, 2, 1, 2, 3][..], &[1, 2, 3][..], 0, Some(2)),
            (&[1, 1, 1, 2], &[1, 1, 2], 0, Some(1)),
            (&[1, 2, 1, 2], &[1, 2], 1, Some(2)),
            (&[1, 2], &[2, 1], 0, None),
            (&[1, 2], &[], 2, Some(2)),
            (&[], &[1], 0, None),
        ] {
            assert_eq!(find(text, needle, from), want, "{text:?} {needle:?}");
        }
    }

    #[test]
    fn digits_of_many_scripts_have_their_value() {
        for (c, value) in [
            ('7', Some(7)),
            ('٣', Some(3)),
            ('۹', Some(9)),
            ('९', Some(9)),
            ('๕', Some(5)),
            ('a', None),
            ('½', None),
            ('１', Some(1)),
        ] {
            assert_eq!(digit(c), value, "{c}");
        }
    }
}
