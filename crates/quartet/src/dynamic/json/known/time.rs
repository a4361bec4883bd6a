//! Timestamp and Duration as texts. Both are seconds and nanoseconds.

/// 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z.
const TIMES: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;
/// 10,000 years.
const LONGEST: u64 = 315_576_000_000;
const DAY: i64 = 86_400;

const TIMESTAMP: &str = "a time such as \"2026-01-31T12:00:00.5Z\" is expected here";
const DURATION: &str = "a duration such as \"1.5s\" is expected here";

/// Of a text such as `2026-01-31T13:00:00.5+01:00` (RFC 3339).
pub fn parse_timestamp(text: &str) -> Result<(i64, i32), String> {
    let (day, second, nanos) = read_timestamp(text).ok_or(TIMESTAMP)?;
    let seconds = day * DAY + second;
    match TIMES.contains(&seconds) {
        true => Ok((seconds, nanos)),
        false => Err("a Timestamp lies in the years 1 to 9999".to_owned()),
    }
}

fn read_timestamp(text: &str) -> Option<(i64, i64, i32)> {
    let mut rest = text;
    let year = digits(&mut rest, 4, "-")?;
    let month = digits(&mut rest, 2, "-")?;
    let date = digits(&mut rest, 2, "T")?;
    let hour = digits(&mut rest, 2, ":")?;
    let minute = digits(&mut rest, 2, ":")?;
    let second = digits(&mut rest, 2, "")?;
    let nanos = fraction(&mut rest)?;
    let valid = (1..=12).contains(&month) && (1..=length(year, month)).contains(&date);
    if !valid || hour > 23 || minute > 59 || second > 59 || year == 0 {
        return None;
    }
    let offset = match rest {
        "Z" => 0,
        _ => {
            let sign = if rest.starts_with('-') { -1 } else { 1 };
            let mut rest = rest.strip_prefix(['+', '-'])?;
            let hours = digits(&mut rest, 2, ":")?;
            let minutes = digits(&mut rest, 2, "")?;
            if !rest.is_empty() || hours > 23 || minutes > 59 {
                return None;
            }
            sign * (hours * 3600 + minutes * 60)
        }
    };
    let second = hour * 3600 + minute * 60 + second - offset;
    Some((days(year, month, date), second, nanos))
}

/// The text of a time, in UTC.
pub fn print_timestamp(seconds: i64, nanos: i32) -> Result<String, String> {
    if !TIMES.contains(&seconds) || !(0..1_000_000_000).contains(&nanos) {
        return Err(format!("a Timestamp of {seconds} s and {nanos} ns is out of range"));
    }
    let (year, month, date) = civil(seconds.div_euclid(DAY));
    let second = seconds.rem_euclid(DAY);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    let fraction = shown_fraction(nanos.unsigned_abs());
    Ok(format!("{year:04}-{month:02}-{date:02}T{hour:02}:{minute:02}:{second:02}{fraction}Z"))
}

/// Of a text such as `-1.5s`.
pub fn parse_duration(text: &str) -> Result<(i64, i32), String> {
    let (negative, seconds, nanos) = read_duration(text).ok_or(DURATION)?;
    if seconds > LONGEST {
        return Err("a Duration has at most 315576000000 seconds".to_owned());
    }
    let seconds = seconds as i64;
    Ok(if negative { (-seconds, -nanos) } else { (seconds, nanos) })
}

fn read_duration(text: &str) -> Option<(bool, u64, i32)> {
    let text = text.strip_suffix('s')?;
    let (negative, text) = match text.strip_prefix('-') {
        Some(text) => (true, text),
        None => (false, text),
    };
    let end = text.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    let (seconds, mut rest) = text.split_at(end);
    // Digits that are no number are too many.
    let seconds = match seconds {
        "" => return None,
        digits => digits.parse().unwrap_or(u64::MAX),
    };
    let nanos = fraction(&mut rest)?;
    rest.is_empty().then_some((negative, seconds, nanos))
}

/// The text of a duration; both parts have the same sign.
pub fn print_duration(seconds: i64, nanos: i32) -> Result<String, String> {
    let signs_differ = seconds.signum() * i64::from(nanos.signum()) < 0;
    if signs_differ || seconds.unsigned_abs() > LONGEST || nanos.unsigned_abs() > 999_999_999 {
        return Err(format!("a Duration of {seconds} s and {nanos} ns is out of range"));
    }
    let sign = if seconds < 0 || nanos < 0 { "-" } else { "" };
    Ok(format!("{sign}{}{}s", seconds.unsigned_abs(), shown_fraction(nanos.unsigned_abs())))
}

