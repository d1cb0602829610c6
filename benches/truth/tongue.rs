//! Tongues that pages are written in: words to make sentences of, and what sites say around them. The
//! sentences mean nothing; they only have to look like a text, in its own script, to a machine.

/// What is needed to write in one language.
pub struct Tongue {
    /// As in `lang`.
    pub code: &'static str,
    /// Whether it runs from right to left.
    pub right_to_left: bool,
    /// Whether words stand apart.
    pub spaced: bool,
    /// What ends a sentence.
    pub stop: &'static str,
    /// From 0 to 9.
    pub digits: [char; 10],
    /// Words for sentences. Where they do not stand apart, texts are compared by their characters, so most
    /// have to be short: long ones would make any two texts of so few words alike.
    pub words: &'static str,
    /// What sites say.
    pub says: Says,
}

/// What sites say around their texts.
pub struct Says {
    pub home: &'static str,
    pub related: &'static str,
    pub comments: &'static str,
    pub advert: &'static str,
    pub views: &'static str,
    pub rights: &'static str,
    pub cookies: &'static str,
    pub login: &'static str,
    pub correction: &'static str,
    /// Title and text of the error page.
    pub lost: (&'static str, &'static str),
    /// The same apology in quite other words.
    pub withdrawn: (&'static str, &'static str),
    /// Title and a sentence of a page about missing pages.
    pub about_lost: (&'static str, &'static str),
    /// Title and text of a page that fits every address and apologises for nothing.
    pub welcome: (&'static str, &'static str),
    pub for_sale: (&'static str, &'static str),
    pub casino: (&'static str, &'static str),
}

const LATIN: [char; 10] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'];
const ARABIC: [char; 10] = ['٠', '١', '٢', '٣', '٤', '٥', '٦', '٧', '٨', '٩'];

