//! Reads a secured document as a verifiable credential (VCDM 2.0 §4, VCDM 1.1 §4).
//!
//! What keeps it from being a conforming one is reported beside what could be read, the first finding that decides:
//! the proof has held, so the issuer really said this.

use crate::embedded::embedded_credentials;
use crate::failure::{Failure, Found};
use crate::instant::Instant;
use crate::json::Value;
use crate::limits::Limits;
use crate::members::{CONTEXT_V1, CONTEXT_V2, as_list, first_context, identifier, is_url, texts};
use crate::outcome::{Secured, kept};
use crate::period::{Version, read_period};
use crate::pointer;

const UNSUPPORTED: [&str; 4] =
    ["ClrCredential", "VerifiablePresentation", "EnvelopedVerifiableCredential", "EnvelopedVerifiablePresentation"];
const TYPED: [&str; 5] = ["credentialStatus", "credentialSchema", "termsOfUse", "evidence", "refreshService"];

/// When the proof says that it was made, and which member says so.
#[derive(Clone, Copy, Debug)]
pub struct Issued {
    pub at: Option<Instant>,
    pub source: &'static str,
}

/// `format.unsupported` (undecided), by name, for a record that is not one plain credential.
pub fn require_supported(document: &Value<'_>) -> Found<()> {
    let kinds = document.get("type");
    match UNSUPPORTED.iter().find(|name| texts(kinds).any(|kind| kind == **name)) {
        Some(name) => Err(Failure::undecided("format.unsupported", format!("a {name}")).at("/type")),
        None => Ok(()),
    }
}

/// The issuer's id; `format.credential` when there is none.
pub fn issuer_of<'v>(document: &'v Value<'_>) -> Found<&'v str> {
    let issuer = identifier(document.get("issuer"));
    issuer.ok_or_else(|| fault("the issuer is not named", "/issuer"))
}

/// The fields of `document`, which has no proof any more; all of it too when `keep`.
#[must_use]
pub fn read(document: &Value<'_>, issuer: String, issued: Issued, limits: &Limits, keep: bool) -> Secured {
    let is_v1 = first_context(document).and_then(Value::as_str) == Some(CONTEXT_V1);
    let version = if is_v1 { Version::V1 } else { Version::V2 };
    let period = read_period(document, version);
    let (embedded, too_many) = embedded_credentials(document, limits);
    let (issued_at, source) =
        if issued.at.is_some() { (issued.at, issued.source) } else { (period.first, period.first_name) };
    Secured {
        version,
        id: identifier(document.get("id")).map(str::to_owned),
        types: owned(texts(document.get("type"))),
        issuer,
        valid_from: period.first,
        valid_until: period.last,
        issued_at,
        issued_at_source: if issued_at.is_some() { source } else { "" },
        status: status(document),
        schemas: owned(entries(document, "credentialSchema").flat_map(|(_, schema)| types(schema))),
        embedded,
        malformed: first_fault(document, period.fault, limits).or(too_many),
        warnings: period.warnings,
        document: keep.then(|| kept(document)),
    }
}

fn owned<'v>(texts: impl Iterator<Item = &'v str>) -> Vec<String> {
    texts.map(str::to_owned).collect()
}

fn status(document: &Value<'_>) -> Vec<(String, Value<'static>)> {
    let found = entries(document, "credentialStatus").filter(|(_, entry)| matches!(entry, Value::Object(_)));
    found.map(|(place, entry)| (place.text("credentialStatus"), kept(entry))).collect()
}

fn first_fault(document: &Value<'_>, period: Option<Failure>, limits: &Limits) -> Option<Failure> {
    check_context(document)
        .and_then(|()| check_id(document))
        .and_then(|()| check_type(document))
        .and_then(|()| check_issuer(document))
        .and_then(|()| check_subject(document))
        .and_then(|()| check_typed(document))
        .and_then(|()| period.map_or(Ok(()), Err))
        .and_then(|()| require_few_entries(document, limits))
        .err()
}

