//! `url`, `text`, `compare`, `robots`: one question, or JSON Lines in and out.

use serde_json::{Value, json};

use crate::harness::{Evercite, page, prose};

/// Answers to a batch, line by line.
fn batch(verb: &str, rows: &[Value]) -> Vec<Value> {
    let input: String = rows.iter().map(|row| format!("{row}\n")).collect();
    let ran = Evercite::new().run_with_input(&[verb, "--batch"], input).exits(0);
    assert_eq!(ran.stderr, "", "{ran}");
    ran.stdout
        .lines()
        .map(|line| serde_json::from_str(line).expect("a JSON object"))
        .collect()
}

/// A good row for each verb, without its id.
fn rows() -> [(&'static str, Value); 4] {
    [
        ("url", json!({"url": "http://example.org"})),
        (
            "text",
            json!({"html": page("T", "Words."), "url": "http://example.org/"}),
        ),
        (
            "compare",
            json!({"url": "http://example.org/", "old": page("T", "One."), "new": page("T", "Two.")}),
        ),
        (
            "robots",
            json!({"agent": "evercite", "url": "http://example.org/", "robots_base64": "VXNlci1hZ2VudDogKgo="}),
        ),
    ]
}

#[test]
fn ids_of_any_kind_come_back_in_order() {
    let ids = [
        json!(1),
        json!(-7),
        json!(1.5),
        json!(9_007_199_254_740_993_i64),
        json!("a \"quoted\" id"),
        json!(null),
        json!(true),
        json!([1, "two"]),
        json!({"deep": {"er": 1}}),
    ];
    for (verb, row) in rows() {
        let mut asked: Vec<Value> = ids
            .iter()
            .map(|id| {
                let mut row = row.clone();
                row["id"] = id.clone();
                row
            })
            .collect();
        asked.push(row);
        let told: Vec<Value> = batch(verb, &asked)
            .into_iter()
            .map(|answer| answer["id"].clone())
            .collect();
        let mut want = ids.to_vec();
        want.push(Value::Null);
        assert_eq!(told, want, "{verb}");
    }
}

#[test]
fn errors_name_the_line() {
    for (verb, row) in rows() {
        let bad_lines: [&[u8]; 5] = [b"{not json}", b"[1, 2]", b"\"text\"", b"{}", b"{\"id\": 1, \"url\": 5}"];
        for bad in bad_lines {
            let mut input = format!("{row}\n\n").into_bytes();
            input.extend(bad);
            input.extend(format!("\n{row}\n").bytes());
            let ran = Evercite::new().run_with_input(&[verb, "--batch"], input).exits(3);
            ran.complains_clearly();
            assert!(ran.stderr.contains("line 3"), "{}: {ran}", String::from_utf8_lossy(bad));
            assert_eq!(ran.stdout.lines().count(), 1, "what came before was answered: {ran}");
        }
        assert_eq!(batch(verb, &[]), Vec::<Value>::new());
    }
}

#[test]
fn a_line_that_is_no_text_is_named_too() {
    let mut input = b"{\"url\": \"http://example.org\"}\n".to_vec();
    input.extend(b"\xff\xfe{}\n");
    let ran = Evercite::new().run_with_input(&["url", "--batch"], input).exits(3);
    assert!(ran.complains_clearly().stderr.contains("line 2"), "{ran}");
    assert_eq!(ran.stdout.lines().count(), 1, "what came before was answered: {ran}");
}

#[test]
fn addresses_have_a_canonical_form_and_a_sort_key() {
    let asked = [
        json!({"id": 1, "url": "HTTP://Example.org:80/a/../b?utm_source=x#part"}),
        json!({"id": 2, "url": "https://me:secret@example.org/"}),
        json!({"id": 3, "url": "http://[bad"}),
    ];
    let told = batch("url", &asked);
    assert_eq!(told[0]["canonical"], "http://example.org/b");
    assert_eq!(told[1]["canonical"], "https://example.org/");
    assert!(
        told[0]["surt"]
            .as_str()
            .is_some_and(|surt| surt.contains("org,example")),
        "{}",
        told[0]
    );
    assert_eq!(told[2]["canonical"], Value::Null);
    assert!(told[2]["error"].is_string(), "{}", told[2]);
    let line = Evercite::new()
        .ok(&["url", "HTTP://Example.org:80/a", "http://b.example"])
        .stdout;
    assert_eq!(line.lines().count(), 2);
    assert!(line.starts_with("http://example.org/a\t"), "{line}");
}

#[test]
fn text_is_the_article_without_what_is_around_it() {
    let html = format!(
        "<html lang=nb><head><title>Broen</title></head><body><nav>Menu Home</nav><article><h1>Broen</h1><p>{}</p>\
         </article><footer>Imprint</footer></body></html>",
        prose("bro", 10)
    );
    let told = &batch("text", &[json!({"id": 1, "html": html, "url": "http://example.org/"})])[0];
    let text = told["text"].as_str().expect("text");
    assert!(
        text.contains("bro keepers") && !text.contains("Imprint") && !text.contains("Menu"),
        "{text}"
    );
    assert_eq!((&told["title"], &told["lang"]), (&"Broen".into(), &"nb".into()));
    let evercite = Evercite::new();
    evercite.write("broen.html", &html);
    let plain = evercite.ok(&["text", "broen.html"]).stdout;
    assert!(
        plain.starts_with("Broen\n\n") && plain.contains("bro keepers"),
        "{plain}"
    );
    let piped = evercite
        .run_with_input(&["text", "-", "--format", "json"], &html)
        .exits(0)
        .json();
    assert_eq!(piped["text"], told["text"]);
}

#[test]
fn text_tells_who_wrote_it_and_when() {
    let html = format!(
        "<html lang=tr><head><title>Köprü</title><meta name=author content='Ayşe Işık'>\
         <meta property='article:published_time' content='2021-03-04T10:00:00Z'></head><body><nav>Menü</nav><article>\
         <h1>Köprü</h1><p>{}</p><h2>Sonra</h2><ul><li>bir</li><li>iki</li></ul></article></body></html>",
        prose("köprü", 10)
    );
    let told = &batch("text", &[json!({"id": 1, "html": html})])[0];
    assert_eq!(
        (&told["byline"], &told["date"], &told["shell"]),
        (&"Ayşe Işık".into(), &"2021-03-04".into(), &false.into())
    );
    let evercite = Evercite::new();
    evercite.write("page.html", &html);
    let plain = evercite.ok(&["text", "page.html"]).stdout;
    assert!(
        plain.starts_with("Köprü\nAyşe Işık, 2021-03-04\n\n") && plain.ends_with("Sonra\nbir\niki\n"),
        "{plain}"
    );
    assert_eq!(plain.matches("Köprü").count(), 1, "the title stands once: {plain}");
    let piped = evercite.run_with_input(&["text", "-"], &html).exits(0);
    assert_eq!(piped.stdout, plain);
}

#[test]
fn text_says_what_is_no_page_to_read() {
    let shell = "<!DOCTYPE html><title>Shop</title><div id=root></div><script src=/app.js></script>";
    let told = &batch("text", &[json!({"id": 1, "html": shell})])[0];
    assert_eq!((&told["shell"], &told["text"]), (&true.into(), &"".into()));
    let evercite = Evercite::new();
    evercite.write("shell.html", shell);
    let ran = evercite.run(&["text", "shell.html"]).exits(0);
    assert_eq!(ran.stdout, "Shop\n");
    assert!(ran.stderr.contains("script"), "{ran}");
}

#[test]
fn comparing_gives_a_word_scores_and_sentences() {
    let old = page("T", &prose("mill", 30));
    let edited = old.replacen("for 14 reasons", "for 15 reasons", 1);
    let noisy = old.replace("<head>", "<head><script nonce=\"abc\">1</script>");
    let other = page("U", &prose("dam", 30));
    let pair = |id, new: &str| json!({"id": id, "url": "http://example.org/", "old": old, "new": new});
    let told = batch(
        "compare",
        &[pair(1, &old), pair(2, &noisy), pair(3, &edited), pair(4, &other)],
    );
    assert_eq!(told[0]["class"], "identical");
    assert!(
        told[1]["class"] == "identical" || told[1]["class"] == "cosmetic",
        "{}",
        told[1]
    );
    assert_eq!(
        (&told[2]["class"], &told[3]["class"]),
        (&"minor".into(), &"replaced".into())
    );
    assert!(
        told[2]["removed"][0]
            .as_str()
            .is_some_and(|s| s.contains("for 14 reasons")),
        "{}",
        told[2]
    );
    assert!(
        told[2]["added"][0]
            .as_str()
            .is_some_and(|s| s.contains("for 15 reasons")),
        "{}",
        told[2]
    );
    assert!(
        told[2]["jaccard"].as_f64().is_some_and(|j| j > 0.8 && j < 1.0),
        "{}",
        told[2]
    );
    let evercite = Evercite::new();
    evercite.write("then.html", &old);
    evercite.write("now.html", &edited);
    let differ = evercite.run(&["compare", "then.html", "now.html"]).exits(2);
    assert!(
        differ.stdout.starts_with("minor: ") && differ.stdout.contains("for -14- +15+ reasons"),
        "{differ}"
    );
    assert!(
        !differ.stdout.contains('\u{1b}'),
        "no colour where nobody looks: {differ}"
    );
    let piped = evercite
        .run_with_input(&["compare", "then.html", "-", "--format", "json"], &edited)
        .exits(2)
        .json();
    for field in ["class", "jaccard", "containment", "title", "removed", "added"] {
        assert_eq!(piped[field], told[2][field], "{field}");
    }
    let change = &piped["altered"][0]["changes"][0];
    assert_eq!(
        (&change["kind"], &change["old"], &change["new"]),
        (&"number".into(), &"14".into(), &"15".into())
    );
    assert_eq!(piped["notice"], Value::Null);
    evercite.run(&["compare", "then.html", "then.html"]).exits(0);
    let nothing = evercite.run(&["compare", "-", "-"]).exits(3);
    assert!(
        nothing.complains_clearly().stderr.contains("standard input"),
        "{nothing}"
    );
}

#[test]
fn robots_rules_are_asked_by_file_and_by_batch() {
    let evercite = Evercite::new();
    evercite.write(
        "robots.txt",
        "User-agent: *\nDisallow: /private\n\nUser-agent: evercite\nDisallow: /ours\n",
    );
    let asked = [
        "robots",
        "robots.txt",
        "http://example.org/private",
        "http://example.org/ours",
    ];
    let ours = evercite.ok(&asked).stdout;
    assert_eq!(
        ours,
        "allowed\thttp://example.org/private\ndisallowed\thttp://example.org/ours\n"
    );
    let other = evercite.ok(&[&asked[..], &["--agent", "otherbot"]].concat()).stdout;
    assert_eq!(
        other,
        "disallowed\thttp://example.org/private\nallowed\thttp://example.org/ours\n"
    );
    // "User-agent: *\nDisallow: /\n", and what is no base64 at all.
    let row = |base64| json!({"id": 1, "agent": "x", "url": "http://example.org/a", "robots_base64": base64});
    assert_eq!(
        batch("robots", &[row("VXNlci1hZ2VudDogKgpEaXNhbGxvdzogLwo=")])[0]["allowed"],
        false
    );
    assert_eq!(batch("robots", &[row("")])[0]["allowed"], true);
    let bad = evercite
        .run_with_input(&["robots", "--batch"], format!("{}\n", row("?")))
        .exits(3);
    assert!(bad.complains_clearly().stderr.contains("line 1"), "{bad}");
}
