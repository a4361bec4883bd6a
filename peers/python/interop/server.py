"""gRPC's interoperability test server."""

import argparse
import asyncio
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import grpc
from grpc.testing import test_pb2_grpc
from grpc.testing.empty_pb2 import Empty
from grpc.testing.messages_pb2 import (
    EchoStatus,
    Payload,
    SimpleRequest,
    SimpleResponse,
    StreamingInputCallRequest,
    StreamingInputCallResponse,
    StreamingOutputCallRequest,
    StreamingOutputCallResponse,
    TestOrcaReport,
)
from xds.data.orca.v3.orca_load_report_pb2 import OrcaLoadReport
from xds.service.orca.v3 import orca_pb2_grpc
from xds.service.orca.v3.orca_pb2 import OrcaLoadReportRequest

import compression
from flags import boolean, natural

ECHO_INITIAL = "x-grpc-test-echo-initial"
ECHO_TRAILING = "x-grpc-test-echo-trailing-bin"
LOAD_REPORT = "endpoint-load-metrics-bin"
STATUS_CODES = {code.value[0]: code for code in grpc.StatusCode}

Context = grpc.aio.ServicerContext


class Backend(orca_pb2_grpc.OpenRcaServiceServicer):
    """Reports the load out of band."""

    def __init__(self) -> None:
        self.load = OrcaLoadReport()

    async def StreamCoreMetrics(
        self, request: OrcaLoadReportRequest, context: Context
    ) -> AsyncIterator[OrcaLoadReport]:
        interval = request.report_interval.ToTimedelta().total_seconds()
        while True:
            yield self.load
            await asyncio.sleep(max(interval, 0.1))


class Test(test_pb2_grpc.TestServiceServicer):
    def __init__(self, backend: Backend) -> None:
        self.backend = backend

    async def EmptyCall(self, request: Empty, context: Context) -> Empty:
        await echo_metadata(context)
        return Empty()

    async def UnaryCall(self, request: SimpleRequest, context: Context) -> SimpleResponse:
        await check_compressed(request, context)
        if request.response_compressed.value:
            context.set_compression(grpc.Compression.Gzip)
        await echo_metadata(context)
        if request.HasField("orca_per_query_report"):
            load = load_report(request.orca_per_query_report)
            add_trailer(context, LOAD_REPORT, load.SerializeToString())
        await echo_status(request.response_status, context)
        return SimpleResponse(
            payload=zeros(request.response_size),
            server_id=f"python-{os.getpid()}" if request.fill_server_id else "",
            hostname=socket.gethostname(),
        )

    async def CacheableUnaryCall(self, request: SimpleRequest, context: Context) -> SimpleResponse:
        await context.send_initial_metadata((("cache-control", "max-age=60, public"),))
        return SimpleResponse(payload=Payload(body=str(time.time_ns()).encode()))

    async def StreamingOutputCall(
        self, request: StreamingOutputCallRequest, context: Context
    ) -> AsyncIterator[StreamingOutputCallResponse]:
        if any(answer.compressed.value for answer in request.response_parameters):
            context.set_compression(grpc.Compression.Gzip)
        await echo_metadata(context)
        async for response in self.answers([request], context):
            yield response
        await echo_status(request.response_status, context)

    async def StreamingInputCall(
        self, requests: AsyncIterator[StreamingInputCallRequest], context: Context
    ) -> StreamingInputCallResponse:
        await echo_metadata(context)
        size = 0
        async for request in requests:
            await check_compressed(request, context)
            size += len(request.payload.body)
        return StreamingInputCallResponse(aggregated_payload_size=size)

    async def FullDuplexCall(
        self, requests: AsyncIterator[StreamingOutputCallRequest], context: Context
    ) -> AsyncIterator[StreamingOutputCallResponse]:
        await echo_metadata(context)
        async for request in requests:
            await echo_status(request.response_status, context)
            async for response in self.answers([request], context):
                yield response

    async def HalfDuplexCall(
        self, requests: AsyncIterator[StreamingOutputCallRequest], context: Context
    ) -> AsyncIterator[StreamingOutputCallResponse]:
        await echo_metadata(context)
        received = [request async for request in requests]
        async for response in self.answers(received, context):
            yield response

    async def answers(
        self, requests: Iterable[StreamingOutputCallRequest], context: Context
    ) -> AsyncIterator[StreamingOutputCallResponse]:
        for request in requests:
            if request.HasField("orca_oob_report"):
                self.backend.load = load_report(request.orca_oob_report)
            for answer in request.response_parameters:
                await asyncio.sleep(answer.interval_us / 1e6)
                if not answer.compressed.value:
                    context.disable_next_message_compression()
                yield StreamingOutputCallResponse(payload=zeros(answer.size))

    async def UnimplementedCall(self, request: Empty, context: Context) -> Empty:
        await context.abort(grpc.StatusCode.UNIMPLEMENTED, "no server has it")


