use std::sync::{Arc, PoisonError, RwLock};

use crate::rpc::Client;
use crate::tls::{ClientTls, Material};

/// A way to the target that is laid anew when the files of its TLS have changed: new calls take the
/// new one, and the old one ends with the last call on it.
pub(super) struct Renewed {
    tls: ClientTls,
    lay: Lay,
    last: RwLock<(Arc<Material>, Client)>,
}

type Lay = Box<dyn Fn(&Arc<Material>) -> Client + Send + Sync>;

impl Renewed {
    pub fn new(
        tls: ClientTls,
        lay: impl Fn(&Arc<Material>) -> Client + Send + Sync + 'static,
    ) -> Self {
        let in_use = tls.in_use();
        let client = lay(&in_use);
        Renewed { tls, lay: Box::new(lay), last: RwLock::new((in_use, client)) }
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
            *last = (in_use.clone(), (self.lay)(&in_use));
        }
        last.1.clone()
    }
}
