//! `graph`: who cites what, what is cited together, most, no more, and what links to dead pages.

use serde_json::Value;

use crate::harness::{Answer, Evercite, LiveSite, Site, citing, page, prose, schema};

/// Two articles and a note of ours, which share sources, one of which links to a page that is gone.
fn an_archive() -> (LiveSite, Evercite) {
    let review = page(
        "A review",
        &format!("{} <a href=\"/gone\">the gone page</a>", prose("review", 5)),
    );
    let site = Site::new()
        .page("/lantern", page("Lantern", &prose("lantern", 5)))
        .page("/anchor", page("Anchor", &prose("anchor", 5)))
        .page("/review", review)
        .gone("/gone")
        .page("/one", citing(&["/lantern", "/anchor", "/gone"]))
        .page("/two", citing(&["/lantern", "/gone", "/review", "/lantern#part"]))
        .serve();
    let evercite = Evercite::new();
    evercite.write(
        "notes.md",
        format!("# \"Notes\" \\N &lt;b>\n\n[x]({})\n", site.url("/anchor")),
    );
    evercite.ok(&["snapshot", &site.url("/one"), &site.url("/two"), "notes.md"]);
    (site, evercite)
}

fn graph(evercite: &Evercite, arguments: &[&str]) -> Value {
    let graph = evercite
        .ok(&[&["graph", "--format", "json"], arguments].concat())
        .json();
    schema::assert_valid(&graph, "graph.schema.json");
    graph
}

/// Fields of each item of a list, short of the site's address.
fn told(site: &LiveSite, list: &Value, fields: &[&str]) -> Vec<String> {
    let item = |item: &Value| {
        let values = fields.iter().map(|field| match &item[*field] {
            Value::String(text) => text.replace(site.url("/").as_str(), "/"),
            other => other.to_string(),
        });
        values.collect::<Vec<_>>().join(" ")
    };
    list.as_array().expect("a list").iter().map(item).collect()
}

