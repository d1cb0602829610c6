//! Local files that are followed: `add`, and what every run does about files that are new, back, moved or gone.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    io::ErrorKind,
    path::{Path, PathBuf},
};

use ignore::WalkBuilder;

use super::{
    CLEAN,
    args::{AddArgs, Global},
    config::Config,
    context::{self, Project, SystemClock},
    error::CliError,
    lists::Gathered,
    snapshot::{Session, count, moved_from},
    writing,
};
use crate::{
    archive::{Archive, Reader},
    model::{
        article::{ArticleKind, Seed},
        digest::PayloadDigest,
        followed::{FileArticle, Followed, PatternKind},
        time::{Clock, Timestamp},
    },
    source::{
        self, Source,
        pattern::{self, Pattern},
    },
};

/// Most files that one pattern may mean: more is a slip, such as a whole disk.
const MAX_FILES: usize = 20_000;
/// Folders below folders.
const MAX_DEPTH: usize = 64;
/// Longest file that is taken for an article, in bytes.
const MAX_LENGTH: u64 = 32 << 20;
/// Folders of tools, full of other people's texts.
const NOT_OURS: &[&str] = &["node_modules", "target"];

pub fn add(global: &Global, args: &AddArgs) -> Result<u8, CliError> {
    let config = Config::load(global, Default::default())?;
    let (project, now) = (Project::of(&config.archive), SystemClock::default().now());
    // All names are looked up before anything is done.
    let (mut wanted, mut seen): (Vec<(Followed, Found)>, _) = (Vec::new(), HashSet::new());
    for name in &args.patterns {
        let followed = named(name, &project, now)?;
        let found = look(&followed, &project).map_err(|why| CliError::usage(format!("{name}: {why}"), ""))?;
        found.notes.iter().for_each(|note| context::note(note));
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

/// Files that a pattern means, as they are there now.
#[derive(Default)]
struct Found {
    /// Their locators, in order.
    files: Vec<String>,
    /// What a person should know, one sentence each.
    notes: Vec<String>,
}

/// Looks which files a pattern means. The error says why nothing can be said of them.
fn look(followed: &Followed, project: &Project) -> Result<Found, String> {
    let folder = project.path(&followed.folder);
    std::fs::read_dir(&folder).map_err(|e| match e.kind() {
        ErrorKind::NotFound => format!("the folder {} is not there", followed.folder),
        _ => format!("the folder {}: {e}", followed.folder),
    })?;
    let mut found = Found::default();
    if followed.kind == PatternKind::File {
        if project.path(&followed.locator).is_file() {
            found.files.push(followed.locator.clone());
        }
        return Ok(found);
    }
    let pattern = Pattern::of(followed)?;
    let ours = |entry: &ignore::DirEntry| {
        let name = entry.file_name().to_str().unwrap_or_default();
        entry.depth() == 0 || !(NOT_OURS.contains(&name) && entry.path().is_dir())
    };
    // Hidden files are passed over, and symbolic links: what they lead to has a place of its own.
    let walk = WalkBuilder::new(&folder)
        .ignore(false)
        .git_global(false)
        .max_depth(Some(MAX_DEPTH))
        .sort_by_file_path(Path::cmp)
        .filter_entry(ours)
        .build();
    for entry in walk {
        let entry = match entry {
            Ok(entry) => entry,
            Err(e) => {
                found.notes.push(e.to_string());
                continue;
            }
        };
        if !entry.file_type().is_some_and(|kind| kind.is_file()) {
            continue;
        }
        let rest = entry.path().strip_prefix(&folder).unwrap_or(entry.path());
        match rest.to_str() {
            Some(rest) => {
                let file = pattern::join(&followed.folder, rest);
                if pattern.means(&file) {
                    found.files.push(file);
                }
            }
            None if pattern::is_article(&rest.to_string_lossy()) => found.notes.push(format!(
                "{} is left out: its name is not in UTF-8",
                entry.path().display()
            )),
            None => {}
        }
        if found.files.len() > MAX_FILES {
            return Err(format!(
                "it means more than {MAX_FILES} files; name folders further down"
            ));
        }
    }
    Ok(found)
}

/// Where a file is that was an article.
enum Standing {
    /// There, or nobody can tell.
    There,
    /// Deleted.
    Gone,
    /// Not there, but neither is anything beside it, as where a disk is not mounted.
    InDoubt(PathBuf),
}

fn standing(path: &Path) -> Standing {
    let absent = |path: &Path| {
        std::fs::symlink_metadata(path)
            .is_err_and(|e| matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory))
    };
    if !absent(path) {
        return Standing::There;
    }
    let above = path.ancestors().skip(1).find(|folder| !absent(folder));
    match above.map(|folder| (folder, std::fs::read_dir(folder))) {
        Some((folder, Ok(mut entries))) => match entries.next() {
            None => Standing::InDoubt(folder.to_owned()),
            Some(_) => Standing::Gone,
        },
        // A file is where its folder was, or the folder may not be read.
        Some((folder, Err(_))) if folder.is_dir() => Standing::There,
        _ => Standing::Gone,
    }
}

/// A pattern, and what was found of it.
struct Looked {
    followed: Followed,
    found: Vec<String>,
    new: usize,
    back: usize,
    gone: Vec<String>,
}

impl Session<'_> {
    /// Looks what has become of followed files: those that are new or back are to be taken in, those that are gone go
    /// off the list. With `changed`, files that read otherwise than when they were read last are taken in too.
    pub fn follow(&self, gathered: &mut Gathered, changed: bool) -> Result<(), CliError> {
        let reader = self.archive.reader()?;
        let patterns = reader.followed()?;
        if patterns.is_empty() {
            return Ok(());
        }
        let files = reader.file_articles()?;
        let known: HashMap<&str, &FileArticle> = files.iter().map(|one| (one.locator.as_str(), one)).collect();
        let mut looked: Vec<Looked> = patterns.into_iter().map(|one| self.looked(one)).collect();
        let (mut seen, mut moved) = (HashSet::new(), BTreeMap::new());
        for one in &mut looked {
            for file in std::mem::take(&mut one.found) {
                if seen.insert(file.clone()) {
                    let known = known.get(file.as_str()).copied();
                    if let Some(seed) = self.new(&reader, one, &file, known, changed, &mut moved)? {
                        gathered.seeds.push(seed);
                    }
                }
            }
        }
        let mut gone = HashSet::new();
        for one in &mut looked {
            self.missing(one, &files, &moved, &mut gone)?;
        }
        self.tell_followed(&looked, &moved);
        gathered.gone.extend(gone);
        gathered.watched_unread += looked.iter().filter(|one| one.followed.failure.is_some()).count();
        gathered.read += looked.iter().filter(|one| one.followed.failure.is_none()).count();
        let patterns: Vec<Followed> = looked.into_iter().map(|one| one.followed).collect();
        self.archive
            .writer()?
            .call(move |ingest| patterns.iter().try_for_each(|one| ingest.follow_files(one)))?;
        Ok(())
    }

    fn looked(&self, mut followed: Followed) -> Looked {
        let mut found = Found::default();
        followed.failure = None;
        match look(&followed, &self.project) {
            Ok(there) => {
                found = there;
                followed.read_at = self.clock.now();
            }
            Err(why) => followed.failure = Some(why),
        }
        if !self.global.quiet {
            found.notes.iter().for_each(|note| context::note(note));
        }
        Looked {
            followed,
            found: found.files,
            new: 0,
            back: 0,
            gone: Vec::new(),
        }
    }

    /// The file as an article to be taken in; `None` when there is nothing to do about it.
    fn new(
        &self,
        reader: &Reader,
        pattern: &mut Looked,
        file: &str,
        known: Option<&FileArticle>,
        changed: bool,
        moved: &mut BTreeMap<String, String>,
    ) -> Result<Option<Seed>, CliError> {
        match known {
            Some(known) if known.listed && !changed => return Ok(None),
            // Taken off by hand.
            Some(known) if !known.listed && !known.gone => return Ok(None),
            _ => {}
        }
        let path = self.project.path(file);
        let digest = match admitted(&path, file) {
            Ok(digest) => digest,
            Err(why) => {
                if !self.global.quiet {
                    context::note(&why);
                }
                return Ok(None);
            }
        };
        match known {
            Some(known) if known.listed && known.digest == Some(digest) => return Ok(None),
            Some(known) if known.listed => {}
            Some(_) => pattern.back += 1,
            None => match moved_from(reader, &self.project, &digest, file)?.filter(|old| !moved.contains_key(old)) {
                Some(old) => {
                    moved.insert(old, file.to_owned());
                }
                None => pattern.new += 1,
            },
        }
        Ok(Some(Seed {
            kind: ArticleKind::File,
            locator: path.to_string_lossy().into_owned(),
            url: None,
            cited_at: None,
            // It is read when its turn comes, so that not all of them are held in memory.
            document: None,
        }))
    }

    /// Finds the articles of a pattern whose files are gone.
    fn missing(
        &self,
        pattern: &mut Looked,
        files: &[FileArticle],
        moved: &BTreeMap<String, String>,
        gone: &mut HashSet<String>,
    ) -> Result<(), CliError> {
        // A folder that is not there says nothing of what is in it.
        if pattern.followed.failure.is_some() {
            return Ok(());
        }
        let means = Pattern::of(&pattern.followed).map_err(|why| CliError::failed(why, ""))?;
        for file in files.iter().filter(|file| file.listed && means.means(&file.locator)) {
            match standing(&self.project.path(&file.locator)) {
                Standing::There => {}
                Standing::InDoubt(folder) => {
                    pattern.followed.failure = Some(format!(
                        "{} is empty now, as where a disk is not mounted",
                        folder.display()
                    ));
                }
                Standing::Gone if moved.contains_key(&file.locator) => {
                    gone.insert(file.locator.clone());
                }
                Standing::Gone => {
                    if gone.insert(file.locator.clone()) {
                        pattern.gone.push(file.locator.clone());
                    }
                }
            }
        }
        Ok(())
    }

    fn tell_followed(&self, looked: &[Looked], moved: &BTreeMap<String, String>) {
        for one in looked {
            let name = &one.followed.locator;
            if let Some(why) = &one.followed.failure {
                context::note(&format!(
                    "{name} could not be looked through: {why}; its articles stay on the list (`evercite remove {name}` \
                     ends this)"
                ));
            }
            if self.global.quiet {
                continue;
            }
            for (files, what) in [(one.new, "new file"), (one.back, "file that is back")] {
                match (files, what) {
                    (0, _) => {}
                    (1, what) => context::note(&format!("{name}: 1 {what}")),
                    (files, "new file") => context::note(&format!("{name}: {files} new files")),
                    (files, _) => context::note(&format!("{name}: {files} files that are back")),
                }
            }
            for file in &one.gone {
                context::note(&format!("{file} is gone, and off the list; what was captured stays"));
            }
        }
        if !self.global.quiet {
            for (old, new) in moved {
                context::note(&format!("{old} is {new} now"));
            }
        }
    }
}

/// Reads a file that is to be an article. The error says why it cannot be one.
fn admitted(path: &Path, name: &str) -> Result<PayloadDigest, String> {
    let unread = |e: std::io::Error| format!("{name} could not be read: {e}");
    if std::fs::metadata(path).map_err(unread)?.len() > MAX_LENGTH {
        return Err(format!("{name} is left out: it has more than {} MiB", MAX_LENGTH >> 20));
    }
    let document = source::document(name, std::fs::read(path).map_err(unread)?, None)?;
    Ok(PayloadDigest::of(&document.bytes))
}
