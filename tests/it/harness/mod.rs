//! What every test is written with: a local web ([`Site`]), the built binary ([`Evercite`]) and its
//! report, read back ([`Report`]).

pub mod coding;
pub mod hostile;
pub mod schema;
mod server;

use std::{
    collections::BTreeMap,
    io::{Read, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;
use sha2::Digest;

pub use server::{Answer, LiveSite, Site};

/// Where nobody listens: the discard port of an address of loopback that no test serves on.
pub const NOBODY: &str = "http://127.9.9.9:9/";

/// A run of the binary that takes longer than this hangs.
const HANGS: Duration = Duration::from_secs(50);

/// Crawling as fast as loopback allows. Flags of a test win over these.
const FAST: &[(&str, &str)] = &[
    ("EVERCITE_ALLOW_PRIVATE", "1"),
    ("EVERCITE_HOST_REQUEST_INTERVAL", "0"),
    ("EVERCITE_HOST_CONCURRENCY", "0"),
    ("EVERCITE_TIMEOUT", "3"),
    ("EVERCITE_MAX_RETRIES", "0"),
];

/// The binary in a folder of its own, with an archive there.
pub struct Evercite {
    folder: tempfile::TempDir,
    archive: PathBuf,
    environment: Vec<(String, String)>,
}

impl Evercite {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        Self {
            archive: folder.path().join("archive.db"),
            folder,
            environment: FAST.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
        }
    }

    /// As users have it who never asked for private addresses.
    pub fn on_the_public_web_only() -> Self {
        let mut evercite = Self::new();
        evercite
            .environment
            .retain(|(name, _)| name != "EVERCITE_ALLOW_PRIVATE");
        evercite
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn archive(&self) -> &Path {
        &self.archive
    }

    /// Writes a file into the folder and gives its name there.
    pub fn write<'a>(&self, name: &'a str, content: impl AsRef<[u8]>) -> &'a str {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder is made");
        std::fs::write(path, content).expect("a file is written");
        name
    }

    /// The binary, ready to be started in the folder on its archive.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let archive = self.archive.to_string_lossy();
        self.bare_command(&[&["--archive", &archive], arguments].concat())
    }

    /// The same, without a word about the archive.
    pub fn bare_command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_evercite"));
        let inherited = std::env::vars_os().map(|(name, _)| name);
        for name in inherited.filter(|name| name.to_string_lossy().starts_with("EVERCITE_")) {
            command.env_remove(name);
        }
        for name in ["CLICOLOR_FORCE", "NO_COLOR", "COLUMNS", "RUST_BACKTRACE", "RUST_LOG"] {
            command.env_remove(name);
        }
        for name in ["http_proxy", "https_proxy", "all_proxy", "no_proxy"] {
            command.env_remove(name).env_remove(name.to_ascii_uppercase());
        }
        command
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .current_dir(self.folder.path())
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Ran {
        finish(arguments, self.command(arguments).spawn().expect("the binary starts"))
    }

    pub fn run_without_archive(&self, arguments: &[&str]) -> Ran {
        finish(
            arguments,
            self.bare_command(arguments).spawn().expect("the binary starts"),
        )
    }

    /// Runs with something to read on standard input.
    pub fn run_with_input(&self, arguments: &[&str], input: impl AsRef<[u8]>) -> Ran {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let mut stdin = child.stdin.take().expect("a pipe");
        let input = input.as_ref().to_vec();
        // On a thread of its own: the binary may answer before it has read everything.
        let writing = std::thread::spawn(move || stdin.write_all(&input).ok());
        let ran = finish(arguments, child);
        writing.join().expect("the writer does not panic");
        ran
    }

    /// Runs, and expects the exit code 0.
    pub fn ok(&self, arguments: &[&str]) -> Ran {
        self.run(arguments).exits(0)
    }

    /// The report over everything in the archive.
    pub fn report(&self) -> Report {
        Report::of(
            &self
                .run(&["report", "--format", "json", "--all", "--fail-on", "none"])
                .exits(0),
        )
    }

    /// The rows of a query, as JSON objects.
    pub fn query(&self, sql: &str) -> Vec<Value> {
        let ran = self.ok(&["query", sql, "--format", "json"]);
        serde_json::from_str(&ran.stdout).expect("rows in JSON")
    }

    /// A connection of our own, reading only, as any SQLite tool would open the file.
    pub fn sqlite(&self) -> rusqlite::Connection {
        rusqlite::Connection::open_with_flags(&self.archive, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY)
            .expect("SQLite opens the archive")
    }

    /// One value of a query over [`Evercite::sqlite`].
    pub fn value<T: rusqlite::types::FromSql>(&self, sql: &str) -> T {
        self.sqlite().query_row(sql, [], |row| row.get(0)).expect("one value")
    }

    /// Every byte that is kept: the archive file and what stands beside it, and the heads, which are compressed there.
    pub fn every_byte(&self) -> Vec<u8> {
        let mut bytes = self.every_byte_as_stored();
        bytes.extend(self.heads().into_values().flatten());
        bytes
    }

    /// The heads of each capture, decoded.
    pub fn heads(&self) -> BTreeMap<i64, Vec<u8>> {
        let sql = self.sqlite();
        let mut heads: BTreeMap<i64, Vec<u8>> = BTreeMap::new();
        let mut rows = sql
            .prepare("SELECT capture_id, base_id, data FROM capture_head ORDER BY capture_id")
            .expect("the table is there");
        let mut rows = rows.query([]).expect("rows");
        while let Some(row) = rows.next().expect("a row") {
            let data: Vec<u8> = row.get(2).expect("a frame");
            let base: Option<i64> = row.get(1).expect("a base");
            let mut decoder = match base {
                // What it is stored against came before.
                Some(base) => zstd::Decoder::with_ref_prefix(data.as_slice(), &heads[&base]),
                None => zstd::Decoder::with_ref_prefix(data.as_slice(), &[]),
            }
            .expect("a decoder");
            let mut head = Vec::new();
            decoder.read_to_end(&mut head).expect("the heads of a capture");
            drop(decoder);
            heads.insert(row.get(0).expect("a capture"), head);
        }
        heads
    }

    /// Every body that is kept, decoded, by its SHA-256, to which it is held.
    pub fn bodies(&self) -> BTreeMap<Vec<u8>, Vec<u8>> {
        let sql = self.sqlite();
        let mut decoded: BTreeMap<i64, Vec<u8>> = BTreeMap::new();
        // What they are stored against is not as deep.
        let mut blobs = sql
            .prepare("SELECT id, codec, base_id, data FROM blob ORDER BY depth")
            .expect("the table is there");
        let mut rows = blobs.query([]).expect("rows");
        while let Some(row) = rows.next().expect("a row") {
            let (id, codec): (i64, String) = (row.get(0).expect("a row id"), row.get(1).expect("a codec"));
            let (base, data): (Option<i64>, Vec<u8>) = (row.get(2).expect("a base"), row.get(3).expect("bytes"));
            let body = match codec.as_str() {
                "raw" => data,
                _ => {
                    let prefix: &[u8] = base.map_or(&[], |base| &decoded[&base]);
                    let mut body = Vec::new();
                    zstd::Decoder::with_ref_prefix(data.as_slice(), prefix)
                        .and_then(|mut decoder| {
                            decoder.window_log_max(27).and_then(|()| decoder.read_to_end(&mut body))
                        })
                        .expect("a body");
                    body
                }
            };
            decoded.insert(id, body);
        }
        let mut payloads = sql
            .prepare("SELECT sha256, blob_id FROM payload WHERE blob_id IS NOT NULL")
            .expect("the table is there");
        let payloads = payloads.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
        payloads
            .expect("rows")
            .map(|row| {
                let (sha256, blob): (Vec<u8>, i64) = row.expect("a payload");
                let body = decoded[&blob].clone();
                assert_eq!(sha2::Sha256::digest(&body).as_slice(), sha256, "blob {blob}");
                (sha256, body)
            })
            .collect()
    }

    /// The names of the tables, but for those of the full-text index.
    pub fn tables(&self) -> Vec<String> {
        let names = "SELECT group_concat(name) FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'page_search%'
            AND name NOT LIKE 'sqlite_%'";
        self.value::<String>(names).split(',').map(str::to_owned).collect()
    }

    /// Every row of a table, every value of it, in the order of the table.
    pub fn rows_of(&self, table: &str) -> Vec<Vec<rusqlite::types::Value>> {
        let sql = self.sqlite();
        let mut statement = sql
            .prepare(&format!("SELECT * FROM {table}"))
            .expect("the table is there");
        let columns = statement.column_count();
        let rows = statement.query_map([], |row| (0..columns).map(|column| row.get(column)).collect());
        rows.expect("rows").collect::<Result<_, _>>().expect("values")
    }

    fn every_byte_as_stored(&self) -> Vec<u8> {
        ["", "-wal", "-shm", ".lock"]
            .iter()
            .flat_map(|suffix| {
                let mut name = self.archive.as_os_str().to_owned();
                name.push(suffix);
                std::fs::read(name).unwrap_or_default()
            })
            .collect()
    }

    pub fn is_sound(&self) -> bool {
        self.value::<String>("PRAGMA integrity_check") == "ok"
            && self
                .sqlite()
                .prepare("PRAGMA foreign_key_check")
                .is_ok_and(|mut check| check.query([]).is_ok_and(|mut rows| matches!(rows.next(), Ok(None))))
    }
}

