//! What one link alone does not show: the rest of its run, and other addresses with its text.

use std::collections::HashMap;

use rusqlite::{OptionalExtension, params};

use super::{Reader, Result, facts::page, read::time};
use crate::model::{
    digest::TextDigest,
    facts::{CitationFacts, Company, TextCopy},
    page::EXTRACTOR_VERSION,
    time::Timestamp,
    url::{self, Url},
};

/// Fewer alike are not worth counting.
const MANY: i64 = 2;
/// Copies of a text looked at, at most.
const COPIES: usize = 8;

/// The newest attempt of run ?1 at each cited address: first hop and last.
const NEWEST: &str = "WITH newest AS MATERIALIZED (
    SELECT max(c.id) AS id, c.last_id AS last, c.url_id AS url_id FROM capture c INDEXED BY capture_by_run
    WHERE c.run_id = ?1 AND c.via_id IS NULL AND c.purpose = 'citation' GROUP BY c.url_id)";

/// Where many links of a run came to the same.
#[derive(Debug, Default)]
pub struct Companies {
    /// How many cited addresses were redirected to an address.
    ends: HashMap<String, u64>,
    /// How many cited addresses of a host brought a text.
    texts: HashMap<(String, TextDigest), u64>,
    /// How many cited addresses a host has, and how many of them failed in which way.
    hosts: HashMap<String, (u64, HashMap<String, u64>)>,
}

impl Companies {
    /// The company that one citation is in.
    pub fn of(&self, facts: &CitationFacts) -> Company {
        let Some(last) = facts.chain.hops.last() else {
            return Company::default();
        };
        let host = Url::parse(&facts.url)
            .map(|url| url::host(&url).to_owned())
            .unwrap_or_default();
        let text = facts.chain.page.as_ref().map(|page| page.text);
        let redirected = facts.chain.hops.len() > 1;
        let manner = match last.status {
            Some(status) => format!("{}xx", status / 100),
            None => last.transport.as_str().to_owned(),
        };
        let (host_links, failed) = self
            .hosts
            .get(&host)
            .map_or((0, None), |(all, by)| (*all, by.get(&manner)));
        Company {
            same_end: self.ends.get(&last.url).copied().filter(|_| redirected).unwrap_or(0),
            same_text: text
                .and_then(|text| self.texts.get(&(host, text)).copied())
                .unwrap_or(0),
            host_links,
            failed_alike: failed.copied().unwrap_or(0),
        }
    }
}

impl Reader {
    /// Looks through the newest attempts of a run.
    pub fn companies(&self, run_id: i64) -> Result<Companies> {
        self.ask(|sql| {
            let ends = sql
                .prepare_cached(&format!(
                    "{NEWEST} SELECT u.url, count(*) AS links
                     FROM newest n CROSS JOIN capture l ON l.id = n.last CROSS JOIN url u ON u.id = l.url_id
                     WHERE n.last <> n.id GROUP BY l.url_id HAVING links >= ?2"
                ))?
                .query_map(params![run_id, MANY], |row| {
                    Ok((row.get(0)?, row.get::<_, i64>(1)? as u64))
                })?
                .collect::<rusqlite::Result<_>>()?;
            let texts = sql
                .prepare_cached(&format!(
                    "{NEWEST} SELECT h.name, v.text_sha256, count(*) AS links
                     FROM newest n CROSS JOIN capture l ON l.id = n.last CROSS JOIN url u ON u.id = n.url_id
                     CROSS JOIN page_version v ON v.payload_id = l.payload_id AND v.url_id = l.url_id
                         AND v.media_type = coalesce(l.media_type, '') AND v.charset = coalesce(l.charset, '')
                         AND v.extractor_version = ?3
                     CROSS JOIN host h ON h.id = u.host_id
                     WHERE v.text_length > 0 AND v.shell = 0 GROUP BY u.host_id, v.text_sha256 HAVING links >= ?2"
                ))?
                .query_map(params![run_id, MANY, EXTRACTOR_VERSION], |row| {
                    let digest = TextDigest::from_slice(row.get_ref(1)?.as_blob()?).unwrap_or(TextDigest([0; 32]));
                    Ok(((row.get(0)?, digest), row.get::<_, i64>(2)? as u64))
                })?
                .collect::<rusqlite::Result<_>>()?;
            let mut hosts: HashMap<String, (u64, HashMap<String, u64>)> = HashMap::new();
            let mut statement = sql.prepare_cached(&format!(
                "{NEWEST} SELECT h.name, CASE WHEN l.status IS NULL THEN l.transport ELSE (l.status / 100) || 'xx' END,
                     count(*)
                 FROM newest n CROSS JOIN capture l ON l.id = n.last CROSS JOIN url u ON u.id = n.url_id
                 CROSS JOIN host h ON h.id = u.host_id GROUP BY 1, 2"
            ))?;
            let mut rows = statement.query([run_id])?;
            while let Some(row) = rows.next()? {
                let (all, by) = hosts.entry(row.get(0)?).or_default();
                let links = row.get::<_, i64>(2)? as u64;
                *all += links;
                by.insert(row.get(1)?, links);
            }
            hosts.retain(|_, (all, _)| *all >= MANY as u64);
            Ok(Companies { ends, texts, hosts })
        })
    }

