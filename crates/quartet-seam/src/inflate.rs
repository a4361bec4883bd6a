//! Received messages that are compressed, or too long.
//!
//! C-core inflates a whole message before it looks at its size, and does not report that it did. So
//! it is set to hand compressed messages over as they are ([`NO_INFLATE`](super::NO_INFLATE)), and
//! they are inflated here, up to the limit of the queue's thread that received them. One that is
//! too long as it is, is refused here too: the bundled core ends such a call several times, and at
//! times with the wrong status. What became of a message travels in front of it, in an envelope
//! that begins with a secret of this process, from here to the codec, which opens it.

use std::cell::OnceCell;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, BufRead, Read};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, LazyLock};

use flate2::bufread::GzDecoder;
use flate2::read::ZlibDecoder;
use grpcio::MessageReader;
use grpcio_sys::{
    self as sys, grpc_byte_buffer, grpc_byte_buffer_reader, grpc_compression_algorithm as Algorithm,
};

use super::marks::{Mark, Marks};

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Envelope {
    /// The message is as it came.
    None,
    /// The message was compressed, and what follows is inflated.
    Inflated,
    /// It is, or inflated it would be, longer than this process takes.
    TooLong,
    /// It can't be decompressed.
    Corrupt,
    /// It is compressed, and nothing says how.
    NoEncoding,
    /// It is compressed in a way that this side does not know.
    UnknownEncoding,
    /// Its prefix is none.
    UnknownFlag,
    /// Its stream ended before it did.
    Cut,
    /// C-core does not take the frame that it came in.
    Refused,
    /// What came is not gRPC.
    NotGrpc,
    /// Messages follow, each with its prefix; before them, in eight bytes, what [`take_up_to`] says.
    Bundle,
}

impl Envelope {
    /// By their numbers in an envelope.
    const ALL: [Envelope; 10] = [
        Envelope::Inflated,
        Envelope::TooLong,
        Envelope::Corrupt,
        Envelope::NoEncoding,
        Envelope::UnknownEncoding,
        Envelope::UnknownFlag,
        Envelope::Cut,
        Envelope::Refused,
        Envelope::NotGrpc,
        Envelope::Bundle,
    ];

    fn number(self) -> u8 {
        Envelope::ALL.iter().position(|kind| *kind == self).unwrap_or_default() as u8
    }

    /// What is wrong with a message by its marks.
    fn marked(marks: Marks, algorithm: Algorithm) -> Option<Envelope> {
        Some(match marks.substitute.or(marks.flag)? {
            Mark::UnknownFlag => Envelope::UnknownFlag,
            Mark::Cut => Envelope::Cut,
            Mark::Refused => Envelope::Refused,
            Mark::NotGrpc => Envelope::NotGrpc,
            _ if algorithm != Algorithm::GRPC_COMPRESS_NONE => return None,
            Mark::UnknownEncoding => Envelope::UnknownEncoding,
            _ => Envelope::NoEncoding,
        })
    }
}

const SECRET: usize = 16;

static SECRET_OF_THIS_PROCESS: LazyLock<[u8; SECRET]> = LazyLock::new(|| {
    let random = || RandomState::new().hash_one(()).to_ne_bytes();
    let mut secret = [0; SECRET];
    secret[..SECRET / 2].copy_from_slice(&random());
    secret[SECRET / 2..].copy_from_slice(&random());
    secret
});

/// How long the limit in the envelope of a bundle is.
pub const LIMIT_BYTES: usize = size_of::<u64>();

thread_local! {
    /// How long a message may be that this thread takes, inflated; without a limit nothing on
    /// the thread is ours, and C-core knows nothing of it.
    static LIMIT: OnceCell<Arc<AtomicUsize>> = const { OnceCell::new() };
}

/// Makes this thread, of a completion queue, take messages of less than `limit` bytes, inflated;
/// while it is 0, all, as they are.
pub fn take_up_to(limit: Arc<AtomicUsize>) {
    LIMIT.with(|of_thread| {
        let _ = of_thread.set(limit);
    });
}

fn limit() -> Option<usize> {
    let limit = LIMIT.with(|limit| limit.get().map(|limit| limit.load(Relaxed)));
    limit.and_then(|too_long| too_long.checked_sub(1))
}

/// Takes the envelope off a message, if it has one.
pub fn open(message: &mut MessageReader) -> Envelope {
    let kind = match message.fill_buf() {
        Ok(start) if start.len() > SECRET && start[..SECRET] == *SECRET_OF_THIS_PROCESS => {
            start[SECRET]
        }
        _ => return Envelope::None,
    };
    message.consume(SECRET + 1);
    Envelope::ALL.get(usize::from(kind)).copied().unwrap_or(Envelope::Corrupt)
}

/// Replaces a compressed message by its envelope and, if all is well, its inflated bytes; and one
/// that is too long, or wrong by its marks, by an envelope.
///
/// # Safety
/// `buffer` is a received message that is the caller's alone; so is what is returned.
pub(super) unsafe fn inflate(buffer: *mut grpc_byte_buffer, marks: Marks) -> *mut grpc_byte_buffer {
    let Some(limit) = limit() else { return buffer };
    // SAFETY: a received message is a raw one, so the union holds `raw`; the buffer is destroyed
    // once, and replaced.
    unsafe {
        if marks.bundle {
            return buffer;
        }
        let algorithm = (*buffer).data.raw.compression;
        let too_long = sys::grpc_byte_buffer_length(buffer) > limit;
        let wrong = Envelope::marked(marks, algorithm).or(too_long.then_some(Envelope::TooLong));
        if wrong.is_none() && algorithm == Algorithm::GRPC_COMPRESS_NONE {
            return buffer;
        }
        let mut bytes = SECRET_OF_THIS_PROCESS.to_vec();
        bytes.push(wrong.unwrap_or(Envelope::Inflated).number());
        if wrong.is_none()
            && let Err(kind) = inflate_into(&mut bytes, &read_all(buffer), algorithm, limit)
        {
            bytes.truncate(SECRET);
            bytes.push(kind.number());
        }
        sys::grpc_byte_buffer_destroy(buffer);
        let mut slice = sys::grpc_slice_from_copied_buffer(bytes.as_ptr().cast(), bytes.len());
        let replacement = sys::grpc_raw_byte_buffer_create(&mut slice, 1);
        sys::grpcwrap_slice_unref(&slice);
        replacement
    }
}

