//! Full text: pages in which words stand, best first, with the versions that have them.

use std::collections::HashSet;

use rusqlite::{OptionalExtension, params};

use super::{
    Reader, Result,
    read::{time, word},
};
use crate::model::{
    search::{FoundVersion, SearchHit, Terms, snippet},
    time::Timestamp,
    verdict::Class,
};

/// Which pages are wanted beside those that have the words.
#[derive(Debug, Clone, Default)]
pub struct SearchScope {
    /// Of this host, or of hosts below it.
    pub host: Option<String>,
    /// Of which a version that has the words was captured then or later.
    pub since: Option<Timestamp>,
    /// To which a link is dead.
    pub dead: bool,
}

/// A page version of the index, and the page it is of.
struct Match {
    version: i64,
    url: i64,
}

impl Reader {
    /// Pages of which a version has the words in its title or main text, the best version of each first; `limit` at
    /// most. FTS5 ranks every version that has them, and what is told of a page is looked up for those alone that
    /// are told.
    pub fn search(&self, terms: &Terms, scope: &SearchScope, limit: usize) -> Result<Vec<SearchHit>> {
        let Some(question) = terms.fts() else {
            return Ok(Vec::new());
        };
        let _snapshot = self.at_once()?;
        let mut hits = Vec::new();
        for found in self.best(&question, scope, limit)? {
            hits.extend(self.hit(&found, &question, terms)?);
        }
        Ok(hits)
    }

    /// The best version of each page.
    fn best(&self, question: &str, scope: &SearchScope, limit: usize) -> Result<Vec<Match>> {
        self.ask(|sql| {
            let mut ranked =
                sql.prepare_cached("SELECT rowid FROM page_search WHERE page_search MATCH ? ORDER BY rank")?;
            let mut page = sql.prepare_cached("SELECT url_id FROM page_version WHERE id = ?")?;
            let (mut seen, mut found) = (HashSet::new(), Vec::new());
            let mut rows = ranked.query([question])?;
            while found.len() < limit {
                let Some(row) = rows.next()? else { break };
                let version: i64 = row.get(0)?;
                let url: i64 = page.query_row([version], |row| row.get(0))?;
                if seen.contains(&url) || !in_scope(sql, version, url, scope)? {
                    continue;
                }
                seen.insert(url);
                found.push(Match { version, url });
            }
            Ok(found)
        })
    }

    fn hit(&self, found: &Match, question: &str, terms: &Terms) -> Result<Option<SearchHit>> {
        let (url, title, class, versions, still_there) = self.ask(|sql| {
            let (url, title): (String, String) = sql
                .prepare_cached(
                    "SELECT u.url, v.title FROM page_version v JOIN url u ON u.id = v.url_id WHERE v.id = ?",
                )?
                .query_row([found.version], |row| Ok((row.get(0)?, row.get(1)?)))?;
            // The words of classes are in the order of urgency nowhere in the archive.
            let classes: Vec<Class> = sql
                .prepare_cached(
                    "SELECT DISTINCT v.class FROM citation ci JOIN verdict v ON v.id = ci.verdict_id
                     WHERE ci.url_id = ? AND ci.state = 'present'",
                )?
                .query_map([found.url], |row| word(row, 0))?
                .collect::<rusqlite::Result<_>>()?;
            let worst = Class::ALL.iter().find(|class| classes.contains(class)).copied();
            let (versions, still_there) = versions(sql, found.url, question)?;
            Ok((url, title, worst, versions, still_there))
        })?;
        // Every version of it may have been withheld since.
        let (Some(first), Some(last)) = (
            versions.iter().map(|version| version.first_captured).min(),
            versions.iter().map(|version| version.last_captured).max(),
        ) else {
            return Ok(None);
        };
        Ok(Some(SearchHit {
            snippet: snippet(&self.text(found.version)?, terms),
            url,
            title,
            first_captured: first,
            last_captured: last,
            versions,
            still_there,
            class,
        }))
    }
}

