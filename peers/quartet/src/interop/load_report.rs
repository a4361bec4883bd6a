//! Load reports, as the tests ask for them and as the world knows them (gRFC A51).

use protobuf::Message;

use crate::proto::grpc::testing::TestOrcaReport;
use crate::proto::xds::data::orca::v3::OrcaLoadReport;

impl From<&TestOrcaReport> for OrcaLoadReport {
    fn from(report: &TestOrcaReport) -> Self {
        OrcaLoadReport {
            cpu_utilization: report.cpu_utilization,
            mem_utilization: report.memory_utilization,
            request_cost: report.request_cost.clone(),
            utilization: report.utilization.clone(),
            ..OrcaLoadReport::default()
        }
    }
}

/// A report as it travels in the trailers of a call.
pub fn encoded(report: &TestOrcaReport) -> Vec<u8> {
    let report: OrcaLoadReport = report.into();
    report.write_to_bytes().expect("a message of numbers can be encoded")
}
