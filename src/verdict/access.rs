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

/// Header fields that a product sends with its challenges and blocks, and with nothing else. An empty
/// value stands for any.
const MARKS: &[(&str, &str)] = &[
    ("cf-mitigated", "challenge"),
    ("x-amzn-waf-action", "captcha"),
    ("x-amzn-waf-action", "challenge"),
    ("x-vercel-mitigated", "challenge"),
    ("x-vercel-mitigated", "deny"),
    ("x-sucuri-block", ""),
];

/// The header field that tells of a challenge, whatever the status.
pub(super) fn mark(headers: &[(String, Vec<u8>)]) -> Option<(&'static str, &'static str)> {
    let matches = |(name, value): &&(&str, &str)| {
        headers
            .iter()
            .any(|(n, v)| n == name && (value.is_empty() || v.trim_ascii().eq_ignore_ascii_case(value.as_bytes())))
    };
    MARKS.iter().find(matches).copied()
}

fn access(answer: &Answer) -> Access {
    if mark(&answer.headers).is_some() {
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
            spooled: None,
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
            (407, &[], Access::Auth),
            (202, &[("x-amzn-waf-action", "Challenge")], Access::BotWall),
            (405, &[("x-amzn-waf-action", "captcha")], Access::BotWall),
            (429, &[("x-vercel-mitigated", "challenge")], Access::BotWall),
            (403, &[("x-sucuri-block", "EXP006")], Access::BotWall),
            (200, &[("cf-mitigated", "none")], Access::Open),
            // These stand on every page of a site that such a product guards.
            (200, &[("x-datadome", "protected")], Access::Open),
            (200, &[("x-iinfo", "1-2-3"), ("server", "ddos-guard")], Access::Open),
        ] {
            assert_eq!(read(&answer(status, headers)), (Transport::Ok, want), "{status}");
        }
    }
}
