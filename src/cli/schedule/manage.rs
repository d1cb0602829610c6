//! Jobs taken in, listed, shown, paused and removed.

use std::time::Duration;

use clap::Parser;
use jiff::tz::TimeZone;

use super::{
    logs::Logs,
    pass::told,
    when::{next_begin, shown, system_zone, timing, zone},
};
use crate::{
    archive::{Archive, KeptJob, KeptJobRun, Reader, Value, new_uid},
    cli::{
        CLEAN,
        args::{AddJobArgs, Cli, Command, CrawlArgs, Global, JobArgs, ListJobsArgs, ShowJobArgs},
        config::Config,
        context::{self, Project, SystemClock},
        error::CliError,
        table::{Table, write_table},
    },
    model::{
        job::{Job, JobOutcome},
        time::Clock,
    },
    schedule::Cron,
};

/// How long a job may take at least.
const LEAST: Duration = Duration::from_secs(1);
/// Characters of a job's name at most.
const LONGEST: usize = 64;

pub fn add(global: &Global, args: AddJobArgs) -> Result<u8, CliError> {
    let config = Config::load(global, Default::default())?;
    let name = name(args.name)?;
    let expressions = args.cron.join("; ");
    Cron::parse(&expressions).map_err(|why| {
        CliError::usage(
            format!("--cron: {why}"),
            "`evercite schedule add --help` tells how to write it",
        )
    })?;
    let (zone, zone_name) = match args.tz {
        Some(name) => (zone(&name)?, name),
        None => system_zone()?,
    };
    accept(&args.command)?;
    if args.limit < LEAST {
        return Err(CliError::usage(
            format!("--limit {} s is no time to run in", args.limit.as_secs_f64()),
            "write 1s at least, such as 30m or 12h",
        ));
    }
    let archive = Archive::create(&config.archive)?;
    let now = SystemClock::default().now();
    let job = Job {
        uid: new_uid(now),
        name,
        cron: expressions,
        zone: zone_name,
        arguments: args.command,
        folder: Project::of(archive.path()).locator("."),
        jitter: args.jitter,
        catch_up: args.catch_up,
        limit: args.limit,
        added_at: now,
        considered_at: now,
        paused_at: None,
    };
    let Some(next) = timing(&job)?.next(now) else {
        return Err(CliError::usage(
            format!("--cron {:?} never comes", job.cron),
            "no month has such a day",
        ));
    };
    let kept = job.clone();
    let added = archive.writer()?.call(move |ingest| ingest.add_job(&kept))?;
    if added.is_none() {
        return Err(CliError::usage(
            format!("there is a job {} already", job.name),
            "choose another name, or take that one off with `evercite schedule remove`",
        ));
    }
    if !global.quiet {
        context::print(&format!(
            "Job {} is due next on {} ({}).\n",
            job.name,
            shown(next, &zone),
            job.zone
        ))?;
        context::note(
            "jobs are run by `evercite schedule run-due` or `evercite daemon`; `evercite schedule install` sees to that",
        );
    }
    Ok(CLEAN)
}

/// Names are parts of names of files.
fn name(name: String) -> Result<String, CliError> {
    let is_fine = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    match !name.is_empty()
        && name.chars().count() <= LONGEST
        && name.chars().all(is_fine)
        && !name.starts_with(['.', '-'])
    {
        true => Ok(name),
        false => Err(CliError::usage(
            format!("{name:?} cannot be the name of a job"),
            "use letters, digits, -, _ and . within it, 64 at most",
        )),
    }
}

