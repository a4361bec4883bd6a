//! Metadata, as the suite writes it: the values of a `-bin` key in base64.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use quartet::rpc::{InvalidMetadata, Metadata};

use crate::proto::connectrpc::conformance::v1::Header;

/// Written without padding, read with and without.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What is to be sent.
pub fn from_headers(headers: &[Header]) -> Result<Metadata, InvalidMetadata> {
    let mut metadata = Metadata::new();
    for Header { name, value: values, .. } in headers {
        for value in values {
            match BASE64.decode(value) {
                Ok(bytes) if is_binary(name) => metadata.add(name, bytes)?,
                _ => metadata.add(name, value)?,
            }
        }
    }
    Ok(metadata)
}

/// What came: the values of each key together, in order.
pub fn to_headers(metadata: &Metadata) -> Vec<Header> {
    let mut headers = Vec::<Header>::new();
    for (name, value) in metadata.iter() {
        let value = match is_binary(name) {
            true => BASE64.encode(value),
            false => String::from_utf8_lossy(value).into_owned(),
        };
        match headers.iter_mut().find(|header| header.name == name) {
            Some(header) => header.value.push(value),
            None => {
                let (name, value) = (name.to_owned(), vec![value]);
                headers.push(Header { name, value, ..Header::default() });
            }
        }
    }
    headers
}

fn is_binary(name: &str) -> bool {
    name.to_ascii_lowercase().ends_with("-bin")
}
