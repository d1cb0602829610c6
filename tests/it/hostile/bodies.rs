//! Bodies that grow when they are decoded, and markup that hurts to read.

use std::{fmt::Write as _, io::Write as _};

use super::{Case, MAX_BODY};
use crate::harness::hostile::{Server, say_nothing};

/// What every bomb decodes to, in pieces of 16 MiB.
const PIECES: usize = 64;
const PIECE: usize = 16 << 20;

fn coded(coding: &str, body: &[u8]) -> Server {
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: {coding}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    Server::saying([head.as_bytes(), body].concat())
}

fn bomb(coding: &str, body: &[u8]) -> Case {
    Case::answers(coded(coding, body)).truncated("length").keeps(MAX_BODY)
}

fn typed(media_type: &str, body: impl AsRef<[u8]>) -> Case {
    let body = body.as_ref();
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {media_type}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    Case::answers(Server::saying([head.as_bytes(), body].concat())).keeps(body.len() as u64)
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).expect("a vector takes it");
    encoder.finish().expect("a vector takes it")
}

/// One member after another.
fn gzip_bomb() -> Vec<u8> {
    gzip(&vec![0; PIECE]).repeat(PIECES)
}

/// One stream: blocks that end at a byte may be repeated.
fn zlib_bomb() -> Vec<u8> {
    let mut deflate = flate2::Compress::new(flate2::Compression::best(), false);
    let mut blocks = Vec::with_capacity(1 << 20);
    deflate
        .compress_vec(&vec![0; PIECE], &mut blocks, flate2::FlushCompress::Full)
        .expect("it is compressed");
    [&[0x78, 0x9c], blocks.repeat(PIECES).as_slice()].concat()
}

/// Blocks of one byte to be repeated (RFC 8878 section 3.1.1.2.2).
fn zstd_bomb() -> Vec<u8> {
    // The magic number, no size, a window of 128 KiB.
    let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0x00, 7 << 3];
    let size = 128 << 10;
    for _ in 0..PIECES * PIECE / size {
        let header = (size as u32) << 3 | 1 << 1;
        frame.extend_from_slice(&header.to_le_bytes()[..3]);
        frame.push(0);
    }
    frame.extend_from_slice(&[1, 0, 0]);
    frame
}

/// Meta-blocks with one command: four literals, then a copy of them that fills it (RFC 7932 section 9).
/// Every code has one symbol, which takes no bits.
fn brotli_bomb() -> Vec<u8> {
    let mut bits = Bits::default();
    bits.push(0, 1); // a window of 64 KiB
    for _ in 0..PIECES {
        bits.push(0, 1); // not the last
        bits.push(2, 2); // its length in 6 nibbles
        bits.push(PIECE as u32 - 1, 24);
        bits.push(0, 1); // compressed
        bits.push(0, 3); // one block type for each of the three
        bits.push(0, 6); // distances without postfix bits and direct codes
        bits.push(0, 2); // the context mode of literals
        bits.push(0, 2); // one tree for literals, one for distances
        for (symbol, width) in [(0, 8), (384 + (4 << 3) + 7, 10), (0, 6)] {
            bits.push(1, 2); // a simple code
            bits.push(0, 2); // of one symbol
            bits.push(symbol, width);
        }
        // Insert 4 bytes and copy the rest from the last distance, which is 4 to begin with.
        bits.push(PIECE as u32 - 4 - 2118, 24);
    }
    bits.push(0b11, 2); // the last one, and empty
    bits.push(0, 7);
    bits.out
}

#[derive(Default)]
struct Bits {
    out: Vec<u8>,
    pending: u64,
    count: u32,
}

impl Bits {
    fn push(&mut self, value: u32, count: u32) {
        self.pending |= u64::from(value) << self.count;
        self.count += count;
        while self.count >= 8 {
            self.out.push(self.pending as u8);
            self.pending >>= 8;
            self.count -= 8;
        }
    }
}

fn repeated(count: usize, one: impl Fn(usize, &mut String)) -> String {
    let mut text = String::new();
    for n in 0..count {
        one(n, &mut text);
    }
    text
}

