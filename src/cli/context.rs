//! What verbs share: the clock, the output, local files and the articles they are known as.

use std::{
    collections::HashMap,
    io::{IsTerminal, Read, Write},
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use super::{CLEAN, FINDINGS, error::CliError};
use crate::{
    archive::Reader,
    extract,
    model::{
        article::{Article, Document},
        canonical,
        page::Page,
        report::Totals,
        time::{Clock, Timestamp},
        url::{self, Url},
        verdict::Class,
    },
    report::Style,
    source,
};

/// The system's clock, ahead by a fixed span: the demo lets a year pass with it.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock {
    pub ahead: std::time::Duration,
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX)).plus(self.ahead)
    }
}

/// Writes to standard output. A reader that went away (`| head`) is no error.
pub fn print(text: &str) -> Result<(), CliError> {
    let mut out = anstream::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(e) if e.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        result => result.map_err(CliError::output),
    }
}

/// Writes bytes to standard output as they are.
pub fn print_bytes(bytes: &[u8]) -> Result<(), CliError> {
    let mut out = std::io::stdout().lock();
    written(out.write_all(bytes).and_then(|()| out.flush()))
}

/// What came of writing to standard output.
pub fn written(result: std::io::Result<()>) -> Result<(), CliError> {
    match result {
        Err(e) if e.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        result => result.map_err(CliError::output),
    }
}

/// A note to the user beside the output, on one line: names of files and answers of servers may hold anything.
pub fn note(text: &str) {
    anstream::eprintln!("evercite: {}", on_one_line(text));
}

/// Text in which nothing can end a line or speak to a terminal.
pub fn on_one_line(text: &str) -> String {
    text.replace(char::is_control, " ")
}

/// The archive's file with what waits in its write-ahead log.
pub fn size_of(archive: &Path) -> u64 {
    let mut log = archive.as_os_str().to_owned();
    log.push("-wal");
    let length = |path: &Path| std::fs::metadata(path).map_or(0, |file| file.len());
    length(archive) + length(&PathBuf::from(log))
}

/// How text is set on standard output.
pub fn style(to_file: bool) -> Style {
    let terminal = std::io::stdout().is_terminal() && !to_file;
    let colour = terminal && anstream::AutoStream::choice(&std::io::stdout()) != anstream::ColorChoice::Never;
    Style { width: 80, colour }
}

/// The classes of `--fail-on`.
pub fn failing_classes(words: &[String]) -> Result<Vec<Class>, CliError> {
    words
        .iter()
        .map(|word| word.trim())
        .filter(|word| !word.is_empty() && *word != "none")
        .map(|word| {
            word.parse()
                .map_err(|why| CliError::usage(format!("--fail-on: {why}"), "`none` never fails"))
        })
        .collect()
}

/// The exit code that a report's totals call for.
pub fn verdict_code(totals: &Totals, fail_on: &[Class]) -> u8 {
    let found = |class: &Class| totals.by_class.get(class.as_str()).is_some_and(|count| *count > 0);
    if fail_on.iter().any(found) { FINDINGS } else { CLEAN }
}

pub fn read_stdin() -> Result<Vec<u8>, CliError> {
    let mut bytes = Vec::new();
    std::io::stdin()
        .read_to_end(&mut bytes)
        .map_err(|e| CliError::failed(format!("standard input could not be read: {e}"), ""))?;
    Ok(bytes)
}

/// Reads a file, or standard input for `-`.
pub fn read_input(name: &str) -> Result<Vec<u8>, CliError> {
    if name == "-" {
        return read_stdin();
    }
    if Path::new(name).is_dir() {
        return Err(CliError::usage(
            format!("{name} is a folder"),
            "name the files in it; `evercite add` follows whole folders",
        ));
    }
    std::fs::read(name).map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => CliError::usage(format!("{name}: no such file"), "check the spelling"),
        std::io::ErrorKind::PermissionDenied => {
            CliError::usage(format!("{name} may not be read"), "check its permissions")
        }
        _ => CliError::usage(format!("{name} could not be read: {e}"), ""),
    })
}

