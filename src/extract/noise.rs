//! What stands around a text: told by element, role, and the words in `class` and `id`.
//!
//! Must not weigh text or choose regions.

use super::tree::{Tag, Tree};

/// Most names read of one `class` or `id`.
const NAMES_MAX: usize = 64;

/// How surely an element is not part of the main text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Noise {
    /// Nothing says so.
    None,
    /// Drop it where it is mostly links.
    Links,
    /// Drop it, unless it holds much of the page's prose.
    Likely,
    /// Readers' comments: drop them, unless they are the page.
    Comments,
    /// Drop it, unless it holds most of the page's prose.
    Always,
    /// Drop it.
    Certain,
}

/// Whether an element never holds text for reading.
pub fn is_never_text(tree: &Tree, at: usize) -> bool {
    match tree.tag(at) {
        Tag::Text => false,
        Tag::Head
        | Tag::Script
        | Tag::Style
        | Tag::Noscript
        | Tag::Iframe
        | Tag::Object
        | Tag::Embed
        | Tag::Svg
        | Tag::Canvas
        | Tag::Audio
        | Tag::Video
        | Tag::Button
        | Tag::Select
        | Tag::Option
        | Tag::Input
        | Tag::Textarea
        | Tag::Map
        | Tag::Dialog
        | Tag::Noframes
        | Tag::Title => true,
        Tag::Other => matches!(
            tree.name(at),
            "template" | "progress" | "meter" | "datalist" | "rp" | "applet"
        ),
        _ => false,
    }
}

fn is_hidden(tree: &Tree, at: usize) -> bool {
    tree.attrs(at).any(|(name, value)| match name {
        "hidden" => !value.eq_ignore_ascii_case("until-found"),
        "aria-hidden" => value == "true",
        "style" => {
            let mut compact = value.split(';').map(|rule| rule.split(':').map(str::trim));
            compact.any(|mut rule| {
                let (name, value) = (rule.next().unwrap_or(""), rule.next().unwrap_or(""));
                name.eq_ignore_ascii_case("display") && value.starts_with("none")
                    || name.eq_ignore_ascii_case("visibility") && value.starts_with("hidden")
            })
        }
        _ => false,
    })
}

/// How surely the element is noise. `in_article` tells whether it stands in `<article>` or `<main>`.
pub fn of(tree: &Tree, at: usize, in_article: bool) -> Noise {
    match tree.tag(at) {
        Tag::Body | Tag::Html | Tag::Main | Tag::Article => return Noise::None,
        Tag::Nav | Tag::Footer | Tag::Menu | Tag::Search => return Noise::Certain,
        Tag::Aside => return Noise::Likely,
        Tag::Header if !in_article => return Noise::Likely,
        tag if tag.is_heading() => return Noise::None,
        _ => {}
    }
    let mut found = if is_hidden(tree, at) {
        Noise::Always
    } else {
        Noise::None
    };
    for (name, value) in tree.attrs(at) {
        let this = match name {
            "role" => by_role(value),
            "class" | "id" => by_words(value),
            _ => Noise::None,
        };
        found = stronger(found, this);
    }
    found
}

/// Whether an element is of the kinds that change by themselves: advertisements, what is popular
/// just now, counters.
pub fn is_volatile(tree: &Tree, at: usize) -> bool {
    let mut found = false;
    for (_, value) in tree.attrs(at).filter(|(name, _)| matches!(*name, "class" | "id")) {
        for token in value.split_ascii_whitespace().take(NAMES_MAX) {
            each_word(token, |word| found |= VOLATILE.binary_search(&word).is_ok());
        }
    }
    found
}

fn stronger(a: Noise, b: Noise) -> Noise {
    if (b as u8) > (a as u8) { b } else { a }
}

fn by_role(role: &str) -> Noise {
    match role {
        "navigation" | "banner" | "contentinfo" | "search" | "menu" | "menubar" | "toolbar" | "dialog"
        | "alertdialog" => Noise::Always,
        "complementary" => Noise::Likely,
        _ => Noise::None,
    }
}

