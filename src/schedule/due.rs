//! What is due of a job: times that have come since it was last looked at, and what stands for those that were missed.

use std::time::Duration;

use super::calendar::Calendar;
use crate::model::{job::CatchUp, time::Timestamp};

/// How long after its time a job counts as late, where late ones are skipped.
pub const LATE: Duration = Duration::from_secs(3600);
/// Runs that are caught up at most, where each is.
pub const MOST: usize = 100;

/// When a job is run.
#[derive(Debug, Clone)]
pub struct Timing {
    /// Its times.
    pub calendar: Calendar,
    /// It begins up to so much later.
    pub jitter: Duration,
    /// What becomes of missed times.
    pub catch_up: CatchUp,
    /// Keeps the jitter of jobs apart: some number of the job's own.
    pub seed: u64,
}

/// A time that has come, and what is to be done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Occasion {
    /// The time.
    pub at: Timestamp,
    /// Times of the job that it stands for, itself included.
    pub times: u64,
    /// Whether the job is run; otherwise it was missed.
    pub run: bool,
}

impl Timing {
    /// When the job begins that is due at this time.
    pub fn begins(&self, due: Timestamp) -> Timestamp {
        due.plus(self.delay(due))
    }

    /// Its next time after this one.
    pub fn next(&self, after: Timestamp) -> Option<Timestamp> {
        self.calendar.next(after)
    }

    /// What has come since `considered` and is to begin by `now`, in order. Whoever acts on it takes the last one's
    /// time as `considered` from then on: so each time comes up once.
    pub fn due(&self, considered: Timestamp, now: Timestamp) -> Vec<Occasion> {
        let come = self.calendar.after(considered).take_while(|at| self.begins(*at) <= now);
        let come: Vec<Timestamp> = come.collect();
        let Some((newest, missed)) = come.split_last() else {
            return Vec::new();
        };
        match self.catch_up {
            CatchUp::Once => vec![Occasion {
                at: *newest,
                times: come.len() as u64,
                run: true,
            }],
            CatchUp::All => all(&come),
            CatchUp::Skip if now.since(self.begins(*newest)) > LATE => all_missed(&come).into_iter().collect(),
            CatchUp::Skip => {
                let newest = Occasion {
                    at: *newest,
                    times: 1,
                    run: true,
                };
                all_missed(missed).into_iter().chain([newest]).collect()
            }
        }
    }

    /// The same for the same time of the same job, whoever asks, and anything up to the jitter.
    fn delay(&self, due: Timestamp) -> Duration {
        let span = self.jitter.as_millis() as u64;
        let mixed = mix(self.seed ^ mix(due.millis() as u64));
        Duration::from_millis(mixed.checked_rem(span + 1).unwrap_or(0))
    }
}

/// One row for all that were missed.
fn all_missed(missed: &[Timestamp]) -> Option<Occasion> {
    missed.last().map(|newest| Occasion {
        at: *newest,
        times: missed.len() as u64,
        run: false,
    })
}

fn all(come: &[Timestamp]) -> Vec<Occasion> {
    let (too_many, run) = come.split_at(come.len().saturating_sub(MOST));
    let run = run.iter().map(|at| Occasion {
        at: *at,
        times: 1,
        run: true,
    });
    all_missed(too_many).into_iter().chain(run).collect()
}

/// Spreads numbers over all others (the finaliser of SplitMix64).
fn mix(n: u64) -> u64 {
    let n = n.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let n = (n ^ n >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let n = (n ^ n >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    n ^ n >> 31
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;
    use crate::schedule::Cron;

    fn timing(cron: &str, catch_up: CatchUp, jitter: u64) -> Timing {
        Timing {
            calendar: Calendar::new(Cron::parse(cron).unwrap(), TimeZone::UTC),
            jitter: Duration::from_secs(jitter),
            catch_up,
            seed: 7,
        }
    }

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    fn told(occasions: &[Occasion]) -> Vec<(String, u64, bool)> {
        occasions
            .iter()
            .map(|o| (o.at.to_string()[5..16].to_owned(), o.times, o.run))
            .collect()
    }

    #[test]
    fn missed_times_are_caught_up_once_each_or_not_at_all() {
        // Mondays at three; looked at last on 2 November, now on Monday the 23rd.
        let since = at("2026-11-02T04:00:00Z");
        let due = |catch_up, now| told(&timing("0 3 * * 1", catch_up, 0).due(since, at(now)));
        let run = |day: &str, times| (format!("{day}T03:00"), times, true);
        let in_time = "2026-11-23T03:05:00Z";
        assert_eq!(due(CatchUp::Once, in_time), [run("11-23", 3)]);
        assert_eq!(
            due(CatchUp::All, in_time),
            [run("11-09", 1), run("11-16", 1), run("11-23", 1)]
        );
        assert_eq!(
            due(CatchUp::Skip, in_time),
            [("11-16T03:00".into(), 2, false), run("11-23", 1)]
        );
        let late = "2026-11-24T12:00:00Z";
        assert_eq!(due(CatchUp::Once, late), [run("11-23", 3)]);
        assert_eq!(due(CatchUp::Skip, late), [("11-23T03:00".into(), 3, false)]);
        assert_eq!(due(CatchUp::Once, "2026-11-09T02:59:59Z"), []);
        assert_eq!(due(CatchUp::Once, "2026-11-09T03:00:00Z"), [run("11-09", 1)]);
    }

    #[test]
    fn what_is_caught_up_has_an_end() {
        let due = timing("* * * * *", CatchUp::All, 0).due(at("2026-11-01T00:00:00Z"), at("2026-11-02T00:00:00Z"));
        assert_eq!(due.len(), MOST + 1);
        assert_eq!((due[0].times, due[0].run), (1440 - MOST as u64, false));
        assert_eq!(due.iter().map(|o| o.times).sum::<u64>(), 1440);
    }

    #[test]
    fn jitter_delays_each_time_by_its_own_and_loses_none() {
        let timing = timing("0 * * * *", CatchUp::All, 1200);
        let begin = at("2026-11-01T00:00:00Z");
        let (mut considered, mut seen, mut delays) = (begin, Vec::new(), Vec::new());
        for minute in 0..=48 * 60 {
            let now = begin.plus(Duration::from_secs(minute * 60));
            for occasion in timing.due(considered, now) {
                delays.push(now.since(occasion.at));
                seen.push(occasion.at);
                considered = occasion.at;
            }
        }
        let all: Vec<Timestamp> = timing.calendar.after(begin).take(47).collect();
        assert_eq!(seen[..47], all);
        assert!(delays.iter().all(|delay| delay.as_secs() <= 1260), "{delays:?}");
        delays.sort();
        delays.dedup();
        assert!(delays.len() > 10, "they are spread: {delays:?}");
    }
}
