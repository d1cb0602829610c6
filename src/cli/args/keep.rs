//! Verbs that keep house: copies of the archive, its size, its soundness, its format.

use std::{path::PathBuf, time::Duration};

use clap::Args;

use super::{
    WriteArgs,
    output::ReportFormat,
    times::{age, start_of},
};
use crate::model::{retention::Keep, time::Timestamp};

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
