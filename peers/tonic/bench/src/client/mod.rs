//! The client that is measured.

mod calls;
mod figures;
mod pacer;

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tonic::Status;
use tonic::codec::CompressionEncoding;
use tonic::transport::{Channel, Endpoint};

use crate::settings::{Settings, compression};
use crate::stage::Stage;
use crate::testing::benchmark_service_client::BenchmarkServiceClient;
use crate::testing::client_args::Argtype;
use crate::testing::load_params::Load;
use crate::testing::payload_config::Payload;
use crate::testing::{
    ClientArgs, ClientConfig, ClientStats, ClientStatus, PayloadConfig, RpcType, SimpleRequest,
    payload,
};
use crate::usage::Usage;
use crate::worker::{Ask, Measured};

use calls::{Caller, Calls};
use figures::{Counts, Figures};
use pacer::Pacer;

/// The wait before a server is tried again that can't be reached.
const RETRY: Duration = Duration::from_millis(100);

pub struct MeasuredClient {
    /// Those of each channel.
    figures: Vec<Arc<Figures>>,
    usage: Usage,
    _stage: Stage,
}

impl Measured for MeasuredClient {
    type Args = ClientArgs;
    type Config = ClientConfig;
    type Status = ClientStatus;

    fn ask(args: ClientArgs) -> Option<Ask<ClientConfig>> {
        Some(match args.argtype? {
            Argtype::Setup(config) => Ask::SetUp(config),
            Argtype::Mark(mark) => Ask::Mark(mark),
        })
    }

    fn set_up(config: ClientConfig, settings: &Settings) -> Result<Self, Status> {
        let calls = Arc::new(calls(&config)?);
        let load = load(&config)?;
        let compression = compression(&config.channel_args)?;
        let histogram = config.histogram_params.unwrap_or_default();
        let mut figures = Vec::new();
        let mut links = Vec::new();
        let channels = positive("client_channels", config.client_channels)?;
        for target in config.server_targets.iter().cycle().take(channels) {
            let channel = Arc::new(Figures::new(&histogram)?);
            links.push(Link {
                endpoint: settings.endpoint(target, config.security_params.as_ref())?,
                compression,
                calls: calls.clone(),
                figures: channel.clone(),
            });
            figures.push(channel);
        }
        if links.is_empty() {
            return Err(no_target());
        }
        let stage = Stage::start("bench-client", settings.tuning, run(links, load))?;
        Ok(MeasuredClient { figures, usage: Usage::now()?, _stage: stage })
    }

    fn status(&mut self, reset: bool) -> Result<ClientStatus, Status> {
        let counts = self.figures.iter().map(|figures| figures.read(reset));
        let counts = counts.reduce(Counts::merge).ok_or_else(no_target)?;
        let used = self.usage.used(reset)?;
        let stats = ClientStats {
            request_results: counts.results(),
            latencies: Some(counts.latencies.into_data()),
            time_elapsed: used.elapsed,
            time_user: used.user,
            time_system: used.system,
            ..Default::default()
        };
        Ok(ClientStatus { stats: Some(stats) })
    }
}

/// When calls begin.
#[derive(Clone, Copy)]
enum Loop {
    /// When others have ended: so many at once on a channel.
    Closed(usize),
    /// At random times: so many a second.
    Open(f64),
}

fn no_target() -> Status {
    Status::invalid_argument("server_targets: expected one or more, saw none")
}

fn positive(name: &str, value: i32) -> Result<usize, Status> {
    let positive = usize::try_from(value).ok().filter(|value| *value > 0);
    let refused = || Status::invalid_argument(format!("{name}: expected 1 or more, saw {value}"));
    positive.ok_or_else(refused)
}

fn load(config: &ClientConfig) -> Result<Loop, Status> {
    let load = config.load_params.and_then(|params| params.load);
    let Some(Load::Poisson(poisson)) = load else {
        let in_flight = config.outstanding_rpcs_per_channel;
        return Ok(Loop::Closed(positive("outstanding_rpcs_per_channel", in_flight)?));
    };
    if config.rpc_type() != RpcType::Unary {
        return Err(Status::unimplemented("poisson: expected UNARY, saw another rpc_type"));
    }
    pacer::check(poisson.offered_load)?;
    Ok(Loop::Open(poisson.offered_load))
}

fn calls(config: &ClientConfig) -> Result<Calls, Status> {
    let (request_size, response_size) = sizes(config.payload_config.as_ref())?;
    let messages_per_stream = u64::try_from(config.messages_per_stream)
        .map_err(|_| Status::invalid_argument("messages_per_stream: expected 0 or more"))?;
    let request = SimpleRequest {
        response_size: response_size as i32,
        payload: Some(payload(request_size)),
        ..Default::default()
    };
    Ok(Calls {
        rpc_type: config.rpc_type(),
        request,
        response_size,
        messages: if messages_per_stream == 0 { u64::MAX } else { messages_per_stream },
    })
}

/// The sizes of the bodies of a request and a response.
fn sizes(config: Option<&PayloadConfig>) -> Result<(usize, usize), Status> {
    let params = match config.and_then(|config| config.payload.as_ref()) {
        None => Default::default(),
        Some(Payload::SimpleParams(params)) => *params,
        Some(_) => return Err(Status::unimplemented("payload_config: expected simple_params")),
    };
    let size = |name, size| {
        let refused = |_| Status::invalid_argument(format!("{name}: expected a size, saw {size}"));
        usize::try_from(size).map_err(refused)
    };
    Ok((size("req_size", params.req_size)?, size("resp_size", params.resp_size)?))
}

/// A channel to be.
struct Link {
    endpoint: Endpoint,
    compression: Option<CompressionEncoding>,
    calls: Arc<Calls>,
    figures: Arc<Figures>,
}

impl Link {
    async fn connect(self) -> Caller {
        let mut client = BenchmarkServiceClient::new(connect(&self.endpoint).await);
        if let Some(encoding) = self.compression {
            client = client.send_compressed(encoding).accept_compressed(encoding);
        }
        Caller { client, calls: self.calls, figures: self.figures }
    }
}

async fn connect(endpoint: &Endpoint) -> Channel {
    loop {
        match endpoint.connect().await {
            Ok(channel) => return channel,
            Err(error) => eprintln!("{}: {error:?}", endpoint.uri()),
        }
        tokio::time::sleep(RETRY).await;
    }
}

/// Calls until it is dropped.
async fn run(links: Vec<Link>, load: Loop) {
    let mut tasks = JoinSet::new();
    match load {
        Loop::Closed(in_flight) => {
            for link in links {
                tasks.spawn(closed(link, in_flight));
            }
        }
        Loop::Open(offered_load) => {
            tasks.spawn(open(links, offered_load));
        }
    }
    tasks.join_all().await;
}

/// Closed loop: the next call begins when one has ended.
async fn closed(link: Link, in_flight: usize) {
    let caller = link.connect().await;
    let mut callers = JoinSet::new();
    for _ in 0..in_flight {
        callers.spawn(caller.clone().call_forever());
    }
    callers.join_all().await;
}

/// Open loop: calls begin at the times of the pacer, and channels take turns.
async fn open(links: Vec<Link>, offered_load: f64) {
    let mut callers = Vec::new();
    for link in links {
        callers.push(link.connect().await);
    }
    let mut pacer = match Pacer::start(offered_load) {
        Ok(pacer) => pacer,
        Err(error) => return eprintln!("pacer: {error}"),
    };
    for caller in callers.iter().cycle() {
        let Some(intended) = pacer.next().await else { break };
        let mut caller = caller.clone();
        tokio::spawn(async move { caller.call(intended).await });
    }
}
