//! What no score shows: sentences removed and added, and in sentences that were only altered, which
//! numbers, dates, names and other words are different now.

use std::{collections::HashMap, ops::Range};

use super::{
    diff::differences,
    sentences::sentences,
    units::{Kind, Unit, capitals_tell, units},
};
use crate::{
    model::drift::ChangeKind,
    verdict::tokens::{dice, features, tokens},
};

/// A removed sentence and an added one are the same sentence altered when this much of their words is
/// common (Dice). Half: of two words one may change.
const ALTERED: f64 = 0.5;
/// Most removed and most added sentences that are paired, the first ones. More is another text.
const PAIRED_MAX: usize = 10_000;
/// A feature that more sentences of one side have than this tells no pair.
const COMMON: usize = 4;
/// Candidates looked at for each removed sentence, the most promising first.
const CANDIDATES: usize = 4;
/// Steps spent on telling words apart, over all pairs.
const STEPS: usize = 20_000_000;
/// Bytes of altered sentences whose words are told apart; of those beyond, only that they are altered.
const TOLD: usize = 2 * 1024 * 1024;

/// What has changed from one text to another.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Changes<'a> {
    /// Sentences that only the old text has, in its order, those of `altered` included.
    pub removed: Vec<&'a str>,
    /// Sentences that only the new text has, likewise.
    pub added: Vec<&'a str>,
    /// Removed sentences that stand in the new text with other words, in the order of the old text.
    pub altered: Vec<Altered<'a>>,
}

/// A sentence that has been altered.
#[derive(Debug, Clone, PartialEq)]
pub struct Altered<'a> {
    /// Its index in [`Changes::removed`].
    pub removed: usize,
    /// Its index in [`Changes::added`].
    pub added: usize,
    /// As it was.
    pub old: &'a str,
    /// As it is.
    pub new: &'a str,
    /// Share of words in common, from .5 to 1 (Dice).
    pub similarity: f64,
    /// What is different; empty when only letter case, punctuation or white space is. Behind megabytes of
    /// altered sentences, all of it.
    pub changes: Vec<Change<'a>>,
}

/// Words in the place of others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change<'a> {
    /// What kind of words they are.
    pub kind: ChangeKind,
    /// The words as they were; empty when some were put in.
    pub old: &'a str,
    /// The words as they are; empty when some were left out.
    pub new: &'a str,
    /// Where `new` stands in the new sentence; an empty range is where `old` is missing.
    pub at: Range<usize>,
}

/// A piece of an altered sentence, to be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'a> {
    /// As it was.
    Kept(&'a str),
    /// No longer there.
    Removed(&'a str),
    /// New.
    Added(&'a str),
}

impl<'a> Piece<'a> {
    /// Its words.
    pub fn text(self) -> &'a str {
        match self {
            Piece::Kept(text) | Piece::Removed(text) | Piece::Added(text) => text,
        }
    }
}

impl<'a> Altered<'a> {
    /// The sentence as it is, with what was in it before.
    pub fn pieces(&self) -> Vec<Piece<'a>> {
        let mut pieces = Vec::new();
        let mut from = 0;
        for change in &self.changes {
            pieces.push(Piece::Kept(&self.new[from..change.at.start]));
            pieces.push(Piece::Removed(change.old));
            pieces.push(Piece::Added(change.new));
            from = change.at.end;
        }
        pieces.push(Piece::Kept(&self.new[from..]));
        pieces.retain(|piece| !piece.text().is_empty());
        pieces
    }
}

impl<'a> Changes<'a> {
    /// Removed sentences that were not merely altered.
    pub fn gone(&self) -> Vec<&'a str> {
        unpaired(&self.removed, self.altered.iter().map(|altered| altered.removed))
    }

    /// Added sentences that are not altered ones.
    pub fn come(&self) -> Vec<&'a str> {
        unpaired(&self.added, self.altered.iter().map(|altered| altered.added))
    }

    /// Every change inside a sentence that stayed, of a kind that should be looked at: number, date, name.
    pub fn facts(&self) -> impl Iterator<Item = &Change<'a>> {
        let changes = self.altered.iter().flat_map(|altered| &altered.changes);
        changes.filter(|change| change.kind != ChangeKind::Words)
    }
}

