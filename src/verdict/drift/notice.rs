//! Notices of correction, retraction, withdrawal or update that a page did not have before.
//!
//! Signs, each of which makes a notice:
//! - a *label* at the beginning of a line with a colon or dash behind it (a date may stand between) and
//!   at least three words after that, or a label alone on its line, of a kind graver than an update, and
//!   a line after it;
//! - a *formula* at the beginning of a sentence, which speaks of "this article", not of some article;
//! - a label at the beginning of the title, or in brackets at either end of it, when the rest of the
//!   title is that of the page before.
//!
//! A page about retractions has these words elsewhere: inside sentences, in titles of its own, before
//! other words. A page that lists notices has more than [`LISTED`] of them; nothing is said of either.

use std::{collections::HashMap, sync::LazyLock};

use super::{Side, lexicon, sentences::sentences};
use crate::{
    model::drift::NoticeKind,
    verdict::tokens::{common, hashes, tokens},
};

/// With more notices than this, a page is a list of them.
const LISTED: usize = 3;
/// Words that a label has behind it at least.
const WORDS: usize = 3;
/// Lines looked at.
const LINES: usize = 20_000;
/// Longest notice told, in characters.
const LONGEST: usize = 1_000;

/// A notice that has appeared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// What it says was done.
    pub kind: NoticeKind,
    /// Its line, sentence or title, as it stands in the new version; at most 1,000 characters.
    pub text: String,
    /// Whether the title says so.
    pub in_title: bool,
}

/// The gravest notice in `new` that `old` does not have.
pub fn notice(old: Side<'_>, new: Side<'_>) -> Option<Notice> {
    let mut found = in_text(new.text);
    if found.len() > LISTED {
        found.clear();
    }
    if !found.is_empty() {
        let before: Vec<Vec<u64>> = in_text(old.text).iter().map(|(_, text)| hashes(text)).collect();
        found.retain(|(_, text)| !before.contains(&hashes(text)));
    }
    let told = |(kind, text): (NoticeKind, &str)| Notice {
        kind,
        text: text.chars().take(LONGEST).collect(),
        in_title: false,
    };
    let in_title = in_title(old.title, new.title).map(|kind| Notice {
        kind,
        text: new.title.chars().take(LONGEST).collect(),
        in_title: true,
    });
    // NoticeKind is declared in the order of gravity.
    let in_text = found.into_iter().min_by_key(|(kind, _)| *kind).map(told);
    in_text
        .into_iter()
        .chain(in_title)
        .min_by_key(|notice| (notice.kind, notice.in_title))
}

/// Every notice in a text, in order. Few more than [`LISTED`] are looked for.
fn in_text(text: &str) -> Vec<(NoticeKind, &str)> {
    let mut found = Vec::new();
    let mut lines = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .take(LINES)
        .peekable();
    while let Some(line) = lines.next() {
        if found.len() > LISTED {
            break;
        }
        found.extend(match labelled(line) {
            Some((kind, rest)) if tokens(rest).nth(WORDS - 1).is_some() => Some((kind, line)),
            Some((kind, "")) if kind != NoticeKind::Update => lines.peek().map(|next| (kind, *next)),
            _ => {
                let editor = line.split_once([':', '：']).filter(|(before, _)| is_editor(before));
                sentences(editor.map_or(line, |(_, rest)| rest))
                    .find_map(|sentence| Some((formula(sentence)?, sentence)))
            }
        });
    }
    found
}

/// The kind of the label that a line begins with, and what stands behind its colon or dash. Nothing
/// stands there when the label is alone.
fn labelled(line: &str) -> Option<(NoticeKind, &str)> {
    let (kind, end) = begins(line, true)?;
    let rest = line[end..].trim_start_matches(|c: char| c.is_whitespace() || matches!(c, ']' | '】' | ')'));
    if rest.is_empty() {
        return Some((kind, ""));
    }
    let stop = rest
        .find([':', '：', '—', '–', '|', '،'])
        .or_else(|| rest.find(" - "))?;
    let dated = tokens(&rest[..stop]).all(|token| is_dated(&rest[token.start..token.end], token.hash));
    let stop_length = rest[stop..].chars().next().map_or(1, char::len_utf8);
    dated.then(|| (kind, rest[stop + stop_length..].trim_start_matches([' ', '-'])))
}

