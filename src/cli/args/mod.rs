//! What the user may type. Names follow the nearest peers. A file for each kind of verb.

mod ask;
mod choose;
mod crawl;
mod keep;
mod notify;
mod output;
mod plan;
mod plumbing;
mod runs;
mod schedule;
mod times;

use std::{path::PathBuf, time::Duration};

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;

pub use ask::*;
pub use choose::*;
pub use crawl::*;
pub use keep::*;
pub use notify::*;
pub use output::*;
pub use plan::*;
pub use plumbing::*;
pub use runs::*;
pub use schedule::*;
pub use times::{duration, duration_in_toml};

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
    /// The time of a job that this is for: whoever started it holds the other end of standard input
    #[arg(long, global = true, hide = true, value_name = "ROW")]
    pub job_run: Option<i64>,
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
    /// Tell those who are configured what is new: by webhook, command or feed file
    Notify(NotifyArgs),
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
    /// Follow local files, folders and globs: every run takes in what is new in them
    Add(AddArgs),
    /// List the articles in the archive, and the lists that are watched
    List(ListArgs),
    /// Take articles off the list, or follow lists and files no longer; captures stay
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
    /// Have commands run at certain times
    Schedule(ScheduleArgs),
    /// Run jobs whenever they are due, until stopped
    Daemon(DaemonArgs),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_holds_together() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }
}
