//! Pages that answer 200 and are not there, texts that moved, and how a loss is confirmed.

use std::time::Duration;

use crate::harness::{Answer, Evercite, LiveSite, Report, Site, citing, prose};

/// A page of a site: its navigation and footer, and in between what it says.
fn dressed(title: &str, inside: &str) -> String {
    format!(
        "<!doctype html><html lang=en><head><title>{title} | The Gazette</title></head><body class=site>\
         <header class=top><nav class=menu><ul class=list><li><a href=/>Home</a></li></ul></nav></header>\
         <main class=body><h1 class=head>{title}</h1>{inside}</main>\
         <footer class=end><p class=legal>All rights reserved.</p></footer></body></html>"
    )
}

fn apology() -> String {
    let text = "<p class=note>We looked for it everywhere.</p><p class=back><a href=/>Back to the start</a></p>";
    dressed("Page not found", text)
}

fn story(subject: &str) -> String {
    let paragraphs: String = (0..4)
        .map(|_| format!("<p class=text>{}</p>", prose(subject, 3)))
        .collect();
    dressed(
        subject,
        &format!("<div class=story>{paragraphs}<aside class=more>More</aside></div>"),
    )
}

/// Everything that was asked for and that nobody cites.
fn made_up(site: &LiveSite) -> Vec<String> {
    let is_made_up = |path: &String| {
        let name = path.rsplit('/').next().unwrap_or("");
        name.len() == 25 && name.bytes().all(|byte| byte.is_ascii_lowercase())
    };
    site.asked()
        .into_iter()
        .map(|asked| asked.path)
        .filter(is_made_up)
        .collect()
}

fn snapshot(site: &LiveSite) -> (Evercite, Report) {
    let evercite = Evercite::new();
    evercite.ok(&["snapshot", &site.url("/article")]);
    let report = evercite.report();
    report.adds_up();
    assert!(evercite.is_sound());
    (evercite, report)
}

#[test]
fn an_apology_under_200_is_found_on_an_honest_host_at_the_first_visit() {
    let site = Site::new()
        .answer(
            "/news/lost",
            Answer::html(dressed(
                "This article is no longer available",
                "<p class=note>It has been removed.</p><p class=back><a href=/>Back</a></p>",
            )),
        )
        .page("/news/story", story("harbour"))
        .page("/article", citing(&["/news/lost", "/news/story"]))
        .otherwise(Answer::html(apology()).under(404))
        .serve();
    let (evercite, report) = snapshot(&site);
    let lost = report.link(&site.url("/news/lost"));
    assert_eq!(
        (lost["class"].as_str(), lost["resource"].as_str()),
        (Some("dead"), Some("soft-404")),
        "{lost:#}"
    );
    assert!(lost["evidence"].to_string().contains("which answers 404"), "{lost:#}");
    assert_eq!(report.class(&site.url("/news/story")), "ok");
    let asked = made_up(&site);
    assert_eq!(asked.len(), 2, "one beside it and one at the root: {asked:?}");
    assert!(lost["baseline"].is_null(), "it is no copy to hold anything against");
    site.forget();
    evercite.run(&["check"]);
    assert_eq!(
        made_up(&site),
        Vec::<String>::new(),
        "what the host showed is remembered"
    );
    assert_eq!(evercite.report().class(&site.url("/news/lost")), "dead");
}

#[test]
fn a_host_that_shows_its_home_page_for_everything_is_found_out_without_a_word() {
    let site = Site::new()
        .page("/article", citing(&["/news/lost", "/"]))
        .otherwise(Answer::html(story("welcome")))
        .serve();
    let (_, report) = snapshot(&site);
    let lost = report.link(&site.url("/news/lost"));
    assert_eq!(
        (lost["class"].as_str(), lost["resource"].as_str()),
        (Some("dead"), Some("soft-404")),
        "{lost:#}"
    );
    assert_eq!(report.class(&site.url("/")), "ok", "the home page is there");
}

