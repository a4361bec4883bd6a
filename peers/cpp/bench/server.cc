#include "bench/server.h"

using namespace grpc::testing;
using grpc::StatusCode;

namespace {

std::shared_ptr<grpc::ServerCredentials> credentials(const ServerConfig& config, const Tls& tls) {
  if (!config.has_security_params()) return grpc::InsecureServerCredentials();
  if (tls.cert.empty() || tls.key.empty()) {
    refuse(StatusCode::FAILED_PRECONDITION,
           "security_params: needs --tls_cert_file and --tls_key_file");
  }
  grpc::SslServerCredentialsOptions options;
  options.pem_key_cert_pairs = {{tls.key, tls.cert}};
  return grpc::SslServerCredentials(options);
}

}  // namespace

std::unique_ptr<grpc::Server> Server::listen(grpc::ServerBuilder& builder,
                                             const ServerConfig& config, const Tls& tls) {
  for (const ChannelArg& arg : config.channel_args()) {
    if (arg.has_int_value()) {
      builder.AddChannelArgument(arg.name(), arg.int_value());
    } else {
      builder.AddChannelArgument(arg.name(), arg.str_value());
    }
  }
  std::string address = "[::]:" + std::to_string(config.port());
  builder.AddListeningPort(address, credentials(config, tls), &port_);
  // A port that another process has is an error.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (!server || port_ == 0) refuse(StatusCode::UNAVAILABLE, "could not listen on " + address);
  return server;
}
