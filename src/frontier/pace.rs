//! How fast one host is asked: concurrency and interval that follow how it answers, waits that it
//! asks for, and backing off when it fails.

use std::time::Duration;

use super::{
    breaker::is_failure_to_connect,
    limits::{HostLimits, PATIENCE},
};
use crate::model::{host::HostState, time::Timestamp, verdict::Transport};

/// A robots.txt may slow a run by so much between two requests, no more.
const LONGEST_DELAY: Duration = Duration::from_secs(60);
/// Between two requests a host gets as long as it takes to answer one, up to this.
const LONGEST_ADAPTED: Duration = Duration::from_secs(10);
/// Weight of the newest answer in the moving average of response times.
const NEWEST: f64 = 0.25;
/// The first step of exponential backoff, and the longest.
const FIRST_STEP: Duration = Duration::from_secs(1);
const LONGEST_STEP: Duration = Duration::from_secs(60);
/// Good answers after which one more request at a time is dared.
const RECOVERY: u32 = 10;
/// The longest where nobody is there.
const LONGEST_STEP_UNHEARD: Duration = Duration::from_secs(4);
/// What a host is waited for in all since its last good answer.
const BUDGET: Duration = Duration::from_secs(60);
/// With fewer links waiting than this, each is asked, whatever became of the others.
pub(super) const FEW: usize = 5;
/// What was learned longer ago says nothing about today.
const REMEMBERED: Duration = Duration::from_secs(7 * 24 * 3600);
/// No host is left alone for longer, whatever it asked for.
const LONGEST_ABSENCE: Duration = Duration::from_secs(24 * 3600);

/// What one exchange told of its host.
#[derive(Debug, Clone, Copy)]
pub struct Heard {
    /// How long it took.
    pub elapsed: Duration,
    /// How the host behaved.
    pub manner: Manner,
    /// How long it asks us to wait before the next request.
    pub wait: Option<Duration>,
}

/// How a host behaved in one exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// It answered, and bears more.
    Good,
    /// It answered 429 or 503.
    Overloaded(u16),
    /// No answer, for a reason that may pass.
    Failed(Transport),
    /// Nothing that says how fast it may be asked.
    Neutral,
}

impl Heard {
    /// Of an exchange that tells nothing.
    pub const NOTHING: Heard = Heard {
        elapsed: Duration::ZERO,
        manner: Manner::Neutral,
        wait: None,
    };
}

/// Why a host is not asked any more in this run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Closed {
    /// It asked to be left alone until then.
    Until(Timestamp),
    /// So many bad answers or failures in a row, the last of this manner.
    GivenUp(Manner, u32),
}

pub(super) struct Pace {
    limits: HostLimits,
    seed: u64,
    next_at: Timestamp,
    crawl_delay: Duration,
    response: Option<Duration>,
    /// Exchanges at once that it bears at present.
    allowed: usize,
    good: u32,
    level: u32,
    /// Bad answers and failures since the last good answer, and how long they were waited for.
    streak: u32,
    waited: Duration,
    backed_off_at: Timestamp,
    not_before: Option<Timestamp>,
    given_up: Option<Closed>,
    /// Asked again before its quota was said to be full.
    quota_outrun: bool,
    has_news: bool,
}

impl Pace {
    pub fn new(host: &str, limits: HostLimits) -> Self {
        Self {
            seed: hash(host.as_bytes()),
            next_at: Timestamp::default(),
            crawl_delay: Duration::ZERO,
            response: None,
            allowed: limits.most(),
            limits,
            good: 0,
            level: 0,
            streak: 0,
            waited: Duration::ZERO,
            backed_off_at: Timestamp::default(),
            not_before: None,
            given_up: None,
            quota_outrun: false,
            has_news: false,
        }
    }

    /// Not to be asked before.
    pub fn next_at(&self) -> Timestamp {
        self.next_at
    }

    pub fn bears_more_than(&self, in_flight: usize) -> bool {
        in_flight < self.allowed
    }

    pub fn closed(&self, now: Timestamp) -> Option<Closed> {
        let until = self.not_before.filter(|at| at.since(now) > Duration::ZERO);
        until.map(Closed::Until).or(self.given_up)
    }

    /// Time between the beginnings of two requests.
    pub fn interval(&self) -> Duration {
        // Who names a host and an interval for it speaks for the host.
        let asked = match self.limits.interval_is_own {
            true => Duration::ZERO,
            false => self.crawl_delay.min(LONGEST_DELAY),
        };
        let adapted = match self.limits.is_unlimited() {
            true => Duration::ZERO,
            false => self.response.unwrap_or_default().min(LONGEST_ADAPTED),
        };
        self.limits.interval.max(asked).max(adapted)
    }

    /// How long it takes to answer; zero while nothing is known.
    pub fn response(&self) -> Duration {
        self.response.unwrap_or_default()
    }

    pub fn begin(&mut self, now: Timestamp) {
        self.next_at = self.next_at.max(now.plus(self.interval()));
    }

    pub fn set_crawl_delay(&mut self, delay: Duration) {
        self.crawl_delay = delay;
        self.has_news = true;
    }

    /// Takes in what an exchange told; `in_flight` are those still under way, `waiting` the host's
    /// links that are. True when the host asked for a wait that outlasts the run's patience.
    pub fn hear(&mut self, heard: &Heard, now: Timestamp, in_flight: usize, waiting: usize) -> bool {
        self.has_news = true;
        match heard.manner {
            Manner::Good => {
                self.good_answer(heard.elapsed);
                self.used_up_quota(heard.wait, now);
                false
            }
            Manner::Neutral => false,
            Manner::Overloaded(_) | Manner::Failed(_) => self.bad_answer(heard, now, in_flight, waiting),
        }
    }

