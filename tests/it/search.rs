//! `search`: pages, the versions of them that have the words, and scripts without space between words.

use serde_json::Value;

use crate::harness::{Answer, Evercite, LiveSite, Site, citing, page, prose};

fn body(words: &str) -> String {
    page("A page", &format!("<p>{words}</p> {}", prose("filling", 60)))
}

fn archived(pages: &[(&str, &str)]) -> (LiveSite, Evercite) {
    let paths: Vec<String> = pages.iter().map(|(path, _)| (*path).to_owned()).collect();
    let mut site = Site::new().page("/article", citing(&paths));
    for (path, words) in pages {
        site = site.page(path, body(words));
    }
    let (site, evercite) = (site.serve(), Evercite::new());
    evercite.ok(&["snapshot", &site.url("/article")]);
    (site, evercite)
}

fn hits(evercite: &Evercite, arguments: &[&str]) -> Vec<Value> {
    let all = [&["search", "--format", "json"][..], arguments].concat();
    let found = evercite.ok(&all).json();
    found.as_array().expect("hits").clone()
}

fn urls(evercite: &Evercite, arguments: &[&str]) -> Vec<String> {
    let mut urls: Vec<String> = hits(evercite, arguments)
        .iter()
        .map(|hit| hit["url"].as_str().expect("an address").to_owned())
        .collect();
    urls.sort();
    urls
}

#[test]
fn a_page_is_found_once_with_the_versions_that_have_the_words() {
    let (site, evercite) = archived(&[("/a", "the harbour bridge"), ("/b", "another matter")]);
    for words in ["the harbour bridge is closed", "the ferry instead"] {
        site.set("/a", Answer::html(body(words)));
        evercite.ok(&["check", "--fail-on", "none"]);
    }
    let found = hits(&evercite, &["harbour"]);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["url"], site.url("/a"));
    assert_eq!(found[0]["versions"].as_array().map(Vec::len), Some(2), "{found:?}");
    assert_eq!(found[0]["still_there"], false);
    assert_eq!(found[0]["class"], "changed");
    assert!(
        found[0]["snippet"]
            .as_str()
            .expect("text")
            .contains("the [harbour] bridge"),
        "{found:?}"
    );
    assert_eq!(hits(&evercite, &["ferry"])[0]["still_there"], true);
    let told = evercite.ok(&["search", "harbour"]).stdout;
    assert!(
        told.contains("2 versions: ") && told.contains("no longer there") && told.contains("CHANGED"),
        "{told}"
    );
    let csv = evercite.ok(&["search", "harbour", "--format", "csv"]).stdout;
    assert_eq!(csv.lines().count(), 2, "{csv}");
}

#[test]
fn words_in_a_row_beginnings_and_words_that_must_not_be_there() {
    let (site, evercite) = archived(&[
        ("/a", "an old bridge over the river"),
        ("/b", "the bridge is old, the river older"),
        ("/c", "bridges everywhere"),
    ]);
    for (question, want) in [
        ("old bridge", vec!["/a", "/b"]),
        ("\"old bridge\"", vec!["/a"]),
        ("bridge*", vec!["/a", "/b", "/c"]),
        ("bridge* -river", vec!["/c"]),
    ] {
        let want: Vec<String> = want.into_iter().map(|path| site.url(path)).collect();
        assert_eq!(urls(&evercite, &["--", question]), want, "{question}");
    }
    assert_eq!(evercite.run(&["search", "--", "-river"]).code, Some(3));
}

#[test]
fn a_search_can_be_narrowed() {
    let (site, evercite) = archived(&[("/a", "the harbour"), ("/b", "the harbour too")]);
    site.set("/b", Answer::html("gone").under(410));
    for _ in 0..2 {
        evercite.ok(&["check", "--fail-on", "none", "--confirm", "now", "--confirm-wait", "0"]);
    }
    let both = [site.url("/a"), site.url("/b")];
    for (arguments, want) in [
        (vec!["harbour"], &both[..]),
        (vec!["harbour", "--dead"], &both[1..]),
        (vec!["harbour", "--host", "127.0.0.1"], &both[..]),
        (vec!["harbour", "--host", "0.1"], &both[..]),
        (vec!["harbour", "--host", "27.0.0.1"], &[]),
        (vec!["harbour", "--host", "example.org"], &[]),
        (vec!["harbour", "--since", "today"], &both[..]),
        (vec!["harbour", "--since", "now"], &[]),
    ] {
        assert_eq!(urls(&evercite, &arguments), want, "{arguments:?}");
    }
}

#[test]
fn words_without_space_between_them_are_found_and_any_tool_can_ask() {
    let (site, evercite) = archived(&[
        ("/ja", "今日は東京タワーへ行きました。"),
        ("/zh", "他在北京大学学习。"),
        ("/th", "ฉันไปโรงเรียนทุกวัน"),
        ("/hi", "मैं विद्यालय जाता हूँ"),
        ("/ko", "나는 학교에 간다"),
    ]);
    for (words, path) in [
        ("東京タワー", "/ja"),
        ("タワー", "/ja"),
        ("北京大学", "/zh"),
        ("大学", "/zh"),
        ("โรงเรียน", "/th"),
        ("विद्यालय", "/hi"),
        ("학교에", "/ko"),
        ("학교*", "/ko"),
    ] {
        let found = hits(&evercite, &[words]);
        assert_eq!(urls(&evercite, &[words]), [site.url(path)], "{words}");
        let bare = words.trim_end_matches('*');
        let snippet = found[0]["snippet"].as_str().expect("text");
        assert!(snippet.contains(&format!("[{bare}")), "{words}: {snippet}");
    }
    for absent in ["京東", "大京", "โรงเรือ"] {
        assert!(urls(&evercite, &[absent]).is_empty(), "{absent}");
    }
    let by_sqlite: i64 = evercite.value("SELECT count(*) FROM page_search WHERE page_search MATCH '\"東 京\"'");
    assert_eq!(by_sqlite, 1);
}
