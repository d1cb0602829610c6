//! Laws of reading that hold for any page, and pages made to cost much.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::{
    fold, read_html, source, text,
    tree::{Tag, Tree},
};
use crate::model::url::Url;

fn here() -> Url {
    Url::parse("https://example.org/").unwrap()
}

/// Pieces of pages, in several scripts, well and badly nested.
fn markup() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("<p>".to_owned()),
        Just("</p><div class=post-content>".to_owned()),
        Just("</div>".to_owned()),
        Just("<article><h1>".to_owned()),
        Just("</h1>".to_owned()),
        Just("<ul><li>".to_owned()),
        Just("<table><tr><td>".to_owned()),
        Just("<nav><a href=/x>".to_owned()),
        Just("</a></nav>".to_owned()),
        Just("<a href='#y'>".to_owned()),
        Just("<div hidden>".to_owned()),
        Just("<section class='comments has-sidebar'>".to_owned()),
        Just("<form><input><label>".to_owned()),
        Just("<button aria-expanded=false>".to_owned()),
        Just("<br>".to_owned()),
        Just("<!-- x -->".to_owned()),
        Just("\u{AD}\u{200B} \u{A0}\u{3000}".to_owned()),
        "[a-zäß .,]{0,60}",
        "[а-яё ]{0,40}",
        "[一-十ぁ-ん。]{0,30}",
        "[ก-๙ ]{0,30}",
        "[ا-ي ]{0,40}",
        "[ıiİIşğ ]{0,40}",
        "e\u{301}[\u{300}-\u{310}]{0,3}",
        any::<String>(),
    ];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

/// A page that says `text`, a paragraph a line.
fn page_of(text: &str) -> String {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;");
    let paragraphs: String = escaped.lines().map(|line| format!("<p>{line}</p>")).collect();
    format!("<!DOCTYPE html><html><head></head><body><article>{paragraphs}</article></body></html>")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn folding_twice_is_folding_once(text in any::<String>()) {
        let once = fold(&text);
        prop_assert_eq!(fold(&once), once);
    }

    #[test]
    fn reading_what_was_read_changes_nothing(html in markup()) {
        let page = read_html(&html, &here());
        let again = read_html(&page_of(&page.text), &here());
        prop_assert_eq!(&again.text, &page.text);
        prop_assert_eq!(again.text_digest, page.text_digest);
        let plain = text::read(&page.text, &here(), None, false);
        prop_assert_eq!(&plain.text, &page.text);
        prop_assert_eq!(plain.text_digest, page.text_digest);
    }

    #[test]
    fn the_same_bytes_are_the_same_page(html in markup()) {
        prop_assert_eq!(read_html(&html, &here()), read_html(&html, &here()));
    }

    #[test]
    fn the_order_of_attributes_does_not_count(
        mut attributes in prop::collection::btree_map("[a-z]{1,6}", "[a-z0-9 ]{0,12}", 0..8).prop_map(|map| map.into_iter().collect::<Vec<_>>())
    ) {
        let page = |attributes: &[(String, String)]| {
            let written: String = attributes.iter().map(|(name, value)| format!(" {name}='{value}'")).collect();
            read_html(&format!("<main><p{written}>One paragraph of some length.</p></main>"), &here())
        };
        let one = page(&attributes);
        attributes.reverse();
        let other = page(&attributes);
        prop_assert_eq!((one.document, one.text_digest), (other.document, other.text_digest));
    }
}

