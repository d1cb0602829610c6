//! What is said of sentences removed, added and altered.

use proptest::prelude::*;

use super::*;

/// Each change as `kind: old > new`.
fn told(old: &str, new: &str) -> Vec<String> {
    let changes = changes(old, new);
    let all = changes.altered.iter().flat_map(|altered| &altered.changes);
    all.map(|change| format!("{}: {} > {}", change.kind, change.old, change.new))
        .collect()
}

#[test]
fn says_which_sentences_went_and_came() {
    for (old, new, removed, added) in [
        (
            "The bridge costs 31 million. It opens in May.\nNobody knows why.",
            "The bridge costs 13 million. It opens in May.\nNobody knows why. Corrected.",
            vec!["The bridge costs 31 million."],
            vec!["The bridge costs 13 million.", "Corrected."],
        ),
        ("橋は長い。川は広い。", "橋は長い。", vec!["川は広い。"], vec![]),
        ("a\nb\nb", "b\na", vec!["b"], vec![]),
        ("", "Новое.", vec![], vec!["Новое."]),
        ("สะพานยาว แม่น้ำกว้าง", "สะพานยาว", vec!["แม่น้ำกว้าง"], vec![]),
    ] {
        let found = changes(old, new);
        assert_eq!((found.removed, found.added), (removed, added), "{old} / {new}");
    }
}

#[test]
fn says_what_changed_inside_a_sentence() {
    for (old, new, want) in [
        (
            "The bridge costs 31 million.",
            "The bridge costs 13 million.",
            vec!["number: 31 million > 13 million"],
        ),
        (
            "It is 31 million euros.",
            "It is 31 billion euros.",
            vec!["number: 31 million euros > 31 billion euros"],
        ),
        (
            "It fell by 3.5% then.",
            "It fell by 35% then.",
            vec!["number: 3.5% > 35%"],
        ),
        ("It cost $5 there.", "It cost €5 there.", vec!["number: $5 > €5"]),
        ("It was -5 outside.", "It was 5 outside.", vec!["number: -5 > 5"]),
        (
            "About 12,000 people came.",
            "About 12 000 people came.",
            vec!["number: 12,000 > 12 000"],
        ),
        (
            "It opened on 5 March 2024 again.",
            "It opened on 6 March 2024 again.",
            vec!["date: 5 March 2024 > 6 March 2024"],
        ),
        (
            "It opens in May they say.",
            "It opens in June they say.",
            vec!["date: May > June"],
        ),
        (
            "It closed in 2019 for good.",
            "It closed in 2020 for good.",
            vec!["date: 2019 > 2020"],
        ),
        (
            "They met on Monday in town.",
            "They met on Friday in town.",
            vec!["date: Monday > Friday"],
        ),
        (
            "The minister Anna Holm said no.",
            "The minister Anna Berg said no.",
            vec!["name: Holm > Berg"],
        ),
        (
            "Anna Holm said no to it.",
            "Olga Berg said no to it.",
            vec!["name: Anna Holm > Olga Berg"],
        ),
        (
            "Yesterday Holm said no to it.",
            "Today Holm said no to it.",
            vec!["words: Yesterday > Today"],
        ),
        ("It was not true at all.", "It was true at all.", vec!["words: not > "]),
        ("It was true at all.", "It was not true at all.", vec!["words:  > not"]),
        (
            "In Oslo 31 people were hurt.",
            "In Bergen 13 people were hurt.",
            vec!["name: Oslo > Bergen", "number: 31 > 13"],
        ),
        (
            "Мост стоит 31 млн рублей.",
            "Мост стоит 13 млн рублей.",
            vec!["number: 31 млн рублей > 13 млн рублей"],
        ),
        (
            "Вчера Иванов открыл мост.",
            "Вчера Петров открыл мост.",
            vec!["name: Иванов > Петров"],
        ),
        (
            "Köprü 5 Mart 2024 günü açıldı.",
            "Köprü 6 Mart 2024 günü açıldı.",
            vec!["date: 5 Mart 2024 > 6 Mart 2024"],
        ),
        (
            "بلغت التكلفة ٣١ مليون دولار",
            "بلغت التكلفة ١٣ مليون دولار",
            vec!["number: ٣١ مليون دولار > ١٣ مليون دولار"],
        ),
        (
            "橋の費用は31億円である。",
            "橋の費用は13億円である。",
            vec!["number: 31億円 > 13億円"],
        ),
        (
            "大桥于2024年3月5日开通。",
            "大桥于2024年3月6日开通。",
            vec!["date: 2024年3月5日 > 2024年3月6日"],
        ),
        ("川はとても広い。", "川はとても狭い。", vec!["words: 広 > 狭"]),
        (
            "สะพานยาว 31 เมตรในเมืองนี้",
            "สะพานยาว 13 เมตรในเมืองนี้",
            vec!["number: 31 เมตร > 13 เมตร"],
        ),
        (
            "पुल की लागत ३१ लाख रुपये है।",
            "पुल की लागत १३ लाख रुपये है।",
            vec!["number: ३१ लाख रुपये > १३ लाख रुपये"],
        ),
        ("He said so himself.", "He said so — himself!", vec![]),
    ] {
        assert_eq!(told(old, new), want, "{old} / {new}");
    }
}

