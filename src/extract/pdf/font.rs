//! Fonts, as far as they tell which characters the bytes of a text are, and how wide.

use std::collections::HashMap;

use lopdf::{Dictionary, Document, Object};

use super::syntax::{Budget, Lexer, Token};

/// Mappings kept of one table.
const MAPPINGS: usize = 100_000;

pub struct Font {
    /// Two bytes a character, unless the table of characters says otherwise.
    wide: bool,
    to_unicode: Option<Table>,
    /// Of fonts with a byte a character.
    simple: Vec<Option<char>>,
    /// Of East Asian fonts whose codes are those of a known character set.
    charset: Option<&'static encoding_rs::Encoding>,
    widths: HashMap<u32, f64>,
    default_width: f64,
    /// Whether the file tells widths.
    pub measured: bool,
}

impl Font {
    pub fn read(document: &Document, font: &Dictionary, budget: &mut Budget) -> Self {
        budget.pay(4096);
        let name = |key: &[u8]| {
            font.get_deref(key, document)
                .and_then(Object::as_name)
                .unwrap_or_default()
        };
        let wide = name(b"Subtype") == b"Type0";
        let table = font.get_deref(b"ToUnicode", document).and_then(Object::as_stream);
        let table = table.ok().and_then(|stream| budget.decode(stream, 4 << 20));
        let mut read = Self {
            wide,
            to_unicode: table.map(|bytes| Table::read(&bytes, budget)),
            simple: Vec::new(),
            charset: None,
            widths: HashMap::new(),
            default_width: if wide { 1.0 } else { 0.5 },
            measured: true,
        };
        if wide {
            read.charset = charset(name(b"Encoding"));
            read.wide_widths(document, font, budget);
        } else {
            read.simple = simple(document, font, budget);
            read.simple_widths(document, font);
        }
        read
    }

    fn simple_widths(&mut self, document: &Document, font: &Dictionary) {
        let first = font
            .get_deref(b"FirstChar", document)
            .and_then(Object::as_i64)
            .unwrap_or(0);
        let widths = font.get_deref(b"Widths", document).and_then(Object::as_array);
        let Ok(widths) = widths else {
            // One of the fourteen fonts that every reader has.
            let name = font.get(b"BaseFont").and_then(Object::as_name).unwrap_or_default();
            let fixed = name.starts_with(b"Courier");
            self.measured = fixed;
            self.default_width = if fixed { 0.6 } else { 0.5 };
            return;
        };
        // The glyphs of Type 3 fonts have a space of their own.
        let scale = font.get_deref(b"FontMatrix", document).and_then(Object::as_array);
        let scale = scale.ok().and_then(|m| number(m.first()?)).unwrap_or(0.001);
        for (code, width) in (first..=255).zip(widths) {
            if let (Ok(code), Some(width)) = (u32::try_from(code), number(deref(document, width))) {
                self.widths.insert(code, width * scale);
            }
        }
    }

    fn wide_widths(&mut self, document: &Document, font: &Dictionary, budget: &mut Budget) {
        let below = font.get_deref(b"DescendantFonts", document).and_then(Object::as_array);
        let below = below
            .ok()
            .and_then(|fonts| deref(document, fonts.first()?).as_dict().ok());
        let Some(below) = below else { return };
        if let Some(width) = below.get_deref(b"DW", document).ok().and_then(number) {
            self.default_width = width / 1000.0;
        }
        let Ok(list) = below.get_deref(b"W", document).and_then(Object::as_array) else {
            return;
        };
        let mut items = list.iter().map(|item| deref(document, item));
        while let Some(first) = items.next().and_then(whole) {
            match items.next() {
                Some(Object::Array(widths)) => {
                    if !budget.pay(16 * widths.len()) {
                        return;
                    }
                    for (code, width) in (first..=u32::MAX).zip(widths) {
                        self.widths
                            .extend(number(deref(document, width)).map(|width| (code, width / 1000.0)));
                    }
                }
                Some(last) => {
                    let (Some(last), Some(width)) = (whole(last), items.next().and_then(number)) else {
                        return;
                    };
                    let last = last.min(first.saturating_add(0xFFFF));
                    if !budget.pay(16 * (1 + last.saturating_sub(first) as usize)) {
                        return;
                    }
                    self.widths.extend((first..=last).map(|code| (code, width / 1000.0)));
                }
                None => return,
            }
            if self.widths.len() > MAPPINGS {
                return;
            }
        }
    }

