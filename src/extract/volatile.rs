//! What changes by itself on a page, learned from two looks at it within one run.
//!
//! A block is known by the names of its elements from the body down, digits left out, and is volatile when
//! no text that stands in such blocks of one look stands in those of the other. So a counter is one, and a
//! paragraph among paragraphs is none. Where much of the text would be, the page has changed in between, or
//! is another one at each visit: then nothing is learned.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Body, charset, kind,
    noise::{Noise, Sign},
    source,
    tree::{Tag, Tree},
    weight::weigh,
};
use crate::model::page::PageKind;

/// Blocks learned of one page at most.
const MOST: usize = 256;
/// Share of the text (one in so many parts) from which nothing is learned.
const SHARE: u64 = 3;

/// Signatures of the blocks that differ between two looks at a page; empty when it is no HTML, or when the
/// looks differ in too much.
pub fn learn(first: &Body<'_>, second: &Body<'_>) -> Vec<u64> {
    let (Some(a), Some(b)) = (tree(first), tree(second)) else {
        return Vec::new();
    };
    let (of_a, of_b) = (blocks(&a), blocks(&b));
    let all: u64 = of_a.values().flatten().map(|text| u64::from(weigh(text))).sum();
    let mut volatile = Vec::new();
    let mut weight = 0;
    for (signature, texts) in &of_a {
        let Some(others) = of_b.get(signature) else { continue };
        if texts.is_disjoint(others) {
            weight += texts.iter().map(|text| u64::from(weigh(text))).sum::<u64>();
            volatile.push(*signature);
        }
    }
    if weight * SHARE >= all || volatile.len() > MOST {
        return Vec::new();
    }
    volatile
}

/// Marks the blocks of a page that are known to be volatile: they are neither text nor document.
pub(super) fn mark(tree: &Tree, signs: &mut [Sign], volatile: &[u64]) {
    if volatile.is_empty() {
        return;
    }
    let signatures = signatures(tree);
    for at in 1..tree.len() {
        if tree.tag(at) != Tag::Text && volatile.binary_search(&signatures[at]).is_ok() {
            signs[at].noise = Noise::Certain;
            signs[at].volatile = true;
        }
    }
}

fn tree(body: &Body<'_>) -> Option<Tree> {
    if kind(body) != PageKind::Html {
        return None;
    }
    let decoded = charset::decode(body.bytes, body.charset, true, body.url.host_str().unwrap_or(""));
    Some(Tree::parse(&decoded.text[..source::safe_length(&decoded.text)]))
}

/// The texts that stand directly in blocks of each signature.
fn blocks(tree: &Tree) -> BTreeMap<u64, BTreeSet<String>> {
    let signatures = signatures(tree);
    let mut closed = vec![false; tree.len()];
    let mut found: BTreeMap<u64, BTreeSet<String>> = BTreeMap::new();
    for at in 1..tree.len() {
        let parent = tree.parent(at);
        closed[at] = closed[parent] || matches!(tree.tag(at), Tag::Head | Tag::Script | Tag::Style | Tag::Title);
        let text = tree.text(at).trim();
        if tree.tag(at) == Tag::Text && !closed[at] && !text.is_empty() {
            found.entry(signatures[parent]).or_default().insert(text.to_owned());
        }
    }
    found
}

/// A hash of the names of each element from the root down to it. They are archived, so the hash is a fixed
/// one: FNV-1a.
fn signatures(tree: &Tree) -> Vec<u64> {
    let mut signatures = vec![0xcbf2_9ce4_8422_2325u64; tree.len()];
    for at in 1..tree.len() {
        let names = [Some(tree.name(at)), tree.attr(at, "class"), tree.attr(at, "id")];
        let bytes = names.into_iter().flat_map(|name| name.unwrap_or("").bytes().chain([0]));
        let kept = bytes.filter(|byte| !byte.is_ascii_digit());
        let above = signatures[tree.parent(at)];
        signatures[at] = kept.fold(above, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
    }
    signatures
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{page::Page, url::Url};

    fn body<'a>(html: &'a str, url: &'a Url, volatile: &'a [u64]) -> Body<'a> {
        Body {
            bytes: html.as_bytes(),
            media_type: Some("text/html"),
            charset: None,
            url,
            local: false,
            assets: false,
            quotes: false,
            volatile,
        }
    }

    fn page(motto: &str, figure: &str, paragraph: &str) -> String {
        let prose = "The keepers of the harbour have written down the height of the water every day. ".repeat(6);
        format!(
            "<body><main><article><h1>Harbour</h1><p>{prose}</p><p>{paragraph}</p><p>{prose} again.</p>\
             <p class=motto>{motto}</p><div class=box>There are <b>{figure}</b> of them.</div></article></main></body>"
        )
    }

    fn read(html: &str, volatile: &[u64]) -> Page {
        let url = Url::parse("https://example.org/").unwrap();
        super::super::read(&body(html, &url, volatile))
    }

    fn learned(first: &str, second: &str) -> Vec<u64> {
        let url = Url::parse("https://example.org/").unwrap();
        learn(&body(first, &url, &[]), &body(second, &url, &[]))
    }

    #[test]
    fn what_differs_between_two_looks_is_no_change_later() {
        let first = page("Early birds.", "17", "It was a calm year.");
        let volatile = learned(&first, &page("Still waters.", "23", "It was a calm year."));
        assert_eq!(volatile.len(), 2, "the motto and the figure");
        let before = read(&first, &volatile);
        let later = read(&page("A stitch in time.", "99", "It was a calm year."), &volatile);
        assert_eq!((&before.text, before.document), (&later.text, later.document));
        let edited = read(&page("A stitch in time.", "99", "It was a wild year."), &volatile);
        assert_ne!(before.text_digest, edited.text_digest, "an edit is still seen");
        assert_ne!(
            read(&first, &[]).text,
            read(&page("Still waters.", "17", "It was a calm year."), &[]).text
        );
    }

    #[test]
    fn a_paragraph_among_paragraphs_is_never_volatile() {
        let volatile = learned(
            &page("Same.", "1", "It was a calm year."),
            &page("Same.", "1", "It was a wild year."),
        );
        assert!(volatile.is_empty());
    }

    #[test]
    fn nothing_is_learned_of_a_page_that_is_another_one() {
        let one = "<body><main><p>All of this text is one thing and no other.</p></main>";
        let other = "<body><main><p>And this is quite another thing, entirely so.</p></main>";
        assert!(learned(one, other).is_empty());
        assert!(learned(one, one).is_empty());
        assert!(learned("", "").is_empty());
    }
}