/// Whether a word belongs to a date or a time.
fn is_dated(word: &str, hash: u64) -> bool {
    let clock = [
        "am", "pm", "et", "est", "edt", "gmt", "utc", "bst", "cet", "uhr", "h", "at", "on", "um", "am", "à",
    ];
    word.starts_with(|c: char| c.is_numeric())
        || lexicon::month(hash).is_some()
        || lexicon::is_weekday(hash)
        || lexicon::joins_date(hash)
        || clock.iter().any(|one| one.eq_ignore_ascii_case(word))
        || matches!(word, "年" | "月" | "日" | "p" | "m" | "a")
}

/// The kind of the formula that a sentence begins with. One that tells a date and nothing else is a
/// stamp, which every edition changes.
fn formula(sentence: &str) -> Option<NoticeKind> {
    let (kind, end) = begins(sentence, false)?;
    let rest = &sentence[end..];
    let mut words = tokens(rest).peekable();
    let stamp = words.peek().is_some() && words.all(|token| is_dated(&rest[token.start..token.end], token.hash));
    (kind != NoticeKind::Update || !stamp).then_some(kind)
}

fn is_editor(before: &str) -> bool {
    let hashes = hashes(before);
    EDITOR.iter().any(|editor| hashes.starts_with(editor))
}

/// The kind that a title has and the one before it had not.
fn in_title(old: &str, new: &str) -> Option<NoticeKind> {
    let bare = new.trim().trim_start_matches(['[', '(', '【']);
    let bracketed = bare.len() < new.trim().len();
    let at_start = labelled(bare).map(|(kind, rest)| (kind, rest.len())).or_else(|| {
        let (kind, end) = begins(bare, true).filter(|_| bracketed)?;
        let rest = bare[end..].strip_prefix([']', ')', '】'])?;
        Some((kind, rest.len()))
    });
    let at_end = || {
        let inside = new.trim().strip_suffix([']', ')', '】'])?;
        let (_, label) = inside.rsplit_once(['[', '(', '【'])?;
        let (kind, end) = begins(label, true)?;
        (end == label.trim_end().len()).then_some((kind, inside.len() - label.len()))
    };
    let (kind, rest) = at_start.filter(|(_, rest)| *rest > 0).or_else(at_end)?;
    let sorted = |text| {
        let mut words = hashes(text);
        words.sort_unstable();
        words
    };
    let (before, after) = (sorted(old), sorted(new));
    let same_page = 2 * common(&before, &after) >= before.len();
    let had = begins(old.trim().trim_start_matches(['[', '(', '【']), true).is_some_and(|(old, _)| old == kind);
    (rest > 0 && same_page && !had && before != after).then_some(kind)
}

/// The longest label, or formula, that a text begins with, and where it ends.
fn begins(text: &str, label: bool) -> Option<(NoticeKind, usize)> {
    let first = tokens(text)
        .next()
        .filter(|token| text[..token.start].chars().all(|c| !c.is_alphanumeric()))?;
    let phrases = PHRASES.get(&first.hash)?;
    let longest = phrases.iter().map(|phrase| phrase.words.len()).max()?;
    let head: Vec<_> = tokens(text).take(longest).collect();
    let fits = |phrase: &&Phrase| {
        phrase.label == label
            && head
                .iter()
                .map(|token| token.hash)
                .take(phrase.words.len())
                .eq(phrase.words.iter().copied())
    };
    let found = phrases.iter().filter(fits).max_by_key(|phrase| phrase.words.len())?;
    Some((found.kind, head[found.words.len() - 1].end))
}

struct Phrase {
    kind: NoticeKind,
    label: bool,
    words: Vec<u64>,
}

