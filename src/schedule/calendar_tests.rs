//! A year of clocks that are set: every instant against the rule, told anew minute by minute.

use std::collections::HashMap;

use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::{Calendar, Cron, cron::Expression};
use crate::model::time::Timestamp;

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap()
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn between(cron: &str, name: &str, from: &str, to: &str) -> Vec<String> {
    let calendar = Calendar::new(Cron::parse(cron).unwrap(), zone(name));
    let until = at(to);
    let found = calendar.after(at(from)).take_while(|instant| *instant <= until);
    found.map(|instant| instant.to_string()[5..16].to_owned()).collect()
}

#[test]
fn clocks_that_are_set_follow_crons_rule() {
    // New York, 2026: clocks go from 2:00 to 3:00 on 8 March (7:00 UTC), from 2:00 back to 1:00 on 1 November (6:00 UTC).
    let spring = ("2026-03-08T04:30:00Z", "2026-03-08T09:30:00Z");
    let autumn = ("2026-11-01T04:30:00Z", "2026-11-01T08:30:00Z");
    for (cron, (from, to), instants) in [
        // A time of its own is not lost in a gap, and comes once in an hour that comes twice.
        ("30 2 * * *", spring, vec!["03-08T07:00"]),
        ("0,20,40 2 * * *", spring, vec!["03-08T07:00"]),
        ("0 3 * * *", spring, vec!["03-08T07:00"]),
        ("30 2 * * *; 0 3 * * *", spring, vec!["03-08T07:00"]),
        (
            "30 1-3 * * *",
            spring,
            vec!["03-08T06:30", "03-08T07:00", "03-08T07:30"],
        ),
        ("30 1 * * *", autumn, vec!["11-01T05:30"]),
        ("0 1-2 * * *", autumn, vec!["11-01T05:00", "11-01T07:00"]),
        // By the clock on the wall.
        (
            "30 * * * *",
            spring,
            vec![
                "03-08T05:30",
                "03-08T06:30",
                "03-08T07:30",
                "03-08T08:30",
                "03-08T09:30",
            ],
        ),
        ("*/30 2 * * *", spring, vec![]),
        (
            "30 * * * *",
            autumn,
            vec!["11-01T05:30", "11-01T06:30", "11-01T07:30", "11-01T08:30"],
        ),
        (
            "*/30 1 * * *",
            autumn,
            vec!["11-01T05:00", "11-01T05:30", "11-01T06:00", "11-01T06:30"],
        ),
    ] {
        assert_eq!(between(cron, "America/New_York", from, to), instants, "{cron}");
    }
}

#[test]
fn a_gap_at_midnight_and_a_day_that_never_was() {
    // Santiago: clocks go from 0:00 to 1:00 on 6 September 2026 (4:00 UTC).
    let santiago = |cron| between(cron, "America/Santiago", "2026-09-05T12:00:00Z", "2026-09-06T06:00:00Z");
    assert_eq!(santiago("0 0 * * *"), ["09-06T04:00"]);
    assert_eq!(santiago("59 23 * * *; 30 0 * * *"), ["09-06T03:59", "09-06T04:00"]);
    // Apia had no 30 December 2011: it came at the end of the 29th (10:00 UTC).
    let apia = |cron| between(cron, "Pacific/Apia", "2011-12-29T12:00:00Z", "2011-12-31T12:00:00Z");
    assert_eq!(apia("0 9 30 12 *"), ["12-30T10:00"]);
    assert_eq!(apia("0 * 30 12 *"), Vec::<String>::new());
}

#[test]
fn rare_days_are_found_and_those_that_never_come_are_not() {
    let next = |cron| {
        let calendar = Calendar::new(Cron::parse(cron).unwrap(), TimeZone::UTC);
        calendar.next(at("2096-03-01")).map(Timestamp::date)
    };
    assert_eq!(next("0 0 29 2 *").as_deref(), Some("2104-02-29"));
    assert_eq!(next("0 0 L 2 *").as_deref(), Some("2097-02-28"));
    assert_eq!(next("0 0 30 2 *"), None);
    assert_eq!(next("0 0 31 4,6,9,11 *"), None);
}

/// An expression's times in minutes of the clock on the wall since 1970.
struct Wall<'a> {
    expression: &'a Expression,
    times: Vec<bool>,
    days: HashMap<i64, bool>,
}

impl<'a> Wall<'a> {
    fn new(expression: &'a Expression) -> Self {
        let mut times = vec![false; 1440];
        expression
            .minutes_of_day()
            .for_each(|minute| times[minute as usize] = true);
        let days = HashMap::new();
        Self {
            expression,
            times,
            days,
        }
    }

    fn has(&mut self, minute: i64) -> bool {
        let epoch = jiff::civil::date(1970, 1, 1);
        self.times[minute.rem_euclid(1440) as usize]
            && *self.days.entry(minute.div_euclid(1440)).or_insert_with_key(|day| {
                self.expression
                    .is_on(epoch.saturating_add(jiff::Span::new().days(*day)))
            })
    }
}

