// The server of gRPC's interop tests.

#include <unistd.h>

#include <fstream>
#include <sstream>
#include <thread>

#include "common/compressed.h"
#include "common/flags.h"
#include "common/serve.h"
#include "grpc/testing/test.grpc.pb.h"
#include "interop/orca.h"

using namespace grpc::testing;
using grpc::ServerContext;
using grpc::Status;
using grpc::StatusCode;

namespace {

using Request = StreamingOutputCallRequest;
using Response = StreamingOutputCallResponse;

Status status_of(const EchoStatus& wanted) {
  return Status(static_cast<StatusCode>(wanted.code()), wanted.message());
}

void echo_metadata(ServerContext* context) {
  const auto& metadata = context->client_metadata();
  auto text = [](grpc::string_ref value) { return std::string(value.data(), value.size()); };
  if (auto initial = metadata.find("x-grpc-test-echo-initial"); initial != metadata.end()) {
    context->AddInitialMetadata("x-grpc-test-echo-initial", text(initial->second));
  }
  if (auto trailing = metadata.find("x-grpc-test-echo-trailing-bin"); trailing != metadata.end()) {
    context->AddTrailingMetadata("x-grpc-test-echo-trailing-bin", text(trailing->second));
  }
}

template <class Message>
Status check_compressed(ServerContext* context, const Message& request) {
  if (!request.has_expect_compressed()) return Status::OK;
  bool expected = request.expect_compressed().value();
  if (was_compressed(context->c_call()) == expected) return Status::OK;
  return Status(StatusCode::INVALID_ARGUMENT,
                expected ? "the request is not compressed" : "the request is compressed");
}

// Answers as the request asks; false if the call has ended meanwhile.
template <class Stream>
bool answer(Stream* stream, const Request& request) {
  for (const ResponseParameters& wanted : request.response_parameters()) {
    std::this_thread::sleep_for(std::chrono::microseconds(wanted.interval_us()));
    Response response;
    response.mutable_payload()->set_body(std::string(wanted.size(), '\0'));
    grpc::WriteOptions options;
    if (!wanted.compressed().value()) options.set_no_compression();
    if (!stream->Write(response, options)) return false;
  }
  return true;
}

class Test final : public TestService::Service {
 public:
  explicit Test(LoadReports& reports) : reports_(reports) {}

  Status EmptyCall(ServerContext* context, const Empty*, Empty*) override {
    echo_metadata(context);
    return Status::OK;
  }

  Status UnaryCall(ServerContext* context, const SimpleRequest* request,
                   SimpleResponse* response) override {
    echo_metadata(context);
    Status checked = check_compressed(context, *request);
    if (!checked.ok()) return checked;
    if (request->response_compressed().value()) {
      context->set_compression_level(GRPC_COMPRESS_LEVEL_HIGH);
    }
    if (request->has_orca_per_query_report()) {
      Report report = report_of(request->orca_per_query_report());
      context->AddTrailingMetadata(kReportKey, report.SerializeAsString());
    }
    if (request->response_status().code() != 0) return status_of(request->response_status());
    response->mutable_payload()->set_body(std::string(request->response_size(), '\0'));
    if (request->fill_server_id()) response->set_server_id("cpp-" + std::to_string(getpid()));
    return Status::OK;
  }

  Status CacheableUnaryCall(ServerContext* context, const SimpleRequest* request,
                            SimpleResponse* response) override {
    context->AddInitialMetadata("cache-control", "max-age=60, public");
    return UnaryCall(context, request, response);
  }

  Status StreamingOutputCall(ServerContext* context, const Request* request,
                             grpc::ServerWriter<Response>* writer) override {
    echo_metadata(context);
    context->set_compression_level(GRPC_COMPRESS_LEVEL_HIGH);  // `answer` chooses the messages.
    if (!answer(writer, *request)) return Status::CANCELLED;
    return status_of(request->response_status());
  }

  Status StreamingInputCall(ServerContext* context,
                            grpc::ServerReader<StreamingInputCallRequest>* reader,
                            StreamingInputCallResponse* response) override {
    echo_metadata(context);
    StreamingInputCallRequest request;
    int sum = 0;
    while (reader->Read(&request)) {
      Status checked = check_compressed(context, request);
      if (!checked.ok()) return checked;
      sum += static_cast<int>(request.payload().body().size());
    }
    response->set_aggregated_payload_size(sum);
    return Status::OK;
  }

  Status FullDuplexCall(ServerContext* context,
                        grpc::ServerReaderWriter<Response, Request>* stream) override {
    echo_metadata(context);
    context->set_compression_level(GRPC_COMPRESS_LEVEL_HIGH);
    std::unique_lock<std::mutex> reporting;
    Request request;
    while (stream->Read(&request)) {
      if (request.response_status().code() != 0) return status_of(request.response_status());
      if (request.has_orca_oob_report()) {
        if (!reporting) reporting = reports_.hold();
        reports_.set(report_of(request.orca_oob_report()));
      }
      if (!answer(stream, request)) return Status::CANCELLED;
    }
    return Status::OK;
  }

  Status HalfDuplexCall(ServerContext* context,
                        grpc::ServerReaderWriter<Response, Request>* stream) override {
    echo_metadata(context);
    context->set_compression_level(GRPC_COMPRESS_LEVEL_HIGH);
    std::vector<Request> requests;
    Request request;
    while (stream->Read(&request)) requests.push_back(request);
    for (const Request& request : requests) {
      if (!answer(stream, request)) return Status::CANCELLED;
    }
    return Status::OK;
  }

 private:
  LoadReports& reports_;
};

std::string read_file(const Flags& flags, const std::string& name) {
  std::ifstream file(flags.text(name));
  if (!file) wrong_flag(name, "could not read " + flags.text(name));
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

std::shared_ptr<grpc::ServerCredentials> credentials(const Flags& flags) {
  if (!flags.truth("use_tls")) return grpc::InsecureServerCredentials();
  grpc::SslServerCredentialsOptions options;
  options.pem_key_cert_pairs = {
      {read_file(flags, "tls_key_file"), read_file(flags, "tls_cert_file")}};
  return grpc::SslServerCredentials(options);
}

}  // namespace

int main(int argc, char** argv) {
  Flags flags(argc, argv,
              {{"port", "0"}, {"use_tls", "false"}, {"tls_cert_file", ""}, {"tls_key_file", ""}});
  LoadReports reports;
  Test test(reports);
  grpc::ServerBuilder builder;
  builder.RegisterService(&test);
  builder.RegisterService(&reports);
  return serve(builder, "[::]:" + std::to_string(flags.number("port")), credentials(flags));
}
