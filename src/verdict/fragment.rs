//! What a link's fragment points at, and whether it is on the page.
//!
//! An element's id (HTML, "find a potential indicated element"), or text (the WICG's URL Fragment Text
//! Directives, `#:~:text=[prefix-,]start[,end][,-suffix]`), or both. Text is searched word by word, with
//! accents and letter case folded and without regard to blocks, which finds at least what a browser would.
//!
//! Nothing is claimed where a script may have made the place: a fragment is [`Presence::Missing`] only
//! when an earlier copy had it, or when the page has no scripts at all; and never when it is one that
//! applications read themselves ([`is_read_by_scripts`]).

use super::tokens::{Accents, Tokens, find};
use crate::model::passage::{Anchors, Presence};

/// A fragment taken apart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fragment {
    /// What stands before `:~:`, as written; `None` when nothing does.
    pub id: Option<String>,
    /// The text directives, in order. Malformed ones and other directives are left out, as browsers do.
    pub texts: Vec<TextDirective>,
}

/// A piece of text that a link points at, percent-decoded; no part is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TextDirective {
    /// Right before the text.
    pub prefix: Option<String>,
    /// The text, or its beginning.
    pub start: String,
    /// Its end.
    pub end: Option<String>,
    /// Right behind it.
    pub suffix: Option<String>,
}

/// What was found of a fragment, part by part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// The id; `None` when the fragment has none.
    pub id: Option<Presence>,
    /// The text directives, in order.
    pub texts: Vec<Presence>,
}

impl Checked {
    /// All parts as one: missing when any is, else unknown when any is.
    pub fn presence(&self) -> Presence {
        let has = |presence| self.id == Some(presence) || self.texts.contains(&presence);
        match () {
            () if has(Presence::Missing) => Presence::Missing,
            () if has(Presence::Unknown) => Presence::Unknown,
            () => Presence::There,
        }
    }
}

/// Most text directives looked at in one fragment.
const TEXTS_MAX: usize = 16;
/// Most bytes of one part of a directive.
const PART_MAX: usize = 8 * 1024;

/// Takes a fragment (without its `#`) apart.
pub fn parse(fragment: &str) -> Fragment {
    let (id, directives) = fragment.split_once(":~:").unwrap_or((fragment, ""));
    let texts = directives
        .split('&')
        .filter_map(|directive| text_directive(directive.strip_prefix("text=")?));
    Fragment {
        id: Some(id.to_owned()).filter(|id| !id.is_empty()),
        texts: texts.take(TEXTS_MAX).collect(),
    }
}

fn text_directive(written: &str) -> Option<TextDirective> {
    let mut parts: Vec<&str> = written.split(',').take(5).collect();
    if parts.len() > 4 || parts.iter().any(|part| part.is_empty() || part.len() > PART_MAX) {
        return None;
    }
    let prefix = parts[0].strip_suffix('-').map(decode);
    if prefix.is_some() {
        parts.remove(0);
    }
    let suffix = parts.last().and_then(|last| last.strip_prefix('-')).map(decode);
    if suffix.is_some() {
        parts.pop();
    }
    let (start, end) = match parts.as_slice() {
        [start] => (decode(start), None),
        [start, end] => (decode(start), Some(decode(end))),
        _ => return None,
    };
    let empty = [prefix.as_ref(), suffix.as_ref(), end.as_ref(), Some(&start)]
        .into_iter()
        .flatten()
        .any(String::is_empty);
    (!empty).then_some(TextDirective {
        prefix,
        start,
        end,
        suffix,
    })
}

/// Percent-decoded as UTF-8; a `%` without two hexadecimal digits stands for itself.
fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let hex = |at: usize| after.get(at).and_then(|byte| (*byte as char).to_digit(16));
        rest = match (first, hex(0), hex(1)) {
            (b'%', Some(high), Some(low)) => {
                bytes.push((16 * high + low) as u8);
                &after[2..]
            }
            _ => {
                bytes.push(*first);
                after
            }
        };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Looks for what a fragment points at on a page.
///
/// `was_there`: whether an earlier copy of the page had all of it, as this function told.
pub fn check(fragment: &Fragment, page: &Anchors, was_there: bool) -> Checked {
    let absent = match () {
        () if was_there => Presence::Missing,
        () if page.scripted || !page.whole => Presence::Unknown,
        () => Presence::Missing,
    };
    let words = match fragment.texts.is_empty() {
        true => Vec::new(),
        false => searchable(&page.text),
    };
    let text = |directive| match has_text(directive, &page.text, &words) {
        true => Presence::There,
        false => absent,
    };
    Checked {
        id: fragment.id.as_deref().map(|id| match id {
            _ if has_id(id, page) => Presence::There,
            _ if is_read_by_scripts(id) => Presence::Unknown,
            _ => absent,
        }),
        texts: fragment.texts.iter().map(text).collect(),
    }
}

