//! The one table that maps readings to a class, with the sentence that tells it.

use super::readings::Readings;
use crate::model::{
    facts::CitationFacts,
    verdict::{Access, Class, Content, Resource, Transport},
};

/// The one table from readings to class and reason; the first row that fits decides.
pub(super) fn class(readings: &Readings, facts: &CitationFacts) -> (Class, String) {
    use {Access as A, Resource as R, Transport as T};
    let day = facts
        .baseline
        .as_ref()
        .map(|b| b.captured_at.date())
        .unwrap_or_default();
    let status = readings.status.map(|s| s.to_string()).unwrap_or_default();
    match (readings.access, readings.transport, readings.resource) {
        (A::RobotsExcluded, ..) => (Class::Excluded, "the site's robots.txt asks not to fetch it".to_owned()),
        (A::RobotsUnreachable, ..) => (
            Class::Excluded,
            "the site's robots.txt answers with an error, which means no".into(),
        ),
        (A::OutOfScope, ..) => (Class::Excluded, "your include and exclude patterns leave it out".into()),
        (A::PrivateAddress, ..) => (
            Class::Excluded,
            "a private or loopback address (--allow-private permits it)".into(),
        ),
        (A::Auth, ..) => (Class::Blocked, format!("credentials are wanted ({status})")),
        (A::LoginRedirect, ..) => (Class::Blocked, "leads to a login page".into()),
        (A::Consent, ..) => (
            Class::Blocked,
            "leads to a page that asks for consent to cookies first".into(),
        ),
        (A::Paywall, ..) if status.starts_with('2') => (
            Class::Blocked,
            "only the beginning of the text is given without payment".into(),
        ),
        (A::Paywall, ..) => (Class::Blocked, format!("payment is wanted ({status})")),
        (A::Forbidden, ..) => (Class::Blocked, format!("the server refuses us ({status})")),
        (A::BotWall, ..) => (Class::Blocked, "a wall against robots".into()),
        (A::RateLimited, ..) => (Class::Blocked, format!("too many requests, it says ({status})")),
        (A::Legal, ..) => (Class::Blocked, format!("withheld for legal reasons ({status})")),
        (A::Open, _, R::MovedSame) if readings.is_elsewhere => {
            let to = readings.moved_to.as_deref().unwrap_or_default();
            (
                Class::Moved,
                format!("no longer at its address; its text stands at {to}"),
            )
        }
        (_, T::NoSuchName, _) => (Class::Dead, "the host name does not exist".into()),
        (_, T::Ok, R::NotFound) => (Class::Dead, "not found (404)".into()),
        (_, T::Ok, R::Gone) => (Class::Dead, "gone for good (410)".into()),
        (_, T::Ok, R::Soft404) => (Class::Dead, "answers, with a \"not found\" page".into()),
        (_, T::Ok, R::Parked) => (
            Class::Dead,
            "nobody uses the name any more: a page for parked names answers".into(),
        ),
        (_, T::Ok, R::Usurped) => (Class::Dead, "another owner's site stands there now".into()),
        (_, T::Ok, R::RedirectToRoot) => (Class::Suspect, "leads to the home page instead of the page".into()),
        (_, T::Ok, R::ServerError) => (Class::Suspect, format!("the server fails ({status})")),
        (_, T::Ok, R::OtherClientError) => (Class::Suspect, format!("the request is refused as wrong ({status})")),
        (_, T::Ok, R::Empty) => (Class::Suspect, format!("an empty answer ({status})")),
        (_, T::Ok, R::Unknown) => (Class::Suspect, format!("an answer that leads nowhere ({status})")),
        (_, T::Ok, _) => match readings.content {
            Content::Replaced => (Class::Replaced, format!("another text stands there than on {day}")),
            content if readings.notice.is_some() && content != Content::Replaced => {
                let kind = readings.notice.map(|kind| kind.as_str()).unwrap_or_default();
                (
                    Class::Changed,
                    format!("a notice has appeared ({kind}) that was not there on {day}"),
                )
            }
            Content::Minor => (Class::Changed, format!("small changes to the text of {day}")),
            Content::Appended => (Class::Changed, format!("much was added to the text of {day}")),
            Content::Major if readings.scores.is_none() => (
                Class::Changed,
                format!("not what stood there on {day}; there is no text to compare"),
            ),
            Content::Major => (Class::Changed, format!("large changes to the text of {day}")),
            _ if readings.lost_place().is_some() => {
                let place = readings
                    .lost_place()
                    .map(|place| place.what.as_str())
                    .unwrap_or_default();
                (
                    Class::Changed,
                    format!("the place #{place} that it points at is gone from the page"),
                )
            }
            _ => match &readings.moved_to {
                Some(to) => (Class::Moved, format!("now at {to}")),
                None => (Class::Ok, ok_reason(readings, facts)),
            },
        },
        (_, failure, _) => (Class::Suspect, failure_reason(failure).into()),
    }
}

fn ok_reason(readings: &Readings, facts: &CitationFacts) -> String {
    match (&facts.baseline, readings.content) {
        (None, _) => "answers; this copy is what it is held against".into(),
        (Some(b), Content::Identical) => format!("the same page as on {}", b.captured_at.date()),
        (Some(b), Content::Cosmetic) => format!("the same text as on {}", b.captured_at.date()),
        (Some(_), _) if facts.chain.page.as_ref().is_some_and(|page| page.shell) => {
            "answers; a script draws the page, so its text was not compared".into()
        }
        (Some(_), _) => "answers; its text could not be compared".into(),
    }
}

fn failure_reason(failure: Transport) -> &'static str {
    match failure {
        Transport::Ok => "answers",
        Transport::NoSuchName => "the host name does not exist",
        Transport::DnsFailure => "the host name could not be looked up",
        Transport::Refused => "the connection is refused",
        Transport::Reset => "the connection was closed without an answer",
        Transport::ConnectTimeout => "no connection in time",
        Transport::ReadTimeout => "no answer in time",
        Transport::TlsExpired => "its certificate has expired or is not valid yet",
        Transport::TlsName => "its certificate is for another name",
        Transport::TlsUntrusted => "nobody we trust vouches for its certificate",
        Transport::TlsOther => "the secure connection failed",
        Transport::TooManyRedirects => "too many redirects",
        Transport::RedirectLoop => "redirects in a circle",
        Transport::BadRedirect => "redirects to something that cannot be fetched",
        Transport::Truncated => "the answer broke off",
        Transport::Malformed => "what it answers is not HTTP",
        Transport::Other => "the request failed",
    }
}
