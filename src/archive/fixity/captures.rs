//! Captures against their leaves, runs against their roots.

use std::collections::HashMap;

use rusqlite::{Connection, Row};
use sha2::{Digest as _, Sha256};

use super::{
    damage::is_damage,
    file::text,
    roots::{CaptureFacts, OURS, RUN_FACTS, fact, root_of},
    verify::{Look, Step, Tell},
};
use crate::{
    archive::{Reader, Result, blob::Cache, merge::MERGING},
    model::{
        fixity::{CAPTURE, Fact, Hash, NO_ROOT, Tree, leaf},
        time::Timestamp,
        verification::{LostCapture, Part, Thoroughness},
    },
};

/// What a leaf covers, in the order of [`CAPTURE`] but for the heads, then what is needed beside it. Outer joins: a
/// capture that refers to nothing has no leaf that holds.
const FACTS: &str = "SELECT c.uid, r.uid, u.url, c.purpose, v.uid, c.attempt, c.at, c.elapsed_ms, c.lookup_ms,
         c.connect_ms, c.first_byte_ms, c.transport, c.access, c.status, c.media_type, c.charset, c.location,
         p.sha256, p.length, c.encoded_sha256, c.encoded_length, c.revisit, f.uid, c.truncated, c.remote,
         c.protocol, c.certificate_ends, c.etag, c.last_modified, c.detail,
         h.request_length, h.reconstructed, c.leaf, c.run_id, c.id, h.base_id, h.data
     FROM capture c LEFT JOIN run r ON r.id = c.run_id LEFT JOIN url u ON u.id = c.url_id
     LEFT JOIN capture v ON v.id = c.via_id LEFT JOIN payload p ON p.id = c.payload_id
     LEFT JOIN capture f ON f.id = c.refers_to_id LEFT JOIN capture_head h ON h.capture_id = c.id";
/// Where in [`FACTS`] the columns after the plain facts stand.
const REQUEST_LENGTH: usize = 30;
const RECONSTRUCTED: usize = 31;
const LEAF: usize = 32;
const RUN: usize = 33;
const ID: usize = 34;
const BASE: usize = 35;
const DATA: usize = 36;

/// Bytes of heads at hand that others are stored against.
const HEADS: usize = 4 << 20;

/// A run, as far as it has been looked at.
#[derive(Default)]
struct Run {
    tree: Tree,
    /// The finding that captures of it are not what they were.
    finding: Option<usize>,
}

/// The chain of one origin, as far as it has been looked at.
struct Chain {
    position: i64,
    /// The root before: as it is stored, and as it is made again.
    before: [Hash; 2],
}

