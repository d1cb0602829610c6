//! `list` and `remove`.

use super::{
    CLEAN,
    args::{Global, ListArgs, RemoveArgs},
    config::Config,
    context::{self, Project, SystemClock},
    error::CliError,
    query::{Table, write_table},
};
use crate::{
    archive::{Archive, Value},
    model::time::Clock,
};

pub fn list(global: &Global, args: &ListArgs) -> Result<u8, CliError> {
    let config = Config::load(global, Default::default())?;
    let articles = Archive::open(&config.archive)?.reader()?.articles()?;
    let columns = ["article", "title", "links", "cited", "added"]
        .map(str::to_owned)
        .to_vec();
    let text = |text: String| Value::Text(text);
    let rows = articles
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
    Ok(CLEAN)
}

pub fn remove(global: &Global, args: &RemoveArgs) -> Result<u8, CliError> {
    let config = Config::load(global, Default::default())?;
    let archive = Archive::open(&config.archive)?;
    let _lock = archive.lock()?;
    let articles = archive.reader()?.articles()?;
    let project = Project::of(archive.path());
    let chosen = args
        .articles
        .iter()
        .map(|name| context::find_article(&articles, &project, name))
        .collect::<Result<Vec<_>, _>>()?;
    let writer = archive.writer()?;
    let now = SystemClock::default().now();
    for article in chosen {
        let id = article.id;
        writer.call(move |ingest| ingest.remove_article(id, now))?;
        if !global.quiet {
            context::print(&format!(
                "{} is off the list; what was captured stays.\n",
                article.locator
            ))?;
        }
    }
    Ok(CLEAN)
}
