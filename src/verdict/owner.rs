//! Names that nobody uses, and names that somebody else uses now.
//!
//! A site may change its words, its language or its address and still be itself, so each of these needs
//! two signs: another page than the one we hold, and something that only a new owner would do.

use super::soft404::Seen;
use crate::model::{
    facts::{CitationFacts, Inspection},
    sketch::{Sign, Sketch},
    url::{Url, registered_domain},
};

/// What pages on names for sale say of themselves, in lower case.
const FOR_SALE: &[&str] = &[
    "domain is for sale",
    "domain may be for sale",
    "domain name is for sale",
    "domain for sale",
    "buy this domain",
    "make an offer on this domain",
    "this domain is parked",
    "domain parking",
    "parked free",
    "parked domain",
    "domain has expired",
    "domain is expired",
    "this domain has been registered",
    "domain steht zum verkauf",
    "domain kaufen",
    "domain zu verkaufen",
    "domaine est à vendre",
    "dominio en venta",
    "dominio está en venta",
    "domínio à venda",
    "dominio in vendita",
    "domein is te koop",
    "domenę na sprzedaż",
    "domena jest na sprzedaż",
    "домен продается",
    "домен продаётся",
    "домен выставлен на продажу",
    "satılık alan adı",
    "satılık domain",
    "域名出售",
    "此域名",
    "ドメインは販売",
    "このドメインは",
    "도메인 판매",
    "النطاق للبيع",
    "ขายโดเมน",
    "โดเมนนี้",
    "tên miền này đang được bán",
    "domain ini dijual",
    "domeniul este de vânzare",
    "doménu si můžete koupit",
    "domänen är till salu",
    "domenet er til salgs",
    "domænet er til salg",
    "הדומיין למכירה",
];

/// Words of the trades that take over names which others gave up, in lower case.
const TAKEOVER: &[&str] = &[
    "casino",
    "kasino",
    "cassino",
    "казино",
    "カジノ",
    "赌场",
    "娱乐城",
    "카지노",
    "كازينو",
    "คาสิโน",
    "slot online",
    "slot gacor",
    "situs slot",
    "judi online",
    "togel",
    "สล็อต",
    "บาคาร่า",
    "poker online",
    "sportsbook",
    "betting site",
    "online betting",
    "apuestas deportivas",
    "apostas esportivas",
    "sportwetten",
    "bahis",
    "ставки на спорт",
    "букмекер",
    "体育投注",
    "博彩",
    "토토사이트",
    "먹튀",
    "viagra",
    "cialis",
    "escort service",
    "escorts",
    "payday loan",
    "porn",
    "hookup",
    "essay writing service",
    "replica watches",
];

/// The registered domain of an address, or its host where there is none.
pub(super) fn site(url: &Url) -> String {
    registered_domain(url.host_str().unwrap_or("")).to_owned()
}

/// What shows that nobody uses the name any more; enough when it says so and something else fits.
pub(super) fn parked(seen: &[Seen], sketch: &Sketch) -> Option<Vec<String>> {
    let heads = format!("{}\n{}", sketch.title, sketch.headings.join("\n"));
    let opening: String = sketch.text.chars().take(600).collect();
    let phrase = first_of(FOR_SALE, &heads).or_else(|| first_of(FOR_SALE, &opening));
    let service = sketch.parking.as_deref();
    let fits = seen.iter().find(|seen| {
        matches!(
            seen.sign,
            Sign::LikeProbe | Sign::LikeErrorPage | Sign::Replaced | Sign::Collapse | Sign::ToRoot
        )
    });
    let says = phrase.map(|phrase| format!("it says {phrase:?}"));
    let draws = service.map(|service| format!("it draws on {service}, a service for parked names"));
    match (says, draws, fits) {
        (Some(says), Some(draws), _) => Some(vec![says, draws]),
        (Some(one), None, Some(seen)) | (None, Some(one), Some(seen)) => Some(vec![one, seen.says.clone()]),
        _ => None,
    }
}

