//! The frontier in simulated time, against hosts that answer as they please.

use std::collections::BTreeMap;

use super::*;
use crate::model::host::ByHost;

/// Tasks loaded at once, as in a crawl.
const LOADED: usize = 64;

/// What a host does with a request.
#[derive(Clone)]
enum Does {
    Answer,
    Redirect(String),
    /// 429 or 503, with `Retry-After` in seconds.
    Refuse(u16, Option<u64>),
    Fail(Transport),
}

/// A request as it reaches the simulated web.
struct Asked<'a> {
    host: &'a str,
    path: &'a str,
    attempts: u32,
    /// Requests that this host got before.
    before: usize,
    now: Timestamp,
}

/// Milliseconds until something comes, and what.
type Web<'a> = &'a dyn Fn(&Asked<'_>) -> (u64, Does);

enum Event {
    Page(Box<Job>, Does),
    Robots(Url),
}

/// What became of a run.
#[derive(Default)]
struct Run {
    /// Milliseconds.
    took: i64,
    answered: usize,
    /// Ends without an answer, by what was said.
    ended: BTreeMap<String, usize>,
    /// When each host was asked, in milliseconds.
    asked: HashMap<String, Vec<i64>>,
    /// The most that were under way at once with one host.
    most: HashMap<String, usize>,
}

/// A run's driver, as `crawl.rs` has it, with a clock that jumps from event to event.
struct Simulation<'a> {
    frontier: Frontier,
    archive: HashMap<String, Vec<Task>>,
    web: Web<'a>,
    robots: &'a dyn Fn(&str) -> (u64, &'static str),
    events: BTreeMap<(i64, u64), (Event, u64)>,
    in_flight: HashMap<String, usize>,
    sequence: u64,
    run: Run,
}

fn url_of(host: &str, path: &str) -> Url {
    Url::parse(&format!("http://{host}/{path}")).unwrap()
}

fn run(limits: Limits, links: &[(String, usize)], web: Web<'_>) -> Run {
    run_with(Frontier::new(limits, Scope::default()), links, web, &|_| (20, ""))
}

