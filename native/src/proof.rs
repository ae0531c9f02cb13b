//! One Data Integrity proof, read from its JSON (Data Integrity 1.0 §2.1).

use crate::failure::{Failure, Found};
use crate::instant::{Instant, parse_date_time_stamp};
use crate::json::Value;
use crate::members::as_list;
use crate::multibase;
use crate::suite::{Suite, suite_of};

/// The relationship that a credential's key must be under (VCDM 2.0 §4.12).
pub const PURPOSE: &str = "assertionMethod";

/// A proof of a supported suite, in form.
#[derive(Debug)]
pub struct Proof {
    pub suite: &'static Suite,
    pub method: String,
    pub signature: Vec<u8>,
    pub previous: Vec<String>,
    pub created: Option<Instant>,
    pub expires: Option<Instant>,
}

/// Returns the proof that `value` holds.
///
/// `proof.suite_unsupported` (undecided), `proof.malformed`, or `proof.purpose` when the proof was not made to
/// assert a credential.
pub fn read(value: &Value<'_>) -> Found<Proof> {
    if !matches!(value, Value::Object(_)) {
        return Err(malformed("the proof is not an object"));
    }
    let suite = suite_of(value)?;
    let method = text(value, "verificationMethod")?.to_owned();
    let purpose = text(value, "proofPurpose")?;
    let created = instant(value, "created")?;
    let expires = instant(value, "expires")?;
    if suite.created_required && created.is_none() {
        return Err(malformed(format!("{} must have created", suite.name)));
    }
    if purpose != PURPOSE {
        return Err(Failure::rejected("proof.purpose", format!("the proof's purpose is not {PURPOSE}")));
    }
    let signature = signature(value)?;
    Ok(Proof { suite, method, signature, previous: previous(value)?, created, expires })
}

fn malformed(detail: impl Into<std::borrow::Cow<'static, str>>) -> Failure {
    Failure::rejected("proof.malformed", detail)
}

fn text<'v>(proof: &'v Value<'_>, name: &str) -> Found<&'v str> {
    let found = proof.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    found.ok_or_else(|| malformed(format!("the proof has no {name}")))
}

fn instant(proof: &Value<'_>, name: &str) -> Found<Option<Instant>> {
    if proof.get(name).is_none() {
        return Ok(None);
    }
    match parse_date_time_stamp(text(proof, name)?) {
        Ok((instant, _)) => Ok(Some(instant)),
        Err(fault) => Err(malformed(format!("{name}: {fault}"))),
    }
}

fn signature(proof: &Value<'_>) -> Found<Vec<u8>> {
    let value = text(proof, "proofValue")?;
    multibase::decode_base58btc(value).ok_or_else(|| malformed("proofValue: not z and base-58-btc"))
}

fn previous(proof: &Value<'_>) -> Found<Vec<String>> {
    let Some(named) = proof.get("previousProof") else { return Ok(Vec::new()) };
    let ids = as_list(named).iter().map(|one| one.as_str().filter(|id| !id.is_empty()).map(str::to_owned));
    let ids: Option<Vec<String>> = ids.collect();
    ids.filter(|ids| !ids.is_empty()).ok_or_else(|| malformed("previousProof does not name a proof"))
}
