//! Texts of pages, which can be derived again: a page's main text stands in its body but for the markup, so that
//! its own body is a better base than any other text.

use std::io;

use rusqlite::OptionalExtension;

use super::{DELTA_MAX, QUICK, compress, decompress, frame_length};
use crate::{
    archive::{ArchiveError, Reader, Result},
    model::{
        page::{Page, PageKind},
        run::{PackedPage, PackedText},
    },
};

/// Packs the texts of a page that was read from `body`. Here and not in the writer, so that the one thread all
/// pages pass through has less to do.
///
/// Of a page that is `withheld` nothing is packed: it keeps its digests, and an article its links.
pub fn pack(page: Page, every_link: bool, withheld: bool, body: &[u8]) -> io::Result<PackedPage> {
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
            texts.push_str(target.url.as_str());
            texts.push('\n');
        }
    }
    // The text of a PDF does not stand in it as such.
    let as_written = matches!(page.kind, PageKind::Html | PageKind::Markdown | PageKind::Text);
    let on_body = as_written && !body.is_empty() && body.len() <= DELTA_MAX;
    let text = Some(PackedText {
        on_body,
        data: compress(texts.as_bytes(), on_body.then_some(body), QUICK)?,
    });
    Ok(PackedPage { page, every_link, text })
}

impl Reader {
    /// The main text of a page version; empty where none is kept.
    pub fn text(&self, page_version: i64) -> Result<String> {
        Ok(self.text_if_kept(page_version)?.unwrap_or_default())
    }

    /// The main text of a page version; `None` where none is kept.
    pub fn text_if_kept(&self, page_version: i64) -> Result<Option<String>> {
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