    /// Gives `each` every character code: what it says, its width in ems, and whether it is the single
    /// byte for a space.
    pub fn show(&self, bytes: &[u8], mut each: impl FnMut(&str, f64, bool)) {
        if let (Some(charset), None) = (self.charset, &self.to_unicode) {
            let text = charset.decode_without_bom_handling(bytes).0;
            let mut small = [0; 4];
            text.chars()
                .for_each(|c| each(c.encode_utf8(&mut small), self.default_width, false));
            return;
        }
        let mut at = 0;
        let mut small = [0; 4];
        while at < bytes.len() {
            let most = (bytes.len() - at).min(4);
            let length = match &self.to_unicode {
                Some(table) if self.wide => table.length(&bytes[at..at + most]).unwrap_or(2),
                _ if self.wide => 2,
                _ => 1,
            };
            let length = length.min(most);
            let code = bytes[at..at + length]
                .iter()
                .fold(0, |code, &b| code << 8 | u32::from(b));
            at += length;
            let width = self.widths.get(&code).copied().unwrap_or(self.default_width);
            let space = length == 1 && code == 32;
            let said = self.to_unicode.as_ref().and_then(|table| table.get(length, code));
            match said {
                Some(said) => each(&said, width, space),
                None => match self.simple.get(code as usize).copied().flatten() {
                    Some(c) => each(c.encode_utf8(&mut small), width, space),
                    None => each("", width, space),
                },
            }
        }
    }
}

fn deref<'a>(document: &'a Document, object: &'a Object) -> &'a Object {
    document.dereference(object).map_or(&Object::Null, |(_, object)| object)
}

pub fn number(object: &Object) -> Option<f64> {
    object
        .as_float()
        .ok()
        .map(f64::from)
        .filter(|number| number.is_finite())
}

fn whole(object: &Object) -> Option<u32> {
    u32::try_from(object.as_i64().ok()?).ok()
}

/// The character set of a predefined table of codes, where this is one the web knows.
fn charset(name: &[u8]) -> Option<&'static encoding_rs::Encoding> {
    let name = std::str::from_utf8(name).ok()?;
    let has = |part: &str| name.contains(part);
    Some(match name {
        _ if has("-UCS2-") || has("-UTF16-") => encoding_rs::UTF_16BE,
        _ if has("-UTF8-") => encoding_rs::UTF_8,
        _ if has("RKSJ") => encoding_rs::SHIFT_JIS,
        _ if name.starts_with("GB") => encoding_rs::GB18030,
        _ if name.starts_with("KSC") => encoding_rs::EUC_KR,
        _ if has("B5") => encoding_rs::BIG5,
        "EUC-H" | "EUC-V" => encoding_rs::EUC_JP,
        _ => return None,
    })
}

/// The characters of a font with a byte a character.
fn simple(document: &Document, font: &Dictionary, budget: &mut Budget) -> Vec<Option<char>> {
    let encoding = font.get_deref(b"Encoding", document).ok();
    let base = match encoding {
        Some(Object::Name(name)) => name.as_slice(),
        Some(Object::Dictionary(dict)) => dict.get(b"BaseEncoding").and_then(Object::as_name).unwrap_or_default(),
        _ => b"",
    };
    // A font that brings its own encoding mostly means this one, whatever the standard presumes.
    let base = match base {
        b"MacRomanEncoding" | b"MacExpertEncoding" | b"StandardEncoding" => base,
        _ => b"WinAnsiEncoding",
    };
    let mut asked = Dictionary::new();
    asked.set("Type", Object::Name(b"Font".to_vec()));
    asked.set("Encoding", Object::Name(base.to_vec()));
    let table = asked.get_font_encoding(document).ok();
    let mut chars: Vec<Option<char>> = (0..=255)
        .map(|code| table.as_ref()?.bytes_to_string(&[code]).ok()?.chars().next())
        .collect();
    let differences = encoding.and_then(|encoding| encoding.as_dict().ok());
    let differences = differences.and_then(|dict| dict.get_deref(b"Differences", document).ok()?.as_array().ok());
    let mut code = 0;
    for item in differences.into_iter().flatten() {
        match item {
            Object::Integer(to) => code = usize::try_from(*to).unwrap_or(256),
            Object::Name(name) => {
                // Looking a name up in a long list costs.
                if let Some(slot) = chars.get_mut(code).filter(|_| budget.pay(1000)) {
                    *slot = glyph(document, name).or(*slot);
                }
                code = code.saturating_add(1);
            }
            _ => {}
        }
    }
    chars
}

