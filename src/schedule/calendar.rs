//! Cron expressions in a time zone: the instants at which it is time.
//!
//! When clocks are set, cron's own rule holds. A job with times of its own (neither minute nor hour begin with `*`)
//! runs once for each of them: a time that is skipped comes at the first instant after the gap, one that comes twice
//! the first time. A job that goes by the clock runs whenever the clock shows its time: not in a gap, and twice where
//! an hour is repeated (cron(8) of Debian).

use jiff::{
    SignedDuration,
    civil::{Date, Time},
    tz::{AmbiguousOffset, TimeZone},
};

use super::cron::{Cron, Expression};
use crate::model::time::Timestamp;

/// Days that are looked through for the next time. The 29th of February comes every eighth year at the latest, and as
/// a certain weekday every fortieth.
const FAR: usize = 41 * 366;

/// Cron expressions in a time zone.
#[derive(Debug, Clone)]
pub struct Calendar {
    cron: Cron,
    zone: TimeZone,
}

impl Calendar {
    /// Puts expressions into a zone.
    pub fn new(cron: Cron, zone: TimeZone) -> Self {
        Self { cron, zone }
    }

    /// The first instant after this one. `None` where none comes in the next forty years, as of 30 February.
    pub fn next(&self, after: Timestamp) -> Option<Timestamp> {
        self.after(after).next()
    }

    /// The instants after this one, in order.
    pub fn after(&self, after: Timestamp) -> impl Iterator<Item = Timestamp> + '_ {
        let moment = jiff::Timestamp::from_millisecond(after.millis()).ok();
        // From the day before: what a gap swallows at its end comes on the day after.
        let first = moment.and_then(|moment| moment.to_zoned(self.zone.clone()).date().yesterday().ok());
        let days = first.into_iter().flat_map(|first| first.series(jiff::ToSpan::days(1)));
        let mut barren = 0;
        days.map(move |day| self.on(day))
            .take_while(move |instants| {
                barren = if instants.is_empty() { barren + 1 } else { 0 };
                barren <= FAR
            })
            .flatten()
            .filter(move |instant| *instant > after)
            // What a gap swallowed at midnight and the first time of the next day may be one instant.
            .scan(None, |last, instant| {
                let is_new = *last != Some(instant);
                *last = Some(instant);
                Some(is_new.then_some(instant))
            })
            .flatten()
    }

    /// The instants that a day of this zone has, in order, each once.
    fn on(&self, day: Date) -> Vec<Timestamp> {
        let mut instants = Vec::new();
        for expression in self.cron.expressions().iter().filter(|e| e.is_on(day)) {
            match self.plain_midnight(day) {
                Some(midnight) => instants.extend(expression.minutes_of_day().filter_map(|minutes| {
                    let instant = midnight.checked_add(SignedDuration::from_mins(minutes.into())).ok()?;
                    Some(Timestamp::from_millis(instant.as_millisecond()))
                })),
                None => self.on_a_day_of_change(expression, day, &mut instants),
            }
        }
        instants.sort_unstable();
        instants.dedup();
        instants
    }

    /// Where the day begins, if its clock is not set: then its times lie at plain distances.
    fn plain_midnight(&self, day: Date) -> Option<jiff::Timestamp> {
        let midnight = |day: Date| self.zone.to_ambiguous_timestamp(day.to_datetime(Time::midnight()));
        let (begin, end) = (midnight(day), midnight(day.tomorrow().ok()?));
        match (begin.offset(), end.offset()) {
            (AmbiguousOffset::Unambiguous { offset }, AmbiguousOffset::Unambiguous { offset: later })
                if offset == later =>
            {
                begin.unambiguous().ok()
            }
            _ => None,
        }
    }

    fn on_a_day_of_change(&self, expression: &Expression, day: Date, instants: &mut Vec<Timestamp>) {
        let midnight = day.to_datetime(Time::midnight());
        for minutes in expression.minutes_of_day() {
            let Ok(shown) = midnight.checked_add(SignedDuration::from_mins(minutes.into())) else {
                continue;
            };
            let ambiguous = self.zone.to_ambiguous_timestamp(shown);
            let (first, second) = match (ambiguous.offset(), expression.by_clock) {
                (AmbiguousOffset::Unambiguous { .. }, _) => (ambiguous.compatible().ok(), None),
                (AmbiguousOffset::Gap { .. }, true) => (None, None),
                (AmbiguousOffset::Gap { .. }, false) => (self.end_of_gap(shown), None),
                (AmbiguousOffset::Fold { .. }, true) => (ambiguous.earlier().ok(), ambiguous.later().ok()),
                (AmbiguousOffset::Fold { .. }, false) => (ambiguous.earlier().ok(), None),
            };
            let found = first.into_iter().chain(second);
            instants.extend(found.map(|instant| Timestamp::from_millis(instant.as_millisecond())));
        }
    }

    /// The instant at which the clock goes over a time that it never shows.
    fn end_of_gap(&self, shown: jiff::civil::DateTime) -> Option<jiff::Timestamp> {
        // As if the clock had not been set yet, it lies after the change; and the change is the last one before it.
        let beyond = self.zone.to_ambiguous_timestamp(shown).later().ok()?;
        let before = self.zone.to_ambiguous_timestamp(shown).earlier().ok()?;
        self.zone
            .following(before)
            .next()
            .map(|transition| transition.timestamp())
            .filter(|at| *at <= beyond)
    }
}
