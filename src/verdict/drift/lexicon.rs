//! Words that tell a date or a quantity, in the languages that most pages are written in.
//!
//! A language that is missing here loses a label ("date", "number") and nothing else: its changes are
//! told all the same. Looked up by the folded word, so case and vowel points do not matter.

use std::{collections::HashMap, sync::LazyLock};

use crate::verdict::tokens::{Accents, Tokens, hashes};

/// Whether a word that names a month names nothing else that is common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Month {
    Sure,
    /// Also an ordinary word or a name, so that only a number beside it makes it a date.
    Unsure,
}

/// Months, full and short, in the cases that dates are written in.
const MONTHS: &str = "
    january february april june july august september october november december
    jan feb apr jun jul aug sept oct nov dec
    januar jänner februar märz juni juli oktober dezember okt dez
    janvier février avril juin juillet août septembre octobre novembre décembre
    enero febrero marzo abril junio julio agosto septiembre setiembre octubre noviembre diciembre
    janeiro fevereiro março maio junho julho setembro outubro novembro dezembro
    gennaio febbraio aprile maggio giugno luglio settembre ottobre dicembre
    gener febrer març maig juny juliol agost setembre novembre desembre
    januari februari maart augustus augusti desember
    tammikuuta helmikuuta maaliskuuta huhtikuuta toukokuuta kesäkuuta heinäkuuta elokuuta syyskuuta lokakuuta
    marraskuuta joulukuuta tammikuussa helmikuussa maaliskuussa huhtikuussa toukokuussa kesäkuussa heinäkuussa
    elokuussa syyskuussa lokakuussa marraskuussa joulukuussa
    stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia
    styczeń kwiecień czerwiec lipiec sierpień wrzesień październik grudzień
    ledna února března dubna května června července srpna října listopadu prosince
    января февраля апреля июня июля августа сентября октября ноября декабря
    январь февраль апрель июнь июль август сентябрь октябрь ноябрь декабрь
    январе феврале марте апреле июне июле августе сентябре октябре ноябре декабре
    січня лютого березня квітня травня червня липня серпня вересня жовтня грудня
    ocak şubat nisan haziran temmuz ağustos eylül kasım aralık
    ιανουαρίου φεβρουαρίου μαρτίου απριλίου μαΐου ιουνίου ιουλίου αυγούστου σεπτεμβρίου οκτωβρίου νοεμβρίου δεκεμβρίου
    március április május június július augusztus szeptember október
    ianuarie februarie martie aprilie iunie iulie septembrie octombrie noiembrie decembrie
    يناير فبراير أبريل ابريل إبريل مايو يونيو يوليو أغسطس اغسطس سبتمبر أكتوبر اكتوبر نوفمبر ديسمبر
    شباط آذار نيسان أيار حزيران تموز أيلول تشرين كانون
    ژانویه فوریه آوریل ژوئن ژوئیه سپتامبر اکتبر نوامبر دسامبر فروردین اردیبهشت خرداد مرداد شهریور آبان بهمن اسفند
    ינואר פברואר אפריל יוני יולי אוגוסט ספטמבר אוקטובר נובמבר דצמבר
    בינואר בפברואר במרץ באפריל במאי ביוני ביולי באוגוסט בספטמבר באוקטובר בנובמבר בדצמבר
    जनवरी फरवरी फ़रवरी अप्रैल जून जुलाई अगस्त सितंबर सितम्बर अक्टूबर अक्तूबर नवंबर नवम्बर दिसंबर दिसम्बर
    agustus ogos disember tháng";

const UNSURE_MONTHS: &str = "
    may march mar sep mars mai maj mei mayo marzec maj luty listopad марта март май мая мае mart mayıs ekim
    mac مارس آب مه مهر تیر آذر دی مارچ मार्च मई מרץ מאי avril april june august marts";

