//! The syntax of PDF: tokens, objects, and the objects of a whole file, found by one pass over its bytes.
//!
//! Owns the limits of all work on one file. Cross-reference tables are not believed: objects are found
//! where they stand, the later of two wins, and nothing is read twice because two entries point at it.

use std::collections::HashMap;

use lopdf::{Dictionary, Document, Object, ObjectId, Stream, StringFormat};

/// Nesting of arrays and dictionaries.
const DEPTH: usize = 64;
/// Objects of a file that are kept, and the values in them. A value is about a hundred bytes.
const OBJECTS: usize = 500_000;
const NODES: usize = 1_000_000;

/// What the reading of one file may still cost. Counts steps rather than time: the same bytes give the
/// same page on every machine.
pub struct Budget {
    /// Bytes looked at and characters shown.
    work: u64,
    /// Values held in memory.
    nodes: usize,
    /// Bytes that may still come out of filters.
    decoded: usize,
    /// Something was left out.
    pub short: bool,
}

impl Budget {
    pub fn new() -> Self {
        Self {
            work: 256 << 20,
            nodes: NODES,
            decoded: 64 << 20,
            short: false,
        }
    }

    /// Pays for `steps` of work; false when there is no more.
    pub fn pay(&mut self, steps: usize) -> bool {
        match self.work.checked_sub(steps as u64) {
            Some(rest) => self.work = rest,
            None => (self.work, self.short) = (0, true),
        }
        self.work > 0
    }

    /// Pays for a value that is kept; `None` when there is no more room.
    pub fn node(&mut self) -> Option<()> {
        self.short |= self.nodes == 0;
        self.nodes = self.nodes.checked_sub(1)?;
        Some(())
    }

    /// Gives back what values cost that are dropped now.
    pub fn release(&mut self, values: &[Object]) {
        self.nodes += values.iter().map(count).sum::<usize>();
    }

    /// What a stream holds behind its filters, at most `most` bytes.
    pub fn decode(&mut self, stream: &Stream, most: usize) -> Option<Vec<u8>> {
        let filters = stream.filters().unwrap_or_default();
        let images = |name: &&[u8]| matches!(*name, b"DCTDecode" | b"JPXDecode" | b"CCITTFaxDecode" | b"JBIG2Decode");
        if filters.len() > 4 || filters.iter().any(images) || !self.pay(stream.content.len()) {
            return None;
        }
        let layers = filters.len().max(1);
        let limit = most.min(self.decoded / layers);
        let decoded = stream.get_plain_content_with_limit(limit);
        let spent = match (&decoded, layers) {
            (Ok(bytes), 1) => bytes.len(),
            (Err(lopdf::Error::Decompress(lopdf::DecompressError::MemoryLimitExceeded { .. })), _) => {
                self.short = true;
                limit * layers
            }
            (Ok(_), _) => limit.min(stream.content.len().saturating_mul(1100)) * layers,
            (Err(_), _) => stream.content.len().min(limit),
        };
        self.decoded -= spent.min(self.decoded);
        decoded.ok()
    }
}

/// How many values a value is made of.
fn count(value: &Object) -> usize {
    1 + match value {
        Object::Array(items) => items.iter().map(count).sum(),
        Object::Dictionary(entries) => entries.iter().map(|(_, value)| count(value)).sum::<usize>(),
        _ => 0,
    }
}

/// What a lexer finds.
pub enum Token {
    Value(Object),
    /// A word that is no value: an operator, a keyword.
    Word(usize, usize),
}

pub struct Lexer<'a> {
    pub bytes: &'a [u8],
    pub at: usize,
}

pub fn is_space(byte: u8) -> bool {
    matches!(byte, 0 | 9 | 10 | 12 | 13 | 32)
}

fn is_regular(byte: u8) -> bool {
    !is_space(byte)
        && !matches!(
            byte,
            b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%'
        )
}