fn run_with(
    mut frontier: Frontier,
    links: &[(String, usize)],
    web: Web<'_>,
    robots: &dyn Fn(&str) -> (u64, &'static str),
) -> Run {
    let mut archive: HashMap<String, Vec<Task>> = HashMap::new();
    let most = links.iter().map(|(_, count)| *count).max().unwrap_or(0);
    let mut id = 0;
    // In the order of an article that cites them all mixed.
    for n in 0..most {
        for (host, _) in links.iter().filter(|(_, count)| n < *count) {
            id += 1;
            archive.entry(host.clone()).or_default().push(Task {
                id,
                url: url_of(host, &n.to_string()),
                purpose: Purpose::Citation,
                depth: 1,
                attempts: 0,
                due: Timestamp::default(),
                prior: None,
            });
        }
    }
    for (host, count) in links {
        frontier.has_work(host, *count as u64);
    }
    let mut simulation = Simulation {
        frontier,
        archive,
        web,
        robots,
        events: BTreeMap::new(),
        in_flight: HashMap::new(),
        sequence: 0,
        run: Run::default(),
    };
    simulation.go();
    simulation.run
}

impl Simulation<'_> {
    fn go(&mut self) {
        let mut now = 0;
        loop {
            let wake = self.hand_out(Timestamp::from_millis(now));
            let next = self.events.keys().next().map(|(at, _)| *at);
            let Some(at) = wake.map(Timestamp::millis).into_iter().chain(next).min() else {
                break;
            };
            now = at.max(now);
            while let Some(entry) = self.events.first_entry().filter(|entry| entry.key().0 <= now) {
                let (event, took) = entry.remove();
                self.back(event, took, Timestamp::from_millis(now));
            }
        }
        self.run.took = now;
    }

    fn hand_out(&mut self, now: Timestamp) -> Option<Timestamp> {
        loop {
            match self.frontier.next(now) {
                Step::Fetch(job) => {
                    let host = url::host(&job.url).to_owned();
                    let before = self.count(&host, now);
                    let asked = Asked {
                        host: &host,
                        path: &job.url.path()[1..],
                        attempts: job.task.attempts,
                        before,
                        now,
                    };
                    let (after, does) = (self.web)(&asked);
                    self.later(now, after, Event::Page(job, does));
                }
                Step::Robots(address) => {
                    self.count(url::host(&address), now);
                    let (after, _) = (self.robots)(url::host(&address));
                    self.later(now, after, Event::Robots(address));
                }
                Step::Refuse(_, access, _) => *self.run.ended.entry(access.to_string()).or_default() += 1,
                Step::Unreachable(_, transport, why) => {
                    assert!(why.contains("not asked again in this run"), "{why}");
                    *self.run.ended.entry(transport.to_string()).or_default() += 1;
                }
                Step::Refill(host, after) => {
                    let waiting = self.archive.get(&host).into_iter().flatten();
                    let tasks: Vec<Task> = waiting.filter(|task| task.id > after).take(LOADED).cloned().collect();
                    let complete = tasks.len() < LOADED;
                    self.frontier.refill(&host, tasks, complete);
                }
                Step::WaitUntil(at) => return Some(at),
                Step::Idle => return None,
            }
        }
    }

    fn count(&mut self, host: &str, now: Timestamp) -> usize {
        let in_flight = self.in_flight.entry(host.to_owned()).or_default();
        *in_flight += 1;
        let most = self.run.most.entry(host.to_owned()).or_default();
        *most = (*most).max(*in_flight);
        let asked = self.run.asked.entry(host.to_owned()).or_default();
        asked.push(now.millis());
        asked.len() - 1
    }

    fn later(&mut self, now: Timestamp, after: u64, event: Event) {
        self.sequence += 1;
        self.events
            .insert((now.millis() + after as i64, self.sequence), (event, after));
    }

    fn back(&mut self, event: Event, took: u64, now: Timestamp) {
        let elapsed = Duration::from_millis(took);
        let heard = |manner, wait| Heard { elapsed, manner, wait };
        let (job, does) = match event {
            Event::Robots(address) => {
                *self.in_flight.get_mut(url::host(&address)).unwrap() -= 1;
                let (_, file) = (self.robots)(url::host(&address));
                let rules = Rules::parse(file.as_bytes(), "evercite");
                let state = RobotsState::Rules(Arc::new(rules));
                self.frontier.robots(&address, state, now, &heard(Manner::Good, None));
                return;
            }
            Event::Page(job, does) => (job, does),
        };
        *self.in_flight.get_mut(url::host(&job.url)).unwrap() -= 1;
        let heard = match does {
            Does::Answer | Does::Redirect(_) => heard(Manner::Good, None),
            Does::Refuse(status, after) => heard(Manner::Overloaded(status), after.map(Duration::from_secs)),
            Does::Fail(transport) => heard(Manner::Failed(transport), None),
        };
        self.frontier.release(&job.url, now, 0, &heard);
        match does {
            Does::Answer => self.run.answered += 1,
            Does::Redirect(to) => {
                self.frontier.redirect(job, Url::parse(&to).unwrap()).unwrap();
            }
            _ if job.task.attempts < 2 && heard.wait.is_none_or(|wait| wait <= PATIENCE) => {
                let backoff = Duration::from_secs(1 << job.task.attempts);
                let due = now.plus(heard.wait.unwrap_or_default().max(backoff));
                self.frontier.retry(job.task, due);
            }
            Does::Refuse(status, _) => *self.run.ended.entry(status.to_string()).or_default() += 1,
            Does::Fail(transport) => *self.run.ended.entry(transport.to_string()).or_default() += 1,
        }
    }
}

