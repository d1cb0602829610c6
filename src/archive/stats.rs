//! What the archive holds, and what its file is made of.

use std::collections::HashMap;

use super::{
    Reader, Result,
    read::{time, word},
};
use crate::model::{
    run::RunKind,
    stats::{Group, Growth, Part, SCHEMA_VERSION, Stats, Totals, Versions},
    time::Timestamp,
};

/// Hosts and media types that are told one by one.
const TOP: usize = 20;
/// Media types that are told apart while counting: servers make them up.
const MEDIA_TYPES: usize = 10_000;

/// Parts of the file, by the tables whose pages they are.
const PARTS: &[(&str, &[&str])] = &[
    ("bodies", &["blob", "blob_part", "payload", "host_base"]),
    ("texts", &["page_text", "text_base"]),
    ("pages", &["page_version", "volatile_block", "error_page"]),
    ("links", &["link", "occurrence"]),
    ("addresses", &["url", "host", "host_state"]),
    ("captures", &["capture", "run", "origin", "seal"]),
    ("heads", &["capture_head"]),
    (
        "ledger",
        &[
            "article",
            "citation",
            "citation_event",
            "baseline",
            "verdict",
            "watch",
            "followed",
            "note",
            "report_reading",
            "job",
            "job_run",
            "notifier",
        ],
    ),
    ("tasks", &["task"]),
];
const FULL_TEXT: (&str, &str) = ("full text", "page_search");
const FREE: &str = "free pages";
const OTHER: &str = "other";

impl Reader {
    /// Counts everything: reads every capture once, and every page of the file. `tell` hears how much of it is
    /// done, of how much.
    pub fn stats(&self, now: Timestamp, tell: &dyn Fn(u64, u64)) -> Result<Stats> {
        let snapshot = self.at_once()?;
        let counted = self.count(tell)?;
        let versions = self.page_versions()?;
        let totals = Totals {
            urls: self.number("SELECT count(*) FROM (SELECT 1 FROM capture GROUP BY url_id)")?,
            payloads: self.number("SELECT count(*) FROM payload")?,
            withheld: self.number("SELECT count(*) FROM payload WHERE blob_id IS NULL AND pruned_at IS NULL")?,
            pruned: self.number("SELECT count(*) FROM payload WHERE pruned_at IS NOT NULL")?,
            pages: versions.iter().map(|v| v.pages).sum(),
            versions: versions.iter().map(|v| v.pages * v.versions).sum(),
            distinct: self.number("SELECT coalesce(sum(length), 0) FROM payload WHERE blob_id IS NOT NULL")?,
            stored: self.number(
                "SELECT (SELECT coalesce(sum(length(data)), 0) FROM blob)
                     + (SELECT coalesce(sum(length(data)), 0) FROM blob_part)",
            )?,
            file: self.number("PRAGMA page_count")? * self.number("PRAGMA page_size")?,
            ..counted.totals
        };
        let composition = self.composition(totals.file, tell)?;
        let (mut hosts, more_hosts) = top(counted.hosts.into_iter().collect());
        let mut name = self
            .sql
            .prepare("SELECT name FROM host WHERE id = ?")
            .map_err(|e| self.archive.error(e))?;
        for (id, host) in &mut hosts {
            host.name = name
                .query_row([*id], |row| row.get(0))
                .map_err(|e| self.archive.error(e))?;
        }
        let (media_types, more_media_types) = top(counted.media_types.into_iter().collect());
        let named = |(name, group)| Group { name, ..group };
        drop(name);
        drop(snapshot);
        Ok(Stats {
            schema_version: SCHEMA_VERSION,
            generated_at: now,
            totals,
            composition,
            hosts: hosts.into_iter().map(|(_, host)| host).collect(),
            more_hosts,
            media_types: media_types.into_iter().map(named).collect(),
            more_media_types,
            versions,
            runs: counted.runs,
        })
    }