/// The character of a glyph's name.
fn glyph(document: &Document, name: &[u8]) -> Option<char> {
    let text = std::str::from_utf8(name).ok()?;
    let bare = text.split('.').next().filter(|bare| !bare.is_empty())?;
    // The crate's list of names is reached through an encoding that has this one only.
    let named = vec![Object::Integer(0), Object::Name(bare.as_bytes().to_vec())];
    let mut encoding = Dictionary::new();
    encoding.set("Differences", Object::Array(named));
    let mut font = Dictionary::new();
    font.set("Type", Object::Name(b"Font".to_vec()));
    font.set("Encoding", Object::Dictionary(encoding));
    let known = font.get_font_encoding(document).ok()?.bytes_to_string(&[0]).ok();
    if let Some(c) = known.and_then(|known| known.chars().next()) {
        return Some(c);
    }
    let digits = bare.strip_prefix("uni").or(bare.strip_prefix('u'))?;
    let digits = digits.get(..digits.len().min(6)).filter(|d| d.len() >= 4)?;
    char::from_u32(u32::from_str_radix(digits, 16).ok()?)
}

/// A ToUnicode table. Ranges stay ranges: one that spans all codes costs an entry.
#[derive(Default)]
struct Table {
    /// Length of a code, its lowest, its highest, what the lowest says in UTF-16.
    ranges: Vec<(usize, u32, u32, Vec<u16>)>,
    /// Lengths of codes with their first and last.
    spaces: Vec<(usize, u32, u32)>,
}

impl Table {
    fn read(bytes: &[u8], budget: &mut Budget) -> Self {
        let mut table = Self::default();
        let mut lexer = Lexer::new(bytes, 0);
        let mut values: Vec<Object> = Vec::new();
        let mut paid = 0;
        while let Some(token) = lexer.token(budget) {
            match token {
                Token::Value(value) => {
                    if values.len() < 3 * MAPPINGS {
                        values.push(value);
                    }
                }
                Token::Word(start, end) => {
                    match &bytes[start..end] {
                        b"endbfchar" => {
                            for [code, to] in values.as_chunks::<2>().0 {
                                if let (Some((length, code)), Some(to)) = (code_of(code), utf16(to)) {
                                    table.ranges.push((length, code, code, to));
                                }
                            }
                        }
                        b"endbfrange" => {
                            for [first, last, to] in values.as_chunks::<3>().0 {
                                let (Some((length, first)), Some((_, last))) = (code_of(first), code_of(last)) else {
                                    continue;
                                };
                                if let Object::Array(list) = to {
                                    let each = (first..=last).zip(list);
                                    table
                                        .ranges
                                        .extend(each.filter_map(|(code, to)| Some((length, code, code, utf16(to)?))));
                                } else if let Some(to) = utf16(to) {
                                    table.ranges.push((length, first, last, to));
                                }
                            }
                        }
                        b"endcodespacerange" => {
                            for [first, last] in values.as_chunks::<2>().0 {
                                if let (Some((length, first)), Some((_, last))) = (code_of(first), code_of(last)) {
                                    table.spaces.push((length, first, last));
                                }
                            }
                        }
                        _ => {}
                    }
                    budget.release(&values);
                    values.clear();
                    let added = table.ranges.len() - paid;
                    paid = table.ranges.len();
                    if (0..added).any(|_| budget.node().is_none()) {
                        break;
                    }
                    if table.ranges.len() > MAPPINGS {
                        break;
                    }
                }
            }
        }
        table.spaces.truncate(16);
        table.ranges.sort_by_key(|range| (range.0, range.1));
        table
    }

    /// How many bytes the code that stands first has.
    fn length(&self, bytes: &[u8]) -> Option<usize> {
        let mut code = 0;
        for (at, &byte) in bytes.iter().enumerate() {
            code = code << 8 | u32::from(byte);
            let fits = |&(length, first, last): &(usize, u32, u32)| length == at + 1 && (first..=last).contains(&code);
            if self.spaces.iter().any(fits) {
                return Some(at + 1);
            }
        }
        None
    }

    fn get(&self, length: usize, code: u32) -> Option<String> {
        let after = self
            .ranges
            .partition_point(|range| (range.0, range.1) <= (length, code));
        let (of, first, last, to) = self.ranges[..after].last()?;
        if *of != length || code > *last {
            return None;
        }
        let mut units = to.clone();
        let end = units.last_mut()?;
        *end = end.wrapping_add((code - first) as u16);
        Some(String::from_utf16_lossy(&units))
    }
}

fn code_of(object: &Object) -> Option<(usize, u32)> {
    let bytes = object.as_str().ok().filter(|bytes| (1..=4).contains(&bytes.len()))?;
    Some((bytes.len(), bytes.iter().fold(0, |code, &b| code << 8 | u32::from(b))))
}

/// What a code says: a few characters at most.
fn utf16(object: &Object) -> Option<Vec<u16>> {
    let bytes = object.as_str().ok().filter(|bytes| bytes.len() <= 32)?;
    Some(match bytes {
        [byte] => vec![u16::from(*byte)],
        _ => bytes
            .as_chunks::<2>()
            .0
            .iter()
            .map(|&unit| u16::from_be_bytes(unit))
            .collect(),
    })
}
