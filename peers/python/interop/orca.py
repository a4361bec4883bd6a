"""The case about load reports out of band; grpcio has nothing for it, so this reads the stream.

orca_per_rpc can't be had: the core keeps the trailer endpoint-load-metrics-bin to itself.
"""

import asyncio

import grpc
from grpc.testing.messages_pb2 import (
    ResponseParameters,
    StreamingOutputCallRequest,
    TestOrcaReport,
)
from xds.data.orca.v3.orca_load_report_pb2 import OrcaLoadReport
from xds.service.orca.v3.orca_pb2 import OrcaLoadReportRequest
from xds.service.orca.v3.orca_pb2_grpc import OpenRcaServiceStub

from cases import expect_end, read_size
from expect import Failed, expect

WAIT = 10  # seconds for a report


async def orca_oob(client) -> None:
    request = OrcaLoadReportRequest()
    request.report_interval.FromSeconds(1)
    loads = OpenRcaServiceStub(client.channel).StreamCoreMetrics(request)

    call = client.test.FullDuplexCall()
    for report in (
        TestOrcaReport(
            cpu_utilization=0.8210, memory_utilization=0.5847, utilization={"util": 0.30499}
        ),
        TestOrcaReport(
            cpu_utilization=0.29309, memory_utilization=0.2, utilization={"util": 0.2039}
        ),
    ):
        answer = ResponseParameters(size=1)
        await call.write(
            StreamingOutputCallRequest(response_parameters=[answer], orca_oob_report=report)
        )
        expect("answer's size", 1, await read_size(call))
        await expect_load(loads, report)
    await call.done_writing()
    await expect_end(call)
    loads.cancel()


async def expect_load(loads: grpc.aio.UnaryStreamCall, report: TestOrcaReport) -> None:
    """Waits for the report; what came before it doesn't matter."""
    problem = Failed("expected a load report, saw none")
    deadline = asyncio.get_running_loop().time() + WAIT
    while (left := deadline - asyncio.get_running_loop().time()) > 0:
        try:
            load = await asyncio.wait_for(loads.read(), left)
        except asyncio.TimeoutError:
            break
        if load is grpc.aio.EOF:
            raise Failed(f"expected load reports, saw their end: {await loads.code()}")
        try:
            return expect_report(report, load)
        except Failed as failed:
            problem = failed
    raise problem


def expect_report(report: TestOrcaReport, load: OrcaLoadReport) -> None:
    expect("cpu_utilization", report.cpu_utilization, load.cpu_utilization)
    expect("mem_utilization", report.memory_utilization, load.mem_utilization)
    expect("request_cost", dict(report.request_cost), dict(load.request_cost))
    expect("utilization", dict(report.utilization), dict(load.utilization))


CASES = {orca_oob.__name__: orca_oob}
