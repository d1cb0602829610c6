//! Which copies of an address are worth their bytes. Only the bytes are in question: that a copy was made, when,
//! and what it said stays known for ever.

use std::collections::BTreeSet;

use super::{
    digest::{PayloadDigest, TextDigest},
    time::Timestamp,
    words::words,
};

words! {
    /// A reason to keep a copy.
    pub enum Keep {
        /// The first that was made.
        First = "first",
        /// The newest.
        Last = "last",
        /// It says something else than the good copy before it.
        Changes = "changes",
        /// The first of its month.
        Monthly = "monthly",
    }
}

/// What is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Reasons to keep a copy; one is enough.
    pub keep: BTreeSet<Keep>,
    /// Copies made then or later all stay.
    pub before: Option<Timestamp>,
}

/// One copy of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    /// When it was made.
    pub at: Timestamp,
    /// Whether it is the page as it should be, and not an error page, a redirect or a wall.
    pub good: bool,
    /// What it says.
    pub says: Says,
    /// Something else rests on it.
    pub protected: bool,
}

/// What tells two copies apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Says {
    /// A page, by its main text as an extractor of that version read it.
    Text(TextDigest, u32),
    /// Anything else, by its bytes.
    Bytes(PayloadDigest),
}

/// Of the copies of one address, oldest first, which stay; in their order.
///
/// Whatever the policy: what is protected stays, and so do the newest good copy and the newest answer that was
/// none. Good copies and others are told apart throughout, and what others say is no reason to keep them.
pub fn stays(policy: &Policy, copies: &[Kept]) -> Vec<bool> {
    let mut stays: Vec<bool> = copies
        .iter()
        .map(|copy| copy.protected || policy.before.is_some_and(|before| copy.at >= before))
        .collect();
    for good in [true, false] {
        let alike: Vec<usize> = (0..copies.len()).filter(|at| copies[*at].good == good).collect();
        let mut before: Option<&Kept> = None;
        for (place, &at) in alike.iter().enumerate() {
            let copy = &copies[at];
            let is_last = place + 1 == alike.len();
            let because = |keep: Keep, holds: bool| policy.keep.contains(&keep) && holds;
            stays[at] |= is_last
                || because(Keep::First, before.is_none())
                || because(
                    Keep::Changes,
                    good && before.is_none_or(|before| before.says != copy.says),
                )
                || because(
                    Keep::Monthly,
                    before.is_none_or(|before| month(before.at) != month(copy.at)),
                );
            before = Some(copy);
        }
    }
    stays
}

/// `2026-11`.
fn month(at: Timestamp) -> String {
    at.to_string()[..7].to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn policy(words: &str) -> Policy {
        Policy {
            keep: words
                .split(',')
                .filter(|w| !w.is_empty())
                .map(|w| w.parse().unwrap())
                .collect(),
            before: None,
        }
    }

    /// `05-02a` is a good copy of the second of May that says `a`; `!` after it: protected; `x` at the end: no good.
    fn copies(written: &str) -> Vec<Kept> {
        written
            .split_whitespace()
            .map(|word| Kept {
                at: Timestamp::parse(&format!("2024-{}", &word[..5])).unwrap(),
                good: !word.ends_with('x'),
                says: Says::Text(TextDigest([word.as_bytes()[5]; 32]), 1),
                protected: word.contains('!'),
            })
            .collect()
    }

    #[test]
    fn what_stays() {
        for (what, keep, written, want) in [
            ("nothing of nothing", "first,last,changes,monthly", "", ""),
            ("one is both", "first", "01-01a", "+"),
            ("the newest, whatever the policy", "", "01-01a 01-02b 01-03c", "--+"),
            ("first and last", "first,last", "01-01a 01-02b 01-03c 01-04d", "+--+"),
            (
                "changes",
                "changes",
                "01-01a 01-02a 01-03b 01-04b 01-05a 01-06a",
                "+-+-++",
            ),
            (
                "one a month",
                "monthly",
                "01-01a 01-31a 02-01a 02-02a 04-01a 04-02a",
                "+-+-++",
            ),
            (
                "all of it",
                "first,last,changes,monthly",
                "01-01a 01-02a 01-03b 02-03b 02-04b 02-05b",
                "+-++-+",
            ),
            ("what is protected", "last", "01-01a 01-02b! 01-03c", "-++"),
            ("others apart", "last", "01-01a 01-02bx 01-03cx 01-04d", "--++"),
            (
                "an error page between is no change",
                "changes",
                "01-01a 01-02bx 01-03a 01-04cx 01-05a",
                "+--++",
            ),
            (
                "others by month",
                "monthly",
                "01-01ax 01-02bx 02-01cx 02-02dx 02-03ex",
                "+-+-+",
            ),
        ] {
            let stays: String = stays(&policy(keep), &copies(written))
                .iter()
                .map(|stays| if *stays { '+' } else { '-' })
                .collect();
            assert_eq!(stays, want, "{what}");
        }
    }

    #[test]
    fn what_is_young_stays() {
        let mut policy = policy("last");
        policy.before = Some(Timestamp::parse("2024-01-03").unwrap());
        let found = stays(&policy, &copies("01-01a 01-02b 01-03c 01-04d"));
        assert_eq!(found, [false, false, true, true]);
    }

    #[test]
    fn texts_read_by_another_extractor_are_not_compared() {
        let copies = copies("01-01a 01-02a 01-03a");
        let mut read_anew = copies.clone();
        read_anew[1].says = Says::Text(TextDigest([b'a'; 32]), 2);
        assert_eq!(stays(&policy("changes"), &copies), [true, false, true]);
        assert_eq!(stays(&policy("changes"), &read_anew), [true, true, true]);
    }

    proptest! {
        #[test]
        fn nothing_protected_goes_and_more_reasons_keep_more(
            rows in proptest::collection::vec((0i64..400, any::<bool>(), 0u8..3, any::<bool>()), 0..40),
            few in proptest::collection::btree_set(0usize..4, 0..4),
            more in proptest::collection::btree_set(0usize..4, 0..4),
            limit in proptest::option::of(0i64..400),
        ) {
            let mut copies: Vec<Kept> = rows
                .into_iter()
                .map(|(day, good, says, protected)| Kept {
                    at: Timestamp::from_millis(day * 86_400_000),
                    good,
                    says: Says::Bytes(PayloadDigest([says; 32])),
                    protected,
                })
                .collect();
            copies.sort_by_key(|copy| copy.at);
            let every = [Keep::First, Keep::Last, Keep::Changes, Keep::Monthly];
            let before = limit.map(|day| Timestamp::from_millis(day * 86_400_000));
            let policy = |chosen: BTreeSet<usize>| Policy { keep: chosen.into_iter().map(|at| every[at]).collect(), before };
            let least = stays(&policy(few.clone()), &copies);
            let most = stays(&policy(few.union(&more).copied().collect()), &copies);
            for (at, copy) in copies.iter().enumerate() {
                prop_assert!(least[at] || !copy.protected);
                prop_assert!(least[at] || before.is_none_or(|before| copy.at < before));
                prop_assert!(most[at] || !least[at]);
            }
            for good in [true, false] {
                let newest = copies.iter().rposition(|copy| copy.good == good);
                prop_assert!(newest.is_none_or(|at| least[at]));
            }
        }
    }
}