impl<'a> Lexer<'a> {
    pub fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// Passes white space and comments.
    pub fn space(&mut self) {
        while let Some(byte) = self.peek() {
            if byte == b'%' {
                while self.peek().is_some_and(|b| b != b'\n' && b != b'\r') {
                    self.at += 1;
                }
            } else if is_space(byte) {
                self.at += 1;
            } else {
                break;
            }
        }
    }

    fn regular(&mut self) -> &'a [u8] {
        let start = self.at;
        while self.peek().is_some_and(is_regular) {
            self.at += 1;
        }
        &self.bytes[start..self.at]
    }

    /// The next value or word. Brackets that close nothing are passed over.
    pub fn token(&mut self, budget: &mut Budget) -> Option<Token> {
        loop {
            self.space();
            let start = self.at;
            let byte = self.peek()?;
            if !budget.pay(1) {
                return None;
            }
            if matches!(byte, b')' | b']' | b'}' | b'{' | b'>') {
                self.at += 1;
                continue;
            }
            if matches!(byte, b'/' | b'(' | b'<' | b'[' | b'+' | b'-' | b'.' | b'0'..=b'9') {
                match self.value(budget, DEPTH) {
                    Some(value) => return Some(Token::Value(value)),
                    None if self.at >= self.bytes.len() => return None,
                    None => {
                        self.at = self.at.max(start + 1);
                        continue;
                    }
                }
            }
            let word = self.regular();
            return Some(match word {
                b"true" => Token::Value(Object::Boolean(true)),
                b"false" => Token::Value(Object::Boolean(false)),
                b"null" => Token::Value(Object::Null),
                _ => Token::Word(start, self.at),
            });
        }
    }

    /// The value that stands here.
    pub fn value(&mut self, budget: &mut Budget, depth: usize) -> Option<Object> {
        self.space();
        let start = self.at;
        let depth = depth.checked_sub(1)?;
        budget.node()?;
        let value = match self.peek()? {
            b'/' => {
                self.at += 1;
                Some(Object::Name(name(self.regular())))
            }
            b'(' => self.literal().map(|s| Object::String(s, StringFormat::Literal)),
            b'<' if self.bytes.get(self.at + 1) == Some(&b'<') => {
                self.at += 2;
                self.dictionary(budget, depth).map(Object::Dictionary)
            }
            b'<' => Some(Object::String(self.hexadecimal(), StringFormat::Hexadecimal)),
            b'[' => {
                self.at += 1;
                self.array(budget, depth)
            }
            b'+' | b'-' | b'.' | b'0'..=b'9' => self.number(),
            _ => match self.regular() {
                b"true" => Some(Object::Boolean(true)),
                b"false" => Some(Object::Boolean(false)),
                b"null" => Some(Object::Null),
                _ => None,
            },
        };
        (budget.pay(self.at - start) && value.is_some())
            .then_some(value)
            .flatten()
    }

    fn array(&mut self, budget: &mut Budget, depth: usize) -> Option<Object> {
        let mut items = Vec::new();
        loop {
            self.space();
            if self.peek()? == b']' {
                self.at += 1;
                return Some(Object::Array(items));
            }
            items.push(self.value(budget, depth)?);
        }
    }

    fn dictionary(&mut self, budget: &mut Budget, depth: usize) -> Option<Dictionary> {
        let mut entries = Dictionary::new();
        loop {
            self.space();
            match self.peek()? {
                b'>' => {
                    self.at = (self.at + 2).min(self.bytes.len());
                    return Some(entries);
                }
                b'/' => {
                    self.at += 1;
                    let key = name(self.regular());
                    entries.set(key, self.value(budget, depth)?);
                }
                _ => return None,
            }
        }
    }

    /// A number, or a reference when two whole numbers and an `R` stand here.
    fn number(&mut self) -> Option<Object> {
        let written = std::str::from_utf8(self.regular()).ok()?;
        let Ok(whole) = written.parse::<i64>() else {
            // Writers have been seen to put out `--5` and `1.2.3`; what is no number is nought.
            return Some(Object::Real(written.parse::<f32>().unwrap_or(0.0)));
        };
        let after = self.at;
        if let Ok(number) = u32::try_from(whole) {
            self.space();
            let generation = self.peek().filter(u8::is_ascii_digit).map(|_| self.regular());
            let generation = generation.and_then(|g| std::str::from_utf8(g).ok()?.parse::<u16>().ok());
            if let Some(generation) = generation.filter(|_| self.at - after < 24) {
                self.space();
                if self.regular() == b"R" {
                    return Some(Object::Reference((number, generation)));
                }
            }
            self.at = after;
        }
        Some(Object::Integer(whole))
    }

    fn literal(&mut self) -> Option<Vec<u8>> {
        self.at += 1;
        let (mut out, mut open) = (Vec::new(), 1);
        loop {
            let byte = self.peek()?;
            self.at += 1;
            match byte {
                b'(' => open += 1,
                b')' => {
                    open -= 1;
                    if open == 0 {
                        return Some(out);
                    }
                }
                b'\\' => {
                    let escaped = self.peek()?;
                    self.at += 1;
                    match escaped {
                        b'n' => out.push(b'\n'),
                        b'r' => out.push(b'\r'),
                        b't' => out.push(b'\t'),
                        b'b' => out.push(8),
                        b'f' => out.push(12),
                        b'\n' => {}
                        b'\r' => self.at += usize::from(self.peek() == Some(b'\n')),
                        b'0'..=b'7' => {
                            let mut code = u32::from(escaped - b'0');
                            for _ in 0..2 {
                                let Some(digit @ b'0'..=b'7') = self.peek() else { break };
                                code = code * 8 + u32::from(digit - b'0');
                                self.at += 1;
                            }
                            out.push(code as u8);
                        }
                        other => out.push(other),
                    }
                    continue;
                }
                _ => {}
            }
            out.push(byte);
        }
    }

    fn hexadecimal(&mut self) -> Vec<u8> {
        self.at += 1;
        let (mut out, mut high) = (Vec::new(), None);
        while let Some(byte) = self.peek() {
            self.at += 1;
            if byte == b'>' {
                break;
            }
            let Some(digit) = char::from(byte).to_digit(16) else {
                continue;
            };
            match high.take() {
                Some(high) => out.push(high << 4 | digit as u8),
                None => high = Some(digit as u8),
            }
        }
        out.extend(high.map(|high| high << 4));
        out
    }

    /// Passes the data of an inline image, whose `BI` was read.
    pub fn skip_image(&mut self, budget: &mut Budget) {
        let rest = &self.bytes[self.at..];
        let data = rest.windows(2).position(|w| w == b"ID").map_or(rest.len(), |at| at + 2);
        let ends = |at: &usize| {
            let rest = &rest[*at..];
            is_space(rest[0]) && rest[1..3] == *b"EI" && rest.get(3).is_none_or(|&b| is_space(b))
        };
        let end = (data..rest.len().saturating_sub(2))
            .find(ends)
            .map_or(rest.len(), |at| at + 3);
        budget.pay(end);
        self.at += end;
    }
}

