//! What twenty versions of five hundred pages cost: bytes of blobs, and of the whole file less its text index,
//! against a gzip of each record (as WARC files have it) and a zstd frame of each page, as ratios. The pages are
//! edited, blown about by noise and now and then redesigned; a fifth of the visits finds the same bytes. Half of a
//! page is inline data, as on the pages of today. They are read as in a crawl, and stored with their links, texts
//! and heads.
//!
//! `cargo bench --bench storage [-- VERSIONS [FOLDER]]`. With a folder, histories are read from it instead: one
//! folder a page, its files in the order of their names.

use std::{
    io::Write,
    path::Path,
    time::{Duration, Instant},
};

use evercite::{
    archive::{self, Archive, Chosen, FirstPages, Unstored},
    extract,
    model::{
        capture::{Answer, Capture, Exchange, Outcome, Purpose, Wire},
        digest::PayloadDigest,
        page::Page,
        run::{Attempt, Body, PackedPage, Prepared, RunKind, TaskEnd},
        time::Timestamp,
        url::Url,
        verdict::{Access, Transport},
    },
};

const PAGES: usize = 500;
const HOSTS: usize = 25;

fn main() {
    // cargo passes --bench itself.
    let mut given = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let versions = given.next().and_then(|argument| argument.parse().ok()).unwrap_or(20);
    let (histories, hosts) = match given.next() {
        Some(folder) => (read(Path::new(&folder)), usize::MAX),
        None => (Mutator::new().histories(versions), HOSTS),
    };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("bench.db");
    let archive = Archive::create(&path).expect("an archive");
    let (took, distinct) = store(&archive, &histories, hosts);
    let visits = histories.iter().map(Vec::len).sum::<usize>();
    let raw = histories.iter().flatten().map(Vec::len).sum::<usize>() as f64;
    println!(
        "{} pages, {visits} visits, {distinct} distinct bodies, {:.1} MB as received\n",
        histories.len(),
        raw / 1e6
    );
    let gzip: usize = histories.iter().flatten().map(|page| gzip(page)).sum();
    let mut seen = std::collections::HashSet::new();
    let once = histories.iter().flatten().filter(|page| seen.insert(page.as_slice()));
    let zstd: usize = once
        .map(|page| zstd::bulk::compress(page, 3).expect("zstd").len())
        .sum();
    let bodies = || {
        archive
            .reader()
            .and_then(|reader| reader.sizes())
            .expect("sizes")
            .bodies as f64
    };
    let crawled = (bodies(), without_index(&path), composition(&path));
    let begun = Instant::now();
    let writer = archive.writer().expect("a writer");
    archive::compact(&archive, &writer, 19, &|_, _| ()).expect("it compacts");
    let compacting = begun.elapsed();
    drop(writer);
    archive.rebuild().expect("it is written anew");
    let compacted = (bodies(), without_index(&path), composition(&path));
    let line = |what: &str, bytes: f64| {
        println!(
            "{what:38} {:9.3} MB {:6.1} % of the bytes {:8.3} x gzip",
            bytes / 1e6,
            100.0 * bytes / raw,
            bytes / gzip as f64
        );
    };
    line("gzip of each record", gzip as f64);
    line("zstd -3 of each distinct body", zstd as f64);
    line("blobs, as a crawl stores them", crawled.0);
    line("blobs, after compact --rebuild", compacted.0);
    line("file less text index, as crawled", crawled.1);
    line("file less text index, after compact", compacted.1);
    println!("\nMB as crawled: {}\nafter compact: {}", crawled.2, compacted.2);
    println!(
        "\nchoosing, encoding, proving: {:.2} ms a visit; compact: {:.1} s",
        took.as_secs_f64() * 1e3 / visits as f64,
        compacting.as_secs_f64()
    );
}

fn read(folder: &Path) -> Vec<Vec<Vec<u8>>> {
    let entries = |folder: &Path| {
        let mut found: Vec<_> = std::fs::read_dir(folder)
            .expect("a folder")
            .map(|entry| entry.expect("an entry").path())
            .collect();
        found.sort();
        found
    };
    let history = |page: &std::path::PathBuf| {
        entries(page)
            .iter()
            .map(|file| std::fs::read(file).expect("a file"))
            .collect()
    };
    entries(folder)
        .iter()
        .filter(|page| page.is_dir())
        .map(history)
        .collect()
}

/// Bytes of a file's pages but for those of the full-text index.
fn without_index(path: &Path) -> f64 {
    let sql = rusqlite::Connection::open(path).expect("SQLite opens it");
    let bytes: i64 = sql
        .query_row(
            "SELECT sum(pgsize) FROM dbstat WHERE name NOT LIKE 'page_search%'",
            [],
            |row| row.get(0),
        )
        .expect("a sum");
    bytes as f64
}

