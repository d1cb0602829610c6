//! Words that "not found" pages use. Support for a verdict, never its only ground: pages about
//! missing pages use them too.

/// Lower case; matched within titles and first lines.
const PHRASES: &[&str] = &[
    "404",
    "not found",
    "nothing found",
    "nothing here",
    "no longer exist",
    "no longer here",
    "page has moved or",
    "been deleted",
    "been taken down",
    "been unpublished",
    "been archived or",
    "page missing",
    "missing page",
    "page is gone",
    "is not available",
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
    "wurde entfernt",
    "wurde gelöscht",
    "nicht verfügbar",
    "gibt es nicht mehr",
    "introuvable",
    "n'existe pas",
    "n'existe plus",
    "a été supprimé",
    "n'est plus disponible",
    "n'est pas disponible",
    "no encontrad",
    "no existe",
    "ha sido eliminad",
    "no está disponible",
    "ya no está",
    "não encontrad",
    "não existe",
    "foi removid",
    "não está disponível",
    "non trovata",
    "non esiste",
    "è stata rimossa",
    "è stato rimosso",
    "non è disponibile",
    "non è più disponibile",
    "niet gevonden",
    "bestaat niet",
    "is verwijderd",
    "niet beschikbaar",
    "ikke funnet",
    "finnes ikke",
    "hittades inte",
    "ikke fundet",
    "ei löydy",
    "nie znaleziono",
    "nie istnieje",
    "nenalezena",
    "не найден",
    "не существует",
    "удален",
    "удалён",
    "недоступн",
    "видален",
    "не існує",
    "не знайдено",
    "bulunamadı",
    "mevcut değil",
    "kaldırıldı",
    "kaldırılmış",
    "silinmiş",
    "yayından kald",
    "غير موجودة",
    "لم يتم العثور",
    "غير موجود",
    "غير متوفر",
    "غير متاح",
    "تم حذف",
    "تمت إزالة",
    "見つかりません",
    "存在しません",
    "削除されました",
    "削除された",
    "ありません",
    "公開を終了",
    "找不到",
    "不存在",
    "未找到",
    "已删除",
    "已被删除",
    "已刪除",
    "已下线",
    "無法找到",
    "页面丢失",
    "찾을 수 없",
    "존재하지 않",
    "삭제되었",
    "삭제된",
    "ไม่พบหน้า",
    "ไม่พบ",
    "ถูกลบ",
    "không tìm thấy",
    "không tồn tại",
    "tidak ditemukan",
    "telah dihapus",
    "पृष्ठ नहीं मिला",
    "नहीं मिला",
    "לא נמצא",
    "הדף לא קיים",
    "یافت نشد",
    "δεν βρέθηκε",
    "δεν υπάρχει",
    "nem található",
    "nu a fost găsit",
    "nije pronađen",
    "не е намерен",
    "finns inte",
    "findes ikke",
    "er fjernet",
    "har tagits bort",
    "ei löytynyt",
    "została usunięta",
    "byla odstraněna",
    "neexistuje",
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
