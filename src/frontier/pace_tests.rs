//! How one host is spared, step by step.

use super::*;
use crate::frontier::limits::Limits;
use crate::model::host::ByHost;

fn pace(concurrency: usize, interval: u64) -> Pace {
    let limits = Limits {
        concurrency: 32,
        host_concurrency: concurrency,
        host_interval: Duration::from_millis(interval),
        max_redirects: 0,
        max_pages: 0,
        max_bytes: 0,
        until: None,
        obey_robots: true,
        hosts: ByHost::default(),
    };
    Pace::new("a.example", HostLimits::of(&limits, "a.example"))
}

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn heard(manner: Manner, millis: u64, wait: Option<u64>) -> Heard {
    Heard {
        elapsed: Duration::from_millis(millis),
        manner,
        wait: wait.map(Duration::from_secs),
    }
}

#[test]
fn the_interval_is_the_longest_that_anyone_asks_for() {
    for (minimum, delay, response, want) in [
        (500, 0, None, 500),
        (500, 0, Some(200), 500),
        (500, 0, Some(2_000), 2_000),
        (500, 3_000, Some(2_000), 3_000),
        (500, 300_000, None, 60_000),
        (500, 0, Some(45_000), 10_000),
        (90_000, 300_000, Some(45_000), 90_000),
    ] {
        let mut pace = pace(2, minimum);
        pace.set_crawl_delay(Duration::from_millis(delay));
        if let Some(millis) = response {
            pace.hear(&heard(Manner::Good, millis, None), at(0), 0, 0);
        }
        assert_eq!(
            pace.interval(),
            Duration::from_millis(want),
            "{minimum} {delay} {response:?}"
        );
    }
}

#[test]
fn the_interval_follows_the_host_and_forgets_one_slow_answer() {
    let mut pace = pace(2, 500);
    for (response, want) in [(1_000, 1_000), (5_000, 2_000), (1_000, 1_750), (1_000, 1_562)] {
        pace.hear(&heard(Manner::Good, response, None), at(0), 0, 0);
        assert_eq!(pace.interval().as_millis(), want);
    }
}

#[test]
fn without_limits_only_what_the_host_asks_for_counts() {
    let mut pace = pace(0, 0);
    for n in 0..20 {
        pace.hear(&heard(Manner::Overloaded(503), 9_000, None), at(n * 10_000), 5, 50);
        pace.hear(&heard(Manner::Good, 9_000, None), at(n * 10_000), 5, 50);
    }
    assert_eq!((pace.interval(), pace.next_at()), (Duration::ZERO, at(0)));
    assert!(pace.bears_more_than(1_000) && pace.state(0, at(500_000)).is_none());
    pace.hear(&heard(Manner::Overloaded(503), 1, Some(7)), at(1_000), 5, 50);
    assert_eq!(pace.next_at(), at(8_000));
}

#[test]
fn backing_off_doubles_with_jitter_and_halves_what_is_dared() {
    let mut pace = pace(8, 0);
    let (mut now, mut waits) = (1_000_000, Vec::new());
    for _ in 0..5 {
        pace.hear(&heard(Manner::Overloaded(429), 10, None), at(now), 7, 50);
        waits.push(pace.next_at().since(at(now)).as_millis());
        now = pace.next_at().millis().max(now) + 1_000;
    }
    for (step, wait) in waits.iter().enumerate() {
        assert!(*wait <= 1_000 << step, "{waits:?}");
    }
    assert!(waits.iter().any(|wait| *wait > 1_000), "{waits:?}");
    assert!(pace.bears_more_than(0) && !pace.bears_more_than(1));
    for good in 1..=70 {
        pace.hear(&heard(Manner::Good, 1, None), at(now), 0, 50);
        assert!(pace.bears_more_than(good / 10));
        assert!(!pace.bears_more_than(good / 10 + 1));
    }
}

#[test]
fn failures_that_were_under_way_together_are_one_sign() {
    let mut pace = pace(8, 0);
    for _ in 0..4 {
        pace.hear(
            &heard(Manner::Failed(Transport::ReadTimeout), 20_000, None),
            at(100_000),
            3,
            50,
        );
    }
    assert!(pace.bears_more_than(1), "halved once: {}", pace.allowed);
    assert_eq!(pace.level, 1);
}

#[test]
fn a_wait_beyond_patience_closes_the_host_and_a_quota_never_does() {
    let mut pace = pace(2, 0);
    assert!(!pace.hear(&heard(Manner::Good, 1, Some(7_200)), at(0), 0, 50));
    assert_eq!((pace.next_at(), pace.closed(at(0))), (at(60_000), None));
    assert!(!pace.hear(&heard(Manner::Good, 1, Some(7_200)), at(60_000), 0, 50));
    assert_eq!(pace.next_at(), at(60_000), "once is enough");
    assert!(!pace.hear(&heard(Manner::Overloaded(429), 1, Some(60)), at(10_000), 0, 50));
    assert_eq!((pace.next_at(), pace.closed(at(10_000))), (at(70_000), None));
    assert!(pace.hear(&heard(Manner::Overloaded(429), 1, Some(7_200)), at(80_000), 0, 50));
    let until = at(80_000 + 7_200_000);
    assert_eq!(pace.closed(at(81_000)), Some(Closed::Until(until)));
    assert_eq!(pace.closed(until), None);
    assert_eq!(pace.state(0, at(90_000)).unwrap().not_before, Some(until));
}

#[test]
fn the_next_run_knows_what_this_one_learned() {
    let state = HostState {
        not_before: None,
        backoff: 3,
        response: Some(Duration::from_secs(2)),
        crawl_delay: Duration::from_secs(5),
        failures: 0,
        updated_at: at(0),
    };
    let hour = 3_600_000;
    for (later, level, interval) in [
        (0, 3, 5),
        (hour, 2, 5),
        (50 * hour, 0, 5),
        (200 * hour, 0, 0),
        (-1, 0, 0),
    ] {
        let mut pace = pace(2, 0);
        pace.recall(&state, at(later));
        assert_eq!((pace.level, pace.interval().as_secs()), (level, interval), "{later}");
    }
    let mut free = pace(0, 0);
    free.recall(&state, at(0));
    assert!(free.bears_more_than(1_000) && free.interval() == state.crawl_delay);
    for (not_before, now, closed, next_at) in [
        (30_000, 0, false, 30_000),
        (60_000, 0, false, 60_000),
        (7_200_000, 0, true, 0),
        (7_200_000, 7_190_000, false, 7_200_000),
        (7_200_000, 8_000_000, false, 0),
        (48 * hour, 0, false, 0),
    ] {
        let mut pace = pace(2, 0);
        let not_before = Some(at(not_before));
        pace.recall(&HostState { not_before, ..state }, at(now));
        assert_eq!(pace.closed(at(now)).is_some(), closed, "{not_before:?} at {now}");
        assert_eq!(
            pace.next_at().millis().max(now),
            next_at.max(now),
            "{not_before:?} at {now}"
        );
    }
}