/// An article that cites two pages, and one that is gone.
pub fn two_pages_and_one_gone() -> LiveSite {
    Site::new()
        .page("/first", page("Dam", &prose("dam", 9)))
        .page("/second", page("Gate", &prose("gate", 9)))
        .gone("/gone")
        .page("/article", citing(&["/first", "/second", "/gone"]))
        .serve()
}

/// Numbers that look like chance, the same ones each time.
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.0 >> 33) % below
    }
}

/// How the binary ended, and what it said.
#[derive(Debug)]
pub struct Ran {
    pub arguments: String,
    pub code: Option<i32>,
    pub stdout: String,
    pub bytes: Vec<u8>,
    pub stderr: String,
    /// The most memory it held, as far as was seen; in bytes.
    pub peak_memory: u64,
}

impl Ran {
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self}");
        self
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("{e}: {self}"))
    }

    /// One clear line of what and why, at most one of what to do, and nothing a developer would say.
    #[track_caller]
    pub fn complains_clearly(&self) -> &Self {
        let lines: Vec<&str> = self.stderr.lines().collect();
        assert!(
            lines.first().is_some_and(|line| line.starts_with("evercite: ")),
            "{self}"
        );
        assert!(lines.len() <= 2, "more than what, why and what to do: {self}");
        assert!(lines.iter().skip(1).all(|line| line.starts_with("  hint: ")), "{self}");
        self.never_panicked()
    }

    #[track_caller]
    pub fn never_panicked(&self) -> &Self {
        for word in ["panicked", "RUST_BACKTRACE", "stack backtrace", "unwrap()", "src/"] {
            assert!(!self.stderr.contains(word), "{word}: {self}");
        }
        self
    }
}

