//! What to fetch next, and when: politeness, scope, robots rules, retries and budgets.
//!
//! A pure state machine over values and `now`: no sockets, no SQL, no sleeping. It holds hosts and a
//! window of waiting tasks each; the archive holds the rest and refills it on request.

mod breaker;
mod host;
mod job;
mod limits;
mod pace;
mod ready;
mod reserve;
pub mod robots;
mod scope;
mod trap;

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap},
    sync::Arc,
    time::Duration,
};

use breaker::Passage;
use host::Host;
pub use job::{Job, Step};
use limits::HostLimits;
pub use limits::{HostOverride, Limits, PATIENCE};
use pace::Closed;
pub use pace::{Heard, Manner};
use ready::Ready;
use reserve::Reserve;
use robots::Rules;
pub use scope::Scope;
use trap::Traps;

use crate::model::{
    capture::Purpose,
    host::HostState,
    run::Task,
    time::Timestamp,
    url::{self, Url},
    verdict::{Access, Transport},
};

/// Jobs held for one host at most while all of them wait.
const WINDOW: usize = 1024;

/// What is known of an origin's robots.txt.
#[derive(Debug, Clone)]
pub enum RobotsState {
    /// Its rules.
    Rules(Arc<Rules>),
    /// It answers with a server error: full disallow (RFC 9309 section 2.3.1.4).
    ServerError(u16),
    /// It could not be reached.
    Unreachable(Transport, String),
}

enum Robots {
    Asked,
    /// Since when.
    Known(RobotsState, Timestamp),
}

/// A robots.txt serves for a day (RFC 9309 section 2.4), in a long run too.
const ROBOTS_SERVE: Duration = Duration::from_secs(24 * 3600);

/// The state machine.
pub struct Frontier {
    limits: Limits,
    scope: Scope,
    hosts: Vec<Host>,
    by_name: HashMap<String, usize>,
    ready: Ready,
    reserve: Reserve,
    waiting: BinaryHeap<Reverse<(Timestamp, usize)>>,
    robots: HashMap<String, Robots>,
    traps: Traps,
    in_flight: usize,
    pages: u64,
    bytes: u64,
}

impl Frontier {
    /// An empty frontier.
    pub fn new(limits: Limits, scope: Scope) -> Self {
        Self {
            limits,
            scope,
            hosts: Vec::new(),
            by_name: HashMap::new(),
            ready: Ready::default(),
            reserve: Reserve::default(),
            waiting: BinaryHeap::new(),
            robots: HashMap::new(),
            traps: Traps::default(),
            in_flight: 0,
            pages: 0,
            bytes: 0,
        }
    }

    /// The archive has so many more waiting tasks of this host.
    pub fn has_work(&mut self, host: &str, tasks: u64) {
        let index = self.host(host);
        self.hosts[index].more = true;
        self.hosts[index].in_archive += tasks;
        self.make_ready(index);
    }

    /// Tasks of this host that were done are open again, to be asked whatever became of it before.
    pub fn reopened(&mut self, host: &str, tasks: u64) {
        let index = self.host(host);
        self.hosts[index].forgive();
        self.has_work(host, tasks);
    }

    /// Tasks loaded on request. Fewer than asked for means that there are no more.
    pub fn refill(&mut self, host: &str, tasks: Vec<Task>, complete: bool) {
        let index = self.host(host);
        let state = &mut self.hosts[index];
        state.more = !complete;
        state.loaded(tasks.len());
        for task in tasks {
            state.last_loaded = state.last_loaded.max(task.id);
            state.queue.push_back(Job::new(task));
        }
        self.make_ready(index);
    }

