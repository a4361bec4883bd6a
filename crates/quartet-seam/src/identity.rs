//! Who a caller proves to be.

use std::ffi::CStr;
use std::slice;
use std::sync::atomic::Ordering;

use grpcio_sys as sys;

use super::ServerCall;

/// What a name in a certificate is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameKind {
    /// A host name.
    Dns,
    /// A URI, such as a SPIFFE ID.
    Uri,
    /// An address of e-mail.
    Email,
    /// An IP address.
    Ip,
    /// The common name, of a certificate without SANs.
    Common,
}

impl ServerCall {
    /// Notes that the caller's certificate was verified, if there is one: C-core says the same of
    /// one that was not.
    pub fn trust_certificate(&self) {
        self.trusted.store(true, Ordering::Release);
    }

    /// The names that the caller's credentials prove: of a certificate that was verified the SANs,
    /// or else the common name; none for a caller without.
    pub fn identity(&self) -> Vec<String> {
        // SAFETY: the context is alive.
        self.proved(|context| unsafe { values(sys::grpc_auth_context_peer_identity(context)) })
    }

    /// The same, with what kind of name each is. SANs of other kinds are left out.
    pub fn identity_kinds(&self) -> Vec<(NameKind, String)> {
        self.proved(|context| {
            // SAFETY: the context is alive; the names of properties are constants.
            let named = |name: &CStr| unsafe {
                values(sys::grpc_auth_context_find_properties_by_name(context, name.as_ptr()))
            };
            let kinds = [
                (NameKind::Dns, named(c"peer_dns")),
                (NameKind::Uri, named(c"peer_uri")),
                (NameKind::Email, named(c"peer_email")),
                (NameKind::Ip, named(c"peer_ip")),
            ];
            let with_kind =
                |(kind, names): (_, Vec<String>)| names.into_iter().map(move |name| (kind, name));
            match named(c"x509_subject_alternative_name").is_empty() {
                true => with_kind((NameKind::Common, named(c"x509_common_name"))).collect(),
                false => kinds.into_iter().flat_map(with_kind).collect(),
            }
        })
    }

    /// What the caller's credentials prove, if they prove something.
    fn proved<T>(&self, read: impl FnOnce(*const sys::grpc_auth_context) -> Vec<T>) -> Vec<T> {
        if !self.trusted.load(Ordering::Acquire) {
            return Vec::new();
        }
        // SAFETY: the call is alive; its context is released once, after it was read.
        unsafe {
            let context = sys::grpc_call_auth_context(self.call);
            if context.is_null() {
                return Vec::new();
            }
            let authenticated = sys::grpc_auth_context_peer_is_authenticated(context) != 0;
            let proved = if authenticated { read(context) } else { Vec::new() };
            sys::grpc_auth_context_release(context);
            proved
        }
    }
}

/// # Safety
/// The context that is iterated over is alive.
unsafe fn values(mut properties: sys::grpc_auth_property_iterator) -> Vec<String> {
    let mut values = Vec::new();
    // SAFETY: by the contract above; a property lives as long as its context.
    unsafe {
        while let Some(property) = sys::grpc_auth_property_iterator_next(&mut properties).as_ref() {
            let value = slice::from_raw_parts(property.value.cast(), property.value_length);
            values.push(String::from_utf8_lossy(value).into_owned());
        }
    }
    values
}
