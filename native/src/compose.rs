//! Puts the reports on plain records together from what is said of their cells.

use std::collections::HashMap;
use std::ops::Range;

use crate::instant::{Instant, write_instant};
use crate::period::Version;
use crate::plain::{Record, Records};

const NOT_RUN: &str = "check.not_run"; // the code where nothing that decides was checked
const END: &[u8] = b",\"children\":[]}";
const USUAL_SIZE: usize = 2_048; // bytes of a report

/// May this record be relied on?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    Valid,
    Invalid,
    Indeterminate,
}

/// An outcome and the code that decided it.
pub type Verdict<'p> = (Outcome, Option<&'p str>);

/// What is said of a cell: check results as JSON objects with commas between.
///
/// `failed` and `unknown` are the codes of the first result of that outcome that decides, `passed` says whether one
/// that decides has passed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Part<'p> {
    pub checks: &'p [u8],
    pub failed: Option<&'p str>,
    pub unknown: Option<&'p str>,
    pub passed: bool,
}

/// What is said of a status cell, by the entry's bit; without `bits` that it is clear.
#[derive(Clone, Copy, Debug)]
pub struct StatusPart<'p> {
    pub clear: Part<'p>,
    pub set: Part<'p>,
    pub bits: Option<&'p [u8]>,
}

/// What is said of an act: `part`, the time of issuance, `rest`; without `rest` no time. `issuer` is a JSON value.
#[derive(Clone, Copy, Debug)]
pub struct ActPart<'p> {
    pub part: Part<'p>,
    pub rest: Option<&'p [u8]>,
    pub issuer: &'p [u8],
}

/// What is said of dates: `part`, the dates as further members, `rest`; without `rest` no dates.
#[derive(Clone, Copy, Debug, Default)]
pub struct DatesPart<'p> {
    pub part: Part<'p>,
    pub rest: Option<&'p [u8]>,
}

/// How the reports with one verdict begin, up to and including the bracket that opens the checks.
#[derive(Clone, Copy, Debug)]
pub struct Head<'p> {
    pub verdict: Verdict<'p>,
    pub text: &'p [u8],
}

/// What is said of each cell, in the order of their numbers.
#[derive(Debug, Default)]
pub struct Parts<'p> {
    pub proofs: Vec<Part<'p>>,
    pub warnings: Vec<Part<'p>>,
    pub dates: DatesPart<'p>,
    pub statuses: Vec<StatusPart<'p>>,
    pub no_status: Part<'p>,
    pub acts: Vec<ActPart<'p>>,
    pub schemas: Vec<Part<'p>>,
    pub heads: Vec<Head<'p>>,
}

/// The reports on some records, one after another, each with the number of its head.
#[derive(Debug, Default)]
pub struct Reports {
    text: Vec<u8>,
    of_item: Vec<Option<(usize, Range<usize>)>>,
}

impl Reports {
    /// The number of its head and the text of each report, in order; nothing where there is none.
    pub fn iter(&self) -> impl Iterator<Item = Option<(usize, &[u8])>> {
        self.of_item
            .iter()
            .map(|found| found.as_ref().and_then(|(head, place)| Some((*head, self.text.get(place.clone())?))))
    }
}

/// No head was given for this verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoHead<'p>(pub Verdict<'p>);

/// Puts reports together; what was looked up once serves for all of a batch.
pub struct Composer<'p> {
    parts: &'p Parts<'p>,
    records: &'p Records,
    heads: HashMap<Verdict<'p>, usize, foldhash::fast::RandomState>,
}

/// What is said of one cell, and the times that belong to it.
struct Piece<'p> {
    part: &'p Part<'p>,
    times: Times<'p>,
}

