//! From the facts of a citation to its verdict. One table maps the readings to the class.

use std::{ops::RangeInclusive, time::Duration};

use super::{chain, drift, soft404};
use crate::model::{
    facts::{CitationFacts, HopFacts, Judged, PageFacts},
    page::PageKind,
    verdict::{Access, Class, Content, Resource, Scores, Transport, Verdict},
};

/// Failures of a kind that may pass, each this long after the one before it, before the link is dead.
const STRIKES: u32 = 3;
const BETWEEN_STRIKES: Duration = Duration::from_secs(3 * 24 * 3600);

/// Whether the main texts of baseline and page are needed for the verdict.
pub fn wants_texts(facts: &CitationFacts) -> bool {
    match (baseline_page(facts), &facts.chain.page) {
        (Some(old), Some(new)) => old.text != new.text && last(facts).is_some_and(is_good),
        _ => false,
    }
}

/// Judges one citation. `texts` are the main texts of baseline and page, where wanted.
///
/// `accept` are statuses that the user takes for fine: such an answer is ok, but never a baseline.
/// `None` when nothing new is to be said: the verdict before it holds in every word.
pub fn judge(facts: &CitationFacts, texts: Option<(&str, &str)>, accept: &[RangeInclusive<u16>]) -> Option<Judged> {
    // Nobody was asked, and nothing forbids asking: what was said of it before still stands.
    let hop = last(facts).filter(|hop| hop.access != Access::Deferred)?;
    let mut readings = Readings::of(facts, hop);
    readings.content(facts, texts);
    let accepted = hop
        .status
        // A wall that answers 200 is not what those had in mind who accept 200.
        .filter(|status| !(200..300).contains(status))
        .filter(|status| !is_good(hop) && accept.iter().any(|range| range.contains(status)));
    let class = match accepted {
        Some(status) => {
            readings.reason = format!("answers {status}, which you accept");
            Class::Ok
        }
        None => readings.class(facts),
    };
    let verdict = with_history(facts, class, readings);
    let good = accepted.is_none() && matches!(class, Class::Ok | Class::Moved | Class::Changed | Class::Replaced);
    let new_baseline = good && facts.baseline.is_none();
    if facts.previous.as_ref() == Some(&verdict) && !new_baseline {
        return None;
    }
    Some(Judged {
        citation: facts.citation,
        capture: facts.chain.capture,
        verdict,
        baseline: facts.baseline.as_ref().map(|baseline| baseline.id),
        new_baseline,
        last_good: if good {
            Some(facts.chain.capture)
        } else {
            facts.last_good
        },
    })
}

fn last(facts: &CitationFacts) -> Option<&HopFacts> {
    facts.chain.hops.last()
}

fn baseline_page(facts: &CitationFacts) -> Option<&PageFacts> {
    facts.baseline.as_ref().and_then(|baseline| baseline.page.as_ref())
}

fn is_good(hop: &HopFacts) -> bool {
    hop.transport == Transport::Ok && hop.access == Access::Open && matches!(hop.status, None | Some(200..=299 | 304))
}

struct Readings {
    transport: Transport,
    access: Access,
    resource: Resource,
    content: Content,
    scores: Option<Scores>,
    status: Option<u16>,
    final_url: Option<String>,
    moved_to: Option<String>,
    reason: String,
    evidence: Vec<String>,
}

impl Readings {
    fn of(facts: &CitationFacts, hop: &HopFacts) -> Self {
        let mut evidence = Vec::new();
        if facts.chain.hops.len() > 1 {
            let path: Vec<String> = facts.chain.hops.iter().map(describe_hop).collect();
            evidence.push(format!("redirects: {}", path.join(" -> ")));
        } else if let Some(status) = hop.status {
            evidence.push(format!("status {status}"));
        }
        if let Some(detail) = &hop.detail {
            evidence.push(detail.clone());
        }
        if !hop.whole {
            evidence.push("the body did not come whole".into());
        }
        let mut access = hop.access;
        if access == Access::Open
            && let Some(login) = chain::login_page(&facts.chain)
        {
            access = Access::LoginRedirect;
            evidence.push(format!("leads to the login page {login}"));
        }
        let resource = resource(hop);
        Self {
            transport: hop.transport,
            access,
            resource,
            content: Content::NotCompared,
            scores: None,
            status: hop.status,
            final_url: (facts.chain.hops.len() > 1).then(|| hop.url.clone()),
            moved_to: chain::moved_to(&facts.chain).map(str::to_owned),
            reason: String::new(),
            evidence,
        }
    }