fn limits(concurrency: usize) -> Limits {
    Limits {
        concurrency,
        host_concurrency: 2,
        host_interval: Duration::from_millis(500),
        max_redirects: 10,
        max_pages: 0,
        max_bytes: 0,
        until: None,
        obey_robots: false,
        hosts: ByHost::default(),
    }
}

/// 64 hosts: one with 500 links, the others with 1 to 60.
fn skewed() -> Vec<(String, usize)> {
    let count = |n: usize| if n == 0 { 500 } else { 1 + (n * 37) % 60 };
    (0..64).map(|n| (format!("h{n}.example"), count(n))).collect()
}

fn number(host: &str) -> u64 {
    host[1..].split('.').next().unwrap().parse().unwrap()
}

/// Milliseconds that a host takes to answer: 40 to 1,700, the largest host 300.
fn response(host: &str) -> u64 {
    match number(host) {
        0 => 300,
        n => 40 + (n * n * 31) % 1_660,
    }
}

/// The least that a host's own queue takes: its requests one interval apart, and the last answer.
fn own_bound(requests: usize, response: u64) -> i64 {
    (requests as i64 - 1) * response.max(500) as i64 + response as i64
}

fn ratio(run: &Run, bound: i64) -> f64 {
    let ratio = run.took as f64 / bound as f64;
    println!(
        "took {:.1} s, at least {:.1} s: {ratio:.3}",
        run.took as f64 / 1e3,
        bound as f64 / 1e3
    );
    ratio
}

#[track_caller]
fn near(run: &Run, bound: i64) {
    let ratio = ratio(run, bound);
    assert!(ratio >= 0.99, "faster than possible: {ratio}");
    assert!(ratio <= 1.1, "{ratio}");
}

#[track_caller]
fn polite(run: &Run) {
    assert!(run.most.values().all(|most| *most <= 2), "{:?}", run.most);
    for (host, asked) in &run.asked {
        assert!(
            asked.windows(2).all(|pair| pair[1] - pair[0] >= 500),
            "{host}: {asked:?}"
        );
    }
}

#[test]
fn the_slowest_host_alone_decides_how_long_a_run_takes() {
    let links = skewed();
    // Permits for all that want one: nothing but the hosts themselves is in the way.
    let run = run(limits(128), &links, &|asked| (response(asked.host), Does::Answer));
    assert_eq!(run.answered, links.iter().map(|(_, count)| count).sum::<usize>());
    polite(&run);
    let bound = links.iter().map(|(host, count)| own_bound(*count, response(host)));
    near(&run, bound.max().unwrap());
    // And nobody waits for the long queue: each host is through when its own queue is.
    for (host, count) in &links {
        let last = run.asked[host].last().unwrap() + response(host) as i64;
        let own = own_bound(*count, response(host));
        assert!(last as f64 <= own as f64 * 1.1 + 100.0, "{host}: {last} for {own}");
    }
}

#[test]
fn fewer_permits_than_hosts_are_never_idle() {
    // With 8, hosts and permits bound the run alike: keeping a permit for the largest host costs the others
    // a little, and not keeping one would cost it more.
    for (concurrency, most) in [(4, 1.02), (8, 1.08), (16, 1.04), (32, 1.02)] {
        let links = skewed();
        let run = run(limits(concurrency), &links, &|asked| {
            (response(asked.host), Does::Answer)
        });
        polite(&run);
        let work: i64 = links
            .iter()
            .map(|(host, count)| *count as i64 * response(host) as i64)
            .sum();
        let own = links.iter().map(|(host, count)| own_bound(*count, response(host)));
        let ratio = ratio(&run, own.max().unwrap().max(work / concurrency as i64));
        assert!((0.99..=most).contains(&ratio), "{concurrency} permits: {ratio}");
    }
}