fn by_words(value: &str) -> Noise {
    let mut found = Noise::None;
    for token in value.split_ascii_whitespace().take(NAMES_MAX) {
        each_word(token, |word| found = stronger(found, by_word(word)));
        if token == "widget" || token.starts_with("widget-") || token.starts_with("widget_") {
            found = stronger(found, Noise::Likely);
        }
    }
    found
}

/// Calls `with` for each word of a name such as `post-meta`, `postMeta` or `post_meta`, in lower case.
fn each_word(token: &str, mut with: impl FnMut(&str)) {
    let mut word = [0u8; 24];
    let mut length = 0;
    let mut was_lower = false;
    for &byte in token.as_bytes().iter().chain(b" ") {
        let breaks = !byte.is_ascii_alphabetic() || byte.is_ascii_uppercase() && was_lower;
        if breaks && length > 0 {
            if let Ok(word) = std::str::from_utf8(&word[..length.min(24)]) {
                with(word);
            }
            length = 0;
        }
        if byte.is_ascii_alphabetic() {
            if length < 24 {
                word[length] = byte.to_ascii_lowercase();
            }
            length += 1;
        }
        was_lower = byte.is_ascii_lowercase();
    }
}

fn by_word(word: &str) -> Noise {
    if ALWAYS.binary_search(&word).is_ok() {
        Noise::Always
    } else if LINKS.binary_search(&word).is_ok() {
        Noise::Links
    } else if LIKELY.binary_search(&word).is_ok() {
        Noise::Likely
    } else if COMMENTS.binary_search(&word).is_ok() {
        Noise::Comments
    } else {
        Noise::None
    }
}

const ALWAYS: &[&str] = &[
    "ad",
    "adbox",
    "ads",
    "adsbygoogle",
    "adslot",
    "adunit",
    "advert",
    "advertisement",
    "advertising",
    "adverts",
    "adwrap",
    "breadcrumb",
    "breadcrumbs",
    "byline",
    "captcha",
    "cookie",
    "cookies",
    "gdpr",
    "noprint",
    "onetrust",
    "outbrain",
    "pageviews",
    "pagination",
    "paginator",
    "popup",
    "sharebar",
    "sharedaddy",
    "sharing",
    "skiplink",
    "sponsor",
    "sponsored",
    "taboola",
    "tooltip",
    "trending",
    "viewcount",
    "views",
];
/// Words of what changes from one request to the next.
const VOLATILE: &[&str] = &[
    "ad",
    "adbox",
    "ads",
    "adsbygoogle",
    "adslot",
    "adunit",
    "advert",
    "advertisement",
    "advertising",
    "adverts",
    "adwrap",
    "outbrain",
    "pageviews",
    "popular",
    "recommended",
    "related",
    "sponsored",
    "taboola",
    "trending",
    "viewcount",
    "views",
];
const LINKS: &[&str] = &["menu", "nav", "navbar", "navigation", "pager", "toolbar"];
const LIKELY: &[&str] = &[
    "consent",
    "footer",
    "masthead",
    "modal",
    "newsletter",
    "popular",
    "promo",
    "recommend",
    "recommendations",
    "recommended",
    "related",
    "share",
    "sidebar",
    "signup",
    "social",
    "subscribe",
    "timestamp",
];
const COMMENTS: &[&str] = &["comment", "comments", "disqus", "respond"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_sorted_for_the_search() {
        for list in [ALWAYS, LINKS, LIKELY, COMMENTS, VOLATILE] {
            assert!(list.is_sorted(), "{list:?}");
        }
    }

    #[test]
    fn splits_names_into_words() {
        for (name, want) in [
            ("post-meta", "post meta"),
            ("postMeta", "post meta"),
            ("x9__ad--inline", "x ad inline"),
            ("HTMLWidget", "htmlwidget"),
            ("", ""),
        ] {
            let mut words = Vec::new();
            each_word(name, |word| words.push(word.to_owned()));
            assert_eq!(words.join(" "), want, "{name}");
        }
    }
}
