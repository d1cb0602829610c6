//! What follows from how an attempt at a job ended: it is over, or it is begun again.

use crate::model::job::JobOutcome;

/// Attempts at one time of a job, where each was killed.
pub const TRIES: u32 = 5;

/// Why a runner stopped what it ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// It was told to end.
    Stopped,
    /// It took longer than it may.
    TimedOut,
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempted {
    /// Why its runner stopped it, if it did.
    pub by_us: Option<Why>,
    /// The exit code; `None`: it was killed, or its runner was, so that nobody knows.
    pub code: Option<i32>,
    /// Whether the run of the archive that it began came to its end; `None`: it began none.
    pub finished: Option<bool>,
    /// How often it was begun.
    pub attempts: u32,
}

/// What follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// It is over.
    Over(JobOutcome),
    /// It is gone on with.
    Again,
}

/// What follows from how an attempt ended.
pub fn next(attempted: Attempted) -> Next {
    let is_whole = attempted.finished == Some(true);
    match (attempted.by_us, attempted.code) {
        (None, Some(code)) => Next::Over(outcome(code)),
        // It had done its work before it heard that it should stop, or while its runner died.
        (_, Some(code @ (0 | 2))) if is_whole => Next::Over(outcome(code)),
        (None, None) if is_whole => Next::Over(JobOutcome::Done),
        (Some(Why::TimedOut), _) => Next::Over(JobOutcome::TimedOut),
        (Some(Why::Stopped), _) => Next::Again,
        (None, None) if attempted.attempts < TRIES => Next::Again,
        (None, None) => Next::Over(JobOutcome::Killed),
    }
}

fn outcome(code: i32) -> JobOutcome {
    match code {
        0 => JobOutcome::Done,
        2 => JobOutcome::Findings,
        _ => JobOutcome::Failed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_from_an_end() {
        use JobOutcome::{Done, Failed, Findings, Killed, TimedOut};
        let stopped = Some(Why::Stopped);
        let late = Some(Why::TimedOut);
        for (by_us, code, finished, attempts, expected) in [
            (None, Some(0), Some(true), 1, Next::Over(Done)),
            (None, Some(0), None, 1, Next::Over(Done)),
            // A run with a limit of its own is done for this time, although there is more to do.
            (None, Some(0), Some(false), 1, Next::Over(Done)),
            (None, Some(2), Some(true), 9, Next::Over(Findings)),
            (None, Some(1), Some(true), 1, Next::Over(Failed)),
            (None, Some(3), None, 1, Next::Over(Failed)),
            (None, None, Some(false), 1, Next::Again),
            (None, None, None, TRIES - 1, Next::Again),
            (None, None, Some(false), TRIES, Next::Over(Killed)),
            (None, None, Some(true), TRIES, Next::Over(Done)),
            (stopped, Some(0), Some(false), 9, Next::Again),
            (stopped, Some(0), Some(true), 1, Next::Over(Done)),
            (stopped, None, None, 9, Next::Again),
            (late, Some(0), Some(false), 1, Next::Over(TimedOut)),
            (late, Some(2), Some(true), 1, Next::Over(Findings)),
            (late, None, Some(false), 1, Next::Over(TimedOut)),
        ] {
            let attempted = Attempted {
                by_us,
                code,
                finished,
                attempts,
            };
            assert_eq!(next(attempted), expected, "{attempted:?}");
        }
    }
}
