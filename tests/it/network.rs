//! The network as people have it: proxies, cookies, families of addresses, dry runs.

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    sync::{Arc, Mutex},
};

use crate::harness::{Answer, Evercite, Site, citing, page, prose};

/// A proxy that answers every request itself and remembers the heads.
fn proxy() -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let heads = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&heads);
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            let head: Vec<String> = lines
                .by_ref()
                .map_while(Result::ok)
                .take_while(|l| !l.is_empty())
                .collect();
            let body = match head.first() {
                Some(first) if first.contains("/robots.txt") => String::new(),
                _ => page("By proxy", &prose("lamp", 3)),
            };
            seen.lock().unwrap().push(head.join("\n"));
            let _ = write!(
                { stream },
                "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            );
        }
    });
    (address, heads)
}

#[test]
fn a_proxy_is_asked_in_the_place_of_the_site() {
    let (address, heads) = proxy();
    let evercite = Evercite::on_the_public_web_only();
    evercite.write("a.md", "[x](http://somewhere.example.com/page)");
    let run = evercite
        .command(&["snapshot", "a.md", "--proxy", &format!("http://me:word@{address}")])
        .output()
        .unwrap();
    assert!(run.status.success(), "{run:?}");
    assert_eq!(evercite.report().class("http://somewhere.example.com/page"), "ok");
    let heads = heads.lock().unwrap().join("\n\n");
    assert!(
        heads.contains("GET http://somewhere.example.com/page HTTP/1.1"),
        "{heads}"
    );
    assert!(
        heads.to_ascii_lowercase().contains("proxy-authorization: basic"),
        "{heads}"
    );
    let kept = evercite.every_byte();
    assert!(!String::from_utf8_lossy(&kept).contains("me:word"));
}

#[test]
fn a_proxy_does_not_lead_past_the_address_guard() {
    let (address, heads) = proxy();
    let evercite = Evercite::on_the_public_web_only();
    evercite.write(
        "a.md",
        "[a](http://169.254.169.254/latest) [b](http://localhost/x) [c](http://intranet/x) [d](http://[::ffff:10.0.0.1]/)",
    );
    evercite
        .command(&["snapshot", "a.md", "--proxy", &address])
        .output()
        .unwrap();
    let report = evercite.report();
    for link in report.links() {
        assert_eq!(link["access"], "private-address", "{link:#}");
    }
    assert_eq!(report.links().len(), 4);
    assert!(heads.lock().unwrap().is_empty());
}

#[test]
fn the_usual_variables_are_read() {
    let (address, heads) = proxy();
    let evercite = Evercite::on_the_public_web_only();
    evercite.write("a.md", "[x](http://somewhere.example.com/page)");
    let ran = |variables: &[(&str, &str)], flags: &[&str]| {
        let mut command = evercite.command(&[&["snapshot", "a.md", "--max-retries", "0"], flags].concat());
        command.envs(variables.iter().copied()).output().unwrap();
        std::mem::take(&mut *heads.lock().unwrap()).len()
    };
    let through = format!("http://{address}");
    assert!(ran(&[("http_proxy", &through)], &[]) >= 2);
    let direct = [("http_proxy", through.as_str())];
    assert_eq!(
        ran(
            &direct,
            &["--proxy", "none", "--resolve", "somewhere.example.com=127.0.0.1:1"]
        ),
        0
    );
    let except = [("http_proxy", through.as_str()), ("NO_PROXY", "example.com")];
    assert_eq!(ran(&except, &["--resolve", "somewhere.example.com=127.0.0.1:1"]), 0);
}

#[test]
fn cookies_of_a_jar_go_where_they_belong_and_nowhere_else() {
    let site = Site::new()
        .page("/members/a", page("Members", &prose("lamp", 3)))
        .page("/open", page("Open", &prose("door", 3)))
        .serve();
    let evercite = Evercite::new();
    evercite.write(
        "cookies.txt",
        "# Netscape HTTP Cookie File\n127.0.0.1\tFALSE\t/members\tFALSE\t0\tticket\thush-hush\n",
    );
    site.set("/article", Answer::html(citing(&["/members/a", "/open"])));
    evercite.ok(&["snapshot", &site.url("/article"), "--cookie-jar", "cookies.txt"]);
    let cookie = |path: &str| site.asked_for(path)[0].header("cookie").map(str::to_owned);
    assert_eq!(cookie("/members/a").as_deref(), Some("ticket=hush-hush"));
    assert_eq!(cookie("/open"), None);
    assert!(!String::from_utf8_lossy(&evercite.every_byte()).contains("hush-hush"));
    evercite.write("cookies.txt", "nonsense");
    let refused = evercite.run(&["check", "--cookie-jar", "cookies.txt"]).exits(3);
    assert!(refused.stderr.contains("line 1"), "{}", refused.stderr);
}

