//! A first and a second run over 1,000 pages on loopback, as ratios to what bounds them: fetching the
//! same pages and dropping them, and the sum of the parts a page cannot do without (parse, hash,
//! compress). Ratios of one run; absolute times depend on the machine.
//!
//! `cargo bench --bench crawl [-- PAGES]`

use std::{
    hint::black_box,
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    process::Command,
    sync::Arc,
    time::{Duration, Instant},
};

use sha2::Digest;

const IN_FLIGHT: usize = 64;

fn main() {
    // cargo passes --bench itself.
    let pages = std::env::args()
        .skip(1)
        .find_map(|arg| arg.parse().ok())
        .unwrap_or(1_000);
    let web = Arc::new(Web::new(pages));
    let port = serve(&web);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let bytes: usize = web.pages.iter().map(String::len).sum();
    println!(
        "{pages} pages, {:.0} kB on average, {IN_FLIGHT} in flight, host limits off\n",
        bytes as f64 / pages as f64 / 1e3
    );

    let parts = parts(&web);
    let floor = median(3, || download(port, pages));
    let first = run(folder.path(), &["snapshot", &format!("http://127.0.0.1:{port}/hub")]);
    let second = run(folder.path(), &["check"]);
    let stored = std::fs::metadata(folder.path().join("bench.db")).map_or(0, |file| file.len());

    let per_page = |span: Duration| span.as_secs_f64() * 1e3 / pages as f64;
    println!(
        "parts: parse + sha256 + zstd -3     {:8.2} ms CPU a page",
        per_page(parts)
    );
    println!("floor: fetch and drop               {:8.2} s wall", floor.as_secs_f64());
    println!(
        "first run                           {:8.2} s wall  {:6.2} ms CPU a page",
        first.wall.as_secs_f64(),
        per_page(first.cpu)
    );
    println!(
        "second run, nothing changed         {:8.2} s wall  {:6.2} ms CPU a page",
        second.wall.as_secs_f64(),
        per_page(second.cpu)
    );
    println!();
    println!(
        "first run, CPU over the parts       {:8.2} x",
        first.cpu.as_secs_f64() / parts.as_secs_f64()
    );
    println!(
        "second run, wall over the floor     {:8.2} x",
        second.wall.as_secs_f64() / floor.as_secs_f64()
    );
    println!(
        "archive over raw bytes              {:8.1} %",
        100.0 * stored as f64 / bytes as f64
    );
}

struct Took {
    wall: Duration,
    cpu: Duration,
}

fn run(folder: &Path, verb: &[&str]) -> Took {
    let cpu_before = children_cpu();
    let begun = Instant::now();
    let status = Command::new(env!("CARGO_BIN_EXE_evercite"))
        .current_dir(folder)
        .args(["--archive", "bench.db", "--quiet"])
        .args(verb)
        .args([
            "--allow-private",
            "--host-concurrency",
            "0",
            "--host-request-interval",
            "0",
            "--max-concurrency",
        ])
        .arg(IN_FLIGHT.to_string())
        .status()
        .expect("the binary runs");
    assert!(status.success(), "evercite {verb:?} ended with {status}");
    Took {
        wall: begun.elapsed(),
        cpu: children_cpu() - cpu_before,
    }
}

/// User and system time of children that ended, from Linux's /proc; zero elsewhere.
fn children_cpu() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<u64> = stat
        .rsplit_once(") ")
        .map(|(_, rest)| rest.split(' ').map(|field| field.parse().unwrap_or(0)).collect())
        .unwrap_or_default();
    // cutime and cstime, in ticks of 10 ms.
    Duration::from_millis(10 * (fields.get(13).unwrap_or(&0) + fields.get(14).unwrap_or(&0)))
}

fn parts(web: &Web) -> Duration {
    let begun = Instant::now();
    let mut compressor = zstd::bulk::Compressor::new(3).expect("zstd starts");
    for page in &web.pages {
        black_box(scraper::Html::parse_document(page));
        black_box(sha2::Sha256::digest(page));
        black_box(compressor.compress(page.as_bytes()).expect("zstd compresses"));
    }
    begun.elapsed()
}

fn median(times: usize, mut work: impl FnMut() -> Duration) -> Duration {
    let mut took: Vec<Duration> = (0..times).map(|_| work()).collect();
    took.sort();
    took[times / 2]
}

