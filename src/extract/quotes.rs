//! What an article quotes beside its links: words in quotation marks of any convention, `<q>`, and block
//! quotations.
//!
//! Works on [`Passages`], which every kind of document fills: its text block by block, with where links
//! and quotations stand. Must not know where the words come from; whether the page says them is for
//! others to find out, so a quotation that is given to the wrong link does little harm.

use std::collections::{HashMap, HashSet, hash_map::Entry};

use super::{
    fold_to,
    lines::is_block,
    tree::{Tag, Tree},
};
use crate::model::{
    link::{Link, Place, Role},
    url::{RawHref, Url, resolve},
};

/// A quotation has at least half as many words, or as many characters of a script that does not part
/// its words. Shorter ones are names, titles and words held at arm's length.
const WEIGHT: usize = 8;
/// Quotations open at once; of more, the outermost are given up.
const DEPTH: usize = 8;
/// Notes that are looked up, and nodes of each.
const NOTES: usize = 2_000;
const NOTE: usize = 200;

/// The text of a document, block by block.
#[derive(Default)]
pub struct Passages {
    blocks: Vec<Block>,
    open: Block,
    /// How many block quotations are open.
    depth: usize,
    /// Addresses that the block quotations name, in their order.
    cited: Vec<Option<String>>,
    /// The first link in each note.
    notes: HashMap<String, usize>,
}

#[derive(Default)]
struct Block {
    text: String,
    /// Links and references to notes, with where each stands in the text, in order.
    marks: Vec<(Mark, usize, usize)>,
    /// What is quoted without marks, with the address it names.
    quoted: Vec<(usize, usize, Option<String>)>,
    /// Which block quotation it is in.
    within: Option<usize>,
}

/// What leads from a place in the text to a source.
enum Mark {
    Link(usize),
    Note(String),
}

impl Passages {
    /// Adds words, as they are written.
    pub fn words(&mut self, words: &str) {
        self.open.text.push_str(words);
    }

    /// Ends a paragraph or other block.
    pub fn end_block(&mut self) {
        let within = self.open.within;
        let signs = within.is_some() && !self.open.marks.is_empty();
        if signs || !self.open.text.trim().is_empty() {
            self.blocks.push(std::mem::take(&mut self.open));
        }
        self.open = Block {
            within,
            ..Block::default()
        };
    }

    /// Begins a block quotation, with the address that it names.
    pub fn open_quotation(&mut self, cite: Option<String>) {
        self.end_block();
        self.depth += 1;
        // One inside another belongs to it.
        if self.depth == 1 {
            self.open.within = Some(self.cited.len());
            self.cited.push(cite);
        }
    }

    /// Ends a block quotation.
    pub fn close_quotation(&mut self) {
        self.end_block();
        self.depth = self.depth.saturating_sub(1);
        if self.depth == 0 {
            self.open.within = None;
        }
    }

    /// Where the text of the open block has got to.
    pub fn position(&self) -> usize {
        self.open.text.len()
    }

    /// The link of that index has its words from `start` to here.
    pub fn link(&mut self, link: usize, start: usize) {
        self.open
            .marks
            .push((Mark::Link(link), start.min(self.position()), self.position()));
    }

    /// A reference to a note stands here.
    pub fn reference(&mut self, note: String) {
        self.open
            .marks
            .push((Mark::Note(note), self.position(), self.position()));
    }

    /// The note of that name has this link.
    pub fn note(&mut self, name: String, link: usize) {
        if let Entry::Vacant(free) = self.notes.entry(name) {
            free.insert(link);
        }
    }

    /// The words from `start` to here are quoted, from the address that is named.
    pub fn quoted(&mut self, start: usize, cite: Option<String>) {
        self.open
            .quoted
            .push((start.min(self.position()), self.position(), cite));
    }

