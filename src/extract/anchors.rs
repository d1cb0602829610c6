//! The places and the words of a page that a link's fragment can point at, from one parse.
//!
//! Must not decide whether a place is there: that is for [`crate::verdict`].

use super::{
    fold,
    lines::is_block,
    source,
    tree::{Tag, Tree},
};
use crate::model::passage::Anchors;

/// Reads a page.
pub fn of_html(html: &str) -> Anchors {
    let safe = source::safe_length(html);
    let tree = Tree::parse(&html[..safe]);
    let mut ids: Vec<String> = (1..tree.len())
        .flat_map(|at| {
            let name = tree.attr(at, "name").filter(|_| tree.tag(at) == Tag::A);
            [tree.attr(at, "id"), name]
        })
        .flatten()
        .filter(|id| !id.is_empty())
        .map(str::to_owned)
        .collect();
    ids.sort_unstable();
    ids.dedup();
    Anchors {
        ids,
        text: visible(&tree),
        scripted: (1..tree.len()).any(|at| is_script(&tree, at)),
        whole: safe == html.len(),
    }
}

/// All text but that of scripts, styles and the head: one block a line.
fn visible(tree: &Tree) -> String {
    let mut text = String::new();
    let mut line = String::new();
    // Ends of the open blocks, the innermost last.
    let mut open: Vec<usize> = Vec::new();
    let mut end_line = |line: &mut String| {
        let folded = fold(line);
        if !folded.is_empty() {
            text.push_str(&folded);
            text.push('\n');
        }
        line.clear();
    };
    let mut at = 1;
    while at < tree.len() {
        while open.last().is_some_and(|end| *end <= at) {
            open.pop();
            end_line(&mut line);
        }
        match tree.tag(at) {
            Tag::Head | Tag::Script | Tag::Style | Tag::Title | Tag::Noscript | Tag::Textarea | Tag::Select => {
                at = tree.end(at);
                continue;
            }
            Tag::Text => line.push_str(tree.text(at)),
            Tag::Br | Tag::Td | Tag::Th => line.push(' '),
            tag if is_block(tag) => {
                end_line(&mut line);
                open.push(tree.end(at));
            }
            _ => {}
        }
        at += 1;
    }
    end_line(&mut line);
    text
}

/// Whether an element runs something: a script that is not only data, or a handler that runs by itself.
fn is_script(tree: &Tree, at: usize) -> bool {
    let data = [
        "application/ld+json",
        "application/json",
        "importmap",
        "speculationrules",
    ];
    let kind = tree.attr(at, "type").unwrap_or("").trim();
    tree.tag(at) == Tag::Script && !data.iter().any(|data| data.eq_ignore_ascii_case(kind))
        || tree.attr(at, "onload").is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_ids_and_names_of_links() {
        let page = of_html(
            "<title>T</title><body id=b><a name='старое'>x</a><a name='' id=y>z</a><input name=no><h2 id='B'>H</h2><p id=b>P</p>",
        );
        assert_eq!(page.ids, ["B", "b", "y", "старое"]);
        assert!(!page.scripted && page.whole);
    }

    #[test]
    fn text_is_all_that_is_seen() {
        for (html, text) in [
            (
                "<title>no</title><nav>Menu</nav><p>One <b>two</b>\nthree<p>Four",
                "Menu\nOne two three\nFour\n",
            ),
            (
                "<script>no</script><style>no</style><noscript>no</noscript>yes",
                "yes\n",
            ),
            ("<table><tr><td>橋<td>川</table><footer>Ende</footer>", "橋 川\nEnde\n"),
            ("<div>a<div>b</div>c</div>", "a\nb\nc\n"),
            ("", ""),
        ] {
            assert_eq!(of_html(html).text, text, "{html}");
        }
    }

    #[test]
    fn knows_what_scripts_may_change_and_what_was_not_read() {
        for (html, scripted) in [
            ("<p>x<script src=a.js></script>", true),
            ("<script>f()</script>", true),
            ("<script type=module>f()</script>", true),
            ("<body onload='f()'>", true),
            (
                "<script type='application/ld+json'>{}</script><script type=importmap>{}</script>",
                false,
            ),
            ("<p onclick='f()'>x", false),
        ] {
            assert_eq!(of_html(html).scripted, scripted, "{html}");
        }
        assert!(!of_html(&"<div>".repeat(5_000)).whole);
    }
}
