use std::time::Duration;

/// The timeout to hand to C-core so that the peer is never promised more time than was
/// asked for.
///
/// C-core rounds a deadline up to the next millisecond, and then the `grpc-timeout` header
/// up to 1, 10 or 100 ms or to whole seconds and more, by its size: 2 s would travel as
/// 2010 ms. So the timeout is cut to what the header can say, and by one millisecond.
pub(super) fn never_more(asked: Duration) -> Duration {
    const MILLISECOND: Duration = Duration::from_millis(1);
    // 136 years; what is longer would overflow on its way into C-core.
    const LONGEST: Duration = Duration::from_secs(u32::MAX as u64);
    let asked = asked.min(LONGEST);
    let millis = u64::try_from(asked.as_millis()).unwrap_or(u64::MAX);
    let step = match millis {
        0..1_000 => 1,
        1_000..10_000 => 10,
        10_000..100_000 => 100,
        100_000..1_000_000 => 1_000,
        1_000_000..10_000_000 => 10_000,
        10_000_000..100_000_000 => 60_000,
        _ => 3_600_000,
    };
    let said = Duration::from_millis(millis - millis % step);
    said.saturating_sub(MILLISECOND).max(asked.min(MILLISECOND) / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_what_the_header_can_say_less_a_millisecond() {
        for (asked, given) in [
            (100, 99),
            (2_000, 1_999),
            (5_005, 4_999),
            (12_345, 12_299),
            (100_500, 99_999),
            (3_600_000, 3_599_999),
        ] {
            let given = Duration::from_millis(given);
            assert_eq!(never_more(Duration::from_millis(asked)), given, "{asked} ms");
        }
    }

    #[test]
    fn a_little_time_stays_a_little_time() {
        assert_eq!(never_more(Duration::from_millis(1)), Duration::from_micros(500));
        assert_eq!(never_more(Duration::from_micros(10)), Duration::from_micros(5));
        assert_eq!(never_more(Duration::ZERO), Duration::ZERO);
        assert!(never_more(Duration::MAX) > Duration::from_secs(100 * 365 * 24 * 60 * 60));
        assert!(never_more(Duration::MAX) <= Duration::from_secs(u32::MAX.into()));
    }
}
