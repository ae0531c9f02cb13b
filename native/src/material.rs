//! What was gathered for a batch: the keys of issuers by need, or why there is none.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use crate::finding::Finding;
use crate::keys::PublicKey;
use crate::remembered::{Digest, marked};

/// A key that must be found before an item can be authenticated; always for `assertionMethod`.
///
/// `issuer` is whom it must belong to, `method` the verification method's absolute URL, `None` when the issuer's
/// own keys are to be tried.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Need {
    pub issuer: String,
    pub method: Option<String>,
}

/// One key of a controlled identifier document (CID 1.0 §2.2); `None` when its material is not a key at all.
#[derive(Clone, Debug)]
pub struct Method {
    pub id: String,
    pub kind: String,
    pub key: Option<Arc<PublicKey>>,
}

/// The keys that satisfy a need, or why there is none.
pub type Gathered = Result<Vec<Method>, Finding>;

/// Everything gathered for a batch.
#[derive(Debug, Default)]
pub struct Material {
    keys: HashMap<Need, (Gathered, OnceLock<Digest>), foldhash::fast::RandomState>,
}

impl Material {
    /// Keeps what was found for `need`.
    pub fn insert(&mut self, need: Need, found: Gathered) {
        self.keys.insert(need, (found, OnceLock::new()));
    }

    /// The keys found for `need`, or why there is none; an engine fault when nobody looked.
    pub fn find(&self, need: &Need) -> Result<&[Method], Finding> {
        match self.keys.get(need) {
            Some((Ok(methods), _)) => Ok(methods),
            Some((Err(finding), _)) => Err(finding.clone()),
            None => Err(engine_fault("a key that was needed was not gathered")),
        }
    }

    /// What tells that which was found for `need` from anything else; nothing when nobody looked.
    #[must_use]
    pub fn mark(&self, need: &Need) -> Option<Digest> {
        let (found, known) = self.keys.get(need)?;
        Some(*known.get_or_init(|| mark(found)))
    }
}

/// What tells the keys found, or why there is none, from anything else that could be found.
fn mark(found: &Gathered) -> Digest {
    match found {
        Ok(methods) => {
            let marks = methods.iter().map(|method| {
                let key = method.key.as_ref().map_or(&[][..], |key| key.mark());
                marked([method.id.as_bytes(), method.kind.as_bytes(), key])
            });
            let marks: Vec<Digest> = marks.collect();
            marked(marks.iter().map(Digest::as_slice))
        }
        Err(Finding { decided, code, detail, pointer, retryable }) => {
            let said = [u8::from(*decided), u8::from(*retryable)];
            marked([&said, code.as_bytes(), detail.as_bytes(), pointer.as_bytes()])
        }
    }
}

/// The code of a mistake of this engine's or of its caller's.
pub const ENGINE_FAULT: &str = "format.engine_fault";

/// The finding on a mistake of this engine's or of its caller's; it decides nothing about the record.
#[must_use]
pub fn engine_fault(detail: impl Into<Cow<'static, str>>) -> Finding {
    Finding::undecided(ENGINE_FAULT, detail)
}