async def check_compressed(
    request: SimpleRequest | StreamingInputCallRequest, context: Context
) -> None:
    """Refuses the request that was just received if it's not as it says."""
    compressed = compression.was_compressed.get()
    if request.HasField("expect_compressed") and compressed != request.expect_compressed.value:
        saw = "compressed" if compressed else "not compressed"
        await context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"the request is {saw}")


def zeros(size: int) -> Payload:
    return Payload(body=bytes(size))


async def echo_metadata(context: Context) -> None:
    """Sends the two keys back.

    Initial metadata are sent even if there are none: otherwise grpc.aio forgets in a unary answer
    that it should be compressed.
    """
    received = dict(context.invocation_metadata())
    if ECHO_TRAILING in received:
        add_trailer(context, ECHO_TRAILING, received[ECHO_TRAILING])
    initial = received.get(ECHO_INITIAL)
    await context.send_initial_metadata(((ECHO_INITIAL, initial),) if initial else ())


def add_trailer(context: Context, key: str, value: bytes) -> None:
    context.set_trailing_metadata((*context.trailing_metadata(), (key, value)))


async def echo_status(status: EchoStatus, context: Context) -> None:
    if status.code:
        code = STATUS_CODES.get(status.code, grpc.StatusCode.UNKNOWN)
        await context.abort(code, status.message, context.trailing_metadata())


def load_report(report: TestOrcaReport) -> OrcaLoadReport:
    return OrcaLoadReport(
        cpu_utilization=report.cpu_utilization,
        mem_utilization=report.memory_utilization,
        request_cost=report.request_cost,
        utilization=report.utilization,
    )


async def serve(args: argparse.Namespace) -> None:
    terminated = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, terminated.set)

    server = grpc.aio.server(
        interceptors=[compression.Decompression()], options=[compression.NOT_BY_CORE]
    )
    backend = Backend()
    test_pb2_grpc.add_TestServiceServicer_to_server(Test(backend), server)
    orca_pb2_grpc.add_OpenRcaServiceServicer_to_server(backend, server)
    address = f"127.0.0.1:{args.port}"
    if args.use_tls:
        key, certificate = args.tls_key_file.read_bytes(), args.tls_cert_file.read_bytes()
        credentials = grpc.ssl_server_credentials([(key, certificate)])
        port = server.add_secure_port(address, credentials)
    else:
        port = server.add_insecure_port(address)
    await server.start()
    print(f"listening on 127.0.0.1:{port}", flush=True)

    await terminated.wait()
    await server.stop(grace=5)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", required=True, type=natural)
    parser.add_argument("--use_tls", default=False, type=boolean)
    parser.add_argument("--tls_cert_file", type=Path)
    parser.add_argument("--tls_key_file", type=Path)
    args = parser.parse_args()
    if args.use_tls and not (args.tls_cert_file and args.tls_key_file):
        parser.error("--use_tls wants --tls_cert_file and --tls_key_file")
    try:
        asyncio.run(serve(args))
    except (OSError, RuntimeError) as error:  # No such file; no such port.
        print(f"server.py: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
