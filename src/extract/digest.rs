//! The two digests of what a page says: its whole document without what changes by itself, and its
//! main text.
//!
//! Must not decide what is main text.

use super::{
    noise::Sign,
    tree::{Tag, Tree},
    words::{self, Table, key},
};
use crate::model::digest::{DocumentDigest, TextDigest};

/// Digest of the main text: its words in order. How they are set in lines is layout.
pub fn of_text(text: &str) -> TextDigest {
    let mut out = Vec::with_capacity(text.len());
    for word in words::split(text) {
        out.extend_from_slice(word.as_bytes());
        out.push(b' ');
    }
    TextDigest::of(&out)
}

/// Digest of a document that is not markup.
pub fn of_plain(text: &str) -> DocumentDigest {
    DocumentDigest::of(text.as_bytes())
}

/// Digest of the parsed page without scripts, styles, comments, advertisements, tokens, session
/// ids, hashes in addresses of assets, counters of views, and the time of its rendering. `kept` is the
/// main text.
pub fn of_tree(tree: &Tree, signs: &[Sign], kept: &[bool]) -> DocumentDigest {
    let mut out = Vec::with_capacity(64 * 1024);
    let mut open: Vec<usize> = Vec::new();
    let mut names = Vec::new();
    // Comments, and what is left out, part a run of text into several.
    let mut run = String::new();
    let (mut at, mut footer) = (1, 0);
    while at < tree.len() {
        while open.last().is_some_and(|&end| end <= at) {
            flush(&mut out, &mut run);
            open.pop();
            out.push(b'/');
        }
        if signs[at].volatile || changes_by_itself(tree, at) {
            at = tree.end(at);
            continue;
        }
        if tree.tag(at) == Tag::Text {
            match at < footer && !kept[at] {
                true => run.extend(tree.text(at).chars().filter(|c| !c.is_numeric())),
                false => run.push_str(tree.text(at)),
            }
        } else {
            flush(&mut out, &mut run);
            field(&mut out, b'E', tree.name(at).as_bytes());
            names.clear();
            names.extend(tree.attrs(at).filter(|(name, _)| counts(name)));
            names.sort_unstable();
            for (name, value) in &names {
                field(&mut out, b'A', name.as_bytes());
                attribute(&mut out, tree.tag(at), name, value);
            }
            if is_footer(tree, at) {
                footer = footer.max(tree.end(at));
            }
            open.push(tree.end(at));
            if says_when(tree, at) {
                at = tree.end(at);
                continue;
            }
        }
        at += 1;
    }
    flush(&mut out, &mut run);
    out.resize(out.len() + open.len(), b'/');
    DocumentDigest::of(&out)
}

/// Below a page stands when it was made, how long that took, and the year.
fn is_footer(tree: &Tree, at: usize) -> bool {
    tree.tag(at) == Tag::Footer
        || tree
            .attr(at, "role")
            .is_some_and(|role| role.eq_ignore_ascii_case("contentinfo"))
}

/// Whether an element's date stands in an attribute: then its text may be "three hours ago".
fn says_when(tree: &Tree, at: usize) -> bool {
    tree.tag(at) == Tag::Time && tree.attr(at, "datetime").is_some_and(|when| !when.trim().is_empty())
}

/// Writes a run of text and empties it.
fn flush(out: &mut Vec<u8>, run: &mut String) {
    words(out, run);
    run.clear();
}

/// One field: a letter for its kind, its length, its bytes. Adjacent fields cannot run together.
fn field(out: &mut Vec<u8>, kind: u8, bytes: &[u8]) {
    out.push(kind);
    out.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
    out.extend_from_slice(bytes);
}

/// A field whose length is known only once it is written.
fn measured(out: &mut Vec<u8>, kind: u8, write: impl FnOnce(&mut Vec<u8>)) {
    out.push(kind);
    let length_at = out.len();
    out.extend_from_slice(&[0; 4]);
    write(out);
    let length = (out.len() - length_at - 4) as u32;
    out[length_at..length_at + 4].copy_from_slice(&length.to_le_bytes());
}

fn words(out: &mut Vec<u8>, text: &str) {
    let mut words = words::split(text).peekable();
    if words.peek().is_none() {
        return;
    }
    measured(out, b'T', |out| {
        for word in words {
            out.extend_from_slice(word.as_bytes());
            out.push(b' ');
        }
    });
}

/// Whether a subtree may differ between two requests for an unchanged page.
fn changes_by_itself(tree: &Tree, at: usize) -> bool {
    match tree.tag(at) {
        Tag::Script | Tag::Style | Tag::Noscript => true,
        Tag::Input => tree
            .attr(at, "type")
            .is_some_and(|kind| kind.eq_ignore_ascii_case("hidden")),
        Tag::Meta => is_of_the_answer(tree, at),
        Tag::Link => tree.attr(at, "rel").is_some_and(|rel| {
            rel.split_ascii_whitespace()
                .any(|word| RESOURCES.iter().any(|known| known.eq_ignore_ascii_case(word)))
        }),
        _ => false,
    }
}