cases! {
    gzip_to_a_gibibyte: bomb("gzip", &gzip_bomb());
    deflate_to_a_gibibyte: bomb("deflate", &zlib_bomb());
    brotli_to_a_gibibyte: bomb("br", &brotli_bomb());
    zstd_to_a_gibibyte: bomb("zstd", &zstd_bomb());
    gzip_in_gzip_in_gzip: bomb("gzip, gzip, gzip", &gzip(&gzip(&gzip_bomb())));
    four_codings: Case::answers(coded("gzip, gzip, gzip, gzip", b"x")).truncated("decoding");
    a_thousand_codings: Case::answers(coded(&"gzip,".repeat(1000), b"x")).truncated("decoding");
    a_coding_that_breaks: Case::answers({
        let whole = gzip(repeated(5000, |n, text| write!(text, "{n} ").expect("a string takes it")).as_bytes());
        coded("gzip", &whole[..whole.len() / 2])
    }).truncated("decoding");
    a_zstd_window_of_two_gibibytes: Case::answers(
        coded("zstd", &[0x28, 0xb5, 0x2f, 0xfd, 0x00, 21 << 3, 0x01, 0x00, 0x00]),
    ).truncated("decoding");
    broken_utf_8: typed("text/html; charset=utf-8", b"<title>\xff\xfe\xc3\x28</title><p>\xf0\x9f\x98 \xed\xa0\x80 x");
    a_wrong_charset: typed("text/html; charset=shift_jis", "<title>blåbærsyltetøy</title><p>Ω≈ç√∫ and \u{1f980}");
    utf_16_that_is_not: typed("text/html; charset=utf-16le", "<title>odd</title><p>bytes that are no pairs");
    an_unknown_charset: typed("text/html; charset=x-no-such-thing", "<title>a</title><p>b");
    nul_bytes: typed("text/html; charset=utf-8", b"<ti\0tle>\0</title>\0<p>\0a\0<a href=\"/\0x\">\0</a>".repeat(1000));
    nested_elements: typed("text/html", repeated(100_000, |_, text| text.push_str("<div>")));
    nested_inline_elements: typed("text/html", repeated(100_000, |_, text| text.push_str("<b><i>")));
    a_million_attributes: typed("text/html", format!(
        "<p {}>x",
        repeated(1_000_000, |n, text| write!(text, "a{n} ").expect("a string takes it"))
    ));
    half_a_million_links: typed("text/html", repeated(500_000, |n, text| {
        write!(text, "<a href={n}>x</a>").expect("a string takes it");
    }));
    a_tag_without_end: typed("text/html", format!("<p title=\"{}", "x".repeat(5_000_000)));
}

/// As many as are kept become tasks; only some of them are asked.
#[test]
fn many_links_that_are_followed() {
    let links = repeated(100_000, |n, text| {
        write!(text, "<a href={n}>x</a>").expect("a string takes it");
    });
    let server = Server::asked(move |stream, path| {
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")?;
        stream.write_all(if path == "/" { links.as_bytes() } else { b"<p>x" })
    });
    let more = ["--robots", "ignore", "--depth", "2", "--page-limit", "20"];
    let (evercite, ran, _) = super::visit(&[Case::answers(server).named("followed")], "2", &more);
    ran.never_panicked();
    assert!(ran.peak_memory < super::MEMORY, "{} MiB", ran.peak_memory >> 20);
    let asked: i64 = evercite.value("SELECT count(*) FROM capture WHERE protocol IS NOT NULL");
    assert!((2..=20).contains(&asked), "{asked}");
}

/// Each nearly as long as is allowed, and none of them ends before all are there.
#[test]
fn many_long_bodies_at_once() {
    const HOSTS: [&str; 40] = [
        "b0", "b1", "b2", "b3", "b4", "b5", "b6", "b7", "b8", "b9", "c0", "c1", "c2", "c3", "c4", "c5", "c6", "c7",
        "c8", "c9", "d0", "d1", "d2", "d3", "d4", "d5", "d6", "d7", "d8", "d9", "e0", "e1", "e2", "e3", "e4", "e5",
        "e6", "e7", "e8", "e9",
    ];
    let cases = HOSTS.map(|name| {
        let server = Server::asked(|stream, _| {
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")?;
            stream.write_all(&vec![b'x'; MAX_BODY as usize - 1000])?;
            say_nothing(stream)
        });
        Case::fails("read-timeout", server).truncated("time").named(name)
    });
    let (_, ran, _) = super::visit(&cases, "2", &["--robots", "ignore"]);
    ran.never_panicked();
    assert!(ran.peak_memory < super::MEMORY, "{} MiB", ran.peak_memory >> 20);
}
