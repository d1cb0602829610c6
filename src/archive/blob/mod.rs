//! How bodies and texts are kept: as differences from what is held already, where that pays.
//!
//! A version of a page is stored against the version before it, a first version against a page of its host
//! (`choose`), decoded along the chain of bases (`chain`), and encoded again by `compact` with more effort, texts
//! with it (`text_base`).
//! Here is the codec itself: zstd frames, alone or with a base's bytes as prefix.

mod cache;
mod chain;
mod choose;
mod compact;
mod pack;
mod parts;
mod replace;
mod store;
mod text_base;

use std::io;

use zstd::zstd_safe::{self, CCtx, CParameter, DCtx};

use super::ArchiveError;

pub(super) use cache::Cache;
pub(super) use chain::Lost;
pub(super) use choose::{Candidate, encode_best};
pub use choose::{Chosen, FirstPages, Unstored};
pub use compact::{Compacted, Sizes, compact};
pub use pack::pack;
pub(super) use pack::{Prefix, StoredText, joined};
pub use parts::Parts;
pub(super) use replace::Replacement;

/// What a crawl encodes at: 4% larger than level 3 and a tenth less CPU of a whole crawl; heavier levels are
/// for `compact`.
pub const QUICK: i32 = 1;
/// Bases that have to be decoded before a blob, at most. Then it starts anew.
pub const DEPTH_MAX: u32 = 16;
/// Bytes of a body, and of its base, beyond which no difference is tried: both are in memory, and tables of
/// the codec beside them.
pub const DELTA_MAX: usize = 8 << 20;
/// The smallest window there is, and the largest that decoders take without being told to, as powers of two.
const WINDOW_MIN: u32 = 10;
const WINDOW_MAX: u32 = 27;

/// Compresses bytes into one zstd frame with checksum, and proves that they come back the same.
///
/// Errors when the codec itself fails or does not round-trip: nothing of the kind must be stored.
pub(super) fn compress(bytes: &[u8], base: Option<&[u8]>, level: i32) -> io::Result<Vec<u8>> {
    proved(bytes, base, level, None)
}

/// [`compress`] for texts on the page they stand in: many pieces of it, in its order. At the quick levels a second
/// table, for long matches, finds them in less time and in a third less room.
pub(super) fn compress_text(text: &[u8], page: Option<&[u8]>, level: i32) -> io::Result<Vec<u8>> {
    proved(
        text,
        page,
        level,
        (level <= QUICK).then_some(zstd_safe::Strategy::ZSTD_dfast),
    )
}

fn proved(bytes: &[u8], base: Option<&[u8]>, level: i32, strategy: Option<zstd_safe::Strategy>) -> io::Result<Vec<u8>> {
    let data = match base {
        Some(base) => compress_on(base, bytes, level, strategy)?,
        None => CODEC.with_borrow_mut(|codec| codec.compress(bytes, level))?,
    };
    if decompress(&data, base, bytes.len())? != bytes {
        return Err(io::Error::other(
            "a compressed body did not decompress to the same bytes",
        ));
    }
    Ok(data)
}

/// Undoes [`compress`]. `length` bounds what is decoded.
pub(super) fn decompress(data: &[u8], base: Option<&[u8]>, length: usize) -> io::Result<Vec<u8>> {
    // What a damaged frame says of its length must not end the program.
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(length)?;
    match base {
        Some(base) => {
            let mut context = DCtx::try_create().ok_or_else(no_memory)?;
            context.ref_prefix(base).map_err(failed)?;
            context.decompress(&mut bytes, data).map_err(failed)?;
        }
        None => CODEC.with_borrow_mut(|codec| codec.decompress(data, &mut bytes))?,
    }
    Ok(bytes)
}

/// The window has to reach from the end of the bytes to the beginning of the base, or zstd forgets the base
/// while it works. The quick levels have tables for a few thousand places only, too few for a whole page.
fn compress_on(base: &[u8], bytes: &[u8], level: i32, strategy: Option<zstd_safe::Strategy>) -> io::Result<Vec<u8>> {
    let window = log2_at_least(base.len() + bytes.len()).clamp(WINDOW_MIN, WINDOW_MAX);
    let mut parameters = vec![
        CParameter::CompressionLevel(level),
        CParameter::ChecksumFlag(true),
        CParameter::WindowLog(window),
    ];
    if level <= QUICK {
        parameters.push(CParameter::HashLog((window - 1).min(20)));
    }
    parameters.extend(strategy.map(CParameter::Strategy));
    // A context borrows its prefix, so there is one for each frame.
    let mut context = CCtx::try_create().ok_or_else(no_memory)?;
    for parameter in parameters {
        context.set_parameter(parameter).map_err(failed)?;
    }
    context.ref_prefix(base).map_err(failed)?;
    let mut data = Vec::with_capacity(zstd_safe::compress_bound(bytes.len()));
    context.compress2(&mut data, bytes).map_err(failed)?;
    data.shrink_to_fit();
    Ok(data)
}

