//! `pin`, `accept` and `note`: what users decide and note.

use super::{
    CLEAN,
    args::{AcceptArgs, Global, NoteArgs, PinArgs, WriteArgs},
    config::{self, Config},
    context::{self, Project, SystemClock},
    error::CliError,
    page::Asked,
    writing,
};
use crate::{
    archive::{Archive, Which},
    crawl::rejudge::{self, Whose},
    model::{time::Clock, verdict::Chosen},
    report::printable,
};

/// Holds links against the copy of a time.
pub fn pin(global: &Global, args: &PinArgs) -> Result<u8, CliError> {
    let which = args.at.map_or(Which::Newest, Which::By);
    choose(
        global,
        &args.url,
        args.article.as_deref(),
        which,
        Chosen::Pinned,
        &args.write,
    )
}

/// Holds links against the newest copy: what has changed since is fine.
pub fn accept(global: &Global, args: &AcceptArgs) -> Result<u8, CliError> {
    choose(
        global,
        &args.url,
        args.article.as_deref(),
        Which::Newest,
        Chosen::Accepted,
        &args.write,
    )
}

fn choose(
    global: &Global,
    url: &str,
    article: Option<&str>,
    which: Which,
    chosen: Chosen,
    write: &WriteArgs,
) -> Result<u8, CliError> {
    let config = Config::load(global, Default::default())?;
    let now = SystemClock::default().now();
    let policy = config::crawl_settings(&config.crawl, now)?.policy;
    let archive = Archive::open(&config.archive)?.durable(write.durable);
    let _lock = writing::lock(&archive, global, write)?;
    let reader = archive.reader()?;
    let asked = Asked::find(&archive, &reader, url)?;
    let article = article
        .map(|wanted| context::find_article(&reader, &Project::of(archive.path()), wanted))
        .transpose()?;
    let named = reader.cited(&asked.url, article.as_ref().map(|article| article.id))?;
    if named.citations.is_empty() {
        let whose = article.map_or_else(
            || "no article cites".into(),
            |one| format!("{} does not cite", one.locator),
        );
        return Err(CliError::failed(
            format!("{whose} {}", asked.url),
            "`evercite report --all` lists every link",
        ));
    }
    let copy = asked.copy(&reader, which)?;
    let writer = archive.writer()?;
    let (citations, held) = (named.citations.clone(), copy.clone());
    let changed = writer.call(move |ingest| ingest.choose(&citations, &held, chosen, now))?;
    let told = rejudge::rejudge(&archive, &writer, &policy, Whose::Of(&changed), true, now)?;
    if global.quiet {
        return Ok(CLEAN);
    }
    let links = |count: usize| {
        if count == 1 {
            "1 link".to_owned()
        } else {
            format!("{count} links")
        }
    };
    context::print(&match changed.len() {
        0 => format!("{} was held against the copy of {} already.\n", copy.url, copy.at),
        count => format!(
            "{} is held against the copy of {} now, by {}.\n",
            copy.url,
            copy.at,
            links(count)
        ),
    })?;
    for difference in &told.differences {
        let line = format!(
            "  was {}, is {}: {}\n",
            difference.was.class, difference.now.class, difference.now.reason
        );
        context::print(&printable(&line))?;
    }
    Ok(CLEAN)
}

/// Notes something beside an address, or tells what was noted.
pub fn note(global: &Global, args: &NoteArgs) -> Result<u8, CliError> {
    let config = Config::load(global, Default::default())?;
    let archive = Archive::open(&config.archive)?.durable(args.write.durable);
    let reader = archive.reader()?;
    let asked = Asked::find(&archive, &reader, &args.url)?;
    let text = args.text.as_deref().map(str::trim);
    if text == Some("") {
        return Err(CliError::usage("the note is empty", "--remove takes notes off"));
    }
    if text.is_none() && !args.remove {
        for (at, text) in reader.notes(&asked.url)? {
            context::print(&printable(&format!("{}  {text}\n", at.minute())))?;
        }
        return Ok(CLEAN);
    }
    if !reader.knows(&asked.url)? {
        return Err(CliError::failed(
            format!("the archive does not know {}", asked.url),
            "`evercite report --all` lists every link",
        ));
    }
    let _lock = writing::lock(&archive, global, &args.write)?;
    let (writer, now) = (archive.writer()?, SystemClock::default().now());
    let url = asked.url.clone();
    if args.remove {
        let removed = writer.call(move |ingest| ingest.unnote(&url, now))?;
        if !global.quiet {
            context::print(&format!("{removed} taken off.\n"))?;
        }
    }
    if let Some(text) = text {
        let (url, text) = (asked.url, text.to_owned());
        writer.call(move |ingest| ingest.note(&url, &text, now))?;
    }
    Ok(CLEAN)
}
