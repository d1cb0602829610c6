//! Which part of a document is its main text, and that text, one block a line.
//!
//! Two passes measure, one chooses the region, one writes. Judges by structure, by the words in
//! `class` and `id`, and by how much of a block is links; never by the words of the text.
//! Must not look at addresses or at the source.

use super::{
    noise::{self, Noise},
    tree::{Tag, Tree},
};

/// The main text and where it stands.
pub struct Main {
    /// One block a line, white space folded, not yet normalised.
    pub text: String,
    /// For each node, whether it was written.
    pub kept: Vec<bool>,
}

/// What a subtree holds, in weighted characters.
#[derive(Debug, Clone, Copy, Default)]
struct Weight {
    /// All text.
    all: u32,
    /// Text inside links.
    link: u32,
    /// Runs of text long enough to be prose, outside links.
    prose: u32,
    /// Runs of text as long inside links: titles of other pages.
    titles: u32,
}

impl Weight {
    /// How much there is to read: a list of titles is less than prose, and more than nothing.
    fn worth(self) -> u32 {
        self.prose.saturating_add(self.titles / 3)
    }
}

/// A run of text that weighs less is no prose.
const PROSE: u32 = 25;

/// A main text that weighs less has probably been missed.
const LITTLE: u32 = 400;

/// With less prose than this outside them, and much more inside, comments are the main text.
const FORUM: u32 = 3_000;

/// Finds the main text. Where there is little, what is shown without scripts counts too.
pub fn find(tree: &Tree) -> Main {
    let main = Survey::new(tree, false).main();
    if weigh(&main.text) >= LITTLE {
        return main;
    }
    let unscripted = Survey::new(tree, true).main();
    let main = if weigh(&unscripted.text) > 2 * weigh(&main.text) {
        unscripted
    } else {
        main
    };
    if weigh(&main.text) >= LITTLE / 2 {
        return main;
    }
    let everything = Survey::new(tree, false).everything();
    if weigh(&everything.text) > 4 * weigh(&main.text) {
        everything
    } else {
        main
    }
}

struct Survey<'a> {
    tree: &'a Tree,
    dropped: Vec<bool>,
    weight: Vec<Weight>,
}

/// Characters of writing systems without spaces count double: a word of them is short.
fn weigh(text: &str) -> u32 {
    if text.is_ascii() {
        return text.bytes().filter(|b| !b.is_ascii_whitespace()).count() as u32;
    }
    text.chars().map(|c| if c.is_whitespace() { 0 } else if matches!(c as u32, 0x0E00..=0x0EFF | 0x1000..=0x109F | 0x1780..=0x17FF | 0x2E80..=0xD7FF | 0xF900..=0xFAFF | 0x20000..=0x3FFFF) { 2 } else { 1 }).sum()
}

impl<'a> Survey<'a> {
    /// With `noscript`, what is shown without scripts counts as text.
    fn new(tree: &'a Tree, noscript: bool) -> Self {
        let mut survey = Survey {
            tree,
            dropped: vec![false; tree.len()],
            weight: Vec::new(),
        };
        for at in 1..tree.len() {
            survey.dropped[at] = survey.dropped[tree.parent(at)]
                || noise::is_never_text(tree, at) && !(noscript && tree.tag(at) == Tag::Noscript);
        }
        survey.weigh();
        survey
    }

    fn main(mut self) -> Main {
        self.drop_noise();
        self.weigh();
        self.write(self.region())
    }

    /// All text that can be shown.
    fn everything(mut self) -> Main {
        self.weigh();
        self.write(self.body())
    }

    fn body(&self) -> usize {
        (1..self.tree.len())
            .find(|&at| self.tree.tag(at) == Tag::Body)
            .unwrap_or(0)
    }

    /// Sums up the weights of what is not dropped.
    fn weigh(&mut self) {
        let tree = self.tree;
        let mut linked = vec![false; tree.len()];
        self.weight.clear();
        self.weight.resize(tree.len(), Weight::default());
        for at in 1..tree.len() {
            let parent = tree.parent(at);
            linked[at] = linked[parent] || tree.tag(at) == Tag::A;
            if tree.tag(at) == Tag::Text && !self.dropped[at] {
                let all = weigh(tree.text(at));
                let link = if linked[at] { all } else { 0 };
                let run = if all >= PROSE { all } else { 0 };
                let (prose, titles) = if linked[at] { (0, run) } else { (run, 0) };
                self.weight[at] = Weight {
                    all,
                    link,
                    prose,
                    titles,
                };
            }
        }
        for at in (1..tree.len()).rev() {
            let part = self.weight[at];
            let whole = &mut self.weight[tree.parent(at)];
            whole.all = whole.all.saturating_add(part.all);
            whole.link = whole.link.saturating_add(part.link);
            whole.prose = whole.prose.saturating_add(part.prose);
            whole.titles = whole.titles.saturating_add(part.titles);
        }
    }

