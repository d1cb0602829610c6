//! `schedule` and `daemon`.

use std::time::Duration;

use clap::{Args, Subcommand};

use super::{notify::NetworkArgs, output::TableFormat, plan::PlanArgs, times::duration};
use crate::model::job::CatchUp;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  evercite schedule add weekly --cron '0 3 * * 1' -- check   Mondays at three
  evercite schedule list
  evercite schedule install --cron --dry-run        one line in your crontab runs them all

Jobs are kept in the archive. They are run by `evercite schedule run-due`, which `install` has cron
or systemd call every five minutes, or by `evercite daemon`. However many of these there are, each
time that a job is due it is run once.")]
pub struct ScheduleArgs {
    #[command(subcommand)]
    pub command: ScheduleCommand,
}

#[derive(Debug, Subcommand)]
pub enum ScheduleCommand {
    /// Have a command run at certain times
    Add(AddJobArgs),
    /// The jobs, when each is due next, and what came of it last
    List(ListJobsArgs),
    /// A job, and what came of it each time
    Show(ShowJobArgs),
    /// What the next checks with a budget would visit, and why
    Plan(PlanArgs),
    /// Let a job rest
    Pause(JobArgs),
    /// Let a paused job go on; what was due meanwhile is not caught up
    Resume(JobArgs),
    /// Take a job off
    Remove(JobArgs),
    /// Run a job now
    Run(JobArgs),
    /// Run what is due; for cron, systemd and the like
    RunDue(RunDueArgs),
    /// Have cron or systemd run what is due
    Install(InstallArgs),
    /// Take back what `install` wrote
    Uninstall(InstallArgs),
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  evercite schedule add weekly --cron '0 3 * * 1' -- check
  evercite schedule add failing --cron '30 4 * * *' --tz Europe/Oslo --jitter 20m -- check --due
  evercite schedule add feeds --cron @hourly --catch-up skip -- snapshot --files-from articles.txt
  evercite schedule add fixity --cron '0 5 1 * *; 0 5 15 * *' -- verify --full
  evercite schedule add backup --cron '0 6 * * sun' -- backup backups/ --keep 7

Five fields: minute, hour, day of the month, month, weekday. Each is * or a list of numbers, names
and ranges, with steps: 0,30  1-5  mon-fri  */15. L is the last day of the month, L-2 two days before
it, friL its last Friday, mon#2 its second Monday. Where both a day and a weekday are named, either
will do; as with cron, a field that begins with * names none. @hourly, @daily, @weekly, @monthly and
@yearly stand for the usual.

When clocks are set, a job with times of its own runs once for each: one that is skipped comes right
after the gap, one that comes twice the first time. A job whose minute or hour begins with * goes by
the clock on the wall.")]
pub struct AddJobArgs {
    /// What to call it
    pub name: String,
    /// When: a cron expression, or several with semicolons between them (repeatable)
    #[arg(long, value_name = "EXPRESSION", required = true)]
    pub cron: Vec<String>,
    /// The time zone it is meant in, such as Europe/Oslo or UTC [default: the system's]
    #[arg(long, value_name = "ZONE")]
    pub tz: Option<String>,
    /// Begin up to so much later, each time by another while, so that not everybody asks on the hour
    #[arg(long, value_name = "TIME", default_value = "0", value_parser = duration)]
    pub jitter: Duration,
    /// What becomes of times at which nothing ran: once for all of them, all (a hundred at most), or skip, which
    /// passes over what is more than an hour late
    #[arg(long, value_name = "RULE", default_value = "once")]
    pub catch_up: CatchUp,
    /// Stop it when it takes longer; what it has is kept, and gone on with the next time
    #[arg(long, value_name = "TIME", default_value = "12h", value_parser = duration)]
    pub limit: Duration,
    /// A verb of evercite with what goes with it: snapshot, check, verify, backup, compact or prune
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub command: Vec<String>,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  evercite schedule list
  evercite schedule list --format json")]
pub struct ListJobsArgs {
    /// How the list is written
    #[arg(short, long, value_name = "FORMAT", default_value = "table")]
    pub format: TableFormat,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  evercite schedule show weekly
  evercite schedule show weekly --runs 50
  evercite schedule show weekly --log             what it printed the last time")]
pub struct ShowJobArgs {
    /// The job
    pub name: String,
    /// Times that are told of at most
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub runs: usize,
    /// Print what it printed the last time
    #[arg(long)]
    pub log: bool,
}

#[derive(Debug, Args)]
pub struct JobArgs {
    /// The job
    pub name: String,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  evercite schedule run-due
  */5 * * * * cd /home/me/site && evercite schedule run-due         in a crontab

Prints what is new since it last told, and nothing when nothing is; where evercite.toml names who is
to be told (`evercite notify --help`), they are told instead. Exits with 1 when a job could not do
its work.")]
pub struct RunDueArgs {
    #[command(flatten)]
    pub network: NetworkArgs,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  evercite schedule install --cron --dry-run
  evercite schedule install --systemd --dry-run
  evercite schedule uninstall --cron --dry-run

In a crontab it writes one block between two marked lines, for systemd a service and a timer of your
own user, each named after the archive. Nothing else is touched; `uninstall` leaves everything as it
was.")]
pub struct InstallArgs {
    /// In your crontab
    #[arg(long, required_unless_present = "systemd", conflicts_with = "systemd")]
    pub cron: bool,
    /// As a timer of systemd
    #[arg(long)]
    pub systemd: bool,
    /// Only print what would be written
    #[arg(long)]
    pub dry_run: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  evercite daemon             stays in the foreground; Ctrl-C or SIGTERM end it in order

For a service manager: `Type=notify` and `WatchdogSec=` of systemd are understood. A run that is on
when it is told to end is stopped, with what it has, and gone on with by the next runner.")]
pub struct DaemonArgs {
    #[command(flatten)]
    pub network: NetworkArgs,
}