#[test]
fn what_only_looks_like_a_loss_is_none() {
    let shell = "<!doctype html><title>App</title><body><div id=app></div><script src=/app.js></script>";
    for (what, cited, answer, otherwise) in [
        (
            "a page about missing pages",
            "/blog/404",
            Answer::html(dressed(
                "What \"page not found\" (404) means",
                &format!("<p>{}</p><p>{}</p>", prose("error", 8), prose("server", 8)),
            )),
            Answer::html(apology()).under(404),
        ),
        (
            "an application that draws itself",
            "/app/x",
            Answer::html(shell),
            Answer::html(shell),
        ),
        (
            "a page whose address may end as it likes",
            "/item/17/some-name",
            Answer::html(story("lantern")),
            Answer::html(apology()).under(404),
        ),
    ] {
        let mut site = Site::new()
            .answer(cited, answer.clone())
            .page("/article", citing(&[cited]))
            .otherwise(otherwise);
        if cited.starts_with("/item/") {
            site = site.answer("/item/17/", answer);
        }
        let site = site.serve();
        let (_, report) = snapshot(&site);
        assert_eq!(
            report.class(&site.url(cited)),
            "ok",
            "{what}: {:#}",
            report.link(&site.url(cited))
        );
    }
}

#[test]
fn addresses_are_made_up_only_on_suspicion_and_where_robots_may() {
    let calm = Site::new()
        .page("/x", story("well"))
        .page("/article", citing(&["/x"]))
        .serve();
    snapshot(&calm);
    assert_eq!(made_up(&calm), Vec::<String>::new());
    let closed = Site::new()
        .robots("User-agent: *\nAllow: /article\nAllow: /news/lost\nDisallow: /")
        .page("/news/lost", apology())
        .page("/article", citing(&["/news/lost"]))
        .serve();
    let (_, report) = snapshot(&closed);
    assert_eq!(made_up(&closed), Vec::<String>::new());
    assert_eq!(report.class(&closed.url("/news/lost")), "ok", "one sign is not enough");
}

#[test]
fn many_addresses_that_end_at_the_home_page_are_gone() {
    let site = Site::new()
        .page("/", story("welcome"))
        .redirect(302, "/a/1", "/")
        .redirect(302, "/a/2", "/")
        .redirect(302, "/a/3", "/")
        .page("/article", citing(&["/a/1", "/a/2", "/a/3"]))
        .serve();
    let (_, report) = snapshot(&site);
    for path in ["/a/1", "/a/2", "/a/3"] {
        let link = report.link(&site.url(path));
        assert_eq!(
            (link["class"].as_str(), link["resource"].as_str()),
            (Some("dead"), Some("soft-404")),
            "{link:#}"
        );
    }
}

#[test]
fn a_parked_name_and_another_owner_are_told_apart() {
    let parked = "<title>gazette.example</title><h1>gazette.example</h1><p>This domain may be for sale.</p>\
                  <p>Related searches: loans, flights, insurance</p><script src='//img.sedoparking.com/p.js'></script>";
    let casino = dressed(
        "Casino Royal: bonus for new players",
        &format!("<p>{}</p>", prose("jackpot", 9)),
    );
    let site = Site::new()
        .page("/one", story("lighthouse"))
        .page("/two", story("granary"))
        .page("/article", citing(&["/one", "/two"]))
        .serve();
    let (evercite, _) = snapshot(&site);
    site.set("/one", Answer::html(parked));
    site.set("/two", Answer::html(casino));
    evercite.run(&["check"]).exits(2);
    let report = evercite.report();
    for (path, resource) in [("/one", "parked"), ("/two", "usurped")] {
        let link = report.link(&site.url(path));
        assert_eq!(
            (link["class"].as_str(), link["resource"].as_str()),
            (Some("dead"), Some(resource)),
            "{link:#}"
        );
        assert!(!link["last_good"].is_null(), "the copy stays");
    }
}

