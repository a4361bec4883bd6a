// The client of gRPC's interop tests: runs one case.

#include <fstream>
#include <iostream>

#include "interop/cases.h"

namespace {

std::string read_file(const Flags& flags, const std::string& name) {
  std::ifstream file(flags.text(name));
  if (!file) wrong_flag(name, "could not read " + flags.text(name));
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

std::shared_ptr<grpc::ChannelCredentials> credentials(const Flags& flags) {
  flags.truth("use_test_ca");
  if (!flags.truth("use_tls")) return grpc::InsecureChannelCredentials();
  grpc::SslCredentialsOptions options;
  if (!flags.text("ca_file").empty()) options.pem_root_certs = read_file(flags, "ca_file");
  return grpc::SslCredentials(options);
}

Case find(const std::string& name) {
  for (const auto* cases :
       {&unary_cases, &streaming_cases, &metadata_cases, &compressed_cases, &load_cases,
        &negative_cases}) {
    if (auto found = cases->find(name); found != cases->end()) return found->second;
  }
  std::cerr << "unsupported test case: " << name << std::endl;
  std::exit(127);
}

}  // namespace

std::shared_ptr<grpc::Channel> Target::connect() const {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  std::string name = flags.text("server_host_override");
  if (flags.truth("use_tls") && !name.empty()) arguments.SetSslTargetNameOverride(name);
  std::string address = flags.text("server_host") + ":" + flags.text("server_port");
  return grpc::CreateCustomChannel(address, credentials, arguments);
}

int main(int argc, char** argv) {
  Flags flags(argc, argv,
              {{"server_host", "localhost"},
               {"server_port", "10000"},
               {"server_host_override", ""},
               {"test_case", "large_unary"},
               {"use_tls", "false"},
               {"use_test_ca", "false"},
               {"ca_file", ""},
               {"service_config_json", ""},
               {"soak_iterations", "10"},
               {"soak_max_failures", "0"},
               {"soak_per_iteration_max_acceptable_latency_ms", "1000"},
               {"soak_overall_timeout_seconds", "10"},
               {"soak_min_time_ms_between_rpcs", "0"},
               {"soak_request_size", std::to_string(kLargeRequest)},
               {"soak_response_size", std::to_string(kLargeResponse)},
               {"soak_num_threads", "1"}});
  flags.number("server_port");
  Case test = find(flags.text("test_case"));
  try {
    test({flags, credentials(flags)});
  } catch (const Failed& failed) {
    std::cerr << flags.text("test_case") << ": " << failed.what() << std::endl;
    return 1;
  }
  return 0;
}
