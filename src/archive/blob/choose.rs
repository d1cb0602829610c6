//! What a body is stored against: the version before it at its address, or a page of its host, or nothing.

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
};

use rusqlite::{OptionalExtension, params};

use super::{Cache, DELTA_MAX, DEPTH_MAX, QUICK, compress, failed_to_encode};
use crate::{
    archive::{ArchiveError, Reader, Result},
    model::{
        digest::PayloadDigest,
        run::{Base, Codec, EncodedBlob},
        url::{self, Url},
    },
};

/// A difference of this part of the body at most is taken without looking for a better one.
const GOOD_ENOUGH: usize = 6;
/// A difference has to be smaller than the body by itself by this part: it costs a second blob to read.
const WORTH_A_BASE: usize = 16;
/// Pages shorter than this show little of what the pages of a host have in common.
const PAGE_MIN: usize = 1024;
/// Bytes of first pages at hand.
const AT_HAND: usize = 32 << 20;

/// A body on its way into the archive.
#[derive(Debug, Clone, Copy)]
pub struct Unstored<'a> {
    /// The decoded bytes.
    pub bytes: &'a [u8],
    /// Where it comes from.
    pub url: &'a Url,
    /// Media type of the answer.
    pub media_type: Option<&'a str>,
    /// Status of the answer.
    pub status: Option<u16>,
    /// Whether it is an HTML page as its host shows them: good, and no wall.
    pub is_page: bool,
}

/// How a body is to be stored.
#[derive(Debug)]
pub struct Chosen {
    /// Encoded, and proved to decode to the same bytes.
    pub blob: EncodedBlob,
    /// Whether it becomes what other pages of its host are stored against.
    pub for_host: bool,
}

/// The first page of each host that pages of the host are stored against, shared by those who encode: pages
/// of one host come together, before anything of the host can be read back. Bounded; what falls out is found in
/// the archive.
pub struct FirstPages(Mutex<Cache<String, Base>>);

impl Default for FirstPages {
    fn default() -> Self {
        Self(Mutex::new(Cache::new(AT_HAND)))
    }
}

impl FirstPages {
    /// Lets others be stored against a page. To be called only after the attempt that brings it was handed to
    /// the writer: the writer takes what it is handed in that order, so a base is stored before its
    /// dependents.
    pub fn enter(&self, url: &Url, digest: PayloadDigest, bytes: Vec<u8>) {
        self.put(url::host(url), Base::Payload(digest), Arc::new(bytes));
    }

    fn put(&self, host: &str, base: Base, bytes: Arc<Vec<u8>>) {
        let mut pages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        pages.put(host.to_owned(), base, bytes);
    }

    fn get(&self, host: &str) -> Option<(Base, Arc<Vec<u8>>)> {
        let mut pages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        pages.get(&host.to_owned())
    }
}

/// Something to be stored against.
pub(in crate::archive) struct Candidate {
    pub base: Base,
    pub bytes: Arc<Vec<u8>>,
}

/// The smallest encoding that is found with reasonable effort: candidates are tried in order until one is good
/// enough, and standing alone is tried when none is.
pub(in crate::archive) fn encode_best(
    bytes: &[u8],
    level: i32,
    candidates: impl IntoIterator<Item = Candidate>,
) -> io::Result<EncodedBlob> {
    let mut best: Option<(Base, Vec<u8>)> = None;
    for Candidate { base, bytes: prefix } in candidates {
        let data = compress(bytes, Some(&prefix), level)?;
        let good_enough = data.len() <= bytes.len() / GOOD_ENOUGH;
        if best.as_ref().is_none_or(|(_, best)| data.len() < best.len()) {
            best = Some((base, data));
        }
        if good_enough {
            break;
        }
    }
    if let Some((base, data)) = best.take_if(|(_, data)| data.len() <= bytes.len() / GOOD_ENOUGH) {
        return Ok(zstd(Some(base), data));
    }
    let alone = compress(bytes, None, level)?;
    let least = alone.len().min(bytes.len());
    if let Some((base, data)) = best.filter(|(_, data)| data.len() < least - least / WORTH_A_BASE) {
        return Ok(zstd(Some(base), data));
    }
    Ok(match alone.len() < bytes.len() {
        true => zstd(None, alone),
        false => EncodedBlob {
            codec: Codec::Raw,
            base: None,
            data: bytes.to_vec(),
        },
    })
}

fn zstd(base: Option<Base>, data: Vec<u8>) -> EncodedBlob {
    EncodedBlob {
        codec: Codec::Zstd,
        base,
        data,
    }
}

impl Reader {
    /// Encodes a body against what the archive holds, or is about to.
    pub fn encode(&self, body: &Unstored<'_>, first_pages: &FirstPages) -> Result<Chosen> {
        let small_enough = !body.bytes.is_empty() && body.bytes.len() <= DELTA_MAX;
        let host = url::host(body.url);
        let is_html = matches!(body.media_type, Some("text/html" | "application/xhtml+xml")) && !host.is_empty();
        let of_host = match small_enough && is_html {
            true => self.page_of_host(host, first_pages)?,
            false => None,
        };
        let is_first = is_html && of_host.is_none();
        let before = match small_enough {
            true => self.version_before(body)?,
            false => None,
        };
        let blob = encode_best(body.bytes, QUICK, before.into_iter().chain(of_host)).map_err(failed_to_encode)?;
        let for_host = is_first
            && body.is_page
            && blob.base.is_none()
            && (PAGE_MIN..=AT_HAND / 4 - PAGE_MIN).contains(&body.bytes.len());
        Ok(Chosen { blob, for_host })
    }