impl Look<'_> {
    /// Every capture, then every run.
    pub(super) fn captures(&mut self) -> Result<()> {
        let archive = self.reader.archive.clone();
        let mut runs: HashMap<i64, Run> = HashMap::new();
        let looked = match self.thoroughness {
            Thoroughness::Quick => self.leaves_as_stored(&mut runs),
            _ => self.every_capture(&mut runs),
        };
        let looked = self
            .findings
            .unless_damaged(&archive, Part::Capture, "capture", looked)?;
        if looked.is_none() {
            // Without all leaves no root can be made again.
            return Ok(());
        }
        let chained = self.chain(&runs);
        self.findings.unless_damaged(&archive, Part::Run, "run", chained)?;
        Ok(())
    }

    fn leaves_as_stored(&mut self, runs: &mut HashMap<i64, Run>) -> rusqlite::Result<()> {
        let Self {
            reader, findings, tell, ..
        } = self;
        let total = count(&reader.sql, "SELECT count(*) FROM capture")?;
        let mut statement = reader.sql.prepare("SELECT run_id, leaf FROM capture ORDER BY id")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            runs.entry(row.get(0)?).or_default().tree.push(hash(row, 1)?);
            let done = findings.count("captures");
            report(*tell, done, total);
        }
        Ok(())
    }

    fn every_capture(&mut self, runs: &mut HashMap<i64, Run>) -> rusqlite::Result<()> {
        let since = self.since;
        let Self {
            reader, findings, tell, ..
        } = self;
        let sql = &reader.sql;
        let total = count(sql, "SELECT count(*) FROM capture")?;
        let from = first_since(sql, since)?;
        // The leaves of earlier runs are taken as they are.
        let mut statement = sql.prepare("SELECT run_id, leaf FROM capture WHERE id < ? ORDER BY id")?;
        let mut rows = statement.query([from])?;
        let mut passed = 0;
        while let Some(row) = rows.next()? {
            runs.entry(row.get(0)?).or_default().tree.push(hash(row, 1)?);
            passed += 1;
        }
        let mut bases = Cache::new(HEADS);
        let mut bad_heads: HashMap<i64, usize> = HashMap::new();
        let mut statement = sql.prepare(&format!("{FACTS} WHERE c.id >= ? ORDER BY c.id"))?;
        let mut rows = statement.query([from])?;
        while let Some(row) = rows.next()? {
            let stored = hash(row, LEAF)?;
            let run = runs.entry(row.get(RUN)?).or_default();
            run.tree.push(stored);
            let done = findings.count("captures");
            report(*tell, passed + done, total);
            let head = match head_of(reader, row, &mut bases)? {
                Ok(head) => head,
                Err((culprit, why)) => {
                    let finding = *bad_heads.entry(culprit).or_insert_with(|| {
                        let costs = "the heads of requests and answers of these captures";
                        findings.add(Part::Head, &name_of(row), &why, costs, false)
                    });
                    findings.costs(finding, lost(row, 0, 2, 6)?);
                    continue;
                }
            };
            if head.is_some() {
                findings.count("heads");
            }
            if leaf(&facts(row, head.as_ref())?) != stored {
                let uid = text(row, 1)?.unwrap_or_else(|| "a run that is not there".into());
                let finding = *run.finding.get_or_insert_with(|| {
                    let why = "facts of captures, or what they refer to, no longer agree with their leaves";
                    let costs = "facts of these captures: address, time, answer, or which bytes they brought";
                    findings.add(Part::Capture, &uid, why, costs, false)
                });
                findings.costs(finding, lost(row, 0, 2, 6)?);
            }
        }
        Ok(())
    }

    /// The chains of all origins.
    fn chain(&mut self, runs: &HashMap<i64, Run>) -> rusqlite::Result<()> {
        let Self {
            reader,
            findings,
            newest_root,
            ..
        } = self;
        let sql = &reader.sql;
        let mut chains: HashMap<i64, Chain> = HashMap::new();
        let empty = Run::default();
        let mut statement = sql.prepare(&format!(
            "SELECT {RUN_FACTS}, r.id, r.origin_id, r.position, r.root FROM run r LEFT JOIN origin o ON o.id = r.origin_id
             ORDER BY r.origin_id, r.position IS NULL, r.position, r.id"
        ))?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            findings.count("runs");
            let (uid, state) = (text(row, 1)?.unwrap_or_default(), text(row, 3)?.unwrap_or_default());
            let (origin, position): (i64, Option<i64>) = (row.get(9)?, row.get(10)?);
            let run = runs.get(&row.get(8)?).unwrap_or(&empty);
            let chain = chains.entry(origin).or_insert(Chain {
                position: 0,
                before: [NO_ROOT; 2],
            });
            let why = match (position, state.as_str()) {
                (None, "running" | MERGING) => continue,
                (None, _) => "it has ended and is not in its chain".to_owned(),
                (Some(_), "running") => "it is in its chain and has not ended".to_owned(),
                (Some(position), _) => {
                    let expected = std::mem::replace(&mut chain.position, position) + 1;
                    let stored: Option<Hash> = row.get(11)?;
                    let mut made = [NO_ROOT; 2];
                    for (made, before) in made.iter_mut().zip(chain.before) {
                        *made = root_of(row, position, &before, &run.tree)?;
                    }
                    // A root that was damaged itself says nothing against the next.
                    let holds = stored.is_some_and(|stored| made.contains(&stored));
                    chain.before = [stored.unwrap_or(NO_ROOT), made[0]];
                    if origin == OURS {
                        *newest_root = stored.map(|root| data_encoding::HEXLOWER.encode(&root));
                    }
                    if expected != position {
                        format!("it follows a run that is not there: it stands at {position}, not at {expected}")
                    } else if !holds {
                        "its root is not that of its captures, its facts and the root before it".to_owned()
                    } else {
                        continue;
                    }
                }
            };
            let costs =
                "proof that nothing of this run was changed; what was changed is named beside it where it is known";
            findings.add(Part::Run, &uid, &why, costs, false);
        }
        Ok(())
    }

    /// Names the captures whose bodies are lost.
    pub(super) fn captures_of_lost_bodies(&mut self) -> Result<()> {
        if self.lost_payloads.is_empty() {
            return Ok(());
        }
        let Self {
            reader,
            findings,
            lost_payloads,
            ..
        } = self;
        let named = (|| {
            let mut statement = reader.sql.prepare(
                "SELECT c.payload_id, c.uid, u.url, c.at FROM capture c LEFT JOIN url u ON u.id = c.url_id
                 WHERE c.payload_id IS NOT NULL ORDER BY c.id",
            )?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                if let Some(finding) = lost_payloads.get(&row.get(0)?) {
                    findings.costs(*finding, lost(row, 1, 2, 3)?);
                }
            }
            Ok(())
        })();
        findings.unless_damaged(&reader.archive, Part::Capture, "capture", named)?;
        Ok(())
    }
}

