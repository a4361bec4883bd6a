use std::time::Duration;

/// The timeout to hand to C-core so that the peer is never promised more time than was
/// asked for. It is up to 1 % less, and a millisecond; 4 % where C-core reuses timeouts.
///
/// C-core rounds a deadline up to the next millisecond, and then the `grpc-timeout` header
/// up to two or three digits of its unit: 2 s would travel as 2010 ms. So the timeout is cut to
/// what the header can say, and by one millisecond. It also `reuses` a header that the peer
/// has in its table (HPACK) instead of one that is up to 3 % less.
pub(super) fn never_more(asked: Duration, reuses: bool) -> Duration {
    const MILLISECOND: Duration = Duration::from_millis(1);
    // 136 years; what is longer would overflow on its way into C-core.
    const LONGEST: Duration = Duration::from_secs(u32::MAX as u64);
    let asked = asked.min(LONGEST);
    let millis = u64::try_from(asked.as_millis()).unwrap_or(u64::MAX);
    let millis = if reuses { millis * 97 / 100 } else { millis };
    let said = Duration::from_millis(sayable(millis));
    said.saturating_sub(MILLISECOND).max(asked.min(MILLISECOND) / 2)
}

/// The most milliseconds up to these that the header says as they are.
fn sayable(millis: u64) -> u64 {
    let said = millis - millis % step(millis);
    // Whole minutes are said in tens of minutes then, and odd fives of them as more.
    let odd = said.is_multiple_of(300_000) && !said.is_multiple_of(600_000);
    if odd && (60_000_000..100_000_000).contains(&said) { said - 100_000 } else { said }
}

/// What C-core rounds the header of so many milliseconds up to a multiple of.
fn step(millis: u64) -> u64 {
    const SECOND: u64 = 1_000;
    const MINUTE: u64 = 60 * SECOND;
    match millis {
        0..1_000 => 1,
        1_000..10_000 => 10,
        10_000..100_000 => 100,
        100_000..1_000_000 => SECOND,
        1_000_000..10_000_000 => 10 * SECOND,
        10_000_000..100_000_000 => 100 * SECOND,
        100_000_000..600_000_000 => 10 * MINUTE,
        600_000_000..6_000_000_000 => 100 * MINUTE,
        _ => 60 * MINUTE,
    }
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
            assert_eq!(never_more(Duration::from_millis(asked), false), given, "{asked} ms");
        }
    }

    #[test]
    fn a_little_time_stays_a_little_time() {
        for table in [false, true] {
            let given = |asked| never_more(asked, table);
            assert_eq!(given(Duration::from_millis(1)), Duration::from_micros(500));
            assert_eq!(given(Duration::from_micros(10)), Duration::from_micros(5));
            assert_eq!(given(Duration::ZERO), Duration::ZERO);
            assert!(given(Duration::MAX) > Duration::from_secs(100 * 365 * 24 * 60 * 60));
            assert!(given(Duration::MAX) <= Duration::from_secs(u32::MAX.into()));
        }
    }

    /// As C-core's `Timeout::FromMillis` does.
    fn encoded(millis: u64) -> u64 {
        let up = |value: u64, step: u64| value.div_ceil(step) * step;
        let minutes = |minutes: u64| match minutes {
            0..1_000 if !minutes.is_multiple_of(60) => minutes,
            1_000..10_000 if !up(minutes, 10).is_multiple_of(60) => up(minutes, 10),
            10_000..100_000 if !up(minutes, 100).is_multiple_of(60) => up(minutes, 100),
            _ => up(minutes, 60),
        };
        let seconds = |seconds: u64| match seconds {
            0..1_000 if !seconds.is_multiple_of(60) => seconds,
            1_000..10_000 if !up(seconds, 10).is_multiple_of(60) => up(seconds, 10),
            10_000..100_000 if !up(seconds, 100).is_multiple_of(60) => up(seconds, 100),
            _ => minutes(seconds.div_ceil(60)) * 60,
        };
        match millis {
            0..1_000 => millis,
            1_000..10_000 if !up(millis, 10).is_multiple_of(1_000) => up(millis, 10),
            10_000..100_000 if !up(millis, 100).is_multiple_of(1_000) => up(millis, 100),
            _ => seconds(millis.div_ceil(1_000)) * 1_000,
        }
    }

    #[test]
    fn the_header_never_says_more_than_was_asked_for_nor_much_less() {
        let mut asked = 2;
        while asked < 200 * 24 * 3_600_000 {
            for table in [false, true] {
                let given = never_more(Duration::from_millis(asked), table).as_millis() as u64;
                let said = encoded(given + 1);
                // What another call may have left in the table.
                let said = if table { said as f64 / 0.97 } else { said as f64 };
                assert!(said <= asked as f64, "{asked} ms become {said}, {table}");
                let least = asked as f64 * if table { 0.96 } else { 0.99 } - 4.0;
                assert!(given as f64 >= least, "of {asked} ms {given} are left, {table}");
            }
            asked += asked / 700 + 1;
        }
    }
}
