//! The text of a page, in the order its content shows it, and where each character stands.
//!
//! Must not look for columns: writers put out text in reading order far more often than not.

use std::{collections::HashMap, rc::Rc};

use lopdf::{Dictionary, Document, Object, ObjectId, Stream};

use super::{
    font::{Font, number},
    syntax::{Budget, Lexer, Token},
};

/// Forms inside forms, saved states, fonts of a document.
const FORMS: usize = 8;
const STATES: usize = 256;
const FONTS: usize = 2_000;
/// Bytes of text of a document.
const TEXT: usize = 8 << 20;
/// Characters of a page whose places are kept, to find the words of its links.
const GLYPHS: usize = 200_000;
/// One content stream.
const CONTENT: usize = 32 << 20;

/// Marks a line that ended in a hyphen and goes on in the next.
const BROKEN: char = '\u{AD}';

/// The text with words put together that a hyphen parted at the end of a line.
pub fn joined(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut parts = text.split(BROKEN).peekable();
    while let Some(part) = parts.next() {
        let goes_on = parts.peek().is_some_and(|next| next.starts_with(char::is_lowercase));
        let letter = part
            .strip_suffix('-')
            .filter(|word| word.ends_with(char::is_alphabetic));
        out.push_str(letter.filter(|_| goes_on).unwrap_or(part));
    }
    out
}

type Matrix = [f64; 6];

/// First `a`, then `b`.
fn then(a: &Matrix, b: &Matrix) -> Matrix {
    [
        a[0] * b[0] + a[1] * b[2],
        a[0] * b[1] + a[1] * b[3],
        a[2] * b[0] + a[3] * b[2],
        a[2] * b[1] + a[3] * b[3],
        a[4] * b[0] + a[5] * b[2] + b[4],
        a[4] * b[1] + a[5] * b[3] + b[5],
    ]
}

const ONE: Matrix = [1.0, 0.0, 0.0, 1.0, 0.0, 0.0];

#[derive(Clone)]
struct State {
    page: Matrix,
    font: Option<Rc<Font>>,
    size: f64,
    spacing: f64,
    word_spacing: f64,
    stretch: f64,
    leading: f64,
}

/// Where the last character ended.
struct Pen {
    x: f64,
    y: f64,
    /// Height of the letters.
    size: f64,
    /// Where its line began.
    line: f64,
}

/// A character on the page, and where it stands in the text.
pub struct Glyph {
    pub x: f64,
    pub y: f64,
    pub at: usize,
}

pub struct Reader<'a> {
    document: &'a Document,
    fonts: HashMap<ObjectId, Rc<Font>>,
    /// All text so far.
    pub text: String,
    pen: Option<Pen>,
    /// The characters of this page, where they are wanted.
    pub glyphs: Option<Vec<Glyph>>,
}

impl<'a> Reader<'a> {
    pub fn new(document: &'a Document) -> Self {
        Self {
            document,
            fonts: HashMap::new(),
            text: String::new(),
            pen: None,
            glyphs: None,
        }
    }

    /// Adds the text of a page.
    pub fn page(&mut self, content: &[u8], resources: Option<&'a Dictionary>, budget: &mut Budget) {
        self.pen = None;
        self.run(content, resources, ONE, FORMS, budget);
        self.text.push('\n');
    }

