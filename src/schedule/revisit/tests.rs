//! What is believed, what it is worth, and what is visited for it.

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::model::{revisit::Why, time::Timestamp};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// So many days after noon of some day.
fn day(days: f64) -> Timestamp {
    Timestamp::from_millis(((19_675.5 + days) * DAY.as_millis() as f64).round() as i64)
}

/// So many visits at that distance, of which each `every`th found a change.
fn seen(visits: u32, days: f64, every: u32) -> Evidence {
    let mut evidence = Evidence::default();
    for visit in 1..=visits {
        evidence.see(days, visit % every == 0);
    }
    evidence
}

fn still(visits: u32, days: f64) -> Evidence {
    seen(visits, days, u32::MAX)
}

fn days_of(evidence: &Evidence) -> f64 {
    Belief::default().after(evidence).days_between_changes()
}

#[test]
fn a_belief_comes_near_the_rate_that_made_what_was_seen() {
    for (rate, days) in [(0.01_f64, 7.0_f64), (0.03, 14.0), (0.1, 7.0), (0.5, 2.0), (1.0, 1.0)] {
        // Changed in just the share of visits that is to be expected.
        let share: f64 = 1.0 - (-rate * days).exp();
        let (mut evidence, mut owed) = (Evidence::default(), 0.0);
        for _ in 0..400 {
            owed += share;
            evidence.see(days, owed >= 1.0);
            owed -= f64::from(u8::from(owed >= 1.0));
        }
        let belief = Belief::default().after(&evidence);
        let ratio = belief.days_between_changes() * rate;
        assert!(
            (0.8..1.25).contains(&ratio),
            "{rate} a day, seen every {days} days: {ratio} times"
        );
        assert!(
            belief.quantile(0.1) <= 1.0 / rate * 1.2 && belief.quantile(0.9) >= 1.0 / rate / 1.2,
            "{rate}"
        );
    }
}

#[test]
fn distances_between_visits_may_differ() {
    let mut evidence = Evidence::default();
    for visit in 0..200 {
        // Of a page that changes on every tenth day: visits after one day and after nineteen.
        let long = visit % 2 == 1;
        evidence.see(
            if long { 19.0 } else { 1.0 },
            if long { visit % 7 != 0 } else { visit % 20 == 0 },
        );
    }
    let days = days_of(&evidence);
    assert!((7.0..14.0).contains(&days), "{days}");
}

#[test]
fn one_change_makes_a_page_faster_and_one_still_visit_slower() {
    for before in [Evidence::default(), still(5, 14.0), seen(9, 7.0, 3)] {
        let with = |changed| {
            let mut after = before.clone();
            after.see(14.0, changed);
            days_of(&after)
        };
        let days = days_of(&before);
        assert!(
            with(true) < days && days < with(false),
            "{} {days} {}",
            with(true),
            with(false)
        );
    }
}

#[test]
fn visits_at_once_tell_only_of_changes() {
    let mut evidence = still(3, 14.0);
    let before = days_of(&evidence);
    evidence.see(0.0, false);
    assert_eq!(days_of(&evidence), before);
    evidence.see(0.0, true);
    assert!(days_of(&evidence) < before);
}

#[test]
fn a_page_that_was_still_for_years_and_then_changes_daily_is_soon_believed_to() {
    let mut evidence = still(60, 30.0);
    assert!(days_of(&evidence) > 1_000.0);
    for _ in 0..10 {
        evidence.see(1.0, true);
    }
    assert!(days_of(&evidence) < 30.0, "{}", days_of(&evidence));
}

