use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::pin::pin;
use std::thread;

use futures::channel::mpsc;
use futures::executor::block_on;
use futures::future::{self, Either};
use futures::{SinkExt, Stream, StreamExt};
use quartet::dynamic::json::{self, Value};
use quartet::dynamic::{Encoded, Method, Replies};
use quartet::rpc::{Client, Sender, Status};

use super::Session;
use super::explorer::Explorer;
use crate::Failure;

/// Calls any method that the server's reflection knows. The JSON values of the input are the
/// requests; the replies are printed as they come.
pub async fn run(session: Session<'_>, method: &str, data: Option<&str>) -> Result<(), Failure> {
    let mut explorer = Explorer::new(&session);
    let method = explorer.method(method).await?;
    explorer.finish().await;
    let requests = requests(&method, data)?;
    let client = Client::from(&session.connection.channel);
    let mut requests = pin!(requests);
    // One request is read before the call begins, so that a wrong one starts nothing.
    let first = match method.client_streaming() {
        true => None,
        false => Some(only(&method, requests.as_mut()).await?),
    };
    let (sender, replies) =
        method.start(&client, session.request(())?).map_err(|status| session.failed(status))?;
    let sending = pin!(send(first, requests, sender));
    let receiving = pin!(print_all(&session, &method, replies));
    match future::select(sending, receiving).await {
        Either::Left((sent, receiving)) => {
            sent?;
            receiving.await
        }
        Either::Right((received, _)) => received,
    }
}

/// The request of a method that takes one; an empty message if the input is empty.
async fn only(
    method: &Method,
    mut requests: impl Stream<Item = Result<Encoded, Failure>> + Unpin,
) -> Result<Encoded, Failure> {
    let Some(request) = requests.next().await.transpose()? else {
        return Ok(Encoded::default());
    };
    match requests.next().await {
        None => Ok(request),
        Some(_) => Err(Failure::Input(format!(
            "{} takes one request, and the input has more",
            method.name()
        ))),
    }
}

/// At a request that is wrong the call is cancelled: the sender is dropped unclosed.
async fn send(
    first: Option<Encoded>,
    mut requests: impl Stream<Item = Result<Encoded, Failure>> + Unpin,
    mut sender: Sender<Encoded>,
) -> Result<(), Failure> {
    if let Some(request) = first {
        let _ = sender.send(request).await;
        sender.close().await;
        return Ok(());
    }
    while let Some(request) = requests.next().await {
        // A call that has ended says why with its replies.
        if sender.send(request?).await.is_err() {
            return Ok(());
        }
    }
    sender.close().await;
    Ok(())
}

async fn print_all(
    session: &Session<'_>,
    method: &Method,
    mut replies: Replies,
) -> Result<(), Failure> {
    while let Some(reply) = replies.message().await.map_err(|status| session.failed(status))? {
        let json = json::print(method.output(), &reply).map_err(|bad| {
            session.failed(Status::internal(format!("a reply can't be told as JSON: {}", bad.why)))
        })?;
        session.output.json(&json)?;
    }
    Ok(())
}

/// The requests of JSON, `@FILE`, or stdin (`-`), made on a thread as fast as they are taken.
fn requests(
    method: &Method,
    data: Option<&str>,
) -> Result<impl Stream<Item = Result<Encoded, Failure>> + use<>, Failure> {
    let (name, source): (_, Box<dyn BufRead + Send>) = match data {
        None => ("the request".to_owned(), Box::new(io::empty())),
        Some("-") => ("stdin".to_owned(), Box::new(BufReader::new(io::stdin()))),
        Some(text) => match text.strip_prefix('@') {
            Some(path) => {
                let file = File::open(path)
                    .map_err(|error| Failure::environment(format!("can't read {path}: {error}")))?;
                (path.to_owned(), Box::new(BufReader::new(file)))
            }
            None => ("the request".to_owned(), Box::new(io::Cursor::new(text.to_owned()))),
        },
    };
    let input = method.input().clone();
    let (mut sender, receiver) = mpsc::channel(0);
    let reading = move || {
        let encode = |value: io::Result<Value>| {
            let value = value.map_err(|error| Failure::environment(format!("{name}: {error}")))?;
            value.parse(&input).map_err(|bad| Failure::Input(format!("{name}, {bad}")))
        };
        for value in json::values(source) {
            let request = encode(value);
            let last = request.is_err();
            if block_on(sender.send(request)).is_err() || last {
                return;
            }
        }
    };
    thread::Builder::new().spawn(reading).map_err(|error| Failure::no_thread(&error))?;
    Ok(receiver)
}
