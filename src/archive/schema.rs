//! What SQL may ask of an archive: the public views, column by column, in one place. `evercite schema` prints it, and
//! a test holds it against the views themselves.

/// A public view. Its columns are kept stable; tables are not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct View {
    /// Its name.
    pub name: &'static str,
    /// What one row is.
    pub row: &'static str,
    /// Its columns, in their order.
    pub columns: &'static [Column],
}

/// A column of a view.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// The type of its values, apart from NULL. Times are TEXT, ISO 8601 in UTC.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// What it tells.
    pub meaning: &'static str,
}

const fn text(name: &'static str, meaning: &'static str) -> Column {
    let kind = "TEXT";
    Column { name, kind, meaning }
}

const fn integer(name: &'static str, meaning: &'static str) -> Column {
    let kind = "INTEGER";
    Column { name, kind, meaning }
}

const fn real(name: &'static str, meaning: &'static str) -> Column {
    let kind = "REAL";
    Column { name, kind, meaning }
}

const JOB: Column = text("job", "the job's name");
const ARTICLE: Column = text("article", "the article: its address, or its path in the project");
const URL: Column = text("url", "the address that is linked to, without fragment");
const FRAGMENT: Column = text("fragment", "the part of the page that the link names after #");
const CLASS: Column = text(
    "class",
    "dead, replaced, changed, moved, suspect, blocked, excluded, skipped, ok, unchecked",
);
const REASON: Column = text("reason", "why, in one sentence");
const STATUS: Column = integer("status", "status of the last answer; NULL where none came");
const FINAL_URL: Column = text("final_url", "where the redirects ended, if elsewhere");
const TRANSPORT: Column = text("transport", "whether an answer came: ok, or what failed");
const ACCESS: Column = text("access", "whether we were let in: open, or what kept us out");
const RESOURCE: Column = text(
    "resource",
    "whether what answered is the page: ok, not-found, soft-404, parked, ...",
);
const CONTENT: Column = text(
    "content",
    "how its text is to the baseline's: identical, cosmetic, minor, appended, major, replaced, not-compared",
);
const CONFIRMED: Column = integer("confirmed", "1: seen often enough to count; 0: not yet");
const SINCE: Column = text("since", "since when it is so");
const JACCARD: Column = real(
    "jaccard",
    "share of runs of five words that both texts have, of those either has",
);
const CONTAINMENT: Column = real(
    "containment",
    "share of the baseline's runs of five words that are still there",
);
const STATE: &str = "present; removed or retargeted: no longer in the article";
const PLACE: Column = text("place", "main: in the main text; around: beside it");

