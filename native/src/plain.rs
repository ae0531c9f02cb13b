//! Plain records: the common kind, of which much the same is said, taken apart into the cells they have in common.
//!
//! A record is plain when every proof on it holds, it conforms, it lies within its dates, it contains no other
//! credential, and each of its status entries is of the usual kind. Whatever is unusual is left to others.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::ops::Range;

use crate::failure::{Failure, Found};
use crate::instant::Instant;
use crate::json::Value;
use crate::outcome::{Authentication, ProofOutcome, Secured};
use crate::period::Version;

/// Characters of what names a record and is not met in an address by chance.
const SHORTEST_NAME: usize = 6;
const MOST_INDEX_DIGITS: usize = 18; // of an index that 64 bits hold

/// What a record must keep to in order to be plain; `skew` (microseconds) is what clocks may be off.
#[derive(Clone, Debug)]
pub struct Terms {
    pub at: Instant,
    pub skew: Instant,
    /// Whether proofs outside their own period count as not holding.
    pub periods: bool,
    /// Whether the record's own dates are looked at.
    pub dates: bool,
    /// The types of status entry that are usual; nothing when status is not looked at.
    pub kinds: Option<HashSet<String>>,
    pub status_entries: usize,
}

/// Proofs that differ in nothing that is reported of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ProofCell<'r> {
    pub pointer: &'r str,
    pub suite: &'r str,
    pub method: Option<&'r str>,
}

/// Status entries that differ in their index alone, on records of one issuer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StatusCell<'r> {
    pub pointer: &'r str,
    pub kind: &'r str,
    pub list: &'r str,
    pub purpose: &'r str,
    pub issuer: &'r str,
}

/// Acts of issuing between the same two turns of what is said of their issuer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ActCell<'r> {
    pub issuer: &'r str,
    pub types: &'r [String],
    pub source: &'r str,
    /// How many turns came before; nothing for an act without a time.
    turns: Option<usize>,
}

/// The cells of a batch, in the order in which they were met.
#[derive(Debug, Default)]
pub struct Cells<'r> {
    pub proofs: Numbered<ProofCell<'r>>,
    pub warnings: Numbered<&'r [Failure]>,
    pub statuses: Numbered<StatusCell<'r>>,
    /// How many entries there are of each status cell.
    pub entries: Vec<usize>,
    pub acts: Numbered<ActCell<'r>>,
    /// When one act of each cell was.
    pub issued: Vec<Option<Instant>>,
    pub schemas: Numbered<&'r [String]>,
}

/// A plain record as the numbers of its cells; those of its proofs and entries are in [`Records`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    pub proofs: Range<usize>,
    pub warnings: Option<usize>,
    pub entries: Range<usize>,
    pub act: usize,
    pub schemas: usize,
    pub version: Version,
    pub first: Option<Instant>,
    pub last: Option<Instant>,
    pub issued: Option<Instant>,
}

/// The plain records of a batch by place, nothing where a record is not plain.
#[derive(Debug, Default)]
pub struct Records {
    pub of_item: Vec<Option<Record>>,
    /// Numbers of proof cells.
    pub proofs: Vec<usize>,
    /// Numbers of status cells, each with an index into its list.
    pub entries: Vec<(usize, u64)>,
}

/// Distinct values, numbered from 0 in the order in which they come.
#[derive(Debug)]
pub struct Numbered<K> {
    numbers: HashMap<K, usize, foldhash::fast::RandomState>,
    values: Vec<K>,
}

impl<K> Default for Numbered<K> {
    fn default() -> Self {
        Self { numbers: HashMap::default(), values: Vec::new() }
    }
}

impl<K: Copy + Eq + Hash> Numbered<K> {
    /// The values, in the order of their numbers.
    #[must_use]
    pub fn values(&self) -> &[K] {
        &self.values
    }

