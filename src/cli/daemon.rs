//! `daemon`: a runner that stays.

use std::{
    cell::Cell,
    thread::sleep,
    time::{Duration, Instant},
};

use super::{
    CLEAN,
    args::{DaemonArgs, Global},
    config::Config,
    context::{self, SystemClock},
    error::CliError,
    schedule::{Pass, Runner, Stop, next_begin},
};
use crate::{
    archive::Archive,
    model::{
        job::JobRun,
        time::{Clock, Timestamp},
    },
};

/// How often it is looked whether jobs have been added, and whether another runner has ended.
const LOOK: Duration = Duration::from_secs(60);
/// How soon a signal is heeded.
const HEED: Duration = Duration::from_millis(100);
/// How often it says that it is well, when nothing happens.
const HEALTH: Duration = Duration::from_secs(24 * 3600);

pub fn run(global: &Global, args: &DaemonArgs) -> Result<u8, CliError> {
    let config = Config::load(global, args.network.as_crawl())?;
    let archive = Archive::create(&config.archive)?;
    let stop = Stop::listen()?;
    let manager = Manager::new();
    let mut said = Said::default();
    manager.tell(&[sd_notify::NotifyState::Ready]);
    while !stop.is_told() {
        let runner = Runner {
            global,
            config: &config,
            archive: &archive,
            stop: &stop,
            beat: &|| manager.beat(),
        };
        // What is wrong now may be right in a minute; jobs that are due wait.
        let pass = runner.pass().map_err(|error| error.print()).ok();
        if let Some(pass) = &pass {
            said.pass(global, &archive, pass)?;
        }
        let next = next(&archive);
        said.health(global, &next, &manager)?;
        let span = match pass.is_some_and(|pass| !pass.is_busy) {
            true => until(&next, SystemClock::default().now()),
            false => LOOK,
        };
        wait(Instant::now() + span, &stop, &manager);
    }
    manager.tell(&[sd_notify::NotifyState::Stopping]);
    Ok(CLEAN)
}

/// The job that begins next, and when.
type NextJob = Result<Option<(String, Timestamp)>, CliError>;

/// How long it is until the next job begins, or it is time to look at them all again.
fn until(next: &NextJob, now: Timestamp) -> Duration {
    match next {
        Ok(Some((_, at))) => at.since(now).clamp(HEED, LOOK),
        // It was told already, or there is nothing to do yet.
        Ok(None) | Err(_) => LOOK,
    }
}

fn next(archive: &Archive) -> NextJob {
    let mut first: Option<(String, Timestamp)> = None;
    for kept in archive.reader()?.jobs()? {
        if let Ok(Some(at)) = next_begin(&kept.job)
            && first.as_ref().is_none_or(|(_, before)| at < *before)
        {
            first = Some((kept.job.name, at));
        }
    }
    Ok(first)
}

fn wait(until: Instant, stop: &Stop, manager: &Manager) {
    while !stop.is_told() {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return;
        }
        sleep(left.min(HEED));
        manager.beat();
    }
}

/// What it says on standard output: a line for what was run, and a line on its health.
#[derive(Default)]
struct Said {
    health: String,
    at: Option<Instant>,
}

impl Said {
    fn pass(&self, global: &Global, archive: &Archive, pass: &Pass) -> Result<(), CliError> {
        for run in &pass.over {
            if !global.quiet || run.outcome.is_trouble() {
                context::print(&format!("{}\n", line(run, archive)))?;
            }
        }
        Ok(())
    }

    /// Says how it stands, when that has changed, and once a day.
    fn health(&mut self, global: &Global, next: &NextJob, manager: &Manager) -> Result<(), CliError> {
        let health = match next {
            Ok(Some((job, at))) => format!("well; next is {job} at {at}"),
            Ok(None) => "well; there is no job to run (`evercite schedule add`)".to_owned(),
            Err(_) => "the archive cannot be read".to_owned(),
        };
        let is_news = health != self.health || self.at.is_none_or(|at| at.elapsed() >= HEALTH);
        if is_news {
            manager.tell(&[sd_notify::NotifyState::Status(&health)]);
            if !global.quiet {
                context::print(&format!("{} {health}\n", SystemClock::default().now()))?;
            }
            (self.health, self.at) = (health, Some(Instant::now()));
        }
        Ok(())
    }
}

fn line(run: &JobRun, archive: &Archive) -> String {
    let now = SystemClock::default().now();
    format!("{now} {}: {}", run.job, super::schedule::told(run, archive))
}

/// The service manager that may have started it (sd_notify(3)).
struct Manager {
    /// How often it wants to hear from us.
    watchdog: Option<Duration>,
    heard: Cell<Instant>,
}

impl Manager {
    fn new() -> Self {
        // Twice as often as it asks for.
        let watchdog = sd_notify::watchdog_enabled().map(|span| span / 2);
        Self {
            watchdog,
            heard: Cell::new(Instant::now()),
        }
    }

    fn tell(&self, state: &[sd_notify::NotifyState<'_>]) {
        if let Err(e) = sd_notify::notify(state) {
            context::note(&format!("the service manager could not be told: {e}"));
        }
    }

    fn beat(&self) {
        if self.watchdog.is_some_and(|span| self.heard.get().elapsed() >= span) {
            self.tell(&[sd_notify::NotifyState::Watchdog]);
            self.heard.set(Instant::now());
        }
    }
}
