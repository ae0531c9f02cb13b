//! Points in time: whole microseconds since 1970-01-01T00:00:00Z (VCDM 2.0 §2.3, Representing Time).
//!
//! The lexical space allows years far past 9999 and before 1, and `24:00:00`.

/// Microseconds since the epoch; the years that can be written reach past 64 bits.
pub type Instant = i128;

/// Microseconds in a second.
pub const SECOND: Instant = 1_000_000;
const MINUTE: Instant = 60 * SECOND;
const DAY: Instant = 86_400 * SECOND;
const MOST_YEAR_DIGITS: usize = 9;
const MOST_FRACTION_DIGITS: usize = 30;
const USUAL_LENGTH: usize = "2000-01-01T00:00:00Z".len();

/// Why a text is no `dateTimeStamp`.
pub type Fault = &'static str;

const NOT_OF_THE_FORM: Fault = "not a date and time of the form YYYY-MM-DDThh:mm:ssZ";

/// Reads an XML Schema `dateTimeStamp`; digits past the microsecond are dropped.
///
/// Returns the instant and whether the mandatory offset was there; without one the value is read as UTC.
pub fn parse_date_time_stamp(text: &str) -> Result<(Instant, bool), Fault> {
    let mut rest = Reader(text.as_bytes());
    let stamp = read(&mut rest).filter(|_| rest.0.is_empty()).ok_or(NOT_OF_THE_FORM)?;
    if stamp.day > days_in(stamp.year, stamp.month) {
        return Err("day is out of range for month");
    }
    let day = Instant::from(days_from_epoch(stamp.year, stamp.month, stamp.day));
    Ok((day * DAY + stamp.clock - stamp.offset.unwrap_or(0), stamp.offset.is_some()))
}

/// Returns `instant` as `YYYY-MM-DDThh:mm:ssZ`, cut to whole seconds.
#[must_use]
pub fn format_instant(instant: Instant) -> String {
    let mut text = Vec::with_capacity(USUAL_LENGTH);
    write_instant(instant, &mut text);
    text.into_iter().map(char::from).collect()
}

/// Adds `instant` to `text` as [`format_instant`] has it.
pub fn write_instant(instant: Instant, text: &mut Vec<u8>) {
    let seconds = whole_seconds(instant);
    let (days, clock) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = date_of(days);
    if year < 0 {
        text.push(b'-');
    }
    let size = year.unsigned_abs();
    if size > 9_999 {
        text.extend_from_slice((size / 10_000).to_string().as_bytes());
    }
    push_two_digits(size / 100 % 100, text);
    push_two_digits(size % 100, text);
    for (mark, number) in
        [(b'-', month), (b'-', day), (b'T', clock / 3_600), (b':', clock / 60 % 60), (b':', clock % 60)]
    {
        text.push(mark);
        push_two_digits(number.unsigned_abs(), text);
    }
    text.push(b'Z');
}

/// The seconds before `instant`; every year that can be written is within 64 bits of them.
#[allow(clippy::cast_possible_truncation)] // see above
fn whole_seconds(instant: Instant) -> i64 {
    match i64::try_from(instant) {
        Ok(microseconds) => microseconds.div_euclid(1_000_000), // much quicker than with 128 bits
        Err(_) => instant.div_euclid(SECOND) as i64,
    }
}

#[allow(clippy::cast_possible_truncation)] // a digit
fn push_two_digits(number: u64, text: &mut Vec<u8>) {
    text.extend_from_slice(&[b'0' + (number / 10) as u8, b'0' + (number % 10) as u8]);
}

struct Stamp {
    year: i64,
    month: i64,
    day: i64,
    clock: Instant,
    offset: Option<Instant>,
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn accept(&mut self, byte: u8) -> Option<()> {
        let rest = self.0.strip_prefix(&[byte])?;
        self.0 = rest;
        Some(())
    }