    /// The number of `value`, the next one when it is new.
    fn number(&mut self, value: K) -> usize {
        *self.numbers.entry(value).or_insert_with(|| {
            self.values.push(value);
            self.values.len() - 1
        })
    }
}

/// The plain ones among the outcomes of a batch.
#[derive(Debug)]
pub struct Plain<'r> {
    of_item: Vec<Option<Sound<'r>>>,
    entries: Vec<Entry<'r>>,
    issuers: Numbered<&'r str>,
}

#[derive(Debug)]
struct Sound<'r> {
    proofs: &'r [ProofOutcome],
    secured: &'r Secured,
    entries: Range<usize>,
    issuer: usize,
}

#[derive(Debug)]
struct Entry<'r> {
    cell: StatusCell<'r>,
    index: u64,
}

impl<'r> Plain<'r> {
    /// The plain ones by `terms` among `outcomes`.
    pub fn among(outcomes: impl Iterator<Item = &'r Found<Authentication>>, terms: &Terms) -> Self {
        let mut plain = Self { of_item: Vec::new(), entries: Vec::new(), issuers: Numbered::default() };
        for outcome in outcomes {
            let found = plain.sound(outcome, terms);
            plain.of_item.push(found);
        }
        plain
    }

    /// The issuers of plain records, each once.
    #[must_use]
    pub fn issuers(&self) -> &[&'r str] {
        self.issuers.values()
    }

    fn sound(&mut self, outcome: &'r Found<Authentication>, terms: &Terms) -> Option<Sound<'r>> {
        let done = outcome.as_ref().ok()?;
        let secured = done.secured.as_ref()?;
        if !hold(&done.proofs, terms) || !conforms(secured, terms) {
            return None;
        }
        let start = self.entries.len();
        if let Some(kinds) = &terms.kinds
            && !secured.status.iter().all(|stated| self.take_entry(stated, secured, kinds))
        {
            self.entries.truncate(start);
            return None;
        }
        let issuer = self.issuers.number(&secured.issuer);
        Some(Sound { proofs: &done.proofs, secured, entries: start..self.entries.len(), issuer })
    }

    fn take_entry(
        &mut self,
        stated: &'r (String, Value<'static>),
        secured: &'r Secured,
        kinds: &HashSet<String>,
    ) -> bool {
        let found = entry(stated, secured, kinds);
        let is_plain = found.is_some();
        self.entries.extend(found);
        is_plain
    }

    /// The records and their cells; `turns` has for each of [`Self::issuers`], in order, the instants of issuance from
    /// which on something else is said of it.
    #[must_use]
    pub fn apart(self, turns: &[Vec<Instant>]) -> (Records, Cells<'r>) {
        let (mut records, mut cells) = (Records::default(), Cells::default());
        records.entries.extend(self.entries.iter().map(|entry| (cells.entry(entry.cell), entry.index)));
        for sound in self.of_item {
            let record = sound.map(|sound| {
                let turns = turns.get(sound.issuer).map(Vec::as_slice).unwrap_or_default();
                cells.record(sound, turns, &mut records.proofs)
            });
            records.of_item.push(record);
        }
        (records, cells)
    }
}

impl<'r> Cells<'r> {
    fn record(&mut self, sound: Sound<'r>, turns: &[Instant], proofs: &mut Vec<usize>) -> Record {
        let secured = sound.secured;
        let start = proofs.len();
        proofs.extend(sound.proofs.iter().map(|proof| self.proofs.number(proof_cell(proof))));
        Record {
            proofs: start..proofs.len(),
            warnings: (!secured.warnings.is_empty()).then(|| self.warnings.number(&secured.warnings)),
            entries: sound.entries,
            act: self.act(secured, turns),
            schemas: self.schemas.number(&secured.schemas),
            version: secured.version,
            first: secured.valid_from,
            last: secured.valid_until,
            issued: secured.issued_at,
        }
    }

