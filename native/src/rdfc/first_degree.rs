//! Hash First Degree Quads (RDFC-1.0 §4.6): what is said of a blank node with all labels taken away.

use super::hash::{Digest, Hash, Hasher};
use super::{Lines, blank_nodes};
use crate::rdf::{Dataset, Quad};

/// The statements about each blank node, and their hash.
pub struct FirstDegree {
    starts: Vec<usize>,
    quads: Vec<u32>,
    digests: Vec<Option<Digest>>,
}

impl FirstDegree {
    /// The hashes of all blank nodes of `dataset`.
    pub fn of(dataset: &Dataset, hash: Hash) -> Self {
        let (starts, quads) = quads_by_node(dataset);
        let mut made = Self { starts, quads, digests: Vec::new() };
        let mut lines = Lines::for_quads(dataset.quads().len());
        made.digests = (0..dataset.blank_nodes()).map(|node| made.hash(dataset, node, hash, &mut lines)).collect();
        made
    }

    /// The statements in which `node` occurs.
    pub fn quads_of<'d>(&self, dataset: &'d Dataset, node: u32) -> impl Iterator<Item = &'d Quad> {
        let range = self.range(node);
        range.filter_map(|at| self.quads.get(at)).filter_map(|index| dataset.quads().get(*index as usize))
    }

    /// The hash of `node`, when it occurs in a statement.
    pub fn digest(&self, node: u32) -> Option<&Digest> {
        self.digests.get(node as usize).and_then(Option::as_ref)
    }

    /// The blank nodes with equal hashes, in the order of those.
    pub fn groups(&self) -> Vec<Vec<u32>> {
        let numbered = (0..).zip(&self.digests);
        let mut known: Vec<(&Digest, u32)> =
            numbered.filter_map(|(node, digest)| Some((digest.as_ref()?, node))).collect();
        known.sort_unstable();
        known
            .chunk_by(|one, other| one.0 == other.0)
            .map(|alike| alike.iter().map(|(_, node)| *node).collect())
            .collect()
    }

    fn range(&self, node: u32) -> std::ops::Range<usize> {
        let at = node as usize;
        let start = self.starts.get(at).copied().unwrap_or_default();
        start..self.starts.get(at + 1).copied().unwrap_or(start)
    }

    fn hash(&self, dataset: &Dataset, node: u32, hash: Hash, lines: &mut Lines) -> Option<Digest> {
        lines.clear();
        for quad in self.quads_of(dataset, node) {
            lines.write(dataset, quad, |other, out| {
                out.extend_from_slice(if other == node { b"_:a" } else { b"_:z" });
            });
        }
        if lines.ends.is_empty() {
            return None;
        }
        let mut hasher = Hasher::new(hash);
        lines.in_order(|line| hasher.update(line));
        Some(hasher.finish())
    }
}

/// The indexes of each node's statements, node after node, and where each node's begin.
fn quads_by_node(dataset: &Dataset) -> (Vec<usize>, Vec<u32>) {
    let mut pairs: Vec<(u32, u32)> = Vec::with_capacity(dataset.quads().len());
    for (index, quad) in (0..).zip(dataset.quads()) {
        pairs.extend(blank_nodes(quad).map(|(node, _)| (node, index)));
    }
    pairs.sort_unstable();
    pairs.dedup();
    let mut starts = Vec::with_capacity(dataset.blank_nodes() as usize + 1);
    let mut at = 0;
    for node in 0..=dataset.blank_nodes() {
        while pairs.get(at).is_some_and(|(one, _)| *one < node) {
            at += 1;
        }
        starts.push(at);
    }
    (starts, pairs.into_iter().map(|(_, index)| index).collect())
}
