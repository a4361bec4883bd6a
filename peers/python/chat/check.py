"""What `client.py --check` checks: each check prints one line."""

import asyncio
import contextlib
import time

import grpc
from grpc import StatusCode

from chat.chat_pb2 import Message
from chat.chat_pb2_grpc import ChatServiceStub

BROADCAST = [
    "Welcome to the broadcast!",
    "Here is message #1.",
    "And here is message #2.",
    "Broadcast finished.",
]


class Failed(Exception):
    """Says what was expected, and what was seen."""


async def run(stub: ChatServiceStub) -> bool:
    """Runs all checks; true if none failed."""
    good = True
    for check in (gzip, deadline, cancel, metadata, bystanders, drop):
        try:
            async with asyncio.timeout(10):
                await check(stub)
            print(f"ok {check.__name__}", flush=True)
            continue
        except Failed as failed:
            problem = str(failed)
        except grpc.RpcError as error:
            problem = f"expected an answer, saw {error.code().name}: {error.details()}"
        except TimeoutError:
            problem = "expected an end within 10 s, saw none"
        print(f"FAILED {check.__name__}: {problem}", flush=True)
        good = False
    return good


def expect(expected: object, saw: object) -> None:
    if saw != expected:
        raise Failed(f"expected {expected!s:.200}, saw {saw!s:.200}")


async def gzip(stub: ChatServiceStub) -> None:
    compression = grpc.Compression.Gzip
    long = "a" * (100 * 1024)

    hello = await stub.SayHello(marko(long), compression=compression)
    expect("Hello, Marko! Thanks for your message.", hello.content)

    broadcast = stub.BroadcastMessages(marko(""), compression=compression)
    expect(BROADCAST, [message.content async for message in broadcast])

    messages = [marko("one"), marko("two"), marko("three")]
    upload = await stub.UploadStream(messages, compression=compression)
    expect("Finished receiving stream from Marko. Got 3 messages.", upload.content)

    await echo(stub.ChatStream(compression=compression), long)


async def deadline(stub: ChatServiceStub) -> None:
    start = time.monotonic()
    received, code = await limited_broadcast(stub, 0.3)
    took = round((time.monotonic() - start) * 1000)
    expect(StatusCode.DEADLINE_EXCEEDED, code)
    if received == 0:
        raise Failed("expected a message before the deadline, saw none")
    if not 250 <= took <= 900:
        raise Failed(f"expected the end after 250..900 ms, saw it after {took} ms")


async def cancel(stub: ChatServiceStub) -> None:
    witness = stub.ChatStream()
    await echo(witness, "first")
    for _ in range(20):
        chat = stub.ChatStream()
        await echo(chat, "cancelled")
        chat.cancel()
        expect(StatusCode.CANCELLED, await chat.code())
    await stub.SayHello(marko("afterwards"))
    await echo(witness, "last")  # It is still the same connection.


async def metadata(stub: ChatServiceStub) -> None:
    sent = (("x-request-id", "17"), ("x-trace-bin", b"\x00\x01\xfe\xff"))
    for call in (
        stub.SayHello(marko("with metadata"), metadata=sent),
        stub.BroadcastMessages(marko(""), metadata=sent),
        stub.UploadStream([marko("one")], metadata=sent),
        stub.ChatStream([marko("one")], metadata=sent),
    ):
        await call.initial_metadata()
        if isinstance(call, grpc.aio.UnaryStreamCall | grpc.aio.StreamStreamCall):
            async for _ in call:
                pass
        trailers = [pair for pair in await call.trailing_metadata() if pair[0] == "x-request-id"]
        expect([("x-request-id", "17")], [tuple(pair) for pair in trailers])
        expect(StatusCode.OK, await call.code())


async def bystanders(stub: ChatServiceStub) -> None:
    chats = [stub.ChatStream() for _ in range(5)]
    for chat in chats:
        await echo(chat, "first")
    for round_ in range(1, 101):
        _, code = await limited_broadcast(stub, 0.05)
        if code == StatusCode.OK:
            raise Failed("expected the broadcast's deadline to end it, saw OK")
        for chat in chats:
            await echo(chat, f"round {round_}")


async def drop(stub: ChatServiceStub) -> None:
    witness = stub.ChatStream()
    await echo(witness, "first")
    for _ in range(50):
        upload = stub.UploadStream()
        await upload.write(marko("one"))
        # What comes back behind the message on the same connection says that it has arrived.
        await echo(witness, "sent")
        upload.cancel()
        expect(StatusCode.CANCELLED, await upload.code())
    await stub.SayHello(marko("afterwards"))
    await echo(witness, "last")  # It is still the same connection.


async def limited_broadcast(stub: ChatServiceStub, limit: float) -> tuple[int, StatusCode]:
    """Receives a broadcast that has a deadline: how many messages came, and the status."""
    broadcast = stub.BroadcastMessages(marko(""), timeout=limit)
    received = 0
    with contextlib.suppress(grpc.RpcError):
        async for _ in broadcast:
            received += 1
    return received, await broadcast.code()


async def echo(chat: grpc.aio.StreamStreamCall, content: str) -> None:
    """Sends a message, and expects its echo."""
    with contextlib.suppress(asyncio.InvalidStateError):
        await chat.write(marko(content))  # If the call has ended, `read` knows why.
    answer = await chat.read()
    expect(f"Echo: {content}", "the stream's end" if answer is grpc.aio.EOF else answer.content)


def marko(content: str) -> Message:
    return Message(user="Marko", content=content)
