//! Captures and contents -> verdict. Pure: no sockets, SQL, clocks or printing.
//!
//! Transport and access are read off each exchange at once, from its head ([`access`]) and from the
//! page it brought ([`wall`]); the rest is judged from rows of the archive when a run has drained
//! ([`verdict()`]), so that old captures can be judged again by newer rules without asking anybody. What
//! looks good and may not be is looked at more closely ([`suspicion`]).

pub mod access;
mod chain;
mod class;
pub mod confirm;
mod content;
mod detour;
pub mod difference;
pub mod drift;
pub mod fragment;
mod judge;
mod marks;
mod outage;
mod outlook;
mod owner;
pub mod passages;
mod paywall;
pub mod quote;
mod readings;
pub mod remedy;
mod soft404;
pub mod suspicion;
mod tokens;
pub mod wall;

pub use confirm::{Confirmation, Policy};
pub use judge::{Texts, judged, verdict, wants_copies, wants_texts};
pub use outage::is_our_outage;
pub use outlook::outlook;

/// A citation of an address that answers 200 with a page, and of which nothing is known yet.
#[cfg(test)]
fn facts_for_tests(url: &str) -> crate::model::facts::CitationFacts {
    use crate::model::{
        digest::{DocumentDigest, TextDigest},
        facts::{ChainFacts, CitationFacts, HopFacts, PageFacts},
        page::PageKind,
        time::Timestamp,
        verdict::{Access, Transport},
    };
    CitationFacts {
        citation: 1,
        url: url.into(),
        fragment: String::new(),
        quotes: Vec::new(),
        seen_good: None,
        baseline: None,
        previous: None,
        last_good: None,
        last_page: None,
        chain: ChainFacts {
            capture: 7,
            at: Timestamp::from_millis(1_700_000_000_000),
            hops: vec![HopFacts {
                url: url.into(),
                status: Some(200),
                transport: Transport::Ok,
                access: Access::Open,
                detail: None,
                length: Some(100),
                whole: true,
            }],
            page: Some(PageFacts {
                version: 1,
                kind: PageKind::Html,
                title: "A page".into(),
                document: DocumentDigest::of(b"d"),
                text: TextDigest::of(b"t"),
                text_length: 100,
                canonical: None,
                shell: false,
            }),
        },
    }
}
