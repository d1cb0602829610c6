//! `schedule plan`: what the next checks with a budget would visit, and why.

use std::time::Duration;

use clap::Parser;

use super::{
    CLEAN,
    args::{CheckArgs, Cli, Command, CrawlArgs, Global, PlanArgs, TableFormat},
    check,
    config::{self, Config},
    context::{self, SystemClock},
    error::CliError,
    schedule,
    table::{self, Table},
};
use crate::{
    archive::{Archive, Value},
    crawl::Revisits,
    model::{
        job::Job,
        revisit::{Plan, PlannedFetch},
        time::{Clock, Timestamp},
    },
    report,
};

const DAY: Duration = Duration::from_secs(24 * 3600);

pub fn run(global: &Global, args: PlanArgs) -> Result<u8, CliError> {
    let now = SystemClock::default().now();
    let checks = checks(global, &args, now)?;
    let config = Config::load(global, checks.crawl)?;
    let scope = config::crawl_settings(&config.crawl, now)?.scope;
    let archive = Archive::open(&config.archive)?;
    let articles = check::chosen(&archive, &checks.articles)?;
    let revisits = Revisits::of(&archive.reader()?, &articles, &scope, checks.budget)?;
    tell(&revisits.plan(&checks.at), args.format)
}

/// The checks that are planned.
struct Checks {
    budget: u32,
    articles: Vec<String>,
    crawl: CrawlArgs,
    at: Vec<Timestamp>,
}

fn checks(global: &Global, args: &PlanArgs, now: Timestamp) -> Result<Checks, CliError> {
    if let Some(budget) = args.budget {
        return Ok(Checks {
            budget,
            articles: args.article.clone(),
            crawl: CrawlArgs::default(),
            at: (0..args.days).map(|day| now.plus(day * DAY)).collect(),
        });
    }
    let (job, check, budget) = budgeted(global)?;
    Ok(Checks {
        budget,
        articles: if args.article.is_empty() {
            check.articles
        } else {
            args.article.clone()
        },
        crawl: check.crawl,
        at: schedule::begins(&job, now, now.plus(args.days * DAY))?,
    })
}

/// The job that is a check with a budget.
fn budgeted(global: &Global) -> Result<(Job, CheckArgs, u32), CliError> {
    let archive = Archive::open(&Config::load(global, CrawlArgs::default())?.archive)?;
    let mut found = Vec::new();
    for job in archive.reader()?.jobs()?.into_iter().map(|kept| kept.job) {
        let words = std::iter::once("evercite").chain(job.arguments.iter().map(String::as_str));
        // A job of another version may have words that this one does not know.
        let Ok(Command::Check(check)) = Cli::try_parse_from(words).map(|cli| cli.command) else {
            continue;
        };
        if let Some(budget) = check.budget.filter(|_| job.paused_at.is_none()) {
            found.push((job, check, budget));
        }
    }
    match found.len() {
        1 => Ok(found.remove(0)),
        0 => Err(CliError::usage(
            "no job is a check with a budget",
            "give one with --budget N; `evercite schedule add daily --cron @daily -- check --budget N` makes one a job",
        )),
        _ => {
            let names: Vec<&str> = found.iter().map(|(job, ..)| job.name.as_str()).collect();
            Err(CliError::usage(
                format!("several jobs are checks with a budget: {}", names.join(", ")),
                "say which budget is meant with --budget N",
            ))
        }
    }
}

fn tell(plan: &Plan, format: TableFormat) -> Result<u8, CliError> {
    match format {
        TableFormat::Json => context::print(&report::json(plan))?,
        TableFormat::Table => {
            if !plan.fetches.is_empty() {
                table::write_table(&fetches(plan), format)?;
                context::print("\n")?;
            }
            context::print(&report::plan(plan))?;
        }
        format => table::write_table(&fetches(plan), format)?,
    }
    Ok(CLEAN)
}

/// A row for each link that is fetched.
fn fetches(plan: &Plan) -> Table {
    let columns = [
        "run",
        "url",
        "reason",
        "due",
        "last_visit",
        "changes_every_days",
        "from",
        "to",
        "worth",
        "articles",
    ];
    Table {
        columns: columns.map(str::to_owned).to_vec(),
        rows: plan.fetches.iter().map(row).collect(),
    }
}

fn row(fetch: &PlannedFetch) -> Vec<Value> {
    let days = |days: f64| Value::Real((days * 10.0).round() / 10.0);
    vec![
        Value::Text(fetch.at.minute()),
        Value::Text(fetch.url.clone()),
        Value::Text(fetch.reason.as_str().into()),
        Value::Text(fetch.due.minute()),
        fetch.last_visit.map_or(Value::Null, |at| Value::Text(at.minute())),
        days(fetch.changes_every.days),
        days(fetch.changes_every.from),
        days(fetch.changes_every.to),
        Value::Real((fetch.worth * 1e3).round() / 1e3),
        Value::Integer(fetch.articles as i64),
    ]
}
