//! `--dry-run`: what a run would ask for, without asking for anything or writing anywhere.

use std::{collections::HashSet, fmt::Write as _};

use super::{CLEAN, args::OutputArgs, args::OutputFormat, context, error::CliError};
use crate::{
    archive::{Archive, ReportScope},
    frontier::Scope,
    model::{
        article::{Article, Seed},
        link::Role,
        time::Timestamp,
        url::Url,
        verdict::Class,
    },
};

/// What would become of the articles and links of a run.
#[derive(Debug, Default, serde::Serialize)]
struct Plan {
    articles: Vec<Planned>,
}

#[derive(Debug, serde::Serialize)]
struct Planned {
    article: String,
    /// In words, where not all can be known beforehand.
    note: Option<&'static str>,
    would_fetch: Vec<String>,
    left_out: Vec<LeftOut>,
    /// Addresses in either list: a page may link to one many times.
    #[serde(skip)]
    seen: HashSet<String>,
}

#[derive(Debug, serde::Serialize)]
struct LeftOut {
    url: String,
    reason: String,
}

impl Planned {
    fn new(article: &str) -> Self {
        Self {
            article: article.to_owned(),
            note: None,
            would_fetch: Vec::new(),
            left_out: Vec::new(),
            seen: HashSet::new(),
        }
    }

    fn fetch(&mut self, url: &Url) {
        if self.seen.insert(url.to_string()) {
            self.would_fetch.push(url.to_string());
        }
    }

    fn link(&mut self, url: &Url, scope: &Scope) {
        match scope.refuses(url) {
            Some(why) => self.leave_out(url.as_str(), &why),
            None => self.fetch(url),
        }
    }

    fn leave_out(&mut self, url: &str, reason: &str) {
        if self.seen.insert(url.to_owned()) {
            let (url, reason) = (url.to_owned(), reason.to_owned());
            self.left_out.push(LeftOut { url, reason });
        }
    }
}

/// For `snapshot`: local articles are read, those of the web only named.
pub fn snapshot(seeds: &[Seed], scope: &Scope, output: &OutputArgs) -> Result<u8, CliError> {
    let articles = seeds.iter().map(|seed| {
        let mut planned = Planned::new(&seed.locator);
        if let Some(url) = &seed.url {
            planned.fetch(url);
            planned.note = Some("its links are known once it has been fetched");
        }
        if let Some(document) = &seed.document {
            let page = context::page_of(document);
            for link in page.links.iter().filter(|link| link.role == Role::Cite) {
                match &link.target {
                    Ok(target) => planned.link(&target.url, scope),
                    Err(skip) => planned.leave_out(&link.raw.0, skip.as_str()),
                }
            }
        }
        planned
    });
    tell(
        &Plan {
            articles: articles.collect(),
        },
        output,
    )
}

/// For `check`: articles and links as the archive has them.
pub fn check(
    archive: &Archive,
    articles: &[Article],
    scope: &Scope,
    output: &OutputArgs,
    now: Timestamp,
) -> Result<u8, CliError> {
    let wanted = ReportScope {
        articles: Some(articles.iter().map(|article| article.id).collect()),
        all: true,
        ..ReportScope::default()
    };
    let report = archive.reader()?.report(&wanted, now)?;
    let mut plan = Plan::default();
    for article in articles {
        let mut planned = Planned::new(&article.locator);
        planned.note = Some("links new in the article are visited too");
        if let Ok(url) = Url::parse(&article.locator) {
            planned.fetch(&url);
        }
        let own = report.links.iter().filter(|link| link.article == article.locator);
        for link in own.filter(|link| link.state == "present") {
            match Url::parse(&link.url) {
                Ok(url) if link.class != Class::Skipped => planned.link(&url, scope),
                _ => planned.leave_out(&link.url, &link.reason),
            }
        }
        plan.articles.push(planned);
    }
    tell(&plan, output)
}

fn tell(plan: &Plan, output: &OutputArgs) -> Result<u8, CliError> {
    if output.format == OutputFormat::Json {
        let text = serde_json::to_string_pretty(plan)
            .map_err(|e| CliError::failed(format!("the plan cannot be written: {e}"), ""))?;
        context::print(&format!("{text}\n"))?;
        return Ok(CLEAN);
    }
    let mut out = String::new();
    let (mut fetched, mut left) = (0, 0);
    for article in &plan.articles {
        let _ = writeln!(out, "{}", article.article);
        if let Some(note) = article.note {
            let _ = writeln!(out, "  ({note})");
        }
        for url in &article.would_fetch {
            let _ = writeln!(out, "  fetch     {url}");
        }
        for one in &article.left_out {
            let _ = writeln!(out, "  leave out {}: {}", one.url, one.reason);
        }
        fetched += article.would_fetch.len();
        left += article.left_out.len();
    }
    let _ = writeln!(
        out,
        "\n{fetched} would be asked for, {left} left out; robots.txt of each site has its say when the run comes.\nNothing was fetched, and nothing written."
    );
    context::print(&out)?;
    Ok(CLEAN)
}
