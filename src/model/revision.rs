//! The source side: what became of the links of an article from one version of it to the next.
//!
//! Owns the matching of two lists of links. Linear in their length, whatever stands in them.

use std::{
    collections::{HashMap, HashSet, VecDeque, hash_map::Entry},
    hash::Hash,
};

use super::{link::Place, words::words};

words! {
    /// What happened to a citation in its article.
    pub enum SourceEvent {
        /// A link with the same words at the same place leads elsewhere now.
        Retargeted = "retargeted",
        /// No link of the article leads there any more.
        Removed = "removed",
        /// The same target, in other words.
        AnchorChanged = "anchor-changed",
        /// Cited for the first time.
        Added = "added",
        /// Cited again, after it was gone.
        Restored = "restored",
    }
}

/// One link of one version of an article. `T` tells targets apart: address and fragment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention<T> {
    /// Where it leads.
    pub target: T,
    /// The words the reader sees.
    pub anchor: String,
    /// The heading it stands under.
    pub section: Option<String>,
    /// Inside the main text or around it.
    pub place: Place,
}

/// One difference between two versions, never [`SourceEvent::Restored`]: that takes more than two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit<T> {
    /// What happened.
    pub what: SourceEvent,
    /// To which target: the old one, where it was retargeted.
    pub target: T,
    /// Where the link leads now, for one that was retargeted.
    pub now: Option<T>,
    /// The words before; `None` for a target that was not there.
    pub anchor_before: Option<String>,
    /// The words now; `None` for a target that is gone.
    pub anchor_after: Option<String>,
    /// Where it stands, or stood.
    pub place: Place,
}

/// What was done to the links of an article, `before` and `after` in document order.
///
/// A link is the same one when it leads to the same target. What is left then was retargeted if its
/// words stand where they stood, between the same links or under the same heading, and only one
/// target can be meant on either side: ten links that all say "here" are no pairs. Everything else was
/// removed or added. A target counts as removed when its last mention is gone; one that merely lost
/// one of several is no news.
pub fn edits<T: Clone + Eq + Hash>(before: &[Mention<T>], after: &[Mention<T>]) -> Vec<Edit<T>> {
    let mut pairs = Pairs::new(before, after);
    pairs.pair(|m| (&m.target, m.place, &m.section, &m.anchor));
    pairs.pair(|m| (&m.target, &m.anchor));
    pairs.pair(|m| (&m.target, m.place, &m.section));
    pairs.pair(|m| (&m.target, m.place));
    pairs.retarget_between_the_same_links();
    pairs.retarget_under_the_same_heading();
    pairs.into_edits()
}

/// What one mention of the old version has become.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fate {
    Unknown,
    /// The mention of the new version that is the same link.
    Kept(usize),
    /// A mention of the new version that has its words and its place.
    Retargeted(usize),
}

struct Pairs<'a, T> {
    before: &'a [Mention<T>],
    after: &'a [Mention<T>],
    fates: Vec<Fate>,
    /// Of each new mention, the old one that it continues, if any.
    origins: Vec<Option<usize>>,
}

/// Mentions of a group, as long as they all lead to one target; `None` once they do not.
type Single = Option<Vec<usize>>;

impl<'a, T: Clone + Eq + Hash> Pairs<'a, T> {
    fn new(before: &'a [Mention<T>], after: &'a [Mention<T>]) -> Self {
        Self {
            before,
            after,
            fates: vec![Fate::Unknown; before.len()],
            origins: vec![None; after.len()],
        }
    }

