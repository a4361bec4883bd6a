//! `grpc.health.v1.Health`, by
//! <https://github.com/grpc/grpc/blob/master/doc/health-checking.md> and gRFC A90.

use std::collections::BTreeMap;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use slab::Slab;

use crate::proto::grpc::health::v1::health_check_response::ServingStatus;
use crate::proto::grpc::health::v1::{
    self as proto, HealthCheckRequest, HealthCheckResponse, HealthListRequest, HealthListResponse,
    HealthServer,
};
use crate::rpc::{Request, Response, Service, Status, Stream};

/// The health of a server and its services, and the service that reports it. Clones are handles to
/// the same one; give it to one server, with
/// [`ServerBuilder::health`](crate::server::ServerBuilder::health).
///
/// The service with the empty name is the whole server.
///
/// ```
/// use quartet::services::{Health, Serving};
///
/// let health = Health::new(); // a clone goes to the server
/// health.set("chat.ChatService", Serving::Serving);
/// assert!(health.is_serving("chat.ChatService"));
/// health.set("chat.ChatService", Serving::NotServing); // its database is away
/// assert!(!health.is_serving("chat.ChatService"));
/// ```
#[derive(Clone)]
pub struct Health(Arc<Mutex<State>>);

/// Whether a service can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Serving {
    /// It can be used.
    Serving,
    /// It exists but can't be used now: load balancers go elsewhere.
    NotServing,
}

struct State {
    services: BTreeMap<String, Serving>,
    stopped: bool,
    /// Watchers that wait for a change.
    watchers: Slab<Option<Waker>>,
}

/// gRFC A90 lets a server answer `List` with this many at most.
const LONGEST_LIST: usize = 100;

impl Default for Health {
    fn default() -> Self {
        Health::new()
    }
}

impl Health {
    /// The whole server is serving; no service is known.
    pub fn new() -> Self {
        let services = BTreeMap::from([(String::new(), Serving::Serving)]);
        let state = State { services, stopped: false, watchers: Slab::new() };
        Health(Arc::new(Mutex::new(state)))
    }

    /// Sets the status of a service by its full name (`chat.ChatService`), or of the whole server
    /// by the empty name. After [`stop`](Self::stop) it does nothing.
    pub fn set(&self, service: &str, serving: Serving) {
        self.change(|state| {
            if !state.stopped {
                state.services.insert(service.to_owned(), serving);
            }
        });
    }

    /// Nothing is serving from now on, whatever is set later. Watchers get the change, and then
    /// their streams end with `UNAVAILABLE`, so that they don't hold up a drain.
    pub fn stop(&self) {
        self.change(|state| {
            state.stopped = true;
            state.services.values_mut().for_each(|serving| *serving = Serving::NotServing);
        });
    }

    /// Whether a service is known, and serving.
    pub fn is_serving(&self, service: &str) -> bool {
        self.state().services.get(service) == Some(&Serving::Serving)
    }

    /// The service `grpc.health.v1.Health`; a server has it already with
    /// [`ServerBuilder::health`](crate::server::ServerBuilder::health).
    pub fn service(&self) -> impl Into<Service> + use<> {
        HealthServer::new(self.clone())
    }

    /// Changes the state, then wakes the watchers.
    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.state();
        change(&mut state);
        let wakers: Vec<_> =
            state.watchers.iter_mut().filter_map(|(_, waker)| waker.take()).collect();
        drop(state);
        wakers.into_iter().for_each(Waker::wake);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn status(&self, service: &str) -> Option<ServingStatus> {
        self.services.get(service).map(|serving| match serving {
            Serving::Serving => ServingStatus::SERVING,
            Serving::NotServing => ServingStatus::NOT_SERVING,
        })
    }
}

impl proto::Health for Health {
    async fn check(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        let service = request.into_inner().service;
        match self.state().status(&service) {
            Some(status) => Ok(response(status).into()),
            None => Err(Status::not_found(format!("unknown service `{service}`"))),
        }
    }

    async fn list(
        &self,
        _: Request<HealthListRequest>,
    ) -> Result<Response<HealthListResponse>, Status> {
        let state = self.state();
        let count = state.services.len();
        if count > LONGEST_LIST {
            return Err(Status::resource_exhausted(format!(
                "there are {count} services; a list has at most {LONGEST_LIST}"
            )));
        }
        let mut list = HealthListResponse::new();
        for service in state.services.keys() {
            let status = state.status(service).unwrap_or_default();
            list.statuses.insert(service.clone(), response(status));
        }
        Ok(list.into())
    }

    async fn watch(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<impl Stream<Item = Result<HealthCheckResponse, Status>> + Send>, Status>
    {
        let key = self.state().watchers.insert(None);
        let service = request.into_inner().service;
        Ok(Response::new(Watcher { health: self.clone(), service, key, told: None, ended: false }))
    }
}

/// A watcher of a service. It keeps what was sent last, and no queue: a slow reader misses
/// what was between.
struct Watcher {
    health: Health,
    service: String,
    key: usize,
    told: Option<ServingStatus>,
    ended: bool,
}

impl Stream for Watcher {
    type Item = Result<HealthCheckResponse, Status>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let health = self.health.clone();
        let mut state = health.state();
        let status = state.status(&self.service).unwrap_or(ServingStatus::SERVICE_UNKNOWN);
        if self.told != Some(status) {
            self.told = Some(status);
            return Poll::Ready(Some(Ok(response(status))));
        }
        if state.stopped {
            self.ended = true;
            return Poll::Ready(Some(Err(Status::unavailable("the server is shutting down"))));
        }
        state.watchers[self.key] = Some(cx.waker().clone());
        Poll::Pending
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.health.state().watchers.remove(self.key);
    }
}

fn response(status: ServingStatus) -> HealthCheckResponse {
    HealthCheckResponse { status: status.into(), ..HealthCheckResponse::default() }
}

impl fmt::Debug for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        f.debug_struct("Health")
            .field("services", &state.services)
            .field("stopped", &state.stopped)
            .finish_non_exhaustive()
    }
}
