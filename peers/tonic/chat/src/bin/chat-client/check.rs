//! What `--check` checks: each check prints one line.

use std::fmt::Display;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_stream::wrappers::ReceiverStream;
use tonic::codec::CompressionEncoding::Gzip;
use tonic::metadata::{MetadataMap, MetadataValue};
use tonic::{Code, Request, Status, Streaming};

use tonic_chat_peer::Message;

use crate::{Client, marko};

/// What was expected, and what was seen.
struct Failed(String);

impl From<Status> for Failed {
    fn from(status: Status) -> Self {
        let saw = format!("{:?}: {}", status.code(), status.message());
        Failed(format!("expected an answer, saw {saw}"))
    }
}

type Checked = Result<(), Failed>;

/// Runs all checks; true if none failed.
pub async fn run(client: &Client) -> bool {
    let mut ok = true;
    ok &= report("gzip", gzip(client.clone())).await;
    ok &= report("deadline", deadline(client.clone())).await;
    ok &= report("cancel", cancel(client.clone())).await;
    ok &= report("metadata", metadata(client.clone())).await;
    ok &= report("bystanders", bystanders(client.clone())).await;
    ok &= report("drop", drop_uploads(client.clone())).await;
    ok
}

async fn report(name: &str, check: impl Future<Output = Checked>) -> bool {
    let too_long = || Err(Failed("expected an end within 10 s, saw none".into()));
    let checked = timeout(Duration::from_secs(10), check).await.unwrap_or_else(|_| too_long());
    match &checked {
        Ok(()) => println!("ok {name}"),
        Err(Failed(why)) => println!("FAILED {name}: {why}"),
    }
    checked.is_ok()
}

fn expect(expected: impl Display, saw: impl Display) -> Checked {
    let (expected, saw) = (expected.to_string(), saw.to_string());
    if saw == expected {
        return Ok(());
    }
    Err(Failed(format!("expected {expected:.200}, saw {saw:.200}")))
}

async fn gzip(client: Client) -> Checked {
    let mut client = client.send_compressed(Gzip).accept_compressed(Gzip);
    let long = "a".repeat(100 * 1024);

    let hello = client.say_hello(marko(&long)).await?.into_inner();
    expect("Hello, Marko! Thanks for your message.", hello.content)?;

    let mut broadcast = client.broadcast_messages(marko("")).await?.into_inner();
    for line in [
        "Welcome to the broadcast!",
        "Here is message #1.",
        "And here is message #2.",
        "Broadcast finished.",
    ] {
        expect(line, said(broadcast.message().await?))?;
    }
    expect(END, said(broadcast.message().await?))?;

    let messages = ["one", "two", "three"].map(marko);
    let upload = client.upload_stream(tokio_stream::iter(messages)).await?.into_inner();
    expect("Finished receiving stream from Marko. Got 3 messages.", upload.content)?;

    Chat::open(&mut client, &long).await?;
    Ok(())
}

async fn deadline(mut client: Client) -> Checked {
    let start = Instant::now();
    let (received, code) = limited_broadcast(&mut client, Duration::from_millis(300)).await;
    let took = start.elapsed().as_millis();
    expect(format!("{:?}", Code::DeadlineExceeded), format!("{code:?}"))?;
    if received == 0 {
        expect("a message before the deadline", "none")?;
    }
    if !(250..=900).contains(&took) {
        expect("the end after 250..900 ms", format!("{took} ms"))?;
    }
    Ok(())
}

async fn cancel(mut client: Client) -> Checked {
    let mut witness = Chat::open(&mut client, "first").await?;
    for _ in 0..20 {
        // Dropping a call cancels it; no status is to be had afterwards.
        drop(Chat::open(&mut client, "cancelled").await?);
    }
    client.say_hello(marko("afterwards")).await?;
    witness.echo("last").await // It is still the same connection.
}

