//! How two contestants compare, and how sure that is.

use std::collections::BTreeMap;

/// The ratio of two figures, with the interval that holds it with 95 % confidence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ratio {
    /// The geometric mean of the rounds' ratios.
    pub value: f64,
    /// Where the interval begins.
    pub low: f64,
    /// Where it ends.
    pub high: f64,
    /// How many rounds it rests on.
    pub rounds: usize,
}

/// What a ratio says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Difference {
    /// Above 1, and the whole interval is.
    More,
    /// Below 1, and the whole interval is.
    Less,
    /// The interval spans 1.
    None,
}

impl Ratio {
    /// Of figures by round. Rounds that one of them lacks don't count, and a single round says
    /// nothing: then there is none.
    ///
    /// A round's figures were taken one after the other, so what a noisy machine does to both
    /// cancels in their ratio. The logarithms of the ratios are taken to be normal, and the
    /// interval is Student's.
    pub fn of(figures: &BTreeMap<usize, f64>, to: &BTreeMap<usize, f64>) -> Option<Self> {
        let both = figures.iter().filter_map(|(round, figure)| Some((figure, to.get(round)?)));
        let ratios = both.filter(|(a, b)| **a > 0.0 && **b > 0.0).map(|(a, b)| (a / b).ln());
        let logs: Vec<_> = ratios.collect();
        let freedom = logs.len().checked_sub(1).filter(|it| *it > 0)?;
        let mean = logs.iter().sum::<f64>() / logs.len() as f64;
        let variance = logs.iter().map(|it| (it - mean).powi(2)).sum::<f64>() / freedom as f64;
        let half = student(freedom) * (variance / logs.len() as f64).sqrt();
        let [value, low, high] = [mean, mean - half, mean + half].map(f64::exp);
        Some(Self { value, low, high, rounds: logs.len() })
    }

    /// What it says.
    pub fn difference(&self) -> Difference {
        if self.low > 1.0 {
            Difference::More
        } else if self.high < 1.0 {
            Difference::Less
        } else {
            Difference::None
        }
    }
}

/// The middle of figures; of an even number, the mean of the two in the middle.
pub fn median(figures: impl IntoIterator<Item = f64>) -> Option<f64> {
    let mut sorted: Vec<_> = figures.into_iter().collect();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => None,
        odd if odd % 2 == 1 => Some(sorted[middle]),
        _ => Some(f64::midpoint(sorted[middle - 1], sorted[middle])),
    }
}

/// Student's t for 95 %, both sides, by degrees of freedom.
fn student(freedom: usize) -> f64 {
    const T: [f64; 30] = [
        12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160,
        2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056,
        2.052, 2.048, 2.045, 2.042,
    ];
    T.get(freedom - 1).copied().unwrap_or(1.96)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rounds(figures: &[f64]) -> BTreeMap<usize, f64> {
        (1..).zip(figures.iter().copied()).collect()
    }

    #[test]
    fn what_happens_to_a_whole_round_cancels() {
        let ratio = Ratio::of(&rounds(&[10.0, 2.0, 30.0]), &rounds(&[5.0, 1.0, 15.0])).unwrap();
        assert!((ratio.value - 2.0).abs() < 1e-9 && (ratio.high - ratio.low) < 1e-9, "{ratio:?}");
        assert_eq!(ratio.difference(), Difference::More);
    }

    #[test]
    fn an_interval_that_spans_1_is_no_difference() {
        let ratio = Ratio::of(&rounds(&[1.0, 1.1, 0.9, 1.2]), &rounds(&[1.0; 4])).unwrap();
        assert!(ratio.low < 1.0 && 1.0 < ratio.high, "{ratio:?}");
        assert_eq!(ratio.difference(), Difference::None);
    }

    /// Student's own sleep data (1908), as ratios: their logarithms' interval from a textbook.
    #[test]
    fn the_interval_is_students() {
        let logs: [f64; 10] = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0];
        let ratio = Ratio::of(&rounds(&logs.map(f64::exp)), &rounds(&[1.0; 10])).unwrap();
        for (seen, expected) in [(ratio.low, -0.530), (ratio.value, 0.750), (ratio.high, 2.030)] {
            assert!((seen.ln() - expected).abs() < 0.001, "{} instead of {expected}", seen.ln());
        }
    }

    #[test]
    fn one_round_says_nothing_and_rounds_of_one_side_do_not_count() {
        assert_eq!(Ratio::of(&rounds(&[1.0]), &rounds(&[1.0])), None);
        let ratio = Ratio::of(&rounds(&[1.0, 1.0, 1.0]), &rounds(&[1.0, 1.0])).unwrap();
        assert_eq!(ratio.rounds, 2);
    }

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median([3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median([4.0, 1.0, 2.0, 3.0]), Some(2.5));
        assert_eq!(median([]), None);
    }
}
