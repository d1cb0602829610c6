//! `list` and `remove`.

use super::{
    CLEAN, add,
    args::{Global, ListArgs, RemoveArgs, TableFormat},
    config::Config,
    context::{self, Project, SystemClock},
    error::CliError,
    table::{Table, write_table},
    writing,
};
use crate::{
    archive::{Archive, Value},
    model::{
        article::Article,
        followed::{Followed, PatternKind},
        list::Watch,
        time::{Clock, Timestamp},
    },
};

pub fn list(global: &Global, args: &ListArgs) -> Result<u8, CliError> {
    let config = Config::load(global, Default::default())?;
    let reader = Archive::open(&config.archive)?.reader()?;
    let watches = reader.watches()?;
    let followed = reader.followed()?;
    if args.watched {
        write_table(&watched(watches, followed), args.format)?;
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
    if args.format == TableFormat::Table && !(watches.is_empty() && followed.is_empty()) {
        context::print("\n")?;
        write_table(&watched(watches, followed), args.format)?;
    }
    Ok(CLEAN)
}

fn watched(watches: Vec<Watch>, followed: Vec<Followed>) -> Table {
    let columns = ["list", "kind", "title", "read", "failure"].map(str::to_owned).to_vec();
    let row = |locator, kind, title, read_at: Timestamp, failure: Option<String>| {
        vec![
            Value::Text(locator),
            Value::Text(kind),
            Value::Text(title),
            Value::Text(read_at.date()),
            failure.map_or(Value::Null, Value::Text),
        ]
    };
    let watches = watches
        .into_iter()
        .map(|one| row(one.locator, one.kind.to_string(), one.title, one.read_at, one.failure));
    let followed = followed.into_iter().map(|one| {
        row(
            one.locator,
            one.kind.to_string(),
            String::new(),
            one.read_at,
            one.failure,
        )
    });
    let rows = watches.chain(followed).collect();
    Table { columns, rows }
}

pub fn remove(global: &Global, args: &RemoveArgs) -> Result<u8, CliError> {
    let config = Config::load(global, Default::default())?;
    let archive = Archive::open(&config.archive)?.durable(args.write.durable);
    let _lock = writing::lock(&archive, global, &args.write)?;
    let reader = archive.reader()?;
    let (watches, followed) = (reader.watches()?, reader.followed()?);
    let project = Project::of(archive.path());
    // All names are looked up before anything is done.
    let chosen = args
        .articles
        .iter()
        .map(|name| {
            let files = add::locator(&project, name);
            if let Some(watch) = exact_watch(&watches, &project, name) {
                return Ok(Chosen::List(watch));
            }
            match followed.iter().find(|one| one.locator == *name || one.locator == files) {
                Some(followed) => Ok(Chosen::Files(followed)),
                None => context::find_article(&reader, &project, name).map(Chosen::Article),
            }
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
            Chosen::Files(followed) => {
                let locator = followed.locator.clone();
                writer.call(move |ingest| ingest.unfollow_files(&locator))?;
                match followed.kind {
                    PatternKind::File => format!(
                        "{} is no longer followed; its article stays, until it is removed once more.\n",
                        followed.locator
                    ),
                    _ => format!("{} is no longer followed; its articles stay.\n", followed.locator),
                }
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
    Files(&'a Followed),
}

/// Finds the watched list of exactly that locator, path or address.
fn exact_watch<'a>(watches: &'a [Watch], project: &Project, wanted: &str) -> Option<&'a Watch> {
    let names = context::names(project, wanted);
    watches.iter().find(|watch| names.contains(&watch.locator))
}
