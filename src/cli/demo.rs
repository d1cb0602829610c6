//! `demo`: the product's own pipeline on a small bundled web, a year apart.

use std::{collections::HashMap, net::SocketAddr, sync::Arc, time::Duration};

use super::{
    CLEAN,
    args::{CrawlArgs, DemoArgs, Global},
    config,
    context::{self, Project, SystemClock},
    error::CliError,
    snapshot::{self, Known, Session},
};
use crate::{
    archive::{Archive, ReportScope},
    demo::{ARTICLE, DemoWeb},
    fetch::Fetcher,
    model::time::Clock,
    report,
};

const DEFAULT_ARCHIVE: &str = "snapshots/demo.db";
const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);

pub fn run(global: &Global, _: &DemoArgs) -> Result<u8, CliError> {
    let path = global.archive.clone().unwrap_or_else(|| DEFAULT_ARCHIVE.into());
    clear(&path)?;
    // The web has threads of its own, so that the crawler's runtime is used as always.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .map_err(|e| CliError::failed(format!("the network runtime cannot start: {e}"), ""))?;
    let web = runtime
        .block_on(DemoWeb::start())
        .map_err(|e| CliError::failed(format!("the demo's web cannot listen on loopback: {e}"), ""))?;
    let archive = Archive::create(&path)?;
    let _lock = archive.lock()?;

    say(
        global,
        &format!(
            "A small web is up on {}: an article and {} pages that it cites.\n",
            web.addr(),
            DemoWeb::cited()
        ),
    )?;
    let first = SystemClock::default();
    let args = crawl_args();
    let settings = config::crawl_settings(&args, first.now())?;
    let fetcher = fetcher(&args, &web)?;
    let session = Session {
        global,
        archive: &archive,
        project: Project::of(archive.path()),
        fetcher: &fetcher,
        clock: &first,
    };
    let seed = snapshot::seed(ARTICLE, None, None)?;
    let summary = session.snapshot(&[seed], Known::default(), &args, &settings)?;
    say(
        global,
        &format!(
            "{}: snapshot taken, {} pages kept.\n",
            first.now().date(),
            summary.progress.done
        ),
    )?;

    web.a_year_passes();
    let later = SystemClock { ahead: YEAR };
    let fetcher = self::fetcher(&args, &web)?;
    let session = Session {
        global,
        archive: &archive,
        project: Project::of(archive.path()),
        fetcher: &fetcher,
        clock: &later,
    };
    let articles = archive.reader()?.articles()?;
    session.check(&articles, &[], Known::default(), &args, &settings)?;
    say(
        global,
        &format!(
            "{}: a year has passed; every link was visited again.\n\n",
            later.now().date()
        ),
    )?;

    let found = archive.reader()?.report(&ReportScope::default(), later.now())?;
    let style = context::style(false);
    let mut text = report::text(&found, style);
    text.push_str("\nWhat the words mean\n");
    text.push_str(&report::legend(&found.totals, style));
    text.push_str(&next_steps(&path.to_string_lossy()));
    context::print(&text)?;
    Ok(CLEAN)
}

/// A demo begins anew; only its own file is ever removed.
fn clear(path: &std::path::Path) -> Result<(), CliError> {
    if !path.exists() {
        return Ok(());
    }
    let archive = Archive::open(path)?;
    let is_demo = archive
        .reader()?
        .articles()?
        .iter()
        .all(|article| article.locator == ARTICLE);
    if !is_demo {
        return Err(CliError::usage(
            format!("{} holds other articles than the demo's", path.display()),
            "name another file with --archive, or leave it out",
        ));
    }
    for suffix in ["", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        match std::fs::remove_file(&name) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                return Err(CliError::failed(
                    format!("{} could not be replaced: {e}", path.display()),
                    "name another file with --archive",
                ));
            }
            _ => {}
        }
    }
    Ok(())
}

/// The demo disturbs nobody: no pauses between requests, and no second tries.
fn crawl_args() -> CrawlArgs {
    CrawlArgs {
        host_request_interval: Some(Duration::ZERO),
        host_concurrency: Some(0),
        timeout: Some(Duration::from_secs(5)),
        max_retries: Some(0),
        ..CrawlArgs::default()
    }
}

/// A client for which the demo's names, and no others, exist.
fn fetcher(args: &CrawlArgs, web: &DemoWeb) -> Result<Arc<Fetcher>, CliError> {
    let names: HashMap<String, SocketAddr> = web
        .hosts()
        .into_iter()
        .map(|host| (host.to_owned(), web.addr()))
        .collect();
    config::closed_fetcher(args, names)
}

fn say(global: &Global, text: &str) -> Result<(), CliError> {
    if global.quiet { Ok(()) } else { context::print(text) }
}

fn next_steps(path: &str) -> String {
    format!(
        "
The archive stays at {path}. Try on it:
  evercite --archive {path} report --all
  evercite --archive {path} show http://quayside-notes.example/2023/04/forty-minutes-to-the-other-side
  evercite --archive {path} search bridge
  evercite --archive {path} query 'SELECT url, reason FROM dead_links'
And then on an article of your own:
  evercite snapshot https://example.org/article
"
    )
}
