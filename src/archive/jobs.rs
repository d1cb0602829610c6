//! Jobs, and what became of each time they were due. These rows are written beside runs, by a runner that does not
//! hold the run's lock: each call is one transaction, for which SQLite makes the two wait for each other.

use std::time::Duration;

use rusqlite::{OptionalExtension, Row, params};

use super::{
    Reader, Result,
    ingest::Ingest,
    read::{time, word},
};
use crate::model::{
    job::{Job, JobOutcome, JobRun},
    time::Timestamp,
};

const JOBS: &str = "SELECT id, uid, name, cron, zone, arguments, folder, jitter_ms, catch_up, limit_ms, added_at,
    considered_at, paused_at FROM job WHERE removed_at IS NULL";
const RUNS: &str = "SELECT r.id, r.job_id, j.name, r.due_at, r.by_hand, r.times, r.outcome, r.attempts, r.started_at,
    r.ended_at, r.exit_code, r.log, r.run_id, w.state
    FROM job_run r JOIN job j ON j.id = r.job_id LEFT JOIN run w ON w.id = r.run_id";

/// A job with its row.
#[derive(Debug, Clone)]
pub struct KeptJob {
    /// Its row.
    pub id: i64,
    /// What it is.
    pub job: Job,
}

/// One time of a job with its row, and the run that it began last.
#[derive(Debug, Clone)]
pub struct KeptJobRun {
    /// Its row.
    pub id: i64,
    /// Row of the job.
    pub job_id: i64,
    /// What it is.
    pub run: JobRun,
    /// The run of the archive that it began last, and whether that one has come to its end.
    pub began: Option<(i64, bool)>,
}

impl Reader {
    /// All jobs that are not removed, by name.
    pub fn jobs(&self) -> Result<Vec<KeptJob>> {
        self.ask(|sql| {
            sql.prepare(&format!("{JOBS} ORDER BY name"))?
                .query_map([], job)?
                .collect()
        })
    }

    /// The job of that name.
    pub fn job(&self, name: &str) -> Result<Option<KeptJob>> {
        self.ask(|sql| sql.query_row(&format!("{JOBS} AND name = ?"), [name], job).optional())
    }

    /// The newest times of a job, newest first.
    pub fn job_runs(&self, job_id: i64, limit: usize) -> Result<Vec<KeptJobRun>> {
        self.ask(|sql| {
            sql.prepare(&format!("{RUNS} WHERE r.job_id = ? ORDER BY r.id DESC LIMIT ?"))?
                .query_map(params![job_id, limit as i64], job_run)?
                .collect()
        })
    }

    /// Times that are waiting to be run, or were being run when their runner ended, those due first first.
    pub fn open_job_runs(&self) -> Result<Vec<KeptJobRun>> {
        self.ask(|sql| {
            sql.prepare(&format!(
                "{RUNS} WHERE r.ended_at IS NULL AND j.removed_at IS NULL ORDER BY r.due_at, r.id"
            ))?
            .query_map([], job_run)?
            .collect()
        })
    }

    /// The times that a row stands for, as it is now.
    pub fn job_run(&self, id: i64) -> Result<KeptJobRun> {
        self.ask(|sql| sql.query_row(&format!("{RUNS} WHERE r.id = ?"), [id], job_run))
    }

    /// Whether a run was begun by this job, at any of its times.
    pub fn is_run_of_job(&self, run_id: i64, job_id: i64) -> Result<bool> {
        self.ask(|sql| {
            sql.query_row(
                "SELECT EXISTS (SELECT 1 FROM job_run WHERE run_id = ? AND job_id = ?)",
                [run_id, job_id],
                |row| row.get(0),
            )
        })
    }

    /// When a time of a job was last over.
    pub fn newest_job_end(&self) -> Result<Option<Timestamp>> {
        self.ask(|sql| {
            sql.query_row("SELECT max(ended_at) FROM job_run", [], |row| {
                Ok(row.get::<_, Option<i64>>(0)?.map(Timestamp::from_millis))
            })
        })
    }
}