fn fault(detail: impl Into<std::borrow::Cow<'static, str>>, place: impl Into<String>) -> Failure {
    Failure::rejected("format.credential", detail).at(place)
}

fn check_context(document: &Value<'_>) -> Found<()> {
    let first = first_context(document).and_then(Value::as_str);
    if !matches!(first, Some(CONTEXT_V1 | CONTEXT_V2)) {
        let detail = "The record does not begin with the vocabulary that every credential must begin with.";
        return Err(Failure::rejected("context.order", detail).at("/@context"));
    }
    let contexts = document.get("@context").map(as_list).unwrap_or_default();
    match contexts.iter().position(|context| !matches!(context, Value::Object(_)) && !is_url(Some(context))) {
        Some(index) => Err(fault("neither a URL nor an object", pointer::element("/@context", index))),
        None => Ok(()),
    }
}

fn check_id(document: &Value<'_>) -> Found<()> {
    match document.get("id") {
        id @ Some(_) if !is_url(id) => Err(fault("the id is not a URL", "/id")),
        _ => Ok(()),
    }
}

fn check_type(document: &Value<'_>) -> Found<()> {
    let kinds = document.get("type");
    let count = kinds.map_or(1, |kinds| as_list(kinds).len());
    if texts(kinds).any(|kind| kind == "VerifiableCredential") && texts(kinds).count() == count {
        return Ok(());
    }
    Err(fault("the type does not include VerifiableCredential", "/type"))
}

fn check_issuer(document: &Value<'_>) -> Found<()> {
    let issuer = identifier(document.get("issuer"));
    if issuer.is_some_and(crate::members::is_url_text) {
        return Ok(());
    }
    Err(fault("the issuer is not a URL", "/issuer"))
}

fn check_subject(document: &Value<'_>) -> Found<()> {
    let subjects = document.get("credentialSubject").map(as_list).unwrap_or_default();
    let has_claim = |subject: &Value<'_>| matches!(subject, Value::Object(members) if !members.is_empty());
    if subjects.is_empty() || !subjects.iter().all(has_claim) {
        return Err(fault("no subject with a claim about it", "/credentialSubject"));
    }
    if subjects.iter().filter_map(|subject| subject.get("id")).any(|id| !is_url(Some(id))) {
        return Err(fault("the subject's id is not a URL", "/credentialSubject"));
    }
    Ok(())
}

fn check_typed(document: &Value<'_>) -> Found<()> {
    for name in TYPED {
        for (place, entry) in entries(document, name) {
            if types(entry).next().is_none() {
                return Err(fault(format!("{name} without a type"), place.text(name)));
            }
        }
    }
    for (place, schema) in entries(document, "credentialSchema") {
        if !identifier(Some(schema)).is_some_and(crate::members::is_url_text) {
            return Err(fault("credentialSchema without an id", place.text("credentialSchema")));
        }
    }
    Ok(())
}

fn require_few_entries(document: &Value<'_>, limits: &Limits) -> Found<()> {
    let count = entries(document, "credentialStatus").count();
    if count <= limits.status_entries {
        return Ok(());
    }
    let detail = format!("{count}, more than {}", limits.status_entries);
    Err(Failure::undecided("status.too_many", detail).at("/credentialStatus"))
}

/// Where an entry of a member stands: alone, or in an array.
#[derive(Clone, Copy)]
struct Place(Option<usize>);

impl Place {
    fn text(self, name: &str) -> String {
        self.0.map_or_else(|| format!("/{name}"), |index| format!("/{name}/{index}"))
    }
}

/// The value or values of a member with their places; none when it is not there.
fn entries<'v, 'a>(document: &'v Value<'a>, name: &str) -> impl Iterator<Item = (Place, &'v Value<'a>)> {
    let value = document.get(name);
    let is_array = matches!(value, Some(Value::Array(_)));
    let items = value.map(as_list).unwrap_or_default();
    items.iter().enumerate().map(move |(index, entry)| (Place(is_array.then_some(index)), entry))
}

fn types<'v>(entry: &'v Value<'_>) -> impl Iterator<Item = &'v str> {
    texts(entry.get("type"))
}