/// The smallest power of two, as its exponent, that is not below `size`.
fn log2_at_least(size: usize) -> u32 {
    size.max(1).next_power_of_two().trailing_zeros()
}

/// How many bytes a frame says that it decodes to.
pub(super) fn frame_length(data: &[u8]) -> io::Result<usize> {
    match zstd_safe::get_frame_content_size(data) {
        Ok(Some(length)) => usize::try_from(length).map_err(io::Error::other),
        _ => Err(io::Error::other("no zstd frame of known length")),
    }
}

/// An encoding that failed is our fault, not that of what is archived.
pub(super) fn failed_to_encode(error: io::Error) -> ArchiveError {
    ArchiveError::Sql(format!("a body or a text could not be encoded: {error}"))
}

fn failed(code: zstd_safe::ErrorCode) -> io::Error {
    io::Error::other(zstd_safe::get_error_name(code))
}

fn no_memory() -> io::Error {
    io::ErrorKind::OutOfMemory.into()
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
    fn compress(&mut self, bytes: &[u8], level: i32) -> io::Result<Vec<u8>> {
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

    fn decompress(&mut self, data: &[u8], into: &mut Vec<u8>) -> io::Result<()> {
        let context = match &mut self.from {
            Some(context) => context,
            none => none.insert(zstd::bulk::Decompressor::new()?),
        };
        context.decompress_to_buffer(data, into)?;
        Ok(())
    }
}

#[cfg(test)]
#[path = "laws_tests.rs"]
mod laws;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_in_comes_out_with_and_without_a_base() {
        let noise = noise(1 << 20);
        let mut edited = noise.clone();
        edited.splice(500_000..500_000, b"a sentence that was put in".iter().copied());
        for (base, bytes, at_most) in [
            (None, b"".to_vec(), 32),
            (None, b"the tide, ".repeat(1000), 60),
            (Some(b"the tide, ".repeat(10)), b"the tide, ".repeat(1000), 60),
            // The window trap: an edit in the middle of what does not compress.
            (Some(noise.clone()), edited, 2_000),
            (Some(noise.clone()), noise.clone(), 2_000),
            (Some(b"another".to_vec()), noise.clone(), noise.len() + 100),
        ] {
            for level in [QUICK, 3, 19] {
                let data = compress(&bytes, base.as_deref(), level).unwrap();
                assert!(data.len() <= at_most, "{} bytes, level {level}", data.len());
                assert_eq!(decompress(&data, base.as_deref(), bytes.len()).unwrap(), bytes);
                assert_eq!(frame_length(&data).unwrap(), bytes.len());
            }
        }
    }

    #[test]
    fn a_wrong_base_and_a_damaged_frame_are_errors() {
        let base = noise(50_000);
        let mut bytes = base.clone();
        bytes[20_000] ^= 1;
        let data = compress(&bytes, Some(&base), QUICK).unwrap();
        let mut other = base.clone();
        other[100] ^= 1;
        assert!(decompress(&data, Some(&other), bytes.len()).is_err());
        assert!(decompress(&data, Some(&base[1..]), bytes.len()).is_err());
        assert!(decompress(&data, None, bytes.len()).is_err());
        assert!(
            decompress(&data, Some(&base), bytes.len() - 1).is_err(),
            "longer than it may be"
        );
        for at in 0..data.len() {
            let mut damaged = data.clone();
            damaged[at] ^= 0x10;
            let back = decompress(&damaged, Some(&base), bytes.len());
            assert!(back.is_err() || back.unwrap() == bytes, "byte {at}");
        }
        assert!(decompress(b"not zstd", None, 5).is_err());
        assert!(frame_length(b"not zstd").is_err());
    }

    #[test]
    fn windows_reach_back_to_the_beginning_of_the_base() {
        for (size, log) in [
            (0, 0),
            (1, 0),
            (2, 1),
            (3, 2),
            (1 << 17, 17),
            ((1 << 17) + 1, 18),
            (16 << 20, 24),
        ] {
            assert_eq!(log2_at_least(size), log, "{size}");
        }
    }

    /// Bytes that do not compress.
    pub(crate) fn noise(length: usize) -> Vec<u8> {
        let mut state = 0x2545_f491_4f6c_dd1d_u64;
        std::iter::repeat_with(|| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 32) as u8
        })
        .take(length)
        .collect()
    }
}
