#![no_main]
//! How long a server asks us to wait: `Retry-After` and the rate limit fields; and cookies by file.

use std::time::Duration;

use evercite::{fetch::{Jar, wait::waits}, model::time::Timestamp};
use libfuzzer_sys::fuzz_target;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

fuzz_target!(|bytes: &[u8]| {
    let mut headers = HeaderMap::new();
    for line in bytes.split(|&b| b == b'\n') {
        let Some(colon) = line.iter().position(|&b| b == b':') else { continue };
        let (name, value) = (HeaderName::from_bytes(&line[..colon]), HeaderValue::from_bytes(&line[colon + 1..]));
        if let (Ok(name), Ok(value)) = (name, value) {
            headers.append(name, value);
        }
    }
    let found = waits(&headers, Timestamp::from_millis(1_700_000_000_000));
    for wait in [found.retry_after, found.quota].into_iter().flatten() {
        assert!(wait <= Duration::from_secs(24 * 3600));
    }
    let _ = Jar::parse(&String::from_utf8_lossy(bytes));
});
