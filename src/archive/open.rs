//! Opening and migrating the file; what every connection is set to, and why.
//!
//! The file is in WAL mode: those who read see the last commit, and never wait for the one who writes, nor does he
//! for them. `synchronous` is FULL: each commit is synced, so that what was acknowledged survives a power cut, not
//! only a crash of ours. (NORMAL, which many programs choose, may lose the last commits then.) The price is small,
//! as the writer gathers work into a few commits a second. What else a disk may owe is asked for by
//! [`Archive::durable`]. `tests/it/faults` takes the power away at every write.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior, config::DbConfig};

use super::{ArchiveError, Reader, Result, RunLock, Writer, fixity, merge, mounts};

/// `application_id`: "EVCT". Tells our files from anybody else's.
pub(super) const APPLICATION_ID: i64 = 0x4556_4354;

/// Applied in order, each once, each in one transaction; never edited after a release. Each begins with a comment
/// whose first sentence tells users what it does.
const MIGRATIONS: &[&str] = &[
    include_str!("../../migrations/0001_archive.sql"),
    include_str!("../../migrations/0002_views.sql"),
];

/// The newest format this program knows: the number of migrations.
pub const FORMAT_VERSION: i64 = MIGRATIONS.len() as i64;

/// An archive file, opened once and found to be ours and of a known format.
#[derive(Debug, Clone)]
pub struct Archive {
    path: PathBuf,
    durable: bool,
}

