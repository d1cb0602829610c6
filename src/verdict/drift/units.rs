//! A sentence into what a reader takes for one thing each: a number with its unit, a date, a word.
//!
//! Must not compare anything.

use super::lexicon::{self, Month};
use crate::verdict::tokens::{Script, Token, digit, mix, tokens};

/// What a unit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// With sign, separators, currency, size and unit: `−3.5 %`, `$31 million`, `１２万人`.
    Number,
    /// Four digits alone, from 1900 to 2099.
    Year,
    /// A written or numeric date, a day of the week, a time of day.
    Date,
    /// The name of a month alone.
    Month,
    /// A word that may be one.
    MaybeMonth,
    /// Capitalised, where that tells a name.
    Name,
    /// Capitalised at the beginning of a sentence, before another such word.
    MaybeName,
    /// Anything else.
    Word,
}

/// One thing in a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unit {
    /// First byte in the sentence.
    pub start: usize,
    /// One past its last byte.
    pub end: usize,
    /// Equal for what reads the same.
    pub hash: u64,
    /// What it is.
    pub kind: Kind,
}

/// Whether capital letters tell names in a text: not where nouns have them (German) or every word of a
/// heading does. A text of few words is taken to be ordinary.
pub(super) fn capitals_tell(text: &str) -> bool {
    let (mut upper, mut cased) = (0, 0);
    for token in tokens(text).take(4_000) {
        let first = text[token.start..].chars().next();
        let is_upper = first.is_some_and(char::is_uppercase);
        upper += usize::from(is_upper);
        cased += usize::from(is_upper || first.is_some_and(char::is_lowercase));
    }
    cased < 60 || 3 * upper < cased
}

/// The units of a sentence. `names`: whether capital letters tell names.
pub(super) fn units(sentence: &str, names: bool) -> Vec<Unit> {
    let mut lexer = Lexer {
        text: sentence,
        tokens: tokens(sentence).collect(),
        names,
    };
    lexer.names &= !lexer.shouts();
    let mut units = Vec::with_capacity(lexer.tokens.len());
    let mut at = 0;
    while at < lexer.tokens.len() {
        let (next, kind) = lexer.one(at);
        units.push(lexer.unit(at, next, kind));
        at = next;
    }
    units
}

struct Lexer<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    names: bool,
}