fn unpaired<'a>(all: &[&'a str], paired: impl Iterator<Item = usize>) -> Vec<&'a str> {
    let mut alone = vec![true; all.len()];
    paired.for_each(|at| alone[at] = false);
    all.iter()
        .zip(alone)
        .filter(|(_, alone)| *alone)
        .map(|(sentence, _)| *sentence)
        .collect()
}

/// Compares two texts sentence by sentence. A sentence that only moved has not changed. Swapping the
/// texts swaps `removed` and `added`.
pub fn changes<'a>(old: &'a str, new: &'a str) -> Changes<'a> {
    if old == new {
        return Changes::default();
    }
    let (a, b): (Vec<_>, Vec<_>) = (sentences(old).collect(), sentences(new).collect());
    let (removed_at, added_at) = (missing(&a, &b), missing(&b, &a));
    let removed: Vec<&str> = removed_at.iter().map(|at| a[*at]).collect();
    let added: Vec<&str> = added_at.iter().map(|at| b[*at]).collect();
    let features = |list: &[&str]| {
        list.iter()
            .take(PAIRED_MAX)
            .map(|sentence| sorted_features(sentence))
            .collect()
    };
    let pairing = Pairing {
        removed: features(&removed),
        added: features(&added),
    };
    let neighbours = neighbours((&a, &removed_at), (&b, &added_at));
    let names = capitals_tell(old) && capitals_tell(new);
    let (mut budget, mut told) = (STEPS, 0);
    let altered = pairing.pairs(neighbours).into_iter().map(|(similarity, r, n)| {
        let (old, new) = (removed[r], added[n]);
        told += old.len() + new.len();
        let changes = match told <= TOLD {
            true => words_changed(old, new, names, &mut budget),
            false => vec![whole(old, new)],
        };
        Altered {
            removed: r,
            added: n,
            old,
            new,
            similarity,
            changes,
        }
    });
    let altered = altered.collect();
    Changes {
        removed,
        added,
        altered,
    }
}

/// Indices of the sentences of `from` that `within` does not have as often.
fn missing(from: &[&str], within: &[&str]) -> Vec<usize> {
    let mut left: HashMap<&str, usize> = HashMap::with_capacity(within.len());
    for sentence in within {
        *left.entry(sentence).or_default() += 1;
    }
    let mut is_missing = |sentence: &str| match left.get_mut(sentence) {
        Some(count) if *count > 0 => {
            *count -= 1;
            false
        }
        _ => true,
    };
    (0..from.len()).filter(|at| is_missing(from[*at])).collect()
}

fn sorted_features(sentence: &str) -> Vec<u64> {
    let mut features: Vec<u64> = features(tokens(sentence)).collect();
    features.sort_unstable();
    features
}

/// Removed and added sentences that stand in the same place: between the same two that stayed, and as
/// far from the one before, or from the one after.
fn neighbours(old: (&[&str], &[usize]), new: (&[&str], &[usize])) -> Vec<(u32, u32)> {
    let first = |missing: &[usize]| missing.len().min(PAIRED_MAX);
    let from_old = places(old.0, &old.1[..first(old.1)]);
    let from_new = places(new.0, &new.1[..first(new.1)]);
    let mut pairs = Vec::new();
    for side in 0..2 {
        let known: HashMap<Place<'_>, u32> = (0..).zip(&from_new).map(|(n, place)| (place[side], n)).collect();
        pairs.extend(
            (0..)
                .zip(&from_old)
                .filter_map(|(r, place)| Some((r, *known.get(&place[side])?))),
        );
    }
    pairs
}

