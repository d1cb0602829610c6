//! A bulletin as it goes out: its name, a line for a subject, its text, and its JSON form.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::model::{
    bulletin::{Bulletin, Occasion},
    time::Timestamp,
};

/// Version of the JSON form. Raised when a field is removed or changes its meaning.
pub const SCHEMA_VERSION: u32 = 1;

/// What is handed to whoever brings it.
#[derive(Debug, Clone)]
pub struct Message {
    /// Names it: the same when the same is told again because nobody confirmed that it arrived.
    pub id: Uuid,
    /// When it was made.
    pub at: Timestamp,
    /// What is new, in one line.
    pub subject: String,
    /// What is new, for people.
    pub text: String,
    /// The same for machines: `docs/bulletin.schema.json`.
    pub json: String,
    /// The addresses it tells of, each once.
    pub links: Vec<String>,
}

/// Makes the message that tells a bulletin to one receiver.
pub fn message(bulletin: &Bulletin, receiver: &str, text: String) -> Message {
    let (at, subject) = (bulletin.report.generated_at, subject(bulletin));
    let data = data(bulletin);
    // A test is a new one each time; of news the time does not count, only what is new.
    let moment = match bulletin.occasion {
        Occasion::News => String::new(),
        Occasion::Test => at.millis().to_string(),
    };
    let id = name(&[receiver, bulletin.occasion.as_str(), &moment, &data.to_string()]);
    let json = json!({
        "schema_version": SCHEMA_VERSION,
        "type": bulletin.occasion,
        "id": id.to_string(),
        "timestamp": at,
        "subject": subject,
        "text": text,
        "data": data,
    });
    let mut links: Vec<String> = Vec::new();
    for link in &bulletin.report.links {
        if !links.contains(&link.url) {
            links.push(link.url.clone());
        }
    }
    Message {
        id,
        at,
        subject,
        text,
        json: json.to_string(),
        links,
    }
}

/// A UUID made from what it names (RFC 9562 section 5.8).
fn name(parts: &[&str]) -> Uuid {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.finalize()[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

fn data(bulletin: &Bulletin) -> Value {
    let report = &bulletin.report;
    let differences = bulletin.differences.iter().filter_map(|(position, excerpt)| {
        let link = report.links.get(*position)?;
        Some(json!({
            "article": link.article, "url": link.url, "fragment": link.fragment,
            "from": excerpt.from, "to": excerpt.to, "counts": excerpt.counts,
            "parts": excerpt.parts, "is_cut": excerpt.is_cut,
        }))
    });
    json!({
        "archive": bulletin.archive,
        "since": report.new_since,
        "outage": bulletin.has_outage(),
        "articles": report.articles,
        "links": report.links,
        "links_left_out": bulletin.left_out(),
        "differences": differences.collect::<Vec<_>>(),
        "source_changes": report.source_changes,
        "certificates": report.certificates,
        "jobs": bulletin.jobs,
        "notifiers": bulletin.notifiers,
        "totals": report.totals,
    })
}

/// What is new, in one line: nothing but numbers and our own words.
pub fn subject(bulletin: &Bulletin) -> String {
    if bulletin.occasion == Occasion::Test {
        return "a test: Evercite can tell you here what is new".into();
    }
    let counted = &bulletin.counted;
    let mut classes: Vec<String> = counted
        .attention
        .iter()
        .map(|(class, n)| format!("{n} {class}"))
        .collect();
    if counted.lacking > 0 {
        classes.push(format!("{} without what is quoted", counted.lacking));
    }
    let attention = counted.attention.values().sum::<u64>() + counted.lacking;
    let mut parts = Vec::new();
    if attention > 0 {
        let need = plural(attention, "link needs", "links need");
        parts.push(format!("{need} attention: {}", classes.join(", ")));
    }
    let report = &bulletin.report;
    for (count, one, many) in [
        (counted.unknown, "link cannot be looked at", "links cannot be looked at"),
        (counted.fine, "link is fine again", "links are fine again"),
        (
            report.source_changes.len() as u64,
            "change in articles",
            "changes in articles",
        ),
        (report.certificates.len() as u64, "certificate ends", "certificates end"),
        (bulletin.jobs.len() as u64, "job went wrong", "jobs went wrong"),
        (
            bulletin.notifiers.len() as u64,
            "receiver cannot be told",
            "receivers cannot be told",
        ),
    ] {
        if count > 0 {
            parts.push(plural(count, one, many));
        }
    }
    if bulletin.has_outage() {
        parts.push("most hosts were out of reach".into());
    }
    match parts.is_empty() {
        true => "nothing is new".into(),
        false => parts.join("; "),
    }
}

fn plural(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
