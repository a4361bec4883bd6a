//! Rounds in turns, and what they say.

/// Measures each variant once a round, in order and then in reverse, so that a machine that
/// drifts does so for all of them. The first round warms up and does not count.
pub fn rounds(variants: &[&str], rounds: usize, measure: impl Fn(&str) -> f64) -> Vec<Vec<f64>> {
    let mut samples = vec![Vec::with_capacity(rounds); variants.len()];
    for round in 0..=rounds {
        let mut order: Vec<usize> = (0..variants.len()).collect();
        if round % 2 == 1 {
            order.reverse();
        }
        for index in order {
            let sample = measure(variants[index]);
            if round > 0 {
                samples[index].push(sample);
            }
        }
    }
    samples
}

/// Prints the rates, and the ratios of the same round to the first variant.
pub fn print(title: &str, variants: &[&str], samples: &[Vec<f64>]) {
    println!("\n{title}");
    println!("| variant | a second | to {} (min to max) |", variants[0]);
    for (variant, rates) in variants.iter().zip(samples) {
        let mut ratios: Vec<f64> =
            rates.iter().zip(&samples[0]).map(|(rate, base)| rate / base).collect();
        ratios.sort_by(f64::total_cmp);
        let (min, max) = (ratios[0], ratios[ratios.len() - 1]);
        println!(
            "| {variant} | {:.0} | {:.2} ({min:.2} to {max:.2}) |",
            median(rates.clone()),
            median(ratios)
        );
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() % 2 {
        0 => (values[middle - 1] + values[middle]) / 2.0,
        _ => values[middle],
    }
}
