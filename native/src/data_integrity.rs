//! Proof sets and proof chains on a document (Data Integrity 1.0 §4.4, §4.5).
//!
//! Every proof is judged by itself. One that names earlier proofs (`previousProof`) signs the document together
//! with them, and counts only when they hold.

use std::borrow::Cow;

use crate::arrange::{arranged_for_context, proof_options};
use crate::compact_form::{require_compact, require_plain_proof, require_plain_words};
use crate::context_findings::first_context_finding;
use crate::failure::{Failure, Found};
use crate::finding::Finding;
use crate::json::Value;
use crate::limits::Limits;
use crate::material::{Material, Method, Need, engine_fault};
use crate::members::are_equal;
use crate::outcome::ProofOutcome;
use crate::probe::{Phase, Probe};
use crate::proof::{Proof, read};
use crate::rdfc::Hash;
use crate::remembered::Remembered;
use crate::signatures::{self, Algorithm};
use crate::suite::{Transform, name_of};
use crate::workspace::{Workspace, hash_of};

type Checked<T> = Result<T, Finding>;

/// Returns the keys that the proofs of `document` need, each once.
///
/// `format.unsecured` when there is no proof, `proof.too_many` when there are more than allowed.
pub fn key_needs(document: &Value<'_>, issuer: &str, limits: &Limits) -> Found<Vec<Need>> {
    let mut needs: Vec<Need> = Vec::new();
    for proof in proof_values(document, limits)?.iter().filter_map(|value| read(value).ok()) {
        let need = need(&proof, issuer);
        if !needs.contains(&need) {
            needs.push(need);
        }
    }
    Ok(needs)
}

/// The proofs of one document, judged on demand so that a chain is walked from its beginning.
pub struct ProofSet<'a, 'e, P> {
    document: Value<'a>, // without any proof
    values: Vec<Value<'a>>,
    is_array: bool,
    proofs: Vec<Found<Proof>>,
    judged: Vec<Judgement>,
    hashes: Vec<(Vec<usize>, Hash, Found<Vec<u8>>)>,
    issuer: &'e str,
    material: &'e Material,
    space: Workspace<'e, P>,
}

#[derive(Clone)]
enum Judgement {
    Waiting,
    Open,
    Done(Option<Finding>),
}

impl<'a, 'e, P: Probe> ProofSet<'a, 'e, P> {
    /// The proofs of `document`; fails as [`key_needs`].
    pub fn new(
        mut document: Value<'a>,
        issuer: &'e str,
        material: &'e Material,
        space: Workspace<'e, P>,
        limits: &Limits,
    ) -> Found<Self> {
        proof_values(&document, limits)?;
        let (values, is_array) = take_proofs(&mut document);
        let proofs: Vec<_> = values.iter().map(read).collect();
        let judged = vec![Judgement::Waiting; proofs.len()];
        Ok(Self { document, values, is_array, proofs, judged, hashes: Vec::new(), issuer, material, space })
    }

    /// The keys that the proofs need.
    pub fn needs(&self) -> impl Iterator<Item = Need> {
        self.proofs.iter().flatten().map(|proof| need(proof, self.issuer))
    }

    /// Takes what was found of the proofs before as what is found of them now.
    pub fn recall(&mut self, remembered: Remembered) {
        let mut findings = remembered.findings.into_iter();
        self.judged.fill_with(|| Judgement::Done(findings.next().flatten()));
    }

    /// What keeps each proof from holding.
    #[must_use]
    pub fn findings(&mut self) -> Remembered {
        let findings: Box<[_]> = (0..self.proofs.len()).map(|index| self.judge(index)).collect();
        let findings = if findings.iter().all(Option::is_none) { Box::default() } else { findings };
        Remembered { findings, signer: 0 }
    }

    /// Judges every proof, in the document's order.
    pub fn outcomes(&mut self) -> Vec<ProofOutcome> {
        (0..self.proofs.len()).map(|index| self.outcome(index)).collect()
    }

