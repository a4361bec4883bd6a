'use strict';
// gRPC's interoperability test server.

const os = require('node:os');
const { setTimeout: sleep } = require('node:timers/promises');
const grpc = require('@grpc/grpc-js');
const flags = require('../flags');
const { load } = require('../proto');

const { testing } = load('grpc/testing/test.proto').grpc;
const { orca } = load('xds/service/orca/v3/orca.proto').xds.service;

const ECHO_INITIAL = 'x-grpc-test-echo-initial';
const ECHO_TRAILING = 'x-grpc-test-echo-trailing-bin';

let loadReport = {};

const zeros = (size) => ({ body: Buffer.alloc(size) });

/** Begins the answer with the one key that goes back in initial metadata. */
function sendInitial(call) {
  const initial = new grpc.Metadata();
  call.metadata.get(ECHO_INITIAL).forEach((value) => initial.add(ECHO_INITIAL, value));
  call.sendMetadata(initial);
}

/** The trailing metadata, with the key that goes back in it. */
function trailing(call) {
  const trailers = new grpc.Metadata();
  call.metadata.get(ECHO_TRAILING).forEach((value) => trailers.add(ECHO_TRAILING, value));
  return trailers;
}

/** The status that a request asks for, as an error; undefined for OK. */
function askedStatus({ response_status: status }, metadata) {
  return status?.code ? { code: status.code, details: status.message, metadata } : undefined;
}

const toLoadReport = ({ memory_utilization, ...report }) => ({
  ...report,
  mem_utilization: memory_utilization,
});

function emptyCall(call, callback) {
  sendInitial(call);
  callback(null, {}, trailing(call));
}

function unaryCall(call, callback) {
  sendInitial(call);
  const { orca_per_query_report: report, ...request } = call.request;
  if (report) recordLoad(call.getMetricsRecorder(), report);
  const response = {
    payload: zeros(request.response_size),
    server_id: request.fill_server_id ? `node-${process.pid}` : '',
    hostname: os.hostname(),
  };
  callback(askedStatus(request, trailing(call)) ?? null, response, trailing(call));
}

function cacheableUnaryCall(call, callback) {
  const initial = new grpc.Metadata();
  initial.set('cache-control', 'max-age=60, public');
  call.sendMetadata(initial);
  callback(null, { payload: { body: Buffer.from(String(process.hrtime.bigint())) } });
}

function recordLoad(recorder, report) {
  recorder.recordCPUUtilizationMetric(report.cpu_utilization);
  recorder.recordMemoryUtilizationMetric(report.memory_utilization);
  for (const [name, value] of Object.entries(report.request_cost)) {
    recorder.recordRequestCostMetric(name, value);
  }
  for (const [name, value] of Object.entries(report.utilization)) {
    recorder.recordUtilizationMetric(name, value);
  }
}

async function streamingOutputCall(call) {
  sendInitial(call);
  await sendAnswers(call, call.request);
  end(call, askedStatus(call.request, trailing(call)));
}

function streamingInputCall(call, callback) {
  sendInitial(call);
  let size = 0;
  call.on('data', ({ payload }) => {
    size += payload?.body.length ?? 0;
  });
  call.on('end', () => callback(null, { aggregated_payload_size: size }, trailing(call)));
}

function fullDuplexCall(call) {
  sendInitial(call);
  let ended = false;
  call.on('data', async (request) => {
    const error = askedStatus(request, trailing(call));
    if (error && !ended) {
      ended = true;
      end(call, error);
    }
    if (ended) return;
    call.pause(); // So that the answers keep the order of the requests
    await sendAnswers(call, request);
    call.resume();
  });
  call.on('end', () => ended || end(call));
}

function halfDuplexCall(call) {
  sendInitial(call);
  const requests = [];
  call.on('data', (request) => requests.push(request));
  call.on('end', async () => {
    for (const request of requests) await sendAnswers(call, request);
    end(call);
  });
}

async function sendAnswers(call, { response_parameters: answers, orca_oob_report: report }) {
  if (report) loadReport = toLoadReport(report);
  for (const { size, interval_us: interval } of answers) {
    if (interval) await sleep(interval / 1000);
    if (call.cancelled) return;
    call.write({ payload: zeros(size) });
  }
}

function end(call, error) {
  if (error) call.emit('error', error);
  else call.end(trailing(call));
}

function streamCoreMetrics(call) {
  const { seconds, nanos } = call.request.report_interval ?? { seconds: 1, nanos: 0 };
  const interval = Math.max(Number(seconds) * 1000 + nanos / 1e6, 100);
  call.write(loadReport);
  const timer = setInterval(() => call.write(loadReport), interval);
  call.on('cancelled', () => {
    clearInterval(timer);
    call.end();
  });
}

function parseFlags() {
  const options = {
    port: { type: 'string' },
    use_tls: { type: 'string', default: 'false' },
    tls_cert_file: { type: 'string' },
    tls_key_file: { type: 'string' },
  };
  return flags.parse(options, (values) => {
    if (values.port === undefined) throw new Error('--port is missing');
    flags.natural('port', values.port);
    if (!flags.boolean('use_tls', values.use_tls)) {
      return { ...values, credentials: grpc.ServerCredentials.createInsecure() };
    }
    const pair = {
      private_key: flags.file('tls_key_file', values.tls_key_file),
      cert_chain: flags.file('tls_cert_file', values.tls_cert_file),
    };
    return { ...values, credentials: grpc.ServerCredentials.createSsl(null, [pair]) };
  });
}

function main() {
  const { port, credentials } = parseFlags();
  const server = new grpc.Server({ 'grpc.server_call_metric_recording': 1 });
  server.addService(testing.TestService.service, {
    EmptyCall: emptyCall,
    UnaryCall: unaryCall,
    CacheableUnaryCall: cacheableUnaryCall,
    StreamingOutputCall: streamingOutputCall,
    StreamingInputCall: streamingInputCall,
    FullDuplexCall: fullDuplexCall,
    HalfDuplexCall: halfDuplexCall,
  });
  server.addService(orca.v3.OpenRcaService.service, { StreamCoreMetrics: streamCoreMetrics });
  server.bindAsync(`127.0.0.1:${port}`, credentials, (error, bound) => {
    if (error) {
      console.error(error.message);
      process.exit(1);
    }
    console.log(`listening on 127.0.0.1:${bound}`);
  });
  process.once('SIGTERM', () => {
    server.tryShutdown(() => process.exit(0));
    setTimeout(() => process.exit(0), 5_000).unref(); // For the calls under way
  });
}

main();
