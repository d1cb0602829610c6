//! Encoding again, with the time that a crawl does not have: at a heavier level, against the best bases. Works
//! address by address in short transactions; what was done is remembered in the rows, so that it can be stopped
//! at any time and goes on where it was.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use rusqlite::params;

use super::{
    Candidate, DELTA_MAX, DEPTH_MAX, compress, encode_best, failed_to_encode,
    replace::{Replaced, Replacement},
};
use crate::{
    archive::{Archive, ArchiveError, Reader, Result, Writer, WriterHandle},
    model::run::Base,
};

/// What `compact` did.
#[derive(Debug, Clone, Default)]
pub struct Compacted {
    /// Bodies and texts that take less room now.
    pub smaller: u64,
    /// Hosts whose pages are stored against another page now.
    pub rebased: u64,
    /// Bodies that can no longer be read, in words; they were left as they are.
    pub unreadable: Vec<String>,
}

/// Bytes that an archive takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sizes {
    /// Of bodies as they are received.
    pub received: u64,
    /// Of bodies as they are stored.
    pub bodies: u64,
    /// Of texts as they are stored.
    pub texts: u64,
}

/// Addresses that a thread takes at once.
const ADDRESSES: usize = 16;
/// Replacements in one transaction: so many, or so many bytes.
const TRANSACTION: (usize, usize) = (64, 4 << 20);
/// Pages of a host from which its base is chosen, and bytes of each.
const SAMPLE: usize = 6;
const SAMPLE_BYTES: std::ops::RangeInclusive<i64> = 1024..=1 << 20;
/// The level at which bases are compared.
const SAMPLE_LEVEL: i32 = 3;
/// Another base has to be better by this part: all pages of the host are encoded again for it.
const WORTH_REBASING: f64 = 0.95;
/// Pages of the file that one transaction moves or frees at most.
const FILE_PAGES: i64 = 2_000;

/// Encodes everything again at `level` that was not tried there, in as many threads as there are processors.
/// `tell` hears how many addresses are done, of how many.
///
/// Pages of the file that are empty then are given back. Room inside pages is not: see [`Archive::rebuild`].
pub fn compact(archive: &Archive, writer: &Writer, level: i32, tell: &(dyn Fn(u64, u64) + Sync)) -> Result<Compacted> {
    let reader = archive.reader()?;
    let rebased = reader.choose_bases_again(&writer.handle(), level)?;
    let shared = Shared {
        level,
        tell,
        addresses: Mutex::new(0),
        total: reader.ask(|sql| sql.query_row("SELECT count(*) FROM url", [], |row| row.get::<_, i64>(0)))? as u64,
        done: AtomicU64::new(0),
        stop: AtomicBool::new(false),
        told: Mutex::new(Compacted {
            rebased,
            ..Compacted::default()
        }),
    };
    let threads = std::thread::available_parallelism().map_or(2, |n| n.get()).min(16);
    std::thread::scope(|scope| {
        let working: Vec<_> = (0..threads)
            .map(|_| {
                scope.spawn(|| {
                    let result = archive
                        .reader()
                        .and_then(|reader| shared.work(&reader, &writer.handle()));
                    if result.is_err() {
                        shared.stop.store(true, Ordering::Relaxed);
                    }
                    result
                })
            })
            .collect();
        working
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect::<Result<Vec<()>>>()
    })?;
    writer.call(|ingest| ingest.forget_tasks())?;
    while writer.call(|ingest| ingest.merge_search(FILE_PAGES))? {}
    while writer.call(|ingest| ingest.free_pages(FILE_PAGES))? {}
    Ok(shared.told.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// What the threads have in common.
struct Shared<'a> {
    level: i32,
    tell: &'a (dyn Fn(u64, u64) + Sync),
    /// The last address taken.
    addresses: Mutex<i64>,
    total: u64,
    done: AtomicU64,
    stop: AtomicBool,
    told: Mutex<Compacted>,
}

impl Shared<'_> {
    fn work(&self, reader: &Reader, writer: &WriterHandle) -> Result<()> {
        let mut waiting = Waiting::default();
        while !self.stop.load(Ordering::Relaxed) {
            let taken = {
                let mut after = self.addresses.lock().unwrap_or_else(PoisonError::into_inner);
                let taken = reader.addresses(*after, ADDRESSES)?;
                *after = taken.last().map_or(*after, |(url, _)| *url);
                taken
            };
            if taken.is_empty() {
                break;
            }
            for (url, host_base) in &taken {
                self.address(reader, writer, *url, *host_base, &mut waiting)?;
            }
            let done = self.done.fetch_add(taken.len() as u64, Ordering::Relaxed) + taken.len() as u64;
            (self.tell)(done, self.total);
        }
        self.write(writer, &mut waiting)
    }

    /// Every version held of one address, oldest first.
    fn address(
        &self,
        reader: &Reader,
        writer: &WriterHandle,
        url: i64,
        host_base: Option<i64>,
        waiting: &mut Waiting,
    ) -> Result<()> {
        let mut before: HashMap<(Option<u16>, Option<String>), &Version> = HashMap::new();
        let versions = reader.versions(url)?;
        for version in &versions {
            let alike = (version.status, version.media_type.clone());
            let plan = Plan {
                before: before
                    .get(&alike)
                    .filter(|before| before.depth < DEPTH_MAX)
                    .map(|b| b.blob),
                host_base: host_base.filter(|_| version.is_html()),
            };
            match reader.again(version, &plan, self.level) {
                Ok(replacement) => waiting.extend(replacement),
                Err(ArchiveError::Damaged { why, .. }) => self.lost(why),
                Err(error) => return Err(error),
            }
            before.insert(alike, version);
            if waiting.replacements.len() >= TRANSACTION.0 || waiting.bytes >= TRANSACTION.1 {
                self.write(writer, waiting)?;
            }
        }
        let texts = reader.stored_texts(url, &versions)?;
        waiting.extend(reader.texts_again(writer, &texts, self.level, &mut |why| self.lost(why))?);
        Ok(())
    }

    fn lost(&self, why: String) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.unreadable.push(why);
    }

    fn write(&self, writer: &WriterHandle, waiting: &mut Waiting) -> Result<()> {
        let Waiting { replacements, .. } = std::mem::take(waiting);
        if replacements.is_empty() {
            return Ok(());
        }
        let Replaced { smaller } = writer.call(move |ingest| ingest.replace(&replacements))?;
        self.told.lock().unwrap_or_else(PoisonError::into_inner).smaller += smaller;
        Ok(())
    }
}

