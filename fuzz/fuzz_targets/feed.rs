#![no_main]
//! Lists as sources: feeds, sitemaps, OPML, bookmarks, JSON Lines; gzipped or not.

use evercite::{model::url::Url, source};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let base = Url::parse("https://example.org/feeds/all").ok();
    for media_type in ["", "application/xml", "text/html", "application/json", "text/plain"] {
        if let Ok(list) = source::entries(bytes, media_type, base.as_ref()) {
            assert!(list.entries.len() <= 50_000 && list.more.len() <= 500);
            for entry in &list.entries {
                assert!(matches!(entry.url.scheme(), "http" | "https"));
            }
        }
    }
});
