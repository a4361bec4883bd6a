//! The driver's messages, as the contract has them, and the worker's.

use lab_contract::bench::{Asked, Compression, Counts, Refusal, Used, cores};
use protobuf::MessageField;

use crate::proto::control::channel_arg::Value;
use crate::proto::control::load_params::Load;
use crate::proto::control::{ChannelArg, ClientConfig, ClientStatus, ServerStatus};
use crate::proto::messages::Payload;
use crate::proto::payloads::payload_config::Payload as PayloadKind;
use crate::proto::stats::{ClientStats, HistogramData, RequestResultCount, ServerStats};

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
    let histogram = config.histogram_params.get_or_default();
    Asked {
        targets: config.server_targets.clone(),
        channels: config.client_channels,
        outstanding: config.outstanding_rpcs_per_channel,
        rpc_type: config.rpc_type.value(),
        offered_load,
        sizes,
        messages_per_stream: config.messages_per_stream,
        histogram: [histogram.resolution, histogram.max_possible],
    }
}

pub fn compression(args: &[ChannelArg]) -> Result<Compression, Refusal> {
    lab_contract::bench::compression(args.iter().map(|arg| match arg.value {
        Some(Value::IntValue(value)) => (&*arg.name, Some(value)),
        _ => (&*arg.name, None),
    }))
}

pub fn client_status((counts, used): (Counts, Used)) -> ClientStatus {
    let row = |(status_code, count)| RequestResultCount {
        status_code,
        count,
        ..RequestResultCount::default()
    };
    let request_results = counts.results().map(row).collect();
    let latencies = counts.latencies;
    let latencies = HistogramData {
        min_seen: latencies.min(),
        max_seen: latencies.max,
        sum: latencies.sum,
        sum_of_squares: latencies.sum_of_squares,
        count: latencies.count() as f64,
        bucket: latencies.buckets,
        ..HistogramData::default()
    };
    let stats = ClientStats {
        latencies: MessageField::some(latencies),
        time_elapsed: used.elapsed,
        time_user: used.user,
        time_system: used.system,
        request_results,
        ..ClientStats::default()
    };
    ClientStatus { stats: MessageField::some(stats), ..ClientStatus::default() }
}

pub fn server_status(port: u16, used: &Used) -> ServerStatus {
    let stats = ServerStats {
        time_elapsed: used.elapsed,
        time_user: used.user,
        time_system: used.system,
        total_cpu_time: used.total_ticks,
        idle_cpu_time: used.idle_ticks,
        ..ServerStats::default()
    };
    ServerStatus {
        stats: MessageField::some(stats),
        port: port.into(),
        cores: cores(),
        ..ServerStatus::default()
    }
}

/// A payload of so many zeros.
pub fn payload(length: usize) -> MessageField<Payload> {
    MessageField::some(Payload { body: vec![0; length], ..Payload::default() })
}