    /// Drops what stands around a text: navigation, advertisements, comments, counters.
    fn drop_noise(&mut self) {
        let tree = self.tree;
        let whole = self.weight[0].worth();
        let mut article = vec![false; tree.len()];
        let mut comments: Vec<usize> = Vec::new();
        for at in 1..tree.len() {
            let parent = tree.parent(at);
            article[at] = article[parent] || matches!(tree.tag(at), Tag::Article | Tag::Main);
            self.dropped[at] |= self.dropped[parent];
            if self.dropped[at] || tree.tag(at) == Tag::Text {
                continue;
            }
            let prose = self.weight[at].worth();
            self.dropped[at] = match noise::of(tree, at, article[parent]) {
                Noise::None => false,
                Noise::Certain => true,
                Noise::Always => prose * 5 < whole * 3,
                Noise::Likely => prose * 5 < whole * 2,
                Noise::Links => {
                    let Weight { all, link, .. } = self.weight[at];
                    prose * 5 < whole * 2 && (link * 3 > all || all < PROSE * 4)
                }
                Noise::Comments => {
                    if comments.last().is_none_or(|&last| tree.end(last) <= at) {
                        comments.push(at);
                    }
                    false
                }
            };
        }
        self.weigh();
        self.drop_comments(&comments);
    }

    /// Drops comments, unless they are what the page is for, as in a forum.
    fn drop_comments(&mut self, comments: &[usize]) {
        let said: u32 = comments.iter().map(|&at| self.weight[at].worth()).sum();
        let rest = self.weight[0].worth().saturating_sub(said);
        if rest < FORUM && rest < said / 3 {
            return;
        }
        for &at in comments {
            self.dropped[at..self.tree.end(at)].fill(true);
        }
    }

    /// The node whose subtree is the main text.
    fn region(&self) -> usize {
        let body = self.body();
        let whole = self.weight[body].worth();
        let mut found = self.candidates(body).into_iter();
        let fits =
            |&(at, share): &(usize, u32)| self.weight[at].worth() * 100 >= whole * share && self.weight[at].all > 0;
        self.drill(found.find(fits).map_or(body, |(at, _)| at))
    }

    /// Elements that say of themselves that they are the main text, the surest first, with the
    /// share of the prose (in percent) they must hold.
    fn candidates(&self, body: usize) -> Vec<(usize, u32)> {
        let tree = self.tree;
        let mut groups: [Vec<usize>; 3] = Default::default();
        for at in body..tree.end(body) {
            if self.dropped[at] || tree.tag(at) == Tag::Text {
                continue;
            }
            let is = |name: &str, value: &str| tree.attr(at, name).is_some_and(|v| v.eq_ignore_ascii_case(value));
            let rank = match tree.tag(at) {
                _ if is("itemprop", "articleBody") => 0,
                Tag::Article => 1,
                Tag::Main => 2,
                _ if is("role", "main") => 2,
                _ => continue,
            };
            if groups[rank].last().is_none_or(|&last| tree.end(last) <= at) {
                groups[rank].push(at);
            }
        }
        groups
            .iter()
            .zip([40, 50, 30])
            .filter_map(|(group, share)| self.common(group, share))
            .collect()
    }

    /// Which of several like elements is the main text, and the share of the prose it must hold:
    /// the only one with a main heading; or one that is far heavier than the others; or, of more
    /// of a kind, what holds all the heavy ones.
    fn common(&self, group: &[usize], share: u32) -> Option<(usize, u32)> {
        let tree = self.tree;
        let prose = |at: usize| self.weight[at].worth();
        let is_title = |at: usize| tree.tag(at) == Tag::H1 && !self.dropped[at] && self.weight[at].all > 0;
        let mut titled = group.iter().copied().filter(|&at| (at..tree.end(at)).any(is_title));
        if let (Some(only), None) = (titled.next(), titled.next())
            && prose(only) >= LITTLE
        {
            return Some((only, share / 3));
        }
        let best = group.iter().copied().rev().max_by_key(|&at| prose(at))?;
        let second = group
            .iter()
            .copied()
            .filter(|&at| at != best)
            .map(prose)
            .max()
            .unwrap_or(0);
        if prose(best) > second.saturating_mul(3) {
            return Some((best, share / 2));
        }
        let mut heavy = group.iter().copied().filter(|&at| prose(at) * 4 >= prose(best));
        let (mut at, last) = (heavy.next()?, heavy.last().unwrap_or(best));
        while tree.end(at) < tree.end(last) {
            at = tree.parent(at);
        }
        Some((at, share))
    }

