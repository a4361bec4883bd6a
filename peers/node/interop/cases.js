'use strict';
// The cases of gRPC's interop-test-descriptions.md, but for load reports and soaks.

const { setImmediate: turn } = require('node:timers/promises');
const { Metadata, compressionAlgorithms, status } = require('@grpc/grpc-js');
const { answer, expectEnd, single, stream } = require('./calls');
const { expect, expectStatus } = require('./expect');

const REQUEST_SIZES = [27182, 8, 1828, 45904];
const RESPONSE_SIZES = [31415, 9, 2653, 58979];
const ECHO_INITIAL = 'x-grpc-test-echo-initial';
const ECHO_TRAILING = 'x-grpc-test-echo-trailing-bin';

const zeros = (size) => ({ body: Buffer.alloc(size) });
const sizeOf = (message) => message?.payload?.body.length;

const largeRequest = (fields = {}) => ({
  response_size: 314159,
  payload: zeros(271828),
  ...fields,
});

const duplexRequest = (responseSize, requestSize) => ({
  response_parameters: [{ size: responseSize }],
  payload: zeros(requestSize),
});

async function emptyUnary({ test }) {
  expect('answer', {}, { ...(await answer(test, 'EmptyCall', { request: {} })) });
}

async function largeUnary({ test }, fields = {}) {
  const response = await answer(test, 'UnaryCall', { request: largeRequest(fields) });
  expect("answer's size", 314159, sizeOf(response));
}

async function concurrentLargeUnary(client) {
  await Promise.all(Array.from({ length: 1000 }, () => largeUnary(client)));
}

async function clientStreaming({ test }) {
  const response = await answer(test, 'StreamingInputCall', {
    begin: (call) => {
      for (const size of REQUEST_SIZES) call.write({ payload: zeros(size) });
      call.end();
    },
  });
  expect('aggregated size', 74922, response.aggregated_payload_size);
}

async function serverStreaming({ test }) {
  const request = { response_parameters: RESPONSE_SIZES.map((size) => ({ size })) };
  const call = stream(test, 'StreamingOutputCall', { request });
  for (const size of RESPONSE_SIZES) expect("answer's size", size, sizeOf(await call.next()));
  await expectEnd(call);
}

async function pingPong({ test }) {
  const duplex = stream(test, 'FullDuplexCall');
  for (const [n, size] of RESPONSE_SIZES.entries()) {
    duplex.call.write(duplexRequest(size, REQUEST_SIZES[n]));
    expect("answer's size", size, sizeOf(await duplex.next()));
  }
  duplex.call.end();
  await expectEnd(duplex);
}

async function emptyStream({ test }) {
  const duplex = stream(test, 'FullDuplexCall');
  duplex.call.end();
  await expectEnd(duplex);
}

async function cancelAfterBegin(client) {
  await client.ready();
  const { ended } = await single(client.test, 'StreamingInputCall', {
    begin: (call) => turn().then(() => call.cancel()),
  });
  expectStatus(status.CANCELLED, ended);
}

async function cancelAfterFirstResponse({ test }) {
  const duplex = stream(test, 'FullDuplexCall');
  duplex.call.write(duplexRequest(31415, 27182));
  expect("answer's size", 31415, sizeOf(await duplex.next()));
  duplex.call.cancel();
  expectStatus(status.CANCELLED, await duplex.status);
}

async function timeoutOnSleepingServer({ test }) {
  const duplex = stream(test, 'FullDuplexCall', { options: { deadline: Date.now() + 1 } });
  duplex.call.write({ payload: zeros(27182) });
  expectStatus(status.DEADLINE_EXCEEDED, await duplex.status);
}

async function customMetadata({ test }) {
  const metadata = new Metadata();
  metadata.set(ECHO_INITIAL, 'test_initial_metadata_value');
  metadata.set(ECHO_TRAILING, Buffer.from('ababab', 'hex'));

  const unary = await single(test, 'UnaryCall', { request: largeRequest(), metadata });
  await expectEcho(metadata, unary);

  const duplex = stream(test, 'FullDuplexCall', { metadata });
  duplex.call.write(duplexRequest(314159, 271828));
  duplex.call.end();
  expect("answer's size", 314159, sizeOf(await duplex.next()));
  await expectEnd(duplex);
  await expectEcho(metadata, duplex);
}

