//! Which links a budget of visits is spent on: what the archive saw of them, when failing ones are due, and what a
//! visit of each is worth.

use std::collections::{BTreeMap, HashSet};

use super::resting::{self, Together};
use crate::{
    archive::{ArchiveError, Reader},
    frontier::Scope,
    model::{
        article::Article,
        revisit::{Observed, Plan, PlannedFetch, PlannedRun, SCHEMA_VERSION, Span, Why},
        run::RunKind,
        time::Timestamp,
        verdict::Class,
    },
    schedule::revisit::{Agenda, Belief, Choice, Evidence, Failing, Link, Priors, allowance, days_between},
};

/// The links that a budget is spent on.
pub struct Revisits {
    budget: u32,
    links: Vec<Known>,
    agenda: Agenda,
    begun: Option<Timestamp>,
}

/// The part of the links that one check visits.
#[derive(Debug, Clone)]
pub struct Share {
    /// How many links.
    pub visited: usize,
    /// Of how many.
    pub links: usize,
    /// Rows of the addresses of the others.
    pub left_out: Vec<i64>,
}

/// A link as it is told of.
struct Known {
    urls: Vec<i64>,
    url: String,
    articles: u64,
    last: Option<Timestamp>,
    belief: Belief,
}

impl Revisits {
    /// Of the links that these articles cite. Those that the scope leaves out cost nothing and take no part, nor do
    /// those that are among the articles themselves.
    pub fn of(reader: &Reader, articles: &[Article], scope: &Scope, budget: u32) -> Result<Self, ArchiveError> {
        let articles: HashSet<i64> = articles.iter().map(|article| article.id).collect();
        let mut observed = Vec::new();
        reader.observations(|link| observed.push(Seen::of(link)))?;
        let priors = Priors::learn(observed.iter().map(|seen| (seen.link.host.as_str(), &seen.evidence)));
        let groups = resting::failing(reader)?;
        observed.retain(|seen| {
            let link = &seen.link;
            let takes_part = link.articles.iter().any(|article| articles.contains(article));
            takes_part
                && !link.read_as.iter().any(|article| articles.contains(article))
                && scope.refuses(&link.url).is_none()
        });
        let mut links = Vec::with_capacity(observed.len());
        let mut agenda = Vec::with_capacity(observed.len());
        for Seen { link, evidence } in observed {
            let belief = priors.belief(&link.host, &evidence);
            agenda.push(Link {
                belief: belief.clone(),
                weight: link.articles.len() as f64,
                last: link.last,
                failing: groups.get(&link.key).map(failing),
            });
            links.push(Known {
                urls: link.urls,
                url: link.url.into(),
                articles: link.articles.len() as u64,
                last: link.last,
                belief,
            });
        }
        Ok(Self {
            budget,
            links,
            agenda: Agenda::new(agenda, budget),
            begun: reader.last_begun(RunKind::Check)?,
        })
    }

    /// What a check visits that begins `now`.
    pub fn share(&self, now: Timestamp) -> Share {
        let chosen = self.agenda.choose(now, self.allowance(now));
        let visited: HashSet<usize> = chosen.iter().map(|choice| choice.link).collect();
        let left = (0..).zip(&self.links).filter(|(number, _)| !visited.contains(number));
        Share {
            visited: visited.len(),
            links: self.links.len(),
            left_out: left.flat_map(|(_, link)| link.urls.iter().copied()).collect(),
        }
    }

    fn allowance(&self, now: Timestamp) -> u64 {
        allowance(self.budget, self.begun, now)
    }

    /// What checks would fetch that begin at these times, if nothing changed any more.
    pub fn plan(mut self, begin: &[Timestamp]) -> Plan {
        let mut plan = Plan {
            schema_version: SCHEMA_VERSION,
            budget: self.budget,
            links: self.links.len() as u64,
            threshold: self.agenda.threshold(),
            runs: Vec::new(),
            fetches: Vec::new(),
        };
        for at in begin.iter().copied() {
            let allowance = self.allowance(at);
            let chosen = self.agenda.choose(at, allowance);
            let mut by_reason = BTreeMap::new();
            for choice in &chosen {
                *by_reason.entry(choice.why.as_str()).or_default() += 1;
                plan.fetches.push(self.fetch(choice, at));
                self.agenda.visited(choice.link, at);
                self.links[choice.link].last = Some(at);
            }
            plan.runs.push(PlannedRun {
                at,
                allowance,
                fetches: chosen.len() as u64,
                by_reason,
            });
            self.begun = Some(at);
        }
        plan
    }

    fn fetch(&self, choice: &Choice, at: Timestamp) -> PlannedFetch {
        let link = &self.links[choice.link];
        PlannedFetch {
            at,
            url: link.url.clone(),
            reason: choice.why,
            due: choice.due,
            last_visit: link.last,
            changes_every: Span {
                days: link.belief.quantile(0.5),
                from: link.belief.quantile(0.1),
                to: link.belief.quantile(0.9),
            },
            worth: choice.worth,
            articles: link.articles,
        }
    }
}

/// A link, its visits told by what they say of it.
struct Seen {
    link: Observed,
    evidence: Evidence,
}

impl Seen {
    fn of(mut link: Observed) -> Self {
        let mut evidence = Evidence::default();
        for pair in link.visits.windows(2) {
            evidence.see(days_between(pair[0].at, pair[1].at), pair[1].changed);
        }
        link.visits = Vec::new();
        Self { link, evidence }
    }
}

/// How a link is failing.
fn failing(group: &Together) -> Failing {
    Failing {
        why: match group.first.verdict.class {
            Class::Dead => Why::Dead,
            _ => Why::Suspect,
        },
        due: group.due,
        rests: group.rests,
    }
}
