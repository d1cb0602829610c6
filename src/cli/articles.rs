//! `list` and `remove`.

use super::{
    CLEAN,
    args::{Global, ListArgs, RemoveArgs, TableFormat},
    config::Config,
    context::{self, Project, SystemClock},
    error::CliError,
    table::{Table, write_table},
    writing,
};
use crate::{
    archive::{Archive, Value},
    model::{article::Article, list::Watch, time::Clock},
};

pub fn list(global: &Global, args: &ListArgs) -> Result<u8, CliError> {
    let config = Config::load(global, Default::default())?;
    let reader = Archive::open(&config.archive)?.reader()?;
    let watches = reader.watches()?;
    if args.watched {
        write_table(&watched_lists(watches), args.format)?;
        return Ok(CLEAN);
    }
    let columns = ["article", "title", "links", "cited", "added"]
        .map(str::to_owned)
        .to_vec();
    let text = |text: String| Value::Text(text);
    let rows = reader
        .articles()?
        .into_iter()
        .map(|article| {
            vec![
                text(article.locator),
                text(article.title),
                Value::Integer(article.citations as i64),
                article.cited_at.map_or(Value::Null, |day| text(day.date())),
                text(article.added_at.date()),
            ]
        })
        .collect();
    write_table(&Table { columns, rows }, args.format)?;
    // What programs read stays one table.
    if args.format == TableFormat::Table && !watches.is_empty() {
        context::print("\n")?;
        write_table(&watched_lists(watches), args.format)?;
    }
    Ok(CLEAN)
}

fn watched_lists(watches: Vec<Watch>) -> Table {
    let columns = ["list", "kind", "title", "read", "failure"].map(str::to_owned).to_vec();
    let rows = watches
        .into_iter()
        .map(|watch| {
            vec![
                Value::Text(watch.locator),
                Value::Text(watch.kind.to_string()),
                Value::Text(watch.title),
                Value::Text(watch.read_at.date()),
                watch.failure.map_or(Value::Null, Value::Text),
            ]
        })
        .collect();
    Table { columns, rows }
}

pub fn remove(global: &Global, args: &RemoveArgs) -> Result<u8, CliError> {
    let config = Config::load(global, Default::default())?;
    let archive = Archive::open(&config.archive)?.durable(args.write.durable);
    let _lock = writing::lock(&archive, global, &args.write)?;
    let reader = archive.reader()?;
    let watches = reader.watches()?;
    let project = Project::of(archive.path());
    // All names are looked up before anything is done.
    let chosen = args
        .articles
        .iter()
        .map(|name| match exact_watch(&watches, &project, name) {
            Some(watch) => Ok(Chosen::List(watch)),
            None => context::find_article(&reader, &project, name).map(Chosen::Article),
        })
        .collect::<Result<Vec<_>, _>>()?;
    let writer = archive.writer()?;
    let now = SystemClock::default().now();
    for chosen in chosen {
        let said = match chosen {
            Chosen::Article(article) => {
                let id = article.id;
                writer.call(move |ingest| ingest.remove_article(id, now))?;
                format!("{} is off the list; what was captured stays.\n", article.locator)
            }
            Chosen::List(watch) => {
                let locator = watch.locator.clone();
                writer.call(move |ingest| ingest.unwatch(&locator))?;
                format!("{} is no longer watched; its articles stay.\n", watch.locator)
            }
        };
        if !global.quiet {
            context::print(&said)?;
        }
    }
    Ok(CLEAN)
}

/// What is to be removed.
enum Chosen<'a> {
    Article(Article),
    List(&'a Watch),
}

/// Finds the watched list of exactly that locator, path or address.
fn exact_watch<'a>(watches: &'a [Watch], project: &Project, wanted: &str) -> Option<&'a Watch> {
    let names = context::names(project, wanted);
    watches.iter().find(|watch| names.contains(&watch.locator))
}
