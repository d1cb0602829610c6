//! Getting a robots.txt: from the archive while it is fresh, else from the site (RFC 9309 section 2.3).

use std::{sync::Arc, time::Duration};

use super::{manners, redirect_target};
use crate::{
    archive::{ArchiveError, Reader},
    fetch::{Fetcher, Request, beginning, decode},
    frontier::{Heard, RobotsState, robots::Rules},
    model::{
        capture::{Exchange, Outcome, Truncated},
        time::Timestamp,
        url::Url,
        verdict::Transport,
    },
};

/// A copy serves for a day (section 2.4).
const FRESH: Duration = Duration::from_secs(24 * 3600);
/// Redirects followed (section 2.3.1.2).
const REDIRECTS: usize = 5;
/// Bytes read (section 2.5).
const LIMIT: usize = 512_000;

/// A robots.txt that was asked for.
pub(super) struct Asked {
    /// Hop by hop.
    pub exchanges: Vec<Exchange>,
    /// What its own host told, by the first hop.
    pub heard: Heard,
}

/// The rules of the copy in the archive, if it is fresh and conclusive.
pub(super) fn cached(
    reader: &Reader,
    address: &Url,
    now: Timestamp,
    agent: &str,
) -> Result<Option<RobotsState>, ArchiveError> {
    let Some(copy) = reader
        .robots(address)?
        .filter(|copy| now.since(copy.at) < FRESH && now >= copy.at)
    else {
        return Ok(None);
    };
    Ok(match copy.status {
        Some(200..=299) => Some(RobotsState::Rules(Arc::new(Rules::parse(&copy.body, agent)))),
        Some(300..=499) => Some(RobotsState::Rules(Arc::new(Rules::allow_all()))),
        // A server error may have passed: it is asked again.
        _ => None,
    })
}

/// Asks the site. Failures that may pass are tried again a little later.
pub(super) async fn fetch(
    fetcher: &Fetcher,
    address: &Url,
    at: Timestamp,
    agent: &str,
    retries: u32,
) -> (RobotsState, Asked) {
    for attempt in 0.. {
        let asked = follow(fetcher, address, at, attempt).await;
        let state = state(&asked.exchanges, fetcher.max_body(), agent);
        let transient = matches!(&state, RobotsState::Unreachable(t, _) if *t != Transport::NoSuchName);
        if !transient || attempt >= retries {
            return (state, asked);
        }
        tokio::time::sleep(Duration::from_millis(500 << attempt.min(4))).await;
    }
    unreachable!("the loop above ends only by returning")
}

async fn follow(fetcher: &Fetcher, address: &Url, at: Timestamp, attempt: u32) -> Asked {
    let mut exchanges = Vec::new();
    let mut heard = Heard::NOTHING;
    let mut url = address.clone();
    loop {
        let request = Request {
            url: &url,
            prior: None,
            cookies: &[],
            at,
            attempt,
        };
        let fetched = fetcher.exchange(request).await;
        if exchanges.is_empty() {
            heard = manners::heard(&fetched);
        }
        let exchange = fetched.exchange;
        let next = redirect_target(&exchange).filter(|to| matches!(to.scheme(), "http" | "https"));
        exchanges.push(exchange);
        match next {
            Some(to) if exchanges.len() <= REDIRECTS => url = to,
            _ => return Asked { exchanges, heard },
        }
    }
}