    /// The document as the first proof that holds has signed it, without any proof.
    #[must_use]
    pub fn covered(self) -> Option<Value<'a>> {
        let index = self.judged.iter().position(|judged| matches!(judged, Judgement::Done(None)))?;
        let proof = self.proofs.get(index)?.as_ref().ok()?;
        if proof.suite.transform == Transform::Rdfc {
            return Some(self.document);
        }
        match arranged_for_context(&self.document, self.values.get(index)?).ok()? {
            Cow::Owned(arranged) => Some(arranged),
            Cow::Borrowed(_) => Some(self.document),
        }
    }

    fn outcome(&mut self, index: usize) -> ProofOutcome {
        let pointer = if self.is_array { format!("/proof/{index}") } else { "/proof".to_owned() };
        let failure = self
            .judge(index)
            .map(|finding| if finding.pointer.is_empty() { finding.at(pointer.clone()) } else { finding });
        match &self.proofs[index] {
            Ok(proof) => ProofOutcome {
                pointer,
                suite: proof.suite.name.to_owned(),
                method: Some(proof.method.clone()),
                failure,
                created: proof.created,
                expires: proof.expires,
            },
            Err(_) => {
                let suite = name_of(&self.values[index]);
                ProofOutcome { pointer, suite, method: None, failure, created: None, expires: None }
            }
        }
    }

    /// What keeps the proof from holding; judged once.
    fn judge(&mut self, index: usize) -> Option<Finding> {
        if let Judgement::Done(found) = &self.judged[index] {
            return found.clone();
        }
        self.judged[index] = Judgement::Open;
        let found = self.check(index).err();
        self.judged[index] = Judgement::Done(found.clone());
        found
    }

    fn check(&mut self, index: usize) -> Checked<()> {
        let proof = self.proofs[index].as_ref().map_err(|failure| Finding::from(failure.clone()))?;
        if let Some(id) = self.values[index].get("id") {
            require_one(&self.values, id)?;
        }
        let previous = matching(&self.values, &proof.previous)?;
        self.require_to_hold(&previous)?;
        self.require_signature(index, &previous)
    }

    fn require_to_hold(&mut self, previous: &[usize]) -> Checked<()> {
        for index in previous {
            if matches!(self.judged[*index], Judgement::Open) {
                return Err(Finding::rejected("proof.chain", "the proofs refer to each other in a circle"));
            }
            if let Some(finding) = self.judge(*index) {
                return Err(chained(&finding));
            }
        }
        Ok(())
    }

    fn require_signature(&mut self, index: usize, previous: &[usize]) -> Checked<()> {
        let Ok(proof) = &self.proofs[index] else { return Ok(()) }; // was looked at before
        let method = key(proof, self.issuer, self.material)?;
        let algorithm = algorithm(proof, method)?;
        require_length(proof, algorithm)?;
        let document = signed_with(&self.document, &self.values, previous);
        let job = Job { proof, options: &self.values[index], document: &document, previous };
        let data = job.hash_data(hash_of(algorithm), &mut self.space, &mut self.hashes)?;
        let holds = self.space.probe().during(Phase::Verify, || {
            method.key.as_ref().is_some_and(|key| signatures::verify(key, algorithm, &data, &proof.signature))
        });
        if !holds {
            return Err(Finding::rejected("proof.signature", SIGNATURE));
        }
        if proof.suite.transform == Transform::Rdfc {
            // Only now: a context that a stranger put in changes what was signed and has failed above.
            first_context_finding(&document).map_or(Ok(()), Err)?;
            require_compact(&document)?;
            require_plain_proof(&self.values[index])?;
        } else {
            require_plain_words(&document)?;
        }
        Ok(())
    }
}

/// The sentence for `proof.signature` where there is no more to say.
pub const SIGNATURE: &str = "The signature does not match: the record was changed or not signed by this issuer.";

/// A proof with what it signs.
struct Job<'j, 'a> {
    proof: &'j Proof,
    options: &'j Value<'a>,
    document: &'j Value<'a>,
    previous: &'j [usize],
}

impl Job<'_, '_> {
    /// What is signed: the hash of the proof's options, then the hash of the document.
    fn hash_data<P: Probe>(&self, hash: Hash, space: &mut Workspace<'_, P>, kept: &mut Hashes) -> Found<Vec<u8>> {
        let transform = self.proof.suite.transform;
        let options = proof_options(self.options, self.document, transform)?;
        if transform == Transform::Jcs {
            let arranged = arranged_for_context(self.document, self.options)?;
            let mut data = space.hash(transform, &options, hash)?;
            data.append(&mut space.hash(transform, &arranged, hash)?);
            return Ok(data);
        }
        let mut data = space.hash(transform, &options, hash)?;
        data.append(&mut self.document_hash(hash, space, kept)?);
        Ok(data)
    }

    /// The hash of the document's statements, made once for all proofs over the same of them.
    fn document_hash<P: Probe>(&self, hash: Hash, space: &mut Workspace<'_, P>, kept: &mut Hashes) -> Found<Vec<u8>> {
        let known = kept.iter().find(|(previous, of, _)| previous == self.previous && *of == hash);
        if let Some((_, _, made)) = known {
            return made.clone();
        }
        let made = space.hash(Transform::Rdfc, self.document, hash);
        kept.push((self.previous.to_vec(), hash, made.clone()));
        made
    }
}

