//! Locks: one keeps two runs on one archive apart, the other two runners of its jobs.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{Read, Seek, Write},
    path::Path,
};

use super::{ArchiveError, Result};

/// Held for the length of a run, or of a runner's pass over the jobs. The system frees it when the process ends,
/// however it ends.
#[derive(Debug)]
pub struct RunLock {
    _file: File,
}

impl RunLock {
    /// Of a run.
    pub(super) const RUN: &str = ".lock";
    /// Of who runs jobs.
    pub(super) const JOBS: &str = ".jobs-lock";
    /// Of who tells what is new.
    pub(super) const TELLING: &str = ".telling-lock";

    pub(super) fn take(archive: &Path, suffix: &str) -> Result<Self> {
        let mut name = archive.as_os_str().to_owned();
        name.push(suffix);
        let path = std::path::PathBuf::from(name);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(|e| ArchiveError::from_io(&path, &e))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // Only a courtesy: who it is may not be written yet.
                let _ = file.read_to_string(&mut holder);
                let holder = if holder.trim().is_empty() {
                    String::new()
                } else {
                    format!(" ({})", holder.trim())
                };
                return Err(ArchiveError::Locked {
                    path: archive.to_path_buf(),
                    holder,
                });
            }
            Err(TryLockError::Error(error)) => return Err(ArchiveError::from_io(&path, &error)),
        }
        let told = file
            .set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| writeln!(file, "process {}", std::process::id()));
        told.map_err(|e| ArchiveError::from_io(&path, &e))?;
        Ok(Self { _file: file })
    }
}
