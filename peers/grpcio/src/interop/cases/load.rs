use std::collections::HashMap;
use std::pin::pin;
use std::time::Duration;

use futures::future::{Either, select};
use futures::{SinkExt, TryStreamExt};
use futures_timer::Delay;
use grpcio::{ClientSStreamReceiver, WriteFlags};
use protobuf::MessageField;
use protobuf::well_known_types::duration::Duration as Interval;

use super::streaming::{next_size, output};
use crate::interop::client::Context;
use crate::interop::failure::Checked;
use crate::proto::messages::TestOrcaReport;
use crate::proto::orca::OrcaLoadReportRequest;
use crate::proto::orca_grpc::OpenRcaServiceClient;
use crate::proto::orca_load_report::OrcaLoadReport;

fn report(cpu: f64, memory: f64, utilization: f64) -> TestOrcaReport {
    TestOrcaReport {
        cpu_utilization: cpu,
        memory_utilization: memory,
        utilization: HashMap::from([("util".to_owned(), utilization)]),
        ..TestOrcaReport::default()
    }
}

/// The load of the server is in a stream of its own, and follows what it is told.
pub async fn orca_oob(context: &Context<'_>) -> Checked {
    let (mut sink, mut answers) = context.test_service().full_duplex_call()?;
    for report in [report(0.8210, 0.5847, 0.30499), report(0.29309, 0.2, 0.2039)] {
        let wanted = OrcaLoadReport::from(&report);
        let mut request = output(1, 0);
        request.orca_oob_report = MessageField::some(report);
        sink.send((request, WriteFlags::default())).await?;
        next_size(&mut answers).await?;
        wait_for(&wanted, reports(context)?).await?;
    }
    let _ = sink.close().await;
    Ok(())
}

fn reports(context: &Context<'_>) -> grpcio::Result<ClientSStreamReceiver<OrcaLoadReport>> {
    let every_second = Interval { seconds: 1, ..Interval::default() };
    let report_interval = MessageField::some(every_second);
    let request = OrcaLoadReportRequest { report_interval, ..OrcaLoadReportRequest::default() };
    OpenRcaServiceClient::new(context.channel.clone()).stream_core_metrics(&request)
}

/// Waits, for a while, for a report to be this one.
async fn wait_for(
    wanted: &OrcaLoadReport,
    mut reports: ClientSStreamReceiver<OrcaLoadReport>,
) -> Checked {
    const PATIENCE: Duration = Duration::from_secs(10);
    let mut last = None;
    let seen = pin!(async {
        while last.as_ref() != Some(wanted) {
            last = Some(reports.try_next().await?.ok_or_else(|| "the reports ended".to_owned())?);
        }
        Ok(())
    });
    match select(seen, Delay::new(PATIENCE)).await {
        Either::Left((result, _)) => result,
        Either::Right(_) => Err(format!("expected {wanted:?} within {PATIENCE:?}").into()),
    }
}
