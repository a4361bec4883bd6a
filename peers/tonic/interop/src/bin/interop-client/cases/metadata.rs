//! Metadata, and the reports of a server's load.

use std::collections::HashMap;
use std::time::Duration;

use prost::Message;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Request;
use tonic::metadata::{MetadataMap, MetadataValue};
use tonic::transport::Channel;

use tonic_interop_peer::testing::{SimpleRequest, StreamingOutputCallRequest, TestOrcaReport};
use tonic_interop_peer::xds::data::orca::v3::OrcaLoadReport;
use tonic_interop_peer::xds::service::orca::v3::OrcaLoadReportRequest;
use tonic_interop_peer::xds::service::orca::v3::open_rca_service_client::OpenRcaServiceClient;
use tonic_interop_peer::{ECHO_INITIAL, ECHO_TRAILING, LOAD_REPORT};

use super::streaming::{expect_end, expect_response};
use super::unary::expect_large;
use super::{LARGE_REQUEST, LARGE_RESPONSE, large_request, output_request};
use crate::{Client, Failed, Tested, expect};

const INITIAL: &str = "test_initial_metadata_value";
const TRAILING: &[u8] = b"\xab\xab\xab";

pub async fn custom_metadata(mut client: Client) -> Tested {
    let response = client.unary_call(with_metadata(large_request())).await?;
    // tonic has the trailers of a single response among its metadata.
    expect_initial(response.metadata())?;
    expect_trailing(response.metadata())?;
    expect_large(response.into_inner())?;

    let requests = tokio_stream::iter([output_request(LARGE_REQUEST, &[LARGE_RESPONSE])]);
    let response = client.full_duplex_call(with_metadata(requests)).await?;
    expect_initial(response.metadata())?;
    let mut responses = response.into_inner();
    expect_response(&mut responses, LARGE_RESPONSE).await?;
    expect_end(&mut responses).await?;
    expect_trailing(&responses.trailers().await?.unwrap_or_default())
}

fn with_metadata<T>(outbound: T) -> Request<T> {
    let mut request = Request::new(outbound);
    request.metadata_mut().insert(ECHO_INITIAL, MetadataValue::from_static(INITIAL));
    request.metadata_mut().insert_bin(ECHO_TRAILING, MetadataValue::from_bytes(TRAILING));
    request
}

fn expect_initial(metadata: &MetadataMap) -> Tested {
    let values: Vec<_> = metadata.get_all(ECHO_INITIAL).iter().collect();
    expect(ECHO_INITIAL, format!("{:?}", [INITIAL]), format!("{values:?}"))
}

fn expect_trailing(metadata: &MetadataMap) -> Tested {
    let values: Vec<_> =
        metadata.get_all_bin(ECHO_TRAILING).iter().map(|value| value.to_bytes().ok()).collect();
    let values: Vec<_> = values.iter().map(Option::as_deref).collect();
    expect(ECHO_TRAILING, format!("{:x?}", [Some(TRAILING)]), format!("{values:x?}"))
}

fn load(cpu: f64, memory: f64, util: f64) -> TestOrcaReport {
    TestOrcaReport {
        cpu_utilization: cpu,
        memory_utilization: memory,
        utilization: HashMap::from([("util".into(), util)]),
        ..Default::default()
    }
}

fn expect_load(expected: &TestOrcaReport, report: OrcaLoadReport) -> Tested {
    let saw = TestOrcaReport {
        cpu_utilization: report.cpu_utilization,
        memory_utilization: report.mem_utilization,
        request_cost: report.request_cost,
        utilization: report.utilization,
    };
    expect("load", format!("{expected:?}"), format!("{saw:?}"))
}

pub async fn orca_per_rpc(mut client: Client) -> Tested {
    let mut expected = load(0.8210, 0.5847, 0.30499);
    expected.request_cost = HashMap::from([("cost".into(), 3456.32)]);
    let orca_per_query_report = Some(expected.clone());
    let request = SimpleRequest { orca_per_query_report, ..Default::default() };
    let response = client.unary_call(request).await?;
    let report = response.metadata().get_bin(LOAD_REPORT).and_then(|value| value.to_bytes().ok());
    let report = report.ok_or_else(|| Failed(format!("expected {LOAD_REPORT}, saw none")))?;
    let report = OrcaLoadReport::decode(report)
        .map_err(|error| Failed(format!("expected a load report, saw {error}")))?;
    expect_load(&expected, report)
}

pub async fn orca_oob(mut client: Client, channel: Channel) -> Tested {
    let (outbound, requests) = mpsc::channel(1);
    let request = |load| StreamingOutputCallRequest {
        orca_oob_report: Some(load),
        ..output_request(0, &[1])
    };
    let (first, second) = (load(0.8210, 0.5847, 0.30499), load(0.29309, 0.2, 0.2039));

    outbound.try_send(request(first.clone())).expect("room for one");
    let mut responses = client.full_duplex_call(ReceiverStream::new(requests)).await?.into_inner();
    expect_response(&mut responses, 1).await?;
    poll_reports(channel.clone(), &first).await?;

    // If the call has ended, `expect_response` knows why.
    let _ = outbound.send(request(second.clone())).await;
    expect_response(&mut responses, 1).await?;
    poll_reports(channel, &second).await?;
    drop(outbound);
    expect_end(&mut responses).await
}

/// Asks the OpenRcaService itself, until it reports what is expected.
async fn poll_reports(channel: Channel, expected: &TestOrcaReport) -> Tested {
    let interval = prost_types::Duration { seconds: 1, nanos: 0 };
    let request = OrcaLoadReportRequest { report_interval: Some(interval), ..Default::default() };
    let mut reports =
        OpenRcaServiceClient::new(channel).stream_core_metrics(request).await?.into_inner();
    let mut tested = Err(Failed("expected a load report, saw none".into()));
    let polled = timeout(Duration::from_secs(10), async {
        while tested.is_err() {
            match reports.message().await? {
                Some(report) => tested = expect_load(expected, report),
                None => break,
            }
        }
        Ok::<_, Failed>(())
    });
    match polled.await {
        Ok(Err(failed)) => Err(failed),
        _ => tested,
    }
}
