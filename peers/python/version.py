"""The stack's version, with that of its C-core: a server of its own reads it from the user agent."""

import asyncio
import re

import grpc


async def user_agent() -> str:
    async def hello(request: bytes, context: grpc.aio.ServicerContext) -> bytes:
        return dict(context.invocation_metadata())["user-agent"].encode()

    server = grpc.aio.server()
    method = grpc.unary_unary_rpc_method_handler(hello)
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("v", {"v": method}),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        answer = await channel.unary_unary("/v/v")(b"", timeout=10)
    await server.stop(grace=None)
    return answer.decode()


core = re.search(r"grpc-c/(\S+)", asyncio.run(user_agent()))
print(f"{grpc.__version__} (C-core {core[1]})")
