use std::sync::{Arc, PoisonError, RwLock};

use grpcio::ChannelCredentials;

use crate::rpc::Client;
use crate::tls::{ClientTls, Material};

/// A way to the target that is laid anew when the files of its TLS have changed: new calls take the
/// new one, and the old one ends with the last call on it.
pub(super) struct Renewed {
    tls: ClientTls,
    connect: Box<dyn Fn(ChannelCredentials) -> Client + Send + Sync>,
    last: RwLock<(Arc<Material>, Client)>,
}

impl Renewed {
    pub fn new(
        tls: ClientTls,
        connect: impl Fn(ChannelCredentials) -> Client + Send + Sync + 'static,
    ) -> Self {
        let in_use = tls.in_use();
        let client = connect(in_use.channel_credentials());
        Renewed { tls, connect: Box::new(connect), last: RwLock::new((in_use, client)) }
    }

    /// The way with what is in use now.
    pub fn client(&self) -> Client {
        let in_use = self.tls.in_use();
        let last = self.last.read().unwrap_or_else(PoisonError::into_inner);
        if Arc::ptr_eq(&last.0, &in_use) {
            return last.1.clone();
        }
        drop(last);
        let mut last = self.last.write().unwrap_or_else(PoisonError::into_inner);
        if !Arc::ptr_eq(&last.0, &in_use) {
            *last = (in_use.clone(), (self.connect)(in_use.channel_credentials()));
        }
        last.1.clone()
    }
}
