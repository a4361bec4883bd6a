'use strict';
// Calls as promises: `status` is a call's status with its trailing metadata, `initial` its initial
// metadata.

const { Metadata, status } = require('@grpc/grpc-js');
const { expect, expectStatus } = require('./expect');

function watch(call) {
  return {
    call,
    initial: new Promise((resolve) => call.once('metadata', resolve)),
    status: new Promise((resolve) => call.once('status', resolve)),
  };
}

/** A call with one answer, which is undefined if the call failed; and its callback's error. */
async function single(client, method, { request, metadata, options, begin } = {}) {
  let watched;
  const [error, answer] = await new Promise((resolve) => {
    const args = [metadata ?? new Metadata(), options ?? {}, (...result) => resolve(result)];
    const call = client[method](...(request ? [request] : []), ...args);
    watched = watch(call);
    begin?.(call);
  });
  return { ...watched, answer, ended: error ?? (await watched.status) };
}

/** The answer of a call that has to end well. */
async function answer(client, method, options) {
  const call = await single(client, method, options);
  expectStatus(status.OK, call.ended);
  return call.answer;
}

/** A call with a stream of answers, which `next` reads. */
function stream(client, method, { request, metadata, options } = {}) {
  const args = [metadata ?? new Metadata(), options ?? {}];
  const call = client[method](...(request ? [request] : []), ...args);
  call.on('error', () => {}); // The status says it as well.
  const answers = call[Symbol.asyncIterator]();
  const next = async () => {
    const { done, value } = await answers.next();
    return done ? undefined : value;
  };
  return { ...watch(call), next };
}

async function expectEnd({ next, status: ended }) {
  expect('after the last answer', undefined, await next());
  expectStatus(status.OK, await ended);
}

module.exports = { single, answer, stream, expectEnd };