/// Tables and indexes by their bytes, the largest first.
fn composition(path: &Path) -> String {
    let sql = rusqlite::Connection::open(path).expect("SQLite opens it");
    let mut statement = sql
        .prepare("SELECT name, sum(pgsize) FROM dbstat GROUP BY name ORDER BY 2 DESC LIMIT 12")
        .expect("dbstat");
    let rows = statement
        .query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?)))
        .expect("rows");
    let parts = rows.map(|row| {
        let (name, bytes) = row.expect("a row");
        format!("{name} {:.2}", bytes as f64 / 1e6)
    });
    parts.collect::<Vec<_>>().join(", ")
}

fn gzip(bytes: &[u8]) -> usize {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory").len()
}

/// Visit after visit over all pages, which lie on so many hosts, as runs of a crawl. Returns the time it took to
/// encode, and how many bodies were new.
fn store(archive: &Archive, histories: &[Vec<Vec<u8>>], hosts: usize) -> (Duration, usize) {
    let (writer, reader, first_pages) = (
        archive.writer().expect("a writer"),
        archive.reader().expect("a reader"),
        FirstPages::default(),
    );
    let (mut took, mut distinct) = (Duration::ZERO, 0);
    for visit in 0..histories.iter().map(Vec::len).max().unwrap_or(0) {
        let at = Timestamp::from_millis(visit as i64 * 86_400_000);
        let run = writer
            .call(move |ingest| ingest.begin_run(RunKind::Check, at, "{}"))
            .expect("a run");
        for (number, bytes) in histories
            .iter()
            .enumerate()
            .filter_map(|(n, page)| Some((n, page.get(visit)?)))
        {
            let url = Url::parse(&format!("http://host-{}.example/{number}", number % hosts)).expect("an address");
            let digest = PayloadDigest::of(bytes);
            let held = reader.held(&digest, &url, "text/html", "", false).expect("an answer");
            let (body, page) = match held {
                Some(held) => (
                    Body::Held {
                        payload_id: held.payload_id,
                    },
                    None,
                ),
                None => {
                    let begun = Instant::now();
                    let unstored = Unstored {
                        bytes,
                        url: &url,
                        media_type: Some("text/html"),
                        status: Some(200),
                        is_page: true,
                    };
                    let Chosen { blob, for_host } = reader.encode(&unstored, &first_pages).expect("it encodes");
                    took += begun.elapsed();
                    distinct += 1;
                    let packed = archive::pack(read_page(bytes, &url), false, false, bytes, &url).expect("it packs");
                    let body = Body::New {
                        digest,
                        length: bytes.len() as u64,
                        blob,
                        for_host,
                    };
                    (body, Some(packed))
                }
            };
            let for_host = matches!(body, Body::New { for_host: true, .. });
            writer.handle().commit(attempt(run.id, &url, at, body, page), |done| {
                done.expect("it is stored");
            });
            if for_host {
                first_pages.enter(&url, digest, bytes.clone());
            }
        }
        writer
            .call(move |ingest| ingest.finish_run(run.id, at, false))
            .expect("a visit is stored");
    }
    (took, distinct)
}

fn read_page(bytes: &[u8], url: &Url) -> Page {
    extract::read(&extract::Body {
        bytes,
        media_type: Some("text/html"),
        charset: None,
        url,
        local: false,
        assets: false,
        quotes: false,
        volatile: &[],
    })
}

fn attempt(run_id: i64, url: &Url, at: Timestamp, body: Body, page: Option<PackedPage>) -> Attempt {
    let header = |name: &str, value: &str| (name.to_owned(), value.as_bytes().to_vec());
    let exchange = Exchange {
        url: url.clone(),
        at,
        elapsed_ms: 80,
        wire: Wire::default(),
        request_head: format!(
            "GET {} HTTP/1.1\r\nhost: {}\r\naccept: text/html,*/*;q=0.5\r\naccept-encoding: gzip, br, zstd, deflate\r\n\r\n",
            url.path(),
            url.authority()
        )
        .into(),
        outcome: Outcome::Answer(Answer {
            status: 200,
            protocol: "HTTP/1.1",
            remote: Some(([192, 0, 2, 1], 80).into()),
            headers: vec![
                header("server", "nginx"),
                header("date", &at.to_string()),
                header("content-type", "text/html"),
                header("cache-control", "max-age=600"),
            ],
            encoded: Vec::new(),
            spooled: None,
            truncated: None,
            detail: None,
        }),
    };
    let capture = Capture {
        status: Some(200),
        media_type: Some("text/html".into()),
        ..Capture::new(Transport::Ok, Access::Open)
    };
    Attempt {
        run_id,
        task: None,
        purpose: Purpose::Citation,
        hops: vec![Prepared {
            exchange,
            capture,
            body,
            page,
        }],
        end: TaskEnd::Done,
        follow: false,
    }
}

