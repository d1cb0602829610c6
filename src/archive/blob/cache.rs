//! Decoded bytes at hand, bounded by their sum.

use std::{collections::HashMap, hash::Hash, sync::Arc};

/// The values used last, as many as fit.
pub(in crate::archive) struct Cache<K, V> {
    held: HashMap<K, Entry<V>>,
    most: usize,
    bytes: usize,
    uses: u64,
}

struct Entry<V> {
    value: V,
    bytes: Arc<Vec<u8>>,
    used: u64,
}

impl<K: Eq + Hash + Clone, V: Clone> Cache<K, V> {
    /// Holds at most `most` bytes, and nothing that takes more than a quarter of that.
    pub fn new(most: usize) -> Self {
        Self {
            held: HashMap::new(),
            most,
            bytes: 0,
            uses: 0,
        }
    }

    pub fn get(&mut self, key: &K) -> Option<(V, Arc<Vec<u8>>)> {
        self.uses += 1;
        let entry = self.held.get_mut(key)?;
        entry.used = self.uses;
        Some((entry.value.clone(), Arc::clone(&entry.bytes)))
    }

    /// Keeps what came first under a key.
    pub fn put(&mut self, key: K, value: V, bytes: Arc<Vec<u8>>) {
        if weight(&bytes) > self.most / 4 || self.held.contains_key(&key) {
            return;
        }
        self.uses += 1;
        self.bytes += weight(&bytes);
        let used = self.uses;
        self.held.insert(key, Entry { value, bytes, used });
        if self.bytes > self.most {
            self.make_room();
        }
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.held.clear();
        self.bytes = 0;
    }

    /// Forgets the older half, so that what is looked through pays for as many additions.
    fn make_room(&mut self) {
        let mut ages: Vec<(u64, usize)> = self
            .held
            .values()
            .map(|entry| (entry.used, weight(&entry.bytes)))
            .collect();
        ages.sort_unstable_by(|a, b| b.cmp(a));
        let mut kept = 0;
        let oldest = ages.iter().find_map(|(used, bytes)| {
            kept += bytes;
            (kept > self.most / 2).then_some(*used)
        });
        let oldest = oldest.unwrap_or(0);
        self.held.retain(|_, entry| entry.used > oldest);
        self.bytes = self.held.values().map(|entry| weight(&entry.bytes)).sum();
    }
}

/// Small values cost their entry.
fn weight(bytes: &[u8]) -> usize {
    bytes.len() + 128
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_used_last_stays_and_the_sum_is_bounded() {
        let mut cache = Cache::new(10_000);
        let bytes = |n: usize| Arc::new(vec![0; n]);
        for key in 0..1000 {
            cache.put(key, (), bytes(key % 2000));
            assert!(cache.bytes <= 10_000);
            assert!(cache.get(&0).is_some(), "used at every turn");
        }
        assert!(cache.get(&1).is_none() && cache.get(&999).is_some());
        cache.put(5000, (), bytes(2600));
        assert!(cache.get(&5000).is_none(), "too large to be worth it");
        for key in 10_000..200_000 {
            cache.put(key, (), bytes(0));
        }
        assert!(cache.held.len() <= 10_000 / 128, "entries are bounded, too");
    }
}