fn in_scope(sql: &rusqlite::Connection, version: i64, url: i64, scope: &SearchScope) -> rusqlite::Result<bool> {
    if let Some(host) = &scope.host {
        let name: String = sql
            .prepare_cached("SELECT h.name FROM url u JOIN host h ON h.id = u.host_id WHERE u.id = ?")?
            .query_row([url], |row| row.get(0))?;
        let below = name
            .strip_suffix(host.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
        if !below {
            return Ok(false);
        }
    }
    if let Some(since) = scope.since {
        let later = sql
            .prepare_cached(&format!(
                "SELECT 1 {CAPTURES} WHERE c.url_id = ?1 AND c.at >= ?3 AND {SAME_AS} LIMIT 1"
            ))?
            .query_row(params![url, version, since.millis()], |_| Ok(()))
            .optional()?;
        if later.is_none() {
            return Ok(false);
        }
    }
    if scope.dead {
        return sql
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM citation ci JOIN verdict v ON v.id = ci.verdict_id
                     WHERE ci.url_id = ? AND ci.state = 'present' AND v.class = 'dead')",
            )?
            .query_row([url], |row| row.get(0));
    }
    Ok(true)
}

/// Captures with the page versions they brought.
const CAPTURES: &str = "FROM capture c JOIN page_version w ON w.payload_id = c.payload_id AND w.url_id = c.url_id";
/// The version `?2`, or one that differs from it in noise only, which is not in the index again.
const SAME_AS: &str = "(w.id = ?2 OR w.text_length >= 200 AND (w.text_sha256, w.title) =
    (SELECT v.text_sha256, v.title FROM page_version v WHERE v.id = ?2))";

/// A text of a page, and the versions that say just that.
struct OneText {
    digest: Vec<u8>,
    title: String,
    /// Bytes of main text: short ones say little, and are in the index for each version.
    is_short: bool,
    versions: Vec<i64>,
    captured: FoundVersion,
}

/// The versions of a page that have what is asked for, oldest first, and whether the newest is one of them.
fn versions(sql: &rusqlite::Connection, url: i64, question: &str) -> rusqlite::Result<(Vec<FoundVersion>, bool)> {
    let mut of_page = sql.prepare_cached(&format!(
        "SELECT w.id, w.text_sha256, w.title, w.text_length, min(c.at), max(c.at) {CAPTURES}
         WHERE c.url_id = ? AND c.purpose NOT IN ('robots', 'probe') GROUP BY w.id ORDER BY min(c.at), w.id"
    ))?;
    let mut matches = sql.prepare_cached("SELECT 1 FROM page_search WHERE page_search MATCH ?1 AND rowid = ?2")?;
    let mut texts: Vec<OneText> = Vec::new();
    let mut rows = of_page.query([url])?;
    while let Some(row) = rows.next()? {
        let (id, digest, title): (i64, Vec<u8>, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let is_short = row.get::<_, i64>(3)? < 200;
        let (first, last) = (time(row, 4)?, time(row, 5)?);
        let same = texts
            .iter_mut()
            .find(|text| text.digest == digest && text.title == title && !text.is_short && !is_short);
        match same {
            Some(text) => {
                text.versions.push(id);
                text.captured.first_captured = text.captured.first_captured.min(first);
                text.captured.last_captured = text.captured.last_captured.max(last);
            }
            None => texts.push(OneText {
                digest,
                title,
                is_short,
                versions: vec![id],
                captured: FoundVersion {
                    first_captured: first,
                    last_captured: last,
                },
            }),
        }
    }
    let newest = texts.iter().map(|text| text.captured.last_captured).max();
    let mut found = Vec::new();
    for OneText { versions, captured, .. } in texts {
        let mut has = false;
        for id in versions {
            has = has
                || matches
                    .query_row(params![question, id], |_| Ok(()))
                    .optional()?
                    .is_some();
        }
        if has {
            found.push(captured);
        }
    }
    let still_there = found.iter().any(|version| Some(version.last_captured) == newest);
    Ok((found, still_there))
}
