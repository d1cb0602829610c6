//! How long a server asks us to wait: `Retry-After` and the rate limit fields, from header to time.

use std::time::Duration;

use jiff::civil;
use reqwest::header::HeaderMap;

use crate::model::time::Timestamp;

/// What the fields of one answer ask for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Waits {
    /// `Retry-After`.
    pub retry_after: Option<Duration>,
    /// The time until the quota is full again, where a field says that it is used up.
    pub quota: Option<Duration>,
}

/// Nobody is waited for longer: what asks for more is a mistake, or might as well be one.
const LONGEST: Duration = Duration::from_secs(24 * 3600);
/// A reset beyond this is a point in time: seconds since 1970 where it is read as such by custom.
const EPOCH: u64 = 1_000_000_000;

/// Reads the fields of an answer that came at `now`.
pub fn waits(headers: &HeaderMap, now: Timestamp) -> Waits {
    let field = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    // Several fields of one name are one list.
    let list = |name: &str| {
        let values: Vec<&str> = headers.get_all(name).iter().filter_map(|v| v.to_str().ok()).collect();
        values.join(", ")
    };
    let quotas = [
        structured(&list("ratelimit"), &list("ratelimit-policy")),
        separate(field("ratelimit-remaining"), field("ratelimit-reset"), now),
        separate(field("x-ratelimit-remaining"), field("x-ratelimit-reset"), now),
        separate(field("x-rate-limit-remaining"), field("x-rate-limit-reset"), now),
    ];
    Waits {
        retry_after: field("retry-after").and_then(|value| retry_after(value, now)),
        quota: quotas.into_iter().flatten().max(),
    }
}

/// `Retry-After`: seconds, or an HTTP date in any of its three forms (RFC 9110 sections 10.2.3 and
/// 5.6.7). A date that has passed is no wait; more than a day is a day.
fn retry_after(value: &str, now: Timestamp) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit()) {
        // Digits that fit no number are a great many seconds.
        return Some(seconds(value.parse().unwrap_or(u64::MAX)));
    }
    Some(http_date(value)?.since(now).min(LONGEST))
}

/// `Sun, 06 Nov 1994 08:49:37 GMT`, `Sunday, 06-Nov-94 08:49:37 GMT` or `Sun Nov  6 08:49:37 1994`.
/// The name of the day is not compared: servers get it wrong, and it decides nothing.
fn http_date(text: &str) -> Option<Timestamp> {
    let words: Vec<&str> = text.split([' ', ',', '-', ':']).filter(|w| !w.is_empty()).collect();
    let (day, month, year, time, zone) = match words[..] {
        [_, month, day, h, m, s, year] if year.len() == 4 => (day, month, year, [h, m, s], "GMT"),
        [_, day, month, year, h, m, s, zone] => (day, month, year, [h, m, s], zone),
        _ => return None,
    };
    if !matches!(zone, "GMT" | "UTC" | "Z") {
        return None;
    }
    let months = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ];
    let month = months.iter().position(|name| month.eq_ignore_ascii_case(name))?;
    let [hour, minute, second] = time.map(|part| part.parse::<i8>().ok());
    let date = civil::Date::new(full_year(year)?, i8::try_from(month + 1).ok()?, day.parse().ok()?).ok()?;
    // A leap second is told as 60.
    let time = civil::Time::new(hour?, minute?, second.filter(|s| *s <= 60)?.min(59), 0).ok()?;
    let instant = date.to_datetime(time).to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(Timestamp::from_millis(instant.timestamp().as_millisecond()))
}

/// Two digits mean this century up to 69: nothing asks us back into the last one, and a date in the
/// past is no wait whichever it was.
fn full_year(text: &str) -> Option<i16> {
    let year: i16 = text.parse().ok()?;
    match (text.len(), year) {
        (2, 0..70) => Some(2000 + year),
        (2, _) => Some(1900 + year),
        (4, _) => Some(year),
        _ => None,
    }
}

/// `…-Remaining` and `…-Reset`: when nothing remains, the seconds until the reset, or its time.
fn separate(remaining: Option<&str>, reset: Option<&str>, now: Timestamp) -> Option<Duration> {
    if number(remaining?)? > 0.0 {
        return None;
    }
    let reset = reset?.trim();
    let Some(value) = number(reset) else {
        return http_date(reset).map(|at| at.since(now).min(LONGEST));
    };
    let value = value.max(0.0);
    Some(match value.ceil() as u64 {
        after if after < EPOCH => seconds(after),
        at => {
            let millis = if at < EPOCH * 1000 { at.saturating_mul(1000) } else { at };
            let at = Timestamp::from_millis(i64::try_from(millis).unwrap_or(i64::MAX));
            at.since(now).min(LONGEST)
        }
    })
}

/// The first item of a list such as `0, 10;w=60`, as a number.
fn number(text: &str) -> Option<f64> {
    let first = text.split([',', ';']).next()?.trim();
    first.parse::<f64>().ok().filter(|number| number.is_finite())
}

/// `RateLimit` of draft-ietf-httpapi-ratelimit-headers: `"policy";r=0;t=30` items, or the dictionary
/// `limit=10, remaining=0, reset=30` of its earlier versions. Where an item names no time, the window
/// of its policy in `RateLimit-Policy` (`"policy";q=10;w=60`) is the longest it can take.
fn structured(limit: &str, policy: &str) -> Option<Duration> {
    let parameter = |item: &str, name: &str| -> Option<u64> {
        split(item, ';').find_map(|part| part.strip_prefix(name)?.strip_prefix('=')?.trim().parse().ok())
    };
    let name = |item: &str| split(item, ';').next().unwrap_or_default();
    let member = |wanted: &str| split(limit, ',').find_map(|item| parameter(&item, wanted));
    if let (Some(0), Some(reset)) = (member("remaining"), member("reset")) {
        return Some(seconds(reset));
    }
    let items = split(limit, ',').filter(|item| parameter(item, "r") == Some(0));
    let waits = items.filter_map(|item| {
        let window = || {
            let policies = split(policy, ',').filter(|policy| name(policy) == name(&item));
            policies.filter_map(|policy| parameter(&policy, "w")).max()
        };
        parameter(&item, "t").or_else(window).map(seconds)
    });
    waits.max()
}

