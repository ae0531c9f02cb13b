//! The workers' side of the bench's protocol: the first argument names the file with this worker's share of the work;
//! `{"ready": …}` is said once, then one round is done for each line read, and `{"seconds": …, "verified": n}` said.

use std::io::{self, BufRead, Write};
use std::time::Instant;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

/// Whatever ends a worker; the bench shows it.
pub type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// This worker's share of the work.
///
/// # Errors
///
/// When there is no such file, or it does not have the form that this worker takes.
pub fn share<T: DeserializeOwned>() -> Outcome<T> {
    let path = std::env::args().nth(1).ok_or("which share?")?;
    Ok(serde_json::from_slice(&std::fs::read(path)?)?)
}

/// Says that the worker is ready, then does the rounds, timing `work` alone.
///
/// # Errors
///
/// Whatever `work` finds wrong; nothing is said of that round.
pub fn serve<T>(
    rounds: &[Vec<T>],
    greeting: Map<String, Value>,
    mut work: impl FnMut(&T) -> Outcome<()>,
) -> Outcome<()> {
    let mut greeting = greeting;
    greeting.insert("ready".to_owned(), true.into());
    tell(&Value::Object(greeting))?;
    let mut lines = io::stdin().lock().lines();
    for items in rounds {
        if lines.next().transpose()?.is_none() {
            return Ok(());
        }
        let started = Instant::now();
        items.iter().try_for_each(&mut work)?;
        tell(&json!({"seconds": started.elapsed().as_secs_f64(), "verified": items.len()}))?;
    }
    Ok(())
}

fn tell(message: &Value) -> Outcome<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{message}")?;
    Ok(out.flush()?)
}
