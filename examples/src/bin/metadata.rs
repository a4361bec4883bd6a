//! Metadata: what travels beside the messages. A client sends it with the request; a server sends
//! headers before the reply and trailers after it, with an error too.
//!
//!     cargo run --release -p quartet-examples --bin metadata

use std::error::Error;

use futures::executor::block_on;
use quartet::channel::Channel;
use quartet::rpc::{Metadata, Request, Response, Status};
use quartet::server::Server;
use quartet_examples::proto::greeter::{Greeter, GreeterClient, GreeterServer, Greeting, Name};

/// Greets in the language that the metadata asks for.
struct Polyglot;

impl Greeter for Polyglot {
    async fn greet(&self, request: Request<Name>) -> Result<Response<Greeting>, Status> {
        // Keys are lower case on the wire; `get` takes any. A key may come several times: `get`
        // has the first value, `get_all` has all of them, in order.
        let hello = match request.metadata().get("Accept-Language") {
            Some("fr") => "Bonjour",
            Some("en") | None => "Good day",
            Some(other) => {
                let mut trailers = Metadata::new();
                trailers.add("x-languages", "en, fr").map_err(internal)?;
                return Err(Status::unimplemented(format!("no {other}")).with_metadata(trailers));
            }
        };
        // The value of a key that ends with `-bin` is bytes, any bytes. gRPC has them in base64
        // on the wire, and neither side sees it.
        let fingerprint = request.metadata().get_bytes("x-fingerprint-bin").map(<[u8]>::to_vec);

        let text = format!("{hello}, {}!", request.get_ref().name);
        let mut response = Response::new(Greeting { text, ..Greeting::default() });
        // Headers leave before the first message: what the client wants to know early.
        if let Some(mut bytes) = fingerprint {
            bytes.reverse();
            response.headers_mut().add("x-fingerprint-bin", bytes).map_err(internal)?;
        }
        // Trailers leave with the status: what is known only at the end.
        response.trailers_mut().add("x-cost", "3").map_err(internal)?;
        response.trailers_mut().add("x-cost", "4").map_err(internal)?;
        Ok(response)
    }
}

fn internal(error: impl Error) -> Status {
    Status::internal(error.to_string())
}

fn ada() -> Request<Name> {
    Request::new(Name { name: "Ada".into(), ..Name::default() })
}

fn main() -> Result<(), Box<dyn Error>> {
    let server = Server::builder()
        .listen("127.0.0.1:0".parse()?)
        .service(GreeterServer::new(Polyglot))
        .start()?;
    let client = GreeterClient::new(Channel::to(server.addresses()[0].to_string()));
    block_on(async {
        let mut request = ada();
        request.metadata_mut().add("accept-language", "fr")?;
        request.metadata_mut().add("x-fingerprint-bin", [0, 255, 10])?;
        let response = client.greet(request).await?;
        println!("{}", response.get_ref().text);
        println!("binary header: {:?}", response.headers().get_bytes("x-fingerprint-bin"));
        let costs: Vec<_> = response.trailers().get_all("x-cost").map(str::from_utf8).collect();
        println!("trailers: {costs:?}");

        // The trailers of an error are with the status.
        let mut request = ada();
        request.metadata_mut().add("accept-language", "tlh")?;
        let status = client.greet(request).await.unwrap_err();
        println!("{status}; it has {:?}", status.metadata().get("x-languages"));

        // What would not arrive is refused before it is sent: bytes under a key for text, and the
        // names that gRPC keeps for itself.
        for (key, value) in [("x-fingerprint", &[0, 255][..]), ("grpc-timeout", b"1S")] {
            println!("refused: {}", Metadata::new().add(key, value).unwrap_err());
        }
        Ok(())
    })
}
