//! Words to search for, and words of texts as the full-text index has them.
//!
//! The index (FTS5, tokenizer `unicode61`) parts words where no letter, mark or digit stands. Scripts that write
//! words without space between them are parted into characters before, in texts and in questions alike: a word is
//! then found as its characters in a row, wherever it stands, and no dictionary decides what a word is.

use std::{borrow::Cow, collections::BTreeSet, ops::Range};

use serde::Serialize;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use super::{time::Timestamp, verdict::Class};

/// What is searched for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Terms {
    /// All of these have to stand in a page.
    pub wanted: Vec<Phrase>,
    /// None of these may.
    pub unwanted: Vec<Phrase>,
}

/// Words in a row, folded as [`words`] folds them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phrase {
    /// In their order.
    pub words: Vec<String>,
    /// Whether the last one may go on.
    pub prefix: bool,
}

impl Terms {
    /// Reads `harbour "old bridge" keep* -ferry`: words, words in a row, words that begin so, words that must not
    /// stand there. Everything else is a word, or nothing.
    pub fn parse(written: &str) -> Self {
        let mut terms = Self::default();
        let mut rest = written.trim_start();
        while !rest.is_empty() {
            let unwanted = rest.starts_with('-');
            rest = rest.strip_prefix('-').unwrap_or(rest);
            let quoted = rest.strip_prefix('"').and_then(|rest| rest.split_once('"'));
            let (piece, after) = match quoted {
                Some(found) => found,
                None => rest.split_at(rest.find(char::is_whitespace).unwrap_or(rest.len())),
            };
            // `"old bri"*` as well as `bri*`
            let prefix = piece.ends_with('*') || quoted.is_some() && after.starts_with('*');
            rest = after.strip_prefix('*').unwrap_or(after).trim_start();
            let words: Vec<String> = words(piece).map(|(_, word)| word).collect();
            if !words.is_empty() {
                let list = if unwanted {
                    &mut terms.unwanted
                } else {
                    &mut terms.wanted
                };
                list.push(Phrase { words, prefix });
            }
        }
        terms
    }

    /// The question in the language of FTS5, every word in quotation marks. `None` if nothing is wanted.
    pub fn fts(&self) -> Option<String> {
        let all = |phrases: &[Phrase], by: &str| {
            let each: Vec<String> = phrases
                .iter()
                .map(|phrase| {
                    let star = if phrase.prefix { " *" } else { "" };
                    format!("\"{}\"{star}", phrase.words.join(" ").replace('"', "\"\""))
                })
                .collect();
            each.join(by)
        };
        if self.wanted.is_empty() {
            return None;
        }
        let wanted = all(&self.wanted, " AND ");
        Some(match self.unwanted.is_empty() {
            true => wanted,
            false => format!("({wanted}) NOT ({})", all(&self.unwanted, " OR ")),
        })
    }
}

/// A page in which words were found.
#[derive(Debug, Clone, Serialize)]
pub struct SearchHit {
    /// Its address.
    pub url: String,
    /// Its title, as of the version that fits best.
    pub title: String,
    /// When the words first stood there, and when last.
    pub first_captured: Timestamp,
    /// The last capture of a version that has them.
    pub last_captured: Timestamp,
    /// The versions that have them, oldest first.
    pub versions: Vec<FoundVersion>,
    /// Whether the newest version that was read has them.
    pub still_there: bool,
    /// What became of links to it, the worst if there are several; `None` if no article cites it.
    pub class: Option<Class>,
    /// The words in their surroundings, marked with `[` and `]`.
    pub snippet: String,
}

/// A version of a page in which words were found, with those that differ from it in noise only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FoundVersion {
    /// When it was first captured.
    pub first_captured: Timestamp,
    /// When it was last captured.
    pub last_captured: Timestamp,
}

/// A text as it goes into the index: characters of scripts without space between words stand alone.
pub fn segmented(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_dense) {
        return text.into();
    }
    let mut out = String::with_capacity(text.len() * 4 / 3);
    let mut before = ' ';
    for c in text.chars() {
        if (is_dense(c) || is_dense(before)) && !is_combining_mark(c) && !before.is_whitespace() && !c.is_whitespace() {
            out.push(' ');
        }
        out.push(c);
        if !is_combining_mark(c) {
            before = c;
        }
    }
    out.into()
}