impl Lexer<'_> {
    /// What begins at token `at`, and the token after it.
    fn one(&self, at: usize) -> (usize, Kind) {
        if let Some(next) = self.date(at) {
            return (next, Kind::Date);
        }
        if let Some(number) = self.number(at) {
            return number;
        }
        if lexicon::is_weekday(self.tokens[at].hash) {
            return (at + 1, Kind::Date);
        }
        match self.month(at) {
            Some((next, Month::Sure)) => (next, Kind::Month),
            Some((next, Month::Unsure)) => (next, Kind::MaybeMonth),
            None => (at + 1, self.name(at)),
        }
    }

    fn unit(&self, from: usize, to: usize, kind: Kind) -> Unit {
        let (mut start, end) = (self.tokens[from].start, self.tokens[to - 1].end);
        let mut hash = 0;
        for at in from..to {
            // A space or an apostrophe parts thousands and changes nothing; a point or comma may be decimal.
            if at > from && kind == Kind::Number && matches!(self.gap(at), "." | "," | "٫" | "·") {
                hash = mix(hash, u64::from(b'.' == self.gap(at).as_bytes()[0]) + 1);
            }
            hash = mix(hash, self.tokens[at].hash);
        }
        if kind == Kind::Number
            && let Some((sign, length)) = self.sign(start)
        {
            start -= length;
            hash = mix(hash, u64::from(sign));
        }
        Unit { start, end, hash, kind }
    }

    /// The sign right before byte `start`, where it is no hyphen or dash between words.
    fn sign(&self, start: usize) -> Option<(char, usize)> {
        let mut before = self.text[..start].chars().rev();
        let sign = before
            .next()
            .filter(|c| matches!(c, '-' | '−' | '–' | '+' | '±' | '~' | '≈' | '<' | '>' | '≤' | '≥'))?;
        let alone = before.next().is_none_or(|c| c.is_whitespace() || c == '(');
        let folded = if matches!(sign, '−' | '–') { '-' } else { sign };
        alone.then_some((folded, sign.len_utf8()))
    }

    fn word(&self, at: usize) -> &str {
        self.tokens
            .get(at)
            .map_or("", |token| &self.text[token.start..token.end])
    }

    /// What stands between the token at `at` and the one before it.
    fn gap(&self, at: usize) -> &str {
        &self.text[self.tokens[at - 1].end..self.tokens[at].start]
    }

    /// Whether the token at `at` is there and follows closely enough to belong to the same date.
    fn follows(&self, at: usize) -> bool {
        at < self.tokens.len() && matches!(self.gap(at).trim(), "" | "," | "." | "-" | "/" | "،" | "º" | "°")
    }

    /// The value of the digits that a token begins with, how many they are, and whether they are all.
    fn digits(&self, at: usize) -> Option<(u32, usize, bool)> {
        let word = self.word(at);
        let digits = || word.chars().map_while(digit);
        let count = digits().count();
        let value = digits().fold(0_u32, |value, digit| {
            value.saturating_mul(10).saturating_add(digit.into())
        });
        (count > 0).then(|| (value, count, word.chars().count() == count))
    }

    /// A token that is a whole number of one to nine digits: its value and their count.
    fn value(&self, at: usize) -> Option<(u32, usize)> {
        self.digits(at)
            .filter(|(_, count, all)| *all && *count <= 9)
            .map(|(value, count, _)| (value, count))
    }

    fn is_year(&self, at: usize) -> bool {
        matches!(self.value(at), Some((1000..=2999, 4)))
    }

    /// A day of a month, perhaps with an ending (`5th`, `1er`).
    fn is_day(&self, at: usize) -> bool {
        let short = self.word(at).chars().count() <= 4;
        matches!(self.digits(at), Some((1..=31, 1..=2, _))) && short
    }

    /// The month at `at`, and the token after it.
    fn month(&self, at: usize) -> Option<(usize, Month)> {
        let token = self.tokens.get(at)?;
        if token.script == Script::Unspaced {
            let end = token.start + lexicon::unspaced_month(&self.text[token.start..]);
            let next = at + self.tokens[at..].iter().take_while(|token| token.end <= end).count();
            return (next > at).then_some((next, Month::Sure));
        }
        let month = lexicon::month(token.hash)?;
        // Vietnamese months are numbered: tháng 3.
        if token.end - token.start > 5 && self.word(at).to_lowercase() == "tháng" {
            return matches!(self.value(at + 1), Some((1..=12, _))).then_some((at + 2, Month::Sure));
        }
        Some((at + 1, month))
    }

    fn skip_joint(&self, at: usize) -> usize {
        let joins = self.tokens.get(at).is_some_and(|token| lexicon::joins_date(token.hash));
        at + usize::from(joins && self.follows(at))
    }

    /// The token after the date that begins at `at`.
    fn date(&self, at: usize) -> Option<usize> {
        self.digits(at)
            .and_then(|_| {
                self.numeric_date(at)
                    .or_else(|| self.counted_date(at))
                    .or_else(|| self.time(at))
            })
            .or_else(|| self.written_date(at))
    }

    /// `2024-03-05`, `5/3/24`, `05.03.2024`, and with a time behind `T`.
    fn numeric_date(&self, at: usize) -> Option<usize> {
        let (first, second, third) = (self.value(at)?, self.value(at + 1)?, self.digits(at + 2)?);
        let gap = self.gap(at + 1);
        let timed = third.1 == 2 && !third.2 && self.word(at + 2)[2..].starts_with(['T', 't']);
        let plain = third.2 || timed;
        let closed = self.tokens.len() <= at + 3 || timed || self.gap(at + 3) != gap;
        if !matches!(gap, "-" | "/" | "." | "‐" | "–") || self.gap(at + 2) != gap || !plain || !closed {
            return None;
        }
        let year_first = first.1 == 4 && second.0 <= 12 && third.0 <= 31;
        let year_last = third.1 == 4 && first.0 <= 31 && second.0 <= 31;
        let short = first.1.max(second.1).max(third.1) <= 2
            && first.0.max(second.0) <= 31
            && (gap == "/" || gap == "." && first.1 + second.1 + third.1 == 6);
        let mut next = at + 3;
        while timed && next < self.tokens.len() && self.gap(next) == ":" {
            next += 1;
        }
        (year_first || year_last || short).then_some(next)
    }

    /// `2024年3月5日`, `3月5日`, `2024년 3월 5일`.
    fn counted_date(&self, at: usize) -> Option<usize> {
        let mut next = at;
        for (names, most, digits) in [(['年', '년'], 9999, 4), (['月', '월'], 12, 2), (['日', '일'], 31, 2)] {
            let Some((value, count, all)) = self
                .digits(next)
                .filter(|_| next == at || self.gap(next).trim().is_empty())
            else {
                break;
            };
            let named = match all {
                true => self.word(next + 1).starts_with(names) && self.gap(next + 1).is_empty(),
                false => self.word(next).chars().nth(count).is_some_and(|c| names.contains(&c)),
            };
            // Days alone are as often a span of time.
            let fits =
                named && value <= most && count <= digits && (digits == 2 || count == 4) && (most != 31 || next > at);
            next += if fits { 1 + usize::from(all) } else { 0 };
        }
        (next > at).then_some(next)
    }

    /// `9:30`, `21:05:17`.
    fn time(&self, at: usize) -> Option<usize> {
        let minutes =
            |at: usize| at < self.tokens.len() && self.gap(at) == ":" && matches!(self.value(at), Some((0..=59, 2)));
        let hour = matches!(self.value(at), Some((0..=24, 1..=2)));
        (hour && minutes(at + 1)).then(|| at + 2 + usize::from(minutes(at + 2)))
    }

    /// `5 March 2024`, `March 5th, 2024`, `5 de marzo`, `2024. március 5.`, `March 2024`.
    fn written_date(&self, at: usize) -> Option<usize> {
        if self.is_year(at)
            && self.follows(at + 1)
            && let Some((month, _)) = self.month(at + 1)
        {
            return Some(month + usize::from(self.follows(month) && self.is_day(month)));
        }
        let with_year = |at: usize| {
            let year = self.skip_joint(at);
            (self.follows(year) && self.is_year(year)).then_some(year + 1)
        };
        if self.is_day(at) {
            let month = self.skip_joint(at + 1);
            let (next, _) = self.month(month).filter(|_| self.follows(month))?;
            return Some(with_year(next).unwrap_or(next));
        }
        let (next, _) = self.month(at)?;
        if self.follows(next) && self.is_day(next) {
            return Some(with_year(next + 1).unwrap_or(next + 1));
        }
        with_year(next)
    }

    /// The number that begins at `at`: the token after it, and whether it may be a year.
    fn number(&self, at: usize) -> Option<(usize, Kind)> {
        let is_sign = |at: usize| self.word(at).chars().next().is_some_and(|c| !c.is_alphanumeric());
        let is_code = |at: usize| {
            let word = self.word(at);
            word.len() == 3 && word.bytes().all(|b| b.is_ascii_uppercase()) && lexicon::is_unit(self.tokens[at].hash)
        };
        let prefixed = (is_sign(at) || is_code(at)) && at + 1 < self.tokens.len() && self.gap(at + 1).trim().is_empty();
        let first = at + usize::from(prefixed);
        let body = match self.word(first).chars().next() {
            Some(c) if c.is_numeric() && !is_han_numeral(c) => self.groups(first),
            Some(c) if is_han_numeral(c) => self.han(first)?,
            _ => return None,
        };
        let yearlike = !prefixed && body == first + 1 && matches!(self.value(first), Some((1900..=2099, 4)));
        if yearlike && matches!(self.word(body), "год" | "года" | "году" | "г" | "року" | "рік") {
            return Some((body + 1, Kind::Year));
        }
        let next = self.suffixes(body);
        Some((
            next,
            if yearlike && next == body {
                Kind::Year
            } else {
                Kind::Number
            },
        ))
    }

    /// The token after the groups of digits of one number.
    fn groups(&self, first: usize) -> usize {
        let mut next = first + 1;
        while next < self.tokens.len() && self.value(next - 1).is_some() {
            let grouped = self.value(next).is_some_and(|(_, count)| count == 3)
                && self
                    .value(next - 1)
                    .is_some_and(|(_, count)| count == 3 || next == first + 1 && count < 3);
            let joined = match self.gap(next) {
                "." | "," | "٫" | "٬" | "·" | "'" | "’" | "_" => self.digits(next).is_some(),
                " " | "\u{a0}" | "\u{202f}" | "\u{2009}" => grouped,
                _ => false,
            };
            if !joined {
                break;
            }
            next += 1;
        }
        next
    }

    /// The token after a number written in Han numerals, of two at least.
    fn han(&self, first: usize) -> Option<usize> {
        let is_numeral = |token: &&Token| self.text[token.start..].chars().next().is_some_and(is_han_numeral);
        let count = self.tokens[first..].iter().take_while(is_numeral).count();
        (count > 1).then_some(first + count)
    }

    /// The token after the signs, sizes and units behind a number.
    fn suffixes(&self, from: usize) -> usize {
        let mut next = from;
        while next < self.tokens.len() && next < from + 8 {
            let (token, gap) = (self.tokens[next], self.gap(next).trim());
            let is_unspaced = token.script != Script::Spaced || self.word(next) == "％";
            let unspaced = if is_unspaced {
                lexicon::unspaced_unit(&self.text[token.start..])
            } else {
                0
            };
            let sign = self.word(next).chars().next().is_some_and(|c| !c.is_alphanumeric());
            let degree = gap == "°" && matches!(self.word(next), "C" | "F");
            let per_cent =
                self.word(next).eq_ignore_ascii_case("per") && self.word(next + 1).eq_ignore_ascii_case("cent");
            if !(gap.is_empty() || gap == "-" || gap == "." || degree) {
                break;
            }
            if unspaced > 0 && gap.is_empty() {
                let end = token.start + unspaced;
                next += self.tokens[next..]
                    .iter()
                    .take_while(|token| token.end <= end)
                    .count()
                    .max(1);
            } else if per_cent {
                next += 2;
            } else if degree
                || sign && gap.is_empty() && !self.leads_on(next)
                || gap != "." && lexicon::is_unit(token.hash)
            {
                next += 1;
            } else {
                break;
            }
        }
        next
    }

    /// Whether a sign of currency belongs to the number behind it.
    fn leads_on(&self, at: usize) -> bool {
        at + 1 < self.tokens.len() && self.gap(at + 1).is_empty() && self.digits(at + 1).is_some()
    }

    /// What a word is by its capital letter.
    fn name(&self, at: usize) -> Kind {
        let is_capital = |at: usize| self.word(at).chars().next().is_some_and(char::is_uppercase);
        let acronym = self.word(at).chars().skip(1).any(char::is_uppercase);
        match self.names && is_capital(at) {
            true if at > 0 || acronym => Kind::Name,
            true if is_capital(at + 1) => Kind::MaybeName,
            _ => Kind::Word,
        }
    }

    /// Whether the whole sentence is in capital letters.
    fn shouts(&self) -> bool {
        let mut cased = self.text.chars().filter(|c| c.is_uppercase() || c.is_lowercase());
        self.tokens.len() > 1 && cased.all(char::is_uppercase)
    }
}

