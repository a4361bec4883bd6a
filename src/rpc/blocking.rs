use std::future::Future;

/// Runs a function that blocks, or that computes for long, on a pool of threads made for
/// it, and gives its result.
///
/// A handler runs on the thread of a completion queue, together with every other call of
/// the same connections: while it blocks, they all wait. A handler that awaits this
/// function does not hold them up. If the handler is dropped meanwhile (its caller has
/// gone, its time is up), a function that has started runs to its end and its result is
/// dropped. A panic in the function is a panic in the handler.
///
/// ```
/// # futures::executor::block_on(async {
/// let hash = quartet::rpc::blocking(|| (0..1_000_000u64).fold(7, |h, n| h ^ (h << 5) ^ n)).await;
/// # let _ = hash; });
/// ```
pub fn blocking<T: Send + 'static>(
    function: impl FnOnce() -> T + Send + 'static,
) -> impl Future<Output = T> + Send {
    blocking::unblock(function)
}
