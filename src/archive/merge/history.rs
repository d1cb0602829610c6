//! Articles with their citations, what was done to them, and the verdicts.

use std::collections::HashSet;

use rusqlite::{OptionalExtension, params};

use super::Merge;
use crate::archive::{Result, ingest::Ingest};

/// Articles, and citations, in one transaction.
const TOGETHER: usize = 64;

const WATCHES: &[&str] = &[
    "INSERT INTO watch (locator, kind, title, base, dated, added_at, read_at, failure)
     SELECT locator, kind, title, base, dated, added_at, read_at, failure FROM other.watch
     WHERE id > ?1 AND id <= ?2 ORDER BY id ON CONFLICT DO NOTHING",
];

const FOLLOWED: &[&str] = &[
    "INSERT INTO followed (locator, kind, folder, added_at, read_at, failure)
     SELECT locator, kind, folder, added_at, read_at, failure FROM other.followed
     WHERE id > ?1 AND id <= ?2 ORDER BY id ON CONFLICT DO NOTHING",
];

const BASELINES: &[&str] = &["INSERT INTO baseline (citation_id, capture_id, chosen, chosen_at)
     SELECT i.ours, c.ours, o.chosen, o.chosen_at FROM other.baseline o
     CROSS JOIN citation_of i ON i.theirs = o.citation_id CROSS JOIN capture_of c ON c.theirs = o.capture_id
     WHERE o.id > ?1 AND o.id <= ?2 AND NOT EXISTS (SELECT 1 FROM baseline_of b WHERE b.theirs = o.id) ORDER BY o.id"];

const EVENTS: &[&str] = &[
    "INSERT INTO citation_event (citation_id, run_id, page_version_id, at, since, what, place,
         anchor_before, anchor_after, now_id)
     SELECT i.ours, r.ours, v.ours, o.at, o.since, o.what, o.place, o.anchor_before, o.anchor_after,
         (SELECT ours FROM citation_of WHERE theirs = o.now_id)
     FROM other.citation_event o CROSS JOIN citation_of i ON i.theirs = o.citation_id
     CROSS JOIN run_of r ON r.theirs = o.run_id CROSS JOIN version_of v ON v.theirs = o.page_version_id
     WHERE o.id > ?1 AND o.id <= ?2 AND NOT EXISTS (SELECT 1 FROM main.citation_event m
         WHERE m.citation_id = i.ours AND m.run_id = r.ours AND m.page_version_id = v.ours AND m.at = o.at
             AND m.what = o.what AND m.place = o.place AND m.anchor_before IS o.anchor_before
             AND m.anchor_after IS o.anchor_after)
     ORDER BY o.id",
];

const NOTES: &[&str] = &["INSERT INTO note (url_id, at, text, removed_at)
     SELECT u.ours, o.at, o.text, o.removed_at FROM other.note o CROSS JOIN url_of u ON u.theirs = o.url_id
     WHERE o.id > ?1 AND o.id <= ?2 ORDER BY o.id
     ON CONFLICT (url_id, at, text) DO UPDATE SET removed_at = coalesce(removed_at, excluded.removed_at)"];

const VERDICTS: &[&str] = &[
    "INSERT INTO verdict (citation_id, capture_id, run_id, rules_version, at, class, transport,
         access, resource, content, since_last, jaccard, containment, title_similarity, status, final_url, moved_to,
         passages, reason, evidence, since, confirmed, strikes, last_strike_at, baseline_id, last_good_id)
     SELECT i.ours, c.ours, r.ours, o.rules_version, o.at, o.class, o.transport, o.access, o.resource, o.content,
         o.since_last, o.jaccard, o.containment, o.title_similarity, o.status, o.final_url, o.moved_to, o.passages,
         o.reason, o.evidence, o.since, o.confirmed, o.strikes, o.last_strike_at,
         (SELECT min(ours) FROM baseline_of WHERE theirs = o.baseline_id),
         (SELECT ours FROM capture_of WHERE theirs = o.last_good_id)
     FROM other.verdict o CROSS JOIN citation_of i ON i.theirs = o.citation_id
     CROSS JOIN capture_of c ON c.theirs = o.capture_id CROSS JOIN run_of r ON r.theirs = o.run_id
     WHERE o.id > ?1 AND o.id <= ?2 ORDER BY o.id ON CONFLICT DO NOTHING",
];

