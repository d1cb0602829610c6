//! How far a text has drifted from another: exact shingle similarity, and what went and came.
//!
//! Thresholds: J5 (Jaccard similarity of the sets of 5-token shingles) as calibrated on pairs of
//! real versions; any difference of main text is at least minor.

use std::collections::HashMap;

use crate::model::verdict::{Content, Scores};

/// Tokens in a shingle.
const SHINGLE: usize = 5;
const MINOR: f64 = 0.8;
const MAJOR: f64 = 0.3;
const APPENDED: f64 = 0.95;

/// A text to be compared, with its title.
#[derive(Debug, Clone, Copy)]
pub struct Side<'a> {
    /// Title of the page.
    pub title: &'a str,
    /// Main text.
    pub text: &'a str,
}

/// Compares two texts that are known to differ.
pub fn compare(old: Side<'_>, new: Side<'_>) -> (Content, Scores) {
    let (a, b) = (shingles(old.text, SHINGLE), shingles(new.text, SHINGLE));
    let common = common(&a, &b);
    let union = a.len() + b.len() - common;
    let share = |part: usize, whole: usize| if whole == 0 { 1.0 } else { part as f64 / whole as f64 };
    let scores = Scores {
        jaccard: share(common, union),
        containment: share(common, a.len()),
        title: title_similarity(old.title, new.title),
    };
    let content = match scores {
        s if s.jaccard >= MINOR => Content::Minor,
        s if s.containment >= APPENDED => Content::Appended,
        s if s.jaccard >= MAJOR => Content::Major,
        _ => Content::Replaced,
    };
    (content, scores)
}

/// Jaccard similarity of the sets of words of two titles; 1 when both are empty.
pub fn title_similarity(old: &str, new: &str) -> f64 {
    let (a, b) = (shingles(old, 1), shingles(new, 1));
    let common = common(&a, &b);
    let union = a.len() + b.len() - common;
    if union == 0 { 1.0 } else { common as f64 / union as f64 }
}

/// Sentences of `old` that `new` no longer has, and those that only `new` has, in their order.
pub fn changes<'a>(old: &'a str, new: &'a str) -> (Vec<&'a str>, Vec<&'a str>) {
    let (a, b): (Vec<_>, Vec<_>) = (sentences(old).collect(), sentences(new).collect());
    (missing(&a, &b), missing(&b, &a))
}

