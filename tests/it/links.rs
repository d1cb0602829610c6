//! Links of pages with many versions: kept once as long as they stay, and told of each version.

use std::collections::BTreeSet;

use crate::harness::{Answer, Evercite, LiveSite, Site, citing, page, prose};

const GRAPH: &str =
    "SELECT source || ' ' || target || ' ' || anchor || ' ' || coalesce(fragment, '') || ' ' || g.payload_sha256
    FROM link_graph g WHERE g.place = 'main' AND g.role = 'cite' AND source LIKE '%/page'";

fn body(edition: usize, links: &str) -> String {
    page(
        "A page",
        &format!(
            "<p>{}</p> {links} <p>{}</p>",
            prose("before", 60),
            prose(&format!("edition{edition}"), 20)
        ),
    )
}

const OLD: &str = "<p>See <a href='/x'>one</a> and <a href='/y#part'>another</a>.</p>";
const NEW: &str = "<p>See <a href='/x'>one</a> and <a href='/z'>a third</a>.</p>";

/// Three editions with the same links, and one with others.
fn archived() -> (LiveSite, Evercite) {
    let (site, evercite) = (
        Site::new()
            .page("/article", citing(&["/page".to_owned()]))
            .page("/x", page("X", "x"))
            .serve(),
        Evercite::new(),
    );
    for (edition, links) in [OLD, OLD, OLD, NEW].into_iter().enumerate() {
        site.set("/page", Answer::html(body(edition, links)));
        match edition {
            0 => evercite.ok(&["snapshot", &site.url("/article")]),
            _ => evercite.ok(&["check", "--fail-on", "none"]),
        };
    }
    (site, evercite)
}

fn graph(evercite: &Evercite) -> BTreeSet<String> {
    let sqlite = evercite.sqlite();
    let mut statement = sqlite.prepare(GRAPH).expect("a query");
    let rows = statement.query_map([], |row| row.get(0)).expect("rows");
    rows.collect::<Result<_, _>>().expect("texts")
}

#[test]
fn what_stays_is_kept_once_and_told_of_each_version() {
    let (site, evercite) = archived();
    let shared = "SELECT count(*) FROM page_version WHERE links_of IS NOT NULL";
    assert_eq!(evercite.value::<i64>(shared), 2);
    let before = graph(&evercite);
    assert_eq!(before.len(), 4 * 2);
    assert_eq!(before.iter().filter(|link| link.contains("/z a third")).count(), 1);
    evercite.ok(&["verify", "--full"]);

    // Elsewhere each version has its own.
    let other = Evercite::new();
    other.ok(&["snapshot", &site.url("/x")]);
    other.ok(&["merge", evercite.archive().to_str().expect("UTF-8")]);
    assert_eq!(graph(&other), before);
    other.ok(&["verify", "--full"]);

    // The version whose rows the others share becomes an article, with every link in their place.
    site.set("/page", Answer::html(body(0, OLD)));
    evercite.ok(&["snapshot", &site.url("/page")]);
    assert_eq!(evercite.value::<i64>(shared), 1, "the next one has them now");
    assert_eq!(graph(&evercite), before);
    evercite.ok(&["verify", "--full"]);
    let told = evercite
        .ok(&["diff", &site.url("/page"), "--format", "json", "--to", "now"])
        .json();
    assert_eq!(told["links_added"].as_array().map(Vec::len), Some(0), "{told}");
}
