//! Worker threads: from an exchange to what the writer commits. Undo the content coding, hash, look
//! whether the archive holds the bytes, and only if not: read the page and encode it.

use std::{
    sync::{Arc, Mutex, PoisonError, mpsc as channel},
    thread::JoinHandle,
};

use tokio::sync::mpsc;

use super::{
    Settings,
    reading::{Reading, said},
};
use crate::{
    archive::{Archive, ArchiveError, Chosen, FirstPages, OpenRun, Reader, Unstored, Writer, WriterHandle, pack},
    fetch::{HELD_TO_READ, Spool, decode},
    model::{
        capture::{Answer, Capture, Exchange, Outcome, Purpose, Revisit, Spooled, Truncated},
        digest::{EncodedDigest, PayloadDigest},
        page::PageKind,
        run::{Assets, Attempt, Body, Committed, PackedPage, Prepared, Prior, RunKind, Task, TaskEnd},
        url::{self, RawHref, Url},
        verdict::{Access, Transport},
    },
    verdict::access,
};

/// An attempt as the driver hands it over.
pub(super) struct Chain {
    pub task: Option<Task>,
    pub purpose: Purpose,
    pub hops: Vec<Exchange>,
    pub end: TaskEnd,
    /// Body bytes it carries.
    pub weight: u64,
}

/// What became of it.
pub(super) struct News {
    pub task: Option<Task>,
    pub weight: u64,
    pub outcome: Result<Committed, ArchiveError>,
}

/// The threads. They end when this is dropped, after the work they have.
pub(super) struct Workers {
    jobs: Option<channel::Sender<Chain>>,
    threads: Vec<JoinHandle<()>>,
}

impl Workers {
    pub fn start(
        archive: &Archive,
        writer: &Writer,
        told: mpsc::UnboundedSender<News>,
        run: &OpenRun,
        settings: &Settings,
        max_body: usize,
    ) -> Result<Self, ArchiveError> {
        let (jobs, queue) = channel::channel::<Chain>();
        let queue = Arc::new(Mutex::new(queue));
        let first_pages = Arc::new(FirstPages::default());
        let count = std::thread::available_parallelism().map_or(2, |n| n.get()).min(16);
        let mut threads = Vec::with_capacity(count);
        for number in 0..count {
            let worker = Worker {
                reader: archive.reader()?,
                first_pages: Arc::clone(&first_pages),
                writer: writer.handle(),
                told: told.clone(),
                run_id: run.id,
                kind: run.kind,
                depth: settings.depth,
                assets: settings.assets,
                knows_volatile: archive.reader()?.knows_volatile()?,
                noarchive_agent: settings.obey_noarchive.then(|| settings.robots_agent.clone()),
                max_body,
            };
            let queue = Arc::clone(&queue);
            let name = format!("worker-{number}");
            let thread = std::thread::Builder::new()
                .name(name)
                .spawn(move || worker.run(&queue))
                .map_err(|e| ArchiveError::Sql(format!("cannot start a worker thread: {e}")))?;
            threads.push(thread);
        }
        Ok(Self {
            jobs: Some(jobs),
            threads,
        })
    }

