//! `fix`: links made to lead where they should, and every other byte as it was.

use std::fs;

use crate::harness::{Answer, Evercite, LiveSite, Site, page, prose, schema};

fn text() -> String {
    page("Moved", &prose("moved", 80))
}

/// A page that moved for good and says the same, one that is gone, one that is fine; checked until that is certain.
fn archived(articles: &[(&str, &str)]) -> (LiveSite, Evercite) {
    let (site, evercite) = (
        Site::new()
            .page("/moved", text())
            .page("/gone", page("Gone", &prose("gone", 80)))
            .page("/fine", page("Fine", &prose("fine", 80)))
            .page("/new-home", text())
            .serve(),
        Evercite::new(),
    );
    let paths: Vec<String> = articles
        .iter()
        .map(|(name, text)| {
            let path = evercite.folder().join(name);
            fs::write(&path, text.replace("SITE", &site.url(""))).expect("a file");
            path.to_str().expect("UTF-8").to_owned()
        })
        .collect();
    let mut snapshot = vec!["snapshot", "--cited-at", "2016-02-05"];
    snapshot.extend(paths.iter().map(String::as_str));
    evercite.ok(&snapshot);
    site.set("/moved", Answer::redirect(301, &site.url("/new-home")));
    site.set("/gone", Answer::html("gone").under(410));
    evercite.ok(&["check", "--fail-on", "none", "--confirm", "now", "--confirm-wait", "0"]);
    (site, evercite)
}

const MARKDOWN: &str = "# Title\r\n\r\nSee [the *moved* one](SITE/moved#part \"T\"), <SITE/gone>, SITE/moved and\r\n\
    [ref][r], [fine](SITE/fine) \\[not](SITE/fine).\r\n\r\n```\r\n[code](SITE/moved)\r\n```\r\n\r\n[r]: <SITE/gone> 'G'\r\nno newline at end  ";

const HTML: &str = "<!doctype html>\n<title>x</title><!-- <a href='SITE/moved'> -->\n<p>See <a class=a\n href='SITE/moved'>one</a>,\n<a href=SITE/gone >two</a>, <A HREF=\"SITE/fine\">three</A>, <img src=\"SITE/moved\">\n";

#[test]
fn only_the_addresses_change() {
    let (site, evercite) = archived(&[("a.md", MARKDOWN), ("b.html", HTML)]);
    let copy = |path: &str| format!("https://web.archive.org/web/20160205000000/{}", site.url(path));
    let (moved, gone, home) = (site.url("/moved"), site.url("/gone"), site.url("/new-home"));
    let root = site.url("");
    let markdown = MARKDOWN
        .replace("SITE", &root)
        .replace(&format!("({moved}#part "), &format!("({home}#part "))
        .replace(
            &format!("<{gone}>, {moved} and"),
            &format!("<{}>, {home} and", copy("/gone")),
        )
        .replace(&format!("[r]: <{gone}>"), &format!("[r]: <{}>", copy("/gone")));
    let html = HTML
        .replace("SITE", &root)
        .replace(&format!("href='{moved}'>one"), &format!("href='{home}'>one"))
        .replace(&format!("href={gone} >"), &format!("href=\"{}\" >", copy("/gone")));
    let (a, b) = (evercite.folder().join("a.md"), evercite.folder().join("b.html"));
    let names = [a.to_str().expect("UTF-8"), b.to_str().expect("UTF-8")];

    let dry = evercite.ok(&["fix", names[0], names[1]]);
    assert_eq!(
        fs::read_to_string(&a).expect("a file"),
        MARKDOWN.replace("SITE", &root),
        "a dry run writes nothing"
    );
    assert!(
        dry.stdout.contains("--- a/") && dry.stdout.contains(&format!("+[r]: <{}>", copy("/gone"))),
        "{dry}"
    );
    assert!(dry.stderr.contains("a.md:3:5: moved to"), "{dry}");
    let json = evercite.ok(&["fix", "--format", "json", names[0]]).json();
    schema::assert_valid(&json, "fix.schema.json");
    assert_eq!(json["files"][0]["fixes"].as_array().map(Vec::len), Some(4), "{json}");

    evercite.ok(&["fix", "--write", names[0], names[1]]);
    assert_eq!(fs::read_to_string(&a).expect("a file"), markdown);
    assert_eq!(fs::read_to_string(&b).expect("a file"), html);
    assert_eq!(
        fs::read_to_string(a.with_extension("md.orig")).expect("a backup"),
        MARKDOWN.replace("SITE", &root)
    );

    let again = evercite.ok(&["fix", "--write", names[0], names[1]]);
    assert!(again.stderr.contains("0 links fixed"), "{again}");
    assert_eq!(
        fs::read_to_string(&a).expect("a file"),
        markdown,
        "the second time changes nothing"
    );
}

