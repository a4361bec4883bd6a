"""The cases of gRPC's negative-http2-interop-test-descriptions.md: a server misbehaves."""

import asyncio

from grpc import StatusCode

from cases import large_request, large_unary
from expect import Failed

CALLS_AT_ONCE = 15
PAUSE = 1  # second, for GOAWAY to arrive


async def reset(client) -> None:
    call = client.test.UnaryCall(large_request())
    code = await call.code()
    print(f"{code.name}: {await call.details()}")
    if code in (StatusCode.OK, StatusCode.DEADLINE_EXCEEDED):
        raise Failed(f"status: expected one for a reset stream, saw {code.name}")


async def goaway(client) -> None:
    await large_unary(client)
    await asyncio.sleep(PAUSE)
    await large_unary(client)


async def max_streams(client) -> None:
    await large_unary(client)
    await asyncio.gather(*(large_unary(client) for _ in range(CALLS_AT_ONCE)))


CASES = {
    "rst_after_header": reset,
    "rst_during_data": reset,
    "rst_after_data": reset,
    "goaway": goaway,
    "ping": large_unary,
    "max_streams": max_streams,
}
