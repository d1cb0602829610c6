//! What links are against what was said of them, as a table, with the evidence for what was wrong.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
};

use serde_json::Value;

use crate::{
    kind::{Kind, TRUTH},
    web::{Link, Web},
};

/// The classes, in the order of the columns. What is in none of them stands in a column of its own.
const CLASSES: [&str; 9] = [
    "ok", "moved", "changed", "replaced", "dead", "suspect", "blocked", "excluded", "other",
];

/// What was said at one visit.
pub struct Confusion {
    /// How often each class was said of links of a kind.
    said: BTreeMap<Kind, [usize; CLASSES.len()]>,
    wrong: Vec<String>,
    faults: BTreeMap<&'static str, usize>,
}

/// What sort of mistake it is to say this where those were right.
fn fault(class: &str, right: &[&str]) -> &'static str {
    let changed = ["changed", "replaced"];
    let is_change = changed.iter().any(|changed| right.contains(changed));
    match class {
        "dead" => "false dead",
        _ if right.contains(&"dead") => "missed dead",
        _ if changed.contains(&class) && !is_change => "false change",
        "ok" if is_change => "missed change",
        _ => "other",
    }
}

impl Confusion {
    /// Holds a report against the truth of an epoch.
    pub fn of(web: &Web, epoch: usize, report: &Value) -> Self {
        let links = report["links"].as_array().expect("a report has links");
        let by_url: HashMap<&str, &Value> = links
            .iter()
            .filter_map(|link| Some((link["url"].as_str()?, link)))
            .collect();
        let mut confusion = Self {
            said: BTreeMap::new(),
            wrong: Vec::new(),
            faults: BTreeMap::new(),
        };
        for link in &web.links {
            let Some(kind) = link.kinds[epoch] else { continue };
            let told = by_url.get(link.url.as_str()).copied().unwrap_or(&Value::Null);
            confusion.hear(kind, link, told);
        }
        confusion
    }

    fn hear(&mut self, kind: Kind, link: &Link, told: &Value) {
        let class = told["class"].as_str().unwrap_or("not in the report");
        let column = CLASSES.iter().position(|known| *known == class);
        self.said.entry(kind).or_default()[column.unwrap_or(CLASSES.len() - 1)] += 1;
        if kind.right().contains(&class) {
            return;
        }
        *self.faults.entry(fault(class, kind.right())).or_default() += 1;
        let (name, reason) = (kind.name(), told["reason"].as_str().unwrap_or_default());
        let mut wrong = format!(
            "{} ({})\n    is: {name}\n    said: {class}, {reason}\n",
            link.url, link.make
        );
        let evidence = told["evidence"].as_array().into_iter().flatten();
        for line in evidence.filter_map(Value::as_str) {
            wrong.push_str(&format!("    {line}\n"));
        }
        self.wrong.push(wrong);
    }

    /// Whether there was a link of a kind.
    pub fn holds(&self, kind: Kind) -> bool {
        self.said.contains_key(&kind)
    }

    /// Links that something was to be said of.
    pub fn told(&self) -> usize {
        self.said.values().flatten().sum()
    }

    /// Of how many it was wrong.
    pub fn wrong(&self) -> usize {
        self.wrong.len()
    }
}

impl fmt::Display for Confusion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\n{:40}", "is \\ said")?;
        for class in CLASSES {
            write!(f, "{class:>9}")?;
        }
        writeln!(f)?;
        for (kind, name, right) in TRUTH {
            let Some(said) = self.said.get(kind) else { continue };
            write!(f, "{name:40}")?;
            for (class, times) in CLASSES.iter().zip(said) {
                match (times, right.contains(class)) {
                    (0, _) => write!(f, "{:>9}", ".")?,
                    (times, true) => write!(f, "{times:>9}")?,
                    (times, false) => write!(f, "{:>9}", format!("!{times}"))?,
                }
            }
            writeln!(f)?;
        }
        if !self.wrong.is_empty() {
            let faults: Vec<String> = self
                .faults
                .iter()
                .map(|(fault, times)| format!("{times} {fault}"))
                .collect();
            writeln!(f, "\nWrong: {}\n\n{}", faults.join(", "), self.wrong.join("\n"))?;
        }
        Ok(())
    }
}
