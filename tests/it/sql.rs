//! `query` and `schema`: what SQL may ask of an archive, how it is answered, and what it is refused.

use std::process::Stdio;

use serde_json::Value;

use crate::harness::{Answer, Evercite, LiveSite, Site, citing, finish, page, prose, schema};

fn an_archive() -> (LiveSite, Evercite) {
    let site = Site::new()
        .page("/lantern", page("Lantern", &prose("lantern", 5)))
        .page("/anchor", page("Anchor", &prose("anchor", 5)))
        .gone("/gone")
        .page("/article", citing(&["/lantern", "/anchor", "/gone"]))
        .serve();
    let evercite = Evercite::new();
    evercite.ok(&["snapshot", &site.url("/article")]);
    (site, evercite)
}

fn rows(evercite: &Evercite, arguments: &[&str]) -> Vec<Value> {
    let ran = evercite.ok(&[&["query", "--format", "json"], arguments].concat());
    serde_json::from_str(&ran.stdout).expect("rows")
}

#[test]
fn every_view_answers_any_sqlite_tool() {
    let (_site, evercite) = an_archive();
    let schema = evercite
        .run_without_archive(&["schema", "--format", "json"])
        .exits(0)
        .json();
    schema::assert_valid(&schema, "schema.schema.json");
    let told = evercite.run_without_archive(&["schema"]).exits(0).stdout;
    let sqlite = evercite.sqlite();
    let views = schema["views"].as_array().expect("views");
    assert!(views.len() >= 11, "{schema:#}");
    for view in views {
        let name = view["name"].as_str().expect("a name");
        assert!(told.contains(&format!("\n{name}: a row for each ")), "{told}");
        let columns: Vec<&str> = view["columns"]
            .as_array()
            .expect("columns")
            .iter()
            .filter_map(|column| column["name"].as_str())
            .collect();
        assert!(
            columns.iter().all(|column| *column != "id" && !column.ends_with("_id")),
            "row ids stay inside: {columns:?}"
        );
        let sql = format!("SELECT {} FROM {name} LIMIT 1", columns.join(", "));
        evercite.ok(&["query", &sql]);
        // Any SQLite tool reads them, without functions of ours.
        sqlite
            .query_row(&format!("SELECT count(*) FROM {name}"), [], |row| row.get::<_, i64>(0))
            .expect(name);
    }
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).expect("README.md");
    let unknown: Vec<&str> = readme
        .lines()
        .skip_while(|line| *line != "| view | one row for each |")
        .skip(2)
        .take_while(|line| line.starts_with("| `"))
        .flat_map(|line| line.split('|').nth(1).expect("a cell").split([',', ' ', '`']))
        .filter(|name| !name.is_empty() && !views.iter().any(|view| view["name"] == *name))
        .collect();
    assert_eq!(unknown, Vec::<&str>::new(), "views that README.md tells of");
}

#[test]
fn the_functions_that_are_told_of_are_there() {
    let (_site, evercite) = an_archive();
    let schema = evercite
        .run_without_archive(&["schema", "--format", "json"])
        .exits(0)
        .json();
    let mut told: Vec<&str> = schema["functions"]
        .as_array()
        .expect("functions")
        .iter()
        .filter_map(|function| function["call"].as_str()?.split('(').next())
        .collect();
    told.sort_unstable();
    // SQLITE_DIRECTONLY: neither views nor triggers of a file may call them.
    let own = "SELECT DISTINCT name, flags & 0x80000 AS direct, flags & 0x200000 AS innocuous FROM pragma_function_list
         WHERE name IN ('body', 'host', 'registered_domain', 'similarity', 'surt', 'text', 'verdict_at') ORDER BY name";
    let there = rows(&evercite, &[own]);
    let names: Vec<&str> = there.iter().filter_map(|row| row["name"].as_str()).collect();
    assert_eq!(names, told);
    for row in &there {
        assert!(row["direct"] != 0 && row["innocuous"] == 0, "{row}");
    }
    let builtin: Vec<String> = evercite
        .sqlite()
        .prepare("SELECT DISTINCT name FROM pragma_function_list")
        .and_then(|mut names| names.query_map([], |row| row.get(0))?.collect())
        .expect("names");
    let all = rows(&evercite, &["SELECT DISTINCT name FROM pragma_function_list"]);
    let untold: Vec<&str> = all
        .iter()
        .filter_map(|row| row["name"].as_str())
        .filter(|name| !told.contains(name) && !builtin.iter().any(|known| known == name))
        .collect();
    assert_eq!(untold, Vec::<&str>::new(), "functions that `schema` does not tell of");
}