    /// Reading 4, and what it tells about reading 3.
    fn content(&mut self, facts: &CitationFacts, texts: Option<(&str, &str)>) {
        let healthy = self.transport == Transport::Ok && self.access == Access::Open;
        if !healthy || !matches!(self.resource, Resource::Ok) {
            return;
        }
        if let (Some(old), Some(new)) = (baseline_page(facts), &facts.chain.page) {
            self.compare(facts, old, new, texts);
        } else if facts.baseline.is_none() && facts.chain.page.is_some() {
            // This copy becomes the baseline: against itself it is identical.
            self.content = Content::Identical;
        }
        if self.resource == Resource::Ok && self.moved_to.is_some() && facts.baseline.is_some() {
            let same = matches!(
                self.content,
                Content::Identical | Content::Cosmetic | Content::Minor | Content::Appended
            );
            self.resource = if same {
                Resource::MovedSame
            } else {
                Resource::MovedOther
            };
        }
    }

    fn compare(&mut self, facts: &CitationFacts, old: &PageFacts, new: &PageFacts, texts: Option<(&str, &str)>) {
        let day = facts
            .baseline
            .as_ref()
            .map(|b| b.captured_at.date())
            .unwrap_or_default();
        if old.document == new.document && old.kind == new.kind {
            self.content = Content::Identical;
        } else if old.kind == PageKind::Opaque || new.kind == PageKind::Opaque {
            self.content = if old.kind == new.kind {
                Content::Major
            } else {
                Content::Replaced
            };
            self.evidence.push(format!(
                "not the same bytes as the copy of {day}; their text is not read"
            ));
        } else if old.kind == PageKind::Pdf
            && new.kind == PageKind::Pdf
            && (old.text_length == 0 || new.text_length == 0)
        {
            self.content = Content::Major;
            self.evidence.push(format!(
                "not the same pages as the copy of {day}, and without text to compare: scanned, or locked"
            ));
        } else if old.text == new.text {
            self.content = Content::Cosmetic;
        } else if old.text_length == 0 || new.text_length == 0 {
            self.evidence
                .push("no main text to compare: the page may be drawn by a script".into());
        } else if let Some((before, after)) = texts {
            let side = |title, text| drift::Side { title, text };
            let (content, scores) = drift::compare(side(&old.title, before), side(&new.title, after));
            (self.content, self.scores) = (content, Some(scores));
            self.evidence.push(format!(
                "against the copy of {day}: similarity {:.2}, {:.0}% of the old text still there",
                scores.jaccard,
                100.0 * scores.containment
            ));
            if content == Content::Replaced
                && let Some(phrase) = soft404::phrase(&new.title, after)
            {
                self.resource = Resource::Soft404;
                self.evidence.push(format!(
                    "the page now speaks of {phrase:?}, the copy of {day} did not read so"
                ));
            } else {
                let drift::Changes { removed, added, .. } = drift::changes(before, after);
                self.evidence
                    .push(format!("{} sentences removed, {} added", removed.len(), added.len()));
            }
        } else {
            self.evidence.push(format!(
                "the text is not that of {day}; how much has changed cannot be told, for the site asks that no copy be kept"
            ));
        }
    }

