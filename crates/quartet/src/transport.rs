//! Settings that servers and channels share: the limits and habits of an HTTP/2 connection.

use grpcio::ChannelBuilder;

use crate::arguments::int;
use crate::keepalive::Keepalive;
use crate::rpc::Compression;
use quartet_seam as seam;
use quartet_seam::cuts::{self, Cut};

/// How much of a stream the peer may send before this side has read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Window {
    /// This many bytes, at least 65,535 (HTTP/2's own default). A stream whose reader has stopped
    /// costs about three times as much memory, and a stream moves at most this much per round trip.
    Fixed(u32),
    /// C-core measures the link and lets the window grow with it, up to 2 MiB (32 MiB on an
    /// installed core): fast over long distances, and as expensive when a reader stops.
    Adaptive,
}

/// The settings, with their defaults.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Transport {
    pub max_receive: usize,
    pub max_metadata: usize,
    pub window: Window,
    pub max_frame: Option<u32>,
    pub compression: Compression,
    pub keepalive: Option<Keepalive>,
    pub header_table: bool,
    pub coalesce_writes: bool,
}

impl Transport {
    /// A server's: strangers decide what it must hold.
    pub(crate) fn of_server() -> Self {
        Transport { window: Window::Fixed(65_535), ..Transport::of_channel() }
    }

    /// A channel's: what it holds is what its own program does not read.
    pub(crate) fn of_channel() -> Self {
        Transport {
            max_receive: 4 << 20,
            max_metadata: 16 << 10,
            window: Window::Adaptive,
            max_frame: None,
            compression: Compression::None,
            keepalive: None,
            header_table: false,
            coalesce_writes: true,
        }
    }

    /// Sets them on a channel, or on what a server makes its channels of. What has more metadata
    /// than `refused_by_core` bytes does not get past C-core. Without any encryption there is less
    /// for C-core to do.
    pub(crate) fn apply(
        self,
        builder: ChannelBuilder,
        refused_by_core: usize,
        is_plaintext: bool,
    ) -> ChannelBuilder {
        let unneeded: &[Cut] = match is_plaintext {
            true => &[Cut::Compression, Cut::Tracer, Cut::Auth],
            false => &[Cut::Compression, Cut::Tracer],
        };
        let max_metadata = int(refused_by_core);
        let unlimited = -1;
        let max_receive = match seam::core_receives_long_messages() {
            true => unlimited,
            false => int(self.max_receive),
        };
        let builder = builder
            .max_receive_message_len(max_receive)
            // Between the two C-core refuses at random.
            .raw_cfg_int(c"grpc.max_metadata_size".into(), max_metadata)
            .raw_cfg_int(c"grpc.absolute_max_metadata_size".into(), max_metadata)
            .raw_cfg_int(cuts::ARGUMENT.into(), cuts::made(unneeded))
            .raw_cfg_int(seam::NO_INFLATE.into(), 0)
            .raw_cfg_int(seam::COMPRESSION_LEVEL.0.into(), seam::COMPRESSION_LEVEL.1);
        let mut builder = match self.keepalive {
            Some(keepalive) => keepalive.apply(builder),
            None => builder,
        };
        if !self.header_table {
            builder = builder.raw_cfg_int(seam::NO_HEADER_TABLE.into(), 0);
        }
        if let Some(bytes) = self.max_frame {
            builder = builder.http2_max_frame_size(int(bytes.clamp(16_384, 16_777_215) as usize));
        }
        match self.window {
            Window::Adaptive => builder,
            Window::Fixed(bytes) => builder
                .http2_bdp_probe(false)
                .stream_initial_window_size(int(bytes.max(65_535) as usize)),
        }
    }
}

/// The settings that the builders of servers and channels share: functions of theirs, which
/// keep them in this field.
macro_rules! transport_settings {
    ($($transport:ident).+, $($queues:ident).+) => {
        /// The largest message, in bytes, to accept from the peer; 4 MiB by default, as in every
        /// gRPC implementation. A larger one ends its call with `RESOURCE_EXHAUSTED`.
        pub fn max_receive(mut self, bytes: usize) -> Self {
            self.$($transport).+.max_receive = bytes;
            self
        }

        /// The most metadata to accept from the peer at once, in bytes as HTTP/2 counts them
        /// (key, value, and 32 for each pair); 16 KiB by default. More ends the call with
        /// `RESOURCE_EXHAUSTED`.
        pub fn max_metadata(mut self, bytes: usize) -> Self {
            self.$($transport).+.max_metadata = bytes;
            self
        }

        /// How far the peer may send ahead of the reader here. On a server 64 KiB per stream by
        /// default, which holds a thousand stalled streams in less than 256 MiB but slows down
        /// large messages; on a channel adaptive by default.
        pub fn window(mut self, window: crate::Window) -> Self {
            self.$($transport).+.window = window;
            self
        }

        /// The largest HTTP/2 frame that the peer may send, in bytes: 16 KiB, the default, to 16
        /// MiB. Large messages arrive faster in large frames, but small ones on the same connection
        /// wait longer behind them.
        pub fn max_frame(mut self, bytes: u32) -> Self {
            self.$($transport).+.max_frame = Some(bytes);
            self
        }

        /// Uses these completion queues and their threads, shared with others; by default it has
        /// its own. On the bundled core the largest `max_receive` of those that share them holds
        /// for all.
        pub fn queues(mut self, queues: &crate::CompletionQueues) -> Self {
            self.$($queues).+ = Some(queues.clone());
            self
        }

        /// Compresses what is sent; off by default. A request or a response may override it for its
        /// call. A server keeps to what its caller accepts, as with
        /// [`Response::set_compression`](crate::rpc::Response::set_compression); a client can't
        /// know before it calls.
        pub fn compression(mut self, compression: crate::rpc::Compression) -> Self {
            self.$($transport).+.compression = compression;
            self
        }

        /// Checks by pings whether a silent peer is still alive. By default a channel does not, and
        /// a server does so after two hours.
        pub fn keepalive(mut self, keepalive: crate::Keepalive) -> Self {
            self.$($transport).+.keepalive = Some(keepalive);
            self
        }

        /// Whether the peer may keep a table of the headers that it has sent, and send repeated
        /// ones as one byte (HPACK, [RFC 7541](https://www.rfc-editor.org/rfc/rfc7541)). Off by
        /// default: in the bundled core's table a header with a bad value stays bad, and fails
        /// every later call on the connection that refers to it (CVE-2024-7246), including other
        /// callers' if the peer is a proxy. Where each connection has one caller, that caller hurts
        /// only itself, and a table takes a tenth off the cost of a unary call.
        pub fn header_table(mut self, yes: bool) -> Self {
            self.$($transport).+.header_table = yes;
            self
        }

        /// Whether answers and requests that are ready together leave in one write to the socket;
        /// otherwise each has its own write. On by default. Saves about a fifth of the CPU time of
        /// small calls with ten or more in flight, and nothing with one. What is sent may wait until
        /// the queue's thread has run the other calls that have events, for two milliseconds at
        /// most, however long a handler takes. With an installed C-core, or a `GRPC_POLL_STRATEGY`
        /// other than `epoll1`, it has no effect. It affects the server's or channel's own
        /// completion queues; for shared ones, see
        /// [`CompletionQueuesBuilder::coalesce_writes`](crate::CompletionQueuesBuilder::coalesce_writes).
        pub fn coalesce_writes(mut self, yes: bool) -> Self {
            self.$($transport).+.coalesce_writes = yes;
            self
        }
    };
}
pub(crate) use transport_settings;
