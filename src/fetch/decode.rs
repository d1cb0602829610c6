//! Undoing content codings, with a cap on what comes out.

use std::io::{self, Read};

use crate::model::capture::Truncated;

/// A body after its content codings were undone.
#[derive(Debug, PartialEq, Eq)]
pub struct Decoded {
    /// The bytes, at most the cap.
    pub bytes: Vec<u8>,
    /// Set when they are not all.
    pub truncated: Option<Truncated>,
    /// Why, in words.
    pub detail: Option<String>,
}

/// Codings applied on top of each other at most; more is an attack.
const LAYERS: usize = 3;

/// Undoes the codings of a `Content-Encoding` header (RFC 9110 section 8.4), last one first. What was
/// decoded before an error is kept. Never returns more than `cap` bytes.
pub fn decode(encoded: Vec<u8>, content_encoding: &str, cap: usize) -> Decoded {
    let codings: Vec<String> = content_encoding
        .split(',')
        .map(|coding| coding.trim().to_ascii_lowercase())
        .filter(|coding| !coding.is_empty() && coding != "identity")
        .collect();
    let mut decoded = Decoded {
        bytes: encoded,
        truncated: None,
        detail: None,
    };
    if codings.len() > LAYERS {
        decoded.truncated = Some(Truncated::Decoding);
        decoded.detail = Some(format!("more than {LAYERS} content codings on top of each other"));
        return decoded;
    }
    for coding in codings.iter().rev() {
        let source = std::mem::take(&mut decoded.bytes);
        match undo(coding, &source, cap, &mut decoded.bytes) {
            Ok(true) => {}
            Ok(false) => {
                decoded.truncated = Some(Truncated::Length);
                decoded.detail = Some(format!("more than {cap} bytes after decoding"));
            }
            Err(error) => {
                // Some servers name a coding they did not apply: then the bytes are the page itself.
                if decoded.bytes.is_empty() && error.kind() != io::ErrorKind::UnexpectedEof {
                    decoded.bytes = source;
                }
                decoded.truncated = Some(Truncated::Decoding);
                decoded.detail = Some(format!("content coding {coding}: {error}"));
                return decoded;
            }
        }
    }
    decoded
}

/// False when there was more than `cap`.
fn undo(coding: &str, source: &[u8], cap: usize, into: &mut Vec<u8>) -> io::Result<bool> {
    match coding {
        "gzip" | "x-gzip" => fill(flate2::read::MultiGzDecoder::new(source), cap, into),
        // "deflate" means zlib, but some servers send the bare stream.
        "deflate" if source.first().is_some_and(|b| b & 0x0f == 8) => {
            fill(flate2::read::ZlibDecoder::new(source), cap, into)
        }
        "deflate" => fill(flate2::read::DeflateDecoder::new(source), cap, into),
        "br" => fill(brotli_decompressor::Decompressor::new(source, 16 * 1024), cap, into),
        "zstd" => {
            let mut decoder = zstd::stream::read::Decoder::with_buffer(source)?;
            // RFC 9659: a window of at most 8 MiB on the web.
            decoder.window_log_max(23)?;
            fill(decoder, cap, into)
        }
        other => Err(io::Error::other(format!("unknown coding {other:?}"))),
    }
}

fn fill(source: impl Read, cap: usize, into: &mut Vec<u8>) -> io::Result<bool> {
    let result = source.take(cap as u64 + 1).read_to_end(into);
    let whole = into.len() <= cap;
    into.truncate(cap);
    result.map(|_| whole)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn zlib(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn undoes_what_servers_do() {
        let text = b"the tide comes in ".repeat(50);
        let zstd = zstd::bulk::compress(&text, 3).unwrap();
        // "hello" in one uncompressed brotli meta-block.
        let br = [0x0b, 0x02, 0x80, b'h', b'e', b'l', b'l', b'o', 0x03];
        for (name, encoded, coding, want) in [
            ("none", text.clone(), "", text.clone()),
            ("identity", text.clone(), "identity", text.clone()),
            ("gzip", gzip(&text), "gzip", text.clone()),
            ("case and space", gzip(&text), " GZIP ", text.clone()),
            ("zlib", zlib(&text), "deflate", text.clone()),
            ("zstd", zstd, "zstd", text.clone()),
            ("brotli", br.to_vec(), "br", b"hello".to_vec()),
            ("two layers", gzip(&zlib(&text)), "deflate, gzip", text.clone()),
        ] {
            assert_eq!(
                decode(encoded, coding, 10_000),
                Decoded {
                    bytes: want,
                    truncated: None,
                    detail: None
                },
                "{name}"
            );
        }
    }

    #[test]
    fn keeps_what_it_can_and_says_what_it_cannot() {
        let text = b"the tide comes in ".repeat(500);
        let whole = gzip(&text);
        let capped = decode(whole.clone(), "gzip", 100);
        assert_eq!((capped.bytes.len(), capped.truncated), (100, Some(Truncated::Length)));
        let short = decode(whole[..whole.len() - 9].to_vec(), "gzip", 10_000);
        assert_eq!(short.truncated, Some(Truncated::Decoding));
        assert!(text.starts_with(&short.bytes));
        let plain = decode(b"<p>not gzip at all".to_vec(), "gzip", 10_000);
        assert_eq!(
            (plain.bytes.as_slice(), plain.truncated),
            (&b"<p>not gzip at all"[..], Some(Truncated::Decoding))
        );
        assert_eq!(decode(b"x".to_vec(), "snappy", 10).truncated, Some(Truncated::Decoding));
        assert_eq!(
            decode(b"x".to_vec(), "gzip,gzip,gzip,gzip", 10).truncated,
            Some(Truncated::Decoding)
        );
    }
}
