//! What the user may type. Names follow the nearest peers.

use std::{path::PathBuf, time::Duration};

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::model::{
    graph::Part,
    retention::Keep,
    time::{Clock, Timestamp},
};

/// Keeps the pages that an article cites, and tells what became of them.
#[derive(Debug, Parser)]
#[command(name = "evercite", version, propagate_version = true, max_term_width = 100)]
#[command(after_help = "Examples:
  evercite demo                                   see it work, without network
  evercite snapshot https://example.org/article   keep an article and all it links to
  evercite snapshot notes.md --cited-at 2016-02-05
  evercite check --quiet                          from cron: silent unless something changed
  evercite report                                 which links are dead, moved, changed
  evercite explain https://example.org/source     why one of them is
  evercite query 'SELECT url, reason FROM dead_links'

Exit codes: 0 nothing to tell; 1 the job could not be done (or another run is on);
2 links need attention; 3 wrong usage or configuration.")]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

/// Options of every command.
#[derive(Debug, Clone, Args)]
pub struct Global {
    /// The archive file [default: snapshots/archive.db]
    #[arg(long, global = true, value_name = "FILE", env = "EVERCITE_ARCHIVE")]
    pub archive: Option<PathBuf>,
    /// Configuration file [default: evercite.toml in the working directory, where there is one]
    #[arg(long, global = true, value_name = "FILE", env = "EVERCITE_CONFIG")]
    pub config: Option<PathBuf>,
    /// Tell more on standard error; -vv and -vvv tell more still
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// Print nothing unless something changed or went wrong
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// No progress bar
    #[arg(short = 'n', long, global = true, env = "EVERCITE_NO_PROGRESS", value_parser = clap::builder::FalseyValueParser::new())]
    pub no_progress: bool,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Keep articles and every page they link to
    Snapshot(SnapshotArgs),
    /// Visit articles and links again, and tell what changed
    Check(CheckArgs),
    /// Go on with a run that was stopped or killed
    Resume(ResumeArgs),
    /// Tell which links are dead, moved, changed or blocked
    Report(ReportArgs),
    /// Judge what is archived again by today's rules, without network
    Judge(JudgeArgs),
    /// Explain a link: its verdicts over time, what they rest on, what would change today's
    Explain(ExplainArgs),
    /// Copy the archive while it is in use
    Backup(BackupArgs),
    /// What the archive holds, and what that takes
    Stats(StatsArgs),
    /// Encode the archive again so that it takes less room; nothing in it changes
    Compact(CompactArgs),
    /// Tell which old bodies a policy would free; with --write, free them
    Prune(PruneArgs),
    /// Take everything from another archive into this one
    Merge(MergeArgs),
    /// Bring an archive of an older format to today's, after a backup
    Migrate(MigrateArgs),
    /// Look whether the archive is sound, and say what damage costs
    Verify(VerifyArgs),
    /// List the roots of the runs, to have them timestamped outside
    Roots(RootsArgs),
    /// List the articles in the archive, and the lists that are watched
    List(ListArgs),
    /// Take articles off the list, or watch a list no longer; what was captured stays
    Remove(RemoveArgs),
    /// Print the archived copy of a page
    Show(ShowArgs),
    /// What a page said then, and says now: sentences, words, links
    Diff(DiffArgs),
    /// Captures, versions and verdicts of a page on one timeline
    History(HistoryArgs),
    /// Choose the copy that links to a page are held against
    Pin(PinArgs),
    /// Find a change fine: links to the page are held against its newest copy from now on
    Accept(AcceptArgs),
    /// Note something beside an address, for reports
    Note(NoteArgs),
    /// Propose a patch for links of local files that moved or died; with --write, make it
    Fix(FixArgs),
    /// Ask the archive in SQL, reading only
    Query(QueryArgs),
    /// Who cites what: cited together, most cited, orphans, what links to dead pages
    Graph(GraphArgs),
    /// What SQL may ask of the archive: views with their columns, and functions
    Schema(SchemaArgs),
    /// Find words in the archived pages
    Search(SearchArgs),
    /// See it all work on a small bundled web, without network
    Demo(DemoArgs),
    /// Canonical form and SURT key of addresses
    Url(PlumbingArgs),
    /// Title, byline, date and main text of a page
    Text(TextArgs),
    /// How far one version of a page is from another
    Compare(CompareArgs),
    /// Whether a robots.txt allows an address
    Robots(RobotsArgs),
    /// Print a completion script for a shell
    #[command(after_help = "Examples:
  evercite completions bash > ~/.local/share/bash-completion/completions/evercite
  evercite completions zsh > ~/.zfunc/_evercite")]
    Completions { shell: Shell },
    /// Print the manual page
    #[command(after_help = "Examples:
  evercite man > ~/.local/share/man/man1/evercite.1
  evercite man | man -l -")]
    Man,
}