/// The id as written, then decoded; then the top of the page, which every page has.
fn has_id(id: &str, page: &Anchors) -> bool {
    let is_there = |id: &str| page.ids.binary_search_by(|known| known.as_str().cmp(id)).is_ok();
    let decoded = decode(id);
    // What users write is served with this prefix, and a script adds the names without it.
    is_there(id)
        || is_there(&decoded)
        || is_there(&format!("user-content-{decoded}"))
        || decoded.eq_ignore_ascii_case("top")
}

/// Whether a fragment is of a form that scripts and viewers read, and that no served page has as an id:
/// routes of applications (`#/x`, `#!x`), parameters (`#page=5`, `#t=1m`), and lines of code
/// (`#L10`, `#L10-L20`, `#L10C3`, `#lines-10:20`).
pub fn is_read_by_scripts(id: &str) -> bool {
    let mut marks = id.chars().filter(|c| !c.is_ascii_digit());
    let line = id
        .strip_prefix('L')
        .or_else(|| id.strip_prefix("lines-"))
        .or_else(|| id.strip_prefix("line-"));
    let is_line = line.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
        && marks.all(|c| matches!(c, 'L' | 'C' | '-' | ':' | ',' | 'l' | 'i' | 'n' | 'e' | 's'));
    id.starts_with(['/', '!', '?']) || id.contains('=') || is_line
}

fn searchable(text: &str) -> Vec<u64> {
    Tokens::new(text, Accents::Fold).map(|token| token.hash).collect()
}

