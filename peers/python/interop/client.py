"""gRPC's interoperability test client: runs one case."""

import argparse
import asyncio
import sys
from pathlib import Path

import grpc
from grpc.testing.test_pb2_grpc import TestServiceStub

import cases
import compressed
import negative
import orca
import soak
from expect import Failed
from flags import boolean, natural

CASES = {**cases.CASES, **compressed.CASES, **negative.CASES, **orca.CASES, **soak.CASES}
LIMIT = 60  # seconds for a case
UNSUPPORTED = 127


class Client:
    """A channel to the server, and what is needed to make another."""

    def __init__(self, args: argparse.Namespace) -> None:
        self.args = args
        self.channel = self.connect()
        self.test = TestServiceStub(self.channel)

    def connect(self, *options: tuple, api=grpc.aio) -> grpc.aio.Channel | grpc.Channel:
        args = self.args
        address = f"{args.server_host}:{args.server_port}"
        if not args.use_tls:
            return api.insecure_channel(address, options)
        if args.server_host_override:
            options += (("grpc.ssl_target_name_override", args.server_host_override),)
        authority = args.ca_file.read_bytes() if args.ca_file else None
        credentials = grpc.ssl_channel_credentials(authority)
        return api.secure_channel(address, credentials, options)


def flags() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--server_host", default="127.0.0.1")
    parser.add_argument("--server_port", required=True, type=natural)
    parser.add_argument("--server_host_override", help="the name in the server's certificate")
    parser.add_argument("--test_case", default="large_unary")
    parser.add_argument("--use_tls", default=False, type=boolean)
    parser.add_argument("--use_test_ca", type=boolean, help="has no meaning here")
    parser.add_argument("--ca_file", type=Path)
    parser.add_argument("--service_config_json", help="has no meaning here")
    parser.add_argument("--soak_iterations", default=10, type=natural)
    parser.add_argument("--soak_max_failures", default=0, type=natural)
    parser.add_argument(
        "--soak_per_iteration_max_acceptable_latency_ms", default=1000, type=natural
    )
    parser.add_argument("--soak_overall_timeout_seconds", default=10, type=natural)
    parser.add_argument("--soak_min_time_ms_between_rpcs", default=0, type=natural)
    parser.add_argument("--soak_request_size", default=271828, type=natural)
    parser.add_argument("--soak_response_size", default=314159, type=natural)
    parser.add_argument("--soak_num_threads", default=1, type=natural)
    return parser.parse_args()


async def run(args: argparse.Namespace) -> None:
    client = Client(args)
    async with client.channel:
        limit = LIMIT
        if args.test_case in soak.CASES:
            limit += args.soak_overall_timeout_seconds
        await asyncio.wait_for(CASES[args.test_case](client), limit)


def main() -> int:
    args = flags()
    if args.test_case not in CASES:
        print(f"unsupported test case: {args.test_case}", file=sys.stderr)
        return UNSUPPORTED
    try:
        asyncio.run(run(args))
        return 0
    except (Failed, OSError) as error:
        problem = str(error)
    except grpc.RpcError as error:
        problem = f"expected OK, saw {error.code().name}: {error.details()}"
    except asyncio.TimeoutError:
        problem = "expected an end in time, saw none"
    print(f"{args.test_case}: {problem}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
