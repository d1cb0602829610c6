//! Bodies too large to be held in memory.

use crate::harness::{Answer, Evercite, LiveSite, Site, citing, coding};

const MIB: usize = 1 << 20;
/// What the files below would take together is several times as much.
const MEMORY: u64 = 150 << 20;

/// Bytes of which half do not compress.
fn film(seed: u32, length: usize) -> Vec<u8> {
    let mut state = seed;
    let mut bytes = Vec::with_capacity(length);
    while bytes.len() < length {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        bytes.extend_from_slice(&[(state >> 24) as u8, 0]);
    }
    bytes
}

fn shown(evercite: &Evercite, site: &LiveSite, path: &str) -> Vec<u8> {
    evercite.ok(&["show", &site.url(path), "--as", "html", "--quiet"]).bytes
}

#[test]
fn long_bodies_are_kept_byte_for_byte_and_never_whole_in_memory() {
    let films: Vec<Vec<u8>> = (1..=2).map(|seed| film(seed, 40 * MIB)).collect();
    let coded = film(9, 12 * MIB);
    // Zeros, which end without their checksum: what came before is kept.
    let words = vec![0; 20 * MIB / 258 * 258 + 1];
    let mut links: Vec<String> = (0..films.len()).map(|n| format!("/film/{n}")).collect();
    links.extend(["/again", "/coded", "/words"].map(str::to_owned));
    let mut site = Site::new()
        .page("/article", citing(&links))
        .answer("/again", Answer::bytes("video/mp4", &films[0]))
        .answer(
            "/coded",
            Answer::bytes("video/mp4", coding::gzip(&coded)).header("Content-Encoding", "gzip"),
        )
        .answer(
            "/words",
            Answer::bytes("text/plain", coding::gzip_of_zeros(words.len())).header("Content-Encoding", "gzip"),
        );
    for (n, film) in films.iter().enumerate() {
        site = site.answer(&format!("/film/{n}"), Answer::bytes("video/mp4", film));
    }
    let (site, evercite) = (site.serve(), Evercite::new());
    let most = ["--max-body", "67108864", "--timeout", "45"];
    let ran = evercite.ok(&[&["snapshot", &site.url("/article")][..], &most].concat());
    assert!(ran.peak_memory < MEMORY, "{} MiB", ran.peak_memory >> 20);
    assert!(evercite.is_sound());
    for (n, film) in films.iter().enumerate() {
        assert!(shown(&evercite, &site, &format!("/film/{n}")) == *film, "film {n}");
    }
    assert!(shown(&evercite, &site, "/again") == films[0]);
    assert!(shown(&evercite, &site, "/coded") == coded);
    assert!(shown(&evercite, &site, "/words") == words);
    let told = "SELECT truncated FROM capture c JOIN url u ON u.id = c.url_id WHERE u.url LIKE '%/words'";
    assert_eq!(evercite.value::<String>(told), "decoding");
    let in_parts = "SELECT count(*) FROM blob WHERE codec = 'parts'";
    assert_eq!(evercite.value::<i64>(in_parts), 4, "the same bytes are kept once");
    let parts = || evercite.value::<i64>("SELECT count(*) + sum(length(data)) FROM blob_part");
    let before = parts();
    let ran = evercite.ok(&[&["check"][..], &most].concat());
    assert!(ran.peak_memory < MEMORY, "{} MiB", ran.peak_memory >> 20);
    assert_eq!(parts(), before, "what is held costs a row");
    let ran = evercite.ok(&["compact", "--level", "3"]);
    assert!(ran.peak_memory < MEMORY, "{} MiB", ran.peak_memory >> 20);
    assert_eq!(parts(), before);
    assert!(shown(&evercite, &site, "/film/1") == films[1]);
    let ran = evercite.ok(&["verify", "--full"]);
    assert!(ran.peak_memory < MEMORY, "{} MiB", ran.peak_memory >> 20);
    let damage = rusqlite::Connection::open(evercite.archive()).expect("SQLite opens it");
    damage
        .execute("DELETE FROM blob_part WHERE ordinal = 3", [])
        .expect("a row less");
    evercite.run(&["verify", "--full"]).exits(2);
    let ran = evercite
        .run(&["show", &site.url("/film/1"), "--as", "html", "--quiet"])
        .exits(1);
    assert!(
        ran.stderr.contains("is damaged") && ran.stderr.contains("/film/1"),
        "{}",
        ran.stderr
    );
}

#[test]
fn the_cap_holds_for_what_is_spooled_and_for_what_is_decoded_from_it() {
    let (film, bomb) = (film(1, 30 * MIB), coding::gzip_of_zeros(100 * MIB));
    let site = Site::new()
        .page("/article", citing(&["/film", "/bomb"]))
        .answer("/film", Answer::bytes("video/mp4", &film))
        .answer(
            "/bomb",
            Answer::bytes("video/mp4", bomb).header("Content-Encoding", "gzip"),
        )
        .serve();
    let evercite = Evercite::new();
    let address = site.url("/article");
    let ran = evercite.ok(&["snapshot", &address, "--max-body", "20971520", "--timeout", "45"]);
    assert!(ran.peak_memory < MEMORY, "{} MiB", ran.peak_memory >> 20);
    let cut = "SELECT count(*) FROM capture c JOIN payload p ON p.id = c.payload_id
               WHERE c.truncated = 'length' AND p.length = 20971520";
    assert_eq!(evercite.value::<i64>(cut), 2);
    assert!(evercite.is_sound());
}