/// Every public view, in the order of their names.
pub const VIEWS: &[View] = &[
    View {
        name: "article_summary",
        row: "article on the list",
        columns: &[
            ARTICLE,
            text("kind", "web, file, stdin"),
            text("cited_at", "the day it was written, as was said with --cited-at"),
            text("added_at", "when it was taken in"),
            integer("links", "links in it now, each address with its fragment counted once"),
            integer("findings", "those of them that are dead, replaced or changed"),
        ],
    },
    View {
        name: "changed_links",
        row: "link whose page says something else, still in its article",
        columns: &[ARTICLE, URL, CLASS, CONTENT, JACCARD, CONTAINMENT, REASON, SINCE],
    },
    View {
        name: "current_verdict",
        row: "link of an article on the list, with what is known of it now",
        columns: &[
            ARTICLE,
            URL,
            FRAGMENT,
            CLASS,
            TRANSPORT,
            ACCESS,
            RESOURCE,
            CONTENT,
            text("since_last", "the same, to the last good copy before"),
            STATUS,
            FINAL_URL,
            text("moved_to", "where the page is now, when it has moved for good"),
            text("passages", "JSON: what became of quoted words and of the fragment"),
            REASON,
            SINCE,
            CONFIRMED,
            JACCARD,
            CONTAINMENT,
            text("state", STATE),
            text("first_seen", "when the link was first seen in the article"),
            text("last_checked", "when the page was last asked for"),
        ],
    },
    View {
        name: "dead_links",
        row: "dead link still in its article",
        columns: &[ARTICLE, URL, REASON, STATUS, SINCE, CONFIRMED],
    },
    View {
        name: "job_history",
        row: "time that a job was due, or was run by hand",
        columns: &[
            JOB,
            text("due_at", "when it was due; by hand: when it was asked for"),
            integer("by_hand", "1: somebody asked for it"),
            integer("times", "times of the job that it stands for, where some were missed"),
            text(
                "outcome",
                "done, findings, failed, timed-out, killed, missed; waiting or running: not over yet",
            ),
            integer("attempts", "how often it was begun"),
            text("started_at", "when it was first begun"),
            text("ended_at", "when it was over"),
            integer("exit_code", "of its process; NULL where it was killed"),
        ],
    },
    View {
        name: "jobs",
        row: "job of `evercite schedule`",
        columns: &[
            JOB,
            text("cron", "cron expressions, with semicolons between them"),
            text("zone", "the time zone that they are meant in"),
            text("command", "JSON array: a verb, and what goes with it"),
            text("catch_up", "what becomes of missed times: once, all, skip"),
            text("added_at", "since when it is there"),
            text("paused_at", "since when it is paused; NULL: it is not"),
        ],
    },
    View {
        name: "link_graph",
        row: "link in the main text of a version of a page; of an article, every link",
        columns: &[
            text("source", "the address of the page; of a local article, urn:uuid:..."),
            text("target", "the address that is linked to, without fragment"),
            FRAGMENT,
            integer("ordinal", "the place of the link in the page, from 1"),
            text("anchor", "the words of the link"),
            text("rel", "its rel attribute"),
            text("role", "cite: a link to follow; embed; resource"),
            PLACE,
            text("payload_sha256", "SHA-256 of that version's bytes, as in page_history"),
            text("source_title", "title of the page"),
        ],
    },
    View {
        name: "moved_links",
        row: "link whose page is at another address, still in its article",
        columns: &[
            ARTICLE,
            URL,
            text("moved_to", "where the page is now"),
            FINAL_URL,
            RESOURCE,
            SINCE,
        ],
    },
    View {
        name: "notes",
        row: "note beside an address",
        columns: &[
            text("url", "the address"),
            text("at", "when it was noted"),
            text("text", "what was noted"),
        ],
    },
    View {
        name: "page_history",
        row: "exchange with an address: one request and what came of it",
        columns: &[
            text("url", "the address that was asked for"),
            text("at", "when"),
            text("capture", "uid of the capture, in hexadecimal"),
            text("purpose", "article, citation, asset, robots, probe, volatile"),
            TRANSPORT,
            ACCESS,
            integer("status", "status of the answer"),
            text("media_type", "media type of the answer"),
            text("location", "where it redirects to"),
            text(
                "revisit",
                "why no new bytes were kept: identical-payload-digest, server-not-modified",
            ),
            text("payload_sha256", "SHA-256 of the decoded body"),
            integer("payload_length", "bytes of the decoded body"),
            text("text_sha256", "SHA-256 of the main text"),
            text("title", "title of the page"),
            text("remote", "address and port that answered"),
            text("protocol", "version of HTTP"),
            integer("elapsed_ms", "milliseconds that it took"),
            text("detail", "what else is to be said of it, such as why it failed"),
            integer(
                "lookup_ms",
                "milliseconds for the name; NULL on a connection that was open",
            ),
            integer(
                "connect_ms",
                "milliseconds to connect, TLS included; NULL on a connection that was open",
            ),
            integer("first_byte_ms", "milliseconds until the whole head was there"),
            text("certificate_ends", "until when the certificate is valid"),
        ],
    },
    View {
        name: "same_text",
        row: "pair of addresses that bring the same main text, both ways",
        columns: &[
            text("url", "an address"),
            text("also_at", "another one with the same text"),
            text("title", "title of the page"),
            integer("text_length", "bytes of the main text"),
            text("text_sha256", "SHA-256 of the main text"),
        ],
    },
    View {
        name: "source_history",
        row: "change that was made to a link, from one version of its article to the next",
        columns: &[
            ARTICLE,
            URL,
            FRAGMENT,
            text("at", "when the article was first seen so"),
            text("since", "when it was last seen as it was before"),
            text("what", "retargeted, removed, anchor-changed, added, restored"),
            PLACE,
            text("anchor_before", "the words of the link before"),
            text("anchor_after", "and after"),
            text("now_url", "where a retargeted link leads now"),
            text("now_fragment", "with which fragment"),
        ],
    },
    View {
        name: "verdict_history",
        row: "verdict ever given",
        columns: &[
            ARTICLE,
            URL,
            FRAGMENT,
            CLASS,
            TRANSPORT,
            ACCESS,
            RESOURCE,
            CONTENT,
            STATUS,
            FINAL_URL,
            REASON,
            text("judged_at", "when it was given"),
            text("until", "when the next one was; NULL: it holds"),
            CONFIRMED,
            integer("strikes", "failures that have been counted"),
            integer("rules_version", "version of the rules it was given by"),
        ],
    },
    View {
        name: "verdict_span",
        row: "stretch of time in which a link was of one class; as of T: since <= T AND (until IS NULL OR until > T)",
        columns: &[
            ARTICLE,
            URL,
            FRAGMENT,
            CLASS,
            text("reason", "why, as was said first"),
            text("since", "from when on"),
            text("until", "when it was of another class; NULL: it still is of this one"),
        ],
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::open::pristine;

    #[test]
    fn every_column_of_every_view_is_told_of_in_its_order() {
        let sql = pristine().expect("an empty archive");
        let mut names = sql
            .prepare(
                "SELECT m.name || '.' || c.name FROM sqlite_schema m, pragma_table_info(m.name) c
                 WHERE m.type = 'view' ORDER BY m.name, c.cid",
            )
            .expect("the schema");
        let there: Vec<String> = names
            .query_map([], |row| row.get(0))
            .and_then(Iterator::collect)
            .expect("names");
        let told: Vec<String> = VIEWS
            .iter()
            .flat_map(|view| {
                view.columns
                    .iter()
                    .map(|column| format!("{}.{}", view.name, column.name))
            })
            .collect();
        assert_eq!(told, there);
    }

    /// DuckDB takes views apart and writes them out again: these do not come back as SQL of SQLite.
    #[test]
    fn views_are_written_so_that_duckdb_reads_them() {
        let sql = pristine().expect("an empty archive");
        let mut views = sql
            .prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'view'")
            .expect("the schema");
        let mut rows = views.query([]).expect("rows");
        while let Some(row) = rows.next().expect("a row") {
            let (name, text): (String, String) = (row.get(0).expect("a name"), row.get(1).expect("SQL"));
            for foreign in ["count(*)", ") > (", ") < (", "IS NOT (", "->"] {
                assert!(!text.contains(foreign), "{name}: {foreign}");
            }
        }
    }

    #[test]
    fn asking_about_one_address_or_article_walks_through_no_table() {
        let sql = pristine().expect("an empty archive");
        for view in VIEWS {
            let keys = ["article", "url", "also_at", "source", "target"];
            for key in view.columns.iter().filter(|column| keys.contains(&column.name)) {
                let query = format!("EXPLAIN QUERY PLAN SELECT * FROM {} WHERE {} = ?", view.name, key.name);
                let steps: Vec<String> = sql
                    .prepare(&query)
                    .and_then(|mut plan| plan.query_map(["x"], |row| row.get(3))?.collect())
                    .expect("a plan");
                assert!(
                    steps.iter().all(|step| !step.starts_with("SCAN ")),
                    "{} by {}: {steps:#?}",
                    view.name,
                    key.name
                );
            }
        }
    }
}
