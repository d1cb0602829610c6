//! Lists of articles, for every verb that takes articles in: those that the user names, and those that
//! are watched.

use std::{collections::HashSet, path::Path};

use super::{
    args::{CitedAt, CrawlArgs},
    config,
    context::{self, Project},
    error::CliError,
    snapshot::Session,
};
use crate::{
    archive::Reader,
    crawl::{
        self,
        lists::{Listed, Lists, Origin},
    },
    model::{
        article::{ArticleKind, Seed},
        canonical::CanonicalUrl,
        list::{ListKind, Watch},
        time::{Clock, Timestamp},
        url::Url,
    },
    source::{self, Source},
};

/// What the user says of lists.
#[derive(Default)]
pub struct Named<'a> {
    /// `--from`.
    pub lists: &'a [String],
    /// `--watch`.
    pub watch: bool,
    /// `--cited-at`.
    pub cited_at: Option<CitedAt>,
    /// `--base-url`.
    pub base: Option<Url>,
}

/// What came of reading lists.
#[derive(Default)]
pub struct Gathered {
    /// Articles to be taken in, each address once.
    pub seeds: Vec<Seed>,
    /// Lists that were read, and followed files that were looked through.
    pub read: usize,
    /// Lists that the user named, and that could not be read.
    pub named_unread: usize,
    /// Watched lists and followed files of which that could not be done.
    pub watched_unread: usize,
    /// Locators of articles whose files are gone: they go off the list.
    pub gone: HashSet<String>,
    /// What the archive is to remember of lists.
    memory: Vec<Remembered>,
}

enum Remembered {
    Read(Watch),
    Failed(String, String),
}

/// A list to be read.
struct Wanted {
    locator: String,
    /// The error: a file that cannot be read.
    origin: Result<Origin, String>,
    base: Option<String>,
    dated: bool,
    watch: bool,
    /// Only what is new in it is wanted.
    only_new: bool,
    added_at: Option<Timestamp>,
}

impl Wanted {
    /// What the archive is to remember of a list that was read.
    fn as_read(&self, kind: ListKind, title: String, now: Timestamp) -> Watch {
        Watch {
            locator: self.locator.clone(),
            kind,
            title,
            base: self.base.clone(),
            dated: self.dated,
            added_at: self.added_at.unwrap_or(now),
            read_at: now,
            failure: None,
        }
    }
}

impl Gathered {
    /// True when lists were wanted and not one of them could be read.
    pub fn is_in_vain(&self) -> bool {
        self.read == 0 && self.named_unread + self.watched_unread > 0
    }
}

