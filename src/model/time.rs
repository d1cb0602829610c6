//! Points in time. Milliseconds since the Unix epoch, UTC; the clock is always passed in.

use std::{fmt, time::Duration};

use jiff::civil;

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

/// Units of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Unit {
    Second,
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Year,
}

/// Where "now" comes from. Only the edges have a real one.
pub trait Clock: Send + Sync {
    /// The present time.
    fn now(&self) -> Timestamp;
}

impl Timestamp {
    /// From milliseconds since the Unix epoch.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the Unix epoch.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// This time and `span` more.
    pub fn plus(self, span: Duration) -> Self {
        Self(
            self.0
                .saturating_add(i64::try_from(span.as_millis()).unwrap_or(i64::MAX)),
        )
    }

    /// How long after `earlier` this is; zero when it is not.
    pub fn since(self, earlier: Timestamp) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// So many calendar units before this time, in UTC: a month before 31 March is the last day of February. `None`
    /// for a negative number, and where no such time exists.
    pub fn minus(self, number: i64, unit: Unit) -> Option<Self> {
        let none = jiff::Span::new();
        let span = match unit {
            _ if number < 0 => return None,
            Unit::Second => none.try_seconds(number),
            Unit::Minute => none.try_minutes(number),
            Unit::Hour => none.try_hours(number),
            Unit::Day => none.try_days(number),
            Unit::Week => none.try_weeks(number),
            Unit::Month => none.try_months(number),
            Unit::Year => none.try_years(number),
        }
        .ok()?;
        let moment = jiff::Timestamp::from_millisecond(self.0).ok()?;
        let earlier = moment.to_zoned(jiff::tz::TimeZone::UTC).checked_sub(span).ok()?;
        Some(Self(earlier.timestamp().as_millisecond()))
    }

    /// The UTC day, `2026-11-22`.
    pub fn date(self) -> String {
        self.to_string()[..10].to_owned()
    }

    /// The UTC minute, `2026-11-22 17:25`.
    pub fn minute(self) -> String {
        self.to_string()[..16].replace('T', " ")
    }

    /// Reads what a person may write: `2016`, `2016-02`, `2016-02-05`, `2016-02-05 14:30`,
    /// `2016-02-05T14:30:00Z` or another RFC 3339 time. A bare date means its first moment, UTC.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let full = match text.len() {
            4 => format!("{text}-01-01"),
            7 => format!("{text}-01"),
            _ => text.to_owned(),
        };
        if let Ok(instant) = full.parse::<jiff::Timestamp>() {
            return Ok(Self(instant.as_millisecond()));
        }
        let local = full
            .parse::<civil::DateTime>()
            .or_else(|_| full.parse::<civil::Date>().map(|date| date.at(0, 0, 0, 0)))
            .map_err(|_| format!("{text:?} is not a time; write 2016-02-05 or 2016-02-05T14:30:00Z"))?;
        let instant = local.to_zoned(jiff::tz::TimeZone::UTC).map_err(|e| e.to_string())?;
        Ok(Self(instant.timestamp().as_millisecond()))
    }
}

/// RFC 3339 in UTC, to the second.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let instant = jiff::Timestamp::from_second(self.0.div_euclid(1000)).unwrap_or_default();
        write!(f, "{}", instant.strftime("%Y-%m-%dT%H:%M:%SZ"))
    }
}

impl serde::Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Timestamp {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <String as serde::Deserialize>::deserialize(deserializer)?;
        Timestamp::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_write() {
        for (written, meant) in [
            ("2016", "2016-01-01T00:00:00Z"),
            ("2016-02", "2016-02-01T00:00:00Z"),
            ("2016-02-05", "2016-02-05T00:00:00Z"),
            ("2016-02-05 14:30", "2016-02-05T14:30:00Z"),
            ("2016-02-05T14:30:00Z", "2016-02-05T14:30:00Z"),
            ("2016-02-05T14:30:00+01:00", "2016-02-05T13:30:00Z"),
            ("1965-01-02", "1965-01-02T00:00:00Z"),
        ] {
            assert_eq!(
                Timestamp::parse(written).map(|t| t.to_string()),
                Ok(meant.to_owned()),
                "{written}"
            );
        }
        assert!(Timestamp::parse("yesterday-ish").is_err());
    }
}