fn job(row: &Row<'_>) -> rusqlite::Result<KeptJob> {
    let span = |column| row.get(column).map(|ms: i64| Duration::from_millis(ms.unsigned_abs()));
    let arguments: String = row.get(5)?;
    let job = Job {
        uid: row.get(1)?,
        name: row.get(2)?,
        cron: row.get(3)?,
        zone: row.get(4)?,
        arguments: serde_json::from_str(&arguments)
            .map_err(|e| rusqlite::Error::FromSqlConversionFailure(5, rusqlite::types::Type::Text, Box::new(e)))?,
        folder: row.get(6)?,
        jitter: span(7)?,
        catch_up: word(row, 8)?,
        limit: span(9)?,
        added_at: time(row, 10)?,
        considered_at: time(row, 11)?,
        paused_at: row.get::<_, Option<i64>>(12)?.map(Timestamp::from_millis),
    };
    Ok(KeptJob { id: row.get(0)?, job })
}

fn job_run(row: &Row<'_>) -> rusqlite::Result<KeptJobRun> {
    let moment = |column| {
        row.get::<_, Option<i64>>(column)
            .map(|at| at.map(Timestamp::from_millis))
    };
    let began: Option<i64> = row.get(12)?;
    let state: Option<String> = row.get(13)?;
    Ok(KeptJobRun {
        id: row.get(0)?,
        job_id: row.get(1)?,
        run: JobRun {
            job: row.get(2)?,
            due_at: time(row, 3)?,
            by_hand: row.get(4)?,
            times: row.get::<_, i64>(5)?.unsigned_abs(),
            outcome: word(row, 6)?,
            attempts: row.get(7)?,
            started_at: moment(8)?,
            ended_at: moment(9)?,
            exit_code: row.get(10)?,
            log: row.get(11)?,
        },
        began: began.zip(state).map(|(id, state)| (id, state == "finished")),
    })
}

