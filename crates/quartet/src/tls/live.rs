//! Files that are in use, and checked for changes.

use std::convert::Infallible;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError, RwLock, Weak};
use std::thread;
use std::time::{Duration, Instant};

use log::{info, warn};

use super::Error;
use super::certificate::Certificate;
use super::error::{self, Fault};
use super::files::{Contents, Files, Material};

/// The time between two looks. What is new is taken when two of them saw the same.
const LOOK: Duration = Duration::from_millis(500);
/// A certificate that has less time left is warned about, once in each `DAY`.
const SOON: i64 = 7 * 24 * 60 * 60;
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What is in use, and the thread that looks for what is to follow it. The thread ends with it.
pub(super) struct Live {
    files: Files,
    in_use: RwLock<Arc<Material>>,
    /// Locked while files are read and judged.
    sight: Mutex<Sight>,
    /// Ends the thread when it is dropped.
    _alive: Sender<Infallible>,
}

/// What was seen last.
struct Sight {
    seen: Contents,
    judged: Contents,
    /// Why what was judged last is not in use.
    fault: Option<Error>,
    warned: Option<Instant>,
}

impl Live {
    /// Reads and checks the files, and watches them from then on.
    pub fn load(files: Files) -> Result<Arc<Self>, Error> {
        let material = files.check(files.read())?;
        let seen = material.contents.clone();
        let (alive, ended) = mpsc::channel();
        let live = Arc::new(Live {
            in_use: RwLock::new(Arc::new(material)),
            sight: Mutex::new(Sight { judged: seen.clone(), seen, fault: None, warned: None }),
            _alive: alive,
            files,
        });
        if let Some(file) = live.files.any() {
            let weak = Arc::downgrade(&live);
            thread::Builder::new()
                .name("quartet-tls".into())
                .spawn(move || watch(&weak, &ended))
                .map_err(|error| Error::new(file, format!("can't be watched: {error}")))?;
        }
        Ok(live)
    }

    /// What is in use now.
    pub fn in_use(&self) -> Arc<Material> {
        self.in_use.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads and judges the files now. Whether they are new.
    pub fn reload(&self) -> Result<bool, Error> {
        let mut sight = self.sight.lock().unwrap_or_else(PoisonError::into_inner);
        sight.seen = self.files.read();
        self.judge(&mut sight)
    }

    /// Judges what is new, once it stands still.
    fn look(&self) {
        let mut sight = self.sight.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = self.files.read();
        let still = seen == sight.seen;
        sight.seen = seen;
        let due = sight.fault.as_ref().is_some_and(Error::is_over);
        if still && (sight.seen != sight.judged || due) {
            // It is in the log.
            let _ = self.judge(&mut sight);
        }
        self.warn_before_it_expires(&mut sight);
    }

    fn judge(&self, sight: &mut Sight) -> Result<bool, Error> {
        sight.judged = sight.seen.clone();
        let result = self.succeed(&sight.seen);
        let in_use = self.in_use();
        match &result {
            Ok(true) => {
                info!("TLS: new files are in use: {in_use}");
                sight.warned = None;
            }
            Ok(false) => info!("TLS: the files are unchanged: {in_use}"),
            Err(fault) if fault.fault() == Fault::Unfit => {
                warn!("TLS: {fault}; waiting for the other file, still using {in_use}");
            }
            Err(fault) => log::error!("TLS: {fault}; still using {in_use}"),
        }
        sight.fault = result.as_ref().err().cloned();
        result
    }

    /// Puts what was seen in the place of what is in use, if it is good and of the same names.
    fn succeed(&self, seen: &Contents) -> Result<bool, Error> {
        let old = self.in_use();
        if old.contents == *seen {
            return Ok(false);
        }
        let new = self.files.check(seen.clone())?;
        if let (Some(files), Some(new), Some(old)) =
            (&self.files.identity, &new.identity, &old.identity)
            && !new.certificate.shares_name(&old.certificate)
        {
            let names = |certificate: &Certificate| certificate.names.join(", ");
            let (new, old) = (names(&new.certificate), names(&old.certificate));
            let why =
                format!("is for {new}, but the one in use is for {old}; restart to change it");
            return Err(Error::new(&files.certificate, why));
        }
        *self.in_use.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(new);
        Ok(true)
    }

    fn warn_before_it_expires(&self, sight: &mut Sight) {
        let in_use = self.in_use();
        let (Some(files), Some(identity)) = (&self.files.identity, &in_use.identity) else {
            return;
        };
        let left = identity.certificate.seconds_left();
        if left > SOON || sight.warned.is_some_and(|last| last.elapsed() < DAY) {
            return;
        }
        sight.warned = Some(Instant::now());
        let (file, certificate) = (error::shown(&files.certificate), &identity.certificate);
        let (subject, expiry) = (&certificate.subject, certificate.expiry());
        match left {
            ..0 => warn!("TLS: {file}: {subject}, still in use, expired on {expiry}: renew it"),
            _ => warn!("TLS: {file}: {subject} expires soon, on {expiry}: renew it"),
        }
    }
}

fn watch(live: &Weak<Live>, ended: &Receiver<Infallible>) {
    while let Some(live) = live.upgrade() {
        live.look();
        drop(live);
        if let Err(RecvTimeoutError::Disconnected) = ended.recv_timeout(LOOK) {
            return;
        }
    }
}