/// So many digits, and what has to follow.
fn digits(rest: &mut &str, count: usize, after: &str) -> Option<i64> {
    let digits = rest.get(..count).filter(|it| it.bytes().all(|byte| byte.is_ascii_digit()))?;
    *rest = rest[count..].strip_prefix(after)?;
    digits.parse().ok()
}

/// The nanoseconds of a point and one to nine digits, or none.
fn fraction(rest: &mut &str) -> Option<i32> {
    let Some(after) = rest.strip_prefix('.') else { return Some(0) };
    let end = after.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(after.len());
    let (digits, after) = after.split_at(end);
    *rest = after;
    match digits.len() {
        1..=9 => format!("{digits:0<9}").parse().ok(),
        _ => None,
    }
}

/// With 0, 3, 6 or 9 digits, as few as do.
fn shown_fraction(nanos: u32) -> String {
    match nanos {
        0 => String::new(),
        nanos if nanos % 1_000_000 == 0 => format!(".{:03}", nanos / 1_000_000),
        nanos if nanos % 1000 == 0 => format!(".{:06}", nanos / 1000),
        nanos => format!(".{nanos:09}"),
    }
}

fn length(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01. Years begin in March here, so that a leap day is the last of its year.
/// <https://howardhinnant.github.io/date_algorithms.html>
fn days(year: i64, month: i64, date: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + date - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// Year, month and day of a day since 1970-01-01.
fn civil(day: i64) -> (i64, i64, i64) {
    let day = day + 719_468;
    let era = day.div_euclid(146_097);
    let of_era = day.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let date = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year + i64::from(month <= 2), month, date)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_go_both_ways() {
        for (text, seconds, nanos) in [
            ("1970-01-01T00:00:00Z", 0, 0),
            ("0001-01-01T00:00:00Z", -62_135_596_800, 0),
            ("9999-12-31T23:59:59.999999999Z", 253_402_300_799, 999_999_999),
            ("2000-02-29T12:34:56.789Z", 951_827_696, 789_000_000),
            ("1969-12-31T23:59:59.000001Z", -1, 1000),
        ] {
            assert_eq!(parse_timestamp(text), Ok((seconds, nanos)), "{text}");
            assert_eq!(print_timestamp(seconds, nanos).as_deref(), Ok(text));
        }
        assert_eq!(parse_timestamp("1970-01-01T01:30:00.5+01:30"), Ok((0, 500_000_000)));
        assert_eq!(parse_timestamp("1969-12-31T22:30:00-01:30"), Ok((0, 0)));
        for wrong in [
            "",
            "1970-01-01",
            "1970-01-01T00:00:00",
            "1970-02-30T00:00:00Z",
            "1970-01-01t00:00:00Z",
            "1970-01-01T00:00:00.1234567890Z",
            "1970-01-01T24:00:00Z",
            "0001-01-01T00:00:00+00:01",
            "0000-01-01T00:00:00Z",
            "1970-01-01T00:00:00Zx",
            "19é0-01-01T00:00:00Z",
        ] {
            assert!(parse_timestamp(wrong).is_err(), "{wrong}");
        }
        assert!(print_timestamp(253_402_300_800, 0).is_err());
        assert!(print_timestamp(0, -1).is_err());
    }

    #[test]
    fn durations_go_both_ways() {
        for (text, seconds, nanos) in [
            ("0s", 0, 0),
            ("1.500s", 1, 500_000_000),
            ("-0.500s", 0, -500_000_000),
            ("-1.000000001s", -1, -1),
            ("315576000000s", 315_576_000_000, 0),
        ] {
            assert_eq!(parse_duration(text), Ok((seconds, nanos)), "{text}");
            assert_eq!(print_duration(seconds, nanos).as_deref(), Ok(text));
        }
        for wrong in
            ["", "s", "1", "1.s", ".5s", "1 s", "+1s", "315576000001s", "--1s", "1.1234567890s"]
        {
            assert!(parse_duration(wrong).is_err(), "{wrong}");
        }
        for (seconds, nanos) in [(1, -1), (-1, 1), (0, 1_000_000_000), (i64::MIN, 0)] {
            assert!(print_duration(seconds, nanos).is_err(), "{seconds} {nanos}");
        }
    }
}