fn download(port: u16, pages: usize) -> Duration {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let client = reqwest::Client::builder()
            .no_proxy()
            .tls_certs_only([])
            .build()
            .expect("a client");
        let begun = Instant::now();
        let mut running = tokio::task::JoinSet::new();
        for number in 0..pages {
            if running.len() >= IN_FLIGHT {
                running.join_next().await;
            }
            let client = client.clone();
            running.spawn(async move {
                let url = format!("http://127.0.0.1:{port}/page/{number}");
                let body = client
                    .get(url)
                    .send()
                    .await
                    .expect("an answer")
                    .bytes()
                    .await
                    .expect("a body");
                black_box(body.len());
            });
        }
        while running.join_next().await.is_some() {}
        begun.elapsed()
    })
}

/// Pages of ordinary shape: navigation, an article of some hundred sentences, related links, a script.
struct Web {
    pages: Vec<String>,
    hub: String,
}

impl Web {
    fn new(count: usize) -> Self {
        let mut random = 0x2545_f491_4f6c_dd1d_u64;
        let mut next = move |below: u64| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            random % below
        };
        let words: Vec<String> = (0..4000u64)
            .map(|_| {
                (0..2 + next(4))
                    .map(|_| ["ba", "ke", "li", "mo", "nu", "ra", "si", "to"][next(8) as usize])
                    .collect()
            })
            .collect();
        let mut sentence = |length: u64| -> String {
            let mut said: Vec<&str> = Vec::new();
            for _ in 0..length {
                said.push(&words[(next(4000) * next(4000) / 4000) as usize]);
            }
            said.join(" ")
        };
        let navigation: String = (0..40)
            .map(|n| format!("<li class=\"menu-item\"><a href=\"/section/{n}\"><span>Section {n}</span></a></li>"))
            .collect();
        let script = "window.q=window.q||[];q.push({event:'view',id:1});".repeat(120);
        let pages = (0..count)
            .map(|number| {
                let title = sentence(6);
                let body: String = (0..60)
                    .map(|n| format!("<p>{}. {}. <a href=\"/page/{}\">{}</a></p>\n", sentence(14), sentence(18), (number + n) % count, sentence(3)))
                    .collect();
                let related: String = (0..40)
                    .map(|n| format!("<div class=\"card\"><a href=\"/related/{n}\"><h3>{}</h3></a></div>", sentence(5)))
                    .collect();
                format!(
                    "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title><script>{script}</script></head>\
                     <body><nav><ul>{navigation}</ul></nav><main><article><h1>{title}</h1>{body}</article>\
                     <aside class=\"related\">{related}</aside></main><footer>All rights reserved</footer></body></html>"
                )
            })
            .collect();
        let links: String = (0..count)
            .map(|n| format!("<p>On <a href=\"/page/{n}\">page {n}</a>.</p>"))
            .collect();
        let hub = format!("<!DOCTYPE html><title>Hub</title><article><h1>Hub</h1>{links}</article>");
        Self { pages, hub }
    }

    fn answer(&self, path: &str) -> Option<&str> {
        match path.strip_prefix("/page/") {
            Some(number) => self.pages.get(number.parse::<usize>().ok()?).map(String::as_str),
            None => (path == "/hub").then_some(self.hub.as_str()),
        }
    }
}

fn serve(web: &Arc<Web>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    let web = Arc::clone(web);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let web = Arc::clone(&web);
            // Ends when the client closes its connection.
            std::thread::spawn(move || drop(converse(stream, &web)));
        }
    });
    port
}

fn converse(mut stream: TcpStream, web: &Web) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    while let Some(request) = lines.next() {
        let path = request?.split(' ').nth(1).unwrap_or("").to_owned();
        let mut known = false;
        for header in lines.by_ref() {
            let header = header?;
            known |= header.to_ascii_lowercase().starts_with("if-none-match");
            if header.is_empty() {
                break;
            }
        }
        match web.answer(&path) {
            Some(_) if known => stream.write_all(b"HTTP/1.1 304 Not Modified\r\netag: \"1\"\r\n\r\n")?,
            Some(body) => {
                let head = format!(
                    "HTTP/1.1 200 OK\r\ncontent-type: text/html; charset=utf-8\r\netag: \"1\"\r\ncontent-length: {}\r\n\r\n",
                    body.len()
                );
                stream.write_all(head.as_bytes())?;
                stream.write_all(body.as_bytes())?;
            }
            None => stream.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n")?,
        }
    }
    Ok(())
}