/// A page as its parts, and what happens to them.
struct Mutator {
    random: u64,
    words: Vec<String>,
}

#[derive(Clone)]
struct Article {
    number: usize,
    title: String,
    paragraphs: Vec<String>,
    related: Vec<String>,
    /// What scripts of the page are given, as inline data.
    state: Vec<String>,
    design: usize,
    counter: u64,
}

impl Mutator {
    fn new() -> Self {
        let mut mutator = Self {
            random: 0x2545_f491_4f6c_dd1d,
            words: Vec::new(),
        };
        mutator.words = (0..6000)
            .map(|_| {
                (0..2 + mutator.below(4))
                    .map(|_| ["ba", "ke", "li", "mo", "nu", "ra", "si", "to"][mutator.below(8)])
                    .collect()
            })
            .collect();
        mutator
    }

    fn below(&mut self, limit: usize) -> usize {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random % limit as u64) as usize
    }

    fn sentence(&mut self, length: usize) -> String {
        let words: Vec<String> = (0..length)
            .map(|_| {
                let common = self.below(6000) * self.below(6000) / 6000;
                self.words[common].clone()
            })
            .collect();
        words.join(" ")
    }

    fn histories(&mut self, versions: usize) -> Vec<Vec<Vec<u8>>> {
        (0..PAGES)
            .map(|number| {
                let mut article = Article {
                    number,
                    title: self.sentence(6),
                    paragraphs: (0..30 + self.below(60)).map(|_| self.sentence(40)).collect(),
                    related: (0..30).map(|_| self.sentence(5)).collect(),
                    state: (0..300).map(|_| self.record()).collect(),
                    design: 0,
                    counter: 0,
                };
                let mut history = vec![self.page(&article)];
                while history.len() < versions {
                    let next = match self.below(10) {
                        0 | 1 => history[history.len() - 1].clone(),
                        chance => {
                            self.change(&mut article, chance);
                            self.page(&article)
                        }
                    };
                    history.push(next);
                }
                history
            })
            .collect()
    }

    fn change(&mut self, article: &mut Article, chance: usize) {
        article.counter += 1 + self.below(1000) as u64;
        let at = self.below(article.paragraphs.len());
        match chance {
            // Noise only: counter, nonce, and what else is read these days.
            2..=4 => {
                for _ in 0..5 {
                    let card = self.below(article.related.len());
                    article.related[card] = self.sentence(5);
                    let record = self.below(article.state.len());
                    article.state[record] = self.record();
                }
            }
            // Edits.
            5 | 6 => article.paragraphs[at] = self.sentence(40),
            7 => article.paragraphs.insert(at, self.sentence(40)),
            8 => article.paragraphs.push(self.sentence(60)),
            // Another article, or another design.
            _ if self.below(3) == 0 => article.paragraphs.iter_mut().for_each(|p| *p = self.sentence(40)),
            _ => article.design += 1,
        }
    }

    fn record(&mut self) -> String {
        let (id, title) = (self.below(1_000_000), self.sentence(6));
        let (author, at) = (self.sentence(2), self.below(1_000_000_000));
        format!(
            "{{\"id\":{id},\"title\":\"{title}\",\"author\":\"{author}\",\"published\":{at},\"type\":\"teaser\",\"paid\":false}}"
        )
    }

    fn page(&mut self, article: &Article) -> Vec<u8> {
        let (design, host) = (article.design, article.number % HOSTS);
        let state = article.state.join(",");
        let nonce: String = (0..4).map(|_| format!("{:04x}", self.below(65_536))).collect();
        let navigation: String = (0..40)
            .map(|n| format!("<li class=\"menu-{design}__item\"><a href=\"/section-{host}/{n}\"><span>Section {n} of {host}</span></a></li>"))
            .collect();
        let script =
            format!("window.q{host}=window.q{host}||[];q{host}.push({{event:'view',design:{design}}});").repeat(60);
        let body: String = article
            .paragraphs
            .iter()
            .map(|text| format!("<p class=\"text-{design}\">{text}.</p>\n"))
            .collect();
        let related: String = article
            .related
            .iter()
            .enumerate()
            .map(|(n, title)| {
                format!("<div class=\"card-{design}\"><a href=\"/related/{n}\"><h3>{title}</h3></a></div>\n")
            })
            .collect();
        format!(
            "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>\
             <script nonce=\"{nonce}\">{script}</script><script>window.state=[{state}]</script></head><body><nav><ul>{navigation}</ul></nav><main><article>\
             <h1>{title}</h1>\n{body}</article><aside>{related}</aside></main><footer>Read {counter} times</footer></body></html>",
            title = article.title,
            counter = article.counter,
        )
        .into_bytes()
    }
}
