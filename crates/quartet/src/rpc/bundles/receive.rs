use std::io::{BufRead, Read};

use grpcio::MessageReader;
use protobuf::Message;

use quartet_seam::{self as seam, Envelope, bundle};

use crate::rpc::codec::{self, Decoded, Undecodable};
use crate::rpc::watch::Tally;

/// What grpcio reads as a message.
pub enum Incoming<T> {
    One(Decoded<T>),
    Bundle(Bundle<T>),
}

/// What is left of messages that came together.
pub struct Bundle<T> {
    reader: MessageReader,
    parser: Parser<T>,
}

/// How each of them is read.
struct Parser<T> {
    limit: usize,
    parse: fn(&[u8], &mut Option<T>) -> Result<(), Undecodable>,
}

impl<T: Message> Bundle<T> {
    /// Behind its envelope.
    pub fn new(mut reader: MessageReader) -> Self {
        let mut limit = [0; seam::LIMIT_BYTES];
        let limit = match reader.read_exact(&mut limit) {
            Ok(()) => usize::try_from(u64::from_be_bytes(limit)).unwrap_or(usize::MAX),
            Err(_) => 0,
        };
        Bundle { reader, parser: Parser { limit, parse: codec::parse } }
    }
}

impl<T> Bundle<T> {
    /// Whether there are none left.
    pub fn is_empty(&self) -> bool {
        self.reader.is_empty()
    }

    /// Puts the next message there, if one is left; it is counted if it can be read. Nothing is left
    /// behind one that can't.
    pub fn next(&mut self, into: &mut Option<T>, tally: Option<&Tally>) -> Result<(), Undecodable> {
        let start = self.reader.fill_buf().unwrap_or_default();
        if let Some((prefix, rest)) = start.split_first_chunk()
            && let length = length(*prefix)
            && let Some(bytes) = rest.get(..length)
        {
            self.parser.parse(bytes, into, tally)?;
            self.reader.consume(bundle::PREFIX + length);
            return Ok(());
        }
        self.next_in_parts(into, tally)
    }

    /// The same, where its bytes don't lie together.
    #[cold]
    fn next_in_parts(
        &mut self,
        into: &mut Option<T>,
        tally: Option<&Tally>,
    ) -> Result<(), Undecodable> {
        let mut prefix = [0; bundle::PREFIX];
        if self.reader.read_exact(&mut prefix).is_err() {
            return Ok(());
        }
        let length = length(prefix);
        let mut bytes = Vec::with_capacity(length);
        let read = (&mut self.reader).take(length as u64).read_to_end(&mut bytes);
        read.map_err(|error| Undecodable::Malformed(error.to_string()))?;
        self.parser.parse(&bytes, into, tally)
    }
}

impl<T> Parser<T> {
    fn parse(
        &self,
        bytes: &[u8],
        into: &mut Option<T>,
        tally: Option<&Tally>,
    ) -> Result<(), Undecodable> {
        if bytes.len() > self.limit {
            return Err(Undecodable::Found(Envelope::TooLong));
        }
        (self.parse)(bytes, into)?;
        if let Some(tally) = tally {
            tally.received(bytes.len() as u64);
        }
        Ok(())
    }
}

/// The length of a message, by what stands before it.
fn length([_, length @ ..]: [u8; bundle::PREFIX]) -> usize {
    u32::from_be_bytes(length) as usize
}
