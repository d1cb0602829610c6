//! Edits to the links of an article, in tables; and the laws that they obey.

use std::collections::HashSet;

use proptest::prelude::*;

use super::*;

/// `A:here` leads to A and says "here"; `A:here@Notes` stands under that heading; `(A:here)` stands around
/// the main text.
fn version(written: &str) -> Vec<Mention<String>> {
    let mention = |word: &str| {
        let place = if word.starts_with('(') {
            Place::Around
        } else {
            Place::Main
        };
        let word = word.trim_matches(['(', ')']);
        let (target, rest) = word.split_once(':').expect("a target and its words");
        let (anchor, section) = match rest.split_once('@') {
            Some((anchor, section)) => (anchor, Some(section.to_owned())),
            None => (rest, None),
        };
        Mention {
            target: target.to_owned(),
            anchor: anchor.to_owned(),
            section,
            place,
        }
    };
    written.split_whitespace().map(mention).collect()
}

/// `A -`: removed; `B +`: added; `A > B`: retargeted; `A x=y`: other words.
fn told(edits: &[Edit<String>]) -> Vec<String> {
    let words = |text: &Option<String>| text.clone().unwrap_or_default();
    edits
        .iter()
        .map(|edit| match edit.what {
            SourceEvent::Removed => format!("{} -", edit.target),
            SourceEvent::Added => format!("{} +", edit.target),
            SourceEvent::Restored => format!("{} again", edit.target),
            SourceEvent::Retargeted => format!("{} > {}", edit.target, words(&edit.now)),
            SourceEvent::AnchorChanged => {
                format!(
                    "{} {}={}",
                    edit.target,
                    words(&edit.anchor_before),
                    words(&edit.anchor_after)
                )
            }
        })
        .collect()
}

#[test]
fn tells_what_was_done_to_each_link() {
    for (what, before, after, want) in [
        ("nothing", "A:a B:b", "A:a B:b", &[][..]),
        ("nothing, of nothing", "", "", &[]),
        ("the first links", "", "A:a B:b", &["A +", "B +"]),
        ("the last link", "A:a B:b", "A:a", &["B -"]),
        ("another order", "A:a B:b C:c", "C:c A:a B:b", &[]),
        ("another heading", "A:a@One", "A:a@Two", &[]),
        ("other words", "A:a B:b", "A:z B:b", &["A a=z"]),
        ("words where there were none", "A:", "A:a", &["A =a"]),
        ("elsewhere", "A:a B:b C:c", "A:a D:b C:c", &["B > D"]),
        ("all of it elsewhere", "A:a B:b", "C:a D:b", &["A > C", "B > D"]),
        (
            "elsewhere, under a heading that was renamed",
            "A:a@One B:b@One",
            "A:a@Two D:b@Two",
            &["B > D"],
        ),
        (
            "elsewhere, at another place of the section",
            "B:b@One A:a@One",
            "A:a@One D:b@One",
            &["B > D"],
        ),
        (
            "in another section it is another link",
            "B:b@One A:a@One",
            "A:a@One D:b@Two",
            &["B -", "D +"],
        ),
        ("to a page that is cited already", "A:a B:b", "B:a B:b", &["A > B"]),
        ("one of two links elsewhere", "A:a A:z", "B:a A:z", &["A > B"]),
        ("both links elsewhere", "A:a A:a", "B:a B:a", &["A > B"]),
        ("to two places", "A:a A:b", "B:a C:b", &["A > B", "A > C"]),
        ("two places made one", "A:a B:b", "C:a C:b", &["A > C", "B > C"]),
        ("one mention fewer", "A:a B:b A:c", "A:a B:b", &[]),
        ("one mention more", "A:a", "A:a A:b", &[]),
        ("one of two mentions worded anew", "A:a A:b", "A:a A:c", &["A b=c"]),
        (
            "worded anew, under its own heading",
            "A:a@One A:b@Two",
            "A:c@Two A:a@One",
            &["A b=c"],
        ),
        ("the same words anew at each mention", "A:a A:a", "A:b A:b", &["A a=b"]),
        (
            "the words of two links exchanged",
            "A:a B:b",
            "B:a A:b",
            &["A a=b", "B b=a"],
        ),
        ("from the text to what stands around it", "A:a", "(A:b)", &[]),
        ("around the text something else", "A:a", "(B:a)", &["A -", "B +"]),
        ("without words nothing is told apart", "A:", "B:", &["A -", "B +"]),
    ] {
        let edits = edits(&version(before), &version(after));
        assert_eq!(told(&edits), want, "{what}: {before:?} to {after:?}");
    }
}

