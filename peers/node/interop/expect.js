'use strict';
// What a case expects.

const { isDeepStrictEqual, inspect } = require('node:util');
const { status } = require('@grpc/grpc-js');

const short = (value) => inspect(value, { breakLength: Infinity }).slice(0, 200);

function expect(what, expected, saw) {
  if (!isDeepStrictEqual(saw, expected)) {
    throw new Error(`${what}: expected ${short(expected)}, saw ${short(saw)}`);
  }
}

function expectStatus(expected, saw) {
  if (saw.code !== expected) {
    throw new Error(
      `status: expected ${status[expected]}, saw ${status[saw.code]}: ${saw.details}`,
    );
  }
}

module.exports = { expect, expectStatus };
