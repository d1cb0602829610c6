//! When what is done next: cron expressions in time zones, times that are due and times that were missed, and which
//! links a budget of fetches is best spent on. Pure: the time is passed in.

mod attempt;
mod calendar;
#[cfg(test)]
mod calendar_tests;
mod cron;
mod crontab;
mod due;
pub mod revisit;
mod units;

pub use attempt::{Attempted, Next, TRIES, Why, next};
pub use calendar::Calendar;
pub use cron::{Cron, CronError};
pub use crontab::{CrontabError, Entry};
pub use due::{LATE, MOST, Occasion, Timing};
pub use units::{MARK, Unit, units};
