//! `report`.

use super::{
    args::{Global, ReportArgs},
    config::Config,
    context::{self, Project, SystemClock},
    error::CliError,
    telling::Telling,
};
use crate::{
    archive::{Archive, News, ReadMark, ReportReader, ReportScope},
    model::{report::Report, time::Clock, verdict::Class},
};

pub fn run(global: &Global, args: &ReportArgs) -> Result<u8, CliError> {
    let config = Config::load(global, Default::default())?;
    let fail_on = context::failing_classes(&args.fail_on)?;
    let archive = Archive::open(&config.archive)?;
    let reader = archive.reader()?;
    let article = match &args.article {
        Some(wanted) => Some(context::find_article(&reader, &Project::of(archive.path()), wanted)?.id),
        None => None,
    };
    let now = SystemClock::default().now();
    let who = args.since.map(|_| ReportReader {
        name: args.reader.clone(),
        article,
    });
    let read = who.as_ref().map(|who| reader.mark_of(who)).transpose()?.flatten();
    // Taken before the report is made: what comes in between is told again, and never passed over.
    let mark = reader.mark_now(now)?;
    let scope = ReportScope {
        articles: article.map(|article| vec![article]),
        only: None,
        all: args.output.all,
        news: read.map(News::After),
        certificates_until: args.output.certificates_until(now),
    };
    let report = reader.report(&scope, now)?;
    let code = match read {
        Some(_) => news_code(&report, &fail_on),
        None => context::verdict_code(&report.totals, &fail_on),
    };
    if global.quiet && code == super::CLEAN {
        return Ok(code);
    }
    let telling = Telling {
        global,
        output: &args.output,
        archive: Some(&archive),
        reader: &reader,
    };
    telling.write(&report)?;
    if let Some(who) = who {
        remember(&archive, who, mark)?;
    }
    Ok(code)
}

/// The exit code that what is new calls for.
fn news_code(report: &Report, fail_on: &[Class]) -> u8 {
    match report.links.iter().any(|link| fail_on.contains(&link.class)) {
        true => super::FINDINGS,
        false => super::CLEAN,
    }
}

/// Notes that a report was read. It is one row, so no lock is taken, which a run may hold for hours.
fn remember(archive: &Archive, who: ReportReader, mark: ReadMark) -> Result<(), CliError> {
    let noted = archive
        .writer()
        .and_then(|writer| writer.call(move |ingest| ingest.has_read(&who, mark)));
    noted.map_err(|why| {
        CliError::failed(
            format!("the report was told, but not noted as read: {why}"),
            "the next one tells the same again",
        )
    })
}
