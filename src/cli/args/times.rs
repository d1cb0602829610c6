//! Times as people write them.

use std::time::Duration;

use crate::model::time::{Clock, Timestamp};

/// `20`, `20s`, `500ms`, `1m`, `2h`, `7d`.
pub fn duration(text: &str) -> Result<Duration, String> {
    let digits = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let wrong = || format!("{text:?} is not a time; write seconds, or 500ms, 20s, 5m, 2h, 7d");
    let number: f64 = number.parse().map_err(|_| wrong())?;
    let seconds = match unit.trim() {
        "ms" => number / 1000.0,
        "" | "s" => number,
        "m" | "min" => number * 60.0,
        "h" => number * 3600.0,
        "d" => number * 86_400.0,
        _ => return Err(wrong()),
    };
    Duration::try_from_secs_f64(seconds).map_err(|_| wrong())
}

/// How long ago: in days, weeks or years, or as [`duration`].
pub fn age(text: &str) -> Result<Duration, String> {
    let days = |number: &str, days: f64| duration(&format!("{number}d")).map(|span| span.mul_f64(days));
    let wrong = || format!("{text:?} is not an age; write 90d, 12w or 2y");
    match text.trim() {
        text if text.ends_with(|c: char| c.is_ascii_digit()) => Err(wrong()),
        text => match (text.strip_suffix('w'), text.strip_suffix('y')) {
            (Some(number), _) => days(number, 7.0),
            (_, Some(number)) => days(number, 365.25),
            _ => duration(text),
        }
        .map_err(|_| wrong()),
    }
}

pub fn duration_in_toml<'de, D: serde::Deserializer<'de>>(value: D) -> Result<Option<Duration>, D::Error> {
    #[derive(serde::Deserialize)]
    #[serde(untagged)]
    enum Written {
        Seconds(f64),
        Text(String),
    }
    let text = match <Option<Written> as serde::Deserialize>::deserialize(value)? {
        None => return Ok(None),
        Some(Written::Seconds(seconds)) => seconds.to_string(),
        Some(Written::Text(text)) => text,
    };
    duration(&text).map(Some).map_err(serde::de::Error::custom)
}

pub fn duration_to_toml<S: serde::Serializer>(span: &Option<Duration>, to: S) -> Result<S::Ok, S::Error> {
    match span {
        Some(span) => to.serialize_f64(span.as_secs_f64()),
        None => to.serialize_none(),
    }
}

/// The first moment of what a person writes.
pub fn start_of(text: &str) -> Result<Timestamp, String> {
    super::super::page::start_of(text, super::super::context::SystemClock::default().now())
}

/// The last moment of what a person writes.
pub fn end_of(text: &str) -> Result<Timestamp, String> {
    super::super::page::end_of(text, super::super::context::SystemClock::default().now())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_times_as_people_write_them() {
        for (text, millis) in [
            ("20", 20_000),
            ("20s", 20_000),
            ("500ms", 500),
            ("1.5m", 90_000),
            ("2h", 7_200_000),
            ("0", 0),
        ] {
            assert_eq!(duration(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for text in ["", "x", "5 weeks", "-1", "1e999"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
