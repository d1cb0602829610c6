//! What was seen of each link whenever it was visited: what beliefs on how often it changes are made from.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{
    Reader, Result,
    read::{address, time},
};
use crate::model::{
    revisit::{Look, Observed},
    run::RunKind,
    time::Timestamp,
    url::Url,
};

/// The addresses that articles have ever cited, each once, in the order in which they became known.
const CITED: &str = "SELECT DISTINCT url_id FROM citation INDEXED BY citation_by_url ORDER BY url_id";
/// The articles on the list that cite an address now.
const ARTICLES: &str = "
    SELECT ci.article_id FROM citation ci INDEXED BY citation_by_url CROSS JOIN article a ON a.id = ci.article_id
    WHERE ci.url_id = ? AND ci.state = 'present' AND a.removed_at IS NULL";
/// The addresses that are fetched with one, which is among them.
const TOGETHER: &str = "
    SELECT u.id FROM url u WHERE u.url = ?1 OR u.lookup_key = ?1 ORDER BY u.id";
/// The visits of an address, with the page that each ended at. What was left for a later run, or left out by the
/// user, was none; nor was what failed while our own line was down.
const VISITS: &str = "
    SELECT c.at, f.payload_id, f.url_id,
        f.transport = 'ok' AND f.access = 'open' AND f.truncated IS NULL AND f.payload_id IS NOT NULL
            AND (f.status = 304 OR f.status BETWEEN 200 AND 299)
    FROM capture c INDEXED BY capture_by_url CROSS JOIN capture f ON f.id = c.last_id
        CROSS JOIN run r ON r.id = c.run_id
    WHERE c.url_id = ? AND r.outage = 0 AND c.via_id IS NULL AND c.purpose IN ('article', 'citation')
        AND f.access NOT IN ('deferred', 'out-of-scope')
    ORDER BY c.at, c.id";
/// Whether two payloads, each at its address, have the same main text by the newest extractor that read both.
const SAME_TEXT: &str = "
    SELECT a.text_sha256 = b.text_sha256 FROM page_version a
    CROSS JOIN page_version b ON b.payload_id = ?3 AND b.url_id = ?4 AND b.extractor_version = a.extractor_version
    WHERE a.payload_id = ?1 AND a.url_id = ?2 ORDER BY a.extractor_version DESC, a.id DESC, b.id DESC LIMIT 1";

impl Reader {
    /// Tells of each link that an article on the list has now, one after the other: memory holds the visits of one.
    pub fn observations(&self, mut each: impl FnMut(Observed)) -> Result<()> {
        let _snapshot = self.at_once()?;
        self.ask(|sql| {
            let mut cited = sql.prepare(CITED)?;
            let mut rows = cited.query([])?;
            while let Some(row) = rows.next()? {
                if let Some(observed) = observed(sql, row.get(0)?)? {
                    each(observed);
                }
            }
            Ok(())
        })
    }

    /// When the last run of a kind was begun here.
    pub fn last_begun(&self, kind: RunKind) -> Result<Option<Timestamp>> {
        self.ask(|sql| {
            sql.query_row(
                "SELECT started_at FROM run WHERE kind = ? AND origin_id = 1 ORDER BY id DESC LIMIT 1",
                [kind.as_str()],
                |row| time(row, 0),
            )
            .optional()
        })
    }
}