impl Archive {
    /// Opens the archive at `path`, making it (and its folder) when there is none. One of an older format is
    /// refused, as by [`Archive::open`].
    pub fn create(path: &Path) -> Result<Self> {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(|e| ArchiveError::from_io(folder, &e))?;
        }
        let is_new = !path.exists();
        if path.is_dir() {
            return Err(ArchiveError::Foreign {
                path: path.into(),
                why: "it is a folder".into(),
            });
        }
        not_too_small(path)?;
        let archive = Self {
            path: path.to_path_buf(),
            durable: false,
        };
        archive.prepare().map_err(|e| archive.error(e))??;
        if is_new {
            sync_folders(path)?;
        }
        Ok(archive)
    }

    /// Asks of the disk all that can be asked: on macOS, that it empties its own cache at each sync; where a
    /// rollback journal is used, that its end is synced too. At the end of a run the log is folded into the file
    /// ([`Archive::fold`]).
    #[must_use]
    pub fn durable(mut self, durable: bool) -> Self {
        self.durable = durable;
        self
    }

    /// Whether [`Archive::durable`] asked for it.
    pub fn is_durable(&self) -> bool {
        self.durable
    }

    /// Folds the write-ahead log into the file, synced, so that the file alone is the whole archive. False when
    /// someone who reads kept it from that; nothing is lost then, the log stays beside the file.
    pub fn fold(&self) -> Result<bool> {
        self.connect(OpenFlags::SQLITE_OPEN_READ_WRITE)
            .and_then(|connection| connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0)))
            .map(|busy: bool| !busy)
            .map_err(|e| self.error(e))
    }

    /// The kind of network file system that the archive lies on, such as `nfs4`, as far as can be told.
    pub fn network_file_system(&self) -> Option<String> {
        mounts::network_file_system(&self.path)
    }

    /// Opens an existing archive. Errors with [`ArchiveError::Older`] when it is of an older format.
    pub fn open(path: &Path) -> Result<Self> {
        match Self::open_any(path)? {
            (archive, FORMAT_VERSION) => Ok(archive),
            (archive, found) => Err(archive.refuse((APPLICATION_ID, found))),
        }
    }

    /// Opens an archive of this format or an older one, which can only be backed up and migrated; with its format.
    pub fn open_any(path: &Path) -> Result<(Self, i64)> {
        if !path.exists() {
            return Err(ArchiveError::Missing(path.to_path_buf()));
        }
        not_too_small(path)?;
        let archive = Self {
            path: path.to_path_buf(),
            durable: false,
        };
        let version = archive
            .reader_unchecked()
            .and_then(|c| identify(&c))
            .map_err(|e| archive.error(e))?;
        match version {
            (APPLICATION_ID, format) if (1..=FORMAT_VERSION).contains(&format) => Ok((archive, format)),
            // Someone was interrupted while making it.
            (0, 0) if archive.is_empty()? => Err(ArchiveError::Missing(path.to_path_buf())),
            other => Err(archive.refuse(other)),
        }
    }

    /// What [`Archive::migrate`] does to an archive of a format: the formats it comes to, each with a sentence.
    pub fn steps_from(format: i64) -> impl Iterator<Item = (i64, String)> {
        (1..)
            .zip(MIGRATIONS)
            .filter(move |(to, _)| *to > format)
            .map(|(to, migration)| (to, summary(migration)))
    }

    /// Brings the archive to a format, from the one before it; in one transaction.
    pub fn migrate(&self, to: i64) -> Result<()> {
        let migrate = || -> rusqlite::Result<()> {
            let mut connection = self.connect(OpenFlags::SQLITE_OPEN_READ_WRITE)?;
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Exclusive)?;
            // Another process may have done it while we waited.
            for (format, migration) in (1..).zip(MIGRATIONS).skip(identify(&transaction)?.1.max(0) as usize) {
                if format <= to {
                    apply(&transaction, format, migration)?;
                }
            }
            transaction.commit()
        };
        migrate().map_err(|e| self.error(e))
    }

    /// Whether it is a database with nothing in it, which `create` makes an archive of.
    fn is_empty(&self) -> Result<bool> {
        self.reader_unchecked()
            .and_then(|connection| count_of_schema(&connection))
            .map(|count| count == 0)
            .map_err(|e| self.error(e))
    }

    /// A file to be looked at as it is, whatever it is: only [`super::verify`] takes it.
    pub fn unopened(path: &Path) -> Result<Self> {
        if !path.exists() {
            return Err(ArchiveError::Missing(path.to_path_buf()));
        }
        not_too_small(path)?;
        Ok(Self {
            path: path.to_path_buf(),
            durable: false,
        })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A connection that can only read, and sees what was committed when it asks.
    pub fn reader(&self) -> Result<Reader> {
        let connection = self.reader_unchecked().map_err(|e| self.error(e))?;
        Reader::new(connection, self.clone())
    }

    /// The same, with another archive open beside it.
    pub(super) fn reader_beside(&self, other: &Archive) -> Result<Reader> {
        let reader = self.reader()?;
        reader.ask(|sql| {
            // Views are made, though only for this connection.
            sql.pragma_update(None, "query_only", false)?;
            merge::attach(sql, other.path())?;
            sql.pragma_update(None, "query_only", true)
        })?;
        Ok(reader)
    }

    /// The one writer: a thread of its own.
    pub fn writer(&self) -> Result<Writer> {
        self.start(OpenFlags::empty(), |_| Ok(()))
    }

    /// The same, with another archive open beside it, for reading.
    pub(super) fn writer_beside(&self, other: &Archive) -> Result<Writer> {
        self.start(OpenFlags::SQLITE_OPEN_URI, |writing| {
            merge::attach(writing, other.path())
        })
    }

    fn start(&self, flags: OpenFlags, prepare: impl FnOnce(&Connection) -> rusqlite::Result<()>) -> Result<Writer> {
        let connections = self
            .connect(OpenFlags::SQLITE_OPEN_READ_WRITE | flags)
            .and_then(|writing| Ok((writing, self.reader_unchecked()?)));
        let (writing, before) = connections.map_err(|e| self.error(e))?;
        prepare(&writing).map_err(|e| self.error(e))?;
        Writer::start(writing, before, self.clone())
    }

    /// Takes the lock that keeps two runs apart. Freed when dropped, and by the system after a crash.
    pub fn lock(&self) -> Result<RunLock> {
        RunLock::take(&self.path, RunLock::RUN)
    }

    /// Takes the lock that keeps two runners of jobs apart. Neither keeps runs out, nor do runs keep it out.
    pub fn lock_jobs(&self) -> Result<RunLock> {
        RunLock::take(&self.path, RunLock::JOBS)
    }

    /// Takes the lock that keeps apart two who tell what is new. Runs are not held up by it.
    pub fn lock_telling(&self) -> Result<RunLock> {
        RunLock::take(&self.path, RunLock::TELLING)
    }

    /// Writes the whole file anew, without gaps. In one transaction, which needs twice the file's size on the disk
    /// for a while.
    pub fn rebuild(&self) -> Result<()> {
        let connection = self.connect(OpenFlags::SQLITE_OPEN_READ_WRITE);
        connection
            .and_then(|connection| connection.execute_batch("VACUUM"))
            .map_err(|e| self.error(e))
    }

    pub(super) fn error(&self, error: rusqlite::Error) -> ArchiveError {
        ArchiveError::from_sqlite(&self.path, error)
    }

    pub(super) fn refuse(&self, (id, version): (i64, i64)) -> ArchiveError {
        let path = self.path.clone();
        if id != APPLICATION_ID {
            ArchiveError::Foreign {
                path,
                why: "it is another program's SQLite database".into(),
            }
        } else if (1..FORMAT_VERSION).contains(&version) {
            ArchiveError::Older {
                path,
                found: version,
                known: FORMAT_VERSION,
            }
        } else {
            ArchiveError::Newer {
                path,
                found: version,
                known: FORMAT_VERSION,
            }
        }
    }

    fn prepare(&self) -> rusqlite::Result<Result<()>> {
        let mut connection = self.connect(OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)?;
        let empty = count_of_schema(&connection)? == 0;
        let (id, version) = identify(&connection)?;
        let fresh = empty && id == 0 && version == 0;
        if !fresh && (id, version) != (APPLICATION_ID, FORMAT_VERSION) {
            return Ok(Err(self.refuse((id, version))));
        }
        if fresh {
            // Dear to change once there is data: the page size that measured smallest, and a file
            // that can give pages back bit by bit.
            connection.execute_batch("PRAGMA page_size = 4096; PRAGMA auto_vacuum = INCREMENTAL;")?;
        }
        // Readers never wait for the writer, nor it for them.
        connection.pragma_update(None, "journal_mode", "WAL")?;
        if fresh {
            // All at once: a file that was killed on the way is none of an older format, but empty still.
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Exclusive)?;
            // Another process may have done it while we waited.
            if identify(&transaction)?.1 == 0 {
                for (format, migration) in (1..).zip(MIGRATIONS) {
                    apply(&transaction, format, migration)?;
                }
            }
            transaction.commit()?;
        }
        Ok(Ok(()))
    }

    fn connect(&self, flags: OpenFlags) -> rusqlite::Result<Connection> {
        let connection = Connection::open_with_flags(&self.path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        // Off by default in SQLite, and per connection.
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.pragma_update(None, "synchronous", if self.durable { "EXTRA" } else { "FULL" })?;
        connection.pragma_update(None, "fullfsync", self.durable)?;
        connection.pragma_update(None, "checkpoint_fullfsync", self.durable)?;
        // 32 MiB instead of 2: the indexes of a mid-sized archive fit.
        connection.pragma_update(None, "cache_size", -32_768)?;
        // Hot index pages are written back once for many commits: 32 MiB of log instead of 4.
        connection.pragma_update(None, "wal_autocheckpoint", 8192)?;
        settle(&connection)?;
        Ok(connection)
    }

    pub(super) fn reader_unchecked(&self) -> rusqlite::Result<Connection> {
        // A WAL database needs its -shm file even to be read; where that cannot be made (a read-only
        // folder) the file is opened as immutable, which is right as long as nobody writes.
        let open = |uri: bool| -> rusqlite::Result<Connection> {
            let connection = if uri {
                immutable(&self.path)?
            } else {
                // Not READ_ONLY: the last connection to close must be able to tidy the -wal file away.
                Connection::open_with_flags(&self.path, OpenFlags::SQLITE_OPEN_READ_WRITE)?
            };
            connection.pragma_update(None, "query_only", true)?;
            connection.pragma_update(None, "cache_size", -16_384)?;
            settle(&connection)?;
            identify(&connection)?;
            Ok(connection)
        };
        open(false).or_else(|error| match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::CannotOpen | rusqlite::ErrorCode::ReadOnly) => open(true),
            _ => Err(error),
        })
    }
}

