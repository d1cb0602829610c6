//! A text into sentences, as far as punctuation tells. They need not be what a grammarian would
//! call so: they have to come out alike in two versions of a page.

use super::lexicon;
use crate::verdict::tokens::tokens;

/// From this many bytes on, a sentence ends at the next likely place: it is none, or a text without
/// marks.
const LONG: usize = 2_000;
/// Here it ends wherever it is.
const LONGEST: usize = 2 * LONG;

/// The sentences of a text, trimmed, without empty ones. Never across lines.
pub(in crate::verdict) fn sentences(text: &str) -> impl Iterator<Item = &str> {
    text.lines().flat_map(|line| {
        let mut rest = line;
        std::iter::from_fn(move || {
            while !rest.is_empty() {
                let (sentence, after) = rest.split_at(end(rest));
                rest = after;
                if !sentence.trim().is_empty() {
                    return Some(sentence.trim());
                }
            }
            None
        })
    })
}

/// Where the first sentence of a line ends, its marks and closing quotation marks included.
fn end(line: &str) -> usize {
    let mut characters = line.char_indices().peekable();
    let mut before = None;
    while let Some((at, c)) = characters.next() {
        let mut end = at + c.len_utf8();
        if is_mark(c) || is_tight_mark(c) {
            let (mut tight, mut closed) = (is_tight_mark(c), false);
            while let Some((next, closing)) =
                characters.next_if(|(_, c)| is_mark(*c) || is_tight_mark(*c) || closes(*c))
            {
                end = next + closing.len_utf8();
                tight |= is_tight_mark(closing);
                closed |= closes(closing);
            }
            let spaced = line[end..].chars().next().is_none_or(char::is_whitespace);
            if tight || spaced && (c != '.' || !abbreviates(if closed { "" } else { &line[..at] }, &line[end..])) {
                return end;
            }
        } else if c.is_whitespace()
            && before.is_some_and(parts_by_space)
            && line[end..].chars().next().is_some_and(opens)
        {
            return end;
        }
        if end >= LONGEST || end >= LONG && is_likely_end(line, end, c) {
            return end;
        }
        before = line[..end].chars().next_back();
    }
    line.len()
}

/// Marks that end a sentence where white space follows.
fn is_mark(c: char) -> bool {
    matches!(c, '.' | '!' | '?' | '…' | '؟' | '۔' | ';' | '׃' | '՜' | '՞')
}

/// Marks of scripts that write no white space after them, and those that end nothing but sentences.
fn is_tight_mark(c: char) -> bool {
    matches!(
        c,
        '。' | '！' | '？' | '｡' | '।' | '॥' | '។' | '៕' | '။' | '։' | '\u{1362}' | '‼' | '⁇'
    )
}

fn closes(c: char) -> bool {
    matches!(
        c,
        '"' | '\'' | '”' | '’' | '“' | '»' | '›' | '」' | '』' | ')' | ']' | '）' | '】'
    )
}

/// Thai and Lao write a space after a clause and no mark.
fn parts_by_space(c: char) -> bool {
    matches!(c, '\u{e01}'..='\u{e3a}' | '\u{e40}'..='\u{e4e}' | '\u{e81}'..='\u{ecd}')
}

/// A letter that a Thai or Lao clause can begin with; the marks of repetition and abbreviation cannot.
fn opens(c: char) -> bool {
    parts_by_space(c) && !matches!(c, 'ๆ' | 'ฯ' | 'ໆ' | 'ຯ')
}

/// Whether the full stop between `before` and `after` ends an abbreviation, an initial or an ordinal
/// rather than a sentence.
fn abbreviates(before: &str, after: &str) -> bool {
    let next = after.trim_start();
    if next.chars().next().is_some_and(char::is_lowercase) {
        return true;
    }
    let start = before.rfind(|c: char| c.is_whitespace() || matches!(c, '(' | '"' | '“' | '«'));
    let word = &before[start.map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8))..];
    let mut letters = word.chars();
    match (letters.next(), letters.next()) {
        _ if word.chars().all(|c| c.is_ascii_digit()) && word.len() <= 2 => begins_with_month(next),
        (Some(first), None) => first.is_uppercase(),
        (Some(_), Some('.')) => true,
        _ => lexicon::is_title(word),
    }
}

fn begins_with_month(text: &str) -> bool {
    tokens(text)
        .next()
        .is_some_and(|token| lexicon::month(token.hash).is_some())
}

/// Whether an overlong sentence may end here: between words, and where what stands before says so, so
/// that an insertion moves the nearest ends only.
fn is_likely_end(line: &str, end: usize, c: char) -> bool {
    let between = c.is_whitespace() || u32::from(c) >= 0xe00 && !c.is_lowercase() && !c.is_uppercase();
    let window = &line.as_bytes()[end.saturating_sub(12)..end];
    let hash = window
        .iter()
        .fold(0_u32, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193));
    between && hash >> 8 & 15 == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_after_sentence_marks() {
        for (text, want) in [
            ("One. Two! Three? Four", vec!["One.", "Two!", "Three?", "Four"]),
            ("He said “No.” Then he left.", vec!["He said “No.”", "Then he left."]),
            ("It cost 3.5 million.\n\nNext", vec!["It cost 3.5 million.", "Next"]),
            (
                "Dr. Smith and J. R. Jones of the U.S. Senate spoke.",
                vec!["Dr. Smith and J. R. Jones of the U.S. Senate spoke."],
            ),
            ("See e.g. this one. And that.", vec!["See e.g. this one.", "And that."]),
            (
                "Am 5. März kam er. Sie war 31. Dann ging er.",
                vec!["Am 5. März kam er.", "Sie war 31.", "Dann ging er."],
            ),
            (
                "橋は長い。「川は広い。」終わり",
                vec!["橋は長い。", "「川は広い。」", "終わり"],
            ),
            ("这是桥！那是河？", vec!["这是桥！", "那是河？"]),
            ("هل هذا جسر؟ نعم. انتهى", vec!["هل هذا جسر؟", "نعم.", "انتهى"]),
            (
                "Мост длинный. Река широкая...  Всё.",
                vec!["Мост длинный.", "Река широкая...", "Всё."],
            ),
            ("यह पुल है। वह नदी है।", vec!["यह पुल है।", "वह नदी है।"]),
            ("สะพานยาวมาก แม่น้ำกว้าง ต่าง ๆ", vec!["สะพานยาวมาก", "แม่น้ำกว้าง", "ต่าง ๆ"]),
            ("Köprü uzun. Nehir geniş.", vec!["Köprü uzun.", "Nehir geniş."]),
            (" \n . \n", vec!["."]),
            ("", vec![]),
        ] {
            assert_eq!(sentences(text).collect::<Vec<_>>(), want, "{text}");
        }
    }

    #[test]
    fn cuts_what_has_no_marks_where_an_insertion_does_not_matter() {
        let text: String = (0..20_000).map(|n| format!("w{n} ")).collect();
        let moved = format!("one more word {text}");
        let (a, b): (Vec<_>, Vec<_>) = (sentences(&text).collect(), sentences(&moved).collect());
        assert!(a.len() > 20 && a.iter().all(|part| part.len() <= LONGEST));
        let same = a.iter().filter(|part| b.contains(part)).count();
        assert!(same + 4 >= a.len(), "{same} of {}", a.len());
        let solid = "x".repeat(10_000);
        assert_eq!(
            sentences(&solid).map(str::len).collect::<Vec<_>>(),
            [4_000, 4_000, 2_000]
        );
        assert!(sentences(&"字".repeat(10_000)).all(|part| part.len() <= LONGEST + 3));
    }
}