fn missing<'a>(from: &[&'a str], within: &[&'a str]) -> Vec<&'a str> {
    let mut left: HashMap<&str, usize> = HashMap::new();
    for sentence in within {
        *left.entry(sentence).or_default() += 1;
    }
    from.iter()
        .filter(|sentence| match left.get_mut(**sentence) {
            Some(count) if *count > 0 => {
                *count -= 1;
                false
            }
            _ => true,
        })
        .copied()
        .collect()
}

/// Cuts at line ends, and after sentence marks that are followed by white space (or, in scripts
/// that write without it, at once).
fn sentences(text: &str) -> impl Iterator<Item = &str> {
    text.lines().flat_map(|line| {
        let mut cuts = Vec::new();
        let mut from = 0;
        let mut characters = line.char_indices().peekable();
        while let Some((at, c)) = characters.next() {
            let end = at + c.len_utf8();
            let spaced = characters.peek().is_none_or(|(_, next)| next.is_whitespace());
            if matches!(c, '。' | '！' | '？' | '।') || (matches!(c, '.' | '!' | '?' | '؟' | '…') && spaced) {
                cuts.push(&line[from..end]);
                from = end;
            }
        }
        cuts.push(&line[from..]);
        cuts.into_iter().map(str::trim).filter(|sentence| !sentence.is_empty())
    })
}

/// The sorted set of hashes of `size`-token runs; a shorter text is one run.
fn shingles(text: &str, size: usize) -> Vec<u64> {
    let tokens = tokens(text);
    let mut set: Vec<u64> = match tokens.len() {
        0 => Vec::new(),
        n if n < size => vec![run(&tokens)],
        _ => tokens.windows(size).map(run).collect(),
    };
    set.sort_unstable();
    set.dedup();
    set
}

fn run(tokens: &[u64]) -> u64 {
    tokens.iter().fold(0, |hash: u64, token| {
        (hash.rotate_left(5) ^ token).wrapping_mul(0x517c_c1b7_2722_0a95)
    })
}

/// Hashes of words: runs of letters and digits, case folded. Scripts written without spaces give a
/// token a character, so that no language weighs more than another.
fn tokens(text: &str) -> Vec<u64> {
    const SEED: u64 = 0xcbf2_9ce4_8422_2325;
    let mut tokens = Vec::with_capacity(text.len() / 5);
    let mut word = SEED;
    let mut open = false;
    for c in text.chars() {
        if !c.is_alphanumeric() {
            // Vowel signs of Indic and South-East Asian scripts are not alphanumeric, yet part of the word.
            if open && !is_mark(c) {
                tokens.push(word);
                (word, open) = (SEED, false);
            }
            continue;
        }
        if writes_without_spaces(c) {
            if open {
                tokens.push(word);
                (word, open) = (SEED, false);
            }
            tokens.push((SEED ^ u64::from(c)).wrapping_mul(0x0100_0000_01b3));
            continue;
        }
        for lower in c.to_lowercase() {
            word = (word ^ u64::from(lower)).wrapping_mul(0x0100_0000_01b3);
        }
        open = true;
    }
    if open {
        tokens.push(word);
    }
    tokens
}

fn writes_without_spaces(c: char) -> bool {
    matches!(u32::from(c),
        0x0e00..=0x0eff | 0x1000..=0x109f | 0x1780..=0x17ff   // Thai, Lao, Myanmar, Khmer
        | 0x3040..=0x30ff | 0x3400..=0x4dbf | 0x4e00..=0x9fff // kana, Han
        | 0xf900..=0xfaff | 0x20000..=0x3ffff)
}

fn is_mark(c: char) -> bool {
    matches!(u32::from(c), 0x0300..=0x036f | 0x0900..=0x0d7f | 0x0e31..=0x0e4e | 0x200c..=0x200d)
}

/// How many values two sorted sets share.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn words(from: usize, to: usize) -> String {
        (from..to).map(|n| format!("word{n} ")).collect()
    }

    #[test]
    fn classes_follow_the_thresholds() {
        for (old, new, want) in [
            (words(0, 400), words(0, 400) + "one more", Content::Minor),
            (words(0, 400), words(0, 400) + &words(500, 900), Content::Appended),
            (words(0, 400), words(0, 250) + &words(600, 700), Content::Major),
            (words(0, 400), words(1000, 1400), Content::Replaced),
            ("The sum is 31.".into(), "Nothing else.".into(), Content::Replaced),
            (
                "東京の橋は長い間約束されていた橋である。".into(),
                "東京の橋は長い間約束されていた橋である。以上".into(),
                Content::Minor,
            ),
        ] {
            let side = |text| Side { title: "", text };
            let (content, scores) = compare(side(&old), side(&new));
            assert_eq!(content, want, "{scores:?}");
            let (_, back) = compare(side(&new), side(&old));
            assert!((scores.jaccard - back.jaccard).abs() < 1e-12, "similarity is symmetric");
        }
    }

    #[test]
    fn says_which_sentences_went_and_came() {
        let old = "The bridge costs 31 million. It opens in May.\nNobody knows why.";
        let new = "The bridge costs 13 million. It opens in May.\nNobody knows why. Corrected.";
        assert_eq!(
            changes(old, new),
            (
                vec!["The bridge costs 31 million."],
                vec!["The bridge costs 13 million.", "Corrected."]
            )
        );
        assert_eq!(
            changes("橋は長い。川は広い。", "橋は長い。"),
            (vec!["川は広い。"], vec![])
        );
        assert_eq!(changes(old, old), (vec![], vec![]));
    }

    #[test]
    fn titles_compare_by_words() {
        assert_eq!(title_similarity("The Old Bridge", "old bridge, the"), 1.0);
        assert_eq!(title_similarity("", ""), 1.0);
        assert_eq!(title_similarity("bridge", "ferry"), 0.0);
    }
}
