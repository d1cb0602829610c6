//! HTTP/2 frames, written by hand (RFC 9113 section 4.1), that flood, break off or swell.

use std::io::{self, Read, Write};

use super::Case;
use crate::harness::hostile::{Identity, Server, Tls, say_nothing, without_end};

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const CONTINUATION: u8 = 9;

const END_HEADERS: u8 = 4;
const END_STREAM: u8 = 1;

/// `:status: 200` of the static table.
const STATUS_200: u8 = 0x88;

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let mut frame = (payload.len() as u32).to_be_bytes()[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// Reads the client's frames up to its request, and acknowledges nothing.
fn asked(tls: &mut Tls) -> io::Result<()> {
    let mut preface = [0; 24];
    tls.read_exact(&mut preface)?;
    tls.write_all(&frame(SETTINGS, 0, 0, &[]))?;
    tls.flush()?;
    loop {
        let mut head = [0; 9];
        tls.read_exact(&mut head)?;
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut payload = vec![0; length as usize];
        tls.read_exact(&mut payload)?;
        if head[3] == HEADERS {
            return Ok(());
        }
    }
}

/// A server that speaks HTTP/2 under this name and does this to a request.
fn server(name: &str, answer: impl Fn(&mut Tls) -> io::Result<()> + Send + Sync + 'static) -> Server {
    let identity = Identity::trusted(&format!("{name}.example"));
    Server::secure(&identity, &["h2"], move |tls| {
        asked(tls)?;
        answer(tls)?;
        tls.flush()?;
        say_nothing(tls)
    })
}

/// A field that goes into the dynamic table, and as many references to it as fit into frames.
fn header_bomb() -> Vec<u8> {
    // x, and the length of its value: 4000 with a prefix of seven bits.
    let mut block = vec![STATUS_200, 0x40, 1, b'x', 0x7f, 0xa1, 0x1e];
    block.extend([b'y'; 4000]);
    block.extend([0xbe; 12_000]);
    block
}

cases! {
    h2_that_answers: Case::answers(server("h2-that-answers", |tls| {
        tls.write_all(&frame(HEADERS, END_HEADERS, 1, &[STATUS_200]))?;
        tls.write_all(&frame(DATA, END_STREAM, 1, b"<p>whole"))
    })).with_root().keeps(8);
    h2_goaway_at_once: Case::fails("reset", server("h2-goaway-at-once", |tls| {
        tls.write_all(&frame(GOAWAY, 0, 0, &[0; 8]))
    })).with_root();
    h2_goaway_in_the_body: Case::fails("truncated", server("h2-goaway-in-the-body", |tls| {
        tls.write_all(&frame(HEADERS, END_HEADERS, 1, &[STATUS_200]))?;
        tls.write_all(&frame(DATA, 0, 1, b"<p>cut"))?;
        tls.write_all(&frame(GOAWAY, 0, 0, &[0, 0, 0, 0, 0, 0, 0, 2]))
    })).with_root().truncated("disconnect");
    h2_reset_at_once: Case::fails("reset", server("h2-reset-at-once", |tls| {
        tls.write_all(&frame(RST_STREAM, 0, 1, &[0, 0, 0, 2]))
    })).with_root();
    h2_reset_in_the_body: Case::fails("truncated", server("h2-reset-in-the-body", |tls| {
        tls.write_all(&frame(HEADERS, END_HEADERS, 1, &[STATUS_200]))?;
        tls.write_all(&frame(DATA, 0, 1, b"<p>cut"))?;
        tls.write_all(&frame(RST_STREAM, 0, 1, &[0, 0, 0, 2]))
    })).with_root().truncated("disconnect");
    h2_reset_flood: Case::fails("reset", server("h2-reset-flood", |tls| {
        without_end(tls, &frame(RST_STREAM, 0, 1, &[0, 0, 0, 2]).repeat(1000))
    })).with_root();
    h2_settings_flood: Case::fails("read-timeout", server("h2-settings-flood", |tls| {
        without_end(tls, &frame(SETTINGS, 0, 0, &[0, 3, 0, 0, 0, 100]).repeat(1000))
    })).with_root();
    h2_ping_flood: Case::fails("read-timeout", server("h2-ping-flood", |tls| {
        without_end(tls, &frame(PING, 0, 0, &[0; 8]).repeat(1000))
    })).with_root();
    h2_empty_frames: Case::fails("truncated", server("h2-empty-frames", |tls| {
        tls.write_all(&frame(HEADERS, END_HEADERS, 1, &[STATUS_200]))?;
        without_end(tls, &frame(DATA, 0, 1, &[]).repeat(1000))
    })).with_root().truncated("disconnect");
    h2_endless_continuation: Case::fails("malformed-response", server("h2-endless-continuation", |tls| {
        tls.write_all(&frame(HEADERS, 0, 1, &[STATUS_200]))?;
        // Fields that are never indexed: x: yyy...
        let field = [&[0x10, 1, b'x', 100][..], &[b'y'; 100]].concat();
        without_end(tls, &frame(CONTINUATION, 0, 1, &field.repeat(150)))
    })).with_root();
    h2_header_bomb: Case::fails("malformed-response", server("h2-header-bomb", |tls| {
        tls.write_all(&frame(HEADERS, END_HEADERS | END_STREAM, 1, &header_bomb()))
    })).with_root();
    h2_frames_that_are_too_long: Case::fails("malformed-response", server("h2-frames-that-are-too-long", |tls| {
        tls.write_all(&frame(DATA, 0, 1, &vec![0; 1 << 20]))
    })).with_root();
    h2_spoken_as_http_1: Case::fails("malformed-response", server("h2-spoken-as-http-1", |tls| {
        tls.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx")
    })).with_root();
}