    /// One pass over the captures, in the order in which they came.
    fn count(&self, tell: &dyn Fn(u64, u64)) -> Result<Counted> {
        let mut counted = Counted::default();
        let all = self.number("SELECT count(*) FROM capture")?;
        let runs: Vec<(i64, Growth)> = self.ask(|sql| {
            sql.prepare("SELECT id, uid, kind, started_at FROM run ORDER BY started_at, id")?
                .query_map([], |row| {
                    let growth = Growth {
                        run: row.get(1)?,
                        kind: word::<RunKind>(row, 2)?.as_str().to_owned(),
                        started_at: time(row, 3)?,
                        ..Growth::default()
                    };
                    Ok((row.get(0)?, growth))
                })?
                .collect()
        })?;
        let at: HashMap<i64, usize> = (0..).zip(&runs).map(|(at, (id, _))| (*id, at)).collect();
        counted.runs = runs.into_iter().map(|(_, growth)| growth).collect();
        self.ask(|sql| {
            // Row by row: a join would let the planner read whole tables first.
            let mut statement = sql.prepare(
                "SELECT c.run_id, (SELECT u.host_id FROM url u WHERE u.id = c.url_id), c.media_type, c.payload_id,
                     coalesce(c.encoded_length, 0), c.revisit IS NOT NULL, c.status IS 304, p.length,
                     (SELECT length(b.data) + (SELECT coalesce(sum(length(r.data)), 0) FROM blob_part r WHERE r.blob_id = b.id)
                          FROM blob b WHERE b.id = p.blob_id)
                 FROM capture c LEFT JOIN payload p ON p.id = c.payload_id ORDER BY c.id",
            )?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let size = |column| row.get::<_, Option<i64>>(column).map(|n| n.unwrap_or(0).max(0) as u64);
                let capture = Counting {
                    payload: row.get(3)?,
                    received: size(4)?,
                    is_revisit: row.get(5)?,
                    is_confirmed: row.get(6)?,
                    length: size(7)?,
                    stored: row.get::<_, Option<i64>>(8)?.map(|n| n.max(0) as u64),
                };
                let media_type = row.get_ref(2)?.as_str_or_null()?;
                let run = at.get(&row.get(0)?).copied();
                counted.add(run, row.get(1)?, media_type.unwrap_or(""), &capture);
                if counted.totals.captures.is_multiple_of(4096) {
                    tell(counted.totals.captures, all * 2);
                }
            }
            Ok(())
        })?;
        Ok(counted)
    }

    /// Pages by how many versions of them came well.
    fn page_versions(&self) -> Result<Vec<Versions>> {
        self.ask(|sql| {
            sql.prepare(
                "SELECT versions, count(*) FROM (
                     SELECT count(DISTINCT payload_id) AS versions FROM capture INDEXED BY capture_by_url
                     WHERE payload_id IS NOT NULL AND purpose IN ('article', 'citation') AND location IS NULL
                         AND transport = 'ok' AND access = 'open'
                         AND (status IS NULL OR status = 304 OR status BETWEEN 200 AND 299)
                     GROUP BY url_id)
                 GROUP BY versions ORDER BY versions",
            )?
            .query_map([], |row| {
                Ok(Versions {
                    versions: row.get::<_, i64>(0)? as u64,
                    pages: row.get::<_, i64>(1)? as u64,
                })
            })?
            .collect()
        })
    }

    /// Every page of the file, by what stands in it.
    fn composition(&self, file: u64, tell: &dyn Fn(u64, u64)) -> Result<Vec<Part>> {
        let trees: Vec<(String, String)> = self.ask(|sql| {
            sql.prepare("SELECT name, tbl_name FROM sqlite_schema WHERE rootpage > 0")?
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect()
        })?;
        let mut parts: Vec<Part> = PARTS
            .iter()
            .map(|(name, _)| *name)
            .chain([FULL_TEXT.0, FREE, OTHER])
            .map(|name| Part { name, bytes: 0 })
            .collect();
        let mut add = |name: &str, bytes: u64| {
            if let Some(part) = parts.iter_mut().find(|part| part.name == name) {
                part.bytes += bytes;
            }
        };
        let free = self.number("PRAGMA freelist_count")? * self.number("PRAGMA page_size")?;
        add(FREE, free);
        let mut told = free;
        for (done, (tree, table)) in (1..).zip(&trees) {
            let bytes: i64 = self.ask(|sql| {
                sql.prepare_cached("SELECT coalesce(sum(pgsize), 0) FROM dbstat WHERE name = ? AND aggregate = TRUE")?
                    .query_row([tree], |row| row.get(0))
            })?;
            add(part_of(table), bytes as u64);
            told += bytes as u64;
            tell(trees.len() as u64 + done, trees.len() as u64 * 2);
        }
        // Pages that keep books over the others.
        add(OTHER, file.saturating_sub(told));
        parts.sort_by_key(|part| (std::cmp::Reverse(part.bytes), part.name));
        Ok(parts)
    }

    fn number(&self, query: &str) -> Result<u64> {
        self.ask(|sql| sql.query_row(query, [], |row| row.get::<_, i64>(0).map(|n| n.max(0) as u64)))
    }
}