/// Whether a command can be a job: it is one of ours, understood, and holds no secret.
fn accept(command: &[String]) -> Result<(), CliError> {
    let refused = |what: &str, hint: &str| Err(CliError::usage(what.to_owned(), hint.to_owned()));
    let words = std::iter::once("evercite").chain(command.iter().map(String::as_str));
    let parsed = Cli::try_parse_from(words).map_err(|e| {
        let why = e.to_string();
        let why = why.lines().next().unwrap_or_default().trim_start_matches("error: ");
        CliError::usage(
            format!("`evercite {}` is not understood: {why}", command.join(" ")),
            "write it after -- as you would type it, without `evercite`",
        )
    })?;
    for (flag, why) in [
        ("--archive", "a job runs on the archive that it is kept in"),
        ("--config", "name the file to `schedule run-due` or `daemon`"),
    ] {
        if command
            .iter()
            .any(|word| word == flag || word.starts_with(&format!("{flag}=")))
        {
            return refused(&format!("{flag} has no place in a job"), why);
        }
    }
    let (crawl, reads_input) = match &parsed.command {
        Command::Snapshot(args) => {
            let all = args.sources.iter().chain(&args.from).chain(&args.files_from);
            (Some(&args.crawl), all.into_iter().any(|source| source == "-"))
        }
        Command::Check(args) => (Some(&args.crawl), args.articles.iter().any(|article| article == "-")),
        Command::Verify(_) | Command::Backup(_) | Command::Compact(_) | Command::Prune(_) => (None, false),
        _ => {
            return refused(
                &format!(
                    "`{}` is nothing that a job does",
                    command.first().map_or("", String::as_str)
                ),
                "jobs are snapshot, check, verify, backup, compact and prune",
            );
        }
    };
    if reads_input {
        return refused(
            "a job has no standard input to read",
            "write it to a file, and name that",
        );
    }
    match crawl.is_some_and(|crawl| has_secrets(crawl, command)) {
        true => refused(
            "a header or a proxy may be a secret, and jobs are kept in the archive",
            "put it into evercite.toml, where it can come from the environment; or set EVERCITE_PROXY",
        ),
        false => Ok(()),
    }
}

fn has_secrets(crawl: &CrawlArgs, command: &[String]) -> bool {
    let names_proxy = command.iter().any(|word| word.starts_with("--proxy"));
    !crawl.header.is_empty() || names_proxy && crawl.proxy.as_deref().is_some_and(|proxy| proxy.contains('@'))
}

/// The job of that name.
pub fn find(archive: &Archive, name: &str) -> Result<KeptJob, CliError> {
    archive.reader()?.job(name)?.ok_or_else(|| {
        CliError::usage(
            format!("there is no job {name:?}"),
            "`evercite schedule list` shows those that are there",
        )
    })
}

pub fn list(global: &Global, args: &ListJobsArgs) -> Result<u8, CliError> {
    let config = Config::load(global, Default::default())?;
    let reader = Archive::open(&config.archive)?.reader()?;
    let columns = ["job", "when", "zone", "next", "last", "outcome", "command"];
    let mut rows = Vec::new();
    for KeptJob { id, job } in reader.jobs()? {
        let last = last(&reader, id)?;
        let next = match job.paused_at {
            Some(_) => Value::Text("paused".into()),
            None => next_begin(&job)?.map_or(Value::Null, |at| Value::Text(at.to_string())),
        };
        let begun = last.as_ref().and_then(|kept| kept.run.started_at.or(kept.run.ended_at));
        rows.push(vec![
            Value::Text(job.name),
            Value::Text(job.cron),
            Value::Text(job.zone),
            next,
            begun.map_or(Value::Null, |at| Value::Text(at.to_string())),
            last.map_or(Value::Null, |kept| Value::Text(kept.run.outcome.to_string())),
            Value::Text(job.arguments.join(" ")),
        ]);
    }
    let columns = columns.map(str::to_owned).to_vec();
    write_table(&Table { columns, rows }, args.format)?;
    Ok(CLEAN)
}

fn last(reader: &Reader, job: i64) -> Result<Option<KeptJobRun>, CliError> {
    Ok(reader.job_runs(job, 1)?.pop())
}

