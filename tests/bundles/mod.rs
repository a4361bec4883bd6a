//! Messages that travel through C-core many at a time: each comes once, whole and in order, whatever
//! stands beside it. All of this runs with bundles of any size (`sizes`).

mod frames;
mod midway;
mod sizes;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use chat::{Chat, ChatServiceClient, Message, bare, message};
use fastrand::Rng;
use futures::future::join;
use futures::{SinkExt, StreamExt, TryStreamExt, stream};
use grpcio::WriteFlags;
use quartet::channel::{Channel, Methods, Retry, ServiceConfig};
use quartet::rpc::{Compression, Request, Service, Status, Streaming};
use quartet::server::{Server, ServerBuilder};

use crate::bare::BareChat;
use crate::support::{bare_client, bare_server, client, run, serve, serve_with};

fn chat() -> Chat {
    Chat::default().pace(Duration::ZERO)
}

/// Contents of which most are short, some long, and some nothing.
fn contents(seed: u64, count: usize) -> Vec<String> {
    let mut random = Rng::with_seed(seed);
    let length = |random: &mut Rng| match random.u8(..) {
        0..20 => 0,
        20..200 => random.usize(1..60),
        200..250 => random.usize(60..5_000),
        _ => random.usize(5_000..120_000),
    };
    (0..count)
        .map(|_| {
            let length = length(&mut random);
            (0..length).map(|_| random.alphanumeric()).collect()
        })
        .collect()
}

fn assert_same(came: &[String], expected: &[String], what: &str) {
    let differs = came.iter().zip(expected).position(|(came, expected)| came != expected);
    assert_eq!(differs, None, "{what}: the first that differs");
    assert_eq!(came.len(), expected.len(), "{what}: how many came");
}

/// Has contents echoed, all of them sent as fast as they go.
fn echoed(
    client: &ChatServiceClient,
    request: impl Into<Request<()>>,
    sent: &[String],
) -> Vec<String> {
    let (sender, echoes) = client.chat_stream(request).unwrap();
    let messages = stream::iter(sent.to_vec()).map(|content| Ok(message("us", content)));
    let echoes = echoes.map_ok(|echo| echo.content.trim_start_matches("Echo: ").to_owned());
    let (sent, echoes) = run(join(messages.forward(sender), echoes.try_collect()));
    sent.unwrap();
    echoes.unwrap()
}

