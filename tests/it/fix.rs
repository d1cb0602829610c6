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
