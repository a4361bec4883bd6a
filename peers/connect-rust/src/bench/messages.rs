//! The driver's messages, as the contract has them, and the worker's.

use lab_contract::bench::{Asked, Compression, Counts, Refusal, Used, cores, zeros};

use super::worker::Ask;
use crate::proto::grpc::testing::channel_arg::Value;
use crate::proto::grpc::testing::client_args::Argtype as ClientAsk;
use crate::proto::grpc::testing::load_params::Load;
use crate::proto::grpc::testing::payload_config::Payload as PayloadKind;
use crate::proto::grpc::testing::server_args::Argtype as ServerAsk;
use crate::proto::grpc::testing::{
    ChannelArg, ClientArgs, ClientConfig, ClientStats, ClientStatus, HistogramData, Payload,
    RequestResultCount, ServerArgs, ServerConfig, ServerStats, ServerStatus,
};

impl From<ServerArgs> for Option<Ask<ServerConfig>> {
    fn from(args: ServerArgs) -> Self {
        Some(match args.argtype? {
            ServerAsk::Setup(config) => Ask::SetUp(*config),
            ServerAsk::Mark(mark) => Ask::Mark(*mark),
        })
    }
}

impl From<ClientArgs> for Option<Ask<ClientConfig>> {
    fn from(args: ClientArgs) -> Self {
        Some(match args.argtype? {
            ClientAsk::Setup(config) => Ask::SetUp(*config),
            ClientAsk::Mark(mark) => Ask::Mark(*mark),
        })
    }
}

pub fn asked(config: &ClientConfig) -> Asked {
    let offered_load = match &config.load_params.load {
        Some(Load::Poisson(params)) => Some(params.offered_load),
        Some(Load::ClosedLoop(_)) | None => None,
    };
    let sizes = match &config.payload_config.payload {
        Some(PayloadKind::SimpleParams(params)) => Some([params.req_size, params.resp_size]),
        Some(_) => None,
        None => Some([0, 0]),
    };
    let histogram = &config.histogram_params;
    Asked {
        targets: config.server_targets.clone(),
        channels: config.client_channels,
        outstanding: config.outstanding_rpcs_per_channel,
        rpc_type: config.rpc_type.to_i32(),
        offered_load,
        sizes,
        messages_per_stream: config.messages_per_stream,
        histogram: [histogram.resolution, histogram.max_possible],
    }
}

/// Whether messages are compressed, with gzip.
pub fn gzip(args: &[ChannelArg]) -> Result<bool, Refusal> {
    let args = args.iter().map(|arg| match arg.value {
        Some(Value::IntValue(value)) => (&*arg.name, Some(value)),
        _ => (&*arg.name, None),
    });
    match lab_contract::bench::compression(args)? {
        Compression::None => Ok(false),
        Compression::Gzip => Ok(true),
        Compression::Deflate => Err(Refusal::unimplemented("connectrpc has no deflate")),
    }
}

pub fn client_status(counts: Counts, used: Used) -> ClientStatus {
    let row =
        |(status_code, count)| RequestResultCount { status_code, count, ..Default::default() };
    let request_results = counts.results().map(row).collect();
    let latencies = counts.latencies;
    let latencies = HistogramData {
        min_seen: latencies.min(),
        max_seen: latencies.max,
        sum: latencies.sum,
        sum_of_squares: latencies.sum_of_squares,
        count: latencies.count() as f64,
        bucket: latencies.buckets,
        ..Default::default()
    };
    let stats = ClientStats {
        latencies: latencies.into(),
        time_elapsed: used.elapsed,
        time_user: used.user,
        time_system: used.system,
        request_results,
        ..Default::default()
    };
    ClientStatus { stats: stats.into(), ..Default::default() }
}

pub fn server_status(port: u16, used: Used) -> ServerStatus {
    let stats = ServerStats {
        time_elapsed: used.elapsed,
        time_user: used.user,
        time_system: used.system,
        total_cpu_time: used.total_ticks,
        idle_cpu_time: used.idle_ticks,
        ..Default::default()
    };
    ServerStatus { stats: stats.into(), port: port.into(), cores: cores(), ..Default::default() }
}

/// A payload of so many zeros.
pub fn payload(length: usize) -> Payload {
    Payload { body: zeros(length).into(), ..Default::default() }
}