    fn run(
        &mut self,
        content: &[u8],
        resources: Option<&'a Dictionary>,
        page: Matrix,
        forms: usize,
        budget: &mut Budget,
    ) {
        let mut state = State {
            page,
            font: None,
            size: 1.0,
            spacing: 0.0,
            word_spacing: 0.0,
            stretch: 1.0,
            leading: 0.0,
        };
        let mut saved: Vec<State> = Vec::new();
        let (mut line, mut at) = (ONE, ONE);
        let mut operands: Vec<Object> = Vec::new();
        let mut lexer = Lexer::new(content, 0);
        loop {
            let Some(token) = lexer.token(budget) else { break };
            let (start, end) = match token {
                Token::Value(value) => {
                    if operands.len() < 64 {
                        operands.push(value);
                    }
                    continue;
                }
                Token::Word(start, end) => (start, end),
            };
            if self.text.len() > TEXT {
                budget.short = true;
                break;
            }
            let given = |nth: usize| operands.get(nth).and_then(number).unwrap_or(0.0);
            let matrix = || [given(0), given(1), given(2), given(3), given(4), given(5)];
            let mut next_line = |x: f64, y: f64| {
                line = then(&[1.0, 0.0, 0.0, 1.0, x, y], &line);
                line
            };
            match &content[start..end] {
                b"q" if saved.len() < STATES => saved.push(state.clone()),
                b"Q" => {
                    if let Some(before) = saved.pop() {
                        state = before;
                    }
                }
                b"cm" => state.page = then(&matrix(), &state.page),
                b"BT" => (line, at) = (ONE, ONE),
                b"Tc" => state.spacing = given(0),
                b"Tw" => state.word_spacing = given(0),
                b"Tz" => state.stretch = given(0) / 100.0,
                b"TL" => state.leading = given(0),
                b"Tf" => {
                    state.size = given(1);
                    let name = operands.first().and_then(|name| name.as_name().ok());
                    state.font = name.and_then(|name| self.font(resources, name, budget));
                }
                b"Td" => at = next_line(given(0), given(1)),
                b"TD" => {
                    state.leading = -given(1);
                    at = next_line(given(0), given(1));
                }
                b"Tm" => {
                    line = matrix();
                    at = line;
                }
                b"T*" => at = next_line(0.0, -state.leading),
                b"Tj" => self.show(operands.first(), &state, &mut at, budget),
                b"'" => {
                    at = next_line(0.0, -state.leading);
                    self.show(operands.first(), &state, &mut at, budget);
                }
                b"\"" => {
                    (state.word_spacing, state.spacing) = (given(0), given(1));
                    at = next_line(0.0, -state.leading);
                    self.show(operands.get(2), &state, &mut at, budget);
                }
                b"TJ" => {
                    if let Some(Object::Array(items)) = operands.first() {
                        for item in items {
                            match number(item) {
                                Some(back) => {
                                    let by = -back / 1000.0 * state.size * state.stretch;
                                    at = then(&[1.0, 0.0, 0.0, 1.0, by, 0.0], &at);
                                    // A gap as wide as a thin space, whatever the widths of the letters.
                                    if back < -160.0 && self.pen.is_some() {
                                        self.space();
                                    }
                                    let unmeasured = state.font.as_ref().is_some_and(|font| !font.measured);
                                    if unmeasured && let Some(pen) = &mut self.pen {
                                        let here = then(&at, &state.page);
                                        (pen.x, pen.y) = (here[4], here[5]);
                                    }
                                }
                                None => self.show(Some(item), &state, &mut at, budget),
                            }
                        }
                    }
                }
                b"Do" if forms > 0 => {
                    let name = operands.first().and_then(|name| name.as_name().ok());
                    if let Some(form) = name.and_then(|name| self.form(resources, name)) {
                        let inner = form
                            .dict
                            .get_deref(b"Resources", self.document)
                            .and_then(Object::as_dict)
                            .ok();
                        let placed = form.dict.get_deref(b"Matrix", self.document).and_then(Object::as_array);
                        let placed = placed.map_or(ONE, |m| {
                            let at = |nth: usize| m.get(nth).and_then(number).unwrap_or(ONE[nth]);
                            [at(0), at(1), at(2), at(3), at(4), at(5)]
                        });
                        if let Some(content) = budget.decode(form, CONTENT) {
                            let page = then(&placed, &state.page);
                            self.run(&content, inner.or(resources), page, forms - 1, budget);
                        }
                    }
                }
                b"BI" => lexer.skip_image(budget),
                _ => {}
            }
            budget.release(&operands);
            operands.clear();
        }
        budget.release(&operands);
    }

