//! Files put together by hand, whole and hostile.

use std::io::Write;

use lopdf::{EncryptionState, EncryptionVersion, Permissions};

use super::*;

/// Puts a file together from bodies of objects, numbered from 1, with a trailer. The cross-reference
/// table is left out: it is not read.
fn file(objects: &[Vec<u8>], trailer: &str) -> Vec<u8> {
    let mut out = b"%PDF-1.7\n".to_vec();
    for (nth, object) in objects.iter().enumerate() {
        out.extend_from_slice(format!("{} 0 obj\n", nth + 1).as_bytes());
        out.extend_from_slice(object);
        out.extend_from_slice(b"\nendobj\n");
    }
    out.extend_from_slice(format!("trailer\n<< /Root 1 0 R {trailer} >>\nstartxref\n0\n%%EOF\n").as_bytes());
    out
}

fn stream(dict: &str, content: &[u8]) -> Vec<u8> {
    let mut out = format!("<< /Length {} {dict} >>\nstream\n", content.len()).into_bytes();
    out.extend_from_slice(content);
    out.extend_from_slice(b"\nendstream");
    out
}

fn deflated(dict: &str, content: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    packer.write_all(content).unwrap();
    stream(&format!("/Filter /FlateDecode {dict}"), &packer.finish().unwrap())
}

const FONT: &str = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>";

/// Two pages: the first with `one` and a link, the second with `two`, deflated.
fn two_pages(one: &str, two: &str, info: &str) -> Vec<u8> {
    let objects: Vec<Vec<u8>> = vec![
        b"<< /Type /Catalog /Pages 2 0 R /Lang (en-GB) >>".to_vec(),
        b"<< /Type /Pages /Count 2 /Kids [3 0 R 4 0 R] /Resources << /Font << /F1 5 0 R >> >> >>".to_vec(),
        b"<< /Type /Page /Parent 2 0 R /Contents 6 0 R /Annots [8 0 R] >>".to_vec(),
        b"<< /Type /Page /Parent 2 0 R /Contents [7 0 R] >>".to_vec(),
        FONT.into(),
        stream("", one.as_bytes()),
        deflated("", two.as_bytes()),
        b"<< /Type /Annot /Subtype /Link /Rect [70 690 400 715] /A << /S /URI /URI (https://x.example/a) >> >>"
            .to_vec(),
        format!("<< {info} >>").into_bytes(),
    ];
    file(&objects, "/Info 9 0 R")
}

fn page_of(content: &str) -> Vec<u8> {
    two_pages(content, "", "")
}

fn parsed(bytes: &[u8]) -> Page {
    read(bytes, &Url::parse("https://example.org/paper.pdf").unwrap()).expect("a page")
}

#[test]
fn reads_text_title_and_links_of_pages_in_order() {
    let one = "BT /F1 18 Tf 72 700 Td (Harbour ) Tj [(bri) -20 (dge) -300 (report)] TJ ET
        BT /F1 10 Tf 72 660 Td (It cost thirty-one mil-) Tj 0 -12 Td (lion \\(caf\\351\\).) Tj ET";
    let two = "BT /F1 10 Tf 1 0 0 1 72 700 Tm (Second page) ' ET";
    let page = parsed(&two_pages(one, two, "/Title <FEFF004800E9> /CreationDate (D:20260105)"));
    assert_eq!(page.kind, PageKind::Pdf);
    assert_eq!(
        page.text,
        "Harbour bridge report\nIt cost thirty-one million (café).\nSecond page\n"
    );
    assert_eq!((page.title.as_str(), page.language.as_deref()), ("Hé", Some("en-GB")));
    assert_eq!(page.links.len(), 1);
    let link = &page.links[0];
    assert_eq!(
        (link.raw.0.as_str(), link.anchor.as_str()),
        ("https://x.example/a", "Harbour bridge report")
    );
    assert_eq!((link.role, link.place), (Role::Cite, Place::Main));
    assert!(!page.cut);
}

#[test]
fn the_first_line_stands_in_for_a_title() {
    let page = parsed(&page_of(
        "BT /F1 18 Tf 72 700 Td (Harbour bridge) Tj 0 -60 Td (More) Tj ET",
    ));
    assert_eq!(page.title, "Harbour bridge");
}

#[test]
fn the_digest_ignores_dates_and_places_and_sees_text_and_images() {
    let digest = |text: &str, info: &str| parsed(&two_pages(text, "", info)).document;
    let text = "BT /F1 10 Tf (words) Tj ET";
    let plain = digest(text, "/ModDate (D:20260101)");
    assert_eq!(
        plain,
        digest(text, "/ModDate (D:20270101120000Z) /Producer (another one)")
    );
    assert_ne!(
        plain,
        digest("BT /F1 10 Tf (other words) Tj ET", "/ModDate (D:20260101)")
    );
    let with_image = |pixels: &[u8]| {
        let image = stream("/Type /XObject /Subtype /Image /Width 1 /Height 1", pixels);
        parsed(&file(
            &[
                b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
                b"<< /Type /Pages /Kids [3 0 R] >>".to_vec(),
                b"<< /Type /Page >>".to_vec(),
                image,
            ],
            "",
        ))
    };
    assert_ne!(with_image(b"a").document, with_image(b"b").document);
    assert_eq!(with_image(b"a").text, "", "a scan says nothing");
}