    pub fn send(&self, chain: Chain) {
        if let Some(jobs) = &self.jobs {
            // Fails only when every worker has panicked; the run then ends by its panic.
            let _ = jobs.send(chain);
        }
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        drop(self.jobs.take());
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

/// What the log will say was acknowledged, where anyone reads it: addresses, and the digest of a body that was new.
fn said_of(hops: &[Prepared]) -> Vec<(String, Option<String>)> {
    let said = |hop: &Prepared| {
        let digest = match &hop.body {
            Body::New { digest, .. } | Body::Large { digest, .. } => Some(digest.hex()),
            _ => None,
        };
        (hop.exchange.url.to_string(), digest)
    };
    match tracing::enabled!(tracing::Level::DEBUG) {
        true => hops.iter().map(said).collect(),
        false => Vec::new(),
    }
}

/// A page that others of its host can be stored against once the writer has it.
struct First {
    url: Url,
    digest: PayloadDigest,
    bytes: Vec<u8>,
}

pub(super) struct Worker {
    pub(super) reader: Reader,
    first_pages: Arc<FirstPages>,
    writer: WriterHandle,
    told: mpsc::UnboundedSender<News>,
    run_id: i64,
    kind: RunKind,
    depth: u32,
    assets: Assets,
    /// Whether of any page it is known what changes on it by itself.
    knows_volatile: bool,
    /// The name under which we are asked to keep no copy; `None` when that is not obeyed.
    noarchive_agent: Option<String>,
    pub(super) max_body: usize,
}

/// A body on its way through a worker.
enum Received {
    /// Decoded, in memory.
    Bytes(Vec<u8>),
    /// As it came, in a temporary file.
    Spooled(Spooled),
}

impl Worker {
    fn run(self, queue: &Mutex<channel::Receiver<Chain>>) {
        loop {
            let next = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let Ok(chain) = next else { return };
            self.work(chain);
        }
    }

    fn work(&self, chain: Chain) {
        let Chain {
            task,
            purpose,
            hops,
            end,
            weight,
        } = chain;
        let depth = task.as_ref().map_or(0, |task| task.depth);
        let leads_on = matches!(purpose, Purpose::Article | Purpose::Citation);
        let follow = task.is_some() && leads_on && depth < self.depth;
        // A snapshot keeps the assets of every page it visits, a check those of what is new: what is held
        // has brought them before.
        let assets = self.assets.are_kept(purpose);
        let again = self.kind == RunKind::Snapshot && (assets || purpose == Purpose::Asset);
        let last = hops.len().saturating_sub(1);
        let prior = task.as_ref().and_then(|task| task.prior.clone());
        let asked = hops.first().map(|hop| hop.url.clone());
        let mut firsts = Vec::new();
        let volatile = match hops
            .last()
            .filter(|_| self.knows_volatile && purpose == Purpose::Citation)
        {
            Some(hop) => self.reader.volatile(&hop.url),
            None => Ok(Vec::new()),
        };
        let prepare = |volatile: Vec<u64>, firsts: &mut Vec<_>| {
            hops.into_iter()
                .enumerate()
                .map(|(position, exchange)| {
                    let reading = Reading {
                        asked: asked.as_ref().filter(|_| position > 0),
                        purpose,
                        depth,
                        again: again || follow && purpose == Purpose::Citation,
                        assets,
                        last: position == last,
                        volatile: &volatile,
                    };
                    self.prepare(exchange, prior.as_ref().filter(|_| position == last), reading, firsts)
                })
                .collect::<Result<Vec<Prepared>, ArchiveError>>()
        };
        let prepared = volatile.and_then(|volatile| prepare(volatile, &mut firsts));
        let told = self.told.clone();
        let back = task.clone();
        match prepared {
            Ok(hops) => {
                let said = said_of(&hops);
                let attempt = Attempt {
                    run_id: self.run_id,
                    task,
                    purpose,
                    hops,
                    end,
                    follow,
                };
                self.writer.commit(attempt, move |outcome| {
                    if outcome.is_ok() {
                        for (url, sha256) in said {
                            tracing::debug!(url, sha256, "acknowledged");
                        }
                    }
                    // The driver is gone only when the run has failed already.
                    let _ = told.send(News {
                        task: back,
                        weight,
                        outcome,
                    });
                });
                for First { url, digest, bytes } in firsts {
                    self.first_pages.enter(&url, digest, bytes);
                }
            }
            Err(error) => {
                let _ = told.send(News {
                    task: back,
                    weight,
                    outcome: Err(error),
                });
            }
        }
    }

    fn prepare(
        &self,
        mut exchange: Exchange,
        prior: Option<&Prior>,
        reading: Reading<'_>,
        firsts: &mut Vec<First>,
    ) -> Result<Prepared, ArchiveError> {
        let (transport, access) = access::read(&exchange.outcome);
        let mut capture = Capture::new(transport, access);
        let bytes = match &mut exchange.outcome {
            Outcome::Failed { detail, .. } | Outcome::NotAsked { detail, .. } => {
                capture.detail = Some(std::mem::take(detail));
                None
            }
            Outcome::Local { media_type, body, .. } => {
                capture.media_type = Some((*media_type).to_owned());
                capture.charset = Some("utf-8".to_owned()).filter(|_| std::str::from_utf8(body).is_ok());
                Some(Received::Bytes(std::mem::take(body)))
            }
            Outcome::Answer(answer) => self.read_answer(&exchange.url, answer, prior, &mut capture)?,
        };
        let (body, page) = match bytes {
            Some(Received::Spooled(spooled)) => {
                let agent = self.noarchive_agent.as_deref();
                let withheld = agent.is_some_and(|agent| reading.asks_for_no_copy(&exchange, None, agent));
                (self.large(&exchange, &spooled, &mut capture, withheld)?, None)
            }
            Some(Received::Bytes(bytes)) => {
                let read = self.body(&exchange, &bytes, &mut capture, reading)?;
                if let Body::New {
                    digest, for_host: true, ..
                } = read.0
                {
                    let url = exchange.url.clone();
                    firsts.push(First { url, digest, bytes });
                }
                read
            }
            None => (Body::None, None),
        };
        Ok(Prepared {
            exchange,
            capture,
            body,
            page,
        })
    }

    /// Fills in what the head says, and returns the decoded body, if there is one to keep.
    fn read_answer(
        &self,
        url: &Url,
        answer: &mut Answer,
        prior: Option<&Prior>,
        capture: &mut Capture,
    ) -> Result<Option<Received>, ArchiveError> {
        let header = |name: &str| answer.header(name).map(str::to_owned);
        capture.status = Some(answer.status);
        (capture.media_type, capture.charset) = answer.content_type();
        (capture.etag, capture.last_modified) = (header("etag"), header("last-modified"));
        capture.truncated = answer.truncated;
        capture.detail = answer.detail.clone();
        if (300..400).contains(&answer.status) && answer.status != 304 {
            capture.location = header("location").map(|to| match url::resolve(url, &RawHref(to.clone())) {
                Ok(target) => target.url.to_string(),
                Err(_) => to,
            });
        }
        if answer.status == 304 {
            match prior {
                Some(prior) => {
                    capture.revisit = Some(Revisit::NotModified);
                    capture.refers_to = Some(prior.capture_id);
                    capture.payload_id = Some(prior.payload_id);
                    capture.media_type = prior.media_type.clone();
                    capture.charset = prior.charset.clone();
                    capture.etag = capture.etag.take().or_else(|| prior.etag.clone());
                    capture.last_modified = capture.last_modified.take().or_else(|| prior.last_modified.clone());
                }
                None => {
                    capture.transport = Transport::Malformed;
                    capture.detail = Some("304 Not Modified to a request without conditions".into());
                }
            }
            return Ok(None);
        }
        if let Some(spooled) = answer.spooled.take() {
            (capture.encoded_sha256, capture.encoded_length) = (Some(spooled.sha256), Some(spooled.length));
            return Ok(Some(Received::Spooled(spooled)));
        }
        let encoded = std::mem::take(&mut answer.encoded);
        capture.encoded_sha256 = Some(EncodedDigest::of(&encoded));
        capture.encoded_length = Some(encoded.len() as u64);
        let coding = answer.header("content-encoding").unwrap_or("").to_owned();
        // What is short as it came may be long once it is decoded.
        let long = match self.max_body > HELD_TO_READ && !coding.is_empty() {
            true => Some(encoded.clone()),
            false => None,
        };
        let decoded = decode::decode(encoded, &coding, self.max_body.min(HELD_TO_READ));
        if let Some(encoded) = long.filter(|_| decoded.truncated == Some(Truncated::Length)) {
            let spool = Spool::begin(&encoded).map_err(|e| ArchiveError::from_spool(&e))?;
            return Ok(Some(Received::Spooled(spool.end())));
        }
        capture.truncated = capture.truncated.or(decoded.truncated);
        capture.detail = capture.detail.take().or(decoded.detail);
        Ok(Some(Received::Bytes(decoded.bytes)))
    }

    fn body(
        &self,
        exchange: &Exchange,
        bytes: &[u8],
        capture: &mut Capture,
        reading: Reading<'_>,
    ) -> Result<(Body, Option<PackedPage>), ArchiveError> {
        let digest = match (&capture.encoded_sha256, capture.encoded_length) {
            // Without a content coding both digests are of the same bytes.
            (Some(encoded), Some(length)) if is_identity(exchange) && length == bytes.len() as u64 => {
                PayloadDigest(encoded.0)
            }
            _ => PayloadDigest::of(bytes),
        };
        let media_type = capture.media_type.as_deref().unwrap_or("");
        let charset = capture.charset.as_deref().unwrap_or("");
        let is_article = reading.purpose == Purpose::Article;
        let held = self
            .reader
            .held(&digest, &exchange.url, media_type, charset, is_article)?;
        let known = held.as_ref().and_then(|held| held.read.as_ref());
        let kept = held.as_ref().is_some_and(|held| held.kept);
        let page = match reading.again || known.is_none() || !kept {
            true => reading.read(exchange, bytes, capture),
            false => None,
        };
        reading.look_for_a_wall(exchange, bytes, said(page.as_ref(), known), capture);
        // What a wall says is kept as bytes; it is no page of this address, to be searched or followed.
        let page = page.filter(|_| capture.access == Access::Open);
        let agent = self.noarchive_agent.as_deref();
        let withheld = agent.is_some_and(|agent| reading.asks_for_no_copy(exchange, page.as_ref(), agent));
        let page = page
            .map(|page| pack(page, is_article, withheld, bytes, &exchange.url))
            .transpose()?;
        if withheld && !kept {
            let why = "not kept: the site asks for no copies (noarchive)";
            capture.detail.get_or_insert_with(|| why.to_owned());
        }
        let body = match held {
            Some(held) if held.kept || withheld => {
                capture.revisit = Some(Revisit::IdenticalPayload);
                Body::Held {
                    payload_id: held.payload_id,
                }
            }
            None if withheld => Body::Withheld {
                digest,
                length: bytes.len() as u64,
            },
            _ => {
                let Chosen { blob, for_host } = self.reader.encode(
                    &Unstored {
                        bytes,
                        url: &exchange.url,
                        media_type: capture.media_type.as_deref(),
                        status: capture.status,
                        is_page: page.as_ref().is_some_and(|packed| packed.page.kind == PageKind::Html),
                    },
                    &self.first_pages,
                )?;
                Body::New {
                    digest,
                    length: bytes.len() as u64,
                    blob,
                    for_host,
                }
            }
        };
        Ok((body, page))
    }
}

fn is_identity(exchange: &Exchange) -> bool {
    match &exchange.outcome {
        Outcome::Answer(answer) => answer
            .header("content-encoding")
            .is_none_or(|coding| coding == "identity"),
        _ => false,
    }
}
