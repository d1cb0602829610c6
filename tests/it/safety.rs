//! Manners and safety: robots.txt, private addresses, secrets, and answers that are meant to hurt.

use std::time::{Duration, Instant};

use crate::harness::{Answer, Evercite, NOBODY, Site, citing, coding, page, prose};

#[test]
fn a_redirect_to_another_host_meets_its_robots() {
    let other = Site::new()
        .robots("User-agent: *\nDisallow: /closed\n")
        .page("/closed", "x")
        .page("/open", "o");
    let other = other.serve_on("127.0.0.2");
    let site = Site::new()
        .redirect(302, "/to-closed", &other.url("/closed"))
        .redirect(302, "/to-open", &other.url("/open"))
        .page("/article", citing(&["/to-closed", "/to-open"]))
        .serve();
    let evercite = Evercite::new();
    evercite.ok(&["snapshot", &site.url("/article")]);
    let report = evercite.report();
    assert_eq!(report.class(&site.url("/to-closed")), "excluded");
    assert_eq!(report.class(&site.url("/to-open")), "ok");
    assert_eq!(
        (other.times("/robots.txt"), other.times("/closed"), other.times("/open")),
        (1, 0, 1)
    );
}

#[test]
fn robots_decide_by_how_they_answer() {
    for (robots, class, access_or_transport, asked) in [
        (Answer::status(503), "excluded", "robots-unreachable", 0),
        (Answer::status(500), "excluded", "robots-unreachable", 0),
        (Answer::status(404), "ok", "open", 1),
        (Answer::status(403), "ok", "open", 1),
        (
            Answer::bytes("text/plain", "User-agent: evercite\nDisallow: /\n"),
            "excluded",
            "robots-excluded",
            0,
        ),
        (
            Answer::bytes("text/plain", "User-agent: other\nDisallow: /\n"),
            "ok",
            "open",
            1,
        ),
        (
            Answer::bytes("text/plain", "User-agent: *\nDisallow: /\nAllow: /source\n"),
            "ok",
            "open",
            1,
        ),
        (Answer::redirect(302, "/real-robots"), "excluded", "robots-excluded", 0),
        (Answer::hang_up(), "suspect", "reset", 0),
    ] {
        let other = Site::new()
            .answer("/robots.txt", robots.clone())
            .page("/source", "here");
        let other = other
            .answer(
                "/real-robots",
                Answer::bytes("text/plain", "User-agent: *\nDisallow: /"),
            )
            .serve();
        let evercite = Evercite::new();
        evercite.write("a.md", format!("<{}>", other.url("/source")));
        evercite.ok(&["snapshot", "a.md"]);
        let report = evercite.report();
        let link = report.link(&other.url("/source"));
        assert_eq!(link["class"], class, "{robots:?}: {link:#}");
        assert!(
            link["access"] == access_or_transport || link["transport"] == access_or_transport,
            "{robots:?}: {link:#}"
        );
        assert_eq!(other.times("/source"), asked, "{robots:?}");
    }
}

#[test]
fn robots_are_not_even_asked_when_the_user_says_so() {
    let site = Site::new()
        .robots("User-agent: *\nDisallow: /\n")
        .page("/source", "s")
        .serve();
    let evercite = Evercite::new();
    evercite.write("a.md", format!("<{}>", site.url("/source")));
    evercite.ok(&["snapshot", "a.md", "--robots", "ignore"]);
    assert_eq!(evercite.report().class(&site.url("/source")), "ok");
    assert_eq!(site.times("/robots.txt"), 0);
}

#[test]
fn private_addresses_are_refused_unless_allowed() {
    let site = Site::new().page("/inside", "secret").page("/insidex", "x").serve();
    let by_name = format!("http://localhost:{}/inside", site.port());
    let as_number = format!("http://2130706433:{}/inside", site.port());
    let evercite = Evercite::on_the_public_web_only();
    evercite.write("a.md", format!("<{}> <{by_name}> <{as_number}x>", site.url("/inside")));
    evercite.ok(&["snapshot", "a.md"]);
    let report = evercite.report();
    for url in [
        site.url("/inside"),
        by_name,
        format!("http://127.0.0.1:{}/insidex", site.port()),
    ] {
        let link = report.link(&url);
        assert_eq!(
            (&link["class"], &link["access"]),
            (&"excluded".into(), &"private-address".into()),
            "{link:#}"
        );
    }
    let article = evercite.run(&["snapshot", &site.url("/inside")]);
    article.never_panicked();
    assert_eq!(site.asked().len(), 0, "nothing inside was touched, not even robots.txt");
    evercite.ok(&["check", "a.md", "--allow-private"]);
    assert_eq!(evercite.report().class(&site.url("/inside")), "ok");
}

