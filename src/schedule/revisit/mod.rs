//! Adaptive revisit: a budget of visits a day, spent on the links of which they tell most.
//!
//! What was seen of a link, and of the others of its host, makes a belief on how often it changes (`belief`, `prior`);
//! that tells what another visit is worth (`worth`), and that which links a run visits (`agenda`). Nothing is stored:
//! all of it follows from the captures.

mod agenda;
mod belief;
mod prior;
mod worth;

pub use agenda::{Agenda, Choice, Failing, Link, allowance};
pub use belief::{Belief, Evidence};
pub use prior::Priors;
pub use worth::{LONGEST, SHORTEST, Stake, days_between, threshold, utility};

#[cfg(test)]
mod tests;