/// A kept sentence (`None`: the beginning or end of the text) and how far away it is.
type Place<'a> = (Option<&'a str>, usize);

/// For each missing sentence, what stayed before it and after it.
fn places<'a>(all: &[&'a str], missing: &[usize]) -> Vec<[Place<'a>; 2]> {
    let mut places = vec![[(None, 0); 2]; missing.len()];
    let mut run = 0;
    for (nth, &at) in missing.iter().enumerate() {
        run = if nth > 0 && missing[nth - 1] + 1 == at {
            run + 1
        } else {
            0
        };
        places[nth][0] = (at.checked_sub(run + 1).map(|kept| all[kept]), run);
    }
    for (nth, &at) in missing.iter().enumerate().rev() {
        run = if missing.get(nth + 1) == Some(&(at + 1)) {
            run + 1
        } else {
            0
        };
        places[nth][1] = (all.get(at + run + 1).copied(), run);
    }
    places
}

/// Sorted features of the sentences to be paired.
struct Pairing {
    removed: Vec<Vec<u64>>,
    added: Vec<Vec<u64>>,
}

impl Pairing {
    /// Pairs each removed sentence with at most one added one, the most similar first; in the order of
    /// the removed ones.
    fn pairs(&self, neighbours: Vec<(u32, u32)>) -> Vec<(f64, usize, usize)> {
        let mut candidates = self.candidates();
        candidates.extend(neighbours);
        candidates.sort_unstable();
        candidates.dedup();
        let known = candidates.iter().filter_map(|(r, n)| {
            let (r, n) = (*r as usize, *n as usize);
            Some((dice(self.removed.get(r)?, self.added.get(n)?), r, n))
        });
        let mut likely: Vec<(f64, usize, usize)> = known.filter(|(similarity, ..)| *similarity >= ALTERED).collect();
        // Equal ones: those nearest to each other in the order of the page.
        likely.sort_unstable_by(|a, b| {
            b.0.total_cmp(&a.0)
                .then(a.1.abs_diff(a.2).cmp(&b.1.abs_diff(b.2)))
                .then(a.1.cmp(&b.1))
        });
        let (mut free_removed, mut free_added) = (vec![true; self.removed.len()], vec![true; self.added.len()]);
        likely.retain(|(_, r, n)| {
            let free = free_removed[*r] && free_added[*n];
            if free {
                (free_removed[*r], free_added[*n]) = (false, false);
            }
            free
        });
        likely.sort_unstable_by_key(|(_, r, _)| *r);
        likely
    }

    /// For each removed sentence, the added ones that share most of the features which few have.
    fn candidates(&self) -> Vec<(u32, u32)> {
        let (old, new) = (index(&self.removed), index(&self.added));
        let (mut i, mut j) = (0, 0);
        let mut shared = Vec::new();
        while i < old.len() && j < new.len() {
            match old[i].0.cmp(&new[j].0) {
                std::cmp::Ordering::Less => i += run(&old, i).len(),
                std::cmp::Ordering::Greater => j += run(&new, j).len(),
                std::cmp::Ordering::Equal => {
                    let (a, b) = (run(&old, i), run(&new, j));
                    if a.len() <= COMMON && b.len() <= COMMON {
                        shared.extend(a.iter().flat_map(|(_, r)| b.iter().map(move |(_, n)| (*r, *n))));
                    }
                    i += a.len();
                    j += b.len();
                }
            }
        }
        shared.sort_unstable();
        let mut counted: Vec<(u32, usize, u32)> = shared
            .chunk_by(|a, b| a == b)
            .map(|same| (same[0].0, same.len(), same[0].1))
            .collect();
        counted.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(b.1.cmp(&a.1)).then(a.2.cmp(&b.2)));
        let best = counted
            .chunk_by(|a, b| a.0 == b.0)
            .flat_map(|of_one| of_one.iter().take(CANDIDATES));
        best.map(|(r, _, n)| (*r, *n)).collect()
    }
}