#[test]
fn redirects_across_hosts_take_their_turn_at_both() {
    let links = skewed();
    let web = |asked: &Asked<'_>| match asked.path.strip_prefix("to/") {
        Some(_) => (response(asked.host), Does::Answer),
        // Each link of one host leads to its neighbour, and those of the largest to all.
        None => {
            let n = number(asked.host);
            let to = if n == 0 {
                1 + asked.before as u64 % 63
            } else {
                n % 63 + 1
            };
            let to = format!("http://h{to}.example/to/{n}-{}", asked.path);
            (response(asked.host), Does::Redirect(to))
        }
    };
    let run = run(limits(64), &links, &web);
    assert_eq!(run.answered, links.iter().map(|(_, count)| count).sum::<usize>());
    polite(&run);
    let bound = run
        .asked
        .iter()
        .map(|(host, asked)| own_bound(asked.len(), response(host)));
    near(&run, bound.max().unwrap());
}

#[test]
fn hosts_in_trouble_hold_no_other_host_back() {
    let links = skewed();
    let web = |asked: &Asked<'_>| {
        let does = match number(asked.host) {
            7 | 14 if asked.attempts == 0 => Does::Refuse(503, Some(1)),
            21 if asked.before % 10 == 3 => Does::Refuse(429, None),
            28 if asked.before % 7 == 2 => return (3_000, Does::Fail(Transport::ReadTimeout)),
            35 => return (10_000, Does::Fail(Transport::ConnectTimeout)),
            42 if asked.before == 1 => Does::Refuse(429, Some(7_200)),
            49 if asked.before > 2 => Does::Refuse(429, None),
            _ => Does::Answer,
        };
        (response(asked.host), does)
    };
    let run = run(limits(64), &links, &web);
    let all: usize = links.iter().map(|(_, count)| count).sum();
    assert_eq!(run.answered + run.ended.values().sum::<usize>(), all, "{:?}", run.ended);
    polite(&run);
    println!("{:?}", run.ended);
    let bound = links.iter().map(|(host, count)| own_bound(*count, response(host)));
    near(&run, bound.max().unwrap());
}

#[test]
fn slow_robots_files_and_long_delays_hold_no_other_host_back() {
    let links = skewed();
    let robots = |host: &str| match number(host) {
        n if n % 9 == 3 => (8_000, ""),
        n if n % 9 == 4 => (50, "User-agent: *\nCrawl-delay: 3\n"),
        n if n % 9 == 5 => (50, "User-agent: *\nDisallow: /\n"),
        _ => (response(host), ""),
    };
    let limits = Limits {
        obey_robots: true,
        ..limits(64)
    };
    let run = run_with(
        Frontier::new(limits, Scope::default()),
        &links,
        &|asked| (response(asked.host), Does::Answer),
        &robots,
    );
    polite(&run);
    let bound = links.iter().map(|(host, count)| match number(host) % 9 {
        // The file, then a queue; what it took to answer is learned anew.
        3 => 8_000 + own_bound(*count, response(host)),
        4 => *count as i64 * 3_000,
        5 => 0,
        _ => own_bound(*count + 1, response(host)),
    });
    near(&run, bound.max().unwrap());
}

#[test]
fn one_probe_asks_for_all_where_nobody_answers() {
    for (transport, took) in [
        (Transport::ConnectTimeout, 10_000),
        (Transport::Refused, 1),
        (Transport::DnsFailure, 200),
    ] {
        let links = [("h1.example".to_owned(), 100), ("h2.example".to_owned(), 10)];
        let run = run(limits(32), &links, &|asked| match number(asked.host) {
            1 => (took, Does::Fail(transport)),
            _ => (100, Does::Answer),
        });
        assert_eq!((run.answered, run.ended[transport.as_str()]), (10, 100));
        let asked = run.asked["h1.example"].len();
        assert!(asked <= 9, "asked {asked} times");
        // Those that show it, one after the other two by two, and three time-outs while it is open.
        let most = 60_000 + 6 * took as i64;
        assert!(run.took <= most, "{transport}: {} ms", run.took);
        println!("{transport}: {} ms", run.took);
    }
}

