//! The state machine in tables: sequences of looks, and when a link is due again.

use super::*;
use crate::model::verdict::{Access, Content, Resource, Transport};

const HOUR: i64 = 3600 * 1000;
const DAY_MS: i64 = 24 * HOUR;

fn verdict(state: State) -> Verdict {
    Verdict {
        class: state.class,
        transport: Transport::Ok,
        access: Access::Open,
        resource: Resource::Ok,
        content: Content::NotCompared,
        scores: None,
        since_last: Content::NotCompared,
        status: None,
        final_url: None,
        moved_to: None,
        passages: Vec::new(),
        reason: String::new(),
        evidence: Vec::new(),
        since: state.since,
        confirmed: state.confirmed,
        strikes: state.strikes,
        last_strike: state.last_strike,
    }
}

fn at(hours: i64) -> Timestamp {
    // Noon, so that a few hours more are the same day.
    Timestamp::from_millis(20_000 * DAY_MS + 12 * HOUR + hours * HOUR)
}

/// Looks at (hours, what was seen), with the class, the strikes and whether it is confirmed after each.
#[track_caller]
fn check(confirmation: Confirmation, looks: &[(i64, Class, Class, u32, bool)]) {
    let mut before: Option<Verdict> = None;
    for (hours, seen, class, strikes, confirmed) in looks {
        let state = next(before.as_ref(), *seen, at(*hours), confirmation);
        assert_eq!(
            (state.class, state.strikes, state.confirmed),
            (*class, *strikes, *confirmed),
            "after {hours} hours"
        );
        before = Some(verdict(state));
    }
}

#[test]
fn looks_days_apart() {
    use Class::{Blocked, Dead, Excluded, Ok, Suspect};
    let days = |sequence| check(Confirmation::Days, sequence);
    // A definite answer.
    days(&[
        (0, Dead, Dead, 1, false),
        (3, Dead, Dead, 1, false),
        (24, Dead, Dead, 1, true),
    ]);
    days(&[
        (0, Dead, Dead, 1, false),
        (24, Ok, Ok, 0, false),
        (48, Dead, Dead, 1, false),
    ]);
    // One that may pass.
    days(&[
        (0, Suspect, Suspect, 1, false),
        (24, Suspect, Suspect, 1, true),
        (71, Suspect, Suspect, 1, true),
        (72, Suspect, Suspect, 2, true),
        (143, Suspect, Suspect, 2, true),
        (144, Suspect, Dead, 3, true),
        (168, Suspect, Dead, 3, true),
        (192, Ok, Ok, 0, false),
    ]);
    // A refusal in between neither counts nor forgives, and never becomes death.
    days(&[
        (0, Suspect, Suspect, 1, false),
        (72, Blocked, Blocked, 1, false),
        (144, Suspect, Suspect, 2, false),
        (216, Excluded, Excluded, 2, false),
        (288, Suspect, Dead, 3, true),
    ]);
    days(&[
        (0, Blocked, Blocked, 0, false),
        (9_000, Blocked, Blocked, 0, true),
        (90_000, Blocked, Blocked, 0, true),
    ]);
}

#[test]
fn looks_within_one_run() {
    use Class::{Dead, Ok, Suspect};
    let now = |sequence| check(Confirmation::After(Duration::from_secs(3600)), sequence);
    now(&[(0, Dead, Dead, 1, false), (1, Dead, Dead, 2, true)]);
    now(&[
        (0, Suspect, Suspect, 1, false),
        (1, Suspect, Suspect, 2, true),
        (2, Suspect, Dead, 3, true),
    ]);
    now(&[(0, Suspect, Suspect, 1, false), (1, Ok, Ok, 0, false)]);
}

#[test]
fn a_dead_link_is_asked_again_for_ever_at_growing_distance() {
    let dead = |confirmed| {
        verdict(State {
            class: Class::Dead,
            since: at(0),
            confirmed,
            strikes: 1,
            last_strike: Some(at(0)),
            worn_out: false,
        })
    };
    for (days_dead, gap) in [
        (1, 7),
        (6, 7),
        (7, 14),
        (20, 14),
        (21, 30),
        (50, 30),
        (51, 90),
        (140, 90),
        (5_000, 90),
    ] {
        let checked = at(days_dead * 24);
        assert_eq!(
            due(&dead(true), checked),
            Some(checked.plus(gap * DAY)),
            "dead for {days_dead} days"
        );
    }
    let unconfirmed = due(&dead(false), at(0)).unwrap();
    assert_eq!(
        unconfirmed.since(at(0)),
        Duration::from_secs(12 * 3600),
        "as soon as another day has begun"
    );
}

#[test]
fn a_suspect_is_due_when_its_next_strike_counts_and_the_rest_at_every_visit() {
    for class in Class::ALL {
        let mut one = verdict(State {
            class: *class,
            since: at(0),
            confirmed: true,
            strikes: 1,
            last_strike: Some(at(0)),
            worn_out: false,
        });
        let when = due(&one, at(5));
        match class {
            Class::Suspect => assert_eq!(when, Some(at(72))),
            Class::Dead => assert!(when.is_some()),
            _ => assert_eq!(when, None, "{class}"),
        }
        one.confirmed = false;
        let again = wants_another_look(&one);
        assert_eq!(again, matches!(class, Class::Suspect | Class::Dead), "{class}");
    }
}