/// Every feature with the sentence it stands in, sorted, each pair once.
fn index(sentences: &[Vec<u64>]) -> Vec<(u64, u32)> {
    let mut index: Vec<(u64, u32)> = (0..)
        .zip(sentences)
        .flat_map(|(at, features)| features.iter().map(move |f| (*f, at)))
        .collect();
    index.sort_unstable();
    index.dedup();
    index
}

/// The entries of one feature, from `at` on.
fn run(index: &[(u64, u32)], at: usize) -> &[(u64, u32)] {
    let length = index[at..].iter().take_while(|entry| entry.0 == index[at].0).count();
    &index[at..at + length]
}

fn words_changed<'a>(old: &'a str, new: &'a str, names: bool, budget: &mut usize) -> Vec<Change<'a>> {
    let (a, b) = (units(old, names), units(new, names));
    let hashes = |units: &[Unit]| units.iter().map(|unit| unit.hash).collect::<Vec<_>>();
    let mut found = Vec::new();
    for (gone, come) in differences(&hashes(&a), &hashes(&b), budget) {
        let after = come.start;
        // As many as before: one stands for the other, and each pair has a kind of its own.
        if gone.len() == come.len() {
            let mut pairs: Vec<_> = gone
                .zip(come)
                .map(|(i, j)| (i, j, kind(&a[i..=i], &b[j..=j])))
                .collect();
            if let [first, second, ..] = pairs.as_mut_slice()
                && (a[first.0].kind, b[first.1].kind) == (Kind::MaybeName, Kind::MaybeName)
                && second.2 == ChangeKind::Name
            {
                first.2 = ChangeKind::Name;
            }
            for same in pairs.chunk_by(|x, y| x.2 == y.2) {
                let (first, last) = (same[0], same[same.len() - 1]);
                found.push(change(
                    (old, &a[first.0..=last.0]),
                    (new, &b[first.1..=last.1]),
                    first.2,
                    0,
                ));
            }
        } else {
            let (a, at) = (&a[gone], if after == 0 { 0 } else { b[after - 1].end });
            let b = &b[come];
            found.push(change((old, a), (new, b), kind(a, b), at));
        }
    }
    found
}

/// One sentence in the place of another, its words not told apart.
fn whole<'a>(old: &'a str, new: &'a str) -> Change<'a> {
    Change {
        kind: ChangeKind::Words,
        old,
        new,
        at: 0..new.len(),
    }
}

fn change<'a>(old: (&'a str, &[Unit]), new: (&'a str, &[Unit]), kind: ChangeKind, at: usize) -> Change<'a> {
    let span = |units: &[Unit]| match units {
        [] => 0..0,
        [first, ..] => first.start..units[units.len() - 1].end,
    };
    let at = if new.1.is_empty() { at..at } else { span(new.1) };
    Change {
        kind,
        old: &old.0[span(old.1)],
        new: &new.0[at.clone()],
        at,
    }
}

/// What is to be said of units in the place of others: the most definite kind among them.
fn kind(old: &[Unit], new: &[Unit]) -> ChangeKind {
    let any = |test: fn(Kind) -> bool| old.iter().chain(new).any(|unit| test(unit.kind));
    let is_month = |units: &[Unit]| {
        units
            .iter()
            .any(|unit| matches!(unit.kind, Kind::Month | Kind::MaybeMonth | Kind::Date))
    };
    if any(|kind| kind == Kind::Number) {
        ChangeKind::Number
    } else if any(|kind| matches!(kind, Kind::Date | Kind::Year | Kind::Month)) || is_month(old) && is_month(new) {
        ChangeKind::Date
    } else if any(|kind| kind == Kind::Name) {
        ChangeKind::Name
    } else {
        ChangeKind::Words
    }
}

#[cfg(test)]
#[path = "changes_tests.rs"]
mod tests;
