//! Whether words that an article quotes still stand on the page it quotes them from.
//!
//! What makes another writing of the same words does not count: letter case, quotation marks, dashes,
//! punctuation, white space, compatibility forms. An ellipsis, or brackets around what the writer put in,
//! part a quotation into pieces that have to stand in order; a bracket around the first letter of a word
//! (`[t]he`) only changes its case.

use super::tokens::{Accents, Script, Token, Tokens, dice, features, find, tokens};
use crate::model::passage::Wording;

/// Words are near a quotation when this much of both is common (Dice).
const NEAR: f64 = 0.6;
/// Tokens of a quotation that are looked for; the rest is taken to follow.
const LONGEST: usize = 400;

/// What became of one quotation.
#[derive(Debug, Clone, PartialEq)]
pub struct Found<'a> {
    /// Whether its words are there.
    pub wording: Wording,
    /// The words as they stand in the text now, from the first to the last of them; `None` when missing.
    pub now: Option<&'a str>,
    /// 1 for exact; the share of words in common (Dice) of the nearest words otherwise, from 0 to 1.
    pub similarity: f64,
}

/// Looks for each quotation in a text; the answers are in the order of `quotes`. Each takes one pass
/// over the text. A quotation without words is looked for as it is written.
pub fn check<'a>(quotes: &[impl AsRef<str>], text: &'a str) -> Vec<Found<'a>> {
    let page = Words::of(text);
    quotes.iter().map(|quote| page.look_for(quote.as_ref())).collect()
}

/// A text, as it is searched.
struct Words<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    hashes: Vec<u64>,
    features: Vec<u64>,
}

impl<'a> Words<'a> {
    fn of(text: &'a str) -> Self {
        let tokens: Vec<Token> = tokens(text).collect();
        Self {
            text,
            hashes: tokens.iter().map(|token| token.hash).collect(),
            features: features(tokens.iter().copied()).collect(),
            tokens,
        }
    }

    fn look_for(&self, quote: &str) -> Found<'a> {
        let whole = hashes(quote);
        if whole.is_empty() {
            return self.literally(quote.trim());
        }
        let literally = find(&self.hashes, &whole, 0).map(|at| (at, at + whole.len()));
        match literally.or_else(|| self.in_order(&pieces(quote))) {
            Some((from, to)) => Found {
                wording: Wording::Exact,
                now: Some(self.span(from, to)),
                similarity: 1.0,
            },
            None => self.nearest(quote),
        }
    }

    fn literally(&self, quote: &str) -> Found<'a> {
        let at = self.text.find(quote);
        Found {
            wording: if at.is_some() { Wording::Exact } else { Wording::Missing },
            now: at.map(|at| &self.text[at..at + quote.len()]),
            similarity: if at.is_some() { 1.0 } else { 0.0 },
        }
    }

    /// From the first token of the first piece to the last of the last, when all stand in order.
    fn in_order(&self, pieces: &[Vec<u64>]) -> Option<(usize, usize)> {
        let mut ends: Option<(usize, usize)> = None;
        for piece in pieces {
            let at = find(&self.hashes, piece, ends.map_or(0, |(_, end)| end))?;
            ends = Some((ends.map_or(at, |(start, _)| start), at + piece.len()));
        }
        ends
    }

    /// The run of words most like the quotation.
    fn nearest(&self, quote: &str) -> Found<'a> {
        let quoted = hashes(quote);
        let mut wanted: Vec<u64> = features(tokens(quote).take(LONGEST)).collect();
        wanted.sort_unstable();
        let missing = |similarity| Found {
            wording: Wording::Missing,
            now: None,
            similarity,
        };
        let Some((from, to)) = self.densest(&wanted) else {
            return missing(0.0);
        };
        let mut there = self.features[from..to].to_vec();
        there.sort_unstable();
        let similarity = dice(&wanted, &there);
        if similarity < NEAR {
            return missing(similarity);
        }
        // Where words are not parted, a feature is of two characters or three, and named by the last.
        let joins = |at: &usize| self.tokens[*at].script != Script::Spaced && quoted.contains(&self.hashes[*at]);
        let from = (from.saturating_sub(2)..from)
            .rev()
            .take_while(joins)
            .last()
            .unwrap_or(from);
        Found {
            wording: Wording::Near,
            now: Some(self.span(from, to)),
            similarity,
        }
    }

    /// The window, a quarter longer than the quotation, that holds most of its words, without what it has
    /// at either end that is none of them. `wanted` is sorted.
    fn densest(&self, wanted: &[u64]) -> Option<(usize, usize)> {
        let ranks: Vec<Option<usize>> = self
            .features
            .iter()
            .map(|feature| wanted.binary_search(feature).ok())
            .collect();
        // A word that the quotation has twice has one rank: its count.
        let mut counts = vec![0_usize; wanted.len()];
        let first = |rank: usize| wanted.partition_point(|one| *one < wanted[rank]);
        for rank in 0..wanted.len() {
            counts[first(rank)] += 1;
        }
        let ranks: Vec<Option<usize>> = ranks.into_iter().map(|rank| rank.map(first)).collect();
        let width = (wanted.len() + wanted.len() / 4 + 1).min(self.features.len());
        let mut held = vec![0_usize; wanted.len()];
        let (mut overlap, mut best) = (0, (0, 0));
        for at in 0..ranks.len() {
            if let Some(rank) = ranks[at] {
                held[rank] += 1;
                overlap += usize::from(held[rank] <= counts[rank]);
            }
            if let Some(rank) = at.checked_sub(width).and_then(|gone| ranks[gone]) {
                overlap -= usize::from(held[rank] <= counts[rank]);
                held[rank] -= 1;
            }
            if overlap > best.0 {
                best = (overlap, at + 1);
            }
        }
        let window = best.1.saturating_sub(width)..best.1;
        let from = window.clone().find(|at| ranks[*at].is_some())?;
        let to = window.rev().find(|at| ranks[*at].is_some())? + 1;
        Some((from, to))
    }

    fn span(&self, from: usize, to: usize) -> &'a str {
        &self.text[self.tokens[from].start..self.tokens[to - 1].end]
    }
}