async fn metadata(mut client: Client) -> Checked {
    // The response to a single answer has its trailers among its metadata.
    came_back(client.say_hello(with_metadata(marko("with metadata"))).await?.metadata())?;
    let upload = with_metadata(tokio_stream::iter([marko("one")]));
    came_back(client.upload_stream(upload).await?.metadata())?;

    let mut broadcast = client.broadcast_messages(with_metadata(marko(""))).await?.into_inner();
    came_back(&broadcast.trailers().await?.unwrap_or_default())?;
    let chat = with_metadata(tokio_stream::iter([marko("one")]));
    let mut chat = client.chat_stream(chat).await?.into_inner();
    came_back(&chat.trailers().await?.unwrap_or_default())
}

fn with_metadata<T>(body: T) -> Request<T> {
    let mut request = Request::new(body);
    request.metadata_mut().insert("x-request-id", MetadataValue::from_static("17"));
    request.metadata_mut().insert_bin("x-trace-bin", MetadataValue::from_bytes(&[0, 1, 254, 255]));
    request
}

fn came_back(trailers: &MetadataMap) -> Checked {
    let ids: Vec<_> = trailers.get_all("x-request-id").iter().collect();
    expect(r#"["17"]"#, format!("{ids:?}"))
}

async fn bystanders(mut client: Client) -> Checked {
    let mut chats = Vec::new();
    for _ in 0..5 {
        chats.push(Chat::open(&mut client, "first").await?);
    }
    for round in 1..=100 {
        let (_, code) = limited_broadcast(&mut client, Duration::from_millis(50)).await;
        if code == Code::Ok {
            expect("the broadcast's deadline to end it", format!("{code:?}"))?;
        }
        for chat in &mut chats {
            chat.echo(&format!("round {round}")).await?;
        }
    }
    Ok(())
}

async fn drop_uploads(mut client: Client) -> Checked {
    let mut witness = Chat::open(&mut client, "first").await?;
    for _ in 0..50 {
        let (outbound, messages) = mpsc::channel(1);
        outbound.try_send(marko("one")).expect("room for one message");
        let upload = client.upload_stream(ReceiverStream::new(messages));
        // What comes back behind the message on the same connection says that it has arrived;
        // then the call is dropped.
        let arrived = async {
            drop(outbound.reserve().await);
            witness.echo("sent").await
        };
        tokio::select! {
            ended = upload => expect("an upload that goes on", ended?.into_inner().content)?,
            echoed = arrived => echoed?,
        }
        outbound.closed().await; // Dropping it any sooner may half-close the call.
    }
    client.say_hello(marko("afterwards")).await?;
    witness.echo("last").await // It is still the same connection.
}

/// Receives a broadcast, of which the server knows the deadline: how many messages came, and
/// the call's status. After the first one, tonic leaves the deadline to the server.
async fn limited_broadcast(client: &mut Client, limit: Duration) -> (usize, Code) {
    let mut request = Request::new(marko(""));
    request.set_timeout(limit);
    let mut stream = match client.broadcast_messages(request).await {
        Ok(response) => response.into_inner(),
        Err(status) => return (0, status.code()),
    };
    let mut received = 0;
    loop {
        match stream.message().await {
            Ok(Some(_)) => received += 1,
            Ok(None) => return (received, Code::Ok),
            Err(status) => return (received, status.code()),
        }
    }
}

/// A ChatStream call under way. It is dropped in this order: the other one would half-close
/// the call before it is cancelled.
struct Chat {
    inbound: Streaming<Message>,
    outbound: mpsc::Sender<Message>,
}

impl Chat {
    /// Opens the call, and exchanges a first message: many servers only answer then.
    async fn open(client: &mut Client, first: &str) -> Result<Self, Failed> {
        let (outbound, messages) = mpsc::channel(1);
        outbound.try_send(marko(first)).expect("room for one message");
        let mut inbound = client.chat_stream(ReceiverStream::new(messages)).await?.into_inner();
        expect(format!("Echo: {first}"), said(inbound.message().await?))?;
        Ok(Chat { inbound, outbound })
    }

    async fn echo(&mut self, content: &str) -> Checked {
        // If the call has ended, `message` knows why.
        let _ = self.outbound.send(marko(content)).await;
        expect(format!("Echo: {content}"), said(self.inbound.message().await?))
    }
}

const END: &str = "the stream's end";

fn said(message: Option<Message>) -> String {
    message.map_or(END.into(), |message| message.content)
}
