//! The client that is measured.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use connectrpc::client::{ClientConfig, Http2Connection, SharedHttp2Connection};
use connectrpc::rustls::pki_types::ServerName;
use connectrpc::{CompressionPolicy, ConnectError, Protocol};
use futures::future::{BoxFuture, join_all};
use http::Uri;
use hyper_util::rt::TokioIo;
use lab_contract::bench::{
    Client, Counts, Figures, Options, Pace, Pacer, Refusal, Stage, Tuning, Usage,
};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::calls::Caller;
use super::messages::{asked, client_status, gzip, payload};
use super::worker::Measured;
use super::{LONG_FRAME, failed, stage, tls};
use crate::proto::grpc::testing::{
    BenchmarkServiceClient, ClientConfig as Config, ClientStatus, SecurityParams, SimpleRequest,
};

/// The wait before a server is tried again that can't be reached.
const RETRY: Duration = Duration::from_millis(100);

/// How many calls may wait for a connection, as connect-rust's documentation has it.
const BOUND: usize = 1024;

pub struct MeasuredClient {
    setup: Arc<Client>,
    /// Those of each channel.
    figures: Vec<Arc<Figures>>,
    usage: Usage,
    _stage: Stage,
}

impl Measured for MeasuredClient {
    type Config = Config;
    type Status = ClientStatus;

    fn set_up(config: Config, options: &Options) -> Result<Self, Refusal> {
        let setup = Arc::new(asked(&config).check()?);
        let gzip = gzip(&config.channel_args)?;
        let request = SimpleRequest {
            response_size: setup.answer as i32,
            payload: payload(setup.request).into(),
            ..Default::default()
        };
        let tls = config.security_params.as_option();
        let tls = tls.map(|params| Tls::new(params, options)).transpose()?;
        let link = |target: &String| -> Result<_, Refusal> {
            let figures = Arc::new(Figures::new(setup.scale));
            let (setup, request) = (setup.clone(), request.clone());
            let link = Link::new(target, tls.clone(), options.tuning)?;
            let config = link.config(gzip);
            Ok((figures.clone(), async move {
                let client = BenchmarkServiceClient::new(link.connect().await, config);
                Caller { client, setup, request, figures }
            }))
        };
        let links = setup.targets.iter().map(link).collect::<Result<Vec<_>, _>>()?;
        let (figures, callers): (Vec<_>, Vec<_>) = links.into_iter().unzip();
        let pace = setup.pace;
        let run = async move { run(join_all(callers).await, pace).await };
        let stage = stage("bench-client", options.tuning, run).map_err(failed)?;
        Ok(MeasuredClient { setup, figures, usage: Usage::now(), _stage: stage })
    }

    fn status(&mut self, reset: bool) -> ClientStatus {
        let channels = self.figures.iter().map(Arc::as_ref);
        let counts = Counts::of(channels, self.setup.scale, reset);
        client_status(counts, self.usage.used(reset))
    }
}

/// A connection to be.
struct Link {
    target: String,
    tls: Option<Tls>,
    uri: Uri,
    tuning: Tuning,
}

/// Whom to trust, and under which name, if it is not the target's.
#[derive(Clone)]
struct Tls {
    connector: TlsConnector,
    name: Option<String>,
}

impl Tls {
    fn new(params: &SecurityParams, options: &Options) -> Result<Self, Refusal> {
        let connector = TlsConnector::from(Arc::new(tls::client(options.ca()?)?));
        let name = Some(params.server_host_override.clone()).filter(|name| !name.is_empty());
        Ok(Tls { connector, name })
    }
}

impl Link {
    fn new(target: &str, tls: Option<Tls>, tuning: Tuning) -> Result<Self, Refusal> {
        let uri = match &tls {
            None => format!("http://{target}"),
            Some(Tls { name: None, .. }) => format!("https://{target}"),
            Some(Tls { name: Some(name), .. }) => format!("https://{name}"),
        };
        let uri = uri.parse::<Uri>().map_err(failed)?;
        Ok(Link { target: target.into(), tls, uri, tuning })
    }

    fn config(&self, gzip: bool) -> ClientConfig {
        let config = ClientConfig::new(self.uri.clone()).with_protocol(Protocol::Grpc);
        match gzip {
            false => config,
            true => config
                .compress_requests("gzip")
                .with_compression_policy(CompressionPolicy::default().with_min_size(0)),
        }
    }

    async fn connect(self) -> SharedHttp2Connection {
        loop {
            match self.try_connect().await {
                Ok(connection) => return connection.shared(BOUND),
                Err(error) => eprintln!("{}: {error}", self.target),
            }
            tokio::time::sleep(RETRY).await;
        }
    }

    async fn try_connect(&self) -> Result<Http2Connection, ConnectError> {
        let builder = match self.tuning {
            Tuning::Tuned => Http2Connection::builder().h2_settings(|http2| {
                http2.max_frame_size(LONG_FRAME);
            }),
            Tuning::Defaults => Http2Connection::builder(),
        };
        let Some(tls) = self.tls.clone() else {
            return builder.connect_plaintext(self.uri.clone()).await;
        };
        // The server's certificate may be for another name than the one that is connected to.
        let target = self.target.clone();
        let connector = tower::service_fn(move |uri: Uri| {
            let (target, connector) = (target.clone(), tls.connector.clone());
            Box::pin(dial(target, connector, uri)) as BoxFuture<'static, io::Result<_>>
        });
        builder.connect_with_connector(connector, self.uri.clone()).await
    }
}

async fn dial(
    target: String,
    connector: TlsConnector,
    uri: Uri,
) -> io::Result<TokioIo<TlsStream<TcpStream>>> {
    let name = uri.host().unwrap_or_default().to_owned();
    let name = ServerName::try_from(name).map_err(io::Error::other)?;
    let stream = TcpStream::connect(target).await?;
    stream.set_nodelay(true)?;
    Ok(TokioIo::new(connector.connect(name, stream).await?))
}

/// Calls until it is dropped.
async fn run(callers: Vec<Caller>, pace: Pace) {
    match pace {
        Pace::Closed(in_flight) => {
            for caller in callers {
                for _ in 0..in_flight {
                    tokio::spawn(caller.clone().call_forever());
                }
            }
            futures::future::pending().await
        }
        Pace::Open(rate) => {
            let mut pacer = match Pacer::start(rate) {
                Ok(pacer) => pacer,
                Err(error) => return eprintln!("pacer: {error}"),
            };
            // Channels take turns.
            for caller in callers.iter().cycle() {
                let Some(due) = pacer.next().await else { break };
                let caller = caller.clone();
                tokio::spawn(async move { caller.call(due).await });
            }
        }
    }
}