    /// What to do at `now`.
    pub fn next(&mut self, now: Timestamp) -> Step {
        if self.is_spent(now) || self.in_flight >= self.limits.concurrency {
            return Step::Idle;
        }
        while let Some(Reverse((at, index))) = self.waiting.peek().copied()
            && at <= now
        {
            self.waiting.pop();
            // Otherwise it was to be looked at earlier, and has been.
            if self.hosts[index].wakes_at == Some(at) {
                self.hosts[index].wakes_at = None;
                self.make_ready(index);
            }
        }
        match self.decisive(now) {
            Some((index, at)) if at <= now => {
                if self.ready.take_out(index)
                    && let Some(step) = self.next_of(index, now)
                {
                    return step;
                }
            }
            // The last permit is kept for it.
            Some((_, at)) => return Step::WaitUntil(at),
            None => {}
        }
        while let Some(index) = self.ready.pop() {
            if let Some(step) = self.next_of(index, now) {
                return step;
            }
        }
        match self.waiting.peek() {
            // The end of the run's time is worth waking up for, too.
            Some(Reverse((at, _))) => Step::WaitUntil(self.limits.until.map_or(*at, |until| until.min(*at))),
            None => Step::Idle,
        }
    }

    /// The host that decides how long the run takes, with when it may be asked: now, or soon enough for
    /// the last permit to be kept for it.
    fn decisive(&mut self, now: Timestamp) -> Option<(usize, Timestamp)> {
        if self.hosts.len() <= self.limits.concurrency {
            return None;
        }
        let (index, patience) = self.reserve.holder(&self.hosts, self.limits.concurrency)?;
        let (host, free) = (&self.hosts[index], self.limits.concurrency - self.in_flight);
        let at = host.next_at();
        let is_soon = at <= now || free == 1 && at.since(now) <= patience;
        (is_soon && host.has_work() && host.bears_one_more()).then_some((index, at))
    }

    fn next_of(&mut self, index: usize, now: Timestamp) -> Option<Step> {
        if self.hosts[index].held() == 0 && self.hosts[index].more {
            let host = &self.hosts[index];
            return Some(Step::Refill(host.name.clone(), host.last_loaded));
        }
        if let Some(closed) = self.hosts[index].closed(now) {
            return self.leave(index, closed);
        }
        let host = &self.hosts[index];
        if !host.bears_one_more() {
            return None;
        }
        if host.next_at() > now {
            self.wake(index, host.next_at());
            return None;
        }
        self.runnable(index, now)
    }

    /// The next job of a host that is not asked any more.
    fn leave(&mut self, index: usize, closed: Closed) -> Option<Step> {
        let job = Box::new(self.hosts[index].take_any()?);
        self.make_ready(index);
        Some(match closed {
            Closed::Until(at) => {
                let why = format!("its host asks not to be visited before {at}; left for a later run");
                Step::Refuse(job, Access::Deferred, why)
            }
            Closed::GivenUp(Manner::Failed(transport), times) => {
                let why = format!("its host failed {times} times in a row; not asked again in this run");
                Step::Unreachable(job, transport, why)
            }
            Closed::GivenUp(Manner::Overloaded(503), times) => {
                let why = format!("its host answered 503 {times} times in a row; not asked again in this run");
                Step::Unreachable(job, Transport::Other, why)
            }
            Closed::GivenUp(_, times) => {
                let why = format!("its host answered 429 {times} times in a row; left for a later run");
                Step::Refuse(job, Access::Deferred, why)
            }
        })
    }

    /// The first job of a host that may go now.
    fn runnable(&mut self, index: usize, now: Timestamp) -> Option<Step> {
        let mut earliest = self.hosts[index].bring_back(now);
        let mut position = 0;
        while let Some(job) = self.hosts[index].queue.get(position) {
            if job.task.due > now {
                earliest = Some(earliest.map_or(job.task.due, |e| e.min(job.task.due)));
                if let Some(job) = self.hosts[index].queue.remove(position) {
                    self.hosts[index].set_aside(job);
                }
                continue;
            }
            match self.admit(&self.hosts[index], &job.url, job.task.purpose, now) {
                Admission::Wait => position += 1,
                Admission::WaitUntil(at) => {
                    earliest = Some(earliest.map_or(at, |e| e.min(at)));
                    position += 1;
                }
                Admission::AskRobots(address) => {
                    self.robots.insert(url::origin(&address), Robots::Asked);
                    self.take_permit(index, &address, now);
                    return Some(Step::Robots(address));
                }
                admission => {
                    let job = Box::new(self.hosts[index].queue.remove(position)?);
                    let found_on_the_way = job.task.purpose == Purpose::Citation && job.task.depth > 1;
                    let trap = match admission {
                        Admission::Go if found_on_the_way => self.traps.refuses(&job.url),
                        _ => None,
                    };
                    let step = match (admission, trap) {
                        (_, Some(why)) => Step::Refuse(job, Access::OutOfScope, why),
                        (Admission::Refuse(access, why), None) => Step::Refuse(job, access, why),
                        (Admission::Unreachable(transport, why), None) => Step::Unreachable(job, transport, why),
                        _ => {
                            self.take_permit(index, &job.url, now);
                            self.pages += 1;
                            Step::Fetch(job)
                        }
                    };
                    self.make_ready(index);
                    return Some(step);
                }
            }
        }
        let at = earliest?;
        let host = &self.hosts[index];
        if host.more && host.held() < WINDOW {
            // Everything at hand waits for its time, and the archive may hold work for now.
            return Some(Step::Refill(host.name.clone(), host.last_loaded));
        }
        self.wake(index, at);
        None
    }

