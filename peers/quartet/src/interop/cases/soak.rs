use super::unary::{call, sized};
use crate::interop::client::Context;
use crate::interop::failure::{Checked, Failure};

/// Many calls on one channel.
pub async fn rpc_soak(context: &Context<'_>) -> Checked {
    let client = context.test_service();
    let once = async |request, response| call(&client, sized(request, response)).await.map(drop);
    Ok(context.options.soak.run(once).await?)
}

/// Many calls, each on a channel of its own.
pub async fn channel_soak(context: &Context<'_>) -> Checked {
    let once = async |request, response| {
        let client = context.fresh().map_err(|error| Failure::from(error.to_string()))?;
        call(&client, sized(request, response)).await.map(drop)
    };
    Ok(context.options.soak.run::<Failure>(once).await?)
}