/// Replacements for the next transaction.
#[derive(Default)]
struct Waiting {
    replacements: Vec<Replacement>,
    bytes: usize,
}

impl Waiting {
    fn extend(&mut self, more: impl IntoIterator<Item = Replacement>) {
        for one in more {
            self.bytes += one.weight();
            self.replacements.push(one);
        }
    }
}

/// A body at an address, as it is stored now.
pub(super) struct Version {
    pub payload: i64,
    pub blob: i64,
    length: usize,
    base: Option<i64>,
    pub depth: u32,
    level: i32,
    status: Option<u16>,
    media_type: Option<String>,
}

impl Version {
    fn is_html(&self) -> bool {
        matches!(self.media_type.as_deref(), Some("text/html" | "application/xhtml+xml"))
    }
}

/// What a version is best stored against.
struct Plan {
    before: Option<i64>,
    host_base: Option<i64>,
}

impl Plan {
    /// In order, without the version itself. What others of the host stand on stands alone.
    fn bases(&self, version: &Version) -> impl Iterator<Item = i64> {
        let is_base = self.host_base == Some(version.blob);
        let bases = [self.before, self.host_base];
        let blob = version.blob;
        bases
            .into_iter()
            .flatten()
            .filter(move |base| !is_base && *base != blob)
    }

    fn is_followed_by(&self, version: &Version) -> bool {
        version
            .base
            .is_none_or(|base| self.bases(version).any(|planned| planned == base))
    }
}