/// Puts the envelope in front of a bundle, in place of its mark.
///
/// # Safety
/// `bundle` is a received bundle that is the caller's alone.
pub(super) unsafe fn seal_bundle(bundle: *mut grpc_byte_buffer) {
    let limit = limit().unwrap_or(usize::MAX);
    let mut bytes = [0; SECRET + 1 + LIMIT_BYTES];
    bytes[..SECRET].copy_from_slice(&*SECRET_OF_THIS_PROCESS);
    bytes[SECRET] = Envelope::Bundle.number();
    bytes[SECRET + 1..].copy_from_slice(&(limit as u64).to_be_bytes());
    // SAFETY: a received message is a raw one, so the union holds `raw`; the mark, which is static, is
    // replaced by a slice of which the buffer has the one reference.
    unsafe {
        let slices = &mut (*bundle).data.raw.slice_buffer;
        *slices.slices = sys::grpc_slice_from_copied_buffer(bytes.as_ptr().cast(), bytes.len());
        slices.length += bytes.len();
    }
}

/// On failure, the envelope.
fn inflate_into(
    bytes: &mut Vec<u8>,
    compressed: &[u8],
    algorithm: Algorithm,
    limit: usize,
) -> Result<(), Envelope> {
    // One byte more shows that there is too much; nothing is longer than the greatest limit.
    let allowed = (limit as u64).saturating_add(1);
    let read: io::Result<usize> = match algorithm {
        Algorithm::GRPC_COMPRESS_GZIP => gunzip_into(bytes, compressed, allowed),
        _ => ZlibDecoder::new(compressed).take(allowed).read_to_end(bytes),
    };
    match read {
        Ok(length) if length <= limit => Ok(()),
        Ok(_) => Err(Envelope::TooLong),
        Err(_) => Err(Envelope::Corrupt),
    }
}

/// A message in gzip may come in several members, one behind the other (RFC 1952, 2.2). Each costs
/// microseconds, however little is in it, and fits into 20 bytes; so only so many are read.
const MOST_MEMBERS: usize = 100;

/// Inflates up to `allowed` bytes; how many there were.
fn gunzip_into(bytes: &mut Vec<u8>, compressed: &[u8], allowed: u64) -> io::Result<usize> {
    let (mut rest, mut length) = (compressed, 0);
    for _ in 0..MOST_MEMBERS {
        let mut member = GzDecoder::new(rest).take(allowed - length as u64);
        length += member.read_to_end(bytes)?;
        let is_full = member.limit() == 0;
        rest = member.into_inner().into_inner();
        if rest.is_empty() || is_full {
            return Ok(length);
        }
    }
    Err(io::Error::other("too many members"))
}

/// # Safety
/// `buffer` is alive, and the caller's alone.
unsafe fn read_all(buffer: *mut grpc_byte_buffer) -> Vec<u8> {
    // SAFETY: the reader is initialised by its own function, and destroyed; the slice is a
    // reference of our own, which is given back.
    unsafe {
        let mut reader: grpc_byte_buffer_reader = std::mem::zeroed();
        if sys::grpc_byte_buffer_reader_init(&mut reader, buffer) == 0 {
            return Vec::new();
        }
        let slice = sys::grpc_byte_buffer_reader_readall(&mut reader);
        let mut length = 0;
        let start = sys::grpcwrap_slice_raw_offset(&slice, 0, &mut length);
        let bytes = std::slice::from_raw_parts(start.cast::<u8>(), length).to_vec();
        sys::grpcwrap_slice_unref(&slice);
        sys::grpc_byte_buffer_reader_destroy(&mut reader);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn member(content: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(content).expect("a vector takes everything");
        encoder.finish().expect("a vector takes everything")
    }

    fn gunzipped(compressed: &[u8], limit: usize) -> Result<Vec<u8>, Envelope> {
        let mut bytes = Vec::new();
        inflate_into(&mut bytes, compressed, Algorithm::GRPC_COMPRESS_GZIP, limit)?;
        Ok(bytes)
    }

    #[test]
    fn a_few_members_are_one_message() {
        let three = [member(b"one "), member(b""), member(b"three")].concat();
        assert_eq!(gunzipped(&three, 9), Ok(b"one three".to_vec()));
        assert_eq!(gunzipped(&three, 8), Err(Envelope::TooLong));
        assert_eq!(gunzipped(&[&three[..], b"and rest"].concat(), 100), Err(Envelope::Corrupt));
    }

    #[test]
    fn a_crowd_of_members_is_none() {
        let empty = member(b"");
        let most = empty.repeat(MOST_MEMBERS);
        assert_eq!(gunzipped(&most, 1), Ok(Vec::new()));
        assert_eq!(gunzipped(&[most, empty].concat(), 1), Err(Envelope::Corrupt));
    }
}
