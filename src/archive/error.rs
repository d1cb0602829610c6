//! What can keep the archive from doing its job, in words a user can act on.

use std::path::{Path, PathBuf};

/// Why the archive could not be opened, read or written.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ArchiveError {
    /// No file there.
    #[error("there is no archive at {}", .0.display())]
    Missing(PathBuf),
    /// A file that SQLite cannot open, or another program's database.
    #[error("{} is not an Evercite archive: {why}", .path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What it is instead.
        why: String,
    },
    /// Made by a later version of the program.
    #[error("{} has format {found}; this program knows formats up to {known}", .path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: i64,
        /// The newest format known here.
        known: i64,
    },
    /// Made by an earlier version of the program.
    #[error("{} has format {found}; this program works with format {known}", .path.display())]
    Older {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: i64,
        /// The format wanted here.
        known: i64,
    },
    /// The file or its folder cannot be written.
    #[error("cannot write {}: {why}", .path.display())]
    Unwritable {
        /// The file or folder.
        path: PathBuf,
        /// The system's words.
        why: String,
    },
    /// A file that is not to be written over is there.
    #[error("{} exists already", .0.display())]
    Taken(PathBuf),
    /// No room left.
    #[error("no room left on the disk that holds {}; everything acknowledged so far is safe", .0.display())]
    Full(PathBuf),
    /// The disk or the file system failed.
    #[error("the disk that holds {} failed: {why}; everything acknowledged so far is safe", .path.display())]
    Disk {
        /// The file.
        path: PathBuf,
        /// The system's words, or SQLite's.
        why: String,
    },
    /// Another run holds the lock.
    #[error("another run is working on {}{holder}", .path.display())]
    Locked {
        /// The archive.
        path: PathBuf,
        /// Who, as far as is known.
        holder: String,
    },
    /// The file is damaged.
    #[error("{} is damaged: {why}", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What was found.
        why: String,
    },
    /// The user's own SQL is at fault.
    #[error("{0}")]
    Sql(String),
    /// Anything else that SQLite reports.
    #[error("the archive {} failed: {why}", .path.display())]
    Other {
        /// The file.
        path: PathBuf,
        /// SQLite's words.
        why: String,
    },
}

impl ArchiveError {
    /// What the user can do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Missing(_) => "make one with `evercite snapshot SOURCE`, or name one with --archive FILE",
            Self::Foreign { .. } => "name another file with --archive FILE; this one was left as it is",
            Self::Newer { .. } => "install the newer evercite that made it; the file was left as it is",
            Self::Older { .. } => "`evercite migrate` brings it there, and makes a backup first; it was left as it is",
            Self::Taken(_) => "name another file, or add --replace; it was left as it is",
            Self::Unwritable { .. } => "check the permissions, or choose another place with --archive FILE",
            Self::Full(_) => "make room, then run the command again, or `evercite resume` after a crawl",
            Self::Disk { .. } => "look after the disk, then run the command again, or `evercite resume` after a crawl",
            Self::Locked { .. } => "wait for it to end, or let --wait do so; a run that crashed holds no lock",
            Self::Damaged { .. } => "`evercite verify --full` tells what it costs; restore it from a backup",
            Self::Sql(_) => "`evercite schema` lists the views, their columns and the functions",
            Self::Other { .. } => "run again with -v to see more",
        }
    }

    /// Translates SQLite's error, knowing the file it happened on.
    pub(super) fn from_sqlite(path: &Path, error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::*;
        let path = path.to_path_buf();
        let why = error.to_string();
        match error.sqlite_error_code() {
            Some(NotADatabase) => Self::Foreign {
                path,
                why: "the file is not an SQLite database".into(),
            },
            Some(DiskFull) => Self::Full(path),
            Some(ReadOnly | CannotOpen | PermissionDenied) => Self::Unwritable { path, why },
            Some(SystemIoFailure) => Self::Disk { path, why },
            Some(DatabaseCorrupt) => Self::Damaged { path, why },
            Some(DatabaseBusy | DatabaseLocked) => Self::Locked {
                path,
                holder: ", or another program holds its tables".into(),
            },
            _ => Self::Other { path, why },
        }
    }

    /// Translates an I/O error on a temporary file.
    pub fn from_spool(error: &std::io::Error) -> Self {
        Self::from_io(&tempfile::env::temp_dir(), error)
    }

    /// Translates an I/O error on a file.
    pub(super) fn from_io(path: &Path, error: &std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::StorageFull => Self::Full(path.to_path_buf()),
            // EIO has no kind of its own.
            _ if cfg!(unix) && error.raw_os_error() == Some(5) => Self::Disk {
                path: path.to_path_buf(),
                why: error.to_string(),
            },
            _ => Self::Unwritable {
                path: path.to_path_buf(),
                why: error.to_string(),
            },
        }
    }
}
