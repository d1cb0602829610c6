//! What is cited and is no web page: PDF, images, data.

use crate::harness::{Answer, Evercite, LiveSite, Site, citing, coding::zlib, prose};

/// A PDF of one page, its text deflated.
fn pdf(text: &str, info: &str) -> Vec<u8> {
    let lines: Vec<String> = text
        .split(". ")
        .map(|line| format!("({line}. ) Tj 0 -12 Td "))
        .collect();
    let content = zlib(format!("BT /F1 10 Tf 72 700 Td {} ET", lines.concat()).as_bytes());
    let mut file = format!(
        "%PDF-1.7\n1 0 obj << /Type /Catalog /Pages 2 0 R >> endobj\n\
         2 0 obj << /Type /Pages /Count 1 /Kids [3 0 R] >> endobj\n\
         3 0 obj << /Type /Page /Parent 2 0 R /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >> endobj\n\
         5 0 obj << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> endobj\n\
         6 0 obj << {info} >> endobj\n\
         4 0 obj << /Length {} /Filter /FlateDecode >> stream\n",
        content.len()
    )
    .into_bytes();
    file.extend_from_slice(&content);
    file.extend_from_slice(b"\nendstream endobj\ntrailer << /Root 1 0 R /Info 6 0 R >>\nstartxref\n0\n%%EOF\n");
    file
}

fn snapshot_of(media_type: &str, body: &[u8]) -> (LiveSite, Evercite) {
    let site = Site::new()
        .answer("/source", Answer::bytes(media_type, body))
        .page("/article", citing(&["/source"]))
        .serve();
    let evercite = Evercite::new();
    evercite.ok(&["snapshot", &site.url("/article")]);
    assert_eq!(evercite.report().class(&site.url("/source")), "ok");
    (site, evercite)
}

/// The link's class once the source has become `body`, its reason and its evidence.
fn after(site: &LiveSite, evercite: &Evercite, media_type: &str, body: &[u8]) -> (String, String) {
    site.set("/source", Answer::bytes(media_type, body));
    evercite.run(&["check"]);
    let report = evercite.report();
    let url = site.url("/source");
    (report.class(&url).to_owned(), report.link(&url).to_string())
}

#[test]
fn a_pdf_is_compared_by_its_text() {
    let text = prose("harbour", 30);
    let (site, evercite) = snapshot_of(
        "application/pdf",
        &pdf(&text, "/Title (Annual report) /ModDate (D:20260101)"),
    );
    let url = site.url("/source");
    let shown = evercite.ok(&["show", &url, "--as", "text"]).stdout;
    assert!(
        shown.contains("Annual report") && shown.contains("harbour keepers"),
        "{shown}"
    );
    assert!(evercite.ok(&["search", "harbour", "keepers"]).stdout.contains(&url));

    let saved_again = pdf(&text, "/Title (Annual report) /ModDate (D:20270101120000Z)");
    let (class, link) = after(&site, &evercite, "application/pdf", &saved_again);
    assert_eq!(class, "ok", "a new date alone is no change: {link}");

    let edited = text.replacen("for 49 reasons", "for 50 reasons", 1);
    let (class, link) = after(&site, &evercite, "application/pdf", &pdf(&edited, ""));
    assert_eq!(class, "changed", "{link}");
    assert!(link.contains("similarity") && link.contains("1 altered"), "{link}");
    assert!(link.contains("a number changed") && link.contains("50"), "{link}");
}

#[test]
fn what_has_no_text_is_compared_by_its_bytes() {
    let scan = |pixels: &str| {
        format!(
            "%PDF-1.4\n1 0 obj <</Type/Catalog/Pages 2 0 R>> endobj 2 0 obj <</Type/Pages/Kids[3 0 R]>> endobj\n\
             3 0 obj <</Type/Page>> endobj 4 0 obj <</Subtype/Image>> stream\n{pixels}\nendstream endobj"
        )
    };
    for (media_type, old, new) in [
        ("image/png", "\u{89}PNG old".to_owned(), "\u{89}PNG new".to_owned()),
        ("application/zip", "PK old".to_owned(), "PK new".to_owned()),
        ("application/pdf", scan("old"), scan("new")),
    ] {
        let (site, evercite) = snapshot_of(media_type, old.as_bytes());
        let (class, link) = after(&site, &evercite, media_type, old.as_bytes());
        assert_eq!(class, "ok", "{media_type}: {link}");
        let (class, link) = after(&site, &evercite, media_type, new.as_bytes());
        assert_eq!(class, "changed", "{media_type}: {link}");
        assert!(link.contains("there is no text to compare"), "{media_type}: {link}");
        let shown = evercite.ok(&["show", &site.url("/source"), "--as", "text"]).stdout;
        assert!(
            shown.contains("without text that could be read"),
            "{media_type}: {shown}"
        );
    }
}

#[test]
fn data_is_compared_as_text_however_it_is_set() {
    let figures = |last: u32| {
        let rows: Vec<String> = (0..40)
            .map(|n| format!("\"harbour {n}\":{}", if n == 39 { last } else { n }))
            .collect();
        format!("{{{}}}", rows.join(","))
    };
    let (site, evercite) = snapshot_of("application/json", figures(7).as_bytes());
    let spaced = figures(7).replace(',', ",\n  ").replace(':', " : ");
    let (class, link) = after(&site, &evercite, "application/json", spaced.as_bytes());
    assert_eq!(class, "ok", "{link}");
    let (class, link) = after(&site, &evercite, "application/json", figures(8).as_bytes());
    assert_eq!(class, "changed", "{link}");
    assert!(link.contains("similarity"), "{link}");

    let (site, evercite) = snapshot_of("text/csv", b"port;ships\nKarrow;31\n");
    let (class, link) = after(&site, &evercite, "text/csv", b"port;ships\nKarrow;13\n");
    assert!(class != "ok", "{link}");
}

#[test]
fn the_text_of_a_pdf_is_printed() {
    let evercite = Evercite::new();
    evercite.write("report.pdf", pdf("What the dam cost.", "/Title (Annual report)"));
    let plain = evercite.ok(&["text", "report.pdf"]).stdout;
    assert!(
        plain.starts_with("Annual report\n\n") && plain.contains("What the dam cost."),
        "{plain}"
    );
    evercite.write("broken.pdf", "%PDF-1.7 and nothing more");
    let broken = evercite.run(&["text", "broken.pdf"]).exits(3);
    assert!(broken.complains_clearly().stderr.contains("broken.pdf"), "{broken}");
}