/// Kinds of `<link>` that tell how a page is drawn, or fetched: they change with every build of a site.
const RESOURCES: &[&str] = &[
    "stylesheet",
    "preload",
    "modulepreload",
    "prefetch",
    "prerender",
    "preconnect",
    "dns-prefetch",
    "icon",
    "apple-touch-icon",
    "mask-icon",
    "manifest",
];

/// Whether a `<meta>` is about this answer, and not about the page.
fn is_of_the_answer(tree: &Tree, at: usize) -> bool {
    const PARTS: &[&str] = &[
        "csrf",
        "token",
        "nonce",
        "request-id",
        "generated",
        "timestamp",
        "build",
        "session",
    ];
    let names = ["name", "property", "id"].iter().filter_map(|key| tree.attr(at, key));
    let mut named = names.map(str::to_ascii_lowercase);
    let policy = tree
        .attr(at, "http-equiv")
        .is_some_and(|name| name.eq_ignore_ascii_case("content-security-policy"));
    policy || named.any(|name| PARTS.iter().any(|part| name.contains(part)))
}

/// Whether an attribute says something about the page rather than about this rendering of it.
fn counts(name: &str) -> bool {
    !(name == "nonce"
        || name == "integrity"
        || name == "style"
        || name.starts_with("data-")
        || name.starts_with("on")
        || name.starts_with("aria-"))
}

fn attribute(out: &mut Vec<u8>, tag: Tag, name: &str, value: &str) {
    match name {
        "href" if tag != Tag::Link => measured(out, b'V', |out| address(out, value)),
        "src" | "srcset" | "poster" | "action" | "data" | "href" => measured(out, b'V', |out| {
            masked(out, value.split(['?', '#']).next().unwrap_or(""))
        }),
        // Numbers in them are mostly given out while the page is made.
        "id" | "for" => measured(out, b'V', |out| {
            out.extend(value.bytes().filter(|byte| !byte.is_ascii_digit()))
        }),
        "name" | "class" | "content" | "value" => measured(out, b'V', |out| masked(out, value)),
        _ => field(out, b'V', value.as_bytes()),
    }
}

/// Writes where a link leads: all of it but what names a session or breaks a cache.
fn address(out: &mut Vec<u8>, value: &str) {
    let (path, fragment) = value.split_once('#').unwrap_or((value, ""));
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let path = match path.find(';') {
        Some(at) if PASSING.get(key(path[at + 1..].split('=').next().unwrap_or("").as_bytes())) != 0 => &path[..at],
        _ => path,
    };
    out.extend_from_slice(path.as_bytes());
    for pair in query.split(['&', ';']).filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        if PASSING.get(key(name.as_bytes())) == 0 {
            out.push(b'&');
            out.extend_from_slice(name.as_bytes());
            out.push(b'=');
            match value.len() >= 24 {
                true => masked(out, value),
                false => out.extend_from_slice(value.as_bytes()),
            }
        }
    }
    out.push(b'#');
    // A long fragment is no name of a place: it carries something.
    match fragment.len() >= 24 {
        true => masked(out, fragment),
        false => out.extend_from_slice(fragment.as_bytes()),
    }
}

/// Names of parameters that change from one request to the next.
static PASSING: Table = Table::of(&[(
    "_ _t authenticity_tok aspsessionid cachebust cachebuster cb cfid cftoken csrf csrf_token expires jsessionid nonce \
     phpsessid rand random requestid request_id rnd s_id sess sessid session session_id sessionid sid sig signature \
     timestamp token ts xsrf",
    1,
)]);

/// Writes `value` with every run that looks like a hash or token replaced by `#`: at least eight
/// letters and digits of which some are digits and some letters, or sixteen digits.
fn masked(out: &mut Vec<u8>, value: &str) {
    let bytes = value.as_bytes();
    // What stands between `written` and the run is written together with what follows it.
    let (mut written, mut start, mut digits) = (0, 0, 0);
    for at in 0..=bytes.len() {
        let byte = bytes.get(at).copied().unwrap_or(b' ');
        if byte.is_ascii_alphanumeric() {
            digits += usize::from(byte.is_ascii_digit());
            continue;
        }
        let length = at - start;
        if length >= 8 && digits >= 2 && (digits < length || length >= 16) {
            out.extend_from_slice(&bytes[written..start]);
            out.push(b'#');
            written = at;
        }
        (start, digits) = (at + 1, 0);
    }
    out.extend_from_slice(&bytes[written..]);
}

