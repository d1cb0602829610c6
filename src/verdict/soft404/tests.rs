//! Signs by themselves and together.

use super::*;
use crate::{
    model::{facts::Company, sketch::Sketch},
    verdict::{facts_for_tests as facts, owner},
};

fn page(title: &str, text: &str) -> Sketch {
    Sketch {
        title: title.into(),
        headings: vec![title.into()],
        text: text.into(),
        skeleton: (0..20).collect(),
        ..Sketch::default()
    }
}

fn story() -> Sketch {
    Sketch {
        skeleton: (10..90).collect(),
        ..page(
            "The bridge that was promised",
            &(0..400).map(|n| format!("word{n} ")).collect::<String>(),
        )
    }
}

fn apology() -> Sketch {
    page(
        "Page not found",
        "Page not found\nSorry, the page you are looking for could not be found.",
    )
}

fn error(shown: Shown, directory: &str, status: u16, sketch: Sketch) -> ErrorPage {
    let url = format!("{directory}qwertyuiopasdfghjklzxcvbn");
    ErrorPage {
        shown,
        directory: directory.into(),
        final_url: url.clone(),
        url,
        redirects: 0,
        status: Some(status),
        sketch: Some(sketch),
    }
}

fn signs(sketch: Sketch, errors: Vec<ErrorPage>, company: Company) -> Vec<Sign> {
    let inspection = Inspection {
        sketch: Some(sketch),
        errors,
        company,
        ..Inspection::default()
    };
    look(&facts("http://a.example/x/y"), &inspection)
        .iter()
        .map(|seen| seen.sign)
        .collect()
}

fn verdict(signs: &[Sign]) -> bool {
    let seen: Vec<Seen> = signs
        .iter()
        .map(|sign| Seen {
            sign: *sign,
            says: String::new(),
        })
        .collect();
    is_not_there(&seen)
}

const BESIDE: &str = "http://a.example/x/";
const ROOT: &str = "http://a.example/";

#[test]
fn what_is_seen_and_whether_it_is_enough() {
    let alone = Company::default();
    let many = Company { same_text: 3, ..alone };
    let random = || {
        page(
            "Welcome",
            "Welcome to our shop, where we sell all that you could ever wish for and more.",
        )
    };
    for (what, sketch, errors, company, want, dead) in [
        ("a story", story(), vec![], alone, vec![], false),
        (
            "an apology on a host of which nothing is known",
            apology(),
            vec![],
            alone,
            vec![Sign::Phrase],
            false,
        ),
        (
            "an apology on an honest host that apologises otherwise",
            Sketch {
                skeleton: (100..120).collect(),
                ..apology()
            },
            vec![error(
                Shown::Probe,
                BESIDE,
                404,
                page("404", "Nothing here, really nothing at all to be seen."),
            )],
            alone,
            vec![Sign::Phrase],
            false,
        ),
        (
            "the text of the host's own error page",
            apology(),
            vec![error(Shown::Cited, ROOT, 404, apology())],
            alone,
            vec![Sign::LikeErrorPage, Sign::Phrase],
            true,
        ),
        (
            "built as the host's own error page is, with other words",
            page("This article is no longer available", "The content has been removed."),
            vec![error(Shown::Probe, BESIDE, 404, apology())],
            alone,
            vec![Sign::LikeErrorPage, Sign::Phrase],
            true,
        ),
        (
            "a host that answers 200 to anything, in words",
            apology(),
            vec![error(Shown::Probe, BESIDE, 200, apology())],
            alone,
            vec![Sign::LikeProbe, Sign::Phrase],
            true,
        ),
        (
            "its home page for anything, without a word of apology",
            random(),
            vec![
                error(Shown::Probe, BESIDE, 200, random()),
                error(Shown::Probe, ROOT, 200, random()),
            ],
            alone,
            vec![Sign::LikeProbe, Sign::LikeEveryProbe],
            true,
        ),
        (
            "a page that does not mind the end of its address",
            story(),
            vec![
                error(Shown::Probe, BESIDE, 200, story()),
                error(Shown::Probe, ROOT, 404, apology()),
            ],
            alone,
            vec![Sign::LikeProbe],
            false,
        ),
        (
            "one text at many addresses, with an apology",
            apology(),
            vec![],
            many,
            vec![Sign::Phrase, Sign::Collapse],
            true,
        ),
        (
            "one story at many addresses",
            story(),
            vec![],
            many,
            vec![Sign::Collapse],
            false,
        ),
        (
            "an application's shell, everywhere the same",
            page("App", ""),
            vec![
                error(Shown::Probe, BESIDE, 200, page("App", "")),
                error(Shown::Probe, ROOT, 200, page("App", "")),
            ],
            alone,
            vec![],
            false,
        ),
        (
            "named an error, and an apology",
            Sketch {
                error_mark: Some("error404".into()),
                ..apology()
            },
            vec![],
            alone,
            vec![Sign::Named, Sign::Phrase],
            true,
        ),
        (
            "an apology that is not to be listed",
            Sketch {
                noindex: true,
                ..apology()
            },
            vec![],
            alone,
            vec![Sign::Unlisted, Sign::Phrase],
            false,
        ),
    ] {
        let found = signs(sketch, errors, company);
        assert_eq!(found, want, "{what}");
        assert_eq!(verdict(&found), dead, "{what}");
    }
}

#[test]
fn pages_about_missing_pages_are_there() {
    let long: String = (0..400).map(|n| format!("word{n} ")).collect();
    for title in [
        "What a 404 error means, and how to mend it",
        "Why \"page not found\" is the most read page of the web",
        "Die Seite wurde nicht gefunden: eine Kulturgeschichte",
        "「ページが見つかりません」の歴史",
    ] {
        let errors = vec![error(Shown::Probe, BESIDE, 404, apology())];
        let about = Sketch {
            skeleton: (5..90).collect(),
            ..page(title, &long)
        };
        assert!(!verdict(&signs(about, errors, Company::default())), "{title}");
    }
}