fn apply(transaction: &Transaction<'_>, format: i64, migration: &str) -> rusqlite::Result<()> {
    transaction.execute_batch(migration)?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", format)?;
    match format == FORMAT_VERSION {
        true => fixity::renew(transaction),
        false => Ok(()),
    }
}

/// What a migration does, in a sentence: the first of its first comment.
fn summary(migration: &str) -> String {
    let comment: Vec<&str> = migration.lines().map_while(|line| line.strip_prefix("-- ")).collect();
    let comment = comment.join(" ");
    let sentence = comment
        .split_once(". ")
        .map_or(comment.trim_end_matches('.'), |(first, _)| first);
    format!("{sentence}.")
}

/// Opens a file that nobody writes to, without anything beside it.
pub(super) fn immutable(path: &Path) -> rusqlite::Result<Connection> {
    let uri = format!("file:{}?immutable=1", percent_encode_path(path));
    Connection::open_with_flags(uri, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI)
}

/// Whether a file is an archive of a known format.
pub(super) fn is_ours(connection: &Connection) -> rusqlite::Result<bool> {
    let (id, version) = identify(connection)?;
    Ok(id == APPLICATION_ID && (1..=FORMAT_VERSION).contains(&version))
}

/// An empty archive in memory: what every archive's schema is held against.
pub(super) fn pristine() -> rusqlite::Result<Connection> {
    let connection = Connection::open_in_memory()?;
    for migration in MIGRATIONS {
        connection.execute_batch(migration)?;
    }
    Ok(connection)
}

