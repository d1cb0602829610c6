//! What to fetch next, and when: politeness, scope, robots rules, retries and budgets.
//!
//! A pure state machine over values and `now`: no sockets, no SQL, no sleeping. It holds hosts and a
//! window of waiting tasks each; the archive holds the rest and refills it on request.

mod host;
pub mod robots;
mod scope;
mod trap;

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use host::Host;
use robots::Rules;
pub use scope::Scope;
use trap::Traps;

use crate::model::{
    capture::Purpose,
    run::Task,
    time::Timestamp,
    url::{self, Url},
    verdict::{Access, Transport},
};

/// Limits of a run. Zero means "no limit" wherever a limit is optional.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Exchanges in flight at once.
    pub concurrency: usize,
    /// Exchanges in flight at once with one host; 0: no limit.
    pub host_concurrency: usize,
    /// Time between two requests to one host.
    pub host_interval: Duration,
    /// Redirects followed in one chain.
    pub max_redirects: usize,
    /// Exchanges in this run; 0: no limit.
    pub max_pages: u64,
    /// Body bytes received in this run; 0: no limit.
    pub max_bytes: u64,
    /// No new exchange is begun from this time on.
    pub until: Option<Timestamp>,
    /// Whether robots.txt is asked for and obeyed.
    pub obey_robots: bool,
}

/// A task on its way along its redirects.
#[derive(Debug, Clone)]
pub struct Job {
    /// The task.
    pub task: Task,
    /// Where it stands now: the task's URL, or what a redirect led to.
    pub url: Url,
    /// Where it has been, with how many cookies it then carried.
    visited: Vec<(Url, usize)>,
    /// How many cookies it carries on the request it was handed out for.
    carried: usize,
    /// Cookies of this chain: host, name, value. Kept in memory only.
    pub cookies: Vec<(String, String, String)>,
}

/// What is to be done next.
#[derive(Debug)]
pub enum Step {
    /// Ask for this. A permit is taken until [`Frontier::release`].
    Fetch(Box<Job>),
    /// Get the robots.txt at this address. A permit is taken until [`Frontier::robots`].
    Robots(Url),
    /// A rule says no: record that, without asking.
    Refuse(Box<Job>, Access, String),
    /// The host's robots.txt could not be reached: that is the link's own reading.
    Unreachable(Box<Job>, Transport, String),
    /// Load waiting tasks of this host, those after this row, and hand them to [`Frontier::refill`].
    Refill(String, i64),
    /// Nothing before this time.
    WaitUntil(Timestamp),
    /// Nothing until something in flight comes back; the end when nothing is.
    Idle,
}

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
    Known(RobotsState),
}

