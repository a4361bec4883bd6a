//! What a driver asks for, read and checked.

use std::path::PathBuf;

use quartet::rpc::{Compression, Status};

use super::histogram::Scale;
use super::{Options, Tuning};
use crate::proto::grpc::testing::channel_arg::Value;
use crate::proto::grpc::testing::load_params::Load;
use crate::proto::grpc::testing::payload_config::Payload as PayloadKind;
use crate::proto::grpc::testing::{
    ChannelArg, ClientConfig, PayloadConfig, RpcType, ServerConfig, ServerType, SimpleRequest,
};

use super::stub;

/// A server that is asked for.
pub struct Server {
    pub port: u16,
    /// The certificate chain, and its key.
    pub tls: Option<(PathBuf, PathBuf)>,
    pub compression: Compression,
    pub tuned: bool,
}

/// A client that is asked for.
pub struct Client {
    pub targets: Vec<String>,
    pub channels: usize,
    /// How many calls are in flight on each channel, or streams.
    pub outstanding: usize,
    pub work: RpcType,
    /// Calls a second in an open loop; otherwise the loop is closed.
    pub offered_load: Option<f64>,
    pub request: SimpleRequest,
    /// The length of each answer.
    pub answer: usize,
    pub messages_per_stream: u64,
    pub scale: Scale,
    pub tls: Option<ClientTls>,
    pub compression: Compression,
    pub tuned: bool,
}

/// Which CA a client trusts.
pub struct ClientTls {
    pub ca: PathBuf,
    /// The name that the server's certificate is for, if not that of the target.
    pub name: Option<String>,
}

impl Options {
    pub fn server(&self, config: &ServerConfig) -> Result<Server, Status> {
        if config.server_type == ServerType::ASYNC_GENERIC_SERVER.into() {
            return Err(Status::unimplemented("no generic server: it answers with protobuf only"));
        }
        let tls = match (config.security_params.is_some(), &self.cert, &self.key) {
            (false, ..) => None,
            (true, Some(cert), Some(key)) => Some((cert.clone(), key.clone())),
            _ => return Err(missing("--tls_cert_file and --tls_key_file")),
        };
        Ok(Server {
            port: u16::try_from(config.port).map_err(|_| invalid("port"))?,
            tls,
            compression: compression(&config.channel_args)?,
            tuned: self.tuning == Tuning::Tuned,
        })
    }

    pub fn client(&self, config: &ClientConfig) -> Result<Client, Status> {
        let work = config.rpc_type.enum_value().map_err(|_| invalid("rpc_type"))?;
        let (request, answer) = sizes(&config.payload_config)?;
        let tls = match (config.security_params.as_ref(), &self.ca) {
            (None, _) => None,
            (Some(params), Some(ca)) => {
                let name = Some(params.server_host_override.clone());
                Some(ClientTls { ca: ca.clone(), name: name.filter(|name| !name.is_empty()) })
            }
            _ => return Err(missing("--ca_file")),
        };
        if config.server_targets.is_empty() {
            return Err(invalid("server_targets"));
        }
        let histogram = config.histogram_params.get_or_default();
        Ok(Client {
            targets: config.server_targets.clone(),
            channels: at_least_one(config.client_channels, "client_channels")?,
            outstanding: at_least_one(
                config.outstanding_rpcs_per_channel,
                "outstanding_rpcs_per_channel",
            )?,
            work,
            offered_load: offered_load(config, work)?,
            request: stub::request(request, answer),
            answer,
            messages_per_stream: match config.messages_per_stream {
                0 => u64::MAX,
                count => u64::try_from(count).map_err(|_| invalid("messages_per_stream"))?,
            },
            scale: Scale::new(histogram).ok_or_else(|| invalid("histogram_params"))?,
            tls,
            compression: compression(&config.channel_args)?,
            tuned: self.tuning == Tuning::Tuned,
        })
    }
}

fn sizes(config: &PayloadConfig) -> Result<(usize, usize), Status> {
    let size = |size: i32| usize::try_from(size).map_err(|_| invalid("payload_config"));
    match &config.payload {
        None => Ok((0, 0)),
        Some(PayloadKind::SimpleParams(params)) => {
            Ok((size(params.req_size)?, size(params.resp_size)?))
        }
        Some(_) => Err(Status::unimplemented("payload_config: only simple_params")),
    }
}

fn offered_load(config: &ClientConfig, work: RpcType) -> Result<Option<f64>, Status> {
    match &config.load_params.load {
        Some(Load::Poisson(_)) if work != RpcType::UNARY => {
            Err(Status::unimplemented("an open loop only for UNARY"))
        }
        Some(Load::Poisson(params)) if params.offered_load > 0.0 => Ok(Some(params.offered_load)),
        Some(Load::Poisson(_)) => Err(invalid("offered_load")),
        Some(Load::ClosedLoop(_)) | None => Ok(None),
    }
}

/// Of the settings of C-core, the one that every worker knows.
fn compression(args: &[ChannelArg]) -> Result<Compression, Status> {
    const NAME: &str = "grpc.default_compression_algorithm";
    match args.iter().find(|arg| arg.name == NAME).and_then(|arg| arg.value.as_ref()) {
        None | Some(Value::IntValue(0)) => Ok(Compression::None),
        Some(Value::IntValue(1)) => Ok(Compression::Deflate),
        Some(Value::IntValue(2)) => Ok(Compression::Gzip),
        Some(_) => Err(invalid(NAME)),
    }
}

fn at_least_one(count: i32, what: &str) -> Result<usize, Status> {
    usize::try_from(count).ok().filter(|count| *count > 0).ok_or_else(|| invalid(what))
}

fn invalid(what: &str) -> Status {
    Status::invalid_argument(format!("{what}: not a value that can be used"))
}

fn missing(flags: &str) -> Status {
    Status::failed_precondition(format!("no TLS: start the worker with {flags}"))
}
