"""What `client.py --call` does: it makes one call, and reports it in JSON lines."""

import argparse
import asyncio
import json
import sys
import zlib
from collections.abc import AsyncIterator, Iterator

import grpc

from chat.chat_pb2 import Message
from chat.chat_pb2_grpc import ChatServiceStub

CALLS = ("unary", "server-streaming", "client-streaming", "bidi")
UNSUPPORTED = 127


def add_flags(parser: argparse.ArgumentParser) -> None:
    flags = parser.add_argument_group("one call, reported in JSON lines")
    flags.add_argument("--call", metavar="|".join(CALLS))
    flags.add_argument("--user", default="Marko")
    contents = flags.add_mutually_exclusive_group()
    contents.add_argument(
        "--content",
        action="append",
        metavar="TEXT",
        help="a message's content, with its number for {n}; repeat it for more messages",
    )
    contents.add_argument("--size", type=natural, metavar="BYTES", help="one content of letters a")
    flags.add_argument("--count", type=natural, help="how many messages to send")
    flags.add_argument("--deadline", type=natural, metavar="MS")
    flags.add_argument("--cancel-after", type=natural, metavar="N", help="messages received")
    flags.add_argument("--hold", action="store_true", help="don't half-close")


def natural(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f"not a whole number from 0: {text!r}")
    return int(text)


async def run(stub: ChatServiceStub, args: argparse.Namespace) -> int:
    """Makes the call; the exit code."""
    streams_requests = args.call in ("client-streaming", "bidi")
    if args.call not in CALLS:
        return unsupported(f"--call {args.call}")
    if not streams_requests and args.hold:
        return unsupported(f"--hold with --call {args.call}")
    if not streams_requests and args.count not in (None, 1):
        return unsupported(f"--count {args.count} with --call {args.call}")
    sys.stdout.reconfigure(encoding="utf-8")

    timeout = None if args.deadline is None else args.deadline / 1000
    if args.call == "unary":
        call = stub.SayHello(next(messages(args)), timeout=timeout)
    elif args.call == "server-streaming":
        call = stub.BroadcastMessages(next(messages(args)), timeout=timeout)
    elif args.call == "client-streaming":
        call = stub.UploadStream(requests(args), timeout=timeout)
    else:
        call = stub.ChatStream(requests(args), timeout=timeout)
    await receive(call, args.cancel_after)
    report(event="status", code=(await call.code()).name, message=await call.details() or "")
    return 0


def unsupported(what: str) -> int:
    print(f"client.py: unsupported: {what}", file=sys.stderr)
    return UNSUPPORTED


def messages(args: argparse.Namespace) -> Iterator[Message]:
    contents = args.content or [""] if args.size is None else ["a" * args.size]
    count = len(contents) if args.count is None else args.count
    for n in range(1, count + 1):
        content = contents[(n - 1) % len(contents)]
        yield Message(user=args.user, content=content.replace("{n}", str(n)))


async def requests(args: argparse.Namespace) -> AsyncIterator[Message]:
    for message in messages(args):
        yield message
    if args.hold:
        await asyncio.Event().wait()


async def receive(call: grpc.aio.Call, cancel_after: int | None) -> None:
    """Reports the answers, until the call has ended; its status knows how it did."""
    if cancel_after == 0:
        call.cancel()
    received = 0
    try:
        async for message in answers(call):
            report_message(message)
            received += 1
            if received == cancel_after:
                call.cancel()
    except (grpc.RpcError, asyncio.CancelledError):
        pass


async def answers(call: grpc.aio.Call) -> AsyncIterator[Message]:
    if isinstance(call, (grpc.aio.UnaryUnaryCall, grpc.aio.StreamUnaryCall)):
        yield await call
    else:
        async for message in call:
            yield message


def report_message(message: Message) -> None:
    content = message.content.encode()
    if len(content) <= 1024:
        report(event="message", user=message.user, content=message.content)
    else:
        crc32 = zlib.crc32(content)
        report(event="message", user=message.user, length=len(content), crc32=crc32)


def report(**event: object) -> None:
    print(json.dumps(event, ensure_ascii=False, separators=(",", ":")), flush=True)
