//! grpc.channelz.v1: what C-core says of the channels, servers and connections of the process.

use chat::{Chat, message};
use quartet::channel::Channel;
use quartet::proto::grpc::channelz::v1::address::Address;
use quartet::proto::grpc::channelz::v1::{
    ChannelzClient, GetChannelRequest, GetServerRequest, GetServerSocketsRequest,
    GetServersRequest, GetSocketRequest, GetSubchannelRequest, GetTopChannelsRequest, Server,
    Socket, SocketRef,
};
use quartet::rpc::Code;
use quartet::services::Channelz;

use crate::support::{Served, run, serve_with};

fn serve() -> (Served, ChannelzClient) {
    let served = serve_with(Chat::default(), |builder| builder.service(Channelz));
    let client = ChannelzClient::new(Channel::to(&served.target));
    (served, client)
}

/// The server with a connection at this address, and that connection. Other tests have theirs in
/// the same process, and a listening socket is shown with the port it asked for, which is 0.
async fn server(client: &ChannelzClient, target: &str) -> (Server, Socket) {
    let mut request = GetServersRequest::new();
    loop {
        let page = client.get_servers(request.clone()).await.unwrap().into_inner();
        for server in &page.server {
            let server_id = server.ref_.server_id;
            let sockets = GetServerSocketsRequest { server_id, ..Default::default() };
            // A server of another test may be gone by now, and so may its connections.
            let Ok(sockets) = client.get_server_sockets(sockets).await else { continue };
            for SocketRef { socket_id, .. } in sockets.into_inner().socket_ref {
                let socket = GetSocketRequest { socket_id, ..Default::default() };
                let Ok(socket) = client.get_socket(socket).await else { continue };
                let socket = socket.into_inner().socket.unwrap();
                if target.ends_with(&format!(":{}", socket.local.tcpip_address().port)) {
                    return (server.clone(), socket);
                }
            }
        }
        let last = page.server.iter().map(|server| server.ref_.server_id).max();
        assert!(!page.end, "no server on {target}: {:?}", page.server);
        request.start_server_id = last.unwrap() + 1;
    }
}

#[test]
fn a_server_and_its_connections_are_told() {
    let (served, client) = serve();
    run(async {
        served.client().say_hello(message("Ada", "")).await.unwrap();
        let (ours, socket) = server(&client, &served.target).await;
        let id = ours.ref_.server_id;
        let by_id = GetServerRequest { server_id: id, ..Default::default() };
        let again = client.get_server(by_id).await.unwrap().into_inner().server;
        assert_eq!(again.ref_.server_id, id);
        assert!(again.data.calls_started >= 2, "{again:?}");

        let Some(Address::TcpipAddress(remote)) = &socket.remote.address else {
            panic!("{socket:?}");
        };
        assert_eq!(remote.ip_address, [127, 0, 0, 1]);
        assert!(socket.data.streams_started > 0, "{socket:?}");
    });
}

#[test]
fn a_channel_and_its_subchannel_are_told() {
    let (served, client) = serve();
    run(async {
        client.get_servers(GetServersRequest::new()).await.unwrap();
        let mut request = GetTopChannelsRequest::new();
        let channel = loop {
            let page = client.get_top_channels(request.clone()).await.unwrap().into_inner();
            let ours = page.channel.iter().find(|it| it.data.target.contains(&served.target));
            if let Some(channel) = ours {
                break channel.clone();
            }
            assert!(!page.end, "no channel to {}: {:?}", served.target, page.channel);
            let last = page.channel.iter().map(|it| it.ref_.channel_id).max();
            request.start_channel_id = last.unwrap() + 1;
        };
        assert!(channel.data.calls_started > 0, "{channel:?}");
        let channel_id = channel.ref_.channel_id;
        let by_id = GetChannelRequest { channel_id, ..Default::default() };
        let again = client.get_channel(by_id).await.unwrap().into_inner().channel;
        let subchannel_id = again.subchannel_ref[0].subchannel_id;
        let by_id = GetSubchannelRequest { subchannel_id, ..Default::default() };
        let subchannel = client.get_subchannel(by_id).await.unwrap().into_inner().subchannel;
        assert!(subchannel.data.target.contains("127.0.0.1"), "{subchannel:?}");
    });
}

#[test]
fn pages_are_as_long_as_asked() {
    let (_served, client) = serve();
    let (_other, _) = serve();
    run(async {
        let request = GetServersRequest { max_results: 1, ..Default::default() };
        let page = client.get_servers(request).await.unwrap().into_inner();
        assert_eq!((page.server.len(), page.end), (1, false));
        let negative = GetServersRequest { max_results: -1, ..Default::default() };
        let error = client.get_servers(negative).await.unwrap_err();
        assert_eq!(error.code(), Code::InvalidArgument, "{error:?}");
    });
}

#[test]
fn unknown_ids_are_not_found() {
    let (_served, client) = serve();
    const ID: i64 = 1 << 40;
    run(async {
        let by_id = GetServerRequest { server_id: ID, ..Default::default() };
        let mut codes = vec![client.get_server(by_id).await.unwrap_err().code()];
        let by_id = GetServerSocketsRequest { server_id: ID, ..Default::default() };
        codes.push(client.get_server_sockets(by_id).await.unwrap_err().code());
        let by_id = GetChannelRequest { channel_id: ID, ..Default::default() };
        codes.push(client.get_channel(by_id).await.unwrap_err().code());
        let by_id = GetSubchannelRequest { subchannel_id: ID, ..Default::default() };
        codes.push(client.get_subchannel(by_id).await.unwrap_err().code());
        let by_id = GetSocketRequest { socket_id: ID, ..Default::default() };
        codes.push(client.get_socket(by_id).await.unwrap_err().code());
        assert_eq!(codes, [Code::NotFound; 5]);
    });
}
