//! What a driver asks for, checked.

use std::fmt;
use std::fs;
use std::path::Path;

use super::histogram::Scale;

/// A set-up that can't be had.
#[derive(Debug)]
pub struct Refusal {
    /// The code of the status that the driver's call ends with.
    pub code: i32,
    why: String,
}

impl Refusal {
    /// What is asked for makes no sense.
    pub fn invalid_argument(why: impl Into<String>) -> Self {
        Refusal { code: 3, why: why.into() }
    }

    /// It can't be had from this worker, or not now.
    pub fn failed_precondition(why: impl Into<String>) -> Self {
        Refusal { code: 9, why: why.into() }
    }

    /// The stack doesn't have it.
    pub fn unimplemented(why: impl Into<String>) -> Self {
        Refusal { code: 12, why: why.into() }
    }

    /// Reads a file that a set-up needs.
    ///
    /// # Errors
    /// When it can't be read, with its name.
    pub fn or_read(path: &Path) -> Result<Vec<u8>, Self> {
        let refused = |error| format!("can't read {}: {error}", path.display());
        fs::read(path).map_err(|error| Self::failed_precondition(refused(error)))
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

impl std::error::Error for Refusal {}

/// A method of `BenchmarkService`, and what counts as one call in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// A call.
    Unary,
    /// A message there and one back.
    Streaming,
    /// A message sent.
    FromClient,
    /// A message received.
    FromServer,
    /// A message received; both sides send as fast as they can.
    BothWays,
}

impl Style {
    /// That of a `RpcType`.
    fn new(rpc_type: i32) -> Option<Self> {
        let styles =
            [Self::Unary, Self::Streaming, Self::FromClient, Self::FromServer, Self::BothWays];
        styles.get(usize::try_from(rpc_type).ok()?).copied()
    }
}

/// When calls begin.
#[derive(Clone, Copy, Debug)]
pub enum Pace {
    /// When others have ended: so many are in flight on each channel.
    Closed(usize),
    /// So many a second, at random.
    Open(f64),
}

/// How messages are compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    #[default]
    None,
    /// With deflate.
    Deflate,
    /// With gzip.
    Gzip,
}

/// A client that a driver asks for, in the numbers of its `ClientConfig`.
#[derive(Debug, Default)]
pub struct Asked {
    /// `server_targets`
    pub targets: Vec<String>,
    /// `client_channels`
    pub channels: i32,
    /// `outstanding_rpcs_per_channel`
    pub outstanding: i32,
    /// `rpc_type`
    pub rpc_type: i32,
    /// That of `load_params`, if they are `poisson`.
    pub offered_load: Option<f64>,
    /// The sizes of `simple_params`, of a request and of a response; an error if it is another payload.
    pub sizes: Option<[i32; 2]>,
    /// `messages_per_stream`
    pub messages_per_stream: i32,
    /// `resolution` and `max_possible` of `histogram_params`
    pub histogram: [f64; 2],
}

/// A client that is asked for.
#[derive(Debug)]
pub struct Client {
    /// Where it connects to, a target for each channel.
    pub targets: Vec<String>,
    /// What it calls.
    pub style: Style,
    /// When.
    pub pace: Pace,
    /// The length of the body of a request.
    pub request: usize,
    /// The length that each answer's has to have.
    pub answer: usize,
    /// How many messages each stream has.
    pub messages: u64,
    /// How latencies are counted.
    pub scale: Scale,
}