/// The words of a text and where they stand: letters, marks and digits in a row, in lower case, without accents, the
/// way the index compares them.
pub fn words(text: &str) -> impl Iterator<Item = (Range<usize>, String)> {
    let mut rest = text.char_indices().peekable();
    std::iter::from_fn(move || {
        let (start, first) = rest.by_ref().find(|(_, c)| is_part_of_word(*c))?;
        let mut end = start + first.len_utf8();
        let mut dense = is_dense(first);
        let alone = dense;
        while let Some((at, c)) =
            rest.next_if(|(_, c)| is_combining_mark(*c) || is_part_of_word(*c) && !alone && !is_dense(*c))
        {
            end = at + c.len_utf8();
            dense |= is_dense(c);
        }
        Some((start..end, folded(&text[start..end], dense)))
    })
}

/// Marks of dense scripts are letters in their own right; those of others are accents.
fn folded(word: &str, dense: bool) -> String {
    match dense || word.is_ascii() {
        true => word.to_lowercase(),
        false => {
            let accent = |c: &char| matches!(c, '\u{300}'..='\u{36f}');
            let plain: String = word.nfd().filter(|c| !accent(c)).nfc().collect();
            plain.to_lowercase()
        }
    }
}

fn is_part_of_word(c: char) -> bool {
    c.is_alphanumeric() || is_combining_mark(c)
}

/// Scripts whose words stand without space between them: Thai, Lao, Myanmar, Khmer, Kana and Han.
fn is_dense(c: char) -> bool {
    matches!(c,
        '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{3005}'..='\u{3007}'
        | '\u{3040}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}' | '\u{ff66}'..='\u{ff9f}' | '\u{20000}'..='\u{323af}')
}

/// Characters of a text around the found words.
const AROUND: usize = 60;
/// Found places that are looked at for the best one.
const PLACES: usize = 500;

/// A piece of a text around the place where most of what is wanted stands together, found words between `[` and `]`.
/// Where nothing of it stands in the text, its beginning.
pub fn snippet(text: &str, terms: &Terms) -> String {
    let found = places(text, terms);
    let best = found
        .iter()
        .enumerate()
        .max_by_key(|(at, (range, _))| {
            let near = found[*at..]
                .iter()
                .take_while(|(other, _)| other.start < range.start + 2 * AROUND);
            let distinct: BTreeSet<usize> = near.map(|(_, phrase)| *phrase).collect();
            (distinct.len(), std::cmp::Reverse(*at))
        })
        .map_or(0..0, |(_, (range, _))| range.clone());
    let back = text[..best.start].char_indices().rev().take(AROUND).last();
    let start = back.map_or(best.start, |(at, _)| at);
    let forth = text[best.end..]
        .char_indices()
        .nth(2 * AROUND - (best.start - start).min(AROUND));
    let end = forth.map_or(text.len(), |(at, _)| best.end + at);
    let mut out = String::new();
    if start > 0 {
        out.push('…');
    }
    let mut at = start;
    for (range, _) in found
        .iter()
        .filter(|(range, _)| start <= range.start && range.end <= end)
    {
        // Phrases may overlap.
        if range.start >= at {
            out.push_str(&text[at..range.start]);
            out.push('[');
            out.push_str(&text[range.clone()]);
            out.push(']');
            at = range.end;
        }
    }
    out.push_str(&text[at..end]);
    if end < text.len() {
        out.push('…');
    }
    out.replace('\n', " ")
}

