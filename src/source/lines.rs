//! Lists with one entry a line: addresses, or JSON.

use super::{
    collection::{Found, moment},
    list,
    xml::join,
};

/// One address a line, `#` begins a comment line. The error: no line is an address.
pub(super) fn plain(text: &str, found: &mut Found) -> Result<(), String> {
    let mut lines = 0;
    for line in list(text) {
        // A local path or a bare word must not become the name of a host.
        let url = Some(line).filter(|line| line.contains("://") && !line.contains(char::is_whitespace));
        found.entry(url.and_then(|url| join(None, url)), "", None, None);
        lines += 1;
        if found.is_full() {
            break;
        }
    }
    match lines > 0 && found.is_empty() {
        true => Err("no line of it is a web address".into()),
        false => Ok(()),
    }
}

/// JSON Lines. The error: no line names an address.
pub(super) fn json(text: &str, found: &mut Found) -> Result<(), String> {
    let mut first_error = None;
    for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
        match serde_json::from_str::<Line>(line) {
            Ok(Line::Address(url)) => found.entry(join(None, &url), "", None, None),
            Ok(Line::Object { url, title, cited_at }) => {
                let cited_at = cited_at.as_deref().and_then(moment);
                found.entry(join(None, &url), title.as_deref().unwrap_or(""), None, cited_at);
            }
            Err(_) => {
                first_error.get_or_insert(number);
                found.entry(None, "", None, None);
            }
        }
        if found.is_full() {
            break;
        }
    }
    match first_error {
        Some(line) if found.is_empty() => Err(format!(
            "line {line} is neither an address in quotes nor an object with \"url\""
        )),
        _ => Ok(()),
    }
}

#[derive(serde::Deserialize)]
#[serde(untagged)]
enum Line {
    Address(String),
    Object {
        url: String,
        title: Option<String>,
        cited_at: Option<String>,
    },
}
