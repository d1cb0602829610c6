//! `verify`: the steps in order. Everything is read in one transaction, so that a crawl may write meanwhile.

use std::collections::HashMap;

use super::{
    damage::{Findings, is_damage},
    file::{has_our_schema, was_an_archive},
};
use crate::{
    archive::{
        Archive, ArchiveError, FORMAT_VERSION, Reader, Result,
        open::{APPLICATION_ID, identify},
    },
    model::{
        time::Timestamp,
        verification::{Part, SCHEMA_VERSION, Thoroughness, Verification},
    },
};

/// What is being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// SQLite's own check; how long it takes cannot be told.
    Structure,
    /// Captures against their leaves, runs against their roots.
    Captures,
    /// Tables against their sums.
    Sums,
    /// Bodies and the texts read from them.
    Bodies,
}

impl Step {
    /// For a progress bar.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Structure => "pages",
            Self::Captures => "captures",
            Self::Sums => "tables",
            Self::Bodies => "bodies",
        }
    }
}

/// Hears what is being done, and how much of it is done of how much.
pub type Tell<'a> = &'a dyn Fn(Step, u64, u64);

/// One look at an archive.
pub(super) struct Look<'a> {
    pub reader: Reader,
    pub thoroughness: Thoroughness,
    pub since: Option<Timestamp>,
    pub findings: Findings,
    /// Of payloads whose bodies are lost: by which finding.
    pub lost_payloads: HashMap<i64, usize>,
    pub newest_root: Option<String>,
    pub tell: Tell<'a>,
}

/// Looks whether the archive is sound. Never writes, never migrates.
///
/// With `since`, only what runs brought that began then or later, and the chain of all runs: neither the whole
/// file nor whole tables.
///
/// Errors when the file cannot be read at all, is no archive, or is of another format; damage is a finding.
pub fn verify(
    archive: &Archive,
    thoroughness: Thoroughness,
    since: Option<Timestamp>,
    tell: Tell<'_>,
) -> Result<Verification> {
    let mut findings = Findings::default();
    let mut newest_root = None;
    if let Some(reader) = open(archive, &mut findings)? {
        let mut look = Look {
            reader,
            thoroughness,
            since,
            findings,
            lost_payloads: HashMap::new(),
            newest_root: None,
            tell,
        };
        look.everything()?;
        (findings, newest_root) = (look.findings, look.newest_root);
    }
    Ok(Verification {
        schema_version: SCHEMA_VERSION,
        archive: archive.path().display().to_string(),
        thoroughness,
        since,
        sound: findings.found.is_empty(),
        checked: findings.checked,
        findings: findings.found,
        newest_root,
    })
}

impl Look<'_> {
    fn everything(&mut self) -> Result<()> {
        let archive = self.reader.archive.clone();
        let begun = self.reader.sql.execute_batch("BEGIN");
        begun.map_err(|e| archive.error(e))?;
        self.structure()?;
        self.captures()?;
        if self.thoroughness != Thoroughness::Quick && self.since.is_none() {
            self.sums()?;
        }
        if self.thoroughness == Thoroughness::Full {
            self.bodies()?;
            self.captures_of_lost_bodies()?;
        }
        Ok(())
    }
}

/// A connection that is good enough to look further with.
fn open(archive: &Archive, findings: &mut Findings) -> Result<Option<Reader>> {
    let opened = archive.reader_unchecked().and_then(|sql| {
        let identity = identify(&sql)?;
        let differs = has_our_schema(&sql);
        Ok((sql, identity, differs))
    });
    let (sql, identity, differs) = match opened {
        Ok(opened) => opened,
        Err(error) if is_damage(&error) && was_an_archive(archive.path()) => {
            let costs = "everything, as long as SQLite cannot open it: restore it from a backup";
            findings.add(Part::File, "header", &error.to_string(), costs, false);
            return Ok(None);
        }
        Err(error) => return Err(archive.error(error)),
    };
    // What cannot be read is not known to be anything else.
    let is_ours = match &differs {
        Ok(missing) => missing.is_empty(),
        Err(error) if is_damage(error) => identity.0 == APPLICATION_ID,
        Err(_) => false,
    };
    if identity != (APPLICATION_ID, FORMAT_VERSION) {
        if !is_ours && identity.0 != APPLICATION_ID && was_an_archive(archive.path()) {
            let costs = "everything, as long as SQLite cannot read it: restore it from a backup";
            findings.add(Part::File, "header", "too little of the file is left", costs, false);
            return Ok(None);
        }
        if !is_ours {
            return Err(match identity {
                (APPLICATION_ID, older) if older < FORMAT_VERSION => ArchiveError::Older {
                    path: archive.path().into(),
                    found: older,
                    known: FORMAT_VERSION,
                },
                other => archive.refuse(other),
            });
        }
        let why = format!(
            "it says application {:#x} and format {}, and holds an archive of format {FORMAT_VERSION}",
            identity.0, identity.1
        );
        let costs = "nothing but these two numbers; without them the archive is not opened";
        findings.add(Part::File, "header", &why, costs, true);
    }
    Reader::new(sql, archive.clone()).map(Some)
}
