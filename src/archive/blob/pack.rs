//! Texts of pages, which can be derived again: a page's main text stands in its body but for the markup, so that
//! its own body is a better base than any other text.

use std::io;

use rusqlite::OptionalExtension;

use super::{DELTA_MAX, QUICK, compress_text, decompress, frame_length};
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
pub fn pack(page: Page, every_link: bool, withheld: bool, body: &[u8], url: &Url) -> io::Result<PackedPage> {
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
        data: compress_text(texts.as_bytes(), on_body.then_some(body), QUICK)?,
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

impl Reader {
    /// The main text of a page version; empty where none is kept.
    pub fn text(&self, page_version: i64) -> Result<String> {
        Ok(self.text_if_kept(page_version)?.unwrap_or_default())
    }

    /// The main text of a page version; `None` where none is kept.
    pub fn text_if_kept(&self, page_version: i64) -> Result<Option<String>> {
        // Its body may be pruned between reading the one and the other.
        let _snapshot = self.at_once()?;
        let found: Option<(bool, Vec<u8>, i64, usize)> = self.ask(|sql| {
            sql.prepare_cached(
                "SELECT t.on_body, t.data, v.payload_id, v.text_length FROM page_text t
                 JOIN page_version v ON v.id = t.page_version_id WHERE t.page_version_id = ?",
            )?
            .query_row([page_version], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get::<_, i64>(3)? as usize))
            })
            .optional()
        })?;
        let Some((on_body, data, payload, length)) = found else {
            return Ok(None);
        };
        let damaged = |why: String| ArchiveError::Damaged {
            path: self.archive.path().into(),
            why: format!("the text of page version {page_version} cannot be read: {why}"),
        };
        let mut texts = self
            .unpack(on_body.then_some(payload), &data)?
            .map_err(|e| damaged(e.to_string()))?;
        if texts.len() < length {
            return Err(damaged("it is shorter than it was".into()));
        }
        texts.truncate(length);
        String::from_utf8(texts)
            .map(Some)
            .map_err(|_| damaged("it is not UTF-8".into()))
    }

    /// Undoes what [`pack`] did to texts, with the payload whose body was its base.
    pub(in crate::archive) fn unpack(&self, payload: Option<i64>, data: &[u8]) -> Result<io::Result<Vec<u8>>> {
        let body = payload.map(|payload| self.payload_shared(payload)).transpose()?;
        let prefix = body.as_deref().map(Vec::as_slice);
        Ok(frame_length(data).and_then(|length| decompress(data, prefix, length)))
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
