//! A job's process: a verb of this program, held by its standard input. When the runner ends, however it ends, that
//! closes, and the run stops in order with what it has.

use std::{
    fs::File,
    path::Path,
    process::{Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use super::stop::Stop;
use crate::{cli::error::CliError, schedule::Why};

/// How often a process is looked after.
const LOOK: Duration = Duration::from_millis(50);
/// How long one that was told to stop has to do so, if it may take as long as that at all.
const GRACE: Duration = Duration::from_secs(60);

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// Why we stopped it, if we did.
    pub by_us: Option<Why>,
    /// Its exit code; `None`: it was killed.
    pub code: Option<i32>,
}

/// Runs this program with these words in a folder, and waits for its end. `beat` is called all the time.
pub fn run(
    words: &[String],
    folder: &Path,
    log: File,
    limit: Duration,
    stop: &Stop,
    beat: &dyn Fn(),
) -> Result<Ended, CliError> {
    let failed = |e: std::io::Error| {
        CliError::failed(
            format!(
                "`evercite {}` could not be started in {}: {e}",
                words.join(" "),
                folder.display()
            ),
            "check that the folder is there, and that the program is where it was",
        )
    };
    let program = std::env::current_exe().map_err(failed)?;
    let mut child = Command::new(program)
        .args(words)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(log.try_clone().map_err(failed)?)
        .stderr(log)
        .spawn()
        .map_err(failed)?;
    let (begun, mut told) = (Instant::now(), None);
    loop {
        if let Some(status) = child.try_wait().map_err(failed)? {
            return Ok(Ended {
                by_us: told.map(|(_, why)| why),
                code: status.code(),
            });
        }
        beat();
        match told {
            None if stop.is_told() => told = Some((Instant::now(), Why::Stopped)),
            None if begun.elapsed() >= limit => told = Some((Instant::now(), Why::TimedOut)),
            // The next look finds it ended.
            Some((when, _)) if when.elapsed() >= GRACE.min(limit) => child.kill().map_err(failed)?,
            _ => {}
        }
        if told.is_some() {
            drop(child.stdin.take());
        }
        sleep(LOOK);
    }
}