/// What shows that the name has another owner: another page than our copy, and a trade that takes names
/// over, or both another site and another language.
pub(super) fn usurped(facts: &CitationFacts, inspection: &Inspection, seen: &[Seen]) -> Option<Vec<String>> {
    let sketch = inspection.sketch.as_ref()?;
    let replaced = seen.iter().find(|seen| seen.sign == Sign::Replaced)?;
    let baseline = facts.baseline.as_ref()?;
    let before = format!("{}\n{}", baseline.page.as_ref()?.title, inspection.baseline.as_deref()?);
    let heads = format!("{}\n{}", sketch.title, sketch.headings.join("\n"));
    if let Some(word) = first_of(TAKEOVER, &heads).filter(|word| !before.to_lowercase().contains(*word)) {
        return Some(vec![
            replaced.says.clone(),
            format!("its title or headings speak of {word:?}, our copy did not"),
        ]);
    }
    let (first, last) = (facts.chain.hops.first()?, facts.chain.hops.last()?);
    let (asked, ended) = (site(&Url::parse(&first.url).ok()?), site(&Url::parse(&last.url).ok()?));
    let (old, new) = (baseline.language.as_deref()?, sketch.language.as_deref()?);
    let other_language = primary(old) != primary(new);
    (asked != ended && other_language).then(|| {
        vec![
            replaced.says.clone(),
            format!("it leads to {ended}, another site, in another language ({new}, was {old})"),
        ]
    })
}

fn primary(language: &str) -> String {
    language.split('-').next().unwrap_or("").to_ascii_lowercase()
}

fn first_of(phrases: &[&'static str], text: &str) -> Option<&'static str> {
    let text = text.to_lowercase();
    phrases.iter().copied().find(|phrase| text.contains(phrase))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::{digest::TextDigest, facts::BaselineFacts, time::Timestamp},
        verdict::{facts_for_tests, soft404},
    };

    /// What is said of a page that stands where one in `was` stood, with these words in it.
    fn taken_over(was: (&str, &str, &str), ends: &str, now: (&str, &str, &str)) -> bool {
        let mut facts = facts_for_tests("http://a.example/x");
        let mut old = facts.chain.page.clone().unwrap();
        old.text = TextDigest::of(b"old");
        old.title = was.1.into();
        facts.chain.page.as_mut().unwrap().title = now.1.into();
        let mut end = facts.chain.hops[0].clone();
        end.url = ends.into();
        if ends != "http://a.example/x" {
            facts.chain.hops.push(end);
        }
        facts.baseline = Some(BaselineFacts {
            id: 1,
            captured_at: Timestamp::default(),
            last_capture: None,
            language: Some(was.0.into()),
            page: Some(old),
        });
        let inspection = Inspection {
            baseline: Some(was.2.into()),
            text: Some(now.2.into()),
            sketch: Some(Sketch {
                title: now.1.into(),
                language: Some(now.0.into()),
                text: now.2.into(),
                ..Sketch::default()
            }),
            ..Inspection::default()
        };
        usurped(&facts, &inspection, &soft404::look(&facts, &inspection)).is_some()
    }

    #[test]
    fn another_owner_takes_another_page_and_what_only_a_new_owner_does() {
        let story = (
            "en",
            "The granary of the old town",
            "Grain was kept there for two hundred years and more.",
        );
        let here = "http://a.example/x";
        for (what, ends, now, taken) in [
            (
                "a casino",
                here,
                ("en", "Best casino bonus", "Play now and win a lot of money today."),
                true,
            ),
            (
                "in another script",
                here,
                ("zh", "娱乐城 注册送彩金", "立即注册，马上开始。"),
                true,
            ),
            (
                "another story",
                here,
                ("en", "Our new shop", "We sell all that you could want and more."),
                false,
            ),
            (
                "a story about casinos at the same address",
                here,
                (
                    "en",
                    "The granary of the old town",
                    "Grain was kept there for two hundred years and more, before the casino.",
                ),
                false,
            ),
            (
                "another site, same language",
                "http://b.example/",
                ("en", "Our new shop", "We sell all you could want."),
                false,
            ),
            (
                "another site and language",
                "http://b.example/",
                ("vi", "Trang chủ mới", "Chào mừng bạn đến đây hôm nay."),
                true,
            ),
            (
                "a subdomain and another language",
                "http://vi.a.example/",
                ("vi", "Trang chủ mới", "Chào mừng bạn."),
                false,
            ),
        ] {
            assert_eq!(taken_over(story, ends, now), taken, "{what}");
        }
        let about = (
            "en",
            "The casino that never opened",
            "It was planned for ten years and never built.",
        );
        let now = ("en", "Casino tours", "Book a tour of the town and its houses with us.");
        assert!(!taken_over(about, here, now), "the page was about casinos before");
    }
}
