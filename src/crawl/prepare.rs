//! Worker threads: from an exchange to what the writer commits. Undo the content coding, hash, look
//! whether the archive holds the bytes, and only if not: read the page and encode it.

use std::{
    sync::{Arc, Mutex, PoisonError, mpsc as channel},
    thread::JoinHandle,
};

use tokio::sync::mpsc;

use crate::{
    archive::{Archive, ArchiveError, HeldPage, Reader, Writer, WriterHandle, encode, pack},
    extract,
    fetch::decode,
    model::{
        capture::{Answer, Capture, Exchange, Outcome, Purpose, Revisit},
        digest::{EncodedDigest, PayloadDigest},
        page::{Page, PageKind},
        run::{Attempt, Body, Committed, PackedPage, Prepared, Prior, Task, TaskEnd},
        url::{self, RawHref, Url},
        verdict::{Access, Transport},
    },
    verdict::{
        access,
        wall::{self, Said, Seen},
    },
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
        run_id: i64,
        depth: u32,
        max_body: usize,
    ) -> Result<Self, ArchiveError> {
        let (jobs, queue) = channel::channel::<Chain>();
        let queue = Arc::new(Mutex::new(queue));
        let count = std::thread::available_parallelism().map_or(2, |n| n.get()).min(16);
        let mut threads = Vec::with_capacity(count);
        for number in 0..count {
            let worker = Worker {
                reader: archive.reader()?,
                writer: writer.handle(),
                told: told.clone(),
                run_id,
                depth,
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

struct Worker {
    reader: Reader,
    writer: WriterHandle,
    told: mpsc::UnboundedSender<News>,
    run_id: i64,
    depth: u32,
    max_body: usize,
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
        let follow = task.as_ref().is_some_and(|task| task.depth < self.depth);
        let last = hops.len().saturating_sub(1);
        let prior = task.as_ref().and_then(|task| task.prior.clone());
        let asked = hops.first().map(|hop| hop.url.clone());
        let prepared: Result<Vec<Prepared>, ArchiveError> = hops
            .into_iter()
            .enumerate()
            .map(|(position, exchange)| {
                let reading = Reading {
                    asked: asked.as_ref().filter(|_| position > 0),
                    purpose,
                    follow: follow && purpose == Purpose::Citation,
                    last: position == last,
                };
                self.prepare(exchange, prior.as_ref().filter(|_| position == last), reading)
            })
            .collect();
        let told = self.told.clone();
        let back = task.clone();
        match prepared {
            Ok(hops) => {
                let attempt = Attempt {
                    run_id: self.run_id,
                    task,
                    purpose,
                    hops,
                    end,
                    follow,
                };
                self.writer.commit(attempt, move |outcome| {
                    // The driver is gone only when the run has failed already.
                    let _ = told.send(News {
                        task: back,
                        weight,
                        outcome,
                    });
                });
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
    ) -> Result<Prepared, ArchiveError> {
        let (transport, access) = access::read(&exchange.outcome);
        let mut capture = blank(transport, access);
        let bytes = match &mut exchange.outcome {
            Outcome::Failed { detail, .. } | Outcome::NotAsked { detail, .. } => {
                capture.detail = Some(std::mem::take(detail));
                None
            }
            Outcome::Local { media_type, body, .. } => {
                capture.media_type = Some((*media_type).to_owned());
                capture.charset = Some("utf-8".to_owned()).filter(|_| std::str::from_utf8(body).is_ok());
                Some(std::mem::take(body))
            }
            Outcome::Answer(answer) => self.read_answer(&exchange.url, answer, prior, &mut capture),
        };
        let (body, page) = match bytes {
            Some(bytes) => self.body(&exchange, &bytes, &mut capture, reading)?,
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
    ) -> Option<Vec<u8>> {
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
            return None;
        }
        let encoded = std::mem::take(&mut answer.encoded);
        capture.encoded_sha256 = Some(EncodedDigest::of(&encoded));
        capture.encoded_length = Some(encoded.len() as u64);
        let coding = answer.header("content-encoding").unwrap_or("").to_owned();
        let decoded = decode::decode(encoded, &coding, self.max_body);
        capture.truncated = capture.truncated.or(decoded.truncated);
        capture.detail = capture.detail.take().or(decoded.detail);
        Some(decoded.bytes)
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
        let wanted = reading.last && reading.purpose != Purpose::Robots && capture.is_good();
        let known = held.as_ref().and_then(|held| held.read.as_ref());
        let page = (wanted && (reading.follow || known.is_none())).then(|| {
            extract::read(&extract::Body {
                bytes,
                media_type: capture.media_type.as_deref(),
                charset: capture.charset.as_deref(),
                url: match &exchange.outcome {
                    Outcome::Local { base: Some(base), .. } => base,
                    _ => &exchange.url,
                },
                local: matches!(exchange.outcome, Outcome::Local { .. }),
            })
        });
        read_wall(exchange, bytes, said(page.as_ref(), known), capture, reading);
        // What a wall says is kept as bytes; it is no page of this address, to be searched or followed.
        let page = page.filter(|_| capture.access == Access::Open);
        let failed = |e| ArchiveError::Sql(format!("a body could not be encoded: {e}"));
        let page = page.map(|page| pack(page, is_article)).transpose().map_err(failed)?;
        let body = match held {
            Some(held) => {
                capture.revisit = Some(Revisit::IdenticalPayload);
                Body::Held {
                    payload_id: held.payload_id,
                }
            }
            None => Body::New {
                digest,
                length: bytes.len() as u64,
                blob: encode(bytes).map_err(failed)?,
            },
        };
        Ok((body, page))
    }
}

/// What a wall is known by in an HTML page, read now or before: the same words give the same reading.
fn said<'a>(page: Option<&'a Page>, known: Option<&'a HeldPage>) -> Option<Said<'a>> {
    let (kind, title, text_length) = match (page, known) {
        (Some(page), _) => (page.kind, page.title.as_str(), page.text.len() as u64),
        (None, Some(known)) => (known.kind, known.title.as_str(), known.text_length),
        (None, None) => return None,
    };
    (kind == PageKind::Html).then_some(Said { title, text_length })
}

/// Looks whether the end of a chain is a wall before the page that was asked for.
fn read_wall(exchange: &Exchange, bytes: &[u8], page: Option<Said<'_>>, capture: &mut Capture, reading: Reading<'_>) {
    let Outcome::Answer(answer) = &exchange.outcome else {
        return;
    };
    if !reading.last || reading.purpose == Purpose::Robots {
        return;
    }
    let found = wall::read(&Seen {
        asked: reading.asked.unwrap_or(&exchange.url),
        url: &exchange.url,
        status: answer.status,
        headers: &answer.headers,
        bytes,
        page,
    });
    if let Some(found) = found {
        capture.access = found.access;
        capture.detail = Some(match capture.detail.take() {
            Some(detail) => format!("{detail}; {}", found.detail()),
            None => found.detail(),
        });
    }
}

/// How far an exchange's body is to be read.
#[derive(Clone, Copy)]
struct Reading<'a> {
    /// Where the chain began, at a hop after that.
    asked: Option<&'a Url>,
    purpose: Purpose,
    follow: bool,
    last: bool,
}

fn is_identity(exchange: &Exchange) -> bool {
    match &exchange.outcome {
        Outcome::Answer(answer) => answer
            .header("content-encoding")
            .is_none_or(|coding| coding == "identity"),
        _ => false,
    }
}

fn blank(transport: Transport, access: Access) -> Capture {
    Capture {
        transport,
        access,
        status: None,
        media_type: None,
        charset: None,
        location: None,
        encoded_sha256: None,
        encoded_length: None,
        revisit: None,
        refers_to: None,
        payload_id: None,
        truncated: None,
        etag: None,
        last_modified: None,
        detail: None,
    }
}
