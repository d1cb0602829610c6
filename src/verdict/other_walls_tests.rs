//! Login pages, consent pages and paywalls, and pages that only look like them.

use super::*;

#[test]
fn login_pages_are_walls_where_something_else_was_asked_for() {
    let page = |url: &str, body: &str| Case::page("Sign in", 200, body).at(url);
    const FIELD: &str = "<input type=\"password\">";
    are_walls(
        Access::LoginRedirect,
        vec![
            (
                "a path and the way back",
                page("https://paper.example/login?next=/2024/story", ""),
            ),
            ("a path and a field", page("https://paper.example/users/sign_in", FIELD)),
            ("a host and a field", page("https://accounts.paper.example/", FIELD)),
            (
                "a host and the way back",
                page(
                    "https://sso.other.example/?r=https%3A%2F%2Fpaper.example%2F2024%2Fstory",
                    "",
                ),
            ),
            ("saml", page("https://idp.uni.example/profile?SAMLRequest=abc", "")),
            (
                "two steps",
                page(
                    "https://login.other.example/",
                    "<form method=post action='/signin/v2'><input></form>",
                ),
            ),
            (
                "only the way back, and a field",
                page("https://paper.example/welcome?return=/2024/story", FIELD),
            ),
        ],
    );
    are_open(vec![
        (
            "asked for a login page",
            page("https://paper.example/login?next=/2024/story", FIELD).asked("https://paper.example/login"),
        ),
        (
            "asked a login host",
            page("https://login.paper.example/b", FIELD).asked("https://login.paper.example/a"),
        ),
        (
            "no redirect",
            page("https://paper.example/login", FIELD).asked("https://paper.example/login"),
        ),
        (
            "no field, no way back",
            page("https://paper.example/login", "<p>Closed.</p>"),
        ),
        (
            "about logging in",
            page("https://paper.example/how-to-login?from=/2024/story", "<p>Do.</p>"),
        ),
        (
            "a login box on another page",
            page("https://paper.example/new-story", FIELD),
        ),
        (
            "much to read",
            Case::page("Auth", 8_000, FIELD).at("https://paper.example/docs/auth"),
        ),
        (
            "a search for something else",
            page("https://paper.example/search?u=old", FIELD),
        ),
    ]);
}

#[test]
fn consent_pages_are_walls_where_something_else_was_asked_for() {
    let page = |url: &str, body: &str| Case::page("Before you continue", 1_500, body).at(url);
    are_walls(
        Access::Consent,
        vec![
            (
                "a host and the way back",
                page(
                    "https://consent.other.example/m?continue=https://paper.example/2024/story",
                    "",
                ),
            ),
            (
                "a host and its words",
                page(
                    "https://consent.other.example/v2/collect?s=1",
                    "We ask for your consent",
                ),
            ),
            (
                "a path and the way back",
                page("https://paper.example/cookiewall?return=/2024/story", ""),
            ),
        ],
    );
    are_open(vec![
        (
            "about consent",
            page("https://paper.example/law/consent", "consent to cookies"),
        ),
        (
            "asked for it",
            page("https://consent.other.example/b?next=/x", "consent").asked("https://consent.other.example/a"),
        ),
        ("says nothing", page("https://consent.other.example/", "Hello")),
    ]);
}

fn described(text: u64, json: &str) -> Case {
    Case::page(
        "The story",
        text,
        &format!("<script type=\"application/ld+json\">{json}</script>"),
    )
}

#[test]
fn texts_cut_off_are_behind_a_paywall() {
    are_walls(
        Access::Paywall,
        vec![
            (
                "declared",
                described(700, r#"{"@type":"NewsArticle","isAccessibleForFree":false}"#),
            ),
            (
                "in words",
                described(700, r#"{"@type":"NewsArticle","isAccessibleForFree" : "False"}"#),
            ),
            (
                "by parts",
                described(
                    700,
                    r#"{"@type":"X","hasPart":{"@type":"WebPageElement","isAccessibleForFree":false}}"#,
                ),
            ),
            (
                "cut, by its count of words",
                described(
                    2_500,
                    r#"{"@type":"Article","isAccessibleForFree":false,"wordCount":1400}"#,
                ),
            ),
            (
                "locked",
                Case::page(
                    "The story",
                    500,
                    "<meta property='article:content_tier' content='locked'>",
                ),
            ),
            (
                "not declared",
                Case::page(
                    "The story",
                    500,
                    "<div class='Paywall'>Subscribe to continue reading</div>",
                ),
            ),
        ],
    );
    are_open(vec![
        (
            "whole, metered",
            described(7_000, r#"{"@type":"NewsArticle","isAccessibleForFree":false}"#),
        ),
        (
            "of middle length",
            described(3_000, r#"{"@type":"NewsArticle","isAccessibleForFree":false}"#),
        ),
        (
            "short and whole",
            described(
                600,
                r#"{"@type":"NewsArticle","wordCount":"110","isAccessibleForFree":false}"#,
            ),
        ),
        (
            "free",
            described(300, r#"{"@type":"NewsArticle","isAccessibleForFree":true}"#),
        ),
        (
            "a museum",
            described(300, r#"{"@type":"Museum","isAccessibleForFree":false}"#),
        ),
        (
            "metered",
            Case::page("The story", 500, "<meta name='article:content_tier' content='metered'>"),
        ),
        (
            "a class of that name",
            Case::page("Front page", 500, "<div class='paywall'></div>"),
        ),
        (
            "a call for subscribers",
            Case::page("Front page", 500, "Subscribe to read more"),
        ),
        (
            "about paywalls",
            Case::page("Paywalls", 3_000, "A paywall says: subscribe to continue reading"),
        ),
    ]);
}
