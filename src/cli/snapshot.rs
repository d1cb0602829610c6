//! `snapshot` and `resume`; and running a crawl, for every verb that does.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use tokio::sync::watch;

use super::{
    CLEAN, FAILED,
    args::{CitedAt, CrawlArgs, Global, OutputArgs, OutputFormat, ResumeArgs, SnapshotArgs},
    config::{self, Config},
    context::{self, Documents, Project, SystemClock},
    dry_run,
    error::CliError,
    lists::{Gathered, Named},
    progress::Bar,
    schedule,
    telling::Telling,
    writing,
};
use crate::{
    archive::{Archive, News, OpenRun, Reader, ReportScope, Writer},
    crawl::{self, Summary},
    fetch::Fetcher,
    model::{
        article::{ArticleKind, Document, Seed},
        digest::PayloadDigest,
        list::ListKind,
        report::{LinkName, Totals},
        run::RunKind,
        time::{Clock, Timestamp},
        url::Url,
    },
    report,
    source::{self, Source},
};

pub fn run(global: &Global, args: SnapshotArgs) -> Result<u8, CliError> {
    let config = Config::load(global, args.crawl)?;
    let base = args.base_url.as_deref().map(base_url).transpose()?;
    let mut names = args.sources;
    if let Some(list) = &args.files_from {
        let text = String::from_utf8_lossy(&context::read_input(list)?).into_owned();
        names.extend(source::list(&text).map(str::to_owned));
    }
    let day = args.cited_at.and_then(CitedAt::day);
    if args.from.is_empty() && args.cited_at == Some(CitedAt::Published) {
        return Err(CliError::usage(
            "--cited-at published goes with --from: only lists tell when an entry came out",
            "write the day itself, such as 2016-02-05",
        ));
    }
    let mut seeds = names
        .iter()
        .map(|name| seed(name, day, base.clone()))
        .collect::<Result<Vec<_>, _>>()?;
    if seeds.is_empty() && args.from.is_empty() {
        return Err(nothing_to_keep());
    }
    let clock = SystemClock::default();
    let settings = config::crawl_settings(&config.crawl, clock.now())?;
    if args.dry_run {
        return dry_run::snapshot(&seeds, &settings.scope, &args.output);
    }
    let fetcher = config::fetcher(&config.crawl)?;
    let archive = Archive::create(&config.archive)?.durable(args.write.durable);
    let _lock = writing::lock(&archive, global, &args.write)?;
    match of_job(global, &archive)? {
        Some(OfJob::Whole) => return Ok(CLEAN),
        Some(OfJob::Unfinished(run)) => return go_on(global, &archive, config.crawl, run, &args.output),
        None => {}
    }
    let session = Session {
        global,
        archive: &archive,
        project: Project::of(archive.path()),
        fetcher: &fetcher,
        clock: &clock,
    };
    let named = Named {
        lists: &args.from,
        watch: args.watch,
        cited_at: args.cited_at,
        base,
    };
    let mut gathered = session.read_lists(&named, &config.crawl, &settings)?;
    session.follow(&mut gathered, true)?;
    seeds.append(&mut gathered.seeds);
    if seeds.is_empty() && gathered.gone.is_empty() {
        return without_articles(&gathered);
    }
    let known = Known {
        gone: std::mem::take(&mut gathered.gone).into_iter().collect(),
        ..Known::default()
    };
    let summary = session.snapshot(&seeds, known, &config.crawl, &settings)?;
    let how = Tell {
        only_findings: false,
        keeps_archive: true,
        articles: None,
        only: None,
    };
    let code = session.tell(&summary, &args.output, &how)?.code;
    Ok(if gathered.named_unread > 0 { FAILED } else { code })
}

fn nothing_to_keep() -> CliError {
    CliError::usage(
        "there is nothing to keep",
        "name an article, or a list that is not empty",
    )
}