    /// Gives each link the quotations that stand beside it.
    pub fn give(mut self, links: &mut [Link]) {
        self.end_block();
        let mut by_address: HashMap<&str, Vec<usize>> = HashMap::new();
        for (at, link) in links.iter().enumerate() {
            if let Ok(target) = &link.target {
                by_address.entry(target.url.as_str()).or_default().push(at);
            }
        }
        let mut found: Vec<(usize, usize, String)> = Vec::new();
        for block in self.blocks.iter().filter(|block| block.within.is_none()) {
            self.inline(block, &by_address, &mut found);
        }
        self.blocks_quoted(&by_address, &mut found);
        drop(by_address);
        found.sort_by_key(|(link, distance, _)| (*link, *distance));
        for (at, _, quote) in found {
            if let Some(link) = links.get_mut(at)
                && link.quotes.len() < Link::QUOTES_MAX
                && !link.quotes.contains(&quote)
            {
                link.quotes.push(quote);
            }
        }
    }

    /// Quotations inside a block: each goes to the link that it names, or to the nearest in its sentence,
    /// or to the nearest in its block.
    fn inline(&self, block: &Block, by_address: &HashMap<&str, Vec<usize>>, found: &mut Vec<(usize, usize, String)>) {
        let marks: Vec<(usize, usize, usize)> = block
            .marks
            .iter()
            .filter_map(|(mark, start, end)| Some((self.source(mark)?, *start, *end)))
            .collect();
        let named = block.quoted.iter().any(|(.., cite)| cite.is_some());
        if marks.is_empty() && !named {
            return;
        }
        let ends = sentence_ends(&block.text);
        let mut ranges: Vec<(usize, usize, Option<&str>)> = block
            .quoted
            .iter()
            .map(|(start, end, cite)| (*start, *end, cite.as_deref()))
            .collect();
        ranges.extend(in_marks(&block.text).into_iter().map(|(start, end)| (start, end, None)));
        ranges.sort_by_key(|(start, end, _)| (*start, std::cmp::Reverse(*end)));
        let mut covered = 0;
        for (start, end, cite) in ranges {
            // One inside another is part of it.
            if end <= covered {
                continue;
            }
            covered = end;
            let Some(quote) = worth_keeping(&block.text[start..end]) else {
                continue;
            };
            let cited = cite.and_then(|cite| by_address.get(cite));
            match cited {
                Some(cited) => found.extend(
                    cited
                        .iter()
                        .take(Link::QUOTES_MAX)
                        .map(|link| (*link, 0, quote.clone())),
                ),
                None => {
                    found.extend(nearest(&marks, &ends, (start, end)).map(|(link, distance)| (link, distance, quote)))
                }
            }
        }
    }

    /// The link that a mark leads to.
    fn source(&self, mark: &Mark) -> Option<usize> {
        match mark {
            Mark::Link(link) => Some(*link),
            Mark::Note(name) => self.notes.get(name).copied(),
        }
    }

    /// Block quotations: each goes to the links of the address it names, or to the last link inside it,
    /// or to the paragraph before it (where that has a link), or to the one behind it.
    fn blocks_quoted(&self, by_address: &HashMap<&str, Vec<usize>>, found: &mut Vec<(usize, usize, String)>) {
        let mut at = 0;
        while at < self.blocks.len() {
            let Some(within) = self.blocks[at].within else {
                at += 1;
                continue;
            };
            let length = self.blocks[at..]
                .iter()
                .take_while(|block| block.within == Some(within))
                .count();
            let inside = &self.blocks[at..at + length];
            if let Some(quote) = worth_keeping(&words_of(inside)) {
                let cited = self.cited[within].as_deref().and_then(|cite| by_address.get(cite));
                match cited {
                    Some(cited) => found.extend(
                        cited
                            .iter()
                            .take(Link::QUOTES_MAX)
                            .map(|link| (*link, 0, quote.clone())),
                    ),
                    None => found.extend(self.beside(at, length).map(|link| (link, 0, quote))),
                }
            }
            at += length;
        }
    }

