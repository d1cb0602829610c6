//! What would change a verdict, in sentences: what the rules of [`super::judge`] make of what may be seen
//! next, from where a citation stands now.

use std::time::Duration;

use super::confirm::{BETWEEN_STRIKES, STRIKES};
use crate::model::{
    explanation::ExplainedLink,
    report::LinkReport,
    time::Timestamp,
    url::Skip,
    verdict::{Access, Class, Resource, Transport},
};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// What would change the verdict on a citation, the likeliest first; never empty. Days are UTC.
pub fn outlook(explained: &ExplainedLink, now: Timestamp) -> Vec<String> {
    let link = &explained.link;
    if !explained.listed {
        return vec![
            "Its article is off the list, so it is not visited any more. `evercite snapshot` of the article takes it \
             in again."
                .into(),
        ];
    }
    if link.state != "present" {
        return gone_from_the_article(link);
    }
    let strikes = Strikes::of(explained);
    match link.class {
        Class::Ok => ok(link),
        Class::Moved => moved(link),
        Class::Changed | Class::Replaced => another_text(link, now),
        Class::Dead => dead(link, &strikes, now),
        Class::Suspect => suspect(&strikes, now),
        Class::Blocked => blocked(link, &strikes),
        Class::Excluded => excluded(link),
        Class::Skipped => skipped(link),
        Class::Unchecked => vec!["Nothing is known yet: the next `evercite check` asks for it.".into()],
    }
}

/// Failures counted so far.
struct Strikes {
    count: u32,
    last: Option<Timestamp>,
}

impl Strikes {
    fn of(explained: &ExplainedLink) -> Self {
        let current = explained.ledger.iter().rev().find(|entry| entry.current);
        Self {
            count: current.map_or(0, |entry| entry.strikes),
            last: current.and_then(|entry| entry.last_strike),
        }
    }

    /// From when on another failure counts.
    fn next(&self, now: Timestamp) -> Timestamp {
        self.last.map_or(now, |last| last.plus(BETWEEN_STRIKES)).max(now)
    }
}

fn gone_from_the_article(link: &LinkReport) -> Vec<String> {
    let why = match &link.retargeted_to {
        Some(to) => format!("The link leads to {to} now, so this address is not visited any more"),
        None => "It is no longer in the article, so it is not visited any more".into(),
    };
    vec![
        format!("{why}; its verdict is that of the last visit, and what was captured stays."),
        "Cited again, it is visited again.".into(),
    ]
}

fn ok(link: &LinkReport) -> Vec<String> {
    let mut said = Vec::new();
    if let Some(day) = baseline_day(link) {
        said.push(format!(
            "Any difference between its main text and that of {day} makes it changed, and a text that has little in \
             common with it, replaced."
        ));
    }
    said.push(
        "404, 410, a \u{201c}not found\u{201d} page or a host name that does not exist makes it dead, at first to be \
         confirmed; a failure that may pass makes it suspect."
            .into(),
    );
    said
}

fn moved(link: &LinkReport) -> Vec<String> {
    let to = link.final_url.as_deref().unwrap_or("the new address");
    vec![
        format!("Cite {to} in the article, and the move is done with."),
        "An answer at the old address itself, or a redirect that is not permanent, makes it ok.".into(),
    ]
}

fn another_text(link: &LinkReport, now: Timestamp) -> Vec<String> {
    let day = baseline_day(link).unwrap_or_else(|| "its baseline".into());
    let mut said = vec![format!("When it says again what it said on {day}, it is ok.")];
    said.extend(to_be_confirmed(link, now));
    said.push(match link.class {
        Class::Changed => "The more of the old text goes, the nearer it is to replaced.".into(),
        _ => "When more of the old text is back, it is changed.".into(),
    });
    said
}

fn dead(link: &LinkReport, strikes: &Strikes, now: Timestamp) -> Vec<String> {
    let mut said = Vec::new();
    if is_worn_out(link) {
        said.push(format!(
            "It failed at {} visits, each at least {} days after the one before; {STRIKES} are enough.",
            strikes.count,
            days(BETWEEN_STRIKES)
        ));
    }
    said.extend(to_be_confirmed(link, now));
    said.push("One good answer revives it, however long it was dead: every check asks again.".into());
    said
}

