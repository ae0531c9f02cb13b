//! Which records are plain, and what they have in common.

use super::*;
use crate::embedded::Embedded;
use crate::finding::Finding;
use crate::outcome::Form;

const LIST: &str = "https://i.example/list";

fn terms() -> Terms {
    Terms {
        at: 1_000,
        skew: 10,
        periods: true,
        dates: true,
        kinds: Some(HashSet::from(["Bits".to_owned()])),
        status_entries: 2,
    }
}

fn proof() -> ProofOutcome {
    ProofOutcome {
        pointer: "/proof".into(),
        suite: "s".into(),
        method: Some("m".into()),
        failure: None,
        created: Some(5),
        expires: None,
    }
}

fn stated(members: &[(&'static str, &str)]) -> (String, Value<'static>) {
    let members = members.iter().map(|(name, text)| ((*name).into(), Value::String((*text).to_owned().into())));
    ("/credentialStatus".into(), Value::Object(members.collect()))
}

fn usual(index: &str) -> (String, Value<'static>) {
    stated(&[
        ("type", "Bits"),
        ("statusPurpose", "revocation"),
        ("statusListIndex", index),
        ("statusListCredential", LIST),
    ])
}

fn secured() -> Secured {
    Secured {
        version: Version::V2,
        id: Some("urn:1".into()),
        types: vec!["VerifiableCredential".into()],
        issuer: "urn:i".into(),
        valid_from: Some(5),
        valid_until: None,
        issued_at: Some(5),
        issued_at_source: "validFrom",
        status: vec![usual("7")],
        schemas: Vec::new(),
        embedded: Vec::new(),
        malformed: None,
        warnings: Vec::new(),
        document: None,
    }
}

fn done(secured: Secured) -> Found<Authentication> {
    Ok(Authentication { form: Form::DataIntegrity, proofs: vec![proof()], secured: Some(secured) })
}

fn is_plain(outcome: &Found<Authentication>, terms: &Terms) -> bool {
    let (records, _) = Plain::among(std::iter::once(outcome), terms).apart(&[Vec::new()]);
    matches!(records.of_item.as_slice(), [Some(_)])
}

fn with_proof(change: impl FnOnce(&mut ProofOutcome)) -> Found<Authentication> {
    let mut done = done(secured()).unwrap();
    change(&mut done.proofs[0]);
    Ok(done)
}

fn with(change: impl FnOnce(&mut Secured)) -> Found<Authentication> {
    let mut secured = secured();
    change(&mut secured);
    done(secured)
}

fn with_entry(members: &[(&'static str, &str)]) -> Found<Authentication> {
    with(|secured| secured.status = vec![stated(members)])
}

#[test]
fn the_usual_record_is_plain() {
    assert!(is_plain(&done(secured()), &terms()));
    assert!(is_plain(&with(|it| it.status.clear()), &terms()));
    assert!(is_plain(&with(|it| it.status.push(usual("0"))), &terms()));
}

#[test]
fn what_is_named_in_the_address_of_its_list_is_not_plain() {
    let listed = |id: &str, list: &str| {
        let entry =
            [("type", "Bits"), ("statusPurpose", "p"), ("statusListIndex", "1"), ("statusListCredential", list)];
        with(|it| {
            it.id = Some(id.into());
            it.status = vec![stated(&entry)];
        })
    };
    let own = "https://i.example/status/abc-123456";
    for id in
        ["urn:x:123456", "https://i.example/abc-123456/", "https://i.example/abc-123456#vc", "urn:x?id=abc-123456"]
    {
        assert!(!is_plain(&listed(id, own), &terms()), "{id}");
        assert!(is_plain(&listed(id, LIST), &terms()), "{id}");
    }
    for id in ["urn:x:23456", "", "/", "urn:x:654321"] {
        assert!(is_plain(&listed(id, own), &terms()), "{id}");
    }
}

#[test]
fn what_does_not_hold_is_not_plain() {
    let failure = Failure::rejected("x", "y");
    let two_proofs = |change: fn(&mut ProofOutcome)| {
        let mut done = done(secured()).unwrap();
        done.proofs.push(proof());
        change(&mut done.proofs[1]);
        Ok(done)
    };
    let unusual: Vec<Found<Authentication>> = vec![
        Err(failure.clone()),
        Ok(Authentication { form: Form::VcJwt, proofs: vec![proof()], secured: None }),
        Ok(Authentication { form: Form::VcJwt, proofs: Vec::new(), secured: Some(secured()) }),
        with_proof(|proof| proof.failure = Some(Finding::rejected("proof.signature", ""))),
        two_proofs(|proof| proof.failure = Some(Finding::rejected("proof.signature", ""))),
        with(|it| it.malformed = Some(failure)),
        with(|it| it.embedded.push(Embedded { pointer: String::new(), role: "credential", content: Vec::new() })),
        with(|it| it.status = vec![usual("1"), usual("2"), usual("3")]),
    ];
    for outcome in unusual {
        assert!(!is_plain(&outcome, &terms()), "{outcome:?}");
    }
}

#[test]
fn times_are_kept_to_the_microsecond() {
    let inside = |outcome: Found<Authentication>| is_plain(&outcome, &terms());
    let without = Terms { periods: false, dates: false, ..terms() };
    for (instant, is_inside) in [(1_010, true), (1_011, false)] {
        for outcome in [with_proof(|it| it.created = Some(instant)), with(|it| it.valid_from = Some(instant))] {
            assert!(is_plain(&outcome, &without));
            assert_eq!(inside(outcome), is_inside);
        }
    }
    assert!(!inside(with_proof(|it| it.expires = Some(990))) && inside(with_proof(|it| it.expires = Some(991))));
    assert!(!inside(with(|it| it.valid_until = Some(989))) && inside(with(|it| it.valid_until = Some(990))));
    assert!(is_plain(&with_proof(|it| it.expires = Some(990)), &without));
    assert!(is_plain(&with(|it| it.valid_until = Some(989)), &without));
}

#[test]
fn unusual_entries_are_not_plain() {
    let usual = [
        ("id", "urn:entry"),
        ("type", "Bits"),
        ("statusPurpose", "revocation"),
        ("statusListIndex", "999999999999999999"),
        ("statusListCredential", LIST),
    ];
    assert!(is_plain(&with_entry(&usual), &terms()));
    for (place, text) in [(0, LIST), (1, "Others"), (4, "https://i.example/list#1")]
        .into_iter()
        .chain(["", "07", "-1", "+1", "1.0", " 1", "1000000000000000000", "٣"].map(|index| (3, index)))
    {
        let mut members = usual;
        members[place].1 = text;
        assert!(!is_plain(&with_entry(&members), &terms()), "{members:?}");
    }
    for missing in 1..usual.len() {
        let members: Vec<_> = usual.iter().enumerate().filter(|(at, _)| *at != missing).map(|(_, it)| *it).collect();
        assert!(!is_plain(&with_entry(&members), &terms()), "{members:?}");
    }
    assert!(!is_plain(&with_entry(&[usual.as_slice(), &[("statusSize", "1")]].concat()), &terms()));
    let not_text = |secured: &mut Secured| {
        let Value::Object(members) = &mut secured.status[0].1 else { return };
        members[0].1 = Value::Array(vec![Value::String("Bits".into())]);
    };
    assert!(!is_plain(&with(not_text), &terms()));
    assert!(is_plain(&with(not_text), &Terms { kinds: None, ..terms() }), "status is not looked at");
}

#[test]
fn a_list_within_the_record_itself_is_not_plain() {
    for (id, expected) in [(LIST, false), ("https://i.example/list#x", false), ("https://i.example/lists", true)] {
        assert_eq!(is_plain(&with(|it| it.id = Some(id.to_owned())), &terms()), expected, "{id}");
    }
}

#[test]
fn records_share_cells() {
    let other_issuer = with(|it| it.issuer = "urn:j".into());
    let warned = with(|it| it.warnings = vec![Failure::undecided("w", "")]);
    let outcomes = [
        done(secured()),
        Err(Failure::rejected("x", "y")),
        with(|it| it.status = vec![usual("8")]),
        other_issuer,
        warned,
        with(|it| it.schemas = vec!["S".into()]),
    ];
    let plain = Plain::among(outcomes.iter(), &terms());
    assert_eq!(plain.issuers(), ["urn:i", "urn:j"]);
    let (records, cells) = plain.apart(&[Vec::new(), Vec::new()]);
    assert_eq!(records.entries, [(0, 7), (0, 8), (1, 7), (0, 7), (0, 7)]);
    assert_eq!(cells.entries, [4, 1]);
    assert_eq!((cells.proofs.values().len(), cells.warnings.values().len()), (1, 1));
    let numbers = |of: fn(&Record) -> usize| -> Vec<_> { records.of_item.iter().flatten().map(of).collect() };
    assert_eq!(numbers(|record| record.act), [0, 0, 1, 0, 0]);
    assert_eq!(numbers(|record| record.schemas), [0, 0, 0, 0, 1]);
    assert_eq!(numbers(|record| record.warnings.map_or(9, |it| it)), [9, 9, 9, 0, 9]);
    assert!(records.of_item[1].is_none());
}

#[test]
fn acts_between_the_same_turns_are_one_cell() {
    let at = |issued| with(|it| it.issued_at = issued);
    let outcomes = [at(Some(10)), at(Some(19)), at(Some(20)), at(None), at(Some(9)), at(Some(99)), at(None)];
    let (records, cells) = Plain::among(outcomes.iter(), &terms()).apart(&[vec![10, 20]]);
    let acts: Vec<_> = records.of_item.iter().flatten().map(|record| record.act).collect();
    assert_eq!(acts, [0, 0, 1, 2, 3, 1, 2]);
    assert_eq!(cells.issued, [Some(10), Some(20), None, Some(9)]);
}
