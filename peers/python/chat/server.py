"""The chat server of the article."""

import argparse
import asyncio
import logging
import signal
from collections.abc import AsyncIterator

import grpc

from chat import chat_pb2_grpc
from chat.chat_pb2 import Message


class Chat(chat_pb2_grpc.ChatServiceServicer):
    def __init__(self, pace: float) -> None:
        self.pace = pace

    async def SayHello(self, request: Message, context: grpc.aio.ServicerContext) -> Message:
        logging.info("Received Unary message from %s: %s", request.user, request.content)
        return says(f"Hello, {request.user}! Thanks for your message.")

    async def BroadcastMessages(
        self, request: Message, context: grpc.aio.ServicerContext
    ) -> AsyncIterator[Message]:
        logging.info("Received Broadcast request from %s", request.user)
        for content in (
            "Welcome to the broadcast!",
            "Here is message #1.",
            "And here is message #2.",
            "Broadcast finished.",
        ):
            yield says(content)
            await asyncio.sleep(self.pace)  # Simulate work

    async def UploadStream(
        self, requests: AsyncIterator[Message], context: grpc.aio.ServicerContext
    ) -> Message:
        count = 0
        last_user = ""
        async for message in requests:
            logging.info("Received message from client stream: %s", message.content)
            last_user = message.user
            count += 1
        logging.info("Upload stream finished. Received %d messages.", count)
        return says(f"Finished receiving stream from {last_user}. Got {count} messages.")

    async def ChatStream(
        self, requests: AsyncIterator[Message], context: grpc.aio.ServicerContext
    ) -> AsyncIterator[Message]:
        async for message in requests:
            logging.info("Received message in ChatStream from %s: %s", message.user, message.content)
            yield says(f"Echo: {message.content}")


def says(content: str) -> Message:
    return Message(user="Server", content=content)


def seconds(duration: str) -> float:
    """Reads 500ms, 2s or 0."""
    if duration.endswith("ms"):
        return float(duration.removesuffix("ms")) / 1000
    return 0 if duration == "0" else float(duration.removesuffix("s"))


async def serve(listen: str, pace: float) -> None:
    terminated = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, terminated.set)

    server = grpc.aio.server()
    chat_pb2_grpc.add_ChatServiceServicer_to_server(Chat(pace), server)
    port = server.add_insecure_port(listen)
    await server.start()
    print(f"listening on {listen.rpartition(':')[0]}:{port}", flush=True)

    await terminated.wait()
    await server.stop(grace=30)  # seconds for the calls under way


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--listen", default="127.0.0.1:50051", metavar="HOST:PORT", help="port 0 takes a free one"
    )
    parser.add_argument(
        "--pace", default="500ms", type=seconds, help="sleep after each message of a broadcast"
    )
    args = parser.parse_args()
    asyncio.run(serve(args.listen, args.pace))
