// The random times of an open loop.
#pragma once

#include <sys/prctl.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <random>
#include <thread>

// Begins what is due at the times of a Poisson process, in a thread of its own.
class Pacer {
 public:
  using Clock = std::chrono::steady_clock;

  // `begin` gets the intended time; the process has `rate` of them a second.
  Pacer(double rate, std::function<void(Clock::time_point)> begin)
      : gap_(rate), begin_(std::move(begin)), thread_([this] { run(); }) {}

  ~Pacer() {
    {
      std::lock_guard lock(mutex_);
      stopped_ = true;
    }
    wake_.notify_one();
    thread_.join();
  }

 private:
  void run() {
    prctl(PR_SET_TIMERSLACK, 1);  // Nanoseconds; 50 microseconds otherwise.
    std::mt19937_64 random{std::random_device{}()};
    Clock::time_point due = Clock::now();
    while (true) {
      due += std::chrono::duration_cast<Clock::duration>(
          std::chrono::duration<double>(gap_(random)));
      if (!sleep_until(due)) return;
      begin_(due);
    }
  }

  // Not at all, if that is past. False if it is stopped meanwhile.
  bool sleep_until(Clock::time_point due) {
    std::unique_lock lock(mutex_);
    while (!stopped_ && Clock::now() < due) wake_.wait_until(lock, due);
    return !stopped_;
  }

  std::exponential_distribution<double> gap_;
  const std::function<void(Clock::time_point)> begin_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopped_ = false;
  std::thread thread_;
};
