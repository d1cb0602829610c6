//! Reading back: what the crawl asks.

use std::cell::RefCell;

use rusqlite::{
    Connection, OptionalExtension, Row, params,
    types::{Type, ValueRef},
};

use super::{Archive, Result, articles::OpenRun, blob::Cache};
use crate::model::{
    article::Article,
    capture::Purpose,
    digest::PayloadDigest,
    page::{EXTRACTOR_VERSION, PageKind},
    run::{Prior, Task},
    time::Timestamp,
    url::Url,
};

/// A connection that can only read.
pub struct Reader {
    pub(super) sql: Connection,
    pub(super) archive: Archive,
    /// Decoded blobs, by row: versions of a page share most of their chain.
    pub(super) decoded: RefCell<Cache<i64, ()>>,
}

/// Bytes of decoded blobs that a reader has at hand.
const AT_HAND: usize = 4 << 20;

/// What the archive holds of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Row of the payload.
    pub payload_id: i64,
    /// Whether the bytes are here, and not only their digest.
    pub kept: bool,
    /// What it says, where it has been read as this kind of page already, as far as is needed now.
    pub read: Option<HeldPage>,
}

/// Of a page that was read before: what its access is read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldPage {
    /// How it was read.
    pub kind: PageKind,
    /// Its title.
    pub title: String,
    /// Bytes of main text.
    pub text_length: u64,
}

/// The newest robots.txt held for an origin.
#[derive(Debug, Clone)]
pub struct RobotsCache {
    /// When it was fetched.
    pub at: Timestamp,
    /// The status at the end of its redirects.
    pub status: Option<u16>,
    /// Its bytes, for a 2xx.
    pub body: Vec<u8>,
}

impl Reader {
    pub(super) fn new(sql: Connection, archive: Archive) -> Result<Self> {
        Ok(Self {
            sql,
            archive,
            decoded: RefCell::new(Cache::new(AT_HAND)),
        })
    }

    /// Runs a query and names the file in its error.
    pub(super) fn ask<T>(&self, query: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T> {
        query(&self.sql).map_err(|e| self.archive.error(e))
    }

    /// What is read until it is dropped is of one moment, whatever others commit meanwhile. `None` where that is
    /// so already.
    pub(super) fn at_once(&self) -> Result<Option<rusqlite::Transaction<'_>>> {
        match self.sql.is_autocommit() {
            true => self
                .sql
                .unchecked_transaction()
                .map(Some)
                .map_err(|e| self.archive.error(e)),
            false => Ok(None),
        }
    }

    /// Waiting tasks of one host, oldest first, after the task `after`.
    pub fn tasks(&self, run_id: i64, host: &str, after: i64, limit: usize) -> Result<Vec<Task>> {
        let mut tasks = self.ask(|sql| {
            sql.prepare_cached(
                "SELECT t.id, u.url, t.purpose, t.depth, t.attempts, t.due_at
                 FROM task t INDEXED BY task_waiting CROSS JOIN url u ON u.id = t.url_id
                 WHERE t.run_id = ?1 AND t.host_id = (SELECT id FROM host WHERE name = ?2) AND t.id > ?3 AND t.done = 0
                 ORDER BY t.id LIMIT ?4",
            )?
            .query_map(params![run_id, host, after, limit as i64], task)?
            .collect::<rusqlite::Result<Vec<_>>>()
        })?;
        for task in &mut tasks {
            task.prior = self.prior(&task.url, task.purpose)?;
        }
        Ok(tasks)
    }

    /// One waiting task.
    pub fn task(&self, id: i64) -> Result<Option<Task>> {
        let found = self.ask(|sql| {
            sql.prepare_cached(
                "SELECT t.id, u.url, t.purpose, t.depth, t.attempts, t.due_at
                 FROM task t JOIN url u ON u.id = t.url_id WHERE t.id = ?1 AND t.done = 0",
            )?
            .query_row([id], task)
            .optional()
        })?;
        Ok(match found {
            Some(mut task) => {
                task.prior = self.prior(&task.url, task.purpose)?;
                Some(task)
            }
            None => None,
        })
    }

    /// Hosts with waiting tasks.
    pub fn waiting(&self, run_id: i64) -> Result<Vec<(String, u64)>> {
        self.ask(|sql| {
            sql.prepare(
                "SELECT h.name, t.tasks FROM
                     (SELECT host_id, count(*) AS tasks FROM task WHERE run_id = ? AND done = 0 GROUP BY host_id) t
                 CROSS JOIN host h ON h.id = t.host_id ORDER BY h.id",
            )?
            .query_map([run_id], |row| Ok((row.get(0)?, row.get::<_, i64>(1)? as u64)))?
            .collect()
        })
    }

    /// How many tasks a run has, how many of them are done, and how many of those are assets.
    pub fn progress(&self, run_id: i64) -> Result<(u64, u64, u64)> {
        self.ask(|sql| {
            sql.query_row(
                "SELECT count(*), coalesce(sum(done), 0), coalesce(sum(done AND purpose = 'asset'), 0)
                 FROM task WHERE run_id = ?",
                [run_id],
                |row| {
                    let count = |column| row.get::<_, i64>(column).map(|n| n as u64);
                    Ok((count(0)?, count(1)?, count(2)?))
                },
            )
        })
    }

