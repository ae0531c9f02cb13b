//! Reports put together from parts are what a reader would write down by hand.

use proptest::prelude::*;

use super::*;
use crate::instant::format_instant;

const CODES: [&str; 3] = ["a.a", "b.b", "c.c"];

/// A part as it is kept while a test runs.
#[derive(Clone, Debug)]
struct Said {
    checks: String,
    failed: Option<&'static str>,
    unknown: Option<&'static str>,
    passed: bool,
}

impl Said {
    fn part(&self) -> Part<'_> {
        let Self { checks, failed, unknown, passed } = self;
        Part { checks: checks.as_bytes(), failed: *failed, unknown: *unknown, passed: *passed }
    }
}

fn code() -> impl Strategy<Value = Option<&'static str>> {
    prop::option::weighted(0.15, prop::sample::select(&CODES[..]))
}

fn said() -> impl Strategy<Value = Said> {
    let checks = prop_oneof![Just(String::new()), "\\{[a-z]{1,4}\\}"];
    (checks, code(), code(), any::<bool>()).prop_map(|(checks, failed, unknown, passed)| Said {
        checks,
        failed,
        unknown,
        passed,
    })
}

/// One cell of each kind but two of proofs, and records that use them.
#[derive(Clone, Debug)]
struct Case {
    said: Vec<Said>,
    rests: [Option<&'static str>; 2],
    bits: Option<Vec<u8>>,
    index: u64,
    is_first_version: bool,
    times: [Option<i64>; 3],
    has: [bool; 3],
}

fn case() -> impl Strategy<Value = Case> {
    let rest = || prop::option::of(Just("}rest"));
    (
        prop::collection::vec(said(), 9),
        [rest(), rest()],
        prop::option::of(prop::collection::vec(any::<u8>(), 1..3)),
        0u64..20,
        any::<bool>(),
        [prop::option::of(any::<i64>()), prop::option::of(any::<i64>()), prop::option::of(any::<i64>())],
        [any::<bool>(), any::<bool>(), any::<bool>()],
    )
        .prop_map(|(said, rests, bits, index, is_first_version, times, has)| Case {
            said,
            rests,
            bits,
            index,
            is_first_version,
            times,
            has,
        })
}

impl Case {
    fn record(&self) -> Record {
        let [has_second_proof, has_warnings, has_entries] = self.has;
        let [first, last, issued] = self.times.map(|time| time.map(Instant::from));
        Record {
            proofs: 0..1 + usize::from(has_second_proof),
            warnings: has_warnings.then_some(0),
            entries: 0..if has_entries { 2 } else { 0 },
            act: 0,
            schemas: 0,
            version: if self.is_first_version { Version::V1 } else { Version::V2 },
            first,
            last,
            issued,
        }
    }

    fn records(&self) -> Records {
        Records { of_item: vec![None, Some(self.record())], proofs: vec![0, 1], entries: vec![(0, self.index), (0, 0)] }
    }