#[test]
fn a_text_that_stands_elsewhere_now_has_moved_without_a_redirect() {
    let body = story("viaduct");
    let site = Site::new()
        .answer("/old", Answer::html(&body))
        .page("/copy", &body)
        .page("/article", citing(&["/old", "/copy"]))
        .serve();
    let (evercite, _) = snapshot(&site);
    site.set("/old", Answer::status(404));
    evercite.run(&["check"]).exits(2);
    let report = evercite.report();
    let old = report.link(&site.url("/old"));
    assert_eq!(old["class"], "dead", "a copy that always stood there is a copy");
    assert!(old["evidence"].to_string().contains(&site.url("/copy")), "{old:#}");
    let explained = evercite.ok(&["explain", &site.url("/old")]).stdout;
    assert!(
        explained.contains("The same text also stood at") && explained.contains(&site.url("/copy")),
        "{explained}"
    );
    site.set("/copy", Answer::status(404));
    site.set("/new", Answer::html(&body));
    site.set("/article", Answer::html(citing(&["/old", "/new"])));
    evercite.run(&["check"]);
    let report = evercite.report();
    let old = report.link(&site.url("/old"));
    assert_eq!(
        (old["class"].as_str(), old["moved_to"].as_str()),
        (Some("moved"), Some(site.url("/new").as_str())),
        "{old:#}"
    );
    let shared = evercite.query(&format!(
        "SELECT also_at FROM same_text WHERE url = '{}'",
        site.url("/old")
    ));
    assert_eq!(shared.len(), 2, "{shared:?}");
}

#[test]
fn who_asks_to_know_now_has_failures_looked_at_three_times() {
    let site = Site::new()
        .status("/broken", 503)
        .gone("/gone")
        .page("/fine", "fine")
        .status("/flaky", 503)
        .page("/article", citing(&["/broken", "/gone", "/fine", "/flaky"]))
        .serve();
    let evercite = Evercite::new();
    evercite.write(
        "article.html",
        citing(&["/broken", "/gone", "/fine", "/flaky"].map(|path| site.url(path))),
    );
    let arguments = ["snapshot", "article.html", "--confirm", "now", "--confirm-wait", "1"];
    let child = evercite.command(&arguments).spawn().expect("the binary starts");
    while site.times("/flaky") == 0 {
        std::thread::sleep(Duration::from_millis(5));
    }
    site.set("/flaky", Answer::html("back"));
    crate::harness::finish(&arguments, child).exits(0);
    let report = evercite.report();
    for (path, class, confirmed, times) in [
        ("/broken", "dead", true, 3),
        ("/gone", "dead", true, 2),
        ("/fine", "ok", false, 1),
        ("/flaky", "ok", false, 2),
    ] {
        let link = report.link(&site.url(path));
        assert_eq!(link["class"], class, "{link:#}");
        assert_eq!(site.times(path), times, "{path}");
        if class == "dead" {
            assert_eq!(link["confirmed"], confirmed, "{link:#}");
        }
    }
    assert!(
        report.link(&site.url("/broken"))["reason"]
            .to_string()
            .contains("3 visits at least 1 s apart")
    );
}

#[test]
fn failing_links_rest_until_they_are_due() {
    let site = Site::new()
        .gone("/gone")
        .status("/broken", 500)
        .page("/fine", "fine")
        .page("/article", citing(&["/gone", "/broken", "/fine"]))
        .serve();
    let (evercite, _) = snapshot(&site);
    site.forget();
    evercite.run(&["check", "--due"]);
    assert_eq!(
        (site.times("/gone"), site.times("/broken"), site.times("/fine")),
        (0, 0, 1)
    );
    let report = evercite.report();
    assert_eq!(
        (report.class(&site.url("/gone")), report.class(&site.url("/broken"))),
        ("dead", "suspect")
    );
    evercite.run(&["check"]);
    assert_eq!(
        (site.times("/gone"), site.times("/broken"), site.times("/fine")),
        (1, 1, 2)
    );
}