type Hashes = Vec<(Vec<usize>, Hash, Found<Vec<u8>>)>;

fn key<'m>(proof: &Proof, issuer: &str, material: &'m Material) -> Checked<&'m Method> {
    let found = material.find(&need(proof, issuer)).map_err(|finding| finding.at("")); // its own is into another document
    found?.first().ok_or_else(|| engine_fault("a key that was needed was not gathered"))
}

fn algorithm(proof: &Proof, method: &Method) -> Checked<Algorithm> {
    let key = method.key.as_ref().ok_or_else(|| engine_fault("what was gathered is not a key"))?;
    proof.suite.algorithm(key).ok_or_else(|| {
        let detail = format!("{} does not sign with a key of kind {}", proof.suite.name, method.kind);
        Finding::rejected("proof.algorithm", detail)
    })
}

fn require_length(proof: &Proof, algorithm: Algorithm) -> Checked<()> {
    let expected = if algorithm == Algorithm::Es384 { 96 } else { 64 };
    if proof.signature.len() == expected {
        return Ok(());
    }
    let detail = format!("the signature has {} bytes, not {expected}", proof.signature.len());
    Err(Finding::rejected("proof.malformed", detail))
}

fn chained(finding: &Finding) -> Finding {
    Finding {
        decided: finding.decided,
        code: "proof.chain".into(),
        detail: format!("the previous proof does not hold: {}", finding.code).into(),
        pointer: String::new(),
        retryable: finding.retryable,
    }
}

fn need(proof: &Proof, issuer: &str) -> Need {
    Need { issuer: issuer.to_owned(), method: Some(proof.method.clone()) }
}

/// Which proofs the `ids` name, in the document's order; each id must name exactly one.
fn matching(values: &[Value<'_>], ids: &[String]) -> Found<Vec<usize>> {
    for id in ids {
        require_one(values, &Value::String(Cow::Borrowed(id)))?;
    }
    let is_named = |value: &Value<'_>| id_of(value).as_str().is_some_and(|id| ids.iter().any(|one| one == id));
    Ok(values.iter().enumerate().filter(|(_, value)| is_named(value)).map(|(index, _)| index).collect())
}

fn require_one(values: &[Value<'_>], id: &Value<'_>) -> Found<()> {
    let count = values.iter().filter(|value| are_equal(id_of(value), id)).count();
    if count == 1 {
        return Ok(());
    }
    Err(Failure::rejected("proof.chain", format!("previousProof names {count} proofs, not one")))
}

fn id_of<'v, 'a>(value: &'v Value<'a>) -> &'v Value<'a> {
    value.get("id").unwrap_or(&Value::Null)
}

/// `document` with the `previous` proofs, as a chained proof signs it.
fn signed_with<'d, 'a>(document: &'d Value<'a>, values: &[Value<'a>], previous: &[usize]) -> Cow<'d, Value<'a>> {
    if previous.is_empty() {
        return Cow::Borrowed(document);
    }
    let mut signed = document.clone();
    if let Value::Object(members) = &mut signed {
        let proofs = previous.iter().filter_map(|index| values.get(*index).cloned()).collect();
        members.push((Cow::Borrowed("proof"), Value::Array(proofs)));
    }
    Cow::Owned(signed)
}

/// The proofs of `document` as they stand there.
fn proof_values<'v, 'a>(document: &'v Value<'a>, limits: &Limits) -> Found<&'v [Value<'a>]> {
    let unsecured = Failure::rejected("format.unsecured", "The record carries no signature.");
    match document.get("proof") {
        None => Err(unsecured),
        Some(Value::Null) => Err(unsecured.at("/proof")),
        Some(Value::Array(proofs)) if proofs.is_empty() => Err(unsecured.at("/proof")),
        Some(Value::Array(proofs)) if proofs.len() > limits.proofs => {
            let detail = format!("{} proofs, more than {}", proofs.len(), limits.proofs);
            Err(Failure::undecided("proof.too_many", detail).at("/proof"))
        }
        Some(Value::Array(proofs)) => Ok(proofs),
        Some(proof) => Ok(std::slice::from_ref(proof)),
    }
}

/// Takes the proofs out of `document`; says too whether they stood in an array.
fn take_proofs<'a>(document: &mut Value<'a>) -> (Vec<Value<'a>>, bool) {
    let Value::Object(members) = document else { return (Vec::new(), false) };
    let Some(index) = members.iter().position(|(name, _)| name == "proof") else { return (Vec::new(), false) };
    match members.remove(index).1 {
        Value::Array(proofs) => (proofs, true),
        proof => (vec![proof], false),
    }
}

#[cfg(test)]
mod tests;
