//! What jobs print: a file for each time, in a folder beside the archive, pruned.

use std::{
    fs::{File, OpenOptions},
    io::Write,
    path::PathBuf,
};

use crate::{
    archive::{Archive, Writer},
    cli::{context, error::CliError},
    model::{job::JobRun, time::Timestamp},
};

/// Logs kept of each job.
const KEPT: usize = 30;

/// Where logs are.
#[derive(Debug, Clone)]
pub struct Logs {
    folder: PathBuf,
}

impl Logs {
    /// Those of an archive.
    pub fn of(archive: &Archive) -> Self {
        let mut folder = archive.path().as_os_str().to_owned();
        folder.push(".logs");
        Self { folder: folder.into() }
    }

    /// The file of that name.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Opens the log of one time of a job, at its end: an attempt comes after those before it.
    pub fn open(&self, run: &JobRun, words: &[String], now: Timestamp) -> Result<(String, File), CliError> {
        let name = file_name(run);
        let path = self.path(&name);
        let opened = std::fs::create_dir_all(&self.folder).and_then(|()| {
            let mut file = OpenOptions::new().create(true).append(true).open(&path)?;
            writeln!(file, "{now} evercite {}", words.join(" "))?;
            Ok(file)
        });
        let file = opened.map_err(|e| {
            CliError::failed(
                format!("{} cannot be written: {e}", path.display()),
                "check the disk and the permissions",
            )
        })?;
        Ok((name, file))
    }

    /// Removes all logs of a job but the newest.
    pub fn prune(&self, writer: &Writer, job_id: i64) -> Result<(), CliError> {
        for name in writer.call(move |ingest| ingest.forget_logs(job_id, KEPT))? {
            let path = self.path(&name);
            match std::fs::remove_file(&path) {
                Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                    context::note(&format!("the old log {} could not be removed: {e}", path.display()));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// `weekly-2026-12-07T030000Z.log`. Names of jobs have only characters that files may have.
fn file_name(run: &JobRun) -> String {
    let due = run.due_at.to_string().replace(':', "");
    let by_hand = if run.by_hand { "-by-hand" } else { "" };
    format!("{}-{due}{by_hand}.log", run.job)
}
