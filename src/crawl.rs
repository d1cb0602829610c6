//! The pipeline, readable top to bottom: frontier -> fetch -> read and encode -> one writer -> judge.
//!
//! The only place that joins stages. The driver below is one task that never blocks for long;
//! bodies are read on worker threads (`crawl::prepare`), and everything is acknowledged by the writer
//! before the frontier hears of it.

mod judging;
mod large;
pub mod lists;
mod manners;
mod prepare;
mod reading;
pub mod rejudge;
mod resting;
mod revisit;
mod robots;

use std::{collections::HashMap, sync::Arc, time::Duration};

use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
};

use crate::{
    archive::{Archive, ArchiveError, OpenRun, Reader, Writer},
    fetch::{Fetched, Fetcher, HELD_TO_READ, Request},
    frontier::{Frontier, Heard, Job, Limits, PATIENCE, Scope, Step},
    model::{
        article::Document,
        capture::{Exchange, Outcome, Purpose, Wire},
        run::{Assets, Committed, Prior, RunKind, Task, TaskEnd},
        time::{Clock, Timestamp},
        url::{self, Url},
        verdict::{Access, Class, Transport},
    },
    verdict::{self, access},
};
use judging::{Judge, Wants, Which};
use prepare::{Chain, Workers};
pub use resting::resting;
pub use revisit::Revisits;

/// How a run goes about its work.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Politeness and budgets.
    pub limits: Limits,
    /// Which links are visited.
    pub scope: Scope,
    /// Links followed from an article: 1 is the article and what it links to.
    pub depth: u32,
    /// Attempts after a failure that may pass.
    pub max_retries: u32,
    /// The name that robots.txt files know us by.
    pub robots_agent: String,
    /// Of which pages what they need to look as they did is kept.
    pub assets: Assets,
    /// Whether a site's wish that no copy of a page be kept is obeyed.
    pub obey_noarchive: bool,
    /// Whether new pages that bring no validators are looked at twice, to learn what changes on them by itself.
    pub second_look: bool,
    /// What the user sets of the rules of judging.
    pub policy: verdict::Policy,
}

/// Reads a local article again, by its `urn:` address; the error says why it cannot be read.
pub type ReadLocal<'a> = &'a dyn Fn(&Url) -> Result<Document, String>;

/// The edges a run works through.
#[derive(Clone, Copy)]
pub struct Edges<'a> {
    /// Makes the exchanges.
    pub fetcher: &'a Arc<Fetcher>,
    /// The time.
    pub clock: &'a dyn Clock,
    /// Reads local articles again.
    pub read_local: ReadLocal<'a>,
    /// Is told how it goes.
    pub observer: &'a dyn Observer,
}

/// What can be seen of a run while it goes on.
pub trait Observer {
    /// Something was committed, or work was found.
    fn progress(&self, progress: &Progress);
}

/// Where a run stands.
#[derive(Debug, Clone, Default)]
pub struct Progress {
    /// Tasks known of.
    pub total: u64,
    /// Tasks done.
    pub done: u64,
    /// Assets among them.
    pub assets: u64,
    /// Exchanges in flight.
    pub in_flight: usize,
    /// Answers that say 404 or 410, and names that do not exist.
    pub dead: u64,
    /// Body bytes received.
    pub received: u64,
    /// Bytes the archive grew by.
    pub stored: u64,
}

/// How a run ended.
#[derive(Debug, Clone, Default)]
pub struct Summary {
    /// Row of the run.
    pub run_id: i64,
    /// Counters at the end.
    pub progress: Progress,
    /// Stopped before its end: `resume` goes on with it.
    pub unfinished: bool,
    /// Most hosts failed at once: no verdicts were given.
    pub outage: bool,
    /// Citations whose class became another one, by the new class.
    pub news: HashMap<Class, u64>,
    /// Links left for a later run because their hosts want to be left alone.
    pub deferred: u64,
}

/// Bytes of bodies that may wait for the workers before no more is asked for.
const BACKLOG: u64 = 24 << 20;
/// Tasks of a host loaded at once.
const WINDOW: usize = 64;

