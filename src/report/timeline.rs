//! A timeline, as people read it in a terminal.

use std::fmt::Write as _;

use super::lines::{Style, bytes, clip, clip_end, wrap};
use crate::model::{
    revision::SourceEvent,
    timeline::{Captured, Event, Timeline},
    verdict::{Access, Class, Transport},
};

/// Columns of a minute and the space after it.
const MARGIN: usize = 18;

/// Everything, oldest first.
pub fn timeline(timeline: &Timeline, style: Style) -> String {
    let mut out = format!("{}\n", style.bold(&clip(&timeline.url, style.width)));
    let plural = |count: u64, one: &str| format!("{count} {one}{}", if count == 1 { "" } else { "s" });
    let _ = writeln!(
        out,
        "{}, {}\n",
        plural(timeline.captures, "capture"),
        plural(timeline.versions, "version")
    );
    let mut moment = String::new();
    for event in &timeline.events {
        let told = match event {
            Event::Captured(one) => captured(one),
            Event::Judged(one) => {
                let fine = matches!(one.class, Class::Ok | Class::Skipped | Class::Excluded);
                let unconfirmed = if one.confirmed || fine { "" } else { ", unconfirmed" };
                format!(
                    "{} in {}{unconfirmed}: {}",
                    one.class.as_str().to_uppercase(),
                    one.article,
                    one.reason
                )
            }
            Event::Baseline(one) => format!("this copy is the baseline of {} ({})", one.article, one.chosen),
            Event::Edited(one) => {
                let did = match one.what {
                    SourceEvent::Added => "added the link",
                    SourceEvent::Removed => "removed the link",
                    SourceEvent::Restored => "put the link back",
                    SourceEvent::Retargeted => "led the link elsewhere",
                    SourceEvent::AnchorChanged => "changed the words of the link",
                };
                format!("{} {did}", one.article)
            }
        };
        let minute = event.at().minute();
        let margin = if minute == moment {
            String::new()
        } else {
            minute.clone()
        };
        moment = minute;
        for (number, line) in wrap(&told, style.width - MARGIN).iter().enumerate() {
            let margin = if number == 0 { margin.as_str() } else { "" };
            let line = match event {
                Event::Judged(one) if number == 0 => match line.split_once(' ') {
                    Some((class, rest)) => format!("{} {rest}", style.paint(one.class, class)),
                    None => line.clone(),
                },
                _ => line.clone(),
            };
            let _ = writeln!(out, "{margin:MARGIN$}{line}");
        }
    }
    out
}

fn captured(one: &Captured) -> String {
    let answer = match (one.status, one.transport, one.access) {
        (_, transport, _) if transport != Transport::Ok => transport.to_string(),
        (Some(status), _, Access::Open) => status.to_string(),
        (Some(status), _, access) => format!("{status} {access}"),
        (None, _, access) => access.to_string(),
    };
    let mut told = answer;
    match (one.version, one.is_new) {
        (Some(version), true) => {
            let _ = write!(told, "  version {version}");
            if let Some(title) = &one.title {
                let _ = write!(told, ": {}", clip_end(title, 50));
            }
            if let Some(length) = one.payload_length {
                let _ = write!(told, " ({})", bytes(length));
            }
        }
        (Some(version), false) => {
            let _ = write!(told, "  version {version} again");
        }
        (None, _) => {}
    }
    if let Some(elsewhere) = &one.final_url {
        let _ = write!(told, ", redirected to {}", clip(elsewhere, 60));
    }
    if one.times > 1 {
        let _ = write!(told, ", {} times until {}", one.times, one.until.minute());
    }
    told
}