#[test]
fn pairs_a_sentence_with_the_one_it_became() {
    let old = "Intro that stays here.\nThe harbour bridge will cost 31 million and open in 2019.\nThe ferry runs every day of the week.\nOutro that stays here.";
    let new = "Intro that stays here.\nThe ferry runs every day but Sunday in the week.\nThe harbour bridge will cost 45 million and open in 2021.\nSomething else entirely was put here.\nOutro that stays here.";
    let found = changes(old, new);
    let pairs: Vec<_> = found
        .altered
        .iter()
        .map(|altered| (altered.removed, altered.added))
        .collect();
    assert_eq!(pairs, [(0, 1), (1, 0)]);
    assert_eq!(found.come(), ["Something else entirely was put here."]);
    assert!(found.gone().is_empty());
    let facts: Vec<_> = found
        .facts()
        .map(|change| (change.kind, change.old, change.new))
        .collect();
    assert_eq!(
        facts[..2],
        [
            (ChangeKind::Number, "31 million", "45 million"),
            (ChangeKind::Date, "2019", "2021")
        ]
    );
}

#[test]
fn rows_that_differ_in_numbers_only_are_paired_by_their_place() {
    let rows = |add: usize| -> String {
        (0..200)
            .map(|n| format!("Row of the table: {}\n", n * 7 + add))
            .collect()
    };
    let old = format!("Head.\n{}", rows(0));
    let new = format!("Head.\n{}", rows(1));
    let found = changes(&old, &new);
    assert_eq!((found.altered.len(), found.removed.len()), (200, 200));
    for altered in &found.altered {
        assert_eq!(altered.removed, altered.added);
        assert_eq!(altered.changes[0].kind, ChangeKind::Number);
    }
}

#[test]
fn unrelated_sentences_are_not_paired() {
    for (old, new) in [
        (
            "The bridge was promised long ago.",
            "Nobody came to the museum in winter.",
        ),
        ("สะพานที่สัญญาไว้นานแล้วยังไม่ได้สร้าง", "พิพิธภัณฑ์ปิดในฤดูหนาวเพราะไม่มีคนมา"),
        ("市は長い橋を約束していた。", "冬の博物館には誰も来なかった。"),
        ("وعدت المدينة بجسر منذ زمن طويل", "لم يأت أحد إلى المتحف في الشتاء"),
    ] {
        let found = changes(old, new);
        assert_eq!(
            (found.altered.len(), found.gone().len(), found.come().len()),
            (0, 1, 1),
            "{old}"
        );
    }
}

#[test]
fn pieces_show_what_was_and_what_is() {
    let found = changes("It was not 31 million then.", "It was 13 million then.");
    let pieces = found.altered[0].pieces();
    let text: String = pieces
        .iter()
        .map(|piece| match piece {
            Piece::Kept(text) => text.to_string(),
            Piece::Removed(text) => format!("[-{text}-]"),
            Piece::Added(text) => format!("[+{text}+]"),
        })
        .collect();
    assert_eq!(text, "It was [-not 31 million-][+13 million+] then.");
}

/// A text of a few sentences of a few words, so that two of them have some in common.
fn text() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "мост",
        "31",
        "橋",
        "bridge",
        "สะพาน",
        "March",
        "2019",
        "جسر",
        "a",
        "ile",
    ]);
    let sentence = prop::collection::vec(word, 1..6).prop_map(|words| words.join(" ") + ".");
    prop::collection::vec(sentence, 0..8).prop_map(|sentences| sentences.join("\n"))
}

proptest! {
    #[test]
    fn a_text_has_no_changes_against_itself(text in ".{0,200}") {
        prop_assert_eq!(changes(&text, &text), Changes::default());
    }

    #[test]
    fn swapping_the_texts_swaps_what_went_and_came(old in text(), new in text()) {
        let (there, back) = (changes(&old, &new), changes(&new, &old));
        prop_assert_eq!(&there.removed, &back.added);
        prop_assert_eq!(&there.added, &back.removed);
    }

    #[test]
    fn altered_sentences_are_removed_and_added_ones(old in text(), new in text()) {
        let found = changes(&old, &new);
        for altered in &found.altered {
            prop_assert_eq!((found.removed[altered.removed], found.added[altered.added]), (altered.old, altered.new));
            prop_assert!(altered.similarity >= ALTERED && altered.old != altered.new);
            let shown = |keep: fn(&Piece<'_>) -> bool| altered.pieces().into_iter().filter(keep).map(Piece::text).collect::<String>();
            prop_assert_eq!(shown(|piece| !matches!(piece, Piece::Removed(_))), altered.new);
        }
        prop_assert_eq!(found.gone().len() + found.altered.len(), found.removed.len());
        prop_assert_eq!(found.come().len() + found.altered.len(), found.added.len());
    }
}