#[test]
fn articles_and_what_they_cite() {
    let (site, evercite) = an_archive();
    let all = graph(&evercite, &[]);
    assert_eq!(
        told(&site, &all["links"], &["source", "from", "to", "fragment", "class"]),
        [
            "article /one /lantern null ok",
            "article /one /anchor null ok",
            "article /one /gone null dead",
            "article /two /lantern null ok",
            "article /two /gone null dead",
            "article /two /review null ok",
            "article /two /lantern part ok",
            "article notes.md /anchor null ok",
        ]
    );
    assert_eq!(
        told(&site, &all["pages"], &["url", "class", "articles"]),
        ["/anchor ok 2", "/gone dead 2", "/lantern ok 2", "/review ok 1"]
    );
    let notes = graph(&evercite, &["--article", "notes"]);
    assert_eq!(told(&site, &notes["links"], &["from", "to"]), ["notes.md /anchor"]);
    let text = evercite.ok(&["graph"]).stdout;
    assert!(text.starts_with(&format!("{}\n  ok ", site.url("/one"))), "{text}");
    let csv = evercite
        .ok(&["graph", "--article", "notes.md", "--format", "csv"])
        .stdout;
    assert_eq!(
        csv,
        format!(
            "source,from,title,to,class\narticle,notes.md,\"\"\"Notes\"\" \\N <b>\",{},ok\n",
            site.url("/anchor")
        )
    );
    let dot = evercite
        .ok(&["graph", "--article", "notes.md", "--format", "dot"])
        .stdout;
    assert!(
        dot.contains(r#""article notes.md" [label="\"Notes\" \\N <b>", tooltip="notes.md", shape=folder];"#),
        "{dot}"
    );
    assert!(dot.starts_with("digraph evercite {\n") && dot.ends_with("}\n"), "{dot}");
    evercite
        .run(&["graph", "--article", "nowhere"])
        .exits(3)
        .complains_clearly();
}

#[test]
fn what_is_cited_together_and_most() {
    let (site, evercite) = an_archive();
    let together = graph(&evercite, &["cited-together"]);
    assert_eq!(
        told(&site, &together["pairs"], &["one", "other", "shared"]),
        ["/one /two 2", "/one notes.md 1"]
    );
    assert_eq!(
        told(&site, &together["pages"], &["url", "articles"]),
        ["/anchor 2", "/gone 2", "/lantern 2"]
    );
    let of_notes = graph(&evercite, &["cited-together", "--article", "notes.md"]);
    assert_eq!(
        told(&site, &of_notes["pairs"], &["one", "other", "shared"]),
        ["notes.md /one 1"]
    );
    assert_eq!(
        told(&site, &of_notes["links"], &["from", "to"]),
        ["/one /anchor", "notes.md /anchor"]
    );
    let text = evercite.ok(&["graph", "cited-together"]).stdout;
    assert!(text.contains(" 2 in both "), "{text}");
    let most = graph(&evercite, &["most-cited"]);
    assert_eq!(
        told(&site, &most["pages"], &["url", "class", "articles", "pages"]),
        ["/anchor ok 2 0", "/gone dead 2 1", "/lantern ok 2 0", "/review ok 1 0"]
    );
    let first = graph(&evercite, &["most-cited", "--limit", "1"]);
    assert_eq!(first["pages"].as_array().map(Vec::len), Some(1));
    let of_notes = graph(&evercite, &["most-cited", "--article", "notes.md"]);
    assert_eq!(told(&site, &of_notes["pages"], &["url", "articles"]), ["/anchor 2"]);
    let csv = evercite.ok(&["graph", "most-cited", "--format", "csv"]).stdout;
    assert!(csv.contains(&format!("\n{},dead,2,1,\n", site.url("/gone"))), "{csv}");
}

#[test]
fn what_is_cited_no_more() {
    let (site, evercite) = an_archive();
    assert_eq!(graph(&evercite, &["orphans"])["pages"], Value::Array(Vec::new()));
    assert!(
        evercite
            .ok(&["graph", "orphans"])
            .stdout
            .contains("nothing of that kind")
    );
    evercite.write("notes.md", "# Notes\n\nNothing any more.\n");
    site.set("/two", Answer::html(citing(&["/lantern", "/gone"])));
    evercite.run(&["check", "--fail-on", "none"]).exits(0);
    let orphans = graph(&evercite, &["orphans"]);
    assert_eq!(told(&site, &orphans["pages"], &["url", "class"]), ["/review null"]);
    assert!(orphans["pages"][0]["last_captured"].is_string());
    evercite.ok(&["remove", &site.url("/one")]);
    let orphans = graph(&evercite, &["orphans"]);
    assert_eq!(told(&site, &orphans["pages"], &["url"]), ["/anchor", "/review"]);
    let of_notes = graph(&evercite, &["orphans", "--article", "notes.md"]);
    assert_eq!(told(&site, &of_notes["pages"], &["url"]), ["/anchor"]);
}

#[test]
fn what_links_to_dead_pages() {
    let (site, evercite) = an_archive();
    let citing = graph(&evercite, &["citing-dead"]);
    let fields = ["source", "from", "title", "to"];
    assert_eq!(
        told(&site, &citing["links"], &fields),
        [
            "article /one An article /gone",
            "article /two An article /gone",
            "page /review A review /gone"
        ]
    );
    let of_one = graph(&evercite, &["citing-dead", "--article", &site.url("/one")]);
    assert_eq!(
        told(&site, &of_one["links"], &fields),
        [
            "article /one An article /gone",
            "article /two An article /gone",
            "page /review A review /gone"
        ],
        "who else has a link that is dead in this article"
    );
    assert!(evercite.ok(&["graph", "citing-dead"]).stdout.contains("  page http"));
    // A later version of the page without that link.
    site.set("/review", Answer::html(page("A review", &prose("review", 6))));
    evercite.run(&["check", "--fail-on", "none"]).exits(0);
    let citing = graph(&evercite, &["citing-dead"]);
    assert_eq!(told(&site, &citing["links"], &["from"]), ["/one", "/two"]);
}