impl std::fmt::Display for Ran {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "evercite {}\nexit code {:?}\n--- stdout\n{}\n--- stderr\n{}",
            self.arguments, self.code, self.stdout, self.stderr
        )
    }
}

/// Waits for a child to end; kills one that hangs.
pub fn finish(arguments: &[&str], mut child: Child) -> Ran {
    let mut out = child.stdout.take().expect("a pipe");
    let mut err = child.stderr.take().expect("a pipe");
    let reading = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        out.read_to_end(&mut bytes).map(|_| bytes)
    });
    let reading_errors = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        err.read_to_end(&mut bytes).map(|_| bytes)
    });
    let begun = Instant::now();
    let status = format!("/proc/{}/status", child.id());
    let mut peak_memory = 0;
    let code = loop {
        peak_memory = peak_memory.max(high_water_mark(&status));
        if let Some(status) = child.try_wait().expect("the child can be waited for") {
            break status.code();
        }
        if begun.elapsed() > HANGS {
            child.kill().expect("the child can be killed");
            child.wait().expect("the child ends");
            panic!("evercite {} hangs", arguments.join(" "));
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    let bytes = reading.join().expect("no panic").expect("standard output is read");
    let errors = reading_errors
        .join()
        .expect("no panic")
        .expect("standard error is read");
    Ran {
        arguments: arguments.join(" "),
        code,
        stdout: String::from_utf8_lossy(&bytes).into_owned(),
        bytes,
        stderr: String::from_utf8_lossy(&errors).into_owned(),
        peak_memory,
    }
}

/// The peak of resident memory in a file of /proc; 0 when the process has ended, or still has the memory of this one,
/// as it does for a moment after it was started.
fn high_water_mark(status: &str) -> u64 {
    let text = std::fs::read_to_string(status).unwrap_or_default();
    if !text.starts_with("Name:\tevercit") {
        return 0;
    }
    let kilobytes = text
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
    kilobytes.and_then(|kb| kb.trim().parse::<u64>().ok()).unwrap_or(0) << 10
}

/// The JSON report.
#[derive(Debug, Clone)]
pub struct Report(pub Value);

impl Report {
    #[track_caller]
    pub fn of(ran: &Ran) -> Self {
        let report = Self(ran.json());
        assert_eq!(report.0["schema_version"], 1, "{ran}");
        report
    }

    pub fn links(&self) -> &[Value] {
        self.0["links"].as_array().expect("links")
    }

    /// The one link with this address (and fragment, after `#`).
    #[track_caller]
    pub fn link(&self, url: &str) -> &Value {
        let mut found = self.links().iter().filter(|link| address(link) == url);
        let link = found
            .next()
            .unwrap_or_else(|| panic!("{url} is not in the report: {:#}", self.0));
        assert!(found.next().is_none(), "{url} stands in the report twice");
        link
    }

    #[track_caller]
    pub fn class(&self, url: &str) -> &str {
        self.link(url)["class"].as_str().expect("a class")
    }

    pub fn urls(&self) -> Vec<String> {
        self.links().iter().map(address).collect()
    }

    pub fn articles(&self) -> Vec<&str> {
        let articles = self.0["articles"].as_array().expect("articles");
        articles
            .iter()
            .filter_map(|article| article["article"].as_str())
            .collect()
    }

    pub fn total(&self, name: &str) -> u64 {
        self.0["totals"][name]
            .as_u64()
            .unwrap_or_else(|| panic!("{name}: {:#}", self.0["totals"]))
    }

    /// How many links are of a class, as the totals have it.
    pub fn count(&self, class: &str) -> u64 {
        self.0["totals"]["by_class"][class].as_u64().unwrap_or(0)
    }

    /// Sums must agree with each other and with the links listed.
    #[track_caller]
    pub fn adds_up(&self) -> &Self {
        let by_class = self.0["totals"]["by_class"].as_object().expect("by_class");
        let sum: u64 = by_class.values().filter_map(Value::as_u64).sum();
        assert_eq!(sum, self.total("links"), "{:#}", self.0["totals"]);
        let unchecked = self.count("skipped") + self.count("excluded") + self.count("unchecked");
        assert_eq!(self.total("checked"), sum - unchecked, "{:#}", self.0["totals"]);
        let present: Vec<&Value> = self.links().iter().filter(|link| link["state"] == "present").collect();
        assert_eq!(present.len() as u64, sum, "every link is listed once");
        for (class, count) in by_class {
            let listed = present.iter().filter(|link| link["class"] == class.as_str()).count() as u64;
            assert_eq!(Some(listed), count.as_u64(), "{class}");
        }
        assert_eq!(self.links().len() as u64 - sum, self.total("removed"));
        self
    }
}

fn address(link: &Value) -> String {
    let url = link["url"].as_str().expect("a url");
    match link["fragment"].as_str() {
        Some(fragment) => format!("{url}#{fragment}"),
        None => url.to_owned(),
    }
}

/// A page with a title and paragraphs in its main text.
pub fn page(title: &str, text: &str) -> String {
    let paragraphs: String = text
        .split("\n\n")
        .map(|paragraph| format!("<p>{paragraph}</p>\n"))
        .collect();
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title></head>\
         <body><main><h1>{title}</h1>\n{paragraphs}</main></body></html>"
    )
}

/// A page that links to each of these addresses, with `link N` as the anchor, N from 1.
pub fn citing<S: AsRef<str>>(links: &[S]) -> String {
    let links: Vec<String> = (1..)
        .zip(links)
        .map(|(n, to)| format!("Source {n} is <a href=\"{}\">link {n}</a>.", to.as_ref()))
        .collect();
    page("An article", &links.join("\n\n"))
}

/// Sentences that no other `subject` shares a run of words with.
pub fn prose(subject: &str, sentences: usize) -> String {
    (1..=sentences)
        .map(|n| {
            format!(
                "The {subject} of year {n} was described by {subject} keepers as {subject} number {n}, \
                 which {subject} readers remember for {} reasons.",
                n * 7
            )
        })
        .collect::<Vec<_>>()
        .join(" ")
}