#[test]
fn addresses_and_texts_are_read_by_functions() {
    let (_site, evercite) = an_archive();
    for (call, value) in [
        (
            "host('HTTPS://user:secret@News.Example.co.uk:8080/a#b')",
            "\"news.example.co.uk\"",
        ),
        ("host('example.org/a')", "\"example.org\""),
        ("host('mailto:a@example.org')", "null"),
        ("host('not an address')", "null"),
        ("host(NULL)", "null"),
        ("registered_domain('https://news.example.co.uk/')", "\"example.co.uk\""),
        ("registered_domain('http://127.0.0.1/')", "\"127.0.0.1\""),
        (
            "surt('http://www.example.org/Path?b=1&a=2')",
            "\"org,example)/path?a=2&b=1\"",
        ),
        ("surt(NULL)", "null"),
        ("similarity('a b c d e f', 'a b c d e f')", "1.0"),
        ("similarity('one two three', 'four five six')", "0.0"),
        ("similarity('one', NULL)", "null"),
        ("text('http://never-seen.example/')", "null"),
        ("text('no address')", "null"),
        ("body(NULL)", "null"),
        ("body('00000000000000000000000000000000')", "null"),
        ("verdict_at('http://never-seen.example/', 'now')", "null"),
    ] {
        let found = rows(&evercite, &[&format!("SELECT {call} AS v")]);
        assert_eq!(found[0]["v"].to_string(), value, "{call}");
    }
    for (call, word) in [
        ("host(1)", "number"),
        ("host(x'ff')", "UTF-8"),
        ("body('xyz')", "hexadecimal"),
        ("body('00')", "hexadecimal"),
        ("text('http://a.example/', 'some day')", "not a time"),
        ("similarity('a')", "similarity"),
    ] {
        let ran = evercite.run(&["query", &format!("SELECT {call}")]).exits(3);
        ran.complains_clearly();
        assert!(ran.stderr.contains(word), "{call}: {ran}");
    }
}

#[test]
fn bodies_texts_and_verdicts_are_those_of_their_time() {
    let (site, evercite) = an_archive();
    let url = site.url("/lantern");
    let first = rows(
        &evercite,
        &[
            "SELECT at FROM page_history WHERE url = :url",
            "--param",
            &format!("url={url}"),
        ],
    );
    let first = first[0]["at"].as_str().expect("a time").to_owned();
    // Times are told in seconds.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    let new = page("Lantern", &prose("beacon", 5));
    site.set("/lantern", Answer::html(&new));
    evercite.run(&["check"]).exits(2);
    let ask = |sql: &str| {
        let (url, first) = (format!("url={url}"), format!("first={first}"));
        let mut arguments = vec![sql];
        for (name, value) in [(":url", &url), (":first", &first)] {
            if sql.contains(name) {
                arguments.extend(["--param", value]);
            }
        }
        rows(&evercite, &arguments)[0]["v"].clone()
    };
    let (was, is) = (ask("SELECT text(:url, :first) AS v"), ask("SELECT text(:url) AS v"));
    assert!(
        was.as_str().is_some_and(|text| text.contains("lantern keepers")),
        "{was}"
    );
    assert!(is.as_str().is_some_and(|text| text.contains("beacon keepers")), "{is}");
    assert_eq!(ask("SELECT text(:url, '2001') AS v"), Value::Null);
    let alike = ask("SELECT similarity(text(:url, :first), text(:url)) AS v");
    assert!(
        alike.as_f64().is_some_and(|alike| alike > 0.0 && alike < 0.3),
        "{alike}"
    );
    assert_eq!(ask("SELECT text(:url, 'now') = text(:url) AS v"), 1);
    assert_eq!(ask("SELECT verdict_at(:url, :first) AS v"), "ok");
    assert_eq!(ask("SELECT verdict_at(:url, 'now') AS v"), "replaced");
    assert_eq!(ask("SELECT verdict_at(:url, '1999-12-31') AS v"), Value::Null);
    let by_digest = "SELECT count(DISTINCT cast(body(payload_sha256) AS TEXT)) AS v FROM page_history WHERE url = :url";
    assert_eq!(ask(by_digest), 2);
    let by_capture = "SELECT cast(body(capture) AS TEXT) AS v FROM page_history WHERE url = :url ORDER BY at DESC";
    assert_eq!(ask(by_capture), new.as_str());
    let whole = "SELECT count(*) AS v FROM page_history WHERE length(body(capture)) IS NOT payload_length";
    assert_eq!(ask(whole), 0);
    let spans = rows(
        &evercite,
        &[
            "SELECT class, since, until FROM verdict_span WHERE url = :url ORDER BY since",
            "--param",
            &format!("url={url}"),
        ],
    );
    assert_eq!(spans.len(), 2, "{spans:?}");
    assert_eq!(
        (&spans[0]["class"], &spans[1]["class"]),
        (&"ok".into(), &"replaced".into())
    );
    assert_eq!(
        (&spans[0]["until"], &spans[1]["until"]),
        (&spans[1]["since"], &Value::Null)
    );
}