/// The end of a run whose lists gave no article, as was said of each.
pub fn without_articles(gathered: &Gathered) -> Result<u8, CliError> {
    if gathered.is_in_vain() {
        let hint = match gathered.watched_unread {
            0 => "check the address, or name the articles themselves",
            _ => "`evercite list --watched` shows what is watched and followed; `evercite remove` ends that",
        };
        let what = "there is nothing to do: no list could be read, and no folder looked through";
        return Err(CliError::failed(what, hint));
    }
    Ok(if gathered.named_unread > 0 { FAILED } else { CLEAN })
}

pub fn resume(global: &Global, args: ResumeArgs) -> Result<u8, CliError> {
    let config = Config::load(global, args.crawl)?;
    let archive = Archive::open(&config.archive)?.durable(args.write.durable);
    let _lock = writing::lock(&archive, global, &args.write)?;
    let Some(unfinished) = archive.reader()?.unfinished_run()? else {
        if !global.quiet {
            context::print("There is no unfinished run.\n")?;
        }
        return Ok(CLEAN);
    };
    go_on(global, &archive, config.crawl, unfinished, &args.output)
}

/// Goes on with an unfinished run by its own settings, and tells what it found.
fn go_on(
    global: &Global,
    archive: &Archive,
    crawl: CrawlArgs,
    unfinished: (OpenRun, String),
    output: &OutputArgs,
) -> Result<u8, CliError> {
    let is_check = unfinished.0.kind == RunKind::Check;
    let clock = SystemClock::default();
    let crawl = settings_of(&unfinished, crawl)?;
    let session = Session {
        global,
        archive,
        project: Project::of(archive.path()),
        fetcher: &config::fetcher(&crawl)?,
        clock: &clock,
    };
    let summary = session.go_on(&unfinished.0, &crawl)?;
    let how = Tell {
        only_findings: is_check,
        keeps_archive: true,
        articles: None,
        only: None,
    };
    Ok(session.tell(&summary, output, &how)?.code)
}

/// The settings of an unfinished run, laid over with what is said now.
pub fn settings_of(unfinished: &(OpenRun, String), crawl: CrawlArgs) -> Result<CrawlArgs, CliError> {
    let stored: CrawlArgs = serde_json::from_str(&unfinished.1).map_err(|e| {
        CliError::failed(
            format!("the settings of the unfinished run cannot be read: {e}"),
            "begin a new one with `evercite check`",
        )
    })?;
    Ok(config::lay_over(crawl, stored))
}

/// What there is already of the time of a job that this process is for.
pub enum OfJob {
    /// Its run came to its end, in a process that nobody waited for.
    Whole,
    /// A run of the job that was left unfinished, now or at a time before, with its settings.
    Unfinished((OpenRun, String)),
}

/// What there is already of the job that this process is for, under the lock of runs. `None`: it is to be begun.
pub fn of_job(global: &Global, archive: &Archive) -> Result<Option<OfJob>, CliError> {
    let Some(row) = global.job_run else { return Ok(None) };
    let reader = archive.reader()?;
    let kept = reader.job_run(row)?;
    if kept.began.is_some_and(|(_, finished)| finished) {
        return Ok(Some(OfJob::Whole));
    }
    Ok(match reader.unfinished_run()? {
        Some(unfinished) if reader.is_run_of_job(unfinished.0.id, kept.job_id)? => Some(OfJob::Unfinished(unfinished)),
        _ => None,
    })
}

/// Reads what an argument names.
pub fn seed(name: &str, cited_at: Option<Timestamp>, base: Option<Url>) -> Result<Seed, CliError> {
    let bad = |why: String| {
        CliError::usage(
            why,
            "an article is an address, a Markdown, HTML or text file, or - for standard input",
        )
    };
    Ok(
        match source::classify(name, std::path::Path::new(name).exists()).map_err(bad)? {
            Source::Web(url) => Seed {
                kind: ArticleKind::Web,
                locator: url.to_string(),
                url: Some(url),
                cited_at,
                document: None,
            },
            Source::File(path) => {
                let document = source::document(&path, context::read_input(&path)?, base).map_err(bad)?;
                if source::list_kind(&document.bytes) == Some(ListKind::Bookmarks) {
                    context::note(&format!(
                        "{path} is kept as one article that cites all its bookmarks; `--from {path}` would make an article of each"
                    ));
                }
                Seed {
                    kind: ArticleKind::File,
                    locator: path,
                    url: None,
                    cited_at,
                    document: Some(document),
                }
            }
            Source::Stdin => {
                let document = source::document("standard input", context::read_stdin()?, base).map_err(bad)?;
                let digest = PayloadDigest::of(&document.bytes).hex();
                let locator = format!("stdin:{}", &digest[..12]);
                Seed {
                    kind: ArticleKind::Stdin,
                    locator,
                    url: None,
                    cited_at,
                    document: Some(document),
                }
            }
        },
    )
}

