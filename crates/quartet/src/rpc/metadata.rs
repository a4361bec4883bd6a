use std::fmt;

use quartet_seam::Pairs;

/// Metadata of a call: keys and values, in the order they were added, repeats kept.
///
/// Keys are lower case. The value of a key that ends with `-bin` is bytes; any other is
/// printable ASCII (see "Custom-Metadata" in gRPC's PROTOCOL-HTTP2).
///
/// ```
/// use quartet::rpc::Metadata;
///
/// let mut metadata = Metadata::new();
/// metadata.add("x-request-id", "17")?;
/// metadata.add("x-digest-bin", [0, 255])?;
/// assert_eq!(metadata.get("X-Request-Id"), Some("17"));
/// assert_eq!(metadata.get_bytes("x-digest-bin"), Some(&[0, 255][..]));
/// # Ok::<(), quartet::rpc::InvalidMetadata>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Metadata(Pairs);

/// Why something can't be metadata.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidMetadata(String);

impl fmt::Display for InvalidMetadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for InvalidMetadata {}

/// Keys that HTTP/2 or gRPC itself uses: C-core drops or misreads what an application
/// puts there.
const RESERVED: &[&str] =
    &["te", "content-type", "content-length", "user-agent", "host", "connection"];

impl Metadata {
    /// No metadata.
    pub const fn new() -> Self {
        Metadata(Pairs::new())
    }

    /// Adds a pair. Keys are made lower case.
    ///
    /// # Errors
    /// When the key is empty, has a character other than `a-z 0-9 - _ .`, or is reserved;
    /// when the value of a key without `-bin` is not printable ASCII, or starts or ends
    /// with a space, which would be lost in transit.
    pub fn add(&mut self, key: &str, value: impl AsRef<[u8]>) -> Result<(), InvalidMetadata> {
        let key = key.to_ascii_lowercase();
        let value = value.as_ref();
        check_key(&key)?;
        if !is_binary(&key) {
            check_value(&key, value)?;
        }
        self.0.push(&key, value);
        Ok(())
    }

    /// Adds every pair of another one.
    pub fn extend(&mut self, other: &Metadata) {
        self.0.append(&other.0);
    }

    /// Removes every pair with this key.
    pub fn remove(&mut self, key: &str) {
        let key = key.to_ascii_lowercase();
        if !self.iter().any(|(name, _)| name == key) {
            return;
        }
        let mut kept = Pairs::with_capacity(self.len());
        let others = self.iter().filter(|(name, _)| *name != key);
        others.for_each(|(name, value)| kept.push(name, value));
        self.0 = kept;
    }

    /// The value of the first pair with this key, if it is text.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.get_bytes(key).and_then(|value| str::from_utf8(value).ok())
    }

    /// The value of the first pair with this key.
    pub fn get_bytes(&self, key: &str) -> Option<&[u8]> {
        self.get_all(key).next()
    }

    /// The values of every pair with this key.
    pub fn get_all<'a>(&'a self, key: &str) -> impl Iterator<Item = &'a [u8]> {
        let key = key.to_ascii_lowercase();
        self.iter().filter(move |(name, _)| *name == key).map(|(_, value)| value)
    }

    /// Every pair, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0.iter()
    }

    /// How many pairs there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no pairs.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Its size as HTTP/2 counts it: of each pair, the key, the value and 32 bytes (RFC 9113,
    /// 6.5.2).
    pub(super) fn size(&self) -> usize {
        self.iter().map(|(key, value)| key.len() + value.len() + 32).sum()
    }

    /// Adds a pair whose key is gRPC's own.
    pub(crate) fn push_internal(&mut self, key: &str, value: impl AsRef<[u8]>) {
        self.0.push(key, value.as_ref());
    }

    pub(super) fn from_pairs(pairs: Pairs) -> Self {
        Metadata(pairs)
    }

    pub(super) fn into_pairs(self) -> Pairs {
        self.0
    }

    pub(super) fn from_grpcio(metadata: &grpcio::Metadata) -> Self {
        let mut pairs = Pairs::with_capacity(metadata.len());
        metadata.iter().for_each(|(key, value)| pairs.push(key, value));
        Metadata(pairs)
    }

    /// What grpcio sends with a call; none if there is nothing to send.
    pub(super) fn to_grpcio(&self) -> grpcio::Result<Option<grpcio::Metadata>> {
        if self.is_empty() {
            return Ok(None);
        }
        let mut builder = grpcio::MetadataBuilder::with_capacity(self.len());
        for (key, value) in self.iter() {
            match str::from_utf8(value) {
                Ok(text) if !is_binary(key) => builder.add_str(key, text)?,
                _ => builder.add_bytes(key, value)?,
            };
        }
        Ok(Some(builder.build()))
    }
}