#[test]
fn no_script_is_favoured() {
    for (language, title, prose) in [
        (
            "ar",
            "الفيضان",
            "في الربيع فاض النهر على ضفتيه، وأخلى أهل الوادي أقبية بيوتهم، ولم ينحسر الماء إلا بعد ثلاثة أسابيع.",
        ),
        (
            "zh",
            "洪水",
            "春天河水漫过了堤岸，山谷里的人们尽力清空了地下室，三个星期之后大水才终于退去。",
        ),
        (
            "ja",
            "洪水",
            "春になると川の水があふれ、谷の人々は地下室を片付けた。水が引くまでに三週間かかったという。",
        ),
        (
            "th",
            "น้ำท่วม",
            "ในฤดูใบไม้ผลิแม่น้ำเอ่อล้นตลิ่งและผู้คนในหุบเขาต้องขนของออกจากห้องใต้ดินจนกว่าน้ำจะลดลง",
        ),
        (
            "ru",
            "Паводок",
            "Весной река вышла из берегов, и жители долины освобождали подвалы; вода ушла лишь через три недели.",
        ),
        (
            "tr",
            "Taşkın",
            "İlkbaharda ırmak kıyılarını aştı, vadideki insanlar bodrumlarını boşalttı; ışıklar üç hafta sonra yandı.",
        ),
        (
            "hi",
            "बाढ़",
            "वसंत में नदी अपने किनारों से ऊपर बह निकली और घाटी के लोगों ने अपने तहख़ाने ख़ाली किए।",
        ),
        (
            "he",
            "שיטפון",
            "באביב עלה הנהר על גדותיו, ואנשי העמק פינו את המרתפים ככל שיכלו, עד שירדו המים.",
        ),
        (
            "ko",
            "홍수",
            "봄에 강물이 둑을 넘었고 골짜기 사람들은 지하실을 비웠다. 물이 빠지기까지 삼 주가 걸렸다고 한다.",
        ),
    ] {
        let body: String = (1..=3).map(|n| format!("<p>{prose} {n}</p>")).collect();
        let html = format!(
            "<html lang={language}><title>{title}</title><body><header class=masthead><a href=/>{title}</a></header>\
             <nav><ul><li><a href=/1>{title}</a><li><a href=/2>{title}</a></ul></nav>\
             <div class=layout><div class=story><h1>{title}</h1>{body}<table><tr><th>{title}<td>3</table>\
             <blockquote>{prose}</blockquote><pre>x = 1</pre><figure><img src=i><figcaption>{title} 4</figcaption></figure></div>\
             <div class=sidebar><h2>{title}</h2><a href=/3>{prose}</a></div></div>\
             <div class=cookie-consent><p>{prose}</p></div><section id=comments><p>{prose} 9</p></section>\
             <footer>{title} © 2024</footer></body></html>"
        );
        let page = read_html(&html, &here());
        let want = format!("{title}\n{prose} 1\n{prose} 2\n{prose} 3\n{title} 3\n{prose}\nx = 1\n{title} 4\n");
        assert_eq!(page.text, want, "{language}");
        assert_eq!((page.title.as_str(), page.language.as_deref()), (title, Some(language)));
        assert!(!page.shell && !page.cut);
    }
}

/// About a megabyte each, of what is dear to a careless reader.
fn hostile() -> Vec<(&'static str, String)> {
    let many = |part: &str| part.repeat((1 << 20) / part.len());
    vec![
        ("deep", many("<div>")),
        (
            "deep and closed",
            format!("{}x{}", "<div>".repeat(90_000), "</div>".repeat(90_000)),
        ),
        ("forms in forms", many("<form><div></form>")),
        ("unclosed", many("<b><i><p>x")),
        ("one text", many("word ")),
        ("one word", many("x")),
        ("siblings", many("<p>x</p>")),
        (
            "attributes",
            format!("<p{}>", (0..100_000).map(|n| format!(" a{n}=1")).collect::<String>()),
        ),
        ("table", format!("<table>{}", many("<tr><td>1<td>2"))),
        ("tables in tables", many("<table><tr><td>")),
        ("links", many("<a href=/x>x</a> ")),
        ("comments", many("<!-- x -->")),
        ("class names", format!("<p class='{}'>x", many("ad-x "))),
        ("comment blocks", many("<div class=comment>x</div>")),
        ("articles", many("<article><h1>x</h1></article>")),
        (
            "lists of data",
            many("<script type='application/ld+json'>{\"author\":[[[{}]]]}</script>"),
        ),
        ("without scripts", many("<noscript><div></noscript>")),
        (
            "the same line",
            many("<p>A line long enough to be looked for among those before it, and there.</p>"),
        ),
    ]
}

#[test]
fn hostile_pages_are_read_in_bounds() {
    for (what, html) in hostile() {
        let began = Instant::now();
        let tree = Tree::parse(&html[..source::safe_length(&html)]);
        assert!(tree.len() < 1 << 20, "{what}: {} nodes", tree.len());
        let mut depth = vec![0u32; tree.len()];
        for at in 1..tree.len() {
            depth[at] = depth[tree.parent(at)] + 1;
        }
        let deepest = depth.into_iter().max().unwrap_or(0);
        assert!(deepest < 2_200, "{what}: {deepest} deep");
        let page = read_html(&html, &here());
        assert!(page.text.len() <= html.len() + 1, "{what}");
        assert_eq!(page.cut, html.len() > source::safe_length(&html), "{what}");
        // A thousand times what it takes: only what grows with a square would pass it.
        assert!(
            began.elapsed() < Duration::from_secs(60),
            "{what}: {:?}",
            began.elapsed()
        );
        assert!((1..tree.len()).all(|at| tree.tag(at) == Tag::Text || tree.end(at) > at));
    }
}
