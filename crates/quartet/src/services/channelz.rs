//! `grpc.channelz.v1.Channelz`, by gRFC A14, of what C-core keeps.

use grpcio::channelz;
use protobuf::MessageFull;
use protobuf_json_mapping::{ParseOptions, parse_from_str_with_options};

use crate::proto::grpc::channelz::v1::{
    self as proto, ChannelzServer, GetChannelRequest, GetChannelResponse, GetServerRequest,
    GetServerResponse, GetServerSocketsRequest, GetServerSocketsResponse, GetServersRequest,
    GetServersResponse, GetSocketRequest, GetSocketResponse, GetSubchannelRequest,
    GetSubchannelResponse, GetTopChannelsRequest, GetTopChannelsResponse,
};
use crate::rpc::{Request, Response, Service, Status};

/// Shows the channels, servers and connections of this process: **all** of them, as C-core keeps
/// one table per process, not only those of the server that has the service. This includes the
/// addresses of peers, so serve it only where operators can reach it.
///
/// C-core collects the data by default. Its pages have at most 100 entries.
///
/// ```no_run
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use quartet::{server::Server, services::Channelz};
///
/// let server = Server::builder().listen("127.0.0.1:0".parse()?).service(Channelz).start()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Channelz;

impl From<Channelz> for Service {
    fn from(channelz: Channelz) -> Self {
        ChannelzServer::new(channelz).into()
    }
}

impl proto::Channelz for Channelz {
    async fn get_top_channels(
        &self,
        request: Request<GetTopChannelsRequest>,
    ) -> Result<Response<GetTopChannelsResponse>, Status> {
        let request = request.into_inner();
        let page = Page::new(request.start_channel_id, request.max_results)?;
        let mut response: GetTopChannelsResponse =
            channelz::get_top_channels(page.start, |json| read(json, "channels"))?;
        response.end &= page.cut(&mut response.channel);
        Ok(response.into())
    }

    async fn get_servers(
        &self,
        request: Request<GetServersRequest>,
    ) -> Result<Response<GetServersResponse>, Status> {
        let request = request.into_inner();
        let page = Page::new(request.start_server_id, request.max_results)?;
        let mut response: GetServersResponse =
            channelz::get_servers(page.start, |json| read(json, "servers"))?;
        response.end &= page.cut(&mut response.server);
        Ok(response.into())
    }

    async fn get_server(
        &self,
        request: Request<GetServerRequest>,
    ) -> Result<Response<GetServerResponse>, Status> {
        let id = id(request.into_inner().server_id)?;
        channelz::get_server(id, |json| found::<GetServerResponse>(json, "server", id))
    }

    async fn get_server_sockets(
        &self,
        request: Request<GetServerSocketsRequest>,
    ) -> Result<Response<GetServerSocketsResponse>, Status> {
        let request = request.into_inner();
        let id = id(request.server_id)?;
        let page = Page::new(request.start_socket_id, request.max_results)?;
        channelz::get_server_sockets(id, page.start, page.most, |json| found(json, "server", id))
    }

    async fn get_channel(
        &self,
        request: Request<GetChannelRequest>,
    ) -> Result<Response<GetChannelResponse>, Status> {
        let id = id(request.into_inner().channel_id)?;
        channelz::get_channel(id, |json| found(json, "channel", id))
    }

    async fn get_subchannel(
        &self,
        request: Request<GetSubchannelRequest>,
    ) -> Result<Response<GetSubchannelResponse>, Status> {
        let id = id(request.into_inner().subchannel_id)?;
        channelz::get_subchannel(id, |json| found(json, "subchannel", id))
    }

    async fn get_socket(
        &self,
        request: Request<GetSocketRequest>,
    ) -> Result<Response<GetSocketResponse>, Status> {
        let id = id(request.into_inner().socket_id)?;
        channelz::get_socket(id, |json| found(json, "socket", id))
    }
}

/// Where a page begins, and how much fits.
struct Page {
    start: u64,
    /// 0 is as much as C-core likes.
    most: usize,
}

impl Page {
    fn new(start: i64, most: i64) -> Result<Self, Status> {
        let start = id(start)?;
        let most = usize::try_from(most)
            .map_err(|_| Status::invalid_argument("max_results is negative"))?;
        Ok(Page { start, most })
    }

    /// Cuts a page that is too long; false if it did.
    fn cut<T>(&self, entries: &mut Vec<T>) -> bool {
        let fits = self.most == 0 || entries.len() <= self.most;
        if !fits {
            entries.truncate(self.most);
        }
        fits
    }
}

fn id(id: i64) -> Result<u64, Status> {
    u64::try_from(id).map_err(|_| Status::invalid_argument("an id is negative"))
}

/// What C-core says of one thing; nothing if it is not there.
fn found<T: MessageFull>(json: &str, what: &str, id: u64) -> Result<Response<T>, Status> {
    if json.is_empty() {
        return Err(Status::not_found(format!("there is no {what} {id}")));
    }
    read(json, what).map(Response::new)
}

/// Reads C-core's JSON, which is that of the messages. A newer core may have more fields.
fn read<T: MessageFull>(json: &str, what: &str) -> Result<T, Status> {
    let options = ParseOptions { ignore_unknown_fields: true, ..ParseOptions::default() };
    parse_from_str_with_options(json, &options)
        .map_err(|error| Status::internal(format!("can't read C-core's {what}: {error}")))
}
