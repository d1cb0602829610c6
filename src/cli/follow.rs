//! Local files that are followed (`add`): what every run does about those that are new, back, moved or gone.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    io::ErrorKind,
    path::{Path, PathBuf},
};

use ignore::WalkBuilder;

use super::{
    context::{self, Project},
    error::CliError,
    lists::Gathered,
    snapshot::{Session, moved_from},
};
use crate::{
    archive::Reader,
    model::{
        article::{ArticleKind, Seed},
        digest::PayloadDigest,
        followed::{FileArticle, Followed, PatternKind},
        time::Clock,
    },
    source::{
        self,
        pattern::{self, Pattern},
    },
};

/// Most files that one pattern may mean: more is a slip, such as a whole disk.
const MAX_FILES: usize = 20_000;
/// Folders below folders.
const MAX_DEPTH: usize = 64;
/// Longest file that is taken for an article, in bytes.
const MAX_LENGTH: u64 = 32 << 20;
/// Files that are gone or have moved which are told by name.
const NAMED: usize = 10;
/// Folders of tools, full of other people's texts.
const NOT_OURS: &[&str] = &["node_modules", "target"];

/// Files that a pattern means, as they are there now.
#[derive(Default)]
pub struct Found {
    /// Their locators, in order.
    pub files: Vec<String>,
    /// What a person should know, one sentence each.
    pub notes: Vec<String>,
    /// Why not all of them could be looked at.
    pub failure: Option<String>,
}

/// Looks which files a pattern means. The error says why nothing can be said of them.
pub fn look(followed: &Followed, project: &Project) -> Result<Found, String> {
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
                found.failure.get_or_insert_with(|| e.to_string());
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
                    if let Some(seed) = self.taken_in(&reader, one, &file, known, changed, &mut moved)? {
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
                followed.failure = found.failure.take();
            }
            Err(why) => followed.failure = Some(why),
        }
        if followed.failure.is_none() {
            followed.read_at = self.clock.now();
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
    fn taken_in(
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
        // A folder that is not there, or may not be read, says nothing of what is in it.
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
            for file in one.gone.iter().take(NAMED) {
                context::note(&format!("{file} is gone, and off the list; what was captured stays"));
            }
            if one.gone.len() > NAMED {
                context::note(&format!("{name}: so are {} more files", one.gone.len() - NAMED));
            }
        }
        if !self.global.quiet {
            for (old, new) in moved.iter().take(NAMED) {
                context::note(&format!("{old} is {new} now"));
            }
            if moved.len() > NAMED {
                context::note(&format!("{} more files have moved", moved.len() - NAMED));
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
