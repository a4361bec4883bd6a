//! Messages on standard input and output: four bytes with the length, the highest first, and then
//! so many bytes.

use std::io::{self, ErrorKind, Read, Write};

use protobuf::{Message, MessageFull};

use super::Error;

/// The longest message that is taken: the suite's have a few hundred KiB.
const LONGEST: usize = 16 << 20;

/// The next message; none at the end.
pub fn read<M: MessageFull>(from: &mut impl Read) -> Result<Option<M>, Error> {
    let name = M::NAME;
    let mut length = [0; 4];
    match read_up_to(from, &mut length)? {
        0 => return Ok(None),
        4 => {}
        count => {
            return Err(Error::input(format!(
                "standard input ends after {count} of the 4 bytes of a length"
            )));
        }
    }
    let length = u32::from_be_bytes(length) as usize;
    if length > LONGEST {
        return Err(Error::input(format!(
            "standard input announces a {name} of {length} bytes, over the limit of {LONGEST}: \
             each message must follow its length, 4 bytes in big-endian order"
        )));
    }
    let mut bytes = vec![0; length];
    let count = read_up_to(from, &mut bytes)?;
    if count < length {
        return Err(Error::input(format!(
            "standard input ends after {count} of the {length} bytes of a {name}"
        )));
    }
    let message = M::parse_from_bytes(&bytes);
    message
        .map(Some)
        .map_err(|error| Error::input(format!("standard input does not hold a {name}: {error}")))
}

/// Writes a message, at once.
pub fn write(to: &mut impl Write, message: &impl Message) -> Result<(), Error> {
    let mut write = || {
        let bytes = message.write_to_bytes()?;
        let length = u32::try_from(bytes.len()).map_err(io::Error::other)?;
        to.write_all(&[&length.to_be_bytes()[..], &bytes].concat())?;
        to.flush()
    };
    write().map_err(|error: io::Error| {
        Error::environment(format!("can't write to standard output: {error}"))
    })
}

/// How many bytes there were: fewer than asked for at the end.
fn read_up_to(from: &mut impl Read, bytes: &mut [u8]) -> Result<usize, Error> {
    let mut count = 0;
    while count < bytes.len() {
        match from.read(&mut bytes[count..]) {
            Ok(0) => break,
            Ok(more) => count += more,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => {
                return Err(Error::environment(format!("can't read standard input: {error}")));
            }
        }
    }
    Ok(count)
}