/// Where which of the wanted phrases stand.
fn places(text: &str, terms: &Terms) -> Vec<(Range<usize>, usize)> {
    let longest = terms.wanted.iter().map(|phrase| phrase.words.len()).max().unwrap_or(0);
    let mut window: std::collections::VecDeque<(Range<usize>, String)> = std::collections::VecDeque::new();
    let mut words = words(text);
    let mut found = Vec::new();
    loop {
        while window.len() < longest {
            match words.next() {
                Some(word) => window.push_back(word),
                None => break,
            }
        }
        if window.is_empty() || found.len() >= PLACES {
            return found;
        }
        for (number, phrase) in terms.wanted.iter().enumerate() {
            let last = phrase.words.len() - 1;
            let fits = |(at, word): (usize, &String)| {
                window
                    .get(at)
                    .is_some_and(|(_, there)| match phrase.prefix && at == last {
                        true => there.starts_with(word.as_str()),
                        false => there == word,
                    })
            };
            if phrase.words.iter().enumerate().all(fits) {
                found.push((window[0].0.start..window[last].0.end, number));
            }
        }
        window.pop_front();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_questions() {
        for (written, fts) in [
            ("harbour bridge", Some(r#""harbour" AND "bridge""#)),
            (
                r#""old bridge" keep* -ferry -"night boat""#,
                Some(r#"("old bridge" AND "keep" *) NOT ("ferry" OR "night boat")"#),
            ),
            ("Café CRÈME", Some(r#""cafe" AND "creme""#)),
            ("don't", Some(r#""don t""#)),
            ("北京大学", Some(r#""北 京 大 学""#)),
            ("iPhone手机", Some(r#""iphone 手 机""#)),
            ("กรุงเทพ", Some(r#""ก รุ ง เ ท พ""#)),
            ("OR NOT NEAR(", Some(r#""or" AND "not" AND "near""#)),
            (r#""unclosed phrase"#, Some(r#""unclosed" AND "phrase""#)),
            ("title:x", Some(r#""title x""#)),
            ("-ferry", None),
            ("… \" * ( )", None),
            ("", None),
        ] {
            assert_eq!(Terms::parse(written).fts().as_deref(), fts, "{written}");
        }
    }

    #[test]
    fn texts_of_dense_scripts_are_parted() {
        for (text, want) in [
            ("plain text – as it is", "plain text – as it is"),
            (
                "東京タワーの高さは333mです。",
                "東 京 タ ワ ー の 高 さ は 333m で す 。",
            ),
            ("ไปที่บ้าน now", "ไ ป ที่ บ้ า น now"),
            ("한국어 문장", "한국어 문장"),
        ] {
            assert_eq!(segmented(text), want);
        }
    }

    #[test]
    fn a_snippet_shows_where_most_of_it_stands() {
        let far = "word ".repeat(100);
        for (text, question, want) in [
            ("The old bridge fell.", "bridge", "The old [bridge] fell."),
            ("The old bridge fell.", "\"old bridge\"", "The [old bridge] fell."),
            ("Keepers keep the Café.", "keep* cafe", "[Keepers] [keep] the [Café]."),
            ("今日は東京タワーへ行く。", "タワー", "今日は東京[タワー]へ行く。"),
            ("Nothing of it here", "elsewhere", "Nothing of it here"),
            ("", "word", ""),
        ] {
            assert_eq!(snippet(text, &Terms::parse(question)), want, "{question}");
        }
        let text = format!("A bridge. {far}The bridge over the harbour. {far}");
        let found = snippet(&text, &Terms::parse("harbour bridge"));
        assert!(
            found.starts_with('…') && found.contains("The [bridge] over the [harbour]. word"),
            "{found}"
        );
        assert!(found.chars().count() < 4 * AROUND, "{found}");
    }

    proptest! {
        #[test]
        fn parting_adds_space_only_and_once(text in "[a-z .東京กี่é\u{301}𠀀]{0,40}") {
            let once = segmented(&text).into_owned();
            let bare = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            prop_assert_eq!(bare(&once), bare(&text));
            prop_assert_eq!(segmented(&once), once.as_str());
            let folded = |text: &str| words(text).map(|(_, word)| word).collect::<Vec<_>>();
            prop_assert_eq!(folded(&once), folded(&text));
        }

        #[test]
        fn any_question_is_read_and_any_text_cut(question in "\\PC{0,30}", text in "\\PC{0,300}") {
            let terms = Terms::parse(&question);
            let _ = terms.fts();
            snippet(&text, &terms);
        }
    }
}
