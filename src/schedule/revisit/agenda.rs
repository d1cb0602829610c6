//! Which links a run visits: what has to be asked first, then by worth, until the allowance is out.

use std::{cmp::Ordering, time::Duration};

use super::{
    belief::Belief,
    worth::{LONGEST, Stake, days_between, threshold},
};
use crate::model::{revisit::Why, time::Timestamp};

const DAY: Duration = Duration::from_secs(24 * 3600);
/// Two visits are on two days (UTC), and not on both sides of one midnight.
const APART: Duration = Duration::from_secs(12 * 3600);
/// Days whose allowance a run may use, when nothing ran for longer.
const SAVED: u32 = 7;

/// A link that may be visited.
#[derive(Debug, Clone)]
pub struct Link {
    /// How often it changes.
    pub belief: Belief,
    /// How much it counts, next to others.
    pub weight: f64,
    /// When it was last visited.
    pub last: Option<Timestamp>,
    /// How it is failing, if it is.
    pub failing: Option<Failing>,
}

/// A link that was failing when it was last visited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failing {
    /// Suspect or dead.
    pub why: Why,
    /// When it is to be asked again.
    pub due: Timestamp,
    /// Whether it rests until then. It does not when there is something else to visit at its address.
    pub rests: bool,
}

/// A link that is visited.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Choice {
    /// Its place among the links.
    pub link: usize,
    /// Why it is.
    pub why: Why,
    /// Since when it is due, or will be.
    pub due: Timestamp,
    /// What the visit is worth.
    pub worth: f64,
}

/// All links, with the worth at which they are due.
#[derive(Debug, Clone)]
pub struct Agenda {
    links: Vec<(Link, Stake)>,
    threshold: Option<f64>,
}

impl Agenda {
    /// Of links that share so many visits a day. Their order decides between two of the same worth.
    pub fn new(links: Vec<Link>, budget: u32) -> Self {
        let with_stake = |link: Link| {
            let stake = Stake::new(link.belief.days_between_changes(), link.weight);
            (link, stake)
        };
        let links: Vec<(Link, Stake)> = links.into_iter().map(with_stake).collect();
        // Those that rest take their part whatever they are worth.
        let resting = |link: &Link| link.failing.filter(|failing| failing.rests);
        let taken = links
            .iter()
            .filter_map(|(link, _)| Some(DAY.div_duration_f64(gap(link.last?, resting(link)?))));
        let left = f64::from(budget) - taken.sum::<f64>();
        let by_worth = links.iter().filter(|(link, _)| resting(link).is_none());
        let stakes: Vec<Stake> = by_worth.map(|(_, stake)| *stake).collect();
        Self {
            threshold: threshold(&stakes, left),
            links,
        }
    }

    /// The worth at which a link is due; `None` where the budget is too small for any to be before it has to.
    pub fn threshold(&self) -> Option<f64> {
        self.threshold
    }

    /// What a run that begins `now` visits, in the order in which it matters.
    pub fn choose(&self, now: Timestamp, allowance: u64) -> Vec<Choice> {
        let mut chosen: Vec<Choice> = (0..self.links.len())
            .filter_map(|link| self.standing(link, now))
            .collect();
        chosen.sort_by(|a, b| order(a).cmp(&order(b)).then_with(|| urgency(a, b)));
        chosen.truncate(usize::try_from(allowance).unwrap_or(usize::MAX));
        chosen
    }

    /// Whether a link may be visited `now`, and why.
    fn standing(&self, number: usize, now: Timestamp) -> Option<Choice> {
        let (link, stake) = &self.links[number];
        let choice = |why, due, worth| Choice {
            link: number,
            why,
            due,
            worth,
        };
        let Some(last) = link.last else {
            return Some(choice(Why::Unchecked, now, stake.worth(f64::from(LONGEST))));
        };
        let since = now.since(last);
        let worth = stake.worth(days_between(last, now));
        if since < APART || since < DAY && now.date() == last.date() {
            return None;
        }
        match link.failing {
            Some(failing) if failing.due <= now => return Some(choice(failing.why, failing.due, worth)),
            Some(failing) if failing.rests => return None,
            _ => {}
        }
        // The next run may come a little too late.
        if since + APART >= LONGEST * DAY {
            return Some(choice(Why::Cap, last.plus(LONGEST * DAY), worth));
        }
        let interval = self.threshold.map_or(LONGEST, |threshold| stake.interval(threshold));
        let why = match self.threshold {
            Some(threshold) if worth >= threshold => Why::Worth,
            _ => Why::Spare,
        };
        Some(choice(why, last.plus(interval * DAY), worth))
    }

    /// A visit is made that finds nothing new.
    pub fn visited(&mut self, link: usize, at: Timestamp) {
        let link = &mut self.links[link].0;
        if let (Some(failing), Some(last)) = (&mut link.failing, link.last) {
            failing.due = at.plus(gap(last, *failing));
        }
        link.last = Some(at);
    }
}

/// How long a failing link rests from one visit to the next.
fn gap(last: Timestamp, failing: Failing) -> Duration {
    failing.due.since(last).max(DAY)
}

/// What is visited before what; those of one number by their urgency.
fn order(choice: &Choice) -> u8 {
    match choice.why {
        Why::Unchecked => 0,
        Why::Suspect => 1,
        Why::Dead => 2,
        Why::Cap => 3,
        Why::Worth | Why::Spare => 4,
    }
}

/// Of two for the same reason: what waits for longer; where nothing waits, what is worth more.
fn urgency(a: &Choice, b: &Choice) -> Ordering {
    match a.why {
        Why::Suspect | Why::Dead | Why::Cap => a.due.cmp(&b.due),
        Why::Unchecked | Why::Worth | Why::Spare => b.worth.total_cmp(&a.worth),
    }
}

/// Links that a run may visit that begins `now`: so many a day since the last one began, of a week at most.
/// Counted along the clock, so that runs of any length and number come to no more than that in a day.
pub fn allowance(a_day: u32, last: Option<Timestamp>, now: Timestamp) -> u64 {
    let day = DAY.as_millis() as i128;
    let until = |at: i64| (i128::from(a_day) * i128::from(at)).div_euclid(day);
    let since = match last {
        // A clock that was wrong says nothing.
        Some(last) if last <= now => last.millis().max(now.millis() - i64::from(SAVED) * day as i64),
        _ => return u64::from(a_day),
    };
    u64::try_from(until(now.millis()) - until(since)).unwrap_or(0)
}
