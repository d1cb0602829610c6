//! Which archived page and which copy of it a user means.

use super::{context, error::CliError};
use crate::{
    archive::{Archive, Copy, Reader, Which},
    model::{
        article::ArticleKind,
        canonical::{self, CanonicalUrl},
        time::{Timestamp, Unit},
        url::{self, Url},
    },
};

/// The address of a page as it was asked for.
pub struct Asked {
    pub url: Url,
    key: CanonicalUrl,
}

impl Asked {
    /// A page's address; or a local article, as `list` shows it.
    pub fn find(archive: &Archive, reader: &Reader, wanted: &str) -> Result<Self, CliError> {
        let local = match wanted.starts_with("http://") || wanted.starts_with("https://") {
            true => None,
            false => local(archive, reader, wanted)?,
        };
        let mut url = match local {
            Some(url) => url,
            None => canonical::parse(wanted)
                .map_err(|why| CliError::usage(why, "name the address of an archived page, or an article"))?,
        };
        url::strip(&mut url);
        let key = CanonicalUrl::of(&url);
        Ok(Self { url, key })
    }

    /// The canonical form of the address.
    pub fn key(&self) -> &str {
        self.key.as_str()
    }

    /// A good copy of it; that there is none is an error that says what to do.
    pub fn copy(&self, reader: &Reader, which: Which) -> Result<Copy, CliError> {
        reader.good_copy(&self.url, self.key(), which)?.ok_or_else(|| {
            let when = match which {
                Which::By(at) => format!(" as of {at}"),
                Which::First | Which::Newest => String::new(),
            };
            CliError::failed(
                format!("the archive has no good copy of {}{when}", self.url),
                "`evercite history` tells what it has of it; `evercite report --all` lists what it knows",
            )
        })
    }
}

fn local(archive: &Archive, reader: &Reader, wanted: &str) -> Result<Option<Url>, CliError> {
    let locator = context::Project::of(archive.path()).locator(wanted);
    let found = reader.article_named(&[wanted.to_owned(), locator])?;
    let found = found.filter(|article| article.kind != ArticleKind::Web);
    Ok(found.and_then(|article| Url::parse(&format!("urn:uuid:{}", article.uid)).ok()))
}

/// The body of a copy, or who freed it.
pub fn is_kept(copy: &Copy) -> Result<(), CliError> {
    match copy.pruned_at {
        None => Ok(()),
        Some(at) => Err(CliError::failed(
            format!(
                "the body of {} as captured {} was pruned on {} by policy",
                copy.url,
                copy.at,
                at.date()
            ),
            "its text is kept; or choose another copy by its time",
        )),
    }
}

/// What a person writes for a moment, and the last one it may mean: `2016-02` is the end of that month, `3 weeks ago`
/// that long before `now`.
pub fn end_of(text: &str, now: Timestamp) -> Result<Timestamp, String> {
    if let Some(moment) = relative(text, now)? {
        return Ok(moment);
    }
    let start = Timestamp::parse(text)?;
    let just_before = |t: Timestamp| Timestamp::from_millis(t.millis() - 1);
    let date = start.date();
    let (year, month) = (
        date[..4].parse::<i32>().unwrap_or(0),
        date[5..7].parse::<i32>().unwrap_or(1),
    );
    Ok(match text.trim().len() {
        4 => just_before(Timestamp::parse(&format!("{:04}", year + 1))?),
        7 if month == 12 => just_before(Timestamp::parse(&format!("{:04}-01", year + 1))?),
        7 => just_before(Timestamp::parse(&format!("{year:04}-{:02}", month + 1))?),
        10 => just_before(start.plus(DAY)),
        16 => just_before(start.plus(std::time::Duration::from_secs(60))),
        // A copy was taken within the second that reports show.
        _ if !text.contains('.') => just_before(start.plus(std::time::Duration::from_secs(1))),
        _ => start,
    })
}

/// The same, and the first moment it may mean: `2016-02` is the beginning of that month, `yesterday` that of the day.
pub fn start_of(text: &str, now: Timestamp) -> Result<Timestamp, String> {
    match text.trim().to_lowercase().as_str() {
        "today" => Timestamp::parse(&now.date()),
        "yesterday" => {
            let midnight = Timestamp::parse(&now.date())?;
            Ok(Timestamp::from_millis(midnight.millis() - DAY.as_millis() as i64))
        }
        _ => match relative(text, now)? {
            Some(moment) => Ok(moment),
            None => Timestamp::parse(text),
        },
    }
}