#[test]
fn a_host_that_comes_back_is_asked_for_everything() {
    let links = [("h1.example".to_owned(), 100)];
    let run = run(limits(32), &links, &|asked| match asked.now.millis() < 12_000 {
        true => (1, Does::Fail(Transport::Refused)),
        false => (100, Does::Answer),
    });
    assert_eq!(run.answered, 100, "{:?}", run.ended);
}

#[test]
fn a_few_links_are_each_asked_whatever_happens() {
    for does in [
        Does::Fail(Transport::Refused),
        Does::Fail(Transport::ReadTimeout),
        Does::Refuse(503, None),
    ] {
        let links = [("h1.example".to_owned(), 4)];
        let run = run(limits(32), &links, &|_| (10, does.clone()));
        assert_eq!(run.asked["h1.example"].len(), 12, "three times each");
        assert!(run.took <= 75_000, "{} ms", run.took);
        println!("{} ms", run.took);
    }
}

#[test]
fn a_host_that_only_refuses_is_left_alone() {
    for (status, ended) in [(429, "deferred"), (503, "other-failure")] {
        let links = [("h1.example".to_owned(), 200)];
        let run = run(limits(32), &links, &|_| (50, Does::Refuse(status, None)));
        assert_eq!(run.ended.values().sum::<usize>(), 200);
        assert!(run.ended[ended] > 180, "{:?}", run.ended);
        assert!(
            run.asked["h1.example"].len() < 30 && run.took < 130_000,
            "{} ms",
            run.took
        );
        println!("{status}: {} ms, {} requests", run.took, run.asked["h1.example"].len());
    }
}

#[test]
fn twenty_thousand_links_without_limits_cost_next_to_nothing() {
    let limits = Limits {
        host_concurrency: 0,
        host_interval: Duration::ZERO,
        ..limits(64)
    };
    let links: Vec<(String, usize)> = (0..64).map(|n| (format!("h{n}.example"), 313)).collect();
    let begun = std::time::Instant::now();
    let run = run(limits, &links, &|asked| (response(asked.host), Does::Answer));
    println!("{:?}", begun.elapsed());
    assert_eq!(run.answered, 64 * 313);
    // Generous: without optimisation, beside other tests, and with the simulation itself.
    assert!(begun.elapsed() < Duration::from_secs(10));
}

#[test]
fn everything_at_once_loses_nothing_and_stays_polite() {
    let robots = |host: &str| match number(host) % 5 {
        1 => (3_000, "User-agent: *\nCrawl-delay: 1\n"),
        2 => (40, "User-agent: *\nDisallow: /3\n"),
        _ => (40, ""),
    };
    for concurrency in [3, 24] {
        let links = skewed();
        let web = |asked: &Asked<'_>| {
            let does = match (number(asked.host) + asked.before as u64) % 17 {
                1 | 2 if !asked.path.starts_with("to/") => {
                    let to = (number(asked.host) * 7 + 1) % 64;
                    Does::Redirect(format!("http://h{to}.example/to/{}-{}", number(asked.host), asked.path))
                }
                3 => Does::Refuse(503, Some(2)),
                4 => Does::Refuse(429, None),
                5 if number(asked.host).is_multiple_of(3) => Does::Fail(Transport::Reset),
                _ => Does::Answer,
            };
            (response(asked.host), does)
        };
        let limits = Limits {
            obey_robots: true,
            ..limits(concurrency)
        };
        let run = run_with(Frontier::new(limits, Scope::default()), &links, &web, &robots);
        let all: usize = links.iter().map(|(_, count)| count).sum();
        assert_eq!(run.answered + run.ended.values().sum::<usize>(), all, "{:?}", run.ended);
        assert!(run.answered * 10 > all * 9, "{:?}", run.ended);
        polite(&run);
    }
}