#[test]
fn answers_come_in_every_format() {
    let (site, evercite) = an_archive();
    let sql = "SELECT url, status, final_url, 'say \"hi\", twice' AS said, x'00ff' AS b, 0.5 AS f, '=1+1' AS b
         FROM dead_links d JOIN current_verdict USING (url, status)";
    let gone = site.url("/gone");
    let table = evercite.ok(&["query", sql]).stdout;
    assert!(table.lines().count() == 2 && table.contains(&gone), "{table}");
    let json = evercite.ok(&["query", sql, "--format", "json"]).json();
    let lines = evercite.ok(&["query", sql, "--format", "jsonl"]);
    assert_eq!(json.as_array().map(Vec::as_slice), Some(&[lines.json()][..]));
    let want = format!(
        r#"{{"url":"{gone}","status":410,"final_url":null,"said":"say \"hi\", twice","b":"00ff","f":0.5,"b_2":"=1+1"}}"#
    );
    assert_eq!(lines.stdout, want + "\n", "columns in their order, none lost");
    let csv = evercite.ok(&["query", sql, "--format", "csv"]).stdout;
    let want = format!("url,status,final_url,said,b,f,b\n{gone},410,,\"say \"\"hi\"\", twice\",00ff,0.5,'=1+1\n");
    assert_eq!(csv, want);
    let markdown = evercite.ok(&["query", "SELECT 'a|b' AS x, NULL AS y", "--format", "markdown"]);
    assert_eq!(markdown.stdout, "| x | y |\n| --- | --- |\n| a\\|b |  |\n");
    let none = "SELECT url FROM dead_links WHERE 0";
    for (format, empty) in [
        ("csv", "url\n"),
        ("json", "[]\n"),
        ("jsonl", ""),
        ("markdown", "| url |\n| --- |\n"),
    ] {
        assert_eq!(
            evercite.ok(&["query", none, "--format", format]).stdout,
            empty,
            "{format}"
        );
    }
    let long = evercite.ok(&["query", "SELECT printf('%.*c', 3000000, 'x') AS x"]);
    assert!(long.stdout.len() < 10_000 && long.stdout.ends_with("…\n"));
    let control = "SELECT char(27) || '[31m' AS \"\u{1b}[1m\"";
    for format in ["table", "csv", "json", "jsonl", "markdown"] {
        let told = evercite.ok(&["query", control, "--format", format]).stdout;
        assert!(!told.contains('\u{1b}'), "{format}: {told:?}");
    }
}

