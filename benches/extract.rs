//! What reading a page costs: CPU per page of each step, on pages made up here or on the HTML files of a
//! folder; and the CPU that the worst pages of 10 MiB take. Everything runs on one thread.
//!
//! `cargo bench --bench extract [-- FOLDER]`

use std::{
    hint::black_box,
    path::Path,
    time::{Duration, Instant},
};

use evercite::{
    extract::{read_html, steps},
    model::url::Url,
};

const ROUNDS: usize = 5;
const WORST: usize = 10 << 20;

fn main() {
    // cargo passes --bench itself.
    let folder = std::env::args().skip(1).find(|arg| !arg.starts_with('-'));
    let base = Url::parse("https://example.org/").expect("an address");
    let (name, pages) = match &folder {
        Some(folder) => (folder.as_str(), read_folder(Path::new(folder))),
        None => ("made up", (0..200).map(made_up).collect()),
    };
    assert!(!pages.is_empty(), "{name} has no HTML files");
    let bytes: usize = pages.iter().map(String::len).sum();
    println!(
        "{} pages ({name}), {:.0} kB on average; CPU a page, median of {ROUNDS} rounds\n",
        pages.len(),
        bytes as f64 / pages.len() as f64 / 1e3
    );
    steps_of(&pages, &base);
    println!("\npages of {} MiB, CPU to read one", WORST >> 20);
    for (what, html) in worst() {
        let mut took = Duration::ZERO;
        let page = black_box(timed(&mut took, || read_html(&html, &base)));
        println!(
            "{what:24} {:8.0} ms{}",
            took.as_secs_f64() * 1e3,
            if page.cut { "  read in part" } else { "" }
        );
    }
}

fn steps_of(pages: &[String], base: &Url) {
    let mut rounds: Vec<[Duration; 5]> = (0..ROUNDS)
        .map(|_| {
            let mut took = [Duration::ZERO; 5];
            for html in pages {
                let parsed = timed(&mut took[0], || steps::parse(html));
                let chosen = timed(&mut took[1], || steps::main_text(&parsed));
                black_box(timed(&mut took[2], || steps::digests(&parsed, &chosen)));
                black_box(timed(&mut took[3], || steps::links(&parsed, &chosen, base)));
                drop((parsed, chosen));
                black_box(timed(&mut took[4], || read_html(html, base)));
            }
            took
        })
        .collect();
    for (nth, what) in ["parse", "main text", "digests", "links", "all of a page"]
        .iter()
        .enumerate()
    {
        rounds.sort_by_key(|took| took[nth]);
        let took = rounds[ROUNDS / 2][nth];
        println!("{what:16} {:8.3} ms", took.as_secs_f64() * 1e3 / pages.len() as f64);
    }
}

fn timed<T>(took: &mut Duration, work: impl FnOnce() -> T) -> T {
    let (began, cpu) = (Instant::now(), cpu());
    let made = work();
    *took += match (cpu, self::cpu()) {
        (Some(before), Some(after)) => after - before,
        _ => began.elapsed(),
    };
    made
}

/// CPU time of this thread, from Linux's /proc; elsewhere the clock has to do.
fn cpu() -> Option<Duration> {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(Duration::from_nanos(stat.split(' ').next()?.parse().ok()?))
}

fn read_folder(folder: &Path) -> Vec<String> {
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .unwrap_or_else(|e| panic!("{} could not be read: {e}", folder.display()))
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "html" || extension == "htm")
        })
        .collect();
    paths.sort();
    let read = |path: &std::path::PathBuf| std::fs::read(path).expect("a readable file");
    paths
        .iter()
        .map(|path| String::from_utf8_lossy(&read(path)).into_owned())
        .collect()
}

