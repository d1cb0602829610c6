//! Which members of two short lists differ: the greedy algorithm of Myers (1986), bounded.

use std::ops::Range;

/// Most insertions and deletions told apart; beyond, all that lies between the first difference and
/// the last is one.
const EDITS: usize = 200;

/// The places where two lists differ, in order: a range of `a` and the range of `b` that stands in its
/// place. `budget` is how many steps may still be taken; once it is spent, all between the first
/// difference and the last is one.
pub(super) fn differences(a: &[u64], b: &[u64], budget: &mut usize) -> Vec<(Range<usize>, Range<usize>)> {
    let start = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let (a_rest, b_rest) = (&a[start..], &b[start..]);
    let tail = a_rest
        .iter()
        .rev()
        .zip(b_rest.iter().rev())
        .take_while(|(x, y)| x == y)
        .count();
    let (a_rest, b_rest) = (&a_rest[..a_rest.len() - tail], &b_rest[..b_rest.len() - tail]);
    if a_rest.is_empty() && b_rest.is_empty() {
        return Vec::new();
    }
    let kept = match a_rest.is_empty() || b_rest.is_empty() {
        true => Vec::new(),
        false => kept(a_rest, b_rest, budget).unwrap_or_default(),
    };
    let mut found: Vec<(Range<usize>, Range<usize>)> = Vec::new();
    let mut from = (0, 0);
    for (i, j) in kept.into_iter().chain([(a_rest.len(), b_rest.len())]) {
        if (i, j) != from {
            found.push((start + from.0..start + i, start + from.1..start + j));
        }
        from = (i + 1, j + 1);
    }
    found
}

/// Pairs of indices of members that stay, ascending; `None` when that takes too many edits or steps.
fn kept(a: &[u64], b: &[u64], budget: &mut usize) -> Option<Vec<(usize, usize)>> {
    let (n, m) = (a.len() as isize, b.len() as isize);
    let most = (a.len() + b.len()).min(EDITS) as isize;
    // For each number of edits, how far along `a` each diagonal got; diagonal k at index k + edits.
    let mut reached: Vec<Vec<isize>> = Vec::new();
    for edits in 0..=most {
        let mut row = vec![-1; 2 * edits as usize + 1];
        for k in (-edits..=edits).step_by(2) {
            let mut x = step(&reached, edits, k);
            while x < n && x - k < m && x - k >= 0 && a[x as usize] == b[(x - k) as usize] {
                x += 1;
                *budget = budget.checked_sub(1)?;
            }
            row[(k + edits) as usize] = x;
            if x >= n && x - k >= m {
                return Some(trace(&reached, edits, k, (n, m)));
            }
        }
        *budget = budget.checked_sub(row.len())?;
        reached.push(row);
    }
    None
}

/// Where diagonal `k` begins after its last edit.
fn step(reached: &[Vec<isize>], edits: isize, k: isize) -> isize {
    if edits == 0 {
        return 0;
    }
    let before = |k: isize| {
        let row = &reached[edits as usize - 1];
        usize::try_from(k + edits - 1)
            .ok()
            .and_then(|at| row.get(at))
            .copied()
            .unwrap_or(-1)
    };
    match before(k - 1) < before(k + 1) {
        true => before(k + 1),
        false => before(k - 1) + 1,
    }
}

fn trace(reached: &[Vec<isize>], edits: isize, k: isize, end: (isize, isize)) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    let ((mut x, mut y), mut k) = (end, k);
    for edits in (0..=edits).rev() {
        let start = step(reached, edits, k);
        while x > start {
            (x, y) = (x - 1, y - 1);
            pairs.push((x as usize, y as usize));
        }
        if edits > 0 {
            let row = &reached[edits as usize - 1];
            let at = |k: isize| {
                usize::try_from(k + edits - 1)
                    .ok()
                    .and_then(|at| row.get(at))
                    .copied()
                    .unwrap_or(-1)
            };
            if at(k - 1) < at(k + 1) {
                k += 1;
                y -= 1;
            } else {
                k -= 1;
                x -= 1;
            }
        }
    }
    pairs.reverse();
    pairs
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn finds_where_two_lists_differ() {
        for (a, b, want) in [
            ("abc", "abc", vec![]),
            ("abc", "axc", vec![(1..2, 1..2)]),
            ("abc", "ac", vec![(1..2, 1..1)]),
            ("ac", "abc", vec![(1..1, 1..2)]),
            ("abcdef", "xbcdey", vec![(0..1, 0..1), (5..6, 5..6)]),
            ("", "ab", vec![(0..0, 0..2)]),
            ("aaaa", "aa", vec![(2..4, 2..2)]),
        ] {
            let numbers = |text: &str| text.bytes().map(u64::from).collect::<Vec<_>>();
            assert_eq!(differences(&numbers(a), &numbers(b), &mut 1_000), want, "{a} {b}");
        }
    }

    #[test]
    fn gives_up_in_time() {
        let (a, b): (Vec<u64>, Vec<u64>) = ((0..2_000).collect(), (2_000..4_000).collect());
        assert_eq!(differences(&a, &b, &mut 1_000_000), [(0..2_000, 0..2_000)]);
        let mut budget = 10;
        assert_eq!(differences(&a[..50], &b[..50], &mut budget), [(0..50, 0..50)]);
        assert!(budget <= 10);
    }

    proptest! {
        #[test]
        fn what_is_kept_is_equal(a in prop::collection::vec(0_u64..5, 0..40), b in prop::collection::vec(0_u64..5, 0..40)) {
            let (mut i, mut j) = (0, 0);
            for (old, new) in differences(&a, &b, &mut 100_000) {
                prop_assert_eq!(&a[i..old.start], &b[j..new.start]);
                prop_assert!(!old.is_empty() || !new.is_empty());
                (i, j) = (old.end, new.end);
            }
            prop_assert_eq!(&a[i..], &b[j..]);
        }
    }
}
