"""The chat client of the article. What it has to say goes to stdout, an error to stderr."""

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator

import grpc

import call
import check
import tls
from chat.chat_pb2 import Message
from chat.chat_pb2_grpc import ChatServiceStub


class Article:
    """The article's calls; `pace` is a factor on its sleeps."""

    def __init__(self, stub: ChatServiceStub, pace: float) -> None:
        self.stub = stub
        self.pace = pace
        # Ten seconds for a stream, and time for the sleeps of the slowest one.
        self.limit = 10 + 3 * pace

    async def hello(self) -> None:
        message = Message(user="Marko", content="This is a unary call.")
        response = await self.stub.SayHello(message, timeout=1)
        print(f"Unary Response from {response.user}: {response.content}")

    async def broadcast(self) -> None:
        async for message in self.stub.BroadcastMessages(Message(user="Marko"), timeout=self.limit):
            print(f"Broadcast from {message.user}: {message.content}")

    async def upload(self) -> None:
        response = await self.stub.UploadStream(self.log_entries(), timeout=self.limit)
        print(f"Upload Stream Response: {response.content}")

    async def log_entries(self) -> AsyncIterator[Message]:
        for content in ("Log entry 1", "Log entry 2", "Log entry 3"):
            yield Message(user="Marko", content=content)
            await asyncio.sleep(0.3 * self.pace)

    async def chat(self) -> None:
        async for message in self.stub.ChatStream(self.talk(), timeout=self.limit):
            print(f"Received from server: {message.content}")
        print("Bidirectional stream finished.")

    async def talk(self) -> AsyncIterator[Message]:
        for content in ("Hi!", "How are you?", "I'm using a bidi stream!"):
            print(f"Sending message: {content}")
            yield Message(user="Marko", content=content)
            await asyncio.sleep(self.pace)


STYLES = {
    "hello": Article.hello,
    "broadcast": Article.broadcast,
    "upload": Article.upload,
    "chat": Article.chat,
}


async def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--server", default="127.0.0.1:50051", metavar="HOST:PORT")
    parser.add_argument("--pace", default=1, type=float, help="factor on the article's sleeps")
    parser.add_argument("--style", default="all", choices=[*STYLES, "all"])
    parser.add_argument(
        "--check",
        action="store_true",
        help="check the server (its pace must be 500ms), instead of making the article's calls",
    )
    tls.add_flags(parser)
    call.add_flags(parser)
    args = parser.parse_args()

    async with tls.channel(parser, args) as channel:
        stub = ChatServiceStub(channel)
        if args.call is not None:
            return await call.run(stub, args)
        if args.check:
            return 0 if await check.run(stub) else 1
        article = Article(stub, args.pace)
        for style, make_call in STYLES.items():
            if args.style in (style, "all"):
                try:
                    await make_call(article)
                except grpc.RpcError as error:
                    print(f"{style}: {error.code().name}: {error.details()}", file=sys.stderr)
                    return 1
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
