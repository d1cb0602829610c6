//! The quick way and the library's own make the same tree of everything.

use proptest::prelude::*;
use scraper::Html;

use super::*;

/// What the library makes of it, held against ours; tells whether the quick way went all the way.
fn agree(html: &str) -> bool {
    let ours = plain(html);
    let theirs = Html::parse_document(html);
    if let Some(ours) = &ours {
        assert_eq!(ours.html(), theirs.html(), "{html:?}");
        assert_eq!(ours.quirks_mode, theirs.quirks_mode, "{html:?}");
        assert_eq!(
            ours.tree.values().collect::<Vec<_>>(),
            theirs.tree.values().collect::<Vec<_>>(),
            "{html:?}"
        );
    }
    ours.is_some()
}

#[test]
fn plain_documents_take_the_quick_way() {
    for html in [
        "",
        "text alone",
        "a < b > c <3",
        "<!doctype html><title>A &amp; B</title><p class=x id='y' hidden>Text &eacute; &#233; &#xE9; &nbsp;",
        "<!DOCTYPE HTML PUBLIC \"-//W3C//DTD HTML 4.01 Transitional//EN\" \"http://www.w3.org/TR/html4/loose.dtd\"><p>x",
        "<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0 Strict//EN\"   \"http://www.w3.org/TR/x.dtd\" ><p>x",
        "<!DOCTYPE html SYSTEM \"about:legacy-compat\">x",
        "<!doctype html >\n<p>x",
        "\u{feff}<p>one\r\ntwo\rthree",
        "<?xml version=\"1.0\"?><html xmlns=\"http://www.w3.org/1999/xhtml\"><br/><a href=\"?a=1&b=2&copy=3&amp;d\">x</a>",
        "<A HREF = 'x'CLASS=\"y\"Z>up</A ><img src=a/ alt><input =x= / / y /><p / >",
        "<p a=1 a=2 A=3>twice",
        "<script>if (a < b && c) { x = '</p>' }</script >after<style>p > a {}</style><textarea>\n &lt;b></textarea>",
        "<title>unclosed &amp; <b>",
        "<script>never closed",
        "<svg viewBox='0 0 1 1'><path d=M0/><foreignObject><p>x</p></foreignObject><title>t</title></svg><math><mi>x",
        "<table><tr><td>a<p>b<tr>stray</table><select><option>1<option>2</select><!-- c --><!----><!-- -- > -->",
        "<p>a<b>b<i>c</p>d</b>e</i><a>1<a>2<nobr>3<nobr>4<h1>5<h2>6<li>7<li>8",
        "<pre>\n\nx</pre><listing>\nx</listing><template><p>t</template><noscript><p>n</p></noscript>",
        "<frameset><frame></frameset><noframes><p></noframes>",
        "tail & more &x; &; && &#",
        "<a href='&copyright=1&notit&amp'>",
    ] {
        let quick = agree(html);
        let odd = html.ends_with("&#") || html.contains("&amp'");
        assert_eq!(quick, !odd, "{html:?}");
    }
}

#[test]
fn what_is_not_plain_is_left_to_the_library() {
    for html in [
        "a\0b",
        "<p",
        "<p a=\"",
        "</>",
        "</ x>",
        "<!-->",
        "<!--->",
        "<!-- --!> -->",
        "<!-- never closed",
        "<![CDATA[x]]>",
        "<!ELEMENT x>",
        "<!doctypehtml>",
        "<!doctype foo>",
        "<!doctype html public 'x'>",
        "<script><!-- <script></script> --></script>",
        "<plaintext>x",
        "&notit; &#x80; &#0; &#xD800; &#xFFFF; &#1234567890; &#x;",
        "a &amp b",
        "the end &am",
    ] {
        assert!(!agree(html), "{html:?}");
    }
}

/// Bits of markup, sound and broken.
fn pieces() -> impl Strategy<Value = String> {
    let fixed = prop::sample::select(vec![
        "<",
        ">",
        "/",
        "=",
        "\"",
        "'",
        "&",
        ";",
        "#",
        "!",
        "-",
        "--",
        "-->",
        "<!--",
        "<!",
        "?",
        " ",
        "\n",
        "\r\n",
        "\t",
        "x",
        "é",
        "日本",
        "\0",
        "<p>",
        "</p>",
        "<b>",
        "</b>",
        "<a href=",
        "<a href=\"x\">",
        "</a>",
        "<script>",
        "</script>",
        "<style>",
        "</style>",
        "<title>",
        "</title>",
        "<textarea>",
        "</textarea>",
        "<table>",
        "<tr>",
        "<td>",
        "</table>",
        "<svg>",
        "</svg>",
        "<math>",
        "<select>",
        "<option>",
        "<noscript>",
        "</noscript>",
        "<template>",
        "</template>",
        "<br/>",
        "<BR CLASS=x>",
        "<!doctype html>",
        "<!DOCTYPE html PUBLIC \"a\" \"b\">",
        "&amp;",
        "&amp",
        "&copy",
        "&copy;",
        "&notin;",
        "&notit;",
        "&#65;",
        "&#x41;",
        "&#x80;",
        "&#",
        "&#x",
        "&nosuch;",
        "&nGt;",
        "<p id=a&b>",
        "<p id='&lt'>",
        "<p id=\"a&copyx&reg=1&amp;\">",
        "<iframe>",
        "</iframe>",
        "<plaintext>",
        "<![CDATA[",
        "]]>",
        "<frameset>",
        "<html a>",
        "<body b>",
        "<form>",
        "</form>",
        "<pre>",
        "<li>",
        "<h1>",
        "<image>",
        "<input type=hidden>",
        "<base href=x>",
        "<meta charset=utf-8>",
        "</br>",
        "</",
        "<?",
        "<xmp>",
        "</xmp>",
        "<noembed>",
    ]);
    prop::collection::vec(prop_oneof![8 => fixed.prop_map(String::from), 1 => "[ -~]{0,6}"], 0..24)
        .prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn both_make_the_same_tree(html in pieces()) {
        agree(&html);
    }
}
