//! A call of each style, to its end.

use chat::{ChatServiceClient, message};
use futures::TryStreamExt;
use quartet::rpc::{Request, Status};

pub const METHODS: [&str; 4] = ["SayHello", "BroadcastMessages", "UploadStream", "ChatStream"];

/// Makes a call of each of the [`METHODS`], in their order, with one message of 8 bytes each way
/// that a stream goes, and this metadata.
pub async fn each_style(
    client: &ChatServiceClient,
    metadata: &[(&str, &str)],
) -> [Result<(), Status>; 4] {
    let hello = || message("Ada", "x");
    let unary = client.say_hello(with(hello(), metadata)).await.map(drop);
    let broadcast = async {
        let replies = client.broadcast_messages(with(hello(), metadata))?;
        replies.try_collect::<Vec<_>>().await.map(drop)
    };
    let broadcast = broadcast.await;
    let upload = async {
        let (mut sender, reply) = client.upload_stream(with((), metadata))?;
        // A refused call may have ended by now; its reply says so.
        let _ = sender.send(hello()).await;
        sender.close().await;
        reply.await.map(drop)
    };
    let upload = upload.await;
    let chat = async {
        let (mut sender, echoes) = client.chat_stream(with((), metadata))?;
        let _ = sender.send(hello()).await;
        sender.close().await;
        echoes.try_collect::<Vec<_>>().await.map(drop)
    };
    [unary, broadcast, upload, chat.await]
}

fn with<T>(body: T, metadata: &[(&str, &str)]) -> Request<T> {
    let mut request = Request::new(body);
    for (key, value) in metadata {
        request.metadata_mut().add(key, value).unwrap();
    }
    request
}
