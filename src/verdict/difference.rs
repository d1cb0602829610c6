//! Two texts -> what differs, sentence by sentence and word by word, for people to read. No verdict rests on it:
//! see [`drift`](super::drift) for that.

use imara_diff::{Algorithm, Diff, InternedInput};
use unicode_segmentation::UnicodeSegmentation;

use super::drift::sentences;
use crate::model::difference::{Edited, LinkedAddress, Part, Piece, Unit};

/// Words in common, as a part of the words of both, that make two sentences the same one edited.
const ALIKE: f64 = 0.5;
/// Removed sentences times added ones in one place, up to which the best pairs are looked for.
const PAIRS: usize = 4_000;

/// Everything that stands in either text, in order.
pub fn parts(before: &str, after: &str, unit: Unit) -> Vec<Part> {
    let units = |text| -> Vec<&str> {
        match unit {
            Unit::Sentence => sentences(text).collect(),
            Unit::Line => str::lines(text).collect(),
        }
    };
    let (before, after) = (units(before), units(after));
    let mut parts = Vec::with_capacity(before.len().max(after.len()));
    let mut same_until = 0;
    let same = |from: usize, to: usize| before[from..to].iter().map(|text| Part::Same { text: (*text).into() });
    for (removed, added) in hunks(&before, &after) {
        parts.extend(same(same_until, removed.start));
        same_until = removed.end;
        replaced(&before[removed], &after[added], &mut parts);
    }
    parts.extend(same(same_until, before.len()));
    parts
}

/// What differs between two short texts, such as titles; `None` where nothing does.
pub fn edited(before: &str, after: &str) -> Option<Edited> {
    (before != after).then(|| words(before, after))
}

/// Addresses that only one of two copies links to: those added, and those removed.
pub fn links(before: &[LinkedAddress], after: &[LinkedAddress]) -> (Vec<LinkedAddress>, Vec<LinkedAddress>) {
    let only = |of: &[LinkedAddress], other: &[LinkedAddress]| {
        let mut seen: std::collections::HashSet<&str> = other.iter().map(|link| link.url.as_str()).collect();
        let found = of.iter().filter(|link| seen.insert(&link.url));
        found.cloned().collect()
    };
    (only(after, before), only(before, after))
}

type Hunk = (std::ops::Range<usize>, std::ops::Range<usize>);

/// The places where two lists differ.
fn hunks(before: &[&str], after: &[&str]) -> Vec<Hunk> {
    let mut input: InternedInput<&str> = InternedInput::default();
    input.update_before(before.iter().copied());
    input.update_after(after.iter().copied());
    let mut diff = Diff::compute(Algorithm::Histogram, &input);
    diff.postprocess_no_heuristic(&input);
    let range = |range: std::ops::Range<u32>| range.start as usize..range.end as usize;
    diff.hunks()
        .map(|hunk| (range(hunk.before), range(hunk.after)))
        .collect()
}

/// Some sentences in the place of others: those that are alike are one, edited.
fn replaced(removed: &[&str], added: &[&str], parts: &mut Vec<Part>) {
    let (mut i, mut j) = (0, 0);
    for (a, b) in pairs(removed, added).into_iter().chain([(removed.len(), added.len())]) {
        parts.extend(removed[i..a].iter().map(|text| Part::Removed { text: (*text).into() }));
        parts.extend(added[j..b].iter().map(|text| Part::Added { text: (*text).into() }));
        if a < removed.len() {
            parts.push(Part::Edited(words(removed[a], added[b])));
        }
        (i, j) = (a + 1, b + 1);
    }
}

