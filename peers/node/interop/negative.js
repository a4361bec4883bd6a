'use strict';
// The cases of gRPC's negative-http2-interop-test-descriptions.md: a server misbehaves.

const { setTimeout: sleep } = require('node:timers/promises');
const { status } = require('@grpc/grpc-js');
const { single } = require('./calls');
const { largeRequest, largeUnary } = require('./cases');

const CALLS_AT_ONCE = 15;
const PAUSE = 1000; // ms, for GOAWAY to arrive

async function reset({ test }) {
  const { ended } = await single(test, 'UnaryCall', { request: largeRequest() });
  const name = status[ended.code];
  console.log(`${name}: ${ended.details}`);
  if (ended.code === status.OK || ended.code === status.DEADLINE_EXCEEDED) {
    throw new Error(`status: expected one for a reset stream, saw ${name}`);
  }
}

async function goaway(client) {
  await largeUnary(client);
  await sleep(PAUSE);
  await largeUnary(client);
}

async function maxStreams(client) {
  await largeUnary(client);
  await Promise.all(Array.from({ length: CALLS_AT_ONCE }, () => largeUnary(client)));
}

exports.CASES = {
  rst_after_header: reset,
  rst_during_data: reset,
  rst_after_data: reset,
  goaway,
  ping: largeUnary,
  max_streams: maxStreams,
};