    /// The newest run that was begun and not finished, with its settings.
    pub fn unfinished_run(&self) -> Result<Option<(OpenRun, String)>> {
        self.ask(|sql| {
            sql.query_row(
                "SELECT id, kind, started_at, settings FROM run WHERE state = 'running' ORDER BY id DESC LIMIT 1",
                [],
                |row| {
                    let run = OpenRun {
                        id: row.get(0)?,
                        kind: word(row, 1)?,
                        started_at: time(row, 2)?,
                    };
                    Ok((run, row.get(3)?))
                },
            )
            .optional()
        })
    }

    /// What the last good capture of a URL allows to be asked conditionally. Bytes that came as an asset, or
    /// at the end of a robots.txt that redirects, have not been read as a page: no page is confirmed by them.
    pub fn prior(&self, url: &Url, purpose: Purpose) -> Result<Option<Prior>> {
        self.ask(|sql| {
            sql.prepare_cached(
                "SELECT c.id, c.etag, c.last_modified, c.payload_id, c.media_type, c.charset
                 FROM capture c
                 WHERE c.url_id = (SELECT id FROM url WHERE url = ?1) AND c.payload_id IS NOT NULL
                   AND c.transport = 'ok' AND c.access = 'open' AND c.truncated IS NULL AND c.location IS NULL
                   AND (c.status = 304 OR c.status BETWEEN 200 AND 299) AND (c.purpose IN ('article', 'citation') OR ?2)
                 ORDER BY c.at DESC, c.id DESC LIMIT 1",
            )?
            .query_row(params![url.as_str(), purpose == Purpose::Asset], |row| {
                Ok(Prior {
                    capture_id: row.get(0)?,
                    etag: row.get(1)?,
                    last_modified: row.get(2)?,
                    payload_id: row.get(3)?,
                    media_type: row.get(4)?,
                    charset: row.get(5)?,
                })
            })
            .optional()
        })
    }

    /// Whether these bytes are known, whether they are here, and whether they have been read as a page of this URL.
    pub fn held(
        &self,
        digest: &PayloadDigest,
        url: &Url,
        media_type: &str,
        charset: &str,
        every_link: bool,
    ) -> Result<Option<Held>> {
        self.ask(|sql| {
            sql.prepare_cached(
                "SELECT p.id, v.kind, v.title, v.text_length, p.blob_id IS NOT NULL FROM payload p
                 LEFT JOIN page_version v ON v.payload_id = p.id
                     AND v.url_id = (SELECT id FROM url WHERE url = ?2) AND v.media_type = ?3 AND v.charset = ?4
                     AND v.extractor_version = ?5 AND v.every_link >= ?6
                 WHERE p.sha256 = ?1",
            )?
            .query_row(
                params![
                    digest.0,
                    url.as_str(),
                    media_type,
                    charset,
                    EXTRACTOR_VERSION,
                    every_link
                ],
                |row| {
                    let read = match row.get_ref(1)? {
                        ValueRef::Null => None,
                        _ => Some(HeldPage {
                            kind: word(row, 1)?,
                            title: row.get(2)?,
                            text_length: row.get::<_, i64>(3)? as u64,
                        }),
                    };
                    Ok(Held {
                        payload_id: row.get(0)?,
                        read,
                        kept: row.get(4)?,
                    })
                },
            )
            .optional()
        })
    }

    /// The newest robots.txt of an origin. Its chain's end tells the status.
    pub fn robots(&self, url: &Url) -> Result<Option<RobotsCache>> {
        let found: Option<(Timestamp, Option<u16>, Option<i64>)> = self.ask(|sql| {
            sql.prepare_cached(
                "SELECT c.at, f.status, f.payload_id FROM capture c JOIN capture f ON f.id = c.last_id
                 WHERE c.url_id = (SELECT id FROM url WHERE url = ?1) AND c.purpose = 'robots' AND c.via_id IS NULL
                   AND f.transport = 'ok'
                 ORDER BY c.at DESC, c.id DESC LIMIT 1",
            )?
            .query_row([url.as_str()], |row| Ok((time(row, 0)?, row.get(1)?, row.get(2)?)))
            .optional()
        })?;
        Ok(match found {
            Some((at, status, payload)) => {
                let body = match payload {
                    Some(payload) => self.payload(payload)?,
                    None => Vec::new(),
                };
                Some(RobotsCache { at, status, body })
            }
            None => None,
        })
    }

    /// Whether the bytes of a payload are here, and not only their digest.
    pub fn keeps(&self, payload_id: i64) -> Result<bool> {
        self.ask(|sql| {
            sql.prepare_cached("SELECT blob_id IS NOT NULL FROM payload WHERE id = ?")?
                .query_row([payload_id], |row| row.get(0))
        })
    }

    /// The articles on the list, in the order they were taken in.
    pub fn articles(&self) -> Result<Vec<Article>> {
        self.ask(|sql| {
            sql.prepare(&format!("{ARTICLES} ORDER BY a.id"))?
                .query_map([], article)?
                .collect()
        })
    }