/// Parts between separators outside quotes, trimmed.
fn split(text: &str, separator: char) -> impl Iterator<Item = String> {
    let mut quoted = false;
    let mut escaped = false;
    let parts = text.split(move |c: char| {
        let inside = quoted;
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ => {}
        }
        c == separator && !inside
    });
    parts.map(|part| part.trim().to_owned()).collect::<Vec<_>>().into_iter()
}

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count).min(LONGEST)
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderName, HeaderValue};

    use super::*;

    const DAY: u64 = 24 * 3600;

    /// 1994-11-06T08:49:37Z, the example of RFC 9110.
    fn then() -> Timestamp {
        Timestamp::from_millis(784_111_777_000)
    }

    fn of(fields: &[(&str, &str)], now: Timestamp) -> Waits {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            let name = HeaderName::try_from(*name).unwrap();
            headers.append(name, HeaderValue::from_str(value).unwrap());
        }
        waits(&headers, now)
    }

    #[test]
    fn retry_after_in_seconds_and_in_three_forms_of_dates() {
        let before = Timestamp::from_millis(then().millis() - 30_000);
        for (value, want) in [
            ("0", Some(0)),
            ("120", Some(120)),
            (" 7 ", Some(7)),
            ("86401", Some(DAY)),
            ("99999999999999999999999", Some(DAY)),
            ("-1", None),
            ("1.5", None),
            ("soon", None),
            ("", None),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(30)),
            ("Sunday, 06-Nov-94 08:49:37 GMT", Some(30)),
            ("Sun Nov  6 08:49:37 1994", Some(30)),
            ("Mon, 06 Nov 1994 08:49:37 GMT", Some(30)),
            ("Sun, 06 Nov 1994 08:49:07 GMT", Some(0)),
            ("Sun, 06 Nov 1993 08:49:37 GMT", Some(0)),
            ("Thu, 06 Nov 2098 08:49:37 GMT", Some(DAY)),
            ("Saturday, 06-Nov-21 08:49:37 GMT", Some(DAY)),
            ("Sun, 31 Feb 1994 08:49:37 GMT", None),
            ("Sun, 06 Nov 1994 25:49:37 GMT", None),
            ("Sun, 06 Nov 1994 08:49:37 EST", None),
            ("Sun, 06 Nov 94 08:49:37", None),
            ("1994-11-06T08:49:37Z", None),
        ] {
            let got = of(&[("retry-after", value)], before).retry_after;
            assert_eq!(got, want.map(Duration::from_secs), "{value:?}");
        }
    }

    #[test]
    fn quotas_that_are_used_up_ask_for_their_reset() {
        let now = Timestamp::from_millis(1_800_000_000_000);
        for (fields, want) in [
            (&[][..], None),
            (&[("ratelimit-remaining", "0"), ("ratelimit-reset", "30")], Some(30)),
            (&[("ratelimit-remaining", "1"), ("ratelimit-reset", "30")], None),
            (&[("ratelimit-remaining", "0")], None),
            (&[("ratelimit-reset", "30")], None),
            (
                &[("ratelimit-remaining", "0, 10;w=60"), ("ratelimit-reset", "5")],
                Some(5),
            ),
            (
                &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1800000012")],
                Some(12),
            ),
            (
                &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1800000012000")],
                Some(12),
            ),
            (
                &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1700000000")],
                Some(0),
            ),
            (&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "9")], Some(9)),
            (&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1.5")], Some(2)),
            (
                &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "99999999")],
                Some(DAY),
            ),
            (&[("x-ratelimit-remaining", "-1"), ("x-ratelimit-reset", "9")], Some(9)),
            (&[("x-rate-limit-remaining", "0"), ("x-rate-limit-reset", "4")], Some(4)),
            (&[("x-ratelimit-remaining", "none"), ("x-ratelimit-reset", "9")], None),
            (&[("ratelimit", "limit=10, remaining=0, reset=30")], Some(30)),
            (&[("ratelimit", "limit=10, remaining=4, reset=30")], None),
            (&[("ratelimit", "\"default\";r=0;t=30")], Some(30)),
            (&[("ratelimit", "\"default\";r=3;t=30")], None),
            (&[("ratelimit", "\"a,b;r=9\";r=0;t=7, \"day\";r=100;t=500")], Some(7)),
            (
                &[("ratelimit", "\"a\";r=0;t=7"), ("ratelimit", "\"b\";r=0;t=70")],
                Some(70),
            ),
            (
                &[
                    ("ratelimit", "\"hour\";r=0"),
                    ("ratelimit-policy", "\"day\";q=9;w=86400, \"hour\";q=5;w=3600"),
                ],
                Some(3600),
            ),
            (&[("ratelimit", "\"hour\";r=0")], None),
            (&[("ratelimit", "\"\\\"\";r=0;t=2")], Some(2)),
            (&[("ratelimit", "\"never closed;r=0;t=30")], None),
            (&[("ratelimit", ";;,,=;r=;t=")], None),
        ] {
            assert_eq!(of(fields, now).quota, want.map(Duration::from_secs), "{fields:?}");
        }
    }
}
