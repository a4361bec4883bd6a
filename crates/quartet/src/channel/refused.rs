use super::{InvalidTarget, Target};
use crate::rpc::{Call, Interceptor, Status};

/// Stands in the way of every call over a channel whose target is none.
pub(super) struct Refused(Status);

impl Refused {
    pub fn of(invalid: &InvalidTarget) -> Self {
        Refused(Status::invalid_argument(invalid.to_string()))
    }

    /// What such a channel is for, and never connects to.
    pub fn target() -> Target {
        Target::socket("unix-abstract:quartet-has-no-target")
    }
}

impl Interceptor for Refused {
    fn before(&self, _: &mut Call) -> Result<(), Status> {
        Err(self.0.clone())
    }
}
