//! Exact shingle similarity and the class it gives; and simhash, to find candidates by.
//!
//! Thresholds: J5 (Jaccard similarity of the sets of 5-token shingles) as calibrated on pairs of
//! real versions; any difference of main text is at least minor.

use super::Side;
use crate::{
    model::verdict::{Content, Scores},
    verdict::tokens::{common, hashes, mix},
};

/// Tokens in a shingle.
const SHINGLE: usize = 5;
const MINOR: f64 = 0.8;
const MAJOR: f64 = 0.3;
const APPENDED: f64 = 0.95;

/// Compares two texts.
///
/// `Identical` when title and text are the same, `Cosmetic` when the text is; `NotCompared` when only
/// one side has text, for then it is unknown what the other would have said.
pub fn compare(old: Side<'_>, new: Side<'_>) -> (Content, Scores) {
    let (a, b) = (shingles(old.text, SHINGLE), shingles(new.text, SHINGLE));
    let common = common(&a, &b);
    let union = a.len() + b.len() - common;
    let scores = Scores {
        jaccard: share(common, union),
        // Of no words at all, all are there only where there still are none.
        containment: if a.is_empty() {
            share(0, b.len())
        } else {
            share(common, a.len())
        },
        title: title_similarity(old.title, new.title),
    };
    let content = match scores {
        _ if old.text == new.text && old.title == new.title => Content::Identical,
        _ if old.text == new.text => Content::Cosmetic,
        _ if old.text.trim().is_empty() || new.text.trim().is_empty() => Content::NotCompared,
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
    share(common, a.len() + b.len() - common)
}

fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}

/// The sorted set of hashes of `size`-token runs; a shorter text is one run.
fn shingles(text: &str, size: usize) -> Vec<u64> {
    let mut set = runs(text, size);
    set.sort_unstable();
    set.dedup();
    set
}

/// Hashes of all runs of `size` tokens; a shorter text is one run.
fn runs(text: &str, size: usize) -> Vec<u64> {
    let run = |tokens: &[u64]| tokens.iter().fold(0, |hash, token| mix(hash, *token));
    let tokens = hashes(text);
    match tokens.len() {
        0 => Vec::new(),
        n if n < size => vec![run(&tokens)],
        _ => tokens.windows(size).map(run).collect(),
    }
}

/// Tokens in a feature of [`simhash`].
const FEATURE: usize = 2;

/// A 64-bit fingerprint of a text (Charikar 2002), over pairs of neighbouring tokens, each weighing one
/// more than the whole binary logarithm of its count, so that a word repeated does not outvote the rest.
///
/// Near texts have fingerprints of small [`hamming`] distance: half of the versions that share .8 to .9
/// of their shingles differ in at most 6 bits, unrelated pages of one site in 29. It is for finding
/// candidates and never for a verdict: templates bring unrelated pages within 4 bits. 0 for a text
/// without words.
pub fn simhash(text: &str) -> u64 {
    let mut features = runs(text, FEATURE);
    features.sort_unstable();
    let mut votes = [0_i64; 64];
    for same in features.chunk_by(|a, b| a == b) {
        let weight = 1 + i64::from(same.len().ilog2());
        let bits = spread(same[0]);
        for (bit, vote) in votes.iter_mut().enumerate() {
            *vote += if bits >> bit & 1 == 1 { weight } else { -weight };
        }
    }
    let bit = |(bit, vote): (usize, &i64)| u64::from(*vote > 0) << bit;
    votes.iter().enumerate().map(bit).sum()
}

/// How many bits two fingerprints differ in, from 0 to 64.
pub fn hamming(one: u64, other: u64) -> u32 {
    (one ^ other).count_ones()
}