    /// The one table from readings to class; the first row that fits decides.
    fn class(&mut self, facts: &CitationFacts) -> Class {
        use {Access as A, Resource as R, Transport as T};
        let day = facts
            .baseline
            .as_ref()
            .map(|b| b.captured_at.date())
            .unwrap_or_default();
        let status = self.status.map(|s| s.to_string()).unwrap_or_default();
        let (class, reason) = match (self.access, self.transport, self.resource) {
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
            (_, T::NoSuchName, _) => (Class::Dead, "the host name does not exist".into()),
            (_, T::Ok, R::NotFound) => (Class::Dead, "not found (404)".into()),
            (_, T::Ok, R::Gone) => (Class::Dead, "gone for good (410)".into()),
            (_, T::Ok, R::Soft404) => (Class::Dead, format!("answers {status}, with a \"not found\" page")),
            (_, T::Ok, R::ServerError) => (Class::Suspect, format!("the server fails ({status})")),
            (_, T::Ok, R::OtherClientError) => (Class::Suspect, format!("the request is refused as wrong ({status})")),
            (_, T::Ok, R::Empty) => (Class::Suspect, format!("an empty answer ({status})")),
            (_, T::Ok, R::Unknown) => (Class::Suspect, format!("an answer that leads nowhere ({status})")),
            (_, T::Ok, _) => match self.content {
                Content::Replaced => (Class::Replaced, format!("another text stands there than on {day}")),
                Content::Minor => (Class::Changed, format!("small changes to the text of {day}")),
                Content::Appended => (Class::Changed, format!("much was added to the text of {day}")),
                Content::Major if self.scores.is_none() => (
                    Class::Changed,
                    format!("not what stood there on {day}; there is no text to compare"),
                ),
                Content::Major => (Class::Changed, format!("large changes to the text of {day}")),
                _ => match &self.moved_to {
                    Some(to) => (Class::Moved, format!("now at {to}")),
                    None => (Class::Ok, self.ok_reason(facts)),
                },
            },
            (_, failure, _) => (Class::Suspect, failure_reason(failure).into()),
        };
        self.reason = reason;
        class
    }

    fn ok_reason(&self, facts: &CitationFacts) -> String {
        match (&facts.baseline, self.content) {
            (None, _) => "answers; this copy is what it is held against".into(),
            (Some(b), Content::Identical) => format!("the same page as on {}", b.captured_at.date()),
            (Some(b), Content::Cosmetic) => format!("the same text as on {}", b.captured_at.date()),
            (Some(_), _) => "answers; its text could not be compared".into(),
        }
    }
}

fn describe_hop(hop: &HopFacts) -> String {
    match hop.status {
        Some(status) => format!("{status} {}", hop.url),
        None => format!("{} {}", hop.transport, hop.url),
    }
}

fn resource(hop: &HopFacts) -> Resource {
    if hop.transport != Transport::Ok {
        return Resource::Unknown;
    }
    match hop.status {
        Some(404) => Resource::NotFound,
        Some(410) => Resource::Gone,
        Some(204 | 205) => Resource::Empty,
        Some(200..=299) if hop.length.unwrap_or(0) == 0 => Resource::Empty,
        None | Some(200..=299 | 304) => Resource::Ok,
        Some(400..=499) => Resource::OtherClientError,
        Some(500..=599) => Resource::ServerError,
        Some(_) => Resource::Unknown,
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

/// Since when, how sure, and whether a passing failure has lasted long enough to be death.
fn with_history(facts: &CitationFacts, class: Class, readings: Readings) -> Verdict {
    let (previous, at) = (facts.previous.as_ref(), facts.chain.at);
    let failing = |class| matches!(class, Class::Dead | Class::Suspect);
    let (mut strikes, mut last_strike) = previous.map_or((0, None), |p| (p.strikes, p.last_strike));
    if failing(class) {
        if last_strike.is_none_or(|counted| at.since(counted) >= BETWEEN_STRIKES) {
            (strikes, last_strike) = (strikes + 1, Some(at));
        }
    } else if !matches!(class, Class::Blocked | Class::Excluded) {
        // One success revives; a refusal neither counts nor forgives.
        (strikes, last_strike) = (0, None);
    }
    let worn_out = class == Class::Suspect && strikes >= STRIKES;
    let class = if worn_out { Class::Dead } else { class };
    let same = previous.filter(|p| p.class == class);
    let since = same.map_or(at, |p| p.since);
    let confirmed = worn_out || same.is_some_and(|p| p.confirmed || p.since.date() != at.date());
    let reason = match worn_out {
        true => format!("{}, at each of {strikes} visits days apart", readings.reason),
        false => readings.reason,
    };
    Verdict {
        class,
        transport: readings.transport,
        access: readings.access,
        resource: readings.resource,
        content: readings.content,
        scores: readings.scores,
        status: readings.status,
        final_url: readings.final_url,
        reason,
        evidence: readings.evidence,
        since,
        confirmed,
        strikes,
        last_strike,
    }
}

#[cfg(test)]
#[path = "judge_tests.rs"]
mod tests;
