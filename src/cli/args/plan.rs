//! `plan`: what the next checks with a budget would visit.

use clap::Args;

use super::output::TableFormat;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  evercite plan --budget 100
  evercite plan --budget 100 --days 30 --article notes.md
  evercite plan --budget 100 --format json | jq '.runs'
  evercite plan --budget 100 --format csv > plan.csv")]
pub struct PlanArgs {
    /// Links visited a day at most, as of `check --budget`
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub budget: u32,
    /// Days that are planned: a check now, and one each day
    #[arg(long, value_name = "N", default_value_t = 7, value_parser = clap::value_parser!(u32).range(1..=366))]
    pub days: u32,
    /// Only these articles, as of `check ARTICLE` (repeatable)
    #[arg(long, value_name = "ARTICLE")]
    pub article: Vec<String>,
    /// How the plan is written; the schema of JSON is in docs/plan.schema.json
    #[arg(short, long, value_name = "FORMAT", default_value = "table")]
    pub format: TableFormat,
}