pub fn show(global: &Global, args: &ShowJobArgs) -> Result<u8, CliError> {
    let config = Config::load(global, Default::default())?;
    let archive = Archive::open(&config.archive)?;
    let KeptJob { id, job } = find(&archive, &args.name)?;
    let reader = archive.reader()?;
    if args.log {
        return print_log(&archive, &reader, id, &job.name);
    }
    let zone = zone(&job.zone)?;
    let mut text = format!(
        "{}: evercite {}\n  when     {} ({})\n",
        job.name,
        job.arguments.join(" "),
        job.cron,
        job.zone
    );
    let mut line = |name: &str, what: String| text.push_str(&format!("  {name:<8} {what}\n"));
    match (job.paused_at, next_begin(&job)?) {
        (Some(since), _) => line("paused", format!("since {}", shown(since, &zone))),
        (None, Some(next)) => line("next", shown(next, &zone)),
        (None, None) => line("next", "never".into()),
    }
    line(
        "folder",
        Project::of(archive.path()).path(&job.folder).display().to_string(),
    );
    let late = match job.catch_up.as_str() {
        "skip" => "passed over",
        "all" => "run one by one",
        _ => "run once for all",
    };
    line("missed", format!("times that passed are {late}"));
    line("limit", span(job.limit));
    if !job.jitter.is_zero() {
        line("jitter", format!("up to {} later", span(job.jitter)));
    }
    for kept in reader.job_runs(id, args.runs)? {
        text.push_str(&time_line(&kept, &zone, &archive));
    }
    context::print(&text)?;
    Ok(CLEAN)
}

/// A span in the largest unit that says it whole.
fn span(span: Duration) -> String {
    match span.as_secs() {
        seconds if seconds % 3600 == 0 => format!("{} h", seconds / 3600),
        seconds if seconds % 60 == 0 => format!("{} min", seconds / 60),
        seconds => format!("{seconds} s"),
    }
}

fn time_line(kept: &KeptJobRun, zone: &TimeZone, archive: &Archive) -> String {
    let run = &kept.run;
    let took = match (run.started_at, run.ended_at) {
        (Some(from), Some(to)) => format!(" in {} s", to.since(from).as_secs()),
        _ => String::new(),
    };
    let by_hand = if run.by_hand { ", by hand" } else { "" };
    let others = match run.times {
        0 | 1 => String::new(),
        times => format!(", for {times} times"),
    };
    format!(
        "  {}{by_hand}{others}: {}{took}\n",
        shown(run.due_at, zone),
        told(run, archive)
    )
}

fn print_log(archive: &Archive, reader: &Reader, job: i64, name: &str) -> Result<u8, CliError> {
    let runs = reader.job_runs(job, 100)?;
    let Some(log) = runs.into_iter().find_map(|kept| kept.run.log) else {
        return Err(CliError::failed(
            format!("job {name} has printed nothing yet"),
            "`evercite schedule run` runs it now",
        ));
    };
    let path = Logs::of(archive).path(&log);
    let bytes = std::fs::read(&path).map_err(|e| {
        CliError::failed(
            format!("{} cannot be read: {e}", path.display()),
            "logs are beside the archive, and not in it",
        )
    })?;
    context::print(&String::from_utf8_lossy(&bytes))?;
    Ok(CLEAN)
}

pub fn pause(global: &Global, args: &JobArgs, pause: bool) -> Result<u8, CliError> {
    let config = Config::load(global, Default::default())?;
    let archive = Archive::open(&config.archive)?;
    let KeptJob { id, job } = find(&archive, &args.name)?;
    let now = SystemClock::default().now();
    if job.paused_at.is_some() != pause {
        let paused_at = pause.then_some(now);
        archive
            .writer()?
            .call(move |ingest| ingest.pause_job(id, paused_at, now))?;
    }
    if !global.quiet {
        let job = find(&archive, &args.name)?.job;
        context::print(&match next_begin(&job)? {
            None => format!("Job {} is paused.\n", job.name),
            Some(next) => format!(
                "Job {} is due next on {} ({}).\n",
                job.name,
                shown(next, &zone(&job.zone)?),
                job.zone
            ),
        })?;
    }
    Ok(CLEAN)
}

pub fn remove(global: &Global, args: &JobArgs) -> Result<u8, CliError> {
    let config = Config::load(global, Default::default())?;
    let archive = Archive::open(&config.archive)?;
    let KeptJob { id, job } = find(&archive, &args.name)?;
    let now = SystemClock::default().now();
    archive.writer()?.call(move |ingest| ingest.remove_job(id, now))?;
    if !global.quiet {
        let running = last(&archive.reader()?, id)?.is_some_and(|kept| kept.run.outcome == JobOutcome::Running);
        let still = if running {
            " What runs now goes on to its end."
        } else {
            ""
        };
        context::print(&format!("Job {} is removed.{still}\n", job.name))?;
    }
    Ok(CLEAN)
}
