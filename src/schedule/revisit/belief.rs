//! How often a page is believed to change: a probability for each of a few rates.
//!
//! A page is taken to change at random moments, so many times a day in the mean. Two visits tell only whether there was
//! a change in between: after `days` a rate is `1 - exp(-rate * days)` times as likely as before when there was one,
//! and `exp(-rate * days)` times when there was none. That is right for visits at any distance from each other, where
//! counting changes is not: of several changes between two visits one is seen.

use std::sync::LazyLock;

/// Rates that are told apart.
pub const CELLS: usize = 32;
/// Changes a day: once in fourteen years.
const SLOWEST: f64 = 1.0 / 5_000.0;
/// Changes a day: every six hours.
const FASTEST: f64 = 4.0;
/// In days.
const HOUR: f64 = 1.0 / 24.0;
/// Nothing becomes less likely than this in the light of what was seen, next to what is likeliest: a page that was
/// still for years and then changes each day is soon believed to.
const NEVER_SURE: f32 = 1e-9;

/// The rates, in changes a day; each is as much faster than the one before.
static RATES: LazyLock<[f64; CELLS]> = LazyLock::new(|| {
    let step = (FASTEST / SLOWEST).ln() / (CELLS - 1) as f64;
    std::array::from_fn(|cell| SLOWEST * (step * cell as f64).exp())
});

/// What visits of a page tell of its rate, whatever was believed before: how likely each rate makes them, next to
/// the rate that makes them likeliest.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    likelihood: [f32; CELLS],
    intervals: u32,
}

impl Default for Evidence {
    fn default() -> Self {
        Self {
            likelihood: [1.0; CELLS],
            intervals: 0,
        }
    }
}

impl Evidence {
    /// Takes in that a page had changed, or had not, so many days after the visit before.
    pub fn see(&mut self, days: f64, changed: bool) {
        // A change took some time, however soon after the other the visits were.
        let days = if changed { days.max(HOUR) } else { days };
        if days <= 0.0 {
            return;
        }
        let mut most = 0.0_f32;
        for (likelihood, rate) in self.likelihood.iter_mut().zip(RATES.iter()) {
            let stays = (-rate * days).exp();
            *likelihood *= if changed { 1.0 - stays } else { stays } as f32;
            most = most.max(*likelihood);
        }
        for likelihood in &mut self.likelihood {
            *likelihood = match most > 0.0 {
                true => (*likelihood / most).max(NEVER_SURE),
                // An interval so long that every rate is ruled out tells nothing.
                false => 1.0,
            };
        }
        self.intervals += 1;
    }

    /// Pairs of visits that were taken in.
    pub fn intervals(&self) -> u32 {
        self.intervals
    }
}

/// How likely each rate is.
#[derive(Debug, Clone, PartialEq)]
pub struct Belief([f32; CELLS]);

impl Default for Belief {
    /// Every rate is as likely.
    fn default() -> Self {
        Self([1.0 / CELLS as f32; CELLS])
    }
}

impl Belief {
    /// Proportional to these, which are not all 0.
    fn of(parts: &[f64; CELLS]) -> Self {
        let sum: f64 = parts.iter().sum();
        Self(parts.map(|part| (part / sum) as f32))
    }

    /// What is believed after what was seen.
    pub fn after(&self, seen: &Evidence) -> Self {
        Self::of(&std::array::from_fn(|cell| {
            f64::from(self.0[cell] * seen.likelihood[cell])
        }))
    }

    /// Days between two changes: the mean over what is believed. Slow rates weigh more in it than in a mean of rates,
    /// so that a link of which little is known is taken for one that can be followed, and becomes known.
    pub fn days_between_changes(&self) -> f64 {
        self.cells().map(|(rate, likely)| likely / rate).sum()
    }

    /// The days between two changes that it is no more than with this probability.
    pub fn quantile(&self, probability: f64) -> f64 {
        let mut below = 0.0;
        for (rate, likely) in self.cells().rev() {
            below += likely;
            if below >= probability {
                return 1.0 / rate;
            }
        }
        1.0 / SLOWEST
    }

    /// Rates with their probabilities, from the slowest on.
    fn cells(&self) -> impl DoubleEndedIterator<Item = (f64, f64)> {
        RATES
            .iter()
            .zip(&self.0)
            .map(|(rate, likely)| (*rate, f64::from(*likely)))
    }
}

/// Many beliefs, added up.
#[derive(Debug, Clone)]
pub(super) struct Sum {
    parts: [f64; CELLS],
    count: f64,
}

impl Default for Sum {
    fn default() -> Self {
        Self {
            parts: [0.0; CELLS],
            count: 0.0,
        }
    }
}

impl Sum {
    /// With one more, or with one taken away.
    pub fn add(&mut self, belief: &Belief, times: f64) {
        for (part, likely) in self.parts.iter_mut().zip(&belief.0) {
            *part = (*part + times * f64::from(*likely)).max(0.0);
        }
        self.count = (self.count + times).max(0.0);
    }

    /// Their mean, with a belief that counts as much as so many of them.
    pub fn mean(&self, with: &Belief, counts: f64) -> Belief {
        let mut sum = self.clone();
        sum.add(with, counts);
        Belief::of(&sum.parts)
    }
}
