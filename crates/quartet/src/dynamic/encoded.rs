use std::io::Read;

use protobuf::{CodedInputStream, CodedOutputStream, Message, SpecialFields};

/// A message as its bytes, whatever its type. It is a [`Message`], so every part of a call takes it
/// like any other; its content is never read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Encoded {
    bytes: Vec<u8>,
    special: SpecialFields,
}

impl Encoded {
    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl From<Vec<u8>> for Encoded {
    fn from(bytes: Vec<u8>) -> Self {
        Encoded { bytes, special: SpecialFields::new() }
    }
}

impl Message for Encoded {
    const NAME: &'static str = "Encoded";

    fn is_initialized(&self) -> bool {
        true
    }

    fn merge_from(&mut self, input: &mut CodedInputStream<'_>) -> protobuf::Result<()> {
        input.read_to_end(&mut self.bytes)?;
        Ok(())
    }

    fn write_to_with_cached_sizes(
        &self,
        output: &mut CodedOutputStream<'_>,
    ) -> protobuf::Result<()> {
        output.write_raw_bytes(&self.bytes)
    }

    fn compute_size(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn special_fields(&self) -> &SpecialFields {
        &self.special
    }

    fn mut_special_fields(&mut self) -> &mut SpecialFields {
        &mut self.special
    }

    fn new() -> Self {
        Encoded::default()
    }

    fn default_instance() -> &'static Self {
        static EMPTY: Encoded = Encoded { bytes: Vec::new(), special: SpecialFields::new() };
        &EMPTY
    }
}
