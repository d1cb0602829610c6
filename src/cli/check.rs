//! `check`: articles and links visited again; or files checked without an archive.

use std::collections::BTreeSet;

use super::{
    CLEAN,
    args::{CheckArgs, Global},
    changed,
    config::{self, Config},
    context::{self, Project, SystemClock},
    dry_run,
    error::CliError,
    lists::{Gathered, Named},
    snapshot::{self, Known, OfJob, Session, Tell},
    writing,
};
use crate::{
    archive::{Archive, ReportScope},
    crawl::{self, Summary},
    model::{
        article::{Article, Seed},
        report::LinkName,
        run::RunKind,
        time::Clock,
        url::Url,
        verdict::Class,
    },
};

/// Which links of the articles are looked at.
#[derive(Debug, Default)]
pub struct Chosen {
    /// These; `None`: all.
    pub only: Option<BTreeSet<LinkName>>,
    /// Addresses that no request is made for.
    pub left_out: Vec<Url>,
}

pub fn run(global: &Global, args: CheckArgs) -> Result<u8, CliError> {
    let mut config = Config::load(global, args.crawl.clone())?;
    // Known links are visited; what they link to is not.
    config.crawl.depth = Some(1);
    let fail_on = context::failing_classes(&args.fail_on)?;
    if let (true, Some(base)) = (args.changed_only, &args.base) {
        return changed::run(global, &args, &config, &fail_on, base);
    }
    if !args.articles.is_empty() && !knows_all(&config, &args.articles)? {
        if args.budget.is_some() {
            return Err(CliError::usage(
                "--budget spends visits by what the archive knows, and one of these articles is not in it",
                "`evercite snapshot` takes it in",
            ));
        }
        let seeds = args.articles.iter().map(|name| snapshot::seed(name, None, None));
        let seeds = seeds.collect::<Result<Vec<_>, _>>()?;
        return without_archive(global, &args, &config, &fail_on, &seeds, Chosen::default());
    }
    with_archive(global, &args, &config, &fail_on, &args.articles, Chosen::default())
}

/// Visits articles of the archive: these, or all of them.
pub fn with_archive(
    global: &Global,
    args: &CheckArgs,
    config: &Config,
    fail_on: &[Class],
    names: &[String],
    links: Chosen,
) -> Result<u8, CliError> {
    let clock = SystemClock::default();
    let settings = config::crawl_settings(&config.crawl, clock.now())?;
    let fetcher = config::fetcher(&config.crawl)?;
    let archive = Archive::open(&config.archive)?.durable(args.write.durable);
    let _lock = match args.dry_run {
        true => None,
        false => Some(writing::lock(&archive, global, &args.write)?),
    };
    let mut articles = chosen(&archive, names)?;
    if args.dry_run {
        let reader = archive.reader()?;
        if names.is_empty() && !global.quiet && !(reader.watches()?.is_empty() && reader.followed()?.is_empty()) {
            context::note(
                "what is new in watched lists and followed files is not looked for here; `check` takes it in",
            );
        }
        return dry_run::check(&archive, &articles, &settings.scope, &args.output, clock.now());
    }
    let session = |fetcher| Session {
        global,
        archive: &archive,
        project: Project::of(archive.path()),
        fetcher,
        clock: &clock,
    };
    let how = |articles: &[Article], only| Tell {
        only_findings: true,
        keeps_archive: true,
        articles: (!names.is_empty()).then(|| articles.iter().map(|article| article.id).collect()),
        only,
    };
    match snapshot::of_job(global, &archive)? {
        Some(OfJob::Whole) => return Ok(CLEAN),
        Some(OfJob::Unfinished(run)) => {
            let crawl = snapshot::settings_of(&run, config.crawl.clone())?;
            let fetcher = config::fetcher(&crawl)?;
            let session = session(&fetcher);
            let summary = session.go_on(&run.0, &crawl)?;
            return finish(&session, &summary, args, fail_on, &how(&articles, links.only));
        }
        None => {}
    }
    let session = session(&fetcher);
    let mut gathered = Gathered::default();
    if names.is_empty() {
        gathered = session.read_lists(&Named::default(), &config.crawl, &settings)?;
        session.follow(&mut gathered, false)?;
        articles.retain(|article| !gathered.gone.contains(&article.locator));
    }
    if articles.is_empty() && gathered.seeds.is_empty() && gathered.gone.is_empty() {
        if gathered.read + gathered.watched_unread > 0 {
            return snapshot::without_articles(&gathered);
        }
        return Err(CliError::usage(
            "there is no article to check",
            "`evercite snapshot SOURCE` takes one in, `evercite add FOLDER` follows files",
        ));
    }
    let known = Known {
        resting: session.resting(&articles, &settings, args.which())?,
        left_out: links.left_out,
        gone: gathered.gone.into_iter().collect(),
        ..Known::default()
    };
    let summary = session.check(&articles, &gathered.seeds, known, &config.crawl, &settings)?;
    finish(&session, &summary, args, fail_on, &how(&articles, links.only))
}