    /// Looks at a host again at this time, unless it is looked at sooner.
    fn wake(&mut self, index: usize, at: Timestamp) {
        let host = &mut self.hosts[index];
        if host.wakes_at.is_none_or(|known| at < known) {
            host.wakes_at = Some(at);
            self.waiting.push(Reverse((at, index)));
        }
    }

    fn admit(&self, host: &Host, url: &Url, purpose: Purpose, now: Timestamp) -> Admission {
        if !matches!(url.scheme(), "http" | "https") {
            return Admission::Go;
        }
        let refused = match purpose {
            Purpose::Citation => self.scope.refuses(url),
            Purpose::Asset | Purpose::Probe | Purpose::Volatile => self.scope.refuses_asset(url),
            Purpose::Article | Purpose::Robots => None,
        };
        if let Some(why) = refused {
            return Admission::Refuse(Access::OutOfScope, why);
        }
        match host.passage(url, now) {
            Passage::Free => {}
            Passage::NotBefore(at) => return Admission::WaitUntil(at),
            Passage::AfterProbe => return Admission::Wait,
            Passage::Never(transport, times) => {
                let why = format!("its host did not answer {times} times in a row; not asked again in this run");
                return Admission::Unreachable(transport, why);
            }
        }
        if !host.obeys_robots() {
            return Admission::Go;
        }
        self.by_robots(url, now)
    }

    fn by_robots(&self, url: &Url, now: Timestamp) -> Admission {
        let known = match self.robots.get(&url::origin(url)) {
            Some(Robots::Asked) => return Admission::Wait,
            Some(Robots::Known(state, since)) if now.since(*since) < ROBOTS_SERVE => Some(state),
            _ => None,
        };
        match known {
            None => match url.join("/robots.txt") {
                Ok(address) => Admission::AskRobots(address),
                Err(_) => Admission::Go,
            },
            Some(RobotsState::Rules(rules)) => match rules.forbids(url) {
                None => Admission::Go,
                Some(rule) => Admission::Refuse(Access::RobotsExcluded, format!("robots.txt says {rule:?}")),
            },
            Some(RobotsState::ServerError(status)) => {
                Admission::Refuse(Access::RobotsUnreachable, format!("robots.txt answers {status}"))
            }
            Some(RobotsState::Unreachable(transport, why)) => {
                Admission::Unreachable(*transport, format!("robots.txt could not be reached: {why}"))
            }
        }
    }

    /// A permit comes back, with what the exchange told of its host. True when the host asked for a
    /// wait that outlasts this run: [`Frontier::state`] is then worth remembering at once.
    pub fn release(&mut self, url: &Url, now: Timestamp, bytes: u64, heard: &Heard) -> bool {
        self.bytes += bytes;
        self.in_flight = self.in_flight.saturating_sub(1);
        let index = self.host(url::host(url));
        let closes = self.hosts[index].end(url, heard, now);
        self.make_ready(index);
        closes
    }

    /// What an origin's robots.txt turned out to be. The permit it was asked with comes back.
    pub fn robots(&mut self, address: &Url, state: RobotsState, now: Timestamp, heard: &Heard) -> bool {
        if let RobotsState::Rules(rules) = &state
            && let Some(delay) = rules.crawl_delay()
        {
            let index = self.host(url::host(address));
            self.hosts[index].set_crawl_delay(delay);
        }
        self.robots.insert(url::origin(address), Robots::Known(state, now));
        self.release(address, now, 0, heard)
    }