#[test]
fn one_family_of_addresses_can_be_chosen() {
    let site = Site::new().page("/x", page("X", &prose("lamp", 3))).serve();
    let evercite = Evercite::new();
    evercite.write("a.md", format!("[x]({})", site.url("/x")));
    evercite.ok(&["snapshot", "a.md", "--ipv4"]);
    assert_eq!(evercite.report().class(&site.url("/x")), "ok");
    let asked = site.asked().len();
    evercite.run(&["check", "-6", "--max-retries", "0"]);
    assert_eq!(site.asked().len(), asked);
    evercite.run(&["check", "-4", "-6"]).exits(3);
}

#[test]
fn what_an_exchange_took_is_kept() {
    let site = Site::new()
        .answer(
            "/slow",
            Answer::html("late").delayed(std::time::Duration::from_millis(120)),
        )
        .serve();
    let evercite = Evercite::new();
    evercite.write("a.md", format!("[x]({})", site.url("/slow")));
    evercite.ok(&["snapshot", "a.md"]);
    let first_byte: i64 = evercite.value("SELECT first_byte_ms FROM capture WHERE purpose = 'citation'");
    let elapsed: i64 = evercite.value("SELECT elapsed_ms FROM capture WHERE purpose = 'citation'");
    assert!((120..=elapsed).contains(&first_byte), "{first_byte} of {elapsed}");
    let connected: i64 = evercite.value("SELECT count(*) FROM capture WHERE connect_ms IS NOT NULL");
    assert!(connected >= 1);
}

#[test]
fn a_dry_run_asks_nobody_and_writes_nothing() {
    let site = Site::new().page("/x", "x").serve();
    let evercite = Evercite::new();
    evercite.write(
        "a.md",
        format!(
            "[x]({}) [y]({}) [m](mailto:a@b.example)",
            site.url("/x"),
            site.url("/y")
        ),
    );
    let plan = ["snapshot", "a.md", &site.url("/other"), "--dry-run", "--exclude", "/y$"];
    let told = evercite.run(&plan).exits(0);
    assert!(
        told.stdout.contains(&format!("fetch     {}", site.url("/x"))),
        "{}",
        told.stdout
    );
    assert!(
        told.stdout.contains(&format!("leave out {}: excluded", site.url("/y"))),
        "{}",
        told.stdout
    );
    assert!(
        told.stdout.contains("leave out mailto:a@b.example: mailto"),
        "{}",
        told.stdout
    );
    assert!(site.asked().is_empty() && !evercite.archive().exists());
    evercite.ok(&["snapshot", "a.md"]);
    let asked = site.asked().len();
    let rows: i64 = evercite.value("SELECT count(*) FROM run");
    let told = evercite
        .run(&["check", "--dry-run", "--format", "json"])
        .exits(0)
        .json();
    let fetched = told["articles"][0]["would_fetch"].as_array().unwrap();
    assert_eq!(fetched.len(), 2, "{told:#}");
    assert_eq!(
        (site.asked().len(), evercite.value::<i64>("SELECT count(*) FROM run")),
        (asked, rows)
    );
}

#[test]
fn a_file_without_certificates_is_refused_before_anybody_is_asked() {
    let site = Site::new().page("/x", page("X", &prose("lamp", 3))).serve();
    let evercite = Evercite::new();
    evercite.write("a.md", format!("[x]({})", site.url("/x")));
    for name in ["a.md", "nowhere.pem"] {
        let refused = evercite.run(&["snapshot", "a.md", "--ca-file", name]).exits(3);
        refused.complains_clearly();
        assert!(refused.stderr.contains(name), "{}", refused.stderr);
    }
    assert!(site.asked().is_empty() && !evercite.archive().exists());
}
