//! What is taken for a quotation, and which link gets it.

use super::*;
use crate::{
    extract::{Body, read},
    model::url::Url,
};

/// The links of a document, each with its quotations.
fn quoted(source: &str, media_type: &str) -> Vec<(String, Vec<String>)> {
    let url = Url::parse("https://article.example/").expect("an address");
    let body = Body {
        bytes: source.as_bytes(),
        media_type: Some(media_type),
        charset: Some("utf-8"),
        url: &url,
        local: true,
        assets: false,
        quotes: true,
        volatile: &[],
    };
    let cites = read(&body)
        .links
        .into_iter()
        .filter(|link| link.role == Role::Cite && link.target.is_ok());
    cites.map(|link| (link.raw.0, link.quotes)).collect()
}

fn in_html(html: &str) -> Vec<(String, Vec<String>)> {
    quoted(
        &format!(
            "<article>{html}<p>{}</p></article>",
            "And so the article goes on for a while. ".repeat(9)
        ),
        "text/html",
    )
}

#[test]
fn quotation_marks_of_every_convention() {
    for (text, want) in [
        ("He said “we will build it soon” there", vec!["we will build it soon"]),
        (
            "Er sagte: „Wir bauen sie bald fertig“, so",
            vec!["Wir bauen sie bald fertig"],
        ),
        ("Он сказал: «Мы скоро построим мост», и", vec!["Мы скоро построим мост"]),
        (
            "Han sade: ”Vi bygger den snart nog” igår",
            vec!["Vi bygger den snart nog"],
        ),
        (
            "Hun sagde »Vi bygger den snart nok« i går",
            vec!["Vi bygger den snart nok"],
        ),
        (
            "Hän sanoi: »Me rakennamme sen pian nyt» eilen",
            vec!["Me rakennamme sen pian nyt"],
        ),
        (
            "市長は「橋は来年完成する予定だ」と述べた",
            vec!["橋は来年完成する予定だ"],
        ),
        ("市长说：“大桥将于明年建成通车。”", vec!["大桥将于明年建成通车。"]),
        ("เขาพูดว่า \"สะพานจะสร้างเสร็จปีหน้า\" แล้ว", vec!["สะพานจะสร้างเสร็จปีหน้า"]),
        (
            "قال: «سيكتمل الجسر في العام القادم» أمس",
            vec!["سيكتمل الجسر في العام القادم"],
        ),
        (
            "Dedi ki “Köprü seneye tamamlanmış olacak” dün",
            vec!["Köprü seneye tamamlanmış olacak"],
        ),
        ("He said \"we will build it soon\" there", vec!["we will build it soon"]),
        ("He said ‘we don’t build it now’ there", vec!["we don’t build it now"]),
        ("He said 'we don't build it now' there", vec!["we don't build it now"]),
        (
            "“He said ‘we build it now’ and left us”",
            vec!["He said ‘we build it now’ and left us"],
        ),
        (
            "“A long speech that goes on in the next paragraph",
            vec!["A long speech that goes on in the next paragraph"],
        ),
        ("the boys’ own book and the girls’ own book", vec![]),
        ("the so-called “bridge” of “good hope”", vec![]),
        ("a 5\" pipe and a 6\" pipe and a third one", vec![]),
        ("no marks at all", vec![]),
        ("”””“““«»»«„„", vec![]),
    ] {
        let found = in_marks(text)
            .into_iter()
            .filter_map(|(start, end)| worth_keeping(&text[start..end]));
        let found: Vec<String> = found.collect();
        let outer: Vec<&String> = found
            .iter()
            .filter(|one| !found.iter().any(|other| other != *one && other.contains(one.as_str())))
            .collect();
        assert_eq!(outer, want, "{text}");
    }
}

#[test]
fn a_quotation_goes_to_the_link_beside_it() {
    let words = "we will build it soon";
    for (html, want) in [
        (
            format!("<p>He <a href=/a>said</a> “{words}”.</p>"),
            vec![("/a", vec![words])],
        ),
        (
            format!("<p>“{words}”, he <a href=/a>said</a>.</p>"),
            vec![("/a", vec![words])],
        ),
        (
            format!("<p>He said <a href=/a>“{words}”</a>.</p>"),
            vec![("/a", vec![words])],
        ),
        (
            format!("<p>He said <q>{words}</q> (<a href=/a>x</a>).</p>"),
            vec![("/a", vec![words])],
        ),
        (
            format!("<p>One <a href=/a>here</a>. Two said “{words}” <a href=/b>there</a>.</p>"),
            vec![("/a", vec![]), ("/b", vec![words])],
        ),
        (
            format!("<p>They said “{words}” long ago at <a href=/a>this place</a>. <a href=/b>Else</a>.</p>"),
            vec![("/a", vec![words]), ("/b", vec![])],
        ),
        (
            format!("<p><a href=/a>A</a> and <a href=/b>B</a> say <q cite=/a>{words}</q>.</p>"),
            vec![("/a", vec![words]), ("/b", vec![])],
        ),
        (
            format!("<p>“{words}”</p><p>Then <a href=/a>else</a>.</p>"),
            vec![("/a", vec![])],
        ),
        (
            format!(
                "<p>He said “{words}”.<sup><a href='#n1'>1</a></sup></p><ol><li id=n1><a href=/a>Source</a></li></ol>"
            ),
            vec![("/a", vec![words])],
        ),
    ] {
        let got = in_html(&html);
        let got: Vec<(&str, Vec<&str>)> = got
            .iter()
            .map(|(raw, quotes)| (raw.as_str(), quotes.iter().map(String::as_str).collect()))
            .collect();
        assert_eq!(got, want, "{html}");
    }
}