#[test]
fn a_redirect_does_not_lead_inside_either() {
    let inside = Site::new().page("/admin", "secret").serve_on("127.0.0.3");
    let by_name = format!("http://localhost:{}/admin", inside.port());
    let site = Site::new()
        .redirect(302, "/literal", &inside.url("/admin"))
        .redirect(301, "/name", &by_name)
        .redirect(302, "/robots.txt", &inside.url("/admin"))
        .page("/article", citing(&["/literal", "/name"]))
        .serve();
    let evercite = Evercite::on_the_public_web_only();
    let article = "http://news.example/article";
    evercite.ok(&["snapshot", article, "--resolve", &site.named("news.example")]);
    let report = evercite.report();
    for path in ["literal", "name"] {
        let link = report.link(&format!("http://news.example/{path}"));
        assert_eq!(
            (&link["class"], &link["access"]),
            (&"excluded".into(), &"private-address".into()),
            "{link:#}"
        );
    }
    assert_eq!(inside.asked().len(), 0);
}

#[test]
fn secrets_never_reach_the_archive() {
    let site = Site::new()
        .answer(
            "/source",
            Answer::html("plain").header("Set-Cookie", "session=c00kie-s3cret; Path=/"),
        )
        .answer(
            "/hop",
            Answer::redirect(302, "/landing").header("Set-Cookie", "hop=h0p-s3cret; Path=/"),
        )
        .page("/landing", "landed")
        .serve();
    let with_password = |path: &str| site.url(path).replace("http://", "http://me:hunter2@");
    site.set("/article", Answer::html(citing(&["/source", "/hop"])));
    let evercite = Evercite::new();
    let snapshot = [
        "snapshot",
        &with_password("/article"),
        "--header",
        "Authorization: Bearer t0ken-s3cret",
        "--header",
        "X-Api-Key: key-s3cret",
    ];
    let ran = evercite.ok(&snapshot);
    assert_eq!(
        site.asked_for("/source")[0].header("authorization"),
        Some("Bearer t0ken-s3cret")
    );
    assert_eq!(site.asked_for("/source")[0].header("x-api-key"), Some("key-s3cret"));
    assert!(
        site.asked_for("/landing")
            .iter()
            .any(|asked| asked.header("cookie") == Some("hop=h0p-s3cret")),
        "a cookie lives as long as its chain"
    );
    assert_eq!(site.asked_for("/source")[0].header("cookie"), None, "and no longer");
    let kept = evercite.every_byte();
    let report = evercite.run(&["report", "--all", "--format", "json"]);
    let headers = evercite.ok(&["show", &site.url("/source"), "--as", "headers"]);
    for secret in ["hunter2", "t0ken-s3cret", "key-s3cret", "c00kie-s3cret", "h0p-s3cret"] {
        assert!(!contains(&kept, secret), "{secret} is in the archive");
        for said in [&ran, &report, &headers] {
            assert!(
                !said.stdout.contains(secret) && !said.stderr.contains(secret),
                "{secret}: {said}"
            );
        }
    }
    assert!(headers.stdout.contains("set-cookie: [redacted]"), "{headers}");
}

fn contains(bytes: &[u8], word: &str) -> bool {
    bytes.windows(word.len()).any(|window| window == word.as_bytes())
}

#[test]
fn a_password_in_a_redirect_is_not_kept() {
    let site = Site::new().page("/landing", "landed").serve();
    let to = site.url("/landing").replace("http://", "http://me:hunter2@");
    site.set("/source", Answer::redirect(301, &to));
    site.set("/article", Answer::html(citing(&["/source"])));
    let evercite = Evercite::new();
    evercite.ok(&["snapshot", &site.url("/article")]);
    let report = evercite.report();
    let link = report.link(&site.url("/source"));
    assert_eq!(
        (&link["class"], &link["final_url"]),
        (&"moved".into(), &site.url("/landing").into()),
        "{link:#}"
    );
    assert!(
        !contains(&evercite.every_byte(), "hunter2"),
        "the password is in the archive"
    );
    let headers = evercite.ok(&["show", &site.url("/source"), "--as", "headers"]).stdout;
    assert!(
        headers.contains("/landing") && !headers.contains("hunter2"),
        "{headers}"
    );
}

