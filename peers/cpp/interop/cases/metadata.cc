// Metadata, and the reports of a server's load.

#include <thread>

#include "interop/cases.h"
#include "xds/service/orca/v3/orca.grpc.pb.h"

using namespace grpc::testing;
using std::chrono::system_clock;
using xds::data::orca::v3::OrcaLoadReport;

namespace {

constexpr char kInitial[] = "x-grpc-test-echo-initial";
constexpr char kInitialValue[] = "test_initial_metadata_value";
constexpr char kTrailing[] = "x-grpc-test-echo-trailing-bin";
constexpr char kTrailingValue[] = "\xab\xab\xab";

void add_metadata(Context& context) {
  context.AddMetadata(kInitial, kInitialValue);
  context.AddMetadata(kTrailing, kTrailingValue);
}

void expect_value(const std::multimap<grpc::string_ref, grpc::string_ref>& metadata,
                  const char* key, const char* value) {
  expect(std::string("values of ") + key, 1u, metadata.count(key));
  grpc::string_ref seen = metadata.find(key)->second;
  expect(key, std::string(value), std::string(seen.data(), seen.size()));
}

void expect_metadata(const Context& context) {
  expect_value(context.GetServerInitialMetadata(), kInitial, kInitialValue);
  expect_value(context.GetServerTrailingMetadata(), kTrailing, kTrailingValue);
}

void custom_metadata(const Target& target) {
  Stub stub(target.connect());
  Context unary;
  add_metadata(unary);
  SimpleResponse response;
  expect_status(stub.UnaryCall(&unary, large_request(), &response));
  expect_metadata(unary);

  Context duplex;
  add_metadata(duplex);
  StreamingOutputCallResponse streamed;
  auto stream = stub.FullDuplexCall(&duplex);
  stream->Write(output_request(kLargeRequest, kLargeResponse));
  expect("a response came", true, stream->Read(&streamed));
  stream->WritesDone();
  expect("a further response came", false, stream->Read(&streamed));
  expect_status(stream->Finish());
  expect_metadata(duplex);
}

TestOrcaReport load(double cpu, double memory, double util) {
  TestOrcaReport load;
  load.set_cpu_utilization(cpu);
  load.set_memory_utilization(memory);
  (*load.mutable_utilization())["util"] = util;
  return load;
}

std::string text(double cpu, double memory, double util) {
  std::ostringstream text;
  text << "cpu " << cpu << ", memory " << memory << ", util " << util;
  return text.str();
}

std::string text(OrcaLoadReport report) {
  return text(report.cpu_utilization(), report.mem_utilization(),
              (*report.mutable_utilization())["util"]);
}

// Asks the OpenRcaService itself, until it reports what is expected.
void poll_reports(const Target& target, const std::string& expected) {
  xds::service::orca::v3::OpenRcaService::Stub stub(target.connect());
  grpc::ClientContext context;
  context.set_deadline(system_clock::now() + std::chrono::seconds(10));
  xds::service::orca::v3::OrcaLoadReportRequest request;
  request.mutable_report_interval()->set_seconds(1);
  auto reader = stub.StreamCoreMetrics(&context, request);
  OrcaLoadReport report;
  std::string seen = "no report";
  while (reader->Read(&report)) {
    seen = text(report);
    if (seen == expected) {
      context.TryCancel();
      reader->Finish();
      return;
    }
  }
  std::string why = reader->Finish().error_message();
  throw Failed("load: expected " + expected + ", saw " + seen + ", then: " + why);
}

void orca_oob(const Target& target) {
  Stub stub(target.connect());
  Context context;
  auto stream = stub.FullDuplexCall(&context);
  double loads[][3] = {{.8210, .5847, .30499}, {.29309, .2, .2039}};
  for (auto [cpu, memory, util] : loads) {
    StreamingOutputCallRequest request;
    StreamingOutputCallResponse response;
    *request.mutable_orca_oob_report() = load(cpu, memory, util);
    request.add_response_parameters()->set_size(1);
    stream->Write(request);
    expect("a response came", true, stream->Read(&response));
    poll_reports(target, text(cpu, memory, util));
  }
  stream->WritesDone();
  expect_status(stream->Finish());
}

}  // namespace

const std::map<std::string, Case> metadata_cases = {
    {"custom_metadata", custom_metadata},
    {"orca_oob", orca_oob},
};