/// The rule, told another way: walks through the year minute by minute with the clock on the wall in view.
fn by_walking(cron: &Cron, zone: &TimeZone, from: Timestamp, to: Timestamp) -> Vec<Timestamp> {
    // Clocks are set on quarters of an hour.
    let offset = |minute: i64| {
        let quarter = jiff::Timestamp::from_second(minute.div_euclid(15) * 900).unwrap();
        i64::from(zone.to_offset(quarter).seconds()) / 60
    };
    let (from, to) = (from.millis() / 60_000, to.millis() / 60_000);
    let mut found = Vec::new();
    for expression in cron.expressions() {
        let mut wall = Wall::new(expression);
        // The latest time that the clock has shown yet.
        let mut latest = from + offset(from);
        for minute in from + 1..=to {
            let shown = minute + offset(minute);
            let mut is_due = wall.has(shown) && (expression.by_clock || shown > latest);
            if !expression.by_clock {
                is_due |= (latest + 1..shown).any(|skipped| wall.has(skipped));
            }
            latest = latest.max(shown);
            if is_due {
                found.push(Timestamp::from_millis(minute * 60_000));
            }
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

#[test]
fn a_year_in_many_zones_comes_as_the_rule_has_it() {
    // Both hemispheres, changes at 0:00, 1:00 and 2:00, by half an hour, none, and quarters off UTC.
    let zones = [
        "Europe/Oslo",
        "America/New_York",
        "America/Santiago",
        "Australia/Lord_Howe",
        "Pacific/Chatham",
        "Africa/Casablanca",
        "Asia/Beirut",
        "Asia/Kathmandu",
        "America/Havana",
        "UTC",
    ];
    let crons = [
        "30 2 * * *",
        "0 3 * * 1",
        "15,45 0-3 * * *",
        "7 * * * *",
        "*/17 1,2 * * sun",
        "0 0 L * *",
        "59 23 * * 6#1",
        "0 0,2,12 1,15 * fri; 20 1 * 3,4,9-11 *",
    ];
    let (from, to) = (at("2026-01-01T00:00:00Z"), at("2027-01-01T12:00:00Z"));
    for (n, name) in zones.into_iter().enumerate() {
        let zone = zone(name);
        for cron in crons.iter().cycle().skip(n).take(4) {
            let cron = Cron::parse(cron).unwrap();
            let calendar = Calendar::new(cron.clone(), zone.clone());
            let found: Vec<Timestamp> = calendar.after(from).take_while(|instant| *instant <= to).collect();
            assert_eq!(found, by_walking(&cron, &zone, from, to), "{name} {cron:?}");
            assert!(found.len() >= 12, "{name} {cron:?}");
        }
    }
}

/// A field: `*`, numbers, ranges and steps in a list. Not a list that begins with `*`, nor steps over a single number:
/// there implementations differ, as on days with `*/2`, for which Vixie's cron asks beside the weekday, as we do.
fn field(first: u8, last: u8, star_steps: bool) -> impl Strategy<Value = String> {
    let number = move || first..=last;
    let range = (number(), number(), proptest::option::of(1u8..=12)).prop_map(|(a, b, step)| {
        let step = step.map_or(String::new(), |step| format!("/{step}"));
        format!("{}-{}{step}", a.min(b), a.max(b))
    });
    let part = prop_oneof![number().prop_map(|n| n.to_string()), range];
    prop_oneof![
        3 => Just("*".to_owned()),
        u32::from(star_steps) => (1u8..=30).prop_map(|step| format!("*/{step}")),
        4 => prop::collection::vec(part, 1..4).prop_map(|parts| parts.join(",")),
    ]
}

fn named(numbers: impl Strategy<Value = String>, names: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop_oneof![4 => numbers, 1 => proptest::sample::select(names).prop_map(str::to_owned)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, ..ProptestConfig::default() })]

    #[test]
    fn another_library_finds_the_same_times(
        minute in field(0, 59, true),
        hour in field(0, 23, true),
        day in field(1, 31, false),
        month in named(field(1, 12, true), &["jan", "FEB", "Mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]),
        weekday in named(field(0, 6, false), &["sun", "MON", "Tue", "wed", "thu", "fri", "sat"]),
        after in 1_600_000_000i64..2_000_000_000,
    ) {
        let text = format!("{minute} {hour} {day} {month} {weekday}");
        let calendar = Calendar::new(Cron::parse(&text).unwrap(), TimeZone::UTC);
        let ours: Vec<i64> = calendar.after(Timestamp::from_millis(after * 1000)).take(4).map(Timestamp::millis).collect();
        let theirs = croner::parser::CronParser::new().parse(&text).unwrap();
        let mut moment = jiff::Timestamp::from_second(after).unwrap().to_zoned(TimeZone::UTC);
        let mut found = Vec::new();
        for _ in 0..4 {
            let Ok(next) = theirs.find_next_occurrence(&moment, false) else { break };
            found.push(next.timestamp().as_millisecond());
            moment = next;
        }
        prop_assert_eq!(ours, found, "{}", text);
    }
}
