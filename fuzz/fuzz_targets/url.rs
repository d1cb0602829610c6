#![no_main]
//! Addresses: resolving, canonical form and SURT; what was resolved once resolves to itself.

use evercite::model::{
    canonical::CanonicalUrl,
    url::{RawHref, resolve, without_userinfo},
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|href: &str| {
    let base = "http://example.org/a/b?c".parse().expect("an address");
    let _ = without_userinfo(href);
    let Ok(target) = resolve(&base, &RawHref(href.to_owned())) else {
        return;
    };
    let canonical = CanonicalUrl::of(&target.url);
    if let Ok(again) = canonical.as_str().parse() {
        assert_eq!(CanonicalUrl::of(&again).as_str(), canonical.as_str());
    }
    let _ = evercite::model::surt::surt(&target.url);
});
