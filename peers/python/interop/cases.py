"""The cases of gRPC's interop-test-descriptions.md, but for compression, load reports and soaks."""

import asyncio
import threading

import grpc
from grpc import StatusCode
from grpc.testing.empty_pb2 import Empty
from grpc.testing.messages_pb2 import (
    EchoStatus,
    Payload,
    ResponseParameters,
    SimpleRequest,
    StreamingInputCallRequest,
    StreamingOutputCallRequest,
)
from grpc.testing.test_pb2_grpc import TestServiceStub, UnimplementedServiceStub

from expect import expect, expect_code, expect_status

REQUEST_SIZES = (27182, 8, 1828, 45904)
RESPONSE_SIZES = (31415, 9, 2653, 58979)
METADATA = (
    ("x-grpc-test-echo-initial", "test_initial_metadata_value"),
    ("x-grpc-test-echo-trailing-bin", b"\xab\xab\xab"),
)


def zeros(size: int) -> Payload:
    return Payload(body=bytes(size))


def large_request(**fields: object) -> SimpleRequest:
    return SimpleRequest(response_size=314159, payload=zeros(271828), **fields)


def duplex_request(response_size: int, request_size: int) -> StreamingOutputCallRequest:
    answer = ResponseParameters(size=response_size)
    return StreamingOutputCallRequest(response_parameters=[answer], payload=zeros(request_size))


async def read_size(call: grpc.aio.StreamStreamCall) -> int | str:
    response = await call.read()
    return "the stream's end" if response is grpc.aio.EOF else len(response.payload.body)


async def expect_end(call: grpc.aio.StreamStreamCall) -> None:
    expect("after the last answer", "the stream's end", await read_size(call))
    await expect_status(call, StatusCode.OK)


async def empty_unary(client) -> None:
    expect("answer", Empty(), await client.test.EmptyCall(Empty()))


async def large_unary(client) -> None:
    response = await client.test.UnaryCall(large_request())
    expect("answer's size", 314159, len(response.payload.body))


async def concurrent_large_unary(client) -> None:
    await asyncio.gather(*(large_unary(client) for _ in range(1000)))


async def client_streaming(client) -> None:
    requests = [StreamingInputCallRequest(payload=zeros(size)) for size in REQUEST_SIZES]
    response = await client.test.StreamingInputCall(requests)
    expect("aggregated size", 74922, response.aggregated_payload_size)


async def server_streaming(client) -> None:
    parameters = [ResponseParameters(size=size) for size in RESPONSE_SIZES]
    call = client.test.StreamingOutputCall(
        StreamingOutputCallRequest(response_parameters=parameters)
    )
    sizes = [len(response.payload.body) async for response in call]
    expect("answers' sizes", list(RESPONSE_SIZES), sizes)


async def ping_pong(client) -> None:
    call = client.test.FullDuplexCall()
    for response_size, request_size in zip(RESPONSE_SIZES, REQUEST_SIZES):
        await call.write(duplex_request(response_size, request_size))
        expect("answer's size", response_size, await read_size(call))
    await call.done_writing()
    await expect_end(call)


async def empty_stream(client) -> None:
    call = client.test.FullDuplexCall()
    await call.done_writing()
    await expect_end(call)


async def cancel_after_begin(client) -> None:
    call = client.test.StreamingInputCall()
    await call.wait_for_connection()
    call.cancel()
    await expect_status(call, StatusCode.CANCELLED)


async def cancel_after_first_response(client) -> None:
    call = client.test.FullDuplexCall()
    await call.write(duplex_request(31415, 27182))
    expect("answer's size", 31415, await read_size(call))
    call.cancel()
    await expect_status(call, StatusCode.CANCELLED)


async def timeout_on_sleeping_server(client) -> None:
    """On the API without asyncio.

    If the deadline passes while a call is being started, grpc.aio 1.85 may call it INTERNAL.
    """
    ended = threading.Event()

    def request():
        yield StreamingOutputCallRequest(payload=zeros(27182))
        ended.wait()

    with client.connect(api=grpc) as channel:
        call = TestServiceStub(channel).FullDuplexCall(request(), timeout=0.001)
        code = await asyncio.to_thread(call.code)
        ended.set()
        expect_code(StatusCode.DEADLINE_EXCEEDED, code, call.details())


async def custom_metadata(client) -> None:
    unary = client.test.UnaryCall(large_request(), metadata=METADATA)
    await expect_echo(unary)

    duplex = client.test.FullDuplexCall(metadata=METADATA)
    await duplex.write(duplex_request(314159, 271828))
    await duplex.done_writing()
    expect("answer's size", 314159, await read_size(duplex))
    await expect_end(duplex)
    await expect_echo(duplex)


async def expect_echo(call: grpc.aio.Call) -> None:
    await expect_status(call, StatusCode.OK)
    (initial, value), (trailing, value_bin) = METADATA
    expect(f"initial {initial}", [value], values(await call.initial_metadata(), initial))
    expect(f"trailing {trailing}", [value_bin], values(await call.trailing_metadata(), trailing))


def values(metadata: grpc.aio.Metadata, key: str) -> list:
    return [value for each, value in metadata if each == key]


async def status_code_and_message(client) -> None:
    status = EchoStatus(code=2, message="test status message")
    unary = client.test.UnaryCall(SimpleRequest(response_status=status))
    await expect_unknown(unary, status.message)

    duplex = client.test.FullDuplexCall([StreamingOutputCallRequest(response_status=status)])
    await expect_unknown(duplex, status.message)


async def special_status_message(client) -> None:
    message = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n"
    status = EchoStatus(code=2, message=message)
    await expect_unknown(client.test.UnaryCall(SimpleRequest(response_status=status)), message)


async def expect_unknown(call: grpc.aio.Call, message: str) -> None:
    await expect_status(call, StatusCode.UNKNOWN)
    expect("status message", message, await call.details())


async def unimplemented_method(client) -> None:
    await expect_status(client.test.UnimplementedCall(Empty()), StatusCode.UNIMPLEMENTED)


async def unimplemented_service(client) -> None:
    stub = UnimplementedServiceStub(client.channel)
    await expect_status(stub.UnimplementedCall(Empty()), StatusCode.UNIMPLEMENTED)


CASES = {
    case.__name__: case
    for case in (
        empty_unary,
        large_unary,
        concurrent_large_unary,
        client_streaming,
        server_streaming,
        ping_pong,
        empty_stream,
        cancel_after_begin,
        cancel_after_first_response,
        timeout_on_sleeping_server,
        custom_metadata,
        status_code_and_message,
        special_status_message,
        unimplemented_method,
        unimplemented_service,
    )
}