#[test]
fn links_that_one_request_serves_rest_together() {
    let site = Site::new()
        .gone("/gone")
        .page("/article", citing(&["/gone", "/gone?utm_source=feed"]))
        .serve();
    let (evercite, _) = snapshot(&site);
    site.forget();
    evercite.run(&["check", "--due"]);
    assert_eq!((site.times("/gone"), site.times("/gone?utm_source=feed")), (0, 0));
}

#[test]
fn what_is_archived_is_judged_again_without_asking_anybody() {
    let site = Site::new()
        .gone("/gone")
        .page("/fine", story("mill"))
        .page("/article", citing(&["/gone", "/fine"]))
        .serve();
    let (evercite, _) = snapshot(&site);
    site.forget();
    let same = evercite.ok(&["judge", "--format", "json"]).json();
    assert_eq!(
        (same["judged"].as_u64(), same["differences"].as_array().map(Vec::len)),
        (Some(2), Some(0)),
        "{same:#}"
    );
    // As rules of another time might have had it.
    rusqlite::Connection::open(evercite.archive())
        .and_then(|sql| {
            sql.execute(
                "UPDATE verdict SET class = 'ok', rules_version = 0 WHERE status = 410",
                [],
            )
        })
        .expect("the archive is written to");
    let differs = evercite.run(&["judge", "--format", "json"]).exits(2).json();
    let [one] = differs["differences"].as_array().expect("a list").as_slice() else {
        panic!("{differs:#}")
    };
    assert_eq!(
        (&one["was"]["class"], &one["now"]["class"]),
        (&"ok".into(), &"dead".into()),
        "{one:#}"
    );
    assert_eq!(evercite.report().class(&site.url("/gone")), "ok", "nothing was written");
    evercite.run(&["judge", "--write"]).exits(2);
    assert_eq!(evercite.report().class(&site.url("/gone")), "dead");
    assert_eq!(evercite.value::<i64>("SELECT count(*) FROM verdict v JOIN citation c ON c.id = v.citation_id JOIN url u ON u.id = c.url_id WHERE u.url LIKE '%/gone'"), 2, "the ledger keeps both");
    evercite.ok(&["judge"]);
    assert_eq!(site.asked().len(), 0, "without network");
    assert!(evercite.is_sound());
}

#[test]
fn what_two_looks_show_to_change_by_itself_is_no_change_later() {
    let with = |motto: &str, year: &str| {
        let text = prose("quay", 6);
        format!(
            "<!doctype html><title>Quay</title><main><h1>Quay</h1><p>{text}</p><p>It was a {year} year.</p>\
             <p>{text} Indeed.</p><p class=motto>{motto}</p></main>"
        )
    };
    for looks_twice in [true, false] {
        let site = Site::new().page("/quay", with("Early birds sing.", "calm")).serve();
        let evercite = Evercite::new();
        evercite.write("notes.html", citing(&[site.url("/quay")]));
        let mut arguments = vec!["snapshot", "notes.html"];
        if looks_twice {
            arguments.push("--second-look");
        }
        let child = evercite.command(&arguments).spawn().expect("the binary starts");
        while site.times("/quay") == 0 {
            std::thread::sleep(Duration::from_millis(2));
        }
        site.set("/quay", Answer::html(with("Still waters run.", "calm")));
        crate::harness::finish(&arguments, child).exits(0);
        assert_eq!(site.times("/quay"), 1 + usize::from(looks_twice));
        site.set("/quay", Answer::html(with("A stitch in time saves.", "calm")));
        evercite.run(&["check"]);
        let class = if looks_twice { "ok" } else { "changed" };
        assert_eq!(
            evercite.report().class(&site.url("/quay")),
            class,
            "looked twice: {looks_twice}"
        );
        site.set("/quay", Answer::html(with("A stitch in time saves.", "wild")));
        evercite.run(&["check"]).exits(2);
        assert_eq!(evercite.report().class(&site.url("/quay")), "changed", "an edit is one");
        assert!(evercite.is_sound());
    }
}
