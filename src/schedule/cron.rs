//! Cron expressions: five fields as Vixie's cron has them, with `L` and `#` for days beside it.

use std::fmt;

use jiff::civil::Date;

/// What is wrong with an expression, and how to write it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CronError {
    what: String,
}

impl CronError {
    fn new(what: impl Into<String>) -> Self {
        Self { what: what.into() }
    }
}

impl fmt::Display for CronError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for CronError {}

/// One or more cron expressions; it is time whenever it is for one of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cron {
    expressions: Vec<Expression>,
}

/// Five fields: which minutes, hours, days, months and weekdays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Expression {
    /// Bit n: minute n.
    minutes: u64,
    /// Bit n: hour n.
    hours: u32,
    days: Days,
    /// Bit n: month n, from 1.
    months: u16,
    weekdays: Weekdays,
    /// Whether minute or hour begin with `*`: such a job goes by the clock on the wall, and one that has times of its
    /// own keeps to them when the clock is set.
    pub by_clock: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Days {
    /// Bit n: day n of the month, from 1.
    set: u32,
    /// Bit n: n days before the last of the month.
    before_last: u32,
    starred: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Weekdays {
    /// Bit n: weekday n, from Sunday, which is 0.
    set: u8,
    /// Bit n: the last such weekday of the month.
    last: u8,
    /// Bit n of each: the first, second, ... fifth such weekday of the month.
    nth: [u8; 5],
    starred: bool,
}

const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

const NICKNAMES: [(&str, &str); 7] = [
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
    ("@monthly", "0 0 1 * *"),
    ("@weekly", "0 0 * * 0"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@hourly", "0 * * * *"),
];

/// A field: what it is called, what its numbers are, and names for them.
struct Field {
    name: &'static str,
    first: u8,
    last: u8,
    names: &'static [&'static str],
}

const MINUTE: Field = Field::numbers("minute", 0, 59);
const HOUR: Field = Field::numbers("hour", 0, 23);
const DAY: Field = Field::numbers("day of the month", 1, 31);
const MONTH: Field = Field {
    names: &MONTHS,
    ..Field::numbers("month", 1, 12)
};
/// Sunday is 0, and 7 as well.
const WEEKDAY: Field = Field {
    names: &WEEKDAYS,
    ..Field::numbers("weekday", 0, 7)
};

impl Field {
    const fn numbers(name: &'static str, first: u8, last: u8) -> Self {
        Self {
            name,
            first,
            last,
            names: &[],
        }
    }

    fn number(&self, text: &str) -> Result<u8, CronError> {
        let lower = text.to_ascii_lowercase();
        if let Some(at) = self.names.iter().position(|name| *name == lower) {
            return Ok(at as u8 + self.first);
        }
        let number = text
            .parse::<u8>()
            .ok()
            .filter(|_| text.bytes().all(|b| b.is_ascii_digit()));
        number.filter(|n| (self.first..=self.last).contains(n)).ok_or_else(|| {
            let names = match self.names {
                [] => String::new(),
                [first, .., last] => format!(", or {first} to {last}"),
                [only] => format!(", or {only}"),
            };
            CronError::new(format!(
                "{text:?} is no {}: these are {} to {}{names}",
                self.name, self.first, self.last
            ))
        })
    }

    /// One part of a list, `*`, `5`, `1-5`, each with `/2` where it has a step: the numbers that it means.
    fn part(&self, text: &str) -> Result<u64, CronError> {
        let (range, step) = match text.split_once('/') {
            Some((range, step)) => (range, Some(self.step(step)?)),
            None => (text, None),
        };
        let (from, to) = match range.split_once('-') {
            // Of weekdays, 7 would be Sunday a second time.
            None if range == "*" => (
                self.first,
                self.last.min(if self.name == WEEKDAY.name { 6 } else { 59 }),
            ),
            None => {
                let from = self.number(range)?;
                (from, if step.is_some() { self.last } else { from })
            }
            Some((from, to)) => (self.number(from)?, self.number(to)?),
        };
        if from > to {
            return Err(CronError::new(format!(
                "{range:?} goes backwards; write it as two, such as {from}-{},{}-{to}",
                self.last, self.first
            )));
        }
        Ok((from..=to)
            .step_by(step.unwrap_or(1).into())
            .fold(0, |set, n| set | 1 << n))
    }

    fn step(&self, text: &str) -> Result<u8, CronError> {
        let step = text.parse::<u8>().ok().filter(|step| *step > 0);
        step.ok_or_else(|| CronError::new(format!("{text:?} is no step of the {}: a number from 1 on", self.name)))
    }

    /// A list of parts.
    fn set(&self, text: &str) -> Result<u64, CronError> {
        text.split(',').try_fold(0, |set, part| Ok(set | self.part(part)?))
    }
}

impl Days {
    fn parse(text: &str) -> Result<Self, CronError> {
        let mut days = Self {
            starred: text.starts_with('*'),
            ..Self::default()
        };
        for part in text.split(',') {
            match part.to_ascii_uppercase().strip_prefix('L') {
                None if part.to_ascii_uppercase().ends_with('W') => {
                    return Err(CronError::new(format!(
                        "{part:?}: the weekday next to a day is not known here; name days, or weekdays"
                    )));
                }
                None => days.set |= DAY.part(part)? as u32,
                Some("") => days.before_last |= 1,
                Some(before) => {
                    let before = before.strip_prefix('-').and_then(|n| n.parse::<u8>().ok());
                    let before = before.filter(|n| *n <= 30).ok_or_else(|| {
                        CronError::new(format!(
                            "{part:?} is no day: L is the last one, L-3 three days before it"
                        ))
                    })?;
                    days.before_last |= 1 << before;
                }
            }
        }
        Ok(days)
    }

    fn has(&self, date: Date) -> bool {
        let (day, last) = (date.day() as u32, date.days_in_month() as u32);
        self.set >> day & 1 == 1 || self.before_last >> (last - day) & 1 == 1
    }
}

impl Weekdays {
    fn parse(text: &str) -> Result<Self, CronError> {
        let mut weekdays = Self {
            starred: text.starts_with('*'),
            ..Self::default()
        };
        // 7 is Sunday, too.
        let bits = |set: u64| ((set | set >> 7) & 0x7f) as u8;
        for part in text.split(',') {
            let last = part.strip_suffix(['L', 'l']).filter(|day| !day.is_empty());
            if let Some(day) = last {
                weekdays.last |= bits(1 << WEEKDAY.number(day)?);
            } else if let Some((day, nth)) = part.split_once('#') {
                let day = bits(1 << WEEKDAY.number(day)?);
                let nth = nth.parse::<usize>().ok().filter(|nth| (1..=5).contains(nth));
                let nth = nth.ok_or_else(|| {
                    CronError::new(format!("{part:?}: a month has a first to a fifth weekday, #1 to #5"))
                })?;
                weekdays.nth[nth - 1] |= day;
            } else {
                weekdays.set |= bits(WEEKDAY.part(part)?);
            }
        }
        Ok(weekdays)
    }

    fn has(&self, date: Date) -> bool {
        let bit = 1 << date.weekday().to_sunday_zero_offset();
        let nth = (date.day() as usize - 1) / 7;
        let is_last = date.day() + 7 > date.days_in_month();
        self.set & bit != 0 || is_last && self.last & bit != 0 || self.nth[nth] & bit != 0
    }
}

impl Expression {
    fn parse(text: &str) -> Result<Self, CronError> {
        let text = match text.strip_prefix('@') {
            None => text,
            Some(name) => {
                let known = NICKNAMES
                    .iter()
                    .find(|(nickname, _)| nickname[1..].eq_ignore_ascii_case(name));
                known.map(|(_, text)| *text).ok_or_else(|| unknown_nickname(text))?
            }
        };
        let fields: Vec<&str> = text.split_ascii_whitespace().collect();
        let [minutes, hours, days, months, weekdays] = fields[..] else {
            return Err(CronError::new(format!(
                "{text:?} has {} fields; there are five: minute, hour, day of the month, month, weekday",
                fields.len()
            )));
        };
        Ok(Self {
            minutes: MINUTE.set(minutes)?,
            hours: HOUR.set(hours)? as u32,
            days: Days::parse(days)?,
            months: MONTH.set(months)? as u16,
            weekdays: Weekdays::parse(weekdays)?,
            by_clock: minutes.starts_with('*') || hours.starts_with('*'),
        })
    }

    /// Whether it has times on this day. Where both a day and a weekday are named, either will do; a field that
    /// begins with `*` names none.
    pub(super) fn is_on(&self, date: Date) -> bool {
        if self.months >> date.month() & 1 == 0 {
            return false;
        }
        match self.days.starred || self.weekdays.starred {
            true => self.days.has(date) && self.weekdays.has(date),
            false => self.days.has(date) || self.weekdays.has(date),
        }
    }

    /// Its times on a day, in minutes since midnight, in order.
    pub(super) fn minutes_of_day(&self) -> impl Iterator<Item = i32> + '_ {
        let hours = (0..24).filter(|hour| self.hours >> hour & 1 == 1);
        hours.flat_map(|hour| {
            let minutes = (0..60).filter(|minute| self.minutes >> minute & 1 == 1);
            minutes.map(move |minute| hour * 60 + minute)
        })
    }
}