    /// The newest version held of an address that answered alike.
    fn version_before(&self, body: &Unstored<'_>) -> Result<Option<Candidate>> {
        let found: Option<(i64, u32, usize)> = self.ask(|sql| {
            sql.prepare_cached(
                "SELECT b.id, b.depth, p.length FROM capture c JOIN payload p ON p.id = c.payload_id
                     JOIN blob b ON b.id = p.blob_id
                 WHERE c.url_id = (SELECT id FROM url WHERE url = ?1) AND (c.status IS ?2 OR c.status = 304)
                     AND c.media_type IS ?3
                 ORDER BY c.at DESC, c.id DESC LIMIT 1",
            )?
            .query_row(params![body.url.as_str(), body.status, body.media_type], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get::<_, i64>(2)? as usize))
            })
            .optional()
        })?;
        match found {
            Some((blob, depth, length)) if depth < DEPTH_MAX && (1..=DELTA_MAX).contains(&length) => {
                self.candidate(blob)
            }
            _ => Ok(None),
        }
    }

    /// The page that pages of a host are stored against.
    fn page_of_host(&self, host: &str, first_pages: &FirstPages) -> Result<Option<Candidate>> {
        if let Some((base, bytes)) = first_pages.get(host) {
            return Ok(Some(Candidate { base, bytes }));
        }
        let found: Option<i64> = self.ask(|sql| {
            sql.prepare_cached(
                "SELECT b.blob_id FROM host_base b WHERE b.host_id = (SELECT id FROM host WHERE name = ?)",
            )?
            .query_row([host], |row| row.get(0))
            .optional()
        })?;
        let page = found.map(|blob| self.candidate(blob)).transpose()?.flatten();
        if let Some(page) = &page {
            first_pages.put(host, page.base, Arc::clone(&page.bytes));
        }
        Ok(page)
    }

    /// What can still be read is a base; that something old is damaged must not keep what is new from being
    /// kept.
    pub(in crate::archive) fn candidate(&self, blob: i64) -> Result<Option<Candidate>> {
        match self.blob(blob) {
            Ok(bytes) => Ok(Some(Candidate {
                base: Base::Blob(blob),
                bytes,
            })),
            Err(error @ ArchiveError::Damaged { .. }) => {
                tracing::warn!("{error}: nothing new is stored against it");
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::blob::{decompress, tests::noise};

    fn candidate(number: i64, bytes: &[u8]) -> Candidate {
        Candidate {
            base: Base::Blob(number),
            bytes: Arc::new(bytes.to_vec()),
        }
    }

    #[test]
    fn the_smallest_that_is_worth_it() {
        let text = |from: usize| -> Vec<u8> {
            let noise = noise(40_000);
            let words: Vec<String> = noise
                .chunks(4)
                .map(|c| format!("{:08x} ", u32::from_be_bytes([c[0], c[1], c[2], c[3]])))
                .collect();
            words[from..from + 5_000].concat().into_bytes()
        };
        let (body, near, far) = (text(0), text(50), text(4_000));
        let unlike = b"nothing of the kind".repeat(50);
        let dense = noise(10_000);
        for (what, bytes, candidates, codec, base) in [
            ("none", &body, vec![], Codec::Zstd, None),
            (
                "the first that is good enough",
                &body,
                vec![&near, &body],
                Codec::Zstd,
                Some(0),
            ),
            (
                "a poor one is passed over",
                &body,
                vec![&far, &near],
                Codec::Zstd,
                Some(1),
            ),
            (
                "a poor one is better than none",
                &body,
                vec![&far],
                Codec::Zstd,
                Some(0),
            ),
            ("an unlike one is not worth it", &body, vec![&unlike], Codec::Zstd, None),
            (
                "what does not shrink stays as it is",
                &dense,
                vec![&body],
                Codec::Raw,
                None,
            ),
            ("but for a base that has it", &dense, vec![&dense], Codec::Zstd, Some(0)),
            ("nothing at all", &Vec::new(), vec![], Codec::Raw, None),
        ] {
            let listed: Vec<Candidate> = (0..).zip(&candidates).map(|(n, bytes)| candidate(n, bytes)).collect();
            let blob = encode_best(bytes, QUICK, listed).unwrap();
            assert_eq!((blob.codec, blob.base), (codec, base.map(Base::Blob)), "{what}");
            let prefix = base.map(|n| candidates[n as usize].as_slice());
            if blob.codec == Codec::Zstd {
                assert_eq!(&decompress(&blob.data, prefix, bytes.len()).unwrap(), bytes, "{what}");
            } else {
                assert_eq!(&blob.data, bytes, "{what}");
            }
        }
    }
}
