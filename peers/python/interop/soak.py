"""The soaks: one large unary call after another, each within a time."""

import asyncio
import sys
import time

import grpc
from grpc.testing.messages_pb2 import SimpleRequest
from grpc.testing.test_pb2_grpc import TestServiceStub

from cases import zeros
from expect import Failed, expect


async def rpc_soak(client) -> None:
    await soak(client, large_unary)


async def channel_soak(client) -> None:
    await soak(client, large_unary_on_its_own_channel)


async def soak(client, call) -> None:
    args = client.args
    each, more = divmod(args.soak_iterations, max(args.soak_num_threads, 1))
    workers = [
        asyncio.ensure_future(iterate(client, call, each + (1 if n < more else 0)))
        for n in range(max(args.soak_num_threads, 1))
    ]
    try:
        limit = args.soak_overall_timeout_seconds
        failures = sum(await asyncio.wait_for(asyncio.gather(*workers), limit))
    except asyncio.TimeoutError:
        raise Failed(f"expected the end of the soak within {limit} s, saw none") from None
    if failures > args.soak_max_failures:
        raise Failed(f"expected at most {args.soak_max_failures} failures, saw {failures}")


async def iterate(client, call, iterations: int) -> int:
    """How many of the iterations failed."""
    failures = 0
    for _ in range(iterations):
        start = time.monotonic()
        pause = asyncio.ensure_future(
            asyncio.sleep(client.args.soak_min_time_ms_between_rpcs / 1000)
        )
        try:
            await call(client)
            took = round((time.monotonic() - start) * 1000)
            limit = client.args.soak_per_iteration_max_acceptable_latency_ms
            if took > limit:
                raise Failed(f"expected an answer within {limit} ms, saw it after {took} ms")
        except (Failed, grpc.RpcError) as error:
            print(f"{client.args.test_case}: {error}", file=sys.stderr)
            failures += 1
        await pause
    return failures


async def large_unary(client, test: TestServiceStub | None = None) -> None:
    args = client.args
    request = SimpleRequest(
        response_size=args.soak_response_size, payload=zeros(args.soak_request_size)
    )
    response = await (test or client.test).UnaryCall(request)
    expect("answer's size", args.soak_response_size, len(response.payload.body))


async def large_unary_on_its_own_channel(client) -> None:
    async with client.connect() as channel:
        await large_unary(client, TestServiceStub(channel))


CASES = {case.__name__: case for case in (rpc_soak, channel_soak)}