/// Whether their verdict of a citation (?1 ours, ?2 theirs, both as rows of ours) is the one that holds: theirs is the
/// newest visit, and our verdict was not given with theirs known. What a verdict says may have been seen again long
/// after it was given, so that its own time alone does not tell.
const THEIRS_HOLDS: &str = "
    WITH newest AS (
        SELECT EXISTS (SELECT 1 FROM other.capture o WHERE o.uid = c.uid) AS is_theirs
        FROM main.citation ci JOIN main.url u ON u.id = ci.url_id
        CROSS JOIN main.url w ON w.id = u.id OR w.url = u.lookup_key OR w.lookup_key = u.lookup_key
            OR w.lookup_key = u.url
        CROSS JOIN main.capture c ON c.url_id = w.id
        WHERE ci.id = (SELECT citation_id FROM main.verdict WHERE id = ?1) AND c.via_id IS NULL
            AND c.purpose NOT IN ('robots', 'asset', 'probe', 'volatile')
            AND (SELECT l.access FROM main.capture l WHERE l.id = c.last_id) <> 'deferred'
        ORDER BY c.at DESC, c.id DESC LIMIT 1)
    SELECT CASE
        WHEN NOT coalesce((SELECT is_theirs FROM newest), 1) THEN 0
        WHEN NOT EXISTS (SELECT 1 FROM main.capture c JOIN other.capture o ON o.uid = c.uid WHERE c.id = a.capture_id)
            THEN 1
        ELSE b.at > a.at END
    FROM main.verdict a, main.verdict b WHERE a.id = ?1 AND b.id = ?2";

/// When a version (?1) was last seen: by any of the captures that brought it.
const SEEN: &str = "SELECT max(c.at) FROM main.page_version v
    CROSS JOIN main.capture c ON c.url_id = v.url_id AND c.payload_id = v.payload_id WHERE v.id = ?1";

impl Merge<'_> {
    pub(super) fn history(&mut self) -> Result<()> {
        for article in self.ids("SELECT id FROM article ORDER BY id")?.chunks(TOGETHER) {
            let articles = article.to_vec();
            self.writer.call(move |ingest| {
                articles
                    .into_iter()
                    .try_for_each(|article| ingest.merge_article(article))
            })?;
        }
        self.in_turn("watch", WATCHES)?;
        self.in_turn("followed", FOLLOWED)?;
        self.in_turn("citation_event", EVENTS)?;
        self.in_turn("baseline", BASELINES)?;
        self.in_turn("note", NOTES)?;
        self.in_turn("verdict", VERDICTS)?;
        let judged = self.ids("SELECT id FROM citation WHERE verdict_id IS NOT NULL ORDER BY id")?;
        for citations in judged.chunks(TOGETHER) {
            let citations = citations.to_vec();
            self.writer.call(move |ingest| {
                citations
                    .into_iter()
                    .try_for_each(|citation| ingest.choose_verdict(citation))
            })?;
        }
        Ok(())
    }

    fn ids(&self, query: &str) -> Result<Vec<i64>> {
        self.theirs
            .ask(|sql| sql.prepare(query)?.query_map([], |row| row.get(0))?.collect())
    }
}

/// A citation of theirs.
struct Taken {
    url: i64,
    fragment: String,
    state: String,
    first_seen_at: i64,
    removed_at: Option<i64>,
}

