//! The services that every tool expects of a server.
