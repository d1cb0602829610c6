//! Good copies of a page: one that was captured whole, behind no wall, and was judged to be the page. What `show`
//! prints, and what `diff` compares.

use rusqlite::{OptionalExtension, Row, params};

use super::{Reader, Result, read::time};
use crate::model::{difference::LinkedAddress, digest::PayloadDigest, time::Timestamp, url::Url};

/// Which of the good copies of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// The first.
    First,
    /// The newest.
    Newest,
    /// The newest that was captured by then.
    By(Timestamp),
}

/// A good copy of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copy {
    /// The address it was asked for under.
    pub url: String,
    /// Where the redirects ended.
    pub final_url: String,
    /// When it was captured.
    pub at: Timestamp,
    /// Status of the answer.
    pub status: Option<u16>,
    /// Media type of the answer.
    pub media_type: String,
    /// Character encoding that its head named.
    pub charset: Option<String>,
    /// Title of the page.
    pub title: String,
    /// SHA-256 of the decoded body.
    pub digest: PayloadDigest,
    /// Bytes of the decoded body.
    pub length: u64,
    /// When a policy freed the body.
    pub pruned_at: Option<Timestamp>,
    /// Row of the payload, whose bytes [`Reader::copy_payload`] gives.
    pub payload: i64,
    /// Row of the page version, if it was read as a page.
    pub version: Option<i64>,
    /// Rows of the first and the last capture of its chain.
    pub(super) chain: (i64, i64),
}

/// Of captures `c`, whose chains end with `f`, those that brought a page: what is left out was judged when it came.
const IS_GOOD: &str = "c.purpose <> 'robots'
    AND (SELECT coalesce(p.blob_id, p.pruned_at) FROM payload p WHERE p.id = f.payload_id) IS NOT NULL
    AND f.transport = 'ok' AND f.access = 'open'
    AND (f.status IS NULL OR f.status = 304 OR f.status BETWEEN 200 AND 299)
    AND coalesce((SELECT v.class FROM citation ci JOIN verdict v ON v.citation_id = ci.id
            JOIN capture vc ON vc.id = v.capture_id
        WHERE ci.url_id = u.id AND vc.at <= c.at ORDER BY vc.at DESC, v.id DESC LIMIT 1), 'ok')
        NOT IN ('dead', 'blocked', 'suspect')";

impl Reader {
    /// A good copy of a page. `key` is the canonical form of `url`: copies under that are taken where there are
    /// none under the address itself.
    pub fn good_copy(&self, url: &Url, key: &str, which: Which) -> Result<Option<Copy>> {
        let (until, order) = match which {
            Which::First => (i64::MAX, "ASC"),
            Which::Newest => (i64::MAX, "DESC"),
            Which::By(at) => (at.millis(), "DESC"),
        };
        let chain = self.ask(|sql| {
            sql.prepare_cached(&format!(
                "SELECT c.id, f.id FROM url u JOIN capture c ON c.url_id = u.id JOIN capture f ON f.id = c.last_id
                 WHERE (u.url = ?1 OR u.url = ?2 OR u.lookup_key = ?2) AND c.at <= ?3 AND {IS_GOOD}
                 ORDER BY (u.url = ?1) DESC, c.at {order}, c.id {order} LIMIT 1"
            ))?
            .query_row(params![url.as_str(), key, until], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()
        })?;
        chain.map(|chain| self.copy(chain)).transpose()
    }

    /// The copy that links to an address are compared with: the first good one, unless a later one was chosen; of
    /// several articles, the earliest. `None` where nothing cites it, or no good copy ever came.
    pub fn baseline_copy(&self, url: &Url) -> Result<Option<Copy>> {
        let chain = self.ask(|sql| {
            sql.prepare_cached(
                "SELECT c.id, c.last_id FROM citation ci
                     JOIN baseline b ON b.id = (SELECT max(n.id) FROM baseline n WHERE n.citation_id = ci.id)
                     JOIN capture c ON c.id = b.capture_id
                     JOIN capture f ON f.id = c.last_id AND f.payload_id IS NOT NULL
                 WHERE ci.url_id = (SELECT id FROM url WHERE url = ?) ORDER BY c.at, c.id LIMIT 1",
            )?
            .query_row([url.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()
        })?;
        chain.map(|chain| self.copy(chain)).transpose()
    }

    fn copy(&self, chain: (i64, i64)) -> Result<Copy> {
        self.ask(|sql| {
            sql.prepare_cached(
                "SELECT (SELECT u.url FROM capture c JOIN url u ON u.id = c.url_id WHERE c.id = ?1), u.url, f.at, f.status,
                     coalesce(f.media_type, ''), f.charset, p.sha256, p.length, p.pruned_at, p.id, v.id, v.title
                 FROM capture f JOIN url u ON u.id = f.url_id JOIN payload p ON p.id = f.payload_id
                 LEFT JOIN page_version v ON v.id = (SELECT w.id FROM page_version w WHERE w.payload_id = f.payload_id
                     AND w.url_id = f.url_id ORDER BY w.extractor_version DESC, w.id DESC LIMIT 1)
                 WHERE f.id = ?2",
            )?
            .query_row([chain.0, chain.1], |row| {
                Ok(Copy {
                    url: row.get(0)?,
                    final_url: row.get(1)?,
                    at: time(row, 2)?,
                    status: row.get(3)?,
                    media_type: row.get(4)?,
                    charset: row.get(5)?,
                    digest: digest(row, 6)?,
                    length: row.get::<_, i64>(7)? as u64,
                    pruned_at: row.get::<_, Option<i64>>(8)?.map(Timestamp::from_millis),
                    payload: row.get(9)?,
                    version: row.get(10)?,
                    title: row.get::<_, Option<String>>(11)?.unwrap_or_default(),
                    chain,
                })
            })
        })
    }

    /// Heads of the requests and answers that brought a copy, hop by hop.
    pub fn heads_of(&self, copy: &Copy) -> Result<Vec<(String, String)>> {
        let _snapshot = self.at_once()?;
        self.heads(copy.chain.0, copy.chain.1)
    }

    /// The main text of a copy; empty where none is kept.
    pub fn text_of(&self, copy: &Copy) -> Result<String> {
        copy.version
            .map_or_else(|| Ok(String::new()), |version| self.text(version))
    }

    /// Where a copy links to: first the links of its main text (of an article, all), with their words, then those
    /// around it, of which only addresses are kept.
    pub fn links_of(&self, copy: &Copy) -> Result<Vec<LinkedAddress>> {
        let Some(version) = copy.version else {
            return Ok(Vec::new());
        };
        let mut links: Vec<LinkedAddress> = self.ask(|sql| {
            sql.prepare_cached(
                "SELECT u.url, l.anchor FROM link l CROSS JOIN url u ON u.id = l.target_id
                 WHERE l.page_version_id = (SELECT coalesce(links_of, id) FROM page_version WHERE id = ?)
                     AND l.role <> 2 ORDER BY l.ordinal",
            )?
            .query_map([version], |row| {
                Ok(LinkedAddress {
                    url: row.get(0)?,
                    anchor: row.get(1)?,
                })
            })?
            .collect()
        })?;
        links.extend(self.addresses_around(version)?.into_iter().map(|url| LinkedAddress {
            url,
            anchor: String::new(),
        }));
        Ok(links)
    }
}

fn digest(row: &Row<'_>, column: usize) -> rusqlite::Result<PayloadDigest> {
    PayloadDigest::from_slice(row.get_ref(column)?.as_blob()?)
        .ok_or_else(|| rusqlite::Error::InvalidColumnType(column, "sha256".into(), rusqlite::types::Type::Blob))
}