fn base_url(text: &str) -> Result<Url, CliError> {
    Url::parse(text)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https"))
        .ok_or_else(|| {
            CliError::usage(
                format!("--base-url {text:?} is no web address"),
                "write it with http:// or https://",
            )
        })
}

/// The locator that a file had before it moved: of a known file that is gone, and read the same.
pub fn moved_from(
    reader: &Reader,
    project: &Project,
    digest: &PayloadDigest,
    locator: &str,
) -> Result<Option<String>, CliError> {
    let same = reader.files_with(digest)?;
    Ok(same
        .into_iter()
        .find(|old| old != locator && !project.path(old).exists()))
}

/// What the archive needs to know of an article before it is read.
fn without_bytes(seed: &Seed) -> Seed {
    let document = seed.document.as_ref().map(|document| Document {
        bytes: Vec::new(),
        media_type: document.media_type,
        base: document.base.clone(),
    });
    Seed {
        kind: seed.kind,
        locator: seed.locator.clone(),
        url: seed.url.clone(),
        cited_at: seed.cited_at,
        document,
    }
}

/// Threads that talk to the network.
const NETWORK_THREADS: usize = 2;

/// Articles of the archive that a run visits again.
#[derive(Debug, Default)]
pub struct Known {
    /// Rows, each with its kind.
    pub articles: Vec<(i64, ArticleKind)>,
    /// Rows of addresses that are left alone.
    pub resting: Vec<i64>,
    /// Addresses that are left alone too.
    pub left_out: Vec<Url>,
    /// Locators of articles that go off the list, because their files are gone.
    pub gone: Vec<String>,
}

/// What every run needs.
pub struct Session<'a> {
    pub global: &'a Global,
    pub archive: &'a Archive,
    /// What local files are named relative to.
    pub project: Project,
    pub fetcher: &'a Arc<Fetcher>,
    pub clock: &'a SystemClock,
}

