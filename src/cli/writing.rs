//! Before a verb writes to the archive: the lock, and a word where the archive lies badly.

use std::{
    thread::sleep,
    time::{Duration, Instant},
};

use super::{
    args::{Global, WriteArgs},
    context,
    error::CliError,
    schedule,
};
use crate::archive::{Archive, ArchiveError, RunLock};

/// How often it is looked whether the other run has ended.
const LOOK: Duration = Duration::from_millis(100);

/// Takes the lock that keeps two runs apart; with `--wait`, after the other one has ended.
pub fn lock(archive: &Archive, global: &Global, args: &WriteArgs) -> Result<RunLock, CliError> {
    if let Some(kind) = archive.network_file_system()
        && !global.quiet
    {
        context::note(&format!(
            "{} lies on a network file system ({kind}), where SQLite cannot keep machines apart: use it from one \
             machine only, or keep it on a local disk and copy it there when no run is on",
            archive.path().display()
        ));
    }
    let lock = wait_for(archive, global, args)?;
    // Whoever runs the job next begins it, or goes on with it.
    match schedule::is_runner_gone() {
        true => Err(CliError::failed("whoever ran this job is gone; nothing was begun", "")),
        false => Ok(lock),
    }
}

fn wait_for(archive: &Archive, global: &Global, args: &WriteArgs) -> Result<RunLock, CliError> {
    let Some(wait) = args.wait else {
        return Ok(archive.lock()?);
    };
    let begun = Instant::now();
    let mut told = false;
    loop {
        match archive.lock() {
            Err(error @ ArchiveError::Locked { .. }) => {
                if begun.elapsed() >= wait || schedule::is_runner_gone() {
                    return Err(error.into());
                }
                if !told && !global.quiet {
                    context::note(&format!("{error}; waiting for it to end"));
                }
                told = true;
                sleep(LOOK.min(wait));
            }
            result => return Ok(result?),
        }
    }
}

/// Where all is asked of the disk: folds the log into the file before success is told.
pub fn settle(archive: &Archive) -> Result<(), CliError> {
    if archive.is_durable() && !archive.fold()? {
        context::note(&format!(
            "someone reads {0}, so that part of it stays in {0}-wal for now: copy both, or use `sqlite3 {0} .backup`",
            archive.path().display()
        ));
    }
    Ok(())
}
