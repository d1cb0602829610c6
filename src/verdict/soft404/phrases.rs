//! Words that "not found" pages use. Support for a verdict, never its only ground: pages about
//! missing pages use them too.

/// Lower case; matched within titles and first lines.
const PHRASES: &[&str] = &[
    "404",
    "not found",
    "can't be found",
    "cannot be found",
    "could not be found",
    "can't find",
    "no longer available",
    "no longer exists",
    "does not exist",
    "doesn't exist",
    "has been removed",
    "page unavailable",
    "domain is for sale",
    "domain may be for sale",
    "buy this domain",
    "nicht gefunden",
    "nicht mehr verfügbar",
    "existiert nicht",
    "introuvable",
    "n'existe pas",
    "no encontrad",
    "no existe",
    "não encontrad",
    "não existe",
    "non trovata",
    "non esiste",
    "niet gevonden",
    "bestaat niet",
    "ikke funnet",
    "finnes ikke",
    "hittades inte",
    "ikke fundet",
    "ei löydy",
    "nie znaleziono",
    "nie istnieje",
    "nenalezena",
    "не найден",
    "не існує",
    "не знайдено",
    "bulunamadı",
    "غير موجودة",
    "لم يتم العثور",
    "見つかりません",
    "存在しません",
    "找不到",
    "不存在",
    "찾을 수 없",
    "ไม่พบหน้า",
];

/// The phrase that a title or heading uses, if any.
pub(super) fn phrase(text: &str) -> Option<&'static str> {
    let looked_at = text.to_lowercase().replace('\u{2019}', "'");
    PHRASES.iter().copied().find(|phrase| holds(&looked_at, phrase))
}

/// The phrase that the first words of a text use, if any.
pub(super) fn opening(text: &str) -> Option<&'static str> {
    let first: String = text
        .lines()
        .take(3)
        .flat_map(|line| line.chars().take(200).chain(['\n']))
        .collect();
    phrase(&first)
}

/// Whether a text holds a phrase; a number only by itself, not as part of another one.
fn holds(text: &str, phrase: &str) -> bool {
    text.match_indices(phrase).any(|(at, _)| {
        let number = phrase.starts_with(|c: char| c.is_ascii_digit());
        let (before, after) = (&text[..at], &text[at + phrase.len()..]);
        let joins = |c: char| c.is_alphanumeric() || c == '.' || c == ',' || c == '-';
        !number || !before.ends_with(joins) && !after.starts_with(|c: char| c.is_alphanumeric())
    })
}

#[cfg(test)]
mod tests {
    use super::{opening, phrase};

    #[test]
    fn knows_the_phrases_in_many_languages() {
        for (title, text, found) in [
            ("Page not found | Example", "", true),
            ("Example", "Sorry, we can\u{2019}t find that page.", true),
            ("Oops! 404", "", true),
            ("Route 1404 reopens", "", false),
            ("Peugeot 404-based van", "", true),
            ("Flight MH-404 lands", "", false),
            ("Страница не найдена", "", true),
            ("ページが見つかりません", "", true),
            ("The bridge that was promised", "It was to open in 1998.", false),
        ] {
            assert_eq!(phrase(title).is_some() || opening(text).is_some(), found, "{title}");
        }
    }
}