impl Session<'_> {
    /// Reads the lists that the user names, and those that are watched, and remembers how that went. A
    /// list that cannot be read is a note, and nothing more: the others are read.
    pub fn read_lists(
        &self,
        named: &Named<'_>,
        args: &CrawlArgs,
        settings: &crawl::Settings,
    ) -> Result<Gathered, CliError> {
        let reader = self.archive.reader()?;
        let project = &self.project;
        let mut wanted = named_lists(named, project)?;
        for watch in reader.watches()? {
            if wanted.iter().all(|named| named.locator != watch.locator) {
                wanted.push(watched(watch, project));
            }
        }
        if wanted.is_empty() {
            return Ok(Gathered::default());
        }
        // Of its own: connections do not outlive the runtime they were made in.
        let fetcher = config::fetcher(args)?;
        let mut lists = Lists::new(&fetcher, settings, self.clock, &reader);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|e| CliError::failed(format!("the network runtime cannot start: {e}"), ""))?;
        let mut gathered = Gathered::default();
        let mut seen = HashSet::new();
        for list in wanted {
            let outcome = match &list.origin {
                Ok(origin) => runtime.block_on(lists.read(origin)),
                Err(why) => Err(why.clone()),
            };
            match outcome {
                Ok(listed) => self.take_up(&reader, &list, listed, named.cited_at, &mut gathered, &mut seen)?,
                Err(why) => give_up(&list, why, &mut gathered),
            }
        }
        self.remember(std::mem::take(&mut gathered.memory))?;
        Ok(gathered)
    }

    fn take_up(
        &self,
        reader: &Reader,
        list: &Wanted,
        Listed { collection, unread, .. }: Listed,
        cited_at: Option<CitedAt>,
        gathered: &mut Gathered,
        seen: &mut HashSet<CanonicalUrl>,
    ) -> Result<(), CliError> {
        // From cron, what goes wrong is told each time; what is odd about a list was told at the first.
        let notes = collection.notes.iter().filter(|_| !self.global.quiet || !list.only_new);
        for note in unread.iter().chain(notes) {
            context::note(&format!("{}: {note}", list.locator));
        }
        gathered.read += 1;
        let before = gathered.seeds.len();
        for entry in collection.entries {
            if list.only_new && reader.knows_article(&entry.url)? || !seen.insert(CanonicalUrl::of(&entry.url)) {
                continue;
            }
            let published = entry.published.filter(|_| list.dated);
            let day = cited_at.and_then(CitedAt::day).filter(|_| !list.only_new);
            gathered.seeds.push(Seed {
                kind: ArticleKind::Web,
                locator: entry.url.to_string(),
                url: Some(entry.url),
                cited_at: day.or(entry.cited_at).or(published),
                document: None,
            });
        }
        let (new, kind) = (gathered.seeds.len() - before, collection.kind.name());
        if !self.global.quiet && (new > 0 || !list.only_new) {
            let what = if list.only_new { "new articles" } else { "articles" };
            let what = if new == 1 { &what[..what.len() - 1] } else { what };
            context::note(&format!("{}: {kind} with {new} {what}", list.locator));
        }
        if list.watch {
            gathered.memory.push(Remembered::Read(list.as_read(
                collection.kind,
                collection.title,
                self.clock.now(),
            )));
        }
        Ok(())
    }

    fn remember(&self, memory: Vec<Remembered>) -> Result<(), CliError> {
        if memory.is_empty() {
            return Ok(());
        }
        self.archive.writer()?.call(move |ingest| {
            for list in &memory {
                match list {
                    Remembered::Read(watch) => ingest.watch(watch)?,
                    Remembered::Failed(locator, why) => ingest.watch_failed(locator, why)?,
                }
            }
            Ok(())
        })?;
        Ok(())
    }
}

fn give_up(list: &Wanted, why: String, gathered: &mut Gathered) {
    context::note(&format!("{} could not be read: {why}", list.locator));
    if list.only_new {
        gathered.watched_unread += 1;
        gathered.memory.push(Remembered::Failed(list.locator.clone(), why));
    } else {
        gathered.named_unread += 1;
    }
}

/// What the user names is there, or the user is told before anything is done.
fn named_lists(named: &Named<'_>, project: &Project) -> Result<Vec<Wanted>, CliError> {
    let mut wanted: Vec<Wanted> = Vec::new();
    for name in named.lists {
        let hint = "a list is an address, a file, or - for standard input";
        let source = source::classify(name, Path::new(name).exists()).map_err(|why| CliError::usage(why, hint))?;
        let local = |bytes| Origin::Local {
            bytes,
            base: named.base.clone(),
        };
        let (locator, origin) = match source {
            Source::Web(url) => (url.to_string(), Origin::Web(url)),
            Source::File(path) => (project.locator(&path), local(context::read_input(&path)?)),
            Source::Stdin if named.watch => {
                return Err(CliError::usage(
                    "standard input cannot be watched: it comes once",
                    "write it to a file, and name that",
                ));
            }
            Source::Stdin => ("-".to_owned(), local(context::read_stdin()?)),
        };
        if wanted.iter().any(|other| other.locator == locator) {
            continue;
        }
        wanted.push(Wanted {
            locator,
            origin: Ok(origin),
            base: named.base.as_ref().map(Url::to_string),
            dated: named.cited_at == Some(CitedAt::Published),
            watch: named.watch,
            only_new: false,
            added_at: None,
        });
    }
    Ok(wanted)
}

fn watched(watch: Watch, project: &Project) -> Wanted {
    let url = Url::parse(&watch.locator).ok();
    let origin = match url.filter(|url| matches!(url.scheme(), "http" | "https")) {
        Some(url) => Ok(Origin::Web(url)),
        None => {
            let base = watch.base.as_deref().and_then(|base| Url::parse(base).ok());
            let bytes = std::fs::read(project.path(&watch.locator)).map_err(|e| e.to_string());
            bytes.map(|bytes| Origin::Local { bytes, base })
        }
    };
    Wanted {
        locator: watch.locator,
        origin,
        base: watch.base,
        dated: watch.dated,
        watch: true,
        only_new: true,
        added_at: Some(watch.added_at),
    }
}
