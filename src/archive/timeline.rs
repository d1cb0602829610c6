//! What happened to a page: its captures, and what was made of them.

use std::collections::HashMap;

use rusqlite::{OptionalExtension, Row, params};

use super::{
    Reader, Result,
    read::{time, word},
    source_history::changes_of,
};
use crate::model::{
    timeline::{Baseline, Captured, Event, Judged, SCHEMA_VERSION, Timeline, folded},
    url::Url,
};

impl Reader {
    /// The timeline of an address; of its canonical form `key`, if it was never captured itself. Captures in a row
    /// that brought the same are one, unless `all` are wanted. `None` for an address that was never captured.
    pub fn timeline(&self, url: &Url, key: &str, all: bool) -> Result<Option<Timeline>> {
        let _snapshot = self.at_once()?;
        let found: Option<(i64, String)> = self.ask(|sql| {
            sql.prepare_cached(
                "SELECT u.id, u.url FROM url u WHERE (u.url = ?1 OR u.url = ?2 OR u.lookup_key = ?2)
                     AND EXISTS (SELECT 1 FROM capture c WHERE c.url_id = u.id)
                 ORDER BY (u.url = ?1) DESC, u.id LIMIT 1",
            )?
            .query_row([url.as_str(), key], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()
        })?;
        let Some((id, url)) = found else { return Ok(None) };
        let (captures, versions) = self.captured(id)?;
        let count = captures.len() as u64;
        let captures = if all { captures } else { folded(captures) };
        let mut events: Vec<Event> = captures.into_iter().map(Event::Captured).collect();
        events.extend(self.baselines(id)?.into_iter().map(Event::Baseline));
        events.extend(self.judgements(id)?.into_iter().map(Event::Judged));
        events.extend(self.edits(id)?.into_iter().map(Event::Edited));
        // A stable sort: of one moment, the capture comes first.
        events.sort_by_key(Event::at);
        Ok(Some(Timeline {
            schema_version: SCHEMA_VERSION,
            url,
            captures: count,
            versions,
            events,
        }))
    }

    /// Every visit of an address with its redirects as one, oldest first, and how many versions they brought.
    fn captured(&self, url: i64) -> Result<(Vec<Captured>, u64)> {
        let mut versions: HashMap<Vec<u8>, u64> = HashMap::new();
        self.ask(|sql| {
            let mut statement = sql.prepare_cached(
                "SELECT c.at, f.status, f.transport, f.access, nullif(fu.url, u.url), v.title, p.sha256, p.length, f.detail,
                     coalesce(nullif(v.text_sha256, zeroblob(0)), p.sha256),
                     f.transport = 'ok' AND f.access = 'open' AND (f.status = 304 OR f.status BETWEEN 200 AND 299)
                 FROM capture c JOIN url u ON u.id = c.url_id
                 JOIN capture f ON f.id = c.last_id JOIN url fu ON fu.id = f.url_id
                 LEFT JOIN payload p ON p.id = f.payload_id
                 LEFT JOIN page_version v ON v.id = (SELECT w.id FROM page_version w WHERE w.payload_id = f.payload_id
                     AND w.url_id = f.url_id ORDER BY w.extractor_version DESC, w.id DESC LIMIT 1)
                 WHERE c.url_id = ? AND c.via_id IS NULL AND c.purpose NOT IN ('robots', 'probe')
                     AND f.access <> 'deferred'
                 ORDER BY c.at, c.id",
            )?;
            let mut rows = statement.query([url])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                let mut captured = captured(row)?;
                let content: Option<Vec<u8>> = row.get(9)?;
                if let Some(content) = content.filter(|_| row.get(10).unwrap_or(false)) {
                    let next = versions.len() as u64 + 1;
                    captured.is_new = !versions.contains_key(&content);
                    captured.version = Some(*versions.entry(content).or_insert(next));
                }
                found.push(captured);
            }
            Ok((found, versions.len() as u64))
        })
    }

    /// Verdicts that say another class or another reason than the one before, of each link.
    fn judgements(&self, url: i64) -> Result<Vec<Judged>> {
        self.ask(|sql| {
            sql.prepare_cached(
                "SELECT c.at, a.locator, nullif(ci.fragment, ''), v.class, v.reason, v.confirmed
                 FROM citation ci JOIN article a ON a.id = ci.article_id JOIN verdict v ON v.citation_id = ci.id
                 JOIN capture c ON c.id = v.capture_id WHERE ci.url_id = ? ORDER BY ci.id, v.id",
            )?
            .query_map([url], |row| {
                Ok(Judged {
                    at: time(row, 0)?,
                    article: row.get(1)?,
                    fragment: row.get(2)?,
                    class: word(row, 3)?,
                    reason: row.get(4)?,
                    confirmed: row.get(5)?,
                })
            })?
            .collect()
        })
    }

    fn baselines(&self, url: i64) -> Result<Vec<Baseline>> {
        self.ask(|sql| {
            sql.prepare_cached(
                "SELECT c.at, a.locator, b.chosen FROM citation ci JOIN article a ON a.id = ci.article_id
                 JOIN baseline b ON b.citation_id = ci.id JOIN capture c ON c.id = b.capture_id
                 WHERE ci.url_id = ? ORDER BY b.id",
            )?
            .query_map([url], |row| {
                Ok(Baseline {
                    at: time(row, 0)?,
                    article: row.get(1)?,
                    chosen: row.get(2)?,
                })
            })?
            .collect()
        })
    }

    fn edits(&self, url: i64) -> Result<Vec<crate::model::report::SourceChange>> {
        self.ask(|sql| {
            let citations: Vec<i64> = sql
                .prepare_cached("SELECT id FROM citation WHERE url_id = ? ORDER BY id")?
                .query_map(params![url], |row| row.get(0))?
                .collect::<rusqlite::Result<_>>()?;
            let mut edits = Vec::new();
            for citation in citations {
                edits.extend(changes_of(sql, citation)?);
            }
            Ok(edits)
        })
    }
}

fn captured(row: &Row<'_>) -> rusqlite::Result<Captured> {
    let at = time(row, 0)?;
    Ok(Captured {
        at,
        until: at,
        times: 1,
        status: row.get(1)?,
        transport: word(row, 2)?,
        access: word(row, 3)?,
        final_url: row.get(4)?,
        version: None,
        is_new: false,
        title: row.get::<_, Option<String>>(5)?.filter(|title| !title.is_empty()),
        payload_sha256: row
            .get::<_, Option<Vec<u8>>>(6)?
            .map(|digest| data_encoding::HEXLOWER.encode(&digest)),
        payload_length: row.get::<_, Option<i64>>(7)?.map(|length| length as u64),
        detail: row.get(8)?,
    })
}
