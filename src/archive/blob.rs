//! Encoding of bodies and texts for storage.

use super::{Archive, ArchiveError, Result};
use crate::model::run::{Codec, EncodedBlob};

/// Fast enough to keep up with the crawl on one core; heavier levels are for later re-encoding.
const LEVEL: i32 = 3;

/// Encodes a body and proves that it comes back the same.
///
/// Errors when the codec itself fails or does not round-trip: nothing of the kind must be stored.
pub fn encode(bytes: &[u8]) -> std::io::Result<EncodedBlob> {
    let data = compress(bytes)?;
    if data.len() >= bytes.len() {
        return Ok(EncodedBlob {
            codec: Codec::Raw,
            data: bytes.to_vec(),
        });
    }
    if zstd::bulk::decompress(&data, bytes.len())? != bytes {
        return Err(std::io::Error::other(
            "a compressed body did not decompress to the same bytes",
        ));
    }
    Ok(EncodedBlob {
        codec: Codec::Zstd,
        data,
    })
}

pub(super) fn compress(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    thread_local! {
        // Setting up a context costs more than compressing a small page.
        static COMPRESSOR: std::cell::RefCell<Option<zstd::bulk::Compressor<'static>>> =
            const { std::cell::RefCell::new(None) };
    }
    COMPRESSOR.with_borrow_mut(|slot| {
        let compressor = match slot {
            Some(compressor) => compressor,
            None => {
                let mut fresh = zstd::bulk::Compressor::new(LEVEL)?;
                fresh.include_checksum(true)?;
                slot.insert(fresh)
            }
        };
        compressor.compress(bytes)
    })
}

/// Undoes [`encode`].
pub(super) fn decode(archive: &Archive, codec: &str, data: Vec<u8>, length: usize) -> Result<Vec<u8>> {
    match codec.parse() {
        Ok(Codec::Raw) => Ok(data),
        Ok(Codec::Zstd) => zstd::bulk::decompress(&data, length).map_err(|e| ArchiveError::Damaged {
            path: archive.path().into(),
            why: format!("a stored body: {e}"),
        }),
        Err(why) => Err(ArchiveError::Damaged {
            path: archive.path().into(),
            why: format!("blob codec {why}"),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_in_comes_out() {
        let archive = Archive::create(&tempfile::tempdir().unwrap().path().join("a.db")).unwrap();
        let noise: Vec<u8> = (0..4096u32)
            .map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8)
            .collect();
        for (bytes, codec) in [
            (b"".to_vec(), Codec::Raw),
            (b"x".to_vec(), Codec::Raw),
            (b"the tide, ".repeat(1000), Codec::Zstd),
            (noise, Codec::Raw),
        ] {
            let blob = encode(&bytes).unwrap();
            assert_eq!(blob.codec, codec, "{} bytes", bytes.len());
            assert_eq!(
                decode(&archive, blob.codec.as_str(), blob.data, bytes.len()).unwrap(),
                bytes
            );
        }
        assert!(decode(&archive, "zstd", b"not zstd".to_vec(), 5).is_err());
    }
}
