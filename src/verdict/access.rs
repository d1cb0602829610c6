//! What one exchange says at once: how the connection went, and whether we were let in.

use crate::model::{
    capture::{Answer, Outcome, Truncated},
    verdict::{Access, Transport},
};

/// Readings 1 and 2 of an exchange.
pub fn read(outcome: &Outcome) -> (Transport, Access) {
    match outcome {
        Outcome::Local { .. } => (Transport::Ok, Access::Open),
        Outcome::Failed { transport, .. } => (*transport, Access::Open),
        Outcome::NotAsked { access, .. } => (Transport::Ok, *access),
        Outcome::Answer(answer) => (transport(answer), access(answer)),
    }
}

fn transport(answer: &Answer) -> Transport {
    match answer.truncated {
        Some(Truncated::Disconnect) => Transport::Truncated,
        Some(Truncated::Time) => Transport::ReadTimeout,
        // A page longer than the cap, or one coded badly, was answered all the same.
        Some(Truncated::Length | Truncated::Decoding) | None => Transport::Ok,
    }
}

fn access(answer: &Answer) -> Access {
    // Cloudflare marks its challenges so, whatever their status.
    if answer
        .header("cf-mitigated")
        .is_some_and(|value| value.eq_ignore_ascii_case("challenge"))
    {
        return Access::BotWall;
    }
    match answer.status {
        401 | 407 => Access::Auth,
        402 => Access::Paywall,
        403 => Access::Forbidden,
        429 => Access::RateLimited,
        451 => Access::Legal,
        // LinkedIn's answer to robots.
        999 => Access::BotWall,
        _ => Access::Open,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, headers: &[(&str, &str)]) -> Outcome {
        Outcome::Answer(Answer {
            status,
            protocol: "HTTP/1.1",
            remote: None,
            headers: headers
                .iter()
                .map(|(n, v)| ((*n).to_owned(), v.as_bytes().to_vec()))
                .collect(),
            encoded: Vec::new(),
            truncated: None,
            detail: None,
        })
    }

    #[test]
    fn refusals_are_not_failures() {
        for (status, headers, want) in [
            (200, &[][..], Access::Open),
            (401, &[], Access::Auth),
            (402, &[], Access::Paywall),
            (403, &[], Access::Forbidden),
            (404, &[], Access::Open),
            (429, &[("retry-after", "1")], Access::RateLimited),
            (451, &[], Access::Legal),
            (503, &[], Access::Open),
            (503, &[("cf-mitigated", "challenge")], Access::BotWall),
            (999, &[], Access::BotWall),
        ] {
            assert_eq!(read(&answer(status, headers)), (Transport::Ok, want), "{status}");
        }
    }
}
