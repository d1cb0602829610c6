//! Whether a site asks that no copy of a page be kept: `X-Robots-Tag` and `<meta name=robots>`.
//!
//! Only reads what is said. Whether that is obeyed is for the caller to decide.

use super::tree::{Tag, Tree};

/// Directives of a value that may carry a colon of their own, which names no robot.
const WITH_VALUE: &[&str] = &[
    "unavailable_after",
    "max-snippet",
    "max-image-preview",
    "max-video-preview",
];

/// Whether the value of an `X-Robots-Tag` header asks `agent`, or everyone, not to keep a copy. A name
/// before a colon addresses what follows it to that robot.
pub fn in_header(value: &str, agent: &str) -> bool {
    let mut to_us = true;
    value.split(',').any(|part| {
        let mut directive = part.trim();
        if let Some((name, rest)) = directive.split_once(':') {
            let name = name.trim();
            if !WITH_VALUE.iter().any(|known| known.eq_ignore_ascii_case(name)) {
                to_us = name.eq_ignore_ascii_case(agent) || name == "*";
                directive = rest.trim();
            }
        }
        to_us && forbids(directive)
    })
}

/// Whether a page says so in a `<meta>` to all robots or to this one.
pub fn in_page(tree: &Tree) -> bool {
    let is_ours = |name: &str| {
        let name = name.trim();
        name.eq_ignore_ascii_case("robots") || name.eq_ignore_ascii_case("evercite")
    };
    (1..tree.len())
        .filter(|&at| tree.tag(at) == Tag::Meta && tree.attr(at, "name").is_some_and(is_ours))
        .filter_map(|at| tree.attr(at, "content"))
        .any(|content| content.split(',').any(|directive| forbids(directive.trim())))
}

fn forbids(directive: &str) -> bool {
    directive.eq_ignore_ascii_case("noarchive") || directive.eq_ignore_ascii_case("none")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_sites_say() {
        for (value, want) in [
            ("noarchive", true),
            ("noindex, NoArchive", true),
            ("none", true),
            ("evercite: noarchive", true),
            ("Evercite: nofollow, noarchive", true),
            ("*: noarchive", true),
            ("otherbot: noarchive", false),
            ("otherbot: nofollow, noarchive", false),
            ("otherbot: nofollow, evercite: noarchive", true),
            ("unavailable_after: 25 Jun 2030 15:00:00 PST, noarchive", true),
            ("max-snippet: 5, noarchive", true),
            ("all", false),
            ("noarchived, no archive, nonesuch", false),
            ("", false),
        ] {
            assert_eq!(in_header(value, "evercite"), want, "{value}");
        }
        for (html, want) in [
            ("<meta name=robots content=noarchive>", true),
            ("<meta name=Robots content='noindex, NOARCHIVE'>", true),
            ("<meta name=evercite content=none>", true),
            ("<meta name=googlebot content=noarchive>", false),
            ("<meta name=description content=noarchive>", false),
            ("<meta name=robots content='index,follow'>", false),
            ("<p>noarchive", false),
        ] {
            assert_eq!(in_page(&Tree::parse(html)), want, "{html}");
        }
    }
}
