"""What a case expects."""

import grpc


class Failed(Exception):
    """Says what was expected, and what was seen."""


def expect(what: str, expected: object, saw: object) -> None:
    if saw != expected:
        raise Failed(f"{what}: expected {expected!r:.200}, saw {saw!r:.200}")


def expect_code(expected: grpc.StatusCode, code: grpc.StatusCode, details: str) -> None:
    if code != expected:
        raise Failed(f"status: expected {expected.name}, saw {code.name}: {details}")


async def expect_status(call: grpc.aio.Call, expected: grpc.StatusCode) -> None:
    """Awaits the end of the call."""
    expect_code(expected, await call.code(), await call.details())
