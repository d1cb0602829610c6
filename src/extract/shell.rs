//! Whether a page is only the shell of an application: next to no text, and a script that would draw it.
//!
//! Looks at what stands in the markup, never runs anything. A page that says little but says it, such as
//! a picture with a caption, is no shell.

use super::{
    noise,
    tree::{Tag, Tree},
    weight::weigh,
};

/// With this much to read, in [`weigh`]'s measure, a page is a page.
const TEXT: u32 = 200;

/// What shows that something would be drawn into an element, among the names that frameworks give it.
const MOUNTS: &[&str] = &[
    "app",
    "application",
    "root",
    "main",
    "mount",
    "react-root",
    "app-root",
    "approot",
    "__next",
    "__nuxt",
    "___gatsby",
    "svelte",
    "q-app",
    "app-mount",
    "page",
    "content",
    "wrapper",
];

/// Whether the tree is that of a shell.
pub fn is_shell(tree: &Tree) -> bool {
    let mut hidden = vec![false; tree.len()];
    let (mut read, mut draws, mut mounts) = (0u32, false, false);
    for at in 1..tree.len() {
        let tag = tree.tag(at);
        if tag == Tag::Noscript {
            // What is told to those without scripts is no part of what a script draws, unless it is the page itself.
            read = read.saturating_add(unscripted(tree, at));
        }
        hidden[at] = hidden[tree.parent(at)] || noise::is_never_text(tree, at);
        match tag {
            Tag::Text if !hidden[at] => read = read.saturating_add(weigh(tree.text(at))),
            Tag::Img | Tag::Video | Tag::Audio | Tag::Iframe | Tag::Object | Tag::Embed | Tag::Frameset
                if !hidden[tree.parent(at)] && !is_pixel(tree, at) =>
            {
                return false;
            }
            Tag::Script => draws |= runs(tree, at),
            _ => mounts |= is_mount(tree, at),
        }
        if read >= TEXT {
            return false;
        }
    }
    draws && mounts
}

/// What `<noscript>` says, when that is more than a request to run scripts.
fn unscripted(tree: &Tree, at: usize) -> u32 {
    let said: u32 = (at + 1..tree.end(at))
        .map(|node| weigh(tree.text(node)))
        .fold(0, u32::saturating_add);
    if said >= 2 * TEXT { said } else { 0 }
}

/// Whether an element shows nothing: an image that counts visits.
fn is_pixel(tree: &Tree, at: usize) -> bool {
    let tiny = |name: &str| matches!(tree.attr(at, name), Some("0" | "1"));
    tiny("width") || tiny("height") || tree.attr(at, "src").is_none_or(|src| src.trim().is_empty())
}

/// Whether a script runs in the page; what it does cannot be told.
fn runs(tree: &Tree, at: usize) -> bool {
    tree.attr(at, "type").is_none_or(|kind| {
        let kind = kind.trim();
        kind.is_empty() || kind.eq_ignore_ascii_case("module") || kind.to_ascii_lowercase().contains("javascript")
    })
}

/// Whether something would be drawn here: an element of the page's own kind, or one called so, that
/// says nothing itself.
fn is_mount(tree: &Tree, at: usize) -> bool {
    let named = || {
        tree.attr(at, "id")
            .is_some_and(|id| MOUNTS.iter().any(|known| known.eq_ignore_ascii_case(id.trim())))
    };
    match tree.tag(at) {
        Tag::Div | Tag::Main | Tag::Section | Tag::Article => {
            named() || tree.attr(at, "data-reactroot").is_some() || tree.attr(at, "ng-app").is_some()
        }
        Tag::Body => tree.attr(at, "ng-app").is_some(),
        Tag::Other => tree.name(at).contains('-') && !tree.name(at).starts_with("annotation"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_a_shell_from_a_page_with_little_text() {
        const SCRIPT: &str = "<script type=module src=/a.js></script>";
        for (html, want) in [
            ("<div id=root></div>", true),
            ("<div id=__next><p>Loading…</p></div>", true),
            ("<my-app></my-app>", true),
            (
                "<noscript>You need to enable JavaScript to run this app.</noscript><div id=app></div>",
                true,
            ),
            ("<body ng-app=shop>", true),
            ("<noscript><img src=/count width=1></noscript><div id=app></div>", true),
            ("<div id=root></div><p>Closed until Monday.</p>", true),
            ("<p>Closed until Monday.</p>", false),
            ("<div id=comic><img src=/1.png></div>", false),
            ("<div id=root><img src=/1.png alt=x></div>", false),
            ("<div id=ad></div>", false),
            ("", false),
        ] {
            let page = format!("<!DOCTYPE html><title>T</title>{html}");
            let with = format!("<!DOCTYPE html><title>T</title>{html}{SCRIPT}");
            assert_eq!(is_shell(&Tree::parse(&with)), want, "{html}");
            assert!(!is_shell(&Tree::parse(&page)), "nothing draws {html}");
        }
        for said in ["слово ", "単語", "كلمة ", "คำ", "word "] {
            let prose = said.repeat(120);
            for page in [
                format!("<div id=root><p>{prose}</p></div>{SCRIPT}"),
                format!("<div id=root></div><noscript><p>{prose}</p></noscript>{SCRIPT}"),
            ] {
                assert!(!is_shell(&Tree::parse(&page)), "{page}");
            }
        }
    }
}
