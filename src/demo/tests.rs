//! The bundled web, visited over a real loopback socket in both of its years.
//!
//! Owns the proof that every row of the tables shows what it says. Must not reach beyond loopback.

use std::collections::{BTreeMap, BTreeSet};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::pages::{ARTICLE_TEXT, Answer, PAGES, SITES, Year};
use super::{ARTICLE, DemoWeb, expected, reply};

/// An answer as a visitor reads it.
#[derive(Debug, PartialEq, Eq)]
struct Got {
    status: u16,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

impl Got {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

/// Sends bytes and reads until the server closes.
async fn send(web: &DemoWeb, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(web.addr()).await.expect("the web listens");
    let mut answer = Vec::new();
    // A refused request may be cut off while it is still being written.
    let _ = stream.write_all(bytes).await;
    let _ = stream.read_to_end(&mut answer).await;
    answer
}

fn parse(answer: &[u8]) -> Option<Got> {
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&answer[..end]).expect("heads are ASCII");
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().expect("a status");
    let headers = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(n, v)| (n.to_lowercase(), v.into()))
        .collect();
    Some(Got {
        status,
        headers,
        body: answer[end + 4..].to_vec(),
    })
}

async fn ask(web: &DemoWeb, method: &str, url: &str, extra: &str) -> Option<Got> {
    let rest = url
        .trim_start_matches("http://")
        .split('#')
        .next()
        .expect("never empty");
    let (host, target) = rest.split_at(rest.find('/').expect("a path"));
    let request = format!("{method} {target} HTTP/1.1\r\nHost: {host}\r\n{extra}Connection: close\r\n\r\n");
    parse(&send(web, request.as_bytes()).await)
}

async fn get(web: &DemoWeb, url: &str) -> Option<Got> {
    ask(web, "GET", url, "").await
}

/// The addresses that answer otherwise than 200 in both years, with the status of each year;
/// 0 is a connection closed without an answer.
const OTHERWISE: &[(&str, u16, u16)] = &[
    (
        "http://www.tidewater-courier.example/archive/1998/minister-gives-pledge",
        200,
        302,
    ),
    (
        "http://www.portmerrow-council.example/projects/harbour-crossing",
        301,
        301,
    ),
    ("http://www.portmerrow-council.example/minutes/2024-06-18", 200, 301),
    (
        "http://www.merrow-university.example/research/estuary-crossings",
        200,
        404,
    ),
    ("http://www.merrow-university.example/library/theses/4411", 200, 403),
    ("http://www.merrow-university.example/hydraulics/tank-tests", 404, 200),
    ("http://www.ossel-ferries.example/news/2021/record-year", 200, 404),
    ("http://www.ossel-ferries.example/about/fleet", 200, 0),
    (
        "http://www.harbour-museum.example/exhibitions/promised-crossings",
        200,
        410,
    ),
    (
        "http://quayside-notes.example/2023/04/forty-minutes-to-the-other-side",
        200,
        421,
    ),
    ("http://preprints.shore-archive.example/abs/2403.0117", 200, 503),
];

/// The addresses whose bytes are the same in both years, at the end of their redirects.
const UNCHANGED: &[&str] = &[
    "http://www.harbour-museum.example/collection/model-of-the-crossing",
    "http://www.portmerrow-council.example/projects/harbour-crossing/",
    "http://statistics.ossel-region.example/commuting-2024/report#findings",
    "http://www.lyngoyra-verft.example/prosjekter/elektrisk-ferje",
    "http://docs.tidegauge.example/en/stable/datum.html",
];

#[tokio::test]
async fn every_cited_address_answers_what_it_should_in_both_years() {
    let web = DemoWeb::start().await.expect("starts");
    assert!(
        OTHERWISE
            .iter()
            .all(|(url, ..)| expected().iter().any(|(cited, _)| cited == url))
    );
    for year in [0, 1] {
        for (url, _) in expected() {
            let want = OTHERWISE
                .iter()
                .find(|row| row.0 == url)
                .map_or(200, |row| [row.1, row.2][year]);
            let got = get(&web, url).await;
            assert_eq!(got.as_ref().map_or(0, |got| got.status), want, "year {year}: {url}");
            let Some(got) = got else { continue };
            assert_eq!(got.header("content-length"), got.body.len().to_string(), "{url}");
            assert!(got.header("date").contains(["2025", "2026"][year]), "{url}");
            if (301..=302).contains(&got.status) {
                let then = get(&web, got.header("location"))
                    .await
                    .expect("redirects lead somewhere");
                assert_eq!(then.status, 200, "{url}");
            }
            let html = got.text();
            assert!(!html.contains("{{") && html.matches("<h1").count() <= 1, "{url}");
        }
        web.a_year_passes();
    }
}

