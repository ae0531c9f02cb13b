//! Credentials secured as compact JWS: whose key is needed, and whether the signature holds.

use crate::claims::{self, Claimed};
use crate::compact_form::require_plain_words;
use crate::data_integrity::SIGNATURE;
use crate::failure::{Failure, Found};
use crate::finding::Finding;
use crate::json::Value;
use crate::limits::Limits;
use crate::material::{Material, Method, Need, engine_fault};
use crate::members::is_url_text;
use crate::outcome::{Form, ProofOutcome};
use crate::signatures::{self, Algorithm};
use crate::token::Token;

/// What became of a token, with the credential when the signature and the claims hold.
#[derive(Debug)]
pub struct Verified<'p> {
    pub outcome: ProofOutcome,
    pub claimed: Option<Claimed<'p>>,
}

/// Which of the keys gathered has signed a token, or why it is none of them.
pub type Signer = Result<usize, Finding>;

/// Returns the key the token needs; none when its header decides already.
#[must_use]
pub fn key_needs(token: &Token<'_>, issuer: &str) -> Vec<Need> {
    token.require_header().map_or_else(|_| Vec::new(), |_| vec![need(token, issuer)])
}

/// The search for the key that has signed a token.
pub struct Search<'s> {
    pub need: &'s Need,
    token: &'s Token<'s>,
    algorithm: Algorithm,
    found: &'s [Method],
}

/// Judges the token: header, key, signature, and then what its claims say; `search` says who has signed it.
#[must_use]
pub fn verify<'p>(
    token: Token<'p>,
    form: Form,
    issuer: &str,
    material: &Material,
    search: impl FnOnce(&Search<'_>) -> Signer,
) -> Verified<'p> {
    let mut outcome = ProofOutcome {
        pointer: String::new(), // a token is its own proof
        suite: token.suite(),
        method: None,
        failure: None,
        created: None,
        expires: None,
    };
    let claimed = match judged(token, form, issuer, material, search, &mut outcome.method) {
        Ok(claimed) => claimed,
        Err(finding) => {
            outcome.failure = Some(finding);
            return Verified { outcome, claimed: None };
        }
    };
    (outcome.created, outcome.expires) = (claimed.created, claimed.expires);
    Verified { outcome, claimed: Some(claimed) }
}

/// The credential as the token secures it; `method` becomes the key that is named, then the one that signed.
fn judged<'p>(
    token: Token<'p>,
    form: Form,
    issuer: &str,
    material: &Material,
    search: impl FnOnce(&Search<'_>) -> Signer,
    method: &mut Option<String>,
) -> Result<Claimed<'p>, Finding> {
    let algorithm = token.require_header()?;
    let need = need(&token, issuer);
    method.clone_from(&need.method);
    let found = material.find(&need).map_err(|finding| finding.at(""))?;
    let signer = search(&Search { need: &need, token: &token, algorithm, found })?;
    let signer = found.get(signer).ok_or_else(|| engine_fault("a key that nobody gathered"))?;
    let claimed = claims::read(token.payload, form, issuer)?;
    require_one_proof(&claimed.credential)?;
    require_plain_words(&claimed.credential)?;
    *method = Some(signer.id.clone());
    Ok(claimed)
}

/// Undecided for a credential that has proofs of its own as well: they are not checked here.
fn require_one_proof(credential: &Value<'_>) -> Found<()> {
    match credential.get("proof") {
        None => Ok(()),
        Some(Value::Array(proofs)) if proofs.is_empty() => Ok(()),
        Some(_) => Err(Failure::undecided("format.unsupported", "proofs inside a token").at("/proof")),
    }
}

/// Which key must be found (VC-JOSE-COSE 1.0 §3.3.2): the one at `kid`, else the issuer's own.
fn need(token: &Token<'_>, issuer: &str) -> Need {
    let key_id = token.key_id();
    let method = if key_id.starts_with('#') {
        Some(format!("{issuer}{key_id}"))
    } else {
        Some(key_id.to_owned()).filter(|key_id| is_url_text(key_id))
    };
    Need { issuer: issuer.to_owned(), method }
}

impl Search<'_> {
    /// The one among the keys found whose signature it is.
    ///
    /// # Errors
    ///
    /// `proof.algorithm`, `proof.signature`, or `proof.key_not_named` (undecided) when there were too many to try.
    pub fn signer(&self, limits: &Limits) -> Signer {
        let Self { token, algorithm, .. } = self;
        let candidates = self.candidates()?;
        for (place, method) in candidates.iter().take(limits.proofs) {
            if method.key.as_ref().is_some_and(|key| signatures::verify(key, *algorithm, token.signed, token.signature))
            {
                return Ok(*place);
            }
        }
        if candidates.len() > limits.proofs {
            let detail = format!("more than {} of the issuer's keys could be meant", limits.proofs);
            return Err(Finding::undecided("proof.key_not_named", detail));
        }
        Err(Finding::rejected("proof.signature", SIGNATURE))
    }

    /// The keys to try: those that fit the algorithm, only the one that `kid` names when it does.
    fn candidates(&self) -> Result<Vec<(usize, &Method)>, Finding> {
        let is_named = |method: &Method| method.id.rsplit('#').next() == Some(self.token.key_id());
        let has_named = self.found.iter().any(is_named);
        let fits = |method: &Method| method.key.as_ref().is_some_and(|key| key.fits(self.algorithm));
        let fitting: Vec<_> = self
            .found
            .iter()
            .enumerate()
            .filter(|(_, method)| (!has_named || is_named(method)) && fits(method))
            .collect();
        if fitting.is_empty() {
            let detail = format!("{} does not sign with a key of the issuer's", name_of(self.algorithm));
            return Err(Finding::rejected("proof.algorithm", detail));
        }
        Ok(fitting)
    }
}

fn name_of(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::EdDsa => "EdDSA",
        Algorithm::Es256 => "ES256",
        Algorithm::Es384 => "ES384",
        Algorithm::Rs256 => "RS256",
        Algorithm::Ps256 => "PS256",
    }
}