fn part_of(table: &str) -> &'static str {
    if table.starts_with(FULL_TEXT.1) {
        return FULL_TEXT.0;
    }
    let found = PARTS.iter().find(|(_, tables)| tables.contains(&table));
    found.map_or(OTHER, |(name, _)| name)
}

/// The largest by stored bytes, and how many others there are.
fn top<K: Ord>(mut groups: Vec<(K, Group)>) -> (Vec<(K, Group)>, u64) {
    groups.sort_by(|(a_key, a), (b_key, b)| (b.stored, b.captures, a_key).cmp(&(a.stored, a.captures, b_key)));
    let more = groups.len().saturating_sub(TOP) as u64;
    groups.truncate(TOP);
    (groups, more)
}

/// One capture as it is counted.
struct Counting {
    payload: Option<i64>,
    received: u64,
    is_revisit: bool,
    /// By a 304: no body came.
    is_confirmed: bool,
    length: u64,
    stored: Option<u64>,
}

#[derive(Default)]
struct Counted {
    totals: Totals,
    hosts: HashMap<i64, Group>,
    media_types: HashMap<String, Group>,
    runs: Vec<Growth>,
    /// The newest payload that was met. Rows of payloads are made with the capture that first brings them, so a
    /// row beyond it is new.
    newest: i64,
}

impl Counted {
    fn add(&mut self, run: Option<usize>, host: i64, media_type: &str, capture: &Counting) {
        self.totals.captures += 1;
        let is_new = capture.payload.is_some_and(|payload| payload > self.newest);
        self.newest = self.newest.max(capture.payload.unwrap_or(0));
        if !capture.is_confirmed {
            self.totals.received += capture.received;
            self.totals.copies += capture.length;
        }
        count(self.hosts.entry(host).or_default(), is_new, capture);
        let known = self.media_types.contains_key(media_type) || self.media_types.len() < MEDIA_TYPES;
        let media_type = if known { media_type } else { OTHER };
        count(
            self.media_types.entry(media_type.to_owned()).or_default(),
            is_new,
            capture,
        );
        if let Some(run) = run.and_then(|run| self.runs.get_mut(run)) {
            run.captures += 1;
            run.revisits += u64::from(capture.is_revisit);
            run.payloads += u64::from(is_new);
            if !capture.is_confirmed {
                run.received += capture.received;
            }
            if is_new {
                run.stored += capture.stored.unwrap_or(0);
            }
        }
    }
}

fn count(group: &mut Group, is_new: bool, capture: &Counting) {
    group.captures += 1;
    if is_new {
        group.payloads += 1;
        group.distinct += capture.stored.map_or(0, |_| capture.length);
        group.stored += capture.stored.unwrap_or(0);
    }
}