/// How pages are fetched. Also the keys of `evercite.toml`.
#[derive(Debug, Clone, Default, Args, serde::Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct CrawlArgs {
    /// Links followed from an article; 1: the article and what it links to [default: 1]
    #[arg(long, value_name = "N", env = "EVERCITE_DEPTH")]
    pub depth: Option<u32>,
    /// Requests in flight at once [default: 32]
    #[arg(long, value_name = "N", env = "EVERCITE_MAX_CONCURRENCY")]
    pub max_concurrency: Option<usize>,
    /// Requests in flight at once with one host; 0: no limit [default: 2]
    #[arg(long, value_name = "N", env = "EVERCITE_HOST_CONCURRENCY")]
    pub host_concurrency: Option<usize>,
    /// Time between two requests to one host at least, such as 500ms or 2s; 0: none [default: 500ms]
    #[arg(long, value_name = "TIME", env = "EVERCITE_HOST_REQUEST_INTERVAL", value_parser = duration)]
    #[serde(deserialize_with = "duration_in_toml", serialize_with = "duration_to_toml")]
    pub host_request_interval: Option<Duration>,
    /// Time for one request, in seconds or as 20s, 500ms, 1m [default: 20s]
    #[arg(short, long, value_name = "TIME", env = "EVERCITE_TIMEOUT", value_parser = duration)]
    #[serde(deserialize_with = "duration_in_toml", serialize_with = "duration_to_toml")]
    pub timeout: Option<Duration>,
    /// Attempts after a failure that may pass [default: 2]
    #[arg(long, value_name = "N", env = "EVERCITE_MAX_RETRIES")]
    pub max_retries: Option<u32>,
    /// Redirects followed [default: 10]
    #[arg(short, long, value_name = "N", env = "EVERCITE_MAX_REDIRECTS")]
    pub max_redirects: Option<usize>,
    /// Bytes of a body read at most; those beyond 8 MiB wait in a temporary file, and beyond 16 MiB are kept but not
    /// read as pages [default: 16777216]
    #[arg(long, value_name = "BYTES", env = "EVERCITE_MAX_BODY")]
    pub max_body: Option<usize>,
    /// Requests in one run at most; `resume` goes on [default: no limit]
    #[arg(long, value_name = "N", env = "EVERCITE_PAGE_LIMIT")]
    pub page_limit: Option<u64>,
    /// Bytes received in one run at most; `resume` goes on [default: no limit]
    #[arg(long, value_name = "BYTES", env = "EVERCITE_BYTE_LIMIT")]
    pub byte_limit: Option<u64>,
    /// Time for one run; `resume` goes on [default: no limit]
    #[arg(long, value_name = "TIME", env = "EVERCITE_TIME_LIMIT", value_parser = duration)]
    #[serde(deserialize_with = "duration_in_toml", serialize_with = "duration_to_toml")]
    pub time_limit: Option<Duration>,
    /// Who we say we are; put a way to reach you in it
    #[arg(short, long, value_name = "TEXT", env = "EVERCITE_USER_AGENT")]
    pub user_agent: Option<String>,
    /// A header sent with every request, as `Name: value`; never archived (repeatable)
    #[arg(short = 'H', long, value_name = "HEADER")]
    #[serde(skip_serializing)]
    pub header: Vec<String>,
    /// Only addresses that match this regular expression; wins over --exclude (repeatable)
    #[arg(long, value_name = "REGEX")]
    pub include: Vec<String>,
    /// Not the addresses that match this regular expression (repeatable)
    #[arg(long, value_name = "REGEX")]
    pub exclude: Vec<String>,
    /// Statuses that count as fine beside 2xx, such as 403 or 429,500..=504
    #[arg(short, long, value_name = "STATUSES", env = "EVERCITE_ACCEPT")]
    pub accept: Option<String>,
    /// Look twice at new pages that bring no validators, to learn which parts change by themselves
    #[arg(long, env = "EVERCITE_SECOND_LOOK", value_parser = clap::builder::FalseyValueParser::new())]
    pub second_look: bool,
    /// When a failure counts as confirmed: seen on other days, or now, by asking what failed twice more in
    /// the same run [default: days]
    #[arg(long, value_name = "WHEN", env = "EVERCITE_CONFIRM")]
    pub confirm: Option<ConfirmRule>,
    /// Time between the looks of `--confirm now` [default: 20s]
    #[arg(long, value_name = "TIME", env = "EVERCITE_CONFIRM_WAIT", value_parser = duration)]
    #[serde(deserialize_with = "duration_in_toml", serialize_with = "duration_to_toml")]
    pub confirm_wait: Option<Duration>,
    /// Whether robots.txt files are asked for and obeyed [default: obey]
    #[arg(long, value_name = "RULE", env = "EVERCITE_ROBOTS")]
    pub robots: Option<RobotsRule>,
    /// Whether pages that ask for it (X-Robots-Tag or meta robots: noarchive) are judged but not kept [default: obey]
    #[arg(long, value_name = "RULE", env = "EVERCITE_NOARCHIVE")]
    pub noarchive: Option<NoarchiveRule>,
    /// Keep what pages need to look as they did too: style sheets, images, fonts, scripts [default: none]
    #[arg(long, value_name = "PAGES", env = "EVERCITE_ASSETS")]
    pub assets: Option<AssetsRule>,
    /// Allow loopback and private addresses
    #[arg(long, env = "EVERCITE_ALLOW_PRIVATE", value_parser = clap::builder::FalseyValueParser::new())]
    pub allow_private: bool,
    /// Ask through this HTTP proxy instead of those of http_proxy, HTTPS_PROXY and ALL_PROXY; `none`: ask directly
    #[arg(long, value_name = "URL", env = "EVERCITE_PROXY", hide_env_values = true)]
    #[serde(skip_serializing)]
    pub proxy: Option<String>,
    /// Trust the certificates in this PEM file besides the system's
    #[arg(long, value_name = "FILE", env = "EVERCITE_CA_FILE")]
    pub ca_file: Option<PathBuf>,
    /// Do not check certificates: anyone on the way can forge what is archived
    #[arg(long, env = "EVERCITE_INSECURE", value_parser = clap::builder::FalseyValueParser::new())]
    pub insecure: bool,
    /// Send the cookies of this cookies.txt where they belong; the file is only read, the cookies never archived
    #[arg(long, value_name = "FILE", env = "EVERCITE_COOKIE_JAR")]
    pub cookie_jar: Option<PathBuf>,
    /// Ask only IPv4 addresses
    #[arg(short = '4', long, conflicts_with = "ipv6")]
    pub ipv4: bool,
    /// Ask only IPv6 addresses
    #[arg(short = '6', long)]
    pub ipv6: bool,
    /// Where a host is found, as HOST:PORT, an address or ADDRESS:PORT (repeatable): `--resolve example.org=127.0.0.1:8080`
    #[arg(long, value_name = "HOST=ADDRESS")]
    pub resolve: Vec<String>,
    /// What evercite.toml says of single hosts, in tables of its own.
    #[arg(skip)]
    #[serde(skip)]
    pub hosts: super::hosts::Hosts,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RobotsRule {
    /// Ask for robots.txt and do as it says
    Obey,
    /// Neither ask nor obey; for sites that are your own
    Ignore,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum NoarchiveRule {
    /// Keep digests and verdict, not the page
    Obey,
    /// Keep such pages too
    Ignore,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ConfirmRule {
    /// Seen again on another day; failures that may pass, at three visits each three days apart
    Days,
    /// Asked twice more in this run
    Now,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum AssetsRule {
    /// Pages alone
    None,
    /// Of articles
    Articles,
    /// Of articles and of every page they cite
    All,
}

/// How the archive is written to.
#[derive(Debug, Clone, Args)]
pub struct WriteArgs {
    /// When another run is working on the archive, wait for it to end, this long at most; without a time, for a day
    #[arg(long, value_name = "TIME", num_args = 0..=1, require_equals = true, default_missing_value = "1d", value_parser = duration)]
    pub wait: Option<Duration>,
    /// Ask of the disk all that can be asked, and at the end fold the log into the file. Also without it,
    /// each commit is synced before it counts
    #[arg(long, env = "EVERCITE_DURABLE", value_parser = clap::builder::FalseyValueParser::new())]
    pub durable: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  evercite snapshot https://example.org/article
  evercite snapshot notes.md essay.html --cited-at 2016-02-05
  pandoc -t markdown paper.docx | evercite snapshot -
  evercite snapshot --files-from articles.txt --host-request-interval 2s
  evercite snapshot --from https://example.org/feed.xml --watch
  evercite snapshot --from bookmarks.html --cited-at published")]
pub struct SnapshotArgs {
    /// Addresses of articles, local .md, .html or .txt files, or - for standard input
    #[arg(value_name = "SOURCE", required_unless_present_any = ["files_from", "from"])]
    pub sources: Vec<String>,
    /// Read more sources from a file, one a line; - for standard input
    #[arg(long, value_name = "FILE")]
    pub files_from: Option<String>,
    /// Keep every entry of a list: an address, a file or - (repeatable). RSS, Atom, JSON Feed,
    /// sitemaps (also gzipped), OPML, browser bookmarks, JSON Lines, one address a line
    #[arg(long, value_name = "LIST")]
    pub from: Vec<String>,
    /// Read the lists of --from again at every `check` and `snapshot`, and keep what is new in them
    #[arg(long, requires = "from")]
    pub watch: bool,
    /// The day the sources were cited; links are held against the copy nearest to it. `published`:
    /// the day that a list of --from gives for each entry
    #[arg(long, value_name = "DATE", value_parser = CitedAt::parse)]
    pub cited_at: Option<CitedAt>,
    /// The address that relative links of a local article or list stand for
    #[arg(long, value_name = "URL")]
    pub base_url: Option<String>,
    /// Only tell what would be fetched
    #[arg(long, conflicts_with = "from")]
    pub dry_run: bool,
    #[command(flatten)]
    pub write: WriteArgs,
    #[command(flatten)]
    pub crawl: CrawlArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// What `--cited-at` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CitedAt {
    /// This day, for all.
    Day(Timestamp),
    /// For each entry of a list the day that the list gives.
    Published,
}

impl CitedAt {
    fn parse(text: &str) -> Result<Self, String> {
        match text.trim() {
            "published" => Ok(Self::Published),
            day => Timestamp::parse(day)
                .map(Self::Day)
                .map_err(|why| format!("{why}, or `published`")),
        }
    }

    /// The day that was named.
    pub fn day(self) -> Option<Timestamp> {
        match self {
            Self::Day(day) => Some(day),
            Self::Published => None,
        }
    }
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  evercite check                      every article in the archive
  evercite check notes.md             that one; without an archive, just to know
  evercite check --quiet              from cron: prints only what is new
  evercite check --wait=10m           when another run may still be on
  evercite check notes.md --confirm now   before publishing: what fails is asked three times
  evercite check --format json > links.json")]
pub struct CheckArgs {
    /// Only these articles; files and addresses that are not in the archive are checked without one
    #[arg(value_name = "ARTICLE")]
    pub articles: Vec<String>,
    /// Exit with 2 when a link is of one of these classes
    #[arg(
        long,
        value_name = "CLASSES",
        value_delimiter = ',',
        default_value = "dead,changed,replaced"
    )]
    pub fail_on: Vec<String>,
    /// Let failing links rest until they are due: dead ones after 7, 14, 30 and 90 days, suspect ones when
    /// another failure counts
    #[arg(long)]
    pub due: bool,
    /// Only tell what would be fetched
    #[arg(long)]
    pub dry_run: bool,
    #[command(flatten)]
    pub write: WriteArgs,
    #[command(flatten)]
    pub crawl: CrawlArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  evercite judge                      what would be said otherwise by the rules of this version
  evercite judge --write              add those verdicts to the ledger")]
pub struct JudgeArgs {
    /// Add what differs to the ledger, where other rules said it
    #[arg(long)]
    pub write: bool,
    #[command(flatten)]
    pub writing: WriteArgs,
    /// How to tell it
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: ReportFormat,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  evercite backup /mnt/usb/archive.db             one file; refused where one is
  evercite backup /mnt/usb/archive.db --replace   put in its place once it is whole and checked
  evercite backup /mnt/usb/ --keep 7              archive-2026-11-27T031500Z.db, and the six before it

A backup is an archive like any other. To look into it:
  evercite --archive /mnt/usb/archive.db report
To restore it, while nothing runs, move what stands at snapshots/archive.db aside, together with
archive.db-wal and archive.db-shm where they are there, and copy the backup to snapshots/archive.db.")]
pub struct BackupArgs {
    /// The file to write; or a folder that is there, or ends with a slash: a file named after archive and time
    #[arg(value_name = "TO")]
    pub to: PathBuf,
    /// Replace the file that is there
    #[arg(long)]
    pub replace: bool,
    /// Of the backups in that folder which are named so, keep the newest N
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub keep: Option<u32>,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  evercite stats
  evercite stats --format json | jq .totals")]
pub struct StatsArgs {
    /// How to tell it
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub format: ReportFormat,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  evercite compact                    can be stopped at any time; the next one goes on
  evercite compact --level 9          quicker, and a little larger
  evercite compact --rebuild          as small as it gets")]
pub struct CompactArgs {
    /// zstd level; what was tried at a level is not tried again below it
    #[arg(long, value_name = "N", default_value_t = 19, value_parser = clap::value_parser!(i32).range(1..=22))]
    pub level: i32,
    /// Write the whole file anew at the end: frees the gaps inside its pages too, and needs twice its size on the
    /// disk for a while
    #[arg(long)]
    pub rebuild: bool,
    #[command(flatten)]
    pub write: WriteArgs,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  evercite verify --quick             how the file hangs together, and the chain of runs; seconds
  evercite verify                     also every cell of every table, every capture against its leaf
  evercite verify --full              also every index, and every body, head and text decoded
  evercite verify --full --since 2026-11-20    only what runs since then brought, and the chain

Reads only, also while a crawl writes. Exit codes: 0 sound, 1 it could not be read, 2 damage was found.
A change made by another program counts as damage. What only serves searching, and can be made again from
what is sound, is said to be so. --format json is described in docs/verification.schema.json.")]
pub struct VerifyArgs {
    /// How the file hangs together, and the chain of runs over what is stored
    #[arg(long, conflicts_with = "full")]
    pub quick: bool,
    /// Also every index against its table, and every body, head and text decoded
    #[arg(long)]
    pub full: bool,
    /// Only what runs brought that began then or later, and the chain of all runs; not the whole file
    #[arg(long, value_name = "TIME", value_parser = start_of)]
    pub since: Option<Timestamp>,
    /// How to tell it
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: ReportFormat,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Each run that has ended has a root: a SHA-256 over its captures, its facts, and the root before
it. Whoever keeps the newest one can prove that nothing before it was changed, provided that it can be shown
when it was kept. Examples:
  evercite roots
  evercite roots --format json
  root=$(evercite roots --format json | jq -r .newest)
  openssl ts -query -sha256 -digest \"$root\" -cert -out root.tsq         a request by RFC 3161
  curl -H 'Content-Type: application/timestamp-query' --data-binary @root.tsq -o root.tsr URL-OF-A-TIMESTAMP-AUTHORITY
  openssl ts -verify -digest \"$root\" -in root.tsr -CAfile its-certificate.pem"
)]
pub struct RootsArgs {
    /// How to tell it
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: ReportFormat,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  evercite prune                                     what would go, by host; nothing is done
  evercite prune --keep first,last --older-than 2y   a policy that frees more
  evercite prune --write                             do it; can be stopped at any time

Kept in any case: the newest copy of every address, every baseline, what today's verdicts were read
from, the last good copy of a dead link, articles as they were when their links were changed, robots
rules, and what other pages are stored against. Style sheets and images go by the same policy.
That a copy was made and what it said stays: its text is still searched, shown and compared.")]
pub struct PruneArgs {
    /// Reasons to keep a copy: first, last, changes (it says something else than the good copy before it),
    /// monthly (the first of its month)
    #[arg(
        long,
        value_name = "REASONS",
        value_delimiter = ',',
        default_value = "first,last,changes,monthly"
    )]
    pub keep: Vec<Keep>,
    /// Only copies older than this, such as 90d, 12w or 2y
    #[arg(long, value_name = "TIME", value_parser = age)]
    pub older_than: Option<Duration>,
    /// Free them
    #[arg(long)]
    pub write: bool,
    #[command(flatten)]
    pub writing: WriteArgs,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  evercite merge laptop.db --dry-run                     what would come; nothing is done
  evercite merge laptop.db                               can be stopped at any time, and run again

The other archive is only read. What both have is kept once; runs keep their roots and the chain they were
sealed in. Of verdicts and of what an article cites, what was seen last counts; where both have an article
of the same address or file, this one's stays. Waiting work of runs is not taken: end them there first.")]
pub struct MergeArgs {
    /// The other archive
    #[arg(value_name = "OTHER")]
    pub other: PathBuf,
    /// Only say what would come
    #[arg(long)]
    pub dry_run: bool,
    #[command(flatten)]
    pub writing: WriteArgs,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  evercite migrate --dry-run
  evercite migrate                    a backup goes to archive.db.format-1.backup, beside the archive")]
pub struct MigrateArgs {
    /// Only say what would be done
    #[arg(long)]
    pub dry_run: bool,
    /// Make no backup
    #[arg(long)]
    pub no_backup: bool,
    #[command(flatten)]
    pub write: WriteArgs,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  evercite resume
  evercite resume --quiet")]
pub struct ResumeArgs {
    #[command(flatten)]
    pub write: WriteArgs,
    #[command(flatten)]
    pub crawl: CrawlArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Where a report goes and how it looks.
#[derive(Debug, Clone, Args)]
pub struct OutputArgs {
    /// How the report is written
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub format: OutputFormat,
    /// Write the report to a file
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// List every link, also those that are fine or skipped
    #[arg(long)]
    pub all: bool,
    /// Tell of hosts whose certificate ends within this many days; 0: do not
    #[arg(long, value_name = "DAYS", default_value_t = 14)]
    pub cert_warn_days: u16,
}

impl OutputArgs {
    /// The day from which on a certificate's end is no news yet.
    pub fn certificates_until(&self, now: Timestamp) -> Option<Timestamp> {
        let days = u64::from(self.cert_warn_days);
        (days > 0).then(|| now.plus(Duration::from_secs(days * 24 * 3600)))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OutputFormat {
    /// For reading
    Text,
    /// For machines; the schema is docs/report.schema.json
    Json,
    /// One page for a browser, with figures and word diffs
    Html,
    /// A table for spreadsheets, one row a link
    Csv,
    /// For an issue or a comment
    Markdown,
    /// A test case for each link, for continuous integration
    Junit,
    /// For code scanning, with file and line of links in local sources
    Sarif,
    /// Annotations of GitHub Actions
    Github,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// For reading
    Text,
    /// For machines; schemas are in docs/
    Json,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  evercite report
  evercite report --article notes.md --all
  evercite report --format json | jq '.links[] | select(.class == \"dead\").url'
  evercite report --format html --output links.html        for a browser; works offline
  evercite report --format sarif --output links.sarif      also csv, markdown, junit and github
  evercite report --since last                             only what is new since this was last asked
  evercite report --since last --reader cron --quiet       the same for a job, which has a mark of its own")]
pub struct ReportArgs {
    /// Only this article: its address, path, or a part of either that no other article has
    #[arg(long, value_name = "ARTICLE")]
    pub article: Option<String>,
    /// Exit with 2 when a link is of one of these classes
    #[arg(
        long,
        value_name = "CLASSES",
        value_delimiter = ',',
        default_value = "dead,changed,replaced"
    )]
    pub fail_on: Vec<String>,
    /// Tell only what is new since the last report that was read this way: links of another verdict, changes in the
    /// articles, certificates. Exits with 2 only for what is new
    #[arg(long, value_name = "WHEN", conflicts_with = "all")]
    pub since: Option<Since>,
    /// Who reads: each name has a mark of its own, kept in the archive; with --article, one for each article
    #[arg(long, value_name = "NAME", default_value = "me", requires = "since")]
    pub reader: String,
    #[command(flatten)]
    pub output: OutputArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Since {
    /// The last report that the same reader has read
    Last,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  evercite explain https://example.org/source
  evercite explain example.org/source --article notes.md
  evercite explain https://example.org/source --format json | jq '.links[].ledger'")]
pub struct ExplainArgs {
    /// The address of a link, as an article cites it; scheme, `www` and last slash may differ
    pub url: String,
    /// Only as this article cites it: its address, path, or a part of either that no other article has
    #[arg(long, value_name = "ARTICLE")]
    pub article: Option<String>,
    /// How the explanation is written; the schema of JSON is in docs/explain.schema.json
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub format: ReportFormat,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  evercite list
  evercite list --format json
  evercite list --watched --format json")]
pub struct ListArgs {
    /// Only the lists that are watched; without it, tables show both, JSON and CSV only articles
    #[arg(long)]
    pub watched: bool,
    /// How the list is written
    #[arg(short, long, value_name = "FORMAT", default_value = "table")]
    pub format: TableFormat,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  evercite remove notes.md
  evercite remove https://example.org/article
  evercite remove https://example.org/feed.xml        a watched list; its articles stay")]
pub struct RemoveArgs {
    /// Addresses or paths of articles or watched lists, as `evercite list` shows them
    #[arg(value_name = "ARTICLE", required = true)]
    pub articles: Vec<String>,
    #[command(flatten)]
    pub write: WriteArgs,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  evercite show https://example.org/source
  evercite show https://example.org/source --at 2016-02 --as html > source.html
  evercite show https://example.org/source --as headers")]
pub struct ShowArgs {
    /// The address of the page
    pub url: String,
    /// As it was at this time: 2016, 2016-02, 2016-02-05, 2016-02-05T14:30:00Z, '3 weeks ago', yesterday
    #[arg(long, value_name = "TIME", value_parser = end_of)]
    pub at: Option<Timestamp>,
    /// What is printed
    #[arg(long = "as", value_name = "FORM", default_value = "text")]
    pub form: ShowForm,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  evercite diff https://example.org/source                    what it said when it was cited, and says now
  evercite diff https://example.org/source --from 2016-02 --to '3 weeks ago'
  evercite diff https://example.org/source --format html > diff.html
  evercite diff https://example.org/source --html --format unified    its source, line by line

Only good copies are compared: not what came in their place while the page was dead, walled or suspect.")]
pub struct DiffArgs {
    /// The address of the page, or an article as `list` shows it
    pub url: String,
    /// The copy that was the newest by then [default: what links to the page are compared with]
    #[arg(long, value_name = "TIME", value_parser = end_of)]
    pub from: Option<Timestamp>,
    /// The copy that was the newest by then [default: the newest]
    #[arg(long, value_name = "TIME", value_parser = end_of)]
    pub to: Option<Timestamp>,
    /// How to tell it
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: DiffFormat,
    /// Compare the sources, line by line, instead of the main texts
    #[arg(long)]
    pub html: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DiffFormat {
    /// For people, in a terminal
    Text,
    /// A page with both copies side by side, in one file
    Html,
    /// For machines; the schema is docs/difference.schema.json
    Json,
    /// As `diff -u` has it, a line for each sentence
    Unified,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  evercite pin https://example.org/source                    the newest good copy
  evercite pin https://example.org/source --at 2016-02       the newest that was captured by then
  evercite pin https://example.org/source --article notes.md

Links are judged again at once, without network. `evercite history` lists the copies.")]
pub struct PinArgs {
    /// The address that articles cite
    pub url: String,
    /// The copy that was the newest by then
    #[arg(long, value_name = "TIME", value_parser = end_of)]
    pub at: Option<Timestamp>,
    /// For the link of this article only
    #[arg(long, value_name = "ARTICLE")]
    pub article: Option<String>,
    #[command(flatten)]
    pub write: WriteArgs,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  evercite diff https://example.org/source        what has changed
  evercite accept https://example.org/source      that is fine
  evercite accept https://example.org/source --article notes.md

Links are judged again at once, without network. `evercite pin --at` goes back to an older copy.")]
pub struct AcceptArgs {
    /// The address that articles cite
    pub url: String,
    /// For the link of this article only
    #[arg(long, value_name = "ARTICLE")]
    pub article: Option<String>,
    #[command(flatten)]
    pub write: WriteArgs,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  evercite note https://example.org/source 'asked the editors on 3 May'
  evercite note https://example.org/source                    what was noted
  evercite note https://example.org/source --remove")]
pub struct NoteArgs {
    /// The address
    pub url: String,
    /// What to note; without it, what was noted is printed
    pub text: Option<String>,
    /// Take off what was noted before
    #[arg(long)]
    pub remove: bool,
    #[command(flatten)]
    pub write: WriteArgs,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  evercite fix notes.md                        the patch on standard output, what it is for on standard error
  evercite fix docs/*.md | git apply
  evercite fix --write notes.md                notes.md.orig is what it was
  evercite fix --robust article.html           with Robust Links attributes
  evercite fix --copies 'https://web.archive.org/web/{timestamp}/{url}' notes.md

A link that moved for good leads where the page is now, if it says the same there. A link that is dead leads to the
copy nearest to the day it was cited. Nothing else in a file is touched: each link is read again as it would be, and
what does not come out right is left alone and told.")]
pub struct FixArgs {
    /// Markdown, HTML or text files
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<String>,
    /// Change the files; each is kept as FILE.orig
    #[arg(long)]
    pub write: bool,
    /// Where copies are: {url} is the page's address, {timestamp} the time as 14 digits, {date} its day
    #[arg(
        long,
        value_name = "TEMPLATE",
        default_value = "https://web.archive.org/web/{timestamp}/{url}"
    )]
    pub copies: String,
    /// Also links that were seen dead on one day only
    #[arg(long)]
    pub unconfirmed: bool,
    /// Add data-originalurl, data-versionurl and data-versiondate to links written as HTML
    #[arg(long)]
    pub robust: bool,
    /// How to tell it; as JSON without the patch
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: ReportFormat,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  evercite history https://example.org/source
  evercite history https://example.org/source --format json")]
pub struct HistoryArgs {
    /// The address of the page, or an article as `list` shows it
    pub url: String,
    /// Each capture, also where nothing changed since the one before
    #[arg(long)]
    pub all: bool,
    /// How to tell it
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: ReportFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ShowForm {
    /// Title and main text
    Text,
    /// The archived bytes, as they came
    Html,
    /// Heads of requests and answers, hop by hop
    Headers,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  evercite query 'SELECT url, reason FROM dead_links'
  evercite query 'SELECT class, count(*) FROM current_verdict GROUP BY class' --format csv
  evercite query 'SELECT * FROM page_history WHERE url = :url' --param url=https://example.org/
  evercite query \"SELECT text(:url, '2016-02')\" --param url=https://example.org/
  evercite query --format jsonl < report.sql
  evercite query --examples

The statement can only read: it cannot write, attach or load anything, and is stopped at the limits below.
`evercite schema` lists what can be asked: the views, their columns, and the SQL functions there are here.
Any SQLite tool can ask the same of the archive file, without those functions; docs/sql.md has recipes.
A table shows the first 2000 characters of a value; other formats have all. BLOBs are hexadecimal. In CSV, text that a spreadsheet would take for a formula begins with an
apostrophe.")]
pub struct QueryArgs {
    /// One SQL statement; - or none: read it from standard input
    pub sql: Option<String>,
    /// Print twenty useful queries, as a file of SQL
    #[arg(long, conflicts_with = "sql")]
    pub examples: bool,
    /// A value for :NAME, @NAME or $NAME in the statement; what looks like a number is one (repeatable)
    #[arg(long, value_name = "NAME=VALUE")]
    pub param: Vec<String>,
    /// How the answer is written
    #[arg(short, long, value_name = "FORMAT", default_value = "table")]
    pub format: TableFormat,
    /// Rows printed at most; 0: no limit
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    pub limit: usize,
    /// Time for the query; 0: no limit
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = duration)]
    pub time_limit: Duration,
    /// Bytes of memory for the query; its answer may have half of it, a single value a quarter; 0: no limit
    #[arg(long, value_name = "BYTES", default_value_t = 512 << 20)]
    pub memory_limit: usize,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  evercite graph                                      articles, what they cite, and what became of it
  evercite graph --format dot | dot -Tsvg > graph.svg
  evercite graph cited-together --article notes.md    which articles share sources with this one
  evercite graph most-cited --format csv
  evercite graph citing-dead                          what else links to pages that are dead

Parts: citations; cited-together, pages that several articles cite, and how many each two articles share (what
more than 100 articles cite makes no pairs); most-cited; orphans, captured pages that no article cites any more;
citing-dead, articles and archived pages that link to a dead page. --format json is described in
docs/graph.schema.json.")]
pub struct GraphArgs {
    /// Which part of the graph: citations, cited-together, most-cited, orphans, citing-dead
    #[arg(value_name = "PART", default_value = "citations")]
    pub part: Part,
    /// Only what has to do with this article: its address, path, or a part of either that no other article has
    #[arg(long, value_name = "ARTICLE")]
    pub article: Option<String>,
    /// How to tell it
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub format: GraphFormat,
    /// Pages that `most-cited` tells of at most; 0: no limit
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub limit: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum GraphFormat {
    /// For reading
    Text,
    /// For Graphviz
    Dot,
    /// For machines; the schema is docs/graph.schema.json
    Json,
    /// A table for spreadsheets: a row for each link, or for each page where there are no links
    Csv,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  evercite schema
  evercite schema --format json | jq -r '.views[].name'")]
pub struct SchemaArgs {
    /// How to tell it
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub format: ReportFormat,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  evercite search harbour bridge                    pages that have both words, in any of their versions
  evercite search '\"old bridge\" keep* -ferry'       words in a row, a beginning, and a word that must not be there
  evercite search --host example.org --dead mayor   in pages of a host to which a link is dead
  evercite search --since 2026-11 --format json 東京タワー

Case and accents do not matter. Words of Chinese, Japanese, Thai, Lao, Khmer and Myanmar are found wherever their
characters stand in a row.")]
pub struct SearchArgs {
    /// Words that the title or the main text must have, all of them
    #[arg(required = true)]
    pub words: Vec<String>,
    /// In pages of this host and of hosts below it
    #[arg(long, value_name = "HOST")]
    pub host: Option<String>,
    /// In versions that were captured at that time or later
    #[arg(long, value_name = "TIME", value_parser = start_of)]
    pub since: Option<Timestamp>,
    /// In pages to which a link is dead
    #[arg(long)]
    pub dead: bool,
    /// How the answer is written
    #[arg(short, long, value_name = "FORMAT", default_value = "table")]
    pub format: TableFormat,
    /// Pages printed at most
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub limit: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TableFormat {
    /// For reading
    Table,
    /// An array of objects
    Json,
    /// An object a line
    Jsonl,
    /// RFC 4180
    Csv,
    /// A table for an issue or a comment
    Markdown,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  evercite demo
  evercite demo --archive /tmp/demo.db")]
pub struct DemoArgs {}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  evercite url 'HTTP://Example.org:80/a?utm_source=x'
  echo '{\"id\": 1, \"url\": \"http://example.org\"}' | evercite url --batch")]
pub struct PlumbingArgs {
    /// Addresses
    #[arg(required_unless_present = "batch")]
    pub urls: Vec<String>,
    /// JSON Lines: {id, url} in, {id, canonical, surt} out
    #[arg(long)]
    pub batch: bool,
    /// Put the parameters of queries in order
    #[arg(long)]
    pub sort_query: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  evercite text page.html
  evercite text report.pdf
  curl -s https://example.org | evercite text - --url https://example.org
  evercite text page.html --format json | jq -r .byline
  evercite text --batch < pages.jsonl")]
pub struct TextArgs {
    /// An HTML, PDF, Markdown or text file, or - for standard input
    #[arg(required_unless_present = "batch")]
    pub file: Option<String>,
    /// The address it came from
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// How the answer is written
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub format: ReportFormat,
    /// JSON Lines: {id, html, url} in, {id, text, title, date, lang, byline, shell} out
    #[arg(long)]
    pub batch: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  evercite compare then.html now.html
  evercite show https://example.org/a --at 2016 --as html | evercite compare - now.html
  evercite compare then.md now.md --all
  evercite compare then.html now.html --format json | jq '.altered[].changes[]'
  evercite compare --batch < pairs.jsonl

Exit code 0 when the texts are the same, 2 when they differ. In an altered sentence
-this- was there and +this+ is. Classes: identical; cosmetic (the same text);
minor; appended (all that was there, and more); major; replaced; not-compared.")]
pub struct CompareArgs {
    /// The old version and the new one; one of them may be - for standard input
    #[arg(num_args = 2, value_names = ["OLD", "NEW"], required_unless_present = "batch")]
    pub files: Vec<String>,
    /// The address both came from
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// How the answer is written
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub format: ReportFormat,
    /// Whole lists and sentences, however long
    #[arg(long)]
    pub all: bool,
    /// JSON Lines: {id, url, old, new} in; {id, class, jaccard, containment, title, removed, added,
    /// altered, notice} out
    #[arg(long)]
    pub batch: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  evercite robots robots.txt https://example.org/private/
  evercite robots --batch < cases.jsonl")]
pub struct RobotsArgs {
    /// A robots.txt file
    #[arg(required_unless_present = "batch")]
    pub file: Option<String>,
    /// Addresses
    pub urls: Vec<String>,
    /// The robot's name
    #[arg(long, value_name = "NAME", default_value = "evercite")]
    pub agent: String,
    /// JSON Lines: {id, agent, url, robots_base64} in, {id, allowed} out
    #[arg(long)]
    pub batch: bool,
}

/// `20`, `20s`, `500ms`, `1m`, `2h`, `7d`.
pub fn duration(text: &str) -> Result<Duration, String> {
    let digits = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let wrong = || format!("{text:?} is not a time; write seconds, or 500ms, 20s, 5m, 2h, 7d");
    let number: f64 = number.parse().map_err(|_| wrong())?;
    let seconds = match unit.trim() {
        "ms" => number / 1000.0,
        "" | "s" => number,
        "m" | "min" => number * 60.0,
        "h" => number * 3600.0,
        "d" => number * 86_400.0,
        _ => return Err(wrong()),
    };
    Duration::try_from_secs_f64(seconds).map_err(|_| wrong())
}

/// How long ago: in days, weeks or years, or as [`duration`].
fn age(text: &str) -> Result<Duration, String> {
    let days = |number: &str, days: f64| duration(&format!("{number}d")).map(|span| span.mul_f64(days));
    let wrong = || format!("{text:?} is not an age; write 90d, 12w or 2y");
    match text.trim() {
        text if text.ends_with(|c: char| c.is_ascii_digit()) => Err(wrong()),
        text => match (text.strip_suffix('w'), text.strip_suffix('y')) {
            (Some(number), _) => days(number, 7.0),
            (_, Some(number)) => days(number, 365.25),
            _ => duration(text),
        }
        .map_err(|_| wrong()),
    }
}

pub(super) fn duration_in_toml<'de, D: serde::Deserializer<'de>>(value: D) -> Result<Option<Duration>, D::Error> {
    #[derive(serde::Deserialize)]
    #[serde(untagged)]
    enum Written {
        Seconds(f64),
        Text(String),
    }
    let text = match <Option<Written> as serde::Deserialize>::deserialize(value)? {
        None => return Ok(None),
        Some(Written::Seconds(seconds)) => seconds.to_string(),
        Some(Written::Text(text)) => text,
    };
    duration(&text).map(Some).map_err(serde::de::Error::custom)
}

fn duration_to_toml<S: serde::Serializer>(span: &Option<Duration>, to: S) -> Result<S::Ok, S::Error> {
    match span {
        Some(span) => to.serialize_f64(span.as_secs_f64()),
        None => to.serialize_none(),
    }
}

/// The first moment of what a person writes.
fn start_of(text: &str) -> Result<Timestamp, String> {
    super::page::start_of(text, super::context::SystemClock::default().now())
}

/// The last moment of what a person writes.
fn end_of(text: &str) -> Result<Timestamp, String> {
    super::page::end_of(text, super::context::SystemClock::default().now())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_holds_together() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }

    #[test]
    fn reads_times_as_people_write_them() {
        for (text, millis) in [
            ("20", 20_000),
            ("20s", 20_000),
            ("500ms", 500),
            ("1.5m", 90_000),
            ("2h", 7_200_000),
            ("0", 0),
        ] {
            assert_eq!(duration(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for text in ["", "x", "5 weeks", "-1", "1e999"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
