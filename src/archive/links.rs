//! One link of an article, as reports and explanations tell of it.

use std::collections::HashMap;

use rusqlite::{Connection, Row, params};

use super::{
    facts::{passages, scores, sentences},
    read::{time, word},
    reports::News,
};
use crate::model::{
    link::{Place, Role},
    passage::Fate,
    report::{Baseline, Hop, LinkReport, PlaceInArticle},
    time::Timestamp,
    url::Skip,
    verdict::Class,
};

/// A link on its way into the report, with the rows its details hang on.
pub(super) struct LinkRow {
    pub report: LinkReport,
    pub url_id: Option<i64>,
    pub first_hop: Option<i64>,
    pub judged_in: Option<i64>,
    /// When the certificate of its host ends.
    pub certificate_ends: Option<Timestamp>,
    /// Whether the bytes of its baseline are here.
    pub copy_kept: bool,
    /// Whether the bytes of its last good answer are here.
    pub good_kept: bool,
    /// Whether its verdict says another class than the one that was told before, or misses words that were there.
    pub news: bool,
}

impl std::ops::Deref for LinkRow {
    type Target = LinkReport;
    fn deref(&self) -> &LinkReport {
        &self.report
    }
}

/// Which links.
#[derive(Clone, Copy)]
pub(super) enum Of {
    /// All that this article has, and had.
    Article(i64),
    /// This one.
    Citation(i64),
}

// A good verdict that still holds was last seen good at the newest check, not when it was first given.
// That check counts only for links that are present: others are visited for another article's sake, if at
// all, and not judged.
const LINKS: &str = "
    SELECT u.url, ci.fragment, ci.state, ci.first_seen_at, v.class, v.transport, v.access, v.resource, v.content,
        v.jaccard, v.containment, v.title_similarity, v.status, v.final_url,
        coalesce(v.reason, (SELECT f.detail FROM capture c JOIN capture f ON f.id = c.last_id
            WHERE c.url_id = ci.url_id AND c.via_id IS NULL AND f.access = 'deferred' ORDER BY c.id DESC LIMIT 1)),
        v.evidence, v.since,
        v.confirmed, last.at, good.at, base.at, b.chosen, last.id, ci.url_id, v.run_id,
        (SELECT p.blob_id FROM capture e JOIN payload p ON p.id = e.payload_id
         WHERE e.id = base.last_id) IS NOT NULL,
        coalesce(told.class, 'ok'),
        last.certificate_ends,
        (SELECT p.blob_id FROM capture e JOIN payload p ON p.id = e.payload_id
         WHERE e.id = good.last_id) IS NOT NULL,
        a.locator,
        CASE ci.state WHEN 'retargeted' THEN
            (SELECT nu.url || iif(nc.fragment = '', '', '#' || nc.fragment) FROM citation_event e
             JOIN citation nc ON nc.id = e.now_id JOIN url nu ON nu.id = nc.url_id
             WHERE e.citation_id = ci.id AND e.what = 'retargeted' ORDER BY e.at DESC, e.id DESC LIMIT 1) END,
        v.moved_to, v.since_last, v.passages, told.passages
    FROM citation ci JOIN url u ON u.id = ci.url_id JOIN article a ON a.id = ci.article_id
    LEFT JOIN verdict v ON v.id = ci.verdict_id
    LEFT JOIN verdict told ON told.id = (SELECT o.id FROM verdict o
        WHERE ?2 AND o.citation_id = ci.id AND o.id < coalesce(?3, v.id) ORDER BY o.at DESC, o.id DESC LIMIT 1)
    LEFT JOIN baseline b ON b.id = v.baseline_id
    LEFT JOIN capture base ON base.id = b.capture_id
    LEFT JOIN capture last ON last.id = coalesce(
        CASE ci.state WHEN 'present' THEN
            (SELECT c.id FROM capture c WHERE c.url_id = ci.url_id AND c.via_id IS NULL
                 AND c.purpose NOT IN ('robots', 'asset', 'probe', 'volatile')
                 AND (SELECT f.access FROM capture f WHERE f.id = c.last_id) <> 'deferred'
             ORDER BY c.at DESC, c.id DESC LIMIT 1) END, v.capture_id)
    LEFT JOIN capture good ON good.id = CASE
        WHEN v.class IN ('ok', 'moved', 'changed', 'replaced') THEN last.id ELSE v.last_good_id END";

