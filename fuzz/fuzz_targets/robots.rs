#![no_main]
//! robots.txt: rules are read and asked, whatever the bytes.

use evercite::frontier::robots::Rules;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    // The first line is the path that is asked for, the rest the file.
    let (path, file) = bytes.split_at(bytes.iter().position(|&b| b == b'\n').unwrap_or(0));
    let path = format!("http://example.org/{}", String::from_utf8_lossy(path));
    let rules = Rules::parse(file, "evercite");
    if let Ok(url) = path.parse() {
        let _ = rules.allows(&url);
    }
    let _ = rules.crawl_delay();
});
