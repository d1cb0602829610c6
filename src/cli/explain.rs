//! `explain`: why a link has the verdict it has, and what would change it.

use super::{
    CLEAN,
    args::{ExplainArgs, Global, ReportFormat},
    config::Config,
    context::{self, Project, SystemClock},
    error::CliError,
};
use crate::{
    archive::{Archive, Named, Reader},
    model::{
        canonical,
        explanation::{Explanation, SCHEMA_VERSION},
        time::Clock,
    },
    report::{self, Shell},
    verdict,
};

pub fn run(global: &Global, args: &ExplainArgs) -> Result<u8, CliError> {
    let config = Config::load(global, Default::default())?;
    let archive = Archive::open(&config.archive)?;
    let reader = archive.reader()?;
    let article = match &args.article {
        Some(wanted) => Some(context::find_article(&reader, &Project::of(archive.path()), wanted)?.id),
        None => None,
    };
    let named = find(&reader, &args.url, article)?;
    let now = SystemClock::default().now();
    let (mut links, addresses) = reader.explain(&named, &args.url)?;
    for link in &mut links {
        link.outlook = verdict::outlook(link, now);
    }
    let explanation = Explanation {
        schema_version: SCHEMA_VERSION,
        generated_at: now,
        asked: args.url.clone(),
        links,
        addresses,
    };
    let text = match args.format {
        ReportFormat::Json => report::json(&explanation),
        ReportFormat::Text => {
            let shell = Shell::new(global.archive.as_deref().map(|path| path.to_string_lossy()).as_deref());
            report::explanation(&explanation, context::style(false), &shell)
        }
    };
    context::print(&text)?;
    Ok(CLEAN)
}

/// What articles cite under this name, or what they may have been meant by it.
fn find(reader: &Reader, wanted: &str, article: Option<i64>) -> Result<Named, CliError> {
    let address = canonical::parse(wanted);
    if let Ok(address) = &address {
        let found = reader.cited(address, article)?;
        if !found.is_empty() {
            return Ok(found);
        }
    }
    let skipped = reader.skipped_as(wanted, article)?;
    if !skipped.is_empty() {
        return Ok(skipped);
    }
    let near = reader.near(wanted)?;
    let meant = || match near.as_slice() {
        [] => "`evercite report --all` lists every link".to_owned(),
        near => format!("did you mean {}?", report::printable(&near.join(" or "))),
    };
    match (address, article) {
        (Err(why), _) => Err(CliError::usage(why, meant())),
        (Ok(address), None) => Err(CliError::failed(format!("no article cites {address}"), meant())),
        (Ok(address), Some(_)) => Err(CliError::failed(
            format!("that article does not cite {address}"),
            meant(),
        )),
    }
}
