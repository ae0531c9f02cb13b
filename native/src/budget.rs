//! A bound on the work one record may cause, in steps and in time.

use std::time::{Duration, Instant};

use crate::failure::{Failure, Found};

/// Steps and seconds that may still be spent on one record.
pub struct Budget {
    steps: u64,
    deadline: Option<Instant>,
    detail: &'static str,
}

impl Budget {
    /// Allows `steps` within `seconds`; `detail` says what could not be done when they run out.
    #[must_use]
    pub fn new(steps: u64, seconds: f64, detail: &'static str) -> Self {
        // Longer than a clock can say is as good as no limit.
        let span = Duration::try_from_secs_f64(seconds.max(0.0)).ok();
        Self { steps, deadline: span.and_then(|span| Instant::now().checked_add(span)), detail }
    }

    /// Counts one step; `graph.too_complex` (undecided) when there is none left.
    pub fn spend(&mut self) -> Found<()> {
        let in_time = self.deadline.is_none_or(|deadline| Instant::now() <= deadline);
        match self.steps.checked_sub(1).filter(|_| in_time) {
            Some(left) => {
                self.steps = left;
                Ok(())
            }
            None => Err(Failure::undecided("graph.too_complex", self.detail)),
        }
    }
}
