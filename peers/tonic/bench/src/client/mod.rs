//! The client that is measured.

mod calls;

use std::sync::Arc;
use std::time::Duration;

use lab_contract::bench::{Client, Counts, Figures, Options, Pace, Pacer, Refusal, Stage, Usage};
use tokio::task::JoinSet;
use tonic::codec::CompressionEncoding;
use tonic::transport::{Channel, Endpoint};

use crate::messages::{asked, client_status, compression, payload};
use crate::settings::{endpoint, failed, stage};
use crate::testing::benchmark_service_client::BenchmarkServiceClient;
use crate::testing::client_args::Argtype;
use crate::testing::{ClientArgs, ClientConfig, ClientStatus, SimpleRequest};
use crate::worker::{Ask, Measured};

use calls::Caller;

/// The wait before a server is tried again that can't be reached.
const RETRY: Duration = Duration::from_millis(100);

pub struct MeasuredClient {
    setup: Arc<Client>,
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

    fn set_up(config: ClientConfig, options: &Options) -> Result<Self, Refusal> {
        let setup = Arc::new(asked(&config).check()?);
        let compression = compression(&config.channel_args)?;
        let request = SimpleRequest {
            response_size: setup.answer as i32,
            payload: Some(payload(setup.request)),
            ..Default::default()
        };
        let link = |target: &String| {
            Ok(Link {
                endpoint: endpoint(options, target, config.security_params.as_ref())?,
                compression,
                setup: setup.clone(),
                request: request.clone(),
                figures: Arc::new(Figures::new(setup.scale)),
            })
        };
        let links = setup.targets.iter().map(link).collect::<Result<Vec<_>, Refusal>>()?;
        let figures = links.iter().map(|link| link.figures.clone()).collect();
        let run = run(links, setup.pace);
        let stage = stage("bench-client", options.tuning, run).map_err(failed)?;
        Ok(MeasuredClient { setup, figures, usage: Usage::now(), _stage: stage })
    }

    fn status(&mut self, reset: bool) -> ClientStatus {
        let channels = self.figures.iter().map(Arc::as_ref);
        let counts = Counts::of(channels, self.setup.scale, reset);
        client_status(counts, self.usage.used(reset))
    }
}

/// A channel to be.
struct Link {
    endpoint: Endpoint,
    compression: Option<CompressionEncoding>,
    setup: Arc<Client>,
    request: SimpleRequest,
    figures: Arc<Figures>,
}

impl Link {
    async fn connect(self) -> Caller {
        let mut client = BenchmarkServiceClient::new(connect(&self.endpoint).await);
        if let Some(encoding) = self.compression {
            client = client.send_compressed(encoding).accept_compressed(encoding);
        }
        let Link { setup, request, figures, .. } = self;
        Caller { client, setup, request, figures }
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
async fn run(links: Vec<Link>, pace: Pace) {
    let mut tasks = JoinSet::new();
    match pace {
        Pace::Closed(in_flight) => {
            for link in links {
                tasks.spawn(closed(link, in_flight));
            }
        }
        Pace::Open(rate) => {
            tasks.spawn(open(links, rate));
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
async fn open(links: Vec<Link>, rate: f64) {
    let mut callers = Vec::new();
    for link in links {
        callers.push(link.connect().await);
    }
    let mut pacer = match Pacer::start(rate) {
        Ok(pacer) => pacer,
        Err(error) => return eprintln!("pacer: {error}"),
    };
    for caller in callers.iter().cycle() {
        let Some(intended) = pacer.next().await else { break };
        let mut caller = caller.clone();
        tokio::spawn(async move { caller.call(intended).await });
    }
}