#[test]
fn a_password_in_a_link_is_kept_nowhere_but_in_the_page_itself() {
    let site = Site::new().page("/source", "here").serve();
    let link = site.url("/source").replace("http://", "http://me:hunter2@");
    let evercite = Evercite::new();
    evercite.write("a.md", format!("[source]({link}) and <{link}#part>"));
    let ran = evercite.ok(&["snapshot", "a.md"]);
    assert_eq!(evercite.report().class(&site.url("/source")), "ok");
    let report = evercite.ok(&["report", "--all", "--format", "json"]);
    let sqlite = evercite.sqlite();
    let columns = [
        ("url", "url"),
        ("occurrence", "raw"),
        ("link", "anchor"),
        ("run", "settings"),
    ];
    let mut leaks: Vec<String> = columns
        .iter()
        .filter(|(table, column)| {
            let sql = format!("SELECT count(*) FROM {table} WHERE {column} LIKE '%hunter2%'");
            sqlite.query_row(&sql, [], |row| row.get::<_, i64>(0)).expect("a count") > 0
        })
        .map(|(table, column)| format!("{table}.{column}"))
        .collect();
    if ran.stdout.contains("hunter2") || report.stdout.contains("hunter2") {
        leaks.push("the report".into());
    }
    assert_eq!(leaks, Vec::<String>::new());
}

#[test]
fn coded_answers_are_decoded() {
    let text = page("Coded", &prose("anvil", 20));
    let site = Site::new()
        .answer("/gzip", Answer::html(coding::gzip(text.as_bytes())).header("Content-Encoding", "gzip"))
        .answer("/raw-deflate", Answer::html(coding::deflate(text.as_bytes())).header("Content-Encoding", "deflate"))
        .answer("/zlib", Answer::html(coding::zlib(text.as_bytes())).header("Content-Encoding", "deflate"))
        .answer("/lies", Answer::html(&text).header("Content-Encoding", "gzip"))
        .answer(
            "/chunked",
            Answer::raw(format!(
                "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{text}\r\n0\r\n\r\n",
                text.len()
            )),
        )
        .answer("/until-close", Answer::raw(format!("HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n{text}")))
        .serve();
    let paths = ["/gzip", "/raw-deflate", "/zlib", "/lies", "/chunked", "/until-close"];
    site.set("/article", Answer::html(citing(&paths)));
    let evercite = Evercite::new();
    evercite.ok(&["snapshot", &site.url("/article")]);
    for path in paths {
        let shown = evercite.ok(&["show", &site.url(path), "--as", "html"]);
        assert!(shown.bytes == text.as_bytes(), "{path}: {shown}");
        assert_eq!(evercite.report().class(&site.url(path)), "ok", "{path}");
    }
    let bodies = evercite.value::<i64>("SELECT count(DISTINCT payload_id) FROM capture WHERE media_type = 'text/html'");
    assert_eq!(bodies, 2, "the article, and one body for all codings");
}

#[test]
fn a_gzip_bomb_is_stopped_at_the_cap() {
    let bomb = coding::gzip_of_zeros(200 << 20);
    assert!(bomb.len() < 2 << 20);
    let site = Site::new()
        .answer("/bomb", Answer::html(bomb).header("Content-Encoding", "gzip"))
        .page("/article", citing(&["/bomb"]))
        .serve();
    let evercite = Evercite::new();
    let ran = evercite.ok(&[
        "snapshot",
        &site.url("/article"),
        "--max-body",
        "4000000",
        "--timeout",
        "20",
    ]);
    assert!(ran.peak_memory < 150 << 20, "{} MB", ran.peak_memory >> 20);
    let kept = "SELECT p.length FROM capture c JOIN payload p ON p.id = c.payload_id JOIN url u ON u.id = c.url_id
         WHERE u.url LIKE '%/bomb'";
    assert_eq!(evercite.value::<i64>(kept), 4_000_000);
    let whole = "SELECT c.truncated IS NULL FROM capture c JOIN url u ON u.id = c.url_id WHERE u.url LIKE '%/bomb'";
    assert!(!evercite.value::<bool>(whole), "and said not to be whole");
    assert_eq!(
        evercite.report().class(&site.url("/bomb")),
        "ok",
        "a long page is not a dead page"
    );
}

