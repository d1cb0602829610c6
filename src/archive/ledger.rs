//! What a verdict rests on: the ledger, the visits, and what was done to the link in its article.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{
    Reader, Result,
    links::{LinkRow, Of, detail, links, places, skipped},
    read::{time, word},
    source_history::changes_of,
};
use crate::model::{
    canonical::CanonicalUrl,
    explanation::{ExplainedLink, LedgerEntry, Visit, Visited},
    near::Near,
    surt::surt,
    time::Timestamp,
    url::Url,
};

/// What an address or a spelling is cited as.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Named {
    /// Rows of citations.
    pub citations: Vec<i64>,
    /// Articles that have it as a link that is never fetched.
    pub skipped_in: Vec<i64>,
}

impl Named {
    /// Whether no article cites it.
    pub fn is_empty(&self) -> bool {
        self.citations.is_empty() && self.skipped_in.is_empty()
    }
}

impl Reader {
    /// The citations of an address: in this spelling; else of its canonical form; else of its SURT key,
    /// for which scheme, `www` and the last slash do not count. Those with its fragment, if any has it.
    pub fn cited(&self, address: &Url, article: Option<i64>) -> Result<Named> {
        let mut exact = address.clone();
        crate::model::url::strip(&mut exact);
        let key = CanonicalUrl::of(&exact);
        let tries = [
            ("u.url = ?1", Some(exact.to_string())),
            ("(u.url = ?1 OR u.lookup_key = ?1)", Some(key.to_string())),
            ("u.id IN (SELECT value FROM json_each(?1))", None),
        ];
        let fragment = address.fragment().unwrap_or_default();
        for (condition, value) in tries {
            let value = match value {
                Some(value) => value,
                None => self.cited_alike(&surt(&exact))?,
            };
            let mut found: Vec<(i64, String)> = self.ask(|sql| {
                sql.prepare(&format!(
                    "SELECT ci.id, ci.fragment FROM url u JOIN citation ci ON ci.url_id = u.id
                     WHERE {condition} AND (?2 IS NULL OR ci.article_id = ?2) ORDER BY ci.id"
                ))?
                .query_map(params![value, article], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect()
            })?;
            if !fragment.is_empty() && found.iter().any(|(_, own)| own == fragment) {
                found.retain(|(_, own)| own == fragment);
            }
            if !found.is_empty() {
                return Ok(Named {
                    citations: found.into_iter().map(|(id, _)| id).collect(),
                    skipped_in: Vec::new(),
                });
            }
        }
        Ok(Named::default())
    }

    /// The cited addresses with this SURT key, as a JSON array of rows. Keys are made here and not stored: this
    /// is asked once, when nothing else was found.
    fn cited_alike(&self, key: &str) -> Result<String> {
        self.ask(|sql| {
            let mut alike: Vec<i64> = Vec::new();
            let mut statement = sql.prepare(
                "SELECT u.id, u.url FROM url u WHERE EXISTS (SELECT 1 FROM citation ci WHERE ci.url_id = u.id)",
            )?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                if Url::parse(row.get_ref(1)?.as_str()?).is_ok_and(|url| surt(&url) == key) {
                    alike.push(row.get(0)?);
                }
            }
            Ok(serde_json::json!(alike).to_string())
        })
    }

    /// The articles that have a link written so which is never fetched.
    pub fn skipped_as(&self, raw: &str, article: Option<i64>) -> Result<Named> {
        let skipped_in = self.ask(|sql| {
            sql.prepare(
                "SELECT a.id FROM article a WHERE a.removed_at IS NULL AND (?2 IS NULL OR a.id = ?2)
                   AND EXISTS (SELECT 1 FROM occurrence o JOIN link l USING (page_version_id, ordinal)
                       WHERE o.page_version_id = a.page_version_id AND o.raw = ?1 AND o.skip IS NOT NULL AND l.role = 0)
                 ORDER BY a.id",
            )?
            .query_map(params![raw, article], |row| row.get(0))?
            .collect()
        })?;
        Ok(Named {
            citations: Vec::new(),
            skipped_in,
        })
    }

