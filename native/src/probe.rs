//! Where the time goes, for whoever asks; costs nothing when nobody does.

use std::cell::Cell;
use std::time::{Duration, Instant};

/// A kind of work on an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Reading JSON, and taking tokens apart.
    Parse,
    /// JSON-LD expansion and deserialisation to RDF.
    Expand,
    /// Canonical N-Quads or canonical JSON.
    Canonicalise,
    /// Hashing canonical forms.
    Hash,
    /// Checking signatures.
    Verify,
    /// Reading what was secured as a credential.
    Read,
}

impl Phase {
    /// Every phase, in order.
    pub const ALL: [Self; 6] = [Self::Parse, Self::Expand, Self::Canonicalise, Self::Hash, Self::Verify, Self::Read];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Parse => "parse",
            Self::Expand => "expand",
            Self::Canonicalise => "canonicalise",
            Self::Hash => "hash",
            Self::Verify => "verify",
            Self::Read => "read",
        }
    }
}

/// Watches work being done. No phase contains another.
pub trait Probe {
    /// Does `work`, which is of `phase`.
    fn during<T>(&self, phase: Phase, work: impl FnOnce() -> T) -> T;
}

/// Nobody watches.
#[derive(Clone, Copy, Debug)]
pub struct Unwatched;

impl Probe for Unwatched {
    #[inline(always)]
    fn during<T>(&self, _: Phase, work: impl FnOnce() -> T) -> T {
        work()
    }
}

/// Adds up the time each phase takes.
#[derive(Debug, Default)]
pub struct Stopwatch {
    spent: [Cell<Duration>; Phase::ALL.len()],
}

impl Stopwatch {
    /// What each phase took, in their order.
    pub fn spent(&self) -> impl Iterator<Item = (Phase, Duration)> {
        Phase::ALL.into_iter().zip(self.spent.iter().map(Cell::get))
    }
}

impl Probe for Stopwatch {
    fn during<T>(&self, phase: Phase, work: impl FnOnce() -> T) -> T {
        let started = Instant::now();
        let done = work();
        if let Some(spent) = self.spent.get(phase as usize) {
            spent.set(spent.get() + started.elapsed());
        }
        done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_added_up_by_phase() {
        let watch = Stopwatch::default();
        let until = |least| while Instant::now() < least {};
        for _ in 0..2 {
            let least = Instant::now() + Duration::from_millis(1);
            watch.during(Phase::Hash, || until(least));
        }
        let spent: Vec<_> = watch.spent().filter(|(_, spent)| *spent >= Duration::from_micros(1_900)).collect();
        assert_eq!(spent.iter().map(|(phase, _)| phase.name()).collect::<Vec<_>>(), ["hash"]);
    }
}
