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

/// The phrase that a title or the first words of a text use, if any.
pub(super) fn phrase(title: &str, text: &str) -> Option<&'static str> {
    let first: String = text.lines().take(3).flat_map(|line| line.chars().take(200)).collect();
    let looked_at = format!("{title}\n{first}").to_lowercase().replace('\u{2019}', "'");
    PHRASES.iter().copied().find(|phrase| looked_at.contains(phrase))
}

#[cfg(test)]
mod tests {
    use super::phrase;

    #[test]
    fn knows_the_phrases_in_many_languages() {
        for (title, text, found) in [
            ("Page not found | Example", "", true),
            ("Example", "Sorry, we can\u{2019}t find that page.", true),
            ("Страница не найдена", "", true),
            ("ページが見つかりません", "", true),
            ("The bridge that was promised", "It was to open in 1998.", false),
        ] {
            assert_eq!(phrase(title, text).is_some(), found, "{title}");
        }
    }
}
