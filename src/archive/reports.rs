//! The rows of a report.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, OptionalExtension};

use super::{
    Reader, Result,
    links::{LinkRow, Of, detail, links, places, skipped},
    read::time,
    readings::ReadMark,
    source_history::{Told, changes},
};
use crate::model::{
    report::{ArticleSummary, CertificateEnd, LinkName, Report, RunSummary, SCHEMA_VERSION, TOTALS_DEFINITION, Totals},
    rot::Rot,
    time::Timestamp,
    url::{self, Url},
    verdict::Class,
};

/// What a report covers.
#[derive(Debug, Clone, Default)]
pub struct ReportScope {
    /// These articles, or every article on the list.
    pub articles: Option<Vec<i64>>,
    /// These links, or every link of the articles.
    pub only: Option<BTreeSet<LinkName>>,
    /// Every link, or only those someone may want to know of.
    pub all: bool,
    /// Only what became another since.
    pub news: Option<News>,
    /// Tell of certificates that end before this.
    pub certificates_until: Option<Timestamp>,
}

/// Since when something is new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    /// In this run.
    InRun(i64),
    /// Since a reader has read.
    After(ReadMark),
}

impl Reader {
    /// Everything a report tells.
    pub fn report(&self, scope: &ReportScope, now: Timestamp) -> Result<Report> {
        let _moment = self.at_once()?;
        self.ask(|sql| {
            let articles = articles(sql, scope.articles.as_deref())?;
            let mut totals = Totals {
                definition: TOTALS_DEFINITION,
                ..Totals::default()
            };
            let (mut certificates, mut rot) = (BTreeMap::new(), Rot::default());
            let (mut told, mut source_changes) = (Vec::new(), Vec::new());
            for (id, version, summary) in &articles {
                let mut own = links(sql, Of::Article(*id), scope.news)?;
                if scope.only.is_none() {
                    source_changes.extend(changes(sql, *id, scope.changes())?);
                }
                if let Some(version) = version {
                    skipped(
                        sql,
                        *version,
                        &summary.article,
                        summary.last_captured.unwrap_or(now),
                        &mut own,
                    )?;
                }
                if let Some(only) = &scope.only {
                    own.retain(|link| only.contains(&link.report.name()));
                }
                count(&own, &mut totals);
                own.iter().for_each(|link| rot.add(link, summary.cited_at));
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
                told.extend(own.into_iter().map(|row| row.report));
            }
            if let (Some(News::After(mark)), Some(until)) = (scope.news, scope.certificates_until) {
                // Those that ended as soon when it was read were told then.
                let told = mark.at.plus(until.since(now));
                certificates.retain(|_, (ends, _)| *ends >= told);
            }
            let (survival, hosts) = rot.told();
            Ok(Report {
                schema_version: SCHEMA_VERSION,
                generated_at: now,
                new_since: match scope.news {
                    Some(News::After(mark)) => Some(mark.at),
                    _ => None,
                },
                last_run: last_run(sql)?,
                articles: articles.into_iter().map(|(_, _, summary)| summary).collect(),
                totals,
                survival,
                hosts,
                links: told,
                source_changes,
                certificates: by_end(certificates),
            })
        })
    }
}

/// These articles, or all on the list, each with its newest version.
fn articles(sql: &Connection, chosen: Option<&[i64]>) -> rusqlite::Result<Vec<(i64, Option<i64>, ArticleSummary)>> {
    let mut statement = sql.prepare(
        "SELECT a.id, a.page_version_id, a.locator, coalesce(v.title, ''), a.cited_at,
             (SELECT max(at) FROM capture c WHERE c.url_id = a.url_id)
         FROM article a LEFT JOIN page_version v ON v.id = a.page_version_id
         WHERE a.removed_at IS NULL AND a.id BETWEEN ?1 AND ?2 ORDER BY a.id",
    )?;
    let ranges = match chosen {
        Some(chosen) => BTreeSet::from_iter(chosen).into_iter().map(|id| (*id, *id)).collect(),
        None => vec![(i64::MIN, i64::MAX)],
    };
    let mut found = Vec::new();
    for (from, to) in ranges {
        let rows = statement.query_map([from, to], |row| {
            let summary = ArticleSummary {
                article: row.get(2)?,
                title: row.get(3)?,
                cited_at: row.get::<_, Option<i64>>(4)?.map(Timestamp::from_millis),
                last_captured: row.get::<_, Option<i64>>(5)?.map(Timestamp::from_millis),
            };
            Ok((row.get(0)?, row.get(1)?, summary))
        })?;
        for row in rows {
            found.push(row?);
        }
    }
    Ok(found)
}

impl ReportScope {
    fn wants(&self, link: &LinkRow) -> bool {
        let fine = matches!(link.class, Class::Ok | Class::Skipped) && !link.lacks_a_passage();
        let quiet = fine || link.state != "present";
        match self.news {
            Some(News::InRun(run)) => link.judged_in == Some(run) && link.news,
            Some(News::After(_)) => link.state == "present" && link.news,
            None => self.all || !quiet,
        }
    }

    fn changes(&self) -> Told {
        match self.news {
            Some(News::InRun(run)) => Told::OfRun(run),
            Some(News::After(mark)) => Told::After(mark.event),
            None if self.all => Told::All,
            None => Told::OfNewestRun,
        }
    }
}

fn count(links: &[LinkRow], totals: &mut Totals) {
    for link in links {
        if link.state != "present" {
            totals.removed += 1;
            continue;
        }
        totals.links += 1;
        *totals.by_class.entry(link.class.to_string()).or_default() += 1;
        if link.class.is_checked() {
            totals.checked += 1;
        }
        if link.class.is_lost() && link.copy_kept {
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

fn last_run(sql: &Connection) -> rusqlite::Result<Option<RunSummary>> {
    sql.query_row(
        "SELECT uid, kind, started_at, finished_at, outage FROM run WHERE state = 'finished'
         ORDER BY started_at DESC, id DESC LIMIT 1",
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
