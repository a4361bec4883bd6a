"""Says whether JSON and bytes are the same message, by protobuf's own mapping.

The first line of stdin is a FileDescriptorSet in hex. Each line after it is an object: `message`
is its full name, `bytes` what it is on the wire, in hex, or null; `text` is JSON. The answer is a
line each: `same`, `refused: WHY` if the text is no such message, or how the two differ."""

import json
import sys

from google.protobuf import any_pb2, duration_pb2, empty_pb2, field_mask_pb2  # noqa: F401
from google.protobuf import struct_pb2, timestamp_pb2, wrappers_pb2  # noqa: F401
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory

pool = descriptor_pool.Default()
files = descriptor_pb2.FileDescriptorSet.FromString(bytes.fromhex(sys.stdin.readline()))
for file in files.file:
    if not file.name.startswith("google/"):
        pool.AddSerializedFile(file.SerializeToString())


def shown(message):
    return json_format.MessageToJson(message, indent=None, sort_keys=True, descriptor_pool=pool)


def judged(message, text, encoded):
    kind = message_factory.GetMessageClass(pool.FindMessageTypeByName(message))
    try:
        expected = json_format.Parse(text, kind(), descriptor_pool=pool)
    except Exception as error:
        return f"refused: {error}"
    if encoded is None:
        return f"accepted: {shown(expected)}"
    found = kind.FromString(bytes.fromhex(encoded))
    if shown(expected) == shown(found):
        return "same"
    return f"expected {shown(expected)}, found {shown(found)}"


for line in sys.stdin:
    question = json.loads(line)
    answer = judged(question["message"], question["text"], question["bytes"])
    print(json.dumps(answer), flush=True)
