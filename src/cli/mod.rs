//! EDGE: arguments, configuration, terminal. The only module that prints, reads the command line
//! or the environment, and looks at the clock. One file per verb.

mod add;
mod args;
mod articles;
mod backup;
mod changed;
mod check;
mod choose;
mod compact;
mod compare;
mod config;
mod context;
mod daemon;
mod deliver;
mod demo;
mod diff;
mod dry_run;
mod error;
mod explain;
mod fix;
mod follow;
mod git;
mod graph;
mod history;
mod hook;
mod hosts;
mod judge;
mod lists;
mod merge;
mod migrate;
mod notifiers;
mod notify;
mod page;
mod plan;
mod plumbing;
mod progress;
mod prune;
mod query;
mod query_examples;
mod report;
mod schedule;
mod schema;
mod search;
mod show;
mod snapshot;
mod stats;
mod table;
mod telling;
mod verify;
mod writing;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, error::ErrorKind};

use args::{Cli, Command};
use error::CliError;

/// Nothing to tell.
const CLEAN: u8 = 0;
/// The job could not be done.
const FAILED: u8 = 1;
/// Links need attention; of `verify`: damage was found.
const FINDINGS: u8 = 2;
/// Bad usage or configuration.
const USAGE: u8 = 3;

/// Parses, runs, and maps what happened to the exit code.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Nothing can be done when the terminal is gone.
            let _ = error.print();
            return match error.kind() {
                ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => ExitCode::from(CLEAN),
                _ => ExitCode::from(USAGE),
            };
        }
    };
    log(cli.global.verbose);
    schedule::watch_runner(&cli);
    match dispatch(cli) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            error.print();
            ExitCode::from(error.code())
        }
    }
}

fn dispatch(cli: Cli) -> Result<u8, CliError> {
    let global = cli.global;
    match cli.command {
        Command::Snapshot(args) => snapshot::run(&global, args),
        Command::Check(args) => check::run(&global, args),
        Command::Resume(args) => snapshot::resume(&global, args),
        Command::Report(args) => report::run(&global, &args),
        Command::Notify(args) => notify::run(&global, &args),
        Command::Judge(args) => judge::run(&global, &args),
        Command::Explain(args) => explain::run(&global, &args),
        Command::Backup(args) => backup::run(&global, &args),
        Command::Stats(args) => stats::run(&global, &args),
        Command::Merge(args) => merge::run(&global, &args),
        Command::Prune(args) => prune::run(&global, &args),
        Command::Migrate(args) => migrate::run(&global, &args),
        Command::Compact(args) => compact::run(&global, &args),
        Command::Verify(args) => verify::run(&global, &args),
        Command::Roots(args) => verify::roots(&global, &args),
        Command::Add(args) => add::run(&global, &args),
        Command::List(args) => articles::list(&global, &args),
        Command::Remove(args) => articles::remove(&global, &args),
        Command::Show(args) => show::run(&global, &args),
        Command::Diff(args) => diff::run(&global, &args),
        Command::Pin(args) => choose::pin(&global, &args),
        Command::Accept(args) => choose::accept(&global, &args),
        Command::Note(args) => choose::note(&global, &args),
        Command::Fix(args) => fix::run(&global, &args),
        Command::History(args) => history::run(&global, &args),
        Command::Query(args) => query::query(&global, &args),
        Command::Graph(args) => graph::run(&global, &args),
        Command::Schema(args) => schema::run(&args),
        Command::Search(args) => search::run(&global, &args),
        Command::Schedule(args) => schedule::run(&global, args),
        Command::Daemon(args) => daemon::run(&global, &args),
        Command::Demo(args) => demo::run(&global, &args),
        Command::Url(args) => plumbing::url(&args),
        Command::Text(args) => plumbing::text(&args),
        Command::Compare(args) => compare::run(&args),
        Command::Robots(args) => plumbing::robots(&args),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "evercite", &mut script);
            context::print_bytes(&script)?;
            Ok(CLEAN)
        }
        Command::Man => {
            man()?;
            Ok(CLEAN)
        }
    }
}

/// The manual: the page of the program, then one of each verb.
fn man() -> Result<(), CliError> {
    let mut out = Vec::new();
    let command = Cli::command();
    clap_mangen::Man::new(command.clone())
        .render(&mut out)
        .map_err(CliError::output)?;
    for verb in command.get_subcommands().filter(|verb| !verb.is_hide_set()) {
        let name = format!("evercite-{}", verb.get_name());
        clap_mangen::Man::new(verb.clone())
            .title(name)
            .render(&mut out)
            .map_err(CliError::output)?;
    }
    context::print(&String::from_utf8_lossy(&out))
}

fn log(verbose: u8) {
    let level = match verbose {
        0 => tracing::Level::WARN,
        1 => tracing::Level::INFO,
        2 => tracing::Level::DEBUG,
        _ => tracing::Level::TRACE,
    };
    let ours = tracing_subscriber::filter::Targets::new().with_target("evercite", level);
    use tracing_subscriber::prelude::*;
    let layer = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_target(false)
        .without_time();
    // Fails only when a test harness has set one already.
    let _ = tracing_subscriber::registry().with(layer.with_filter(ours)).try_init();
}