    /// The link that the block quotation of blocks `at..at + length` most likely comes from.
    fn beside(&self, at: usize, length: usize) -> Option<usize> {
        let links = |block: &Block| {
            block
                .marks
                .iter()
                .filter_map(|(mark, ..)| self.source(mark))
                .collect::<Vec<_>>()
        };
        if let Some(inside) = self.blocks[at..at + length]
            .iter()
            .rev()
            .find_map(|block| links(block).last().copied())
        {
            return Some(inside);
        }
        let neighbour = |at: Option<usize>| {
            at.and_then(|at| self.blocks.get(at))
                .filter(|block| block.within.is_none())
        };
        let before = neighbour(at.checked_sub(1));
        let after = neighbour(Some(at + length));
        let (last, first) = (
            before.and_then(|block| links(block).last().copied()),
            after.and_then(|block| links(block).first().copied()),
        );
        let announced = before.is_some_and(|block| block.text.trim_end().ends_with([':', '：']));
        let signed = after.is_some_and(|block| {
            block
                .text
                .trim_start()
                .starts_with(['—', '–', '―', '-', '~', '(', '（'])
        });
        match signed && !announced {
            true => first.or(last),
            false => last.or(first),
        }
    }
}

/// The words of a block quotation, without the line that names its source.
fn words_of(inside: &[Block]) -> String {
    let plain: Vec<&str> = inside
        .iter()
        .filter(|block| block.marks.is_empty())
        .map(|block| block.text.as_str())
        .collect();
    match plain.is_empty() {
        true => inside
            .iter()
            .map(|block| block.text.as_str())
            .collect::<Vec<_>>()
            .join(" "),
        false => plain.join(" "),
    }
}

/// The link nearest to a range, in the same sentence if there is one; and how far away it is.
fn nearest(marks: &[(usize, usize, usize)], ends: &[usize], range: (usize, usize)) -> Option<(usize, usize)> {
    let distance = |&(link, start, end): &(usize, usize, usize)| {
        let (from, to) = if start >= range.1 {
            (range.1, start)
        } else {
            (end.min(range.0), range.0)
        };
        let between = ends.partition_point(|&at| at <= to) - ends.partition_point(|&at| at <= from);
        (between, to - from, link)
    };
    let next = marks.partition_point(|(_, start, _)| *start < range.0);
    let near = marks[next.saturating_sub(1)..marks.len().min(next + 2)]
        .iter()
        .map(distance);
    near.min()
        .map(|(between, distance, link)| (link, distance.saturating_add(between.saturating_mul(10_000))))
}

/// Where sentences end in a text: behind a mark that white space follows, or one of scripts without spaces.
fn sentence_ends(text: &str) -> Vec<usize> {
    let mut ends = Vec::new();
    for (at, c) in text.char_indices() {
        let spaced = || {
            text[at + c.len_utf8()..]
                .chars()
                .next()
                .is_none_or(|c| c.is_whitespace() || CLOSING.contains(c))
        };
        if matches!(c, '。' | '！' | '？' | '।') || matches!(c, '.' | '!' | '?' | '؟' | '…') && spaced() {
            ends.push(at + c.len_utf8());
        }
    }
    ends
}

/// Marks that can close a quotation.
const CLOSING: &str = "\"”“»«’’'」』〟〞›";

/// A quotation folded and cut, when it is long enough to mean something.
fn worth_keeping(written: &str) -> Option<String> {
    let mut weight = 0;
    let mut in_word = false;
    for c in written.chars().take(20 * WEIGHT) {
        let unspaced = matches!(u32::from(c), 0x0e00..=0x0eff | 0x1000..=0x109f | 0x1780..=0x17ff | 0x3040..=0x30ff | 0x3400..=0x9fff | 0x20000..=0x3ffff);
        let word = c.is_alphanumeric() && !unspaced;
        weight += usize::from(unspaced && c.is_alphanumeric()) + 2 * usize::from(word && !in_word);
        in_word = word || in_word && (matches!(c, '\'' | '’' | '-') || !c.is_whitespace() && !c.is_alphanumeric());
    }
    (weight >= WEIGHT).then(|| fold_to(written, Link::QUOTE_MAX))
}

/// A quotation mark that has been opened.
struct Opened {
    mark: char,
    at: usize,
    inside: usize,
}