fn suspect(strikes: &Strikes, now: Timestamp) -> Vec<String> {
    let next = strikes.next(now);
    let left = STRIKES.saturating_sub(strikes.count).max(1);
    let earliest = (1..left).fold(next, |at, _| at.plus(BETWEEN_STRIKES));
    let when = match next > now {
        true => format!("the next failure counts from {} on", next.minute()),
        false => "the next failure counts, whenever it is seen".into(),
    };
    vec![
        format!(
            "Strike {} of {STRIKES}: {when}, and it is dead on {} at the earliest.",
            strikes.count,
            earliest.date()
        ),
        "One good answer clears all strikes.".into(),
        "404, 410 or a host name that does not exist makes it dead at once.".into(),
    ]
}

fn blocked(link: &LinkReport, strikes: &Strikes) -> Vec<String> {
    let mut said = vec![
        "A refusal tells nothing of the page and never ages into dead. An answer decides: a page, or one of the \
         answers that mean dead."
            .to_owned(),
    ];
    said.extend(
        match link.access {
            Some(Access::Auth) => {
                Some("Credentials for the host (`auth-env` under [hosts] in evercite.toml) may open it.")
            }
            Some(Access::LoginRedirect | Access::Consent | Access::Paywall) => {
                Some("The cookies of a reader who is let in (`--cookie-jar`) may open it.")
            }
            Some(Access::Forbidden | Access::BotWall) => {
                Some("A `--user-agent` that names a way to reach you, or the site's leave, may open it.")
            }
            Some(Access::RateLimited) => {
                Some("A longer `request-interval` for the host (under [hosts] in evercite.toml) may open it.")
            }
            _ => None,
        }
        .map(str::to_owned),
    );
    if let Some(status) = link.status.filter(|status| !(200..300).contains(status)) {
        said.push(format!("`--accept {status}` takes that answer for fine."));
    }
    if strikes.count > 0 {
        said.push(format!(
            "The {} of {STRIKES} strikes from before are neither added to nor forgiven.",
            strikes.count
        ));
    }
    said
}

fn excluded(link: &LinkReport) -> Vec<String> {
    let sentences: &[&str] = match link.access {
        Some(Access::RobotsExcluded) => &[
            "robots.txt is read again at a later run, once it is a day old; when it allows the address, that is \
             visited.",
            "For a site of your own, `robots = \"ignore\"` for its host (under [hosts] in evercite.toml) visits it \
             all the same.",
        ],
        Some(Access::RobotsUnreachable) => {
            &["robots.txt is asked for again at a later run; any answer but a server error decides."]
        }
        Some(Access::PrivateAddress) => &["`--allow-private` visits it."],
        _ => &["Without that pattern of `--exclude`, `--include` or .everciteignore the next run visits it."],
    };
    let mut said: Vec<String> = sentences.iter().map(|sentence| (*sentence).to_owned()).collect();
    said.push("Until then nothing is known of the page, and the verdict does not age.".into());
    said
}

fn skipped(link: &LinkReport) -> Vec<String> {
    let skip = link.evidence.first().and_then(|word| word.parse().ok());
    vec![match skip {
        Some(Skip::Relative) => "`evercite snapshot` of the article with `--base-url` tells where it leads.".into(),
        _ => "Nothing: only an http or https address in its place would be visited.".into(),
    }]
}

/// For a verdict that is not confirmed yet: what confirms it.
fn to_be_confirmed(link: &LinkReport, now: Timestamp) -> Option<String> {
    let since = link.since.filter(|_| !link.confirmed)?;
    let from = since.plus(DAY).date();
    Some(match from <= now.date() {
        true => "Seen once more, it is confirmed: the day it was first seen is over.".into(),
        false => format!("Seen once more on another day ({from} or later), it is confirmed."),
    })
}

/// Whether death came of failures that may pass, and not of a definite answer.
fn is_worn_out(link: &LinkReport) -> bool {
    match (link.transport, link.resource) {
        (Some(Transport::Ok), Some(resource)) => matches!(
            resource,
            Resource::ServerError
                | Resource::OtherClientError
                | Resource::Empty
                | Resource::RedirectToRoot
                | Resource::Unknown
        ),
        (Some(transport), _) => transport != Transport::NoSuchName,
        _ => false,
    }
}

fn baseline_day(link: &LinkReport) -> Option<String> {
    link.baseline.as_ref().map(|baseline| baseline.captured_at.date())
}

fn days(span: Duration) -> u64 {
    span.as_secs() / DAY.as_secs()
}

#[cfg(test)]
#[path = "outlook_tests.rs"]
mod tests;
