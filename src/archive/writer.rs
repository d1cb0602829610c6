//! The one writer: a thread that gathers work into transactions and acknowledges after commit.

use std::{
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use rusqlite::{Connection, TransactionBehavior};

use super::{
    Archive, ArchiveError, Result,
    fixity::Seals,
    ingest::{Ingest, Memory},
    open::PATIENCE,
};
use crate::model::run::{Attempt, Committed};

/// Told once the transaction is durable, or that it never will be.
type Acknowledge = Box<dyn FnOnce(Result<()>) + Send>;
/// One piece of work inside a transaction; or why there is none, to be told to whoever waits for it.
type Work = Box<dyn FnOnce(Result<&mut Ingest<'_>>) -> Result<Acknowledge> + Send>;

/// Pieces of work waiting at most: what bounds memory when the disk is slow.
const QUEUE: usize = 256;
/// Pieces of work in one transaction at most.
const BATCH: usize = 512;
/// How long a transaction stays open for more work to join it.
const LINGER: Duration = Duration::from_millis(8);
/// How long a transaction lasts at most while work keeps coming.
const LONGEST: Duration = Duration::from_millis(150);
/// Bytes of write-ahead log beyond which it is emptied. SQLite begins it anew only at a moment when nobody reads from
/// it, which with readers all the time does not come by itself; and every page read is looked for in it first.
const LOG_MAX: u64 = if cfg!(test) { 1 << 20 } else { 64 << 20 };
/// How long readers are waited for then. One that reads for longer is let be.
const READERS: Duration = Duration::from_secs(1);

/// Handle of the writer thread. After one failure every later call fails with the same error:
/// what was acknowledged is safe, and nothing is half written.
#[derive(Debug)]
pub struct Writer {
    sender: Option<SyncSender<Work>>,
    thread: Option<JoinHandle<()>>,
}

/// Hands over work from another thread.
#[derive(Clone, Debug)]
pub struct WriterHandle {
    sender: SyncSender<Work>,
}

impl Writer {
    /// `before` is a second connection, which sees what is being written only once it is committed.
    pub(super) fn start(mut connection: Connection, before: Connection, archive: Archive) -> Result<Self> {
        let seals = Seals::watch(&mut connection, before).map_err(|e| archive.error(e))?;
        let memory = Memory::load(&connection, seals.marks()).map_err(|e| archive.error(e))?;
        let (sender, receiver) = sync_channel(QUEUE);
        let thread = std::thread::Builder::new()
            .name("archive-writer".into())
            .spawn(move || {
                Loop {
                    connection,
                    log_max: LOG_MAX,
                    memory,
                    seals,
                    archive,
                    failed: None,
                }
                .run(&receiver)
            })
            .map_err(|e| ArchiveError::Sql(format!("cannot start the writer thread: {e}")))?;
        Ok(Self {
            sender: Some(sender),
            thread: Some(thread),
        })
    }

    /// A handle for other threads.
    pub fn handle(&self) -> WriterHandle {
        // `sender` is only taken by drop.
        match &self.sender {
            Some(sender) => WriterHandle { sender: sender.clone() },
            None => unreachable!("the writer is used after it was dropped"),
        }
    }

    /// Does one piece of work and waits until it is durable.
    pub fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Ingest<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T> {
        self.handle().call(work)
    }

    /// Hands over one piece of work without waiting for it. Should it fail, every later
    /// [`Writer::call`] returns its error. Blocks while the queue is full.
    pub fn post(&self, work: impl FnOnce(&mut Ingest<'_>) -> rusqlite::Result<()> + Send + 'static) {
        let work: Work = Box::new(move |ingest| {
            ingest?.guard(work)?;
            Ok(Box::new(|_| ()) as Acknowledge)
        });
        // As in `WriterHandle::commit`.
        let _ = self.handle().sender.send(work);
    }
}

impl WriterHandle {
    /// Hands over an attempt; `tell` is called from the writer's thread once it is durable.
    /// Blocks while the queue is full.
    pub fn commit(&self, attempt: Attempt, tell: impl FnOnce(Result<Committed>) + Send + 'static) {
        let work: Work = Box::new(move |ingest| {
            let committed = ingest.and_then(|ingest| ingest.guard(|ingest| ingest.attempt(attempt)));
            match committed {
                Ok(committed) => {
                    Ok(Box::new(move |durable: Result<()>| tell(durable.map(|()| committed))) as Acknowledge)
                }
                Err(error) => {
                    tell(Err(error.clone()));
                    Err(error)
                }
            }
        });
        // The thread ends only with its last handle, so a send can only fail after it panicked.
        let _ = self.sender.send(work);
    }

    /// Does one piece of work and waits until it is durable.
    pub fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Ingest<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T> {
        let (answer, wait) = sync_channel(1);
        let work: Work = Box::new(move |ingest| match ingest.and_then(|ingest| ingest.guard(work)) {
            Ok(value) => Ok(Box::new(move |durable: Result<()>| {
                let _ = answer.send(durable.map(|()| value));
            }) as Acknowledge),
            Err(error) => {
                let _ = answer.send(Err(error.clone()));
                Err(error)
            }
        });
        let gone = || ArchiveError::Sql("the archive's writer thread has ended unexpectedly".into());
        self.sender.send(work).map_err(|_| gone())?;
        wait.recv().map_err(|_| gone())?
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.sender.take());
        if let Some(thread) = self.thread.take() {
            // A panic there has already been printed by its own hook.
            let _ = thread.join();
        }
    }
}

struct Loop {
    connection: Connection,
    /// Bytes of log beyond which it is emptied next.
    log_max: u64,
    memory: Memory,
    seals: Seals,
    archive: Archive,
    failed: Option<ArchiveError>,
}

impl Loop {
    fn run(mut self, receiver: &Receiver<Work>) {
        while let Ok(first) = receiver.recv() {
            let mut acknowledgements = Vec::new();
            let outcome = match &self.failed {
                Some(error) => first(Err(error.clone())).map(|_| ()),
                None => self.batch(first, receiver, &mut acknowledgements),
            };
            if let Err(error) = &outcome {
                self.failed.get_or_insert_with(|| error.clone());
            }
            for acknowledge in acknowledgements {
                acknowledge(outcome.clone());
            }
            if self.failed.is_none()
                && let Err(error) = self.empty_log()
            {
                self.failed = Some(self.archive.error(error));
            }
        }
    }

    /// Folds the write-ahead log into the file where it has become long. Where a reader holds on to it, it may grow
    /// twice as long before that is tried again.
    fn empty_log(&mut self) -> rusqlite::Result<()> {
        let mut log = self.archive.path().as_os_str().to_owned();
        log.push("-wal");
        let length = std::fs::metadata(log).map_or(0, |file| file.len());
        if length <= self.log_max {
            return Ok(());
        }
        self.connection.busy_timeout(READERS)?;
        let busy: bool = self
            .connection
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        self.connection.busy_timeout(PATIENCE)?;
        self.log_max = if busy { 2 * length } else { LOG_MAX };
        Ok(())
    }

    /// One transaction. On an error all of it is rolled back, and everyone in it is told.
    fn batch(&mut self, first: Work, receiver: &Receiver<Work>, acknowledgements: &mut Vec<Acknowledge>) -> Result<()> {
        let archive = self.archive.clone();
        let begun = Instant::now();
        let opened = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate);
        let transaction = match opened.map_err(|e| archive.error(e)) {
            Ok(transaction) => transaction,
            Err(error) => return first(Err(error)).map(|_| ()),
        };
        let mut ingest = Ingest::new(&transaction, &mut self.memory, &archive);
        let mut next = Some(first);
        while let Some(work) = next.take() {
            acknowledgements.push(work(Ok(&mut ingest))?);
            if acknowledgements.len() < BATCH && begun.elapsed() < LONGEST {
                // Nothing more came in time, or nobody is left to send: this transaction is complete.
                next = receiver.recv_timeout(LINGER).ok();
            }
        }
        ingest.guard(Ingest::finish)?;
        self.seals.write(&transaction).map_err(|e| archive.error(e))?;
        transaction.commit().map_err(|e| archive.error(e))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    /// Bytes of log after so many megabytes were written, with readers of which one is always at work.
    fn log_after(megabytes: usize, reading: Duration) -> u64 {
        let folder = tempfile::tempdir().unwrap();
        let archive = Archive::create(&folder.path().join("a.db")).unwrap();
        let (writer, done) = (archive.writer().unwrap(), AtomicBool::new(false));
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    let reader = archive.reader().unwrap();
                    while !done.load(Ordering::Relaxed) {
                        let snapshot = reader.sql.unchecked_transaction().unwrap();
                        let _: i64 = snapshot
                            .query_row("SELECT count(*) FROM blob", [], |row| row.get(0))
                            .unwrap();
                        std::thread::sleep(reading);
                    }
                });
            }
            for _ in 0..4 * megabytes {
                let insert = "INSERT INTO blob (codec, depth, level, data) VALUES ('raw', 0, 1, randomblob(250000))";
                writer.call(move |ingest| ingest.sql.execute(insert, [])).unwrap();
            }
            done.store(true, Ordering::Relaxed);
        });
        std::fs::metadata(folder.path().join("a.db-wal")).map_or(0, |log| log.len())
    }

    #[test]
    fn whoever_comes_after_a_failure_is_told_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let archive = Archive::create(&folder.path().join("a.db")).unwrap();
        let writer = archive.writer().unwrap();
        let fails = || writer.call(|ingest| ingest.sql.execute("INSERT INTO nothing VALUES (1)", []));
        let first = fails().unwrap_err().to_string();
        assert!(!first.contains("thread"), "{first}");
        writer.post(|_| Ok(()));
        let later = writer.call(|_| Ok(())).unwrap_err().to_string();
        assert_eq!(later, first);
    }

    #[test]
    fn the_log_stays_short_whoever_reads() {
        let log = log_after(30, Duration::from_millis(3));
        assert!(log <= 2 * LOG_MAX, "{log} bytes");
    }

    #[test]
    fn a_reader_that_holds_on_is_let_be() {
        let log = log_after(6, Duration::from_millis(1500));
        assert!(log > LOG_MAX, "it was not emptied under a reader: {log} bytes");
    }
}
