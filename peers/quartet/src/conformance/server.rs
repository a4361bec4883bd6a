use std::io;
use std::time::Duration;

use futures::executor::block_on;
use quartet::server::{Address, Server};
use quartet::tls::ServerTls;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::pem::Pem;
use super::service::ConformanceServer;
use super::{Error, frames};
use crate::proto::connectrpc::conformance::v1::{
    ConformanceServiceServer, HTTPVersion, Protocol, ServerCompatRequest, ServerCompatResponse,
};

const HOST: &str = "127.0.0.1";

/// Serves what is asked for on standard input, until a signal.
pub fn serve() -> Result<(), Error> {
    let mut signals = Signals::new([SIGINT, SIGTERM]).map_err(Error::environment)?;
    let request = frames::read::<ServerCompatRequest>(&mut io::stdin().lock())?;
    let request = request
        .ok_or_else(|| Error::input("standard input is empty: expected a ServerCompatRequest"))?;
    let pem = Pem::new()?;
    let server = start(&request, &pem)?;
    frames::write(&mut io::stdout().lock(), &response(&request, &server))?;
    signals.forever().next();
    block_on(server.drain(Duration::from_secs(1)));
    Ok(())
}

fn start(request: &ServerCompatRequest, pem: &Pem) -> Result<Server, Error> {
    if request.protocol != Protocol::PROTOCOL_GRPC.into() {
        return Err(Error::input("only PROTOCOL_GRPC is supported"));
    }
    if request.http_version != HTTPVersion::HTTP_VERSION_2.into() {
        return Err(Error::input("only HTTP_VERSION_2 is supported"));
    }
    let address = Address::Tcp { host: HOST.to_owned(), port: 0 };
    let mut builder = Server::builder();
    builder = match request.use_tls {
        true => builder.listen_tls(address, &tls(request, pem)?),
        false => builder.listen(address),
    };
    if request.message_receive_limit > 0 {
        builder = builder.max_receive(request.message_receive_limit as usize);
    }
    let service = ConformanceServiceServer::new(ConformanceServer);
    builder.service(service).start().map_err(Error::environment)
}

fn tls(request: &ServerCompatRequest, pem: &Pem) -> Result<ServerTls, Error> {
    let identity = &request.server_creds;
    pem.server((&identity.cert, &identity.key), &request.client_tls_cert)
}

fn response(request: &ServerCompatRequest, server: &Server) -> ServerCompatResponse {
    let port = server.addresses().iter().find_map(|address| match address {
        Address::Tcp { port, .. } => Some(u32::from(*port)),
        _ => None,
    });
    let mut response = ServerCompatResponse {
        host: HOST.to_owned(),
        port: port.unwrap_or_default(),
        ..ServerCompatResponse::default()
    };
    if request.use_tls {
        response.pem_cert = request.server_creds.cert.clone();
    }
    response
}
