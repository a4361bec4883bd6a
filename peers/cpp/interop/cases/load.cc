// Many calls: one after the other, or all at once.

#include <condition_variable>
#include <deque>
#include <iostream>
#include <mutex>
#include <thread>
#include <vector>

#include "interop/cases.h"

using namespace grpc::testing;
using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

namespace {

struct Soak {
  const Target& target;
  bool channel_for_each_call;
  int iterations, max_failures, request_size, response_size, threads;
  milliseconds max_latency, min_time;
  steady_clock::time_point end;

  std::mutex mutex{};
  int done = 0;
  int failures = 0;

  Soak(const Target& target, bool channel_for_each_call)
      : target(target),
        channel_for_each_call(channel_for_each_call),
        iterations(target.flags.number("soak_iterations")),
        max_failures(target.flags.number("soak_max_failures")),
        request_size(target.flags.number("soak_request_size")),
        response_size(target.flags.number("soak_response_size")),
        threads(target.flags.number("soak_num_threads")),
        max_latency(target.flags.number("soak_per_iteration_max_acceptable_latency_ms")),
        min_time(target.flags.number("soak_min_time_ms_between_rpcs")),
        end(steady_clock::now() + seconds(target.flags.number("soak_overall_timeout_seconds"))) {
    if (threads == 0 || iterations % threads != 0) {
      wrong_flag("soak_num_threads", "the iterations can't be shared out");
    }
  }

  // Makes one call; what is wrong with it, or nothing.
  std::string iterate(const std::shared_ptr<grpc::Channel>& shared) {
    auto start = steady_clock::now();
    Stub stub(channel_for_each_call ? target.connect() : shared);
    Context context;
    SimpleResponse response;
    auto status = stub.UnaryCall(&context, large_request(request_size, response_size), &response);
    auto latency = duration_cast<milliseconds>(steady_clock::now() - start);
    if (!status.ok()) return status.error_message();
    int size = static_cast<int>(response.payload().body().size());
    if (size != response_size) return "a response of " + std::to_string(size) + " bytes";
    if (latency > max_latency) return "a latency of " + std::to_string(latency.count()) + " ms";
    return "";
  }

  void work(const std::shared_ptr<grpc::Channel>& shared) {
    for (int i = 0; i < iterations / threads && steady_clock::now() < end; i++) {
      auto next = steady_clock::now() + min_time;
      std::string failure = iterate(shared);
      std::this_thread::sleep_until(next);
      std::lock_guard lock(mutex);
      done++;
      if (failure.empty()) continue;
      failures++;
      std::cerr << "soak iteration failed: " << failure << std::endl;
    }
  }

  void run() {
    auto shared = target.connect();
    std::vector<std::thread> workers;
    for (int i = 0; i < threads; i++) workers.emplace_back([&] { work(shared); });
    for (std::thread& worker : workers) worker.join();
    expect("iterations in time", iterations, done);
    if (failures > max_failures) {
      throw Failed("failures: expected at most " + std::to_string(max_failures) + ", saw " +
                   std::to_string(failures));
    }
  }
};

void rpc_soak(const Target& target) { Soak(target, false).run(); }

void channel_soak(const Target& target) { Soak(target, true).run(); }

struct Call {
  Context context;
  SimpleResponse response;
  grpc::Status status;
};

void concurrent_large_unary(const Target& target) {
  constexpr int kCalls = 1000;
  Stub stub(target.connect());
  const SimpleRequest request = large_request();
  std::deque<Call> calls(kCalls);
  std::mutex mutex;
  std::condition_variable ended;
  int under_way = kCalls;
  for (Call& call : calls) {
    stub.async()->UnaryCall(&call.context, &request, &call.response, [&](grpc::Status status) {
      std::lock_guard lock(mutex);
      call.status = std::move(status);
      if (--under_way == 0) ended.notify_one();
    });
  }
  std::unique_lock lock(mutex);
  ended.wait(lock, [&] { return under_way == 0; });  // The calls have deadlines.
  for (const Call& call : calls) {
    expect_status(call.status);
    expect("size of the response", size_t{kLargeResponse}, call.response.payload().body().size());
  }
}

}  // namespace

const std::map<std::string, Case> load_cases = {
    {"rpc_soak", rpc_soak},
    {"channel_soak", channel_soak},
    {"concurrent_large_unary", concurrent_large_unary},
};
