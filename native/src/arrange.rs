//! What the two transforms hash, by their rules about `@context` (DI EdDSA 1.0 §3.2, §3.3; DI ECDSA 1.0 §3.2, §3.3).

use std::borrow::Cow;

use crate::failure::{Failure, Found};
use crate::json::Value;
use crate::members::{are_equal, as_list};
use crate::suite::Transform;

/// The proof's options: all of the proof but its value, for RDF with the document's `@context`.
pub fn proof_options<'a>(proof: &Value<'a>, document: &Value<'a>, transform: Transform) -> Found<Value<'a>> {
    let Value::Object(members) = proof else { return Ok(Value::Null) };
    let kept = members.iter().filter(|(name, _)| name != "proofValue");
    if transform == Transform::Jcs {
        return Ok(Value::Object(kept.cloned().collect()));
    }
    let context = document.get("@context");
    let context = context.ok_or_else(|| Failure::rejected("jsonld.invalid", "the document has no @context"))?;
    let mut options: Vec<_> = kept.filter(|(name, _)| name != "@context").cloned().collect();
    options.push((Cow::Borrowed("@context"), context.clone()));
    Ok(Value::Object(options))
}

/// `document` with the `@context` that the proof was made for, with which its own must begin.
pub fn arranged_for_context<'d, 'a>(document: &'d Value<'a>, proof: &Value<'a>) -> Found<Cow<'d, Value<'a>>> {
    let Some(wanted) = proof.get("@context") else { return Ok(Cow::Borrowed(document)) };
    let present = document.get("@context");
    let begins_so = begins_with(present.map(as_list).unwrap_or_default(), as_list(wanted));
    if !begins_so {
        return Err(Failure::rejected("proof.signature", "the document's @context does not begin with the proof's"));
    }
    if present == Some(wanted) {
        return Ok(Cow::Borrowed(document));
    }
    Ok(Cow::Owned(with_member(document, "@context", wanted.clone())))
}

fn begins_with(present: &[Value<'_>], wanted: &[Value<'_>]) -> bool {
    present.len() >= wanted.len() && present.iter().zip(wanted).all(|(one, other)| are_equal(one, other))
}

/// `object` with the member `name` set to `value`, in its old place when it has one.
fn with_member<'a>(object: &Value<'a>, name: &'static str, value: Value<'a>) -> Value<'a> {
    let mut changed = object.clone();
    if let Value::Object(members) = &mut changed {
        match members.iter_mut().find(|(one, _)| one == name) {
            Some((_, old)) => *old = value,
            None => members.push((Cow::Borrowed(name), value)),
        }
    }
    changed
}
