//! Workers, as a driver of gRPC's benchmarks sees them.

use std::time::Duration;

use protobuf::MessageField;

use super::contestant::Contestant;
use super::control::Control;
use super::messages::control::{
    ChannelArg, ClientArgs, ClientConfig, ClientStatus, ClientType, ClosedLoopParams, LoadParams,
    Mark, PoissonParams, RpcType, SecurityParams, ServerArgs, ServerConfig, ServerStatus,
    ServerType, channel_arg, client_args, load_params, server_args,
};
use super::messages::payloads::{PayloadConfig, SimpleProtoParams, payload_config};
use super::messages::stats::{ClientStats, HistogramParams, ServerStats};
use super::testbed::Testbed;
use super::workload::{Calls, Rpc};
use super::{histogram, usage};
use crate::interop::run::HOST;
use crate::interop::run::listener::Listener;
use crate::peer::Role;
use crate::peer::certificates;
use crate::process::Launch;

/// Compression by C-core's own name, which other workers know as well.
const COMPRESSION: &str = "grpc.default_compression_algorithm";
const GZIP: i32 = 2;

/// How long a process takes to be gone when its connections are.
const GRACE: Duration = Duration::from_millis(200);

/// A worker that takes orders.
pub struct Worker {
    address: String,
    process: Option<Listener>,
}

/// A server that a worker runs.
pub struct Serving {
    /// The port of the server.
    pub port: u16,
    control: Control,
}

/// A client that a worker runs.
pub struct Calling {
    control: Control,
}

impl Worker {
    /// Starts one on this machine.
    pub fn start(
        testbed: &Testbed,
        contestant: &Contestant,
        role: Role,
        is_pinned: bool,
    ) -> Result<Self, String> {
        let port = testbed.ports.reserve()?;
        let command = contestant.worker.worker.fill(&testbed.values(&contestant.peer, port));
        let command = Testbed::on_core(role, is_pinned, command);
        let log = testbed.log(contestant, &role.to_string());
        let folder = &contestant.peer.folder;
        let launch = Launch { command: &command, folder, stdout: &log, stderr: &log };
        let process = Listener::start(&testbed.children, "worker", &launch, port, None)?;
        Ok(Self { address: format!("{HOST}:{port}"), process: Some(process) })
    }

    /// One that runs already, somewhere.
    pub fn at(address: &str) -> Self {
        Self { address: address.into(), process: None }
    }

    /// Its process, if that is on this machine.
    pub fn pid(&self) -> Option<i32> {
        self.process.as_ref().map(Listener::pid)
    }

    /// How it ended, if it has: its last words say more than those who lost it.
    pub fn ending(&mut self) -> Option<String> {
        self.process.as_mut()?.ending(GRACE)
    }

    /// The machine that it is on.
    pub fn host(&self) -> &str {
        self.address.rsplit_once(':').map_or(&self.address, |(host, _)| host)
    }

    /// What it has used up, if it is on this machine.
    pub fn usage(&self) -> Option<usage::Usage> {
        self.pid().map(usage::Usage::of)
    }

    /// Has it run a server.
    pub fn serve(&self, tls: bool) -> Result<Serving, String> {
        let mut control = Control::start(&self.address, "RunServer")?;
        let args = server_args::Argtype::Setup(server_config(tls));
        let status: ServerStatus =
            control.ask(&ServerArgs { argtype: Some(args), ..ServerArgs::new() })?;
        let port = u16::try_from(status.port).ok().filter(|port| *port > 0);
        let port = port.ok_or_else(|| format!("reports port {} for its server", status.port))?;
        Ok(Serving { port, control })
    }

    /// Has it run a client.
    pub fn call(
        &self,
        calls: &Calls,
        target: &str,
        offered: Option<f64>,
    ) -> Result<Calling, String> {
        let mut control = Control::start(&self.address, "RunClient")?;
        let args = client_args::Argtype::Setup(client_config(calls, target, offered));
        let _: ClientStatus =
            control.ask(&ClientArgs { argtype: Some(args), ..ClientArgs::new() })?;
        Ok(Calling { control })
    }
}

