// The server's load reports.
#pragma once

#include <grpcpp/grpcpp.h>

#include <mutex>

#include "grpc/testing/messages.pb.h"
#include "xds/service/orca/v3/orca.grpc.pb.h"

using Report = xds::data::orca::v3::OrcaLoadReport;

// The key of a call's own report, in its trailers.
inline constexpr char kReportKey[] = "endpoint-load-metrics-bin";

Report report_of(const grpc::testing::TestOrcaReport& wanted);

// Reports out of band what it last received.
class LoadReports final : public xds::service::orca::v3::OpenRcaService::Service {
 public:
  void set(Report report);

  // Whoever sets reports holds it as long as they shall stand.
  std::unique_lock<std::mutex> hold() { return std::unique_lock(held_); }

  grpc::Status StreamCoreMetrics(grpc::ServerContext* context,
                                 const xds::service::orca::v3::OrcaLoadReportRequest* request,
                                 grpc::ServerWriter<Report>* writer) override;

 private:
  std::mutex held_;
  std::mutex mutex_;
  Report report_;
};