fn is_han_numeral(c: char) -> bool {
    matches!(
        c,
        '〇' | '零'
            | '一'
            | '二'
            | '三'
            | '四'
            | '五'
            | '六'
            | '七'
            | '八'
            | '九'
            | '十'
            | '百'
            | '千'
            | '万'
            | '萬'
            | '億'
            | '亿'
            | '兆'
            | '两'
            | '兩'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The units that are more than a word.
    fn told(sentence: &str) -> Vec<(Kind, &str)> {
        let special = |unit: &Unit| !matches!(unit.kind, Kind::Word | Kind::MaybeMonth | Kind::MaybeName);
        let units = units(sentence, true).into_iter().filter(special);
        units.map(|unit| (unit.kind, &sentence[unit.start..unit.end])).collect()
    }

    #[test]
    fn numbers_have_their_signs_separators_and_units() {
        for (sentence, want) in [
            ("it cost $31 million in all", "$31 million"),
            ("about 1,234,567.89 of them", "1,234,567.89"),
            ("rund 1.200 Meter lang", "1.200 Meter"),
            ("около 12 000 рублей в год", "12 000 рублей"),
            ("it fell by −3.5 % since", "−3.5 %"),
            ("a 5-year plan", "5-year"),
            ("at 21 °C today", "21 °C"),
            ("some 40 per cent say", "40 per cent"),
            ("حوالي ٣١ مليون شخص", "٣١ مليون"),
            ("ยาวประมาณ 42 เมตร", "42 เมตร"),
            ("人口は31万人である", "31万人"),
            ("人口は三十一万人である", "三十一万人"),
            ("the EUR 5 bn fund", "EUR 5 bn"),
            ("लगभग ३१ लाख लोग", "३१ लाख"),
            ("nüfusu 31 milyon oldu", "31 milyon"),
            ("he ran 31km yesterday", "31km"),
            ("the 3rd time", "3rd"),
        ] {
            assert_eq!(told(sentence), [(Kind::Number, want)], "{sentence}");
        }
        assert_eq!(told("pages 10–12"), [(Kind::Number, "10"), (Kind::Number, "12")]);
        assert_eq!(told("in 2019 it"), [(Kind::Year, "2019")]);
        assert_eq!(told("в 2019 году"), [(Kind::Year, "2019 году")]);
        assert_eq!(told("这是一座桥"), []);
    }

    #[test]
    fn dates_are_read_in_many_languages() {
        for (sentence, want) in [
            ("on 5 March 2024 it", "5 March 2024"),
            ("on March 5th, 2024, it", "March 5th, 2024"),
            ("in May 2024 it", "May 2024"),
            ("seit 5. März 2024 gilt", "5. März 2024"),
            ("el 5 de marzo de 2024", "5 de marzo de 2024"),
            ("le 1er août 2024", "1er août 2024"),
            ("с 5 марта 2024 по", "5 марта 2024"),
            ("ta 5 mart 2024 günü", "5 mart 2024"),
            ("في 5 مارس 2024 قال", "5 مارس 2024"),
            ("वह 5 मार्च 2024 को", "5 मार्च 2024"),
            ("เมื่อ 5 มีนาคม 2567", "5 มีนาคม 2567"),
            ("2024. március 5. volt", "2024. március 5"),
            ("từ 5 tháng 3 năm 2024", "5 tháng 3 năm 2024"),
            ("橋は2024年3月5日に", "2024年3月5日"),
            ("2024년 3월 5일 에", "2024년 3월 5일"),
            ("on 2024-03-05 it", "2024-03-05"),
            ("on 05.03.2024 it", "05.03.2024"),
            ("on 5/3/24 it", "5/3/24"),
            ("at 2024-03-05T10:30:00 it", "2024-03-05T10:30:00"),
            ("at 9:30 it", "9:30"),
            ("on Tuesday it", "Tuesday"),
        ] {
            assert_eq!(told(sentence), [(Kind::Date, want)], "{sentence}");
        }
        for sentence in ["she may march on", "version 1.2.3 is out", "for 10.0.0.1 only"] {
            assert!(
                told(sentence).iter().all(|(kind, _)| *kind == Kind::Number),
                "{sentence}"
            );
        }
        assert_eq!(told("in september it"), [(Kind::Month, "september")]);
    }

    #[test]
    fn names_are_capitalised_words_where_that_tells() {
        let names = |sentence| {
            told(sentence)
                .into_iter()
                .filter(|(kind, _)| *kind == Kind::Name)
                .map(|(_, text)| text)
                .collect::<Vec<_>>()
        };
        assert_eq!(names("The minister Anna Holm met NATO"), ["Anna", "Holm", "NATO"]);
        assert_eq!(names("Вчера Иванов приехал"), ["Иванов"]);
        assert_eq!(names("ALL OF THIS IS LOUD"), Vec::<&str>::new());
        assert_eq!(names("وقال محمد علي"), Vec::<&str>::new());
        let german = "Der Mann und die Frau kauften im Laden Brot und Butter für das Essen am Abend. ".repeat(6);
        let english = "The man and the woman bought bread and butter for their dinner in the evening. ".repeat(6);
        assert!(!capitals_tell(&german) && capitals_tell(&english));
    }
}
