//! How a trace is written: <https://www.w3.org/TR/trace-context/>, and OpenCensus' binary form
//! (`encodings/BinaryEncoding.md` in its specification).

use std::sync::Arc;

use super::{KNOWN_FLAGS, SAMPLED, Trace};

pub(super) const PARENT: &str = "traceparent";
pub(super) const STATE: &str = "tracestate";
pub(super) const BINARY: &str = "grpc-trace-bin";

pub(super) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let nibbles = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    nibbles.map(|nibble| char::from(DIGITS[usize::from(nibble)])).collect()
}

/// Reads lower-case digits, as the specification has no others.
fn unhex<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let mut bytes = [0; N];
    if text.len() != 2 * N {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
}

/// The version of the specification that is written here.
pub(super) fn parent(trace: &Trace) -> String {
    format!("00-{}-{}-{:02x}", hex(&trace.trace_id), hex(&trace.span_id), trace.flags)
}

/// `VERSION-TRACE-SPAN-FLAGS`. A later version may have more behind it.
pub(super) fn read_parent(text: &[u8]) -> Option<Trace> {
    const LENGTH: usize = 55;
    let (known, more) = text.split_at_checked(LENGTH)?;
    let mut fields = known.split(|byte| *byte == b'-');
    let [version] = unhex(fields.next()?)?;
    let (trace_id, span_id) = (unhex(fields.next()?)?, unhex(fields.next()?)?);
    let [flags] = unhex(fields.next()?)?;
    let fits = match version {
        0 => more.is_empty(),
        0xff => false,
        _ => more.is_empty() || more[0] == b'-',
    };
    (fits && fields.next().is_none()).then_some(())?;
    read(trace_id, span_id, flags & KNOWN_FLAGS)
}

/// A trace whose ids are not all zeros.
fn read(trace_id: [u8; 16], span_id: [u8; 8], flags: u8) -> Option<Trace> {
    let valid = trace_id != [0; 16] && span_id != [0; 8];
    valid.then_some(Trace { trace_id, span_id, parent: None, flags, state: None })
}

/// The list of vendors' members, from one or several headers, without the spaces and tabs around
/// them, as no tab can be sent on; none if it is malformed.
pub(super) fn read_state<'a>(values: impl Iterator<Item = &'a [u8]>) -> Option<Arc<str>> {
    const MOST_MEMBERS: usize = 32;
    const LONGEST: usize = 1024;
    let values: Vec<_> = values.map(str::from_utf8).collect::<Result<_, _>>().ok()?;
    let members = values.iter().flat_map(|value| value.split(','));
    let members: Vec<_> = members
        .map(|member| member.trim_matches([' ', '\t']))
        .filter(|member| !member.is_empty())
        .collect();
    let state = members.join(",");
    let valid = (1..=MOST_MEMBERS).contains(&members.len())
        && state.len() <= LONGEST
        && members.iter().all(|member| member.split_once('=').is_some_and(is_member));
    valid.then(|| state.into())
}

fn is_member((key, value): (&str, &str)) -> bool {
    let in_key =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-*/@".contains(&byte);
    let in_value = |byte: u8| (0x20..=0x7e).contains(&byte) && byte != b'=';
    !key.is_empty() && key.bytes().all(in_key) && !value.is_empty() && value.bytes().all(in_value)
}

/// A version of 0, and three fields behind their numbers.
pub(super) fn binary(trace: &Trace) -> [u8; 29] {
    let mut bytes = [0; 29];
    bytes[2..18].copy_from_slice(&trace.trace_id);
    bytes[18] = 1;
    bytes[19..27].copy_from_slice(&trace.span_id);
    bytes[27..].copy_from_slice(&[2, trace.flags & SAMPLED]);
    bytes
}

pub(super) fn read_binary(bytes: &[u8]) -> Option<Trace> {
    let bytes: &[u8; 29] = bytes.try_into().ok()?;
    let ([0, 0], 1, 2) = ([bytes[0], bytes[1]], bytes[18], bytes[27]) else { return None };
    let (trace_id, span_id) = (bytes[2..18].try_into().ok()?, bytes[19..27].try_into().ok()?);
    read(trace_id, span_id, bytes[28] & SAMPLED)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification.
    const EXAMPLE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_parent_reads_as_it_is_written() {
        let trace = read_parent(EXAMPLE.as_bytes()).expect("it is well-formed");
        assert_eq!(trace.id(), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(trace.span_id(), "00f067aa0ba902b7");
        assert!(trace.sampled());
        assert_eq!(parent(&trace), EXAMPLE);
        assert_eq!(read_binary(&binary(&trace)), Some(trace));
    }

    #[test]
    fn a_later_version_may_say_more() {
        for text in [
            "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-09-more",
            &EXAMPLE.replacen("00", "cc", 1),
        ] {
            let trace = read_parent(text.as_bytes()).unwrap_or_else(|| panic!("{text} is refused"));
            assert_eq!(parent(&trace), EXAMPLE, "{text}");
        }
    }

    #[test]
    fn what_is_malformed_is_no_trace() {
        for text in [
            "",
            "00",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01.more",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4bf92f3577b34da6a3ce929d0e0e473-600f067aa0ba902b7-01",
            "00_4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7_01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0x",
        ] {
            assert_eq!(read_parent(text.as_bytes()), None, "{text}");
        }
        let good = binary(&read_parent(EXAMPLE.as_bytes()).expect("it is well-formed"));
        for index in [0, 1, 18, 27] {
            let mut bad = good;
            bad[index] ^= 0x40;
            assert_eq!(read_binary(&bad), None, "byte {index}");
        }
        assert_eq!(read_binary(&good[..28]), None);
    }

    #[test]
    fn a_state_is_taken_whole_or_not_at_all() {
        let state = |values: &[&str]| read_state(values.iter().map(|value| value.as_bytes()));
        assert_eq!(
            state(&["rojo=00f067", "congo=t61, a@b=1"]).as_deref(),
            Some("rojo=00f067,congo=t61,a@b=1")
        );
        assert_eq!(state(&["\ta=1\t,\t b=x y", ""]).as_deref(), Some("a=1,b=x y"));
        let many = vec!["a=1"; 33].join(",");
        for malformed in
            ["", ",", "Rojo=1", "rojo", "rojo=", "=1", "a=b=c", "a=1,\u{a0}b=2", "a=1\t2", &many]
        {
            assert_eq!(state(&[malformed]), None, "{malformed}");
        }
        assert_eq!(state(&[]), None);
    }
}
