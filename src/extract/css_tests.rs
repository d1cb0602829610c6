//! Cases for the scanner of style sheets, in the manner of the web platform tests.

use proptest::prelude::*;

use super::*;

/// What is found, each with `i` before it where it is imported and `e` where it is embedded.
fn found(css: &str) -> Vec<String> {
    let letter = |role| if role == Role::Resource { 'i' } else { 'e' };
    references(css)
        .into_iter()
        .map(|(address, role)| format!("{} {address}", letter(role)))
        .collect()
}

#[test]
fn imports_in_every_form() {
    for (css, want) in [
        ("@import 'a.css';", &["i a.css"][..]),
        ("@import \"a.css\"", &["i a.css"]),
        ("@import url(a.css);", &["i a.css"]),
        ("@import url('a.css') screen and (min-width: 9px);", &["i a.css"]),
        ("@import src('a.css');", &["i a.css"]),
        (
            "@IMPORT URL( a.css ) layer(x) supports(background: url(no.png)) print;",
            &["i a.css"],
        ),
        ("@import'a.css';@import/**/url(b.css);", &["i a.css", "i b.css"]),
        ("@charset \"utf-8\"; @layer a, b; @import 'a.css' layer;", &["i a.css"]),
        ("<!-- @import 'a.css'; -->", &["i a.css"]),
        ("@\\69mport 'a.css'; @im\\70 ort \"b.css\";", &["i a.css", "i b.css"]),
        ("@import 'a.css' 'b.css';", &["i a.css"]),
        ("@import ident 'a.css';", &[]),
        ("@import;p{background:url(b)}", &["e b"]),
        ("@media screen { @import 'a.css'; }", &[]),
        ("@imports 'a.css'; @import-x 'b.css';", &[]),
        ("@import url(a b); p{background:url(c)}", &["e c"]),
        ("@import url(data:text/css,p{});", &[]),
        ("p{} @import 'late.css';", &["i late.css"]),
    ] {
        assert_eq!(found(css), want, "{css}");
    }
}

#[test]
fn addresses_in_any_property() {
    for (css, want) in [
        ("p{background:url(a.png)}", &["e a.png"][..]),
        ("p{background:url( \n'a.png'\t)}", &["e a.png"]),
        (
            "p{background:URL(\"a.png\"), url(b.png) no-repeat}",
            &["e a.png", "e b.png"],
        ),
        ("background:url(&quot.png)", &["e &quot.png"]),
        (
            "@font-face{font-family:'F';src:local('F'),url(f.woff2) format('woff2'),url('f.ttf')tech(color)}",
            &["e f.woff2", "e f.ttf"],
        ),
        ("@media print{p{cursor:url(c.cur) 1 2,auto}}", &["e c.cur"]),
        ("p{--x:url(a);--y:{url(b)}}", &["e a", "e b"]),
        ("p{&:hover{mask:url(m.svg#id)}}", &["e m.svg#id"]),
        (
            "p{background:image-set('a.png' 1x,\"b.png\" type('image/png') 2x, url(c.png) 3x)}",
            &["e a.png", "e b.png", "e c.png"],
        ),
        ("p{background:-webkit-image-set(url(a) 1x)}", &["e a"]),
        (
            "p{background:image-set(linear-gradient(red, 'no') 1x, 'a' 2x)}",
            &["e a"],
        ),
        ("p{content:'url(no)' \"url(no)\";quotes:'a' 'b'}", &[]),
        ("p{background:/*url(no)*/url(a)/*", &["e a"]),
        ("/* unclosed url(no)", &[]),
        ("p{background:url()}q{background:url('')}", &["e ", "e "]),
        (
            "p{background:url(data:image/png;base64,AA==),url( 'DATA:x' ),url(blob:x),url(a)}",
            &["e a"],
        ),
        (
            "p{background:my-url(no) url-x(no) xurl(no) 1url(no) #url(no) @url(no)}",
            &[],
        ),
        (
            "p{background:u\\72l(a) \\75 rl(b) \\000075rl(c)}",
            &["e a", "e b", "e c"],
        ),
        ("a[href='url(no)']{} a[href=url(odd)]{}", &["e odd"]),
        (
            "@namespace url(no); @namespace svg 'no'; @-moz-document url(no){p{background:url(a)}}",
            &["e a"],
        ),
        ("@supports (background:url(no)){p{background:url(a)}}", &["e a"]),
        ("@font-face{src:url(a)", &["e a"]),
        ("p{background:url(a", &["e a"]),
        ("p{background:url('a", &["e a"]),
    ] {
        assert_eq!(found(css), want, "{css}");
    }
}

