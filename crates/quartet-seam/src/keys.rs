//! Private keys, read by the TLS library that C-core is linked with, so that no other is needed.

use std::ffi::{c_int, c_long, c_uchar};
use std::ptr;

/// `EVP_PKEY`, which BoringSSL and OpenSSL have alike.
#[repr(C)]
struct Key([u8; 0]);

unsafe extern "C" {
    fn d2i_AutoPrivateKey(key: *mut *mut Key, der: *mut *const c_uchar, length: c_long)
    -> *mut Key;
    fn i2d_PUBKEY(key: *const Key, der: *mut *mut c_uchar) -> c_int;
    fn EVP_PKEY_free(key: *mut Key);
    fn ERR_clear_error();
}

/// The public key of a private one (PKCS #8, PKCS #1 or SEC 1, in DER), as the
/// `SubjectPublicKeyInfo` that a certificate has of it, in DER; none if it can't be read.
pub fn public_key(private: &[u8]) -> Option<Vec<u8>> {
    let length = c_long::try_from(private.len()).ok()?;
    let mut from = private.as_ptr();
    // SAFETY: `from` points to `length` bytes; the key is made and freed here, and read between.
    unsafe {
        let key = d2i_AutoPrivateKey(ptr::null_mut(), &mut from, length);
        let public = (!key.is_null()).then(|| encoded(key)).flatten();
        EVP_PKEY_free(key);
        // What is wrong with it would be taken for the error of a later connection.
        ERR_clear_error();
        public
    }
}

/// # Safety
/// The key is alive.
unsafe fn encoded(key: *const Key) -> Option<Vec<u8>> {
    // SAFETY: without a place to write to, the function says how much it would write; then it gets
    // a place of that size.
    unsafe {
        let length = usize::try_from(i2d_PUBKEY(key, ptr::null_mut())).ok()?;
        let mut der = vec![0; length];
        let mut to = der.as_mut_ptr();
        let written = usize::try_from(i2d_PUBKEY(key, &mut to)).ok()?;
        (length > 0 && written == length).then_some(der)
    }
}
