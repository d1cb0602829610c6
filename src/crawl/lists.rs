//! Reading lists of articles: a feed, a sitemap or a list of feeds, and the lists that it names.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    time::Duration,
};

use super::{PATIENCE, Settings, may_pass, redirect_target, robots};
use crate::{
    archive::Reader,
    fetch::{Fetched, Fetcher, Request, beginning, decode},
    frontier::RobotsState,
    model::{
        canonical::CanonicalUrl,
        capture::{Answer, Exchange, Outcome, Truncated},
        list::Collection,
        time::{Clock, Timestamp},
        url::{self, Url},
    },
    source,
    verdict::access,
};

/// Redirects followed to one list.
const REDIRECTS: usize = 10;
/// How far a list that another one names is gone after: an index of indexes of sitemaps.
const DEPTH: usize = 2;
/// Sentences on one list and those that it names; more would hide the rest of what is said.
const NOTES: usize = 20;

/// Where a list is.
#[derive(Debug)]
pub enum Origin {
    /// On the web.
    Web(Url),
    /// Read already, from a file or standard input.
    Local {
        /// Its bytes.
        bytes: Vec<u8>,
        /// The address that its relative links stand for, where given.
        base: Option<Url>,
    },
}

/// A list with the lists that it names.
#[derive(Debug)]
pub struct Listed {
    /// What all of them say, each address once.
    pub collection: Collection,
    /// Which of the lists that it names could not be read, and why: one sentence each.
    pub unread: Vec<String>,
    seen: HashSet<CanonicalUrl>,
}

impl Listed {
    fn new(collection: Collection) -> Self {
        let seen = collection.entries.iter().map(|entry| CanonicalUrl::of(&entry.url));
        Self {
            seen: seen.collect(),
            collection,
            unread: Vec::new(),
        }
    }

    fn add(&mut self, url: &Url, child: Collection) {
        let notes = child.notes.iter().map(|note| format!("{url}: {note}"));
        self.collection.notes.extend(notes);
        let mut entries = child.entries;
        entries.retain(|entry| self.seen.insert(CanonicalUrl::of(&entry.url)));
        self.collection.entries.append(&mut entries);
    }

    fn note_cut(&mut self) {
        let (lists, entries) = (source::MAX_CHILDREN, source::MAX_ENTRIES);
        let note = format!("it leads to more than is taken: {entries} entries, {lists} lists");
        self.collection.notes.push(note);
    }

    fn finished(mut self) -> Self {
        self.collection.entries.truncate(source::MAX_ENTRIES);
        shorten(&mut self.collection.notes);
        shorten(&mut self.unread);
        self
    }
}

/// Reads lists one request after the other, with the manners of a run: robots.txt is obeyed, hosts are
/// given time, and what may pass is tried again. Lists themselves are not archived.
pub struct Lists<'a> {
    fetcher: &'a Fetcher,
    settings: &'a Settings,
    clock: &'a dyn Clock,
    reader: &'a Reader,
    /// By origin.
    robots: HashMap<String, RobotsState>,
    /// When each host was last asked.
    asked: HashMap<String, Timestamp>,
}

impl<'a> Lists<'a> {
    /// `reader` is of the archive that may hold fresh copies of robots.txt.
    pub fn new(fetcher: &'a Fetcher, settings: &'a Settings, clock: &'a dyn Clock, reader: &'a Reader) -> Self {
        Self {
            fetcher,
            settings,
            clock,
            reader,
            robots: HashMap::new(),
            asked: HashMap::new(),
        }
    }

    /// Reads a list and the lists that it names. The error says why there is nothing to be had of it.
    pub async fn read(&mut self, origin: &Origin) -> Result<Listed, String> {
        let collection = match origin {
            Origin::Web(url) => self.list(url).await?,
            Origin::Local { bytes, base } => source::entries(bytes, "", base.as_ref())?,
        };
        let mut waiting: VecDeque<(Url, usize)> = collection.more.iter().map(|url| (url.clone(), 1)).collect();
        let mut whole = Listed::new(collection);
        let mut read: HashSet<Url> = HashSet::new();
        let mut first_failure = None;
        while let Some((url, depth)) = waiting.pop_front() {
            if !read.insert(url.clone()) {
                continue;
            }
            if read.len() > source::MAX_CHILDREN || whole.collection.entries.len() >= source::MAX_ENTRIES {
                whole.note_cut();
                break;
            }
            match self.list(&url).await {
                Ok(child) if depth < DEPTH => {
                    waiting.extend(child.more.iter().map(|url| (url.clone(), depth + 1)));
                    whole.add(&url, child);
                }
                Ok(mut child) => {
                    if !child.more.is_empty() {
                        child
                            .notes
                            .push("the lists that it names are too far off to be read".into());
                    }
                    whole.add(&url, child);
                }
                Err(why) => {
                    whole.unread.push(format!("{url} could not be read: {why}"));
                    first_failure.get_or_insert(why);
                }
            }
        }
        match first_failure {
            Some(why) if whole.collection.entries.is_empty() => {
                Err(format!("none of the lists that it names gave an entry: {why}"))
            }
            _ => Ok(whole.finished()),
        }
    }

