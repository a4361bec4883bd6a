use std::fmt;
use std::sync::Arc;

use subtle::ConstantTimeEq;

use crate::rpc::{Call, Interceptor, Side, Status};

use super::exempt::Exempt;

/// Accepts calls with a valid token (`authorization: Bearer TOKEN`, RFC 6750) and attaches the name
/// of its owner to them, as a [`Caller`]. The others end with `UNAUTHENTICATED`, without a reason.
/// Health checks need no token. On a channel it does nothing.
///
/// A token is only as secret as the connection: send tokens over TLS only.
pub struct BearerAuth {
    verify: Box<Verify>,
    exempt: Exempt,
}

type Verify = dyn Fn(&str) -> Option<Arc<str>> + Send + Sync;

/// Who calls, according to [`BearerAuth`]. A handler reads it with
/// `request.extension::<Caller>()`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller(Arc<str>);

impl Caller {
    /// The name that goes with the caller's token.
    pub fn name(&self) -> &str {
        &self.0
    }
}

impl BearerAuth {
    /// Accepts these callers, each a name and its token. A name may have several tokens, as during
    /// a rotation. Every token is compared with every call's, in a time that depends only on their
    /// lengths: fine for hundreds of tokens, not for thousands.
    pub fn tokens(callers: impl IntoIterator<Item = (impl AsRef<str>, impl AsRef<[u8]>)>) -> Self {
        let known: Vec<(Arc<str>, Box<[u8]>)> = callers
            .into_iter()
            .map(|(name, token)| (name.as_ref().into(), token.as_ref().into()))
            .collect();
        Self::over(move |token| {
            let mut found = None;
            for (name, known) in &known {
                // Every one is looked at, whether or not one has been found.
                if bool::from(known.ct_eq(token.as_bytes())) && !known.is_empty() {
                    found = Some(name.clone());
                }
            }
            found
        })
    }

    /// Asks a function for the name that belongs to a token; `None` refuses the call. It runs on
    /// the thread of a completion queue, so it must not block.
    pub fn verified_by(verify: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        Self::over(move |token| verify(token).map(Arc::from))
    }

    fn over(verify: impl Fn(&str) -> Option<Arc<str>> + Send + Sync + 'static) -> Self {
        BearerAuth { verify: Box::new(verify), exempt: Exempt::default() }
    }

    /// Accepts calls of a service (`chat.ChatService`) or a method (`chat.ChatService/SayHello`)
    /// without a token; a token that comes with them is ignored.
    pub fn exempt(mut self, name: &str) -> Self {
        self.exempt.add(name);
        self
    }
}

impl Interceptor for BearerAuth {
    fn before(&self, call: &mut Call) -> Result<(), Status> {
        if call.side() == Side::Client || self.exempt.covers(call.method()) {
            return Ok(());
        }
        match token(call).and_then(|token| (self.verify)(token)) {
            Some(name) => {
                call.extend(Caller(name));
                Ok(())
            }
            None => Err(Status::unauthenticated("the call needs a valid bearer token")),
        }
    }
}

/// The token of a call that has exactly one. The scheme is read in any case (RFC 9110, 11.1).
fn token(call: &Call) -> Option<&str> {
    let mut values = call.metadata().get_all("authorization");
    let (value, None) = (values.next()?, values.next()) else { return None };
    let (scheme, token) = str::from_utf8(value).ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim_start_matches(' '))
}

impl fmt::Debug for BearerAuth {
    /// Without the tokens.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BearerAuth").field("exempt", &self.exempt).finish_non_exhaustive()
    }
}
