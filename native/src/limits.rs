//! Bounds on the records themselves; the values come from the service's configuration.

/// Every bound an engine obeys, as in the service's `model/limits.py`.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub item_bytes: usize,
    pub json_depth: usize,
    pub proofs: usize,
    pub status_entries: usize,
    pub embedded: usize,
    pub rdf_quads: usize,
    pub rdf_work: u64,
    pub rdf_seconds: f64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            item_bytes: 1024 * 1024,
            json_depth: 64,
            proofs: 16,
            status_entries: 16,
            embedded: 64,
            rdf_quads: 50_000,
            rdf_work: 20_000,
            rdf_seconds: 2.0,
        }
    }
}
