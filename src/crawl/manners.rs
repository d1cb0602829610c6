//! What an exchange tells of its host, and what runs tell each other of hosts.

use std::time::Duration;

use super::Crawl;
use crate::{
    archive::ArchiveError,
    fetch::{Fetched, Waits},
    frontier::{Heard, Manner, PATIENCE},
    model::{
        capture::Outcome,
        host::HostState,
        time::Timestamp,
        verdict::{Access, Transport},
    },
    verdict::access,
};

/// What an exchange told of its host.
pub(super) fn heard(fetched: &Fetched) -> Heard {
    let (exchange, waits) = (&fetched.exchange, &fetched.waits);
    let status = match &exchange.outcome {
        Outcome::Answer(answer) => Some(answer.status),
        _ => None,
    };
    let (transport, access) = access::read(&exchange.outcome);
    let manner = match (transport, status) {
        (Transport::Ok, Some(status @ (429 | 503))) if access != Access::BotWall => Manner::Overloaded(status),
        // Other server errors say neither that it bears more nor that it bears less.
        (Transport::Ok, Some(..500)) => Manner::Good,
        (
            Transport::DnsFailure
            | Transport::Refused
            | Transport::Reset
            | Transport::ConnectTimeout
            | Transport::ReadTimeout
            | Transport::Truncated,
            _,
        ) => Manner::Failed(transport),
        _ => Manner::Neutral,
    };
    let wait = match manner {
        Manner::Overloaded(_) => waits.retry_after.or(waits.quota),
        Manner::Good => waits.quota,
        _ => None,
    };
    Heard {
        elapsed: Duration::from_millis(exchange.elapsed_ms),
        manner,
        wait,
    }
}

/// What a redirect asks to wait for before it is followed (RFC 9110 section 10.2.3).
pub(super) fn before_redirect(waits: &Waits) -> Duration {
    waits.retry_after.unwrap_or_default()
}

/// Whether the host itself asked for a wait that outlasts the run.
pub(super) fn outlasts_the_run(heard: &Heard) -> bool {
    matches!(heard.manner, Manner::Overloaded(_)) && heard.wait.is_some_and(|wait| wait > PATIENCE)
}

impl Crawl<'_> {
    /// Tells the frontier what earlier runs knew of a host, when it is first met.
    pub(super) fn recall(&mut self, host: &str, now: Timestamp) -> Result<(), ArchiveError> {
        if self.frontier.is_new(host) {
            let known = self.reader.host_state(host)?;
            self.frontier.recall(host, known, now);
        }
        Ok(())
    }

    /// A wait that outlasts the run is kept at once: the run may be killed.
    pub(super) fn remember_one(&self, host: &str, now: Timestamp) {
        let state = self.frontier.state(host, now);
        self.remember(state.map(|state| (host.to_owned(), state)).into_iter().collect());
    }

    pub(super) fn remember(&self, hosts: Vec<(String, HostState)>) {
        if !hosts.is_empty() {
            self.writer.post(move |ingest| ingest.remember_hosts(&hosts));
        }
    }
}
