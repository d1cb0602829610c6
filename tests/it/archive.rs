//! The archive keeps what came, byte for byte, and its tables agree with the pages.

use std::collections::BTreeSet;

use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{Config, TestRunner},
};

use crate::harness::{Answer, Evercite, Site, citing, page, prose};

#[test]
fn bodies_of_every_kind_come_back_as_they_came() {
    let bytes: Vec<u8> = (0..=255).cycle().take(5000).collect();
    let latin: &[u8] = b"<html><meta charset=iso-8859-1><title>caf\xe9</title><p>caf\xe9 au lait\x85";
    let marked: &[u8] = b"\xef\xbb\xbf<p>with a mark</p>";
    let cases: [(&str, &str, &[u8]); 8] = [
        ("/bytes", "application/octet-stream", &bytes),
        ("/bytes-as-html", "text/html", &bytes),
        ("/latin", "text/html", latin),
        ("/marked", "text/html; charset=utf-8", marked),
        ("/one-byte", "text/plain", b"x"),
        ("/pdf", "application/pdf", b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"),
        ("/no-type", "", b"<p>untyped</p>"),
        ("/crlf", "text/plain; charset=utf-8", b"a\r\nb\rc\n\0d"),
    ];
    let mut site = Site::new();
    for (path, media_type, body) in &cases {
        site = site.answer(path, Answer::bytes(media_type, body));
    }
    let paths: Vec<&str> = cases.iter().map(|(path, ..)| *path).collect();
    let site = site.page("/article", citing(&paths)).serve();
    let evercite = Evercite::new();
    evercite.ok(&["snapshot", &site.url("/article")]);
    for (path, _, body) in cases {
        let shown = evercite.ok(&["show", &site.url(path), "--as", "html"]);
        assert!(shown.bytes == body, "{path}: {shown}");
        evercite.ok(&["show", &site.url(path)]).never_panicked();
    }
    let latin = evercite.ok(&["show", &site.url("/latin")]).stdout;
    assert!(latin.contains("café au lait"), "{latin}");
    assert!(evercite.is_sound());
}

/// Random pages: bytes, or markup made of pieces that parsers stumble over.
fn bodies() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let pieces = prop::sample::select(vec![
        "<p>",
        "</p>",
        "<a href='/x'>",
        "</a>",
        "<!--",
        "-->",
        "<script>",
        "</script>",
        "<table><tr>",
        "<title>",
        "&amp;",
        "&#x0;",
        "&bogus",
        "<![CDATA[",
        "]]>",
        "<svg><style>",
        "</svg>",
        "<template>",
        "<base href='//x'>",
        "<",
        ">",
        "\0",
        "\u{feff}",
        "é",
        "日本",
        "\r\n",
        "<a href='http://[bad'>",
        "<a href=' \t#'>",
        "<meta charset=utf-16>",
        "<plaintext>",
    ]);
    let markup = vec(pieces, 1..60).prop_map(|pieces| pieces.concat().into_bytes());
    vec(prop_oneof![vec(any::<u8>(), 1..3000), markup], 12)
}

#[test]
fn random_bodies_survive_the_way_in_and_out() {
    let site = Site::new().serve();
    let config = Config {
        cases: 4,
        failure_persistence: None,
        ..Config::default()
    };
    let mut runner = TestRunner::new_with_rng(
        config,
        proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
    );
    let outcome = runner.run(&bodies(), |bodies| {
        let paths: Vec<String> = (0..bodies.len()).map(|n| format!("/random/{n}")).collect();
        for (n, (path, body)) in paths.iter().zip(&bodies).enumerate() {
            let media_type = ["text/html", "text/plain", "application/x-unknown"][n % 3];
            site.set(path, Answer::bytes(media_type, body));
        }
        site.set("/article", Answer::html(citing(&paths)));
        let evercite = Evercite::new();
        evercite.ok(&["snapshot", &site.url("/article")]).never_panicked();
        for (path, body) in paths.iter().zip(&bodies) {
            let shown = evercite.run(&["show", &site.url(path), "--as", "html"]);
            prop_assert_eq!(shown.code, Some(0));
            prop_assert!(shown.bytes == *body, "{path}");
        }
        prop_assert!(evercite.is_sound());
        Ok(())
    });
    outcome.expect("every body comes back");
}

#[test]
fn the_graph_and_the_index_agree_with_the_pages() {
    let site = Site::new()
        .page("/article", citing(&["/a", "/b#part"]))
        .page(
            "/a",
            format!("{}<a href=/b>to b</a>", page("A", &prose("apple", 5))).replace("</main></body></html>", ""),
        )
        .page("/b", page("B", &prose("banana", 5)))
        .serve();
    let evercite = Evercite::new();
    evercite.ok(&["snapshot", &site.url("/article")]);
    let edges: BTreeSet<(String, String, String)> = evercite
        .query("SELECT source, target, anchor FROM link_graph WHERE role = 'cite'")
        .iter()
        .map(|row| {
            let text = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
            (text("source"), text("target"), text("anchor"))
        })
        .collect();
    let edge = |from: &str, to: &str, anchor: &str| (site.url(from), site.url(to), anchor.to_owned());
    let want = [
        edge("/article", "/a", "link 1"),
        edge("/article", "/b", "link 2"),
        edge("/a", "/b", "to b"),
    ];
    assert_eq!(edges, BTreeSet::from(want));
    for (word, path) in [("apple", "/a"), ("banana", "/b")] {
        let hits = evercite.ok(&["search", word, "--format", "json"]).json();
        let urls: Vec<&str> = hits
            .as_array()
            .expect("hits")
            .iter()
            .filter_map(|hit| hit["url"].as_str())
            .collect();
        assert_eq!(urls, [site.url(path)], "{word}");
    }
    let lengths = "SELECT count(*) FROM page_history WHERE payload_length IS NULL AND status = 200";
    assert_eq!(evercite.value::<i64>(lengths), 0);
}

#[test]
fn the_same_bytes_are_stored_once() {
    let same = page("Same", &prose("twin", 50));
    let paths: Vec<String> = (0..20).map(|n| format!("/copy/{n}")).collect();
    let mut site = Site::new().page("/article", citing(&paths));
    for path in &paths {
        site = site.page(path, &same);
    }
    let site = site.serve();
    let evercite = Evercite::new();
    evercite.ok(&["snapshot", &site.url("/article")]);
    evercite.ok(&["check"]);
    assert_eq!(
        evercite.value::<i64>("SELECT count(*) FROM capture WHERE purpose = 'citation'"),
        40
    );
    assert_eq!(
        evercite.value::<i64>("SELECT count(*) FROM blob"),
        evercite.value::<i64>("SELECT count(*) FROM payload")
    );
    let twins = "SELECT count(DISTINCT payload_id) FROM capture WHERE purpose = 'citation'";
    assert_eq!(evercite.value::<i64>(twins), 1);
}