#[test]
fn parameters_are_bound_by_name() {
    let (site, evercite) = an_archive();
    let gone = site.url("/gone");
    let found = rows(
        &evercite,
        &[
            "SELECT url, typeof(:n) n, typeof(@r) r, typeof($t) t, :t AS again FROM dead_links WHERE url = $url",
            "--param",
            &format!("url={gone}"),
            "--param",
            ":n=7",
            "--param",
            "r=-0.5",
            "--param",
            "t=a=b'; DROP TABLE url; --",
        ],
    );
    assert_eq!(found[0]["url"], gone.as_str());
    assert_eq!(
        (&found[0]["n"], &found[0]["r"], &found[0]["t"], &found[0]["again"]),
        (
            &"integer".into(),
            &"real".into(),
            &"text".into(),
            &"a=b'; DROP TABLE url; --".into()
        )
    );
    for (arguments, named) in [
        (&["SELECT :who"][..], ":who"),
        (&["SELECT :a, @b", "--param", "a=1"], "@b"),
        (&["SELECT 1", "--param", "who=1"], ":who"),
        (&["SELECT ?"], "?"),
        (&["SELECT ?1"], "?1"),
        (&["SELECT :a", "--param", "a"], "\"a\""),
        (&["SELECT :a", "--param", "=1"], "\"=1\""),
        (&["SELECT :a", "--param", "a=1", "--param", "a=2"], "\"a=2\""),
    ] {
        let ran = evercite.run(&[&["query"], arguments].concat()).exits(3);
        ran.complains_clearly();
        assert!(ran.stderr.contains(named), "{arguments:?}: {ran}");
    }
}

#[test]
fn a_statement_may_come_on_standard_input() {
    let (_site, evercite) = an_archive();
    for arguments in [&["query", "-"][..], &["query"]] {
        let csv = [arguments, &["--format", "csv"]].concat();
        let ran = evercite
            .run_with_input(&csv, "SELECT 1 AS one; -- all there is\n")
            .exits(0);
        assert_eq!(ran.stdout, "one\n1\n");
    }
    for (input, word) in [
        (&b""[..], "no query"),
        (b" \n", "no query"),
        (b"SELECT 1; SELECT 2", "one statement"),
        (b"SELECT '\xff'", "UTF-8"),
        (b"SELECT 1\0; DELETE FROM url", "NUL"),
        (b"SELECT 1,\n  nix\nFROM url", "line 2, column 3"),
    ] {
        let ran = evercite.run_with_input(&["query"], input).exits(3);
        ran.complains_clearly();
        assert!(ran.stderr.contains(word), "{ran}");
    }
    let nobody = finish(
        &["query"],
        evercite
            .command(&["query"])
            .stdin(Stdio::null())
            .spawn()
            .expect("it starts"),
    );
    nobody.exits(3).complains_clearly();
}

/// Two articles that cite the same page, one of which leads elsewhere in its next version.
fn an_edited_article() -> (LiveSite, Evercite) {
    let (site, evercite) = an_archive();
    let note = |to: &str| {
        format!(
            "# Notes\n\nSee [the lantern]({}) and [this]({}).\n",
            site.url("/lantern"),
            to
        )
    };
    evercite.write("notes.md", note(&site.url("/anchor")));
    evercite.ok(&["snapshot", "notes.md"]);
    evercite.write("notes.md", note(&site.url("/article")));
    evercite.run(&["check", "--fail-on", "none"]).exits(0);
    (site, evercite)
}

#[test]
fn every_example_is_of_use() {
    let demo = Evercite::new();
    // A year of a small web, with every class of link.
    demo.ok(&["demo", "--quiet"]);
    let (_site, edited) = an_edited_article();
    let file = demo.run_without_archive(&["query", "--examples"]).exits(0).stdout;
    let examples: Vec<(&str, &str)> = file
        .split(";\n")
        .filter_map(|one| one.trim().strip_prefix("-- ")?.split_once('\n'))
        .collect();
    assert_eq!(examples.len(), 20, "{file}");
    let without: Vec<&str> = examples
        .iter()
        .filter(|(_, sql)| rows(&demo, &[sql]).is_empty() & rows(&edited, &[sql]).is_empty())
        .map(|(title, _)| *title)
        .collect();
    assert_eq!(without, Vec::<&str>::new());
}

#[test]
fn long_answers_and_long_queries_are_cut_and_it_is_said() {
    let (_site, evercite) = an_archive();
    let many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 100) SELECT i FROM n";
    let cut = evercite.ok(&["query", many, "--limit", "3", "--format", "csv"]);
    assert_eq!(cut.stdout, "i\n1\n2\n3\n");
    assert!(cut.stderr.contains("first 3 rows"), "{cut}");
    for limit in ["100", "0"] {
        let whole = evercite.ok(&["query", many, "--limit", limit, "--format", "csv"]);
        assert_eq!((whole.stdout.lines().count(), whole.stderr.as_str()), (101, ""));
    }
    evercite.ok(&[
        "query",
        many,
        "--time-limit",
        "0",
        "--memory-limit",
        "0",
        "--limit",
        "0",
    ]);
}
