//! The hot path of LER Trust: bytes of many credentials in, one outcome each out.
//!
//! Nothing here does I/O, reads a wall clock for a verdict, or panics on input.

pub mod arrange;
pub mod base64url;
pub mod budget;
pub mod claims;
pub mod compact_form;
pub mod compose;
pub mod context_findings;
pub mod credential;
pub mod data_integrity;
pub mod demand;
pub mod ed25519;
pub mod embedded;
pub mod engine;
pub mod failure;
pub mod finding;
pub mod instant;
pub mod jcs;
pub mod jose;
pub mod json;
pub mod jsonld;
pub mod keys;
pub mod limits;
pub mod material;
pub mod members;
pub mod multibase;
pub mod number;
pub mod outcome;
pub mod period;
pub mod plain;
pub mod pointer;
pub mod probe;
pub mod proof;
#[cfg(feature = "python")]
mod python;
pub mod rdf;
pub mod rdfc;
pub mod record;
pub mod remembered;
pub mod signatures;
pub mod suite;
pub mod token;
pub mod workspace;
