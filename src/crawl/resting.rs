//! Which links a visit may pass over, because they were failing and are not due yet.

use std::collections::HashMap;

use crate::{
    archive::{ArchiveError, Reader},
    model::time::Timestamp,
    verdict::confirm,
};

/// Rows of the addresses that need not be asked at `now`. An address rests only when every link that
/// would be served by the same request does.
pub fn resting(reader: &Reader, now: Timestamp) -> Result<Vec<i64>, ArchiveError> {
    let (failing, sharing) = reader.failing()?;
    let mut rest: HashMap<&str, (usize, Vec<i64>)> = HashMap::new();
    for link in &failing {
        if confirm::due(&link.verdict, link.checked).is_some_and(|due| due > now) {
            let (count, urls) = rest.entry(&link.key).or_default();
            *count += 1;
            urls.push(link.url_id);
        }
    }
    let all_rest = |(key, (count, urls)): (&str, (usize, Vec<i64>))| (sharing.get(key) == Some(&count)).then_some(urls);
    let mut urls: Vec<i64> = rest.into_iter().filter_map(all_rest).flatten().collect();
    urls.sort_unstable();
    urls.dedup();
    Ok(urls)
}
