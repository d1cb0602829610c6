//! When a job is run: its expression and zone, read.

use jiff::tz::TimeZone;

use crate::{
    cli::error::CliError,
    model::{job::Job, time::Timestamp},
    schedule::{Calendar, Cron, Timing},
};

/// The zone of that name.
pub fn zone(name: &str) -> Result<TimeZone, CliError> {
    TimeZone::get(name).map_err(|_| {
        CliError::usage(
            format!("{name:?} is no time zone"),
            "write it as the tz database has it, such as Europe/Oslo, America/New_York or UTC",
        )
    })
}

/// The zone that this machine's clock is in, and its name.
pub fn system_zone() -> Result<(TimeZone, String), CliError> {
    let zone = TimeZone::try_system().unwrap_or(TimeZone::UTC);
    match zone.iana_name() {
        Some(name) => Ok((zone.clone(), name.to_owned())),
        None => Err(CliError::usage(
            "this system does not tell the name of its time zone",
            "name it with --tz, such as --tz Europe/Oslo",
        )),
    }
}

/// When a job is run.
///
/// # Errors
/// Its expression or zone cannot be read: another version of the program, or of the tz database, wrote it.
pub fn timing(job: &Job) -> Result<Timing, CliError> {
    let cron = Cron::parse(&job.cron).map_err(|why| {
        CliError::usage(
            format!("the times of job {} cannot be read: {why}", job.name),
            "remove the job, and add it anew",
        )
    })?;
    Ok(Timing {
        calendar: Calendar::new(cron, zone(&job.zone)?),
        jitter: job.jitter,
        catch_up: job.catch_up,
        // UIDs are random in their second half.
        seed: job
            .uid
            .bytes()
            .fold(0, |seed: u64, byte| seed.rotate_left(5) ^ u64::from(byte)),
    })
}

/// When a job begins next: of a time that has come and was not looked at yet, that one.
pub fn next_begin(job: &Job) -> Result<Option<Timestamp>, CliError> {
    if job.paused_at.is_some() {
        return Ok(None);
    }
    let timing = timing(job)?;
    Ok(timing.next(job.considered_at).map(|due| timing.begins(due)))
}

/// When a job begins from `now` until then, in order; first what is due already.
pub fn begins(job: &Job, now: Timestamp, until: Timestamp) -> Result<Vec<Timestamp>, CliError> {
    let timing = timing(job)?;
    let mut found = Vec::new();
    let mut due = timing.next(job.considered_at);
    while let Some(at) = due.filter(|at| timing.begins(*at) < until) {
        found.push(timing.begins(at).max(now));
        // What was missed is made up for at once.
        due = timing.next(at.max(now));
    }
    Ok(found)
}

/// A time as the clock of that zone shows it: `Mon 2026-12-07 03:00`.
pub fn shown(at: Timestamp, zone: &TimeZone) -> String {
    match jiff::Timestamp::from_millisecond(at.millis()) {
        Ok(moment) => moment.to_zoned(zone.clone()).strftime("%a %Y-%m-%d %H:%M").to_string(),
        Err(_) => at.to_string(),
    }
}