#[test]
fn robust_links_say_what_was_there_and_when() {
    let (site, evercite) = archived(&[("b.html", HTML)]);
    let file = evercite.folder().join("b.html");
    evercite.ok(&[
        "fix",
        "--robust",
        "--write",
        "--copies",
        "https://mine.example/{date}/{url}?x&y",
        file.to_str().expect("UTF-8"),
    ]);
    let fixed = fs::read_to_string(&file).expect("a file");
    let (moved, gone) = (site.url("/moved"), site.url("/gone"));
    for part in [
        format!(
            "href='{}' data-versionurl=\"https://mine.example/2016-02-05/{moved}?x&amp;y\" data-versiondate=\"2016-02-05\">one",
            site.url("/new-home")
        ),
        format!(
            "href=\"https://mine.example/2016-02-05/{gone}?x&amp;y\" data-originalurl=\"{gone}\" data-versiondate=\"2016-02-05\" >two"
        ),
    ] {
        assert!(fixed.contains(&part), "{part} in {fixed}");
    }
}

#[test]
fn what_is_not_certain_is_left_and_told() {
    let (site, evercite) = archived(&[("a.md", "[one](SITE/fine) [two](SITE/gone)\n")]);
    // Gone for the first time, and moved to where another text stands.
    site.set("/fine", Answer::html("gone").under(404));
    evercite.ok(&["check", "--fail-on", "none"]);
    let file = evercite.folder().join("a.md");
    let ran = evercite.ok(&["fix", file.to_str().expect("UTF-8")]);
    assert!(
        !ran.stdout.contains("/fine)\n+") && ran.stdout.contains("/gone"),
        "{ran}"
    );
    for (bytes, why) in [(&b"\xff\xfe[x](y)"[..], "UTF-8"), (b"%PDF-1.4\n", "PDF")] {
        fs::write(&file, bytes).expect("a file");
        let ran = evercite.run(&["fix", file.to_str().expect("UTF-8")]).exits(3);
        ran.complains_clearly();
        assert!(ran.stderr.contains(why), "{ran}");
    }
    assert_eq!(evercite.run(&["fix", "--copies", "nowhere", "x.md"]).code, Some(3));
}

/// One link as it is written in a file: what leads there, and how it is to be written when it leads elsewhere.
type Written = fn(&str) -> String;