/// What stands in quotation marks, without them. What a paragraph opens and leaves open goes on in the
/// next one, as is the custom in English.
fn in_marks(text: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut open: Vec<Opened> = Vec::new();
    let mut before = ' ';
    let mut characters = text.char_indices().peekable();
    while let Some((at, c)) = characters.next() {
        let after = characters.peek().map_or(' ', |(_, next)| *next);
        if let Some(nth) = open
            .iter()
            .rposition(|opened| closes(opened.mark, c) && may_close(c, before, after))
        {
            found.push((open[nth].inside, at));
            open.truncate(nth);
        } else if opens(c, before, after) {
            // A straight mark that looks like an opening one: the one before it was no quotation's.
            if let Some(stray) = open
                .iter()
                .rposition(|opened| opened.mark == c && matches!(c, '"' | '\''))
            {
                open.truncate(stray);
            }
            if open.len() == DEPTH {
                open.remove(0);
            }
            open.push(Opened {
                mark: c,
                at,
                inside: at + c.len_utf8(),
            });
        }
        before = c;
    }
    if let Some(first) = open
        .first()
        .filter(|first| matches!(first.mark, '“' | '«' | '"') && text[..first.at].trim().is_empty())
    {
        found.push((first.inside, text.len()));
    }
    found
}

fn opens(c: char, before: char, after: char) -> bool {
    match c {
        '„' | '«' | '»' | '‹' | '›' | '「' | '『' | '〝' | '“' => true,
        // Swedish and Finnish open with it, too.
        '”' | '"' | '＂' => !before.is_alphanumeric() && !after.is_whitespace(),
        '‘' | '‚' => !before.is_alphanumeric(),
        '\'' => !before.is_alphanumeric() && after.is_alphabetic(),
        _ => false,
    }
}

/// Whether `c` closes what `mark` has opened, in some convention.
fn closes(mark: char, c: char) -> bool {
    match mark {
        '“' | '”' => c == '”',
        '„' => matches!(c, '“' | '”' | '"'),
        '«' => c == '»',
        '»' => matches!(c, '«' | '»'),
        '‹' => c == '›',
        '›' => matches!(c, '‹' | '›'),
        '「' => c == '」',
        '『' => c == '』',
        '〝' => matches!(c, '〟' | '〞'),
        '"' => c == '"',
        '＂' => c == '＂',
        '‘' => c == '’',
        '‚' => matches!(c, '‘' | '’'),
        '\'' => c == '\'',
        _ => false,
    }
}

/// Whether a mark can be a closing one where it stands: an apostrophe is none, nor is a straight mark
/// before a word.
fn may_close(c: char, before: char, after: char) -> bool {
    match c {
        '’' | '\'' => !after.is_alphanumeric(),
        '"' | '＂' => !(before.is_whitespace() && after.is_alphanumeric()),
        _ => true,
    }
}