    /// The cited addresses that somebody may have meant, the likeliest first.
    pub fn near(&self, wanted: &str) -> Result<Vec<String>> {
        self.ask(|sql| {
            let mut near = Near::to(wanted);
            let mut statement =
                sql.prepare("SELECT u.url FROM url u WHERE EXISTS (SELECT 1 FROM citation ci WHERE ci.url_id = u.id)")?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                near.offer(row.get_ref(0)?.as_str()?);
            }
            Ok(near.best())
        })
    }

    /// All that is known of these citations but what would change their verdicts, which is not the archive's
    /// to say: `outlook` is left empty. `raw` is how the skipped ones are written.
    pub fn explain(&self, named: &Named, raw: &str) -> Result<(Vec<ExplainedLink>, Vec<Visited>)> {
        let _moment = self.at_once()?;
        self.ask(|sql| {
            let mut found = Vec::new();
            for citation in &named.citations {
                found.push(citation_explained(sql, *citation)?);
            }
            let addresses: BTreeSet<String> = found.iter().map(|one| one.link.url.clone()).collect();
            for article in &named.skipped_in {
                found.extend(skipped_explained(sql, *article, raw)?);
            }
            let visited = addresses
                .into_iter()
                .map(|url| visits(sql, &url).map(|visits| Visited { url, visits }))
                .collect::<rusqlite::Result<_>>()?;
            Ok((found, visited))
        })
    }
}

