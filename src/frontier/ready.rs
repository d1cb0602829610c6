//! The queue of hosts that may have something to do now.
//!
//! With a permit for everyone, taking turns is best. With fewer, the host with the longest way to go
//! would wait for all others at every step and still be at it when they are through; so three permits
//! of four go to it, and the fourth to whoever has stood in line longest.

use std::collections::{BinaryHeap, VecDeque};

#[derive(Debug, Default)]
pub(super) struct Ready {
    in_turn: VecDeque<(usize, u64)>,
    longest: BinaryHeap<(u128, usize, u64)>,
    /// The ticket that each host stands in both queues with; what has another one was taken already.
    tickets: Vec<Option<u64>>,
    next_ticket: u64,
    /// Permits given out.
    served: u64,
}

/// Of so many permits one goes by turn.
const CYCLE: u64 = 4;

impl Ready {
    /// Lets a host stand in line, unless it does. `to_go` is how long its queue takes by itself in
    /// milliseconds; zero when it is only asked in turn.
    pub fn push(&mut self, host: usize, to_go: u128) {
        if self.tickets.len() <= host {
            self.tickets.resize(host + 1, None);
        }
        if self.tickets[host].is_some() {
            return;
        }
        self.next_ticket += 1;
        self.tickets[host] = Some(self.next_ticket);
        self.in_turn.push_back((host, self.next_ticket));
        if to_go > 0 {
            self.longest.push((to_go, host, self.next_ticket));
        }
        // What was taken by turn stays behind in the heap; it is swept out before it is most of it.
        if self.longest.len() > 2 * self.tickets.len() + 64 {
            let tickets = &self.tickets;
            self.longest.retain(|(_, host, ticket)| tickets[*host] == Some(*ticket));
        }
    }

    /// The host whose turn it is.
    pub fn pop(&mut self) -> Option<usize> {
        if !self.served.is_multiple_of(CYCLE) {
            while let Some((_, host, ticket)) = self.longest.pop() {
                if self.take(host, ticket) {
                    return Some(host);
                }
            }
        }
        while let Some((host, ticket)) = self.in_turn.pop_front() {
            if self.take(host, ticket) {
                return Some(host);
            }
        }
        None
    }

    /// Takes a host out of turn; false when it does not stand in line.
    pub fn take_out(&mut self, host: usize) -> bool {
        self.tickets.get_mut(host).is_some_and(|ticket| ticket.take().is_some())
    }

    /// A permit was taken.
    pub fn served(&mut self) {
        self.served += 1;
    }

    fn take(&mut self, host: usize, ticket: u64) -> bool {
        let holds = self.tickets[host] == Some(ticket);
        if holds {
            self.tickets[host] = None;
        }
        holds
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_of_four_go_to_the_longest_and_nobody_is_forgotten() {
        let mut ready = Ready::default();
        let mut given = [0; 4];
        for _ in 0..400 {
            for host in 0..4 {
                ready.push(host, if host == 3 { 1_000 } else { 10 });
            }
            let host = ready.pop().unwrap();
            given[host] += 1;
            ready.served();
        }
        assert!(
            given[3] >= 300 && given[..3].iter().all(|times| *times > 20),
            "{given:?}"
        );
        assert!(ready.longest.len() <= 80, "what is stale is swept out");
        while ready.pop().is_some() {}
        assert!((0..4).all(|host| ready.tickets[host].is_none()));
    }
}