/// Works a run to its end, or until `stop` turns true.
pub async fn run(
    archive: &Archive,
    writer: &Writer,
    run: &OpenRun,
    settings: &Settings,
    edges: Edges<'_>,
    mut stop: watch::Receiver<bool>,
) -> Result<Summary, ArchiveError> {
    let Edges {
        fetcher,
        clock,
        read_local,
        observer,
    } = edges;
    let (reader, run_id) = (archive.reader()?, run.id);
    let (told, mut committed) = mpsc::unbounded_channel();
    let workers = Workers::start(archive, writer, told, run, settings, fetcher.max_body())?;
    let mut crawl = Crawl {
        run,
        settings,
        fetcher,
        clock,
        read_local,
        reader: &reader,
        writer,
        frontier: Frontier::new(settings.limits.clone(), settings.scope.clone()),
        workers,
        fetches: JoinSet::new(),
        chains: HashMap::new(),
        uncommitted: 0,
        backlog: 0,
        deferred: 0,
        progress: Progress::default(),
    };
    for (host, count) in reader.waiting(run.id)? {
        crawl.frontier.has_work(&host, count);
    }
    let progress = &mut crawl.progress;
    (progress.total, progress.done, progress.assets) = reader.progress(run.id)?;

    let mut summary = Summary {
        run_id: run.id,
        ..Summary::default()
    };
    let mut judge = Judge::new(&reader, writer, run.id, &settings.policy).looking_twice(settings.second_look);
    let mut open: Option<Vec<i64>> = None;
    loop {
        crawl.drain(&mut committed, &mut stop, observer).await?;
        let (total, done, _) = reader.progress(run.id)?;
        summary.unfinished = done < total;
        if summary.unfinished {
            break;
        }
        let begun = clock.now();
        let which = open.as_deref().map_or(Which::All, Which::Open);
        let wants = judge.pass(archive, which, begun, &mut summary)?;
        tracing::info!(took = ?clock.now().since(begun), news = ?summary.news, open = wants.citations.len(), "judged");
        if wants.is_empty() {
            let (outage, at) = (summary.outage, clock.now());
            writer.call(move |ingest| ingest.finish_run(run_id, at, outage))?;
            break;
        }
        open = Some(crawl.want(wants)?);
    }
    summary.progress = crawl.progress.clone();
    summary.deferred = crawl.deferred;
    crawl.remember(crawl.frontier.states(clock.now()));
    Ok(summary)
}

/// What comes back from the network.
enum Done {
    Page(Box<Job>, Box<Fetched>),
    Robots(Url, crate::frontier::RobotsState, robots::Asked),
}

struct Crawl<'a> {
    run: &'a OpenRun,
    settings: &'a Settings,
    fetcher: &'a Arc<Fetcher>,
    clock: &'a dyn Clock,
    read_local: ReadLocal<'a>,
    reader: &'a Reader,
    writer: &'a Writer,
    frontier: Frontier,
    workers: Workers,
    fetches: JoinSet<Done>,
    /// Exchanges of chains that are still under way, by task.
    chains: HashMap<i64, Vec<Exchange>>,
    uncommitted: usize,
    backlog: u64,
    deferred: u64,
    progress: Progress,
}

