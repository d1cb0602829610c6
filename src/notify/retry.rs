//! When a webhook that did not take a message is tried again: failures that may pass, a few times, never for longer
//! than there is time; and when a receiver that could not be told at all is tried anew.

use std::time::Duration;

use crate::model::time::Timestamp;

/// What came of one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attempted {
    /// An answer came: its status, and how long it asks us to wait.
    Answered(u16, Option<Duration>),
    /// None came.
    Failed {
        /// Why.
        why: String,
        /// Whether it may be another way a moment later.
        may_pass: bool,
    },
}

/// What is done next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// It was taken.
    Told,
    /// It is tried again after this time.
    Again(Duration),
    /// It is not tried again, and why it failed.
    GiveUp(String),
}

/// Attempts at most.
pub const ATTEMPTS: u32 = 4;
/// Time before the second attempt; before each later one it is three times as long.
const FIRST: Duration = Duration::from_secs(1);

/// What is done after so many attempts, the last of which came to this, when so much time is left.
pub fn next(attempts: u32, attempted: &Attempted, left: Duration) -> Next {
    let (why, may_pass, asked) = match attempted {
        Attempted::Answered(200..=299, _) => return Next::Told,
        Attempted::Answered(status, wait) => (said(*status), is_worth_it(*status), *wait),
        Attempted::Failed { why, may_pass } => (why.clone(), *may_pass, None),
    };
    let wait = asked
        .unwrap_or_default()
        .max(FIRST * 3u32.pow(attempts.saturating_sub(1)));
    let tried = match attempts {
        1 => String::new(),
        n => format!(", {n} times"),
    };
    match () {
        () if !may_pass => Next::GiveUp(why),
        () if attempts >= ATTEMPTS => Next::GiveUp(format!("{why}{tried}")),
        () if wait < left => Next::Again(wait),
        () => match asked {
            Some(asked) if asked >= left => {
                let seconds = asked.as_secs();
                Next::GiveUp(format!("{why}{tried}, and it asks to be left alone for {seconds} s"))
            }
            _ => Next::GiveUp(format!("{why}{tried}, and no time was left")),
        },
    }
}

/// When a receiver is told anew that could not be told so many times since then: after five minutes, after twice as long
/// each time, and at last once a day. Whoever asks more often gets a mail of failure each time.
pub fn anew(since: Timestamp, failures: u64) -> Timestamp {
    const FIRST: Duration = Duration::from_secs(300);
    const DAY: Duration = Duration::from_secs(86_400);
    let doubled = failures.clamp(1, 9) as u32 - 1;
    let days = u32::try_from(failures.saturating_sub(9)).unwrap_or(u32::MAX);
    since.plus(FIRST * 2u32.pow(doubled)).plus(DAY.saturating_mul(days))
}

fn said(status: u16) -> String {
    match status {
        300..=399 => format!("it answered {status}, a redirect: those are not followed, give it the new address"),
        410 => "it answered 410: nobody wants messages there any more".into(),
        _ => format!("it answered {status}"),
    }
}

/// Whether another attempt may be answered otherwise (RFC 9110 section 15).
fn is_worth_it(status: u16) -> bool {
    matches!(status, 408 | 425 | 429 | 500 | 502..=504 | 507 | 509 | 520..=599)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn seconds(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    #[test]
    fn who_could_not_be_told_is_tried_ever_more_rarely() {
        let since = Timestamp::from_millis(0);
        for (failures, minutes) in [
            (1, 5),
            (2, 10),
            (3, 20),
            (9, 1280),
            (10, 1280 + 1440),
            (12, 1280 + 3 * 1440),
        ] {
            assert_eq!(anew(since, failures), since.plus(MINUTE * minutes), "{failures}");
        }
        assert!(anew(since, u64::MAX) > since);
    }

    #[test]
    fn what_may_pass_is_tried_again_and_nothing_else() {
        let failed = |may_pass| Attempted::Failed {
            why: "refused".into(),
            may_pass,
        };
        let answered = |status| Attempted::Answered(status, None);
        let asking = |status, wait| Attempted::Answered(status, Some(seconds(wait)));
        for (attempts, attempted, left, want) in [
            (1, answered(200), MINUTE, Ok(None)),
            (1, answered(204), Duration::ZERO, Ok(None)),
            (1, answered(500), MINUTE, Ok(Some(1))),
            (2, answered(503), MINUTE, Ok(Some(3))),
            (3, answered(429), MINUTE, Ok(Some(9))),
            (4, answered(502), MINUTE, Err("it answered 502, 4 times")),
            (1, failed(true), MINUTE, Ok(Some(1))),
            (1, failed(false), MINUTE, Err("refused")),
            (
                2,
                failed(true),
                seconds(2),
                Err("refused, 2 times, and no time was left"),
            ),
            (1, answered(400), MINUTE, Err("it answered 400")),
            (1, answered(401), MINUTE, Err("it answered 401")),
            (1, answered(501), MINUTE, Err("it answered 501")),
            (1, answered(307), MINUTE, Err("a redirect")),
            (1, answered(410), MINUTE, Err("any more")),
            (1, asking(503, 7), MINUTE, Ok(Some(7))),
            (1, asking(429, 0), MINUTE, Ok(Some(1))),
            (3, asking(429, 2), MINUTE, Ok(Some(9))),
            (1, asking(503, 120), MINUTE, Err("left alone for 120 s")),
            (1, asking(403, 5), MINUTE, Err("it answered 403")),
        ] {
            let got = match next(attempts, &attempted, left) {
                Next::Told => Ok(None),
                Next::Again(wait) => Ok(Some(wait.as_secs())),
                Next::GiveUp(why) => Err(why),
            };
            match (&got, want) {
                (Err(got), Err(want)) => assert!(got.contains(want), "{attempts} {attempted:?}: {got}"),
                (got, want) => assert_eq!(*got, want.map_err(str::to_owned), "{attempts} {attempted:?}"),
            }
        }
    }
}
