//! `search`: words in all versions of the archived pages.

use super::{
    CLEAN,
    args::{Global, SearchArgs, TableFormat},
    config::Config,
    context,
    error::CliError,
    table::{Table, write_table},
};
use crate::{
    archive::{Archive, SearchScope, Value},
    model::search::{SearchHit, Terms},
    report,
};

pub fn run(global: &Global, args: &SearchArgs) -> Result<u8, CliError> {
    let config = Config::load(global, Default::default())?;
    let reader = Archive::open(&config.archive)?.reader()?;
    let terms = Terms::parse(&args.words.join(" "));
    if terms.wanted.is_empty() {
        let why = match terms.unwanted.is_empty() {
            true => "there is no word to search for",
            false => "there are only words that must not be there",
        };
        return Err(CliError::usage(why, "see `evercite search --help`"));
    }
    let scope = SearchScope {
        host: args.host.as_deref().map(|host| host.trim_matches('.').to_lowercase()),
        since: args.since,
        dead: args.dead,
    };
    let hits = reader.search(&terms, &scope, args.limit)?;
    match args.format {
        TableFormat::Table => {
            if hits.is_empty() && !global.quiet {
                context::note("no archived page has all of these words");
            }
            context::print(&report::search(&hits, context::style(false)))?;
        }
        TableFormat::Json => context::print(&report::json(&hits))?,
        format => write_table(&table(hits), format)?,
    }
    Ok(CLEAN)
}

/// A row for each page.
fn table(hits: Vec<SearchHit>) -> Table {
    let columns = [
        "url",
        "title",
        "first_captured",
        "last_captured",
        "versions",
        "still_there",
        "class",
        "snippet",
    ];
    let row = |hit: SearchHit| {
        vec![
            Value::Text(hit.url),
            Value::Text(hit.title),
            Value::Text(hit.first_captured.to_string()),
            Value::Text(hit.last_captured.to_string()),
            Value::Integer(hit.versions.len() as i64),
            Value::Integer(hit.still_there.into()),
            hit.class.map_or(Value::Null, |class| Value::Text(class.to_string())),
            Value::Text(hit.snippet),
        ]
    };
    Table {
        columns: columns.map(str::to_owned).to_vec(),
        rows: hits.into_iter().map(row).collect(),
    }
}