#[test]
fn reads_objects_in_object_streams_and_to_unicode_tables() {
    let table = "1 begincodespacerange <0000> <FFFF> endcodespacerange
        1 beginbfrange <0001> <FFFF> <0416> endbfrange 1 beginbfchar <0005> <00660069> endbfchar";
    let packed = "1 0 2 34 <</Type/Catalog/Pages 2 0 R   >>  <</Type/Pages/Kids[3 0 R]>>";
    let objects = [
        deflated("/Type /ObjStm /N 2 /First 9", packed.as_bytes()),
        b"null".to_vec(),
        b"<< /Type /Page /Contents 4 0 R /Resources << /Font << /F 5 0 R >> >> >>".to_vec(),
        stream("", b"BT /F 10 Tf <000100020005> Tj ET"),
        b"<< /Type /Font /Subtype /Type0 /Encoding /Identity-H /ToUnicode 6 0 R >>".to_vec(),
        deflated("", table.as_bytes()),
    ];
    let mut bytes = file(&objects, "");
    // The stream is written under a number of its own, so that 1 and 2 are free for what it holds.
    let at = bytes.windows(7).position(|w| w == b"1 0 obj").unwrap();
    bytes.splice(at..at + 1, *b"9");
    let at = bytes.windows(7).position(|w| w == b"2 0 obj").unwrap();
    bytes.splice(at..at + 1, *b"8");
    assert_eq!(parsed(&bytes).text, "ЖЗfi\n");
}

#[test]
fn gives_up_on_files_that_want_too_much() {
    let zeros = vec![b' '; 100 << 20];
    let bomb = deflated("", &zeros);
    let tree = |kids: &str| {
        file(
            &[
                b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
                format!("<< /Type /Pages /Kids [{kids}] /Contents 3 0 R >>").into_bytes(),
                bomb.clone(),
                b"<< /Type /Page /Contents [3 0 R 3 0 R 3 0 R] >>".to_vec(),
            ],
            "",
        )
    };
    let page = parsed(&tree("2 0 R 4 0 R 2 0 R 4 0 R"));
    assert!(page.cut && page.text.is_empty());
    // A form that draws itself, and a table that names every code there is.
    let own = "/Type /XObject /Subtype /Form /Resources << /XObject << /X 3 0 R >> /Font << /F 5 0 R >> >>";
    let table = b"1 begincodespacerange <00000000> <FFFFFFFF> endcodespacerange
        1 beginbfrange <00000000> <FFFFFFFF> <0041> endbfrange";
    let bytes = file(
        &[
            b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
            b"<< /Type /Pages /Kids [4 0 R] >>".to_vec(),
            stream(own, b"BT /F 9 Tf <00000001> Tj ET /X Do /X Do"),
            b"<< /Type /Page /Contents 3 0 R /Resources << /XObject << /X 3 0 R >> /Font << /F 5 0 R >> >> >>".to_vec(),
            b"<< /Type /Font /Subtype /Type0 /Encoding /Identity-H /ToUnicode 6 0 R >>".to_vec(),
            stream("", table),
        ],
        "",
    );
    assert!(parsed(&bytes).text.starts_with('B'));
    // Deeper than any person nests.
    for bytes in [
        page_of(&"[".repeat(1 << 20)),
        file(&["[".repeat(1 << 20).into_bytes(), b"<< /Type /Page >>".to_vec()], ""),
        file(
            &["<</A ".repeat(1 << 18).into_bytes(), b"<< /Type /Page >>".to_vec()],
            "",
        ),
        file(&[b"<< /Type /Page /Contents 2 0 R >>".to_vec(), b"2 0 R".to_vec()], ""),
        page_of(&"q ".repeat(1 << 20)),
    ] {
        assert_eq!(parsed(&bytes).text, "");
    }
}

#[test]
fn reads_what_is_left_of_a_broken_file() {
    let whole = two_pages(
        "BT /F1 10 Tf (First) Tj ET",
        "BT /F1 10 Tf (Second) Tj ET",
        "/Title (T)",
    );
    for end in 0..whole.len() {
        let _ = read(&whole[..end], &Url::parse("https://example.org/").unwrap());
    }
    for at in (0..whole.len()).step_by(3) {
        for byte in [b'<', b'(', b'0', b'9', 0xFF] {
            let mut bytes = whole.clone();
            bytes[at] = byte;
            let _ = read(&bytes, &Url::parse("https://example.org/").unwrap());
        }
    }
    let at = whole.windows(7).position(|w| w == b"trailer").unwrap();
    assert_eq!(parsed(&whole[..at]).text, "First\nSecond\n");
    assert!(read(b"%PDF-1.7\nnothing", &Url::parse("https://example.org/").unwrap()).is_none());
}

#[test]
fn opens_files_with_an_empty_password_and_says_which_are_locked() {
    let plain = two_pages("BT /F1 10 Tf (secret) Tj ET", "", "/Title (Sealed)");
    let sealed = |password: &str| {
        let mut budget = Budget::new();
        let mut document = syntax::read(&plain, &mut budget).document;
        let id = Object::string_literal("0123456789abcdef");
        document.trailer.set("ID", Object::Array(vec![id.clone(), id]));
        let version = EncryptionVersion::V2 {
            document: &document,
            owner_password: "owner",
            user_password: password,
            key_length: 128,
            permissions: Permissions::all(),
        };
        let state = EncryptionState::try_from(version).unwrap();
        document.encrypt(&state).unwrap();
        let mut bytes = Vec::new();
        document.save_to(&mut bytes).unwrap();
        bytes
    };
    let open = parsed(&sealed(""));
    assert_eq!((open.title.as_str(), open.text.as_str()), ("Sealed", "secret\n"));
    let locked = parsed(&sealed("guess"));
    assert_eq!((locked.kind, locked.text.as_str()), (PageKind::Pdf, ""));
}
