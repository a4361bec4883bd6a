'use strict';
// gRPC's interoperability test client: runs one case.

const { setTimeout: sleep } = require('node:timers/promises');
const { promisify } = require('node:util');
const grpc = require('@grpc/grpc-js');
const flags = require('../flags');
const { load } = require('../proto');

const { testing } = load('grpc/testing/test.proto').grpc;
const { orca } = load('xds/service/orca/v3/orca.proto').xds.service;

const CASES = {
  ...require('./cases').CASES,
  ...require('./negative').CASES,
  ...require('./orca').CASES,
  ...require('./soak').CASES,
};
const LIMIT = 60; // seconds for a case
const UNSUPPORTED = 127;

const NUMBERS = {
  soak_iterations: 10,
  soak_max_failures: 0,
  soak_per_iteration_max_acceptable_latency_ms: 1000,
  soak_overall_timeout_seconds: 10,
  soak_min_time_ms_between_rpcs: 0,
  soak_request_size: 271828,
  soak_response_size: 314159,
  soak_num_threads: 1,
};

/** The services of a server, and what is needed to connect to it once more. */
class Client {
  constructor(args, options = {}) {
    this.args = args;
    const address = `${args.server_host}:${args.server_port}`;
    const credentials = args.use_tls
      ? grpc.credentials.createSsl(args.ca)
      : grpc.credentials.createInsecure();
    const override = args.use_tls && args.server_host_override;
    const all = override
      ? { 'grpc.ssl_target_name_override': override, 'grpc.default_authority': override, ...options }
      : options;
    this.test = new testing.TestService(address, credentials, all);
    const shared = { channelOverride: this.test.getChannel() };
    this.unimplemented = new testing.UnimplementedService(address, credentials, shared);
    this.loads = new orca.v3.OpenRcaService(address, credentials, shared);
  }

  another(options) {
    return new Client(this.args, options);
  }

  ready() {
    return promisify(this.test.waitForReady.bind(this.test))(Date.now() + LIMIT * 1000);
  }

  close() {
    this.test.close();
  }
}

function parseFlags() {
  const text = { type: 'string' };
  const options = {
    server_host: { ...text, default: '127.0.0.1' },
    server_port: text,
    server_host_override: text,
    test_case: { ...text, default: 'large_unary' },
    use_tls: { ...text, default: 'false' },
    use_test_ca: text, // Has no meaning here
    ca_file: text,
    service_config_json: text, // Has no meaning here
  };
  for (const [flag, value] of Object.entries(NUMBERS)) {
    options[flag] = { ...text, default: String(value) };
  }
  return flags.parse(options, (values) => {
    if (values.server_port === undefined) throw new Error('--server_port is missing');
    values.use_tls = flags.boolean('use_tls', values.use_tls);
    for (const flag of ['server_port', ...Object.keys(NUMBERS)]) {
      values[flag] = flags.natural(flag, values[flag]);
    }
    values.ca = values.ca_file ? flags.file('ca_file', values.ca_file) : null;
    return values;
  });
}

async function run(args) {
  const limit = LIMIT + args.soak_overall_timeout_seconds;
  const client = new Client(args);
  const late = sleep(limit * 1000, 'late', { ref: false });
  if ((await Promise.race([CASES[args.test_case](client), late])) === 'late') {
    throw new Error(`expected an end within ${limit} s, saw none`);
  }
}

function main() {
  const args = parseFlags();
  if (!Object.hasOwn(CASES, args.test_case)) {
    console.error(`unsupported test case: ${args.test_case}`);
    process.exit(UNSUPPORTED);
  }
  run(args).then(
    () => process.exit(0),
    (error) => {
      console.error(`${args.test_case}: ${error.message}`);
      process.exit(1);
    },
  );
}

main();