fn state(exchanges: &[Exchange], cap: usize, agent: &str) -> RobotsState {
    let allow = || RobotsState::Rules(Arc::new(Rules::allow_all()));
    match exchanges.last().map(|exchange| &exchange.outcome) {
        // Half a file may allow what its other half forbids.
        Some(Outcome::Answer(answer)) if answer.truncated == Some(Truncated::Disconnect) => {
            RobotsState::Unreachable(Transport::Truncated, "its robots.txt broke off".into())
        }
        Some(Outcome::Answer(answer)) if answer.truncated == Some(Truncated::Time) => RobotsState::Unreachable(
            Transport::ReadTimeout,
            "its robots.txt did not come whole in time".into(),
        ),
        Some(Outcome::Answer(answer)) => match answer.status {
            200..=299 => {
                let coding = answer.header("content-encoding").unwrap_or("").to_owned();
                match beginning(answer, LIMIT) {
                    Ok(bytes) => {
                        let body = decode::decode(bytes, &coding, cap.min(LIMIT)).bytes;
                        RobotsState::Rules(Arc::new(Rules::parse(&body, agent)))
                    }
                    Err(e) => {
                        RobotsState::Unreachable(Transport::Other, format!("its robots.txt could not be kept: {e}"))
                    }
                }
            }
            500..=599 => RobotsState::ServerError(answer.status),
            // "Unavailable": 4xx, and redirects without end.
            _ => allow(),
        },
        Some(Outcome::Failed { transport, detail }) => RobotsState::Unreachable(*transport, detail.clone()),
        // An address we may not ask is refused for the page itself, too.
        _ => allow(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::capture::Answer;

    fn answer(status: u16, body: &str, truncated: Option<Truncated>) -> Outcome {
        Outcome::Answer(Answer {
            status,
            protocol: "HTTP/1.1",
            remote: None,
            headers: Vec::new(),
            encoded: body.as_bytes().to_vec(),
            spooled: None,
            truncated,
            detail: None,
        })
    }

    fn after(outcomes: Vec<Outcome>) -> RobotsState {
        let exchanges: Vec<Exchange> = outcomes
            .into_iter()
            .map(|outcome| Exchange {
                url: Url::parse("http://a.example/robots.txt").unwrap(),
                at: Timestamp::default(),
                elapsed_ms: 1,
                wire: Default::default(),
                request_head: Vec::new(),
                outcome,
            })
            .collect();
        state(&exchanges, 1 << 20, "evercite")
    }

    /// `None` where no rules came of it.
    fn allows(state: &RobotsState) -> Option<bool> {
        match state {
            RobotsState::Rules(rules) => Some(rules.allows(&Url::parse("http://a.example/x").unwrap())),
            _ => None,
        }
    }

    #[test]
    fn the_end_of_the_chain_decides() {
        let file = "User-agent: *\nDisallow: /\n";
        for (status, want) in [
            // RFC 9309 section 2.3.1.1: successful access
            (200, Some(false)),
            (203, Some(false)),
            // 2.3.1.2: redirects without end are "unavailable"
            (301, Some(true)),
            (302, Some(true)),
            (308, Some(true)),
            // 2.3.1.3: "unavailable" allows everything
            (400, Some(true)),
            (401, Some(true)),
            (403, Some(true)),
            (404, Some(true)),
            (410, Some(true)),
            (429, Some(true)),
            (499, Some(true)),
            // 2.3.1.4: "unreachable" allows nothing
            (500, None),
            (502, None),
            (503, None),
            (599, None),
        ] {
            let found = after(vec![answer(302, "", None), answer(status, file, None)]);
            assert_eq!(allows(&found), want, "{status}");
            let refuses = matches!(found, RobotsState::ServerError(s) if s == status);
            assert_eq!(refuses, want.is_none(), "{status}");
        }
    }

    #[test]
    fn half_a_file_is_no_file_and_a_long_one_is_cut() {
        let file = "User-agent: *\nDisallow: /\n";
        for (truncated, want) in [
            (Some(Truncated::Disconnect), None),
            (Some(Truncated::Time), None),
            (Some(Truncated::Length), Some(false)),
            (None, Some(false)),
        ] {
            let found = after(vec![answer(200, file, truncated)]);
            assert_eq!(allows(&found), want, "{truncated:?}");
        }
        let long = format!("{file}{}\nAllow: /x\n", "#".repeat(LIMIT));
        assert_eq!(allows(&after(vec![answer(200, &long, None)])), Some(false));
    }

    #[test]
    fn no_answer_is_the_links_own_failure() {
        let failed = Outcome::Failed {
            transport: Transport::Refused,
            detail: "refused".into(),
        };
        assert!(matches!(
            after(vec![failed]),
            RobotsState::Unreachable(Transport::Refused, _)
        ));
    }
}
