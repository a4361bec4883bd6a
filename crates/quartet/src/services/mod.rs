//! The services that tools expect from a server: [`Health`] for load balancers and probes,
//! [`Reflection`] for clients without the .proto files, [`Channelz`] for a look inside.

#[cfg(feature = "channelz")]
mod channelz;
mod health;
mod reflection;

#[cfg(feature = "channelz")]
pub use channelz::Channelz;
pub use health::{Health, Serving};
pub use reflection::{InvalidDescriptors, Reflection};
