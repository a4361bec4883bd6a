//! Trailing metadata: tonic's own API has it for errors only.

use http::Response;
use http_body_util::BodyExt;
use tonic::body::Body;
use tonic::metadata::MetadataMap;

/// What a handler leaves in its response's extensions, to be sent in the trailers.
#[derive(Clone, Default)]
pub struct Trailers(pub MetadataMap);

/// Moves the trailers from the extensions to the end of the body.
pub fn send(mut response: Response<Body>) -> Response<Body> {
    let Some(Trailers(metadata)) = response.extensions_mut().remove() else {
        return response;
    };
    let headers = metadata.into_headers();
    response.map(|body| {
        Body::new(body.map_frame(move |mut frame| {
            if let Some(trailers) = frame.trailers_mut() {
                trailers.extend(headers.clone());
            }
            frame
        }))
    })
}