impl Session<'_> {
    /// Takes articles in and runs.
    pub fn snapshot(
        &self,
        seeds: &[Seed],
        known: Known,
        args: &CrawlArgs,
        settings: &crawl::Settings,
    ) -> Result<Summary, CliError> {
        let writer = self.archive.writer()?;
        let (run, once) = self.begin(&writer, RunKind::Snapshot, args, seeds, known)?;
        self.work(&writer, &run, settings, once)
    }

    /// Begins a run with all its tasks, giving up one that was left unfinished: known articles are visited again,
    /// those of `seeds` taken in. Returns what was read of local ones.
    ///
    /// In one transaction: a run that is killed has either not begun, or all of its work to go on with.
    pub fn begin(
        &self,
        writer: &Writer,
        kind: RunKind,
        args: &CrawlArgs,
        seeds: &[Seed],
        known: Known,
    ) -> Result<(OpenRun, HashMap<Url, Document>), CliError> {
        let stored = serde_json::to_string(args)
            .map_err(|e| CliError::failed(format!("the settings cannot be stored: {e}"), ""))?;
        let named = self.named(seeds)?;
        let now = self.clock.now();
        let job_run = self.global.job_run;
        let (given_up, run, taken) = writer.call(move |ingest| {
            let given_up = ingest.abandon_runs(now)?;
            let run = ingest.begin_run(kind, now, &stored)?;
            if let Some(job_run) = job_run {
                ingest.job_run_began(job_run, run.id)?;
            }
            ingest.leave_out(run.id, &known.resting, now)?;
            ingest.leave_out_addresses(run.id, &known.left_out, now)?;
            for (id, kind) in known.articles {
                // What came once on standard input cannot be read again; its links can.
                if kind != ArticleKind::Stdin {
                    ingest.add_article_task(run.id, id, now)?;
                }
                ingest.add_citation_tasks(run.id, id, now)?;
            }
            let mut taken = Vec::with_capacity(named.len());
            for (seed, locator, moved_from) in &named {
                taken.push(ingest.take_article(run.id, seed, locator, moved_from.as_deref(), now)?);
            }
            // Those that moved have another locator by now.
            for locator in &known.gone {
                ingest.file_is_gone(locator, now)?;
            }
            Ok((given_up, run, taken))
        })?;
        if given_up > 0 && !self.global.quiet {
            context::note("an unfinished run was given up for this one (`evercite resume` would have gone on with it)");
        }
        let documents = taken
            .into_iter()
            .zip(seeds)
            .filter_map(|(taken, seed)| Some((taken.url, seed.document.clone()?)));
        Ok((run, documents.collect()))
    }

    /// Goes on with a run that was begun before.
    pub fn go_on(&self, run: &OpenRun, args: &CrawlArgs) -> Result<Summary, CliError> {
        let settings = config::crawl_settings(args, self.clock.now())?;
        let writer = self.archive.writer()?;
        if let Some(job_run) = self.global.job_run {
            let run_id = run.id;
            writer.call(move |ingest| ingest.job_run_began(job_run, run_id))?;
        }
        self.work(&writer, run, &settings, HashMap::new())
    }

    /// Articles with the locators that the archive knows them by, and those that they had before they moved.
    fn named(&self, seeds: &[Seed]) -> Result<Vec<(Seed, String, Option<String>)>, CliError> {
        let project = &self.project;
        let reader = self.archive.reader()?;
        let mut named = Vec::with_capacity(seeds.len());
        for seed in seeds {
            let locator = match seed.kind {
                ArticleKind::File => project.locator(&seed.locator),
                _ => seed.locator.clone(),
            };
            let digest = match (&seed.document, seed.kind) {
                (Some(document), ArticleKind::File) => Some(PayloadDigest::of(&document.bytes)),
                // A file that went since it was found is told of when its turn comes.
                (None, ArticleKind::File) => std::fs::read(&seed.locator).ok().map(|bytes| PayloadDigest::of(&bytes)),
                _ => None,
            };
            let moved_from = match digest {
                Some(digest) => moved_from(&reader, project, &digest, &locator)?,
                None => None,
            };
            named.push((without_bytes(seed), locator, moved_from));
        }
        Ok(named)
    }

    /// Works a run to its end; Ctrl-C once stops it in order, twice at once.
    pub fn work(
        &self,
        writer: &Writer,
        run: &OpenRun,
        settings: &crawl::Settings,
        once: HashMap<Url, Document>,
    ) -> Result<Summary, CliError> {
        let reader = self.archive.reader()?;
        let documents = Documents {
            reader: &reader,
            project: &self.project,
            once,
        };
        let bar = Bar::new(self.global, run.kind.as_str());
        // More than one thread: a host that floods its connection keeps a thread busy, and the others have
        // to be heard all the same.
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(NETWORK_THREADS)
            .enable_all()
            .build()
            .map_err(|e| CliError::failed(format!("the network runtime cannot start: {e}"), ""))?;
        let summary = runtime.block_on(async {
            let (stop, stopped) = watch::channel(false);
            tokio::spawn(interrupts(stop, self.global.job_run.is_some()));
            let read_local = |url: &Url| documents.read(url);
            let with = crawl::Edges {
                fetcher: self.fetcher,
                clock: self.clock,
                read_local: &read_local,
                observer: &bar,
            };
            crawl::run(self.archive, writer, run, settings, with, stopped).await
        });
        bar.finish();
        let summary = summary?;
        writing::settle(self.archive)?;
        Ok(summary)
    }
}

