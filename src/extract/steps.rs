//! The steps of reading a page one by one, for those who measure what each costs.
//!
//! [`super::read_html`] does all of them; nothing here does anything else.

use super::{digest, links, main_text, noise, source, tree::Tree};
use crate::model::{
    digest::{DocumentDigest, TextDigest},
    link::Link,
    url::Url,
};

/// A parsed page.
pub struct Parsed {
    tree: Tree,
}

/// The main text of a parsed page, and what it was chosen by.
pub struct Chosen {
    signs: Vec<noise::Sign>,
    main: main_text::Main,
}

/// Finds how much of a page is safe to parse, and parses that.
pub fn parse(html: &str) -> Parsed {
    Parsed {
        tree: Tree::parse(&html[..source::safe_length(html)]),
    }
}

/// Finds the main text.
pub fn main_text(page: &Parsed) -> Chosen {
    let signs = noise::signs(&page.tree);
    let main = main_text::find(&page.tree, &signs);
    Chosen { signs, main }
}

/// Digests document and text.
pub fn digests(page: &Parsed, chosen: &Chosen) -> (DocumentDigest, TextDigest) {
    let document = digest::of_tree(&page.tree, &chosen.signs, &chosen.main.kept);
    (document, digest::of_text(&chosen.main.text))
}

/// Collects the links.
pub fn links(page: &Parsed, chosen: &Chosen, base: &Url) -> Vec<Link> {
    links::collect(&page.tree, &chosen.main.kept, base)
}