/// The keys whose values are secrets: they are not shown.
const SECRET: &[&str] = &["authorization", "proxy-authorization", "cookie"];

impl fmt::Debug for Metadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.iter().map(|(key, value)| match SECRET.contains(&key) {
            true => (key, "(hidden)".into()),
            false => (key, value.escape_ascii().to_string()),
        });
        f.debug_list().entries(shown).finish()
    }
}

/// Whether a key's value is bytes, and travels in base64.
fn is_binary(key: &str) -> bool {
    key.ends_with("-bin")
}

fn check_key(key: &str) -> Result<(), InvalidMetadata> {
    let valid =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_.".contains(&byte);
    if key.is_empty() || !key.bytes().all(valid) {
        return Err(InvalidMetadata(format!(
            "`{}` is not a metadata key: letters, digits, `-`, `_` and `.` only",
            key.escape_default()
        )));
    }
    if RESERVED.contains(&key) || key.starts_with("grpc-") {
        return Err(InvalidMetadata(format!(
            "the metadata key `{key}` is reserved for gRPC itself"
        )));
    }
    Ok(())
}

fn check_value(key: &str, value: &[u8]) -> Result<(), InvalidMetadata> {
    let problem = if !value.iter().all(|byte| (0x20..=0x7e).contains(byte)) {
        "has bytes that are not printable ASCII (a key that ends with `-bin` takes any)"
    } else if value.first() == Some(&b' ') || value.last() == Some(&b' ') {
        "starts or ends with a space, which would be lost in transit"
    } else {
        return Ok(());
    };
    Err(InvalidMetadata(format!("the value of the metadata key `{key}` {problem}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_and_repeats_are_kept_and_keys_are_lower_case() {
        let mut metadata = Metadata::new();
        metadata.add("Trace", "1").unwrap();
        metadata.add("other", "x").unwrap();
        metadata.add("trace", "2").unwrap();
        assert_eq!(metadata.get("TRACE"), Some("1"));
        assert_eq!(metadata.get_all("trace").collect::<Vec<_>>(), [b"1", b"2"]);
        assert_eq!(metadata.len(), 3);
    }

    #[test]
    fn bytes_need_a_key_that_says_so() {
        let mut metadata = Metadata::new();
        metadata.add("blob-bin", [0, 255, 10]).unwrap();
        assert_eq!(metadata.get_bytes("blob-bin"), Some(&[0, 255, 10][..]));
        let refused = metadata.add("blob", [0, 255]).unwrap_err();
        assert!(refused.to_string().contains("`-bin`"), "{refused}");
    }

    #[test]
    fn a_removed_key_leaves_the_others_in_order() {
        let mut metadata = Metadata::new();
        for (key, value) in [("a", "1"), ("b", "2"), ("a", "3"), ("c", "4")] {
            metadata.add(key, value).unwrap();
        }
        metadata.remove("A");
        assert_eq!(metadata.iter().collect::<Vec<_>>(), [("b", &b"2"[..]), ("c", b"4")]);
    }

    #[test]
    fn secrets_are_not_shown() {
        let mut metadata = Metadata::new();
        metadata.add("authorization", "Bearer sesame").unwrap();
        metadata.add("x-request-id", "17").unwrap();
        let shown = format!("{metadata:?}");
        assert_eq!(shown, r#"[("authorization", "(hidden)"), ("x-request-id", "17")]"#);
    }

    #[test]
    fn what_would_not_arrive_is_refused() {
        for (key, value) in [
            ("", "x"),
            ("a b", "x"),
            (":path", "x"),
            ("grpc-timeout", "1S"),
            ("te", "x"),
            ("a", "x "),
            ("a", "x\ny"),
        ] {
            let result = Metadata::new().add(key, value);
            assert!(result.is_err(), "{key:?}: {value:?} was taken");
        }
    }
}
