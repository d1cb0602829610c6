//! `graph`: who cites what, and what that tells.

use super::{
    CLEAN,
    args::{Global, GraphArgs, GraphFormat},
    config::Config,
    context::{self, Project},
    error::CliError,
};
use crate::{archive::Archive, report};

pub fn run(global: &Global, args: &GraphArgs) -> Result<u8, CliError> {
    let config = Config::load(global, Default::default())?;
    let archive = Archive::open(&config.archive)?;
    let reader = archive.reader()?;
    let article = match &args.article {
        Some(wanted) => Some(context::find_article(&reader, &Project::of(archive.path()), wanted)?),
        None => None,
    };
    let limit = if args.limit == 0 { usize::MAX } else { args.limit };
    let graph = reader.graph(args.part, article.as_ref(), limit)?;
    match args.format {
        GraphFormat::Text => context::print(&report::graph(&graph, context::style(false)))?,
        GraphFormat::Json => context::print(&report::json(&graph))?,
        GraphFormat::Dot => context::print(&report::dot(&graph))?,
        GraphFormat::Csv => context::print(&report::graph_csv(&graph))?,
    }
    Ok(CLEAN)
}
