//! The frontier's promises, in simulated time.

use super::*;
use crate::model::host::ByHost;

fn limits() -> Limits {
    Limits {
        concurrency: 8,
        host_concurrency: 2,
        host_interval: Duration::from_millis(500),
        max_redirects: 3,
        max_pages: 0,
        max_bytes: 0,
        until: None,
        obey_robots: false,
        hosts: ByHost::default(),
    }
}

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn task(id: i64, url: &str) -> Task {
    let url = Url::parse(url).unwrap();
    Task {
        id,
        url,
        purpose: Purpose::Citation,
        depth: 1,
        attempts: 0,
        due: at(0),
        prior: None,
    }
}

fn with(limits: Limits, urls: &[&str]) -> Frontier {
    let mut frontier = Frontier::new(limits, Scope::default());
    for (id, text) in (1..).zip(urls) {
        let task = task(id, text);
        let host = url::host(&task.url).to_owned();
        frontier.refill(&host, vec![task], true);
    }
    frontier
}

fn host(name: &str) -> Url {
    Url::parse(&format!("http://{name}/")).unwrap()
}

fn overloaded(wait: Option<Duration>) -> Heard {
    Heard {
        elapsed: Duration::from_millis(100),
        manner: Manner::Overloaded(429),
        wait,
    }
}

fn fetch(step: Step) -> Box<Job> {
    match step {
        Step::Fetch(job) => job,
        other => panic!("a fetch was expected, not {other:?}"),
    }
}

#[test]
fn a_host_is_asked_no_more_often_than_allowed() {
    let mut frontier = with(
        limits(),
        &["http://a.example/1", "http://a.example/2", "http://a.example/3"],
    );
    fetch(frontier.next(at(0)));
    assert!(matches!(frontier.next(at(0)), Step::WaitUntil(t) if t == at(500)));
    fetch(frontier.next(at(500)));
    assert!(
        matches!(frontier.next(at(1000)), Step::Idle),
        "two in flight is the limit of a host"
    );
    frontier.release(&host("a.example"), at(1000), 0, &Heard::NOTHING);
    fetch(frontier.next(at(1000)));
}

#[test]
fn a_busy_host_does_not_hold_the_others_back() {
    let mut frontier = with(
        limits(),
        &["http://a.example/1", "http://a.example/2", "http://b.example/1"],
    );
    let hosts = [fetch(frontier.next(at(0))), fetch(frontier.next(at(0)))].map(|job| url::host(&job.url).to_owned());
    assert_eq!(hosts, ["a.example", "b.example"]);
}

#[test]
fn the_total_is_limited() {
    let urls: Vec<String> = (0..20).map(|n| format!("http://h{n}.example/")).collect();
    let mut frontier = with(limits(), &urls.iter().map(String::as_str).collect::<Vec<_>>());
    let handed_out = std::iter::from_fn(|| matches!(frontier.next(at(0)), Step::Fetch(_)).then_some(())).count();
    assert_eq!((handed_out, frontier.in_flight()), (8, 8));
    frontier.release(&host("h0.example"), at(0), 0, &Heard::NOTHING);
    fetch(frontier.next(at(0)));
}

#[test]
fn retry_after_quiets_the_whole_host() {
    let mut frontier = with(limits(), &["http://a.example/1", "http://a.example/2"]);
    fetch(frontier.next(at(0)));
    let heard = overloaded(Some(Duration::from_secs(30)));
    frontier.release(&host("a.example"), at(100), 0, &heard);
    assert!(matches!(frontier.next(at(600)), Step::WaitUntil(t) if t == at(30_100)));
}

#[test]
fn robots_are_asked_first_and_once() {
    let mut frontier = with(
        Limits {
            obey_robots: true,
            host_interval: Duration::ZERO,
            ..limits()
        },
        &["http://a.example/open", "http://a.example/private/1"],
    );
    let address = match frontier.next(at(0)) {
        Step::Robots(address) => address,
        other => panic!("{other:?}"),
    };
    assert_eq!(address.as_str(), "http://a.example/robots.txt");
    assert!(matches!(frontier.next(at(0)), Step::Idle), "its tasks wait");
    let rules = Rules::parse(b"User-agent: *\nDisallow: /private/\n", "evercite");
    frontier.robots(&address, RobotsState::Rules(Arc::new(rules)), at(10), &Heard::NOTHING);
    assert_eq!(fetch(frontier.next(at(10))).url.path(), "/open");
    assert!(matches!(frontier.next(at(10)), Step::Refuse(job, Access::RobotsExcluded, _) if job.task.id == 2));
}

