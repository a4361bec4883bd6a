use std::collections::HashMap;
use std::pin::pin;
use std::time::Duration;

use futures::future::{Either, select};
use futures_timer::Delay;
use protobuf::MessageField;
use protobuf::well_known_types::duration::Duration as Interval;
use quartet::rpc::Streaming;

use super::streaming::{ended, next_size, output};
use crate::interop::client::Context;
use crate::interop::failure::{Checked, Failure};
use crate::proto::grpc::testing::TestOrcaReport;
use crate::proto::xds::data::orca::v3::OrcaLoadReport;
use crate::proto::xds::service::orca::v3::{OpenRcaServiceClient, OrcaLoadReportRequest};

fn report(cpu: f64, memory: f64, utilization: f64) -> TestOrcaReport {
    TestOrcaReport {
        cpu_utilization: cpu,
        memory_utilization: memory,
        utilization: HashMap::from([("util".to_owned(), utilization)]),
        ..TestOrcaReport::default()
    }
}

/// The load of the server is in a separate stream, and follows the reports it gets.
pub async fn orca_oob(context: &Context<'_>) -> Checked {
    let (mut sender, mut answers) = context.test_service().full_duplex_call(())?;
    for report in [report(0.8210, 0.5847, 0.30499), report(0.29309, 0.2, 0.2039)] {
        let wanted = OrcaLoadReport::from(&report);
        let mut request = output(1, 0);
        request.orca_oob_report = MessageField::some(report);
        sender.send(request).await.map_err(ended)?;
        next_size(&mut answers).await?;
        wait_for(&wanted, reports(context)?).await?;
    }
    sender.close().await;
    Ok(())
}

fn reports(context: &Context<'_>) -> Result<Streaming<OrcaLoadReport>, Failure> {
    let every_second = Interval { seconds: 1, ..Interval::default() };
    let report_interval = MessageField::some(every_second);
    let request = OrcaLoadReportRequest { report_interval, ..OrcaLoadReportRequest::default() };
    Ok(OpenRcaServiceClient::new(&context.channel).stream_core_metrics(request)?)
}

/// Waits, for a while, for a report to be this one.
async fn wait_for(wanted: &OrcaLoadReport, mut reports: Streaming<OrcaLoadReport>) -> Checked {
    const PATIENCE: Duration = Duration::from_secs(10);
    let mut last = None;
    let seen = pin!(async {
        while last.as_ref() != Some(wanted) {
            last = Some(reports.message().await?.ok_or_else(|| "the reports ended".to_owned())?);
        }
        Ok(())
    });
    match select(seen, Delay::new(PATIENCE)).await {
        Either::Left((result, _)) => result,
        Either::Right(_) => Err(format!("expected {wanted:?} within {PATIENCE:?}").into()),
    }
}