/// The link of an address; `None` when no article has it now, or it was told of with an address before it.
fn observed(sql: &Connection, url_id: i64) -> rusqlite::Result<Option<Observed>> {
    let (url, key, host): (Url, String, String) = sql
        .prepare_cached(
            "SELECT u.url, coalesce(u.lookup_key, u.url), h.name FROM url u JOIN host h ON h.id = u.host_id WHERE u.id = ?",
        )?
        .query_row([url_id], |row| Ok((address(row, 0)?, row.get(1)?, row.get(2)?)))?;
    let mut articles = BTreeSet::new();
    let mut urls = Vec::new();
    for together in ids(sql, TOGETHER, &key)? {
        let citing = ids(sql, ARTICLES, together)?;
        if !citing.is_empty() {
            urls.push(together);
            articles.extend(citing);
        }
    }
    if urls.first() != Some(&url_id) {
        return Ok(None);
    }
    let read_as = ids(
        sql,
        "SELECT id FROM article WHERE url_id = ? AND removed_at IS NULL",
        url_id,
    )?;
    let mut visits = Vec::new();
    for url_id in &urls {
        let mut statement = sql.prepare_cached(VISITS)?;
        let rows = statement.query_map([url_id], visit)?;
        for row in rows {
            visits.push(row?);
        }
    }
    visits.sort_by_key(|visit: &Visit| visit.at);
    Ok(Some(Observed {
        url,
        urls,
        key,
        host,
        articles: articles.into_iter().collect(),
        read_as,
        last: visits.last().map(|visit| visit.at),
        visits: looks(sql, &visits)?,
    }))
}

/// A visit, and the page that it brought, if it brought one.
struct Visit {
    at: Timestamp,
    page: Option<(i64, i64)>,
}

fn visit(row: &Row<'_>) -> rusqlite::Result<Visit> {
    let good: bool = row.get(3)?;
    Ok(Visit {
        at: time(row, 0)?,
        page: match good {
            true => Some((row.get(1)?, row.get(2)?)),
            false => None,
        },
    })
}

/// The good visits, each held against the one before.
fn looks(sql: &Connection, visits: &[Visit]) -> rusqlite::Result<Vec<Look>> {
    let mut before: Option<(i64, i64)> = None;
    let mut looks = Vec::new();
    for visit in visits {
        let Some(page) = visit.page else { continue };
        let changed = match before {
            Some(before) if before.0 != page.0 => !same_text(sql, before, page)?,
            _ => false,
        };
        looks.push(Look { at: visit.at, changed });
        before = Some(page);
    }
    Ok(looks)
}

/// Where no extractor has read both, other bytes are another text.
fn same_text(sql: &Connection, before: (i64, i64), after: (i64, i64)) -> rusqlite::Result<bool> {
    let same = sql
        .prepare_cached(SAME_TEXT)?
        .query_row(params![before.0, before.1, after.0, after.1], |row| row.get(0))
        .optional()?;
    Ok(same.unwrap_or(false))
}

fn ids(sql: &Connection, query: &str, of: impl rusqlite::ToSql) -> rusqlite::Result<Vec<i64>> {
    sql.prepare_cached(query)?.query_map([of], |row| row.get(0))?.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::Archive;

    #[test]
    fn every_step_goes_by_an_index_and_nothing_is_sorted_that_grows() {
        let folder = tempfile::tempdir().expect("a folder");
        let archive = Archive::create(&folder.path().join("a.db")).expect("an archive");
        let reader = archive.reader().expect("a reader");
        for query in [CITED, ARTICLES, TOGETHER, VISITS, SAME_TEXT] {
            let plan: Vec<String> = reader
                .ask(|sql| {
                    let mut statement = sql.prepare(&format!("EXPLAIN QUERY PLAN {query}"))?;
                    let unbound = vec![rusqlite::types::Null; statement.parameter_count()];
                    let rows = statement.query_map(rusqlite::params_from_iter(unbound), |row| row.get(3))?;
                    rows.collect()
                })
                .expect("a plan");
            for step in &plan {
                let goes_by_index = step.starts_with("SEARCH") || step.contains("COVERING INDEX citation_by_url");
                // Of one address: the versions that two payloads have in common, and the addresses of a key.
                let sorts_few = step.contains("TEMP B-TREE") && [SAME_TEXT, TOGETHER].contains(&query);
                assert!(
                    goes_by_index || sorts_few || step == "MULTI-INDEX OR" || step.starts_with("INDEX "),
                    "{query}: {plan:#?}"
                );
                assert!(!step.contains("BLOOM"), "{query}: {plan:#?}");
            }
        }
    }
}
