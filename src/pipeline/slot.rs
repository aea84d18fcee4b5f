//! One waiting place per client: the newest item wins, and clients take turns.

use std::collections::{HashMap, VecDeque};

pub type ClientId = u64;

/// At most one waiting item per client. A newer item takes the older one's place *and its turn*, so
/// a client that offers more than others is not served more often.
#[derive(Debug)]
pub struct Slots<T> {
    waiting: HashMap<ClientId, T>,
    turns: VecDeque<ClientId>,
}

impl<T> Default for Slots<T> {
    fn default() -> Self {
        Self {
            waiting: HashMap::new(),
            turns: VecDeque::new(),
        }
    }
}

impl<T> Slots<T> {
    /// Puts `item` in the client's slot and returns the one that it replaces.
    pub fn put(&mut self, client: ClientId, item: T) -> Option<T> {
        let replaced = self.waiting.insert(client, item);
        if replaced.is_none() {
            self.turns.push_back(client);
        }
        replaced
    }

    /// Takes the item of the client that has waited longest for its turn.
    pub fn take(&mut self) -> Option<T> {
        let client = self.turns.pop_front()?;
        self.waiting.remove(&client)
    }

    /// Empties the client's slot, because the client has left.
    pub fn remove(&mut self, client: ClientId) -> Option<T> {
        let item = self.waiting.remove(&client)?;
        self.turns.retain(|&waiting| waiting != client);
        Some(item)
    }

    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    pub fn drain(&mut self) -> Vec<T> {
        self.turns.clear();
        self.waiting.drain().map(|(_, item)| item).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn newest_wins_and_keeps_the_turn() {
        let mut slots = Slots::default();
        assert_eq!(slots.put(1, "a1"), None);
        assert_eq!(slots.put(2, "b1"), None);
        assert_eq!(slots.put(1, "a2"), Some("a1"));
        assert_eq!(slots.take(), Some("a2"));
        assert_eq!(slots.take(), Some("b1"));
        assert_eq!(slots.take(), None);
    }

    #[test]
    fn a_client_that_left_is_skipped() {
        let mut slots = Slots::default();
        slots.put(1, "a");
        slots.put(2, "b");
        assert_eq!(slots.remove(1), Some("a"));
        assert_eq!(slots.remove(1), None);
        assert_eq!(slots.take(), Some("b"));
        assert_eq!(slots.take(), None);
    }

    proptest! {
        /// Whatever is put comes out exactly once: taken, replaced or removed.
        #[test]
        fn every_item_leaves_exactly_once(steps in prop::collection::vec((0u8..3, 0u64..5), 0..200)) {
            let mut slots = Slots::default();
            let mut left = Vec::new();
            let mut put = 0u32;
            for (kind, client) in steps {
                match kind {
                    0 => { left.extend(slots.put(client, put)); put += 1; }
                    1 => left.extend(slots.take()),
                    _ => left.extend(slots.remove(client)),
                }
            }
            left.extend(slots.drain());
            left.sort_unstable();
            prop_assert_eq!(left, (0..put).collect::<Vec<_>>());
        }

        /// However unevenly clients offer, those that always have something waiting are served alike.
        #[test]
        fn clients_take_turns(offers in prop::collection::vec(1usize..9, 2..8)) {
            let mut slots = Slots::default();
            let mut served = vec![0u32; offers.len()];
            for _ in 0..offers.len() * 10 {
                for (client, &times) in offers.iter().enumerate() {
                    for _ in 0..times { slots.put(client as ClientId, client); }
                }
                served[slots.take().unwrap()] += 1;
            }
            prop_assert!(served.iter().all(|&n| n == 10), "{:?}", served);
        }
    }
}