    /// The article on the list that is known by one of these locators, the first of them that is one.
    pub fn article_named(&self, locators: &[String]) -> Result<Option<Article>> {
        self.ask(|sql| {
            let mut statement = sql.prepare_cached(&format!("{ARTICLES} AND a.locator = ?"))?;
            for locator in locators {
                if let Some(found) = statement.query_row([locator], article).optional()? {
                    return Ok(Some(found));
                }
            }
            Ok(None)
        })
    }

    /// Articles of a run that could not be read, with what became of them.
    pub fn unread_articles(&self, run_id: i64) -> Result<Vec<(String, String)>> {
        let tasks: Vec<(i64, String)> = self.ask(|sql| {
            sql.prepare(
                "SELECT t.url_id, a.locator FROM task t JOIN article a ON a.url_id = t.url_id
                 WHERE t.run_id = ? AND t.purpose = 'article' AND a.removed_at IS NULL ORDER BY a.id",
            )?
            .query_map([run_id], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect()
        })?;
        let mut unread = Vec::new();
        for (url_id, locator) in tasks {
            let why: Option<String> = self.ask(|sql| {
                sql.prepare_cached(
                    "SELECT CASE
                         WHEN f.transport <> 'ok' THEN f.transport || coalesce(' (' || f.detail || ')', '')
                         WHEN f.access <> 'open' THEN f.access || coalesce(' (' || coalesce(f.status, f.detail) || ')', '')
                         WHEN f.status IS NULL OR f.status = 304 OR f.status BETWEEN 200 AND 299 THEN NULL
                         ELSE 'the server answers ' || f.status END
                     FROM capture c INDEXED BY capture_by_run CROSS JOIN capture f ON f.id = c.last_id
                     WHERE c.run_id = ?1 AND c.url_id = ?2 AND c.via_id IS NULL AND c.purpose = 'article'
                     ORDER BY c.id DESC LIMIT 1",
                )?
                .query_row([run_id, url_id], |row| row.get(0))
                .optional()
                .map(Option::flatten)
            })?;
            unread.extend(why.map(|why| (locator, why)));
        }
        Ok(unread)
    }

    /// Local articles by address and locator, to be read again by a task that names the address.
    pub fn local_article(&self, url: &Url) -> Result<Option<(String, Option<String>)>> {
        self.ask(|sql| {
            sql.prepare_cached(
                "SELECT a.locator, a.base FROM article a JOIN url u ON u.id = a.url_id WHERE u.url = ? AND a.kind = 'file'",
            )?
            .query_row([url.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()
        })
    }

    /// Locators of file articles whose newest bytes have this digest.
    pub fn files_with(&self, digest: &PayloadDigest) -> Result<Vec<String>> {
        self.ask(|sql| {
            sql.prepare(
                "SELECT a.locator FROM article a JOIN page_version v ON v.id = a.page_version_id
                 JOIN payload p ON p.id = v.payload_id WHERE a.kind = 'file' AND p.sha256 = ?",
            )?
            .query_map([digest.0], |row| row.get(0))?
            .collect()
        })
    }
}

/// Articles on the list.
const ARTICLES: &str = "
    SELECT a.id, a.uid, a.kind, a.locator, a.base, a.cited_at, coalesce(v.title, ''), a.added_at,
        (SELECT count(*) FROM citation c WHERE c.article_id = a.id AND c.state = 'present')
    FROM article a LEFT JOIN page_version v ON v.id = a.page_version_id WHERE a.removed_at IS NULL";

fn article(row: &Row<'_>) -> rusqlite::Result<Article> {
    Ok(Article {
        id: row.get(0)?,
        uid: row.get(1)?,
        kind: word(row, 2)?,
        locator: row.get(3)?,
        base: row.get(4)?,
        cited_at: row.get::<_, Option<i64>>(5)?.map(Timestamp::from_millis),
        title: row.get(6)?,
        added_at: time(row, 7)?,
        citations: row.get::<_, i64>(8)? as u64,
    })
}

fn task(row: &Row<'_>) -> rusqlite::Result<Task> {
    Ok(Task {
        id: row.get(0)?,
        url: address(row, 1)?,
        purpose: word::<Purpose>(row, 2)?,
        depth: row.get(3)?,
        attempts: row.get(4)?,
        due: time(row, 5)?,
        prior: None,
    })
}

/// Reads one of our words; a word from a newer program is an error that names it.
pub(super) fn word<T: std::str::FromStr<Err = String>>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    let text = row.get_ref(column)?.as_str()?;
    text.parse()
        .map_err(|why: String| rusqlite::Error::FromSqlConversionFailure(column, Type::Text, why.into()))
}

pub(super) fn time(row: &Row<'_>, column: usize) -> rusqlite::Result<Timestamp> {
    row.get(column).map(Timestamp::from_millis)
}

pub(super) fn address(row: &Row<'_>, column: usize) -> rusqlite::Result<Url> {
    let text = row.get_ref(column)?.as_str()?;
    Url::parse(text).map_err(|e| rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(e)))
}
