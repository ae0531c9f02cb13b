//! RDF Dataset Canonicalization (RDFC-1.0), with a bound on the work that a hostile graph can cause.
//!
//! Blank nodes with the same neighbourhood have to be told apart by trying their permutations, which takes
//! factorial time on graphs built for it (RDFC-1.0 §7.1, Dataset Poisoning). Every such step is counted and timed,
//! and the algorithm gives up when either limit is reached. In most records every blank node differs from the
//! others by what is said of it alone, and no step is taken.

mod first_degree;
mod hash;
mod issuer;
mod n_degree;
mod permutations;

pub use hash::Hash;

use first_degree::FirstDegree;
use n_degree::NDegree;

use crate::budget::Budget;
use crate::failure::Found;
use crate::limits::Limits;
use crate::rdf::{Dataset, Quad, Term};

/// The label of each blank node by its number, `None` for those in no statement.
pub type Labels = Vec<Option<u32>>;

/// Returns the canonical N-Quads of `dataset` (RDFC-1.0 §4.4).
///
/// `graph.too_complex` (undecided) when that would take more than `limits` allow.
pub fn canonicalize(dataset: &Dataset, hash: Hash, limits: &Limits) -> Found<Vec<u8>> {
    let labels = issued_identifiers(dataset, hash, limits)?;
    let mut lines = Lines::for_quads(dataset.quads().len());
    for quad in dataset.quads() {
        lines.write(dataset, quad, |node, out| {
            out.extend_from_slice(b"_:c14n");
            push_number(labels.get(node as usize).copied().flatten().unwrap_or_default(), out);
        });
    }
    Ok(lines.sorted())
}

/// Returns the canonical label of each blank node (the issued identifiers map of RDFC-1.0 §4.4.3).
///
/// Fails as [`canonicalize`].
pub fn issued_identifiers(dataset: &Dataset, hash: Hash, limits: &Limits) -> Found<Labels> {
    let detail = "the blank nodes of the graph cannot be told apart in time";
    let budget = Budget::new(limits.rdf_work, limits.rdf_seconds, detail);
    let first_degree = FirstDegree::of(dataset, hash);
    let mut run = NDegree::new(dataset, &first_degree, hash, budget);
    let groups = first_degree.groups();
    for group in groups.iter().filter(|group| group.len() == 1) {
        run.label(group);
    }
    for group in groups.iter().filter(|group| group.len() > 1) {
        run.label_alike(group)?;
    }
    Ok(run.into_labels())
}

const USUAL_LINE: usize = 128; // bytes: so that buffers seldom grow

/// Lines of N-Quads, one after another in one buffer.
struct Lines {
    buffer: Vec<u8>,
    ends: Vec<(usize, usize)>,
}

impl Lines {
    /// No lines, with room for so many usual ones.
    fn for_quads(count: usize) -> Self {
        Self { buffer: Vec::with_capacity(count * USUAL_LINE), ends: Vec::with_capacity(count) }
    }

    fn clear(&mut self) {
        self.buffer.clear();
        self.ends.clear();
    }

    /// Adds the line of `quad`, its blank nodes written by `blank`.
    fn write(&mut self, dataset: &Dataset, quad: &Quad, blank: impl Fn(u32, &mut Vec<u8>)) {
        let start = self.buffer.len();
        for term in [Some(quad.subject), Some(quad.predicate), Some(quad.object), quad.graph].into_iter().flatten() {
            match term {
                Term::Blank(node) => blank(node, &mut self.buffer),
                Term::Text(text) => self.buffer.extend_from_slice(dataset.text(text).as_bytes()),
            }
            self.buffer.push(b' ');
        }
        self.buffer.extend_from_slice(b".\n");
        self.ends.push((start, self.buffer.len()));
    }

    /// Gives each line to `take`, in the order of code points.
    fn in_order(&mut self, mut take: impl FnMut(&[u8])) {
        let buffer = &self.buffer;
        self.ends.sort_unstable_by(|one, other| line(buffer, *one).cmp(line(buffer, *other)));
        for range in &self.ends {
            take(line(buffer, *range));
        }
    }

    fn sorted(mut self) -> Vec<u8> {
        let mut text = Vec::with_capacity(self.buffer.len());
        self.in_order(|line| text.extend_from_slice(line));
        text
    }
}

fn line(buffer: &[u8], (start, end): (usize, usize)) -> &[u8] {
    buffer.get(start..end).unwrap_or_default()
}

/// Writes `number` in decimal.
fn push_number(number: u32, out: &mut Vec<u8>) {
    if number >= 10 {
        push_number(number / 10, out);
    }
    out.push(b'0' + (number % 10) as u8);
}

/// The blank nodes of `quad` with the letter of their position (RDFC-1.0 §4.7.3).
fn blank_nodes(quad: &Quad) -> impl Iterator<Item = (u32, u8)> {
    let terms = [(Some(quad.subject), b's'), (Some(quad.object), b'o'), (quad.graph, b'g')];
    terms.into_iter().filter_map(|(term, position)| match term {
        Some(Term::Blank(node)) => Some((node, position)),
        _ => None,
    })
}

#[cfg(test)]
mod tests;
