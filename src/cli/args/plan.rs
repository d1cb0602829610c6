//! `schedule plan`: what the next checks with a budget would visit.

use clap::Args;

use super::output::TableFormat;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  evercite schedule plan                              of the job that has a budget, at its times
  evercite schedule plan --budget 100                 as if a check with it began now, and one each day
  evercite schedule plan --budget 100 --days 30 --article notes.md
  evercite schedule plan --budget 100 --format json | jq '.runs'
  evercite schedule plan --budget 100 --format csv > plan.csv")]
pub struct PlanArgs {
    /// Links visited a day at most, as of `check --budget` [default: that of the job that has one]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub budget: Option<u32>,
    /// Days that are planned
    #[arg(long, value_name = "N", default_value_t = 7, value_parser = clap::value_parser!(u32).range(1..=366))]
    pub days: u32,
    /// Only these articles, as of `check ARTICLE` (repeatable)
    #[arg(long, value_name = "ARTICLE")]
    pub article: Vec<String>,
    /// How the plan is written; the schema of JSON is in docs/plan.schema.json
    #[arg(short, long, value_name = "FORMAT", default_value = "table")]
    pub format: TableFormat,
}
