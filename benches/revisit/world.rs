//! Pages that change and die, and what a policy keeps fresh of them.

use evercite::schedule::revisit::utility;

use super::policy::Policy;

pub const PAGES: usize = 3_000;
pub const HOSTS: usize = 300;

/// The rates are lognormal: these two are the only ones with which, at one visit in 14 days, uniform visits keep .753
/// fresh and the best there are .786.
const MEDIAN: f64 = 1.0 / 46.6;
const SPREAD: f64 = 1.84;

/// Numbers that look drawn and follow from a seed (SplitMix64).
#[derive(Debug, Clone)]
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Between 0 and 1, neither included.
    fn share(&mut self) -> f64 {
        ((self.next() >> 12) as f64 + 0.5) / (1_u64 << 52) as f64
    }

    /// Days until what happens so many times a day in the mean.
    fn waiting(&mut self, rate: f64) -> f64 {
        -self.share().ln() / rate
    }

    /// From the standard normal distribution (Box and Muller).
    fn normal(&mut self) -> f64 {
        (-2.0 * self.share().ln()).sqrt() * (std::f64::consts::TAU * self.share()).cos()
    }
}

/// A page, as nobody but it knows it.
#[derive(Debug, Clone)]
struct Page {
    rate: f64,
    host: usize,
    changes: Random,
    /// The share of such pages that dies in a day.
    dying: f64,
}

/// All of them.
pub struct World {
    pages: Vec<Page>,
}

/// What a policy came to.
#[derive(Debug, Clone, Copy)]
pub struct Outcome {
    /// Share of time and pages in which the copy was what the page is.
    pub fresh: f64,
    /// Days from the first change after a visit until the next visit.
    pub delay: f64,
    /// Days from a death until the next visit.
    pub death_delay: Option<f64>,
    /// Pages never visited again after their first copy.
    pub never: usize,
    pub visits_a_day: f64,
}

impl World {
    /// The rates are always the same; `alike` is the share of their variance that is between hosts, `dying` the
    /// share of pages that dies in a day.
    pub fn new(seed: u64, alike: f64, dying: f64) -> Self {
        let mut random = Random(seed);
        let hosts: Vec<f64> = (0..HOSTS).map(|_| random.normal()).collect();
        let mut order: Vec<(f64, usize)> = (0..PAGES)
            .map(|page| {
                let host = page % HOSTS;
                let own = random.normal();
                (alike.sqrt() * hosts[host] + (1.0 - alike).sqrt() * own, host)
            })
            .collect();
        order.sort_by(|a, b| a.0.total_cmp(&b.0));
        // The quantiles themselves, so that no draw of rates decides how good a policy looks.
        let rate = |rank: usize| MEDIAN * (SPREAD * normal_quantile((rank as f64 + 0.5) / PAGES as f64)).exp();
        let page = |(rank, (_, host)): (usize, (f64, usize))| Page {
            rate: rate(rank),
            host,
            changes: Random(random.next()),
            dying,
        };
        Self {
            pages: order.into_iter().enumerate().map(page).collect(),
        }
    }

    pub fn rates(&self) -> impl Iterator<Item = f64> {
        self.pages.iter().map(|page| page.rate)
    }

    pub fn host(&self, page: usize) -> usize {
        self.pages[page].host
    }

    /// What visits at the same distance for all would keep fresh, and what the best distances would, for a budget of
    /// one visit a page in so many days.
    pub fn in_closed_form(&self, days: f64) -> (f64, f64) {
        let fresh = |rate: f64, days: f64| (1.0 - (-rate * days).exp()) / (rate * days);
        let uniform = self.rates().map(|rate| fresh(rate, days)).sum::<f64>() / PAGES as f64;
        let (mut low, mut high) = (1e-4_f64, 1e4_f64);
        for _ in 0..40 {
            let middle = (low * high).sqrt();
            let visits: f64 = self.rates().map(|rate| 1.0 / best_interval(rate, middle)).sum();
            match visits > PAGES as f64 / days {
                true => low = middle,
                false => high = middle,
            }
        }
        let best = self.rates().map(|rate| match best_interval(rate, high) {
            days if days.is_finite() => fresh(rate, days),
            _ => 0.0,
        });
        (uniform, best.sum::<f64>() / PAGES as f64)
    }

