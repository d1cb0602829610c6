#![no_main]
//! Two versions of a page, and what is quoted from it, which is also the fragment that points into it;
//! parted by NUL.

use evercite::{
    model::passage::Anchors,
    verdict::{
        drift::{Side, changes, compare, notice},
        fragment, quote,
    },
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &str| {
    let mut parts = input.splitn(3, '\0').chain(["", ""]);
    let mut part = || parts.next().unwrap_or("");
    let (old, new, third) = (part(), part(), part());
    let side = |text| Side { title: third, text };
    let (_, scores) = compare(side(old), side(new));
    assert!((0.0..=1.0).contains(&scores.jaccard) && (0.0..=1.0).contains(&scores.containment));
    let found = changes(old, new);
    assert_eq!(found.gone().len() + found.altered.len(), found.removed.len());
    for altered in &found.altered {
        altered.pieces();
    }
    notice(side(old), side(new));
    for found in quote::check(&[third], new) {
        assert!(found.now.is_none_or(|now| new.contains(now)));
    }
    let page = Anchors { text: new.into(), ..Anchors::default() };
    fragment::check(&fragment::parse(third), &page, false);
});
