use std::sync::{Arc, PoisonError, RwLock};

use crate::rpc::Client;
use crate::tls::{ClientTls, Material};

/// A client that connects again when the files of its TLS have changed: new calls take the new
/// connection, and the old one closes with the last call on it.
pub(super) struct Reconnecting {
    tls: ClientTls,
    connect: Connect,
    last: RwLock<(Arc<Material>, Client)>,
}

type Connect = Box<dyn Fn(&Arc<Material>) -> Client + Send + Sync>;

impl Reconnecting {
    pub fn new(
        tls: ClientTls,
        connect: impl Fn(&Arc<Material>) -> Client + Send + Sync + 'static,
    ) -> Self {
        let in_use = tls.in_use();
        let client = connect(&in_use);
        Reconnecting { tls, connect: Box::new(connect), last: RwLock::new((in_use, client)) }
    }

    /// The client with what is in use now.
    pub fn client(&self) -> Client {
        let in_use = self.tls.in_use();
        let last = self.last.read().unwrap_or_else(PoisonError::into_inner);
        if Arc::ptr_eq(&last.0, &in_use) {
            return last.1.clone();
        }
        drop(last);
        let mut last = self.last.write().unwrap_or_else(PoisonError::into_inner);
        if !Arc::ptr_eq(&last.0, &in_use) {
            *last = (in_use.clone(), (self.connect)(&in_use));
        }
        last.1.clone()
    }
}
