//! A credential inside a token's claims, and what the claims beside it must say.
//!
//! Two profiles, told apart by the token itself: VC-JOSE-COSE 1.0 (`typ` `vc+jwt`), whose payload is the credential
//! and whose `iat`, `nbf` and `exp` are the signature's own times; and VC-JWT (VCDM 1.1 §6.3.1 with the credential
//! in the `vc` claim, or Open Badges 3.0 §8.2.4 with the credential as payload), whose claims repeat the
//! credential's own members.

use std::borrow::Cow;

use crate::failure::{Failure, Found};
use crate::instant::{Instant, SECOND, format_instant, parse_date_time_stamp};
use crate::json::Value;
use crate::members::{CONTEXT_V1, first_context, identifier};
use crate::outcome::{Form, kept};
use crate::pointer;
use crate::token::Token;

const REGISTERED: [&str; 9] = ["iss", "sub", "jti", "iat", "nbf", "exp", "aud", "nonce", "cnf"];
const LAST_SECOND: f64 = 253_402_300_799.0; // 9999-12-31T23:59:59Z, the last that a date of four digits can say

/// A credential as a token secures it: the credential with what the claims add, and their times.
#[derive(Debug)]
pub struct Claimed<'p> {
    pub credential: Value<'p>,
    pub issued: Option<Instant>,
    pub created: Option<Instant>,
    pub expires: Option<Instant>,
}

/// The profile of `token`; `format.unsupported` (undecided) when it is neither.
pub fn form_of(token: &Token<'_>) -> Found<Form> {
    let kind = token.kind();
    match kind.as_str() {
        "vc+jwt" => Ok(Form::VcJose),
        "" | "jwt" if token.payload.get("vp").is_some() => {
            Err(Failure::undecided("format.unsupported", "a presentation (vp claim)"))
        }
        "" | "jwt" => Ok(Form::VcJwt),
        _ => Err(Failure::undecided("format.unsupported", format!("a token of type {kind}"))),
    }
}

/// The credential that `token` carries, as it stands there, before any claim is read.
///
/// `format.credential` when there is none.
pub fn credential_of<'v, 'p>(token: &'v Token<'p>, form: Form) -> Found<&'v Value<'p>> {
    match token.payload.get("vc") {
        Some(credential @ Value::Object(_)) if form == Form::VcJwt => Ok(credential),
        Some(_) if form == Form::VcJwt => {
            Err(Failure::rejected("format.credential", "the vc claim is not an object").at("/vc"))
        }
        _ => Ok(&token.payload),
    }
}

/// Who the token says its issuer is: the credential's own word, else `iss`.
///
/// `format.credential` when neither names one.
pub fn issuer_of(token: &Token<'_>, form: Form) -> Found<String> {
    let own = identifier(credential_of(token, form)?.get("issuer"));
    let issuer = own.or_else(|| identifier(token.payload.get("iss"))).map(str::to_owned);
    issuer.ok_or_else(|| Failure::rejected("format.credential", "the issuer is not named").at("/issuer"))
}

/// The credential with its claims obeyed; the token's signature has been found to hold.
///
/// `proof.claims` when a claim contradicts the credential or is not of its type.
pub fn read<'p>(payload: Value<'p>, form: Form, issuer: &str) -> Found<Claimed<'p>> {
    let times = Times {
        iat: numeric_date(&payload, "iat")?,
        nbf: numeric_date(&payload, "nbf")?,
        exp: numeric_date(&payload, "exp")?,
    };
    if form == Form::VcJose {
        return vc_jose(payload, &times, issuer);
    }
    let credential = with_claims(payload, &times)?;
    Ok(Claimed { credential, issued: times.iat, created: times.iat, expires: None })
}

/// The entries of the claim `status` (Token Status List §6), each with its mechanism as type.
///
/// A mechanism that is not an object gives an entry of its type and nothing else, so that it is not passed over.
#[must_use]
pub fn status_entries(token: &Token<'_>) -> Vec<(String, Value<'static>)> {
    let Some(Value::Object(mechanisms)) = token.payload.get("status") else { return Vec::new() };
    mechanisms.iter().map(|(name, entry)| (pointer::child("/status", name), typed_entry(name, entry))).collect()
}

fn typed_entry(name: &str, entry: &Value<'_>) -> Value<'static> {
    let mut members = match kept(entry) {
        Value::Object(members) => members,
        _ => Vec::new(),
    };
    members.retain(|(member, _)| member != "type");
    members.push(("type".into(), Value::String(name.to_owned().into())));
    Value::Object(members)
}

struct Times {
    iat: Option<Instant>,
    nbf: Option<Instant>,
    exp: Option<Instant>,
}

type Members<'p> = Vec<(Cow<'p, str>, Value<'p>)>;

fn vc_jose<'p>(payload: Value<'p>, times: &Times, issuer: &str) -> Found<Claimed<'p>> {
    for name in ["vc", "vp"] {
        if payload.get(name).is_some() {
            let detail = format!("a vc+jwt must not have the claim {name}");
            return Err(Failure::rejected("proof.claims", detail).at(format!("/{name}")));
        }
    }
    if payload.get("iss").is_some_and(|iss| iss.as_str() != Some(issuer)) {
        return Err(contradiction("iss"));
    }
    let created = times.iat.max(times.nbf);
    let credential = Value::Object(without_claims(payload));
    Ok(Claimed { credential, issued: times.iat, created, expires: times.exp })
}