fn unknown_nickname(text: &str) -> CronError {
    if text.eq_ignore_ascii_case("@reboot") {
        return CronError::new("@reboot is no time; jobs that were missed are caught up after a start in any case");
    }
    let names: Vec<&str> = NICKNAMES.iter().map(|(name, _)| *name).collect();
    CronError::new(format!("{text:?} is not known; there are {}", names.join(", ")))
}

impl Cron {
    /// Reads expressions with semicolons between them.
    ///
    /// # Errors
    /// What is wrong, and how to write it.
    pub fn parse(text: &str) -> Result<Self, CronError> {
        let expressions = text
            .split(';')
            .map(|text| Expression::parse(text.trim()))
            .collect::<Result<_, _>>()?;
        Ok(Self { expressions })
    }

    pub(super) fn expressions(&self) -> &[Expression] {
        &self.expressions
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn only(text: &str) -> Expression {
        Cron::parse(text).unwrap().expressions.remove(0)
    }

    #[test]
    fn fields_are_numbers_names_ranges_steps_and_lists() {
        for (text, minutes) in [
            ("0 3 * * *", vec![180]),
            ("*/30 1,2 * * *", vec![60, 90, 120, 150]),
            ("5-7 0 * * *", vec![5, 6, 7]),
            ("50/5 0 * * *", vec![50, 55]),
            ("1-10/4,59 0 * * *", vec![1, 5, 9, 59]),
            ("@hourly", (0..24).map(|hour| hour * 60).collect()),
            ("@midnight", vec![0]),
        ] {
            assert_eq!(only(text).minutes_of_day().collect::<Vec<_>>(), minutes, "{text}");
        }
    }

    #[test]
    fn days_are_matched() {
        // 2026-11-01 is a Sunday.
        for (text, on) in [
            ("0 0 * * *", (1..=30).collect::<Vec<i8>>()),
            ("0 0 */10 * *", vec![1, 11, 21]),
            ("0 0 1,15 * *", vec![1, 15]),
            ("0 0 L * *", vec![30]),
            ("0 0 L-2 * *", vec![28]),
            ("0 0 1,L * *", vec![1, 30]),
            ("0 0 * * MON", vec![2, 9, 16, 23, 30]),
            ("0 0 * * 0", vec![1, 8, 15, 22, 29]),
            ("0 0 * * 7", vec![1, 8, 15, 22, 29]),
            ("0 0 * * 5-7", vec![1, 6, 7, 8, 13, 14, 15, 20, 21, 22, 27, 28, 29]),
            ("0 0 * * 5L", vec![27]),
            ("0 0 * * sunL", vec![29]),
            ("0 0 * * 2#2", vec![10]),
            ("0 0 * * mon#1,mon#5", vec![2, 30]),
            // Both named: either. One of them begins with a star: both.
            ("0 0 13 * FRI", vec![6, 13, 20, 27]),
            ("0 0 */2 * MON", vec![9, 23]),
            ("0 0 1-7 * */2", vec![1, 3, 5, 7]),
            ("0 0 * jan-oct,12 *", vec![]),
            ("@weekly", vec![1, 8, 15, 22, 29]),
            ("@monthly", vec![1]),
        ] {
            let expression = only(text);
            let found: Vec<i8> = (1..=30).filter(|day| expression.is_on(date(2026, 11, *day))).collect();
            assert_eq!(found, on, "{text}");
        }
    }

    #[test]
    fn only_what_begins_with_a_star_goes_by_the_clock() {
        for (text, by_clock) in [
            ("* * * * *", true),
            ("*/5 3 * * *", true),
            ("0 */2 * * *", true),
            ("0 3 * * *", false),
            ("0 0-23 * * *", false),
        ] {
            assert_eq!(only(text).by_clock, by_clock, "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_told() {
        for (text, why) in [
            ("", "has 0 fields"),
            ("0 3 * *", "has 4 fields"),
            ("0 0 3 * * 1", "has 6 fields"),
            ("60 3 * * *", "\"60\" is no minute"),
            ("0 24 * * *", "\"24\" is no hour"),
            ("0 0 0 * *", "is no day of the month"),
            ("0 0 * 13 *", "or jan to dec"),
            ("0 0 * * 8", "or sun to sat"),
            ("0 0 * * fri-mon", "goes backwards"),
            ("*/0 * * * *", "is no step"),
            ("0 0 15W * *", "name days, or weekdays"),
            ("0 0 L-31 * *", "is no day"),
            ("0 0 * * 1#6", "#1 to #5"),
            ("+5 0 * * *", "is no minute"),
            ("@reboot", "caught up"),
            ("@fortnightly", "is not known"),
            ("0 3 * * *;", "has 0 fields"),
        ] {
            let error = Cron::parse(text).unwrap_err().to_string();
            assert!(error.contains(why), "{text:?}: {error}");
        }
    }

    #[test]
    fn several_expressions_are_read() {
        assert_eq!(Cron::parse("0 3 * * 1; @monthly").unwrap().expressions.len(), 2);
    }
}
