#include "interop/orca.h"

#include <algorithm>
#include <chrono>
#include <thread>

using std::chrono::milliseconds;

Report report_of(const grpc::testing::TestOrcaReport& wanted) {
  Report report;
  report.set_cpu_utilization(wanted.cpu_utilization());
  report.set_mem_utilization(wanted.memory_utilization());
  *report.mutable_request_cost() = wanted.request_cost();
  *report.mutable_utilization() = wanted.utilization();
  return report;
}

void LoadReports::set(Report report) {
  std::lock_guard lock(mutex_);
  report_ = std::move(report);
}

grpc::Status LoadReports::StreamCoreMetrics(
    grpc::ServerContext* context, const xds::service::orca::v3::OrcaLoadReportRequest* request,
    grpc::ServerWriter<Report>* writer) {
  const auto& wanted = request->report_interval();
  milliseconds interval(wanted.seconds() * 1000 + wanted.nanos() / 1'000'000);
  interval = std::max(interval, milliseconds(100));
  while (!context->IsCancelled()) {
    Report report;
    {
      std::lock_guard lock(mutex_);
      report = report_;
    }
    if (!writer->Write(report)) break;
    auto next = std::chrono::steady_clock::now() + interval;
    while (!context->IsCancelled() && std::chrono::steady_clock::now() < next) {
      std::this_thread::sleep_for(milliseconds(50));
    }
  }
  return grpc::Status::CANCELLED;
}