#[test]
fn a_link_without_history_is_believed_to_be_as_the_others_of_its_host_are() {
    let (fast, slow) = (seen(30, 2.0, 1), still(30, 30.0));
    let links: Vec<(&str, &Evidence)> = (0..20)
        .flat_map(|_| [("news.example", &fast), ("museum.example", &slow)])
        .collect();
    let priors = Priors::learn(links.into_iter());
    let new = |host| priors.belief(host, &Evidence::default()).days_between_changes();
    let (news, museum, other) = (new("news.example"), new("museum.example"), new("other.example"));
    assert!(news < other && other < museum, "{news} {other} {museum}");
    // What was seen of a link itself soon weighs more.
    let own = priors.belief("news.example", &still(12, 14.0)).days_between_changes();
    assert!(own > 50.0, "{own}");
    // A link is no witness for itself.
    let alone = Priors::learn([("one.example", &fast)].into_iter());
    let others = alone.belief("other.example", &fast).days_between_changes();
    assert!((alone.belief("one.example", &fast).days_between_changes() - others).abs() < 1e-3);
}

#[test]
fn nothing_known_is_no_error() {
    let priors = Priors::learn(std::iter::empty());
    assert_eq!(priors.belief("x", &Evidence::default()), Belief::default());
    assert!(Agenda::new(Vec::new(), 5).choose(day(0.0), 5).is_empty());
}

#[test]
fn the_utility_of_a_visit_is_that_of_the_paper() {
    for (rate, days, utility_) in [
        (0.1_f64, 0.0, 0.0),
        (0.1, 10.0, 10.0 - 20.0 * (-1.0_f64).exp()),
        (1.0, 2.0, 1.0 - 3.0 * (-2.0_f64).exp()),
        (1.0, 1e6, 1.0),
        // Slow: rate * days² / 2.
        (1e-6, 10.0, 5e-5),
    ] {
        let got = utility(rate, days);
        assert!(
            (got - utility_).abs() <= 1e-4 * utility_.max(1e-9),
            "{rate} {days}: {got}, not {utility_}"
        );
    }
}

fn stakes(days: &[f64]) -> Vec<Stake> {
    days.iter().map(|days| Stake::new(*days, 1.0)).collect()
}

#[test]
fn the_threshold_spends_the_budget_and_no_more() {
    let days: Vec<f64> = (0..600).map(|link| 0.3 * 1.015_f64.powi(link)).collect();
    let stakes = stakes(&days);
    for budget in [11.0, 20.0, 43.0, 100.0, 400.0, 599.0] {
        let threshold = threshold(&stakes, budget).expect("enough for all");
        let visits: f64 = stakes
            .iter()
            .map(|stake| 1.0 / f64::from(stake.interval(threshold)))
            .sum();
        assert!(visits <= budget && visits > budget * 0.98, "{visits} of {budget}");
    }
    assert_eq!(threshold(&stakes, 600.0), Some(0.0), "each once a day");
    assert_eq!(threshold(&stakes, 9.9), None, "not even each once in 60 days");
}

#[test]
fn intervals_keep_to_the_caps() {
    for (between_changes, threshold, days) in [
        (1e6, 1e-12, SHORTEST),
        (20.0, 0.0, SHORTEST),
        (0.2, 1.0, LONGEST),
        (1e9, 100.0, LONGEST),
        (20.0, f64::INFINITY, LONGEST),
    ] {
        assert_eq!(
            Stake::new(between_changes, 1.0).interval(threshold),
            days,
            "{between_changes} {threshold}"
        );
    }
}

/// A link that was visited so many days ago and changes every so many.
fn link(visited: Option<f64>, seen: &Evidence) -> Link {
    Link {
        belief: Belief::default().after(seen),
        weight: 1.0,
        last: visited.map(|days| day(-days)),
        failing: None,
    }
}

fn failing(why: Why, visited: f64, due_in: f64, rests: bool) -> Link {
    Link {
        failing: Some(Failing {
            why,
            due: day(due_in),
            rests,
        }),
        ..link(Some(visited), &still(3, 14.0))
    }
}

/// What a run now visits: numbers of links and reasons.
fn chosen(links: Vec<Link>, budget: u32, allowance: u64) -> Vec<(usize, &'static str)> {
    let chosen = Agenda::new(links, budget).choose(day(0.0), allowance);
    chosen.iter().map(|choice| (choice.link, choice.why.as_str())).collect()
}

