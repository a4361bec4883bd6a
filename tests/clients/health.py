"""Check, List and Watch of grpc.health.v1, by grpcio-health-checking."""

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from common import arguments, channel, tell

NAME = health_pb2.HealthCheckResponse.ServingStatus.Name


def main():
    parser = arguments(__doc__)
    parser.add_argument("--service", default="")
    parser.add_argument("--watch", action="store_true", help="print every change, to the end")
    args = parser.parse_args()
    with channel(args) as connection:
        stub = health_pb2_grpc.HealthStub(connection)
        request = health_pb2.HealthCheckRequest(service=args.service)
        if args.watch:
            try:
                for response in stub.Watch(request):
                    tell({"status": NAME(response.status)})
            except grpc.RpcError as error:
                tell({"code": error.code().name})
            return
        try:
            tell({"status": NAME(stub.Check(request, timeout=10).status)})
        except grpc.RpcError as error:
            tell({"code": error.code().name})
        statuses = stub.List(health_pb2.HealthListRequest(), timeout=10).statuses
        tell({name: NAME(response.status) for name, response in statuses.items()})


main()
