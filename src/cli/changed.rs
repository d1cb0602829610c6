//! `check --changed-only`: links that are new in changed files, so that a change is not held up by old rot.

use std::{
    collections::{BTreeSet, HashSet},
    path::{Path, PathBuf},
};

use super::{
    CLEAN, FAILED,
    args::{CheckArgs, Global, OutputFormat},
    check::{self, Chosen},
    config::Config,
    context::{self, Project, SystemClock},
    error::CliError,
    git::{self, ChangedFile, Changes},
    snapshot::{self, count},
    telling::Telling,
};
use crate::{
    archive::{Archive, Reader, ReportScope},
    model::{
        article::{Document, Seed},
        canonical::CanonicalUrl,
        link::Role,
        report::LinkName,
        time::Clock,
        url::Url,
        verdict::Class,
    },
    source::{self, pattern},
};

/// Checks what has changed since the merge base with `base`.
pub fn run(global: &Global, args: &CheckArgs, config: &Config, fail_on: &[Class], base: &str) -> Result<u8, CliError> {
    let mut changes = git::changes(base)?;
    let files = among(std::mem::take(&mut changes.files), &args.articles)?;
    // They may bring links that nobody looked at: that is no success.
    let unnamed: Vec<&String> = changes
        .unnamed
        .iter()
        .filter(|name| pattern::is_article(name))
        .collect();
    for name in &unnamed {
        context::note(&format!(
            "{name} has changed, and is not checked: its name is not in UTF-8; rename it"
        ));
    }
    let clean = if unnamed.is_empty() { CLEAN } else { FAILED };
    let since = format!("since {} (the merge base with {base})", changes.since());
    if files.is_empty() {
        nothing(global, args, &format!("no article has changed {since}"))?;
        return Ok(clean);
    }
    let names: Vec<String> = files.iter().map(|file| file.name.clone()).collect();
    let archived = check::knows_all(config, &names)?;
    let found = look(&changes, &files, args, archived.then_some(config))?;
    if found.seeds.is_empty() {
        let what = format!(
            "no link is new in {} changed {since}",
            count(names.len() as u64, "file")
        );
        nothing(global, args, &what)?;
        return Ok(clean);
    }
    let names: Vec<String> = found.seeds.iter().map(|seed| seed.locator.clone()).collect();
    let code = match archived {
        true => check::with_archive(global, args, config, fail_on, &names, found.links)?,
        false => check::without_archive(global, args, config, fail_on, &found.seeds, found.links)?,
    };
    Ok(if code == CLEAN { clean } else { code })
}

/// Changed files that are meant: those among the named ones; where none is named, those that are articles.
fn among(changed: Vec<ChangedFile>, named: &[String]) -> Result<Vec<ChangedFile>, CliError> {
    if named.is_empty() {
        let articles = changed.into_iter().filter(|file| pattern::is_article(&file.name));
        return Ok(articles.collect());
    }
    let named = named
        .iter()
        .map(|name| {
            Path::new(name)
                .canonicalize()
                .map_err(|e| CliError::usage(format!("{name}: {e}"), "--changed-only takes local files and folders"))
        })
        .collect::<Result<Vec<PathBuf>, CliError>>()?;
    let is_meant = |file: &ChangedFile| {
        // One that is gone since git looked is nobody's.
        Path::new(&file.name).canonicalize().is_ok_and(|path| {
            let inside = |folder: &PathBuf| path.starts_with(folder) && pattern::is_article(&file.name);
            named.iter().any(|named| *named == path || inside(named))
        })
    };
    Ok(changed.into_iter().filter(is_meant).collect())
}

/// What is to be looked at.
struct Found {
    /// Files with links that are to be looked at.
    seeds: Vec<Seed>,
    links: Chosen,
}

