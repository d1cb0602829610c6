//! What is remembered of hosts between runs.

use std::time::Duration;

use rusqlite::{OptionalExtension, params};

use super::{Reader, Result, ingest::Ingest};
use crate::model::{host::HostState, time::Timestamp};

impl Reader {
    /// What earlier runs left to know of a host.
    pub fn host_state(&self, host: &str) -> Result<Option<HostState>> {
        self.ask(|sql| {
            sql.prepare_cached(
                "SELECT s.not_before, s.backoff, s.response_ms, s.crawl_delay_ms, s.failures, s.updated_at
                 FROM host h JOIN host_state s ON s.host_id = h.id WHERE h.name = ?",
            )?
            .query_row([host], |row| {
                let span = |millis: i64| Duration::from_millis(millis.max(0) as u64);
                Ok(HostState {
                    not_before: row.get::<_, Option<i64>>(0)?.map(Timestamp::from_millis),
                    backoff: row.get(1)?,
                    response: row.get::<_, Option<i64>>(2)?.map(span),
                    crawl_delay: span(row.get(3)?),
                    failures: row.get(4)?,
                    updated_at: Timestamp::from_millis(row.get(5)?),
                })
            })
            .optional()
        })
    }
}

impl Ingest<'_> {
    /// Remembers hosts for the next run. Hosts that no address in the archive has are passed over.
    pub fn remember_hosts(&mut self, hosts: &[(String, HostState)]) -> rusqlite::Result<()> {
        for (host, state) in hosts {
            let millis = |span: Duration| i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
            self.sql
                .prepare_cached(
                    "INSERT INTO host_state (host_id, not_before, backoff, response_ms, crawl_delay_ms, failures, updated_at)
                     SELECT id, ?2, ?3, ?4, ?5, ?6, ?7 FROM host WHERE name = ?1
                     ON CONFLICT (host_id) DO UPDATE SET not_before = excluded.not_before, backoff = excluded.backoff,
                         response_ms = excluded.response_ms, crawl_delay_ms = excluded.crawl_delay_ms,
                         failures = excluded.failures, updated_at = excluded.updated_at",
                )?
                .execute(params![
                    host,
                    state.not_before.map(Timestamp::millis),
                    state.backoff,
                    state.response.map(millis),
                    millis(state.crawl_delay),
                    state.failures,
                    state.updated_at.millis(),
                ])?;
        }
        Ok(())
    }
}
