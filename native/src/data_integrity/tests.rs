//! Proofs as anybody may write them: read or refused, chains walked to an end.

use proptest::prelude::*;

use super::*;
use crate::json::parse;
use crate::jsonld::Contexts;
use crate::probe::Unwatched;

fn codes(proofs: &str) -> Vec<String> {
    let text = format!(r#"{{"issuer":"urn:i","proof":{proofs}}}"#);
    let limits = Limits::default();
    let document = parse(text.as_bytes(), &limits).unwrap();
    let (material, contexts) = (Material::default(), Contexts::new([]).unwrap());
    let space = Workspace::new(&contexts, &limits, &Unwatched);
    match ProofSet::new(document, "urn:i", &material, space, &limits) {
        Ok(mut set) => set
            .outcomes()
            .into_iter()
            .map(|one| one.failure.map_or_else(String::new, |it| it.code.into_owned()))
            .collect(),
        Err(failure) => vec![failure.code.to_owned()],
    }
}

fn proof(more: &str) -> String {
    format!(
        r#"{{"type":"DataIntegrityProof","cryptosuite":"eddsa-jcs-2022","verificationMethod":"urn:k",
            "proofPurpose":"assertionMethod","proofValue":"z1"{more}}}"#
    )
}

#[test]
fn proofs_are_read_or_refused() {
    for (text, code) in [
        ("null", "format.unsecured"),
        ("[]", "format.unsecured"),
        ("1", "proof.malformed"),
        (r#"{"type":"DataIntegrityProof","cryptosuite":"bbs-2023"}"#, "proof.suite_unsupported"),
        (
            r#"{"type":"Ed25519Signature2020","verificationMethod":"k","proofPurpose":"assertionMethod"}"#,
            "proof.malformed",
        ),
        (&proof("").replace("assertionMethod", "authentication"), "proof.purpose"),
        (&proof("").replace("z1", "u1"), "proof.malformed"),
        (&proof(r#","created":"yesterday""#), "proof.malformed"),
        (&proof(r#","previousProof":[]"#), "proof.malformed"),
        (&proof(r#","previousProof":"urn:x""#), "proof.chain"),
        (&proof(""), "format.engine_fault"), // nobody gathered its key
    ] {
        assert_eq!(codes(text), [code], "{text}");
    }
    assert_eq!(codes(&format!("[{}]", vec!["1"; 17].join(","))), ["proof.too_many"]);
}

#[test]
fn a_circle_of_proofs_is_refused() {
    let first = proof(r#","id":"urn:1","previousProof":"urn:2""#);
    let second = proof(r#","id":"urn:2","previousProof":["urn:1"]"#);
    let own = proof(r#","id":"urn:3","previousProof":"urn:3""#);
    assert_eq!(codes(&format!("[{first},{second},{own}]")), ["proof.chain"; 3]);
}

proptest! {
    #[test]
    fn any_proofs_are_judged(
        members in prop::collection::vec(
            (
                prop::sample::select(vec![
                    "id", "type", "cryptosuite", "created", "previousProof", "proofValue", "proofPurpose",
                    "verificationMethod", "@context",
                ]),
                prop::sample::select(vec![
                    "null", "1", "\"\"", "\"urn:1\"", "[\"urn:1\",\"urn:2\"]", "{}", "\"DataIntegrityProof\"",
                    "\"eddsa-rdfc-2022\"", "\"ecdsa-jcs-2019\"", "\"zz\"", "\"assertionMethod\"",
                    "\"2024-01-01T00:00:00Z\"", "true",
                ]),
            ),
            0..9,
        ),
        copies in 1usize..4,
    ) {
        let unique: std::collections::BTreeMap<_, _> = members.into_iter().collect();
        let members: Vec<_> = unique.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
        let proof = format!("{{{}}}", members.join(","));
        prop_assert_eq!(codes(&format!("[{}]", vec![proof; copies].join(","))).len(), copies);
    }
}
