//! Assets: tasks for what a page needs to look as it did.

use rusqlite::{Connection, params};

use super::ingest::Ingest;
use crate::model::{capture::Purpose, run::Assets, time::Timestamp, url::Url};

/// How many assets a run has, counted once and kept up from then on: counting costs a walk over the
/// tasks.
#[derive(Default)]
pub(super) struct Counted {
    run_id: i64,
    assets: usize,
}

impl Counted {
    /// How many more assets a run may have.
    fn room(&mut self, sql: &Connection, run_id: i64) -> rusqlite::Result<usize> {
        if self.run_id != run_id {
            let assets: i64 = sql.query_row(
                "SELECT count(*) FROM task WHERE run_id = ? AND purpose = ?",
                params![run_id, Purpose::Asset.as_str()],
                |row| row.get(0),
            )?;
            *self = Self {
                run_id,
                assets: assets as usize,
            };
        }
        Ok(Assets::PER_RUN.saturating_sub(self.assets))
    }
}

impl Ingest<'_> {
    /// Assets become tasks. What this run fetches anyway, as a page or for another page, does not.
    pub(super) fn add_assets(
        &mut self,
        run_id: i64,
        depth: u32,
        assets: &[Url],
        at: Timestamp,
    ) -> rusqlite::Result<()> {
        let sql = self.sql;
        let mut room = self.counted_assets().room(sql, run_id)?;
        for url in assets {
            if room == 0 {
                break;
            }
            let url_id = self.url_id(url)?;
            let added = sql
                .prepare_cached(
                    "INSERT INTO task (run_id, url_id, purpose, host_id, depth, due_at)
                     SELECT ?1, u.id, ?3, u.host_id, ?4, ?5 FROM url u
                     WHERE u.id = ?2 AND NOT EXISTS (SELECT 1 FROM task t WHERE t.run_id = ?1 AND t.url_id = u.id)",
                )?
                .execute(params![run_id, url_id, Purpose::Asset.as_str(), depth, at.millis()])?;
            room -= added;
            self.counted_assets().assets += added;
        }
        Ok(())
    }
}
