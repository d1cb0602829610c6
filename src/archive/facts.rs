//! What verdicts are judged from, and where they are written.

use rusqlite::{Connection, OptionalExtension, Row, params, types::Type};

use super::{
    Reader, Result,
    ingest::Ingest,
    read::{time, word},
};
use crate::model::{
    digest::{DocumentDigest, TextDigest},
    facts::{BaselineFacts, ChainFacts, CitationFacts, HopFacts, Judged, PageFacts},
    page::EXTRACTOR_VERSION,
    passage::Passage,
    time::Timestamp,
    verdict::{RULES_VERSION, Scores, Verdict},
};

impl Reader {
    /// Present citations that run `run_id` has visited and of which something new may be said, after
    /// the citation `after`, in order; with the last citation looked at. Those that were ok and brought
    /// the very bytes of their baseline again are passed over: their verdict holds, and the capture
    /// tells when it was last seen.
    pub fn citations_to_judge(
        &self,
        run_id: i64,
        after: i64,
        limit: usize,
    ) -> Result<(Vec<CitationFacts>, Option<i64>)> {
        // Citation by citation: joined in one statement, and without statistics, the planner prefers to
        // read whole tables for a Bloom filter.
        self.ask(|sql| {
            let citations: Vec<(i64, i64, Option<i64>)> = sql
                .prepare_cached(
                    "SELECT id, url_id, verdict_id FROM citation WHERE id > ?1 AND state = 'present' ORDER BY id LIMIT ?2",
                )?
                .query_map(params![after, limit as i64], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
                .collect::<rusqlite::Result<_>>()?;
            let last = citations.last().map(|(id, ..)| *id);
            let mut found = Vec::new();
            for (citation, url_id, verdict) in citations {
                let Some(attempt) = newest_attempt(sql, run_id, url_id)? else { continue };
                if let Some(verdict) = verdict
                    && still_holds(sql, verdict, attempt)?
                {
                    continue;
                }
                found.push(facts(sql, (citation, url_id, verdict), attempt)?);
            }
            Ok((found, last))
        })
    }

    /// The same for certain citations, whatever was said of them before.
    pub fn facts_of(&self, run_id: i64, citations: &[i64]) -> Result<Vec<CitationFacts>> {
        self.ask(|sql| {
            let mut found = Vec::new();
            for citation in citations {
                let row: (i64, i64, Option<i64>) = sql
                    .prepare_cached("SELECT id, url_id, verdict_id FROM citation WHERE id = ?")?
                    .query_row([citation], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
                if let Some(attempt) = newest_attempt(sql, run_id, row.1)? {
                    found.push(facts(sql, row, attempt)?);
                }
            }
            Ok(found)
        })
    }

    /// The body of a capture that is kept, and not too large to be read, with what its head said of it and where it came from.
    pub fn body_of(&self, capture: i64) -> Result<Option<KeptBody>> {
        let found: Option<(i64, String, Option<String>, Option<String>)> = self.ask(|sql| {
            sql.prepare_cached(
                "SELECT c.payload_id, u.url, c.media_type, c.charset FROM capture c JOIN url u ON u.id = c.url_id
                 JOIN payload p ON p.id = c.payload_id
                     JOIN blob b ON b.id = p.blob_id AND b.codec <> 'parts' WHERE c.id = ?",
            )?
            .query_row([capture], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
            })
            .optional()
        })?;
        match found {
            Some((payload, url, media_type, charset)) => Ok(Some(KeptBody {
                bytes: self.payload(payload)?,
                url,
                media_type,
                charset,
            })),
            None => Ok(None),
        }
    }

    /// Hosts this run asked for pages, and how many of them failed at DNS or connect every time. Those
    /// asked for nothing but assets tell nothing of our own line: on an old page most may be gone.
    pub fn reachability(&self, run_id: i64) -> Result<(u64, u64)> {
        self.ask(|sql| {
            sql.query_row(
                "SELECT count(*), coalesce(sum(down), 0) FROM (
                     SELECT min(c.transport IN ('dns-no-such-name', 'dns-failure', 'refused', 'connect-timeout')) AS down
                     FROM capture c JOIN url u ON u.id = c.url_id
                     WHERE (c.run_id = ?1 AND c.protocol IS NOT NULL OR (c.run_id = ?1 AND c.transport <> 'ok'))
                       AND u.host_id NOT IN (SELECT host_id FROM task WHERE run_id = ?1
                           GROUP BY host_id HAVING min(purpose = 'asset'))
                     GROUP BY u.host_id)",
                [run_id],
                |row| Ok((row.get::<_, i64>(0)? as u64, row.get::<_, i64>(1)? as u64)),
            )
        })
    }
}

