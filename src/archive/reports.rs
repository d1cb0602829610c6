//! The rows of a report.

use std::collections::{BTreeMap, HashMap};

use rusqlite::{Connection, OptionalExtension, params};

use super::{
    Reader, Result,
    facts::{scores, sentences},
    read::{time, word},
};
use crate::model::{
    link::Role,
    report::{
        ArticleSummary, Baseline, CertificateEnd, Hop, LinkReport, PlaceInArticle, Report, RunSummary, SCHEMA_VERSION,
        TOTALS_DEFINITION, Totals,
    },
    time::Timestamp,
    url::{self, Skip, Url},
    verdict::Class,
};

/// What a report covers.
#[derive(Debug, Clone, Default)]
pub struct ReportScope {
    /// These articles, or every article on the list.
    pub articles: Option<Vec<i64>>,
    /// Every link, or only those someone may want to know of.
    pub all: bool,
    /// Only links whose verdict became another one in this run.
    pub new_in_run: Option<i64>,
    /// Tell of certificates that end before this.
    pub certificates_until: Option<Timestamp>,
}

impl Reader {
    /// Everything a report tells.
    pub fn report(&self, scope: &ReportScope, now: Timestamp) -> Result<Report> {
        self.ask(|sql| {
            let mut articles: Vec<(i64, Option<i64>, ArticleSummary)> = sql
                .prepare(
                    "SELECT a.id, a.page_version_id, a.locator, coalesce(v.title, ''), a.cited_at,
                         (SELECT max(at) FROM capture c WHERE c.url_id = a.url_id)
                     FROM article a LEFT JOIN page_version v ON v.id = a.page_version_id
                     WHERE a.removed_at IS NULL ORDER BY a.id",
                )?
                .query_map([], |row| {
                    let summary = ArticleSummary {
                        article: row.get(2)?,
                        title: row.get(3)?,
                        cited_at: row.get::<_, Option<i64>>(4)?.map(Timestamp::from_millis),
                        last_captured: row.get::<_, Option<i64>>(5)?.map(Timestamp::from_millis),
                    };
                    Ok((row.get(0)?, row.get(1)?, summary))
                })?
                .collect::<rusqlite::Result<_>>()?;
            articles.retain(|(id, ..)| scope.articles.as_ref().is_none_or(|chosen| chosen.contains(id)));
            let mut totals = Totals {
                definition: TOTALS_DEFINITION,
                ..Totals::default()
            };
            let mut certificates = BTreeMap::new();
            let mut links = Vec::new();
            for (id, version, summary) in &articles {
                let mut own = citations(sql, *id, &summary.article, scope)?;
                if let Some(version) = version {
                    skipped(
                        sql,
                        *version,
                        &summary.article,
                        summary.last_captured.unwrap_or(now),
                        &mut own,
                    )?;
                }
                count(&own, &mut totals);
                expiring(&own, scope.certificates_until, &mut certificates);
                own.retain(|link| scope.wants(link));
                own.sort_by(|a, b| (a.class, &a.url, &a.fragment).cmp(&(b.class, &b.url, &b.fragment)));
                let mut places = version
                    .map(|version| places(sql, version))
                    .transpose()?
                    .unwrap_or_default();
                for link in &mut own {
                    detail(sql, &mut places, link)?;
                }
                links.extend(own.into_iter().map(|row| row.report));
            }
            Ok(Report {
                schema_version: SCHEMA_VERSION,
                generated_at: now,
                last_run: last_run(sql)?,
                articles: articles.into_iter().map(|(_, _, summary)| summary).collect(),
                totals,
                links,
                certificates: by_end(certificates),
            })
        })
    }
}

impl ReportScope {
    fn wants(&self, link: &LinkRow) -> bool {
        let quiet = matches!(link.class, Class::Ok | Class::Skipped) || link.state != "present";
        match self.new_in_run {
            Some(run) => link.judged_in == Some(run) && link.news,
            None => self.all || !quiet,
        }
    }
}

/// A link on its way into the report, with the rows its details hang on.
struct LinkRow {
    report: LinkReport,
    url_id: Option<i64>,
    first_hop: Option<i64>,
    judged_in: Option<i64>,
    /// When the certificate of its host ends.
    certificate_ends: Option<Timestamp>,
    /// Whether the bytes of its baseline are here.
    copy_kept: bool,
    /// Whether its newest verdict says another class than the one before it.
    news: bool,
}

impl std::ops::Deref for LinkRow {
    type Target = LinkReport;
    fn deref(&self) -> &LinkReport {
        &self.report
    }
}