#[test]
fn answers_that_never_end_end_at_the_timeout() {
    let drip = Answer::html("x".repeat(10_000)).dripping(Duration::from_millis(100));
    let endless = Answer::raw(format!("HTTP/1.1 200 OK\r\n{}", "X-Pad: y\r\n".repeat(3)));
    let site = Site::new()
        .answer("/drip", drip)
        .answer("/cut-head", endless)
        .answer("/silent", Answer::html("late").delayed(Duration::from_secs(40)))
        .page("/article", citing(&["/drip", "/cut-head", "/silent"]))
        .serve();
    let evercite = Evercite::new();
    let begun = Instant::now();
    evercite.ok(&["snapshot", &site.url("/article"), "--timeout", "1"]);
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    for path in ["/drip", "/cut-head", "/silent"] {
        assert_eq!(evercite.report().class(&site.url(path)), "suspect", "{path}");
    }
}

#[test]
fn broken_answers_are_suspect_and_break_nothing() {
    let long_header = format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "y".repeat(2 << 20));
    let many_headers = format!("HTTP/1.1 200 OK\r\n{}\r\n", "X: y\r\n".repeat(5000));
    let short = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5000\r\n\r\n<p>cut".to_owned();
    let cases = [
        ("/not-http", "SSH-2.0-OpenSSH_9.9\r\n".to_owned()),
        ("/long-header", long_header),
        ("/many-headers", many_headers),
        ("/cut", short),
        (
            "/bad-chunk",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nx\r\n".to_owned(),
        ),
        (
            "/bad-length",
            "HTTP/1.1 200 OK\r\nContent-Length: minus one\r\n\r\nx".to_owned(),
        ),
        (
            "/to-nowhere",
            "HTTP/1.1 302 Found\r\nLocation: http://[bad\r\nContent-Length: 0\r\n\r\n".to_owned(),
        ),
        (
            "/to-mail",
            "HTTP/1.1 301 X\r\nLocation: mailto:a@example.org\r\nContent-Length: 0\r\n\r\n".to_owned(),
        ),
        (
            "/to-file",
            "HTTP/1.1 301 X\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n".to_owned(),
        ),
        (
            "/to-nobody",
            format!("HTTP/1.1 301 X\r\nLocation: {NOBODY}\r\nContent-Length: 0\r\n\r\n"),
        ),
        ("/empty", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".to_owned()),
    ];
    let mut site = Site::new();
    for (path, bytes) in &cases {
        site = site.answer(path, Answer::raw(bytes));
    }
    let paths: Vec<&str> = cases.iter().map(|(path, _)| *path).collect();
    let site = site.page("/article", citing(&paths)).serve();
    let evercite = Evercite::new();
    evercite.ok(&["snapshot", &site.url("/article")]).never_panicked();
    let report = evercite.report();
    for path in paths {
        assert_eq!(
            report.class(&site.url(path)),
            "suspect",
            "{path}: {:#}",
            report.link(&site.url(path))
        );
    }
    assert!(evercite.is_sound());
}

#[test]
fn redirects_are_followed_only_so_far() {
    let mut site = Site::new();
    for n in 0..30 {
        site = site.redirect(302, &format!("/hop{n}"), &format!("/hop{}", n + 1));
    }
    let site = site.page("/article", citing(&["/hop0"])).serve();
    let evercite = Evercite::new();
    evercite.ok(&["snapshot", &site.url("/article"), "--max-redirects", "4"]);
    let report = evercite.report();
    assert_eq!(report.link(&site.url("/hop0"))["transport"], "too-many-redirects");
    assert_eq!((site.times("/hop4"), site.times("/hop5")), (1, 0));
}

#[test]
fn hostile_markup_is_read_without_harm() {
    let deep = format!("<body>{}<p><a href=/one>deep</a>", "<div>".repeat(20_000));
    let wide = format!("<body>{}", "<a href=/one>x</a> ".repeat(20_000));
    let open = format!("<title>{}", "<b <i <u".repeat(20_000));
    let site = Site::new()
        .page("/one", "1")
        .page("/deep", deep)
        .page("/wide", wide)
        .page("/open", open)
        .serve();
    let paths = ["/deep", "/wide", "/open"];
    site.set("/article", Answer::html(citing(&paths)));
    let evercite = Evercite::new();
    evercite
        .ok(&["snapshot", &site.url("/article"), "--depth", "2"])
        .never_panicked();
    for path in paths {
        assert_eq!(evercite.report().class(&site.url(path)), "ok", "{path}");
    }
    assert_eq!(site.times("/one"), 1);
}
