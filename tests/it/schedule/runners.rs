//! Runners that are killed, that meet, and that a service manager watches.

use std::{
    os::unix::net::UnixDatagram,
    process::{Child, Command},
    time::{Duration, Instant},
};

use super::{add, kept, let_be_due, look_back, times};
use crate::harness::{Dice, Evercite, LiveSite, finish};

/// Ends a process at once, whether it is ours to wait for or not.
fn signal(pid: u32, name: &str) {
    // It may have ended by itself in between.
    let _ = Command::new("kill")
        .args([&format!("-{name}"), &pid.to_string()])
        .stderr(std::process::Stdio::null())
        .status();
}

/// The processes that a process has started.
fn children(pid: u32) -> Vec<u32> {
    let listed = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    listed.split_whitespace().filter_map(|pid| pid.parse().ok()).collect()
}

fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(40), "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Of each run: every page once, and all of it there.
fn nothing_is_lost_or_doubled(evercite: &Evercite, site: &LiveSite, runs: i64) {
    assert!(evercite.is_sound());
    let one = |sql: &str| evercite.value::<i64>(sql);
    assert_eq!(one("SELECT count(*) FROM run WHERE state <> 'finished'"), 0);
    assert_eq!(
        one("SELECT count(*) FROM run"),
        runs + 1,
        "one for each time, and the snapshot"
    );
    assert_eq!(
        one("SELECT count(DISTINCT run_id) FROM job_run WHERE run_id IS NOT NULL"),
        runs
    );
    let doubled =
        "SELECT count(*) FROM (SELECT 1 FROM capture WHERE via_id IS NULL AND purpose IN ('article', 'citation')
        GROUP BY run_id, url_id HAVING count(*) > 1)";
    assert_eq!(one(doubled), 0);
    let pages = one("SELECT count(*) FROM citation");
    let captured = one("SELECT count(*) FROM capture WHERE via_id IS NULL AND purpose = 'citation'");
    assert_eq!(captured, pages * (runs + 1), "{} requests", site.asked().len());
}

#[test]
fn a_scheduled_run_killed_at_random_is_gone_on_with_and_nothing_is_lost_or_doubled() {
    let wanted = if std::env::var_os("EVERCITE_LONG_TESTS").is_some() {
        200
    } else {
        8
    };
    let (mut kills, mut dice, mut runs) = (0, Dice(11), 0);
    let (site, evercite) = kept(30, Duration::from_millis(20));
    add(&evercite, "nightly", &["check", "--max-concurrency", "4"]);
    while kills < wanted {
        let_be_due(&evercite, "nightly", runs);
        runs += 1;
        // A time is given up for good after so many kills that hit it.
        for attempt in 0..10 {
            let is_last = attempt >= 3 || kills >= wanted;
            let runner = evercite.command(&["schedule", "run-due"]).spawn().expect("it starts");
            if is_last {
                finish(&["schedule", "run-due"], runner).exits(0);
            } else {
                std::thread::sleep(Duration::from_millis(20 + dice.roll(400)));
                kills += u64::from(kill_some(runner, dice.roll(3)));
            }
            if evercite.value::<i64>("SELECT count(*) FROM job_run WHERE ended_at IS NULL") == 0 {
                break;
            }
            assert!(attempt < 9, "{:?}", times(&evercite));
        }
        let last = times(&evercite).pop().expect("a time");
        assert!(
            matches!(last.1.as_str(), "done" | "findings"),
            "{last:?} after {kills} kills"
        );
    }
    // Whoever was orphaned has ended.
    wait_until("the lock is free", || evercite.run(&["resume"]).code == Some(0));
    nothing_is_lost_or_doubled(&evercite, &site, runs as i64);
    evercite.ok(&["verify", "--full"]);
    println!("{kills} kills in {runs} runs");
}

/// Kills the runner, what it runs, or both; false when it had ended by itself.
fn kill_some(mut runner: Child, which: u64) -> bool {
    let running = children(runner.id());
    let is_on = runner.try_wait().expect("it can be waited for").is_none();
    if which != 1 {
        signal(runner.id(), "KILL");
    }
    if which != 0 {
        running.iter().for_each(|child| signal(*child, "KILL"));
    }
    finish(&["schedule", "run-due"], runner).never_panicked();
    is_on && (which != 1 || !running.is_empty())
}

