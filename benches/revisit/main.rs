//! What policies of revisiting are worth: pages that change at random moments, each at a rate of its own that nobody is
//! told, and a budget of one visit a page in 14 days. The rows are those of the literature, and ours, which goes through
//! the functions that `check --budget` goes through.
//!
//! `cargo bench --bench revisit [-- --seed N]`; exit code 1 when ours keeps less fresh than [`TO_REACH`].

mod policy;
mod world;

use std::process::ExitCode;

use policy::{Ours, Policy, Scored};
use world::{Outcome, PAGES, World};

/// What the best policy kept fresh that has to find the rates out, in the table that this one is held against.
const TO_REACH: f64 = 0.778;
/// Days until policies have found their way; what they keep fresh is measured after.
const SETTLING: u32 = 183;
const MEASURED: u32 = 365;
/// Visits a day: one a page in 14 days.
const BUDGET: u32 = (PAGES / 14) as u32;
/// Of pages so many die in a day, where they do: a quarter a year, as Fetterly et al. saw.
const DYING: f64 = 0.25 / 365.0;

fn main() -> ExitCode {
    let seed = option("--seed").unwrap_or(1);
    let (world, alike) = (World::new(seed, 0.0, 0.0), World::new(seed, 0.5, 0.0));
    let mortal = World::new(seed, 0.0, DYING);
    let (uniform, optimum) = world.in_closed_form(14.0);
    println!("{PAGES} pages, {BUDGET} visits a day, {MEASURED} days after {SETTLING}; seed {seed}");
    println!("in closed form: uniform {uniform:.3}, the best there is {optimum:.3}\n");
    let mut rows: Vec<Row<'_>> = Vec::new();
    for scored in policy::of_the_literature() {
        rows.push(Row::new(scored.name(), scored, &world));
    }
    rows.push(Row::new(OURS.into(), Ours::new(&world), &world));
    rows.push(Row::new(
        "ours, pages of a host alike".into(),
        Ours::new(&alike),
        &alike,
    ));
    let outcomes = run(rows);
    let ours = outcomes[outcomes.len() - 2];
    println!("\na quarter of the pages dies in a year, and is replaced when that is seen\n");
    run(vec![
        Row::new("uniform".into(), Scored::uniform(), &mortal),
        Row::new("U, true rate".into(), Scored::true_rate(), &mortal),
        Row::new(OURS.into(), Ours::new(&mortal), &mortal),
    ]);
    if ours.fresh >= TO_REACH {
        return ExitCode::SUCCESS;
    }
    println!("\nours keeps {:.4} fresh, and should {TO_REACH}", ours.fresh);
    ExitCode::FAILURE
}

const OURS: &str = "ours: U, grid, prior, caps";

/// A policy in a world.
struct Row<'a> {
    name: String,
    policy: Box<dyn Policy + Send>,
    world: &'a World,
}

impl<'a> Row<'a> {
    fn new(name: String, policy: impl Policy + Send + 'static, world: &'a World) -> Self {
        Self {
            name,
            policy: Box::new(policy),
            world,
        }
    }
}

/// Runs them beside each other, and prints what came of each.
fn run(rows: Vec<Row<'_>>) -> Vec<Outcome> {
    heading();
    std::thread::scope(|threads| {
        let running: Vec<_> = rows
            .into_iter()
            .map(|row| {
                let Row {
                    name,
                    mut policy,
                    world,
                } = row;
                let run = move || world.run(policy.as_mut(), BUDGET, SETTLING, MEASURED);
                (name, threads.spawn(run))
            })
            .collect();
        running
            .into_iter()
            .map(|(name, thread)| {
                let outcome = thread.join().expect("a row");
                print(&name, &outcome);
                outcome
            })
            .collect()
    })
}

fn heading() {
    println!(
        "{:30} {:>6} {:>17} {:>16} {:>13} {:>8}",
        "policy", "fresh", "change seen after", "death seen after", "never visited", "visits/d"
    );
}

fn print(name: &str, outcome: &Outcome) {
    println!(
        "{name:30} {:6.4} {:>15.1} d {:>16} {:13} {:8.1}",
        outcome.fresh,
        outcome.delay,
        outcome
            .death_delay
            .map_or("-".to_owned(), |days| format!("{days:.1} d")),
        outcome.never,
        outcome.visits_a_day
    );
}

fn option(name: &str) -> Option<u64> {
    let mut arguments = std::env::args().skip_while(|argument| argument != name).skip(1);
    let value = arguments.next()?;
    Some(
        value
            .parse()
            .unwrap_or_else(|_| panic!("{name} takes a number, not {value}")),
    )
}