/// Makes every bit depend on every other (the finaliser of MurmurHash3).
fn spread(hash: u64) -> u64 {
    let hash = (hash ^ hash >> 33).wrapping_mul(0xff51_afd7_ed55_8ccd);
    let hash = (hash ^ hash >> 33).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^ hash >> 33
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words(from: usize, to: usize) -> String {
        (from..to).map(|n| format!("word{n} ")).collect()
    }

    fn side<'a>(title: &'a str, text: &'a str) -> Side<'a> {
        Side { title, text }
    }

    #[test]
    fn classes_follow_the_thresholds() {
        for (old, new, want) in [
            (words(0, 400), words(0, 400), Content::Identical),
            (words(0, 400), words(0, 400) + "one more", Content::Minor),
            (words(0, 400), words(0, 400) + &words(500, 900), Content::Appended),
            (words(0, 400), words(0, 250) + &words(600, 700), Content::Major),
            (words(0, 400), words(1000, 1400), Content::Replaced),
            (words(0, 400), String::new(), Content::NotCompared),
            (" \n".into(), words(0, 400), Content::NotCompared),
            ("—".into(), words(0, 400), Content::Replaced),
            ("The sum is 31.".into(), "Nothing else.".into(), Content::Replaced),
            ("Yes, indeed.".into(), "Yes; indeed!".into(), Content::Minor),
            (
                "東京の橋は長い間約束されていた橋である。".into(),
                "東京の橋は長い間約束されていた橋である。以上".into(),
                Content::Minor,
            ),
            (
                "وعدت المدينة بجسر طوله اثنان وأربعون مترا منذ زمن طويل جدا".into(),
                "قالت الصحيفة إن المتحف أغلق أبوابه في الشتاء الماضي".into(),
                Content::Replaced,
            ),
        ] {
            let (content, scores) = compare(side("", &old), side("", &new));
            assert_eq!(content, want, "{scores:?} {new}");
        }
        assert_eq!(compare(side("a", "x"), side("b", "x")).0, Content::Cosmetic);
    }

    #[test]
    fn titles_compare_by_words() {
        for (old, new, want) in [
            ("The Old Bridge", "old bridge, the", 1.0),
            ("", "", 1.0),
            ("bridge", "ferry", 0.0),
            ("İstanbul köprüsü", "ISTANBUL KÖPRÜSÜ", 1.0),
            ("", "x", 0.0),
        ] {
            assert_eq!(title_similarity(old, new), want, "{old} / {new}");
        }
    }

    #[test]
    fn near_texts_have_near_fingerprints() {
        let text = |from| -> String { (from..from + 400).map(|n| format!("w{} ", n * n % 977)).collect() };
        let (old, edited, other) = (text(0), text(0).replace("w16 ", "w17 "), text(5_000));
        assert!(hamming(simhash(&old), simhash(&edited)) <= 6);
        assert!(hamming(simhash(&old), simhash(&other)) >= 12);
        let (thai, edited) = (
            "สะพานที่สัญญาไว้นานแล้วยังไม่ได้สร้าง เพราะเงินไม่พอและน้ำลึกเกินไป",
            "สะพานที่สัญญาไว้นานแล้วยังไม่ได้สร้าง เพราะเงินไม่พอและน้ำตื้นเกินไป",
        );
        assert!(hamming(simhash(thai), simhash(edited)) <= 16);
        assert_eq!((simhash(""), simhash("…")), (0, 0));
        assert_ne!(simhash("one"), 0);
    }

    proptest! {
        #[test]
        fn similarity_is_symmetric_and_bounded(a in ".{0,80}", b in ".{0,80}", t in ".{0,20}", u in ".{0,20}") {
            let (there, back) = (compare(side(&t, &a), side(&u, &b)).1, compare(side(&u, &b), side(&t, &a)).1);
            prop_assert_eq!(there.jaccard, back.jaccard);
            prop_assert_eq!(there.title, back.title);
            for score in [there.jaccard, there.containment, there.title, back.containment] {
                prop_assert!((0.0..=1.0).contains(&score));
            }
            prop_assert!(there.jaccard <= there.containment.min(back.containment));
        }

        #[test]
        fn a_text_is_identical_to_itself(text in ".{0,200}", title in ".{0,40}") {
            let (content, scores) = compare(side(&title, &text), side(&title, &text));
            prop_assert_eq!(content, Content::Identical);
            prop_assert_eq!((scores.jaccard, scores.containment, scores.title), (1.0, 1.0, 1.0));
            prop_assert_eq!(hamming(simhash(&text), simhash(&text)), 0);
        }
    }
}