async function expectEcho(sent, call) {
  const ended = await call.status;
  expectStatus(status.OK, ended);
  const initial = (await call.initial).get(ECHO_INITIAL);
  expect(`initial ${ECHO_INITIAL}`, sent.get(ECHO_INITIAL), initial);
  const trailing = ended.metadata.get(ECHO_TRAILING);
  expect(`trailing ${ECHO_TRAILING}`, sent.get(ECHO_TRAILING), trailing);
}

async function statusCodeAndMessage({ test }) {
  const message = 'test status message';
  const request = { response_status: { code: 2, message } };
  const unary = await single(test, 'UnaryCall', { request });
  expectUnknown(message, unary.ended);

  const duplex = stream(test, 'FullDuplexCall');
  duplex.call.write(request);
  duplex.call.end();
  expectUnknown(message, await duplex.status);
}

async function specialStatusMessage({ test }) {
  const message = '\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n';
  const request = { response_status: { code: 2, message } };
  expectUnknown(message, (await single(test, 'UnaryCall', { request })).ended);
}

function expectUnknown(message, ended) {
  expectStatus(status.UNKNOWN, ended);
  expect('status message', message, ended.details);
}

async function unimplementedMethod({ test }) {
  const { ended } = await single(test, 'UnimplementedCall', { request: {} });
  expectStatus(status.UNIMPLEMENTED, ended);
}

async function unimplementedService({ unimplemented }) {
  const { ended } = await single(unimplemented, 'UnimplementedCall', { request: {} });
  expectStatus(status.UNIMPLEMENTED, ended);
}

// It's a channel that compresses, not a call; a message can be left out.
const gzipChannel = (client) =>
  client.another({ 'grpc.default_compression_algorithm': compressionAlgorithms.gzip });
const NO_COMPRESS = 2; // grpc-js doesn't export its WriteFlags.

async function clientCompressedUnary(client) {
  const request = largeRequest({ expect_compressed: { value: true } });
  const probe = await single(client.test, 'UnaryCall', { request });
  expectStatus(status.INVALID_ARGUMENT, probe.ended);

  await largeUnary(gzipChannel(client), { expect_compressed: { value: true } });
  await largeUnary(client, { expect_compressed: { value: false } });
}

async function clientCompressedStreaming(client) {
  const compressed = { expect_compressed: { value: true }, payload: zeros(27182) };
  const plain = { expect_compressed: { value: false }, payload: zeros(45904) };

  const probe = await single(client.test, 'StreamingInputCall', {
    begin: (call) => call.end(compressed),
  });
  expectStatus(status.INVALID_ARGUMENT, probe.ended);

  const response = await answer(gzipChannel(client).test, 'StreamingInputCall', {
    begin: (call) => {
      call.write(compressed);
      call.end(plain, NO_COMPRESS);
    },
  });
  expect('aggregated size', 73086, response.aggregated_payload_size);
}

exports.zeros = zeros;
exports.sizeOf = sizeOf;
exports.largeRequest = largeRequest;
exports.largeUnary = largeUnary;

exports.CASES = {
  empty_unary: emptyUnary,
  large_unary: largeUnary,
  concurrent_large_unary: concurrentLargeUnary,
  client_streaming: clientStreaming,
  server_streaming: serverStreaming,
  ping_pong: pingPong,
  empty_stream: emptyStream,
  cancel_after_begin: cancelAfterBegin,
  cancel_after_first_response: cancelAfterFirstResponse,
  timeout_on_sleeping_server: timeoutOnSleepingServer,
  custom_metadata: customMetadata,
  status_code_and_message: statusCodeAndMessage,
  special_status_message: specialStatusMessage,
  unimplemented_method: unimplementedMethod,
  unimplemented_service: unimplementedService,
  client_compressed_unary: clientCompressedUnary,
  client_compressed_streaming: clientCompressedStreaming,
};
