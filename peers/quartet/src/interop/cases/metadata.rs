use quartet::rpc::{Metadata, Request};

use super::streaming::{ended, expect_end, next_size, output};
use super::unary::{LARGE_RESPONSE, large_request};
use crate::interop::client::Context;
use crate::interop::failure::{Checked, Failure, expect};
use crate::interop::{ECHO_INITIAL, ECHO_TRAILING};

const INITIAL: &[u8] = b"test_initial_metadata_value";
const TRAILING: &[u8] = &[0xab, 0xab, 0xab];

fn with_metadata<T>(message: T) -> Result<Request<T>, Failure> {
    let mut request = Request::new(message);
    for (key, value) in [(ECHO_INITIAL, INITIAL), (ECHO_TRAILING, TRAILING)] {
        request.metadata_mut().add(key, value).map_err(|error| error.to_string())?;
    }
    Ok(request)
}

fn check(headers: &Metadata, trailers: &Metadata) -> Checked {
    let values =
        |metadata: &Metadata, key| metadata.get_all(key).map(<[u8]>::to_vec).collect::<Vec<_>>();
    expect("the headers", vec![INITIAL.to_vec()], values(headers, ECHO_INITIAL))?;
    expect("the trailers", vec![TRAILING.to_vec()], values(trailers, ECHO_TRAILING))
}

pub async fn custom_metadata(context: &Context<'_>) -> Checked {
    let client = context.test_service();
    let response = client.unary_call(with_metadata(large_request())?).await?;
    expect("the size of the answer", LARGE_RESPONSE, response.get_ref().payload.body.len())?;
    check(response.headers(), response.trailers())?;

    let (mut sender, mut answers) = client.full_duplex_call(with_metadata(())?)?;
    sender.send(output(314_159, 271_828)).await.map_err(ended)?;
    sender.close().await;
    expect("the size of the answer", 314_159, next_size(&mut answers).await?)?;
    expect_end(&mut answers).await?;
    let headers = answers.headers().await.clone();
    check(&headers, answers.trailers())
}
