//! The server's load reports, out of band.

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::OwnedMutexGuard;
use tokio_stream::{Stream, StreamExt};
use tonic::{Request, Response, Status};

use tonic_interop_peer::testing::TestOrcaReport;
use tonic_interop_peer::xds::data::orca::v3::OrcaLoadReport;
use tonic_interop_peer::xds::service::orca::v3::OrcaLoadReportRequest;
use tonic_interop_peer::xds::service::orca::v3::open_rca_service_server::OpenRcaService;

const SHORTEST_INTERVAL: Duration = Duration::from_millis(100);

#[derive(Clone, Default)]
pub struct Reports {
    report: Arc<Mutex<OrcaLoadReport>>,
    held: Arc<tokio::sync::Mutex<()>>,
}

impl Reports {
    /// Whoever sets reports holds this as long as they shall stand.
    pub async fn hold(&self) -> OwnedMutexGuard<()> {
        self.held.clone().lock_owned().await
    }

    pub fn set(&self, wanted: TestOrcaReport) {
        *self.report.lock().unwrap() = report(wanted);
    }
}

pub fn report(wanted: TestOrcaReport) -> OrcaLoadReport {
    OrcaLoadReport {
        cpu_utilization: wanted.cpu_utilization,
        mem_utilization: wanted.memory_utilization,
        request_cost: wanted.request_cost,
        utilization: wanted.utilization,
        ..Default::default()
    }
}

#[tonic::async_trait]
impl OpenRcaService for Reports {
    type StreamCoreMetricsStream =
        Pin<Box<dyn Stream<Item = Result<OrcaLoadReport, Status>> + Send>>;

    async fn stream_core_metrics(
        &self,
        request: Request<OrcaLoadReportRequest>,
    ) -> Result<Response<Self::StreamCoreMetricsStream>, Status> {
        let wanted = request.into_inner().report_interval.unwrap_or_default();
        let interval = Duration::try_from(wanted).unwrap_or_default().max(SHORTEST_INTERVAL);
        let report = self.report.clone();
        let reports =
            tokio_stream::iter(std::iter::repeat_with(move || Ok(report.lock().unwrap().clone())));
        Ok(Response::new(Box::pin(reports.throttle(interval))))
    }
}