/// Which of the removed and the added are alike, in order, so that as many words as possible have a partner.
fn pairs(removed: &[&str], added: &[&str]) -> Vec<(usize, usize)> {
    let sorted = |texts: &[&str]| -> Vec<Vec<String>> {
        texts
            .iter()
            .map(|text| {
                let mut words: Vec<String> = text.unicode_words().map(str::to_lowercase).collect();
                words.sort_unstable();
                words
            })
            .collect()
    };
    let (before, after) = (sorted(removed), sorted(added));
    if before.len() * after.len() > PAIRS {
        let alike = |at: &usize| likeness(&before[*at], &after[*at]) >= ALIKE;
        return (0..before.len().min(after.len()))
            .filter(alike)
            .map(|at| (at, at))
            .collect();
    }
    let score: Vec<Vec<f64>> = before
        .iter()
        .map(|a| {
            after
                .iter()
                .map(|b| likeness(a, b))
                .map(|s| if s < ALIKE { 0.0 } else { s })
                .collect()
        })
        .collect();
    // best[i][j]: the most that can be had from what stands at i and j and after.
    let mut best = vec![vec![0.0_f64; after.len() + 1]; before.len() + 1];
    for i in (0..before.len()).rev() {
        for j in (0..after.len()).rev() {
            let paired = if score[i][j] > 0.0 {
                score[i][j] + best[i + 1][j + 1]
            } else {
                0.0
            };
            best[i][j] = paired.max(best[i + 1][j]).max(best[i][j + 1]);
        }
    }
    let (mut i, mut j, mut found) = (0, 0, Vec::new());
    while i < before.len() && j < after.len() {
        if best[i][j] == best[i + 1][j] {
            i += 1;
        } else if best[i][j] == best[i][j + 1] {
            j += 1;
        } else {
            found.push((i, j));
            (i, j) = (i + 1, j + 1);
        }
    }
    found
}

/// Words that two sorted lists have in common, as a part of all words of both.
fn likeness(a: &[String], b: &[String]) -> f64 {
    let (mut i, mut j, mut common) = (0, 0, 0);
    while i < a.len() && j < b.len() {
        match a[i].cmp(&b[j]) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal => (i, j, common) = (i + 1, j + 1, common + 1),
        }
    }
    2.0 * common as f64 / (a.len() + b.len()).max(1) as f64
}

/// A sentence word by word. White space alone between two differences is no reason to part them.
fn words(before: &str, after: &str) -> Edited {
    let split = |text| -> Vec<&str> { str::split_word_bounds(text).collect() };
    let (before, after) = (split(before), split(after));
    let mut joined: Vec<Hunk> = Vec::new();
    for (removed, added) in hunks(&before, &after) {
        let blank = |from: usize| before[from..removed.start].iter().all(|word| word.trim().is_empty());
        match joined.last_mut().filter(|last| blank(last.0.end)) {
            Some(last) => (last.0.end, last.1.end) = (removed.end, added.end),
            None => joined.push((removed, added)),
        }
    }
    Edited {
        before: pieces(&before, joined.iter().map(|(removed, _)| removed.clone())),
        after: pieces(&after, joined.iter().map(|(_, added)| added.clone())),
    }
}