impl Crawl<'_> {
    /// Works until nothing is left to do, or until it is stopped.
    async fn drain(
        &mut self,
        committed: &mut mpsc::UnboundedReceiver<prepare::News>,
        stop: &mut watch::Receiver<bool>,
        observer: &dyn Observer,
    ) -> Result<(), ArchiveError> {
        let begun = self.clock.now();
        let mut stopping = *stop.borrow();
        loop {
            let wake = if stopping { None } else { self.hand_out()? };
            self.progress.in_flight = self.frontier.in_flight();
            observer.progress(&self.progress);
            if self.fetches.is_empty() && self.uncommitted == 0 && wake.is_none() {
                break;
            }
            tokio::select! {
                Some(done) = self.fetches.join_next(), if !self.fetches.is_empty() => match done {
                    Ok(Done::Page(job, fetched)) => self.answered(job, *fetched)?,
                    Ok(Done::Robots(address, state, asked)) => self.robots_answered(&address, state, asked),
                    Err(panic) => std::panic::resume_unwind(panic.into_panic()),
                },
                Some(news) = committed.recv() => self.acknowledged(news)?,
                () = sleep_until(self.clock, wake), if wake.is_some() => {}
                Ok(()) = stop.changed(), if !stopping => stopping = *stop.borrow(),
            }
        }
        tracing::info!(
            took = ?self.clock.now().since(begun),
            done = self.progress.done,
            received = self.progress.received,
            "the frontier has drained"
        );
        Ok(())
    }

    /// Makes tasks of what the judge would like asked; returns the citations that wait for it.
    fn want(&mut self, wants: Wants) -> Result<Vec<i64>, ArchiveError> {
        let Wants {
            probes,
            seconds,
            citations,
            again,
            due,
        } = wants;
        let (run_id, now) = (self.run.id, self.clock.now());
        let (new, again) = self.writer.call(move |ingest| {
            let mut new = ingest.add_tasks(run_id, &probes, Purpose::Probe, now)?;
            new.extend(ingest.add_tasks(run_id, &seconds, Purpose::Volatile, now)?);
            Ok((new, ingest.ask_again(run_id, &again, due)?))
        })?;
        for (host, count) in new {
            self.progress.total += count;
            self.frontier.has_work(&host, count);
        }
        for (host, count) in again {
            self.progress.done -= count;
            self.frontier.reopened(&host, count);
        }
        Ok(citations)
    }

    /// Does whatever the frontier asks for now. Returns when to ask again, if only time is missing.
    fn hand_out(&mut self) -> Result<Option<Timestamp>, ArchiveError> {
        while self.backlog < BACKLOG {
            let now = self.clock.now();
            match self.frontier.next(now) {
                Step::Fetch(job) if job.url.scheme() == "urn" => self.read_document(job, now),
                Step::Fetch(job) => self.fetch(job, now)?,
                Step::Robots(address) => self.ask_robots(address, now)?,
                Step::Refuse(job, access, detail) => {
                    self.deferred += u64::from(access == Access::Deferred);
                    self.end(job, now, Outcome::NotAsked { access, detail });
                }
                Step::Unreachable(job, transport, detail) => {
                    self.end(job, now, Outcome::Failed { transport, detail });
                }
                Step::Refill(host, after) => {
                    self.recall(&host, now)?;
                    let tasks = self.reader.tasks(self.run.id, &host, after, WINDOW)?;
                    let complete = tasks.len() < WINDOW;
                    self.frontier.refill(&host, tasks, complete);
                }
                Step::WaitUntil(at) => return Ok(Some(at)),
                Step::Idle => return Ok(None),
            }
        }
        Ok(None)
    }

    fn fetch(&mut self, job: Box<Job>, now: Timestamp) -> Result<(), ArchiveError> {
        let fetcher = Arc::clone(self.fetcher);
        let mut job = job;
        job.task.prior = self.prior(&job)?;
        self.fetches.spawn(async move {
            let request = Request {
                url: &job.url,
                prior: job.task.prior.as_ref(),
                cookies: &job.cookies,
                at: now,
                attempt: job.task.attempts,
            };
            let fetched = fetcher.exchange(request).await;
            Done::Page(job, Box::new(fetched))
        });
        Ok(())
    }

    /// What this may be asked for with conditions, if anything.
    fn prior(&self, job: &Job) -> Result<Option<Prior>, ArchiveError> {
        // What is to be followed further must come whole: a 304 brings no links and no assets.
        let purpose = job.task.purpose;
        let follows = purpose == Purpose::Citation && job.task.depth < self.settings.depth;
        let is_snapshot = self.run.kind == RunKind::Snapshot;
        let prior = match () {
            // A second look is for what differs.
            () if purpose == Purpose::Volatile => None,
            () if follows || is_snapshot && self.settings.assets.are_kept(purpose) => None,
            () if job.url == job.task.url => job.task.prior.clone(),
            () => self.reader.prior(&job.url, purpose)?,
        };
        let Some(prior) = prior else { return Ok(None) };
        let leads_further = is_snapshot
            && purpose == Purpose::Asset
            && prior
                .media_type
                .as_deref()
                .is_none_or(|media_type| media_type == "text/css");
        // What was withheld, and is wanted now, would be confirmed and never come.
        let is_withheld = !self.settings.obey_noarchive && !self.reader.keeps(prior.payload_id)?;
        Ok(Some(prior).filter(|_| !leads_further && !is_withheld))
    }

    fn read_document(&mut self, job: Box<Job>, now: Timestamp) {
        let outcome = match (self.read_local)(&job.url) {
            Ok(Document {
                bytes: body,
                media_type,
                base,
            }) => Outcome::Local { media_type, body, base },
            Err(detail) => Outcome::Failed {
                transport: Transport::Other,
                detail,
            },
        };
        self.frontier.release(&job.url, now, 0, &Heard::NOTHING);
        self.end(job, now, outcome);
    }

    fn ask_robots(&mut self, address: Url, now: Timestamp) -> Result<(), ArchiveError> {
        if let Some(state) = robots::cached(self.reader, &address, now, &self.settings.robots_agent)? {
            self.frontier.robots(&address, state, now, &Heard::NOTHING);
            return Ok(());
        }
        let fetcher = Arc::clone(self.fetcher);
        let (agent, retries) = (self.settings.robots_agent.clone(), self.settings.max_retries);
        self.fetches.spawn(async move {
            let (state, asked) = robots::fetch(&fetcher, &address, now, &agent, retries).await;
            Done::Robots(address, state, asked)
        });
        Ok(())
    }

    fn robots_answered(&mut self, address: &Url, state: crate::frontier::RobotsState, asked: robots::Asked) {
        let now = self.clock.now();
        if self.frontier.robots(address, state, now, &asked.heard) {
            self.remember_one(url::host(address), now);
        }
        self.hand_over(None, Purpose::Robots, asked.exchanges, TaskEnd::Done);
    }

    /// An answer or a failure: follow its redirect, try again later, or pass it on to be read.
    fn answered(&mut self, mut job: Box<Job>, fetched: Fetched) -> Result<(), ArchiveError> {
        let now = self.clock.now();
        let bytes = match &fetched.exchange.outcome {
            Outcome::Answer(answer) => answer.received(),
            _ => 0,
        };
        self.progress.received += bytes;
        let host = url::host(&job.url).to_owned();
        let heard = manners::heard(&fetched);
        if self.frontier.release(&job.url, now, bytes, &heard) {
            self.remember_one(&host, now);
        }
        for (name, value) in fetched.cookies {
            job.cookies.retain(|(h, n, _)| !(*h == host && *n == name));
            job.cookies.push((host.clone(), name, value));
        }
        if let Some(to) = redirect_target(&fetched.exchange) {
            let wait = manners::before_redirect(&fetched.waits);
            self.chains.entry(job.task.id).or_default().push(fetched.exchange);
            self.follow(job, to, wait, now)?;
            return Ok(());
        }
        if let Some(detail) = leads_nowhere(&fetched.exchange) {
            self.chains.entry(job.task.id).or_default().push(fetched.exchange);
            let transport = Transport::BadRedirect;
            self.end(job, now, Outcome::Failed { transport, detail });
            return Ok(());
        }
        let (transport, access) = access::read(&fetched.exchange.outcome);
        let again = may_pass(transport, access, &fetched.exchange.outcome) && !manners::outlasts_the_run(&heard);
        let end = match again && job.task.attempts < self.settings.max_retries {
            true => TaskEnd::Retry(now.plus(heard.wait.unwrap_or_default().max(backoff(&job.task)))),
            false => TaskEnd::Done,
        };
        let is_page = !matches!(job.task.purpose, Purpose::Asset | Purpose::Probe | Purpose::Volatile);
        if is_page && end == TaskEnd::Done && is_dead_at_once(transport, &fetched.exchange.outcome) {
            self.progress.dead += 1;
        }
        self.finish(job.task, fetched.exchange, end);
        Ok(())
    }

    /// Goes on along a redirect, after the wait that it asks for.
    fn follow(&mut self, mut job: Box<Job>, to: Url, wait: Duration, now: Timestamp) -> Result<(), ArchiveError> {
        if wait > PATIENCE {
            job.url = to;
            self.deferred += 1;
            let access = Access::Deferred;
            let detail = format!(
                "the redirect asks for a wait until {}; left for a later run",
                now.plus(wait)
            );
            self.end(job, now, Outcome::NotAsked { access, detail });
            return Ok(());
        }
        job.task.due = now.plus(wait);
        self.recall(url::host(&to), now)?;
        if let Err((mut job, transport, detail)) = self.frontier.redirect(job, to.clone()) {
            job.url = to;
            self.end(job, now, Outcome::Failed { transport, detail });
        }
        Ok(())
    }

    /// Ends a task with an outcome for which nobody was asked.
    fn end(&mut self, job: Box<Job>, at: Timestamp, outcome: Outcome) {
        let exchange = Exchange {
            url: job.url,
            at,
            elapsed_ms: 0,
            wire: Wire::default(),
            request_head: Vec::new(),
            outcome,
        };
        self.finish(job.task, exchange, TaskEnd::Done);
    }

    fn finish(&mut self, task: Task, last: Exchange, end: TaskEnd) {
        let mut hops = self.chains.remove(&task.id).unwrap_or_default();
        hops.push(last);
        let purpose = task.purpose;
        self.hand_over(Some(task), purpose, hops, end);
    }

    fn hand_over(&mut self, task: Option<Task>, purpose: Purpose, hops: Vec<Exchange>, end: TaskEnd) {
        let weight = hops.iter().map(|hop| match &hop.outcome {
            // What is in a file takes its turn in memory.
            Outcome::Answer(answer) => answer.received().min(HELD_TO_READ as u64),
            _ => 0,
        });
        let chain = Chain {
            task,
            purpose,
            weight: weight.sum(),
            hops,
            end,
        };
        self.uncommitted += 1;
        self.backlog += chain.weight;
        self.workers.send(chain);
    }

    /// The writer acknowledged an attempt.
    fn acknowledged(&mut self, news: prepare::News) -> Result<(), ArchiveError> {
        self.uncommitted -= 1;
        self.backlog -= news.weight;
        let Committed {
            end,
            new_work,
            stored_bytes,
            ..
        } = news.outcome?;
        self.progress.stored += stored_bytes;
        for (host, count) in new_work {
            self.progress.total += count;
            self.frontier.has_work(&host, count);
        }
        match (news.task, end) {
            (Some(task), TaskEnd::Retry(due)) => self.frontier.retry(task, due),
            (Some(task), TaskEnd::Done) => {
                self.progress.done += 1;
                self.progress.assets += u64::from(task.purpose == Purpose::Asset);
            }
            (None, _) => {}
        }
        Ok(())
    }
}