#[cfg(test)]
mod tests {
    use crate::{extract::read_html, model::url::Url};

    /// Whether two pages have the same document digest, and the same text digest.
    fn same(one: &str, other: &str) -> (bool, bool) {
        let url = Url::parse("https://example.org/").unwrap();
        let (one, other) = (read_html(one, &url), read_html(other, &url));
        (one.document == other.document, one.text_digest == other.text_digest)
    }

    /// A page with `inside` in the middle of its text, `around` beside it and `head` in its head.
    fn page(prose: &str, head: &str, inside: &str, around: &str) -> String {
        format!(
            "<!DOCTYPE html><html><head><title>T</title>{head}</head><body><nav><a href=/>Home</a></nav><main><article>\
             <h1>T</h1><p>{prose} 1</p>{inside}<p>{prose} 2</p></article></main>{around}</body></html>"
        )
    }

    const PROSE: [&str; 7] = [
        "The river rose over its banks in spring, and people in the valley cleared their cellars as best they could.",
        "في الربيع فاض النهر على ضفتيه، وأخلى أهل الوادي أقبية بيوتهم، ولم ينحسر الماء إلا بعد ثلاثة أسابيع.",
        "春天河水漫过了堤岸，山谷里的人们尽力清空了地下室，三个星期之后大水才终于退去，学校也重新开门。",
        "春になると川の水があふれ、谷の人々は地下室を片付けた。水が引くまでに三週間かかったという。",
        "ในฤดูใบไม้ผลิแม่น้ำเอ่อล้นตลิ่งและผู้คนในหุบเขาต้องขนของออกจากห้องใต้ดินจนกว่าน้ำจะลดลง",
        "Весной река вышла из берегов, и жители долины освобождали подвалы; вода ушла лишь через три недели.",
        "İlkbaharda ırmak kıyılarını aştı, vadideki insanlar bodrumlarını boşalttı; ışıklar ancak üç hafta sonra yandı.",
    ];

    #[test]
    fn ignores_what_changes_by_itself() {
        for (what, one, other) in [
            (
                "nonce",
                ["<script nonce=a1>1</script>", "", ""],
                ["<script nonce=b2>1</script>", "", ""],
            ),
            (
                "policy",
                [
                    "<meta http-equiv=Content-Security-Policy content=\"script-src 'nonce-abcd'\">",
                    "",
                    "",
                ],
                [
                    "<meta http-equiv=Content-Security-Policy content=\"script-src 'nonce-wxyz'\">",
                    "",
                    "",
                ],
            ),
            (
                "csrf token",
                [
                    "<meta name=csrf-token content=abc>",
                    "",
                    "<form><input type=hidden name=_token value=abc></form>",
                ],
                [
                    "<meta name=csrf-token content=xyz>",
                    "",
                    "<form><input type=hidden name=_token value=xyz></form>",
                ],
            ),
            (
                "session id",
                [
                    "",
                    "<a href='/a;jsessionid=AB12'>a</a> <a href='/b?PHPSESSID=qwe&id=7'>b</a>",
                    "",
                ],
                [
                    "",
                    "<a href='/a;jsessionid=CD34'>a</a> <a href='/b?PHPSESSID=rty&id=7'>b</a>",
                    "",
                ],
            ),
            (
                "build hash",
                [
                    "<link rel=stylesheet href=/a-BxYzk3Qa.css><script src=/m.77aa01ef.js></script>",
                    "<img src=/i.3f9c2b1d.png>",
                    "",
                ],
                [
                    "<link rel=stylesheet href=/a-Kq81zzPo.css><script src=/m.1e02bb34.js></script>",
                    "<img src=/i.77aa01ef.png?v=2>",
                    "",
                ],
            ),
            (
                "time of rendering",
                [
                    "<meta name=generated content=1>",
                    "<!-- 10:00 -->",
                    "<footer>Made at 10:00:01 in 0.12 s. © 2024</footer>",
                ],
                [
                    "<meta name=generated content=2>",
                    "",
                    "<footer>Made at 11:37:22 in 0.08 s. © 2025</footer>",
                ],
            ),
            (
                "relative time",
                ["", "", "<aside><time datetime='2024-01-02'>3 hours ago</time></aside>"],
                ["", "", "<aside><time datetime='2024-01-02'>vor 2 Tagen</time></aside>"],
            ),
            (
                "view counter",
                ["", "<p class=views>1,204 views</p>", ""],
                ["", "<p class=views>1,377 views</p>", ""],
            ),
            (
                "ASP.NET state",
                [
                    "",
                    "",
                    "<form><input type=hidden name=__VIEWSTATE value=ab><input type=hidden name=__EVENTVALIDATION value=c></form>",
                ],
                [
                    "",
                    "",
                    "<form><input type=hidden name=__VIEWSTATE value=cd><input type=hidden name=__EVENTVALIDATION value=d></form>",
                ],
            ),
            (
                "order of attributes",
                ["", "<img src=a alt=b width=1>", ""],
                ["", "<img width=1 alt=b src=a>", ""],
            ),
            (
                "advertisement",
                [
                    "",
                    "<div class=ad-slot><a href=/x>Buy a boat</a></div>",
                    "<ins class=adsbygoogle></ins>",
                ],
                [
                    "",
                    "<div class=ad-slot><img src=y> Fly to the sun</div>",
                    "<ins class=adsbygoogle><iframe></iframe></ins>",
                ],
            ),
            (
                "inline script",
                [
                    "",
                    "<script>var t = 1;</script>",
                    "<p onclick='f(1)' style='top: 1px' data-n=1>x</p>",
                ],
                [
                    "",
                    "<script>var t = 2;</script>",
                    "<p onclick='f(2)' style='top: 2px' data-n=2>x</p>",
                ],
            ),
            (
                "generated ids",
                ["", "<p id=ember371>x</p>", ""],
                ["", "<p id=ember402>x</p>", ""],
            ),
            ("white space", ["", "<p>a  b</p>\n\n", ""], ["", "<p>a\nb</p>", ""]),
            ("comments", ["", "<p>ab</p>", ""], ["", "<p>a<!-- -->b</p>", ""]),
        ] {
            for prose in PROSE {
                let pages = [one, other].map(|[head, inside, around]| page(prose, head, inside, around));
                assert_eq!(
                    same(&pages[0], &pages[1]),
                    (true, true),
                    "{what}: {} / {}",
                    pages[0],
                    pages[1]
                );
            }
        }
    }

