//! What authors did to their links, read back.

use rusqlite::{Connection, Row, params};

use super::read::{time, word};
use crate::model::{link::Place, report::SourceChange, time::Timestamp, verdict::Class};

/// Which changes are told.
#[derive(Clone, Copy)]
pub(super) enum Told {
    /// Every change.
    All,
    /// In the main text, in the newest run that visited the article. Menus and lists of news around it
    /// change by themselves.
    OfNewestRun,
    /// The same of this run.
    OfRun(i64),
    /// In the main text, in rows after this one.
    After(i64),
}

const CHANGES: &str = "
    SELECT a.locator, e.what, u.url, ci.fragment, e.at, e.since, e.place, e.anchor_before, e.anchor_after,
        nu.url, nc.fragment, v.class
    FROM citation ci JOIN citation_event e ON e.citation_id = ci.id
    JOIN article a ON a.id = ci.article_id JOIN url u ON u.id = ci.url_id
    LEFT JOIN citation nc ON nc.id = e.now_id LEFT JOIN url nu ON nu.id = nc.url_id
    LEFT JOIN verdict v ON v.id = ci.verdict_id";

/// Changes of one article, oldest first.
pub(super) fn changes(sql: &Connection, article: i64, told: Told) -> rusqlite::Result<Vec<SourceChange>> {
    let (run, after) = match told {
        Told::All => (None, None),
        Told::OfRun(run) => (Some(run), None),
        Told::OfNewestRun => (Some(newest_run(sql, article)?), None),
        Told::After(row) => (None, Some(row)),
    };
    sql.prepare_cached(&format!(
        "{CHANGES} WHERE ci.article_id = ?1 AND (?2 IS NULL OR e.run_id = ?2) AND (?3 IS NULL OR e.id > ?3)
             AND (?2 IS NULL AND ?3 IS NULL OR e.place = ?4) ORDER BY e.id"
    ))?
    .query_map(params![article, run, after, Place::Main.code()], change)?
    .collect()
}

/// What was done to one citation, or made a link lead to it; oldest first.
pub(super) fn changes_of(sql: &Connection, citation: i64) -> rusqlite::Result<Vec<SourceChange>> {
    sql.prepare_cached(&format!(
        "{CHANGES} WHERE e.id IN (SELECT id FROM citation_event WHERE citation_id = ?1
             UNION SELECT id FROM citation_event WHERE now_id = ?1) ORDER BY e.id"
    ))?
    .query_map([citation], change)?
    .collect()
}

/// The newest run that visited an article, whatever it answered; 0 when none did.
fn newest_run(sql: &Connection, article: i64) -> rusqlite::Result<i64> {
    // Ordered by time, as the index is: for a maximum of run ids the planner would walk the whole table.
    sql.prepare_cached(
        "SELECT coalesce((SELECT c.run_id FROM article a JOIN capture c ON c.url_id = a.url_id
             WHERE a.id = ?1 AND c.purpose = 'article' ORDER BY c.at DESC, c.id DESC LIMIT 1), 0)",
    )?
    .query_row([article], |row| row.get(0))
}

fn change(row: &Row<'_>) -> rusqlite::Result<SourceChange> {
    let fragment = |column| -> rusqlite::Result<Option<String>> {
        Ok(row.get::<_, Option<String>>(column)?.filter(|text| !text.is_empty()))
    };
    Ok(SourceChange {
        article: row.get(0)?,
        what: word(row, 1)?,
        url: row.get(2)?,
        fragment: fragment(3)?,
        at: time(row, 4)?,
        since: row.get::<_, Option<i64>>(5)?.map(Timestamp::from_millis),
        place: Place::of_code(row.get(6)?),
        anchor_before: row.get(7)?,
        anchor_after: row.get(8)?,
        now_url: row.get(9)?,
        now_fragment: fragment(10)?,
        class: match row.get_ref(11)? {
            rusqlite::types::ValueRef::Null => Class::Unchecked,
            _ => word(row, 11)?,
        },
    })
}
