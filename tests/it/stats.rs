//! `stats`: figures that add up.

use serde_json::Value;

use crate::harness::{Answer, Evercite, Site, citing, page, prose, schema};

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("no number: {value}"))
}

fn sum(list: &Value, field: &str) -> u64 {
    let list = list.as_array().expect("a list");
    list.iter().map(|one| number(&one[field])).sum()
}

#[test]
fn figures_add_up_and_keep_to_their_schema() {
    let site = Site::new()
        .page("/article", citing(&["/same", "/changes", "/gone", "/data", "/moved"]))
        .page("/same", page("Same", &prose("stone", 40)))
        .redirect(301, "/moved", "/same")
        .answer("/data", Answer::bytes("application/json", "[1, 2, 3]"))
        .gone("/gone")
        .serve();
    let evercite = Evercite::new();
    for (edition, verb) in [vec!["snapshot", &site.url("/article")], vec!["check"], vec!["check"]]
        .iter()
        .enumerate()
    {
        let text = prose(&format!("edition{edition}"), 40);
        site.set("/changes", Answer::html(page("Changes", &text)));
        evercite.ok(&[
            verb.as_slice(),
            &["--fail-on", "none"][..(verb.len() == 1) as usize * 2],
        ]
        .concat());
    }
    let stats = evercite.ok(&["stats", "--format", "json"]).json();
    schema::assert_valid(&stats, "stats.schema.json");
    let totals = &stats["totals"];
    for (field, query) in [
        ("captures", "SELECT count(*) FROM capture"),
        ("payloads", "SELECT count(*) FROM payload"),
        ("stored", "SELECT sum(length(data)) FROM blob"),
        ("urls", "SELECT count(DISTINCT url_id) FROM capture"),
    ] {
        assert_eq!(number(&totals[field]) as i64, evercite.value::<i64>(query), "{field}");
    }
    for list in ["hosts", "media_types", "runs"] {
        assert_eq!(sum(&stats[list], "captures"), number(&totals["captures"]), "{list}");
        assert_eq!(sum(&stats[list], "payloads"), number(&totals["payloads"]), "{list}");
        assert_eq!(sum(&stats[list], "stored"), number(&totals["stored"]), "{list}");
    }
    assert_eq!(sum(&stats["runs"], "received"), number(&totals["received"]));
    let file = std::fs::metadata(evercite.archive()).expect("a file").len();
    assert_eq!(sum(&stats["composition"], "bytes"), file);
    assert_eq!(number(&totals["file"]), file);
    assert!(number(&totals["stored"]) < number(&totals["distinct"]));
    assert!(number(&totals["distinct"]) < number(&totals["copies"]));
    // The article, /same, /data; /changes three times. /moved is a page of its end.
    assert_eq!(
        stats["versions"],
        serde_json::json!([{"versions": 1, "pages": 3}, {"versions": 3, "pages": 1}])
    );
    let runs = stats["runs"].as_array().expect("runs");
    let brought: Vec<u64> = runs.iter().map(|run| number(&run["payloads"])).collect();
    assert_eq!((runs.len(), &brought[1..]), (3, &[1, 1][..]), "{runs:?}");
    assert!(number(&runs[1]["revisits"]) >= 3, "{runs:?}");
    for part in ["bodies", "texts", "full text", "links", "captures", "heads"] {
        let parts = stats["composition"].as_array().expect("parts");
        assert!(
            parts.iter().any(|p| p["name"] == part && number(&p["bytes"]) > 0),
            "{part}: {parts:?}"
        );
    }
    let text = evercite.ok(&["stats"]);
    for words in [
        "Captures",
        "127.0.0.1",
        "application/json",
        "3 versions",
        "snapshot",
        "full text",
    ] {
        assert!(text.stdout.contains(words), "{words}: {text}");
    }
    assert!(text.stdout.lines().all(|line| line.chars().count() <= 80), "{text}");
}

#[test]
fn an_archive_without_captures_has_figures_too() {
    let evercite = Evercite::new();
    evercite.write("empty.md", "No links here.");
    evercite.ok(&["snapshot", "empty.md"]);
    let stats = evercite.ok(&["stats", "--format", "json"]).json();
    schema::assert_valid(&stats, "stats.schema.json");
    assert!(
        evercite.ok(&["stats"]).stdout.contains("(none)"),
        "local articles have no host"
    );
    Evercite::new().run(&["stats"]).exits(3);
}
