//! The citation graph, read back.

use rusqlite::{Row, params_from_iter};

use super::{
    Reader, Result,
    read::{time, word},
};
use crate::model::{
    article::Article,
    graph::{Graph, GraphLink, GraphPage, Part, Source},
    verdict::Class,
};

/// Citations `ci` that are in an article `a` of the list now.
const PRESENT: &str = "citation ci CROSS JOIN article a ON a.id = ci.article_id AND a.removed_at IS NULL
    WHERE ci.state = 'present'";

impl Reader {
    /// A part of the citation graph: all of it, or what has to do with one article. Of [`Part::MostCited`], `limit`
    /// pages at most.
    pub fn graph(&self, part: Part, article: Option<&Article>, limit: usize) -> Result<Graph> {
        let _snapshot = self.at_once()?;
        let name = article.map(|article| article.locator.as_str());
        let id = article.map(|article| article.id);
        let links = match part {
            Part::MostCited => return Ok(Graph::of_pages(part, name, self.most_cited(id, limit)?)),
            Part::Orphans => return Ok(Graph::of_pages(part, name, self.orphans(id)?)),
            Part::Citations => self.citing(own(id), id)?,
            Part::CitedTogether => self.citing(&cited_together(id), id)?,
            Part::CitingDead => {
                let mut links = self.citing(&format!("ci.url_id IN ({})", dead(id)), id)?;
                links.extend(self.pages_citing_dead(id)?);
                links
            }
        };
        Ok(Graph::of_links(part, name, links))
    }

    /// Links of articles, article by article.
    fn citing(&self, which: &str, article: Option<i64>) -> Result<Vec<GraphLink>> {
        self.ask(|sql| {
            sql.prepare(&format!(
                "SELECT a.locator, coalesce(p.title, ''), u.url, nullif(ci.fragment, ''), coalesce(v.class, 'unchecked')
                 FROM citation ci JOIN article a ON a.id = ci.article_id AND a.removed_at IS NULL
                 JOIN url u ON u.id = ci.url_id LEFT JOIN verdict v ON v.id = ci.verdict_id
                 LEFT JOIN page_version p ON p.id = a.page_version_id
                 WHERE ci.state = 'present' AND {which} ORDER BY a.id, ci.id"
            ))?
            .query_map(params_from_iter(article), |row| link(row, Source::Article))?
            .collect()
        })
    }

    /// Links of archived pages, as they were when they last came, to pages that articles found dead.
    fn pages_citing_dead(&self, article: Option<i64>) -> Result<Vec<GraphLink>> {
        self.ask(|sql| {
            sql.prepare(&format!(
                "SELECT DISTINCT s.url, v.title, u.url, nullif(l.fragment, ''), 'dead'
                 FROM ({}) d CROSS JOIN link l ON l.target_id = d.url_id AND l.role = 0
                 CROSS JOIN page_version v ON v.id = l.page_version_id OR v.links_of = l.page_version_id
                 CROSS JOIN url s ON s.id = v.url_id CROSS JOIN url u ON u.id = d.url_id
                 WHERE NOT EXISTS (SELECT 1 FROM article a WHERE a.url_id = v.url_id)
                     AND v.payload_id = (SELECT c.payload_id FROM capture c WHERE c.url_id = v.url_id
                         AND c.payload_id IS NOT NULL ORDER BY c.at DESC, c.id DESC LIMIT 1)
                 ORDER BY u.url, s.url",
                dead(article)
            ))?
            .query_map(params_from_iter(article), |row| link(row, Source::Page))?
            .collect()
        })
    }