fn citations(sql: &Connection, article: i64, name: &str, scope: &ReportScope) -> rusqlite::Result<Vec<LinkRow>> {
    // A good verdict that still holds was last seen good at the newest check, not when it was first given.
    sql.prepare(
        "SELECT u.url, ci.fragment, ci.state, ci.first_seen_at, v.class, v.transport, v.access, v.resource, v.content,
             v.jaccard, v.containment, v.title_similarity, v.status, v.final_url,
             coalesce(v.reason, (SELECT f.detail FROM capture c JOIN capture f ON f.id = c.last_id
                 WHERE c.url_id = ci.url_id AND c.via_id IS NULL AND f.access = 'deferred' ORDER BY c.id DESC LIMIT 1)),
             v.evidence, v.since,
             v.confirmed, last.at, good.at, base.at, b.chosen, last.id, ci.url_id, v.run_id,
             (SELECT p.blob_id FROM capture e JOIN payload p ON p.id = e.payload_id
              WHERE e.id = base.last_id) IS NOT NULL,
             ?2 IS NOT NULL AND v.class IS NOT coalesce((SELECT o.class FROM verdict o
                 WHERE o.citation_id = ci.id AND o.id < v.id ORDER BY o.id DESC LIMIT 1), 'ok'),
             last.certificate_ends, v.moved_to, v.since_last
         FROM citation ci JOIN url u ON u.id = ci.url_id
         LEFT JOIN verdict v ON v.id = ci.verdict_id
         LEFT JOIN baseline b ON b.id = v.baseline_id
         LEFT JOIN capture base ON base.id = b.capture_id
         LEFT JOIN capture last ON last.id = coalesce(
             (SELECT c.id FROM capture c WHERE c.url_id = ci.url_id AND c.via_id IS NULL
                  AND c.purpose NOT IN ('robots', 'asset', 'probe')
                  AND (SELECT f.access FROM capture f WHERE f.id = c.last_id) <> 'deferred'
              ORDER BY c.at DESC, c.id DESC LIMIT 1), v.capture_id)
         LEFT JOIN capture good ON good.id = CASE
             WHEN v.class IN ('ok', 'moved', 'changed', 'replaced') THEN last.id ELSE v.last_good_id END
         WHERE ci.article_id = ?1",
    )?
    .query_map(params![article, scope.new_in_run], |row| {
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
            article: name.to_owned(),
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
            moved_to: row.get(28)?,
            since_last: judged.map(|_| word(row, 29)).transpose()?,
            hops: Vec::new(),
            reason: row
                .get::<_, Option<String>>(14)?
                .unwrap_or_else(|| "not visited yet".into()),
            evidence: judged.map(|_| sentences(row, 15)).transpose()?.unwrap_or_default(),
            since: millis(16)?,
            confirmed: row.get::<_, Option<bool>>(17)?.unwrap_or(false),
            state: row.get(2)?,
            first_seen: time(row, 3)?,
            last_checked: millis(18)?,
            last_good: millis(19)?,
            baseline,
            anchor: String::new(),
            places: Vec::new(),
        };
        Ok(LinkRow {
            report,
            first_hop: row.get(22)?,
            url_id: row.get(23)?,
            judged_in: judged,
            copy_kept: row.get(25)?,
            news: row.get(26)?,
            certificate_ends: millis(27)?,
        })
    })?
    .collect()
}

/// Links that are recorded but never fetched: one entry for each spelling.
fn skipped(
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
            article: article.to_owned(),
            url: raw,
            fragment: None,
            class: Class::Skipped,
            transport: None,
            access: None,
            resource: None,
            content: None,
            scores: None,
            status: None,
            final_url: None,
            moved_to: None,
            since_last: None,
            hops: Vec::new(),
            reason,
            evidence: vec![skip],
            since: None,
            confirmed: false,
            state: "present".into(),
            first_seen: seen,
            last_checked: None,
            last_good: None,
            baseline: None,
            anchor: String::new(),
            places: Vec::new(),
        };
        into.push(LinkRow {
            report,
            url_id: None,
            first_hop: None,
            judged_in: None,
            certificate_ends: None,
            copy_kept: false,
            news: false,
        });
    }
    Ok(())
}

fn count(links: &[LinkRow], totals: &mut Totals) {
    for link in links {
        if link.state != "present" {
            totals.removed += 1;
            continue;
        }
        totals.links += 1;
        *totals.by_class.entry(link.class.to_string()).or_default() += 1;
        if !matches!(link.class, Class::Skipped | Class::Excluded | Class::Unchecked) {
            totals.checked += 1;
        }
        if matches!(link.class, Class::Dead | Class::Replaced) && link.copy_kept {
            totals.saved += 1;
        }
    }
}

/// Certificates that end before `until`, by host: when, and how many links lead there.
fn expiring(links: &[LinkRow], until: Option<Timestamp>, found: &mut BTreeMap<String, (Timestamp, u64)>) {
    for link in links.iter().filter(|link| link.state == "present") {
        let Some(ends) = link
            .certificate_ends
            .filter(|ends| until.is_some_and(|until| *ends < until))
        else {
            continue;
        };
        if let Ok(url) = Url::parse(&link.url) {
            let host = found.entry(url::host(&url).to_owned()).or_insert((ends, 0));
            *host = (host.0.min(ends), host.1 + 1);
        }
    }
}

fn by_end(found: BTreeMap<String, (Timestamp, u64)>) -> Vec<CertificateEnd> {
    let mut ends: Vec<CertificateEnd> = found
        .into_iter()
        .map(|(host, (ends, links))| CertificateEnd { host, ends, links })
        .collect();
    ends.sort_by_key(|one| one.ends);
    ends
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
enum Written {
    Target(i64, String),
    Raw(String),
}

/// Anchor text and place of every link in a version of an article.
type Places = HashMap<Written, Vec<(String, PlaceInArticle)>>;

fn places(sql: &Connection, version: i64) -> rusqlite::Result<Places> {
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
            place: if row.get::<_, i64>(8)? == 0 { "main" } else { "around" },
        };
        places.entry(key).or_default().push((row.get(3)?, place));
    }
    Ok(places)
}

fn detail(sql: &Connection, places: &mut Places, link: &mut LinkRow) -> rusqlite::Result<()> {
    if let Some(first) = link.first_hop {
        link.report.hops = hops(sql, first)?;
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

fn last_run(sql: &Connection) -> rusqlite::Result<Option<RunSummary>> {
    sql.query_row(
        "SELECT uid, kind, started_at, finished_at, outage FROM run WHERE state = 'finished' ORDER BY id DESC LIMIT 1",
        [],
        |row| {
            Ok(RunSummary {
                uid: row.get(0)?,
                kind: row.get(1)?,
                started_at: time(row, 2)?,
                finished_at: row.get::<_, Option<i64>>(3)?.map(Timestamp::from_millis),
                outage: row.get(4)?,
            })
        },
    )
    .optional()
}