    /// Goes down while one child holds nearly all the prose.
    fn drill(&self, from: usize) -> usize {
        let tree = self.tree;
        let mut at = from;
        loop {
            let whole = self.weight[at].worth();
            let mut child = at + 1;
            let mut heir = None;
            while child < tree.end(at) {
                if self.weight[child].worth() * 100 > whole * 80 && tree.tag(child) != Tag::Text {
                    heir = Some(child);
                    break;
                }
                child = tree.end(child);
            }
            match heir.filter(|&h| {
                !matches!(
                    tree.tag(h),
                    Tag::P | Tag::Ul | Tag::Ol | Tag::Table | Tag::Blockquote | Tag::Pre
                )
            }) {
                Some(heir) if whole > 0 => at = heir,
                _ => return at,
            }
        }
    }

    fn write(&self, region: usize) -> Main {
        let tree = self.tree;
        let mut kept = vec![false; tree.len()];
        let mut lines = Lines::default();
        let prunes = self.weight[region].link * 100 < self.weight[region].all * 35;
        let mut open: Vec<usize> = Vec::new();
        let mut at = region;
        while at < tree.end(region) {
            while open.last().is_some_and(|&end| end <= at) {
                open.pop();
                lines.end_line();
            }
            if self.dropped[at] || prunes && at != region && self.is_link_list(at) {
                if is_block(tree.tag(at)) {
                    lines.end_line();
                }
                at = tree.end(at);
                continue;
            }
            kept[at] = true;
            match tree.tag(at) {
                Tag::Text => lines.push(tree.text(at), in_pre(tree, at)),
                Tag::Br => lines.end_line(),
                Tag::Td | Tag::Th => lines.space(),
                tag if is_block(tag) => {
                    lines.end_line();
                    open.push(tree.end(at));
                }
                _ => {}
            }
            at += 1;
        }
        lines.end_line();
        Main { text: lines.text, kept }
    }

    /// A block of little but links.
    fn is_link_list(&self, at: usize) -> bool {
        let weight = self.weight[at];
        matches!(
            self.tree.tag(at),
            Tag::Div | Tag::Section | Tag::Ul | Tag::Ol | Tag::Table | Tag::Dl
        ) && weight.link > 0
            && weight.prose == 0
            && weight.link * 100 > weight.all * 60
    }
}

fn in_pre(tree: &Tree, at: usize) -> bool {
    let parent = tree.parent(at);
    tree.tag(parent) == Tag::Pre || tree.tag(tree.parent(parent)) == Tag::Pre
}

/// Elements that begin and end a line.
fn is_block(tag: Tag) -> bool {
    !matches!(
        tag,
        Tag::Text
            | Tag::A
            | Tag::B
            | Tag::Br
            | Tag::Cite
            | Tag::Code
            | Tag::Del
            | Tag::Em
            | Tag::I
            | Tag::Img
            | Tag::Label
            | Tag::Other
            | Tag::Picture
            | Tag::Small
            | Tag::Source
            | Tag::Span
            | Tag::Strong
            | Tag::Time
            | Tag::Td
            | Tag::Th
            | Tag::Noscript
            | Tag::Map
            | Tag::Area
    )
}

/// Text being written, line by line, white space folded.
#[derive(Default)]
struct Lines {
    text: String,
    /// The current line has a word already, and white space after it.
    spaced: bool,
    /// Length of the text when the current line began.
    line: usize,
}

impl Lines {
    fn space(&mut self) {
        self.spaced = self.text.len() > self.line;
    }

    fn end_line(&mut self) {
        if self.text.len() > self.line {
            self.text.push('\n');
            self.line = self.text.len();
        }
        self.spaced = false;
    }

    fn push(&mut self, text: &str, lines: bool) {
        if lines {
            for (nth, line) in text.split('\n').enumerate() {
                if nth > 0 {
                    self.end_line();
                }
                self.push(line, false);
            }
            return;
        }
        if text.starts_with(char::is_whitespace) {
            self.space();
        }
        for word in text.split_whitespace() {
            if self.spaced {
                self.text.push(' ');
            }
            self.text.push_str(word);
            self.spaced = true;
        }
        self.spaced = self.text.len() > self.line && text.ends_with(char::is_whitespace)
            || self.spaced && text.chars().all(char::is_whitespace);
    }
}