    /// The number in the next `count` digits.
    fn digits(&mut self, count: usize) -> Option<i64> {
        let (digits, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        digits.iter().try_fold(0, |number, byte| byte.is_ascii_digit().then(|| number * 10 + i64::from(byte - b'0')))
    }

    fn number(&mut self, count: usize, least: i64, most: i64) -> Option<i64> {
        self.digits(count).filter(|number| (least..=most).contains(number))
    }

    fn count_digits(&self) -> usize {
        self.0.iter().take_while(|byte| byte.is_ascii_digit()).count()
    }
}

fn read(rest: &mut Reader<'_>) -> Option<Stamp> {
    let year = read_year(rest)?;
    rest.accept(b'-')?;
    let month = rest.number(2, 1, 12)?;
    rest.accept(b'-')?;
    let day = rest.number(2, 1, 31)?;
    rest.accept(b'T')?;
    let clock = read_clock(rest)?;
    let offset = read_offset(rest)?;
    Some(Stamp { year, month, day, clock, offset })
}

fn read_year(rest: &mut Reader<'_>) -> Option<i64> {
    let negative = rest.accept(b'-').is_some();
    let count = rest.count_digits();
    let is_padded = rest.0.first() == Some(&b'0');
    if !(4..=MOST_YEAR_DIGITS).contains(&count) || (is_padded && count != 4) {
        return None;
    }
    let year = rest.digits(count)?;
    Some(if negative { -year } else { year })
}

fn read_clock(rest: &mut Reader<'_>) -> Option<Instant> {
    let hour = rest.number(2, 0, 24)?;
    rest.accept(b':')?;
    let minute = rest.number(2, 0, 59)?;
    rest.accept(b':')?;
    let second = rest.number(2, 0, 59)?;
    let fraction = read_fraction(rest)?;
    if hour == 24 && (minute != 0 || second != 0 || !fraction.is_zero) {
        return None;
    }
    Some(Instant::from(hour * 3600 + minute * 60 + second) * SECOND + Instant::from(fraction.microseconds))
}

struct Fraction {
    microseconds: i64,
    is_zero: bool,
}

fn read_fraction(rest: &mut Reader<'_>) -> Option<Fraction> {
    if rest.accept(b'.').is_none() {
        return Some(Fraction { microseconds: 0, is_zero: true });
    }
    let count = rest.count_digits();
    if count == 0 || count > MOST_FRACTION_DIGITS {
        return None;
    }
    let (digits, left) = rest.0.split_at_checked(count)?;
    rest.0 = left;
    let padded = digits.iter().copied().chain(std::iter::repeat(b'0')).take(6);
    let microseconds = padded.fold(0, |number, byte| number * 10 + i64::from(byte - b'0'));
    Some(Fraction { microseconds, is_zero: digits.iter().all(|digit| *digit == b'0') })
}

/// Reads `Z`, `±hh:mm` or nothing; the inner `None` says that there was none.
fn read_offset(rest: &mut Reader<'_>) -> Option<Option<Instant>> {
    if rest.0.is_empty() {
        return Some(None);
    }
    if rest.accept(b'Z').is_some() {
        return Some(Some(0));
    }
    let sign = if rest.accept(b'-').is_some() { -1 } else { rest.accept(b'+').map(|()| 1)? };
    let hours = rest.number(2, 0, 14)?;
    rest.accept(b':')?;
    let minutes = rest.number(2, 0, if hours == 14 { 0 } else { 59 })?;
    Some(Some(sign * Instant::from(hours * 60 + minutes) * MINUTE))
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01 in the proleptic Gregorian calendar; years are counted from March, so that the leap
/// day comes last.
fn days_from_epoch(year: i64, month: i64, day: i64) -> i64 {
    let (march_year, march_month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let (cycle, year_in_cycle) = (march_year.div_euclid(400), march_year.rem_euclid(400));
    let day_in_year = (153 * march_month + 2) / 5 + day - 1;
    cycle * 146_097 + year_in_cycle * 365 + year_in_cycle / 4 - year_in_cycle / 100 + day_in_year - 719_468
}

/// Year, month and day that is `days` after 1970-01-01.
fn date_of(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let (cycle, day_in_cycle) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_in_cycle = (day_in_cycle - day_in_cycle / 1_460 + day_in_cycle / 36_524 - day_in_cycle / 146_096) / 365;
    let day_in_year = day_in_cycle - (365 * year_in_cycle + year_in_cycle / 4 - year_in_cycle / 100);
    let march_month = (5 * day_in_year + 2) / 153;
    let day = day_in_year - (153 * march_month + 2) / 5 + 1;
    let (month, carry) = if march_month < 10 { (march_month + 3, 0) } else { (march_month - 9, 1) };
    (year_in_cycle + cycle * 400 + carry, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_instants() {
        let known = [
            ("1970-01-01T00:00:00Z", 0),
            ("2000-02-29T23:59:59.9999999Z", 951_868_799_999_999),
            ("2024-12-31T24:00:00Z", 1_735_689_600_000_000),
            ("2024-01-01T00:00:00+14:00", 1_704_016_800_000_000),
            ("-0001-03-01T00:00:00Z", -62_193_657_600_000_000),
        ];
        for (text, instant) in known {
            assert_eq!(parse_date_time_stamp(text), Ok((instant, true)), "{text}");
        }
        assert_eq!(parse_date_time_stamp("1970-01-01T00:00:01"), Ok((SECOND, false)));
    }

    #[test]
    fn refused() {
        for text in [
            "",
            "2024-01-01",
            "02024-01-01T00:00:00Z",
            "2024-02-30T00:00:00Z",
            "2024-01-01T24:00:01Z",
            "2024-01-01T00:00:00+14:01",
            "2024-01-01T00:00:00z",
            "2024-01-01T00:00:00.Z",
            "2024-1-01T00:00:00Z",
            "2024-01-01T00:00:60Z",
            "1234567890-01-01T00:00:00Z",
            "2024-01-01T00:00:00Z ",
            "2024-00-01T00:00:00Z",
        ] {
            assert!(parse_date_time_stamp(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".{0,40}") {
            let _ = parse_date_time_stamp(&text);
        }

        #[test]
        fn what_is_written_is_read_back(seconds in -31_557_014_135_596_800i64..=31_556_889_832_780_799) {
            let instant = Instant::from(seconds) * SECOND;
            prop_assert_eq!(parse_date_time_stamp(&format_instant(instant)), Ok((instant, true)));
        }
    }
}
