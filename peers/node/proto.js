'use strict';
// The repository's .proto files.

const path = require('node:path');
const grpc = require('@grpc/grpc-js');
const protoLoader = require('@grpc/proto-loader');

const OPTIONS = {
  keepCase: true,
  longs: String,
  defaults: true,
  includeDirs: [path.join(__dirname, '..', '..', 'proto')],
};

/** The packages of some .proto files, as objects. */
exports.load = (...files) =>
  grpc.loadPackageDefinition(protoLoader.loadSync(files, OPTIONS));
