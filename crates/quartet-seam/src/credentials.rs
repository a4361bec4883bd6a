//! Whether C-core takes a certificate.
//!
//! It says so only where the first server listens with it. Later, when a server's files are read
//! again, it goes on with the old ones in silence if it can't use the new ones, and a client finds
//! out at its first call. So a server that is never started is asked first.

use std::ffi::{CStr, CString};
use std::process;
use std::ptr;
use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use grpcio_sys::{
    self as sys, gpr_clock_type, grpc_server_credentials,
    grpc_ssl_client_certificate_request_type as Requests, grpc_ssl_pem_key_cert_pair,
};

/// Whether C-core can use this certificate with its chain, its key and these CAs, all in PEM. If
/// it can't be asked (no descriptor is left, say), it is taken to be so.
pub fn takes(chain: &str, key: &str, authorities: Option<&str>) -> bool {
    // PEM has no zeros.
    let texts = [chain, key, authorities.unwrap_or(chain)].map(CString::new);
    let [Ok(chain), Ok(key), Ok(roots)] = texts else { return false };
    static INIT: Once = Once::new();
    // SAFETY: may be called at any time. C-core stays until the end of the process, as it would
    // start and stop with every question otherwise.
    INIT.call_once(|| unsafe { sys::grpc_init() });
    let requests = match authorities {
        Some(_) => Requests::GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY,
        None => Requests::GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE,
    };
    let mut pair =
        grpc_ssl_pem_key_cert_pair { private_key: key.as_ptr(), cert_chain: chain.as_ptr() };
    // SAFETY: the texts outlive the credentials, which copy them and are used up by `listens`.
    unsafe {
        let secure = sys::grpc_ssl_server_credentials_create_ex(
            roots.as_ptr(),
            &mut pair,
            1,
            requests,
            ptr::null_mut(),
        );
        listens(secure) || !listens(sys::grpc_insecure_server_credentials_create())
    }
}

/// Whether a server can be made to listen with these credentials, at a socket without a file.
///
/// # Safety
/// The credentials are the caller's, who gives them away; C-core is initialised.
unsafe fn listens(credentials: *mut grpc_server_credentials) -> bool {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let (process, count) = (process::id(), COUNT.fetch_add(1, Relaxed));
    let address = format!("unix-abstract:quartet-{process}-{count}\0");
    let Ok(address) = CStr::from_bytes_with_nul(address.as_bytes()) else { return false };
    // SAFETY: queue and server are made here, used as C-core says (the server is shut down, and has
    // said so, before it is destroyed; the queue after it), and nobody else knows them.
    unsafe {
        let queue = sys::grpc_completion_queue_create_for_pluck(ptr::null_mut());
        let server = sys::grpc_server_create(ptr::null(), ptr::null_mut());
        sys::grpc_server_register_completion_queue(server, queue, ptr::null_mut());
        let listens = sys::grpc_server_add_http2_port(server, address.as_ptr(), credentials) != 0;
        sys::grpc_server_credentials_release(credentials);
        sys::grpc_server_shutdown_and_notify(server, queue, ptr::null_mut());
        let never = sys::gpr_inf_future(gpr_clock_type::GPR_CLOCK_REALTIME);
        sys::grpc_completion_queue_pluck(queue, ptr::null_mut(), never, ptr::null_mut());
        sys::grpc_server_destroy(server);
        sys::grpc_completion_queue_shutdown(queue);
        sys::grpc_completion_queue_destroy(queue);
        listens
    }
}
