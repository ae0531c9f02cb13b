//! Hash N-Degree Quads (RDFC-1.0 §4.8): blank nodes told apart by those they are connected to, and they by theirs.

use super::first_degree::FirstDegree;
use super::hash::{Digest, Hash, digest};
use super::issuer::Issuer;
use super::permutations::Permutations;
use super::{Labels, blank_nodes, push_number};
use crate::budget::Budget;
use crate::failure::{Failure, Found};
use crate::rdf::{Dataset, Term};

const MAX_DEPTH: usize = 200; // of blank nodes told apart by each other; each takes two frames of the stack

/// The state of one run (RDFC-1.0 §4.3) and the algorithms upon it.
pub struct NDegree<'d> {
    dataset: &'d Dataset,
    first_degree: &'d FirstDegree,
    hash: Hash,
    budget: Budget,
    labels: Labels,
    issued: u32,
}

/// A path through related nodes, and the labels given out on it.
type Path = (Vec<u8>, Issuer);

impl<'d> NDegree<'d> {
    /// A run in which no node has a label yet.
    pub fn new(dataset: &'d Dataset, first_degree: &'d FirstDegree, hash: Hash, budget: Budget) -> Self {
        let labels = vec![None; dataset.blank_nodes() as usize];
        Self { dataset, first_degree, hash, budget, labels, issued: 0 }
    }

    /// The labels given out.
    pub fn into_labels(self) -> Labels {
        self.labels
    }

    /// Gives the next labels to those of `nodes` that have none.
    pub fn label(&mut self, nodes: &[u32]) {
        for node in nodes {
            if let Some(label @ None) = self.labels.get_mut(*node as usize) {
                *label = Some(self.issued);
                self.issued += 1;
            }
        }
    }

    /// Labels nodes that have the same first degree hash (§4.4.3, step 5).
    pub fn label_alike(&mut self, nodes: &[u32]) -> Found<()> {
        let mut results: Vec<(Digest, Issuer)> = Vec::new();
        for node in nodes {
            if self.canonical(*node).is_none() {
                let mut issuer = Issuer::default();
                issuer.issue(*node);
                results.push(self.hash_node(*node, issuer, 0)?);
            }
        }
        results.sort_by_key(|(digest, _)| *digest);
        for (_, issuer) in &results {
            self.label(issuer.order());
        }
        Ok(())
    }

    fn canonical(&self, node: u32) -> Option<u32> {
        self.labels.get(node as usize).copied().flatten()
    }

    /// Hash Related Blank Node (§4.7): how `related` is connected to the node at hand.
    fn hash_related(&self, related: u32, predicate: Term, issuer: &Issuer, position: u8) -> Digest {
        let mut data = vec![position];
        if let (Term::Text(text), b's' | b'o') = (predicate, position) {
            data.extend_from_slice(self.dataset.text(text).as_bytes());
        }
        if let Some(label) = self.canonical(related) {
            push_label(b"_:c14n", label, &mut data);
        } else if let Some(label) = issuer.get(related) {
            push_label(b"_:b", label, &mut data);
        } else if let Some(digest) = self.first_degree.digest(related) {
            digest.push_hex(&mut data);
        }
        digest(self.hash, &data)
    }

    /// The blank nodes connected to `node`, grouped by how, in the order of that hash (§4.8.3).
    fn related(&self, node: u32, issuer: &Issuer) -> Vec<(Digest, Vec<u32>)> {
        let mut found: Vec<(Digest, u32)> = Vec::new();
        for quad in self.first_degree.quads_of(self.dataset, node) {
            for (related, position) in blank_nodes(quad).filter(|(related, _)| *related != node) {
                found.push((self.hash_related(related, quad.predicate, issuer, position), related));
            }
        }
        found.sort_by_key(|(digest, _)| *digest);
        let groups = found.chunk_by(|one, other| one.0 == other.0);
        groups.filter_map(|group| Some((group.first()?.0, group.iter().map(|(_, node)| *node).collect()))).collect()
    }

    fn hash_node(&mut self, node: u32, mut issuer: Issuer, depth: usize) -> Found<(Digest, Issuer)> {
        self.budget.spend()?;
        if depth > MAX_DEPTH {
            let detail = "the graph has a chain of blank nodes that is too long";
            return Err(Failure::undecided("graph.too_complex", detail));
        }
        let mut data = Vec::new();
        for (digest, nodes) in self.related(node, &issuer) {
            digest.push_hex(&mut data);
            if let Some((path, taken)) = self.best_path(&nodes, &issuer, depth)? {
                data.extend_from_slice(&path);
                issuer = taken;
            }
        }
        Ok((digest(self.hash, &data), issuer))
    }

    /// The least of the paths through `nodes` in any order.
    fn best_path(&mut self, nodes: &[u32], issuer: &Issuer, depth: usize) -> Found<Option<Path>> {
        let mut chosen: Option<Path> = None;
        let mut permutations = Permutations::of(nodes);
        while let Some(order) = permutations.next() {
            self.budget.spend()?;
            let best = chosen.as_ref().map(|(path, _)| path.as_slice());
            let path = self.path(order, issuer.clone(), best, depth)?;
            chosen = match (path, chosen) {
                (Some(new), Some(old)) if new.0 >= old.0 => Some(old),
                (Some(new), _) => Some(new),
                (None, old) => old,
            };
        }
        Ok(chosen)
    }

    /// The path through `nodes` in this order, `None` once it is worse than the best so far.
    fn path(
        &mut self,
        nodes: impl Iterator<Item = u32>,
        mut issuer: Issuer,
        best: Option<&[u8]>,
        depth: usize,
    ) -> Found<Option<Path>> {
        let mut path = Vec::new();
        let mut to_visit = Vec::new();
        for node in nodes {
            if let Some(label) = self.canonical(node) {
                push_label(b"_:c14n", label, &mut path);
            } else {
                let (label, is_new) = issuer.issue(node);
                if is_new {
                    to_visit.push(node);
                }
                push_label(b"_:b", label, &mut path);
            }
            if is_worse(&path, best) {
                return Ok(None);
            }
        }
        for node in to_visit {
            let (label, _) = issuer.issue(node);
            let (digest, result) = self.hash_node(node, issuer, depth + 1)?;
            push_label(b"_:b", label, &mut path);
            path.push(b'<');
            digest.push_hex(&mut path);
            path.push(b'>');
            issuer = result;
            if is_worse(&path, best) {
                return Ok(None);
            }
        }
        Ok(Some((path, issuer)))
    }
}

fn is_worse(path: &[u8], best: Option<&[u8]>) -> bool {
    best.is_some_and(|best| path.len() >= best.len() && path > best)
}

fn push_label(prefix: &[u8], number: u32, out: &mut Vec<u8>) {
    out.extend_from_slice(prefix);
    push_number(number, out);
}