fn report(tell: Tell<'_>, done: u64, total: i64) {
    if done.is_multiple_of(256) {
        tell(Step::Captures, done, total.max(0) as u64);
    }
}

/// The first capture of runs that began then or later; those before it are looked at no closer.
pub(super) fn first_since(sql: &Connection, since: Option<Timestamp>) -> rusqlite::Result<i64> {
    let Some(since) = since else {
        return Ok(i64::MIN);
    };
    sql.query_row(
        "SELECT coalesce(min(c.id), 9223372036854775807) FROM run r JOIN capture c ON c.run_id = r.id
         WHERE r.started_at >= ?",
        [since.millis()],
        |row| row.get(0),
    )
}

/// The SHA-256 of the heads of the capture in a row, if it has any; or which capture's heads are damaged, and how.
fn head_of(
    reader: &Reader,
    row: &Row<'_>,
    bases: &mut Cache<i64, ()>,
) -> rusqlite::Result<std::result::Result<Option<Hash>, (i64, String)>> {
    let id = row.get(ID)?;
    if fact(row, REQUEST_LENGTH)? == Fact::Absent && fact(row, DATA)? == Fact::Absent {
        return Ok(Ok(None));
    }
    let stored = row.get(BASE).and_then(|base| Ok((base, row.get(DATA)?)));
    match stored {
        Ok((base, data)) => {
            let bytes = reader.head_on(id, base, data, bases)?;
            Ok(bytes.map(|bytes| Some(Sha256::digest(bytes.as_slice()).into())))
        }
        Err(error) if is_damage(&error) => Ok(Err((id, error.to_string()))),
        Err(error) => Err(error),
    }
}

fn count(sql: &Connection, query: &str) -> rusqlite::Result<i64> {
    sql.query_row(query, [], |row| row.get(0))
}

/// 32 bytes, or what can never be right.
fn hash(row: &Row<'_>, column: usize) -> rusqlite::Result<Hash> {
    let bytes = match fact(row, column)? {
        Fact::Bytes(bytes) => bytes.try_into().ok(),
        _ => None,
    };
    Ok(bytes.unwrap_or(NO_ROOT))
}

fn facts<'a>(row: &'a Row<'_>, head: Option<&'a Hash>) -> rusqlite::Result<CaptureFacts<'a>> {
    let mut facts = [Fact::Absent; CAPTURE.len()];
    for (column, plain) in facts.iter_mut().enumerate().take(REQUEST_LENGTH) {
        *plain = fact(row, column)?;
    }
    facts[REQUEST_LENGTH] = head.map_or(Fact::Absent, |head| Fact::Bytes(head));
    facts[REQUEST_LENGTH + 1] = fact(row, REQUEST_LENGTH)?;
    facts[REQUEST_LENGTH + 2] = fact(row, RECONSTRUCTED)?;
    Ok(facts)
}

fn name_of(row: &Row<'_>) -> String {
    text(row, 2)
        .ok()
        .flatten()
        .unwrap_or_else(|| "an address that is not there".into())
}

fn lost(row: &Row<'_>, uid: usize, url: usize, at: usize) -> rusqlite::Result<LostCapture> {
    let uid = match fact(row, uid)? {
        Fact::Bytes(bytes) => {
            uuid::Uuid::from_slice(bytes).map_or_else(|_| data_encoding::HEXLOWER.encode(bytes), |uid| uid.to_string())
        }
        _ => String::new(),
    };
    let at = match fact(row, at)? {
        Fact::Number(at) => Some(Timestamp::from_millis(at)),
        _ => None,
    };
    Ok(LostCapture {
        uid,
        url: text(row, url)?.unwrap_or_default(),
        at,
    })
}