const DAYS: &str = "
    monday tuesday wednesday thursday friday saturday sunday mon tue wed thu fri
    montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag
    lundi mardi mercredi jeudi vendredi samedi dimanche
    lunes martes miércoles jueves viernes sábado domingo
    lunedì martedì mercoledì giovedì venerdì sabato domenica
    maandag dinsdag woensdag donderdag vrijdag zaterdag zondag
    måndag tisdag onsdag torsdag fredag lördag söndag mandag tirsdag lørdag søndag
    poniedziałek wtorek środa środę czwartek piątek sobota sobotę niedziela niedzielę
    понедельник вторник среда среду четверг пятница пятницу суббота субботу воскресенье
    понеділок вівторок середа середу четвер субота неділя неділю
    pazartesi salı çarşamba perşembe cuma cumartesi pazar
    الاثنين الإثنين الثلاثاء الأربعاء الخميس الجمعة السبت الأحد
    सोमवार मंगलवार बुधवार गुरुवार शुक्रवार शनिवार रविवार senin selasa rabu kamis jumat sabtu";

/// Sizes, currencies and units that stand behind a number.
const UNITS: &str = "
    hundred thousand million millions billion billions trillion trillions bn mn dozen percent percentage pct
    hundert tausend millionen milliarde milliarden mio mrd billionen prozent
    cent mille milliard milliards mil millón millones milhão milhões bilhão bilhões milioni milione miliardi miliardo
    duizend miljoen miljard procent tusen miljon miljoner miljarder millioner milliarder prosent
    tysiąc tysiące tysięcy milion miliony milionów miliard miliardy miliardów
    тысяча тысячи тысяч тыс миллион миллиона миллионов млн миллиард миллиарда миллиардов млрд триллион трлн
    процент процента процентов тисяч тисячі мільйон мільйони мільйонів мільярд мільярдів відсотків
    bin milyon milyar trilyon yüzde
    ألف آلاف مليون ملايين مليار مليارات هزار میلیون میلیارد אלף אלפים מיליון מיליארד
    हज़ार हजार लाख करोड़ अरब ribu juta miliar triliun nghìn triệu tỷ
    usd eur gbp jpy cny rub chf sek nok dkk pln inr aud cad
    dollar dollars euro euros pound pounds pence cents sterling yen yuan rupee rupees rouble roubles ruble rubles
    dólar dólares peso pesos real reais franc francs franken kronor kroner lira liras zł złotych złoty kč
    рубль рубля рублей руб долларов доллара доллар евро гривень грн tl lirası دولار دولارا يورو ريال جنيه تومان रुपये
    km m cm mm nm mi ft kg g mg t lb lbs oz l ml ha kmh kph mph kw mw gw tw kwh mwh gwh twh gb mb tb kb hz mhz ghz
    metre metres meter meters kilometre kilometres kilometer kilometers mile miles foot feet inch inches
    mètre mètres kilomètre kilomètres metros kilómetros metri chilometri metrów kilometrów
    gram grams kilogram kilograms tonne tonnes ton tons litre litres liter liters hectare hectares hektar acre acres
    км м см мм кг г т га метр метра метров километр километра километров тонн тонны متر مترا كيلومتر
    second seconds minute minutes hour hours day days week weeks month months year years decade decades
    sekunden minuten stunde stunden tag tage tagen woche wochen monat monate monaten jahr jahre jahren
    secondes heure heures jour jours semaine semaines mois an ans année années
    horas día días semana semanas mes meses año años anni giorni giorno ore mesi
    час часа часов день дня дней неделя недели недель месяц месяца месяцев год года лет
    saat gün hafta ay yıl عام عاما سنة سنوات يوم يوما أيام شهر أشهر";

/// Words between the parts of a written date.
const JOINTS: &str = "of de del di du d the la le den год năm";

/// Titles before names, and other words that are written with a full stop inside a sentence.
const TITLES: &str = "
    mr mrs ms dr prof st sr jr sen rep gov gen lt col capt sgt rev hon vs no nr art fig vol pp ca bzw usw inkl
    mme mlle sra srta dra sig dott ing lic г гр ул им тов проф av doç";

fn set(list: &str) -> impl Iterator<Item = u64> {
    list.split_whitespace()
        .filter_map(|word| Tokens::new(word, Accents::Count).next())
        .map(|token| token.hash)
}