#[tokio::test]
async fn unchanged_pages_keep_their_bytes_and_say_so() {
    let web = DemoWeb::start().await.expect("starts");
    let mut first = Vec::new();
    for url in UNCHANGED {
        first.push(get(&web, url).await.expect("answers"));
    }
    web.a_year_passes();
    for (url, before) in UNCHANGED.iter().zip(first) {
        let after = get(&web, url).await.expect("answers");
        assert_eq!(before.body, after.body, "{url}");
        assert_eq!(before.header("last-modified"), after.header("last-modified"));
        let tag = before.header("etag");
        let again = ask(&web, "GET", url, &format!("If-None-Match: \"x\", W/{tag}\r\n"))
            .await
            .expect("answers");
        assert_eq!(
            (again.status, again.body.len(), again.header("etag")),
            (304, 0, tag),
            "{url}"
        );
        let since = format!("If-Modified-Since: {}\r\n", before.header("last-modified"));
        assert_eq!(ask(&web, "GET", url, &since).await.expect("answers").status, 304);
        let both = format!("{since}If-None-Match: \"other\"\r\n");
        assert_eq!(ask(&web, "GET", url, &both).await.expect("answers").status, 200);
    }
}

#[tokio::test]
async fn what_is_called_ok_keeps_its_text_whatever_surrounds_it() {
    let web = DemoWeb::start().await.expect("starts");
    let mut before = BTreeMap::new();
    let staying = |page: &&super::pages::Page| page.answer(Year::First) == page.answer(Year::Second);
    let texts: Vec<_> = PAGES
        .iter()
        .filter(staying)
        .filter_map(|page| match page.answer(Year::First) {
            Answer::Text(text) if !page.url.contains("lyngoyra") => Some((page.url, text)),
            _ => None,
        })
        .collect();
    let mut differing = BTreeSet::new();
    for year in [0, 1] {
        for (url, text) in &texts {
            let html = get(&web, url).await.expect("answers").text();
            let still = text.split("<!--").next().expect("never empty");
            assert!(html.contains(still), "year {year}: {url}");
            if before.insert(*url, html.clone()).is_some_and(|old| old != html) {
                differing.insert(*url);
            }
        }
        web.a_year_passes();
    }
    let want = [
        ARTICLE,
        "http://www.tidewater-courier.example/login",
        "http://www.tidewater-courier.example/2025/letters-on-the-crossing",
        "http://www.portmerrow-council.example/consultations/crossing",
        "http://www.karrow-yard.example/company/history",
    ];
    assert_eq!(differing, BTreeSet::from(want));
}

#[tokio::test]
async fn each_change_is_the_one_that_the_table_names() {
    let web = DemoWeb::start().await.expect("starts");
    web.a_year_passes();
    let second = async |url: &str| get(&web, url).await.expect("answers").text();
    let estimate = second("http://www.tidewater-courier.example/2024/fourth-estimate-for-the-crossing").await;
    assert!(estimate.contains("2019, 13 million crowns") && estimate.contains("Correction, 9 February 2026"));
    let budget = second("http://www.portmerrow-council.example/budget/2025/capital-programme").await;
    assert!(!budget.contains("delay of eleven months") && budget.contains("fenders and ladders"));
    let issues = second("http://docs.tidegauge.example/en/stable/known-issues.html").await;
    assert!(issues.find("no claim of accuracy") < issues.find("after the quay wall repair"));
    let winter = second("http://www.ossel-ferries.example/timetable/winter").await;
    assert!(winter.contains("Sunset cruises") && !winter.contains("Monday to Friday"));
    let moved = second("http://www.portmerrow-council.example/meetings/2024/06/18/minutes").await;
    assert!(moved.contains("19 voting for and 12 against"));
    let lost = second("http://www.karrow-yard.example/news/2019/steel-for-the-crossing").await;
    assert_eq!(
        lost,
        second("http://www.karrow-yard.example/news/2019/an-invented-address").await
    );
    let login = get(&web, expected()[1].0).await.expect("answers");
    assert!(
        login.header("location").contains("/login?next=%2Farchive") || login.header("location").contains("?next=/")
    );
    assert!(second(login.header("location")).await.contains("type=\"password\""));
    let away = get(&web, "http://preprints.shore-archive.example/abs/2403.0117")
        .await
        .expect("answers");
    assert_eq!(away.header("retry-after"), "3600");
}