fn look(
    changes: &Changes,
    files: &[ChangedFile],
    args: &CheckArgs,
    archived: Option<&Config>,
) -> Result<Found, CliError> {
    let known = match archived {
        Some(config) => {
            let archive = Archive::open(&config.archive)?;
            Some((archive.reader()?, Project::of(archive.path())))
        }
        None => None,
    };
    let here = Project::here();
    let (mut seeds, mut only, mut old) = (Vec::new(), BTreeSet::new(), HashSet::new());
    for file in files {
        let (base, article) = match &known {
            Some((reader, project)) => as_archived(reader, project, &file.name)?,
            None => (None, here.locator(&file.name)),
        };
        let seed = snapshot::seed(&file.name, None, base.clone())?;
        let now = seed.document.as_ref().map(links).unwrap_or_default();
        let before = match (args.all_links, changes.before(file)?) {
            // What was no article had no links.
            (false, Some(bytes)) => {
                source::document(&file.name, bytes, base).map_or_else(|_| HashSet::new(), |document| links(&document))
            }
            _ => HashSet::new(),
        };
        let is_new = |link: &&Written| !before.contains(*link);
        if args.all_links || now.iter().any(|link| is_new(&link)) {
            old.extend(now.iter().filter(|link| !is_new(link)).map(|link| link.url.clone()));
            only.extend(now.iter().filter(is_new).map(|link| LinkName {
                article: article.clone(),
                url: link.url.clone(),
                fragment: link.fragment.clone(),
            }));
            seeds.push(seed);
        }
    }
    // An address is asked for once for all that are spelled alike: if one of them is new, it is.
    let keys: HashSet<CanonicalUrl> = only.iter().filter_map(|link| key(&link.url)).collect();
    let left_out = old
        .iter()
        .filter(|url| key(url).is_some_and(|key| !keys.contains(&key)));
    let left_out = left_out.filter_map(|url| Url::parse(url).ok()).collect();
    Ok(Found {
        seeds,
        links: Chosen {
            only: Some(only),
            left_out,
        },
    })
}

/// The base address of an article of the archive, and its locator.
fn as_archived(reader: &Reader, project: &Project, name: &str) -> Result<(Option<Url>, String), CliError> {
    let article = context::find_article(reader, project, name)?;
    let base = article.base.as_deref().and_then(|base| Url::parse(base).ok());
    Ok((base, article.locator))
}

/// A link as reports name it.
#[derive(PartialEq, Eq, Hash)]
struct Written {
    url: String,
    fragment: Option<String>,
}

fn links(document: &Document) -> HashSet<Written> {
    let page = context::page_of(document);
    let cited = page.links.into_iter().filter(|link| link.role == Role::Cite);
    let written = cited.map(|link| match link.target {
        Ok(target) => Written {
            url: target.url.to_string(),
            fragment: target.fragment,
        },
        Err(_) => Written {
            url: link.raw.0,
            fragment: None,
        },
    });
    written.collect()
}

fn key(url: &str) -> Option<CanonicalUrl> {
    Url::parse(url).ok().map(|url| CanonicalUrl::of(&url))
}

/// Says that there is nothing to check; programs get a report of nothing.
fn nothing(global: &Global, args: &CheckArgs, what: &str) -> Result<(), CliError> {
    let to_terminal = args.output.format == OutputFormat::Text && args.output.output.is_none();
    if to_terminal && !global.quiet {
        context::print(&format!("Nothing to check: {what}.\n"))?;
    }
    if to_terminal && args.output.also.is_empty() {
        return Ok(());
    }
    let folder = tempfile::tempdir().map_err(|e| CliError::failed(format!("no temporary folder: {e}"), ""))?;
    let archive = Archive::create(&folder.path().join("check.db"))?;
    let reader = archive.reader()?;
    let report = reader.report(&ReportScope::default(), SystemClock::default().now())?;
    let telling = Telling {
        global,
        output: &args.output,
        archive: None,
        reader: &reader,
    };
    match to_terminal {
        true => telling.write_also(&report),
        false => telling.write(&report),
    }
}