/// A page of some 50 kB: navigation, an article, related links, comments, a footer, scripts.
fn made_up(nth: usize) -> String {
    let mut random = 0x9e37_79b9_7f4a_7c15_u64 ^ (nth as u64 + 1).wrapping_mul(0x2545_f491_4f6c_dd1d);
    let mut next = move |below: u64| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random % below
    };
    const SYLLABLES: [&str; 16] = [
        "ba", "ke", "li", "mo", "nu", "ra", "si", "to", "да", "ни", "ру", "水", "山", "في", "ق", "é",
    ];
    let mut sentence = |words: u64| -> String {
        (0..words)
            .map(|_| {
                (0..2 + next(3))
                    .map(|_| SYLLABLES[next(16) as usize])
                    .collect::<String>()
            })
            .collect::<Vec<_>>()
            .join(" ")
    };
    let title = sentence(6);
    let list = |items: usize, class: &str, mut item: Box<dyn FnMut() -> String + '_>| -> String {
        (0..items)
            .map(|n| {
                format!(
                    "<li class=\"{class}-item level-1\"><a href=\"/{class}/{n}?ref=x\"><span>{}</span></a></li>",
                    item()
                )
            })
            .collect()
    };
    let navigation = list(60, "menu", Box::new(|| sentence(2)));
    let body: String = (0..50)
        .map(|n| {
            format!(
                "<p id=\"p{n}\">{}. <a href=\"/page/{n}\">{}</a> {}.</p>\n",
                sentence(14),
                sentence(3),
                sentence(20)
            )
        })
        .collect();
    let related = list(40, "related", Box::new(|| sentence(5)));
    let comments: String = (0..20)
        .map(|n| {
            format!(
                "<div class=\"comment\" id=\"comment-{n}\"><b>{}</b><p>{}</p></div>",
                sentence(2),
                sentence(25)
            )
        })
        .collect();
    let script = "window.q=window.q||[];q.push({event:'view',id:1});".repeat(200);
    format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title><script>{script}</script></head>\
         <body class=\"single has-sidebar\"><header class=\"site-header\"><nav><ul>{navigation}</ul></nav></header>\
         <div class=\"wrap\"><div class=\"post-content\"><h1>{title}</h1>{body}</div><div class=\"sidebar\"><ul>{related}</ul></div>\
         </div><section id=\"comments\">{comments}</section><footer class=\"site-footer\">{}</footer></body></html>",
        sentence(30)
    )
}

/// Pages that cost a careless reader much.
fn worst() -> Vec<(&'static str, String)> {
    let many = |part: &str| part.repeat(WORST / part.len());
    let nested = |open: &str, close: &str| {
        let times = WORST / (open.len() + close.len());
        format!("{}x{}", open.repeat(times), close.repeat(times))
    };
    let numbered = |part: &dyn Fn(usize) -> String| {
        let mut html = String::with_capacity(WORST);
        for n in 0.. {
            if html.len() >= WORST {
                break;
            }
            html.push_str(&part(n));
        }
        html
    };
    let prose = "A line of some words that is not the same as any other. ";
    vec![
        ("deep nesting", many("<div>")),
        ("deep nesting, closed", nested("<div>", "</div>")),
        (
            "nesting at the limit",
            many(&format!("{}x{}", "<div>".repeat(500), "</div>".repeat(500))),
        ),
        ("deep lists", many("<ul><li>")),
        ("deep quotes, with text", many("<blockquote>words ")),
        ("forms left open", many("<form><div></form>")),
        ("one huge text", many("word ")),
        ("one huge word", many("x")),
        ("one huge foreign text", many("слово 日本語 ")),
        ("many siblings", many("<p>x</p>")),
        ("many paragraphs", numbered(&|n| format!("<p>{n} {prose}</p>"))),
        (
            "many attributes, one tag",
            format!("<p{}>", numbered(&|n| format!(" a{n}=1"))),
        ),
        (
            "many attributes",
            many(&format!(
                "<p{}>x",
                (0..60).map(|n| format!(" a{n}=1")).collect::<String>()
            )),
        ),
        (
            "huge table",
            format!("<table>{}", numbered(&|n| format!("<tr><td>{n}<td>x"))),
        ),
        ("tables in tables", many("<table><tr><td>")),
        ("text in tables", many("<table>x<b>y")),
        ("many links", numbered(&|n| format!("<a href=/{n}>x</a> "))),
        ("links around links", many("<a href=/x><p>")),
        ("unclosed tags", many("<b><i><p>x")),
        ("misnested tags", many("<b><p></b><i></p>")),
        ("many tiny comments", many("<!---->")),
        ("many tiny comment blocks", many("<div class=comment>x</div>")),
        (
            "many class names",
            format!("<p class=\"{}\">x", numbered(&|n| format!("ad-{n} "))),
        ),
        (
            "many classes",
            numbered(&|n| format!("<p class=\"post-content c{n}\">x")),
        ),
        ("many articles", many("<article><h1>x</h1><p>y</article>")),
        (
            "much linked data",
            many("<script type=application/ld+json>{\"author\":[[[{}]]]}</script>"),
        ),
        ("many dates", many("<time datetime=x>y</time>")),
        ("many forms", many("<form><input><label>x</label></form>")),
        ("much without scripts", many("<noscript><div>x</div></noscript>")),
        ("the same line", many(&format!("<p>{prose}</p>"))),
        ("many entities", many("&amp;")),
        ("much code", format!("<pre>{}", many("x = 1\n"))),
    ]
}
