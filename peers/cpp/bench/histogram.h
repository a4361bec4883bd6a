// How many values fell into which bucket, and what calls came to.
#pragma once

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <map>
#include <mutex>
#include <vector>

#include "bench/setup.h"
#include "grpc/testing/stats.pb.h"

class Histogram {
 public:
  explicit Histogram(const grpc::testing::HistogramParams& params)
      : width_(std::log1p(params.resolution())), buckets_(bucket_of(params.max_possible()) + 1) {}

  // Refuses what can't be kept.
  static void check(const grpc::testing::HistogramParams& params) {
    bool sound = params.resolution() > 0 && params.max_possible() >= 1 &&
                 std::log(params.max_possible()) / std::log1p(params.resolution()) < kMostBuckets;
    if (!sound) {
      refuse(grpc::StatusCode::INVALID_ARGUMENT,
             "histogram_params: resolution above 0 and max_possible from 1 on are needed, and no "
             "more than a million buckets");
    }
  }

  void add(double value) {
    buckets_[std::min(bucket_of(value), buckets_.size() - 1)]++;
    min_ = std::min(min_, value);
    max_ = std::max(max_, value);
    sum_ += value;
    sum_of_squares_ += value * value;
    count_++;
  }

  void report(grpc::testing::HistogramData* data) const {
    data->mutable_bucket()->Add(buckets_.begin(), buckets_.end());
    data->set_min_seen(count_ == 0 ? 0 : min_);
    data->set_max_seen(max_);
    data->set_sum(sum_);
    data->set_sum_of_squares(sum_of_squares_);
    data->set_count(count_);
  }

  void clear() {
    std::fill(buckets_.begin(), buckets_.end(), 0);
    min_ = std::numeric_limits<double>::max();
    max_ = sum_ = sum_of_squares_ = count_ = 0;
  }

 private:
  static constexpr double kMostBuckets = 1e6;

  size_t bucket_of(double value) const {
    return value < 1 ? 0 : static_cast<size_t>(std::log(value) / width_);
  }

  const double width_;
  std::vector<uint32_t> buckets_;
  double min_ = std::numeric_limits<double>::max();
  double max_ = 0, sum_ = 0, sum_of_squares_ = 0, count_ = 0;
};

// What the calls of a client came to; any thread may add to it.
class Results {
 public:
  explicit Results(const grpc::testing::HistogramParams& params) : latencies_(params) {}

  void succeeded(std::chrono::nanoseconds latency) {
    std::lock_guard lock(mutex_);
    latencies_.add(static_cast<double>(latency.count()));
    succeeded_++;
  }

  void failed(grpc::StatusCode status) {
    std::lock_guard lock(mutex_);
    failed_[status]++;
  }

  void report(bool reset, grpc::testing::ClientStats* stats) {
    std::lock_guard lock(mutex_);
    latencies_.report(stats->mutable_latencies());
    std::map<int, int64_t> counts = failed_;
    if (succeeded_ != 0) counts[grpc::StatusCode::OK] = succeeded_;
    for (auto [status, count] : counts) {
      auto* row = stats->add_request_results();
      row->set_status_code(status);
      row->set_count(count);
    }
    if (!reset) return;
    latencies_.clear();
    failed_.clear();
    succeeded_ = 0;
  }

 private:
  std::mutex mutex_;
  Histogram latencies_;
  int64_t succeeded_ = 0;
  std::map<int, int64_t> failed_;
};