/// Whether the archive has all of these articles.
pub fn knows_all(config: &Config, wanted: &[String]) -> Result<bool, CliError> {
    if !config.archive.exists() {
        return Ok(false);
    }
    let archive = Archive::open(&config.archive)?;
    let (reader, project) = (archive.reader()?, Project::of(archive.path()));
    for name in wanted {
        if context::exact_article(&reader, &project, name)?.is_none() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The articles of those names; without names, all on the list.
pub fn chosen(archive: &Archive, wanted: &[String]) -> Result<Vec<Article>, CliError> {
    let reader = archive.reader()?;
    if wanted.is_empty() {
        return Ok(reader.articles()?);
    }
    let project = Project::of(archive.path());
    wanted
        .iter()
        .map(|name| context::find_article(&reader, &project, name))
        .collect()
}

/// For people who only want to know: a temporary archive, gone when the report is printed.
pub fn without_archive(
    global: &Global,
    args: &CheckArgs,
    config: &Config,
    fail_on: &[Class],
    seeds: &[Seed],
    links: Chosen,
) -> Result<u8, CliError> {
    if args.dry_run {
        let scope = config::crawl_settings(&config.crawl, SystemClock::default().now())?.scope;
        return dry_run::snapshot(seeds, &scope, &args.output);
    }
    // What nobody will look at is not asked for.
    let mut crawl = config.crawl.clone();
    crawl.assets = None;
    let folder = tempfile::tempdir().map_err(|e| CliError::failed(format!("no temporary folder: {e}"), ""))?;
    let clock = SystemClock::default();
    let settings = config::crawl_settings(&crawl, clock.now())?;
    let fetcher = config::fetcher(&crawl)?;
    let archive = Archive::create(&folder.path().join("check.db"))?;
    let session = Session {
        global,
        archive: &archive,
        project: Project::here(),
        fetcher: &fetcher,
        clock: &clock,
    };
    let known = Known {
        left_out: links.left_out,
        ..Known::default()
    };
    let summary = session.snapshot(seeds, known, &crawl, &settings)?;
    let how = Tell {
        only_findings: true,
        keeps_archive: false,
        articles: None,
        only: links.only,
    };
    finish(&session, &summary, args, fail_on, &how)
}

/// Tells what was found in the articles that were checked, and fails on what was found in them.
fn finish(
    session: &Session<'_>,
    summary: &Summary,
    args: &CheckArgs,
    fail_on: &[Class],
    how: &Tell,
) -> Result<u8, CliError> {
    let told = session.tell(summary, &args.output, how)?;
    if summary.unfinished {
        return Ok(CLEAN);
    }
    let totals = match told.totals {
        Some(totals) => totals,
        None => {
            let scope = ReportScope {
                articles: how.articles.clone(),
                only: how.only.clone(),
                ..ReportScope::default()
            };
            session.archive.reader()?.report(&scope, session.clock.now())?.totals
        }
    };
    Ok(match context::verdict_code(&totals, fail_on) {
        // Nothing to tell of links; but an article may have been out of reach.
        CLEAN => told.code,
        found => found,
    })
}

/// Which links a check visits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Links {
    All,
    /// Without those that are failing and need not be asked yet.
    Due,
    /// So many a day.
    Worth(u32),
}

impl CheckArgs {
    fn which(&self) -> Links {
        match (self.budget, self.due) {
            (Some(budget), _) => Links::Worth(budget),
            (None, true) => Links::Due,
            (None, false) => Links::All,
        }
    }
}

impl Session<'_> {
    /// Visits articles and all their links again, and takes in what is new in watched lists and followed files.
    pub fn check(
        &self,
        articles: &[Article],
        new: &[Seed],
        known: Known,
        args: &super::args::CrawlArgs,
        settings: &crawl::Settings,
    ) -> Result<Summary, CliError> {
        let writer = self.archive.writer()?;
        let known = Known {
            articles: articles.iter().map(|article| (article.id, article.kind)).collect(),
            ..known
        };
        let (run, once) = self.begin(&writer, RunKind::Check, args, new, known)?;
        self.work(&writer, &run, settings, once)
    }

    /// Rows of the addresses that a check does not visit.
    fn resting(&self, articles: &[Article], settings: &crawl::Settings, which: Links) -> Result<Vec<i64>, CliError> {
        let (reader, now) = (self.archive.reader()?, self.clock.now());
        Ok(match which {
            Links::All => Vec::new(),
            Links::Due => crawl::resting(&reader, now)?,
            Links::Worth(budget) => {
                let share = crawl::Revisits::of(&reader, articles, &settings.scope, budget)?.share(now);
                if !self.global.quiet {
                    context::note(&format!(
                        "{} of {} links are visited, with a budget of {budget} a day",
                        share.visited, share.links
                    ));
                }
                share.left_out
            }
        })
    }
}
