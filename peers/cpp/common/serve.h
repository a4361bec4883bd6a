// What a server does besides its service.
#pragma once

#include <grpcpp/grpcpp.h>
#include <signal.h>

#include <chrono>
#include <iostream>
#include <memory>
#include <string>

// Serves on host:port until SIGTERM, and then lets the calls under way finish.
inline int serve(grpc::ServerBuilder& builder, const std::string& address,
                 std::shared_ptr<grpc::ServerCredentials> credentials) {
  sigset_t terminate;
  sigemptyset(&terminate);
  sigaddset(&terminate, SIGTERM);
  // Before there are threads: they inherit it.
  pthread_sigmask(SIG_BLOCK, &terminate, nullptr);

  int port = 0;
  builder.AddListeningPort(address, std::move(credentials), &port);
  // A port that another process has is an error.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (!server || port == 0) {
    std::cerr << "could not listen on " << address << std::endl;
    return 1;
  }
  std::string host = address.substr(0, address.rfind(':'));
  std::cout << "listening on " << host << ":" << port << std::endl;

  int signal = 0;
  sigwait(&terminate, &signal);
  server->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(10));
  return 0;
}
