//! Jobs: what is done again and again while nobody looks, and what came of it each time.

use std::time::Duration;

use super::{time::Timestamp, words::words};

words! {
    /// What becomes of times that passed while nothing ran: the machine was off, or another job took long.
    pub enum CatchUp {
        /// One run for all of them.
        Once = "once",
        /// A run for each.
        All = "all",
        /// None: they are noted as missed.
        Skip = "skip",
    }
}

words! {
    /// What became of one time that a job was due.
    pub enum JobOutcome {
        /// It will be run as soon as a runner gets to it; after an interruption, again.
        Waiting = "waiting",
        /// It is being run; or its runner was killed, and the next one will see to it.
        Running = "running",
        /// Passed over: it was due while nothing ran, or another time of the same job stands for it.
        Missed = "missed",
        /// Exit code 0.
        Done = "done",
        /// Exit code 2: links, or the archive itself, need attention.
        Findings = "findings",
        /// Any other exit code.
        Failed = "failed",
        /// It took longer than its limit, and was stopped.
        TimedOut = "timed-out",
        /// It was killed too often to be tried again.
        Killed = "killed",
    }
}

impl JobOutcome {
    /// Whether somebody should hear of it although no link changed.
    pub const fn is_trouble(self) -> bool {
        matches!(self, Self::Failed | Self::TimedOut | Self::Killed)
    }
}

/// Something that is done at certain times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Names it everywhere.
    pub uid: String,
    /// What its user calls it.
    pub name: String,
    /// Cron expressions, with semicolons between them.
    pub cron: String,
    /// The time zone that they are meant in, by its IANA name.
    pub zone: String,
    /// A verb of this program, and what goes with it.
    pub arguments: Vec<String>,
    /// The folder it is run in, relative to the project (absolute outside it).
    pub folder: String,
    /// It may begin so much later than it is due.
    pub jitter: Duration,
    /// What becomes of missed times.
    pub catch_up: CatchUp,
    /// How long it may take before it is stopped.
    pub limit: Duration,
    /// Since when it is there.
    pub added_at: Timestamp,
    /// Each time it was due until then is known to the archive.
    pub considered_at: Timestamp,
    /// Since when it is paused.
    pub paused_at: Option<Timestamp>,
}

/// One time that a job was due, or was run by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobRun {
    /// The job's name.
    pub job: String,
    /// When it was due; by hand: when it was asked for.
    pub due_at: Timestamp,
    /// Whether somebody asked for it.
    pub by_hand: bool,
    /// Times of the job that it stands for, itself included.
    pub times: u64,
    /// What became of it.
    pub outcome: JobOutcome,
    /// How often it was begun.
    pub attempts: u32,
    /// When it was first begun.
    pub started_at: Option<Timestamp>,
    /// When it was over.
    pub ended_at: Option<Timestamp>,
    /// As the process told it.
    pub exit_code: Option<i32>,
    /// The file of what it printed, in the folder of logs.
    pub log: Option<String>,
}
