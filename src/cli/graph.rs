//! `graph`: who cites what, and what that tells.

use super::{
    CLEAN,
    args::{Global, GraphArgs, GraphFormat},
    config::Config,
    context::{self, Project},
    error::CliError,
};
use crate::{
    archive::{Archive, Reader},
    report,
};

pub fn run(global: &Global, args: &GraphArgs) -> Result<u8, CliError> {
    let config = Config::load(global, Default::default())?;
    let archive = Archive::open(&config.archive)?;
    let reader = archive.reader()?;
    let article = match &args.article {
        Some(wanted) => Some(listed(&archive, &reader, wanted)?),
        None => None,
    };
    let article = article.as_ref().map(|(id, locator)| (*id, locator.as_str()));
    let limit = if args.limit == 0 { usize::MAX } else { args.limit };
    let graph = reader.graph(args.part, article, limit)?;
    match args.format {
        GraphFormat::Text => context::print(&report::graph(&graph, context::style(false)))?,
        GraphFormat::Json => context::print(&report::json(&graph))?,
        GraphFormat::Dot => context::print(&report::dot(&graph))?,
        GraphFormat::Csv => context::print(&report::graph_csv(&graph))?,
    }
    Ok(CLEAN)
}

/// The article that a user means, by row and locator.
fn listed(archive: &Archive, reader: &Reader, wanted: &str) -> Result<(i64, String), CliError> {
    let project = Project::of(archive.path());
    if let Some(found) = reader.listed(&context::names(&project, wanted))? {
        return Ok(found);
    }
    let articles = reader.articles()?;
    context::find_article(&articles, &project, wanted).map(|article| (article.id, article.locator.clone()))
}
