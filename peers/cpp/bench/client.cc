#include "bench/client.h"

using namespace grpc::testing;
using grpc::StatusCode;

namespace {

std::shared_ptr<grpc::ChannelCredentials> credentials(const ClientConfig& config, const Tls& tls) {
  if (!config.has_security_params()) return grpc::InsecureChannelCredentials();
  if (tls.ca.empty()) refuse(StatusCode::FAILED_PRECONDITION, "security_params: needs --ca_file");
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = tls.ca;
  return grpc::SslCredentials(options);
}

grpc::ChannelArguments arguments(const ClientConfig& config, Tuning tuning) {
  grpc::ChannelArguments arguments;
  if (tuning == Tuning::kTuned) arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);  // A connection for each channel.
  const std::string& name = config.security_params().server_host_override();
  if (!name.empty()) arguments.SetSslTargetNameOverride(name);
  for (const ChannelArg& arg : config.channel_args()) {
    if (arg.has_int_value()) {
      arguments.SetInt(arg.name(), arg.int_value());
    } else {
      arguments.SetString(arg.name(), arg.str_value());
    }
  }
  return arguments;
}

void check(const PayloadConfig& payload) {
  if (payload.has_bytebuf_params() || payload.has_complex_params()) {
    refuse(StatusCode::UNIMPLEMENTED, "payload_config: only simple_params are known");
  }
  if (payload.simple_params().req_size() < 0 || payload.simple_params().resp_size() < 0) {
    refuse(StatusCode::INVALID_ARGUMENT, "payload_config: a size may not be negative");
  }
}

void check(const ClientConfig& config) {
  auto invalid = [](const char* why) { refuse(StatusCode::INVALID_ARGUMENT, why); };
  if (config.server_targets().empty()) invalid("server_targets: at least one is needed");
  if (config.client_channels() < 1) invalid("client_channels: at least 1 is needed");
  if (config.outstanding_rpcs_per_channel() < 1) {
    invalid("outstanding_rpcs_per_channel: at least 1 is needed");
  }
  if (config.messages_per_stream() < 0) invalid("messages_per_stream: may not be negative");
  check(config.payload_config());
  Histogram::check(config.histogram_params());
  if (!config.load_params().has_poisson()) return;
  if (config.rpc_type() != UNARY) {
    refuse(StatusCode::UNIMPLEMENTED, "load_params: poisson is for UNARY only");
  }
  if (!(config.load_params().poisson().offered_load() > 0)) {
    invalid("offered_load: more than 0 is needed");
  }
}

SimpleRequest request(const PayloadConfig& payload) {
  SimpleRequest request;
  request.set_response_size(payload.simple_params().resp_size());
  request.mutable_payload()->set_body(std::string(payload.simple_params().req_size(), '\0'));
  return request;
}

}  // namespace

Client::Client(const ClientConfig& config, const Tls& tls, Tuning tuning)
    : type_((check(config), config.rpc_type())),
      open_loop_(config.load_params().has_poisson()),
      results_(config.histogram_params()),
      work_{request(config.payload_config()), config.messages_per_stream(), results_,
            [this](Call& call) { over(call); }},
      caller_(tuning == Tuning::kTuned ? async_caller() : callback_caller()) {
  auto channel_credentials = credentials(config, tls);
  auto channel_arguments = arguments(config, tuning);
  for (int i = 0; i < config.client_channels(); i++) {
    const std::string& target = config.server_targets(i % config.server_targets_size());
    auto channel = grpc::CreateCustomChannel(target, channel_credentials, channel_arguments);
    stubs_.push_back(BenchmarkService::NewStub(channel));
  }
  if (open_loop_) {
    pacer_ = std::make_unique<Pacer>(config.load_params().poisson().offered_load(),
                                     [this](Clock::time_point due) { begin_due(due); });
    return;
  }
  while (calls_.size() < stubs_.size() * config.outstanding_rpcs_per_channel()) {
    calls_.push_back(caller_->call(type_, work_));
  }
  active_ = calls_.size();
  for (size_t i = 0; i < calls_.size(); i++) {
    calls_[i]->begin(*stubs_[i % stubs_.size()], Clock::now());
  }
}

Client::~Client() {
  pacer_.reset();
  for (auto& call : calls_) call->stop();
  {
    std::unique_lock lock(mutex_);
    all_over_.wait(lock, [this] { return active_ == 0; });
  }
  caller_.reset();
}

// Calls as many as are needed; those that have ended are restarted.
void Client::begin_due(Clock::time_point due) {
  Call* call = nullptr;
  {
    std::lock_guard lock(mutex_);
    active_++;
    if (idle_.empty()) {
      calls_.push_back(caller_->call(type_, work_));
      call = calls_.back().get();
    } else {
      call = idle_.back();
      idle_.pop_back();
    }
  }
  call->begin(*stubs_[turn_++ % stubs_.size()], due);
}

void Client::over(Call& call) {
  if (!open_loop_ && call.again()) return;
  std::lock_guard lock(mutex_);
  if (open_loop_) idle_.push_back(&call);
  if (--active_ == 0) all_over_.notify_all();
}

void Client::report(bool reset, ClientStats* stats) {
  results_.report(reset, stats);
  usage_.report(reset, stats);
}
