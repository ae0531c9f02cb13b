//! Labels given out in the order asked for (RDFC-1.0 §4.5).

use hashbrown::HashMap;

/// An issuer of labels; a label is its prefix and the number returned here.
#[derive(Clone, Default)]
pub struct Issuer {
    numbers: HashMap<u32, u32, foldhash::fast::RandomState>,
    order: Vec<u32>,
}

impl Issuer {
    /// The label of `node`, a new one when it has none; says too whether it is new.
    pub fn issue(&mut self, node: u32) -> (u32, bool) {
        if let Some(known) = self.get(node) {
            return (known, false);
        }
        let number = u32::try_from(self.order.len()).unwrap_or(u32::MAX);
        self.numbers.insert(node, number);
        self.order.push(node);
        (number, true)
    }

    /// The label of `node` when it has one.
    pub fn get(&self, node: u32) -> Option<u32> {
        self.numbers.get(&node).copied()
    }

    /// The nodes that have labels, in order.
    pub fn order(&self) -> &[u32] {
        &self.order
    }
}
