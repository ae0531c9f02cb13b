//! Records signed anew, so that a change is followed beyond the signature.

use ler_trust_native::arrange::proof_options;
use ler_trust_native::limits::Limits;
use ler_trust_native::multibase::encode_base58btc;
use ler_trust_native::probe::Unwatched;
use ler_trust_native::rdfc::Hash;
use ler_trust_native::suite::Transform;
use ler_trust_native::workspace::Workspace;
use ler_trust_native::{base64url, json};
use serde_json::{Value, json};

use crate::kit::KIT;

/// The record in `item` signed by the kit's issuer in each form there is; none if it is no JSON object.
#[must_use]
pub fn signed_anew(item: &[u8]) -> Vec<Vec<u8>> {
    let Ok(Value::Object(mut document)) = serde_json::from_slice(item) else { return Vec::new() };
    document.shift_remove("proof");
    let document = Value::Object(document);
    let embedded = ["eddsa-jcs-2022", "eddsa-rdfc-2022"];
    let documents = embedded.into_iter().filter_map(|suite| with_proof(&document, suite));
    documents.chain(["vc+jwt", "JWT"].map(|kind| token(&document, kind))).collect()
}

fn token(document: &Value, kind: &str) -> Vec<u8> {
    let header = json!({"alg": "EdDSA", "typ": kind, "kid": KIT.signer.method});
    let signed = [&header, document].map(|part| base64url::encode(part.to_string().as_bytes())).join(".");
    let signature = KIT.signer.pair.sign(signed.as_bytes());
    format!("{signed}.{}", base64url::encode(signature.as_ref())).into_bytes()
}

/// `document` with a proof; nothing if it cannot be canonicalised.
fn with_proof(document: &Value, suite: &str) -> Option<Vec<u8>> {
    let mut proof = json!({
        "type": "DataIntegrityProof",
        "cryptosuite": suite,
        "created": "2025-06-01T12:00:00Z",
        "verificationMethod": KIT.signer.method,
        "proofPurpose": "assertionMethod",
    });
    let transform = if suite == "eddsa-jcs-2022" { Transform::Jcs } else { Transform::Rdfc };
    if let Some(context) = document.get("@context").filter(|_| transform == Transform::Jcs) {
        proof["@context"] = context.clone();
    }
    let signature = KIT.signer.pair.sign(&hash_data(document, &proof, transform)?);
    proof["proofValue"] = Value::String(encode_base58btc(signature.as_ref()));
    let mut signed = document.clone();
    signed["proof"] = proof;
    serde_json::to_vec(&signed).ok()
}

fn hash_data(document: &Value, proof: &Value, transform: Transform) -> Option<Vec<u8>> {
    let limits = Limits::default();
    let (document, proof) = (document.to_string(), proof.to_string());
    let document = json::parse(document.as_bytes(), &limits).ok()?;
    let options = proof_options(&json::parse(proof.as_bytes(), &limits).ok()?, &document, transform).ok()?;
    let mut space = Workspace::new(&KIT.contexts, &limits, &Unwatched);
    let mut data = space.hash(transform, &options, Hash::Sha256).ok()?;
    data.append(&mut space.hash(transform, &document, Hash::Sha256).ok()?);
    Some(data)
}
