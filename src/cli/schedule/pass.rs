//! A pass over the jobs: what has come due is noted, what waits is run, one after the other.
//!
//! Whoever holds the lock of the jobs is the only runner; the system frees it when the process ends, however it ends.
//! A time of a job is noted as waiting before anything is begun, so that it is run once whatever is killed when; what
//! was being run when its runner died is gone on with.

use std::{collections::HashSet, path::Path};

use super::{child, logs::Logs, stop::Stop, when::timing};
use crate::{
    archive::{Archive, ArchiveError, KeptJob, KeptJobRun, RunLock},
    cli::{
        CLEAN, FAILED, FINDINGS,
        args::{Global, JobArgs, RunDueArgs},
        config::Config,
        context::{self, Project, SystemClock},
        error::CliError,
        notify,
    },
    model::{
        job::{JobOutcome, JobRun},
        time::{Clock, Timestamp},
    },
    schedule::{Attempted, Next, next},
};

/// Verbs that wait for the lock of a run that is on; the others need none.
const WAITING: [&str; 4] = ["snapshot", "check", "compact", "prune"];

/// What a pass came to.
#[derive(Debug, Default)]
pub struct Pass {
    /// What was run to its end.
    pub over: Vec<JobRun>,
    /// Whether another runner is at work, so that nothing was done.
    pub is_busy: bool,
}

impl Pass {
    /// Whether a job could not do its work.
    pub fn is_troubled(&self) -> bool {
        self.over.iter().any(|run| run.outcome.is_trouble())
    }
}

/// Runs jobs.
pub struct Runner<'a> {
    pub global: &'a Global,
    pub config: &'a Config,
    pub archive: &'a Archive,
    pub stop: &'a Stop,
    /// Called all the time while something is run.
    pub beat: &'a dyn Fn(),
}

pub fn run_due(global: &Global, args: &RunDueArgs) -> Result<u8, CliError> {
    let config = Config::load(global, args.network.as_crawl())?;
    let archive = Archive::open(&config.archive)?;
    let stop = Stop::listen()?;
    let runner = Runner {
        global,
        config: &config,
        archive: &archive,
        stop: &stop,
        beat: &|| (),
    };
    let pass = runner.pass()?;
    if pass.is_busy && global.verbose > 0 {
        context::note("jobs are being run already");
    }
    Ok(if pass.is_troubled() { FAILED } else { CLEAN })
}

pub fn run_now(global: &Global, args: &JobArgs) -> Result<u8, CliError> {
    let config = Config::load(global, Default::default())?;
    let archive = Archive::open(&config.archive)?;
    let job = super::manage::find(&archive, &args.name)?;
    let stop = Stop::listen()?;
    let runner = Runner {
        global,
        config: &config,
        archive: &archive,
        stop: &stop,
        beat: &|| (),
    };
    // Held from here on: nobody else runs what is noted next.
    let _lock = archive.lock_jobs().map_err(|error| match error {
        ArchiveError::Locked { .. } => CliError::failed(
            "jobs are being run already",
            "wait for that to end; `evercite schedule list` tells what is running",
        ),
        other => other.into(),
    })?;
    let now = SystemClock::default().now();
    let noted = archive
        .writer()?
        .call(move |ingest| ingest.due_job(job.id, now, true, 1, None))?;
    let Some(row) = noted else {
        return Err(CliError::failed("it was asked for twice in one moment", "ask again"));
    };
    let over = runner.run_one(&archive.reader()?.job_run(row)?)?;
    if !global.quiet
        && let Some(run) = &over
    {
        context::note(&format!("{}: {}", run.job, told(run, &archive)));
    }
    Ok(match over.map(|run| run.outcome) {
        Some(JobOutcome::Done) => CLEAN,
        Some(JobOutcome::Findings) => FINDINGS,
        _ => FAILED,
    })
}

/// What became of it, and where to read more.
pub fn told(run: &JobRun, archive: &Archive) -> String {
    let what = match (run.outcome, run.exit_code) {
        (JobOutcome::Done, _) => "done".to_owned(),
        (JobOutcome::Findings, _) => "done; something needs attention".to_owned(),
        (JobOutcome::Failed, Some(code)) => format!("failed with exit code {code}"),
        (JobOutcome::TimedOut, _) => "stopped, as it took longer than it may".to_owned(),
        (JobOutcome::Killed, _) => format!("killed {} times", run.attempts),
        (outcome, _) => outcome.to_string(),
    };
    match &run.log {
        Some(log) => format!("{what} ({})", Logs::of(archive).path(log).display()),
        None => what,
    }
}

