"""Servers, their sockets and the channels of a process, by grpcio-channelz's stub."""

import grpc
from grpc_channelz.v1 import channelz_pb2, channelz_pb2_grpc

from common import arguments, as_dict, channel, tell


def main():
    args = arguments(__doc__).parse_args()
    with channel(args) as connection:
        stub = channelz_pb2_grpc.ChannelzStub(connection)
        for server in stub.GetServers(channelz_pb2.GetServersRequest(), timeout=10).server:
            server_id = server.ref.server_id
            tell({"server": as_dict(server)})
            request = channelz_pb2.GetServerSocketsRequest(server_id=server_id)
            for ref in stub.GetServerSockets(request, timeout=10).socket_ref:
                request = channelz_pb2.GetSocketRequest(socket_id=ref.socket_id)
                tell({"socket": as_dict(stub.GetSocket(request, timeout=10).socket)})
        top = stub.GetTopChannels(channelz_pb2.GetTopChannelsRequest(), timeout=10)
        tell({"channels": [as_dict(it) for it in top.channel]})
        try:
            stub.GetServer(channelz_pb2.GetServerRequest(server_id=1 << 40), timeout=10)
        except grpc.RpcError as error:
            tell({"code": error.code().name})


main()