/// Whether a text has what a directive points at. `words` are those of `text`.
fn has_text(directive: &TextDirective, text: &str, words: &[u64]) -> bool {
    let part = |part: &Option<String>| part.as_deref().map(searchable).unwrap_or_default();
    let start = searchable(&directive.start);
    // Signs without words, such as an arrow, are looked for as they are.
    if start.is_empty() {
        return text.contains(directive.start.trim());
    }
    let joined = |parts: [&[u64]; 3]| parts.concat();
    let (prefix, suffix) = (part(&directive.prefix), part(&directive.suffix));
    match &directive.end {
        None => find(words, &joined([&prefix, &start, &suffix]), 0).is_some(),
        Some(_) => {
            let end = joined([&part(&directive.end), &suffix, &[]]);
            let head = joined([&prefix, &start, &[]]);
            find(words, &head, 0).is_some_and(|at| find(words, &end, at + head.len()).is_some())
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn directive(prefix: &str, start: &str, end: &str, suffix: &str) -> TextDirective {
        let some = |part: &str| Some(part.to_owned()).filter(|part| !part.is_empty());
        TextDirective {
            prefix: some(prefix),
            start: start.into(),
            end: some(end),
            suffix: some(suffix),
        }
    }

    #[test]
    fn fragments_are_taken_apart() {
        for (fragment, id, texts) in [
            ("", None, vec![]),
            ("part", Some("part"), vec![]),
            (":~:text=start", None, vec![directive("", "start", "", "")]),
            ("part:~:text=a,b", Some("part"), vec![directive("", "a", "b", "")]),
            (":~:text=p-,a,b,-s", None, vec![directive("p", "a", "b", "s")]),
            (":~:text=p-,a,-s", None, vec![directive("p", "a", "", "s")]),
            (
                ":~:text=one&other&text=two%2C%20three",
                None,
                vec![directive("", "one", "", ""), directive("", "two, three", "", "")],
            ),
            (
                ":~:text=%D0%BC%D0%BE%D1%81%D1%82",
                None,
                vec![directive("", "мост", "", "")],
            ),
            (":~:text=%", None, vec![directive("", "%", "", "")]),
            (":~:text=", None, vec![]),
            (":~:text=a,,b", None, vec![]),
            (":~:text=a,b,c", None, vec![]),
            (":~:text=a,b,c,d,e", None, vec![]),
            (":~:text=-", None, vec![]),
            (":~:text=p-", None, vec![]),
            (":~:other", None, vec![]),
        ] {
            let parsed = parse(fragment);
            assert_eq!((parsed.id.as_deref(), parsed.texts), (id, texts), "{fragment}");
        }
    }

    fn page(ids: &[&str], text: &str) -> Anchors {
        let mut ids: Vec<String> = ids.iter().map(|id| (*id).into()).collect();
        ids.sort();
        Anchors {
            ids,
            text: text.into(),
            scripted: false,
            whole: true,
        }
    }

    #[test]
    fn places_are_found_by_id() {
        use Presence as P;
        let ids = page(&["notes", "раздел", "a b", "user-content-install", "C%2B"], "");
        for (fragment, want) in [
            ("notes", P::There),
            ("Notes", P::Missing),
            ("%D1%80%D0%B0%D0%B7%D0%B4%D0%B5%D0%BB", P::There),
            ("a%20b", P::There),
            ("C%2B", P::There),
            ("install", P::There),
            ("top", P::There),
            ("TOP", P::There),
            ("", P::There),
            ("gone", P::Missing),
            ("/route/to", P::Unknown),
            ("!route", P::Unknown),
            ("page=5", P::Unknown),
            ("L10", P::Unknown),
            ("L10-L20", P::Unknown),
            ("L10C3-L11C5", P::Unknown),
            ("lines-10:20", P::Unknown),
            ("Lists", P::Missing),
        ] {
            assert_eq!(check(&parse(fragment), &ids, false).presence(), want, "{fragment}");
        }
    }

    #[test]
    fn nothing_is_claimed_of_what_a_script_may_make() {
        use Presence as P;
        for (scripted, whole, was_there, want) in [
            (false, true, false, P::Missing),
            (true, true, false, P::Unknown),
            (true, true, true, P::Missing),
            (false, false, false, P::Unknown),
        ] {
            let page = Anchors {
                scripted,
                whole,
                ..page(&["a"], "some text")
            };
            for fragment in ["gone", ":~:text=gone"] {
                assert_eq!(
                    check(&parse(fragment), &page, was_there).presence(),
                    want,
                    "{fragment} {scripted} {whole} {was_there}"
                );
            }
            assert_eq!(check(&parse("a:~:text=text"), &page, was_there).presence(), P::There);
        }
    }

    #[test]
    fn texts_are_found_as_a_browser_would() {
        for (text, fragment, there) in [
            (
                "The quick brown fox\njumped over the lazy dog.",
                "text=quick%20brown",
                true,
            ),
            (
                "The quick brown fox\njumped over the lazy dog.",
                "text=The%20QUICK,lazy dog",
                true,
            ),
            (
                "The quick brown fox\njumped over the lazy dog.",
                "text=lazy,quick",
                false,
            ),
            (
                "The quick brown fox\njumped over the lazy dog.",
                "text=fox-,jumped,-over",
                true,
            ),
            (
                "The quick brown fox\njumped over the lazy dog.",
                "text=cat-,jumped",
                false,
            ),
            (
                "The quick brown fox\njumped over the lazy dog.",
                "text=jumped,-under",
                false,
            ),
            (
                "The quick brown fox\njumped over the lazy dog.",
                "text=the,over the,-lazy",
                true,
            ),
            ("The quickest fox", "text=quick", false),
            ("a b a c", "text=a-,c", true),
            ("Un résumé d’été", "text=resume d'ete", true),
            ("橋は来年完成する予定である。", "text=来年完成", true),
            ("สะพานจะสร้างเสร็จปีหน้า", "text=สร้างเสร็จ", true),
            ("الجسرُ سيكتمل", "text=الجسر", true),
            ("Ещё один мост", "text=еще%20один", true),
            ("IŞIK açık", "text=ışık", true),
            ("next → page", "text=→", true),
            ("next page", "text=→", false),
        ] {
            let checked = check(&parse(&format!(":~:{fragment}")), &page(&[], text), false);
            assert_eq!(checked.presence() == Presence::There, there, "{text} {fragment}");
        }
        let both = check(&parse("a:~:text=one&text=two"), &page(&["a"], "one"), false);
        assert_eq!(
            (both.id, both.texts),
            (Some(Presence::There), vec![Presence::There, Presence::Missing])
        );
    }

    proptest! {
        #[test]
        fn parsing_never_panics(fragment in "\\PC{0,60}", parts in prop::collection::vec("[-,&%=a-f:~]{0,8}", 0..8)) {
            for fragment in [fragment.clone(), format!("{fragment}:~:text={}", parts.join(","))] {
                let parsed = parse(&fragment);
                check(&parsed, &page(&["a"], &fragment), false);
                prop_assert!(parsed.texts.iter().all(|text| !text.start.is_empty()));
            }
        }

        #[test]
        fn a_directive_made_of_the_text_is_found(words in prop::collection::vec("[a-zа-я0-9]{1,6}", 1..12), from in 0_usize..12) {
            let from = from % words.len();
            let fragment = format!(":~:text={}", words[from..].join("%20"));
            let checked = check(&parse(&fragment), &page(&[], &words.join(" ")), false);
            prop_assert_eq!(checked.presence(), Presence::There);
        }
    }
}
