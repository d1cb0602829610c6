//! Encoding of bodies and texts for storage.

use super::{Archive, ArchiveError, Result};
use crate::model::{
    page::Page,
    run::{Codec, EncodedBlob, PackedPage},
};

/// For bodies: 4% larger than level 3 and a tenth less CPU of a whole crawl; heavier levels are for
/// later re-encoding.
const BODY_LEVEL: i32 = 1;
/// For what can be derived again.
const TEXT_LEVEL: i32 = 1;

/// Encodes a body and proves that it comes back the same.
///
/// Errors when the codec itself fails or does not round-trip: nothing of the kind must be stored.
pub fn encode(bytes: &[u8]) -> std::io::Result<EncodedBlob> {
    let data = CODEC.with_borrow_mut(|codec| codec.compress(bytes, BODY_LEVEL))?;
    if data.len() >= bytes.len() {
        return Ok(EncodedBlob {
            codec: Codec::Raw,
            data: bytes.to_vec(),
        });
    }
    if CODEC.with_borrow_mut(|codec| codec.decompress(&data, bytes.len()))? != bytes {
        return Err(std::io::Error::other(
            "a compressed body did not decompress to the same bytes",
        ));
    }
    Ok(EncodedBlob {
        codec: Codec::Zstd,
        data,
    })
}

/// Packs a page's texts, which can be derived again. Here and not in the writer, so that the one thread
/// all pages pass through has less to do.
///
/// Of a page that is `withheld` nothing is packed: it keeps its digests, and an article its links.
pub fn pack(page: Page, every_link: bool, withheld: bool) -> std::io::Result<PackedPage> {
    if withheld {
        return Ok(PackedPage {
            page,
            every_link,
            text: None,
            around: None,
        });
    }
    let mut around = String::new();
    for link in page.links.iter().filter(|link| !every_link && !link.has_row()) {
        if let Ok(target) = &link.target {
            around.push_str(target.url.as_str());
            around.push('\n');
        }
    }
    let compress = |text: &str| CODEC.with_borrow_mut(|codec| codec.compress(text.as_bytes(), TEXT_LEVEL));
    Ok(PackedPage {
        text: Some(compress(&page.text)?),
        around: (!around.is_empty()).then(|| compress(&around)).transpose()?,
        every_link,
        page,
    })
}

thread_local! {
    // Setting up contexts costs more than compressing a small page.
    static CODEC: std::cell::RefCell<Contexts> = const { std::cell::RefCell::new(Contexts { to: None, from: None }) };
}

struct Contexts {
    to: Option<zstd::bulk::Compressor<'static>>,
    from: Option<zstd::bulk::Decompressor<'static>>,
}

impl Contexts {
    fn compress(&mut self, bytes: &[u8], level: i32) -> std::io::Result<Vec<u8>> {
        let context = match &mut self.to {
            Some(context) => context,
            none => none.insert(zstd::bulk::Compressor::new(level)?),
        };
        context.set_compression_level(level)?;
        context.include_checksum(true)?;
        let mut data = context.compress(bytes)?;
        // It was made as large as the worst case.
        data.shrink_to_fit();
        Ok(data)
    }

    fn decompress(&mut self, data: &[u8], length: usize) -> std::io::Result<Vec<u8>> {
        let context = match &mut self.from {
            Some(context) => context,
            none => none.insert(zstd::bulk::Decompressor::new()?),
        };
        context.decompress(data, length)
    }
}

/// Undoes [`encode`].
pub(super) fn decode(archive: &Archive, codec: &str, data: Vec<u8>, length: usize) -> Result<Vec<u8>> {
    match codec.parse() {
        Ok(Codec::Raw) => Ok(data),
        Ok(Codec::Zstd) => CODEC
            .with_borrow_mut(|codec| codec.decompress(&data, length))
            .map_err(|e| ArchiveError::Damaged {
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
        let mut state = 0x2545_f491_4f6c_dd1d_u64;
        let noise: Vec<u8> = std::iter::repeat_with(|| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 32) as u8
        })
        .take(4096)
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
