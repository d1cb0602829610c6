//! What is visited when: the policies of the literature, each a score by which pages are chosen, and ours.

use std::time::Duration;

use evercite::{
    model::time::Timestamp,
    schedule::revisit::{Agenda, Belief, Evidence, Link, Priors, allowance, utility},
};

use super::world::{PAGES, World};

/// Chooses pages, and is told what was found.
pub trait Policy {
    /// The pages that are visited at the end of a day.
    fn choose(&mut self, now: u32, budget: u32) -> Vec<usize>;
    /// What a visit found.
    fn told(&mut self, page: usize, now: u32, changed: bool, dead: bool);
}

/// What is known of a page from its visits.
#[derive(Debug, Clone, Default)]
struct History {
    last: u32,
    visits: f64,
    changes: f64,
    days: f64,
    evidence: Evidence,
}

impl History {
    fn take_in(&mut self, now: u32, changed: bool, dead: bool) {
        let days = f64::from(now - self.last);
        self.last = now;
        if dead {
            // Another page is in its place.
            *self = Self {
                last: now,
                ..Self::default()
            };
            return;
        }
        self.visits += 1.0;
        self.changes += f64::from(u8::from(changed));
        self.days += days;
        self.evidence.see(days, changed);
    }
}

/// From what is known of a page, its true rate (which few look at) and the days since it was visited.
type Score = fn(&History, f64, f64) -> f64;

/// Visits the pages with the highest score.
pub struct Scored {
    name: &'static str,
    score: Score,
    /// Days after which a page is visited whatever its score is.
    cap: f64,
    rates: Vec<f64>,
    known: Vec<History>,
}

impl Scored {
    fn new(name: &'static str, score: Score, cap: f64) -> Self {
        Self {
            name,
            score,
            cap,
            // They are always the same.
            rates: World::new(0, 0.0, 0.0).rates().collect(),
            known: vec![History::default(); PAGES],
        }
    }

    pub fn uniform() -> Self {
        Self::new("uniform", |_, _, days| days, f64::INFINITY)
    }

    pub fn true_rate() -> Self {
        Self::new("U, true rate", |_, rate, days| utility(rate, days), f64::INFINITY)
    }

    pub fn name(&self) -> String {
        match self.cap.is_finite() {
            true => format!("{}, at most {} d", self.name, self.cap),
            false => self.name.to_owned(),
        }
    }
}

/// The rows of the table that ours is held against.
pub fn of_the_literature() -> Vec<Scored> {
    vec![
        Scored::uniform(),
        Scored::new("proportional to true rate", |_, rate, days| rate * days, f64::INFINITY),
        Scored::true_rate(),
        Scored::new("U, Cho estimate", cho, f64::INFINITY),
        Scored::new("U, Bayes grid", grid, f64::INFINITY),
        Scored::new("U, Cho estimate", cho, 60.0),
        Scored::new("U, Bayes grid", grid, 60.0),
    ]
}

/// Cho and Garcia-Molina, "Estimating frequency of change" (2003): -ln((n - X + 0.5) / (n + 0.5)) / interval. After
/// three visits in the rhythm of all, and never less than once a year.
fn cho(known: &History, _: f64, days: f64) -> f64 {
    if known.visits < 3.0 {
        return if days >= 14.0 { 1e3 + days } else { 0.0 };
    }
    let still = (known.visits - known.changes + 0.5) / (known.visits + 0.5);
    let rate = -still.ln() / (known.days / known.visits);
    utility(rate.max(1.0 / 365.0), days)
}

fn grid(known: &History, _: f64, days: f64) -> f64 {
    let belief = Belief::default().after(&known.evidence);
    utility(1.0 / belief.days_between_changes(), days)
}

impl Policy for Scored {
    fn choose(&mut self, now: u32, budget: u32) -> Vec<usize> {
        let mut scores: Vec<(f64, usize)> = (0..PAGES)
            .map(|page| {
                let days = f64::from(now - self.known[page].last);
                let score = match days >= self.cap {
                    true => 1e6 + days,
                    false => (self.score)(&self.known[page], self.rates[page], days),
                };
                (score, page)
            })
            .collect();
        scores.sort_by(|a, b| b.0.total_cmp(&a.0));
        scores.into_iter().take(budget as usize).map(|(_, page)| page).collect()
    }

    fn told(&mut self, page: usize, now: u32, changed: bool, dead: bool) {
        self.known[page].take_in(now, changed, dead);
    }
}

/// As `check --budget` does: everything anew from what was seen, for each run.
pub struct Ours {
    hosts: Vec<String>,
    known: Vec<History>,
}

impl Ours {
    pub fn new(world: &World) -> Self {
        Self {
            hosts: (0..PAGES).map(|page| format!("host-{}", world.host(page))).collect(),
            known: vec![History::default(); PAGES],
        }
    }
}

fn moment(day: u32) -> Timestamp {
    Timestamp::from_millis(1_700_000_000_000).plus(Duration::from_secs(u64::from(day) * 24 * 3600))
}

impl Policy for Ours {
    fn choose(&mut self, now: u32, budget: u32) -> Vec<usize> {
        let told = self.hosts.iter().zip(&self.known);
        let priors = Priors::learn(told.map(|(host, known)| (host.as_str(), &known.evidence)));
        let links = self.hosts.iter().zip(&self.known).map(|(host, known)| Link {
            belief: priors.belief(host, &known.evidence),
            weight: 1.0,
            last: Some(moment(known.last)),
            failing: None,
        });
        let agenda = Agenda::new(links.collect(), budget);
        let allowance = allowance(budget, Some(moment(now - 1)), moment(now));
        let chosen = agenda.choose(moment(now), allowance);
        chosen.into_iter().map(|choice| choice.link).collect()
    }

    fn told(&mut self, page: usize, now: u32, changed: bool, dead: bool) {
        self.known[page].take_in(now, changed, dead);
    }
}