#[test]
fn a_run_that_hangs_is_killed_and_the_next_one_goes_on() {
    let (site, evercite) = kept(20, Duration::from_millis(30));
    let words = [
        "schedule",
        "add",
        "hung",
        "--cron",
        "30 4 29 2 *",
        "--limit",
        "2s",
        "--",
    ];
    evercite.ok(&[&words[..], &["check", "--max-concurrency", "1"]].concat());
    let_be_due(&evercite, "hung", 0);
    let runner = evercite.command(&["schedule", "run-due"]).spawn().expect("it starts");
    wait_until("it asks", || site.asked().len() > 3);
    let running = children(runner.id());
    assert_eq!(running.len(), 1);
    signal(running[0], "STOP");
    finish(&["schedule", "run-due"], runner).exits(1);
    assert_eq!(times(&evercite), [("hung".into(), "timed-out".into(), 1, 1)]);
    let_be_due(&evercite, "hung", 1);
    evercite.ok(&["schedule", "run-due"]);
    nothing_is_lost_or_doubled(&evercite, &site, 1);
}

#[test]
fn two_daemons_and_a_run_due_run_each_time_once() {
    let (site, evercite) = kept(10, Duration::from_millis(10));
    for name in ["one", "two", "three"] {
        add(&evercite, name, &["check"]);
        // The leap days of 2020 and 2024 have passed: one run for both.
        look_back(&evercite, name, "2019-01-01");
    }
    let daemons = [(); 2].map(|()| evercite.command(&["daemon"]).spawn().expect("it starts"));
    let run_due = evercite.command(&["schedule", "run-due"]).spawn().expect("it starts");
    let over = "SELECT count(*) FROM job_run WHERE ended_at IS NOT NULL";
    wait_until("all three are run", || evercite.value::<i64>(over) == 3);
    finish(&["schedule", "run-due"], run_due).exits(0);
    for daemon in daemons {
        signal(daemon.id(), "TERM");
        finish(&["daemon"], daemon).exits(0);
    }
    let mut times = times(&evercite);
    times.sort();
    assert_eq!(
        times,
        ["one", "three", "two"].map(|name| (name.to_owned(), "done".to_owned(), 1, 2))
    );
    nothing_is_lost_or_doubled(&evercite, &site, 3);
}

#[test]
fn a_daemon_that_is_told_to_end_stops_what_it_runs_and_the_next_one_goes_on() {
    let (site, evercite) = kept(40, Duration::from_millis(50));
    add(&evercite, "nightly", &["check", "--max-concurrency", "2"]);
    let_be_due(&evercite, "nightly", 0);
    let daemon = evercite.command(&["daemon"]).spawn().expect("it starts");
    wait_until("it asks", || site.asked().len() > 5);
    signal(daemon.id(), "TERM");
    let ran = finish(&["daemon"], daemon).exits(0);
    assert!(ran.stderr.contains("is stopped with what it has"), "{ran}");
    assert_eq!(times(&evercite), [("nightly".into(), "waiting".into(), 1, 1)]);
    let log = evercite.ok(&["schedule", "show", "nightly", "--log"]).stdout;
    assert!(log.contains("the next runner goes on"), "{log}");
    evercite.ok(&["schedule", "run-due"]);
    assert_eq!(times(&evercite), [("nightly".into(), "done".into(), 2, 1)]);
    nothing_is_lost_or_doubled(&evercite, &site, 1);
}

#[test]
fn a_daemon_tells_its_service_manager_how_it_is() {
    let (_site, evercite) = kept(1, Duration::ZERO);
    let socket = UnixDatagram::bind(evercite.path("notify")).expect("a socket");
    socket
        .set_read_timeout(Some(Duration::from_secs(30)))
        .expect("a timeout");
    let mut daemon = evercite.command(&["daemon"]);
    daemon
        .env("NOTIFY_SOCKET", evercite.path("notify"))
        .env("WATCHDOG_USEC", "200000");
    let daemon = daemon.spawn().expect("it starts");
    let hear = || {
        let mut bytes = [0; 1000];
        let length = socket.recv(&mut bytes).expect("it says something");
        String::from_utf8_lossy(&bytes[..length]).trim().to_owned()
    };
    assert_eq!(hear(), "READY=1");
    assert_eq!(hear(), "STATUS=well; there is no job to run (`evercite schedule add`)");
    assert_eq!(hear(), "WATCHDOG=1");
    assert_eq!(hear(), "WATCHDOG=1");
    signal(daemon.id(), "TERM");
    while hear() != "STOPPING=1" {}
    let ran = finish(&["daemon"], daemon).exits(0);
    assert!(ran.stdout.contains("well; there is no job to run"), "{ran}");
}