/// Gives the links of a page what it quotes beside them. `links` begin with those of the tree, in its
/// order; `kept` tells what is main text.
pub fn of_tree(tree: &Tree, kept: &[bool], base: &Url, links: &mut [Link]) {
    let mut passages = Passages::default();
    // Each element whose end has to be seen, with where its words begin and which link it is.
    let mut open: Vec<(usize, usize, Option<usize>)> = Vec::new();
    let mut link_at = vec![None; tree.len()];
    // Every `<a>` and `<area>` with an address is one link that is there to be read.
    let is_link = |at: &usize| matches!(tree.tag(*at), Tag::A | Tag::Area) && tree.attr(*at, "href").is_some();
    let read = links.iter().enumerate().filter(|(_, link)| link.role == Role::Cite);
    for (node, (nth, _)) in (1..tree.len()).filter(is_link).zip(read) {
        link_at[node] = Some(nth);
    }
    notes(tree, &link_at, links, &mut passages);
    let cite = |at: usize| {
        let target = resolve(base, &RawHref(tree.attr(at, "cite")?.to_owned())).ok()?;
        Some(String::from(target.url))
    };
    for at in 1..=tree.len() {
        while let Some(&(element, start, link)) = open.last().filter(|(element, ..)| tree.end(*element) <= at) {
            open.pop();
            match (tree.tag(element), link) {
                (Tag::Blockquote, _) => passages.close_quotation(),
                (_, Some(link)) => passages.link(link, start),
                (Tag::Other, None) => passages.quoted(start, cite(element)),
                _ => passages.end_block(),
            }
        }
        if at == tree.len() {
            break;
        }
        match tree.tag(at) {
            Tag::Text if kept[at] => passages.words(tree.text(at)),
            Tag::Text => {}
            Tag::Br | Tag::Td | Tag::Th => passages.words(" "),
            Tag::Blockquote => {
                passages.open_quotation(cite(at));
                open.push((at, 0, None));
            }
            Tag::A | Tag::Area => match link_at[at].map(|nth| (nth, &links[nth])) {
                Some((nth, link)) if link.target.is_ok() && (link.place == Place::Main || passages.depth > 0) => {
                    open.push((at, passages.position(), Some(nth)));
                }
                _ => {
                    let note = tree.attr(at, "href").and_then(|href| href.strip_prefix('#'));
                    note.into_iter().for_each(|note| passages.reference(note.to_owned()));
                }
            },
            Tag::Other if tree.name(at) == "q" => open.push((at, passages.position(), None)),
            tag if is_block(tag) => {
                passages.end_block();
                open.push((at, 0, None));
            }
            _ => {}
        }
    }
    passages.give(links);
}

/// Finds the first link in each element that a link on the same page points at: the source that a note
/// gives.
fn notes(tree: &Tree, link_at: &[Option<usize>], links: &[Link], passages: &mut Passages) {
    let pointed = |at: usize| tree.attr(at, "href").and_then(|href| href.strip_prefix('#'));
    let mut wanted: HashSet<&str> = HashSet::new();
    for at in (1..tree.len()).filter(|at| tree.tag(*at) == Tag::A) {
        if let Some(name) = pointed(at).filter(|name| !name.is_empty() && wanted.len() < NOTES) {
            wanted.insert(name);
        }
    }
    for at in 1..tree.len() {
        let name = tree.attr(at, "id").filter(|id| wanted.contains(id));
        let Some(name) = name else {
            continue;
        };
        let mut inside = (at..tree.end(at).min(at + NOTE)).filter_map(|node| link_at[node]);
        if let Some(link) = inside.find(|nth| links[*nth].target.is_ok()) {
            passages.note(name.to_owned(), link);
        }
        wanted.remove(name);
    }
}

/// Gives the links of a plain text what it quotes beside them. `places` are where they stand in
/// `source`, in order. Lines that begin with `>` are a block quotation, as in mail.
pub fn of_text(source: &str, places: &[(usize, usize)], links: &mut [Link]) {
    let mut passages = Passages::default();
    let mut quoting = false;
    let mut next = 0;
    let mut start = 0;
    for line in source.split_inclusive('\n') {
        let bare = line.trim_start();
        let quotes = bare.starts_with('>');
        if quotes != quoting {
            match quotes {
                true => passages.open_quotation(None),
                false => passages.close_quotation(),
            }
            quoting = quotes;
        }
        let words = bare.trim_start_matches(['>', ' ']);
        let skipped = start + (line.len() - words.len());
        let mut from = skipped;
        while let Some(&(first, last)) = places.get(next).filter(|(first, _)| *first < start + line.len()) {
            let (first, last) = (first.max(from), last.max(from).min(start + line.len()));
            passages.words(&source[from..first]);
            let begin = passages.position();
            passages.words(&source[first..last]);
            if links.get(next).is_some_and(|link| link.target.is_ok()) {
                passages.link(next, begin);
            }
            (from, next) = (last, next + 1);
        }
        passages.words(&source[from..start + line.len()]);
        if words.trim().is_empty() {
            passages.end_block();
        }
        start += line.len();
    }
    passages.give(links);
}

#[cfg(test)]
#[path = "quotes_tests.rs"]
mod tests;
