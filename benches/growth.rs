//! What an archive that grows costs: CAPTURES captures of a fifth as many addresses over 20 runs, written by the
//! library's own writer, and the same with 10,000 captures. Told are captures a second while the archive is 1% and
//! 100% full, first visits a second when it is full, since while it is 1% full there are no others, and what questions about one article and one address take in both archives, with the peak of their
//! memory; and what a search takes against a bare query of the full-text index.
//!
//! `cargo bench --bench growth [-- CAPTURES [FOLDER]]`; 100,000 without arguments. The archives stay in FOLDER if
//! one is given; those that are there already are only asked. A million takes 4 GB there, and half an hour.
//!
//! Bodies are 20 kB of HTML with 40 links, 12 of them in the main text: 8 to pages of the same host, 4 anywhere. Of
//! visits after the first, 30% find the same bytes, 35% another nonce, 35% one paragraph of eight written anew. An
//! article cites 50 addresses.

use std::{
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use evercite::{
    archive::{self, Archive, Chosen, FirstPages, Reader, Unstored, Writer},
    model::{
        article::{ArticleKind, Seed},
        capture::{Answer, Capture, Exchange, Outcome, Purpose, Wire},
        digest::{DocumentDigest, PayloadDigest, TextDigest},
        link::{Link, Place, Role},
        page::{Page, PageKind},
        run::{Attempt, Body, Prepared, RunKind, Task, TaskEnd},
        time::Timestamp,
        url::{RawHref, Target, Url},
        verdict::{Access, Transport},
    },
};

const RUNS: usize = 20;
/// Captures for each address.
const VISITS: usize = 5;
const SMALL: usize = 10_000;
const CITED: usize = 50;
/// Of so many addresses and one more, one is visited only when the archive is full: a hundredth of all captures.
const LEFT: usize = 20;
const PAGES_OF_A_HOST: usize = 400;
const PARAGRAPHS: usize = 8;
const DAY: i64 = 86_400_000;

fn main() {
    let mut given = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let captures = given.next().and_then(|n| n.parse().ok()).unwrap_or(100_000);
    let temporary = tempfile::tempdir().expect("a temporary folder");
    let folder = given.next().map_or(temporary.path().to_owned(), Into::into);
    let mut asked = Vec::new();
    for captures in [SMALL, captures] {
        let path = folder.join(format!("growth-{captures}.db"));
        let rates = if path.exists() {
            Vec::new()
        } else {
            grow(&path, captures)
        };
        let size = std::fs::metadata(&path).map_or(0, |file| file.len());
        println!("{captures} captures, {:.1} MB", size as f64 / 1e6);
        if let [_, first, .., full, last] = rates[..] {
            println!(
                "  captures a second at 1%, all of them first visits, {first:.0}; at 100%, three tenths of them of \
                 pages that have not changed, {full:.0}: {:.3}",
                full / first
            );
            println!("  first visits a second when it is full {last:.0}: {:.3}", last / first);
        }
        asked.push(ask(&path));
        searching(&path);
    }
    println!(
        "\n{:34} {:>14} {:>14} {:>7} {:>10}",
        "", SMALL, captures, "ratio", "peak"
    );
    for ((what, small, _), (_, large, peak)) in asked[0].iter().zip(&asked[1]) {
        println!(
            "{what:34} {:11.1} ms {:11.1} ms {:7.2} {:6.1} MiB",
            small.as_secs_f64() * 1e3,
            large.as_secs_f64() * 1e3,
            large.as_secs_f64() / small.as_secs_f64(),
            *peak as f64 / 1024.0
        );
    }
}

/// Fills an archive; returns captures a second of every hundredth part, and of as many first visits after that.
fn grow(path: &Path, captures: usize) -> Vec<f64> {
    let archive = Archive::create(path).expect("an archive");
    let mut growing = Growing {
        reader: archive.reader().expect("a reader"),
        writer: archive.writer().expect("a writer"),
        first_pages: FirstPages::default(),
        pages: vec![(0, 0); captures / VISITS + captures / 100],
        random: 0x2545_f491_4f6c_dd1d,
        words: Vec::new(),
    };
    growing.words = (0..50_000).map(|_| growing.word()).collect();
    let (mut rates, mut begun, mut done) = (Vec::new(), Instant::now(), 0);
    for run in 0..RUNS {
        let at = Timestamp::from_millis(run as i64 * 30 * DAY);
        let run_id = growing.begin(at);
        if run == 0 {
            growing.articles(run_id, at);
            begun = Instant::now();
        }
        for n in 0..captures / RUNS {
            let nth = scattered(run * (captures / RUNS) + n, captures / VISITS);
            // Every twenty-first address is left for the end.
            growing.visit(run_id, nth + nth / LEFT, at);
            done += 1;
            if done % (captures / 100) == 0 {
                growing.flush();
                rates.push((captures / 100) as f64 / begun.elapsed().as_secs_f64());
                begun = Instant::now();
            }
        }
        growing
            .writer
            .call(move |ingest| ingest.finish_run(run_id, at, false))
            .expect("the run ends");
    }
    let at = Timestamp::from_millis(RUNS as i64 * 30 * DAY);
    let run_id = growing.begin(at);
    begun = Instant::now();
    for n in 0..captures / 100 {
        let nth = scattered(n, captures / 100);
        growing.visit(run_id, nth * (LEFT + 1) + LEFT, at);
    }
    growing.flush();
    rates.push((captures / 100) as f64 / begun.elapsed().as_secs_f64());
    growing
        .writer
        .call(move |ingest| ingest.finish_run(run_id, at, false))
        .expect("the run ends");
    rates
}

struct Growing {
    reader: Reader,
    writer: Writer,
    first_pages: FirstPages,
    /// Of each address: paragraphs written anew, and nonces.
    pages: Vec<(u64, u64)>,
    random: u64,
    words: Vec<String>,
}

impl Growing {
    fn below(&mut self, limit: usize) -> usize {
        self.random = mixed(self.random);
        (self.random % limit as u64) as usize
    }

    fn word(&mut self) -> String {
        (0..2 + self.below(4))
            .map(|_| ["ba", "ke", "li", "mo", "nu", "ra", "si", "to"][self.below(8)])
            .collect()
    }

    fn flush(&self) {
        self.writer.call(|_| Ok(())).expect("what was handed over is stored");
    }

    fn begin(&self, at: Timestamp) -> i64 {
        let run = self
            .writer
            .call(move |ingest| ingest.begin_run(RunKind::Check, at, "{}"));
        run.expect("a run").id
    }

    /// Takes in articles that cite every address once.
    fn articles(&mut self, run_id: i64, at: Timestamp) {
        for number in 0..self.pages.len() / CITED {
            let url = parse(&format!("https://articles.example/{number}"));
            let seed = Seed {
                kind: ArticleKind::Web,
                locator: url.to_string(),
                url: Some(url.clone()),
                cited_at: None,
                document: None,
            };
            let locator = url.to_string();
            let taken = self
                .writer
                .call(move |ingest| ingest.take_article(run_id, &seed, &locator, None, at))
                .expect("an article");
            let task = self.reader.task(taken.task_id).expect("an answer").expect("a task");
            let links: Vec<Link> = (0..CITED)
                .map(|n| link(&address(number * CITED + n), Place::Main))
                .collect();
            let bytes = format!("article {number}").into_bytes();
            self.commit(run_id, &url, bytes, format!("Article {number}"), links, at, Some(task));
        }
        self.flush();
    }

    /// One visit of one address.
    fn visit(&mut self, run_id: i64, number: usize, at: Timestamp) {
        let known = self.pages[number] != (0, 0);
        match self.below(100) {
            _ if !known => self.pages[number] = (1, 1),
            0..30 => {}
            30..65 => self.pages[number].1 += 1,
            _ => self.pages[number].0 += 1,
        }
        let text = self.text(number);
        let links = self.links(number);
        let bytes = self.html(number, &text, &links).into_bytes();
        self.commit(run_id, &address(number), bytes, text, links, at, None);
    }

    /// Eight paragraphs; each is written anew with every eighth edit.
    fn text(&self, number: usize) -> String {
        let edits = self.pages[number].0;
        let paragraph = |n: u64| {
            let mut seed = mixed(((number as u64) << 20) | (n << 12) | ((edits + n) / PARAGRAPHS as u64));
            let words = (0..70).map(|_| {
                seed = mixed(seed);
                let (a, b) = (seed as usize % 50_000, (seed >> 32) as usize % 50_000);
                self.words[a * b / 50_000].as_str()
            });
            words.collect::<Vec<_>>().join(" ")
        };
        (0..PARAGRAPHS as u64).map(paragraph).collect::<Vec<_>>().join("\n")
    }

    fn links(&self, number: usize) -> Vec<Link> {
        let (host, all) = (number / PAGES_OF_A_HOST, self.pages.len());
        let near = |n: usize| host * PAGES_OF_A_HOST + (number + n) % PAGES_OF_A_HOST;
        let mut links: Vec<Link> = (1..=8)
            .map(|n| link(&address(near(n * 7).min(all - 1)), Place::Main))
            .collect();
        links.extend((0..4).map(|n| link(&address(mixed((number * 4 + n) as u64) as usize % all), Place::Main)));
        links.extend((0..28).map(|n| link(&address(near(n * 13).min(all - 1)), Place::Around)));
        links
    }

    fn html(&self, number: usize, text: &str, links: &[Link]) -> String {
        let host = number / PAGES_OF_A_HOST;
        let mut out = format!(
            "<!doctype html><title>Page {number}</title><meta name=nonce content={:x}>",
            { mixed((self.pages[number].1 << 32) | number as u64) }
        );
        for n in 0..60 {
            let name = &self.words[(host * 61 + n) % self.words.len()];
            out.push_str(&format!("<div class=\"theme-{host} block-{n} {name}\"><script>w{host}.push({{event:'{name}',part:{n},design:'plain'}})</script></div>\n"));
        }
        out.push_str("<main>");
        for paragraph in text.lines() {
            out.push_str(&format!("<p class=\"text-{host}\">{paragraph}</p>\n"));
        }
        for link in links {
            out.push_str(&format!("<a href=\"{}\">{}</a>\n", link.raw.0, link.anchor));
        }
        out
    }

    #[allow(clippy::too_many_arguments)]
    fn commit(
        &mut self,
        run_id: i64,
        url: &Url,
        bytes: Vec<u8>,
        text: String,
        links: Vec<Link>,
        at: Timestamp,
        task: Option<Task>,
    ) {
        let digest = PayloadDigest::of(&bytes);
        let every_link = task.is_some();
        let held = self
            .reader
            .held(&digest, url, "text/html", "", every_link)
            .expect("an answer");
        let (body, page) = match held {
            Some(held) => (
                Body::Held {
                    payload_id: held.payload_id,
                },
                None,
            ),
            None => {
                let unstored = Unstored {
                    bytes: &bytes,
                    url,
                    media_type: Some("text/html"),
                    status: Some(200),
                    is_page: true,
                };
                let Chosen { blob, for_host } = self.reader.encode(&unstored, &self.first_pages).expect("it encodes");
                let body = Body::New {
                    digest,
                    length: bytes.len() as u64,
                    blob,
                    for_host,
                };
                let packed = archive::pack(page(text, links), every_link, false, &bytes, url).expect("it packs");
                (body, Some(packed))
            }
        };
        let for_host = matches!(body, Body::New { for_host: true, .. });
        let purpose = if every_link {
            Purpose::Article
        } else {
            Purpose::Citation
        };
        let attempt = Attempt {
            run_id,
            task,
            purpose,
            hops: vec![Prepared {
                exchange: exchange(url, at),
                capture: capture(),
                body,
                page,
            }],
            end: TaskEnd::Done,
            follow: every_link,
        };
        self.writer.handle().commit(attempt, |done| {
            done.expect("it is stored");
        });
        if for_host {
            self.first_pages.enter(url, digest, bytes);
        }
    }
}

fn page(text: String, links: Vec<Link>) -> Page {
    Page {
        kind: PageKind::Html,
        charset: "UTF-8",
        title: text.chars().take(40).collect(),
        byline: None,
        language: Some("en".into()),
        published: None,
        canonical: None,
        document: DocumentDigest::of(text.as_bytes()),
        text_digest: TextDigest::of(text.as_bytes()),
        text,
        links,
        assets: Vec::new(),
        noarchive: false,
        shell: false,
        cut: false,
    }
}

fn link(to: &Url, place: Place) -> Link {
    Link {
        raw: RawHref(to.to_string()),
        target: Ok(Target {
            url: to.clone(),
            fragment: None,
        }),
        anchor: format!("More of {}", to.path()),
        rel: String::new(),
        role: Role::Cite,
        place,
        span: None,
        section: None,
        quotes: Vec::new(),
    }
}

fn exchange(url: &Url, at: Timestamp) -> Exchange {
    let header = |name: &str, value: &str| (name.to_owned(), value.as_bytes().to_vec());
    Exchange {
        url: url.clone(),
        at,
        elapsed_ms: 120,
        wire: Wire::default(),
        request_head: format!(
            "GET {} HTTP/1.1\r\nhost: {}\r\naccept: text/html\r\n\r\n",
            url.path(),
            url.authority()
        )
        .into(),
        outcome: Outcome::Answer(Answer {
            status: 200,
            protocol: "HTTP/1.1",
            remote: Some(([192, 0, 2, 1], 443).into()),
            headers: vec![
                header("content-type", "text/html; charset=utf-8"),
                header("server", "nginx"),
                header(
                    "etag",
                    &format!("\"{:x}\"", mixed(at.millis() as u64 ^ url.path().len() as u64)),
                ),
            ],
            encoded: Vec::new(),
            spooled: None,
            truncated: None,
            detail: None,
        }),
    }
}

fn capture() -> Capture {
    Capture {
        status: Some(200),
        media_type: Some("text/html".into()),
        encoded_length: Some(20_000),
        ..Capture::new(Transport::Ok, Access::Open)
    }
}

fn address(number: usize) -> Url {
    parse(&format!(
        "https://host-{}.example/archive/page-{number}.html",
        number / PAGES_OF_A_HOST
    ))
}

fn parse(url: &str) -> Url {
    Url::parse(url).expect("an address")
}

/// The address of a visit: each once in so many visits, hosts by turns as in a crawl.
fn scattered(visit: usize, addresses: usize) -> usize {
    let hosts = addresses.div_ceil(PAGES_OF_A_HOST);
    let n = visit % addresses;
    (n % hosts * PAGES_OF_A_HOST + n / hosts) % addresses
}

/// The finaliser of SplitMix64 after its step.
fn mixed(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// What people ask of one article and of one address: the shortest of five times, and the most memory in KiB.
fn ask(archive: &Path) -> Vec<(&'static str, Duration, u64)> {
    run(archive, &["judge"]);
    let (article, page) = ("https://articles.example/7", address(7 * CITED).to_string());
    let query = format!("SELECT at, status, title FROM page_history WHERE url = '{page}'");
    let links = format!("SELECT source, anchor FROM link_graph WHERE target = '{page}'");
    [
        (
            "report of one article",
            vec!["report", "--article", article, "--all", "--fail-on", "none"],
        ),
        ("show one address", vec!["show", page.as_str()]),
        ("explain one link", vec!["explain", page.as_str()]),
        ("history of one address", vec!["history", page.as_str()]),
        ("diff of one address", vec!["diff", page.as_str()]),
        ("query for one address", vec!["query", query.as_str()]),
        ("links to one address", vec!["query", links.as_str()]),
    ]
    .into_iter()
    .map(|(what, arguments)| {
        let runs: Vec<_> = (0..5).map(|_| run(archive, &arguments)).collect();
        let shortest = runs.iter().map(|(took, _)| *took).min().unwrap_or_default();
        let peak = runs.iter().map(|(_, peak)| *peak).max().unwrap_or_default();
        (what, shortest, peak)
    })
    .collect()
}

/// What finding words takes, and what the index alone takes for the same: the most common word, one in the middle, and
/// one that twenty texts have.
fn searching(archive: &Path) {
    let sql = rusqlite::Connection::open(archive).expect("SQLite opens it");
    sql.execute_batch("CREATE VIRTUAL TABLE temp.words USING fts5vocab(main, page_search, row)")
        .expect("the words of the index");
    let word = |order: &str| -> String {
        sql.query_row(
            &format!("SELECT term FROM temp.words WHERE length(term) > 3 ORDER BY {order} LIMIT 1"),
            [],
            |row| row.get(0),
        )
        .expect("a word")
    };
    for word in [word("doc DESC"), word("abs(doc - 1000)"), word("abs(doc - 20)")] {
        let word = word.as_str();
        let bare = || {
            let begun = Instant::now();
            let mut statement = sql
                .prepare("SELECT rowid FROM page_search WHERE page_search MATCH ? ORDER BY rank LIMIT 20")
                .expect("a query");
            let rows = statement.query_map([word], |row| row.get::<_, i64>(0)).expect("rows");
            let found = rows.count();
            (begun.elapsed(), found)
        };
        let alone = (0..5).map(|_| bare()).min().unwrap_or_default();
        let whole = (0..5)
            .map(|_| run(archive, &["search", word]).0)
            .min()
            .unwrap_or_default();
        println!(
            "  search for {word}: {:.1} ms, the index alone {:.1} ms ({} found)",
            whole.as_secs_f64() * 1e3,
            alone.0.as_secs_f64() * 1e3,
            alone.1
        );
    }
}

fn run(archive: &Path, arguments: &[&str]) -> (Duration, u64) {
    let begun = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_evercite"))
        .args(arguments)
        .arg("--archive")
        .arg(archive)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("evercite starts");
    let mut peak = 0;
    let status = loop {
        peak = peak.max(high_water_mark(child.id()));
        match child.try_wait().expect("it is ours") {
            Some(status) => break status,
            None => std::thread::sleep(Duration::from_millis(1)),
        }
    };
    assert!(status.success(), "evercite {arguments:?} ended with {status}");
    (begun.elapsed(), peak)
}

/// Peak of resident memory in KiB, where the system tells it.
fn high_water_mark(pid: u32) -> u64 {
    std::fs::read_to_string(format!("/proc/{pid}/status"))
        .ok()
        .and_then(|status| {
            let line = status.lines().find(|line| line.starts_with("VmHWM:"))?.to_owned();
            line.split_whitespace().nth(1)?.parse().ok()
        })
        .unwrap_or(0)
}
