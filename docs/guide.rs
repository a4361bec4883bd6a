//! The Rust blocks of README.md and of `docs/`, as doctests. `build.rs` makes a module of each page.

#[cfg(doctest)]
mod pages {
    include!(concat!(env!("OUT_DIR"), "/pages.rs"));
}

/// The services of the examples: what blocks call `proto`.
#[allow(missing_docs)]
pub mod proto {
    include!(concat!(env!("OUT_DIR"), "/quartet/mod.rs"));
}

/// What a block need not name: the generated code, and a service that is implemented.
pub mod prelude {
    pub use crate::proto;
    pub use crate::proto::calculator::{Calculator, CalculatorClient, CalculatorServer, Number};
    pub use crate::proto::chat::{ChatService, ChatServiceClient, ChatServiceServer, Message};
    pub use crate::proto::greet::{Greeter, GreeterClient, GreeterServer, Greeting, Name};

    use quartet::rpc::{Request, Response, Status};

    /// The greeter of the first chapter.
    #[derive(Clone, Copy, Debug)]
    pub struct Polite;

    impl Greeter for Polite {
        async fn greet(&self, request: Request<Name>) -> Result<Response<Greeting>, Status> {
            let text = format!("Good day, {}.", request.into_inner().name);
            Ok(Greeting { text, ..Greeting::default() }.into())
        }
    }
}