    fn most_cited(&self, article: Option<i64>, limit: usize) -> Result<Vec<GraphPage>> {
        // Of an article: its own links, each with all articles that cite the same.
        let own = article.map_or(String::new(), |_| {
            "AND ci.url_id IN (SELECT own.url_id FROM citation own WHERE own.article_id = ?1 AND own.state = 'present')"
                .to_owned()
        });
        let most = i64::try_from(limit).unwrap_or(i64::MAX);
        let mut pages: Vec<(i64, GraphPage)> = self.ask(|sql| {
            sql.prepare(&format!(
                "SELECT t.url_id, u.url, t.articles, (SELECT count(DISTINCT v.url_id) FROM link l
                     CROSS JOIN page_version v ON v.id = l.page_version_id WHERE l.target_id = t.url_id AND l.role = 0
                         AND NOT EXISTS (SELECT 1 FROM article a WHERE a.url_id = v.url_id))
                 FROM (SELECT ci.url_id, count(DISTINCT ci.article_id) AS articles FROM {PRESENT} {own}
                     GROUP BY ci.url_id ORDER BY articles DESC, ci.url_id LIMIT {most}) t
                 CROSS JOIN url u ON u.id = t.url_id ORDER BY t.articles DESC, u.url"
            ))?
            .query_map(params_from_iter(article), |row| {
                let page = GraphPage {
                    url: row.get(1)?,
                    class: None,
                    articles: row.get::<_, i64>(2)? as u64,
                    pages: Some(row.get::<_, i64>(3)? as u64),
                    last_captured: None,
                };
                Ok((row.get(0)?, page))
            })?
            .collect()
        })?;
        for (url, page) in &mut pages {
            let classes: Vec<Class> = self.ask(|sql| {
                sql.prepare_cached(&format!(
                    "SELECT coalesce((SELECT v.class FROM verdict v WHERE v.id = ci.verdict_id), 'unchecked')
                     FROM {PRESENT} AND ci.url_id = ?"
                ))?
                .query_map([*url], |row| word(row, 0))?
                .collect()
            })?;
            page.class = classes.into_iter().min();
        }
        Ok(pages.into_iter().map(|(_, page)| page).collect())
    }

    /// What was cited once and captured, and is cited no more.
    fn orphans(&self, article: Option<i64>) -> Result<Vec<GraphPage>> {
        self.ask(|sql| {
            sql.prepare(&format!(
                "SELECT u.url, max(c.at) FROM
                     (SELECT DISTINCT once.url_id FROM citation once WHERE {}) t
                 CROSS JOIN url u ON u.id = t.url_id
                 CROSS JOIN capture c ON c.url_id = t.url_id AND c.purpose = 'citation'
                 WHERE NOT EXISTS (SELECT 1 FROM {PRESENT} AND ci.url_id = t.url_id)
                 GROUP BY t.url_id ORDER BY u.url",
                article.map_or("1", |_| "once.article_id = ?1")
            ))?
            .query_map(params_from_iter(article), |row| {
                Ok(GraphPage {
                    url: row.get(0)?,
                    class: None,
                    articles: 0,
                    pages: None,
                    last_captured: Some(time(row, 1)?),
                })
            })?
            .collect()
        })
    }
}

fn own(article: Option<i64>) -> &'static str {
    article.map_or("1", |_| "ci.article_id = ?1")
}

/// Which citations are of pages that another article cites too.
fn cited_together(article: Option<i64>) -> String {
    match article {
        None => format!(
            "ci.url_id IN (SELECT ci.url_id FROM {PRESENT} GROUP BY ci.url_id HAVING count(DISTINCT ci.article_id) > 1)"
        ),
        Some(_) => format!(
            "ci.url_id IN (SELECT own.url_id FROM citation own WHERE own.article_id = ?1 AND own.state = 'present'
                AND EXISTS (SELECT 1 FROM {PRESENT} AND ci.url_id = own.url_id AND ci.article_id <> ?1))"
        ),
    }
}

/// The addresses that a link of an article, of this one if of one, is dead at.
fn dead(article: Option<i64>) -> String {
    format!(
        "SELECT DISTINCT ci.url_id FROM {PRESENT} AND {}
             AND (SELECT v.class FROM verdict v WHERE v.id = ci.verdict_id) = 'dead'",
        own(article)
    )
}

fn link(row: &Row<'_>, source: Source) -> rusqlite::Result<GraphLink> {
    Ok(GraphLink {
        source,
        from: row.get(0)?,
        title: row.get(1)?,
        to: row.get(2)?,
        fragment: row.get(3)?,
        class: word(row, 4)?,
    })
}
