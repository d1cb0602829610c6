//! `report`.

use super::{
    args::{Global, ReportArgs},
    config::Config,
    context::{self, Project, SystemClock},
    error::CliError,
};
use crate::{
    archive::{Archive, ReportScope},
    model::time::Clock,
};

pub fn run(global: &Global, args: &ReportArgs) -> Result<u8, CliError> {
    let config = Config::load(global, Default::default())?;
    let fail_on = context::failing_classes(&args.fail_on)?;
    let archive = Archive::open(&config.archive)?;
    let reader = archive.reader()?;
    let articles = match &args.article {
        Some(wanted) => Some(vec![
            context::find_article(&reader, &Project::of(archive.path()), wanted)?.id,
        ]),
        None => None,
    };
    let now = SystemClock::default().now();
    let scope = ReportScope {
        articles,
        all: args.output.all,
        new_in_run: None,
        certificates_until: args.output.certificates_until(now),
    };
    let report = reader.report(&scope, now)?;
    let code = context::verdict_code(&report.totals, &fail_on);
    if !global.quiet || code != super::CLEAN {
        context::write_report(&report, &args.output)?;
    }
    Ok(code)
}
