//! The server that is measured.

use std::io;
use std::net::{Ipv6Addr, TcpListener};
use std::sync::Arc;

use connectrpc::rustls::ServerConfig as TlsConfig;
use connectrpc::{CompressionPolicy, ConnectRpcService, Server};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use lab_contract::bench::{Options, Refusal, Stage, Tuning, Usage, port};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpSocket;
use tokio_rustls::TlsAcceptor;

use super::benchmark::Benchmark;
use super::messages::{gzip, server_status};
use super::worker::Measured;
use super::{LONG_FRAME, failed, stage, tls};
use crate::proto::grpc::testing::{BenchmarkServiceServer, ServerConfig, ServerStatus, ServerType};

type Service = ConnectRpcService<BenchmarkServiceServer<Benchmark>>;

pub struct MeasuredServer {
    port: u16,
    usage: Usage,
    _stage: Stage,
}

impl Measured for MeasuredServer {
    type Config = ServerConfig;
    type Status = ServerStatus;

    fn set_up(config: ServerConfig, options: &Options) -> Result<Self, Refusal> {
        if config.server_type == ServerType::ASYNC_GENERIC_SERVER {
            return Err(Refusal::unimplemented("no generic server: it answers with protobuf only"));
        }
        let service = ConnectRpcService::new(BenchmarkServiceServer::new(Benchmark));
        let service = match (gzip(&config.channel_args)?, options.tuning) {
            (true, _) => {
                service.with_compression_policy(CompressionPolicy::default().with_min_size(0))
            }
            (false, Tuning::Tuned) => {
                service.with_compression_policy(CompressionPolicy::disabled())
            }
            (false, Tuning::Defaults) => service,
        };
        let tls = match config.security_params.is_set() {
            true => Some(Arc::new(tls::server(options.identity()?)?)),
            false => None,
        };
        let listener = listen(port(config.port)?).map_err(failed)?;
        let port = listener.local_addr().map_err(failed)?.port();
        let tuning = options.tuning;
        let serve = async move {
            let served = match tuning {
                Tuning::Tuned => serve_tuned(listener, service, tls).await,
                Tuning::Defaults => serve_by_default(listener, service, tls).await,
            };
            if let Err(error) = served {
                eprintln!("port {port}: {error}");
            }
        };
        let stage = stage("bench-server", tuning, serve).map_err(failed)?;
        Ok(MeasuredServer { port, usage: Usage::now(), _stage: stage })
    }

    fn status(&mut self, reset: bool) -> ServerStatus {
        server_status(self.port, self.usage.used(reset))
    }
}

/// How many connections may wait to be accepted, as tokio's own listeners have it.
const BACKLOG: u32 = 1024;

fn listen(port: u16) -> io::Result<TcpListener> {
    let socket = TcpSocket::new_v6()?;
    socket.set_reuseaddr(true)?;
    socket.bind((Ipv6Addr::UNSPECIFIED, port).into())?;
    socket.listen(BACKLOG)?.into_std()
}

/// By connectrpc's own server.
async fn serve_by_default(
    listener: TcpListener,
    service: Service,
    tls: Option<Arc<TlsConfig>>,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let mut server = Server::from_listener(tokio::net::TcpListener::from_std(listener)?);
    if let Some(tls) = tls {
        server = server.with_tls(tls);
    }
    server.serve_with_service(service).await
}

/// By hyper, as connect-rust's guide has it for settings that its own server doesn't have.
async fn serve_tuned(
    listener: TcpListener,
    service: Service,
    tls: Option<Arc<TlsConfig>>,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let tls = tls.map(TlsAcceptor::from);
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let (service, tls) = (service.clone(), tls.clone());
        tokio::spawn(async move {
            // Whoever goes without a word is no trouble of the server's.
            let _ = match tls {
                None => serve_connection(stream, service).await,
                Some(tls) => match tls.accept(stream).await {
                    Ok(stream) => serve_connection(stream, service).await,
                    Err(error) => Err(error.into()),
                },
            };
        });
    }
}

async fn serve_connection(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    service: Service,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let mut builder = Builder::new(TokioExecutor::new()).http2_only();
    builder.http2().max_frame_size(LONG_FRAME).adaptive_window(true);
    builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service)).await
}