    /// Addresses other than `url` whose newest capture is good and has this main text, and which of them
    /// had it only in a later run than the last that saw `url` good before `gone`.
    pub fn copies(&self, text: &TextDigest, url: &str, gone: Timestamp) -> Result<Vec<TextCopy>> {
        self.ask(|sql| {
            let last_here: Option<i64> = sql
                .prepare_cached(
                    "SELECT max(c.run_id) FROM capture c WHERE c.url_id = (SELECT id FROM url WHERE url = ?1) AND c.at < ?2
                         AND c.via_id IS NULL AND (SELECT l.transport = 'ok' AND l.access = 'open'
                             AND (l.status = 304 OR l.status BETWEEN 200 AND 299) FROM capture l WHERE l.id = c.last_id)",
                )?
                .query_row(params![url, gone.millis()], |row| row.get(0))?;
            let found: Vec<(i64, String, i64)> = sql
                .prepare_cached(
                    "SELECT v.url_id, u.url,
                         (SELECT min(c.id) FROM capture c WHERE c.url_id = v.url_id AND c.payload_id = v.payload_id)
                     FROM page_version v CROSS JOIN url u ON u.id = v.url_id
                     WHERE v.text_sha256 = ?1 AND v.text_length >= 200 AND u.url <> ?2 GROUP BY v.url_id LIMIT ?3",
                )?
                .query_map(params![text.0, url, COPIES as i64], |row| {
                    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
                })?
                .collect::<rusqlite::Result<_>>()?;
            let mut copies = Vec::new();
            for (url_id, url, first) in found {
                let (first_seen, first_run): (Timestamp, i64) = sql
                    .prepare_cached("SELECT at, run_id FROM capture WHERE id = ?")?
                    .query_row([first], |row| Ok((time(row, 0)?, row.get(1)?)))?;
                let newest: Option<(i64, Timestamp)> = sql
                    .prepare_cached(
                        "SELECT c.id, c.at FROM capture c WHERE c.url_id = ?1
                             AND c.purpose IN ('citation', 'article') ORDER BY c.at DESC, c.id DESC LIMIT 1",
                    )?
                    .query_row([url_id], |row| Ok((row.get(0)?, time(row, 1)?)))
                    .optional()?;
                // What is itself no page any more, whatever it answers, is no copy.
                let lost: bool = sql
                    .prepare_cached(
                        "SELECT EXISTS (SELECT 1 FROM citation ci JOIN verdict v ON v.id = ci.verdict_id
                             WHERE ci.url_id = ? AND v.class = 'dead')",
                    )?
                    .query_row([url_id], |row| row.get(0))?;
                let Some((capture, last_seen)) = newest.filter(|_| !lost) else { continue };
                if page(sql, capture)?.is_some_and(|page| page.text == *text) {
                    copies.push(TextCopy {
                        url,
                        first_seen,
                        last_seen,
                        is_newer: last_here.is_some_and(|here| first_run > here),
                    });
                }
            }
            Ok(copies)
        })
    }
}
