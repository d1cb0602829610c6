//! Which part of a document is its main text, and that text, one block a line.
//!
//! Two passes measure, one chooses the region, one writes. Judges by structure, by the words in
//! `class` and `id`, and by how much of a block is links; never by the words of the text.
//! Must not look at addresses or at the source.

use super::{
    lines::{Lines, in_pre, is_block},
    noise::{self, Noise, Sign},
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
pub fn find(tree: &Tree, signs: &[Sign]) -> Main {
    let main = Survey::new(tree, signs, false).main();
    let start = main.text.floor_char_boundary(8 * LITTLE as usize);
    if weigh(&main.text[..start]) >= LITTLE || weigh(&main.text) >= LITTLE {
        return main;
    }
    let unscripted = Survey::new(tree, signs, true).main();
    let main = if weigh(&unscripted.text) > 2 * weigh(&main.text) {
        unscripted
    } else {
        main
    };
    if weigh(&main.text) >= LITTLE / 2 {
        return main;
    }
    let everything = Survey::new(tree, signs, false).everything();
    if weigh(&everything.text) > 4 * weigh(&main.text) {
        everything
    } else {
        main
    }
}

struct Survey<'a> {
    tree: &'a Tree,
    signs: &'a [Sign],
    dropped: Vec<bool>,
    /// What each node itself holds.
    own: Vec<Weight>,
    /// What each subtree holds.
    weight: Vec<Weight>,
}

/// Characters of writing systems without spaces count double: a word of them is short.
fn weigh(text: &str) -> u32 {
    if text.is_ascii() {
        return text.bytes().filter(|b| !b.is_ascii_whitespace()).count() as u32;
    }
    let weigh = |(at, &byte): (usize, &u8)| match STARTS[byte as usize] {
        UNSURE => text[at..].chars().next().map_or(0, weigh_char),
        weight => u32::from(weight),
    };
    text.as_bytes().iter().enumerate().map(weigh).sum()
}

fn weigh_char(c: char) -> u32 {
    match c as u32 {
        _ if c.is_whitespace() => 0,
        0x0E00..=0x0EFF | 0x1000..=0x109F | 0x1780..=0x17FF => 2,
        0x2E80..=0xD7FF | 0xF900..=0xFAFF | 0x20000..=0x3FFFF => 2,
        _ => 1,
    }
}

/// The first byte alone does not tell what a character weighs.
const UNSURE: u8 = 3;

/// What a character weighs by its first byte in UTF-8; bytes that begin none weigh nothing.
static STARTS: [u8; 256] = {
    let mut weights = [1; 256];
    let mut byte = 0;
    while byte < 256 {
        weights[byte] = match byte {
            0x09..=0x0D | 0x20 | 0x80..=0xBF => 0,
            0xC2 | 0xE0..=0xE3 | 0xEF | 0xF0 => UNSURE,
            0xE4..=0xED => 2,
            _ => 1,
        };
        byte += 1;
    }
    weights
};

impl<'a> Survey<'a> {
    /// With `noscript`, what is shown without scripts counts as text.
    fn new(tree: &'a Tree, signs: &'a [Sign], noscript: bool) -> Self {
        let mut dropped = vec![false; tree.len()];
        let mut linked = vec![false; tree.len()];
        let mut own = vec![Weight::default(); tree.len()];
        for at in 1..tree.len() {
            let (parent, tag) = (tree.parent(at), tree.tag(at));
            dropped[at] = dropped[parent] || noise::is_never_text(tree, at) && !(noscript && tag == Tag::Noscript);
            linked[at] = linked[parent] || tag == Tag::A;
            if tag == Tag::Text && !dropped[at] {
                let all = weigh(tree.text(at));
                let run = if all >= PROSE { all } else { 0 };
                own[at] = match linked[at] {
                    true => Weight {
                        all,
                        link: all,
                        prose: 0,
                        titles: run,
                    },
                    false => Weight {
                        all,
                        link: 0,
                        prose: run,
                        titles: 0,
                    },
                };
            }
        }
        let mut survey = Survey {
            signs,
            tree,
            dropped,
            own,
            weight: Vec::new(),
        };
        survey.weigh();
        survey
    }

    fn main(mut self) -> Main {
        self.drop_noise();
        self.weigh();
        self.write(self.region())
    }

