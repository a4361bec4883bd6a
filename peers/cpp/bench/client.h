// The measured client.
#pragma once

#include <condition_variable>
#include <vector>

#include "bench/call.h"
#include "bench/pacer.h"
#include "bench/usage.h"

class Client {
 public:
  // Works from now on. Throws Refused.
  Client(const grpc::testing::ClientConfig& config, const Tls& tls, Tuning tuning);
  ~Client();

  void report(bool reset, grpc::testing::ClientStats* stats);

 private:
  void begin_due(Clock::time_point due);
  void over(Call& call);

  const grpc::testing::RpcType type_;
  const bool open_loop_;
  Results results_;
  const Work work_;
  // One for each channel.
  std::vector<std::unique_ptr<BenchmarkService::Stub>> stubs_;

  std::mutex mutex_;
  std::condition_variable all_over_;
  size_t active_ = 0;
  std::vector<std::unique_ptr<Call>> calls_;
  // Of an open loop: the calls that have ended, and the channels' turn.
  std::vector<Call*> idle_;
  size_t turn_ = 0;

  std::unique_ptr<Caller> caller_;
  std::unique_ptr<Pacer> pacer_;
  Usage usage_;
};
