//! Walls before pages: what is kept, what is told, and that a wall never takes the place of the page.

use crate::harness::{Answer, Evercite, LiveSite, Site, citing, page, prose};

const CHALLENGE: &str = "<!doctype html><html><head><title>Just a moment...</title></head><body>\
    <script>window._cf_chl_opt = {cvId: '3'};</script>\
    <noscript>Enable JavaScript and cookies to continue</noscript></body></html>";

fn tower() -> String {
    page("Tower", &prose("tower", 30))
}

/// An article that cites `/source`, snapshot taken.
fn snapshot_of(source: Answer) -> (LiveSite, Evercite) {
    let site = Site::new()
        .answer("/source", source)
        .page("/article", citing(&["/source"]))
        .serve();
    let evercite = Evercite::new();
    evercite.ok(&["snapshot", &site.url("/article")]);
    (site, evercite)
}

/// Class, access, and all evidence in one line.
#[track_caller]
fn told(site: &LiveSite, evercite: &Evercite) -> (String, String, String) {
    let report = evercite.report();
    report.adds_up();
    let link = report.link(&site.url("/source"));
    let word = |name: &str| link[name].as_str().unwrap_or_default().to_owned();
    assert!(!word("reason").is_empty(), "{link:#}");
    (word("class"), word("access"), link["evidence"].to_string())
}

#[track_caller]
fn is_blocked(site: &LiveSite, evercite: &Evercite, access: &str, sign: &str) {
    let (class, reading, evidence) = told(site, evercite);
    assert_eq!((class.as_str(), reading.as_str()), ("blocked", access), "{evidence}");
    assert!(evidence.contains(sign), "{sign}: {evidence}");
}

#[track_caller]
fn still_has(site: &LiveSite, evercite: &Evercite, html: &str) {
    let shown = evercite.ok(&["show", &site.url("/source"), "--as", "html"]);
    assert_eq!(shown.bytes, html.as_bytes());
    let baseline = "SELECT count(*) FROM baseline b JOIN capture c ON c.id = b.capture_id WHERE c.access <> 'open'";
    assert_eq!(evercite.value::<i64>(baseline), 0);
}

#[test]
fn a_page_behind_a_challenge_keeps_its_copy_and_comes_back() {
    let good = Answer::html(tower()).etag("t1");
    let (site, evercite) = snapshot_of(good.clone());
    let before = evercite.report().link(&site.url("/source"))["last_good"].clone();
    // Twice: the second time its bytes are held already.
    for round in 1..=2 {
        site.set("/source", Answer::html(CHALLENGE));
        site.forget();
        evercite.ok(&["check"]);
        is_blocked(&site, &evercite, "bot-wall", "Just a moment...");
        still_has(&site, &evercite, &tower());
        let asked = &site.asked_for("/source")[0];
        assert_eq!(asked.header("if-none-match"), Some("\"t1\""), "round {round}");
        assert_eq!(evercite.report().link(&site.url("/source"))["last_good"], before);
    }
    let walls = "SELECT count(*) FROM capture WHERE access = 'bot-wall' AND payload_id IS NOT NULL";
    assert_eq!(evercite.value::<i64>(walls), 2, "what the wall said is kept");
    let bodies = "SELECT count(DISTINCT payload_id) FROM capture WHERE access = 'bot-wall'";
    assert_eq!(evercite.value::<i64>(bodies), 1, "once");
    site.set("/source", good);
    evercite.ok(&["check"]);
    assert_eq!(told(&site, &evercite).0, "ok");
}

#[test]
fn a_page_that_is_a_challenge_from_the_beginning_is_no_baseline() {
    let (site, evercite) = snapshot_of(Answer::html(CHALLENGE));
    is_blocked(&site, &evercite, "bot-wall", "_cf_chl_opt");
    assert_eq!(evercite.value::<i64>("SELECT count(*) FROM baseline"), 0);
    assert_eq!(evercite.report().total("saved"), 0);
    site.set("/source", Answer::html(tower()));
    evercite.ok(&["check"]);
    assert_eq!(told(&site, &evercite).0, "ok");
    still_has(&site, &evercite, &tower());
}

#[test]
fn refusals_keep_the_copy_whatever_their_status() {
    let (site, evercite) = snapshot_of(Answer::html(tower()));
    for (answer, access, sign) in [
        (Answer::status(403), "forbidden", "status 403"),
        (Answer::html(CHALLENGE).under(403), "bot-wall", "_cf_chl_opt"),
        (Answer::html(CHALLENGE).under(503), "bot-wall", "status 503"),
        (Answer::status(429), "rate-limited", "status 429"),
        (Answer::status(451), "legal", "status 451"),
        (Answer::status(407), "auth", "status 407"),
        (Answer::status(999), "bot-wall", "status 999"),
        (
            Answer::html(tower())
                .under(202)
                .header("x-amzn-waf-action", "challenge"),
            "bot-wall",
            "x-amzn-waf-action: challenge",
        ),
    ] {
        site.set("/source", answer);
        evercite.ok(&["check"]);
        is_blocked(&site, &evercite, access, sign);
        still_has(&site, &evercite, &tower());
    }
}