#[test]
fn what_has_to_be_asked_comes_first_and_then_what_is_worth_most() {
    let links = vec![
        link(Some(20.0), &still(20, 14.0)),
        link(Some(20.0), &seen(20, 14.0, 2)),
        link(Some(61.0), &still(9, 60.0)),
        failing(Why::Dead, 30.0, -1.0, true),
        failing(Why::Suspect, 3.0, 0.0, true),
        link(None, &Evidence::default()),
        failing(Why::Dead, 3.0, 4.0, true),
        link(Some(0.3), &seen(20, 14.0, 2)),
    ];
    let all = [
        (5, "unchecked"),
        (4, "suspect"),
        (3, "dead"),
        (2, "cap"),
        (1, "worth"),
        (0, "worth"),
    ];
    assert_eq!(
        chosen(links.clone(), 7, 100),
        all,
        "resting links and those of today are left alone"
    );
    assert_eq!(chosen(links.clone(), 7, 3), all[..3]);
    assert_eq!(chosen(links, 7, 0), []);
}

#[test]
fn a_failing_link_that_does_not_rest_is_visited_by_its_worth_until_it_is_due() {
    assert_eq!(
        chosen(vec![failing(Why::Suspect, 2.0, 1.0, false)], 1, 9),
        [(0, "worth")]
    );
    assert_eq!(
        chosen(vec![failing(Why::Suspect, 2.0, -1.0, false)], 1, 9),
        [(0, "suspect")]
    );
}

#[test]
fn what_is_not_due_yet_has_what_is_left() {
    let links: Vec<Link> = (0..30).map(|_| link(Some(2.0), &seen(20, 14.0, 2))).collect();
    let agenda = Agenda::new(links, 3);
    let chosen = agenda.choose(day(0.0), 3);
    assert_eq!(chosen.len(), 3);
    for choice in chosen {
        assert_eq!(choice.why, Why::Spare);
        assert!(choice.due > day(0.0) && choice.due <= day(12.0), "{choice:?}");
    }
}

#[test]
fn a_budget_too_small_for_the_caps_goes_round() {
    let mut agenda = Agenda::new(
        (0..100)
            .map(|n| link(Some(60.0 + f64::from(n)), &still(2, 30.0)))
            .collect(),
        1,
    );
    assert_eq!(agenda.threshold(), None);
    let mut visited = Vec::new();
    for run in 0..100 {
        let at = day(f64::from(run));
        for choice in agenda.choose(at, 1) {
            visited.push(choice.link);
            agenda.visited(choice.link, at);
        }
    }
    let longest_first: Vec<usize> = (0..100).rev().collect();
    assert_eq!(visited, longest_first);
}

#[test]
fn links_that_count_more_come_first_and_ties_keep_their_order() {
    let twins: Vec<Link> = (0..50).map(|_| link(Some(20.0), &still(3, 14.0))).collect();
    let in_order: Vec<usize> = (0..10).collect();
    let numbers = |links: &[Link]| -> Vec<usize> {
        chosen(links.to_vec(), 10, 10)
            .into_iter()
            .map(|(link, _)| link)
            .collect()
    };
    assert_eq!(numbers(&twins), in_order);
    let mut cited = twins;
    cited[40].weight = 3.0;
    assert_eq!(numbers(&cited)[..3], [40, 0, 1]);
}

#[test]
fn seconds_decide_nothing_between_links_of_one_run() {
    let second = 1.0 / 86_400.0;
    let links: Vec<Link> = (0..20)
        .map(|n| link(Some(20.0 + f64::from(n) * second), &still(3, 14.0)))
        .collect();
    let agenda = Agenda::new(links, 5);
    for later in [0.0, second, 600.0 * second] {
        let chosen = agenda.choose(day(later), 5);
        let numbers: Vec<usize> = chosen.iter().map(|choice| choice.link).collect();
        assert_eq!(numbers, [0, 1, 2, 3, 4], "{later}");
    }
    assert_eq!(days_between(day(0.0), day(10.0 + second)), 10.0);
    assert_eq!(days_between(day(1.0), day(0.0)), 0.0);
}

