//! The two digests of what a page says: its whole document without what changes by itself, and its
//! main text.
//!
//! Must not decide what is main text.

use super::{
    noise::Sign,
    tree::{Tag, Tree},
    words,
};
use crate::model::digest::{DocumentDigest, TextDigest};

/// Digest of the main text. Lines and words only: its form is fixed by the page's text itself.
pub fn of_text(text: &str) -> TextDigest {
    TextDigest::of(text.as_bytes())
}

/// Digest of a document that is not markup.
pub fn of_plain(text: &str) -> DocumentDigest {
    DocumentDigest::of(text.as_bytes())
}

/// Digest of the parsed page without scripts, styles, comments, advertisements, tokens, session
/// ids, hashes in addresses of assets, and counters of views.
pub fn of_tree(tree: &Tree, signs: &[Sign]) -> DocumentDigest {
    let mut out = Vec::with_capacity(64 * 1024);
    let mut open: Vec<usize> = Vec::new();
    let mut names = Vec::new();
    let mut at = 1;
    while at < tree.len() {
        while open.last().is_some_and(|&end| end <= at) {
            open.pop();
            out.push(b'/');
        }
        if signs[at].volatile || changes_by_itself(tree, at) {
            at = tree.end(at);
            continue;
        }
        if tree.tag(at) == Tag::Text {
            words(&mut out, tree.text(at));
        } else {
            field(&mut out, b'E', tree.name(at).as_bytes());
            names.clear();
            names.extend(tree.attrs(at).filter(|(name, _)| counts(name)));
            names.sort_unstable();
            for (name, value) in &names {
                field(&mut out, b'A', name.as_bytes());
                attribute(&mut out, tree.tag(at), name, value);
            }
            open.push(tree.end(at));
        }
        at += 1;
    }
    out.resize(out.len() + open.len(), b'/');
    DocumentDigest::of(&out)
}

/// One field: a letter for its kind, its length, its bytes. Adjacent fields cannot run together.
fn field(out: &mut Vec<u8>, kind: u8, bytes: &[u8]) {
    out.push(kind);
    out.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
    out.extend_from_slice(bytes);
}

/// A field whose length is known only once it is written.
fn measured(out: &mut Vec<u8>, kind: u8, write: impl FnOnce(&mut Vec<u8>)) {
    out.push(kind);
    let length_at = out.len();
    out.extend_from_slice(&[0; 4]);
    write(out);
    let length = (out.len() - length_at - 4) as u32;
    out[length_at..length_at + 4].copy_from_slice(&length.to_le_bytes());
}

fn words(out: &mut Vec<u8>, text: &str) {
    let mut words = words::split(text).peekable();
    if words.peek().is_none() {
        return;
    }
    measured(out, b'T', |out| {
        for word in words {
            out.extend_from_slice(word.as_bytes());
            out.push(b' ');
        }
    });
}

/// Whether a subtree may differ between two requests for an unchanged page.
fn changes_by_itself(tree: &Tree, at: usize) -> bool {
    match tree.tag(at) {
        Tag::Script | Tag::Style | Tag::Noscript => true,
        Tag::Input => tree
            .attr(at, "type")
            .is_some_and(|kind| kind.eq_ignore_ascii_case("hidden")),
        Tag::Meta => tree.attr(at, "name").is_some_and(|name| {
            let name = name.to_ascii_lowercase();
            [
                "csrf",
                "token",
                "nonce",
                "request-id",
                "generated",
                "timestamp",
                "build",
            ]
            .iter()
            .any(|part| name.contains(part))
        }),
        _ => false,
    }
}

/// Whether an attribute says something about the page rather than about this rendering of it.
fn counts(name: &str) -> bool {
    !(name == "nonce"
        || name == "integrity"
        || name == "style"
        || name.starts_with("data-")
        || name.starts_with("on")
        || name.starts_with("aria-"))
}

fn attribute(out: &mut Vec<u8>, tag: Tag, name: &str, value: &str) {
    let address =
        matches!(name, "src" | "srcset" | "poster" | "action" | "data") || name == "href" && matches!(tag, Tag::Link);
    if address {
        measured(out, b'V', |out| {
            masked(out, value.split(['?', '#']).next().unwrap_or(""))
        });
    } else if matches!(name, "id" | "for" | "name" | "class" | "content" | "value" | "href") {
        measured(out, b'V', |out| masked(out, value));
    } else {
        field(out, b'V', value.as_bytes());
    }
}

/// Writes `value` with every run that looks like a hash or token replaced by `#`: at least eight
/// letters and digits of which some are digits and some letters, or sixteen digits.
fn masked(out: &mut Vec<u8>, value: &str) {
    let bytes = value.as_bytes();
    // What stands between `written` and the run is written together with what follows it.
    let (mut written, mut start, mut digits) = (0, 0, 0);
    for at in 0..=bytes.len() {
        let byte = bytes.get(at).copied().unwrap_or(b' ');
        if byte.is_ascii_alphanumeric() {
            digits += usize::from(byte.is_ascii_digit());
            continue;
        }
        let length = at - start;
        if length >= 8 && digits >= 2 && (digits < length || length >= 16) {
            out.extend_from_slice(&bytes[written..start]);
            out.push(b'#');
            written = at;
        }
        (start, digits) = (at + 1, 0);
    }
    out.extend_from_slice(&bytes[written..]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::noise;

    fn digest(html: &str) -> DocumentDigest {
        let tree = Tree::parse(html);
        of_tree(&tree, &noise::signs(&tree))
    }

    #[test]
    fn is_blind_to_what_changes_by_itself() {
        for (one, other) in [
            ("<p a=1 b=2>x", "<p b=2 a=1>x"),
            ("<p>x  y", "<p>x\ny<!-- rendered 17 -->"),
            ("<script>1</script>x", "<script nonce=k>2</script>x"),
            (
                "<input type=hidden name=__VIEWSTATE value=ab>",
                "<input type=hidden name=__VIEWSTATE value=cd>",
            ),
            (
                "<link rel=stylesheet href=/a.3f9c2b1d.css>",
                "<link rel=stylesheet href=/a.77aa01ef.css?v=2>",
            ),
            (
                "<p>x<span class=views>10 views</span>",
                "<p>x<span class=views>11 views</span>",
            ),
        ] {
            assert_eq!(digest(one), digest(other), "{one} / {other}");
        }
    }

    #[test]
    fn sees_what_the_page_says() {
        for (one, other) in [
            ("<p>x", "<p>y"),
            ("<p>ab</p><p>c</p>", "<p>a</p><p>bc</p>"),
            ("<p><b>a</b>b", "<p><b>ab</b>"),
            ("<a href=/x>l</a>", "<a href=/y>l</a>"),
            ("<p title=ab>", "<p titlea=b>"),
        ] {
            assert_ne!(digest(one), digest(other), "{one} / {other}");
        }
    }
}