    fn act(&mut self, secured: &'r Secured, turns: &[Instant]) -> usize {
        let turns = secured.issued_at.map(|issued| turns.partition_point(|turn| *turn <= issued));
        let (types, source) = (secured.types.as_slice(), secured.issued_at_source);
        let act = self.acts.number(ActCell { issuer: &secured.issuer, types, source, turns });
        if act == self.issued.len() {
            self.issued.push(secured.issued_at);
        }
        act
    }

    fn entry(&mut self, cell: StatusCell<'r>) -> usize {
        let number = self.statuses.number(cell);
        match self.entries.get_mut(number) {
            Some(count) => *count += 1,
            None => self.entries.push(1),
        }
        number
    }
}

fn proof_cell(proof: &ProofOutcome) -> ProofCell<'_> {
    ProofCell { pointer: &proof.pointer, suite: &proof.suite, method: proof.method.as_deref() }
}

/// Whether there are proofs, and every one holds.
fn hold(proofs: &[ProofOutcome], terms: &Terms) -> bool {
    !proofs.is_empty()
        && proofs.iter().all(|proof| proof.failure.is_none() && !(terms.periods && is_outside(proof, terms)))
}

fn is_outside(proof: &ProofOutcome, terms: &Terms) -> bool {
    proof.created.is_some_and(|created| created > terms.at + terms.skew)
        || proof.expires.is_some_and(|expires| expires <= terms.at - terms.skew)
}

/// Whether nothing is wrong with the record itself.
fn conforms(secured: &Secured, terms: &Terms) -> bool {
    secured.malformed.is_none()
        && secured.embedded.is_empty()
        && secured.status.len() <= terms.status_entries
        && !(terms.dates && is_ill_timed(secured, terms))
}

fn is_ill_timed(secured: &Secured, terms: &Terms) -> bool {
    secured.valid_until.is_some_and(|last| terms.at - terms.skew > last)
        || secured.valid_from.is_some_and(|first| terms.at + terms.skew < first)
}

/// The status entry at `pointer`, if it is of the usual kind: these members and no others, each a text.
fn entry<'r>(
    (pointer, value): &'r (String, Value<'static>),
    secured: &'r Secured,
    kinds: &HashSet<String>,
) -> Option<Entry<'r>> {
    let Value::Object(members) = value else { return None };
    let (mut id, mut kind, mut purpose, mut index, mut list) = (None, None, None, None, None);
    for (name, value) in members {
        let member = match name.as_ref() {
            "id" => &mut id,
            "type" => &mut kind,
            "statusPurpose" => &mut purpose,
            "statusListIndex" => &mut index,
            "statusListCredential" => &mut list,
            _ => return None,
        };
        *member = Some(value.as_str()?);
    }
    let kind = kind.filter(|kind| kinds.contains(*kind))?;
    let is_usual =
        |list: &&str| !list.contains('#') && id != Some(*list) && !is_at(secured, list) && !names(secured, list);
    let list = list.filter(is_usual)?;
    let cell = StatusCell { pointer, kind, list, purpose: purpose?, issuer: &secured.issuer };
    Some(Entry { cell, index: number(index?)? })
}

/// Whether the record itself is what stands at `url`.
fn is_at(secured: &Secured, url: &str) -> bool {
    secured.id.as_deref().is_some_and(|id| id.split('#').next() == Some(url))
}

/// Whether `url` has in it what names the record: its list may be one for this record alone.
fn names(secured: &Secured, url: &str) -> bool {
    let id = secured.id.as_deref().and_then(|id| id.split('#').next()).unwrap_or_default();
    let name = id.trim_end_matches('/').rsplit(['/', ':', '=', '?', '&']).next().unwrap_or_default();
    name.len() >= SHORTEST_NAME && url.contains(name)
}

/// The number written in the one way there is in base 10.
fn number(text: &str) -> Option<u64> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    text.parse().ok().filter(|_| is_plain && text.len() <= MOST_INDEX_DIGITS)
}

#[cfg(test)]
mod tests;