static KNOWN_MONTHS: LazyLock<HashMap<u64, Month>> = LazyLock::new(|| {
    let sure = set(MONTHS).map(|hash| (hash, Month::Sure));
    sure.chain(set(UNSURE_MONTHS).map(|hash| (hash, Month::Unsure)))
        .collect()
});
static KNOWN: LazyLock<[Vec<u64>; 4]> = LazyLock::new(|| {
    [DAYS, UNITS, JOINTS, TITLES].map(|list| {
        let mut words: Vec<u64> = set(list).collect();
        words.sort_unstable();
        words
    })
});

/// Whether a word names a month.
pub(super) fn month(word: u64) -> Option<Month> {
    KNOWN_MONTHS.get(&word).copied()
}

/// Whether a word names a day of the week.
pub(super) fn is_weekday(word: u64) -> bool {
    KNOWN[0].binary_search(&word).is_ok()
}

/// Whether a word behind a number is part of the quantity.
pub(super) fn is_unit(word: u64) -> bool {
    KNOWN[1].binary_search(&word).is_ok()
}

/// Whether a word may stand between the parts of a date.
pub(super) fn joins_date(word: u64) -> bool {
    KNOWN[2].binary_search(&word).is_ok()
}

/// Whether a word is commonly written with a full stop that ends no sentence.
pub(super) fn is_title(word: &str) -> bool {
    matches!(hashes(word).as_slice(), [one] if KNOWN[3].binary_search(one).is_ok())
}

/// Months and sizes of scripts that do not part their words.
const UNSPACED_MONTHS: &[&str] = &[
    "มกราคม",
    "กุมภาพันธ์",
    "มีนาคม",
    "เมษายน",
    "พฤษภาคม",
    "มิถุนายน",
    "กรกฎาคม",
    "สิงหาคม",
    "กันยายน",
    "ตุลาคม",
    "พฤศจิกายน",
    "ธันวาคม",
];
const UNSPACED_UNITS: &[&str] = &[
    "ร้อย",
    "พัน",
    "หมื่น",
    "แสน",
    "ล้าน",
    "บาท",
    "เปอร์เซ็นต์",
    "เมตร",
    "กิโลเมตร",
    "ปี",
    "วัน",
    "คน",
    "万",
    "萬",
    "億",
    "亿",
    "兆",
    "千",
    "百",
    "円",
    "元",
    "圆",
    "圓",
    "％",
    "人",
    "名",
    "年間",
    "年",
    "ヶ月",
    "か月",
    "个月",
    "日",
    "天",
    "時間",
    "小时",
    "分",
    "キロ",
    "メートル",
    "公里",
    "米",
    "トン",
    "吨",
    "パーセント",
];

/// The length in bytes of the month of an unspaced script that a text begins with; 0 when there is none.
pub(super) fn unspaced_month(text: &str) -> usize {
    longest(UNSPACED_MONTHS, text)
}

/// The length in bytes of the size or unit of an unspaced script that a text begins with; 0 when there is
/// none.
pub(super) fn unspaced_unit(text: &str) -> usize {
    longest(UNSPACED_UNITS, text)
}

fn longest(list: &[&str], text: &str) -> usize {
    let fits = list.iter().filter(|word| text.starts_with(**word));
    fits.map(|word| word.len()).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(text: &str) -> u64 {
        hashes(text)[0]
    }

    #[test]
    fn knows_words_whatever_their_case() {
        for name in [
            "March",
            "MÄRZ",
            "Août",
            "Марта",
            "ŞUBAT",
            "يناير",
            "दिसंबर",
            "מרץ",
            "października",
        ] {
            assert!(month(word(name)).is_some(), "{name}");
        }
        assert_eq!((month(word("may")), month(word("bridge"))), (Some(Month::Unsure), None));
        assert!(is_weekday(word("Samstag")) && is_weekday(word("الجمعة")) && !is_weekday(word("day")));
        assert!(is_unit(word("Millionen")) && is_unit(word("МЛРД")) && !is_unit(word("bridge")));
        assert!(is_title("Prof") && !is_title("professor") && !is_title(""));
        assert_eq!(unspaced_month("มีนาคม 2567"), "มีนาคม".len());
        assert_eq!((unspaced_unit("億円"), unspaced_unit("橋")), (3, 0));
    }
}
