//! A credential's validity period (VCDM 2.0 §4.9, VCDM 1.1 §4.6 and §4.7).

use crate::failure::Failure;
use crate::instant::{Instant, parse_date_time_stamp};
use crate::json::Value;

/// The data model whose base context comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// VCDM 1.1.
    V1,
    /// VCDM 2.0, and whatever has no known base context.
    V2,
}

impl Version {
    /// The number of the data model.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Version::V1 => "1.1",
            Version::V2 => "2.0",
        }
    }

    // The members of each data model, its own first. Those of the other bind too when they are there: under
    // signatures over RDF a context can be exchanged for one that has both.
    fn names(self) -> ([&'static str; 2], [&'static str; 2]) {
        match self {
            Version::V1 => (["issuanceDate", "validFrom"], ["expirationDate", "validUntil"]),
            Version::V2 => (["validFrom", "issuanceDate"], ["validUntil", "expirationDate"]),
        }
    }
}

/// Both ends of the period, which member states the first, what is wrong, what is only unusual.
#[derive(Debug, Default)]
pub struct Period {
    pub first_name: &'static str,
    pub first: Option<Instant>,
    pub last: Option<Instant>,
    pub fault: Option<Failure>,
    pub warnings: Vec<Failure>,
}

/// Returns the period that `document` states: the narrowest one.
#[must_use]
pub fn read_period(document: &Value<'_>, version: Version) -> Period {
    let (first_names, last_names) = version.names();
    let mut findings = Findings::default();
    let firsts = instants(document, first_names, &mut findings);
    let lasts = instants(document, last_names, &mut findings);
    if version == Version::V1 && document.get("issuanceDate").is_none() {
        findings.fault("issuanceDate is missing".into(), "issuanceDate");
    }
    let first = narrowest(firsts, |new, kept| new > kept);
    let last = narrowest(lasts, |new, kept| new < kept);
    if let (Some((first_name, first)), Some((last_name, last))) = (first, last)
        && first > last
    {
        findings.fault(format!("{first_name} is later than {last_name}"), last_name);
    }
    Period {
        first_name: first.map_or("", |(name, _)| name),
        first: first.map(|(_, instant)| instant),
        last: last.map(|(_, instant)| instant),
        fault: findings.fault,
        warnings: findings.warnings,
    }
}

type Dated = (&'static str, Instant);

#[derive(Default)]
struct Findings {
    fault: Option<Failure>,
    warnings: Vec<Failure>,
}

impl Findings {
    fn fault(&mut self, detail: String, name: &str) {
        let place = format!("/{name}");
        self.fault.get_or_insert_with(|| Failure::rejected("validity.malformed", detail).at(place));
    }

    fn no_offset(&mut self, name: &str) {
        let detail = format!("{name} has no offset and was read as UTC");
        self.warnings.push(Failure::undecided("validity.malformed", detail).at(format!("/{name}")));
    }
}

fn instants(document: &Value<'_>, names: [&'static str; 2], findings: &mut Findings) -> [Option<Dated>; 2] {
    names.map(|name| match document.get(name)? {
        Value::String(text) => match parse_date_time_stamp(text) {
            Ok((instant, has_offset)) => {
                if !has_offset {
                    findings.no_offset(name);
                }
                Some((name, instant))
            }
            Err(fault) => {
                findings.fault(format!("{name}: {fault}"), name);
                None
            }
        },
        _ => {
            findings.fault(format!("{name} is not text"), name);
            None
        }
    })
}

fn narrowest(found: [Option<Dated>; 2], is_narrower: fn(Instant, Instant) -> bool) -> Option<Dated> {
    found.into_iter().flatten().reduce(|kept, new| if is_narrower(new.1, kept.1) { new } else { kept })
}
