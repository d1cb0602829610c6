//! What stands around a text: told by element, role, and the words in `class` and `id`.
//!
//! Must not weigh text or choose regions.

use super::{
    tree::{Tag, Tree},
    words::{Key, Table},
};

/// Most names read of one `class` or `id`.
const NAMES_MAX: usize = 64;

/// How surely an element is not part of the main text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Noise {
    /// Nothing says so.
    None,
    /// Drop it where it is mostly links.
    Links,
    /// Drop it, unless it holds much of the page's prose.
    Likely,
    /// Readers' comments: drop them, unless they are the page.
    Comments,
    /// Drop it, unless it holds most of the page's prose.
    Always,
    /// Drop it.
    Certain,
}

/// Whether an element never holds text for reading.
pub fn is_never_text(tree: &Tree, at: usize) -> bool {
    match tree.tag(at) {
        Tag::Text => false,
        Tag::Head
        | Tag::Script
        | Tag::Style
        | Tag::Noscript
        | Tag::Iframe
        | Tag::Object
        | Tag::Embed
        | Tag::Svg
        | Tag::Canvas
        | Tag::Audio
        | Tag::Video
        | Tag::Select
        | Tag::Option
        | Tag::Input
        | Tag::Textarea
        | Tag::Map
        | Tag::Dialog
        | Tag::Noframes
        | Tag::Title => true,
        // What opens a part of the text is its heading.
        Tag::Button => tree.attr(at, "aria-expanded").is_none() || tree.attr(at, "aria-haspopup").is_some(),
        Tag::Other => matches!(
            tree.name(at),
            "template" | "progress" | "meter" | "datalist" | "rp" | "applet"
        ),
        _ => false,
    }
}

/// What is told about one element.
#[derive(Debug, Clone, Copy)]
pub struct Sign {
    /// Whether it belongs to the main text.
    pub noise: Noise,
    /// Whether it is of the kinds that change by themselves: advertisements, what is popular just
    /// now, counters.
    pub volatile: bool,
    /// Whether it is called the body of a text, such as `entry-content`.
    pub body: bool,
}

/// Reads the signs of every node.
pub fn signs(tree: &Tree) -> Vec<Sign> {
    let mut signs: Vec<Sign> = Vec::with_capacity(tree.len());
    let mut memo = Memo::default();
    let mut article = vec![false; tree.len()];
    // The nearest form around each node; 0 for none.
    let mut form = vec![0u32; tree.len()];
    for at in 0..tree.len() {
        let (tag, parent) = (tree.tag(at), tree.parent(at));
        article[at] = article[parent] || matches!(tag, Tag::Article | Tag::Main);
        form[at] = if tag == Tag::Form { at as u32 } else { form[parent] };
        if form[at] > 0 && asks(tree, at) {
            let around = &mut signs[form[at] as usize];
            around.noise = stronger(around.noise, Noise::Likely);
        }
        let mut sign = Sign {
            noise: by_tag(tag, article[parent]),
            volatile: false,
            body: false,
        };
        if !matches!(tag, Tag::Text | Tag::Body | Tag::Html | Tag::Main | Tag::Article) {
            read_attributes(tree, at, &mut memo, &mut sign);
            if tag.is_heading() {
                sign.noise = Noise::None;
            }
        }
        signs.push(sign);
    }
    signs
}

/// Whether something is to be filled in: a form around it is a tool, and no frame around a text.
fn asks(tree: &Tree, at: usize) -> bool {
    match tree.tag(at) {
        Tag::Textarea | Tag::Select => true,
        Tag::Input => !matches!(
            tree.attr(at, "type").unwrap_or("text"),
            "hidden" | "submit" | "button" | "image"
        ),
        _ => false,
    }
}

fn by_tag(tag: Tag, in_article: bool) -> Noise {
    match tag {
        Tag::Nav | Tag::Footer | Tag::Menu | Tag::Search => Noise::Certain,
        Tag::Aside | Tag::Fieldset | Tag::Label => Noise::Likely,
        Tag::Header if !in_article => Noise::Likely,
        _ => Noise::None,
    }
}

