//! From an exchange to what it tells the frontier of its host.

use std::time::Duration;

use crate::{
    fetch::{Fetched, Waits},
    frontier::{Heard, Manner, PATIENCE},
    model::{
        capture::Outcome,
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
