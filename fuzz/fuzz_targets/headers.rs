#![no_main]
//! What the head of an answer says: media type and charset, and the body by its content coding.

use evercite::{fetch::decode::decode, model::capture::Answer};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    // A line each: name, colon, value; the body after an empty line.
    let end = bytes.windows(2).position(|w| w == b"\n\n").unwrap_or(bytes.len());
    let headers = bytes[..end].split(|&b| b == b'\n').filter_map(|line| {
        let colon = line.iter().position(|&b| b == b':')?;
        let name = String::from_utf8_lossy(&line[..colon]).to_ascii_lowercase();
        Some((name, line[colon + 1..].to_vec()))
    });
    let answer = Answer {
        status: 200,
        protocol: "HTTP/1.1",
        remote: None,
        headers: headers.collect(),
        encoded: bytes.get(end + 2..).unwrap_or_default().to_vec(),
        spooled: None,
        truncated: None,
        detail: None,
    };
    let _ = answer.content_type();
    let coding = answer.header("content-encoding").unwrap_or("").to_owned();
    let most = 1 << 20;
    assert!(decode(answer.encoded, &coding, most).bytes.len() <= most);
});
