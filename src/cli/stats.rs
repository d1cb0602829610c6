//! `stats`: what the archive holds, and what that takes.

use super::{
    CLEAN,
    args::{Global, ReportFormat, StatsArgs},
    config::Config,
    context::{self, SystemClock},
    error::CliError,
    progress,
};
use crate::{archive::Archive, model::time::Clock, report};

pub fn run(global: &Global, args: &StatsArgs) -> Result<u8, CliError> {
    let config = Config::load(global, Default::default())?;
    let reader = Archive::open(&config.archive)?.reader()?;
    let bar = progress::bar(global, "counting {bar:24} {percent}%, {eta} left");
    let stats = reader.stats(SystemClock::default().now(), &|done, total| {
        bar.set_length(total);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    let stats = stats?;
    let text = match args.format {
        ReportFormat::Json => report::json(&stats),
        ReportFormat::Text => report::stats(&stats, context::style(false)),
    };
    context::print(&text)?;
    Ok(CLEAN)
}
