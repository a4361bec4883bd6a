"""The cases about compression.

client_compressed_streaming can't be had: a client of grpcio compresses all of a call, or nothing.
"""

import grpc
from grpc import StatusCode
from grpc.testing.messages_pb2 import (
    BoolValue,
    ResponseParameters,
    SimpleRequest,
    SimpleResponse,
    StreamingOutputCallRequest,
    StreamingOutputCallResponse,
)

from cases import large_request
from compression import NOT_BY_CORE, decompress
from expect import expect, expect_status

YES, NO = BoolValue(value=True), BoolValue(value=False)


def received(message: type):
    """A deserializer: the size of the answer's body, and whether the answer was compressed."""

    def deserialize(data: bytes) -> tuple[int, bool]:
        data, compressed = decompress(data)
        return len(message.FromString(data).payload.body), compressed

    return deserialize


async def client_compressed_unary(client) -> None:
    compressed = large_request(expect_compressed=YES)
    probe = client.test.UnaryCall(compressed)
    await expect_status(probe, StatusCode.INVALID_ARGUMENT)

    response = await client.test.UnaryCall(compressed, compression=grpc.Compression.Gzip)
    expect("answer's size", 314159, len(response.payload.body))

    response = await client.test.UnaryCall(large_request(expect_compressed=NO))
    expect("answer's size", 314159, len(response.payload.body))


async def server_compressed_unary(client) -> None:
    async with client.connect(NOT_BY_CORE) as channel:
        unary_call = channel.unary_unary(
            "/grpc.testing.TestService/UnaryCall",
            SimpleRequest.SerializeToString,
            received(SimpleResponse),
        )
        for compressed in (YES, NO):
            request = large_request(response_compressed=compressed)
            answer = await unary_call(request)
            expect("answer's size, and compressed", (314159, compressed.value), answer)

            response = await client.test.UnaryCall(request)  # This time, the core decompresses.
            expect("answer's size", 314159, len(response.payload.body))


async def server_compressed_streaming(client) -> None:
    parameters = [
        ResponseParameters(compressed=YES, size=31415),
        ResponseParameters(compressed=NO, size=92653),
    ]
    request = StreamingOutputCallRequest(response_parameters=parameters)
    async with client.connect(NOT_BY_CORE) as channel:
        streaming_output_call = channel.unary_stream(
            "/grpc.testing.TestService/StreamingOutputCall",
            StreamingOutputCallRequest.SerializeToString,
            received(StreamingOutputCallResponse),
        )
        answers = [answer async for answer in streaming_output_call(request)]
    expect("answers' sizes, and compressed", [(31415, True), (92653, False)], answers)

    # This time, the core decompresses.
    call = client.test.StreamingOutputCall(request)
    sizes = [len(response.payload.body) async for response in call]
    expect("answers' sizes", [31415, 92653], sizes)


CASES = {
    case.__name__: case
    for case in (client_compressed_unary, server_compressed_unary, server_compressed_streaming)
}