/// Words in a row put together.
fn pieces(words: &[&str], differing: impl Iterator<Item = std::ops::Range<usize>>) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut push = |words: &[&str], differs| {
        if !words.is_empty() {
            let text = words.concat();
            pieces.push(Piece { text, differs });
        }
    };
    let mut at = 0;
    for range in differing {
        push(&words[at..range.start], false);
        at = range.end;
        push(&words[range], true);
    }
    push(&words[at..], false);
    pieces
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// One letter a part, edits as wdiff writes them.
    fn told(before: &str, after: &str) -> Vec<String> {
        let piece = |marks: [&'static str; 2]| {
            move |piece: &Piece| match piece.differs {
                true => format!("{}{}{}", marks[0], piece.text, marks[1]),
                false => piece.text.clone(),
            }
        };
        parts(before, after, Unit::Sentence)
            .iter()
            .map(|part| match part {
                Part::Same { text } => format!("={text}"),
                Part::Removed { text } => format!("-{text}"),
                Part::Added { text } => format!("+{text}"),
                Part::Edited(Edited { before, after }) => {
                    let before: String = before.iter().map(piece(["[", "]"])).collect();
                    let after: String = after.iter().map(piece(["{", "}"])).collect();
                    format!("~{before} -> {after}")
                }
            })
            .collect()
    }

    #[test]
    fn tells_what_became_of_each_sentence() {
        for (before, after, want) in [
            ("One. Two.", "One. Two.", vec!["=One.", "=Two."]),
            ("", "One.", vec!["+One."]),
            ("One.", "", vec!["-One."]),
            ("One. Two. Three.", "One. Three.", vec!["=One.", "-Two.", "=Three."]),
            (
                "Profits rose by 10 percent in May.",
                "Profits rose by 4 percent in May.",
                vec!["~Profits rose by [10] percent in May. -> Profits rose by {4} percent in May."],
            ),
            (
                "The old mayor spoke for an hour. He left.",
                "A new law was passed. The mayor spoke for an hour. He left.",
                vec![
                    "+A new law was passed.",
                    "~The [old ]mayor spoke for an hour. -> The mayor spoke for an hour.",
                    "=He left.",
                ],
            ),
            (
                "Cats purr.",
                "Rain falls on Norway.",
                vec!["-Cats purr.", "+Rain falls on Norway."],
            ),
            (
                "今日は晴れです。",
                "明日は晴れです。",
                vec!["~[今]日は晴れです。 -> {明}日は晴れです。"],
            ),
            (
                "It was two or three men who came.",
                "It was five men who came.",
                vec!["~It was [two or three] men who came. -> It was {five} men who came."],
            ),
        ] {
            assert_eq!(told(before, after), want, "{before:?} -> {after:?}");
        }
    }

    #[test]
    fn tells_which_addresses_came_and_went() {
        let link = |url: &str| LinkedAddress {
            url: url.into(),
            anchor: String::new(),
        };
        let (added, removed) = links(&[link("a"), link("b")], &[link("b"), link("c"), link("c")]);
        assert_eq!((added, removed), (vec![link("c")], vec![link("a")]));
    }

    #[test]
    fn long_texts_that_share_nothing_take_no_long_time() {
        let text = |word: &str| (0..4_000).map(|n| format!("{word}{n} said so.\n")).collect::<String>();
        let found = parts(&text("a"), &text("b"), Unit::Sentence);
        assert!(found.len() >= 4_000);
    }

    proptest! {
        #[test]
        fn both_texts_can_be_read_off(before in "([ab]{1,2} ?){0,4}([.]\n?|\n| ){0,1}([abc ]{0,9}[.] ?){0,5}", after in "([abc ]{0,9}[.] ?){0,5}") {
            for unit in [Unit::Sentence, Unit::Line] {
                let found = parts(&before, &after, unit);
                let of = |earlier: bool| -> Vec<String> {
                    found.iter().filter_map(|part| match part {
                        Part::Same { text } => Some(text.clone()),
                        Part::Removed { text } => earlier.then(|| text.clone()),
                        Part::Added { text } => (!earlier).then(|| text.clone()),
                        Part::Edited(edited) => {
                            let side = if earlier { &edited.before } else { &edited.after };
                            Some(side.iter().map(|piece| piece.text.as_str()).collect())
                        }
                    }).collect()
                };
                for part in &found {
                    if let Part::Edited(edited) = part {
                        let stays = |side: &[Piece]| -> Vec<String> {
                            side.iter().filter(|piece| !piece.differs).map(|piece| piece.text.clone()).collect()
                        };
                        prop_assert_eq!(stays(&edited.before), stays(&edited.after));
                    }
                }
                let units = |text: &str| -> Vec<String> { match unit {
                    Unit::Sentence => sentences(text).map(str::to_owned).collect(),
                    Unit::Line => text.lines().map(str::to_owned).collect(),
                } };
                prop_assert_eq!(of(true), units(&before));
                prop_assert_eq!(of(false), units(&after));
            }
        }
    }
}
