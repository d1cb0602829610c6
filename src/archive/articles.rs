//! Articles, their citations, runs and the tasks of a run: the writing half.

use rusqlite::{OptionalExtension, params};

use super::{
    citations::Read,
    ingest::{Ingest, uid},
};
use crate::model::{
    article::{ArticleKind, Seed},
    capture::Purpose,
    run::RunKind,
    time::Timestamp,
    url::Url,
};

/// A run that was begun or is gone on with.
#[derive(Debug, Clone)]
pub struct OpenRun {
    /// Row of the run.
    pub id: i64,
    /// `snapshot` or `check`.
    pub kind: RunKind,
    /// When it was first begun.
    pub started_at: Timestamp,
}

/// An article as a task starts from it.
#[derive(Debug, Clone)]
pub struct TakenArticle {
    /// Row of the article.
    pub id: i64,
    /// Its address: the URL, or `urn:uuid:`.
    pub url: Url,
    /// Row of its task in this run.
    pub task_id: i64,
}

impl Ingest<'_> {
    /// Begins a run. `settings` is the JSON that `resume` goes on with.
    pub fn begin_run(&mut self, kind: RunKind, at: Timestamp, settings: &str) -> rusqlite::Result<OpenRun> {
        self.forget_tasks()?;
        self.sql.execute(
            "INSERT INTO run (uid, kind, state, started_at, settings) VALUES (?, ?, 'running', ?, ?)",
            params![uid(at).to_string(), kind.as_str(), at.millis(), settings],
        )?;
        Ok(OpenRun {
            id: self.sql.last_insert_rowid(),
            kind,
            started_at: at,
        })
    }

    /// Removes the tasks of runs that nothing goes on with: the captures tell what became of them.
    pub fn forget_tasks(&mut self) -> rusqlite::Result<()> {
        self.sql.execute(
            "DELETE FROM task WHERE run_id IN (SELECT id FROM run WHERE state <> 'running')",
            [],
        )?;
        Ok(())
    }

    /// Marks a run as finished, and seals it.
    pub fn finish_run(&mut self, run_id: i64, at: Timestamp, outage: bool) -> rusqlite::Result<()> {
        self.sql.execute(
            "UPDATE run SET state = 'finished', finished_at = ?2, outage = ?3 WHERE id = ?1",
            params![run_id, at.millis(), outage],
        )?;
        self.seal_run(run_id)
    }

    /// Ends runs that were left unfinished: their waiting tasks are given up for those of a new run.
    pub fn abandon_runs(&mut self, at: Timestamp) -> rusqlite::Result<usize> {
        let runs: Vec<i64> = self
            .sql
            .prepare("UPDATE run SET state = 'abandoned', finished_at = ?1 WHERE state = 'running' RETURNING id")?
            .query_map([at.millis()], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        for run in &runs {
            self.seal_run(*run)?;
        }
        Ok(runs.len())
    }

    /// Takes an article in (or recognises it) and gives it a task in this run.
    ///
    /// `locator` is how it is reached again, as the archive names it; `moved_from` is the locator of
    /// a known file that is gone and whose newest bytes are the same.
    pub fn take_article(
        &mut self,
        run_id: i64,
        seed: &Seed,
        locator: &str,
        moved_from: Option<&str>,
        at: Timestamp,
    ) -> rusqlite::Result<TakenArticle> {
        if let Some(old) = moved_from {
            self.sql.execute(
                "UPDATE article SET locator = ?2 WHERE locator = ?1
                     AND NOT EXISTS (SELECT 1 FROM article WHERE locator = ?2)",
                params![old, locator],
            )?;
        }
        let known: Option<(i64, String)> = self
            .sql
            .query_row(
                "SELECT a.id, u.url FROM article a JOIN url u ON u.id = a.url_id WHERE a.locator = ?",
                [locator],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()?;
        let base = seed
            .document
            .as_ref()
            .and_then(|document| document.base.as_ref())
            .map(Url::as_str);
        let cited_at = seed.cited_at.map(Timestamp::millis);
        let (id, url) = match known {
            Some((id, url)) => {
                self.change_base(id, base)?;
                self.sql.execute(
                    "UPDATE article SET removed_at = NULL, gone = 0, cited_at = coalesce(?2, cited_at), base = coalesce(?3, base)
                     WHERE id = ?1",
                    params![id, cited_at, base],
                )?;
                (id, parse(&url)?)
            }
            None => {
                let uid = uid(at).to_string();
                let url = match (&seed.url, seed.kind) {
                    (Some(url), ArticleKind::Web) => url.clone(),
                    _ => parse(&format!("urn:uuid:{uid}"))?,
                };
                let url_id = self.url_id(&url)?;
                self.sql.execute(
                    "INSERT INTO article (uid, kind, locator, url_id, base, cited_at, added_at)
                     VALUES (?, ?, ?, ?, ?, ?, ?)",
                    params![uid, seed.kind.as_str(), locator, url_id, base, cited_at, at.millis()],
                )?;
                (self.sql.last_insert_rowid(), url)
            }
        };
        let task_id = self.add_task(run_id, &url, Purpose::Article, 0, at)?;
        Ok(TakenArticle { id, url, task_id })
    }

    /// Another base makes other links of the same bytes: the article is to be read again.
    fn change_base(&mut self, article_id: i64, base: Option<&str>) -> rusqlite::Result<()> {
        let known: Option<String> =
            self.sql
                .query_row("SELECT base FROM article WHERE id = ?", [article_id], |row| row.get(0))?;
        if base.is_some() && base != known.as_deref() {
            self.sql.execute(
                "UPDATE page_version SET every_link = 0 WHERE url_id = (SELECT url_id FROM article WHERE id = ?)",
                [article_id],
            )?;
            self.sql
                .execute("UPDATE article SET page_version_id = NULL WHERE id = ?", [article_id])?;
        }
        Ok(())
    }

    fn add_task(
        &mut self,
        run_id: i64,
        url: &Url,
        purpose: Purpose,
        depth: u32,
        at: Timestamp,
    ) -> rusqlite::Result<i64> {
        let url_id = self.url_id(url)?;
        self.sql.execute(
            "INSERT INTO task (run_id, url_id, purpose, host_id, depth, due_at)
             SELECT ?1, id, ?3, host_id, ?4, ?5 FROM url WHERE id = ?2
             ON CONFLICT (run_id, url_id, purpose) DO NOTHING",
            params![run_id, url_id, purpose.as_str(), depth, at.millis()],
        )?;
        self.sql.query_row(
            "SELECT id FROM task WHERE run_id = ? AND url_id = ? AND purpose = ?",
            params![run_id, url_id, purpose.as_str()],
            |row| row.get(0),
        )
    }

    /// Gives every link that an article has now a task in this run.
    pub fn add_citation_tasks(&mut self, run_id: i64, article_id: i64, at: Timestamp) -> rusqlite::Result<()> {
        self.sql.execute(
            "INSERT INTO task (run_id, url_id, purpose, host_id, depth, due_at)
             SELECT DISTINCT ?1, ci.url_id, 'citation', u.host_id, 1, ?3
             FROM citation ci JOIN url u ON u.id = ci.url_id
             WHERE ci.article_id = ?2 AND ci.state = 'present' AND u.lookup_key IS NULL
               AND NOT EXISTS (SELECT 1 FROM task t
                   WHERE t.run_id = ?1 AND t.url_id = ci.url_id AND t.purpose = 'article')
             ON CONFLICT (run_id, url_id, purpose) DO NOTHING",
            params![run_id, article_id, at.millis()],
        )?;
        // Addresses whose canonical form is another one: fetched once for all that share it.
        self.sql.execute(
            "INSERT INTO task (run_id, url_id, purpose, host_id, depth, due_at)
             SELECT ?1, min(ci.url_id), 'citation', u.host_id, 1, ?3
             FROM citation ci JOIN url u ON u.id = ci.url_id
             WHERE ci.article_id = ?2 AND ci.state = 'present' AND u.lookup_key IS NOT NULL
               AND NOT EXISTS (SELECT 1 FROM url w JOIN task t ON t.url_id = w.id AND t.run_id = ?1
                   WHERE w.url = u.lookup_key)
               AND NOT EXISTS (SELECT 1 FROM url w JOIN task t ON t.url_id = w.id AND t.run_id = ?1
                   WHERE w.lookup_key = u.lookup_key)
             GROUP BY u.lookup_key
             ON CONFLICT (run_id, url_id, purpose) DO NOTHING",
            params![run_id, article_id, at.millis()],
        )?;
        Ok(())
    }

    /// Gives an article of the archive a task in this run.
    pub fn add_article_task(&mut self, run_id: i64, article_id: i64, at: Timestamp) -> rusqlite::Result<()> {
        self.sql.execute(
            "INSERT INTO task (run_id, url_id, purpose, host_id, depth, due_at)
             SELECT ?1, u.id, 'article', u.host_id, 0, ?3 FROM article a JOIN url u ON u.id = a.url_id WHERE a.id = ?2
             ON CONFLICT (run_id, url_id, purpose) DO NOTHING",
            params![run_id, article_id, at.millis()],
        )?;
        Ok(())
    }

    /// Gives addresses a task in this run. Returns the hosts that have work for it.
    pub fn add_tasks(
        &mut self,
        run_id: i64,
        urls: &[Url],
        purpose: Purpose,
        at: Timestamp,
    ) -> rusqlite::Result<Vec<(String, u64)>> {
        let last = self.last_task()?;
        for url in urls {
            self.add_task(run_id, url, purpose, 1, at)?;
        }
        self.new_work(last)
    }

    /// Opens the tasks of citations again, to be worked on not before `due`. Returns the hosts that have
    /// work for it.
    pub fn ask_again(
        &mut self,
        run_id: i64,
        citations: &[i64],
        due: Timestamp,
    ) -> rusqlite::Result<Vec<(String, u64)>> {
        let mut work: std::collections::BTreeMap<String, u64> = std::collections::BTreeMap::new();
        for citation in citations {
            // The address itself, or the one that was asked for all with its canonical form.
            let opened: Option<String> = self
                .sql
                .prepare_cached(
                    "UPDATE task SET done = 0, attempts = 1, due_at = ?3 WHERE done = 1 AND id = (
                         SELECT t.id FROM citation ci JOIN url u ON u.id = ci.url_id
                         JOIN url w ON w.id = u.id OR w.url = u.lookup_key OR w.lookup_key = u.lookup_key
                         JOIN task t ON t.run_id = ?1 AND t.url_id = w.id AND t.purpose = 'citation'
                         WHERE ci.id = ?2 ORDER BY w.id = u.id DESC, t.id LIMIT 1)
                     RETURNING (SELECT name FROM host WHERE id = host_id)",
                )?
                .query_row(params![run_id, citation, due.millis()], |row| row.get(0))
                .optional()?;
            if let Some(host) = opened {
                *work.entry(host).or_default() += 1;
            }
        }
        Ok(work.into_iter().collect())
    }

    /// The task of an article came to its end: take up its new links, note what was done to the others,
    /// and see to it that all of them are visited, within the depth. `version` is `None` when it could not
    /// be read.
    pub(super) fn article_read(
        &mut self,
        run_id: i64,
        url: &Url,
        version: Option<i64>,
        visit_links: bool,
        at: Timestamp,
    ) -> rusqlite::Result<()> {
        let articles: Vec<(i64, Option<i64>)> = self
            .sql
            .prepare_cached(
                "SELECT a.id, a.page_version_id FROM article a JOIN url u ON u.id = a.url_id
                 WHERE u.url = ? AND a.removed_at IS NULL",
            )?
            .query_map([url.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        for (article_id, known) in articles {
            if let Some(version) = version
                && known != Some(version)
            {
                self.sync_citations(Read {
                    run_id,
                    article_id,
                    known,
                    version,
                    at,
                })?;
            }
            if visit_links {
                self.add_citation_tasks(run_id, article_id, at)?;
            }
        }
        Ok(())
    }

    /// Links of a cited page become tasks, within the depth.
    pub(super) fn follow(&mut self, run_id: i64, depth: u32, cites: &[Url], at: Timestamp) -> rusqlite::Result<()> {
        for url in cites {
            let url_id = self.url_id(url)?;
            self.sql
                .prepare_cached(
                    "INSERT INTO task (run_id, url_id, purpose, host_id, depth, due_at)
                     SELECT ?1, id, 'citation', host_id, ?3, ?4 FROM url WHERE id = ?2
                     ON CONFLICT (run_id, url_id, purpose) DO NOTHING",
                )?
                .execute(params![run_id, url_id, depth, at.millis()])?;
        }
        Ok(())
    }

    pub(super) fn last_task(&mut self) -> rusqlite::Result<i64> {
        self.sql
            .prepare_cached("SELECT coalesce(max(id), 0) FROM task")?
            .query_row([], |row| row.get(0))
    }

    /// Hosts of the tasks made after the task `after`, with how many each.
    pub(super) fn new_work(&mut self, after: i64) -> rusqlite::Result<Vec<(String, u64)>> {
        // Grouped before it is joined, so that the planner has no choice of walking every host.
        self.sql
            .prepare_cached(
                "SELECT h.name, t.tasks FROM (SELECT host_id, count(*) AS tasks FROM task WHERE id > ?1 GROUP BY host_id) t
                 CROSS JOIN host h ON h.id = t.host_id",
            )?
            .query_map([after], |row| Ok((row.get(0)?, row.get::<_, i64>(1)? as u64)))?
            .collect()
    }

    /// Takes an article off the list: its captures stay, its links are no longer visited.
    pub fn remove_article(&mut self, article_id: i64, at: Timestamp) -> rusqlite::Result<()> {
        self.sql.execute(
            "UPDATE article SET removed_at = ?2, gone = 0 WHERE id = ?1",
            params![article_id, at.millis()],
        )?;
        Ok(())
    }
}

fn parse(url: &str) -> rusqlite::Result<Url> {
    Url::parse(url).map_err(|e| rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, Box::new(e)))
}
