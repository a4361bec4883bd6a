//! Numbers as people read them.

use crate::bench::statistics::{Difference, Ratio};
use crate::report::with_commas;

/// Three digits that count, and thousands apart: `84,800`, `12.3`, `0.0456`.
pub fn number(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return "0".into();
    }
    let digits = 2 - value.abs().log10().floor() as i32;
    let unit = 10f64.powi(-digits);
    let rounded = (value / unit).round() * unit;
    let text = format!("{rounded:.*}", digits.clamp(0, 6) as usize);
    if digits > 0 { text } else { with_commas(&text) }
}

/// A ratio alone: `1.24`, `0.071`, `12.3`.
pub fn quotient(value: f64) -> String {
    match value {
        0.1..10.0 => format!("{value:.2}"),
        other => number(other),
    }
}

/// A ratio, with `~` before it when it is no difference.
pub fn ratio(ratio: &Ratio) -> String {
    let sign = if ratio.difference() == Difference::None { "~" } else { "" };
    format!("{sign}{}", quotient(ratio.value))
}

/// A ratio with its interval: `1.24 (1.20 to 1.28)`.
pub fn interval(it: &Ratio) -> String {
    format!("{} {}", ratio(it), bounds(it))
}

/// The interval alone: `(1.20 to 1.28)`. An end is only 1.00 if it is.
pub fn bounds(it: &Ratio) -> String {
    let end = |value: f64| match quotient(value).as_str() {
        "1.00" if value != 1.0 => format!("{value:.3}"),
        text => text.into(),
    };
    format!("({} to {})", end(it.low), end(it.high))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_digits_count() {
        for (value, shown) in [
            (0.0, "0"),
            (1_234_567.0, "1,230,000"),
            (84_812.3, "84,800"),
            (999.6, "1,000"),
            (123.4, "123"),
            (12.34, "12.3"),
            (1.0, "1.00"),
            (0.045_61, "0.0456"),
        ] {
            assert_eq!(number(value), shown);
        }
    }

    #[test]
    fn no_difference_has_its_sign() {
        let unsure = Ratio { value: 1.02, low: 0.98, high: 1.06, rounds: 4 };
        assert_eq!(interval(&unsure), "~1.02 (0.98 to 1.06)");
        assert_eq!(bounds(&Ratio { high: 0.997, ..unsure }), "(0.98 to 0.997)");
        assert_eq!(ratio(&Ratio { low: 1.01, ..unsure }), "1.02");
        assert_eq!(quotient(0.0712), "0.0712");
        assert_eq!(quotient(12.345), "12.3");
    }
}
