"""A channel to the server, over TLS if the flags say so."""

import argparse
from pathlib import Path

import grpc


def add_flags(parser: argparse.ArgumentParser) -> None:
    flags = parser.add_argument_group("TLS")
    flags.add_argument("--ca", type=contents, metavar="FILE", help="the authorities to trust (PEM)")
    flags.add_argument("--cert", type=contents, metavar="FILE", help="a certificate to show (PEM)")
    flags.add_argument("--key", type=contents, metavar="FILE", help="the certificate's key (PEM)")
    flags.add_argument(
        "--server-name",
        metavar="NAME",
        help="the name in the server's certificate, if it isn't the one in --server",
    )


def contents(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def channel(parser: argparse.ArgumentParser, args: argparse.Namespace) -> grpc.aio.Channel:
    if (args.cert is None) != (args.key is None):
        parser.error("--cert and --key go together")
    if args.ca is None:
        if args.cert or args.server_name:
            parser.error("--cert, --key and --server-name need --ca")
        return grpc.aio.insecure_channel(args.server)
    credentials = grpc.ssl_channel_credentials(
        root_certificates=args.ca, private_key=args.key, certificate_chain=args.cert
    )
    options = [("grpc.ssl_target_name_override", args.server_name)] if args.server_name else []
    return grpc.aio.secure_channel(args.server, credentials, options)