/// A body as it is read again.
#[derive(Debug, Clone)]
pub struct KeptBody {
    /// The decoded bytes.
    pub bytes: Vec<u8>,
    /// Where they came from.
    pub url: String,
    /// Media type of the answer.
    pub media_type: Option<String>,
    /// Charset of the answer.
    pub charset: Option<String>,
}

/// All that is known of a citation (its row, that of its address, that of its verdict) as of an attempt.
pub(super) fn facts(
    sql: &Connection,
    (citation, url_id, verdict): (i64, i64, Option<i64>),
    attempt: i64,
) -> rusqlite::Result<CitationFacts> {
    let (previous, last_good) = match verdict {
        Some(verdict) => {
            let (verdict, last_good) = verdict_row(sql, verdict)?;
            (Some(verdict), last_good)
        }
        None => (None, None),
    };
    let last_page = match last_good {
        Some(first) => page(sql, last_of(sql, first)?)?,
        None => None,
    };
    let (fragment, article_version): (String, Option<i64>) = sql
        .prepare_cached(
            "SELECT ci.fragment, a.page_version_id FROM citation ci JOIN article a ON a.id = ci.article_id WHERE ci.id = ?",
        )?
        .query_row([citation], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let quotes = quotes(sql, article_version, url_id, &fragment)?;
    let holds_on = !quotes.is_empty() || !fragment.is_empty();
    Ok(CitationFacts {
        citation,
        url: sql
            .prepare_cached("SELECT url FROM url WHERE id = ?")?
            .query_row([url_id], |row| row.get(0))?,
        seen_good: if holds_on {
            seen_good(sql, url_id, attempt)?
        } else {
            None
        },
        fragment,
        quotes,
        baseline: baseline(sql, citation)?,
        previous,
        last_good,
        last_page,
        chain: chain(sql, attempt)?,
    })
}

/// What an article quotes beside its links to an address, each once, in order.
fn quotes(sql: &Connection, article: Option<i64>, url_id: i64, fragment: &str) -> rusqlite::Result<Vec<String>> {
    let Some(version) = article else { return Ok(Vec::new()) };
    // By target: an article may have more links than an address has articles.
    let rows: Vec<String> = sql
        .prepare_cached(
            "SELECT o.quotes FROM link l INDEXED BY link_by_target
             CROSS JOIN occurrence o ON o.page_version_id = l.page_version_id AND o.ordinal = l.ordinal
             WHERE l.target_id = ?2 AND l.page_version_id = ?1 AND coalesce(l.fragment, '') = ?3
                 AND o.quotes IS NOT NULL ORDER BY l.ordinal LIMIT 16",
        )?
        .query_map(params![version, url_id, fragment], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let mut found: Vec<String> = Vec::new();
    for row in rows {
        let quotes: Vec<String> = serde_json::from_str(&row)
            .map_err(|e| rusqlite::Error::FromSqlConversionFailure(0, Type::Text, Box::new(e)))?;
        for quote in quotes {
            if !found.contains(&quote) {
                found.push(quote);
            }
        }
    }
    Ok(found)
}

/// When an address was last seen good before an attempt.
fn seen_good(sql: &Connection, url_id: i64, attempt: i64) -> rusqlite::Result<Option<Timestamp>> {
    sql.prepare_cached(
        "SELECT c.at FROM capture c INDEXED BY capture_by_url
         WHERE c.url_id = ?1 AND c.id < ?2 AND c.via_id IS NULL AND c.purpose NOT IN ('robots', 'asset', 'probe', 'volatile')
             AND (SELECT l.transport = 'ok' AND l.access = 'open' AND (l.status = 304 OR l.status BETWEEN 200 AND 299)
                  FROM capture l WHERE l.id = c.last_id)
         ORDER BY c.at DESC LIMIT 1",
    )?
    .query_row(params![url_id, attempt], |row| time(row, 0))
    .optional()
}

/// The end of a chain.
fn last_of(sql: &Connection, first: i64) -> rusqlite::Result<i64> {
    sql.prepare_cached("SELECT last_id FROM capture WHERE id = ?")?
        .query_row([first], |row| row.get(0))
}

/// The newest attempt of a run at an address, not counting what was left for a later run, or at another address with the same canonical form,
/// which is fetched once for all that share it.
fn newest_attempt(sql: &Connection, run_id: i64, url_id: i64) -> rusqlite::Result<Option<i64>> {
    // The index is named because for a maximum the planner would walk the whole table backwards.
    let own: Option<i64> = sql
        .prepare_cached(
            "SELECT max(c.id) FROM capture c INDEXED BY capture_by_run
             WHERE c.run_id = ?1 AND c.url_id = ?2 AND c.via_id IS NULL AND c.purpose NOT IN ('robots', 'asset', 'probe', 'volatile')
                 AND (SELECT f.access FROM capture f WHERE f.id = c.last_id) <> 'deferred'",
        )?
        .query_row([run_id, url_id], |row| row.get(0))?;
    if own.is_some() {
        return Ok(own);
    }
    sql.prepare_cached(
        "SELECT max(c.id) FROM url u
         CROSS JOIN url w ON w.url = u.lookup_key OR w.lookup_key = u.lookup_key
         CROSS JOIN capture c INDEXED BY capture_by_run ON c.run_id = ?1 AND c.url_id = w.id
         WHERE u.id = ?2 AND c.via_id IS NULL AND c.purpose NOT IN ('robots', 'asset', 'probe', 'volatile')
             AND (SELECT f.access FROM capture f WHERE f.id = c.last_id) <> 'deferred'",
    )?
    .query_row([run_id, url_id], |row| row.get(0))
}

/// Whether a verdict was ok, by the present rules, and the attempt was a good answer with the bytes of
/// its baseline. The same bytes under a 404 are another matter.
fn still_holds(sql: &Connection, verdict: i64, attempt: i64) -> rusqlite::Result<bool> {
    sql.prepare_cached(
        "SELECT v.class = 'ok' AND v.rules_version = ?3 AND a.revisit IS NOT NULL AND a.last_id = a.id
             AND a.truncated IS NULL AND a.transport = 'ok' AND a.access = 'open'
             AND (a.status = 304 OR a.status BETWEEN 200 AND 299) AND a.payload_id IS
                 (SELECT base.payload_id FROM baseline b JOIN capture base ON base.id = b.capture_id
                  WHERE b.id = v.baseline_id)
         FROM verdict v, capture a WHERE v.id = ?1 AND a.id = ?2",
    )?
    .query_row([verdict, attempt, RULES_VERSION], |row| row.get(0))
}

fn chain(sql: &Connection, first: i64) -> rusqlite::Result<ChainFacts> {
    let (at, last): (Timestamp, i64) = sql
        .prepare_cached("SELECT at, last_id FROM capture WHERE id = ?")?
        .query_row([first], |row| Ok((time(row, 0)?, row.get(1)?)))?;
    // Row by row: for a range of unknown length the planner would read the whole table of addresses.
    let mut statement = sql.prepare_cached(
        "SELECT u.url, c.status, c.transport, c.access, c.detail, p.length, c.truncated IS NULL
         FROM capture c JOIN url u ON u.id = c.url_id LEFT JOIN payload p ON p.id = c.payload_id WHERE c.id = ?",
    )?;
    let hops = (first..=last)
        .map(|id| {
            statement.query_row([id], |row| {
                Ok(HopFacts {
                    url: row.get(0)?,
                    status: row.get(1)?,
                    transport: word(row, 2)?,
                    access: word(row, 3)?,
                    detail: row.get(4)?,
                    length: row.get::<_, Option<i64>>(5)?.map(|l| l as u64),
                    whole: row.get(6)?,
                })
            })
        })
        .collect::<rusqlite::Result<_>>()?;
    Ok(ChainFacts {
        capture: first,
        at,
        hops,
        page: page(sql, last)?,
    })
}

/// The page version of a capture's payload, by the present extractor.
pub(super) fn page(sql: &Connection, capture: i64) -> rusqlite::Result<Option<PageFacts>> {
    sql.prepare_cached(
        "SELECT v.id, v.kind, v.title, v.document_sha256, v.text_sha256, v.text_length, v.canonical, v.shell
         FROM capture c JOIN page_version v ON v.payload_id = c.payload_id AND v.url_id = c.url_id
             AND v.media_type = coalesce(c.media_type, '') AND v.charset = coalesce(c.charset, '')
             AND v.extractor_version = ?2
         WHERE c.id = ?1",
    )?
    .query_row(params![capture, EXTRACTOR_VERSION], |row| {
        Ok(PageFacts {
            version: row.get(0)?,
            kind: word(row, 1)?,
            title: row.get(2)?,
            document: DocumentDigest::from_slice(row.get_ref(3)?.as_blob()?).ok_or_else(|| broken(3))?,
            text: TextDigest::from_slice(row.get_ref(4)?.as_blob()?).ok_or_else(|| broken(4))?,
            text_length: row.get::<_, i64>(5)? as u64,
            canonical: row.get(6)?,
            shell: row.get(7)?,
        })
    })
    .optional()
}

fn baseline(sql: &Connection, citation: i64) -> rusqlite::Result<Option<BaselineFacts>> {
    let newest: Option<(i64, i64, Timestamp)> = sql
        .prepare_cached(
            "SELECT b.id, c.last_id, c.at FROM baseline b JOIN capture c ON c.id = b.capture_id
             WHERE b.citation_id = ? ORDER BY b.chosen_at DESC, b.id DESC LIMIT 1",
        )?
        .query_row([citation], |row| Ok((row.get(0)?, row.get(1)?, time(row, 2)?)))
        .optional()?;
    newest
        .map(|(id, last, captured_at)| {
            let page = page(sql, last)?;
            let language = match &page {
                Some(page) => sql
                    .prepare_cached("SELECT language FROM page_version WHERE id = ?")?
                    .query_row([page.version], |row| row.get(0))?,
                None => None,
            };
            Ok(BaselineFacts {
                id,
                captured_at,
                last_capture: Some(last),
                language,
                page,
            })
        })
        .transpose()
}

pub(super) fn verdict_row(sql: &Connection, id: i64) -> rusqlite::Result<(Verdict, Option<i64>)> {
    sql.prepare_cached(
        "SELECT class, transport, access, resource, content, jaccard, containment, title_similarity, status, final_url,
             reason, evidence, since, confirmed, strikes, last_strike_at, last_good_id, since_last, moved_to, passages
         FROM verdict WHERE id = ?",
    )?
    .query_row([id], |row| {
        let verdict = Verdict {
            class: word(row, 0)?,
            transport: word(row, 1)?,
            access: word(row, 2)?,
            resource: word(row, 3)?,
            content: word(row, 4)?,
            scores: scores(row, 5)?,
            since_last: word(row, 17)?,
            status: row.get(8)?,
            final_url: row.get(9)?,
            moved_to: row.get(18)?,
            passages: passages(row, 19)?,
            reason: row.get(10)?,
            evidence: sentences(row, 11)?,
            since: time(row, 12)?,
            confirmed: row.get(13)?,
            strikes: row.get(14)?,
            last_strike: row.get::<_, Option<i64>>(15)?.map(Timestamp::from_millis),
        };
        Ok((verdict, row.get(16)?))
    })
}

/// Three columns from `first`: jaccard, containment, title.
pub(super) fn scores(row: &Row<'_>, first: usize) -> rusqlite::Result<Option<Scores>> {
    let jaccard: Option<f64> = row.get(first)?;
    Ok(match jaccard {
        Some(jaccard) => Some(Scores {
            jaccard,
            containment: row.get(first + 1)?,
            title: row.get(first + 2)?,
        }),
        None => None,
    })
}

/// A JSON array of passages; empty for NULL.
pub(super) fn passages(row: &Row<'_>, column: usize) -> rusqlite::Result<Vec<Passage>> {
    match row.get::<_, Option<String>>(column)? {
        Some(text) => serde_json::from_str(&text)
            .map_err(|e| rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(e))),
        None => Ok(Vec::new()),
    }
}

/// A JSON array of strings.
pub(super) fn sentences(row: &Row<'_>, column: usize) -> rusqlite::Result<Vec<String>> {
    let text = row.get_ref(column)?.as_str()?;
    serde_json::from_str(text).map_err(|e| rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(e)))
}

