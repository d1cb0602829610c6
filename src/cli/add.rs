//! `add`: local files, folders and globs that every run follows.

use std::{collections::HashSet, path::Path};

use super::{
    CLEAN,
    args::{AddArgs, Global},
    config::Config,
    context::{self, Project, SystemClock},
    error::CliError,
    follow::{Found, look},
    snapshot::count,
    writing,
};
use crate::{
    archive::Archive,
    model::{
        followed::{Followed, PatternKind},
        time::{Clock, Timestamp},
    },
    source::{
        self, Source,
        pattern::{self, Pattern},
    },
};

pub fn run(global: &Global, args: &AddArgs) -> Result<u8, CliError> {
    let config = Config::load(global, Default::default())?;
    let (project, now) = (Project::of(&config.archive), SystemClock::default().now());
    // All names are looked up before anything is done.
    let (mut wanted, mut seen): (Vec<(Followed, Found)>, _) = (Vec::new(), HashSet::new());
    for name in &args.patterns {
        let followed = named(name, &project, now)?;
        let found = look(&followed, &project).map_err(|why| CliError::usage(format!("{name}: {why}"), ""))?;
        found
            .notes
            .iter()
            .chain(&found.failure)
            .for_each(|note| context::note(note));
        if seen.insert(followed.locator.clone()) {
            wanted.push((followed, found));
        }
    }
    if args.dry_run {
        let files: Vec<String> = wanted
            .into_iter()
            .flat_map(|(_, found)| found.files)
            .map(|file| file + "\n")
            .collect();
        context::print(&files.concat())?;
        if !global.quiet {
            context::note(&format!(
                "{} found; nothing was written",
                count(files.len() as u64, "file")
            ));
        }
        return Ok(CLEAN);
    }
    let archive = Archive::create(&config.archive)?.durable(args.write.durable);
    let _lock = writing::lock(&archive, global, &args.write)?;
    let known: HashSet<String> = archive
        .reader()?
        .file_articles()?
        .into_iter()
        .map(|one| one.locator)
        .collect();
    let patterns: Vec<Followed> = wanted.iter().map(|(followed, _)| followed.clone()).collect();
    archive
        .writer()?
        .call(move |ingest| patterns.iter().try_for_each(|one| ingest.follow_files(one)))?;
    writing::settle(&archive)?;
    if !global.quiet {
        context::print(&told(&wanted, &known))?;
    }
    Ok(CLEAN)
}

/// What was found, and what comes next.
fn told(wanted: &[(Followed, Found)], known: &HashSet<String>) -> String {
    let mut text = String::new();
    let (files, wild): (Vec<_>, Vec<_>) = wanted.iter().partition(|(one, _)| one.kind == PatternKind::File);
    if let [(followed, _)] = files.as_slice() {
        text += &format!("{} is followed from now on.\n", followed.locator);
    } else if !files.is_empty() {
        text += &format!("{} are followed from now on.\n", count(files.len() as u64, "file"));
    }
    for (followed, found) in wild {
        text += &match found.files.len() {
            0 => format!(
                "{} matches no file now; it is followed all the same, and looked through in every run.\n",
                followed.locator
            ),
            files => format!("{}: {} found.\n", followed.locator, count(files as u64, "file")),
        };
    }
    let every: HashSet<&String> = wanted.iter().flat_map(|(_, found)| &found.files).collect();
    let new = every.iter().filter(|file| !known.contains(**file)).count();
    if new > 0 {
        let those = if new == 1 {
            "takes it in and visits its"
        } else {
            "takes them in and visits their"
        };
        text += &format!(
            "\n{} to take in: `evercite check` {those} links; so does every later run.\n",
            count(new as u64, "article")
        );
    }
    text
}

/// What an argument of `add` names.
fn named(argument: &str, project: &Project, now: Timestamp) -> Result<Followed, CliError> {
    let path = Path::new(argument);
    let (kind, locator, folder) = if argument.contains("://") || !path.exists() {
        let (folder, rest) = glob(argument)?;
        let bare = pattern::join(folder, "");
        if !Path::new(folder).is_dir() {
            return Err(CliError::usage(
                format!("{argument}: there is no folder {}", bare.trim_end_matches('/')),
                "check the spelling",
            ));
        }
        let folder = folder_locator(project, folder);
        (PatternKind::Glob, pattern::join(&folder, rest), folder)
    } else if path.is_dir() {
        let folder = folder_locator(project, argument);
        (PatternKind::Folder, folder.clone(), folder)
    } else {
        let locator = project.locator(argument);
        source::document(argument, context::read_input(argument)?, None).map_err(|why| {
            CliError::usage(
                why,
                "a folder, or a pattern in quotes such as 'docs/**', means the articles in it",
            )
        })?;
        let folder = match locator.rsplit_once('/') {
            Some(("", _)) => "/",
            Some((folder, _)) => folder,
            None => ".",
        };
        let folder = folder.to_owned();
        (PatternKind::File, locator, folder)
    };
    let followed = Followed {
        locator,
        kind,
        folder,
        added_at: now,
        read_at: now,
        failure: None,
    };
    Pattern::of(&followed).map_err(|why| CliError::usage(format!("{argument} is no pattern: {why}"), ""))?;
    Ok(followed)
}

/// The parts of a glob, or what is wrong with an argument that names no file.
fn glob(argument: &str) -> Result<(&str, &str), CliError> {
    if argument == "-" {
        return Err(CliError::usage(
            "standard input cannot be followed: it comes once",
            "`evercite snapshot -` keeps it",
        ));
    }
    if !argument.contains("://")
        && let Some(parts) = pattern::part(argument)
    {
        return Ok(parts);
    }
    Err(match source::classify(argument, false) {
        Ok(Source::Web(url)) => CliError::usage(
            format!("{argument} is an address; files, folders and globs are followed"),
            format!(
                "`evercite snapshot {url}` keeps an article, `evercite snapshot --from {url} --watch` all that a feed \
                 or sitemap brings"
            ),
        ),
        Ok(_) => CliError::usage("an empty name", "name files, folders or globs"),
        Err(why) => CliError::usage(why, "name files, folders or globs such as 'docs/**/*.md'"),
    })
}

fn folder_locator(project: &Project, folder: &str) -> String {
    match project.locator(folder) {
        root if root.is_empty() => ".".to_owned(),
        locator => locator,
    }
}

/// The locator that the user may mean by a pattern.
pub fn locator(project: &Project, wanted: &str) -> String {
    match pattern::part(wanted) {
        Some((folder, rest)) if !Path::new(wanted).exists() => pattern::join(&folder_locator(project, folder), rest),
        _ => folder_locator(project, wanted),
    }
}