impl Ingest<'_> {
    /// Takes a job in. Returns its row; `None` where there is one of that name.
    pub fn add_job(&mut self, job: &Job) -> rusqlite::Result<Option<i64>> {
        let arguments =
            serde_json::to_string(&job.arguments).map_err(|e| rusqlite::Error::ToSqlConversionFailure(Box::new(e)))?;
        let added = self.sql.execute(
            "INSERT INTO job (uid, name, cron, zone, arguments, folder, jitter_ms, catch_up, limit_ms, added_at,
                 considered_at, paused_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            params![
                job.uid,
                job.name,
                job.cron,
                job.zone,
                arguments,
                job.folder,
                millis(job.jitter),
                job.catch_up.as_str(),
                millis(job.limit),
                job.added_at.millis(),
                job.considered_at.millis(),
                job.paused_at.map(Timestamp::millis),
            ],
        )?;
        Ok((added > 0).then(|| self.sql.last_insert_rowid()))
    }

    /// Pauses a job, or lets it go on: what was due meanwhile is not caught up.
    pub fn pause_job(&mut self, id: i64, paused_at: Option<Timestamp>, now: Timestamp) -> rusqlite::Result<()> {
        self.sql.execute(
            "UPDATE job SET paused_at = ?2, considered_at = max(considered_at, ?3) WHERE id = ?1",
            params![id, paused_at.map(Timestamp::millis), now.millis()],
        )?;
        Ok(())
    }

    /// Takes a job off; what became of its times stays. Those that wait are passed over.
    pub fn remove_job(&mut self, id: i64, at: Timestamp) -> rusqlite::Result<()> {
        self.sql
            .execute("UPDATE job SET removed_at = ?2 WHERE id = ?1", params![id, at.millis()])?;
        self.sql.execute(
            "UPDATE job_run SET outcome = ?3, ended_at = ?2 WHERE job_id = ?1 AND ended_at IS NULL",
            params![id, at.millis(), JobOutcome::Missed.as_str()],
        )?;
        Ok(())
    }

    /// Notes that a job was due at a time, or was asked for by hand: it waits from now on, or was missed. A time that is
    /// known already stays as it is. Returns its row where it is new.
    pub fn due_job(
        &mut self,
        job_id: i64,
        due_at: Timestamp,
        by_hand: bool,
        times: u64,
        missed: Option<Timestamp>,
    ) -> rusqlite::Result<Option<i64>> {
        let outcome = match missed {
            Some(_) => JobOutcome::Missed,
            None => JobOutcome::Waiting,
        };
        let added = self.sql.execute(
            "INSERT INTO job_run (job_id, due_at, by_hand, times, outcome, ended_at) VALUES (?, ?, ?, ?, ?, ?)
             ON CONFLICT DO NOTHING",
            params![
                job_id,
                due_at.millis(),
                by_hand,
                i64::try_from(times).unwrap_or(i64::MAX),
                outcome.as_str(),
                missed.map(Timestamp::millis),
            ],
        )?;
        if !by_hand {
            self.sql.execute(
                "UPDATE job SET considered_at = max(considered_at, ?2) WHERE id = ?1",
                params![job_id, due_at.millis()],
            )?;
        }
        Ok((added > 0).then(|| self.sql.last_insert_rowid()))
    }

    /// A runner begins with it, the first time or again.
    pub fn begin_job_run(&mut self, id: i64, log: Option<&str>, at: Timestamp) -> rusqlite::Result<()> {
        self.sql.execute(
            "UPDATE job_run SET outcome = ?2, attempts = attempts + 1, started_at = coalesce(started_at, ?3), log = ?4
             WHERE id = ?1",
            params![id, JobOutcome::Running.as_str(), at.millis(), log],
        )?;
        Ok(())
    }

    /// A run of the archive is what came of it. A run that is gone on with was noted before.
    pub fn job_run_began(&mut self, id: i64, run_id: i64) -> rusqlite::Result<()> {
        self.sql
            .execute("UPDATE job_run SET run_id = ?2 WHERE id = ?1", [id, run_id])?;
        Ok(())
    }

    /// It was cut short, and waits to be begun again.
    pub fn interrupt_job_run(&mut self, id: i64) -> rusqlite::Result<()> {
        self.sql.execute(
            "UPDATE job_run SET outcome = ?2 WHERE id = ?1",
            params![id, JobOutcome::Waiting.as_str()],
        )?;
        Ok(())
    }

    /// It is over.
    pub fn end_job_run(
        &mut self,
        id: i64,
        outcome: JobOutcome,
        exit_code: Option<i32>,
        at: Timestamp,
    ) -> rusqlite::Result<()> {
        self.sql.execute(
            "UPDATE job_run SET outcome = ?2, exit_code = ?3, ended_at = ?4 WHERE id = ?1",
            params![id, outcome.as_str(), exit_code, at.millis()],
        )?;
        Ok(())
    }

    /// Forgets the logs of a job but the newest. Returns the names of the files that nothing names any more.
    pub fn forget_logs(&mut self, job_id: i64, keep: usize) -> rusqlite::Result<Vec<String>> {
        let old: Vec<(i64, String)> = self
            .sql
            .prepare(
                "SELECT id, log FROM job_run WHERE job_id = ?1 AND log IS NOT NULL AND ended_at IS NOT NULL
                 ORDER BY id DESC LIMIT -1 OFFSET ?2",
            )?
            .query_map(params![job_id, keep as i64], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<rusqlite::Result<_>>()?;
        for (id, _) in &old {
            self.sql.execute("UPDATE job_run SET log = NULL WHERE id = ?", [id])?;
        }
        Ok(old.into_iter().map(|(_, log)| log).collect())
    }
}

fn millis(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}
