'use strict';
// The cases about load reports, read from the trailer and from the stream of reports.

const { setTimeout: sleep } = require('node:timers/promises');
const { status } = require('@grpc/grpc-js');
const { expectEnd, single, stream } = require('./calls');
const { sizeOf } = require('./cases');
const { expect, expectStatus } = require('./expect');

const LOAD_REPORT = 'endpoint-load-metrics-bin';
const WAIT = 10_000; // ms for a report

const FIRST = {
  cpu_utilization: 0.821,
  memory_utilization: 0.5847,
  utilization: { util: 0.30499 },
};
const SECOND = {
  cpu_utilization: 0.29309,
  memory_utilization: 0.2,
  utilization: { util: 0.2039 },
};

async function orcaPerRpc({ test, loads }) {
  const report = { ...FIRST, request_cost: { cost: 3456.32 } };
  const call = await single(test, 'UnaryCall', { request: { orca_per_query_report: report } });
  expectStatus(status.OK, call.ended);
  const trailers = (await call.status).metadata.get(LOAD_REPORT);
  expect(`number of trailers ${LOAD_REPORT}`, 1, trailers.length);
  expectReport(report, loads.StreamCoreMetrics.responseDeserialize(trailers[0]));
}

async function orcaOob({ test, loads }) {
  const reports = stream(loads, 'StreamCoreMetrics', {
    request: { report_interval: { seconds: 1 } },
  });
  const duplex = stream(test, 'FullDuplexCall');
  for (const report of [FIRST, SECOND]) {
    duplex.call.write({ response_parameters: [{ size: 1 }], orca_oob_report: report });
    expect("answer's size", 1, sizeOf(await duplex.next()));
    await expectLoad(reports, report);
  }
  duplex.call.end();
  await expectEnd(duplex);
  reports.call.cancel();
}

/** Waits for the report; what came before it doesn't matter. */
async function expectLoad(reports, report) {
  let problem = new Error('expected a load report, saw none');
  const late = sleep(WAIT, 'late', { ref: false });
  for (;;) {
    const load = await Promise.race([reports.next(), late]);
    if (load === 'late') throw problem;
    if (load === undefined) throw new Error('expected load reports, saw their end');
    try {
      return expectReport(report, load);
    } catch (error) {
      problem = error;
    }
  }
}

function expectReport(report, load) {
  expect('cpu_utilization', report.cpu_utilization, load.cpu_utilization);
  expect('mem_utilization', report.memory_utilization, load.mem_utilization);
  expect('request_cost', report.request_cost ?? {}, { ...load.request_cost });
  expect('utilization', report.utilization, { ...load.utilization });
}

exports.CASES = { orca_per_rpc: orcaPerRpc, orca_oob: orcaOob };
