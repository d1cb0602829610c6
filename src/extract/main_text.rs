//! The main text of a document, one block a line.
//!
//! Two passes measure, one drops what stands around a text, one writes. Judges by structure, by the words
//! in `class` and `id`, and by how much of a block is links; never by the words of the text.
//! Must not look at addresses or at the source.

use super::{
    lines::{Lines, in_pre, is_block},
    noise::{self, Noise, Sign},
    region::Ground,
    tree::{Tag, Tree},
    weight::{PROSE, Weight, weigh},
};

/// The main text and where it stands.
pub struct Main {
    /// One block a line, white space folded, not yet normalised.
    pub text: String,
    /// For each node, whether it was written.
    pub kept: Vec<bool>,
}

impl Main {
    /// Whether the page itself says that this is its main text: it stands in `<main>` or `<article>`, or under
    /// the heading of the page.
    fn is_marked(&self, tree: &Tree) -> bool {
        let is_mark = |at: usize| match tree.tag(at) {
            Tag::Main | Tag::Article => true,
            Tag::H1 => self.kept[at],
            _ => tree.attr(at, "role") == Some("main"),
        };
        (1..tree.len()).any(|at| is_mark(at) && self.kept[at..tree.end(at)].contains(&true))
    }
}

/// A main text that weighs less has probably been missed.
const LITTLE: u32 = 400;

/// A text that says of itself that it is the main one may be as short as a sentence.
const SENTENCE: u32 = 40;

/// With less prose than this outside them, and much more inside, comments are the main text.
const FORUM: u32 = 3_000;

/// Whether `part` is less than so many percent of `whole`.
fn is_under(part: u32, whole: u32, percent: u64) -> bool {
    u64::from(part) * 100 < u64::from(whole) * percent
}

/// Whether a link leads to another page. One to a place in this page is a part of what it says.
fn leads_away(tree: &Tree, at: usize) -> bool {
    tree.attr(at, "href").is_none_or(|href| !href.starts_with('#'))
}

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
    let weight = weigh(&main.text);
    if weight >= LITTLE / 2 || weight >= SENTENCE && main.is_marked(tree) {
        return main;
    }
    let around = Survey::new(tree, signs, false).all_but_surroundings();
    if weigh(&around.text) > 4 * weigh(&main.text) {
        return around;
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

impl<'a> Survey<'a> {
    /// With `noscript`, what is shown without scripts counts as text.
    fn new(tree: &'a Tree, signs: &'a [Sign], noscript: bool) -> Self {
        let mut dropped = vec![false; tree.len()];
        let mut linked = vec![false; tree.len()];
        let mut own = vec![Weight::default(); tree.len()];
        for at in 1..tree.len() {
            let (parent, tag) = (tree.parent(at), tree.tag(at));
            dropped[at] = dropped[parent] || noise::is_never_text(tree, at) && !(noscript && tag == Tag::Noscript);
            linked[at] = linked[parent] || tag == Tag::A && leads_away(tree, at);
            if tag == Tag::Text && !dropped[at] {
                own[at] = Weight::of(tree.text(at), linked[at]);
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
        let ground = Ground {
            tree: self.tree,
            signs: self.signs,
            dropped: &self.dropped,
            weight: &self.weight,
        };
        let region = ground.region(self.body());
        self.write(region)
    }

    /// All text but what is surely none.
    fn all_but_surroundings(mut self) -> Main {
        for at in 1..self.tree.len() {
            let sure = matches!(self.signs[at].noise, Noise::Certain | Noise::Always);
            self.dropped[at] |= self.dropped[self.tree.parent(at)] || sure;
        }
        self.weigh();
        self.write(self.body())
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
            self.weight[tree.parent(at)].add(part);
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
            let holds_under = |percent| is_under(self.weight[at].worth(), whole, percent);
            self.dropped[at] = match self.signs[at].noise {
                Noise::None => false,
                Noise::Certain => true,
                Noise::Always => holds_under(60),
                Noise::Likely => holds_under(40),
                Noise::Links => {
                    let Weight { all, link, .. } = self.weight[at];
                    holds_under(40) && (!is_under(link, all, 34) || all < PROSE * 4)
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

    fn write(&self, region: usize) -> Main {
        let tree = self.tree;
        let mut kept = vec![false; tree.len()];
        let mut lines = Lines::default();
        let prunes = is_under(self.weight[region].link, self.weight[region].all, 35);
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
            && is_under(weight.all, weight.link, 166)
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