impl Ingest<'_> {
    /// An article, its version and its citations, as the archive has them that read it last.
    fn merge_article(&mut self, theirs: i64) -> rusqlite::Result<()> {
        self.sql
            .prepare_cached(
                "INSERT INTO article (uid, kind, locator, url_id, base, cited_at, added_at, removed_at, gone)
                 SELECT o.uid, o.kind, o.locator, u.ours, o.base, o.cited_at, o.added_at, o.removed_at, o.gone
                 FROM other.article o CROSS JOIN url_of u ON u.theirs = o.url_id
                 WHERE o.id = ?1 ON CONFLICT DO NOTHING",
            )?
            .execute([theirs])?;
        let ours = self.ours("article_of", theirs)?;
        self.sql
            .prepare_cached(
                "UPDATE article SET cited_at = coalesce(article.cited_at, o.cited_at),
                     added_at = min(article.added_at, o.added_at)
                 FROM other.article o WHERE article.id = ?2 AND o.id = ?1
                     AND (article.cited_at IS NULL AND o.cited_at IS NOT NULL OR o.added_at < article.added_at)",
            )?
            .execute([theirs, ours])?;
        let our_version: Option<i64> =
            self.sql
                .query_row("SELECT page_version_id FROM article WHERE id = ?", [ours], |row| {
                    row.get(0)
                })?;
        let their_version: Option<i64> = self.sql.query_row(
            "SELECT (SELECT ours FROM version_of WHERE theirs = o.page_version_id) FROM other.article o WHERE o.id = ?",
            [theirs],
            |row| row.get(0),
        )?;
        let (our_time, their_time) = (self.seen(our_version)?, self.seen(their_version)?);
        let is_newer = their_time > our_time;
        let taken = self.citations_of(theirs)?;
        for one in &taken {
            // What they have and we lack was gone when we read the article.
            let gone = their_time < our_time && one.state == "present";
            let (state, removed_at) = match gone {
                true => ("removed", our_time),
                false => (one.state.as_str(), one.removed_at),
            };
            self.sql
                .prepare_cached(
                    "INSERT INTO citation (article_id, url_id, fragment, state, first_seen_at, removed_at)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                     ON CONFLICT (article_id, url_id, fragment) DO UPDATE SET
                         first_seen_at = min(first_seen_at, excluded.first_seen_at),
                         state = iif(?7, excluded.state, state), removed_at = iif(?7, excluded.removed_at, removed_at)",
                )?
                .execute(params![
                    ours,
                    one.url,
                    one.fragment,
                    state,
                    one.first_seen_at,
                    removed_at,
                    is_newer
                ])?;
        }
        if is_newer {
            self.no_longer_cited(ours, &taken, their_time)?;
            self.sql.execute(
                "UPDATE article SET page_version_id = ?2 WHERE id = ?1",
                params![ours, their_version],
            )?;
        }
        Ok(())
    }

    fn seen(&mut self, version: Option<i64>) -> rusqlite::Result<Option<i64>> {
        self.sql.prepare_cached(SEEN)?.query_row([version], |row| row.get(0))
    }

    fn citations_of(&mut self, theirs: i64) -> rusqlite::Result<Vec<Taken>> {
        self.sql
            .prepare_cached(
                "SELECT u.ours, o.fragment, o.state, o.first_seen_at, o.removed_at FROM other.citation o
                 CROSS JOIN url_of u ON u.theirs = o.url_id WHERE o.article_id = ? ORDER BY o.id",
            )?
            .query_map([theirs], |row| {
                Ok(Taken {
                    url: row.get(0)?,
                    fragment: row.get(1)?,
                    state: row.get(2)?,
                    first_seen_at: row.get(3)?,
                    removed_at: row.get(4)?,
                })
            })?
            .collect()
    }

    /// What we have and they lack was gone when they read the article.
    fn no_longer_cited(&mut self, ours: i64, taken: &[Taken], at: Option<i64>) -> rusqlite::Result<()> {
        let known: HashSet<(i64, &str)> = taken.iter().map(|one| (one.url, one.fragment.as_str())).collect();
        let present: Vec<(i64, i64, String)> = self
            .sql
            .prepare_cached("SELECT id, url_id, fragment FROM citation WHERE article_id = ? AND state = 'present'")?
            .query_map([ours], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
            .collect::<rusqlite::Result<_>>()?;
        for (citation, url, fragment) in present {
            if !known.contains(&(url, fragment.as_str())) {
                self.sql
                    .prepare_cached("UPDATE citation SET state = 'removed', removed_at = ?2 WHERE id = ?1")?
                    .execute(params![citation, at])?;
            }
        }
        Ok(())
    }

    /// Which of two verdicts holds today.
    fn choose_verdict(&mut self, theirs: i64) -> rusqlite::Result<()> {
        let found: Option<(i64, Option<i64>, Option<i64>)> = self
            .sql
            .prepare_cached(
                "SELECT m.id, m.verdict_id, (SELECT v.ours FROM verdict_of v WHERE v.theirs = o.verdict_id)
                 FROM other.citation o CROSS JOIN citation_of i ON i.theirs = o.id
                 CROSS JOIN main.citation m ON m.id = i.ours WHERE o.id = ?",
            )?
            .query_row([theirs], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()?;
        let Some((citation, ours, Some(verdict))) = found else {
            return Ok(());
        };
        let theirs_holds = match ours {
            None => true,
            Some(ours) if ours == verdict => false,
            Some(ours) => self
                .sql
                .prepare_cached(THEIRS_HOLDS)?
                .query_row([ours, verdict], |row| row.get(0))?,
        };
        if theirs_holds {
            self.sql
                .prepare_cached("UPDATE citation SET verdict_id = ?2 WHERE id = ?1")?
                .execute([citation, verdict])?;
        }
        Ok(())
    }
}
