//! TLS and mTLS from PEM files, which are read again when they change.
