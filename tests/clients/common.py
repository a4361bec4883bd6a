"""What the programs share: the flags, and the channel that they ask for."""

import argparse
import json

import grpc
from google.protobuf.json_format import MessageToDict


def arguments(description):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--server", required=True, metavar="HOST:PORT")
    parser.add_argument("--ca", metavar="FILE", help="TLS, with these roots")
    parser.add_argument("--cert", metavar="FILE", help="the client's certificate")
    parser.add_argument("--key", metavar="FILE", help="and its key")
    parser.add_argument("--server-name", metavar="NAME", help="whose certificate is expected")
    return parser


def channel(args):
    if not args.ca:
        return grpc.insecure_channel(args.server)
    read = lambda path: path and open(path, "rb").read()
    credentials = grpc.ssl_channel_credentials(read(args.ca), read(args.key), read(args.cert))
    options = []
    if args.server_name:
        options = [("grpc.ssl_target_name_override", args.server_name)]
    return grpc.secure_channel(args.server, credentials, options)


def tell(value):
    """Prints a line of JSON."""
    print(json.dumps(value, sort_keys=True), flush=True)


def as_dict(message):
    return MessageToDict(message, preserving_proto_field_name=True)