    /// Visits once a day, at its end, what the policy chooses. Each page was copied at the beginning.
    pub fn run(&self, policy: &mut dyn Policy, budget: u32, settling: u32, measured: u32) -> Outcome {
        let mut copies: Vec<Copied> = self.pages.iter().map(Copied::of).collect();
        let mut sums = Sums::default();
        for day in 0..settling + measured {
            let counts = day >= settling;
            for copy in copies.iter().filter(|_| counts) {
                sums.fresh += (copy.stale_since - f64::from(day)).clamp(0.0, 1.0);
            }
            let now = day + 1;
            for page in policy.choose(now, budget) {
                let (copy, of) = (&mut copies[page], &self.pages[page]);
                sums.visits += 1.0;
                let seen = copy.visit(of, f64::from(now));
                if counts && let Some(delay) = seen.delay {
                    sums.delay += delay;
                    sums.changes += 1.0;
                }
                if counts && let Some(delay) = seen.death_delay {
                    sums.death_delay += delay;
                    sums.deaths += 1.0;
                }
                policy.told(page, now, seen.delay.is_some(), seen.death_delay.is_some());
            }
        }
        Outcome {
            fresh: sums.fresh / (f64::from(measured) * PAGES as f64),
            delay: sums.delay / sums.changes,
            death_delay: (sums.deaths > 0.0).then(|| sums.death_delay / sums.deaths),
            never: copies.iter().filter(|copy| !copy.visited).count(),
            visits_a_day: sums.visits / f64::from(settling + measured),
        }
    }
}

#[derive(Debug, Default)]
struct Sums {
    fresh: f64,
    delay: f64,
    changes: f64,
    death_delay: f64,
    deaths: f64,
    visits: f64,
}

/// The copy of a page.
struct Copied {
    changes: Random,
    /// Of the page, after the copy was made.
    stale_since: f64,
    next_change: f64,
    dies: f64,
    visited: bool,
}

/// What a visit found.
struct Seen {
    delay: Option<f64>,
    death_delay: Option<f64>,
}

impl Copied {
    fn of(page: &Page) -> Self {
        let mut changes = page.changes.clone();
        let next_change = changes.waiting(page.rate);
        let dies = changes.waiting(page.dying);
        Self {
            changes,
            stale_since: next_change.min(dies),
            next_change,
            dies,
            visited: false,
        }
    }

    /// In the place of a page that is found dead there is another one from then on.
    fn visit(&mut self, page: &Page, now: f64) -> Seen {
        self.visited = true;
        let death_delay = (self.dies <= now).then_some(now - self.dies);
        let delay = (self.stale_since <= now).then_some(now - self.stale_since);
        while self.next_change <= now {
            self.next_change += self.changes.waiting(page.rate);
        }
        if death_delay.is_some() {
            self.dies = now + self.changes.waiting(page.dying);
        }
        self.stale_since = self.next_change.min(self.dies);
        Seen {
            delay: delay.filter(|_| death_delay.is_none()),
            death_delay,
        }
    }
}

/// Days after which a page that changes at this rate is worth so much; infinite when it never is.
fn best_interval(rate: f64, threshold: f64) -> f64 {
    if 1.0 / rate <= threshold {
        return f64::INFINITY;
    }
    let (mut low, mut high) = (1e-4_f64, 1e7_f64);
    for _ in 0..50 {
        let middle = (low * high).sqrt();
        match utility(rate, middle) < threshold {
            true => low = middle,
            false => high = middle,
        }
    }
    high
}

/// The quantile of the standard normal distribution, by bisection of its distribution function (Abramowitz and Stegun
/// 26.2.17, good to seven digits).
fn normal_quantile(share: f64) -> f64 {
    let below = |x: f64| {
        let t = 1.0 / (1.0 + 0.231_641_9 * x.abs());
        let series = [
            0.319_381_530,
            -0.356_563_782,
            1.781_477_937,
            -1.821_255_978,
            1.330_274_429,
        ];
        let tail = series.iter().rev().fold(0.0, |sum, factor| (sum + factor) * t);
        let upper = (-x * x / 2.0).exp() / std::f64::consts::TAU.sqrt() * tail;
        if x < 0.0 { upper } else { 1.0 - upper }
    };
    let (mut low, mut high) = (-8.0, 8.0);
    for _ in 0..50 {
        let middle = f64::midpoint(low, high);
        match below(middle) < share {
            true => low = middle,
            false => high = middle,
        }
    }
    high
}
