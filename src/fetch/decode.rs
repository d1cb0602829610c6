//! Undoing content codings, with a cap on what comes out.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read, Seek},
};

use crate::model::capture::{Spooled, Truncated};

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
    let codings = codings(content_encoding);
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

/// The codings of a header, in the order in which they were applied.
fn codings(content_encoding: &str) -> Vec<String> {
    content_encoding
        .split(',')
        .map(|coding| coding.trim().to_ascii_lowercase())
        .filter(|coding| !coding.is_empty() && coding != "identity")
        .collect()
}

/// False when there was more than `cap`.
fn undo(coding: &str, source: &[u8], cap: usize, into: &mut Vec<u8>) -> io::Result<bool> {
    fill(layer(coding, source)?, cap, into)
}

/// One coding undone.
fn layer<'a>(coding: &str, mut source: impl BufRead + 'a) -> io::Result<Box<dyn Read + 'a>> {
    Ok(match coding {
        "gzip" | "x-gzip" => Box::new(flate2::bufread::MultiGzDecoder::new(source)),
        // "deflate" means zlib, but some servers send the bare stream.
        "deflate" if source.fill_buf()?.first().is_some_and(|b| b & 0x0f == 8) => {
            Box::new(flate2::bufread::ZlibDecoder::new(source))
        }
        "deflate" => Box::new(flate2::bufread::DeflateDecoder::new(source)),
        "br" => Box::new(brotli_decompressor::Decompressor::new(source, 16 * 1024)),
        "zstd" => {
            let mut decoder = zstd::stream::read::Decoder::with_buffer(source)?;
            // RFC 9659: a window of at most 8 MiB on the web.
            decoder.window_log_max(23)?;
            Box::new(decoder)
        }
        other => return Err(io::Error::other(format!("unknown coding {other:?}"))),
    })
}

/// What came out of [`stream`].
#[derive(Debug, PartialEq, Eq)]
pub struct Streamed {
    /// Bytes handed on, at most the cap.
    pub length: u64,
    /// Set when they are not all.
    pub truncated: Option<Truncated>,
    /// Why, in words.
    pub detail: Option<String>,
}

/// Does what [`decode`] does to a body in a file, and hands the bytes on as they come. Errors when the file cannot be read,
/// or with the error of `to`.
pub fn stream(
    spooled: &Spooled,
    content_encoding: &str,
    cap: usize,
    to: &mut dyn FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<Streamed> {
    let codings = codings(content_encoding);
    let mut broken = None;
    if codings.len() > LAYERS {
        broken = Some(format!("more than {LAYERS} content codings on top of each other"));
    } else if !codings.is_empty() {
        match pass(layers(&spooled.file, &codings)?, cap, to)? {
            (length, Passed::Broken(error)) => {
                let detail = format!("content coding {content_encoding}: {error}");
                // As in `decode`: what names a coding that was not applied is the page itself.
                if length > 0 || error.kind() == io::ErrorKind::UnexpectedEof {
                    return Ok(Streamed {
                        length,
                        truncated: Some(Truncated::Decoding),
                        detail: Some(detail),
                    });
                }
                broken = Some(detail);
            }
            (length, passed) => return Ok(passed.told(length, cap)),
        }
    }
    let (length, passed) = pass(layers(&spooled.file, &[])?, cap, to)?;
    match (passed, broken) {
        // The file itself.
        (Passed::Broken(error), _) => Err(error),
        (_, Some(detail)) => Ok(Streamed {
            length,
            truncated: Some(Truncated::Decoding),
            detail: Some(detail),
        }),
        (passed, None) => Ok(passed.told(length, cap)),
    }
}

/// A file from its beginning, under codings that are undone last one first.
fn layers<'a>(mut file: &'a File, codings: &[String]) -> io::Result<Box<dyn Read + 'a>> {
    file.rewind()?;
    let mut source: Box<dyn Read + 'a> = Box::new(file);
    for coding in codings.iter().rev() {
        source = match layer(coding, BufReader::with_capacity(64 << 10, source)) {
            Ok(source) => source,
            Err(error) => Box::new(Failing(Some(error))),
        };
    }
    Ok(source)
}

/// A coding that cannot be undone at all fails when it is read.
struct Failing(Option<io::Error>);

impl Read for Failing {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(self.0.take().unwrap_or_else(|| io::ErrorKind::Other.into()))
    }
}

enum Passed {
    Whole,
    More,
    Broken(io::Error),
}

impl Passed {
    fn told(&self, length: u64, cap: usize) -> Streamed {
        let is_cut = matches!(self, Self::More);
        Streamed {
            length,
            truncated: is_cut.then_some(Truncated::Length),
            detail: is_cut.then(|| format!("more than {cap} bytes after decoding")),
        }
    }
}

fn pass(
    mut source: Box<dyn Read + '_>,
    cap: usize,
    to: &mut dyn FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<(u64, Passed)> {
    let mut buffer = vec![0; 256 << 10];
    let mut length = 0;
    loop {
        match source.read(&mut buffer) {
            Ok(0) => return Ok((length as u64, Passed::Whole)),
            Ok(read) => {
                let room = read.min(cap - length);
                to(&buffer[..room])?;
                length += room;
                if room < read {
                    return Ok((length as u64, Passed::More));
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Ok((length as u64, Passed::Broken(error))),
        }
    }
}

fn fill(source: Box<dyn Read + '_>, cap: usize, into: &mut Vec<u8>) -> io::Result<bool> {
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
    fn a_stream_gives_what_decoding_in_memory_gives() {
        let text = b"the tide comes in ".repeat(500);
        let short = gzip(&text)[..60].to_vec();
        for (encoded, coding, cap) in [
            (text.clone(), "", 10_000),
            (text.clone(), "identity", 100),
            (gzip(&text), "gzip", 10_000),
            (gzip(&text), "gzip", 100),
            (gzip(&zlib(&text)), "deflate, gzip", 10_000),
            (zstd::bulk::compress(&text, 3).unwrap(), "zstd", 10_000),
            (short, "gzip", 10_000),
            (b"<p>not gzip at all".to_vec(), "gzip", 10_000),
            (b"x".to_vec(), "snappy", 10),
            (b"x".to_vec(), "gzip,gzip,gzip,gzip", 10),
        ] {
            let whole = decode(encoded.clone(), coding, cap);
            let spooled = crate::fetch::Spool::begin(&encoded).unwrap().end();
            for _ in 0..2 {
                let mut bytes = Vec::new();
                let streamed = stream(&spooled, coding, cap, &mut |more| {
                    bytes.extend_from_slice(more);
                    Ok(())
                });
                let truncated = match whole.truncated {
                    // Of what is not coded the client has cut already what is too long.
                    None if whole.bytes.len() > cap => Some(Truncated::Length),
                    truncated => truncated,
                };
                assert_eq!(streamed.unwrap().truncated, truncated, "{coding}");
                assert!(whole.bytes.starts_with(&bytes), "{coding}");
                assert_eq!(bytes.len(), whole.bytes.len().min(cap), "{coding}");
            }
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