    #[test]
    fn sees_edits() {
        for (what, one, other, text) in [
            (
                "a number",
                "<p>It cost 1,204 crowns.</p>",
                "<p>It cost 1,304 crowns.</p>",
                false,
            ),
            ("a digit", "<p>٣ أسابيع</p>", "<p>٤ أسابيع</p>", false),
            ("a letter", "<p>ışık</p>", "<p>isik</p>", false),
            ("a character", "<p>三週間</p>", "<p>四週間</p>", false),
            ("a tone mark", "<p>ไหม</p>", "<p>ไหม่</p>", false),
            ("case", "<p>Polish</p>", "<p>polish</p>", false),
            (
                "a link",
                "<p>See <a href=/v/dQw4w9WgXcQ>it</a>.</p>",
                "<p>See <a href=/v/aQw4w9WgXcZ>it</a>.</p>",
                true,
            ),
            (
                "a query",
                "<p>See <a href='/i?id=7'>it</a>.</p>",
                "<p>See <a href='/i?id=8'>it</a>.</p>",
                true,
            ),
            ("an image", "<p>See.</p>", "<p>See.<img src=/new.png></p>", true),
            ("another image", "<img src=/boat.png>", "<img src=/ship.png>", true),
            (
                "words of an image",
                "<img src=a alt=boat>",
                "<img src=a alt=ship>",
                true,
            ),
            ("markup", "<p>a <b>b</b></p>", "<p>a <i>b</i></p>", true),
            ("words that part", "<p>ab c</p>", "<p>a bc</p>", false),
        ] {
            for prose in PROSE {
                let pages = [one, other].map(|inside| page(prose, "", inside, ""));
                assert_eq!(
                    same(&pages[0], &pages[1]),
                    (false, text),
                    "{what}: {} / {}",
                    pages[0],
                    pages[1]
                );
            }
        }
    }

    #[test]
    fn the_text_digest_ignores_layout() {
        for (one, other) in [
            ("<p>a b<br>c</p>", "<div><span>a</span> b</div><div>c</div>"),
            ("<p>soft\u{AD}hyphen</p>", "<p>softhyphen</p>"),
            ("<p>e\u{301}</p>", "<p>é</p>"),
            ("<p>日本</p><p>語</p>", "<section class=x7><h2>日本</h2>語</section>"),
            ("<table><tr><td>1<td>2</table>", "<ul><li>1<li>2</ul>"),
        ] {
            for prose in PROSE {
                let pages = [one, other].map(|inside| page(prose, "", inside, ""));
                assert!(same(&pages[0], &pages[1]).1, "{} / {}", pages[0], pages[1]);
            }
        }
    }

    #[test]
    fn fields_do_not_run_together() {
        for (one, other) in [
            ("<p>ab</p><p>c</p>", "<p>a</p><p>bc</p>"),
            ("<p><b>a</b>b", "<p><b>ab</b>"),
            ("<p title=ab>", "<p titlea=b>"),
            ("<p><b>a</b></p>", "<p><b></b>a</p>"),
        ] {
            assert!(!same(one, other).0, "{one} / {other}");
        }
    }
}
