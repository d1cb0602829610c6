//! Which subtree of a document holds its main text.
//!
//! Judges by what elements say of themselves and by where the prose is. Must not drop or write text.

use super::{
    noise::Sign,
    tree::{Tag, Tree},
    weight::Weight,
};

/// A group of like elements is looked at when one of them holds this much.
const LITTLE: u32 = 400;

/// What a region is chosen from.
pub struct Ground<'a> {
    /// The document.
    pub tree: &'a Tree,
    /// What is told about each node.
    pub signs: &'a [Sign],
    /// What is not read.
    pub dropped: &'a [bool],
    /// What each subtree holds, without what is dropped.
    pub weight: &'a [Weight],
}

impl Ground<'_> {
    /// The node under `body` whose subtree is the main text.
    pub fn region(&self, body: usize) -> usize {
        let whole = u64::from(self.worth(body));
        let fits =
            |&(at, share): &(usize, u64)| u64::from(self.worth(at)) * 100 >= whole * share && self.weight[at].all > 0;
        let found = self.candidates(body).into_iter().find(fits);
        self.drill(found.map_or(body, |(at, _)| at))
    }

    fn worth(&self, at: usize) -> u32 {
        self.weight[at].worth()
    }

    /// Elements that say of themselves that they are the main text, the surest first, with the
    /// share of the prose (in percent) they must hold.
    fn candidates(&self, body: usize) -> Vec<(usize, u64)> {
        let tree = self.tree;
        let mut groups: [Vec<usize>; 4] = Default::default();
        for at in body..tree.end(body) {
            if self.dropped[at] || tree.tag(at) == Tag::Text {
                continue;
            }
            let is = |name: &str, value: &str| tree.attr(at, name).is_some_and(|v| v.eq_ignore_ascii_case(value));
            let rank = match tree.tag(at) {
                _ if is("itemprop", "articleBody") => 0,
                _ if self.signs[at].body => 1,
                Tag::Article => 2,
                Tag::Main => 3,
                _ if is("role", "main") => 3,
                _ => continue,
            };
            if groups[rank].last().is_none_or(|&last| tree.end(last) <= at) {
                groups[rank].push(at);
            }
        }
        groups
            .iter()
            .zip([40, 50, 50, 30])
            .filter_map(|(group, share)| self.common(group, share))
            .collect()
    }

    /// Which of several like elements is the main text, and the share of the prose it must hold:
    /// the only one with a main heading; or one that is far heavier than the others; or, of more
    /// of a kind, what holds all the heavy ones.
    fn common(&self, group: &[usize], share: u64) -> Option<(usize, u64)> {
        let tree = self.tree;
        let is_title = |at: usize| tree.tag(at) == Tag::H1 && !self.dropped[at] && self.weight[at].all > 0;
        let mut titled = group.iter().copied().filter(|&at| (at..tree.end(at)).any(is_title));
        if let (Some(only), None) = (titled.next(), titled.next())
            && self.worth(only) >= LITTLE
        {
            return Some((only, share / 3));
        }
        let best = group.iter().copied().rev().max_by_key(|&at| self.worth(at))?;
        let others = group.iter().copied().filter(|&at| at != best);
        let second = others.map(|at| self.worth(at)).max().unwrap_or(0);
        if self.worth(best) > second.saturating_mul(3) {
            return Some((best, share / 2));
        }
        let mut heavy = group
            .iter()
            .copied()
            .filter(|&at| self.worth(at).saturating_mul(4) >= self.worth(best));
        let (mut at, last) = (heavy.next()?, heavy.next_back().unwrap_or(best));
        while tree.end(at) < tree.end(last) {
            at = tree.parent(at);
        }
        Some((at, share))
    }

    /// Goes down while one child holds nearly all the prose: where there is a body of paragraphs, seven
    /// tenths; where the text is in many blocks, as in a catalogue, nine.
    fn drill(&self, from: usize) -> usize {
        let share = if self.has_body(from) { 70 } else { 90 };
        let mut at = from;
        loop {
            let whole = u64::from(self.worth(at));
            let holds = |&child: &usize| u64::from(self.worth(child)) * 100 > whole * share;
            let heir = self
                .children(at)
                .find(|child| self.tree.tag(*child) != Tag::Text && holds(child));
            match heir.filter(|&heir| whole > 0 && !self.is_one_paragraph(heir) && !self.has_peers(at, heir)) {
                Some(heir) => at = heir,
                None => return at,
            }
        }
    }

    /// Whether an element is a paragraph, or wraps one and nothing else: a layout may wrap what another
    /// does not.
    fn is_one_paragraph(&self, mut at: usize) -> bool {
        while !is_paragraph(self.tree.tag(at)) {
            let says = |child: &usize| !self.dropped[*child] && self.weight[*child].all > 0;
            let mut children = self.children(at).filter(says);
            match (children.next(), children.next()) {
                (Some(only), None) if self.tree.tag(only) != Tag::Text => at = only,
                _ => return false,
            }
        }
        true
    }

    /// Whether one element holds half of the prose in paragraphs of its own.
    fn has_body(&self, from: usize) -> bool {
        let tree = self.tree;
        let mut direct = vec![0u32; tree.end(from) - from];
        for at in from + 1..tree.end(from) {
            let is_part = is_paragraph(tree.tag(at)) && tree.tag(at) != Tag::Table || tree.tag(at) == Tag::Text;
            if is_part && !self.dropped[at] {
                let body = &mut direct[tree.parent(at) - from];
                *body = body.saturating_add(self.worth(at));
            }
        }
        let most = direct.into_iter().max().unwrap_or(0);
        u64::from(most) * 2 >= u64::from(self.worth(from))
    }

    /// Whether what stands beside `heir` in `at` is text as well: paragraphs, or elements of its class.
    fn has_peers(&self, at: usize, heir: usize) -> bool {
        let tree = self.tree;
        let class = tree.attr(heir, "class");
        let is_peer = |&child: &usize| {
            let alike = || tree.tag(child) == tree.tag(heir) && class.is_some() && tree.attr(child, "class") == class;
            let prose = || matches!(tree.tag(child), Tag::P | Tag::Blockquote | Tag::Pre);
            child != heir && !self.dropped[child] && (prose() || alike())
        };
        let peers = self.children(at).filter(is_peer);
        let said: u64 = peers.map(|peer| u64::from(self.weight[peer].prose)).sum();
        said * 20 >= u64::from(self.worth(at))
    }

    fn children(&self, at: usize) -> impl Iterator<Item = usize> {
        let mut child = at + 1;
        std::iter::from_fn(move || {
            let here = child;
            (here < self.tree.end(at)).then(|| {
                child = self.tree.end(here);
                here
            })
        })
    }
}

/// Whether an element is a part of a text, and none that holds a text.
fn is_paragraph(tag: Tag) -> bool {
    matches!(
        tag,
        Tag::P | Tag::Ul | Tag::Ol | Tag::Table | Tag::Blockquote | Tag::Pre
    )
}