#[test]
fn a_wall_that_answers_503_is_asked_once() {
    let (site, evercite) = snapshot_of(Answer::html(tower()));
    site.set(
        "/source",
        Answer::html(CHALLENGE).under(503).header("cf-mitigated", "challenge"),
    );
    site.forget();
    evercite.ok(&["check", "--max-retries", "2"]);
    assert_eq!(site.times("/source"), 1, "knocking again opens nothing");
    is_blocked(&site, &evercite, "bot-wall", "cf-mitigated: challenge");
}

#[test]
fn a_login_page_with_a_field_is_a_wall_unless_it_was_cited() {
    let form = page("Members", "Welcome.") + "<form><input type=\"password\"></form>";
    let (site, evercite) = snapshot_of(Answer::html(tower()));
    site.set("/source", Answer::redirect(302, "/users/sign_in"));
    site.set("/users/sign_in", Answer::html(&form));
    for _ in 0..2 {
        evercite.ok(&["check"]);
        is_blocked(&site, &evercite, "login-redirect", "a field for a password");
        still_has(&site, &evercite, &tower());
    }

    let site = Site::new()
        .page("/login", &form)
        .page("/article", citing(&["/login"]))
        .serve();
    let evercite = Evercite::new();
    evercite.ok(&["snapshot", &site.url("/article")]);
    assert_eq!(evercite.report().class(&site.url("/login")), "ok");
}

#[test]
fn one_login_page_is_a_wall_for_one_link_and_a_page_for_another() {
    let form = page("Members", "Welcome.") + "<form><input type=\"password\"></form>";
    let site = Site::new()
        .page("/login", &form)
        .redirect(302, "/source", "/login")
        .page("/article", citing(&["/login", "/source"]))
        .serve();
    let evercite = Evercite::new();
    for command in [&["snapshot", &site.url("/article")][..], &["check"]] {
        evercite.ok(command);
        let report = evercite.report();
        assert_eq!(report.class(&site.url("/login")), "ok");
        assert_eq!(report.class(&site.url("/source")), "blocked");
    }
}

#[test]
fn the_beginning_of_a_text_that_must_be_paid_for_is_not_the_text() {
    let described = |text: &str| {
        page("Tower", text)
            + "<script type=\"application/ld+json\">{\"@type\":\"NewsArticle\",\"isAccessibleForFree\":false}</script>"
    };
    let whole = described(&prose("tower", 40));
    let (site, evercite) = snapshot_of(Answer::html(&whole));
    assert_eq!(told(&site, &evercite).0, "ok", "a metered text that came whole is open");
    site.set("/source", Answer::html(described(&prose("tower", 2))));
    evercite.ok(&["check"]);
    is_blocked(&site, &evercite, "paywall", "isAccessibleForFree");
    still_has(&site, &evercite, &whole);
}

#[test]
fn a_page_with_a_captcha_in_a_form_is_a_page() {
    let html = page("Tower", &prose("tower", 3))
        + "<form><textarea></textarea><script src=\"https://www.google.com/recaptcha/api.js\"></script>\
           Please verify you are human</form>";
    let (site, evercite) = snapshot_of(Answer::html(&html).header("server", "ddos-guard"));
    for _ in 0..2 {
        assert_eq!(told(&site, &evercite).0, "ok");
        still_has(&site, &evercite, &html);
        evercite.ok(&["check"]);
    }
}

#[test]
fn accepting_200_does_not_accept_a_wall() {
    let (site, evercite) = snapshot_of(Answer::html(tower()));
    site.set("/source", Answer::html(CHALLENGE));
    evercite.ok(&["check", "--accept", "200..=299"]);
    is_blocked(&site, &evercite, "bot-wall", "Just a moment...");
}

#[test]
fn what_a_wall_says_is_not_found_by_search_and_its_links_are_not_followed() {
    let wall = CHALLENGE.replace("</body>", "<main>zebrafish <a href=\"/trap\">trap</a></main></body>");
    let site = Site::new()
        .page("/source", &wall)
        .page("/article", citing(&["/source"]))
        .serve();
    let evercite = Evercite::new();
    evercite.ok(&["snapshot", &site.url("/article"), "--depth", "2"]);
    assert_eq!(site.times("/trap"), 0);
    let found = "SELECT count(*) FROM page_search WHERE page_search MATCH 'zebrafish'";
    assert_eq!(evercite.value::<i64>(found), 0);
}
