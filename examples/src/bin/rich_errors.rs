//! Errors with details: beside the code and the text, a `google.rpc.Status` says in messages what
//! is wrong. It travels as `grpc-status-details-bin`, which every gRPC stack reads.
//!
//!     cargo run --release -p quartet-examples --bin rich_errors

use std::error::Error;

use futures::executor::block_on;
use quartet::channel::Channel;
use quartet::protobuf::Message;
use quartet::protobuf::well_known_types::any::Any;
use quartet::rpc::{Request, Response, Status};
use quartet::server::Server;
use quartet_examples::proto::google::rpc::bad_request::FieldViolation;
use quartet_examples::proto::google::rpc::{BadRequest, Status as Rich};
use quartet_examples::proto::greeter::{Greeter, GreeterClient, GreeterServer, Greeting, Name};

struct Strict;

impl Greeter for Strict {
    async fn greet(&self, request: Request<Name>) -> Result<Response<Greeting>, Status> {
        let name = request.into_inner().name;
        let mut violations = Vec::new();
        let mut violated = |description: &str| {
            violations.push(FieldViolation {
                field: "name".into(),
                description: description.into(),
                ..FieldViolation::default()
            });
        };
        if name.len() < 2 {
            violated("has at least two letters");
        }
        if !name.starts_with(char::is_uppercase) {
            violated("starts with a capital");
        }
        if !violations.is_empty() {
            return Err(bad_request(violations));
        }
        Ok(Greeting { text: format!("Good day, {name}."), ..Greeting::default() }.into())
    }
}

/// An `INVALID_ARGUMENT` that says which fields are wrong, and why.
fn bad_request(field_violations: Vec<FieldViolation>) -> Status {
    let status = Status::invalid_argument("that is no name");
    let details = BadRequest { field_violations, ..BadRequest::default() };
    // The details are `Any`s: a message and the name of its type, so that a client takes those
    // that it knows. The code and the text stand in the `google.rpc.Status` once more.
    let rich = Rich {
        code: status.code() as i32,
        message: status.message().into(),
        details: Any::pack(&details).into_iter().collect(),
        ..Rich::default()
    };
    // Details are a help, never a reason to lose the error itself.
    status.with_details(rich.write_to_bytes().unwrap_or_default())
}

/// The details of this type, if the status has them.
fn details(status: &Status) -> Option<BadRequest> {
    let rich = Rich::parse_from_bytes(status.details()).ok()?;
    // `unpack` gives `None` for an `Any` of another type.
    rich.details.iter().find_map(|any| any.unpack().ok().flatten())
}

fn main() -> Result<(), Box<dyn Error>> {
    let server = Server::builder()
        .listen("127.0.0.1:0".parse()?)
        .service(GreeterServer::new(Strict))
        .start()?;
    let client = GreeterClient::new(Channel::to(server.addresses()[0].to_string()));
    block_on(async {
        for name in ["Ada", "ada", "x"] {
            match client.greet(Name { name: name.into(), ..Name::default() }).await {
                Ok(greeting) => println!("{}", greeting.into_inner().text),
                Err(status) => {
                    println!("{name}: {status}");
                    for violation in details(&status).unwrap_or_default().field_violations {
                        println!("  the field `{}` {}", violation.field, violation.description);
                    }
                }
            }
        }
        Ok(())
    })
}
