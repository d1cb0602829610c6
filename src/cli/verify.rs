//! `verify` and `roots`: whether the archive is what was written, and how that is proved outside.

use indicatif::ProgressBar;
use serde_json::json;

use super::{
    CLEAN, FINDINGS,
    args::{Global, ReportFormat, RootsArgs, VerifyArgs},
    config::Config,
    context,
    error::CliError,
    progress,
};
use crate::{
    archive::{self, Archive, Step},
    model::{fixity::SealedRun, verification::Thoroughness},
    report,
};

pub fn run(global: &Global, args: &VerifyArgs) -> Result<u8, CliError> {
    let config = Config::load(global, Default::default())?;
    let archive = Archive::unopened(&config.archive)?;
    let thoroughness = match (args.quick, args.full) {
        (true, _) => Thoroughness::Quick,
        (_, true) => Thoroughness::Full,
        _ => Thoroughness::Usual,
    };
    let bar = bar(global);
    let told = archive::verify(&archive, thoroughness, args.since, &|step: Step, done, total| {
        bar.set_prefix(step.as_str());
        bar.set_length(total);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    let told = told?;
    match args.format {
        ReportFormat::Json => context::print(&report::json(&told))?,
        ReportFormat::Text if told.sound && global.quiet => {}
        ReportFormat::Text => context::print(&report::verification(&told))?,
    }
    Ok(if told.sound { CLEAN } else { FINDINGS })
}

pub fn roots(global: &Global, args: &RootsArgs) -> Result<u8, CliError> {
    let config = Config::load(global, Default::default())?;
    let (origin, roots) = Archive::open(&config.archive)?.reader()?.roots()?;
    match args.format {
        ReportFormat::Json => {
            let newest = roots.iter().rfind(|run| run.origin == origin).map(|run| &run.root);
            let told = json!({ "schema_version": 1, "origin": origin, "newest": newest, "runs": roots });
            context::print(&report::json(&told))?;
        }
        ReportFormat::Text => context::print(&roots.iter().map(line).collect::<String>())?,
    }
    Ok(CLEAN)
}

fn line(run: &SealedRun) -> String {
    let ended = run.finished_at.unwrap_or(run.started_at);
    let (origin, position) = (&run.origin, run.position);
    format!(
        "{origin} {position} {} {ended} {} {}\n",
        run.run, run.captures, run.root
    )
}

fn bar(global: &Global) -> ProgressBar {
    let bar = progress::bar(global, "verifying {spinner} {prefix} {bar:24} {pos}/{len}, {eta} left");
    // SQLite's own check cannot tell how far it is.
    bar.enable_steady_tick(std::time::Duration::from_millis(200));
    bar
}
