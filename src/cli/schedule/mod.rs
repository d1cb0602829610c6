//! `schedule`: jobs, and running them. The daemon runs them the same way.

mod child;
mod install;
mod logs;
mod manage;
mod pass;
mod stop;
mod when;

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use super::{
    args::{Cli, Command, Global, ScheduleArgs, ScheduleCommand},
    context,
    error::CliError,
    plan,
};

pub use logs::Logs;
pub use pass::{Pass, Runner, told};
pub use stop::Stop;
pub use when::{begins, next_begin};

pub fn run(global: &Global, args: ScheduleArgs) -> Result<u8, CliError> {
    match args.command {
        ScheduleCommand::Add(args) => manage::add(global, args),
        ScheduleCommand::List(args) => manage::list(global, &args),
        ScheduleCommand::Show(args) => manage::show(global, &args),
        ScheduleCommand::Plan(args) => plan::run(global, args),
        ScheduleCommand::Pause(args) => manage::pause(global, &args, true),
        ScheduleCommand::Resume(args) => manage::pause(global, &args, false),
        ScheduleCommand::Remove(args) => manage::remove(global, &args),
        ScheduleCommand::Run(args) => pass::run_now(global, &args),
        ScheduleCommand::RunDue(args) => pass::run_due(global, &args),
        ScheduleCommand::Install(args) => install::install(global, &args),
        ScheduleCommand::Uninstall(args) => install::uninstall(global, &args),
    }
}

/// Set when whoever runs this process as a job has let go of its standard input, as it does by ending, however it ends.
static RUNNER_GONE: AtomicBool = AtomicBool::new(false);

/// A job ends when its runner does. Runs of the archive stop in order by themselves; other verbs may be ended anywhere.
pub fn watch_runner(cli: &Cli) {
    let ends_itself = matches!(
        cli.command,
        Command::Snapshot(_) | Command::Check(_) | Command::Resume(_)
    );
    if cli.global.job_run.is_none() {
        return;
    }
    let watch = move || {
        // Nothing is ever written there; an error is as good as the end.
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        RUNNER_GONE.store(true, Ordering::Release);
        if !ends_itself {
            std::process::exit(130);
        }
    };
    if let Err(e) = std::thread::Builder::new().name("runner".into()).spawn(watch) {
        context::note(&format!("whether the runner is still there cannot be watched: {e}"));
    }
}

/// Whether this is a job whose runner has ended.
pub fn is_runner_gone() -> bool {
    RUNNER_GONE.load(Ordering::Acquire)
}

/// Waits until this is a job whose runner has ended.
pub async fn runner_gone() {
    while !is_runner_gone() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