/// How long a connection waits for another to let go.
pub(super) const PATIENCE: std::time::Duration = std::time::Duration::from_secs(30);

/// What every connection wants.
fn settle(connection: &Connection) -> rusqlite::Result<()> {
    // A plan must not depend on the values bound: otherwise cached statements are planned anew at every use.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    // Sorting in memory suits every query here.
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.busy_timeout(PATIENCE)?;
    connection.set_prepared_statement_cache_capacity(128);
    Ok(())
}

/// Makes the name of a new archive last, and that of its folder: SQLite syncs what is in them, and knows nothing of
/// the folder's own name.
fn sync_folders(path: &Path) -> Result<()> {
    // Elsewhere folders cannot be opened, and need not be.
    if cfg!(unix) {
        let path = std::path::absolute(path).map_err(|e| ArchiveError::from_io(path, &e))?;
        for folder in path.ancestors().skip(1).take(2) {
            let synced = std::fs::File::open(folder).and_then(|folder| folder.sync_all());
            match synced {
                // A folder that we may not read was there before.
                Err(e) if e.kind() == std::io::ErrorKind::PermissionDenied => {}
                synced => synced.map_err(|e| ArchiveError::from_io(folder, &e))?,
            }
        }
    }
    Ok(())
}

/// SQLite takes a file of a few bytes for an empty database, and would write over it.
fn not_too_small(path: &Path) -> Result<()> {
    match std::fs::metadata(path) {
        Ok(file) if file.is_file() && (1..512).contains(&file.len()) => Err(ArchiveError::Foreign {
            path: path.into(),
            why: "the file is not an SQLite database".into(),
        }),
        _ => Ok(()),
    }
}

fn count_of_schema(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
}

pub(super) fn identify(connection: &Connection) -> rusqlite::Result<(i64, i64)> {
    let read = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    Ok((read("application_id")?, read("user_version")?))
}

pub(super) fn percent_encode_path(path: &Path) -> String {
    path.to_string_lossy()
        .replace('%', "%25")
        .replace('?', "%3f")
        .replace('#', "%23")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_migration_says_what_it_does() {
        let steps: Vec<(i64, String)> = Archive::steps_from(0).collect();
        assert_eq!(steps.len() as i64, FORMAT_VERSION);
        for (format, says) in &steps {
            assert!(
                (10..100).contains(&says.len()) && says.ends_with('.'),
                "{format}: {says}"
            );
        }
        assert_eq!(steps[0], (1, "The first archive format.".into()));
        assert_eq!(Archive::steps_from(1).next(), steps.get(1).cloned());
        assert_eq!(Archive::steps_from(FORMAT_VERSION).count(), 0);
    }
}