#[derive(Clone, Copy)]
enum Times<'p> {
    None,
    Dates([(&'static str, Option<Instant>); 2], &'p [u8]),
    Issued(Instant, &'p [u8]),
}

impl<'p> Composer<'p> {
    /// A composer of reports on `records`.
    #[must_use]
    pub fn new(parts: &'p Parts<'p>, records: &'p Records) -> Self {
        let heads = parts.heads.iter().enumerate().map(|(number, head)| (head.verdict, number)).collect();
        Self { parts, records, heads }
    }

    /// The reports on the items at `places`; none where a record is not plain, where its status list is too short for
    /// it, or where nothing is said of one of its cells.
    ///
    /// # Errors
    ///
    /// A verdict that has no head.
    pub fn compose(&self, places: Range<usize>) -> Result<Reports, NoHead<'p>> {
        let mut reports = Reports::default();
        let mut pieces = Vec::new();
        let records = self.records.of_item.get(places).unwrap_or_default();
        reports.text.reserve(records.len() * USUAL_SIZE);
        for record in records {
            let Some(record) = record else {
                reports.of_item.push(None);
                continue;
            };
            pieces.clear();
            let issuer = self.gather(record, &mut pieces);
            let report = issuer.map(|issuer| self.write(&pieces, issuer, &mut reports.text)).transpose()?;
            reports.of_item.push(report);
        }
        Ok(reports)
    }

    /// Gathers what is said of a record, in order; returns its issuer.
    fn gather(&self, record: &Record, pieces: &mut Vec<Piece<'p>>) -> Option<&'p [u8]> {
        let Parts { proofs, warnings, dates, acts, schemas, .. } = self.parts;
        for number in self.records.proofs.get(record.proofs.clone())? {
            pieces.push(Piece::of(proofs.get(*number)?));
        }
        if let Some(number) = record.warnings {
            pieces.push(Piece::of(warnings.get(number)?));
        }
        pieces.push(Piece { part: &dates.part, times: dates.rest.map_or(Times::None, |rest| dates_of(record, rest)) });
        self.gather_status(record, pieces)?;
        let act = acts.get(record.act)?;
        let issued = record.issued.zip(act.rest).map_or(Times::None, |(at, rest)| Times::Issued(at, rest));
        pieces.push(Piece { part: &act.part, times: issued });
        pieces.push(Piece::of(schemas.get(record.schemas)?));
        Some(act.issuer)
    }

    fn gather_status(&self, record: &Record, pieces: &mut Vec<Piece<'p>>) -> Option<()> {
        let entries = self.records.entries.get(record.entries.clone())?;
        if entries.is_empty() {
            pieces.push(Piece::of(&self.parts.no_status));
        }
        for (number, index) in entries {
            let status = self.parts.statuses.get(*number)?;
            let is_set = status.bits.map_or(Some(false), |bits| bit(bits, *index))?;
            pieces.push(Piece::of(if is_set { &status.set } else { &status.clear }));
        }
        Some(())
    }

    /// Adds a report to `text`; returns where, and the number of its head.
    fn write(
        &self,
        pieces: &[Piece<'p>],
        issuer: &[u8],
        text: &mut Vec<u8>,
    ) -> Result<(usize, Range<usize>), NoHead<'p>> {
        let verdict = verdict(pieces.iter().map(|piece| piece.part));
        let number = *self.heads.get(&verdict).ok_or(NoHead(verdict))?;
        let start = text.len();
        text.extend_from_slice(self.parts.heads.get(number).ok_or(NoHead(verdict))?.text);
        let opened = text.len();
        for piece in pieces {
            if text.len() > opened && !piece.is_empty() {
                text.push(b',');
            }
            piece.write(text);
        }
        text.extend_from_slice(b"],\"issuer\":");
        text.extend_from_slice(issuer);
        text.extend_from_slice(END);
        Ok((number, start..text.len()))
    }
}

impl<'p> Piece<'p> {
    fn of(part: &'p Part<'p>) -> Self {
        Self { part, times: Times::None }
    }

    fn is_empty(&self) -> bool {
        self.part.checks.is_empty() && matches!(self.times, Times::None)
    }

    fn write(&self, text: &mut Vec<u8>) {
        text.extend_from_slice(self.part.checks);
        match self.times {
            Times::None => {}
            Times::Dates(dates, rest) => {
                for (name, at) in dates {
                    let Some(at) = at else { continue };
                    text.extend_from_slice(name.as_bytes());
                    write_instant(at, text);
                    text.push(b'"');
                }
                text.extend_from_slice(rest);
            }
            Times::Issued(at, rest) => {
                write_instant(at, text);
                text.extend_from_slice(rest);
            }
        }
    }
}

/// The dates of a record, each after the beginning of its member.
fn dates_of<'p>(record: &Record, rest: &'p [u8]) -> Times<'p> {
    let [first, last] = match record.version {
        Version::V1 => [",\"issuanceDate\":\"", ",\"expirationDate\":\""],
        Version::V2 => [",\"validFrom\":\"", ",\"validUntil\":\""],
    };
    Times::Dates([(first, record.first), (last, record.last)], rest)
}

/// The bit `index`, bit 0 being the most significant one of byte 0; nothing beyond the end.
fn bit(bits: &[u8], index: u64) -> Option<bool> {
    let byte = bits.get(usize::try_from(index / 8).ok()?)?;
    Some(byte >> (7 - index % 8) & 1 == 1)
}

/// What follows from all that is said: one failure that decides makes a record invalid, whatever else is unknown; else
/// one unknown makes it indeterminate. Nothing checked is nothing known.
fn verdict<'p>(parts: impl Iterator<Item = &'p Part<'p>> + Clone) -> Verdict<'p> {
    if let Some(code) = parts.clone().find_map(|part| part.failed) {
        return (Outcome::Invalid, Some(code));
    }
    if let Some(code) = parts.clone().find_map(|part| part.unknown) {
        return (Outcome::Indeterminate, Some(code));
    }
    if parts.clone().any(|part| part.passed) { (Outcome::Valid, None) } else { (Outcome::Indeterminate, Some(NOT_RUN)) }
}

#[cfg(test)]
mod tests;