/// The credential with the members that only the claims state (VCDM 1.1 §6.3.1.3).
fn with_claims<'p>(payload: Value<'p>, times: &Times) -> Found<Value<'p>> {
    let [iss, jti, sub] = ["iss", "jti", "sub"].map(|name| payload.get(name).cloned());
    let mut credential = taken_credential(payload);
    agree_on_issuer(&mut credential, iss)?;
    agree_on_id(&mut credential, jti)?;
    agree_on_subject(&mut credential, sub)?;
    let credential_value = Value::Object(credential);
    let is_v1 = first_context(&credential_value).and_then(Value::as_str) == Some(CONTEXT_V1);
    let Value::Object(mut credential) = credential_value else { return Ok(Value::Null) };
    let (first, last) = if is_v1 { ("issuanceDate", "expirationDate") } else { ("validFrom", "validUntil") };
    agree_on_date(&mut credential, first, "nbf", times.nbf)?;
    agree_on_date(&mut credential, last, "exp", times.exp)?;
    Ok(Value::Object(credential))
}

/// The `vc` claim, else the payload without the claims.
fn taken_credential(payload: Value<'_>) -> Members<'_> {
    let Value::Object(mut members) = payload else { return Vec::new() };
    let place = members.iter().position(|(name, _)| name == "vc");
    match place.map(|place| members.swap_remove(place).1) {
        Some(Value::Object(credential)) => credential,
        _ => without_claims(Value::Object(members)),
    }
}

fn without_claims(payload: Value<'_>) -> Members<'_> {
    let Value::Object(mut members) = payload else { return Vec::new() };
    members.retain(|(name, _)| !REGISTERED.contains(&name.as_ref()));
    members
}

fn agree_on_issuer<'p>(credential: &mut Members<'p>, iss: Option<Value<'p>>) -> Found<()> {
    let Some(iss) = iss else { return Ok(()) };
    set_default(credential, "issuer", &iss);
    require_equal("iss", &iss, identifier(member(credential, "issuer")))
}

fn agree_on_id<'p>(credential: &mut Members<'p>, jti: Option<Value<'p>>) -> Found<()> {
    let Some(jti) = jti else { return Ok(()) };
    set_default(credential, "id", &jti);
    require_equal("jti", &jti, member(credential, "id").and_then(Value::as_str))
}

fn agree_on_subject<'p>(credential: &mut Members<'p>, sub: Option<Value<'p>>) -> Found<()> {
    let Some(sub) = sub else { return Ok(()) };
    let subject = match member(credential, "credentialSubject") {
        Some(Value::Array(subjects)) if subjects.len() == 1 => subjects.first(),
        subject => subject,
    };
    let Some(subject @ Value::Object(members)) = subject else {
        let detail = "sub is stated for something that is not one subject";
        return Err(Failure::rejected("proof.claims", detail).at("/sub"));
    };
    if let Some(id) = subject.get("id") {
        return require_equal("sub", &sub, id.as_str());
    }
    require_equal("sub", &sub, sub.as_str())?;
    let mut named = members.clone();
    named.push((Cow::Borrowed("id"), sub));
    if let Some((_, subject)) = credential.iter_mut().find(|(name, _)| name == "credentialSubject") {
        *subject = Value::Object(named);
    }
    Ok(())
}

fn agree_on_date(
    credential: &mut Members<'_>,
    name: &'static str,
    claim: &'static str,
    instant: Option<Instant>,
) -> Found<()> {
    let Some(instant) = instant else { return Ok(()) };
    let Some(stated) = member(credential, name) else {
        credential.push((Cow::Borrowed(name), Value::String(Cow::Owned(format_instant(instant)))));
        return Ok(());
    };
    // What cannot be read is reported as a malformed credential, by its own name.
    let own = stated.as_str().and_then(|text| parse_date_time_stamp(text).ok());
    match own {
        Some((own, _)) if own.div_euclid(SECOND) != instant.div_euclid(SECOND) => Err(contradiction(claim)),
        _ => Ok(()),
    }
}

fn member<'v, 'p>(members: &'v Members<'p>, name: &str) -> Option<&'v Value<'p>> {
    members.iter().find(|(one, _)| one == name).map(|(_, value)| value)
}

fn set_default<'p>(members: &mut Members<'p>, name: &'static str, value: &Value<'p>) {
    if member(members, name).is_none() {
        members.push((Cow::Borrowed(name), value.clone()));
    }
}

fn require_equal(claim: &'static str, stated: &Value<'_>, own: Option<&str>) -> Found<()> {
    match stated.as_str() {
        Some(text) if Some(text) == own => Ok(()),
        _ => Err(contradiction(claim)),
    }
}

fn contradiction(claim: &str) -> Failure {
    let detail = format!("the claim {claim} is not what the credential says");
    Failure::rejected("proof.claims", detail).at(format!("/{claim}"))
}

/// Reads a NumericDate (RFC 7519 §2), which may have a fraction.
fn numeric_date(payload: &Value<'_>, name: &str) -> Found<Option<Instant>> {
    match payload.get(name) {
        None => Ok(None),
        #[allow(clippy::cast_possible_truncation)] // whole, and below 2⁵⁸
        Some(Value::Number(seconds)) if (0.0..=LAST_SECOND).contains(seconds) => {
            Ok(Some((seconds * 1e6).round_ties_even() as Instant))
        }
        Some(_) => {
            let detail = format!("the claim {name} is not a date");
            Err(Failure::rejected("proof.claims", detail).at(format!("/{name}")))
        }
    }
}
