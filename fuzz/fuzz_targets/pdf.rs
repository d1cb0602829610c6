#![no_main]
//! PDF: there is a page, in little time and memory.

use evercite::extract::{Body, read};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let url = "http://example.org/a/b?c".parse().expect("an address");
    let page = read(&Body {
        bytes,
        media_type: Some("application/pdf"),
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