#[test]
fn echoes_are_exact_in_every_setting_of_a_server() {
    type Setting = (&'static str, fn(ServerBuilder) -> ServerBuilder);
    let settings: [Setting; 5] = [
        ("plain", |builder| builder),
        ("each write by itself", |builder| builder.coalesce_writes(false)),
        ("three queues", |builder| builder.completion_queues(3)),
        ("a window that grows", |builder| builder.window(quartet::Window::Adaptive)),
        ("compressed", |builder| builder.compression(Compression::Gzip)),
    ];
    for (seed, (setting, with)) in settings.into_iter().enumerate() {
        let served = serve_with(chat(), with);
        let sent = contents(seed as u64, 600);
        assert_same(&echoed(&served.client(), (), &sent), &sent, setting);
    }
}

/// Its bundles grow.
#[test]
fn echoes_of_a_stream_that_goes_on_are_exact() {
    let mut random = Rng::with_seed(11);
    let sent: Vec<_> = (0..3_000)
        .map(|number| format!("{number} {}", "x".repeat(random.usize(0..2_000))))
        .collect();
    assert_same(&echoed(&serve(chat()).client(), (), &sent), &sent, "3,000 messages");
}

#[test]
fn echoes_are_exact_where_requests_are_compressed_or_are_not() {
    let served = serve(chat());
    let client = ChatServiceClient::new(
        Channel::builder(&served.target).compression(Compression::Gzip).build(),
    );
    let sent = contents(7, 300);
    assert_same(&echoed(&client, (), &sent), &sent, "of the channel");
    let mut plain = Request::new(());
    plain.set_compression(Compression::None);
    assert_same(&echoed(&client, plain, &sent), &sent, "a plain call on it");
    let (mut sender, echoes) = client.chat_stream(()).unwrap();
    let switching = async {
        for (index, content) in sent.iter().enumerate() {
            sender.set_compresses(index % 14 < 7);
            sender.feed(message("us", content)).await.unwrap();
        }
        sender.close().await;
    };
    let echoes = echoes.map_ok(|echo| echo.content.trim_start_matches("Echo: ").to_owned());
    let ((), echoes) = run(join(switching, echoes.try_collect::<Vec<_>>()));
    assert_same(&echoes.unwrap(), &sent, "switched in the middle");
}

#[test]
fn bare_grpcio_in_the_same_process_gets_and_sends_each_message() {
    let (_server, target) = bare_server(bare::create_chat_service(BareChat));
    let sent = contents(21, 600);
    assert_same(&echoed(&client(&target), (), &sent), &sent, "ours calls bare grpcio");

    let served = serve(chat());
    let client = bare_client(&served.target);
    let (sink, echoes) = client.chat_stream().unwrap();
    let messages = stream::iter(sent.clone())
        .map(|content| Ok((message("us", content), WriteFlags::default().buffer_hint(true))));
    let echoes =
        echoes.map_ok(|echo: Message| echo.content.trim_start_matches("Echo: ").to_owned());
    let (_, echoes) = run(join(messages.forward(sink), echoes.try_collect::<Vec<_>>()));
    assert_same(&echoes.unwrap(), &sent, "bare grpcio calls ours");
}

/// A bundle must not be taken for a message that is longer than bare grpcio accepts.
#[test]
fn the_limit_of_bare_grpcio_is_one_for_messages() {
    let served = serve(chat());
    let environment = Arc::new(grpcio::Environment::new(1));
    let channel = grpcio::ChannelBuilder::new(environment)
        .max_receive_message_len(60)
        .set_credentials(grpcio::ChannelCredentials::insecure())
        .connect(&served.target);
    let client = bare::ChatServiceClient::new(channel);
    let (sink, echoes) = client.chat_stream().unwrap();
    let messages = stream::iter(0..500)
        .map(|number| Ok((message("us", format!("{number}")), WriteFlags::default())));
    let (_, echoes) = run(join(messages.forward(sink), echoes.try_collect::<Vec<_>>()));
    let echoes: Vec<_> = echoes.unwrap().into_iter().map(|echo: Message| echo.content).collect();
    let expected: Vec<_> = (0..500).map(|number| format!("Echo: {number}")).collect();
    assert_same(&echoes, &expected, "bare grpcio with a limit of 60 bytes");
}

/// The server fails the first attempt after a few messages.
#[test]
fn an_upload_that_is_retried_is_sent_again_message_by_message() {
    let attempts = Arc::<AtomicUsize>::default();
    let count = attempts.clone();
    let read = move |mut requests: Streaming<Message>| {
        let attempt = count.fetch_add(1, SeqCst);
        async move {
            let (mut joined, mut read) = (String::new(), 0);
            while let Some(next) = requests.message().await? {
                joined += &next.content;
                read += 1;
                if attempt == 0 && read == 40 {
                    return Err(Status::unavailable("try again"));
                }
            }
            Ok(message("Server", joined).into())
        }
    };
    let service = Service::builder("chat.ChatService", &Arc::new(()))
        .client_streaming(
            &bare::METHOD_CHAT_SERVICE_UPLOAD_STREAM,
            move |_, request: Request<Streaming<Message>>, responder| {
                responder.answer(read(request.into_inner()))
            },
        )
        .build();
    let address = "127.0.0.1:0".parse().unwrap();
    let server = Server::builder().listen(address).service(service).start().unwrap();
    let target = server.addresses()[0].to_string();
    let config = ServiceConfig::new().methods(Methods::all().retry(Retry::new(3)));
    let channel = Channel::builder(&target).service_config(config).build();
    let sent: Vec<_> = (0..300).map(|number| format!("{number} ")).collect();
    let (sender, reply) = ChatServiceClient::new(channel).upload_stream(()).unwrap();
    let messages = stream::iter(sent.clone()).map(|content| Ok(message("us", content)));
    let (_, reply) = run(join(messages.forward(sender), reply));
    assert_eq!(reply.unwrap().get_ref().content, sent.concat());
    assert_eq!(attempts.load(SeqCst), 2);
}