#[test]
fn error_pages_in_ten_languages_are_told_with_a_second_sign() {
    for (title, text) in [
        ("Page not found", "We looked everywhere."),
        ("Seite nicht gefunden", "Die gesuchte Seite gibt es nicht mehr."),
        ("Page introuvable", "La page demandée n'existe pas."),
        ("Página no encontrada", "La página que busca no existe."),
        ("Página não encontrada", "A página não existe."),
        ("Страница не найдена", "Возможно, она была удалена."),
        ("ページが見つかりません", "お探しのページは存在しません。"),
        ("页面不存在", "找不到您要的页面"),
        ("الصفحة غير موجودة", "لم يتم العثور على الصفحة"),
        ("Sayfa bulunamadı", "Aradığınız sayfa yok."),
        ("ไม่พบหน้าที่คุณต้องการ", "ไม่พบหน้า"),
    ] {
        let found = signs(
            page(title, text),
            vec![error(Shown::Probe, BESIDE, 200, page(title, text))],
            Company::default(),
        );
        assert!(verdict(&found), "{title}: {found:?}");
    }
}

#[test]
fn home_pages_are_always_there() {
    let inspection = Inspection {
        sketch: Some(apology()),
        errors: vec![error(Shown::Probe, ROOT, 200, apology())],
        ..Inspection::default()
    };
    for home in [
        "http://a.example/",
        "http://a.example/index.html",
        "http://a.example/home",
    ] {
        assert!(look(&facts(home), &inspection).is_empty(), "{home}");
    }
}

#[test]
fn redirects_must_match_those_of_an_address_made_up() {
    let mut redirected = facts("http://a.example/x/y");
    let mut end = redirected.chain.hops[0].clone();
    redirected.chain.hops[0].status = Some(302);
    end.url = "http://a.example/start/here".into();
    redirected.chain.hops.push(end);
    for (final_url, redirects, like) in [
        ("http://a.example/start/here", 1, true),
        ("http://a.example/elsewhere", 1, false),
        ("http://a.example/x/made-up", 0, false),
    ] {
        let probe = ErrorPage {
            final_url: final_url.into(),
            redirects,
            sketch: None,
            ..error(Shown::Probe, BESIDE, 200, apology())
        };
        let inspection = Inspection {
            sketch: Some(story()),
            errors: vec![probe],
            ..Inspection::default()
        };
        let found = look(&redirected, &inspection);
        assert_eq!(
            found.iter().any(|seen| seen.sign == Sign::LikeProbe),
            like,
            "{final_url}"
        );
    }
}

#[test]
fn a_parked_name_is_told_by_two_signs() {
    let sale = || {
        page(
            "example.org",
            "This domain may be for sale. Related searches: loans, flights",
        )
    };
    let like = Seen {
        sign: Sign::LikeProbe,
        says: "like any".into(),
    };
    for (what, sketch, seen, parked) in [
        ("words alone", sale(), Vec::new(), false),
        (
            "words and a service",
            Sketch {
                parking: Some("sedoparking.com".into()),
                ..sale()
            },
            vec![],
            true,
        ),
        ("words, and the same everywhere", sale(), vec![like.clone()], true),
        (
            "a link to a broker alone",
            Sketch {
                parking: Some("dan.com".into()),
                ..story()
            },
            vec![],
            false,
        ),
        ("the same everywhere alone", story(), vec![like], false),
    ] {
        assert_eq!(owner::parked(&seen, &sketch).is_some(), parked, "{what}");
    }
}

#[test]
fn titles_are_compared_without_the_name_of_the_site() {
    for (old, new, alike) in [
        ("The bridge | The Gazette", "Home | The Gazette", false),
        (
            "The bridge - The Gazette of the North",
            "Welcome - The Gazette of the North",
            false,
        ),
        ("The bridge | The Gazette", "The bridge | The Gazette Online", true),
        ("The bridge", "The bridge", true),
        ("", "", true),
    ] {
        assert_eq!(own_title_similarity(old, new) >= OTHER_TITLE, alike, "{old} / {new}");
    }
}

#[test]
fn a_long_text_is_no_apology_however_it_is_built() {
    let long: String = (0..400).map(|n| format!("word{n} ")).collect();
    let built_alike = page("A story about 404 errors", &long);
    let found = signs(
        built_alike,
        vec![error(Shown::Probe, BESIDE, 404, apology())],
        Company::default(),
    );
    assert_eq!(found, [Sign::Phrase]);
}

#[test]
fn the_address_that_an_error_page_repeats_makes_no_difference() {
    let says = |url: &str| Sketch {
        skeleton: Vec::new(),
        ..page(
            "Not found",
            &format!("Sorry, there is nothing to be found at {url} any more."),
        )
    };
    let mut probe = error(Shown::Probe, BESIDE, 200, says("/x/qwertyuiopasdfghjklzxcvbn"));
    let cited = says("/x/yesterday");
    probe.sketch = Some(says("/x/qwertyuiopasdfghjklzxcvbn"));
    let inspection = Inspection {
        sketch: Some(cited),
        errors: vec![probe],
        ..Inspection::default()
    };
    let found: Vec<Sign> = look(&facts("http://a.example/x/yesterday"), &inspection)
        .iter()
        .map(|seen| seen.sign)
        .collect();
    assert_eq!(found, [Sign::LikeProbe, Sign::Phrase]);
}