/// The links, without what [`detail`] adds. Where it is asked for, it is told whether their verdicts are news.
pub(super) fn links(sql: &Connection, of: Of, news: Option<News>) -> rusqlite::Result<Vec<LinkRow>> {
    // Verdicts before this row were told; those of a run before its own.
    let told_before = match news {
        Some(News::After(mark)) => Some(mark.verdict + 1),
        Some(News::InRun(_)) | None => None,
    };
    let (column, id) = match of {
        Of::Article(id) => ("ci.article_id", id),
        Of::Citation(id) => ("ci.id", id),
    };
    sql.prepare_cached(&format!("{LINKS} WHERE {column} = ?1"))?
        .query_map(params![id, news.is_some(), told_before], link)?
        .collect()
}

fn link(row: &Row<'_>) -> rusqlite::Result<LinkRow> {
    let judged = row.get::<_, Option<i64>>(24)?;
    let class = match judged {
        Some(_) => word(row, 4)?,
        None => Class::Unchecked,
    };
    let fragment: String = row.get(1)?;
    let millis = |column| row.get::<_, Option<i64>>(column).map(|t| t.map(Timestamp::from_millis));
    let baseline = match (millis(20)?, row.get::<_, Option<String>>(21)?) {
        (Some(captured_at), Some(chosen)) => Some(Baseline { captured_at, chosen }),
        _ => None,
    };
    let report = LinkReport {
        article: row.get(29)?,
        url: row.get(0)?,
        fragment: (!fragment.is_empty()).then_some(fragment),
        class,
        transport: judged.map(|_| word(row, 5)).transpose()?,
        access: judged.map(|_| word(row, 6)).transpose()?,
        resource: judged.map(|_| word(row, 7)).transpose()?,
        content: judged.map(|_| word(row, 8)).transpose()?,
        scores: scores(row, 9)?,
        status: row.get(12)?,
        final_url: row.get(13)?,
        moved_to: row.get(31)?,
        since_last: judged.map(|_| word(row, 32)).transpose()?,
        passages: passages(row, 33)?,
        hops: Vec::new(),
        reason: row
            .get::<_, Option<String>>(14)?
            .unwrap_or_else(|| "not visited yet".into()),
        evidence: judged.map(|_| sentences(row, 15)).transpose()?.unwrap_or_default(),
        since: millis(16)?,
        confirmed: row.get::<_, Option<bool>>(17)?.unwrap_or(false),
        state: row.get(2)?,
        retargeted_to: row.get(30)?,
        first_seen: time(row, 3)?,
        last_checked: millis(18)?,
        last_good: millis(19)?,
        baseline,
        notes: Vec::new(),
        anchor: String::new(),
        places: Vec::new(),
    };
    let told = passages(row, 34)?;
    let was_whole = told.iter().all(|passage| passage.fate != Fate::Missing);
    let news = judged.is_some() && (class != word(row, 26)? || was_whole && report.lacks_a_passage());
    Ok(LinkRow {
        report,
        first_hop: row.get(22)?,
        url_id: row.get(23)?,
        judged_in: judged,
        copy_kept: row.get(25)?,
        good_kept: row.get(28)?,
        news,
        certificate_ends: millis(27)?,
    })
}