#[test]
fn a_link_is_visited_once_a_day_however_often_runs_come() {
    let mut agenda = Agenda::new(vec![link(Some(5.0), &seen(9, 1.0, 1))], 10);
    let mut visits: Vec<Timestamp> = Vec::new();
    for hour in 0..240 {
        let at = day(f64::from(hour) / 24.0);
        if !agenda.choose(at, 10).is_empty() {
            agenda.visited(0, at);
            visits.push(at);
        }
    }
    let mut dates: Vec<String> = visits.iter().map(|at| at.date()).collect();
    dates.dedup();
    assert_eq!(dates.len(), visits.len(), "{visits:?}");
    assert!(visits.len() >= 9, "{}", visits.len());
}

#[test]
fn an_allowance_grows_with_the_days_since_the_last_run() {
    for (last, allowed) in [
        (None, 10),
        (Some(0.0), 0),
        (Some(-1.0), 10),
        (Some(-2.5), 25),
        (Some(-6.0), 60),
        (Some(-400.0), 70),
        (Some(3.0), 10),
    ] {
        assert_eq!(allowance(10, last.map(day), day(0.0)), allowed, "{last:?}");
    }
    assert_eq!(allowance(u32::MAX, Some(day(-9.0)), day(0.0)), 7 * u64::from(u32::MAX));
}

proptest! {
    #[test]
    fn runs_of_any_length_come_to_the_budget(a_day in 1..500_u32, minutes in proptest::collection::vec(1..3_000_u64, 1..60)) {
        let begin = day(0.0);
        let (mut last, mut sum) = (begin, 0);
        for minutes in minutes {
            let now = last.plus(Duration::from_secs(60 * minutes));
            sum += allowance(a_day, Some(last), now);
            last = now;
        }
        let owed = f64::from(a_day) * last.since(begin).div_duration_f64(DAY);
        prop_assert!((sum as f64 - owed).abs() <= 1.0, "{} of {}", sum, owed);
    }

    #[test]
    fn beliefs_stay_beliefs(visits in proptest::collection::vec((0.0..4_000.0_f64, any::<bool>()), 0..200)) {
        let mut evidence = Evidence::default();
        for (days, changed) in &visits {
            evidence.see(*days, *changed);
        }
        let belief = Belief::default().after(&evidence);
        let (low, middle, high) = (belief.quantile(0.1), belief.quantile(0.5), belief.quantile(0.9));
        prop_assert!(low <= middle && middle <= high);
        prop_assert!(belief.days_between_changes().is_finite());
        prop_assert!((0.2..=5_001.0).contains(&belief.days_between_changes()));
    }

    #[test]
    fn worth_never_falls_with_time(between in 0.1..1e5_f64, weight in 0.1..50.0_f64, a in 0.0..500.0_f64, b in 0.0..500.0_f64) {
        let stake = Stake::new(between, weight);
        let (sooner, later) = (a.min(b), a.max(b));
        prop_assert!(stake.worth(sooner) <= stake.worth(later) * (1.0 + 1e-4));
    }

    #[test]
    fn a_run_keeps_to_its_allowance_and_chooses_each_once(visited in proptest::collection::vec(0.0..100.0_f64, 0..80), budget in 1..20_u32) {
        let links: Vec<Link> = visited.iter().map(|days| link(Some(*days), &still(3, 14.0))).collect();
        let chosen = chosen(links, budget, u64::from(budget));
        let distinct: std::collections::BTreeSet<usize> = chosen.iter().map(|(link, _)| *link).collect();
        prop_assert_eq!(distinct.len(), chosen.len());
        let eligible = visited.iter().filter(|days| **days >= 1.0).count();
        prop_assert!(chosen.len() >= eligible.min(budget as usize) && chosen.len() <= budget as usize);
    }
}
