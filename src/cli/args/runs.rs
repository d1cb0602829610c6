//! Verbs that fetch or judge: `snapshot`, `check`, `resume`, `judge`.

use clap::Args;

use super::{
    WriteArgs,
    crawl::CrawlArgs,
    output::{OutputArgs, ReportFormat},
};
use crate::model::time::Timestamp;

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
  evercite check --budget 100         every day: the hundred links of which a visit tells most
  evercite check --wait=10m           when another run may still be on
  evercite check notes.md --confirm now   before publishing: what fails is asked three times
  evercite check --changed-only --base main     only links that are new in files changed since then (git)
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
    /// Visit at most N links for each day since the last check, of seven days at most, those first of which a visit
    /// tells most; the rest is left alone, as failing links are until they are due. Links that are new in an article
    /// are visited besides. `evercite schedule plan` tells which are next
    #[arg(long, value_name = "N", conflicts_with_all = ["dry_run", "changed_only"], value_parser = clap::value_parser!(u32).range(1..))]
    pub budget: Option<u32>,
    /// Of these files, or of all that git knows, only those that differ from the merge base with --base, and in them
    /// only links that were not there
    #[arg(long, requires = "base", conflicts_with = "dry_run")]
    pub changed_only: bool,
    /// The revision that a change is to go into: a branch, a tag, a commit
    #[arg(long, value_name = "REV", requires = "changed_only")]
    pub base: Option<String>,
    /// With --changed-only: old links of changed files, too
    #[arg(long, requires = "changed_only")]
    pub all_links: bool,
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
