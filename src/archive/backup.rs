//! A copy of the whole file, taken while others write to it.

use std::path::{Path, PathBuf};

use rusqlite::{
    Connection, ErrorCode,
    backup::{Backup, StepResult},
};
use tempfile::NamedTempFile;

use super::{Archive, ArchiveError, Result, open::is_ours, read::time};
use crate::model::time::Timestamp;

/// What a backup holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BackedUp {
    /// Bytes of the file.
    pub bytes: u64,
    /// Captures in it.
    pub captures: u64,
    /// When the newest of them was made.
    pub newest: Option<Timestamp>,
}

/// Pages of the file that are copied at a time: a mebibyte.
const STEP: i32 = 256;

impl Archive {
    /// Copies the archive as it is at this moment to `to`: whole, checked and on the disk, or not at all. What is
    /// committed meanwhile is not in the copy, and does not wait for it. `tell` hears how many pages are done, of
    /// how many.
    ///
    /// Errors with [`ArchiveError::Taken`] where a file is and `replace` is not set.
    pub fn backup(&self, to: &Path, replace: bool, tell: &dyn Fn(u64, u64)) -> Result<BackedUp> {
        not_in_use(to)?;
        if to.exists() && !replace {
            return Err(ArchiveError::Taken(to.into()));
        }
        let folder = folder_of(to);
        let io = |e: std::io::Error| ArchiveError::from_io(to, &e);
        let partial = partial(to, &folder).map_err(io)?;
        let (captures, newest) = self.copy(partial.path(), to, tell)?;
        partial.as_file().sync_all().map_err(io)?;
        check(partial.path(), to)?;
        let permissions = std::fs::metadata(self.path()).map_err(|e| ArchiveError::from_io(self.path(), &e))?;
        std::fs::set_permissions(partial.path(), permissions.permissions()).map_err(io)?;
        let bytes = partial.as_file().metadata().map_err(io)?.len();
        let moved = match replace {
            true => partial.persist(to),
            false => partial.persist_noclobber(to),
        };
        moved.map_err(|e| match e.error.kind() {
            std::io::ErrorKind::AlreadyExists => ArchiveError::Taken(to.into()),
            _ => ArchiveError::from_io(to, &e.error),
        })?;
        // The name has to survive a power cut too.
        #[cfg(unix)]
        std::fs::File::open(&folder)
            .and_then(|folder| folder.sync_all())
            .map_err(io)?;
        Ok(BackedUp {
            bytes,
            captures,
            newest,
        })
    }

    /// Copies page by page within one read transaction: every step sees the same pages, so a writer can neither
    /// tear the copy nor make it begin again.
    fn copy(&self, partial: &Path, to: &Path, tell: &dyn Fn(u64, u64)) -> Result<(u64, Option<Timestamp>)> {
        let (source, target) = (|e| self.error(e), |e| ArchiveError::from_sqlite(to, e));
        let connection = self.reader_unchecked().map_err(source)?;
        let snapshot = connection.unchecked_transaction().map_err(source)?;
        let held = snapshot
            .query_row("SELECT count(*), max(at) FROM capture", [], |row| {
                let newest = match row.get::<_, Option<i64>>(1)? {
                    Some(_) => Some(time(row, 1)?),
                    None => None,
                };
                Ok((row.get::<_, i64>(0)? as u64, newest))
            })
            .map_err(source)?;
        let mut copy = Connection::open(partial).map_err(target)?;
        // It is made durable once, at the end; before, it is nobody's.
        copy.execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;")
            .map_err(target)?;
        let backup = Backup::new(&snapshot, &mut copy).map_err(target)?;
        loop {
            let step = backup.step(STEP).map_err(|e| match e.sqlite_error_code() {
                Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => source(e),
                _ => target(e),
            })?;
            let progress = backup.progress();
            let (all, left) = (progress.pagecount.max(0) as u64, progress.remaining.max(0) as u64);
            tell(all - left.min(all), all);
            match step {
                StepResult::Done => break,
                // Neither side can be locked for longer than another process looks at it.
                StepResult::Busy | StepResult::Locked => std::thread::sleep(std::time::Duration::from_millis(10)),
                _ => {}
            }
        }
        drop(backup);
        copy.close().map_err(|(_, e)| target(e))?;
        Ok(held)
    }
}

/// A new file beside the target, removed unless it is kept. What backups that were killed left there is removed
/// too: a file that nobody holds.
fn partial(to: &Path, folder: &Path) -> std::io::Result<NamedTempFile> {
    std::fs::create_dir_all(folder)?;
    let name = to.file_name().unwrap_or_default().to_string_lossy().into_owned() + ".";
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let found = entry.file_name().to_string_lossy().into_owned();
        if found.starts_with(&name)
            && found.ends_with(PARTIAL)
            && std::fs::File::open(entry.path()).is_ok_and(|file| file.try_lock().is_ok())
        {
            std::fs::remove_file(entry.path())?;
        }
    }
    let partial = tempfile::Builder::new()
        .prefix(&name)
        .suffix(PARTIAL)
        .tempfile_in(folder)?;
    partial.as_file().lock()?;
    Ok(partial)
}

const PARTIAL: &str = ".partial";

fn folder_of(file: &Path) -> PathBuf {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_path_buf(),
        _ => PathBuf::from("."),
    }
}

/// A log beside the target belongs to the file that is or was there, and would be read into the new one.
fn not_in_use(to: &Path) -> Result<()> {
    for suffix in ["-wal", "-journal"] {
        let mut log = to.as_os_str().to_owned();
        log.push(suffix);
        let log = PathBuf::from(log);
        if std::fs::metadata(&log).is_ok_and(|file| file.len() > 0) {
            return Err(ArchiveError::Unwritable {
                path: to.into(),
                why: format!("{} stands beside it, so an archive is in use there", log.display()),
            });
        }
    }
    Ok(())
}

/// Reads every page of a copy that nobody else has.
fn check(partial: &Path, to: &Path) -> Result<()> {
    let failed = |e| ArchiveError::from_sqlite(to, e);
    let connection = super::open::immutable(partial).map_err(failed)?;
    let found: String = connection
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .map_err(failed)?;
    match found == "ok" && is_ours(&connection).map_err(failed)? {
        true => Ok(()),
        false => Err(ArchiveError::Damaged {
            path: to.into(),
            why: format!("the copy is not sound ({found}), and was thrown away; the archive may be damaged itself"),
        }),
    }
}
