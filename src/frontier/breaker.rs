//! The circuit breaker of one host and port: when nobody answers there, one link asks for all.

use std::time::Duration;

use super::pace::FEW;
use crate::model::{time::Timestamp, verdict::Transport};

/// Connections that fail in a row before the breaker opens.
const THRESHOLD: u32 = 5;
/// The first time it stays open; the second is twice as long. Both together are what a run may be
/// made longer by.
const COOL_DOWN: Duration = Duration::from_secs(15);
/// Probes that may fail before the rest is given up for this run.
const PROBES: u32 = 2;

#[derive(Debug, Default)]
pub(super) struct Breaker {
    /// In a row.
    failures: u32,
    state: State,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Closed,
    Open {
        until: Timestamp,
        failed_probes: u32,
    },
    /// One is asked; the others wait for what becomes of it.
    HalfOpen {
        failed_probes: u32,
    },
    GivenUp(Transport),
}

/// Whether another link may be asked.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Passage {
    Free,
    /// Not before this time.
    NotBefore(Timestamp),
    /// When the probe is back.
    AfterProbe,
    /// Not in this run: as this failure, which was met so often in a row.
    Never(Transport, u32),
}

impl Breaker {
    /// What an earlier run left: one failure fewer than opens it, so that it is tried once.
    pub fn recalled(failures: u32) -> Self {
        Self {
            failures: failures.min(THRESHOLD - 1),
            state: State::Closed,
        }
    }

    pub fn failures(&self) -> u32 {
        self.failures
    }

    pub fn passage(&self, now: Timestamp) -> Passage {
        match self.state {
            State::Open { until, .. } if until > now => Passage::NotBefore(until),
            State::Closed | State::Open { .. } => Passage::Free,
            State::HalfOpen { .. } => Passage::AfterProbe,
            State::GivenUp(transport) => Passage::Never(transport, self.failures),
        }
    }

    /// Something is asked: the probe, when it was open.
    pub fn begin(&mut self) {
        if let State::Open { failed_probes, .. } = self.state {
            self.state = State::HalfOpen { failed_probes };
        }
    }

    /// Somebody is there.
    pub fn answered(&mut self) {
        *self = Self::default();
    }

    /// Nobody was there, while so many links wait.
    pub fn failed(&mut self, transport: Transport, now: Timestamp, waiting: usize) {
        self.failures += 1;
        self.state = match self.state {
            State::Closed if self.failures >= THRESHOLD && waiting >= FEW => State::Open {
                until: now.plus(COOL_DOWN),
                failed_probes: 0,
            },
            State::HalfOpen { failed_probes } if failed_probes + 1 >= PROBES => State::GivenUp(transport),
            State::HalfOpen { failed_probes } => State::Open {
                until: now.plus(COOL_DOWN * 2),
                failed_probes: failed_probes + 1,
            },
            // Those that were under way when it opened change nothing.
            State::Closed | State::Open { .. } | State::GivenUp(_) => return,
        };
    }
}

/// Failures that say that nobody is there. A name that does not exist is not among them: that is an
/// answer, and each costs one look-up.
pub(super) fn is_failure_to_connect(transport: Transport) -> bool {
    matches!(
        transport,
        Transport::DnsFailure | Transport::Refused | Transport::ConnectTimeout | Transport::Reset
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000)
    }

    fn fail(breaker: &mut Breaker, times: u32, now: i64, waiting: usize) {
        for _ in 0..times {
            breaker.failed(Transport::Refused, at(now), waiting);
        }
    }

    #[test]
    fn opens_probes_twice_and_gives_up() {
        let mut breaker = Breaker::default();
        fail(&mut breaker, 4, 0, 50);
        assert_eq!(breaker.passage(at(0)), Passage::Free);
        fail(&mut breaker, 3, 1, 50);
        assert_eq!(breaker.passage(at(1)), Passage::NotBefore(at(16)));
        assert_eq!(breaker.passage(at(16)), Passage::Free);
        breaker.begin();
        assert_eq!(breaker.passage(at(16)), Passage::AfterProbe);
        fail(&mut breaker, 1, 17, 50);
        assert_eq!(breaker.passage(at(17)), Passage::NotBefore(at(47)));
        breaker.begin();
        fail(&mut breaker, 1, 48, 50);
        assert_eq!(breaker.passage(at(99)), Passage::Never(Transport::Refused, 9));
        breaker.answered();
        assert_eq!(breaker.passage(at(99)), Passage::Free);
    }

    #[test]
    fn stays_closed_where_few_wait_or_somebody_answers() {
        let mut breaker = Breaker::default();
        fail(&mut breaker, 20, 0, FEW - 1);
        assert_eq!(breaker.passage(at(0)), Passage::Free);
        let mut breaker = Breaker::default();
        for _ in 0..5 {
            fail(&mut breaker, 4, 0, 50);
            breaker.answered();
        }
        assert_eq!(breaker.passage(at(0)), Passage::Free);
    }

    #[test]
    fn remembers_enough_to_try_only_once() {
        let mut breaker = Breaker::recalled(9);
        assert_eq!(breaker.passage(at(0)), Passage::Free);
        fail(&mut breaker, 1, 0, 50);
        assert_eq!(breaker.passage(at(0)), Passage::NotBefore(at(15)));
    }
}