async fn sleep_until(clock: &dyn Clock, wake: Option<Timestamp>) {
    if let Some(at) = wake {
        tokio::time::sleep(at.since(clock.now()).max(Duration::from_millis(1))).await;
    }
}

/// Where an answer redirects to, without credentials and fragment.
fn redirect_target(exchange: &Exchange) -> Option<Url> {
    let mut to = exchange.url.join(location(exchange)?).ok()?;
    url::strip(&mut to);
    Some(to)
}

/// What is wrong with the address that an answer redirects to.
fn leads_nowhere(exchange: &Exchange) -> Option<String> {
    let location = location(exchange)?;
    let why = exchange.url.join(location).err()?;
    Some(format!("redirects to {location:?}, which is no address: {why}"))
}

fn location(exchange: &Exchange) -> Option<&str> {
    match &exchange.outcome {
        Outcome::Answer(answer) if matches!(answer.status, 301 | 302 | 303 | 307 | 308) => answer.header("location"),
        _ => None,
    }
}

/// Failures that another attempt may not meet.
fn may_pass(transport: Transport, access: Access, outcome: &Outcome) -> bool {
    let status = match outcome {
        Outcome::Answer(answer) => Some(answer.status),
        _ => None,
    };
    match transport {
        // A wall that answers 503 stands there the next time too.
        Transport::Ok if access == Access::BotWall => false,
        Transport::Ok => access == Access::RateLimited || matches!(status, Some(500 | 502 | 503 | 504)),
        Transport::Refused
        | Transport::Reset
        | Transport::DnsFailure
        | Transport::ConnectTimeout
        | Transport::ReadTimeout
        | Transport::Truncated => true,
        _ => false,
    }
}

fn is_dead_at_once(transport: Transport, outcome: &Outcome) -> bool {
    transport == Transport::NoSuchName || matches!(outcome, Outcome::Answer(a) if matches!(a.status, 404 | 410))
}

/// One second, doubled at each attempt, and up to half as much again so that retries spread out.
fn backoff(task: &Task) -> Duration {
    let base = 1000u64 << task.attempts.min(6);
    let spread = (task.id as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
    Duration::from_millis(base + spread % (base / 2 + 1))
}
