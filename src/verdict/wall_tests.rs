//! Walls, and pages that only look like them.

use super::*;

#[path = "other_walls_tests.rs"]
mod others;

const SITE: &str = "https://paper.example/2024/story";

/// An answer, read as the crawl reads it.
struct Case {
    asked: Url,
    url: Url,
    status: u16,
    headers: Vec<(String, Vec<u8>)>,
    source: String,
    text: u64,
}

impl Case {
    fn page(title: &str, text: u64, body: &str) -> Self {
        Self {
            asked: Url::parse(SITE).unwrap(),
            url: Url::parse(SITE).unwrap(),
            status: 200,
            headers: Vec::new(),
            source: format!("<html><head><title>{title}</title></head><body>{body}</body></html>"),
            text,
        }
    }

    fn under(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    fn asked(mut self, url: &str) -> Self {
        self.asked = Url::parse(url).unwrap();
        self
    }

    fn at(mut self, url: &str) -> Self {
        self.url = Url::parse(url).unwrap();
        self
    }

    fn padded(mut self, bytes: usize) -> Self {
        self.source.push_str(&" ".repeat(bytes));
        self
    }

    fn wall(&self) -> Option<Wall> {
        let start = self.source.find("<title>").unwrap() + "<title>".len();
        let end = self.source.find("</title>").unwrap();
        let title = self.source[start..end].replace("&#39;", "'");
        read(&Seen {
            asked: &self.asked,
            url: &self.url,
            status: self.status,
            headers: &self.headers,
            bytes: self.source.as_bytes(),
            page: (200..300).contains(&self.status).then_some(Said {
                title: &title,
                text_length: self.text,
            }),
        })
    }
}

#[track_caller]
fn are_walls(access: Access, cases: Vec<(&str, Case)>) {
    for (what, case) in cases {
        let wall = case.wall();
        assert_eq!(wall.as_ref().map(|wall| wall.access), Some(access), "{what}: {wall:?}");
        assert!(wall.is_some_and(|wall| !wall.signs.is_empty()), "{what}");
    }
}

#[track_caller]
fn are_open(cases: Vec<(&str, Case)>) {
    for (what, case) in cases {
        assert_eq!(case.wall(), None, "{what}");
    }
}

const CF: &str =
    "<script>window._cf_chl_opt={cvId:'3'}</script><noscript>Enable JavaScript and cookies to continue</noscript>";
const RECAPTCHA: &str = "<script src='https://www.google.com/recaptcha/api.js'></script>";
const HCAPTCHA: &str = "<script src='https://js.hcaptcha.com/1/api.js'></script>";

#[test]
fn challenges_are_known_by_their_header() {
    let page = || Case::page("The story", 50_000, "<p>long</p>");
    are_walls(
        Access::BotWall,
        vec![
            ("cloudflare", page().header("cf-mitigated", "challenge")),
            ("cloudflare, 503", page().under(503).header("cf-mitigated", "challenge")),
            ("aws", page().under(202).header("x-amzn-waf-action", "challenge")),
            ("vercel", page().under(429).header("x-vercel-mitigated", "challenge")),
            ("sucuri", page().under(403).header("x-sucuri-block", "BLK001")),
        ],
    );
}

#[test]
fn challenges_are_known_by_several_signs() {
    let page = Case::page;
    are_walls(
        Access::BotWall,
        vec![
            ("cloudflare, 200", page("Just a moment...", 60, CF)),
            ("cloudflare, 403", page("Just a moment...", 60, CF).under(403)),
            ("cloudflare, 503", page("Just a moment...", 60, CF).under(503)),
            ("cloudflare in French", page("Un instant…", 60, CF)),
            (
                "cloudflare, blocked",
                page(
                    "Attention Required! | Cloudflare",
                    700,
                    "Sorry, you have been blocked. Cloudflare Ray ID: 8",
                )
                .under(403),
            ),
            (
                "datadome",
                page(
                    "paper.example",
                    0,
                    "<script src='https://ct.captcha-delivery.com/c.js'></script>",
                )
                .under(403),
            ),
            (
                "datadome, 200",
                page(
                    "paper.example",
                    0,
                    "<iframe src='https://geo.captcha-delivery.com/captcha/'></iframe>",
                )
                .header("x-datadome", "protected"),
            ),
            (
                "perimeterx",
                page(
                    "Access to this page has been denied.",
                    300,
                    "<div id='px-captcha'></div>Press &amp; Hold",
                )
                .under(403),
            ),
            (
                "perimeterx, 200",
                page("Robot or human?", 80, "<div id=\"px-captcha\"></div>"),
            ),
            (
                "imperva",
                page(
                    "",
                    0,
                    "<iframe src='/_Incapsula_Resource?CW=1'>Request unsuccessful. Incapsula incident ID: 1-2</iframe>",
                )
                .header("x-iinfo", "1-2-3"),
            ),
            (
                "imperva, distil",
                page(
                    "Pardon Our Interruption",
                    600,
                    "As you were browsing something about your browser made us think you were a bot.",
                ),
            ),
            (
                "akamai",
                page(
                    "Access Denied",
                    200,
                    "Reference&#32;&#35;18.1 https://errors.edgesuite.net/18.1",
                )
                .under(403),
            ),
            (
                "akamai, interstitial",
                page("Challenge Validation", 0, "<div id='sec-if-cpt-container'></div>").under(428),
            ),
            (
                "aws, script",
                page("", 0, "<script>window.gokuProps={}</script>").under(202),
            ),
            ("kasada", page("", 0, "<script>window.KPSDK={}</script>").under(429)),
            (
                "f5",
                page(
                    "Request Rejected",
                    120,
                    "The requested URL was rejected. Your support ID is: 12",
                ),
            ),
            (
                "anubis",
                page(
                    "Making sure you&#39;re not a bot!",
                    300,
                    "<script src='/.within.website/x/cmd/anubis/main.mjs'></script>",
                ),
            ),
            (
                "sucuri",
                page(
                    "You are being redirected...",
                    20,
                    "<script>var s='sucuri_cloudproxy_js'</script>",
                ),
            ),
            (
                "imunify",
                page(
                    "One moment, please...",
                    60,
                    "<meta http-equiv=\"refresh\" content=\"5\">",
                ),
            ),
            (
                "test cookie",
                page(
                    "",
                    0,
                    "<script>slowAES.decrypt(c)</script><noscript>This site requires Javascript to work</noscript>",
                ),
            ),
            (
                "amazon",
                page(
                    "Amazon",
                    200,
                    "<form action='/errors/validateCaptcha'>Type the characters you see in this image",
                ),
            ),
            (
                "google",
                page(
                    "https://g.example/",
                    800,
                    "<form action='//www.google.com/sorry/index'>unusual traffic from your",
                )
                .under(429),
            ),
            (
                "hcaptcha alone",
                page("paper.example", 40, &format!("{HCAPTCHA}Please verify you are human")),
            ),
            (
                "a title with the name of the site",
                page(
                    "Bloomberg - Are you a robot?",
                    500,
                    &format!("{RECAPTCHA}unusual activity from your network"),
                ),
            ),
            (
                "a curly apostrophe",
                page("Making sure you\u{2019}re not a bot!", 90, HCAPTCHA),
            ),
            (
                "503 with a captcha",
                page(
                    "Security check",
                    0,
                    &format!("{RECAPTCHA}Please complete the security check"),
                )
                .under(503),
            ),
        ],
    );
}

#[test]
fn ordinary_pages_stay_open() {
    let page = Case::page;
    let guarded = |title, text, body| page(title, text, body).header("x-datadome", "protected");
    are_open(vec![
        ("an article", page("The story", 9_000, "<p>long</p>")),
        (
            "an article on captchas",
            page(
                "Are you a robot? A history of the captcha",
                9_000,
                "verify you are human, px-captcha",
            ),
        ),
        (
            "a short article on captchas",
            page(
                "Are you a robot?",
                700,
                "<link rel=\"canonical\" href='/x'>They ask to verify you are human.",
            ),
        ),
        (
            "documentation of challenges",
            page("Challenges | Cloudflare docs", 7_000, CF),
        ),
        (
            "a short page of documentation",
            page("cf_chl_opt", 700, &format!("<link rel=\"canonical\" href='/x'>{CF}")),
        ),
        (
            "comments with recaptcha",
            page(
                "The story",
                1_500,
                &format!("{RECAPTCHA}<form><textarea></textarea></form>"),
            ),
        ),
        (
            "a contact form",
            page(
                "Contact",
                90,
                &format!("{RECAPTCHA}<textarea></textarea><input type=\"email\">Please verify you are human"),
            ),
        ),
        (
            "an application with recaptcha",
            page("App", 0, &format!("<div id=root></div>{RECAPTCHA}")),
        ),
        (
            "a large application with its words",
            page(
                "App",
                0,
                &format!("{RECAPTCHA}<script>t={{a:'verify you are human'}}</script>"),
            )
            .padded(40_000),
        ),
        (
            "an application behind imperva",
            page("App", 0, "<script src='/_Incapsula_Resource?SWJI=1'></script>").header("x-iinfo", "1-2-3"),
        ),
        (
            "an application behind datadome",
            guarded("App", 0, "<script src='https://js.datadome.co/tags.js'></script>"),
        ),
        (
            "a page behind ddos-guard",
            page("The story", 900, "text").header("server", "ddos-guard"),
        ),
        (
            "cloudflare watches an ordinary page",
            page(
                "The story",
                300,
                "<script src='/cdn-cgi/challenge-platform/scripts/jsd/main.js'></script>",
            ),
        ),
        ("a poem", page("Just a moment...", 600, "<p>Stay.</p>")),
        ("a short poem", page("Just a moment...", 80, "<p>Stay.</p>")),
        (
            "an application that loads",
            page("Please wait...", 0, "<div id=root></div>"),
        ),
        ("a film", page("Access Denied - Films", 300, "<p>A film.</p>")),
        ("a word", page("Forbidden", 200, "<p>adj.</p>")),
        (
            "a redirect by meta",
            page("Moved", 20, "<meta http-equiv=refresh content='0;url=/x'>"),
        ),
        ("an empty page", page("", 0, "")),
        (
            "maintenance",
            page("Down for maintenance", 100, "We are back soon.").under(503),
        ),
        (
            "a failing origin behind a guard",
            page("Service unavailable", 30, "")
                .under(503)
                .header("server", "AkamaiGHost"),
        ),
        ("a plain refusal", page("403 Forbidden", 20, "nginx").under(403)),
        ("a refusal in other words", page("Access Denied", 20, "No.").under(403)),
        ("too many", page("Too many requests", 20, "Slow down.").under(429)),
        ("not found, with a captcha", page("Just a moment...", 20, CF).under(404)),
        ("an error", page("Just a moment...", 20, CF).under(500)),
        (
            "needs javascript",
            page(
                "App",
                30,
                "<noscript>You need to enable JavaScript to run this app.</noscript>",
            ),
        ),
        (
            "a page of a login",
            page("Log in", 90, &format!("{RECAPTCHA}<input type=\"password\">")),
        ),
    ]);
}

#[test]
fn what_was_not_read_as_a_page_is_no_wall() {
    let case = Case::page("Just a moment...", 0, CF);
    let seen = Seen {
        asked: &case.asked,
        url: &case.url,
        status: 200,
        headers: &[],
        bytes: case.source.as_bytes(),
        page: None,
    };
    assert_eq!(read(&seen), None);
}

#[test]
fn signs_are_told() {
    let wall = Case::page("Just a moment...", 60, CF).under(503).wall().unwrap();
    assert_eq!(
        wall.detail(),
        "signs of bot-wall: title \"Just a moment...\"; status 503; \"_cf_chl_opt\" in its source; \
         \"enable javascript and cookies to continue\" in its source"
    );
}

/// `cargo test --release -- --ignored --nocapture what_a_reading_costs`
#[test]
#[ignore = "measures"]
fn what_a_reading_costs() {
    let filler = "<p>An ordinary sentence with <a href=\"/somewhere\">a link</a> and nothing else.</p>\n".repeat(750);
    for (what, case) in [
        ("an ordinary page", Case::page("The story", 20_000, &filler)),
        ("a middling page", Case::page("The story", 5_000, &filler)),
        ("a short page", Case::page("The story", 1_000, &filler)),
        ("an application without text", Case::page("The story", 0, &filler)),
        (
            "a guarded short page",
            Case::page("The story", 1_000, &filler).header("x-iinfo", "1"),
        ),
    ] {
        let began = std::time::Instant::now();
        for _ in 0..1_000 {
            std::hint::black_box(case.wall());
        }
        let each = began.elapsed() / 1_000;
        println!("{what}, {} bytes: {each:?}", case.source.len());
    }
}