pub const TONGUES: [Tongue; 8] = [
    Tongue {
        code: "en",
        right_to_left: false,
        spaced: true,
        stop: ".",
        digits: LATIN,
        words: "the harbour council bridge ferry keeper found old ledger under stone tower before winter storm \
                carried grain north river school built quiet market engine driver told clerk lantern oil was sold \
                by night orchard mill widow painted boats while inspector counted barrels along coast road and then \
                wrote letter about drowned meadow which nobody had measured since flood opened eastern gate for \
                miners whose copper paid rent until theatre closed its cellar",
        says: Says {
            home: "Home",
            related: "Read next",
            comments: "Comments",
            advert: "Advertisement",
            views: "views",
            rights: "All rights reserved",
            cookies: "We use cookies. Accept or choose what you allow.",
            login: "Sign in",
            correction: "Correction: an earlier version of this page gave a wrong name for the keeper of the tower.",
            lost: (
                "Page not found",
                "Sorry, the page you asked for could not be found. Check the address or use the search.",
            ),
            withdrawn: (
                "This article is no longer available",
                "The editors took it down some time ago. You may like to browse the front page instead.",
            ),
            about_lost: (
                "What a 404 page should say",
                "A page that says page not found should also say what the reader can do next",
            ),
            welcome: (
                "Welcome to our portal",
                "Here you find offers from our region, day by day and all in one place. Choose a topic on the left, \
                 or write to the team.",
            ),
            for_sale: (
                "This domain is for sale",
                "This domain is for sale. Make an offer today and call it your own.",
            ),
            casino: (
                "Online casino bonus with free spins",
                "Play at the best online casino, claim the bonus and spin the wheel tonight.",
            ),
        },
    },
    Tongue {
        code: "de",
        right_to_left: false,
        spaced: true,
        stop: ".",
        digits: LATIN,
        words: "der Hafen die Brücke eine Fähre und Wärter fand altes Buch unter Steinen am Turm vor dem Winter \
                trug Sturm Getreide nach Norden über Fluss Schule baute stille Märkte Fahrer sagte Schreiber dass \
                Öl bei Nacht verkauft wurde Obstgarten Mühle Witwe malte Boote während Prüfer Fässer zählte längs \
                Küste Straße dann schrieb Brief von nasser Wiese die niemand gemessen hatte seit Flut östliches Tor \
                für Bergleute öffnete deren Kupfer Miete zahlte bis Theater seinen Keller schloss",
        says: Says {
            home: "Startseite",
            related: "Weiterlesen",
            comments: "Kommentare",
            advert: "Anzeige",
            views: "Aufrufe",
            rights: "Alle Rechte vorbehalten",
            cookies: "Wir verwenden Cookies. Annehmen oder auswählen.",
            login: "Anmelden",
            correction: "Korrektur: In einer früheren Fassung stand ein falscher Name des Wärters am Turm.",
            lost: (
                "Seite nicht gefunden",
                "Leider wurde die gewünschte Seite nicht gefunden. Prüfen Sie die Adresse oder nutzen Sie die Suche.",
            ),
            withdrawn: (
                "Dieser Beitrag ist nicht mehr verfügbar",
                "Die Redaktion hat ihn vor einiger Zeit entfernt. Vielleicht gefällt Ihnen etwas auf der ersten Seite.",
            ),
            about_lost: (
                "Was eine 404-Seite sagen sollte",
                "Wer Seite nicht gefunden schreibt sollte auch sagen was Leser nun tun können",
            ),
            welcome: (
                "Willkommen auf unserem Portal",
                "Hier finden Sie Angebote aus der Region, Tag für Tag und an einem Ort. Wählen Sie links ein Thema, \
                 oder schreiben Sie uns.",
            ),
            for_sale: (
                "Diese Domain steht zum Verkauf",
                "Diese Domain steht zum Verkauf. Machen Sie heute ein Angebot.",
            ),
            casino: (
                "Online Casino mit Bonus und Freispielen",
                "Spielen Sie im besten Casino, holen Sie den Bonus und drehen Sie noch heute.",
            ),
        },
    },
    Tongue {
        code: "ru",
        right_to_left: false,
        spaced: true,
        stop: ".",
        digits: LATIN,
        words: "гавань мост паром сторож нашёл старую книгу под камнем у башни до зимы буря несла зерно на север \
                река школа построила тихий рынок машинист сказал писарю что масло продали ночью сад мельница вдова \
                красила лодки пока ревизор считал бочки вдоль берега дорога и потом написал письмо про луг который \
                никто не мерил после потопа открыли восточные ворота для горняков чья медь платила аренду когда \
                театр закрыл подвал",
        says: Says {
            home: "Главная",
            related: "Читайте также",
            comments: "Комментарии",
            advert: "Реклама",
            views: "просмотров",
            rights: "Все права защищены",
            cookies: "Мы используем файлы cookie. Принять или настроить.",
            login: "Войти",
            correction: "Исправление: в прежней версии было неверно указано имя сторожа башни.",
            lost: (
                "Страница не найдена",
                "К сожалению, такой страницы здесь нет. Проверьте адрес или воспользуйтесь поиском.",
            ),
            withdrawn: (
                "Материал удалён",
                "Редакция сняла его с публикации. Возможно, вас заинтересует что-нибудь на первой полосе.",
            ),
            about_lost: (
                "Что должна говорить страница 404",
                "Если написано страница не найдена то надо сказать и что читателю делать дальше",
            ),
            welcome: (
                "Добро пожаловать на наш портал",
                "Здесь собраны предложения нашего края, день за днём и в одном месте. Выберите тему слева или \
                 напишите нам.",
            ),
            for_sale: (
                "Этот домен продаётся",
                "Этот домен продаётся. Сделайте предложение сегодня.",
            ),
            casino: (
                "Онлайн казино с бонусом и фриспинами",
                "Играйте в лучшем казино, получите бонус и крутите барабан уже сегодня.",
            ),
        },
    },
    Tongue {
        code: "ar",
        right_to_left: true,
        spaced: true,
        stop: ".",
        digits: ARABIC,
        words: "الميناء الجسر عبارة حارس وجد دفتر قديم تحت حجر عند برج قبل شتاء عاصفة حملت قمح نحو شمال نهر مدرسة \
                بنت سوق هادئ سائق قال كاتب إن زيت بيع ليلا بستان طاحونة أرملة لونت قوارب بينما مفتش عد براميل على \
                ساحل طريق ثم كتب رسالة عن مرج لم يقسه أحد منذ فيضان فتح باب شرقي لعمال منجم نحاس دفع إيجار حتى \
                أغلق مسرح قبوه",
        says: Says {
            home: "الرئيسية",
            related: "اقرأ أيضا",
            comments: "التعليقات",
            advert: "إعلان",
            views: "مشاهدة",
            rights: "جميع الحقوق محفوظة",
            cookies: "نستخدم ملفات الارتباط. موافق أو اختر.",
            login: "تسجيل الدخول",
            correction: "تصحيح: ورد في نسخة سابقة من هذه الصفحة اسم خاطئ لحارس البرج.",
            lost: (
                "الصفحة غير موجودة",
                "عذرا، لم يتم العثور على الصفحة المطلوبة. تحقق من العنوان أو استخدم البحث.",
            ),
            withdrawn: (
                "هذا المقال لم يعد متاحا",
                "سحبه المحررون قبل مدة. قد يعجبك شيء آخر في الصفحة الأولى.",
            ),
            about_lost: (
                "ماذا تقول صفحة 404",
                "من يكتب أن الصفحة غير موجودة عليه أن يقول أيضا ماذا يفعل القارئ بعد ذلك",
            ),
            welcome: (
                "أهلا بكم في بوابتنا",
                "هنا تجدون عروض منطقتنا يوما بعد يوم وفي مكان واحد. اختاروا موضوعا من اليمين أو اكتبوا إلى الفريق.",
            ),
            for_sale: ("هذا النطاق للبيع", "هذا النطاق للبيع. قدم عرضك اليوم."),
            casino: (
                "كازينو على الإنترنت مع مكافأة",
                "العب في أفضل كازينو واحصل على المكافأة وأدر العجلة الليلة.",
            ),
        },
    },
    Tongue {
        code: "zh",
        right_to_left: false,
        spaced: false,
        stop: "。",
        digits: LATIN,
        words: "港口 桥梁 渡船 看守 发现 旧账 石头 下面 塔楼 冬天 之前 风暴 运走 粮食 北方 河流 学校 修建 安静 市场 \
                司机 告诉 书记 灯油 夜里 卖掉 果园 磨坊 寡妇 粉刷 小船 检查 清点 木桶 沿着 海岸 道路 然后 写信 关于 \
                草地 无人 测量 洪水 打开 东门 矿工 铜矿 支付 租金 直到 剧院 关闭 地窖 因此 邻居 收到 消息 并且 记录",
        says: Says {
            home: "首页",
            related: "相关阅读",
            comments: "评论",
            advert: "广告",
            views: "次浏览",
            rights: "版权所有",
            cookies: "本站使用缓存文件。接受或自行选择。",
            login: "登录",
            correction: "更正：本页早先的版本写错了塔楼看守的名字。",
            lost: ("找不到页面", "抱歉，您要的页面不存在。请检查地址，或者使用搜索。"),
            withdrawn: ("本文已下线", "编辑部前些时候撤下了它。您可以到首页看看别的内容。"),
            about_lost: ("错误页面404应该怎样写", "写着找不到页面的时候也要告诉读者接下来做什么"),
            welcome: (
                "欢迎来到我们的门户",
                "这里每天汇集本地的各种优惠，都在同一个地方。请在左边选一个主题，或者写信给我们的小组。",
            ),
            for_sale: ("此域名出售", "此域名出售。今天就请出价。"),
            casino: ("在线娱乐城注册送彩金", "来最好的娱乐城，领取彩金，今晚就开始转动。"),
        },
    },
    Tongue {
        code: "ja",
        right_to_left: false,
        spaced: false,
        stop: "。",
        digits: LATIN,
        words: "港の 橋が 渡し船を 番人は 見つけた 古い 帳簿 石の 下で 塔から 冬の 前に 嵐が 運んだ 穀物を 北へ 川沿い \
                学校を 建てた 静かな 市場で 運転手は 言った 書記に 灯油を 夜に 売った 果樹園 水車の 未亡人が 塗った \
                小舟を 検査官は 数えた 樽を 海岸の 道で それから 手紙を 書いた 牧草地 誰も 測らない 洪水の 後に 開けた \
                東門を 坑夫の 銅で 払った 家賃を 劇場が 閉めた 地下室",
        says: Says {
            home: "ホーム",
            related: "あわせて読む",
            comments: "コメント",
            advert: "広告",
            views: "回表示",
            rights: "無断転載を禁じます",
            cookies: "クッキーを使用しています。同意するか選んでください。",
            login: "ログイン",
            correction: "訂正：以前の版では塔の番人の名前に誤りがありました。",
            lost: (
                "ページが見つかりません",
                "申し訳ありません。お探しのページは存在しません。住所を確かめるか検索をお使いください。",
            ),
            withdrawn: (
                "この記事は公開を終了しました",
                "編集部が先ごろ取り下げました。表紙のほかの記事もどうぞ。",
            ),
            about_lost: (
                "404の画面は何を言うべきか",
                "ページが見つかりませんと書くなら読者が次に何をできるかも書くとよい",
            ),
            welcome: (
                "ようこそ地域の入口へ",
                "ここには毎日この土地のお得な話が一か所に集まります。左から話題を選ぶか、お便りをください。",
            ),
            for_sale: (
                "このドメインは販売中です",
                "このドメインは販売中です。今日お申し込みください。",
            ),
            casino: (
                "オンラインカジノの特典と無料スピン",
                "最高のカジノで遊び、特典を受け取り、今夜まわそう。",
            ),
        },
    },
    Tongue {
        code: "th",
        right_to_left: false,
        spaced: false,
        stop: " ",
        digits: LATIN,
        words: "ท่าเรือ สะพาน เรือข้ามฟาก คนเฝ้า พบ สมุดเก่า ใต้ก้อนหิน หอคอย ก่อนฤดูหนาว พายุ พัดพา ข้าวเปลือก ไปทางเหนือ \
                แม่น้ำ โรงเรียน สร้าง ตลาดเงียบ คนขับ บอก เสมียน ว่า น้ำมัน ขายไป ตอนกลางคืน สวนผลไม้ โรงสี แม่ม่าย ทาสี \
                เรือเล็ก ผู้ตรวจ นับ ถังไม้ ตามชายฝั่ง ถนน แล้ว เขียน จดหมาย เรื่อง ทุ่งหญ้า ไม่มีใคร วัด หลังน้ำท่วม เปิด ประตูตะวันออก \
                ให้คนงานเหมือง ทองแดง จ่าย ค่าเช่า จนกระทั่ง โรงละคร ปิด ห้องใต้ดิน ใน ที่ และ ของ มี ได้ ไป มา ให้ กับ เป็น นี้ นั้น ถึง จาก \
                ด้วย หรือ แต่ ทุก หลาย บาง คน เด็ก วัน คืน เช้า ปี เดือน บ้าน วัด นา ป่า เขา ทะเล ฝน ลม ไฟ ดิน ทราย ไม้ ปลา นก วัว ม้า \
                ช้าง รถ ล้อ เชือก ผ้า เกลือ พริก ชา ทอง เงิน เหล็ก แก้ว กุญแจ โต๊ะ กำแพง บันได ครู หมอ ทหาร พระ ช่าง เพลง กลอง สี \
                ขาว ดำ แดง เขียว ใหญ่ สูง ต่ำ ยาว สั้น ใหม่ ร้อน เดิน วิ่ง นั่ง ยืน นอน กิน ดื่ม ซื้อ ยก วาง หา เห็น ฟัง พูด ถาม ตอบ จำ ลืม",
        says: Says {
            home: "หน้าแรก",
            related: "อ่านต่อ",
            comments: "ความคิดเห็น",
            advert: "โฆษณา",
            views: "ครั้ง",
            rights: "สงวนลิขสิทธิ์",
            cookies: "เราใช้คุกกี้ ยอมรับหรือเลือกเอง",
            login: "เข้าสู่ระบบ",
            correction: "แก้ไข: ฉบับก่อนหน้านี้ระบุชื่อคนเฝ้าหอคอยผิด",
            lost: ("ไม่พบหน้าที่คุณต้องการ", "ขออภัย ไม่พบหน้านี้ในเว็บไซต์ โปรดตรวจสอบที่อยู่หรือใช้การค้นหา"),
            withdrawn: (
                "บทความนี้ถูกถอดออกแล้ว",
                "กองบรรณาธิการนำออกไปเมื่อไม่นานมานี้ ลองดูเรื่องอื่นที่หน้าหนึ่งแทน",
            ),
            about_lost: ("หน้า 404 ควรบอกอะไร", "เมื่อเขียนว่าไม่พบหน้าก็ควรบอกด้วยว่าผู้อ่านทำอะไรต่อได้"),
            welcome: (
                "ยินดีต้อนรับสู่เว็บท่าของเรา",
                "ที่นี่รวมข้อเสนอของท้องถิ่นทุกวันไว้ในที่เดียว เลือกหัวข้อทางซ้าย หรือเขียนถึงทีมงาน",
            ),
            for_sale: ("ขายโดเมนนี้", "ขายโดเมนนี้ เสนอราคาได้วันนี้"),
            casino: ("คาสิโนออนไลน์ โบนัสฟรีสปิน", "เล่นที่คาสิโนที่ดีที่สุด รับโบนัส แล้วหมุนวงล้อคืนนี้"),
        },
    },
    Tongue {
        code: "tr",
        right_to_left: false,
        spaced: true,
        stop: ".",
        digits: LATIN,
        words: "liman köprü vapur bekçi buldu eski defter taş altında kule kıştan önce fırtına taşıdı tahıl kuzeye \
                ırmak okul yaptı sessiz çarşı sürücü söyledi kâtibe gaz yağı gece satıldı bahçe değirmen dul kadın \
                boyadı kayıklar müfettiş saydı fıçıları kıyı boyunca yol sonra yazdı mektup çayır hakkında kimse \
                ölçmedi selden beri açtı doğu kapısı madenciler için bakır ödedi kira tiyatro kapattı mahzenini",
        says: Says {
            home: "Ana sayfa",
            related: "Sıradaki yazılar",
            comments: "Yorumlar",
            advert: "Reklam",
            views: "görüntülenme",
            rights: "Tüm hakları saklıdır",
            cookies: "Çerez kullanıyoruz. Kabul edin ya da seçin.",
            login: "Giriş yap",
            correction: "Düzeltme: Bu sayfanın önceki hâlinde kule bekçisinin adı yanlış yazılmıştı.",
            lost: (
                "Sayfa bulunamadı",
                "Üzgünüz, aradığınız sayfa bulunamadı. Adresi denetleyin ya da aramayı kullanın.",
            ),
            withdrawn: (
                "Bu yazı yayından kaldırıldı",
                "Yazı işleri onu bir süre önce geri çekti. Ön sayfadaki başka yazılara bakabilirsiniz.",
            ),
            about_lost: (
                "404 sayfası ne söylemeli",
                "Sayfa bulunamadı diyen bir yer okurun şimdi ne yapabileceğini de söylemeli",
            ),
            welcome: (
                "Portalımıza hoş geldiniz",
                "Burada yöremizin fırsatları her gün tek bir yerde toplanır. Soldan bir konu seçin ya da bize yazın.",
            ),
            for_sale: ("Bu alan adı satılık", "Bu alan adı satılık. Bugün teklif verin."),
            casino: (
                "Canlı bahis ve casino bonusu",
                "En iyi bahis sitesinde oynayın, bonusu alın ve bu gece çevirin.",
            ),
        },
    },
];
