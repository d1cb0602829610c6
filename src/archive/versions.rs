//! Page versions: what a payload says at a URL, with its links and its texts.

use std::borrow::Cow;

use rusqlite::{OptionalExtension, params};

use super::{blob::QUICK, ingest::Ingest};
use crate::model::{
    link::{Link, Role},
    page::{EXTRACTOR_VERSION, Page},
    run::{PackedPage, PackedText},
    search::segmented,
    url::{self, Url},
};

/// A version that was written or found, and what is to be visited for it.
pub(super) struct Version {
    pub id: i64,
    pub cites: Vec<Url>,
    pub assets: Vec<Url>,
}

/// What a page version adds to the full-text index.
pub(super) struct SearchRow {
    pub version: i64,
    pub title: String,
    pub text: String,
}

/// Texts waiting for the full-text index at most, in bytes.
const WAITING_MAX: usize = 8 << 20;

impl Ingest<'_> {
    pub(super) fn find_version(
        &mut self,
        payload_id: i64,
        url_id: i64,
        media_type: &str,
        charset: &str,
    ) -> rusqlite::Result<Option<Version>> {
        let id = self
            .sql
            .prepare_cached(
                "SELECT id FROM page_version WHERE payload_id = ?1 AND url_id = ?2 AND media_type = ?3
                     AND charset = ?4 AND extractor_version = ?5",
            )?
            .query_row(
                params![payload_id, url_id, media_type, charset, EXTRACTOR_VERSION],
                |row| row.get(0),
            )
            .optional()?;
        Ok(id.map(|id| Version {
            id,
            cites: Vec::new(),
            assets: Vec::new(),
        }))
    }

    pub(super) fn page_version(
        &mut self,
        payload_id: i64,
        url_id: i64,
        media_type: &str,
        charset: &str,
        packed: PackedPage,
    ) -> rusqlite::Result<Version> {
        let PackedPage {
            mut page,
            every_link,
            text,
        } = packed;
        let assets = std::mem::take(&mut page.assets);
        let cites: Vec<Url> = page
            .links
            .iter()
            .filter(|link| link.role == Role::Cite)
            .filter_map(|link| link.target.as_ref().ok().map(|target| target.url.clone()))
            .collect();
        if let Some(known) = self.find_version(payload_id, url_id, media_type, charset)? {
            if every_link {
                self.unlink(known.id)?;
                self.links(known.id, &page.links, true)?;
            }
            if let Some(text) = text {
                self.make_up_for_text(known.id, &text, page)?;
            }
            return Ok(Version {
                id: known.id,
                cites,
                assets,
            });
        }
        let links_of = match text.is_some() && !every_link {
            true => self.same_links(url_id, &page.links)?,
            false => None,
        };
        self.sql
            .prepare_cached(
                "INSERT INTO page_version (payload_id, url_id, media_type, charset, extractor_version, kind, read_as,
                     title, byline, language, published, canonical, document_sha256, text_sha256, text_length, cut, shell,
                     every_link, links_of)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)",
            )?
            .execute(params![
                payload_id,
                url_id,
                media_type,
                charset,
                EXTRACTOR_VERSION,
                page.kind.as_str(),
                page.charset,
                page.title,
                page.byline,
                page.language,
                page.published,
                page.canonical,
                page.document.0,
                page.text_digest.0,
                page.text.len() as i64,
                page.cut,
                page.shell,
                every_link,
                links_of,
            ])?;
        let id = self.sql.last_insert_rowid();
        if every_link || text.is_some() && links_of.is_none() {
            self.links(id, &page.links, every_link)?;
        }
        if let Some(text) = text {
            self.text(id, &text)?;
            self.make_searchable(id, page)?;
        }
        Ok(Version { id, cites, assets })
    }

    /// The texts of a version that was first read when the site asked to keep none, and asks no more.
    fn make_up_for_text(&mut self, version: i64, text: &PackedText, page: Page) -> rusqlite::Result<()> {
        if self.text(version, text)? == 0 {
            return Ok(());
        }
        let every_link: bool =
            self.sql
                .query_row("SELECT every_link FROM page_version WHERE id = ?", [version], |row| {
                    row.get(0)
                })?;
        if !every_link {
            self.links(version, &page.links, false)?;
        }
        self.make_searchable(version, page)
    }

    /// Returns how many rows were added: none where the version has a text already.
    fn text(&mut self, version: i64, text: &PackedText) -> rusqlite::Result<usize> {
        self.sql
            .prepare_cached(
                "INSERT INTO page_text (page_version_id, base, level, data) VALUES (?, ?, ?, ?)
                 ON CONFLICT DO NOTHING",
            )?
            .execute(params![version, text.on_body, QUICK, text.data])
    }

    /// The full-text index is written for many pages in one go: in between, each statement that needs
    /// a savepoint of its own would make it write a segment for every page.
    pub(super) fn make_searchable(&mut self, version: i64, page: Page) -> rusqlite::Result<()> {
        let Page { title, text, .. } = page;
        self.searchable(version, title, text)
    }

    /// The same, of title and main text.
    pub(super) fn searchable(&mut self, version: i64, title: String, text: String) -> rusqlite::Result<()> {
        if (!text.is_empty() || !title.is_empty()) && !self.is_searchable(version)? {
            self.waiting += title.len() + text.len();
            let parted = |text: String| match segmented(&text) {
                Cow::Owned(parted) => parted,
                Cow::Borrowed(_) => text,
            };
            let (title, text) = (parted(title), parted(text));
            self.unsearchable.push(SearchRow { version, title, text });
        }
        if self.waiting >= WAITING_MAX {
            self.finish()
        } else {
            Ok(())
        }
    }

    /// Whether another version of the same address with the same title and text is in the index already: pages
    /// that differ in noise only are found once.
    fn is_searchable(&mut self, version: i64) -> rusqlite::Result<bool> {
        self.sql
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM page_version v CROSS JOIN page_version o ON o.text_sha256 = v.text_sha256
                     AND o.text_length >= 200 AND o.url_id = v.url_id AND o.title = v.title AND o.id <> v.id
                     CROSS JOIN page_text t ON t.page_version_id = o.id WHERE v.id = ?)",
            )?
            .query_row([version], |row| row.get(0))
    }

    /// The version whose rows the newest version of an address has for its links, if from its main text it links to
    /// just these, with the same words. Most versions of a page differ elsewhere.
    fn same_links(&mut self, url: i64, links: &[Link]) -> rusqlite::Result<Option<i64>> {
        if !links.iter().any(Link::has_row) {
            return Ok(None);
        }
        let newest: Option<i64> = self
            .sql
            .prepare_cached(
                "SELECT coalesce(v.links_of, v.id) FROM page_version v WHERE v.url_id = ? AND v.every_link = 0
                     AND EXISTS (SELECT 1 FROM page_text t WHERE t.page_version_id = v.id)
                 ORDER BY v.id DESC LIMIT 1",
            )?
            .query_row([url], |row| row.get(0))
            .optional()?;
        let Some(newest) = newest else { return Ok(None) };
        let mut statement = self.sql.prepare_cached(
            "SELECT u.url, l.fragment, l.rel, l.anchor FROM link l JOIN url u ON u.id = l.target_id
             WHERE l.page_version_id = ? ORDER BY l.ordinal",
        )?;
        let mut rows = statement.query([newest])?;
        // Of links that have rows on such pages, role and place are always the same.
        for link in links.iter().filter(|link| link.has_row()) {
            let (Some(row), Ok(target)) = (rows.next()?, &link.target) else {
                return Ok(None);
            };
            let text = |column| -> rusqlite::Result<Option<&str>> { Ok(row.get_ref(column)?.as_str_or_null()?) };
            let same = text(0)? == Some(target.url.as_str())
                && text(1)? == target.fragment.as_deref()
                && text(2)?.unwrap_or_default() == link.rel
                && text(3)? == Some(&url::without_userinfo(&link.anchor));
            if !same {
                return Ok(None);
            }
        }
        Ok(rows.next()?.is_none().then_some(newest))
    }

    /// Takes the rows of a version's links away, to write every link in their place. Versions that share them get
    /// them: the oldest as its own.
    pub(super) fn unlink(&mut self, version: i64) -> rusqlite::Result<()> {
        let heir: Option<i64> = self.sql.query_row(
            "SELECT min(id) FROM page_version WHERE links_of = ?",
            [version],
            |row| row.get(0),
        )?;
        for table in ["link", "occurrence"] {
            self.memory.marks.group(table, version);
        }
        if let Some(heir) = heir {
            self.memory.marks.group("link", heir);
            for statement in [
                "INSERT INTO link (page_version_id, ordinal, target_id, fragment, role, place, rel, anchor)
                 SELECT ?2, ordinal, target_id, fragment, role, place, rel, anchor FROM link WHERE page_version_id = ?1",
                "UPDATE page_version SET links_of = nullif(?2, id) WHERE links_of = ?1",
            ] {
                self.sql.execute(statement, [version, heir])?;
            }
        }
        for statement in [
            "DELETE FROM link WHERE page_version_id = ?",
            "DELETE FROM occurrence WHERE page_version_id = ?",
            "UPDATE page_version SET every_link = 1, links_of = NULL WHERE id = ?",
        ] {
            self.sql.execute(statement, [version])?;
        }
        Ok(())
    }

    /// Articles keep every link as a row and as an occurrence; other pages the links of their main text.
    fn links(&mut self, version: i64, links: &[Link], every_link: bool) -> rusqlite::Result<()> {
        for table in ["link", "occurrence"] {
            self.memory.marks.group(table, version);
        }
        for (ordinal, link) in (1i64..).zip(links) {
            if !every_link && !link.has_row() {
                continue;
            }
            let anchor = url::without_userinfo(&link.anchor);
            let (target, fragment) = match &link.target {
                Ok(target) => (Some(self.url_id(&target.url)?), target.fragment.as_deref()),
                Err(_) => (None, None),
            };
            self.sql
                .prepare_cached(
                    "INSERT INTO link (page_version_id, ordinal, target_id, fragment, role, place, rel, anchor)
                     VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                )?
                .execute(params![
                    version,
                    ordinal,
                    target,
                    fragment,
                    link.role.code(),
                    link.place.code(),
                    (!link.rel.is_empty()).then_some(&link.rel),
                    anchor,
                ])?;
            if every_link {
                self.occurrence(version, ordinal, link)?;
            }
        }
        Ok(())
    }

    fn occurrence(&mut self, version: i64, ordinal: i64, link: &Link) -> rusqlite::Result<()> {
        let span = link.span;
        let quotes = (!link.quotes.is_empty()).then(|| serde_json::json!(link.quotes).to_string());
        let raw = url::without_userinfo(&link.raw.0);
        let is_address = link.target.as_ref().is_ok_and(|target| target.is_spelled(&raw));
        self.sql
            .prepare_cached(
                "INSERT INTO occurrence (page_version_id, ordinal, raw, skip, section, span_start, span_end, line, column,
                     quotes)
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            )?
            .execute(params![
                version,
                ordinal,
                (!is_address).then_some(raw),
                link.target.as_ref().err().map(|skip| skip.as_str()),
                link.section,
                span.map(|s| s.start as i64),
                span.map(|s| s.end as i64),
                span.map(|s| s.line as i64),
                span.map(|s| s.column as i64),
                quotes,
            ])?;
        Ok(())
    }
}