/// All phrases by their first word.
static PHRASES: LazyLock<HashMap<u64, Vec<Phrase>>> = LazyLock::new(|| {
    let mut phrases: HashMap<u64, Vec<Phrase>> = HashMap::new();
    for (kind, label, list) in LISTS {
        for words in list.split('|').map(hashes).filter(|words| !words.is_empty()) {
            phrases.entry(words[0]).or_default().push(Phrase {
                kind: *kind,
                label: *label,
                words,
            });
        }
    }
    phrases
});

/// What a note by the editors begins with; what it is about, a formula tells.
static EDITOR: LazyLock<Vec<Vec<u64>>> = LazyLock::new(|| {
    let list = "editor's note|editors' note|editor note|note to readers|anmerkung der redaktion|anm. d. red|note de la rédaction|\
        ndlr|nota del editor|nota de la redacción|nota do editor|nota della redazione|noot van de redactie|redaktionens kommentar|\
        от редакции|примечание редакции|від редакції|editörün notu|od redakcji|ملاحظة المحرر|编者按|編集部注|편집자 주|หมายเหตุบรรณาธิการ";
    list.split('|').map(hashes).collect()
});

const LISTS: &[(NoticeKind, bool, &str)] = &[
    (
        NoticeKind::Retraction,
        true,
        "retracted|retraction|retracted article|retraction notice|retraction note|notice of retraction|zurückgezogen|\
         rétracté|rétractation|article rétracté|retractado|retractación|artículo retractado|retratado|retratação|artigo retratado|\
         ritrattato|ritrattazione|ingetrokken|återkallad|tilbagetrukket|tilbaketrukket|отозвано|отозвана|ретракция|\
         статья отозвана|відкликано|geri çekildi|makale geri çekildi|wycofano|retrakcja|مسحوب|سحب المقال|撤稿|撤回|已撤回|\
         论文撤回|撤稿声明|論文撤回|記事の撤回|철회|논문 철회|ถอนบทความ|rút bài|ditarik kembali|visszavonva|retras",
    ),
    (
        NoticeKind::Retraction,
        false,
        "this article has been retracted|this article was retracted|this article is retracted|this paper has been retracted|\
         this paper was retracted|this story has been retracted|this story was retracted|this report has been retracted|\
         this study has been retracted|this post has been retracted|this publication has been retracted|\
         the editors have retracted this|the editor has retracted this|the authors have retracted this|\
         the editor in chief has retracted this|the publisher has retracted this|the journal has retracted this|\
         we retract this|we are retracting this|we have retracted this|dieser artikel wurde zurückgezogen|\
         dieser beitrag wurde zurückgezogen|diese studie wurde zurückgezogen|cet article a été rétracté|\
         cet article a été retiré|este artículo ha sido retractado|este artículo fue retractado|este artigo foi retratado|\
         questo articolo è stato ritrattato|questo articolo è stato ritirato|dit artikel is ingetrokken|\
         den här artikeln har dragits tillbaka|denne artikel er trukket tilbage|denne artikkelen er trukket tilbake|\
         ten artykuł został wycofany|эта статья отозвана|эта статья была отозвана|статья была отозвана редакцией|\
         ця стаття відкликана|bu makale geri çekilmiştir|bu makale geri çekildi|bu yazı geri çekilmiştir|تم سحب هذا المقال|\
         تم سحب هذه الورقة|این مقاله پس گرفته شده|本文已被撤回|本文已撤回|本文已撤稿|该论文已被撤回|此文章已被撤回|この論文は撤回され|\
         本論文は撤回され|この記事は撤回され|본 논문은 철회되|이 기사는 철회되|บทความนี้ถูกถอน|bài báo này đã bị rút|artikel ini telah ditarik",
    ),
    (
        NoticeKind::Withdrawal,
        true,
        "withdrawn|withdrawal|withdrawn article|withdrawal notice|article withdrawn|paper withdrawn|retirado|retiré|ritirato|снято|снята с публикации",
    ),
    (
        NoticeKind::Withdrawal,
        false,
        "this article has been withdrawn|this article was withdrawn|this paper has been withdrawn|this paper was withdrawn|\
         this preprint has been withdrawn|this submission has been withdrawn|this story has been withdrawn|this guidance has been withdrawn|\
         this publication was withdrawn|this publication has been withdrawn|this document has been withdrawn|this page has been withdrawn|\
         this guidance was withdrawn|this story has been removed|this article has been removed because|we have removed this article|\
         we have withdrawn this|the authors have withdrawn this|the author has withdrawn this|the authors have withdrawn their|\
         wir haben diesen artikel zurückgezogen|wir haben diesen artikel entfernt|nous avons retiré cet article|hemos retirado este artículo|\
         este artículo ha sido retirado|este artigo foi retirado|статья снята с публикации|материал снят с публикации|\
         статтю знято з публікації|bu haber yayından kaldırılmıştır|bu haber yayından kaldırıldı|本文已删除|この記事は取り下げ|本記事は取り下げ",
    ),
    (
        NoticeKind::Concern,
        true,
        "expression of concern|editorial expression of concern|editor's expression of concern|관심 표명|关注声明|懸念表明",
    ),
    (
        NoticeKind::Concern,
        false,
        "the editors are issuing an expression of concern|the editors issue an expression of concern|readers are alerted that|\
         concerns have been raised about this article|concerns have been raised about the data in this",
    ),
    (
        NoticeKind::Correction,
        true,
        "correction|correction notice|correction appended|publisher correction|author correction|erratum|corrigendum|corrected|\
         clarification|berichtigung|korrektur|richtigstellung|rectificatif|correctif|précision|corrección|fe de errores|fe de erratas|\
         rectificación|correção|errata|rettifica|correzione|correctie|rectificatie|rättelse|rettelse|retting|oikaisu|sprostowanie|oprava|\
         исправление|поправка|уточнение|виправлення|düzeltme|tekzip|διόρθωση|تصحيح|تصويب|اصلاحیه|תיקון|תיקון טעות|सुधार|भूल सुधार|\
         更正|勘误|更正启事|訂正|お詫びと訂正|訂正とお詫び|정정|정정보도|바로잡습니다|แก้ไข|แก้ไขข่าว|đính chính|ralat|koreksi|helyesbítés|erată",
    ),
    (
        NoticeKind::Correction,
        false,
        "this article has been corrected|this article was corrected|this story has been corrected|this story was corrected|\
         this post has been corrected|this post was corrected|this report has been corrected|this page has been corrected|\
         this article has been amended|this article was amended|this story has been amended|an earlier version of this|\
         an earlier version incorrectly|an earlier version misstated|a previous version of this|a prior version of this|\
         the original version of this article|the original version of this story|this article originally|this story originally|\
         this article previously stated|this article previously said|this article incorrectly|we have corrected this|\
         in einer früheren version|in einer früheren fassung|in einer ersten version|in einer vorherigen version|\
         eine frühere version dieses|wir haben den fehler korrigiert|cet article a été corrigé|une version précédente de cet|\
         une version antérieure de cet|una versión anterior de este|este artículo ha sido corregido|este texto ha sido corregido|\
         uma versão anterior deste|este artigo foi corrigido|este texto foi corrigido|una versione precedente di questo|\
         questo articolo è stato corretto|in een eerdere versie van dit|dit artikel is gecorrigeerd|i en tidigare version av|\
         i en tidligere version af|i en tidligere versjon av|artikkelia on korjattu|jutun aiemmassa versiossa|\
         we wcześniejszej wersji|w poprzedniej wersji tego|в более ранней версии|в предыдущей версии|ранее в этой статье|\
         в первоначальной версии|у попередній версії|bu haberin önceki|bu makalenin önceki|haberin önceki versiyonunda|\
         تم تصحيح هذا|في نسخة سابقة من|نسخة سابقة من هذا|در نسخه قبلی این|גרסה קודמת של|בגרסה קודמת של|\
         इस लेख के पिछले संस्करण|本文此前版本|本文先前版本|此前版本的|此文已更正|本文已更正|この記事は訂正|本記事は訂正|当初の記事|\
         この記事の以前の|이 기사는 정정|บทความนี้ได้รับการแก้ไข|bài viết này đã được đính chính|artikel ini telah dikoreksi",
    ),
    (
        NoticeKind::Update,
        true,
        "update|updated|aktualisierung|aktualisiert|nachtrag|mise à jour|actualización|atualização|aggiornamento|bijgewerkt|\
         uppdatering|uppdaterad|opdatering|oppdatering|päivitys|aktualizacja|aktualizace|обновление|обновлено|оновлено|дополнено|\
         güncelleme|güncellendi|ενημέρωση|تحديث|به‌روزرسانی|עדכון|अपडेट|更新|追記|업데이트|อัปเดต|cập nhật|pembaruan|frissítés|actualizare",
    ),
    (
        NoticeKind::Update,
        false,
        "this article has been updated|this article was updated|this story has been updated|this story was updated|\
         this post has been updated|this post was updated|this report has been updated|dieser artikel wurde aktualisiert|\
         dieser beitrag wurde aktualisiert|wir haben diesen artikel aktualisiert|cet article a été mis à jour|\
         este artículo ha sido actualizado|este artículo fue actualizado|este artigo foi atualizado|questo articolo è stato aggiornato|\
         dit artikel is bijgewerkt|artikeln har uppdaterats|artiklen er opdateret|artikkelen er oppdatert|artykuł został zaktualizowany|\
         эта статья была обновлена|статья обновлена|материал обновлен|стаття оновлена|bu haber güncellenmiştir|bu yazı güncellenmiştir|\
         تم تحديث هذا المقال|تم تحديث هذا الخبر|本文已更新|この記事は更新され|이 기사는 업데이트",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn side<'a>(title: &'a str, text: &'a str) -> Side<'a> {
        Side { title, text }
    }

    #[test]
    fn notices_are_known_in_many_languages() {
        use NoticeKind as K;
        for (new, kind) in [
            ("Correction: An earlier version misspelt a name.", K::Correction),
            ("Correction, March 5, 2024: The cost was wrong.", K::Correction),
            ("CORRECTION (5 May) — The cost was given wrongly.", K::Correction),
            ("Correction\nThe cost was given wrongly.", K::Correction),
            (
                "The text. An earlier version of this article gave another cost.",
                K::Correction,
            ),
            (
                "Editor's note: This article was corrected to give the right cost.",
                K::Correction,
            ),
            ("This article has been retracted.", K::Retraction),
            ("Editors’ note: We are retracting this story.", K::Retraction),
            ("RETRACTED: the data were made up.", K::Retraction),
            ("This preprint has been withdrawn by its authors.", K::Withdrawal),
            ("Expression of Concern: the data may be wrong.", K::Concern),
            ("Update, 3:45 p.m.: The bridge is open again.", K::Update),
            ("This story has been updated with a comment.", K::Update),
            (
                "Anmerkung der Redaktion: In einer früheren Version stand eine falsche Zahl.",
                K::Correction,
            ),
            ("Korrektur: Die Kosten waren falsch angegeben.", K::Correction),
            ("Rectificatif : le prix indiqué était faux.", K::Correction),
            ("Una versión anterior de este artículo daba otra cifra.", K::Correction),
            ("Исправление: стоимость была указана неверно.", K::Correction),
            ("В более ранней версии статьи стоимость была неверной.", K::Correction),
            ("Эта статья была отозвана.", K::Retraction),
            ("Düzeltme: Maliyet yanlış verilmişti.", K::Correction),
            ("Bu makale geri çekilmiştir.", K::Retraction),
            ("تصحيح: كانت التكلفة المذكورة خاطئة.", K::Correction),
            ("تم سحب هذا المقال بسبب خطأ.", K::Retraction),
            ("更正：此前报道的费用有误。", K::Correction),
            ("本文已被撤回。", K::Retraction),
            ("訂正：費用に誤りがありました。", K::Correction),
            ("この論文は撤回されました。", K::Retraction),
            ("追記：橋は再開した。", K::Update),
            ("แก้ไข: ราคาที่แจ้งไว้เดิมไม่ถูกต้อง", K::Correction),
            ("บทความนี้ถูกถอนเนื่องจากข้อมูลผิด", K::Retraction),
            ("정정: 비용이 잘못 기재되었습니다.", K::Correction),
        ] {
            let text = format!("The article as it was.\n{new}\nMore of it.\n");
            let found = notice(side("T", "The article as it was.\nMore of it.\n"), side("T", &text));
            assert_eq!(found.as_ref().map(|notice| notice.kind), Some(kind), "{new}");
            assert!(
                found.is_some_and(|notice| text.contains(&notice.text) && !notice.in_title),
                "{new}"
            );
            assert_eq!(
                notice(side("T", &text), side("T", &text)),
                None,
                "it was there before: {new}"
            );
        }
    }

    #[test]
    fn pages_about_such_things_have_no_notice() {
        for new in [
            "Retractions of papers are on the rise.",
            "Retraction Watch: the site that counts them",
            "Retraction of a study: what it means for readers.",
            "The article has been retracted by the journal, its editor said.",
            "He said that “this article has been retracted” was a lie.",
            "Correction officers say: no more overtime.",
            "Update your browser: it is too old for this page.",
            "Updates: see below for all the news.",
            "Last updated: 5 May 2024",
            "Updated 5 May 2024 10:30",
            "This article was updated on 5 May 2024.",
            "Update",
            "Correction:",
            "Editor's note: This is the second of three articles.",
            "Отозвано лицензий: пять за год по всей стране.",
            "撤稿论文的数量逐年增加。",
            "訂正印の押し方を解説します。",
            "Correction: one thing was wrong.\nCorrection: another thing was wrong.\nCorrection: a third thing was wrong.\nCorrection: a fourth thing was wrong.",
        ] {
            let text = format!("The article as it was.\n{new}\n");
            assert_eq!(
                notice(side("T", "The article as it was.\n"), side("T", &text)),
                None,
                "{new}"
            );
        }
    }

    #[test]
    fn titles_tell_when_the_rest_is_the_old_title() {
        let old = "Effects of bridges on ferries | A Journal";
        for (new, kind) in [
            (
                "RETRACTED: Effects of bridges on ferries | A Journal",
                Some(NoticeKind::Retraction),
            ),
            (
                "Retracted Article: Effects of bridges on ferries",
                Some(NoticeKind::Retraction),
            ),
            (
                "[Retracted] Effects of bridges on ferries",
                Some(NoticeKind::Retraction),
            ),
            (
                "Effects of bridges on ferries [RETRACTED]",
                Some(NoticeKind::Retraction),
            ),
            ("WITHDRAWN: Effects of bridges on ferries", Some(NoticeKind::Withdrawal)),
            ("Retracted: the strange story of a paper", None),
            ("Retraction Watch | A Journal", None),
            (old, None),
        ] {
            let found = notice(side(old, "x"), side(new, "x"));
            assert_eq!(found.as_ref().map(|notice| notice.kind), kind, "{new}");
            assert_eq!(notice(side(new, "x"), side(new, "x")), None, "{new}");
        }
        let chinese = notice(side("桥梁对渡轮的影响", "x"), side("撤稿：桥梁对渡轮的影响", "x"));
        assert_eq!(chinese.map(|notice| notice.kind), Some(NoticeKind::Retraction));
    }

    #[test]
    fn the_gravest_is_told() {
        let new = "Update: the bridge is open again.\nThis article has been retracted.\nA text.";
        let found = notice(side("T", "A text."), side("T", new)).expect("a notice");
        assert_eq!(
            (found.kind, found.text.as_str()),
            (NoticeKind::Retraction, "This article has been retracted.")
        );
    }
}
