"""The services, and a method of one, by grpcio-reflection's descriptor database."""

from google.protobuf.descriptor_pool import DescriptorPool
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)

from common import arguments, channel, tell


def main():
    args = arguments(__doc__).parse_args()
    with channel(args) as connection:
        database = ProtoReflectionDescriptorDatabase(connection)
        pool = DescriptorPool(database)
        for name in sorted(database.get_services()):
            service = pool.FindServiceByName(name)
            tell({"service": name, "methods": [method.name for method in service.methods]})


main()
