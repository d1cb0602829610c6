//! What a visit is worth, after Olston and Pandey, "Recrawl scheduling based on information longevity", WWW 2008.
//!
//! `U(t) = 1/rate - (t + 1/rate) exp(-rate t)`: the days of being up to date that a visit buys `t` days after the one
//! before, less what it costs. Visits at one threshold for all are the best that can be had for their number. A page
//! that changes faster than it can be followed is worth little, 1/rate at most; and so is one that has hardly had time
//! to change.

use crate::model::time::Timestamp;

/// So many pages die in a day that never change: between a twentieth in a year (Pew Research Center 2024) and a
/// quarter (Fetterly et al. 2003). A death is a change, too.
const HAZARD: f64 = 0.12 / 365.0;
/// Days between two visits at least.
pub const SHORTEST: u32 = 1;
/// Days between two visits at most.
pub const LONGEST: u32 = 60;

/// Days from one time to another, in whole hours: what one run visits was visited at one time, as far as beliefs and
/// worth go. Otherwise seconds would decide between links of which the same is known.
pub fn days_between(earlier: Timestamp, later: Timestamp) -> f64 {
    let hours = later.since(earlier).as_secs_f64() / 3600.0;
    hours.round() / 24.0
}

/// A link as far as its worth goes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stake {
    /// Days between two changes, deaths among them.
    longevity: f64,
    weight: f64,
}

impl Stake {
    /// Of a link that changes every so many days and counts so much.
    pub fn new(days_between_changes: f64, weight: f64) -> Self {
        Self {
            longevity: 1.0 / (1.0 / days_between_changes + HAZARD),
            weight,
        }
    }

    /// What a visit is worth so many days after the one before. Never falls with time.
    pub fn worth(self, days: f64) -> f64 {
        self.weight * utility(1.0 / self.longevity, days)
    }

    /// Days between two visits when it is visited on the first day on which that is worth so much.
    pub fn interval(self, threshold: f64) -> u32 {
        let (mut below, mut days) = (SHORTEST - 1, LONGEST);
        while days - below > 1 {
            let middle = below.midpoint(days);
            match self.worth(f64::from(middle)) >= threshold {
                true => days = middle,
                false => below = middle,
            }
        }
        days
    }
}

/// The utility of a visit of a page that changes at this rate.
pub fn utility(rate: f64, days: f64) -> f64 {
    let x = rate * days;
    if x < 1e-4 {
        // The same, where the difference of two large numbers would be all rounding.
        return days * x / 2.0;
    }
    (1.0 - (1.0 + x) * (-x).exp()) / rate
}

/// Halvings of the range in which the threshold is.
const STEPS: u32 = 30;

/// The lowest threshold at which no more visits a day are made of these links than the budget pays for, in the mean;
/// `None` when it does not even pay for one every [`LONGEST`] days.
pub fn threshold(stakes: &[Stake], budget: f64) -> Option<f64> {
    let visits = |threshold: f64| -> f64 {
        let intervals = stakes.iter().map(|stake| f64::from(stake.interval(threshold)));
        intervals.map(f64::recip).sum()
    };
    if visits(0.0) <= budget {
        return Some(0.0);
    }
    if visits(f64::INFINITY) > budget {
        return None;
    }
    // Between what hardly anything is worth on its first day and what nothing is worth on its last.
    let most = stakes.iter().map(|stake| stake.worth(f64::from(LONGEST)));
    let (mut low, mut high) = (1e-9_f64, most.fold(1e-9, f64::max) * 2.0);
    for _ in 0..STEPS {
        let middle = (low * high).sqrt();
        match visits(middle) > budget {
            true => low = middle,
            false => high = middle,
        }
    }
    Some(high)
}
