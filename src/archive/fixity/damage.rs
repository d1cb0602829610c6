//! What was found, gathered.

use std::collections::BTreeMap;

use crate::{
    archive::{Archive, Result},
    model::verification::{Finding, LostCapture, NAMED, Part, meaning},
};

/// Findings, and how many of what were looked at.
#[derive(Default)]
pub(super) struct Findings {
    pub found: Vec<Finding>,
    pub checked: BTreeMap<&'static str, u64>,
}

impl Findings {
    /// One more that was looked at; returns how many there were.
    pub fn count(&mut self, what: &'static str) -> u64 {
        let count = self.checked.entry(what).or_default();
        *count += 1;
        *count
    }

    /// Adds a finding; returns its place.
    pub fn add(&mut self, part: Part, name: &str, why: &str, costs: &str, derived: bool) -> usize {
        self.found.push(Finding {
            part,
            name: name.to_owned(),
            why: why.to_owned(),
            costs: costs.to_owned(),
            derived,
            captures: Vec::new(),
            captures_total: 0,
        });
        self.found.len() - 1
    }

    /// Something about a table.
    pub fn table(&mut self, part: Part, table: &str, why: &str) {
        let (costs, derived) = meaning(table);
        self.add(part, table, why, costs, derived);
    }

    /// A capture that a finding costs.
    pub fn costs(&mut self, finding: usize, capture: LostCapture) {
        if let Some(finding) = self.found.get_mut(finding) {
            finding.captures_total += 1;
            if finding.captures.len() < NAMED {
                finding.captures.push(capture);
            }
        }
    }

    /// What a step came to. Where it ended because the file is damaged, that is a finding: `part` of `name` could
    /// not be read. What keeps us from reading at all is an error.
    pub fn unless_damaged<T>(
        &mut self,
        archive: &Archive,
        part: Part,
        name: &str,
        result: rusqlite::Result<T>,
    ) -> Result<Option<T>> {
        match result {
            Ok(value) => Ok(Some(value)),
            Err(error) if is_damage(&error) => {
                self.table(part, name, &format!("it cannot be read: {error}"));
                Ok(None)
            }
            Err(error) => Err(archive.error(error)),
        }
    }
}

/// Whether an error tells of the file's content, and not of what keeps us from it. Everything else that can come of
/// reading with statements that are known to be right is damage: a table that is not there, a type that cannot be.
pub(in crate::archive) fn is_damage(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::*;
    !matches!(
        error.sqlite_error_code(),
        Some(
            CannotOpen
                | PermissionDenied
                | SystemIoFailure
                | DatabaseBusy
                | DatabaseLocked
                | ReadOnly
                | DiskFull
                | OperationInterrupted
                | FileLockingProtocolFailed
                | NoLargeFileSupport
        )
    )
}
