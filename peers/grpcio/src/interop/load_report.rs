//! Load reports, as the tests ask for them and as the world knows them (gRFC A51).

use crate::proto::messages::TestOrcaReport;
use crate::proto::orca_load_report::OrcaLoadReport;

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