    /// Pairs in order what has no partner yet and the same key.
    fn pair<K: Eq + Hash>(&mut self, key: impl Fn(&'a Mention<T>) -> K) {
        let mut waiting: HashMap<K, VecDeque<usize>> = HashMap::new();
        for (at, mention) in self.before.iter().enumerate() {
            if self.fates[at] == Fate::Unknown {
                waiting.entry(key(mention)).or_default().push_back(at);
            }
        }
        for (at, mention) in self.after.iter().enumerate() {
            if self.origins[at].is_none()
                && let Some(old) = waiting.get_mut(&key(mention)).and_then(VecDeque::pop_front)
            {
                (self.fates[old], self.origins[at]) = (Fate::Kept(at), Some(old));
            }
        }
    }

    /// The gap is named by the kept links on both of its sides.
    fn retarget_between_the_same_links(&mut self) {
        let kept = |fate: &Fate| matches!(fate, Fate::Kept(_));
        let old_gaps = gaps(self.fates.iter().enumerate().map(|(at, fate)| kept(fate).then_some(at)));
        let new_gaps = gaps(self.origins.iter().copied());
        let old = self.singles(self.before, |at| self.fates[at] == Fate::Unknown, |at| old_gaps[at]);
        let new = self.singles(self.after, |at| self.origins[at].is_none(), |at| new_gaps[at]);
        self.retarget(&old, &new);
    }

    /// Without the links beside it, words say enough only if nothing else in the section has them.
    fn retarget_under_the_same_heading(&mut self) {
        let old = self.singles(self.before, |_| true, |at| &self.before[at].section);
        let new = self.singles(self.after, |_| true, |at| &self.after[at].section);
        self.retarget(&old, &new);
    }

    /// Groups links by where they stand and what they say. A link without words says nothing.
    fn singles<P: Eq + Hash>(
        &self,
        mentions: &'a [Mention<T>],
        counts: impl Fn(usize) -> bool,
        position: impl Fn(usize) -> P,
    ) -> HashMap<(P, Place, &'a str), Single> {
        let mut groups = HashMap::new();
        for (at, mention) in mentions.iter().enumerate() {
            if !counts(at) || mention.anchor.is_empty() {
                continue;
            }
            match groups.entry((position(at), mention.place, mention.anchor.as_str())) {
                Entry::Vacant(free) => {
                    free.insert(Some(vec![at]));
                }
                Entry::Occupied(mut taken) => match taken.get_mut() {
                    Some(group) if mentions[group[0]].target == mention.target => group.push(at),
                    group => *group = None,
                },
            }
        }
        groups
    }

    fn retarget<P: Eq + Hash>(
        &mut self,
        old: &HashMap<(P, Place, &'a str), Single>,
        new: &HashMap<(P, Place, &'a str), Single>,
    ) {
        for (key, group) in old {
            let (Some(group), Some(Some(now))) = (group, new.get(key)) else {
                continue;
            };
            let free = now.iter().copied().find(|at| self.origins[*at].is_none());
            let Some(first) = free.filter(|first| self.after[*first].target != self.before[group[0]].target) else {
                continue;
            };
            for at in group {
                if self.fates[*at] == Fate::Unknown {
                    self.fates[*at] = Fate::Retargeted(first);
                    for at in now {
                        self.origins[*at].get_or_insert(group[0]);
                    }
                }
            }
        }
    }

    fn into_edits(self) -> Vec<Edit<T>> {
        let was: HashSet<&T> = self.before.iter().map(|mention| &mention.target).collect();
        let is: HashSet<&T> = self.after.iter().map(|mention| &mention.target).collect();
        let (mut told, mut out) = (HashSet::new(), Vec::new());
        // Targets that a link was taken from, or given to.
        let (mut left, mut taken_up) = (HashSet::new(), HashSet::new());
        for (old, fate) in self.before.iter().zip(&self.fates) {
            let (new, what, now) = match *fate {
                Fate::Kept(at) if self.after[at].anchor != old.anchor => {
                    (&self.after[at], SourceEvent::AnchorChanged, None)
                }
                Fate::Retargeted(at) => {
                    let new = &self.after[at];
                    left.insert(&old.target);
                    taken_up.insert(&new.target);
                    (new, SourceEvent::Retargeted, Some(&new.target))
                }
                _ => continue,
            };
            if told.insert((&old.target, now, &old.anchor, &new.anchor)) {
                out.push(Edit {
                    what,
                    target: old.target.clone(),
                    now: now.cloned(),
                    anchor_before: Some(old.anchor.clone()),
                    anchor_after: Some(new.anchor.clone()),
                    place: old.place,
                });
            }
        }
        let removed = first_mentions(self.before, |target| !is.contains(target) && !left.contains(target));
        out.extend(removed.into_iter().map(|old| Edit {
            what: SourceEvent::Removed,
            target: old.target.clone(),
            now: None,
            anchor_before: Some(old.anchor.clone()),
            anchor_after: None,
            place: old.place,
        }));
        let added = first_mentions(self.after, |target| !was.contains(target) && !taken_up.contains(target));
        out.extend(added.into_iter().map(|new| Edit {
            what: SourceEvent::Added,
            target: new.target.clone(),
            now: None,
            anchor_before: None,
            anchor_after: Some(new.anchor.clone()),
            place: new.place,
        }));
        out
    }
}

/// For each position the nearest name before it and after it.
fn gaps(
    names: impl DoubleEndedIterator<Item = Option<usize>> + ExactSizeIterator,
) -> Vec<(Option<usize>, Option<usize>)> {
    let names: Vec<Option<usize>> = names.collect();
    let mut gaps = vec![(None, None); names.len()];
    let (mut earlier, mut later) = (None, None);
    for (gap, name) in gaps.iter_mut().zip(&names) {
        gap.0 = earlier;
        earlier = name.or(earlier);
    }
    for (gap, name) in gaps.iter_mut().zip(&names).rev() {
        gap.1 = later;
        later = name.or(later);
    }
    gaps
}

/// The mention by which each of these targets is best told: in the main text and with words, if any is.
fn first_mentions<T: Eq + Hash>(mentions: &[Mention<T>], wanted: impl Fn(&T) -> bool) -> Vec<&Mention<T>> {
    let worth = |mention: &Mention<T>| (mention.place == Place::Main, !mention.anchor.is_empty());
    let mut found: Vec<&Mention<T>> = Vec::new();
    let mut known: HashMap<&T, usize> = HashMap::new();
    for mention in mentions.iter().filter(|mention| wanted(&mention.target)) {
        match known.entry(&mention.target) {
            Entry::Vacant(free) => {
                free.insert(found.len());
                found.push(mention);
            }
            Entry::Occupied(taken) => {
                let best = &mut found[*taken.get()];
                if worth(mention) > worth(best) {
                    *best = mention;
                }
            }
        }
    }
    found
}

#[cfg(test)]
#[path = "revision_tests.rs"]
mod tests;
