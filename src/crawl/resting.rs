//! Links that are failing, and when they are to be asked again: until then a visit may pass over them.

use std::collections::HashMap;

use crate::{
    archive::{ArchiveError, Failing, Reader},
    model::time::Timestamp,
    verdict::confirm,
};

/// Links that are failing and are served by the same request.
pub(super) struct Together {
    /// Rows of their addresses.
    pub urls: Vec<i64>,
    /// The first of them to be due, and when.
    pub first: Failing,
    /// When that is.
    pub due: Timestamp,
    /// Whether nothing else is served by that request. Otherwise it does not rest.
    pub rests: bool,
}

/// All of them, by the key that their addresses share.
pub(super) fn failing(reader: &Reader) -> Result<HashMap<String, Together>, ArchiveError> {
    let (rows, sharing) = reader.failing()?;
    let mut groups: HashMap<String, Vec<Failing>> = HashMap::new();
    for row in rows {
        groups.entry(row.key.clone()).or_default().push(row);
    }
    let together = |(key, links): (String, Vec<Failing>)| {
        // One address was asked for all.
        let checked = links.iter().map(|link| link.checked).max()?;
        let rests = sharing.get(&key) == Some(&links.len());
        let urls = links.iter().map(|link| link.url_id).collect();
        // What has no time of its own is asked by every visit.
        let due = |link: &Failing| confirm::due(&link.verdict, checked).unwrap_or(checked);
        let first = links.into_iter().min_by_key(due)?;
        let due = due(&first);
        Some((
            key,
            Together {
                urls,
                first,
                due,
                rests,
            },
        ))
    };
    Ok(groups.into_iter().filter_map(together).collect())
}

/// Rows of the addresses that need not be asked at `now`.
pub fn resting(reader: &Reader, now: Timestamp) -> Result<Vec<i64>, ArchiveError> {
    let groups = failing(reader)?;
    let rest = groups.into_values().filter(|group| group.rests && group.due > now);
    let mut urls: Vec<i64> = rest.flat_map(|group| group.urls).collect();
    urls.sort_unstable();
    urls.dedup();
    Ok(urls)
}