    /// Whether this host has not been met in this run: what is known of it is to be told to
    /// [`Frontier::recall`] before it gets work.
    pub fn is_new(&self, host: &str) -> bool {
        !host.is_empty() && self.by_name.get(host).is_none_or(|index| !self.hosts[*index].met)
    }

    /// What earlier runs left to know of a host.
    pub fn recall(&mut self, host: &str, known: Option<HostState>, now: Timestamp) {
        let index = self.host(host);
        self.hosts[index].met = true;
        if let Some(state) = known {
            self.hosts[index].recall(state, now);
        }
    }

    /// What the next run should know of a host.
    pub fn state(&self, host: &str, now: Timestamp) -> Option<HostState> {
        let index = self.by_name.get(host)?;
        self.hosts[*index].state(now)
    }

    /// What the next run should know of all hosts.
    pub fn states(&self, now: Timestamp) -> Vec<(String, HostState)> {
        let known = self.hosts.iter();
        known
            .filter_map(|host| Some((host.name.clone(), host.state(now)?)))
            .collect()
    }

    /// A redirect: the same task, asked again at its new address. Says no when the chain is too
    /// long, goes in a circle, or leads to what cannot be fetched; the job comes back then.
    pub fn redirect(&mut self, mut job: Box<Job>, to: Url) -> Result<(), (Box<Job>, Transport, String)> {
        if !matches!(to.scheme(), "http" | "https") {
            let why = format!("redirects to a {}: address", to.scheme());
            return Err((job, Transport::BadRedirect, why));
        }
        let cookies = job.cookies.len();
        job.visited.push((job.url.clone(), job.carried));
        if job
            .visited
            .iter()
            .any(|(url, carried)| *url == to && *carried == cookies)
        {
            return Err((job, Transport::RedirectLoop, format!("redirects back to {to}")));
        }
        if job.visited.len() > self.limits.max_redirects {
            let why = format!("more than {} redirects", self.limits.max_redirects);
            return Err((job, Transport::TooManyRedirects, why));
        }
        job.url = to;
        job.carried = cookies;
        let index = self.host(url::host(&job.url));
        self.hosts[index].queue.push_front(*job);
        self.make_ready(index);
        Ok(())
    }

    /// A task is to be tried again, from its own address.
    pub fn retry(&mut self, mut task: Task, due: Timestamp) {
        task.due = due;
        task.attempts += 1;
        let index = self.host(url::host(&task.url));
        self.hosts[index].queue.push_back(Job::new(task));
        self.make_ready(index);
    }

    /// True once a budget is used up: nothing more is handed out.
    pub fn is_spent(&self, now: Timestamp) -> bool {
        (self.limits.max_pages > 0 && self.pages >= self.limits.max_pages)
            || (self.limits.max_bytes > 0 && self.bytes >= self.limits.max_bytes)
            || self.limits.until.is_some_and(|until| now >= until)
    }

    /// Exchanges in flight.
    pub fn in_flight(&self) -> usize {
        self.in_flight
    }

    fn host(&mut self, name: &str) -> usize {
        if let Some(index) = self.by_name.get(name) {
            return *index;
        }
        let index = self.hosts.len();
        self.hosts.push(Host::new(name, HostLimits::of(&self.limits, name)));
        self.by_name.insert(name.to_owned(), index);
        index
    }

    fn make_ready(&mut self, index: usize) {
        let host = &self.hosts[index];
        if host.has_work() {
            self.ready.push(index, host.to_go());
        }
    }

    fn take_permit(&mut self, index: usize, url: &Url, now: Timestamp) {
        self.in_flight += 1;
        self.ready.served();
        self.hosts[index].begin(url, now);
        self.make_ready(index);
    }
}

enum Admission {
    Go,
    Wait,
    WaitUntil(Timestamp),
    AskRobots(Url),
    Refuse(Access, String),
    Unreachable(Transport, String),
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;

#[cfg(test)]
mod simulation_tests;