impl Runner<'_> {
    /// Runs all that is due, until nothing is, and tells what that brought. While another runner is at work, nothing.
    pub fn pass(&self) -> Result<Pass, CliError> {
        let Some(_lock) = self.lock()? else {
            return Ok(Pass {
                is_busy: true,
                ..Pass::default()
            });
        };
        let mut pass = Pass::default();
        // What was killed waits for the next pass: what killed it may still be there.
        let mut tried = HashSet::new();
        loop {
            self.consider(SystemClock::default().now())?;
            let waiting = self.archive.reader()?.open_job_runs()?;
            let Some(kept) = waiting.into_iter().find(|kept| !tried.contains(&kept.id)) else {
                break;
            };
            tried.insert(kept.id);
            pass.over.extend(self.run_one(&kept)?);
            if self.stop.is_told() {
                // The next runner tells what is new.
                return Ok(pass);
            }
        }
        notify::after_jobs(self.global, self.config, self.archive, SystemClock::default().now())?;
        Ok(pass)
    }

    fn lock(&self) -> Result<Option<RunLock>, CliError> {
        match self.archive.lock_jobs() {
            Ok(lock) => Ok(Some(lock)),
            Err(ArchiveError::Locked { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Notes what has come due.
    fn consider(&self, now: Timestamp) -> Result<(), CliError> {
        let mut due = Vec::new();
        for KeptJob { id, job } in self.archive.reader()?.jobs()? {
            if job.paused_at.is_some() {
                continue;
            }
            match timing(&job) {
                Ok(timing) => due.extend(
                    timing
                        .due(job.considered_at, now)
                        .into_iter()
                        .map(|occasion| (id, occasion)),
                ),
                // The others are run.
                Err(why) => why.print(),
            }
        }
        if due.is_empty() {
            return Ok(());
        }
        self.archive.writer()?.call(move |ingest| {
            for (job, occasion) in &due {
                let missed = (!occasion.run).then_some(now);
                ingest.due_job(*job, occasion.at, false, occasion.times, missed)?;
            }
            Ok(())
        })?;
        Ok(())
    }

    /// Runs what waits, or goes on with what was cut short. Returns it where it is over.
    fn run_one(&self, kept: &KeptJobRun) -> Result<Option<JobRun>, CliError> {
        if kept.run.outcome == JobOutcome::Running
            && let Next::Over(outcome) = next(Attempted {
                by_us: None,
                code: None,
                finished: kept.began.map(|(_, finished)| finished),
                attempts: kept.run.attempts,
            })
        {
            return self.end(kept, outcome, None).map(Some);
        }
        let reader = self.archive.reader()?;
        let Some(KeptJob { job, .. }) = reader.jobs()?.into_iter().find(|job| job.id == kept.job_id) else {
            return Ok(None);
        };
        let words = self.words(kept, &job.arguments, &job.name)?;
        let now = SystemClock::default().now();
        let (log, file) = Logs::of(self.archive).open(&kept.run, &words, now)?;
        let id = kept.id;
        let writer = self.archive.writer()?;
        writer.call(move |ingest| ingest.begin_job_run(id, Some(&log), now))?;
        let folder = Project::of(self.archive.path()).path(&job.folder);
        let ended = match child::run(&words, &folder, file, job.limit, self.stop, self.beat) {
            Ok(ended) => ended,
            Err(why) => {
                why.print();
                return self.end(kept, JobOutcome::Failed, None).map(Some);
            }
        };
        let now = reader.job_run(id)?;
        let attempted = Attempted {
            by_us: ended.by_us,
            code: ended.code,
            finished: now.began.map(|(_, finished)| finished),
            attempts: now.run.attempts,
        };
        match next(attempted) {
            Next::Over(outcome) => self.end(kept, outcome, ended.code).map(Some),
            Next::Again => {
                writer.call(move |ingest| ingest.interrupt_job_run(id))?;
                Ok(None)
            }
        }
    }

    /// What the process is called with. Once it has the lock of runs, it goes on with what there is of this job.
    fn words(&self, kept: &KeptJobRun, arguments: &[String], job: &str) -> Result<Vec<String>, CliError> {
        let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
        let name = |path: &Path| absolute(path).to_string_lossy().into_owned();
        let mut words = vec!["--archive".to_owned(), name(self.archive.path())];
        if let Some(config) = &self.global.config {
            words.extend(["--config".to_owned(), name(config)]);
        }
        words.extend(["--job-run".to_owned(), kept.id.to_string()]);
        let Some((verb, rest)) = arguments.split_first() else {
            return Err(CliError::usage(
                format!("job {job} has no command"),
                "remove it, and add it anew",
            ));
        };
        words.push(verb.clone());
        if WAITING.contains(&verb.as_str()) && !rest.iter().any(|word| word.starts_with("--wait")) {
            words.push("--wait".to_owned());
        }
        words.extend_from_slice(rest);
        Ok(words)
    }

    fn end(&self, kept: &KeptJobRun, outcome: JobOutcome, code: Option<i32>) -> Result<JobRun, CliError> {
        let (id, now) = (kept.id, SystemClock::default().now());
        let writer = self.archive.writer()?;
        writer.call(move |ingest| ingest.end_job_run(id, outcome, code, now))?;
        Logs::of(self.archive).prune(&writer, kept.job_id)?;
        Ok(self.archive.reader()?.job_run(id)?.run)
    }
}