#[test]
fn each_edit_applies_to_exactly_one_place() {
    for page in PAGES {
        let Answer::Edited(text, edits) = page.answer(Year::Second) else {
            continue;
        };
        for (old, new) in edits {
            assert!(
                old.is_empty() || text.matches(old).count() == 1,
                "{}: {old:?}",
                page.url
            );
            assert_ne!(reply::edited(text, &[(old, new)]), text);
        }
    }
}

#[tokio::test]
async fn the_article_links_exactly_the_expected_addresses() {
    let web = DemoWeb::start().await.expect("starts");
    let html = get(&web, ARTICLE).await.expect("answers").text();
    let mut hrefs: Vec<&str> = html
        .split("href=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect();
    hrefs.sort_unstable();
    let mut want: Vec<&str> = expected().iter().map(|row| row.0).collect();
    want.extend(["#", "mailto:harbourdesk@tidewater-courier.example"]);
    want.sort_unstable();
    assert_eq!(hrefs, want);
    assert_eq!(DemoWeb::cited(), want.len() - 2);
    let distinct: BTreeSet<_> = expected().into_iter().map(|row| row.0).collect();
    assert_eq!(distinct.len(), DemoWeb::cited());
}

#[test]
fn every_class_occurs_and_every_page_has_a_site() {
    let classes: BTreeSet<_> = expected().into_iter().map(|row| row.1).collect();
    let want = [
        "ok", "moved", "changed", "replaced", "suspect", "dead", "blocked", "excluded",
    ];
    assert_eq!(classes, BTreeSet::from(want));
    for page in PAGES {
        let (host, target) = page.host_and_target();
        assert!(
            target.starts_with('/') && SITES.iter().any(|site| site.host == host),
            "{}",
            page.url
        );
    }
    assert!(SITES.iter().all(|site| site.host.ends_with(".example")));
}

#[test]
fn texts_have_the_length_of_real_pages() {
    let words = |text: &str| {
        let outside: String = text
            .split('<')
            .map(|part| part.split_once('>').map_or(part, |p| p.1))
            .collect();
        outside.split_whitespace().count()
    };
    assert!((600..=900).contains(&words(ARTICLE_TEXT)), "{}", words(ARTICLE_TEXT));
    for page in PAGES.iter().filter(|page| page.class.is_some()) {
        for year in [Year::First, Year::Second] {
            if let Answer::Text(text) | Answer::Edited(text, _) = page.answer(year) {
                assert!((150..=500).contains(&words(text)), "{}: {}", page.url, words(text));
            }
        }
    }
}

#[tokio::test]
async fn robots_closes_the_tables_in_the_second_year_only() {
    let web = DemoWeb::start().await.expect("starts");
    let robots = "http://statistics.ossel-region.example/robots.txt";
    assert!(!get(&web, robots).await.expect("answers").text().contains("/tables/"));
    assert_eq!(
        get(&web, "http://docs.tidegauge.example/robots.txt")
            .await
            .expect("answers")
            .status,
        404
    );
    web.a_year_passes();
    assert!(
        get(&web, robots)
            .await
            .expect("answers")
            .text()
            .contains("Disallow: /tables/")
    );
    for site in SITES.iter().filter(|site| !site.host.starts_with("statistics")) {
        let rules = site.robots(Year::Second).unwrap_or_default();
        assert!(!rules.contains("Disallow: /"), "{}", site.host);
    }
}

#[tokio::test]
async fn a_name_is_given_up() {
    let web = DemoWeb::start().await.expect("starts");
    let before = web.hosts();
    web.a_year_passes();
    let gone: Vec<_> = before.iter().filter(|host| !web.hosts().contains(host)).collect();
    assert_eq!((before.len(), gone), (11, vec![&"quayside-notes.example"]));
}

#[tokio::test]
async fn the_norwegian_page_tells_its_charset_only_in_its_head() {
    let web = DemoWeb::start().await.expect("starts");
    let got = get(&web, "http://www.lyngoyra-verft.example/prosjekter/elektrisk-ferje")
        .await
        .expect("answers");
    assert_eq!(got.header("content-type"), "text/html");
    assert!(std::str::from_utf8(&got.body).is_err());
    let text: String = got.body.iter().map(|byte| char::from(*byte)).collect();
    assert!(text.contains("<meta charset=\"iso-8859-1\">") && text.contains("Lyngøyra Verft har fått"));
    assert!(!text.contains("&#"), "every letter has its place in ISO-8859-1");
}

#[tokio::test]
async fn a_connection_is_kept_and_head_has_no_body() {
    let web = DemoWeb::start().await.expect("starts");
    let full = get(&web, UNCHANGED[0]).await.expect("answers");
    let head = ask(&web, "HEAD", UNCHANGED[0], "").await.expect("answers");
    assert_eq!(
        (head.body.len(), head.header("content-length")),
        (0, full.header("content-length"))
    );
    let one = "HEAD / HTTP/1.1\r\nHost: docs.tidegauge.example:80\r\n\r\n";
    let last = "HEAD http://DOCS.tidegauge.example./ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    let answers = send(&web, format!("{one}{one}{last}").as_bytes()).await;
    assert_eq!(
        String::from_utf8_lossy(&answers)
            .matches("HTTP/1.1 404 Not Found")
            .count(),
        3
    );
}

#[tokio::test]
async fn odd_input_is_refused_and_the_web_lives_on() {
    let web = DemoWeb::start().await.expect("starts");
    let long = format!("GET / HTTP/1.1\r\nHost: {}\r\n\r\n", "a".repeat(20_000));
    let odd: &[(&[u8], u16)] = &[
        (b"\r\n\r\n", 400),
        (b"GET\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/9\r\nHost: x\r\n\r\n", 505),
        (b"POST / HTTP/1.1\r\nHost: x\r\n\r\n", 405),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400),
        (b"GET \xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"GET * HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"GET / HTTP/1.0\r\nHost: nowhere.example\r\n\r\n", 421),
        (
            b"GET / HTTP/1.1\r\nHost: docs.tidegauge.example\r\nContent-Length: 9\r\n\r\nGET / HTT",
            404,
        ),
    ];
    for (bytes, status) in odd {
        let got = parse(&send(&web, bytes).await);
        // Bytes left unread can make the close overtake the answer.
        assert!(
            got.as_ref().is_none_or(|got| got.status == *status),
            "{}: {got:?}",
            bytes.escape_ascii()
        );
    }
    assert!(parse(&send(&web, long.as_bytes()).await).is_none_or(|got| got.status == 431));
    assert_eq!(get(&web, ARTICLE).await.expect("answers").status, 200);
}

#[test]
fn dropping_the_web_frees_its_port_on_either_kind_of_runtime() {
    let mut single = tokio::runtime::Builder::new_current_thread();
    let mut many = tokio::runtime::Builder::new_multi_thread();
    for builder in [&mut single, &mut many] {
        builder.enable_all().build().expect("a runtime").block_on(async {
            let web = DemoWeb::start().await.expect("starts");
            let addr = web.addr();
            assert!(addr.ip().is_loopback());
            let mut open = TcpStream::connect(addr).await.expect("the web listens");
            open.write_all(b"HEAD / HTTP/1.1\r\nHost: docs.tidegauge.example\r\n\r\n")
                .await
                .expect("takes it");
            open.read_u8().await.expect("answers");
            drop(web);
            let mut rest = Vec::new();
            let _ = open.read_to_end(&mut rest).await;
            assert!(TcpStream::connect(addr).await.is_err());
        });
    }
}
