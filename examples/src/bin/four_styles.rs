//! gRPC's four call styles, served and called: unary, server streaming, client streaming,
//! bidirectional streaming.
//!
//!     cargo run --release -p quartet-examples --bin four_styles

use std::error::Error;

use futures::executor::block_on;
use futures::{Stream, TryStreamExt, future, stream};
use quartet::channel::Channel;
use quartet::rpc::{Request, Response, Status, Streaming};
use quartet::server::Server;
use quartet_examples::proto::calculator::{Calculator, CalculatorClient, CalculatorServer, Number};

struct Abacus;

impl Calculator for Abacus {
    async fn square(&self, request: Request<Number>) -> Result<Response<Number>, Status> {
        let value = request.into_inner().value;
        let square = value.checked_mul(value).ok_or_else(|| Status::out_of_range("too large"))?;
        Ok(number(square).into())
    }

    // A stream goes out as any `Stream` of results, in the response. It ends the call with OK when
    // it is exhausted, or with the first `Err` that it yields.
    async fn count(
        &self,
        request: Request<Number>,
    ) -> Result<Response<impl Stream<Item = Result<Number, Status>> + Send>, Status> {
        let last = request.into_inner().value;
        Ok(Response::new(stream::iter((1..=last).map(|value| Ok(number(value))))))
    }

    // A stream comes in as `Streaming`. It yields `None` only when the client has half-closed: a
    // client that cancels or crashes makes it yield an `Err`, which `?` passes on.
    async fn sum(&self, request: Request<Streaming<Number>>) -> Result<Response<Number>, Status> {
        let mut numbers = request.into_inner();
        let mut sum = 0;
        while let Some(number) = numbers.message().await? {
            sum += number.value;
        }
        Ok(number(sum).into())
    }

    // Both. The adapters of the crate `futures` are often all that is needed.
    async fn running_sum(
        &self,
        request: Request<Streaming<Number>>,
    ) -> Result<Response<impl Stream<Item = Result<Number, Status>> + Send>, Status> {
        let mut sum = 0;
        Ok(Response::new(request.into_inner().map_ok(move |next| {
            sum += next.value;
            number(sum)
        })))
    }
}

fn number(value: i64) -> Number {
    Number { value, ..Number::default() }
}

fn main() -> Result<(), Box<dyn Error>> {
    let server = Server::builder()
        .listen("127.0.0.1:0".parse()?)
        .service(CalculatorServer::new(Abacus))
        .start()?;
    let client = CalculatorClient::new(Channel::to(server.addresses()[0].to_string()));
    block_on(async {
        let square = client.square(number(12)).await?;
        println!("unary: 12 squared is {}", square.into_inner().value);

        // The call starts here; how it ends is with the stream.
        let mut counted = client.count(number(3))?;
        while let Some(number) = counted.message().await? {
            println!("server streaming: {}", number.value);
        }

        // A sender for the requests and a future of the reply. `close` half-closes; dropping the
        // sender without it cancels the call.
        let (mut sender, reply) = client.sum(())?;
        for value in [1, 20, 300] {
            sender.send(number(value)).await?;
        }
        sender.close().await;
        println!("client streaming: the sum is {}", reply.await?.into_inner().value);

        // In turns: each reply is read before the next request is sent.
        let (mut sender, mut sums) = client.running_sum(())?;
        for value in [1, 20, 300] {
            sender.send(number(value)).await?;
            if let Some(sum) = sums.message().await? {
                println!("bidi in turns: plus {value} is {}", sum.value);
            }
        }
        sender.close().await;
        assert_eq!(sums.message().await?, None, "the server ends after the half-close");

        // At once: requests leave while replies come. Neither side may wait for the other to be
        // finished: with enough messages, flow control would hold up both for ever.
        let (sender, sums) = client.running_sum(())?;
        let requests = stream::iter((1..=1000).map(|value| Ok(number(value))));
        let sent = futures::StreamExt::forward(requests, sender);
        let received = sums.try_fold(0, |_, sum| future::ready(Ok(sum.value)));
        let (_, last) = future::join(sent, received).await;
        println!("bidi at once: 1 to 1000 make {}", last?);
        Ok(())
    })
}
