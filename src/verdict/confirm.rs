//! How sure a verdict is: the state machine between one look and the next.
//!
//! | what is seen | what it makes |
//! |---|---|
//! | a definite answer (404, 410, no such name, "not found" by two signs) | dead at once, confirmed when seen again on another day |
//! | a failure that may pass (time-out, refused, reset, 5xx, TLS, loop) | suspect; dead with the third of three strikes, each at least three days after the one before |
//! | a refusal (blocked), or not asked (excluded) | neither counts nor forgives: strikes stay as they are |
//! | anything good | revived: strikes are forgotten |

use std::{ops::RangeInclusive, time::Duration};

use crate::model::{
    time::Timestamp,
    verdict::{Class, Verdict},
};

/// Failures of a kind that may pass before a link is dead.
pub const STRIKES: u32 = 3;
const DAY: Duration = Duration::from_secs(24 * 3600);
/// Between two of them at least.
pub const BETWEEN_STRIKES: Duration = Duration::from_secs(3 * 24 * 3600);
/// A dead link is asked again after so many days, by how long it has been dead: for ever.
const RECHECKS: [u32; 4] = [7, 14, 30, 90];

/// What the user sets of the rules.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// Statuses taken for fine: such an answer is ok, but never a baseline.
    pub accept: Vec<RangeInclusive<u16>>,
    /// What makes a second look count.
    pub confirmation: Confirmation,
}

/// What makes a second look count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Confirmation {
    /// Another day for a definite answer, three days for one that may pass.
    #[default]
    Days,
    /// So long after the look before, for people who look once and want to know now.
    After(Duration),
}

impl Confirmation {
    /// Between two strikes at least.
    pub fn between_strikes(self) -> Duration {
        match self {
            Confirmation::Days => BETWEEN_STRIKES,
            Confirmation::After(wait) => wait,
        }
    }

    /// How far apart the looks were that made a link dead, in words.
    pub(super) fn apart(self) -> String {
        match self {
            Confirmation::Days => " days apart".into(),
            Confirmation::After(wait) => format!(" at least {} s apart", wait.as_secs()),
        }
    }

    fn is_second_look(self, first: Timestamp, at: Timestamp) -> bool {
        match self {
            Confirmation::Days => first.date() != at.date(),
            Confirmation::After(wait) => at.since(first) >= wait,
        }
    }
}

/// Where the state machine stands after a look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct State {
    /// The class, with strikes taken in.
    pub class: Class,
    /// When this class began.
    pub since: Timestamp,
    /// Seen by two looks that count.
    pub confirmed: bool,
    /// Failures counted towards death.
    pub strikes: u32,
    /// When the last of them was counted.
    pub last_strike: Option<Timestamp>,
    /// Dead by strikes, not by a definite answer.
    pub worn_out: bool,
}

/// The state after a look at `at` that showed `class`.
pub fn next(previous: Option<&Verdict>, class: Class, at: Timestamp, confirmation: Confirmation) -> State {
    let failing = matches!(class, Class::Dead | Class::Suspect);
    let (mut strikes, mut last_strike) = previous.map_or((0, None), |p| (p.strikes, p.last_strike));
    if failing {
        if last_strike.is_none_or(|counted| at.since(counted) >= confirmation.between_strikes()) {
            (strikes, last_strike) = (strikes + 1, Some(at));
        }
    } else if !matches!(class, Class::Blocked | Class::Excluded) {
        (strikes, last_strike) = (0, None);
    }
    let worn_out = class == Class::Suspect && strikes >= STRIKES;
    let class = if worn_out { Class::Dead } else { class };
    let same = previous.filter(|p| p.class == class);
    let since = same.map_or(at, |p| p.since);
    let second_look = |p: &Verdict| p.confirmed || confirmation.is_second_look(p.since, at);
    State {
        class,
        since,
        confirmed: worn_out || same.is_some_and(second_look),
        strikes,
        last_strike,
        worn_out,
    }
}

/// When a link is due again, seen last at `checked`; `None` for what every visit asks.
///
/// Dead: the next day until confirmed, then after 7, 14, 30 and 90 days, and every 90 for ever. Suspect:
/// when its next strike counts.
pub fn due(verdict: &Verdict, checked: Timestamp) -> Option<Timestamp> {
    match verdict.class {
        Class::Dead if !verdict.confirmed => Some(next_day(checked)),
        Class::Dead => {
            let dead_for = checked.since(verdict.since);
            let mut begins = Duration::ZERO;
            let gap = RECHECKS.iter().find(|&&days| {
                begins += days * DAY;
                dead_for < begins
            });
            let days = gap.copied().unwrap_or(RECHECKS[RECHECKS.len() - 1]);
            Some(checked.plus(days * DAY))
        }
        Class::Suspect => verdict.last_strike.map(|strike| strike.plus(BETWEEN_STRIKES)),
        _ => None,
    }
}

fn next_day(at: Timestamp) -> Timestamp {
    let day = DAY.as_millis() as i64;
    Timestamp::from_millis((at.millis().div_euclid(day) + 1) * day)
}

/// Whether `--confirm now` wants another look at this within the run.
pub fn wants_another_look(verdict: &Verdict) -> bool {
    match verdict.class {
        Class::Dead => !verdict.confirmed,
        Class::Suspect => verdict.strikes < STRIKES,
        _ => false,
    }
}

#[cfg(test)]
#[path = "confirm_tests.rs"]
mod tests;
