"""An xDS control plane for one service, `chat`: one ADS stream for each client, state of the world.

It has no resources until a line comes on standard input. Every line names all the endpoints that
there are from then on: `127.0.0.1:5001 127.0.0.1:5002=DRAINING` (an IP address, and a health status
of Envoy's, if it is not a healthy one). The first one brings the listener, the route and the
cluster along. At the input's end the plane ends.

It prints `ready PORT`, and then what the clients say of what they got: `ACK TYPE VERSION`, or
`NACK TYPE MESSAGE`.
"""

import argparse
import asyncio
import sys

import grpc
from envoy.config.cluster.v3.cluster_pb2 import Cluster
from envoy.config.core.v3.address_pb2 import Address, SocketAddress
from envoy.config.core.v3.config_source_pb2 import AggregatedConfigSource, ConfigSource
from envoy.config.core.v3.health_check_pb2 import HealthStatus
from envoy.config.endpoint.v3.endpoint_components_pb2 import Endpoint, LbEndpoint
from envoy.config.endpoint.v3.endpoint_pb2 import ClusterLoadAssignment
from envoy.config.listener.v3.api_listener_pb2 import ApiListener
from envoy.config.listener.v3.listener_pb2 import Listener
from envoy.config.route.v3.route_components_pb2 import Route, RouteAction, RouteMatch, VirtualHost
from envoy.config.route.v3.route_pb2 import RouteConfiguration
from envoy.extensions.filters.http.router.v3.router_pb2 import Router
from envoy.extensions.filters.network.http_connection_manager.v3.http_connection_manager_pb2 import (
    HttpConnectionManager,
    HttpFilter,
    Rds,
)
from envoy.service.discovery.v3 import ads_pb2_grpc
from envoy.service.discovery.v3.discovery_pb2 import DiscoveryRequest, DiscoveryResponse
from google.protobuf.any_pb2 import Any
from google.protobuf.message import Message

ADS = ConfigSource(ads=AggregatedConfigSource())


def packed(message: Message) -> Any:
    result = Any()
    result.Pack(message)
    return result


def chat(endpoints: list[str]) -> list[Message]:
    """What a client that connects to `xds:///chat` asks for, in the order that breaks no call."""
    cluster = Cluster(name="chat-cluster", type=Cluster.EDS)
    cluster.eds_cluster_config.eds_config.CopyFrom(ADS)

    assignment = ClusterLoadAssignment(cluster_name="chat-cluster")
    locality = assignment.endpoints.add(lb_endpoints=map(endpoint, endpoints))
    locality.locality.SetInParent()
    locality.load_balancing_weight.value = 1  # Without it, C-core drops the locality.

    manager = HttpConnectionManager(
        rds=Rds(config_source=ADS, route_config_name="chat-route"),
        http_filters=[HttpFilter(name="router", typed_config=packed(Router()))],
    )
    listener = Listener(name="chat", api_listener=ApiListener(api_listener=packed(manager)))

    all_calls = Route(match=RouteMatch(prefix=""), route=RouteAction(cluster="chat-cluster"))
    host = VirtualHost(name="chat", domains=["*"], routes=[all_calls])
    return [
        cluster,
        assignment,
        listener,
        RouteConfiguration(name="chat-route", virtual_hosts=[host]),
    ]


def endpoint(text: str) -> LbEndpoint:
    address, _, health = text.partition("=")
    host, _, port = address.rpartition(":")
    socket = SocketAddress(address=host, port_value=int(port))
    return LbEndpoint(
        endpoint=Endpoint(address=Address(socket_address=socket)),
        health_status=HealthStatus.Value(health or "HEALTHY"),
    )


class Type:
    """The resources of one type, by their names, and their version."""

    def __init__(self) -> None:
        self.version = 0
        self.resources: dict[str, Message] = {}

    def put(self, name: str, message: Message) -> bool:
        """Whether that changes something."""
        if self.resources.get(name) == message:
            return False
        self.resources[name] = message
        self.version += 1
        return True


class Stream:
    """A client: what it has asked for, and what it was sent last."""

    def __init__(self, plane: "Plane", context: grpc.aio.ServicerContext) -> None:
        self.plane = plane
        self.context = context
        self.names: dict[str, set[str]] = {}  # of each type
        self.nonces: dict[str, str] = {}
        self.sent = 0

    async def take(self, request: DiscoveryRequest) -> None:
        url, names = request.type_url, set(request.resource_names)
        first = not request.response_nonce
        if not first and request.response_nonce != self.nonces.get(url):
            return  # It speaks of what it was sent before the last time.
        kind = url.rpartition(".")[2]
        if request.HasField("error_detail"):
            print("NACK", kind, request.error_detail.message, flush=True)
        elif not first:
            print("ACK", kind, request.version_info, flush=True)
        wants_more = not names <= self.names.get(url, set())
        self.names[url] = names
        if first or wants_more:
            await self.send(url)

    async def send(self, url: str) -> None:
        """All of a type that was asked for; of listeners and clusters, the rest counts as gone."""
        self.sent += 1
        self.nonces[url] = str(self.sent)
        of_type = self.plane.types.setdefault(url, Type())
        found = [of_type.resources[name] for name in self.names[url] if name in of_type.resources]
        await self.context.write(
            DiscoveryResponse(
                type_url=url,
                version_info=str(of_type.version),
                nonce=self.nonces[url],
                resources=map(packed, found),
            )
        )


class Plane(ads_pb2_grpc.AggregatedDiscoveryServiceServicer):
    def __init__(self) -> None:
        self.types: dict[str, Type] = {}
        self.streams: set[Stream] = set()

    async def StreamAggregatedResources(self, requests, context):
        stream = Stream(self, context)
        self.streams.add(stream)
        try:
            async for request in requests:
                await stream.take(request)
        finally:
            self.streams.discard(stream)

    async def serve_chat(self, endpoints: list[str]) -> None:
        for message in chat(endpoints):
            url = packed(message).type_url
            name = getattr(message, "name", "") or message.cluster_name
            if self.types.setdefault(url, Type()).put(name, message):
                for stream in list(self.streams):
                    if url in stream.names:
                        await stream.send(url)


async def main(port: int) -> None:
    plane = Plane()
    # Without the option, a second plane would share the port in silence.
    server = grpc.aio.server(options=[("grpc.so_reuseport", 0)])
    ads_pb2_grpc.add_AggregatedDiscoveryServiceServicer_to_server(plane, server)
    port = server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    print("ready", port, flush=True)

    while line := await asyncio.to_thread(sys.stdin.readline):
        await plane.serve_chat(line.split())
    await server.stop(grace=0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0, the default, takes a free one")
    asyncio.run(main(parser.parse_args().port))
