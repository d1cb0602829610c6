//! Texts of an address with many versions. Most versions differ in a sentence or two, but where the body cuts them
//! into pieces, each text spells the same cuts out again. So one of them is kept as a blob, and the others are
//! stored against that and their own bodies. What is decoded for it does not grow with the number of versions.

use std::sync::Arc;

use rusqlite::{OptionalExtension, params};

use super::{
    DELTA_MAX, DEPTH_MAX, Prefix, Replacement, StoredText, choose::encode_best, compact::Version, compress_text,
    failed_to_encode,
};
use crate::{
    archive::{ArchiveError, Ingest, Reader, Result, WriterHandle},
    model::run::EncodedBlob,
};

/// Versions of an address that make a base worth looking for.
const VERSIONS_MIN: usize = 3;
/// Texts that are encoded both ways to learn whether a base pays.
const SAMPLE: usize = 3;
/// Bytes of the rows of a base beside its frame.
const ROWS: usize = 64;

/// A text of an address, as it is stored now.
pub(super) struct Text {
    page_version: i64,
    level: i32,
    /// The blob its body is, and how deep that is.
    blob: (i64, u32),
    stored: StoredText,
}

impl Text {
    /// Its frame, with or without the address's base in the prefix.
    fn encoded(&self, reader: &Reader, texts: &[u8], base: Option<&Arc<Vec<u8>>>, level: i32) -> Result<Vec<u8>> {
        let body = Prefix {
            base: false,
            ..self.stored.prefix
        };
        let body = reader.prefix(body, self.stored.payload, self.stored.url)?;
        let prefix = super::joined(base.cloned(), body);
        compress_text(texts, prefix.as_deref().map(Vec::as_slice), level).map_err(failed_to_encode)
    }
}

impl Reader {
    /// What texts of an address are stored against beside their bodies, if anything is.
    pub(in crate::archive) fn text_base(&self, url: i64) -> Result<Option<Arc<Vec<u8>>>> {
        let blob = self.ask(|sql| {
            sql.prepare_cached("SELECT blob_id FROM text_base WHERE url_id = ?")?
                .query_row([url], |row| row.get(0))
                .optional()
        })?;
        blob.map(|blob| self.blob(blob)).transpose()
    }

    /// The texts read from versions of an address, oldest first.
    pub(super) fn stored_texts(&self, url: i64, versions: &[Version]) -> Result<Vec<Text>> {
        let columns = StoredText::COLUMNS;
        let mut texts = Vec::new();
        for version in versions {
            let found = self.ask(|sql| {
                sql.prepare_cached(&format!(
                    "SELECT {columns}, t.page_version_id, t.level FROM page_version v
                         CROSS JOIN page_text t ON t.page_version_id = v.id
                     WHERE v.payload_id = ?1 AND v.url_id = ?2"
                ))?
                .query_map([version.payload, url], |row| {
                    Ok(Text {
                        stored: StoredText::read(row)?,
                        page_version: row.get(4)?,
                        level: row.get(5)?,
                        blob: (version.blob, version.depth),
                    })
                })?
                .collect::<rusqlite::Result<Vec<_>>>()
            })?;
            texts.extend(found);
        }
        Ok(texts)
    }

    /// Texts of an address, encoded again where that was not tried yet. What cannot be read is told to `lost`.
    pub(super) fn texts_again(
        &self,
        writer: &WriterHandle,
        texts: &[Text],
        level: i32,
        lost: &mut dyn FnMut(String),
    ) -> Result<Vec<Replacement>> {
        let Some(first) = texts.first() else {
            return Ok(Vec::new());
        };
        let url = first.stored.url;
        let (base, is_new) = match self.text_base(url) {
            Ok(Some(base)) => (Some(base), false),
            Ok(None) => {
                let base = self.choose_text_base(writer, url, texts, level)?;
                (base.clone(), base.is_some())
            }
            // Those that hang on it are told one by one.
            Err(ArchiveError::Damaged { .. }) => (None, false),
            Err(error) => return Err(error),
        };
        let mut replacements = Vec::new();
        for text in texts.iter().filter(|text| is_new || text.level < level) {
            let again = self
                .texts(text.page_version, &text.stored)
                .and_then(|texts| text.encoded(self, &texts, base.as_ref(), level));
            match again {
                Ok(data) => replacements.push(Replacement::Text {
                    page_version: text.page_version,
                    level,
                    prefix: Prefix {
                        base: base.is_some(),
                        ..text.stored.prefix
                    },
                    data,
                }),
                Err(ArchiveError::Damaged { why, .. }) => lost(why),
                Err(error) => return Err(error),
            }
        }
        Ok(replacements)
    }

    /// Makes the newest text that can be one the base of an address, where that pays.
    fn choose_text_base(
        &self,
        writer: &WriterHandle,
        url: i64,
        texts: &[Text],
        level: i32,
    ) -> Result<Option<Arc<Vec<u8>>>> {
        let Some(chosen) = texts.iter().rfind(|text| text.blob.1 < DEPTH_MAX) else {
            return Ok(None);
        };
        let others: Vec<&Text> = texts.iter().filter(|text| !std::ptr::eq(*text, chosen)).collect();
        if others.len() + 1 < VERSIONS_MIN {
            return Ok(None);
        }
        match self.try_text_base(chosen, &others, level) {
            Ok(Some((base, blob))) => {
                writer.call(move |ingest| ingest.set_text_base(url, &blob, level))?;
                Ok(Some(base))
            }
            Ok(None) => Ok(None),
            // It is told when its turn comes.
            Err(ArchiveError::Damaged { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// A text as a base, if what a few others take less on it outweighs it.
    fn try_text_base(
        &self,
        chosen: &Text,
        others: &[&Text],
        level: i32,
    ) -> Result<Option<(Arc<Vec<u8>>, EncodedBlob)>> {
        let base = Arc::new(self.texts(chosen.page_version, &chosen.stored)?);
        if !(1..=DELTA_MAX).contains(&base.len()) {
            return Ok(None);
        }
        let body = match chosen.stored.prefix.body {
            true => self.candidate(chosen.blob.0)?,
            false => None,
        };
        let blob = encode_best(&base, level, body).map_err(failed_to_encode)?;
        let (mut with, mut without) = (0, 0);
        let step = others.len().div_ceil(SAMPLE);
        let sample = others.iter().step_by(step);
        let taken = sample.len();
        for text in sample {
            let texts = self.texts(text.page_version, &text.stored)?;
            with += text.encoded(self, &texts, Some(&base), level)?.len();
            without += text.encoded(self, &texts, None, level)?.len();
        }
        let saved = without.saturating_sub(with) * others.len() / taken;
        Ok((saved > blob.data.len() + ROWS).then_some((base, blob)))
    }
}

impl Ingest<'_> {
    /// A base is chosen once, by `compact`, which has the archive to itself and takes each address once.
    fn set_text_base(&mut self, url: i64, blob: &EncodedBlob, level: i32) -> rusqlite::Result<()> {
        let id = self.blob_at(blob, level)?;
        self.sql
            .prepare_cached("INSERT INTO text_base (url_id, blob_id) VALUES (?, ?)")?
            .execute(params![url, id])?;
        Ok(())
    }
}
