//! Local files that are followed, and the articles that they are.

use rusqlite::params;

use super::{
    Reader, Result,
    ingest::Ingest,
    read::{time, word},
};
use crate::model::{
    digest::PayloadDigest,
    followed::{FileArticle, Followed},
    time::Timestamp,
};

impl Reader {
    /// What is followed, in the order it was added.
    pub fn followed(&self) -> Result<Vec<Followed>> {
        self.ask(|sql| {
            sql.prepare("SELECT locator, kind, folder, added_at, read_at, failure FROM followed ORDER BY id")?
                .query_map([], |row| {
                    Ok(Followed {
                        locator: row.get(0)?,
                        kind: word(row, 1)?,
                        folder: row.get(2)?,
                        added_at: time(row, 3)?,
                        read_at: time(row, 4)?,
                        failure: row.get(5)?,
                    })
                })?
                .collect()
        })
    }

    /// Every local file that is an article, or was one.
    pub fn file_articles(&self) -> Result<Vec<FileArticle>> {
        self.ask(|sql| {
            sql.prepare(
                "SELECT a.locator, a.removed_at IS NULL, a.gone, p.sha256 FROM article a
                 LEFT JOIN page_version v ON v.id = a.page_version_id LEFT JOIN payload p ON p.id = v.payload_id
                 WHERE a.kind = 'file' ORDER BY a.id",
            )?
            .query_map([], |row| {
                Ok(FileArticle {
                    locator: row.get(0)?,
                    listed: row.get(1)?,
                    gone: row.get(2)?,
                    digest: row.get::<_, Option<[u8; 32]>>(3)?.map(PayloadDigest),
                })
            })?
            .collect()
        })
    }
}

impl Ingest<'_> {
    /// Follows files from now on, or notes that they were looked through, and how that went.
    pub fn follow_files(&mut self, followed: &Followed) -> rusqlite::Result<()> {
        self.sql.execute(
            "INSERT INTO followed (locator, kind, folder, added_at, read_at, failure) VALUES (?, ?, ?, ?, ?, ?)
             ON CONFLICT (locator) DO UPDATE SET kind = excluded.kind, folder = excluded.folder,
                 read_at = excluded.read_at, failure = excluded.failure",
            params![
                followed.locator,
                followed.kind.as_str(),
                followed.folder,
                followed.added_at.millis(),
                followed.read_at.millis(),
                followed.failure
            ],
        )?;
        Ok(())
    }

    /// Follows files no longer; the articles that they are stay.
    pub fn unfollow_files(&mut self, locator: &str) -> rusqlite::Result<()> {
        self.sql.execute("DELETE FROM followed WHERE locator = ?", [locator])?;
        Ok(())
    }

    /// Takes an article off the list because its file is gone; it is back when the file is.
    pub fn file_is_gone(&mut self, locator: &str, at: Timestamp) -> rusqlite::Result<()> {
        self.sql.execute(
            "UPDATE article SET removed_at = ?2, gone = 1 WHERE locator = ?1 AND kind = 'file' AND removed_at IS NULL",
            params![locator, at.millis()],
        )?;
        Ok(())
    }
}