#[test]
fn words_that_many_links_share_make_no_pairs() {
    for (what, before, after, want) in [
        (
            "one of three, between the other two",
            "A:here B:here C:here",
            "A:here D:here C:here",
            &["B > D"][..],
        ),
        (
            "two of four, each in its gap",
            "A:here B:here C:c D:here",
            "E:here B:here C:c F:here",
            &["A > E", "D > F"],
        ),
        (
            "all of them",
            "A:here B:here",
            "C:here D:here",
            &["A -", "B -", "C +", "D +"],
        ),
        (
            "two in one gap",
            "A:a B:here C:here D:d",
            "A:a E:here F:here D:d",
            &["B -", "C -", "E +", "F +"],
        ),
        (
            "two made one",
            "A:a B:here C:here D:d",
            "A:a E:here D:d",
            &["B -", "C -", "E +"],
        ),
        (
            "gone at the top, new at the end",
            "A:here B:here C:here",
            "B:here C:here D:here",
            &["A -", "D +"],
        ),
        (
            "the same under headings",
            "A:here@One B:here@One",
            "B:here@One D:here@One",
            &["A -", "D +"],
        ),
    ] {
        let edits = edits(&version(before), &version(after));
        assert_eq!(told(&edits), want, "{what}: {before:?} to {after:?}");
    }
}

#[test]
fn a_link_is_told_by_its_words_in_the_main_text() {
    let edits = edits(&version("(A:menu) A: A:words"), &[]);
    assert_eq!(edits.len(), 1);
    assert_eq!(
        (edits[0].anchor_before.as_deref(), edits[0].place),
        (Some("words"), Place::Main)
    );
}

#[test]
fn many_links_that_say_the_same_take_no_longer_than_others() {
    let many = |first: u32| -> Vec<Mention<u32>> {
        (first..first + 50_000)
            .map(|target| Mention {
                target,
                anchor: "here".into(),
                section: None,
                place: Place::Main,
            })
            .collect()
    };
    // Were it quadratic, it would take minutes.
    assert_eq!(edits(&many(0), &many(1)).len(), 2);
    assert_eq!(edits(&many(0), &many(1_000_000)).len(), 100_000);
}

fn any_version() -> impl Strategy<Value = Vec<Mention<String>>> {
    let mention = (0..6u8, 0..4u8, 0..3u8, any::<bool>()).prop_map(|(target, anchor, section, main)| Mention {
        target: target.to_string(),
        anchor: ["", "here", "a", "b"][usize::from(anchor)].to_owned(),
        section: [None, Some("One"), Some("Two")][usize::from(section)].map(str::to_owned),
        place: if main { Place::Main } else { Place::Around },
    });
    prop::collection::vec(mention, 0..12)
}

fn targets(version: &[Mention<String>]) -> HashSet<String> {
    version.iter().map(|mention| mention.target.clone()).collect()
}

proptest! {
    #[test]
    fn a_version_differs_in_nothing_from_itself(version in any_version()) {
        prop_assert_eq!(edits(&version, &version), vec![]);
    }

    #[test]
    fn the_edits_lead_from_one_set_of_targets_to_the_other(before in any_version(), after in any_version()) {
        let (mut cited, is) = (targets(&before), targets(&after));
        for edit in edits(&before, &after) {
            match edit.what {
                SourceEvent::Removed => prop_assert!(cited.remove(&edit.target)),
                SourceEvent::Added => prop_assert!(cited.insert(edit.target)),
                SourceEvent::Retargeted => {
                    let now = edit.now.expect("where it leads now");
                    prop_assert!(now != edit.target && is.contains(&now));
                    if !is.contains(&edit.target) {
                        cited.remove(&edit.target);
                    }
                    cited.insert(now);
                }
                SourceEvent::AnchorChanged => {
                    prop_assert!(cited.contains(&edit.target) && edit.anchor_before != edit.anchor_after);
                }
                SourceEvent::Restored => prop_assert!(false, "two versions cannot tell"),
            }
        }
        prop_assert_eq!(cited, is);
    }

    #[test]
    fn an_edit_is_told_once(before in any_version(), after in any_version()) {
        let edits = edits(&before, &after);
        for (at, edit) in edits.iter().enumerate() {
            prop_assert!(!edits[..at].contains(edit), "{:?}", edit);
        }
    }
}