fn read_attributes<'a>(tree: &'a Tree, at: usize, memo: &mut Memo<'a>, sign: &mut Sign) {
    for (name, value) in tree.attrs(at) {
        let noise = match name {
            "role" => by_role(value),
            "class" | "id" => {
                let found = memo.words(value);
                sign.volatile |= found & VOLATILE != 0;
                sign.body |= found & BODY != 0;
                strongest(found)
            }
            _ if hides(name, value) => Noise::Always,
            _ => Noise::None,
        };
        sign.noise = stronger(sign.noise, noise);
    }
}

/// What the words of some values of `class` and `id` say: the same ones stand again and again.
struct Memo<'a> {
    known: [(&'a str, u8); 64],
}

impl Default for Memo<'_> {
    fn default() -> Self {
        Self { known: [("", 0); 64] }
    }
}

impl<'a> Memo<'a> {
    fn words(&mut self, value: &'a str) -> u8 {
        let byte = |at: usize| value.as_bytes().get(at).map_or(0, |&byte| usize::from(byte));
        let (middle, last) = (byte(value.len() / 2), byte(value.len().saturating_sub(1)));
        let known = &mut self.known[(value.len() * 7 + byte(0) * 5 + middle * 3 + last) % 64];
        if known.0 != value {
            *known = (value, by_words(value));
        }
        known.1
    }
}

/// The lists of [`WORDS`] that have words of `value`, the value of `class` or `id`.
fn by_words(value: &str) -> u8 {
    let mut found = 0;
    for token in value.split_ascii_whitespace().take(NAMES_MAX) {
        let (mut here, mut count, mut parts) = (0, 0, 0);
        each_word(token, |word| {
            here |= WORDS.get(word);
            count += 1;
            parts = parts << 2 | u32::from(BODIES.get(word));
        });
        if here & STATE == 0 {
            found |= here;
        }
        if count == 2 && parts == NAMED_BODY || count == 1 && parts == u32::from(TEXT | BODY_OF) {
            found |= BODY;
        }
        if token == "widget" || token.starts_with("widget-") || token.starts_with("widget_") {
            found |= LIKELY;
        }
    }
    found
}

fn hides(name: &str, value: &str) -> bool {
    match name {
        "hidden" => !value.eq_ignore_ascii_case("until-found"),
        "style" => value
            .split(';')
            .filter_map(|rule| rule.split_once(':'))
            .any(|(name, value)| {
                let (name, value) = (name.trim(), value.trim_start());
                name.eq_ignore_ascii_case("display") && value.starts_with("none")
                    || name.eq_ignore_ascii_case("visibility") && value.starts_with("hidden")
            }),
        _ => false,
    }
}

fn stronger(a: Noise, b: Noise) -> Noise {
    if (b as u8) > (a as u8) { b } else { a }
}

fn by_role(role: &str) -> Noise {
    match role {
        "navigation" | "banner" | "contentinfo" | "search" | "menu" | "menubar" | "toolbar" | "dialog"
        | "alertdialog" => Noise::Certain,
        "complementary" => Noise::Likely,
        _ => Noise::None,
    }
}

/// Calls `with` for each word of a name such as `post-meta`, `postMeta` or `post_meta`.
fn each_word(token: &str, mut with: impl FnMut(Key)) {
    let (mut word, mut length, mut was_lower) = (0, 0, false);
    for &byte in token.as_bytes().iter().chain(b" ") {
        let letter = byte.is_ascii_alphabetic();
        if length > 0 && (!letter || byte.is_ascii_uppercase() && was_lower) {
            with(word);
            (word, length) = (0, 0);
        }
        if letter {
            if length < 16 {
                word = word << 8 | Key::from(byte.to_ascii_lowercase());
            }
            length += 1;
        }
        was_lower = byte.is_ascii_lowercase();
    }
}

/// What the strongest of the words found says.
fn strongest(found: u8) -> Noise {
    if found & ALWAYS != 0 {
        Noise::Always
    } else if found & COMMENTS != 0 {
        Noise::Comments
    } else if found & LIKELY != 0 {
        Noise::Likely
    } else if found & LINKS != 0 {
        Noise::Links
    } else {
        Noise::None
    }
}

