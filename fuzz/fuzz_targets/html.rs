#![no_main]
//! A page: its characters, its text, its links.

use evercite::extract::{Body, read};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let url = "http://example.org/a/b?c".parse().expect("an address");
    let page = read(&Body {
        bytes,
        media_type: Some("text/html"),
        charset: None,
        url: &url,
        local: true,
        assets: false,
        quotes: true,
        volatile: &[],
    });
    assert!(!page.text.contains('\r'));
    for link in &page.links {
        if let Some(span) = link.span {
            assert!(span.start <= span.end && span.end <= bytes.len());
        }
    }
});