const DAY: std::time::Duration = std::time::Duration::from_secs(86_400);

/// `now`, `today`, `yesterday`, `3 weeks ago`, `a year ago`; `None` for anything else.
fn relative(text: &str, now: Timestamp) -> Result<Option<Timestamp>, String> {
    let text = text.trim().to_lowercase();
    let midnight = Timestamp::parse(&now.date())?;
    let words: Vec<&str> = text.split_whitespace().collect();
    Ok(match words.as_slice() {
        ["now" | "today"] => Some(now),
        ["yesterday"] => Some(Timestamp::from_millis(midnight.millis() - 1)),
        [number, unit, "ago"] => Some(before(now, number, unit)?),
        // `3weeks ago`, `90d ago`
        [both, "ago"] => {
            let (number, unit) = both.split_at(both.find(|c: char| !c.is_ascii_digit()).unwrap_or(both.len()));
            Some(before(now, number, unit)?)
        }
        _ => None,
    })
}

fn before(now: Timestamp, number: &str, unit: &str) -> Result<Timestamp, String> {
    let wrong = || format!("\"{number} {unit} ago\" is not a time; write \"3 weeks ago\"");
    let number: i64 = match number {
        "a" | "an" | "one" => 1,
        number => number.parse().map_err(|_| wrong())?,
    };
    let unit = match unit.strip_suffix('s').unwrap_or(unit) {
        "second" | "sec" | "" => Unit::Second,
        "minute" | "min" => Unit::Minute,
        "hour" | "h" => Unit::Hour,
        "day" | "d" => Unit::Day,
        "week" | "w" => Unit::Week,
        "month" => Unit::Month,
        "year" | "y" => Unit::Year,
        _ => return Err(wrong()),
    };
    now.minus(number, unit).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_the_last_moment_it_may_mean() {
        let now = Timestamp::parse("2026-03-31T12:00:00Z").unwrap();
        for (written, meant) in [
            ("2016", "2016-12-31T23:59:59Z"),
            ("2016-02", "2016-02-29T23:59:59Z"),
            ("2016-12", "2016-12-31T23:59:59Z"),
            ("2016-02-05", "2016-02-05T23:59:59Z"),
            ("2016-02-05 14:30", "2016-02-05T14:30:59Z"),
            ("2016-02-05T14:30:00Z", "2016-02-05T14:30:00Z"),
            ("now", "2026-03-31T12:00:00Z"),
            ("yesterday", "2026-03-30T23:59:59Z"),
            ("3 weeks ago", "2026-03-10T12:00:00Z"),
            ("a month ago", "2026-02-28T12:00:00Z"),
            ("1 year ago", "2025-03-31T12:00:00Z"),
            ("90d ago", "2025-12-31T12:00:00Z"),
            ("2 hours ago", "2026-03-31T10:00:00Z"),
            ("30 min ago", "2026-03-31T11:30:00Z"),
        ] {
            let found = end_of(written, now).map(|moment| moment.to_string());
            assert_eq!(found.as_deref(), Ok(meant), "{written}");
        }
        let millis = |text: &str| end_of(text, now).map(|t| t.millis() % 1000);
        assert_eq!(millis("2016-02-05T14:30:00Z"), Ok(999), "what reports show, to its end");
        assert_eq!(millis("2016-02-05T14:30:00.25Z"), Ok(250));
        for (written, meant) in [
            ("2016-02", "2016-02-01T00:00:00Z"),
            ("today", "2026-03-31T00:00:00Z"),
            ("yesterday", "2026-03-30T00:00:00Z"),
            ("3 weeks ago", "2026-03-10T12:00:00Z"),
        ] {
            let found = start_of(written, now).map(|moment| moment.to_string());
            assert_eq!(found.as_deref(), Ok(meant), "{written}");
        }
        for wrong in [
            "3 moons ago",
            "many weeks ago",
            "99999999 years ago",
            "-1 days ago",
            "soon",
            "",
        ] {
            assert!(end_of(wrong, now).is_err(), "{wrong}");
        }
    }
}
