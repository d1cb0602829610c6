//! What is needed to judge again what was judged before.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{
    Reader, Result,
    facts::{facts, verdict_row},
    ingest::Ingest,
};
use crate::model::{facts::CitationFacts, page::EXTRACTOR_VERSION, run::PackedPage, verdict::Verdict};

/// A citation that has a verdict, and the newest attempt at its address.
#[derive(Debug, Clone, Copy)]
pub struct Latest {
    /// Row of the citation.
    pub citation: i64,
    /// Row of the run of that attempt.
    pub run: i64,
    /// First hop of that attempt.
    pub attempt: i64,
}

/// A citation to be judged again.
#[derive(Debug, Clone)]
pub struct Again {
    /// The article, as it is named.
    pub article: String,
    /// What it is judged from: the verdict before it is the one before the newest attempt.
    pub facts: CitationFacts,
    /// What was said last.
    pub was: Verdict,
    /// By which version of the rules.
    pub was_by: i64,
    /// Row of the baseline that this very attempt became.
    pub became: Option<i64>,
}

const LATEST: &str = "
    SELECT n.citation, c.run_id, c.id FROM (
        SELECT ci.id AS citation, coalesce(
            (SELECT c.id FROM capture c INDEXED BY capture_by_url
             WHERE c.url_id = ci.url_id AND c.via_id IS NULL
                 AND c.purpose NOT IN ('robots', 'asset', 'probe', 'volatile')
                 AND (SELECT l.access FROM capture l WHERE l.id = c.last_id) <> 'deferred'
             ORDER BY c.at DESC, c.id DESC LIMIT 1),
            v.capture_id) AS attempt
        FROM citation ci JOIN article a ON a.id = ci.article_id JOIN verdict v ON v.id = ci.verdict_id
        WHERE ci.state = 'present' AND a.removed_at IS NULL) n
    JOIN capture c ON c.id = n.attempt";

fn latest(row: &Row<'_>) -> rusqlite::Result<Latest> {
    Ok(Latest {
        citation: row.get(0)?,
        run: row.get(1)?,
        attempt: row.get(2)?,
    })
}

impl Reader {
    /// Every present citation that was ever judged, in the order of the runs of their newest attempts.
    pub fn latest(&self) -> Result<Vec<Latest>> {
        let mut found: Vec<Latest> = self.ask(|sql| sql.prepare(LATEST)?.query_map([], latest)?.collect())?;
        found.sort_by_key(|latest| (latest.run, latest.citation));
        Ok(found)
    }

    /// The same of these citations.
    pub fn latest_of(&self, citations: &[i64]) -> Result<Vec<Latest>> {
        let mut found: Vec<Latest> = self.ask(|sql| {
            let mut statement = sql.prepare(&format!("{LATEST} WHERE n.citation = ?"))?;
            let rows = citations
                .iter()
                .map(|citation| statement.query_row([citation], latest).optional());
            rows.filter_map(rusqlite::Result::transpose).collect()
        })?;
        found.sort_by_key(|latest| (latest.run, latest.citation));
        Ok(found)
    }

    /// Their facts, as they stood before they were judged; or after that, where it `stands`: then what is said is
    /// news against it.
    pub fn to_judge_again(&self, latest: &[Latest], stands: bool) -> Result<Vec<Again>> {
        self.ask(|sql| latest.iter().map(|latest| again(sql, latest, stands)).collect())
    }

    /// Captures that the verdicts of these citations rest on and that have no page by today's extractor.
    pub fn captures_to_read_again(&self, latest: &[Latest]) -> Result<Vec<i64>> {
        self.ask(|sql| {
            let mut found = Vec::new();
            for one in latest {
                let ends: Vec<i64> = sql
                    .prepare_cached(
                        "SELECT l.id FROM (
                             SELECT ?2 AS first
                             UNION SELECT v.last_good_id FROM citation ci JOIN verdict v ON v.id = ci.verdict_id
                                 WHERE ci.id = ?1
                             UNION SELECT (SELECT b.capture_id FROM baseline b WHERE b.citation_id = ?1
                                 ORDER BY b.chosen_at DESC, b.id DESC LIMIT 1)) n
                         CROSS JOIN capture c ON c.id = n.first CROSS JOIN capture l ON l.id = c.last_id
                         JOIN payload p ON p.id = l.payload_id AND p.blob_id IS NOT NULL
                         WHERE l.transport = 'ok' AND l.access = 'open'
                             AND (l.status IS NULL OR l.status = 304 OR l.status BETWEEN 200 AND 299)
                             AND NOT EXISTS (SELECT 1 FROM page_version v WHERE v.payload_id = l.payload_id
                                 AND v.url_id = l.url_id AND v.media_type = coalesce(l.media_type, '')
                                 AND v.charset = coalesce(l.charset, '') AND v.extractor_version = ?3)",
                    )?
                    .query_map(params![one.citation, one.attempt, EXTRACTOR_VERSION], |row| row.get(0))?
                    .collect::<rusqlite::Result<_>>()?;
                found.extend(ends);
            }
            found.sort_unstable();
            found.dedup();
            Ok(found)
        })
    }
}

fn again(sql: &Connection, latest: &Latest, stands: bool) -> rusqlite::Result<Again> {
    let (url_id, article, verdict, capture, was_by): (i64, String, i64, i64, i64) = sql
        .prepare_cached(
            "SELECT ci.url_id, a.locator, v.id, v.capture_id, v.rules_version FROM citation ci
             JOIN article a ON a.id = ci.article_id JOIN verdict v ON v.id = ci.verdict_id WHERE ci.id = ?",
        )?
        .query_row([latest.citation], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
        })?;
    // A verdict that the attempt itself brought is what is in question; one from before still counts.
    let before: Option<i64> = match capture == latest.attempt && !stands {
        true => sql
            .prepare_cached("SELECT max(id) FROM verdict WHERE citation_id = ? AND id < ? AND capture_id < ?")?
            .query_row(params![latest.citation, verdict, capture], |row| row.get(0))?,
        false => Some(verdict),
    };
    let mut facts = facts(sql, (latest.citation, url_id, before), latest.attempt)?;
    let became: Option<i64> = sql
        .prepare_cached("SELECT id FROM baseline WHERE citation_id = ? AND capture_id = ? AND chosen IN ('first-good', 'nearest-cited-at')")?
        .query_row([latest.citation, latest.attempt], |row| row.get(0))
        .optional()?;
    if became.is_some() && before.is_none() {
        facts.baseline = None;
    }
    Ok(Again {
        article,
        facts,
        was: verdict_row(sql, verdict)?.0,
        was_by,
        became: became.filter(|_| before.is_none()),
    })
}

impl Ingest<'_> {
    /// Writes what a capture's body says by today's extractor, beside what it said by others.
    pub fn read_again(&mut self, capture: i64, packed: PackedPage) -> rusqlite::Result<()> {
        let (payload, url, media_type, charset): (i64, i64, String, String) = self.sql.query_row(
            "SELECT payload_id, url_id, coalesce(media_type, ''), coalesce(charset, '') FROM capture WHERE id = ?",
            [capture],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
        )?;
        self.page_version(payload, url, &media_type, &charset, packed)?;
        Ok(())
    }
}