    async fn list(&mut self, url: &Url) -> Result<Collection, String> {
        let (answer, url) = self.get(url).await?;
        let media_type = answer.header("content-type").unwrap_or("").to_owned();
        let coding = answer.header("content-encoding").unwrap_or("").to_owned();
        // One byte more than is read tells that there is more.
        let bytes = beginning(&answer, source::MAX_BYTES + 1).map_err(|e| format!("it could not be kept: {e}"))?;
        let decoded = decode::decode(bytes, &coding, source::MAX_BYTES + 1);
        match decoded.truncated {
            Some(Truncated::Decoding) => Err(decoded.detail.unwrap_or_default()),
            _ => source::entries(&decoded.bytes, &media_type, Some(&url)),
        }
    }

    /// Follows redirects to a good answer, and tells where it came from.
    async fn get(&mut self, url: &Url) -> Result<(Answer, Url), String> {
        let mut url = url.clone();
        for _ in 0..=REDIRECTS {
            self.admit(&url).await?;
            let exchange = self.ask(&url).await;
            match redirect_target(&exchange) {
                Some(to) if matches!(to.scheme(), "http" | "https") => url = to,
                Some(to) => return Err(format!("it redirects to a {}: address", to.scheme())),
                None => return Ok((good(exchange.outcome)?, url)),
            }
        }
        Err(format!("it redirects more than {REDIRECTS} times"))
    }

    /// Whether robots.txt lets us ask.
    async fn admit(&mut self, url: &Url) -> Result<(), String> {
        if !self.settings.limits.obey_robots {
            return Ok(());
        }
        let (origin, agent) = (url::origin(url), &self.settings.robots_agent);
        if !self.robots.contains_key(&origin)
            && let Ok(address) = url.join("/robots.txt")
        {
            let now = self.clock.now();
            // An archive that cannot be read says so as soon as the run begins.
            let state = match robots::cached(self.reader, &address, now, agent).ok().flatten() {
                Some(state) => state,
                None => {
                    self.wait(url).await;
                    robots::fetch(self.fetcher, &address, now, agent, self.settings.max_retries)
                        .await
                        .0
                }
            };
            self.robots.insert(origin.clone(), state);
        }
        match self.robots.get(&origin) {
            Some(RobotsState::Rules(rules)) if !rules.allows(url) => Err("robots.txt disallows it".into()),
            Some(RobotsState::ServerError(status)) => Err(format!("robots.txt answers {status}")),
            Some(RobotsState::Unreachable(_, why)) => Err(format!("robots.txt could not be reached: {why}")),
            _ => Ok(()),
        }
    }

    async fn ask(&mut self, url: &Url) -> Exchange {
        let mut attempt = 0;
        loop {
            self.wait(url).await;
            let request = Request {
                url,
                prior: None,
                cookies: &[],
                at: self.clock.now(),
                attempt,
            };
            let Fetched { exchange, waits, .. } = self.fetcher.exchange(request).await;
            let (transport, access) = access::read(&exchange.outcome);
            let pause = waits.retry_after.or(waits.quota).unwrap_or_default();
            let again = may_pass(transport, access, &exchange.outcome) && pause <= PATIENCE;
            if !again || attempt >= self.settings.max_retries {
                return exchange;
            }
            tokio::time::sleep(pause.max(Duration::from_secs(1 << attempt.min(6)))).await;
            attempt += 1;
        }
    }

    /// Gives a host the time between two requests that the settings and its robots.txt ask for.
    async fn wait(&mut self, url: &Url) {
        let delay = match self.robots.get(&url::origin(url)) {
            Some(RobotsState::Rules(rules)) => rules.crawl_delay().unwrap_or_default(),
            _ => Duration::ZERO,
        };
        let interval = self.settings.limits.host_interval.max(delay);
        let host = url::host(url).to_owned();
        if let Some(last) = self.asked.get(&host) {
            tokio::time::sleep(last.plus(interval).since(self.clock.now())).await;
        }
        self.asked.insert(host, self.clock.now());
    }
}

/// A whole answer that says 2xx, or why it is none.
fn good(outcome: Outcome) -> Result<Answer, String> {
    match outcome {
        Outcome::Answer(answer) if !(200..300).contains(&answer.status) => {
            Err(format!("the server answers {}", answer.status))
        }
        Outcome::Answer(answer) => match (answer.truncated, answer.detail.as_deref()) {
            (None, _) => Ok(answer),
            (Some(Truncated::Length), why) => Err(format!("it has {} (--max-body)", why.unwrap_or("too many bytes"))),
            (Some(_), why) => Err(format!("the answer broke off: {}", why.unwrap_or("no reason is known"))),
        },
        Outcome::Failed { transport, detail } => Err(format!("{transport}: {detail}")),
        Outcome::NotAsked { detail, .. } => Err(detail),
        Outcome::Local { .. } => Err("it is a local file".into()),
    }
}

fn shorten(notes: &mut Vec<String>) {
    let left = notes.len().saturating_sub(NOTES);
    if left > 0 {
        notes.truncate(NOTES);
        notes.push(format!("and {left} notes more of this kind"));
    }
}
