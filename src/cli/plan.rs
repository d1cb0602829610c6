//! `plan`: what the next checks with a budget would visit, and why.

use super::{
    CLEAN,
    args::{Global, PlanArgs, TableFormat},
    check,
    config::{self, Config},
    context::{self, SystemClock},
    error::CliError,
    table::{self, Table},
};
use crate::{
    archive::{Archive, Value},
    crawl::Revisits,
    model::{
        revisit::{Plan, PlannedFetch},
        time::Clock,
    },
    report,
};

pub fn run(global: &Global, args: &PlanArgs) -> Result<u8, CliError> {
    let config = Config::load(global, Default::default())?;
    let now = SystemClock::default().now();
    let scope = config::crawl_settings(&config.crawl, now)?.scope;
    let archive = Archive::open(&config.archive)?;
    let articles = check::chosen(&archive, &args.article)?;
    let revisits = Revisits::of(&archive.reader()?, &articles, &scope, args.budget)?;
    let plan = revisits.plan(now, args.days);
    match args.format {
        TableFormat::Json => context::print(&report::json(&plan))?,
        TableFormat::Table => {
            if !plan.fetches.is_empty() {
                table::write_table(&fetches(&plan), args.format)?;
                context::print("\n")?;
            }
            context::print(&report::plan(&plan))?;
        }
        format => table::write_table(&fetches(&plan), format)?,
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
