//! Never runs.

fn main() {
    let _ = quartet::server::Server::builder().start();
}