async fn interrupts(stop: watch::Sender<bool>, is_job: bool) {
    tokio::select! {
        pressed = tokio::signal::ctrl_c() => match pressed {
            Ok(()) => context::note("stopping: what is in flight is finished and kept; press Ctrl-C again to leave at once"),
            Err(_) => return,
        },
        () = schedule::runner_gone(), if is_job => {
            context::note("stopping: what is in flight is finished and kept; the next runner goes on");
        }
    }
    // The crawl has ended when nobody listens.
    let _ = stop.send(true);
    if tokio::signal::ctrl_c().await.is_ok() {
        std::process::exit(130);
    }
}

/// How a run is told of.
pub struct Tell {
    /// Only the report, without a word on what was kept.
    pub only_findings: bool,
    /// Whether the archive is still there afterwards.
    pub keeps_archive: bool,
    /// The articles it covers; `None`: every article on the list.
    pub articles: Option<Vec<i64>>,
    /// The links it covers; `None`: all of these articles.
    pub only: Option<BTreeSet<LinkName>>,
}

/// What a run came to, once told.
pub struct Told {
    /// 1 when an article itself could not be kept.
    pub code: u8,
    /// Of the articles covered, where the report had to be made.
    pub totals: Option<Totals>,
}

impl Session<'_> {
    /// Says what a run found.
    pub fn tell(&self, summary: &Summary, output: &OutputArgs, how: &Tell) -> Result<Told, CliError> {
        let untold = |code| Told { code, totals: None };
        if summary.unfinished {
            let left = summary.progress.total - summary.progress.done;
            let what = if summary.progress.assets > 0 {
                "links and assets"
            } else {
                "links"
            };
            context::note(&format!("stopped with {left} {what} to go; `evercite resume` goes on"));
            return Ok(untold(CLEAN));
        }
        let reader = self.archive.reader()?;
        let unread = reader.unread_articles(summary.run_id)?;
        for (article, why) in &unread {
            context::note(&format!("{article} could not be read: {why}"));
        }
        if summary.deferred > 0 && !self.global.quiet {
            let links = count(summary.deferred, "link");
            context::note(&format!(
                "{links} left for a later run: their hosts want to be left alone for now"
            ));
        }
        let code = if unread.is_empty() { CLEAN } else { FAILED };
        let changed = summary.outage || !summary.news.is_empty();
        if self.global.quiet && !changed {
            return Ok(untold(code));
        }
        let news = self.global.quiet.then_some(News::InRun(summary.run_id));
        let scope = ReportScope {
            articles: how.articles.clone(),
            only: how.only.clone(),
            all: output.all,
            news,
            certificates_until: output.certificates_until(self.clock.now()),
        };
        let found = reader.report(&scope, self.clock.now())?;
        let bare = how.only_findings || self.global.quiet;
        let telling = Telling {
            global: self.global,
            output,
            archive: how.keeps_archive.then_some(self.archive),
            reader: &reader,
        };
        if output.format != OutputFormat::Text || output.output.is_some() || bare {
            telling.write(&found)?;
            return Ok(Told {
                code,
                totals: Some(found.totals),
            });
        }
        let p = &summary.progress;
        let pages = p.done - p.assets;
        let mut text = format!(
            "Kept {}{} in {} ({} received, {} added).\n\n",
            count(pages.saturating_sub(unread.len() as u64 + summary.deferred), "page"),
            if p.assets > 0 {
                format!(" and {}", count(p.assets, "asset"))
            } else {
                String::new()
            },
            self.archive.path().display(),
            bytes(p.received),
            bytes(p.stored)
        );
        text.push_str(&report::text(&found, context::style(false)));
        text.push_str("\nNext: `evercite report --all` lists every link, `evercite check` looks again.\n");
        context::print(&text)?;
        telling.write_also(&found)?;
        Ok(Told {
            code,
            totals: Some(found.totals),
        })
    }
}

/// `1 link`, `2 links`.
pub fn count(n: u64, what: &str) -> String {
    if n == 1 {
        format!("1 {what}")
    } else {
        format!("{n} {what}s")
    }
}

/// `12 kB`, `3.4 MB`.
fn bytes(n: u64) -> String {
    match n {
        0..1000 => format!("{n} B"),
        1000..1_000_000 => format!("{:.0} kB", n as f64 / 1e3),
        _ => format!("{:.1} MB", n as f64 / 1e6),
    }
}