impl Serving {
    /// The figures since the last time; they restart from zero.
    pub fn mark(&mut self) -> Result<ServerStats, String> {
        let args = server_args::Argtype::Mark(reset());
        let status: ServerStatus =
            self.control.ask(&ServerArgs { argtype: Some(args), ..ServerArgs::new() })?;
        Ok(status.stats.unwrap_or_default())
    }

    /// Ends it.
    pub fn finish(self) -> Result<(), String> {
        self.control.finish()
    }
}

impl Calling {
    /// The figures since the last time; they restart from zero.
    pub fn mark(&mut self) -> Result<ClientStats, String> {
        let args = client_args::Argtype::Mark(reset());
        let status: ClientStatus =
            self.control.ask(&ClientArgs { argtype: Some(args), ..ClientArgs::new() })?;
        Ok(status.stats.unwrap_or_default())
    }

    /// Ends it.
    pub fn finish(self) -> Result<(), String> {
        self.control.finish()
    }
}

fn reset() -> Mark {
    Mark { reset: true, ..Mark::new() }
}

fn server_config(tls: bool) -> ServerConfig {
    ServerConfig {
        server_type: ServerType::ASYNC_SERVER.into(),
        security_params: security(tls),
        ..ServerConfig::new()
    }
}

fn client_config(calls: &Calls, target: &str, offered: Option<f64>) -> ClientConfig {
    let load = match offered {
        Some(offered_load) => {
            load_params::Load::Poisson(PoissonParams { offered_load, ..PoissonParams::new() })
        }
        None => load_params::Load::ClosedLoop(ClosedLoopParams::new()),
    };
    let channels = calls.load.connections as i32;
    ClientConfig {
        server_targets: vec![target.into()],
        client_type: ClientType::ASYNC_CLIENT.into(),
        security_params: security(calls.tls),
        outstanding_rpcs_per_channel: calls.load.in_flight as i32 / channels,
        client_channels: channels,
        async_client_threads: 1,
        rpc_type: rpc_type(calls.rpc).into(),
        load_params: MessageField::some(LoadParams { load: Some(load), ..LoadParams::new() }),
        payload_config: MessageField::some(payload(calls)),
        histogram_params: MessageField::some(HistogramParams {
            resolution: histogram::RESOLUTION,
            max_possible: histogram::MAX,
            ..HistogramParams::new()
        }),
        channel_args: calls.gzip.then(compression).into_iter().collect(),
        messages_per_stream: calls.messages_per_stream,
        ..ClientConfig::new()
    }
}

fn security(tls: bool) -> MessageField<SecurityParams> {
    let params = SecurityParams {
        use_test_ca: true,
        server_host_override: certificates::AUTHORITY.into(),
        ..SecurityParams::new()
    };
    if tls { MessageField::some(params) } else { MessageField::none() }
}

/// Bodies of the calls' size in the direction that the method is about, and in both if it is about
/// both.
fn payload(calls: &Calls) -> PayloadConfig {
    let size = calls.size as i32;
    let (req_size, resp_size) = match calls.rpc {
        Rpc::Client => (size, 0),
        Rpc::Server => (0, size),
        Rpc::Unary | Rpc::PingPong | Rpc::Both => (size, size),
    };
    let params = SimpleProtoParams { req_size, resp_size, ..SimpleProtoParams::new() };
    let payload = Some(payload_config::Payload::SimpleParams(params));
    PayloadConfig { payload, ..PayloadConfig::new() }
}

fn rpc_type(rpc: Rpc) -> RpcType {
    match rpc {
        Rpc::Unary => RpcType::UNARY,
        Rpc::PingPong => RpcType::STREAMING,
        Rpc::Client => RpcType::STREAMING_FROM_CLIENT,
        Rpc::Server => RpcType::STREAMING_FROM_SERVER,
        Rpc::Both => RpcType::STREAMING_BOTH_WAYS,
    }
}

fn compression() -> ChannelArg {
    let value = Some(channel_arg::Value::IntValue(GZIP));
    ChannelArg { name: COMPRESSION.into(), value, ..ChannelArg::new() }
}
