//! Numbers that look drawn and follow from a seed.

/// A generator (xorshift64*, Vigna 2016), good enough to deal cards.
pub struct Random(u64);

impl Random {
    /// The generator that belongs to these numbers, and to no others.
    pub fn of(seeds: &[u64]) -> Self {
        let mix = |state: u64, seed: &u64| {
            let mixed = (state ^ seed).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            mixed ^ (mixed >> 29)
        };
        Self(seeds.iter().fold(0x2545_f491_4f6c_dd1d, mix) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// From 0 up to, not including, `end`.
    pub fn below(&mut self, end: usize) -> usize {
        ((self.next() >> 33) % end as u64) as usize
    }

    /// From `start` to `end`, both included.
    pub fn between(&mut self, start: usize, end: usize) -> usize {
        start + self.below(end - start + 1)
    }

    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    /// Fisher and Yates.
    pub fn shuffle<T>(&mut self, cards: &mut [T]) {
        for last in (1..cards.len()).rev() {
            cards.swap(last, self.below(last + 1));
        }
    }

    /// Hexadecimal digits.
    pub fn token(&mut self) -> String {
        format!("{:016x}", self.next())
    }
}