fn broken(column: usize) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Blob, "a digest is not 32 bytes".into())
}

impl Ingest<'_> {
    /// Appends verdicts to the ledger, and the baselines that came with them.
    pub fn verdicts(&mut self, run_id: i64, judged: &[Judged], at: Timestamp) -> rusqlite::Result<()> {
        for one in judged {
            let mut baseline = one.baseline;
            if one.new_baseline {
                self.sql
                    .prepare_cached(
                        "INSERT INTO baseline (citation_id, capture_id, chosen, chosen_at)
                         SELECT ?1, ?2, CASE WHEN a.cited_at IS NULL THEN 'first-good' ELSE 'nearest-cited-at' END, ?3
                         FROM citation ci JOIN article a ON a.id = ci.article_id WHERE ci.id = ?1",
                    )?
                    .execute(params![one.citation, one.capture, at.millis()])?;
                baseline = Some(self.sql.last_insert_rowid());
            }
            let v = &one.verdict;
            let evidence =
                serde_json::to_string(&v.evidence).map_err(|e| rusqlite::Error::ToSqlConversionFailure(Box::new(e)))?;
            let held = match v.passages.as_slice() {
                [] => None,
                held => Some(
                    serde_json::to_string(held).map_err(|e| rusqlite::Error::ToSqlConversionFailure(Box::new(e)))?,
                ),
            };
            self.sql
                .prepare_cached(
                    "INSERT INTO verdict (citation_id, capture_id, run_id, rules_version, at, class, transport, access,
                         resource, content, jaccard, containment, title_similarity, status, final_url, reason, evidence,
                         since, confirmed, strikes, last_strike_at, baseline_id, last_good_id, since_last, moved_to, passages)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19,
                         ?20, ?21, ?22, ?23, ?24, ?25, ?26)
                     ON CONFLICT (citation_id, capture_id, rules_version, coalesce(baseline_id, 0)) DO NOTHING",
                )?
                .execute(params![
                    one.citation,
                    one.capture,
                    run_id,
                    RULES_VERSION,
                    at.millis(),
                    v.class.as_str(),
                    v.transport.as_str(),
                    v.access.as_str(),
                    v.resource.as_str(),
                    v.content.as_str(),
                    v.scores.map(|s| s.jaccard),
                    v.scores.map(|s| s.containment),
                    v.scores.map(|s| s.title),
                    v.status,
                    v.final_url,
                    v.reason,
                    evidence,
                    v.since.millis(),
                    v.confirmed,
                    v.strikes,
                    v.last_strike.map(Timestamp::millis),
                    baseline,
                    one.last_good,
                    v.since_last.as_str(),
                    v.moved_to,
                    held,
                ])?;
            self.sql
                .prepare_cached(
                    "UPDATE citation SET verdict_id = (SELECT id FROM verdict WHERE citation_id = ?1 AND capture_id = ?2
                         AND rules_version = ?3 AND coalesce(baseline_id, 0) = coalesce(?4, 0)) WHERE id = ?1",
                )?
                .execute(params![one.citation, one.capture, RULES_VERSION, baseline])?;
        }
        Ok(())
    }
}
