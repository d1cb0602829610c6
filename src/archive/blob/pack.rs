//! Texts of pages, which can be derived again: a page's main text stands in its body but for the markup, so that
//! its own body is a better base than any other text; `compact` adds what the versions of an address have in common
//! (`text_base`).

use std::sync::Arc;

use rusqlite::{OptionalExtension, Row};

use super::{DELTA_MAX, QUICK, compress_text, decompress, failed_to_encode, frame_length};
use crate::{
    archive::{ArchiveError, Reader, Result},
    model::{
        page::{Page, PageKind},
        run::{PackedPage, PackedText},
        url::Url,
    },
};

/// Packs the texts of a page that was read from `body`, at `url`. Here and not in the writer, so that the one thread all
/// pages pass through has less to do.
///
/// Of a page that is `withheld` nothing is packed: it keeps its digests, and an article its links.
pub fn pack(page: Page, every_link: bool, withheld: bool, body: &[u8], url: &Url) -> Result<PackedPage> {
    if withheld {
        return Ok(PackedPage {
            page,
            every_link,
            text: None,
        });
    }
    let mut texts = page.text.clone();
    for link in page.links.iter().filter(|link| !every_link && !link.has_row()) {
        if let Ok(target) = &link.target {
            texts.push_str(without_origin(&target.url, url));
            texts.push('\n');
        }
    }
    // The text of a PDF does not stand in it as such.
    let as_written = matches!(page.kind, PageKind::Html | PageKind::Markdown | PageKind::Text);
    let on_body = as_written && !body.is_empty() && body.len() <= DELTA_MAX;
    let text = Some(PackedText {
        on_body,
        data: compress_text(texts.as_bytes(), on_body.then_some(body), QUICK).map_err(failed_to_encode)?,
    });
    Ok(PackedPage { page, every_link, text })
}

/// An address as pages write it: without the origin where that is the page's own.
fn without_origin<'a>(address: &'a Url, page: &Url) -> &'a str {
    let whole = address.as_str();
    let origin = &page[..url::Position::BeforePath];
    match whole.strip_prefix(origin) {
        Some(path) if path.starts_with('/') && !path.starts_with("//") => path,
        _ => whole,
    }
}

/// What a text's frame has as its prefix: the address's text base, its page's body, or the one and then the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::archive) struct Prefix {
    pub base: bool,
    pub body: bool,
}

impl Prefix {
    /// As `page_text.base` has it.
    pub fn code(self) -> i64 {
        i64::from(self.body) | i64::from(self.base) << 1
    }

    pub fn of_code(code: i64) -> Self {
        Self {
            base: code & 2 != 0,
            body: code & 1 != 0,
        }
    }
}

/// A row of `page_text`, with what its prefix is found by.
pub(in crate::archive) struct StoredText {
    pub prefix: Prefix,
    pub data: Vec<u8>,
    pub payload: i64,
    pub url: i64,
}

impl StoredText {
    /// Its columns, as [`StoredText::read`] takes them.
    pub const COLUMNS: &str = "t.base, t.data, v.payload_id, v.url_id";

    pub fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            prefix: Prefix::of_code(row.get(0)?),
            data: row.get(1)?,
            payload: row.get(2)?,
            url: row.get(3)?,
        })
    }
}

/// The bytes of a prefix from its parts.
pub(in crate::archive) fn joined(base: Option<Arc<Vec<u8>>>, body: Option<Arc<Vec<u8>>>) -> Option<Arc<Vec<u8>>> {
    match (base, body) {
        (Some(base), Some(body)) => Some(Arc::new([base.as_slice(), body.as_slice()].concat())),
        (one, other) => one.or(other),
    }
}

impl Reader {
    /// The main text of a page version; empty where none is kept.
    pub fn text(&self, page_version: i64) -> Result<String> {
        Ok(self.text_if_kept(page_version)?.unwrap_or_default())
    }

    /// The main text of a page version; `None` where none is kept.
    pub fn text_if_kept(&self, page_version: i64) -> Result<Option<String>> {
        // Its body may be pruned between reading the one and the other.
        let _snapshot = self.at_once()?;
        let found: Option<(StoredText, usize)> = self.ask(|sql| {
            let columns = StoredText::COLUMNS;
            sql.prepare_cached(&format!(
                "SELECT {columns}, v.text_length FROM page_text t
                 JOIN page_version v ON v.id = t.page_version_id WHERE t.page_version_id = ?"
            ))?
            .query_row([page_version], |row| {
                Ok((StoredText::read(row)?, row.get::<_, i64>(4)? as usize))
            })
            .optional()
        })?;
        let Some((stored, length)) = found else {
            return Ok(None);
        };
        let mut texts = self.texts(page_version, &stored)?;
        if texts.len() < length {
            return Err(self.damaged_text(page_version, "it is shorter than it was"));
        }
        texts.truncate(length);
        String::from_utf8(texts)
            .map(Some)
            .map_err(|_| self.damaged_text(page_version, "it is not UTF-8"))
    }