/// Links that are recorded but never fetched: one entry for each spelling.
pub(super) fn skipped(
    sql: &Connection,
    version: i64,
    article: &str,
    seen: Timestamp,
    into: &mut Vec<LinkRow>,
) -> rusqlite::Result<()> {
    let rows: Vec<(String, String)> = sql
        .prepare_cached(
            "SELECT o.raw, o.skip FROM occurrence o JOIN link l USING (page_version_id, ordinal)
             WHERE o.page_version_id = ?1 AND o.skip IS NOT NULL AND l.role = ?2
             GROUP BY o.raw, o.skip ORDER BY min(o.ordinal)",
        )?
        .query_map(params![version, Role::Cite.code()], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?
        .collect::<rusqlite::Result<_>>()?;
    for (raw, skip) in rows {
        let reason = skip
            .parse::<Skip>()
            .map_or_else(|_| skip.clone(), |skip| skip.reason().to_owned());
        let report = LinkReport {
            class: Class::Skipped,
            reason,
            evidence: vec![skip],
            ..LinkReport::unvisited(article, &raw, seen)
        };
        into.push(LinkRow {
            report,
            url_id: None,
            first_hop: None,
            judged_in: None,
            certificate_ends: None,
            copy_kept: false,
            good_kept: false,
            news: false,
        });
    }
    Ok(())
}

/// Hops of the newest attempt; row by row for the reason given in `facts::chain`.
fn hops(sql: &Connection, first: i64) -> rusqlite::Result<Vec<Hop>> {
    let last: i64 = sql
        .prepare_cached("SELECT last_id FROM capture WHERE id = ?")?
        .query_row([first], |row| row.get(0))?;
    let mut statement = sql.prepare_cached(
        "SELECT u.url, c.status, c.transport FROM capture c JOIN url u ON u.id = c.url_id WHERE c.id = ?",
    )?;
    (first..=last)
        .map(|id| {
            statement.query_row([id], |row| {
                Ok(Hop {
                    url: row.get(0)?,
                    status: row.get(1)?,
                    transport: word(row, 2)?,
                })
            })
        })
        .collect()
}

/// A link as the article has it: by target and fragment, or as written when it has no target.
#[derive(PartialEq, Eq, Hash)]
pub(super) enum Written {
    Target(i64, String),
    Raw(String),
}

/// Anchor text and place of every link in a version of an article.
pub(super) type Places = HashMap<Written, Vec<(String, PlaceInArticle)>>;

pub(super) fn places(sql: &Connection, version: i64) -> rusqlite::Result<Places> {
    let mut places = Places::new();
    let mut statement = sql.prepare_cached(
        "SELECT l.target_id, coalesce(l.fragment, ''), coalesce(o.raw, ''), l.anchor, l.ordinal, o.line, o.column,
             o.section, l.place
         FROM link l LEFT JOIN occurrence o USING (page_version_id, ordinal)
         WHERE l.page_version_id = ?1 AND l.role = ?2 ORDER BY l.ordinal",
    )?;
    let mut rows = statement.query(params![version, Role::Cite.code()])?;
    while let Some(row) = rows.next()? {
        let key = match row.get::<_, Option<i64>>(0)? {
            Some(target) => Written::Target(target, row.get(1)?),
            None => Written::Raw(row.get(2)?),
        };
        let place = PlaceInArticle {
            ordinal: row.get(4)?,
            line: row.get(5)?,
            column: row.get(6)?,
            section: row.get(7)?,
            place: Place::of_code(row.get(8)?),
        };
        places.entry(key).or_default().push((row.get(3)?, place));
    }
    Ok(places)
}

pub(super) fn detail(sql: &Connection, places: &mut Places, link: &mut LinkRow) -> rusqlite::Result<()> {
    if let Some(first) = link.first_hop {
        link.report.hops = hops(sql, first)?;
    }
    if let Some(url) = link.url_id {
        link.report.notes = sql
            .prepare_cached("SELECT text FROM note WHERE url_id = ? AND removed_at IS NULL ORDER BY at, id")?
            .query_map([url], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
    }
    let key = match link.url_id {
        Some(target) => Written::Target(target, link.fragment.clone().unwrap_or_default()),
        None => Written::Raw(link.url.clone()),
    };
    let found = places.remove(&key).unwrap_or_default();
    link.report.anchor = found
        .iter()
        .map(|(anchor, _)| anchor)
        .find(|a| !a.is_empty())
        .cloned()
        .unwrap_or_default();
    link.report.places = found.into_iter().map(|(_, place)| place).collect();
    Ok(())
}
