//! The driver's messages, as the contract has them, and the worker's.

use lab_contract::bench::{Asked, Compression, Counts, Refusal, Used, cores, zeros};
use tonic::codec::CompressionEncoding;

use crate::testing::channel_arg::Value;
use crate::testing::load_params::Load;
use crate::testing::payload_config::Payload as PayloadKind;
use crate::testing::{
    ChannelArg, ClientConfig, ClientStats, ClientStatus, HistogramData, Payload,
    RequestResultCount, ServerStats, ServerStatus,
};

pub fn asked(config: &ClientConfig) -> Asked {
    let offered_load = match config.load_params.and_then(|params| params.load) {
        Some(Load::Poisson(params)) => Some(params.offered_load),
        Some(Load::ClosedLoop(_)) | None => None,
    };
    let sizes = match config.payload_config.as_ref().and_then(|config| config.payload.as_ref()) {
        Some(PayloadKind::SimpleParams(params)) => Some([params.req_size, params.resp_size]),
        Some(_) => None,
        None => Some([0, 0]),
    };
    let histogram = config.histogram_params.unwrap_or_default();
    Asked {
        targets: config.server_targets.clone(),
        channels: config.client_channels,
        outstanding: config.outstanding_rpcs_per_channel,
        rpc_type: config.rpc_type,
        offered_load,
        sizes,
        messages_per_stream: config.messages_per_stream,
        histogram: [histogram.resolution, histogram.max_possible],
    }
}

/// How messages are to be compressed.
pub fn compression(args: &[ChannelArg]) -> Result<Option<CompressionEncoding>, Refusal> {
    let args = args.iter().map(|arg| match arg.value {
        Some(Value::IntValue(value)) => (&*arg.name, Some(value)),
        _ => (&*arg.name, None),
    });
    Ok(match lab_contract::bench::compression(args)? {
        Compression::None => None,
        Compression::Deflate => Some(CompressionEncoding::Deflate),
        Compression::Gzip => Some(CompressionEncoding::Gzip),
    })
}

pub fn client_status(counts: Counts, used: Used) -> ClientStatus {
    let row = |(status_code, count)| RequestResultCount { status_code, count };
    let request_results = counts.results().map(row).collect();
    let latencies = counts.latencies;
    let latencies = HistogramData {
        min_seen: latencies.min(),
        max_seen: latencies.max,
        sum: latencies.sum,
        sum_of_squares: latencies.sum_of_squares,
        count: latencies.count() as f64,
        bucket: latencies.buckets,
    };
    let stats = ClientStats {
        latencies: Some(latencies),
        time_elapsed: used.elapsed,
        time_user: used.user,
        time_system: used.system,
        request_results,
        ..Default::default()
    };
    ClientStatus { stats: Some(stats) }
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
    ServerStatus { stats: Some(stats), port: port.into(), cores: cores() }
}

/// A payload of so many zeros.
pub fn payload(length: usize) -> Payload {
    Payload { body: zeros(length).into(), ..Default::default() }
}