    /// All text that can be shown.
    fn everything(self) -> Main {
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
        self.weight.clone_from(&self.own);
        for at in (1..tree.len()).rev() {
            if self.dropped[at] {
                self.weight[at] = Weight::default();
                continue;
            }
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
        let mut comments: Vec<usize> = Vec::new();
        for at in 1..tree.len() {
            let parent = tree.parent(at);
            self.dropped[at] |= self.dropped[parent];
            if self.dropped[at] || tree.tag(at) == Tag::Text {
                continue;
            }
            let prose = self.weight[at].worth();
            self.dropped[at] = match self.signs[at].noise {
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
        let (mut at, last) = (heavy.next()?, heavy.next_back().unwrap_or(best));
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
                if self.weight[child].worth() * 100 > whole * 70 && tree.tag(child) != Tag::Text {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn text(html: &str) -> String {
        let tree = Tree::parse(html);
        find(&tree, &noise::signs(&tree)).text
    }

    const PROSE: [&str; 5] = [
        "Der Fluss trat im Frühjahr über die Ufer, und die Leute im Tal räumten ihre Keller aus, so gut es ging.",
        "春になると川の水があふれ、谷の人々は地下室を片付けた。水が引くまでに三週間かかったという。",
        "في الربيع فاض النهر على ضفتيه، وأخلى أهل الوادي أقبية بيوتهم، ولم ينحسر الماء إلا بعد ثلاثة أسابيع.",
        "Весной река вышла из берегов, и жители долины освобождали подвалы; вода ушла лишь через три недели.",
        "ในฤดูใบไม้ผลิแม่น้ำเอ่อล้นตลิ่งและผู้คนในหุบเขาต้องขนของออกจากห้องใต้ดินจนกว่าน้ำจะลดลง",
    ];

    /// An article of four paragraphs with `inside` in the middle and `around` after it.
    fn article(prose: &str, inside: &str, around: &str) -> String {
        let p: Vec<String> = (1..=4).map(|n| format!("<p>{prose} {n}</p>")).collect();
        format!(
            "<body><nav><a href=/>Home</a></nav><main><article><h1>T</h1>{}{inside}{}</article>{around}</main><footer>F</footer>",
            p[..2].concat(),
            p[2..].concat()
        )
    }

    #[test]
    fn keeps_the_article_and_drops_what_stands_around_it() {
        for prose in PROSE {
            let want: String = std::iter::once("T\n".to_owned())
                .chain((1..=4).map(|n| format!("{prose} {n}\n")))
                .collect();
            for (inside, around) in [
                ("", ""),
                ("<div class=ad-slot><a href=x>Buy now</a></div>", ""),
                (
                    "<aside>aside</aside><form><button>b</button><select><option>o</select></form>",
                    "",
                ),
                (
                    "<span class=views>10</span><p hidden>h</p><p style='display:none'>h</p><script>s</script>",
                    "",
                ),
                (
                    "<ul class=share-buttons><li><a href=x>a</a><li><a href=y>b</a></ul>",
                    "<div id=cookie-banner>c</div>",
                ),
                (
                    "",
                    "<section class=x-related><h2>More</h2><a href=x>One other page of this site</a></section>",
                ),
                ("", "<section class=comments><p>first</p><p>second</p></section>"),
                ("<div><a href=1>eins</a> <a href=2>zwei</a></div>", ""),
            ] {
                assert_eq!(text(&article(prose, inside, around)), want, "{inside} {around}");
            }
        }
    }

    #[test]
    fn is_the_same_under_another_design() {
        for prose in PROSE {
            let plain = text(&article(prose, "", ""));
            let wrapped = article(prose, "", "")
                .replace("<p>", "<div class=x7-block><p class=x7-p>")
                .replace("</p>", "</p></div>");
            assert_eq!(text(&wrapped), plain);
            assert_eq!(
                text(
                    &wrapped
                        .replace("<main>", "<div class=has-sidebar><div id=q>")
                        .replace("</main>", "</div></div>")
                ),
                plain
            );
        }
    }

    #[test]
    fn writes_one_block_a_line() {
        for (html, want) in [
            ("<p>a <b>b</b>c<p>d<br>e", "a bc\nd\ne\n"),
            ("<ul><li>a<li>b</ul>", "a\nb\n"),
            ("<table><tr><th>a<th>b<tr><td>c<td>d</table>", "a b\nc d\n"),
            ("<pre>a  b\n  c</pre>", "a b\nc\n"),
            ("<p> x \n\n y <i> z</i>", "x y z\n"),
            ("<blockquote>q<p>r</blockquote>", "q\nr\n"),
            ("", ""),
        ] {
            assert_eq!(text(html), want, "{html}");
        }
    }

    #[test]
    fn falls_back_on_what_there_is() {
        for prose in PROSE {
            let posts: String = (1..=6)
                .map(|n| format!("<div class=comment><p>{prose} {n}</p></div>"))
                .collect();
            assert_eq!(
                text(&format!("<h1>T</h1>{posts}")).lines().count(),
                7,
                "a thread is its posts"
            );
            let unscripted = format!("<div id=app></div><noscript><p>{prose}</p></noscript>");
            assert_eq!(text(&unscripted), format!("{prose}\n"));
            let hidden = format!("<div hidden><p>{prose}</p></div>");
            assert_eq!(text(&hidden), format!("{prose}\n"));
        }
    }
}
