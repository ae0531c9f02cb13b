//! Every order of some things.

/// The permutations of `items` by position, in lexicographic order, as a lending iterator.
pub struct Permutations {
    positions: Vec<usize>,
    items: Vec<u32>,
    is_first: bool,
}

impl Permutations {
    /// The permutations of `items`; equal items count as different.
    pub fn of(items: &[u32]) -> Self {
        Self { positions: (0..items.len()).collect(), items: items.to_vec(), is_first: true }
    }

    /// The next order, `None` after the last.
    pub fn next(&mut self) -> Option<impl Iterator<Item = u32>> {
        if !self.is_first && !self.advance() {
            return None;
        }
        self.is_first = false;
        Some(self.positions.iter().filter_map(|position| self.items.get(*position).copied()))
    }

    fn advance(&mut self) -> bool {
        let positions = &mut self.positions;
        let Some(pivot) = positions.windows(2).rposition(|pair| pair[0] < pair[1]) else { return false };
        let Some(next) = positions.iter().rposition(|position| *position > positions[pivot]) else { return false };
        positions.swap(pivot, next);
        if let Some(tail) = positions.get_mut(pivot + 1..) {
            tail.reverse();
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_order_once() {
        let mut permutations = Permutations::of(&[7, 8, 9]);
        let mut seen: Vec<Vec<u32>> = Vec::new();
        while let Some(order) = permutations.next() {
            seen.push(order.collect());
        }
        let expected = [[7, 8, 9], [7, 9, 8], [8, 7, 9], [8, 9, 7], [9, 7, 8], [9, 8, 7]];
        assert_eq!(seen, expected);
    }
}