#[test]
fn a_block_quotation_goes_to_what_introduces_or_signs_it() {
    let words = "We will build it soon.";
    for (html, want) in [
        (
            format!(
                "<p>As <a href=/a>he</a> wrote:</p><blockquote><p>{words}</p></blockquote><p><a href=/b>Else</a></p>"
            ),
            "/a",
        ),
        (
            format!("<p>Before that.</p><blockquote>{words}</blockquote><p>— <a href=/a>Source</a></p>"),
            "/a",
        ),
        (
            format!("<p><a href=/b>Else</a> it is.</p><blockquote>{words}</blockquote><p>— <a href=/a>Source</a></p>"),
            "/a",
        ),
        (
            format!(
                "<blockquote><p>{words}</p><footer><a href=/a>Source</a></footer></blockquote><p><a href=/b>b</a></p>"
            ),
            "/a",
        ),
        (
            format!(
                "<p><a href=/b>b</a>:</p><blockquote cite='https://article.example/a'>{words}</blockquote><p>x <a href=/a>a</a></p>"
            ),
            "/a",
        ),
    ] {
        for (raw, quotes) in in_html(&html) {
            let expected: &[&str] = if raw == want { &[words] } else { &[] };
            assert_eq!(quotes, expected, "{raw}: {html}");
        }
    }
}

#[test]
fn markdown_and_plain_text_quote_too() {
    let words = "We will build it soon";
    for (media_type, source, want) in [
        ("text/markdown", format!("He [said](/a) “{words}”."), vec![("/a", true)]),
        (
            "text/markdown",
            format!("As [he](/a) wrote:\n\n> {words}\n\nThen [else](/b)."),
            vec![("/a", true), ("/b", false)],
        ),
        (
            "text/markdown",
            format!("> {words}\n>\n> — [Source](/a)\n\nThen [else](/b)."),
            vec![("/a", true), ("/b", false)],
        ),
        (
            "text/markdown",
            format!("He said “{words}”.[^1]\n\nOther [link](/b).\n\n[^1]: See [this](/a)."),
            vec![("/b", false), ("/a", true)],
        ),
        (
            "text/markdown",
            format!("He <a href='/a'>said</a> “{words}”."),
            vec![("/a", true)],
        ),
        (
            "text/markdown",
            format!("<p>\nHe <a href='/a'>said</a> “{words}”.\n</p>"),
            vec![("/a", true)],
        ),
        (
            "text/markdown",
            format!("He said \"{words}\" (https://x.example/)."),
            vec![("https://x.example/", true)],
        ),
        (
            "text/plain",
            format!("He said\n\"{words}\"\nat https://x.example/\n\nhttps://y.example/"),
            vec![("https://x.example/", true), ("https://y.example/", false)],
        ),
        (
            "text/plain",
            format!("https://x.example/ has this:\n> {words}\n\nand https://y.example/"),
            vec![("https://x.example/", true), ("https://y.example/", false)],
        ),
    ] {
        let got = quoted(&source, media_type);
        let got: Vec<(&str, bool)> = got
            .iter()
            .map(|(raw, quotes)| (raw.as_str(), quotes == &[words]))
            .collect();
        assert_eq!(got, want, "{source}");
    }
}

#[test]
fn few_and_short_ones_are_kept() {
    let many: String = (0..9)
        .map(|n| format!("“number {n} of the quotations here” "))
        .collect();
    let long = "word ".repeat(600);
    let found = in_html(&format!(
        "<p>{many}<a href=/a>a</a></p><p><a href=/b>b</a> “{long}”</p>"
    ));
    assert_eq!(found[0].1.len(), Link::QUOTES_MAX);
    assert_eq!(
        found[0].1[0], "number 8 of the quotations here",
        "the nearest is the first"
    );
    assert_eq!(found[1].1[0].chars().count(), Link::QUOTE_MAX - 1, "cut, and trimmed");
}

#[test]
fn a_page_that_is_no_article_has_none() {
    let url = Url::parse("https://article.example/").expect("an address");
    let page = crate::extract::read_html("<p>He <a href=/a>said</a> “we will build it soon”.", &url);
    assert_eq!(page.links[0].quotes, Vec::<String>::new());
}

#[test]
fn hostile_quotations_take_no_time() {
    let marks = "“a «b „c \"d 'e 」".repeat(100_000);
    let links = "<a href=/x>“one two three four”</a> ".repeat(20_000);
    let nested = "<blockquote>".repeat(200) + "deep words that are quoted" + &"</blockquote>".repeat(200);
    for html in [marks, links, nested] {
        in_html(&format!("<p>{html}</p>"));
    }
}