impl Reader {
    /// How much room bodies and texts take.
    pub fn sizes(&self) -> Result<Sizes> {
        self.ask(|sql| {
            let sum = |query: &str| sql.query_row(query, [], |row| row.get::<_, i64>(0).map(|n| n as u64));
            Ok(Sizes {
                received: sum("SELECT coalesce(sum(length), 0) FROM payload WHERE blob_id IS NOT NULL")?,
                bodies: sum("SELECT (SELECT coalesce(sum(length(data)), 0) FROM blob)
                    + (SELECT coalesce(sum(length(data)), 0) FROM blob_part)")?,
                texts: sum("SELECT coalesce(sum(length(data)), 0) FROM page_text")?,
            })
        })
    }

    /// Addresses after one, each with what pages of its host are stored against.
    fn addresses(&self, after: i64, limit: usize) -> Result<Vec<(i64, Option<i64>)>> {
        self.ask(|sql| {
            sql.prepare_cached(
                "SELECT u.id, b.blob_id FROM url u LEFT JOIN host_base b ON b.host_id = u.host_id
                 WHERE u.id > ?1 ORDER BY u.id LIMIT ?2",
            )?
            .query_map(params![after, limit as i64], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect()
        })
    }

    /// Each body held of an address once, in the order in which they came.
    fn versions(&self, url: i64) -> Result<Vec<Version>> {
        let mut seen = HashSet::new();
        self.ask(|sql| {
            let mut statement = sql.prepare_cached(
                "SELECT c.payload_id, b.id, p.length, b.base_id, b.depth, b.level, c.status, c.media_type
                 FROM capture c CROSS JOIN payload p ON p.id = c.payload_id CROSS JOIN blob b ON b.id = p.blob_id
                 WHERE c.url_id = ? AND b.codec <> 'parts' ORDER BY c.at, c.id",
            )?;
            let mut rows = statement.query([url])?;
            let mut versions = Vec::new();
            while let Some(row) = rows.next()? {
                if seen.insert(row.get::<_, i64>(0)?) {
                    versions.push(Version {
                        payload: row.get(0)?,
                        blob: row.get(1)?,
                        length: row.get::<_, i64>(2)? as usize,
                        base: row.get(3)?,
                        depth: row.get(4)?,
                        level: row.get(5)?,
                        status: row.get(6)?,
                        media_type: row.get(7)?,
                    });
                }
            }
            Ok(versions)
        })
    }

    /// A body, encoded again where that was not tried yet.
    fn again(&self, version: &Version, plan: &Plan, level: i32) -> Result<Option<Replacement>> {
        if version.level >= level && plan.is_followed_by(version) {
            return Ok(None);
        }
        let bytes = self.payload_shared(version.payload)?;
        let mut candidates = Vec::new();
        for base in plan
            .bases(version)
            .filter(|_| (1..=DELTA_MAX).contains(&version.length))
        {
            let candidate = self.candidate(base)?;
            candidates.extend(candidate.filter(|c| (1..=DELTA_MAX).contains(&c.bytes.len())));
        }
        Ok(Some(Replacement::Body {
            blob_id: version.blob,
            level,
            blob: encode_best(&bytes, level, candidates).map_err(failed_to_encode)?,
            even_if_larger: false,
        }))
    }

    /// Compares a few first pages of each host as bases of each other; returns of how many hosts another one
    /// serves better. The others are then encoded against it, address by address.
    fn choose_bases_again(&self, writer: &WriterHandle, level: i32) -> Result<u64> {
        let mut rebased = 0;
        for (host, current, sample) in self.first_pages()? {
            let mut pages: Vec<Candidate> = Vec::with_capacity(sample.len());
            for blob in &sample {
                pages.extend(self.candidate(*blob)?);
            }
            let Some(best) = better_base(&pages, current).map_err(failed_to_encode)? else {
                continue;
            };
            let (Base::Blob(blob_id), blob) = (pages[best].base, encode_best(&pages[best].bytes, level, [])) else {
                continue;
            };
            let base = Replacement::Body {
                blob_id,
                level,
                blob: blob.map_err(failed_to_encode)?,
                even_if_larger: true,
            };
            writer.call(move |ingest| {
                ingest.replace(&[base])?;
                ingest.set_host_base(host, blob_id)
            })?;
            rebased += 1;
        }
        Ok(rebased)
    }

    /// Of each host that has a base: its row, the base, and its first HTML pages, the base always among them.
    fn first_pages(&self) -> Result<Vec<(i64, i64, Vec<i64>)>> {
        self.ask(|sql| {
            let mut hosts: HashMap<i64, (i64, Vec<i64>, HashSet<i64>)> = sql
                .prepare("SELECT host_id, blob_id FROM host_base")?
                .query_map([], |row| {
                    Ok((row.get(0)?, (row.get(1)?, vec![row.get(1)?], HashSet::new())))
                })?
                .collect::<rusqlite::Result<_>>()?;
            let mut statement = sql.prepare(
                "SELECT u.host_id, u.id, p.blob_id, p.length FROM capture c CROSS JOIN url u ON u.id = c.url_id
                     CROSS JOIN payload p ON p.id = c.payload_id
                 WHERE c.status = 200 AND c.access = 'open' AND c.transport = 'ok' AND p.blob_id IS NOT NULL
                     AND c.media_type IN ('text/html', 'application/xhtml+xml')
                     AND c.purpose IN ('article', 'citation') ORDER BY c.id",
            )?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let Some((_, sample, addresses)) = hosts.get_mut(&row.get(0)?) else {
                    continue;
                };
                let (url, blob, length): (i64, i64, i64) = (row.get(1)?, row.get(2)?, row.get(3)?);
                // One version of a page: versions are stored against each other anyway.
                if sample.len() < SAMPLE
                    && SAMPLE_BYTES.contains(&length)
                    && addresses.insert(url)
                    && !sample.contains(&blob)
                {
                    sample.push(blob);
                }
            }
            let mut found: Vec<_> = hosts
                .into_iter()
                .map(|(host, (base, sample, _))| (host, base, sample))
                .collect();
            found.sort_unstable();
            Ok(found)
        })
    }
}

/// Which page serves the others better than the current base does, by enough to be worth it.
fn better_base(pages: &[Candidate], current: i64) -> std::io::Result<Option<usize>> {
    if pages.len() < 3 {
        return Ok(None);
    }
    let mut best: Option<(usize, f64)> = None;
    let mut present = f64::INFINITY;
    for (at, base) in pages.iter().enumerate() {
        let (mut encoded, mut raw) = (0, 0);
        for page in pages
            .iter()
            .enumerate()
            .filter(|(other, _)| *other != at)
            .map(|(_, page)| page)
        {
            encoded += compress(&page.bytes, Some(&base.bytes), SAMPLE_LEVEL)?.len();
            raw += page.bytes.len();
        }
        let share = encoded as f64 / raw.max(1) as f64;
        if base.base == Base::Blob(current) {
            present = share;
        }
        if best.is_none_or(|(_, least)| share < least) {
            best = Some((at, share));
        }
    }
    Ok(best
        .filter(|(_, share)| *share < present * WORTH_REBASING)
        .map(|(at, _)| at))
}
