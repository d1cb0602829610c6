#![no_main]
//! Style sheets, and the values of `srcset` in a page.

use evercite::{extract, model::url::Url};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let url = Url::parse("https://example.org/style/main.css").unwrap();
    let read = |bytes: &[u8], media_type: &str| {
        extract::read(&extract::Body {
            bytes,
            media_type: Some(media_type),
            charset: None,
            url: &url,
            local: false,
            assets: true,
            quotes: true,
            volatile: &[],
        })
    };
    let _ = read(bytes, "text/css");
    let mut page = b"<img srcset='".to_vec();
    page.extend(bytes.iter().filter(|b| **b != b'\''));
    page.extend_from_slice(b"'>");
    let _ = read(&page, "text/html");
});