const IN_MARKDOWN: &[Written] = &[
    |to| format!("[words]({to})"),
    |to| format!("[*some* `code` words]( <{to}> \"A (title)\" )"),
    |to| format!("[![alt ](not-a-picture.png)]({to} 'title')"),
    |to| format!("<{to}>"),
    |to| format!("as <a  class='x' href=\"{to}\"\ttitle=y>HTML</a> inline"),
    |to| format!("> quoted [words\nover lines]({to}), and\n> - [in a list]({to})"),
    |to| format!("| a | b |\n|---|---|\n| [cell]({to}) | x |"),
    |to| format!("1. [one]({to}). \\[not a link\\](x) \u{1f600} 漢字"),
    |to| format!("```\n[code](http://code.example/)\n```\n\n[after]({to})"),
];
const IN_HTML: &[Written] = &[
    |to| format!("<a href=\"{to}\">words</a>"),
    |to| format!("<A data-href='x'\n   HREF='{to}' >words <b>bold</b></A>"),
    |to| format!("<p>text &amp; <a target=_blank href='{to}'><img alt='a' src='p.png'></a>"),
    |to| format!("<!-- <a href='http://comment.example/'> --><a title='>' href=\"{to}\">x</a>"),
    |to| format!("<script>var x = '<a href=\"http://script.example/\">';</script><a href=\"{to}\">x</a>"),
    |to| format!("<table><tr><td><a href=\"{to}\">cell</a> 漢字</table>"),
];

#[test]
fn two_hundred_files_change_where_they_should() {
    let (site, evercite) = archived(&[("a.md", "SITE/moved SITE/gone SITE/fine")]);
    let targets = [
        (site.url("/moved"), site.url("/new-home")),
        (
            site.url("/gone"),
            format!("https://web.archive.org/web/20160205000000/{}", site.url("/gone")),
        ),
        (site.url("/fine"), site.url("/fine")),
        (
            "http://unknown.example/a?b=c".to_owned(),
            "http://unknown.example/a?b=c".to_owned(),
        ),
    ];
    // The article of the archive has the day of citation; other files are cited when the link was first seen.
    let day: String =
        evercite.value("SELECT strftime('%Y%m%d%H%M%S', min(first_seen_at) / 1000, 'unixepoch') FROM citation");
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    let mut below = |limit: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        (random % limit as u64) as usize
    };
    let mut files = Vec::new();
    for number in 0..200 {
        let (forms, extension) = if number % 2 == 0 {
            (IN_MARKDOWN, "md")
        } else {
            (IN_HTML, "html")
        };
        let (mut before, mut after) = match below(3) {
            0 => ("\u{feff}".to_owned(), "\u{feff}".to_owned()),
            1 => ("# A title\n\n".to_owned(), "# A title\n\n".to_owned()),
            _ => ("<!doctype html>\n\n".to_owned(), "<!doctype html>\n\n".to_owned()),
        };
        for _ in 0..1 + below(8) {
            let (from, to) = &targets[below(targets.len())];
            let form = forms[below(forms.len())];
            let fragment = ["", "", "#part"][below(3)];
            let fixed = match (fragment, to == from) {
                // A link with a fragment is another one, of which nothing is known.
                ("#part", _) | (_, true) => format!("{from}{fragment}"),
                _ => to.replace("/web/20160205000000/", &format!("/web/{day}/")),
            };
            before.push_str(&form(&format!("{from}{fragment}")));
            after.push_str(&form(&fixed));
            let space = ["\n\n", "\r\n\r\n", "  \n\n\n"][below(3)];
            (before, after) = (before + space, after + space);
        }
        if below(2) == 0 {
            (before, after) = (before.trim_end().to_owned(), after.trim_end().to_owned());
        }
        let path = evercite.folder().join(format!("{number}.{extension}"));
        fs::write(&path, &before).expect("a file");
        files.push((path, before, after));
    }
    let names: Vec<&str> = files.iter().map(|(path, ..)| path.to_str().expect("UTF-8")).collect();
    let fix = [&["fix", "--write"][..], &names].concat();
    evercite.ok(&fix);
    for (path, before, after) in &files {
        let fixed = fs::read_to_string(path).expect("a file");
        assert!(
            fixed == *after,
            "{}:\n{before}\nbecame\n{fixed}\ninstead of\n{after}",
            path.display()
        );
    }
    let again = evercite.ok(&fix);
    assert!(again.stderr.contains("0 links fixed"), "{again}");
    for (path, _, after) in &files {
        assert!(
            fs::read_to_string(path).expect("a file") == *after,
            "{} changed again",
            path.display()
        );
    }
}