    fn good_answer(&mut self, took: Duration) {
        let known = self.response.unwrap_or(took).as_secs_f64();
        let mean = known + NEWEST * (took.as_secs_f64() - known);
        self.response = Some(Duration::from_secs_f64(mean.max(0.0)));
        self.level = self.level.saturating_sub(1);
        (self.streak, self.waited) = (0, Duration::ZERO);
        self.given_up = None;
        if self.allowed < self.limits.most() {
            self.good += 1;
            if self.good >= RECOVERY {
                (self.allowed, self.good) = (self.allowed + 1, 0);
            }
        }
    }

    /// A quota that is said to be used up beside a good answer. Many servers tell it wrongly, so it
    /// slows us and never sends us away; and one that was outrun once is not believed again.
    fn used_up_quota(&mut self, wait: Option<Duration>, now: Timestamp) {
        match wait {
            Some(wait) if wait <= PATIENCE => self.pause(now, wait),
            Some(_) if !self.quota_outrun => {
                self.quota_outrun = true;
                self.pause(now, PATIENCE);
            }
            _ => {}
        }
    }

    fn bad_answer(&mut self, heard: &Heard, now: Timestamp, in_flight: usize, waiting: usize) -> bool {
        self.streak += 1;
        if let Some(wait) = heard.wait.filter(|wait| *wait > PATIENCE) {
            self.not_before = Some(now.plus(wait.min(LONGEST_ABSENCE)));
            return true;
        }
        if let Some(wait) = heard.wait {
            self.pause(now, wait);
        }
        // Several that were under way together are one sign, not several.
        let same_burst = self.level > 0 && now.since(self.backed_off_at) <= heard.elapsed;
        if self.limits.is_unlimited() || same_burst {
            return false;
        }
        self.backed_off_at = now;
        let at_once = self.allowed.min(in_flight.saturating_add(1));
        (self.allowed, self.good) = ((at_once / 2).max(1), 0);
        self.level = self.level.saturating_add(1);
        let left = BUDGET.saturating_sub(self.waited);
        let nobody_there = matches!(heard.manner, Manner::Failed(failure) if is_failure_to_connect(failure));
        let wait = match heard.wait {
            Some(wait) => wait,
            None if nobody_there && waiting < FEW => Duration::ZERO,
            // Where nobody is disturbed the breaker decides, and soon.
            None if nobody_there => self.backoff().min(LONGEST_STEP_UNHEARD),
            None => self.backoff(),
        };
        let wait = wait.min(left);
        self.waited += wait;
        if left > Duration::ZERO {
            self.pause(now, wait);
        } else if waiting >= FEW {
            self.given_up = Some(Closed::GivenUp(heard.manner, self.streak));
        }
        false
    }

    /// Full jitter: anything up to the step, so that hosts behind one proxy are not hit in step.
    fn backoff(&self) -> Duration {
        let step = FIRST_STEP
            .saturating_mul(1 << (self.level - 1).min(6))
            .min(LONGEST_STEP);
        let random = hash(&[self.seed, u64::from(self.streak)].map(u64::to_le_bytes).concat());
        step.mul_f64((random >> 11) as f64 / (1u64 << 53) as f64)
    }

    fn pause(&mut self, now: Timestamp, wait: Duration) {
        self.next_at = self.next_at.max(now.plus(wait));
    }

    /// The host may be waited for again as if it had not failed before.
    pub fn forgive(&mut self) {
        self.given_up = None;
        (self.streak, self.waited) = (0, Duration::ZERO);
    }

    /// What an earlier run knew.
    pub fn recall(&mut self, state: &HostState, now: Timestamp) {
        let age = now.since(state.updated_at);
        if state.updated_at > now || age > REMEMBERED {
            return;
        }
        if let Some(at) = state.not_before {
            match at.since(now) {
                wait if wait <= PATIENCE => self.next_at = self.next_at.max(at),
                wait if wait <= LONGEST_ABSENCE => self.not_before = Some(at),
                // The clock was set back in between.
                _ => {}
            }
        }
        self.response = state.response;
        self.crawl_delay = state.crawl_delay;
        if self.limits.is_unlimited() {
            return;
        }
        // A step is forgotten every hour.
        let hours = u32::try_from(age.as_secs() / 3600).unwrap_or(u32::MAX);
        self.level = state.backoff.saturating_sub(hours).min(7);
        if self.level > 0 {
            self.allowed = self.allowed.min(1);
        }
    }

    /// What the next run should know; `None` when nothing was heard.
    pub fn state(&self, failures: u32, now: Timestamp) -> Option<HostState> {
        let not_before = self.not_before.max(Some(self.next_at)).filter(|at| *at > now);
        let worth_it = self.has_news && (!self.limits.is_unlimited() || not_before.is_some());
        worth_it.then_some(HostState {
            not_before,
            backoff: self.level,
            response: self.response,
            crawl_delay: self.crawl_delay,
            failures,
            updated_at: now,
        })
    }
}

/// FNV-1a with a finish that spreads its last bytes over all bits.
fn hash(bytes: &[u8]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325u64;
    for byte in bytes {
        hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

#[cfg(test)]
#[path = "pace_tests.rs"]
mod tests;
