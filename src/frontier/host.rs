//! What the frontier knows of one host: its window of jobs, and all that limits asking it.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap, VecDeque},
    time::Duration,
};

use super::{
    Job,
    breaker::{Breaker, Passage, is_failure_to_connect},
    limits::HostLimits,
    pace::{Closed, FEW, Heard, Manner, Pace},
};
use crate::model::{host::HostState, time::Timestamp, url::Url};

/// Failures to connect of an earlier run count for so long.
const RECENT: Duration = Duration::from_secs(24 * 3600);

pub(super) struct Host {
    pub name: String,
    /// The window: jobs loaded and not handed out.
    pub queue: VecDeque<Job>,
    /// Jobs of the window whose time has not come.
    later: BinaryHeap<Reverse<Later>>,
    /// Whether the archive may hold more of its tasks.
    pub more: bool,
    /// How many it is known to hold.
    pub in_archive: u64,
    /// The last task row that was loaded.
    pub last_loaded: i64,
    pub in_flight: usize,
    /// The time it is to be looked at again, where it waits for one.
    pub wakes_at: Option<Timestamp>,
    /// Whether what earlier runs knew of it has been asked for.
    pub met: bool,
    limits: HostLimits,
    pace: Pace,
    /// By port.
    breakers: HashMap<u16, Breaker>,
    /// Connections that had failed in a row when an earlier run ended.
    failures_recalled: u32,
}

impl Host {
    pub fn new(name: &str, limits: HostLimits) -> Self {
        Self {
            name: name.to_owned(),
            queue: VecDeque::new(),
            later: BinaryHeap::new(),
            more: false,
            in_archive: 0,
            last_loaded: 0,
            in_flight: 0,
            wakes_at: None,
            met: false,
            limits,
            pace: Pace::new(name, limits),
            breakers: HashMap::new(),
            failures_recalled: 0,
        }
    }

    /// Local documents have no host: nobody is disturbed by reading them.
    pub fn is_local(&self) -> bool {
        self.name.is_empty()
    }

    pub fn obeys_robots(&self) -> bool {
        self.limits.obey_robots
    }

    /// Jobs of the window.
    pub fn held(&self) -> usize {
        self.queue.len() + self.later.len()
    }

    pub fn has_work(&self) -> bool {
        self.more || self.held() > 0
    }

    /// Tasks came from the archive.
    pub fn loaded(&mut self, count: usize) {
        let left = self.in_archive.saturating_sub(count as u64);
        self.in_archive = if self.more { left } else { 0 };
    }

    /// How long all its work takes by itself, in milliseconds.
    pub fn to_go(&self) -> u128 {
        self.left() * self.pace.interval().as_millis()
    }

    /// How long all its work keeps a permit, in milliseconds, as far as is known.
    pub fn work(&self) -> u128 {
        self.left() * self.pace.response().as_millis()
    }

    /// Jobs that are not handed out.
    pub fn left(&self) -> u128 {
        u128::from(self.in_archive) + self.held() as u128
    }

    /// Sets a job aside until its time.
    pub fn set_aside(&mut self, job: Job) {
        self.later.push(Reverse(Later(job)));
    }

    /// Brings back the jobs whose time has come, and tells when the next one's will.
    pub fn bring_back(&mut self, now: Timestamp) -> Option<Timestamp> {
        while let Some(Reverse(next)) = self.later.peek() {
            if next.0.task.due > now {
                return Some(next.0.task.due);
            }
            if let Some(Reverse(Later(job))) = self.later.pop() {
                self.queue.push_back(job);
            }
        }
        None
    }

    /// Any job of a host that is not asked any more.
    pub fn take_any(&mut self) -> Option<Job> {
        let late = |later: &mut BinaryHeap<Reverse<Later>>| later.pop().map(|Reverse(Later(job))| job);
        self.queue.pop_front().or_else(|| late(&mut self.later))
    }

    pub fn bears_one_more(&self) -> bool {
        self.is_local() || self.pace.bears_more_than(self.in_flight)
    }

    /// Not to be asked before.
    pub fn next_at(&self) -> Timestamp {
        self.pace.next_at()
    }

    pub fn closed(&self, now: Timestamp) -> Option<Closed> {
        self.pace.closed(now)
    }

    pub fn passage(&self, url: &Url, now: Timestamp) -> Passage {
        match self.breakers.get(&port(url)) {
            Some(breaker) => breaker.passage(now),
            None => Passage::Free,
        }
    }

    /// Something is asked of it.
    pub fn begin(&mut self, url: &Url, now: Timestamp) {
        self.in_flight += 1;
        if self.is_local() {
            return;
        }
        self.pace.begin(now);
        if let Some(breaker) = self.breakers.get_mut(&port(url)) {
            breaker.begin();
        }
    }

    /// An exchange is over. True when the host asked for a wait that outlasts the run's patience.
    pub fn end(&mut self, url: &Url, heard: &Heard, now: Timestamp) -> bool {
        self.in_flight = self.in_flight.saturating_sub(1);
        if self.is_local() {
            return false;
        }
        // What the archive still holds is more than can be counted here.
        let waiting = self.held() + if self.more { FEW } else { 0 };
        if !self.limits.is_unlimited() {
            match heard.manner {
                Manner::Failed(transport) if is_failure_to_connect(transport) => {
                    let recalled = std::mem::take(&mut self.failures_recalled);
                    let breaker = self.breakers.entry(port(url));
                    let breaker = breaker.or_insert_with(|| Breaker::recalled(recalled));
                    breaker.failed(transport, now, waiting);
                }
                _ => {
                    self.failures_recalled = 0;
                    if let Some(breaker) = self.breakers.get_mut(&port(url)) {
                        breaker.answered();
                    }
                }
            }
        }
        self.pace.hear(heard, now, self.in_flight, waiting)
    }

    pub fn set_crawl_delay(&mut self, delay: Duration) {
        self.pace.set_crawl_delay(delay);
    }

    /// Work that was done is to be done again: rows that were loaded before are loaded once more, and what
    /// was given up is tried.
    pub fn forgive(&mut self) {
        self.last_loaded = 0;
        self.breakers.clear();
        self.failures_recalled = 0;
        self.pace.forgive();
    }

    /// What an earlier run knew.
    pub fn recall(&mut self, mut state: HostState, now: Timestamp) {
        if !self.limits.obey_robots {
            state.crawl_delay = Duration::ZERO;
        }
        self.pace.recall(&state, now);
        if now.since(state.updated_at) < RECENT {
            self.failures_recalled = state.failures;
        }
    }

    /// What the next run should know.
    pub fn state(&self, now: Timestamp) -> Option<HostState> {
        let failures = self.breakers.values().map(Breaker::failures).max();
        self.pace.state(failures.unwrap_or(self.failures_recalled), now)
    }
}

fn port(url: &Url) -> u16 {
    url.port_or_known_default().unwrap_or(0)
}

/// Ordered by when it may go, then by task.
struct Later(Job);

impl Later {
    fn key(&self) -> (Timestamp, i64) {
        (self.0.task.due, self.0.task.id)
    }
}

impl PartialEq for Later {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Later {}

impl PartialOrd for Later {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Later {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}