#[test]
fn escapes_and_errors() {
    for (css, want) in [
        ("p{background:url(a\\)b.png)}", &["e a)b.png"][..]),
        ("p{background:url(a\\ b.png)}", &["e a b.png"]),
        ("p{background:url(\\61\\62 c)}", &["e abc"]),
        ("p{background:url('\\26 x\\000026y')}", &["e &x&y"]),
        ("p{background:url('a\\\nb\\\r\nc')}", &["e abc"]),
        ("p{background:url('\\27\\'')}", &["e ''"]),
        (
            "p{background:url('\\0\\d800 \\110000')}",
            &["e \u{FFFD}\u{FFFD}\u{FFFD}"],
        ),
        ("p{background:url(\\é\\画)}", &["e é画"]),
        ("p{background:url(é.png)}", &["e é.png"]),
        // Wrong addresses end at their parenthesis, wrong strings at their line.
        ("p{background:url(a b)}q{background:url(c)}", &["e c"]),
        ("p{background:url(a'b)}q{background:url(c)}", &["e c"]),
        ("p{background:url(a(b)}q{background:url(c)}", &["e c"]),
        ("p{background:url(a\\\nb)}q{background:url(c)}", &["e c"]),
        ("p{background:url(a \\) url(no))}q{background:url(c)}", &["e c"]),
        ("p{content:'open\n}q{background:url(c)}", &["e c"]),
        ("p{background:url('open\n)}q{background:url(c)}", &["e c"]),
        ("p{width:calc((1px)}q{background:url(c)}", &["e c"]),
        ("}}})])q{background:url(c)}", &["e c"]),
        ("@media (x{p{background:url(a)}}@import 'b';", &["e a"]),
        ("\\", &[]),
        ("'\\", &[]),
        ("url(\\", &[]),
        ("@", &[]),
    ] {
        assert_eq!(found(css), want, "{css:?}");
    }
}

#[test]
fn what_is_hostile_costs_no_more_than_its_length() {
    // A scanner that went back, or looked ahead over and over, would not come to an end here.
    for piece in [
        "url(",
        "url('",
        "url(\"a\n",
        "/*",
        "/",
        "'",
        "\"\n",
        "\\",
        "\\a",
        "{",
        "}",
        "(",
        "[",
        "(}",
        "{(",
        "@import ",
        "@import(",
        "<!--",
        "-",
        "--",
        "-->",
        "u",
        "1",
        "1e",
        "url(a ",
        "image-set(",
        "image-set('",
        ")",
        "é",
        "\\\r\n",
        "url(a)",
        "@",
        "#",
    ] {
        let css = piece.repeat(2_000_000 / piece.len());
        assert!(references(&css).len() <= css.len() / 5, "{piece:?}");
    }
}

proptest! {
    #[test]
    fn never_panics(css in "(url\\(|@import |image-set\\(|/\\*|\\*/|[\\\\'\"(){};\\[\\]a-f0-9é画 \n\r\x00-]){0,80}") {
        for (address, _) in references(&css) {
            prop_assert!(address.len() <= css.len() * 3, "an escape means one character at most");
        }
    }

    #[test]
    fn never_panics_on_anything(css in ".{0,200}") {
        references(&css);
    }

    #[test]
    fn finds_what_was_written_with_escapes(address in "[ -~é画]{1,40}") {
        let escaped: String = address.chars().map(|c| format!("\\{:x} ", u32::from(c))).collect();
        let css = format!("p{{a:url({escaped});b:url('{escaped}')}}");
        let all: Vec<_> = references(&css).into_iter().map(|(found, _)| found.into_owned()).collect();
        // Escaped or not, what carries its content is left to the one who resolves.
        prop_assert_eq!(all, vec![address.clone(), address]);
    }
}
