//! `history`: captures, versions and verdicts of a page on one timeline.

use super::{
    CLEAN,
    args::{Global, HistoryArgs, ReportFormat},
    config::Config,
    context,
    error::CliError,
    page::Asked,
};
use crate::{archive::Archive, report};

pub fn run(global: &Global, args: &HistoryArgs) -> Result<u8, CliError> {
    let config = Config::load(global, Default::default())?;
    let archive = Archive::open(&config.archive)?;
    let reader = archive.reader()?;
    let asked = Asked::find(&archive, &reader, &args.url)?;
    let Some(timeline) = reader.timeline(&asked.url, asked.key(), args.all)? else {
        return Err(CliError::failed(
            format!("{} was never captured", asked.url),
            "`evercite report --all` lists what is cited; `evercite query` finds addresses",
        ));
    };
    match args.format {
        ReportFormat::Json => context::print(&report::json(&timeline))?,
        ReportFormat::Text => context::print(&report::timeline(&timeline, context::style(false)))?,
    }
    Ok(CLEAN)
}