fn citation_explained(sql: &Connection, citation: i64) -> rusqlite::Result<ExplainedLink> {
    let (version, listed): (Option<i64>, bool) = sql
        .prepare_cached(
            "SELECT a.page_version_id, a.removed_at IS NULL FROM citation ci JOIN article a ON a.id = ci.article_id
             WHERE ci.id = ?",
        )?
        .query_row([citation], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut row = links(sql, Of::Citation(citation), None)?
        .pop()
        .ok_or(rusqlite::Error::QueryReturnedNoRows)?;
    let mut places = version
        .map(|version| places(sql, version))
        .transpose()?
        .unwrap_or_default();
    detail(sql, &mut places, &mut row)?;
    let mut explained = explained(row, listed);
    explained.ledger = ledger(sql, citation)?;
    explained.source = changes_of(sql, citation)?;
    explained.copies = copies(sql, citation)?;
    Ok(explained)
}

/// Other addresses that brought the text of a citation's baseline.
fn copies(sql: &Connection, citation: i64) -> rusqlite::Result<Vec<String>> {
    sql.prepare_cached(
        "SELECT DISTINCT o.url FROM baseline b
         JOIN capture c ON c.id = b.capture_id JOIN capture l ON l.id = c.last_id
         JOIN page_version v ON v.payload_id = l.payload_id AND v.url_id = l.url_id AND v.text_length >= 200
         JOIN page_version w ON w.text_sha256 = v.text_sha256 AND w.url_id <> v.url_id AND w.text_length >= 200
         JOIN url o ON o.id = w.url_id
         WHERE b.id = (SELECT n.id FROM baseline n WHERE n.citation_id = ?1 ORDER BY n.chosen_at DESC, n.id DESC LIMIT 1)
             AND o.id <> (SELECT url_id FROM citation WHERE id = ?1)
         ORDER BY o.url LIMIT 20",
    )?
    .query_map([citation], |row| row.get(0))?
    .collect()
}

fn skipped_explained(sql: &Connection, article: i64, raw: &str) -> rusqlite::Result<Vec<ExplainedLink>> {
    let (locator, version, seen): (String, i64, Timestamp) = sql
        .prepare_cached("SELECT locator, page_version_id, added_at FROM article WHERE id = ?")?
        .query_row([article], |row| Ok((row.get(0)?, row.get(1)?, time(row, 2)?)))?;
    let mut rows = Vec::new();
    skipped(sql, version, &locator, seen, &mut rows)?;
    rows.retain(|row| row.url == raw);
    let mut places = places(sql, version)?;
    for row in &mut rows {
        detail(sql, &mut places, row)?;
    }
    Ok(rows.into_iter().map(|row| explained(row, true)).collect())
}

fn explained(row: LinkRow, listed: bool) -> ExplainedLink {
    ExplainedLink {
        meaning: row.class.meaning(),
        listed,
        outlook: Vec::new(),
        baseline_kept: row.copy_kept,
        last_good_kept: row.good_kept,
        ledger: Vec::new(),
        source: Vec::new(),
        copies: Vec::new(),
        link: row.report,
    }
}

fn ledger(sql: &Connection, citation: i64) -> rusqlite::Result<Vec<LedgerEntry>> {
    sql.prepare_cached(
        "SELECT c.at, v.at, v.class, v.reason, v.since, v.confirmed, v.strikes, v.last_strike_at, v.rules_version,
             v.id = ci.verdict_id
         FROM verdict v JOIN citation ci ON ci.id = v.citation_id JOIN capture c ON c.id = v.capture_id
         WHERE v.citation_id = ? ORDER BY v.at, v.id",
    )?
    .query_map([citation], |row| {
        Ok(LedgerEntry {
            visited_at: time(row, 0)?,
            judged_at: time(row, 1)?,
            class: word(row, 2)?,
            reason: row.get(3)?,
            since: time(row, 4)?,
            confirmed: row.get(5)?,
            strikes: row.get(6)?,
            last_strike: row.get::<_, Option<i64>>(7)?.map(Timestamp::from_millis),
            rules_version: row.get(8)?,
            current: row.get::<_, Option<bool>>(9)?.unwrap_or(false),
        })
    })?
    .collect()
}

/// Attempts at an address, and at others of the same canonical form: one of them is visited for all.
fn visits(sql: &Connection, url: &str) -> rusqlite::Result<Vec<Visit>> {
    let key: Option<String> = sql
        .prepare_cached("SELECT coalesce(lookup_key, url) FROM url WHERE url = ?")?
        .query_row([url], |row| row.get(0))
        .optional()?;
    let spellings: Vec<i64> = sql
        .prepare_cached("SELECT id FROM url WHERE url = ?1 OR lookup_key = ?1")?
        .query_map([key], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let mut visits = Vec::new();
    for spelling in spellings {
        let mut statement = sql.prepare_cached(
            "SELECT c.at, u.url, f.status, f.transport, f.access, f.revisit, p.sha256, p.length, f.detail,
                 iif(f.id = c.id, NULL, fu.url)
             FROM capture c JOIN url u ON u.id = c.url_id JOIN capture f ON f.id = c.last_id
             JOIN url fu ON fu.id = f.url_id LEFT JOIN payload p ON p.id = f.payload_id
             WHERE c.url_id = ? AND c.via_id IS NULL AND c.purpose NOT IN ('robots', 'asset', 'probe', 'volatile')",
        )?;
        for visit in statement.query_map([spelling], visit)? {
            visits.push(visit?);
        }
    }
    visits.sort_by_key(|visit| visit.at);
    Ok(visits)
}

fn visit(row: &Row<'_>) -> rusqlite::Result<Visit> {
    Ok(Visit {
        at: time(row, 0)?,
        url: row.get(1)?,
        status: row.get(2)?,
        transport: word(row, 3)?,
        access: word(row, 4)?,
        revisit: match row.get_ref(5)? {
            rusqlite::types::ValueRef::Null => None,
            _ => Some(word(row, 5)?),
        },
        payload_sha256: row
            .get::<_, Option<Vec<u8>>>(6)?
            .map(|digest| data_encoding::HEXLOWER.encode(&digest)),
        payload_length: row.get::<_, Option<i64>>(7)?.map(|length| length as u64),
        detail: row.get(8)?,
        final_url: row.get(9)?,
    })
}