    fn parts<'p>(&'p self, heads: &'p [(Verdict<'p>, String)]) -> Parts<'p> {
        let part = |at: usize| self.said[at].part();
        let rests = self.rests.map(|rest| rest.map(str::as_bytes));
        Parts {
            proofs: vec![part(0), part(1)],
            warnings: vec![part(2)],
            dates: DatesPart { part: part(3), rest: rests[0] },
            statuses: vec![StatusPart { clear: part(4), set: part(5), bits: self.bits.as_deref() }],
            no_status: part(6),
            acts: vec![ActPart { part: part(7), rest: rests[1], issuer: b"I" }],
            schemas: vec![part(8)],
            heads: heads.iter().map(|(verdict, text)| Head { verdict: *verdict, text: text.as_bytes() }).collect(),
        }
    }

    /// The parts that are used in order, each with its text; nothing when the list is too short.
    fn told(&self) -> Option<Vec<(&Said, String)>> {
        let plain = |at: usize| (&self.said[at], self.said[at].checks.clone());
        let [has_second_proof, has_warnings, has_entries] = self.has;
        let mut told = vec![plain(0)];
        told.extend(has_second_proof.then(|| plain(1)));
        told.extend(has_warnings.then(|| plain(2)));
        told.push((&self.said[3], self.dates()));
        if has_entries {
            for index in [self.index, 0] {
                told.push(plain(if self.is_set(index)? { 5 } else { 4 }));
            }
        } else {
            told.push(plain(6));
        }
        let mut act = self.said[7].checks.clone();
        if let (Some(rest), Some(at)) = (self.rests[1], self.times[2]) {
            act += &(format_instant(at.into()) + rest);
        }
        told.push((&self.said[7], act));
        told.push(plain(8));
        Some(told)
    }

    fn dates(&self) -> String {
        let mut text = self.said[3].checks.clone();
        let Some(rest) = self.rests[0] else { return text };
        let names =
            if self.is_first_version { ["issuanceDate", "expirationDate"] } else { ["validFrom", "validUntil"] };
        for (name, at) in names.iter().zip(self.times) {
            text += &at.map_or(String::new(), |at| format!(",\"{name}\":\"{}\"", format_instant(at.into())));
        }
        text + rest
    }

    fn is_set(&self, index: u64) -> Option<bool> {
        let Some(bits) = &self.bits else { return Some(false) };
        let digits: String = bits.iter().map(|byte| format!("{byte:08b}")).collect();
        digits.chars().nth(index as usize).map(|digit| digit == '1')
    }

    fn expected(&self) -> Option<String> {
        let told = self.told()?;
        let first = |of: fn(&Said) -> Option<&'static str>| told.iter().find_map(|(said, _)| of(said));
        let verdict = match (first(|said| said.failed), first(|said| said.unknown)) {
            (Some(code), _) => (Outcome::Invalid, Some(code)),
            (None, Some(code)) => (Outcome::Indeterminate, Some(code)),
            _ if told.iter().any(|(said, _)| said.passed) => (Outcome::Valid, None),
            _ => (Outcome::Indeterminate, Some("check.not_run")),
        };
        let checks: Vec<_> = told.iter().map(|(_, text)| text.as_str()).filter(|text| !text.is_empty()).collect();
        Some(format!("{verdict:?}[{}],\"issuer\":I,\"children\":[]}}", checks.join(",")))
    }
}

fn heads() -> Vec<(Verdict<'static>, String)> {
    let codes = CODES.iter().copied().chain([NOT_RUN]);
    let decided = codes.flat_map(|code| [(Outcome::Invalid, Some(code)), (Outcome::Indeterminate, Some(code))]);
    decided.chain([(Outcome::Valid, None)]).map(|verdict| (verdict, format!("{verdict:?}["))).collect()
}

proptest! {
    #[test]
    fn a_report_is_what_its_parts_say(case in case()) {
        let (heads, records) = (heads(), case.records());
        let parts = case.parts(&heads);
        let reports = Composer::new(&parts, &records).compose(0..2).unwrap();
        let found: Vec<_> = reports.iter().collect();
        prop_assert!(found[0].is_none());
        let text = found[1].map(|(_, text)| String::from_utf8(text.to_vec()).unwrap());
        prop_assert_eq!(&text, &case.expected());
        if let Some((number, text)) = found[1] {
            prop_assert!(text.starts_with(heads[number].1.as_bytes()));
        }
    }

    #[test]
    fn a_verdict_without_a_head_is_told(case in case()) {
        let records = case.records();
        let parts = case.parts(&[]);
        let found = Composer::new(&parts, &records).compose(0..2);
        prop_assert_eq!(found.is_err(), case.expected().is_some());
    }
}

#[test]
fn places_beyond_the_batch_are_none() {
    let (parts, records) = (Parts::default(), Records::default());
    assert_eq!(Composer::new(&parts, &records).compose(0..9).unwrap().iter().count(), 0);
}

#[test]
fn cells_of_which_nothing_is_said_leave_no_report() {
    let records = Records {
        of_item: vec![Some(Record {
            proofs: 0..1,
            warnings: None,
            entries: 0..0,
            act: 0,
            schemas: 0,
            version: Version::V2,
            first: None,
            last: None,
            issued: None,
        })],
        proofs: vec![0],
        entries: Vec::new(),
    };
    let parts = Parts::default();
    let reports = Composer::new(&parts, &records).compose(0..1).unwrap();
    assert_eq!(reports.iter().collect::<Vec<_>>(), [None]);
}
