//! grpc.health.v1: what probes and load balancers ask.

use std::time::Duration;

use chat::Chat;
use quartet::proto::grpc::health::v1::health_check_response::ServingStatus::{
    self, NOT_SERVING, SERVICE_UNKNOWN, SERVING,
};
use quartet::proto::grpc::health::v1::{
    HealthCheckRequest, HealthCheckResponse, HealthClient, HealthListRequest,
};
use quartet::rpc::{Code, Streaming};
use quartet::server::Drained;
use quartet::services::{Health, Serving};

use crate::support::process::{client, start_server};
use crate::support::{Served, run, serve_with};

const CHAT: &str = "chat.ChatService";

fn serve(health: &Health) -> (Served, HealthClient) {
    let served = serve_with(Chat::default(), |builder| builder.health(health.clone()));
    let client = HealthClient::new(quartet::channel::Channel::to(&served.target));
    (served, client)
}

fn of(service: &str) -> HealthCheckRequest {
    HealthCheckRequest { service: service.into(), ..Default::default() }
}

async fn check(client: &HealthClient, service: &str) -> Result<ServingStatus, Code> {
    let response = client.check(of(service)).await;
    response.map(|it| it.into_inner().status.unwrap()).map_err(|status| status.code())
}

async fn next(watch: &mut Streaming<HealthCheckResponse>) -> Result<Option<ServingStatus>, Code> {
    let message = watch.message().await.map_err(|status| status.code())?;
    Ok(message.map(|response| response.status.unwrap()))
}

#[test]
fn check_tells_of_the_server_its_services_and_nothing_else() {
    let health = Health::new();
    assert!(!health.is_serving(CHAT), "known before the server has started");
    let (_served, client) = serve(&health);
    run(async {
        assert_eq!(check(&client, "").await, Ok(SERVING));
        assert_eq!(check(&client, CHAT).await, Ok(SERVING));
        assert_eq!(check(&client, "grpc.health.v1.Health").await, Ok(SERVING));
        assert_eq!(check(&client, "chat.Nothing").await, Err(Code::NotFound));
        health.set(CHAT, Serving::NotServing);
        assert_eq!(check(&client, CHAT).await, Ok(NOT_SERVING));
        assert_eq!(check(&client, "").await, Ok(SERVING));
    });
}

#[test]
fn watch_sends_the_status_and_then_changes_only() {
    let health = Health::new();
    let (_served, client) = serve(&health);
    run(async {
        let mut watch = client.watch(of("later")).unwrap();
        assert_eq!(next(&mut watch).await, Ok(Some(SERVICE_UNKNOWN)));
        health.set("later", Serving::Serving);
        assert_eq!(next(&mut watch).await, Ok(Some(SERVING)));
        health.set("later", Serving::Serving);
        health.set("other", Serving::NotServing);
        health.set("later", Serving::NotServing);
        assert_eq!(next(&mut watch).await, Ok(Some(NOT_SERVING)));
    });
}

/// A watcher keeps one state, not a queue of all that it missed.
#[test]
fn the_newest_state_wins() {
    use futures::StreamExt;
    use quartet::proto::grpc::health::v1::Health as Service;
    let health = Health::new();
    run(async {
        let response = health.watch(of("").into()).await.unwrap();
        let mut watch = std::pin::pin!(response.into_inner());
        for _ in 0..1000 {
            health.set("", Serving::NotServing);
            health.set("", Serving::Serving);
        }
        health.set("", Serving::NotServing);
        let first = watch.next().await.unwrap().unwrap();
        assert_eq!(first.status.unwrap(), NOT_SERVING);
        health.stop();
        let end = watch.next().await.unwrap().unwrap_err();
        assert_eq!(end.code(), Code::Unavailable);
        assert!(watch.next().await.is_none());
    });
}

#[test]
fn list_has_a_hundred_services_at_most() {
    let health = Health::new();
    let (_served, client) = serve(&health);
    run(async {
        let list = client.list(HealthListRequest::new()).await.unwrap().into_inner();
        let mut names: Vec<_> = list.statuses.keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["", CHAT, "grpc.health.v1.Health"]);
        for n in 3..100 {
            health.set(&n.to_string(), Serving::Serving);
        }
        let list = client.list(HealthListRequest::new()).await.unwrap().into_inner();
        assert_eq!(list.statuses.len(), 100);
        health.set("one more", Serving::Serving);
        let error = client.list(HealthListRequest::new()).await.unwrap_err();
        assert_eq!(error.code(), Code::ResourceExhausted, "{error:?}");
    });
}

#[test]
fn after_stop_nothing_is_serving_and_sets_are_ignored() {
    let health = Health::new();
    let (_served, client) = serve(&health);
    run(async {
        let mut watch = client.watch(of(CHAT)).unwrap();
        assert_eq!(next(&mut watch).await, Ok(Some(SERVING)));
        health.stop();
        assert_eq!(next(&mut watch).await, Ok(Some(NOT_SERVING)));
        assert_eq!(next(&mut watch).await, Err(Code::Unavailable));
        health.set(CHAT, Serving::Serving);
        assert_eq!(check(&client, CHAT).await, Ok(NOT_SERVING));
        assert_eq!(check(&client, "").await, Ok(NOT_SERVING));
        let mut late = client.watch(of("unknown")).unwrap();
        assert_eq!(next(&mut late).await, Ok(Some(SERVICE_UNKNOWN)));
        assert_eq!(next(&mut late).await, Err(Code::Unavailable));
    });
}

#[test]
fn a_drain_tells_watchers_first_and_is_not_held_up_by_them() {
    let health = Health::new();
    let (served, client) = serve(&health);
    run(async {
        let mut watch = client.watch(of("")).unwrap();
        assert_eq!(next(&mut watch).await, Ok(Some(SERVING)));
        let drained = served.server.drain(Duration::from_secs(10)).await;
        assert_eq!(drained, Drained::Complete);
        assert_eq!(next(&mut watch).await, Ok(Some(NOT_SERVING)));
        assert_eq!(next(&mut watch).await, Err(Code::Unavailable));
    });
    assert!(!health.is_serving(""));
}

#[test]
fn the_health_command_has_the_exit_codes_that_probes_need() {
    let (server, address) = start_server(&["--listen", "127.0.0.1:0"]);
    let probe = client(&["-s", &address, "health"], "");
    assert_eq!((probe.code(), &*probe.stdout), (Some(0), &["SERVING".to_owned()][..]));
    let probe = client(&["-s", &address, "-o", "json", "health", CHAT], "");
    let json: serde_json::Value = serde_json::from_str(&probe.stdout[0]).unwrap();
    assert_eq!(json["status"], "SERVING", "{probe:?}");
    let unknown = client(&["-s", &address, "health", "no.Such"], "");
    assert_eq!(unknown.code(), Some(64 + 5), "{unknown:?}");
    let nobody = client(&["-s", "127.0.0.1:1", "health"], "");
    assert_eq!(nobody.code(), Some(64 + 14), "{nobody:?}");
    let alone = client(&["health"], "");
    assert_eq!(alone.code(), Some(0), "{alone:?}");

    let watch = crate::support::process::start(
        crate::support::process::chat_client(),
        ["-s", &address, "health", "--watch"],
    );
    assert_eq!(watch.line(), "SERVING");
    server.signal("TERM");
    assert_eq!(watch.line(), "NOT_SERVING");
    let ended = watch.end();
    assert_eq!(ended.code(), Some(64 + 14), "{ended:?}");
}