#[test]
fn a_robots_file_that_fails_says_no_and_one_out_of_reach_fails_the_link() {
    for (state, refuses) in [
        (RobotsState::ServerError(503), true),
        (RobotsState::Unreachable(Transport::Refused, "refused".into()), false),
    ] {
        let mut frontier = with(
            Limits {
                obey_robots: true,
                ..limits()
            },
            &["http://a.example/1"],
        );
        let Step::Robots(address) = frontier.next(at(0)) else {
            panic!("robots first")
        };
        frontier.robots(&address, state, at(600), &Heard::NOTHING);
        match frontier.next(at(600)) {
            Step::Refuse(_, Access::RobotsUnreachable, _) => assert!(refuses),
            Step::Unreachable(_, Transport::Refused, _) => assert!(!refuses),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn crawl_delay_is_kept() {
    let mut frontier = with(
        Limits {
            obey_robots: true,
            ..limits()
        },
        &["http://a.example/1", "http://a.example/2"],
    );
    let Step::Robots(address) = frontier.next(at(0)) else {
        panic!("robots first")
    };
    let rules = Rules::parse(b"User-agent: *\nCrawl-delay: 7\n", "evercite");
    frontier.robots(&address, RobotsState::Rules(Arc::new(rules)), at(500), &Heard::NOTHING);
    fetch(frontier.next(at(500)));
    assert!(matches!(frontier.next(at(600)), Step::WaitUntil(t) if t == at(7500)));
}

#[test]
fn a_redirect_meets_the_rules_of_its_new_host() {
    let scope = Scope::new(&[], &["b\\.example".into()]).unwrap();
    let mut frontier = Frontier::new(limits(), scope);
    frontier.refill("a.example", vec![task(1, "http://a.example/1")], true);
    let job = fetch(frontier.next(at(0)));
    frontier.release(&host("a.example"), at(10), 0, &Heard::NOTHING);
    frontier
        .redirect(job, Url::parse("http://b.example/").unwrap())
        .unwrap();
    assert!(matches!(frontier.next(at(20)), Step::Refuse(_, Access::OutOfScope, _)));
}

#[test]
fn redirects_end() {
    let to = |text: &str| Url::parse(text).unwrap();
    for (path, want) in [
        (
            &["http://a.example/2", "http://a.example/1"][..],
            Transport::RedirectLoop,
        ),
        (&["http://a.example/1"], Transport::RedirectLoop),
        (&["file:///etc/passwd"], Transport::BadRedirect),
        (
            &[
                "http://a.example/2",
                "http://a.example/3",
                "http://a.example/4",
                "http://a.example/5",
            ],
            Transport::TooManyRedirects,
        ),
    ] {
        let mut frontier = with(
            Limits {
                host_interval: Duration::ZERO,
                ..limits()
            },
            &["http://a.example/1"],
        );
        let mut ended = None;
        for next in path {
            let job = fetch(frontier.next(at(0)));
            frontier.release(&host("a.example"), at(0), 0, &Heard::NOTHING);
            if let Err((_, transport, _)) = frontier.redirect(job, to(next)) {
                ended = Some(transport);
            }
        }
        assert_eq!(ended, Some(want), "{path:?}");
    }
}

#[test]
fn a_cookie_wall_that_leads_back_is_no_loop() {
    let mut frontier = with(
        Limits {
            host_interval: Duration::ZERO,
            ..limits()
        },
        &["http://a.example/1"],
    );
    let mut job = fetch(frontier.next(at(0)));
    frontier.release(&host("a.example"), at(0), 0, &Heard::NOTHING);
    job.cookies.push(("a.example".into(), "seen".into(), "1".into()));
    assert!(
        frontier
            .redirect(job, Url::parse("http://a.example/1").unwrap())
            .is_ok()
    );
    let job = fetch(frontier.next(at(0)));
    assert!(
        frontier
            .redirect(job, Url::parse("http://a.example/1").unwrap())
            .is_err(),
        "but only once"
    );
}

#[test]
fn a_retry_waits_for_its_time_and_the_archive_is_asked_for_more() {
    let mut frontier = with(
        Limits {
            host_interval: Duration::ZERO,
            ..limits()
        },
        &["http://a.example/1"],
    );
    let job = fetch(frontier.next(at(0)));
    frontier.release(&host("a.example"), at(0), 0, &Heard::NOTHING);
    frontier.retry(job.task, at(5000));
    assert!(matches!(frontier.next(at(10)), Step::WaitUntil(t) if t == at(5000)));
    frontier.has_work("a.example", 1);
    assert!(matches!(frontier.next(at(10)), Step::Refill(host, 1) if host == "a.example"));
    frontier.refill("a.example", vec![task(2, "http://a.example/2")], true);
    assert_eq!(fetch(frontier.next(at(10))).task.id, 2);
    frontier.release(&host("a.example"), at(20), 0, &Heard::NOTHING);
    let again = fetch(frontier.next(at(5000)));
    assert_eq!((again.task.id, again.task.attempts), (1, 1));
}

#[test]
fn budgets_stop_the_handing_out() {
    for limits in [
        Limits {
            max_pages: 1,
            ..limits()
        },
        Limits {
            max_bytes: 100,
            ..limits()
        },
        Limits {
            until: Some(at(700)),
            ..limits()
        },
    ] {
        let mut frontier = with(limits, &["http://a.example/1", "http://b.example/1"]);
        fetch(frontier.next(at(0)));
        frontier.release(&host("a.example"), at(700), 100, &Heard::NOTHING);
        assert!(matches!(frontier.next(at(700)), Step::Idle));
        assert!(frontier.is_spent(at(700)));
    }
}

#[test]
fn local_documents_disturb_nobody() {
    let urls: Vec<String> = (0..5).map(|n| format!("urn:uuid:{n}")).collect();
    let mut frontier = with(limits(), &urls.iter().map(String::as_str).collect::<Vec<_>>());
    for _ in 0..5 {
        fetch(frontier.next(at(0)));
    }
}

#[test]
fn a_robots_file_serves_a_day_in_a_long_run_too() {
    let mut frontier = with(
        Limits {
            obey_robots: true,
            ..limits()
        },
        &["http://a.example/1", "http://a.example/2"],
    );
    let Step::Robots(address) = frontier.next(at(0)) else {
        panic!("robots first")
    };
    let rules = RobotsState::Rules(Arc::new(Rules::allow_all()));
    frontier.robots(&address, rules, at(600), &Heard::NOTHING);
    fetch(frontier.next(at(600)));
    frontier.release(&host("a.example"), at(700), 0, &Heard::NOTHING);
    let day = 24 * 3_600_000;
    assert!(matches!(frontier.next(at(600 + day)), Step::Robots(again) if again == address));
}

#[test]
fn the_end_of_the_time_is_woken_up_for() {
    let until = Some(at(10_000));
    let mut frontier = with(
        Limits { until, ..limits() },
        &["http://a.example/1", "http://a.example/2"],
    );
    fetch(frontier.next(at(0)));
    frontier.release(
        &host("a.example"),
        at(100),
        0,
        &overloaded(Some(Duration::from_secs(60))),
    );
    assert!(matches!(frontier.next(at(100)), Step::WaitUntil(t) if t == at(10_000)));
    assert!(matches!(frontier.next(at(10_000)), Step::Idle));
}

#[test]
fn what_an_earlier_run_knew_counts_from_the_first_request() {
    let state = HostState {
        not_before: Some(at(3_600_000)),
        backoff: 0,
        response: None,
        crawl_delay: Duration::ZERO,
        failures: 0,
        updated_at: at(0),
    };
    for (now, left) in [(10_000, true), (3_590_000, false)] {
        let mut frontier = with(limits(), &["http://a.example/1", "http://b.example/1"]);
        assert!(frontier.is_new("a.example"));
        frontier.recall("a.example", Some(state), at(now));
        assert!(!frontier.is_new("a.example"));
        match frontier.next(at(now)) {
            Step::Refuse(job, Access::Deferred, why) if left => {
                assert!(why.contains("1970-01-01T01:00:00Z"), "{why}");
                assert_eq!(job.task.id, 1);
            }
            Step::Fetch(job) if !left => assert_eq!(job.task.id, 2, "the other host first"),
            other => panic!("{other:?}"),
        }
        if !left {
            assert!(matches!(frontier.next(at(now)), Step::WaitUntil(t) if t == at(3_600_000)));
        }
    }
}

#[test]
fn a_host_that_the_user_names_has_limits_of_its_own() {
    let own = HostOverride {
        concurrency: Some(1),
        interval: Some(Duration::from_secs(3)),
        obey_robots: Some(false),
    };
    let named = Limits {
        obey_robots: true,
        hosts: ByHost::new([("a.example".to_owned(), own)]),
        ..limits()
    };
    let mut frontier = with(
        named,
        &["http://a.example/1", "http://a.example/2", "http://b.example/1"],
    );
    fetch(frontier.next(at(0)));
    assert!(matches!(frontier.next(at(0)), Step::Robots(address) if url::host(&address) == "b.example"));
    assert!(matches!(frontier.next(at(5_000)), Step::Idle), "one at a time");
    frontier.release(&host("a.example"), at(5_000), 0, &Heard::NOTHING);
    assert_eq!(fetch(frontier.next(at(5_000))).task.id, 2);
}