/// Advertisements, tokens of the page's machinery, and clutter between title and text.
const ALWAYS: u8 = 1;
/// What often stands beside a text.
const LIKELY: u8 = 2;
/// Lists of links.
const LINKS: u8 = 4;
/// What readers write below a text.
const COMMENTS: u8 = 8;
/// What changes from one request to the next.
const VOLATILE: u8 = 16;
/// Tells of a state of something else: `has-sidebar`, `no-ads`.
const STATE: u8 = 32;
/// The body of a text; of no list, but two words side by side.
const BODY: u8 = 64;

/// What a text may be, in the name of its body.
const TEXT: u8 = 1;
/// What its body is called.
const BODY_OF: u8 = 2;
/// Both, one after the other.
const NAMED_BODY: u32 = (TEXT as u32) << 2 | BODY_OF as u32;

/// The words that make the name of a text's body: one of each, or both in one.
static BODIES: Table = Table::of(&[
    ("article blog entry news post story", TEXT),
    ("body content text", BODY_OF),
    (
        "articlebody articlecontent articletext entrycontent postbody postcontent storybody storycontent",
        TEXT | BODY_OF,
    ),
]);

/// The words that tell. Each stands in at most one of the first four lists.
static WORDS: Table = Table::of(&[
    (
        "ad adbox ads adsbygoogle adslot adunit advert advertisement advertising adverts adwrap breadcrumb \
         breadcrumbs byline captcha colophon reviews cookie cookies copyright footer gdpr noprint offcanvas onetrust outbrain \
         pageviews pagination paginator popup sharebar sharedaddy sharing signature skip skiplink sponsor sponsored \
         sronly taboola tooltip trending viewcount views visually visuallyhidden",
        ALWAYS,
    ),
    (
        "actions announcement banner bar bio consent credit credits cta disclaimer facet facets filters gallery legal \
         login masthead megamenu meta modal newsletter optin overlay popular prev promo recommend recommendations \
         recommended related respond searchbar searchform share sidebar signin signup slideshow social subscribe \
         subscription timestamp topbar wishlist",
        LIKELY,
    ),
    ("menu nav navbar navigation pager tags toolbar", LINKS),
    ("comment comments disqus", COMMENTS),
    (
        "ad adbox ads adsbygoogle adslot adunit advert advertisement advertising adverts adwrap outbrain \
         pageviews popular recommended related sponsored taboola trending viewcount views",
        VOLATILE,
    ),
    (
        "disabled enabled false grid has hide layout no true with without",
        STATE,
    ),
]);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::words;

    #[test]
    fn splits_names_into_words() {
        for (name, want) in [
            ("post-meta", "post meta"),
            ("postMeta", "post meta"),
            ("x9__ad--inline", "x ad inline"),
            ("HTMLWidget", "htmlwidget"),
            ("", ""),
        ] {
            let mut words = Vec::new();
            each_word(name, |word| words.push(word));
            let want: Vec<Key> = want
                .split_whitespace()
                .map(|word| words::key(word.as_bytes()))
                .collect();
            assert_eq!(words, want, "{name}");
        }
    }

    #[test]
    fn reads_signs() {
        for (html, noise, volatile) in [
            ("<p>x", Noise::None, false),
            ("<p class='ad-slot'>x", Noise::Always, true),
            ("<p class='headline'>x", Noise::None, false),
            ("<p class='k2-shareButtons'>x", Noise::Likely, false),
            ("<p id=comments>x", Noise::Comments, false),
            ("<p role=navigation>x", Noise::Certain, false),
            ("<p style='color: red; display:none'>x", Noise::Always, false),
            ("<p hidden>x", Noise::Always, false),
            ("<p class=widget-area>x", Noise::Likely, false),
            ("<p class=fancy-widget>x", Noise::None, false),
        ] {
            let tree = Tree::parse(html);
            let at = (0..tree.len()).find(|&at| tree.tag(at) == Tag::P).unwrap();
            let sign = signs(&tree)[at];
            assert_eq!((sign.noise, sign.volatile), (noise, volatile), "{html}");
        }
    }
}
