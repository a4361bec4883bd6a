// What the process has used of the machine.
#pragma once

#include <sched.h>
#include <sys/resource.h>

#include <chrono>
#include <cstdint>
#include <fstream>
#include <string>
#include <type_traits>

#include "grpc/testing/stats.pb.h"

// The cores that this process may use.
inline int cores() {
  cpu_set_t set;
  return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
}

// Times since the beginning, or since the last reset.
class Usage {
 public:
  template <class Stats>
  void report(bool reset, Stats* stats) {
    Sample now;
    stats->set_time_elapsed(std::chrono::duration<double>(now.wall - since_.wall).count());
    stats->set_time_user(now.user - since_.user);
    stats->set_time_system(now.system - since_.system);
    if constexpr (std::is_same_v<Stats, grpc::testing::ServerStats>) {
      stats->set_total_cpu_time(now.total - since_.total);
      stats->set_idle_cpu_time(now.idle - since_.idle);
    }
    if (reset) since_ = now;
  }

 private:
  struct Sample {
    Sample() {
      rusage usage{};
      getrusage(RUSAGE_SELF, &usage);
      user = seconds(usage.ru_utime);
      system = seconds(usage.ru_stime);
      // cpu user nice system idle iowait irq softirq steal
      std::ifstream stat("/proc/stat");
      std::string cpu;
      stat >> cpu;
      uint64_t ticks = 0;
      for (int column = 0; column < 8 && stat >> ticks; column++) {
        total += ticks;
        if (column == 3) idle = ticks;
      }
    }

    static double seconds(const timeval& time) {
      return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    }

    std::chrono::steady_clock::time_point wall = std::chrono::steady_clock::now();
    double user = 0, system = 0;
    uint64_t total = 0, idle = 0;
  };

  Sample since_;
};