fn hashes(text: &str) -> Vec<u64> {
    Tokens::new(text, Accents::Count)
        .take(LONGEST)
        .map(|token| token.hash)
        .collect()
}

/// The words of a quotation between what the quoting writer left out or put in; none of them empty.
fn pieces(quote: &str) -> Vec<Vec<u64>> {
    let mut pieces = vec![String::new()];
    let mut rest = quote;
    while let Some(c) = rest.chars().next() {
        let after = &rest[c.len_utf8()..];
        let end = after.find([']', '］', '】']).filter(|_| matches!(c, '[' | '［' | '【'));
        if let Some(end) = end {
            let (inside, close) = (&after[..end], after[end..].chars().next().map_or(1, char::len_utf8));
            rest = &after[end + close..];
            let letter = inside.chars().count() == 1 && rest.starts_with(char::is_alphabetic);
            match (letter, pieces.last_mut()) {
                (true, Some(last)) => last.push_str(inside),
                _ => pieces.push(String::new()),
            }
            continue;
        }
        let dots = rest.len() - rest.trim_start_matches(['.', '…', '⋯', '‥']).len();
        if dots > 0 && (c != '.' || dots > 1) {
            pieces.push(String::new());
            rest = &rest[dots..];
            continue;
        }
        if let Some(last) = pieces.last_mut() {
            last.push(c);
        }
        rest = after;
    }
    let words = pieces.iter().map(|piece| hashes(piece));
    words.filter(|words| !words.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn one<'a>(quote: &str, text: &'a str) -> Found<'a> {
        check(&[quote], text).remove(0)
    }

    #[test]
    fn finds_words_however_they_are_set() {
        let text =
            "The council said: “We don't know — yet — what the bridge (all of it) will cost.” Then it met again.";
        for quote in [
            "We don’t know - yet - what the bridge",
            "WE DON'T KNOW YET what the bridge (all of it) will cost.",
            "the bridge … will cost",
            "the bridge [...] will cost",
            "what the bridge [which one?] will cost",
            "[W]e don't know",
            "[the council] said",
            "The council said... it met again",
        ] {
            let found = one(quote, text);
            let want = if quote.starts_with("[the") { "said" } else { "" };
            assert_eq!(found.wording, Wording::Exact, "{quote}");
            assert!(
                found.now.is_some_and(|now| text.contains(now) && now.contains(want)),
                "{quote}"
            );
        }
        assert_eq!(
            one("the bridge … will cost", text).now,
            Some("the bridge (all of it) will cost")
        );
    }

    #[test]
    fn tells_near_words_from_missing_ones() {
        for (quote, text, wording, now) in [
            (
                "the bridge will cost 31 million in all",
                "He said that the bridge will cost 13 million in all, at least.",
                Wording::Near,
                Some("the bridge will cost 13 million in all"),
            ),
            (
                "the bridge will cost 31 million",
                "Nobody came to the museum in the winter.",
                Wording::Missing,
                None,
            ),
            (
                "it will cost … the bridge",
                "the bridge is what it will cost",
                Wording::Near,
                Some("the bridge is what it will cost"),
            ),
            (
                "мост обойдётся в 31 млн рублей",
                "Мост обойдется в 31 млн рублей, сказал он.",
                Wording::Exact,
                Some("Мост обойдется в 31 млн рублей"),
            ),
            (
                "мост обойдётся городу в 31 млн",
                "Мост обойдётся нам в 31 млн.",
                Wording::Near,
                Some("Мост обойдётся нам в 31 млн"),
            ),
            (
                "köprü ışıl ışıl parlıyordu",
                "KÖPRÜ IŞIL IŞIL PARLIYORDU!",
                Wording::Exact,
                Some("KÖPRÜ IŞIL IŞIL PARLIYORDU"),
            ),
            (
                "橋は来年完成する予定である",
                "市によると、橋は来年完成する予定である。",
                Wording::Exact,
                Some("橋は来年完成する予定である"),
            ),
            (
                "橋は来年完成する予定である",
                "市によると、橋は再来年完成する予定である。",
                Wording::Near,
                Some("橋は再来年完成する予定である"),
            ),
            ("大桥将于明年建成通车", "博物馆冬天没有人来参观", Wording::Missing, None),
            (
                "สะพานจะสร้างเสร็จปีหน้า",
                "เทศบาลกล่าวว่า สะพานจะสร้างเสร็จปีหน้า แน่นอน",
                Wording::Exact,
                Some("สะพานจะสร้างเสร็จปีหน้า"),
            ),
            (
                "สะพานจะสร้างเสร็จปีหน้า",
                "พิพิธภัณฑ์ปิดในฤดูหนาวเพราะไม่มีคนมา",
                Wording::Missing,
                None,
            ),
            (
                "الجسر سيكتمل في العام القادم",
                "قالت البلدية إن «الجسرُ سيكتملُ في العام القادم».",
                Wording::Exact,
                Some("الجسرُ سيكتملُ في العام القادم"),
            ),
            ("any words at all", "", Wording::Missing, None),
            ("…", "What now…", Wording::Exact, Some("…")),
            ("🙂", "no smile", Wording::Missing, None),
        ] {
            let found = one(quote, text);
            assert_eq!(
                (found.wording, found.now),
                (wording, now),
                "{quote} / {text} {}",
                found.similarity
            );
        }
    }

    proptest! {
        #[test]
        fn finds_any_run_of_whole_words(words in prop::collection::vec("\\PC{1,8}", 1..30), from in 0_usize..30, count in 1_usize..20) {
            let from = from % words.len();
            let quote = words[from..words.len().min(from + count)].join(" ");
            let text = words.join("\n");
            let found = one(&quote, &text);
            prop_assert!(found.wording == Wording::Exact || hashes(&quote).is_empty(), "{:?} in {:?}", quote, text);
        }

        #[test]
        fn never_claims_words_that_are_not_in_the_text(quote in ".{0,60}", text in ".{0,120}") {
            let found = one(&quote, &text);
            prop_assert!((0.0..=1.0).contains(&found.similarity));
            prop_assert_eq!(found.now.is_some(), found.wording != Wording::Missing);
            prop_assert!(found.now.is_none_or(|now| text.contains(now)));
        }
    }
}