/// Local files are named relative to the project: the folder that holds `snapshots/`, or the
/// archive's own folder. So an archive can be moved together with what it describes.
#[derive(Debug, Clone)]
pub struct Project {
    root: PathBuf,
}

impl Project {
    pub fn of(archive: &Path) -> Self {
        let folder = archive
            .parent()
            .filter(|p| !p.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        // It may have to be made yet.
        let whole = folder.canonicalize().or_else(|_| std::path::absolute(folder));
        let folder = whole.unwrap_or_else(|_| folder.to_path_buf());
        let root = match (folder.file_name(), folder.parent()) {
            (Some(name), Some(parent)) if name == "snapshots" => parent.to_path_buf(),
            _ => folder,
        };
        Self { root }
    }

    /// The working directory, where no archive is kept.
    pub fn here() -> Self {
        Self {
            root: Path::new(".").canonicalize().unwrap_or_default(),
        }
    }

    /// The name the archive knows a file by.
    pub fn locator(&self, path: &str) -> String {
        let absolute = Path::new(path).canonicalize().unwrap_or_else(|_| PathBuf::from(path));
        absolute
            .strip_prefix(&self.root)
            .unwrap_or(&absolute)
            .to_string_lossy()
            .into_owned()
    }

    /// The file of that name.
    pub fn path(&self, locator: &str) -> PathBuf {
        self.root.join(locator)
    }
}

/// Reads local articles again by their addresses; those that came once are remembered.
pub struct Documents<'a> {
    pub reader: &'a Reader,
    pub project: &'a Project,
    pub once: HashMap<Url, Document>,
}

impl Documents<'_> {
    pub fn read(&self, url: &Url) -> Result<Document, String> {
        if let Some(document) = self.once.get(url) {
            return Ok(document.clone());
        }
        let found = self.reader.local_article(url).map_err(|e| e.to_string())?;
        let (locator, base) = found.ok_or("it came once on standard input and cannot be read again")?;
        let path = self.project.path(&locator);
        let bytes = std::fs::read(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        source::document(&locator, bytes, base.and_then(|base| Url::parse(&base).ok()))
    }
}

/// What a local document says, and links to.
pub fn page_of(document: &Document) -> Page {
    let nowhere = url::nowhere();
    extract::read(&extract::Body {
        bytes: &document.bytes,
        media_type: Some(document.media_type),
        charset: None,
        url: document.base.as_ref().unwrap_or(&nowhere),
        local: true,
        assets: false,
        quotes: false,
        volatile: &[],
    })
}

/// The locators that a user may mean: as typed, the path of a file, an address.
pub fn names(project: &Project, wanted: &str) -> Vec<String> {
    let mut names = vec![wanted.to_owned(), project.locator(wanted)];
    if let Ok(mut address) = canonical::parse(wanted) {
        url::strip(&mut address);
        names.push(address.to_string());
    }
    names
}

/// Finds the article of exactly that locator, path or address.
pub fn exact_article(reader: &Reader, project: &Project, wanted: &str) -> Result<Option<Article>, CliError> {
    Ok(reader.article_named(&names(project, wanted))?)
}

/// Finds the article that a user means: by locator, by path, by address, or by a part that only
/// one article has.
pub fn find_article(reader: &Reader, project: &Project, wanted: &str) -> Result<Article, CliError> {
    if wanted.trim().is_empty() {
        return Err(CliError::usage(
            "an article's name is empty",
            "`evercite list` shows the names",
        ));
    }
    if let Some(article) = exact_article(reader, project, wanted)? {
        return Ok(article);
    }
    let articles = reader.articles()?;
    let mut partly = articles.into_iter().filter(|article| article.locator.contains(wanted));
    match (partly.next(), partly.next()) {
        (Some(article), None) => Ok(article),
        (Some(_), Some(_)) => Err(CliError::usage(
            format!("several articles have {wanted:?} in their names"),
            "write more of it; `evercite list` shows them",
        )),
        _ => Err(CliError::usage(
            format!("{wanted} is not in the archive"),
            "`evercite list` shows what is; `evercite snapshot` takes it in",
        )),
    }
}