fn name(written: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(written.len());
    let mut at = 0;
    while at < written.len() {
        let digit = |at: usize| written.get(at).and_then(|&b| char::from(b).to_digit(16));
        match (written[at], digit(at + 1), digit(at + 2)) {
            (b'#', Some(high), Some(low)) => {
                out.push((high << 4 | low) as u8);
                at += 3;
            }
            (byte, ..) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    out
}

/// The objects of a file, those in object streams too.
pub struct File {
    pub document: Document,
    /// Encrypted with a password that is not empty, or in a way that is not known.
    pub locked: bool,
}

/// Finds the objects of a file.
pub fn read(bytes: &[u8], budget: &mut Budget) -> File {
    let mut document = Document::new();
    let mut trailer = Dictionary::new();
    let mut found_at: HashMap<ObjectId, usize> = HashMap::new();
    let mut packed = Vec::new();
    let mut at = 0;
    while at + 3 <= bytes.len() && document.objects.len() < OBJECTS {
        let here = &bytes[at..];
        if here.starts_with(b"trailer") {
            let held = budget.nodes;
            let mut lexer = Lexer::new(bytes, at + 7);
            if let Some(Object::Dictionary(found)) = lexer.value(budget, DEPTH)
                && found.has(b"Root")
            {
                trailer = found;
            }
            budget.nodes = held;
            at += 7;
            if budget.pay(0) {
                continue;
            }
            break;
        }
        let Some(id) = here.starts_with(b"obj").then(|| number_before(bytes, at)).flatten() else {
            at += 1;
            continue;
        };
        let mut lexer = Lexer::new(bytes, at + 3);
        let held = budget.nodes;
        let Some(object) = lexer.value(budget, DEPTH) else {
            budget.nodes = held;
            at += 3;
            if budget.pay(0) {
                continue;
            }
            break;
        };
        let object = match object {
            Object::Dictionary(dict) => with_stream(dict, &mut lexer),
            other => other,
        };
        at = lexer.at.max(at + 3);
        let kind = object.type_name().unwrap_or_default();
        match (kind, &object) {
            (b"XRef", Object::Stream(stream)) => {
                if stream.dict.has(b"Root") {
                    trailer = stream.dict.clone();
                }
                continue;
            }
            // The tree of tags is as large as the text, and is not read.
            (b"StructElem", _) => {
                budget.nodes = held;
                continue;
            }
            (b"ObjStm", Object::Stream(_)) => packed.push((at, id)),
            _ => {}
        }
        found_at.insert(id, at);
        document.objects.insert(id, object);
    }
    budget.short |= document.objects.len() >= OBJECTS;
    document.max_id = document.objects.keys().next_back().map_or(0, |id| id.0);
    measure_streams(&mut document);
    let locked = !unlock(&mut document, &trailer, &packed);
    if !locked {
        unpack(&mut document, packed, &found_at, budget);
    }
    for key in [&b"Root"[..], b"Info"] {
        if let Ok(value) = trailer.get(key) {
            document.trailer.set(key, value.clone());
        }
    }
    File { document, locked }
}

/// The object number and generation that are written before `obj`.
fn number_before(bytes: &[u8], mut at: usize) -> Option<ObjectId> {
    let mut back = |digits: bool| {
        let end = at;
        while at > 0
            && end - at < 12
            && if digits {
                bytes[at - 1].is_ascii_digit()
            } else {
                is_space(bytes[at - 1])
            }
        {
            at -= 1;
        }
        std::str::from_utf8(&bytes[at..end])
            .ok()
            .filter(|text| !text.is_empty())
    };
    back(false)?;
    let generation = back(true)?.parse().ok()?;
    back(false)?;
    Some((back(true)?.parse().ok()?, generation))
}

/// The stream whose dictionary was read, or the dictionary when no stream follows.
fn with_stream(dict: Dictionary, lexer: &mut Lexer<'_>) -> Object {
    let before = lexer.at;
    lexer.space();
    let bytes = lexer.bytes;
    if !bytes[lexer.at..].starts_with(b"stream") {
        lexer.at = before;
        return Object::Dictionary(dict);
    }
    let mut start = lexer.at + 6;
    start += match bytes.get(start..).unwrap_or_default() {
        [b'\r', b'\n', ..] => 2,
        [b'\n' | b'\r', ..] => 1,
        _ => 0,
    };
    let said = dict.get(b"Length").and_then(Object::as_i64).ok();
    let said = said.and_then(|length| start.checked_add(usize::try_from(length).ok()?));
    let right = said.filter(|&end| {
        let rest = bytes.get(end..).unwrap_or_default();
        let gap = rest.iter().take(3).take_while(|&&b| is_space(b)).count();
        end <= bytes.len() && rest[gap..].starts_with(b"endstream")
    });
    let end = right.unwrap_or_else(|| {
        let rest = bytes.get(start..).unwrap_or_default();
        start + rest.windows(9).position(|w| w == b"endstream").unwrap_or(rest.len())
    });
    lexer.at = end.min(bytes.len());
    let mut stream = Stream::with_position(dict, start);
    stream.content = bytes.get(start..end).unwrap_or_default().to_vec();
    Object::Stream(stream)
}

/// Takes the end of the line before `endstream` off streams whose length stands in another object.
fn measure_streams(document: &mut Document) {
    let mut lengths = Vec::new();
    for (&id, object) in &document.objects {
        if let Object::Stream(stream) = object {
            let said = stream.dict.get_deref(b"Length", document).and_then(Object::as_i64);
            let length = stream.content.len();
            let said = said.ok().and_then(|said| usize::try_from(said).ok());
            let trimmed = match stream.content.as_slice() {
                [.., b'\r', b'\n'] => length - 2,
                [.., b'\r' | b'\n'] => length - 1,
                _ => length,
            };
            let right = said.filter(|&said| said <= length && length - said <= 2);
            lengths.push((id, right.unwrap_or(trimmed)));
        }
    }
    for (id, length) in lengths {
        if let Some(Object::Stream(stream)) = document.objects.get_mut(&id) {
            stream.content.truncate(length);
        }
    }
}

/// Decrypts the objects with the empty password. True when there is nothing to decrypt, too.
fn unlock(document: &mut Document, trailer: &Dictionary, packed: &[(usize, ObjectId)]) -> bool {
    let Ok(encrypt) = trailer.get(b"Encrypt") else {
        return true;
    };
    let id = match encrypt {
        Object::Reference(id) => *id,
        direct => {
            let id = (document.max_id.saturating_add(1), 0);
            document.objects.insert(id, direct.clone());
            id
        }
    };
    document.trailer.set("Encrypt", Object::Reference(id));
    if let Ok(ids) = trailer.get_deref(b"ID", document) {
        let ids = ids.clone();
        document.trailer.set("ID", ids);
    }
    // The crate unpacks what it takes for an object stream without a limit; ours are unpacked below.
    for (_, id) in packed {
        if let Some(Object::Stream(stream)) = document.objects.get_mut(id) {
            stream.dict.remove(b"Type");
        }
    }
    // One object that cannot be decrypted is no reason to give up the others.
    let _ = document.decrypt("");
    !document.is_encrypted()
}

/// Adds what object streams hold, unless the same number stands later in the file.
fn unpack(
    document: &mut Document,
    packed: Vec<(usize, ObjectId)>,
    found_at: &HashMap<ObjectId, usize>,
    budget: &mut Budget,
) {
    let mut from = HashMap::new();
    for (at, id) in packed {
        let Some(Object::Stream(stream)) = document.objects.remove(&id) else {
            continue;
        };
        let number = |key| stream.dict.get(key).and_then(Object::as_i64).ok();
        let Some(first) = number(b"First").and_then(|first| usize::try_from(first).ok()) else {
            continue;
        };
        let Some(content) = budget.decode(&stream, 16 << 20) else {
            continue;
        };
        let mut head = Lexer::new(&content[..first.min(content.len())], 0);
        while let (Some(Token::Value(Object::Integer(number))), Some(Token::Value(Object::Integer(offset)))) =
            (head.token(budget), head.token(budget))
        {
            let (Ok(number), Ok(offset)) = (u32::try_from(number), usize::try_from(offset)) else {
                continue;
            };
            let id = (number, 0);
            let newer = found_at.get(&id).or(from.get(&id)).is_some_and(|&other| other > at);
            if newer || document.objects.len() >= OBJECTS {
                continue;
            }
            let held = budget.nodes;
            let mut lexer = Lexer::new(&content, first.saturating_add(offset));
            match lexer.value(budget, DEPTH) {
                Some(object) if object.type_name().ok() != Some(b"StructElem") => {
                    from.insert(id, at);
                    document.objects.insert(id, object);
                }
                _ => budget.nodes = held,
            }
        }
    }
}