    /// A resource of a page or form.
    fn resource(&self, resources: Option<&'a Dictionary>, kind: &[u8], name: &[u8]) -> Option<&'a Object> {
        let all = resources?.get_deref(kind, self.document).ok()?.as_dict().ok()?;
        all.get(name).ok()
    }

    fn form(&self, resources: Option<&'a Dictionary>, name: &[u8]) -> Option<&'a Stream> {
        let (_, form) = self
            .document
            .dereference(self.resource(resources, b"XObject", name)?)
            .ok()?;
        let form = form.as_stream().ok()?;
        let subtype = form.dict.get(b"Subtype").and_then(Object::as_name);
        (subtype.ok() == Some(b"Form")).then_some(form)
    }

    fn font(&mut self, resources: Option<&'a Dictionary>, name: &[u8], budget: &mut Budget) -> Option<Rc<Font>> {
        let (id, font) = self
            .document
            .dereference(self.resource(resources, b"Font", name)?)
            .ok()?;
        if let Some(known) = id.and_then(|id| self.fonts.get(&id)) {
            return Some(Rc::clone(known));
        }
        if self.fonts.len() >= FONTS {
            budget.short = true;
            return None;
        }
        let font = Rc::new(Font::read(self.document, font.as_dict().ok()?, budget));
        if let Some(id) = id {
            self.fonts.insert(id, Rc::clone(&font));
        }
        Some(font)
    }

    fn space(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with([' ', '\n']) {
            self.text.push(' ');
        }
    }

    fn show(&mut self, what: Option<&Object>, state: &State, at: &mut Matrix, budget: &mut Budget) {
        let (Some(Object::String(bytes, _)), Some(font)) = (what, &state.font) else {
            return;
        };
        if !budget.pay(16 * bytes.len()) || self.text.len() > TEXT {
            return;
        }
        let mut begun = false;
        font.show(bytes, |said, width, space| {
            // The rise is left out: a footnote's number stands on the line it belongs to.
            let here = then(at, &state.page);
            let (x, y) = (here[4], here[5]);
            let size = state.size.abs() * (here[2].hypot(here[3])).max(f64::MIN_POSITIVE);
            if !begun {
                self.part(x, y, size, [here[0], here[1]], font.measured);
                begun = true;
            }
            if let Some(glyphs) = self.glyphs.as_mut().filter(|glyphs| glyphs.len() < GLYPHS) {
                glyphs.push(Glyph {
                    x,
                    y,
                    at: self.text.len(),
                });
            }
            for c in said.chars() {
                match c {
                    '\u{FB00}' => self.text.push_str("ff"),
                    '\u{FB01}' => self.text.push_str("fi"),
                    '\u{FB02}' => self.text.push_str("fl"),
                    '\u{FB03}' => self.text.push_str("ffi"),
                    '\u{FB04}' => self.text.push_str("ffl"),
                    '\u{FB05}' | '\u{FB06}' => self.text.push_str("st"),
                    '\u{AD}' | '\u{FFFD}' | '\u{FEFF}' | '\u{E000}'..='\u{F8FF}' => {}
                    c if c.is_whitespace() => self.text.push(' '),
                    c if c.is_control() => {}
                    c => self.text.push(c),
                }
            }
            let word = if space { state.word_spacing } else { 0.0 };
            let advance = (width * state.size + state.spacing + word) * state.stretch;
            *at = then(&[1.0, 0.0, 0.0, 1.0, advance, 0.0], at);
            let end = then(at, &state.page);
            if let Some(pen) = &mut self.pen {
                (pen.x, pen.y) = (end[4], end[5]);
            }
        });
    }

    /// Parts what comes from what came before it: by nothing, a space, or the end of a line.
    fn part(&mut self, x: f64, y: f64, size: f64, along: [f64; 2], measured: bool) {
        let length = along[0].hypot(along[1]).max(f64::MIN_POSITIVE);
        let (dx, dy) = (along[0] / length, along[1] / length);
        let line_of = |x: f64, y: f64| x * dx + y * dy;
        let start = line_of(x, y);
        let Some(pen) = &mut self.pen else {
            self.pen = Some(Pen {
                x,
                y,
                size,
                line: start,
            });
            return;
        };
        let gap = (x - pen.x) * dx + (y - pen.y) * dy;
        let down = (x - pen.x) * dy - (y - pen.y) * dx;
        let same_size = (size / pen.size - 1.0).abs() < 0.15;
        let unit = size.max(pen.size);
        let turned = down.abs() >= 0.5 * unit;
        let (line, space, new_line) = if !turned {
            // Beside it: far back is another column or a second print of the same.
            let back = gap < -2.0 * unit;
            let wide = gap > if measured { 0.15 } else { 0.35 } * size;
            (pen.line, wide || back, back && start > pen.line + unit)
        } else {
            let follows = down > 0.0 && down < 1.8 * unit && (start - pen.line).abs() < 4.0 * unit;
            (start, true, !(same_size && follows))
        };
        *pen = Pen { x, y, size, line };
        if new_line {
            self.text.push('\n');
        } else if turned && self.text.ends_with('-') && !self.text.ends_with(" -") {
            self.text.push(BROKEN);
        } else if space {
            self.space();
        }
    }
}