/// The state machine.
pub struct Frontier {
    limits: Limits,
    scope: Scope,
    hosts: Vec<Host>,
    by_name: HashMap<String, usize>,
    ready: VecDeque<usize>,
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
            ready: VecDeque::new(),
            waiting: BinaryHeap::new(),
            robots: HashMap::new(),
            traps: Traps::default(),
            in_flight: 0,
            pages: 0,
            bytes: 0,
        }
    }

    /// The archive has waiting tasks of this host.
    pub fn has_work(&mut self, host: &str) {
        let index = self.host(host);
        self.hosts[index].more = true;
        self.make_ready(index);
    }

    /// Tasks loaded on request. Fewer than asked for means that there are no more.
    pub fn refill(&mut self, host: &str, tasks: Vec<Task>, complete: bool) {
        let index = self.host(host);
        let state = &mut self.hosts[index];
        state.more = !complete;
        for task in tasks {
            state.last_loaded = state.last_loaded.max(task.id);
            let url = task.url.clone();
            state.queue.push_back(Job {
                task,
                url,
                visited: Vec::new(),
                carried: 0,
                cookies: Vec::new(),
            });
        }
        self.make_ready(index);
    }

    /// What to do at `now`.
    pub fn next(&mut self, now: Timestamp) -> Step {
        if self.is_spent(now) {
            return Step::Idle;
        }
        while let Some(Reverse((at, _))) = self.waiting.peek()
            && *at <= now
        {
            if let Some(Reverse((_, index))) = self.waiting.pop() {
                self.make_ready(index);
            }
        }
        while let Some(index) = self.ready.pop_front() {
            self.hosts[index].is_ready = false;
            if let Some(step) = self.next_of(index, now) {
                return step;
            }
        }
        match self.waiting.peek() {
            Some(Reverse((at, _))) if self.in_flight < self.limits.concurrency => Step::WaitUntil(*at),
            _ => Step::Idle,
        }
    }

    fn next_of(&mut self, index: usize, now: Timestamp) -> Option<Step> {
        if self.hosts[index].queue.is_empty() && self.hosts[index].more {
            let host = &self.hosts[index];
            return Some(Step::Refill(host.name.clone(), host.last_loaded));
        }
        if self.in_flight >= self.limits.concurrency {
            // Its turn comes first when a permit is free again.
            self.hosts[index].is_ready = true;
            self.ready.push_front(index);
            return Some(Step::Idle);
        }
        let host = &self.hosts[index];
        if self.limits.host_concurrency > 0 && host.in_flight >= self.limits.host_concurrency && !host.is_local() {
            return None;
        }
        if host.next_at > now {
            let at = host.next_at;
            self.waiting.push(Reverse((at, index)));
            return None;
        }
        self.runnable(index, now)
    }

    /// The first job of a host that may go now.
    fn runnable(&mut self, index: usize, now: Timestamp) -> Option<Step> {
        let mut earliest: Option<Timestamp> = None;
        for position in 0..self.hosts[index].queue.len() {
            let job = &self.hosts[index].queue[position];
            if job.task.due > now {
                earliest = Some(earliest.map_or(job.task.due, |e| e.min(job.task.due)));
                continue;
            }
            match self.admit(&job.url, job.task.purpose) {
                Admission::Wait => continue,
                Admission::AskRobots(address) => {
                    self.robots.insert(url::origin(&address), Robots::Asked);
                    self.take_permit(index, now);
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
                            self.take_permit(index, now);
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
        if host.more && host.queue.len() < WINDOW {
            // Everything at hand waits for its retry, and the archive may hold work for now.
            return Some(Step::Refill(host.name.clone(), host.last_loaded));
        }
        self.waiting.push(Reverse((at, index)));
        None
    }

    fn admit(&self, url: &Url, purpose: Purpose) -> Admission {
        if !matches!(url.scheme(), "http" | "https") {
            return Admission::Go;
        }
        let refused = match purpose {
            Purpose::Citation => self.scope.refuses(url),
            Purpose::Asset => self.scope.refuses_asset(url),
            Purpose::Article | Purpose::Robots => None,
        };
        if let Some(why) = refused {
            return Admission::Refuse(Access::OutOfScope, why);
        }
        if !self.limits.obey_robots {
            return Admission::Go;
        }
        match self.robots.get(&url::origin(url)) {
            None => match url.join("/robots.txt") {
                Ok(address) => Admission::AskRobots(address),
                Err(_) => Admission::Go,
            },
            Some(Robots::Asked) => Admission::Wait,
            Some(Robots::Known(RobotsState::Rules(rules))) if rules.allows(url) => Admission::Go,
            Some(Robots::Known(RobotsState::Rules(_))) => {
                Admission::Refuse(Access::RobotsExcluded, "robots.txt disallows this path".into())
            }
            Some(Robots::Known(RobotsState::ServerError(status))) => {
                Admission::Refuse(Access::RobotsUnreachable, format!("robots.txt answers {status}"))
            }
            Some(Robots::Known(RobotsState::Unreachable(transport, why))) => {
                Admission::Unreachable(*transport, format!("robots.txt could not be reached: {why}"))
            }
        }
    }

    /// A permit comes back. `pause` keeps the host quiet for a while (Retry-After).
    pub fn release(&mut self, host: &str, now: Timestamp, bytes: u64, pause: Option<Duration>) {
        self.bytes += bytes;
        self.in_flight = self.in_flight.saturating_sub(1);
        let index = self.host(host);
        let state = &mut self.hosts[index];
        state.in_flight = state.in_flight.saturating_sub(1);
        if let Some(pause) = pause {
            state.next_at = state.next_at.max(now.plus(pause));
        }
        self.make_ready(index);
    }

    /// What an origin's robots.txt turned out to be. Its permit comes back too, when `asked`.
    pub fn robots(&mut self, address: &Url, state: RobotsState, now: Timestamp) {
        let host = url::host(address).to_owned();
        if let RobotsState::Rules(rules) = &state
            && let Some(delay) = rules.crawl_delay()
        {
            let index = self.host(&host);
            self.hosts[index].crawl_delay = delay;
        }
        self.robots.insert(url::origin(address), Robots::Known(state));
        self.release(&host, now, 0, None);
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
        let url = task.url.clone();
        self.hosts[index].queue.push_back(Job {
            task,
            url,
            visited: Vec::new(),
            carried: 0,
            cookies: Vec::new(),
        });
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
        self.hosts.push(Host::new(name));
        self.by_name.insert(name.to_owned(), index);
        index
    }

    fn make_ready(&mut self, index: usize) {
        let host = &mut self.hosts[index];
        if !host.is_ready && (host.more || !host.queue.is_empty()) {
            host.is_ready = true;
            self.ready.push_back(index);
        }
    }

    fn take_permit(&mut self, index: usize, now: Timestamp) {
        self.in_flight += 1;
        let interval = self.limits.host_interval;
        let host = &mut self.hosts[index];
        host.in_flight += 1;
        if !host.is_local() {
            host.next_at = now.plus(interval.max(host.crawl_delay));
        }
        self.make_ready(index);
    }
}

enum Admission {
    Go,
    Wait,
    AskRobots(Url),
    Refuse(Access, String),
    Unreachable(Transport, String),
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
