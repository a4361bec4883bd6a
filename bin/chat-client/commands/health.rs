use quartet::proto::grpc::health::v1::health_check_response::ServingStatus;
use quartet::proto::grpc::health::v1::{HealthCheckRequest, HealthCheckResponse, HealthClient};
use serde_json::json;

use super::Session;
use crate::Failure;

/// Asks once, and fails unless the answer is SERVING; or prints every change, until the server
/// ends it.
pub async fn run(session: Session<'_>, service: &str, watch: bool) -> Result<(), Failure> {
    let client = HealthClient::new(&session.connection.channel);
    let message = HealthCheckRequest { service: service.to_owned(), ..Default::default() };
    let request = session.request(message)?;
    if watch {
        let statuses = client.watch(request).map_err(|status| session.failed(status));
        let mut statuses = statuses?;
        while let Some(response) =
            statuses.message().await.map_err(|status| session.failed(status))?
        {
            print(&session, service, &response)?;
        }
        return Ok(());
    }
    let response = client.check(request).await.map_err(|status| session.failed(status))?;
    match print(&session, service, response.get_ref())? {
        ServingStatus::SERVING => Ok(()),
        _ => Err(Failure::NotServing),
    }
}

fn print(
    session: &Session<'_>,
    service: &str,
    response: &HealthCheckResponse,
) -> Result<ServingStatus, Failure> {
    let status = response.status.enum_value_or_default();
    let name = format!("{status:?}");
    session.output.print(
        || name.clone(),
        || json!({"event": "health", "service": service, "status": name}),
    )?;
    Ok(status)
}