impl Asked {
    /// The client, if there is such a one.
    ///
    /// # Errors
    /// What is wrong with it, by the name of the field.
    pub fn check(self) -> Result<Client, Refusal> {
        let style = Style::new(self.rpc_type).ok_or_else(|| invalid("rpc_type"))?;
        let Some([request, answer]) = self.sizes else {
            return Err(Refusal::unimplemented("payload_config: only simple_params"));
        };
        let size = |size| usize::try_from(size).map_err(|_| invalid("payload_config"));
        let channels = at_least_one(self.channels, "client_channels")?;
        if self.targets.is_empty() {
            return Err(invalid("server_targets"));
        }
        let [resolution, max_possible] = self.histogram;
        Ok(Client {
            targets: self.targets.into_iter().cycle().take(channels).collect(),
            style,
            pace: match self.offered_load {
                Some(_) if style != Style::Unary => {
                    return Err(Refusal::unimplemented("an open loop only for UNARY"));
                }
                Some(rate) if rate.is_finite() && rate > 0.0 => Pace::Open(rate),
                Some(_) => return Err(invalid("offered_load")),
                None => {
                    Pace::Closed(at_least_one(self.outstanding, "outstanding_rpcs_per_channel")?)
                }
            },
            request: size(request)?,
            answer: size(answer)?,
            messages: match self.messages_per_stream {
                0 => u64::MAX,
                count => u64::try_from(count).map_err(|_| invalid("messages_per_stream"))?,
            },
            scale: Scale::new(resolution, max_possible)
                .ok_or_else(|| invalid("histogram_params"))?,
        })
    }
}

/// The port of a server.
///
/// # Errors
/// When it is none.
pub fn port(port: i32) -> Result<u16, Refusal> {
    u16::try_from(port).map_err(|_| invalid("port"))
}

/// How `channel_args` want messages to be compressed: by name, and the value if it is a number.
///
/// # Errors
/// When no algorithm has that number.
pub fn compression<'a>(
    args: impl IntoIterator<Item = (&'a str, Option<i32>)>,
) -> Result<Compression, Refusal> {
    const NAME: &str = "grpc.default_compression_algorithm";
    match args.into_iter().find(|(name, _)| *name == NAME).map(|(_, value)| value) {
        None | Some(Some(0)) => Ok(Compression::None),
        Some(Some(1)) => Ok(Compression::Deflate),
        Some(Some(2)) => Ok(Compression::Gzip),
        Some(_) => Err(invalid(NAME)),
    }
}

fn at_least_one(count: i32, what: &str) -> Result<usize, Refusal> {
    usize::try_from(count).ok().filter(|count| *count > 0).ok_or_else(|| invalid(what))
}

fn invalid(what: &str) -> Refusal {
    Refusal::invalid_argument(format!("{what}: not a value that can be used"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked() -> Asked {
        Asked {
            targets: vec!["a:1".into(), "b:2".into()],
            channels: 3,
            outstanding: 10,
            sizes: Some([0, 1024]),
            histogram: [0.01, 60e9],
            ..Asked::default()
        }
    }

    #[test]
    fn channels_take_the_targets_in_turn() {
        assert_eq!(asked().check().unwrap().targets, ["a:1", "b:2", "a:1"]);
    }

    #[test]
    fn a_stream_without_an_end_has_the_most_messages() {
        assert_eq!(asked().check().unwrap().messages, u64::MAX);
    }

    #[test]
    fn an_open_loop_is_for_unary_calls() {
        let open = |rpc_type| Asked { rpc_type, offered_load: Some(100.0), ..asked() };
        assert!(matches!(open(0).check().unwrap().pace, Pace::Open(100.0)));
        assert_eq!(open(1).check().unwrap_err().code, 12);
    }

    #[test]
    fn what_makes_no_sense_is_refused_by_its_name() {
        for (wrong, name) in [
            (Asked { rpc_type: 9, ..asked() }, "rpc_type"),
            (Asked { channels: 0, ..asked() }, "client_channels"),
            (Asked { targets: vec![], ..asked() }, "server_targets"),
            (Asked { sizes: Some([-1, 0]), ..asked() }, "payload_config"),
            (Asked { offered_load: Some(f64::NAN), ..asked() }, "offered_load"),
            (Asked { messages_per_stream: -1, ..asked() }, "messages_per_stream"),
        ] {
            let refusal = wrong.check().unwrap_err();
            assert_eq!(refusal.code, 3);
            assert!(refusal.to_string().starts_with(name), "{refusal}");
        }
    }
}
