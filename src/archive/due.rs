//! Links that need not be visited yet.

use std::collections::HashMap;

use rusqlite::params;

use super::{Reader, Result, facts::verdict_row, ingest::Ingest};
use crate::model::{capture::Purpose, time::Timestamp, url::Url, verdict::Verdict};

/// A link that is failing, as far as is needed to tell when it is due again.
#[derive(Debug, Clone)]
pub struct Failing {
    /// Row of its address.
    pub url_id: i64,
    /// What addresses that are fetched once for all share.
    pub key: String,
    /// What is said of it.
    pub verdict: Verdict,
    /// When it was last visited.
    pub checked: Timestamp,
}

impl Reader {
    /// Every link that is present in an article and was failing when it was last visited, and how many
    /// present links share each key.
    pub fn failing(&self) -> Result<(Vec<Failing>, HashMap<String, usize>)> {
        self.ask(|sql| {
            let rows: Vec<(i64, String, i64)> = sql
                .prepare(
                    "SELECT ci.url_id, coalesce(u.lookup_key, u.url), v.id
                     FROM citation ci JOIN article a ON a.id = ci.article_id JOIN url u ON u.id = ci.url_id
                     JOIN verdict v ON v.id = ci.verdict_id
                     WHERE ci.state = 'present' AND a.removed_at IS NULL AND v.class IN ('dead', 'suspect')",
                )?
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
                .collect::<rusqlite::Result<_>>()?;
            let mut failing = Vec::new();
            let mut sharing: HashMap<String, usize> = HashMap::new();
            for (url_id, key, verdict) in rows {
                let checked = sql
                    .prepare_cached(
                        "SELECT coalesce(max(c.at), 0) FROM capture c WHERE c.url_id = ? AND c.via_id IS NULL
                             AND c.purpose IN ('citation', 'article')
                             AND (SELECT l.access FROM capture l WHERE l.id = c.last_id) <> 'deferred'",
                    )?
                    .query_row([url_id], |row| row.get::<_, i64>(0).map(Timestamp::from_millis))?;
                if !sharing.contains_key(&key) {
                    let count = sql
                        .prepare_cached(
                            "SELECT count(*) FROM url u CROSS JOIN citation ci ON ci.url_id = u.id AND ci.state = 'present'
                             CROSS JOIN article a ON a.id = ci.article_id AND a.removed_at IS NULL
                             WHERE u.url = ?1 OR u.lookup_key = ?1",
                        )?
                        .query_row([&key], |row| row.get::<_, i64>(0))?;
                    sharing.insert(key.clone(), count as usize);
                }
                failing.push(Failing {
                    url_id,
                    key,
                    verdict: verdict_row(sql, verdict)?.0,
                    checked,
                });
            }
            Ok((failing, sharing))
        })
    }
}

impl Ingest<'_> {
    /// Counts addresses as done in this run, so that nothing gives them a task.
    pub fn leave_out(&mut self, run_id: i64, urls: &[i64], at: Timestamp) -> rusqlite::Result<()> {
        for url_id in urls {
            self.sql
                .prepare_cached(
                    "INSERT INTO task (run_id, url_id, purpose, host_id, depth, due_at, done)
                     SELECT ?1, id, ?3, host_id, 1, ?4, 1 FROM url WHERE id = ?2
                     ON CONFLICT (run_id, url_id, purpose) DO NOTHING",
                )?
                .execute(params![run_id, url_id, Purpose::Citation.as_str(), at.millis()])?;
        }
        Ok(())
    }

    /// The same for addresses, whether the archive knows them or not.
    pub fn leave_out_addresses(&mut self, run_id: i64, urls: &[Url], at: Timestamp) -> rusqlite::Result<()> {
        let rows = urls
            .iter()
            .map(|url| self.url_id(url))
            .collect::<rusqlite::Result<Vec<i64>>>()?;
        self.leave_out(run_id, &rows, at)
    }
}