    /// The addresses that a page links to outside its main text, where they are no rows of `link`.
    pub(in crate::archive) fn addresses_around(&self, page_version: i64) -> Result<Vec<String>> {
        let _snapshot = self.at_once()?;
        let columns = StoredText::COLUMNS;
        let found: Option<(StoredText, usize, String)> = self.ask(|sql| {
            sql.prepare_cached(&format!(
                "SELECT {columns}, v.text_length, u.url FROM page_text t JOIN page_version v ON v.id = t.page_version_id
                 JOIN url u ON u.id = v.url_id WHERE t.page_version_id = ?"
            ))?
            .query_row([page_version], |row| {
                Ok((StoredText::read(row)?, row.get::<_, i64>(4)? as usize, row.get(5)?))
            })
            .optional()
        })?;
        let Some((stored, length, url)) = found else {
            return Ok(Vec::new());
        };
        let texts = self.texts(page_version, &stored)?;
        let Some(Ok(around)) = texts.get(length..).map(std::str::from_utf8) else {
            return Err(self.damaged_text(page_version, "it is shorter than it was, or not UTF-8"));
        };
        let page = Url::parse(&url).map_err(|_| self.damaged_text(page_version, "its address is none"))?;
        let whole = |address: &str| page.join(address).map_or_else(|_| address.to_owned(), Into::into);
        Ok(around.lines().map(whole).collect())
    }

    /// Undoes what [`pack`] did to the texts of a page version.
    pub(in crate::archive) fn texts(&self, page_version: i64, stored: &StoredText) -> Result<Vec<u8>> {
        let prefix = self.prefix(stored.prefix, stored.payload, stored.url)?;
        frame_length(&stored.data)
            .and_then(|length| decompress(&stored.data, prefix.as_deref().map(Vec::as_slice), length))
            .map_err(|e| self.damaged_text(page_version, &e.to_string()))
    }

    /// Texts with another prefix than they have.
    pub(in crate::archive) fn encode_text(
        &self,
        stored: &StoredText,
        prefix: Prefix,
        texts: &[u8],
        level: i32,
    ) -> Result<Vec<u8>> {
        let prefix = self.prefix(prefix, stored.payload, stored.url)?;
        compress_text(texts, prefix.as_deref().map(Vec::as_slice), level).map_err(failed_to_encode)
    }

    /// The bytes of a prefix.
    pub(super) fn prefix(&self, prefix: Prefix, payload: i64, url: i64) -> Result<Option<Arc<Vec<u8>>>> {
        let base = prefix.base.then(|| self.text_base(url)).transpose()?.flatten();
        let body = prefix.body.then(|| self.payload_shared(payload)).transpose()?;
        Ok(joined(base, body))
    }

    fn damaged_text(&self, page_version: i64, why: &str) -> ArchiveError {
        ArchiveError::Damaged {
            path: self.archive.path().into(),
            why: format!("the text of page version {page_version} cannot be read: {why}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_kept_as_pages_write_them_and_resolve_to_themselves() {
        for (page, address, want) in [
            ("http://a.example/x/y", "http://a.example/z?q=1", "/z?q=1"),
            ("http://a.example/x/y", "http://a.example/", "/"),
            (
                "http://a.example/x",
                "http://a.example//b.example/",
                "http://a.example//b.example/",
            ),
            ("http://a.example/x", "http://a.example:81/z", "http://a.example:81/z"),
            ("http://a.example/x", "https://a.example/z", "https://a.example/z"),
            ("http://a.example/x", "http://a.example.org/z", "http://a.example.org/z"),
            ("urn:uuid:1", "http://a.example/z", "http://a.example/z"),
            ("urn:uuid:1", "urn:uuid:2", "urn:uuid:2"),
        ] {
            let (page, address) = (Url::parse(page).unwrap(), Url::parse(address).unwrap());
            let written = without_origin(&address, &page);
            assert_eq!(written, want);
            assert_eq!(page.join(written).unwrap(), address);
        }
    }
}
