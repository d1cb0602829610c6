//! How telling goes: which receivers cannot be told, and which jobs went wrong since one was told last.

use rusqlite::params;

use super::{
    Reader, Result,
    ingest::Ingest,
    read::{time, word},
};
use crate::model::{
    bulletin::{FailingNotifier, JobTrouble},
    job::JobOutcome,
    time::Timestamp,
};

impl Reader {
    /// The receivers that could not be told when it was last tried, those longest failing first.
    pub fn failing_notifiers(&self) -> Result<Vec<FailingNotifier>> {
        self.ask(|sql| {
            sql.prepare(
                "SELECT name, failing_since, failures, coalesce(failure, '') FROM notifier
                 WHERE failing_since IS NOT NULL ORDER BY failing_since, id",
            )?
            .query_map([], |row| {
                Ok(FailingNotifier {
                    name: row.get(0)?,
                    since: time(row, 1)?,
                    failures: row.get::<_, i64>(2)?.unsigned_abs(),
                    why: row.get(3)?,
                })
            })?
            .collect()
        })
    }

    /// Jobs that went wrong after `since`, up to `until`; without `since`, those that went wrong the last time.
    pub fn job_troubles(&self, since: Option<Timestamp>, until: Timestamp) -> Result<Vec<JobTrouble>> {
        let wrong: Vec<&str> = JobOutcome::ALL
            .iter()
            .filter(|outcome| outcome.is_trouble())
            .map(|outcome| outcome.as_str())
            .collect();
        let wrong = serde_json::to_string(&wrong).unwrap_or_default();
        self.ask(|sql| {
            // Of a group with one max(), SQLite takes the other columns from the row that has it.
            sql.prepare(
                "SELECT j.name, count(*), r.outcome, r.due_at, max(r.ended_at), r.exit_code, r.log
                 FROM job_run r JOIN job j ON j.id = r.job_id
                 WHERE r.ended_at <= ?2 AND j.removed_at IS NULL
                     AND r.outcome IN (SELECT value FROM json_each(?3))
                     AND r.ended_at > coalesce(?1, (SELECT max(b.ended_at) FROM job_run b
                         WHERE b.job_id = r.job_id AND b.ended_at <= ?2) - 1)
                 GROUP BY r.job_id ORDER BY j.name",
            )?
            .query_map(params![since.map(Timestamp::millis), until.millis(), wrong], |row| {
                Ok(JobTrouble {
                    job: row.get(0)?,
                    times: row.get::<_, i64>(1)?.unsigned_abs(),
                    outcome: word(row, 2)?,
                    due_at: time(row, 3)?,
                    ended_at: time(row, 4)?,
                    exit_code: row.get(5)?,
                    log: row.get(6)?,
                })
            })?
            .collect()
        })
    }
}

impl Ingest<'_> {
    /// Notes that a receiver was told something.
    pub fn notifier_told(&mut self, name: &str, at: Timestamp) -> rusqlite::Result<()> {
        self.sql.execute(
            "INSERT INTO notifier (name, told_at, failures) VALUES (?1, ?2, 0)
             ON CONFLICT (name) DO UPDATE SET told_at = ?2, failures = 0, failing_since = NULL, failure = NULL",
            params![name, at.millis()],
        )?;
        Ok(())
    }

    /// Notes that a receiver could not be told, and why. Since when is kept from the first failure in a row.
    pub fn notifier_failed(&mut self, name: &str, at: Timestamp, why: &str) -> rusqlite::Result<()> {
        self.sql.execute(
            "INSERT INTO notifier (name, failures, failing_since, failure) VALUES (?1, 1, ?2, ?3)
             ON CONFLICT (name) DO UPDATE SET failures = failures + 1,
                 failing_since = coalesce(failing_since, ?2), failure = ?3",
            params![name, at.millis(), why],
        )?;
        Ok(())
    }
}
