'use strict';
// The soaks: one large unary call after another, each within a time.

const { setTimeout: sleep } = require('node:timers/promises');
const { answer } = require('./calls');
const { sizeOf, zeros } = require('./cases');
const { expect } = require('./expect');

const rpcSoak = (client) => soak(client, largeUnary);

const channelSoak = (client) =>
  soak(client, async () => {
    // Without a pool of its own, it would share the connection.
    const fresh = client.another({ 'grpc.use_local_subchannel_pool': 1 });
    await largeUnary(fresh).finally(() => fresh.close());
  });

async function soak(client, call) {
  const { args } = client;
  let left = args.soak_iterations;
  let failures = 0;
  const worker = async () => {
    while (left > 0) {
      left -= 1;
      const pause = sleep(args.soak_min_time_ms_between_rpcs);
      await iterate(client, call).catch((error) => {
        console.error(`${args.test_case}: ${error.message}`);
        failures += 1;
      });
      await pause;
    }
  };
  const workers = Array.from({ length: Math.max(args.soak_num_threads, 1) }, worker);
  const limit = args.soak_overall_timeout_seconds;
  const late = sleep(limit * 1000, 'late', { ref: false });
  if ((await Promise.race([Promise.all(workers), late])) === 'late') {
    throw new Error(`expected the end of the soak within ${limit} s, saw none`);
  }
  if (failures > args.soak_max_failures) {
    throw new Error(`expected at most ${args.soak_max_failures} failures, saw ${failures}`);
  }
}

async function iterate(client, call) {
  const start = performance.now();
  await call(client);
  const took = Math.round(performance.now() - start);
  const limit = client.args.soak_per_iteration_max_acceptable_latency_ms;
  if (took > limit) {
    throw new Error(`expected an answer within ${limit} ms, saw it after ${took} ms`);
  }
}

async function largeUnary({ test, args }) {
  const request = {
    response_size: args.soak_response_size,
    payload: zeros(args.soak_request_size),
  };
  const response = await answer(test, 'UnaryCall', { request });
  expect("answer's size", args.soak_response_size, sizeOf(response));
}

exports.CASES = { rpc_soak: rpcSoak, channel_soak: channelSoak };
