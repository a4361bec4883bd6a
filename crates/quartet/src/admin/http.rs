//! Reading a request's head, and writing an answer (RFC 9112).

use super::page::Page;

/// The part of a request that matters here.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Asked {
    pub head_only: bool,
    pub path: String,
    pub accepted: Option<String>,
}

/// The longest head of a request, in bytes, and the most header fields.
pub(super) const LONGEST_HEAD: usize = 8 << 10;
const MOST_FIELDS: usize = 64;

/// Reads the head of a request, which may not be there as a whole yet (`None`).
///
/// # Errors
/// The page that says what is wrong.
pub(super) fn read(head: &[u8]) -> Result<Option<Asked>, Page> {
    let mut fields = [httparse::EMPTY_HEADER; MOST_FIELDS];
    let mut request = httparse::Request::new(&mut fields);
    let complete = match request.parse(head) {
        Ok(status) => status.is_complete(),
        Err(httparse::Error::TooManyHeaders) => return Err(too_long()),
        Err(error) => return Err(Page::plain(400, format!("not an HTTP/1.1 request: {error}"))),
    };
    if !complete {
        return if head.len() < LONGEST_HEAD { Ok(None) } else { Err(too_long()) };
    }
    let head_only = match request.method {
        Some("GET") => false,
        Some("HEAD") => true,
        _ => return Err(Page::plain(405, "only GET and HEAD are supported here")),
    };
    let accepted: Vec<_> = request
        .headers
        .iter()
        .filter(|field| field.name.eq_ignore_ascii_case("accept"))
        .filter_map(|field| str::from_utf8(field.value).ok())
        .collect();
    let accepted = (!accepted.is_empty()).then(|| accepted.join(","));
    let path = request.path.and_then(|path| path.split('?').next()).unwrap_or_default();
    Ok(Some(Asked { head_only, path: path.to_owned(), accepted }))
}

fn too_long() -> Page {
    let text = format!("the request head is over {LONGEST_HEAD} bytes or {MOST_FIELDS} fields");
    Page::plain(431, text)
}

/// An answer, after which the connection is closed.
pub(super) fn answer(page: &Page, head_only: bool, accepted: Option<&str>) -> String {
    let Page { status, body, .. } = page;
    let (content_type, length) = (page.type_for(accepted), body.len());
    let reason = match status {
        200 => "OK",
        400 => "Bad Request",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        431 => "Request Header Fields Too Large",
        503 => "Service Unavailable",
        _ => "Internal Server Error",
    };
    let allow = if *status == 405 { "Allow: GET, HEAD\r\n" } else { "" };
    let body = if head_only { "" } else { body };
    format!(
        "HTTP/1.1 {status} {reason}\r\n{allow}Content-Type: {content_type}\r\n\
         Content-Length: {length}\r\nCache-Control: no-store\r\n\
         X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n{body}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_once_it_is_there() {
        let head = b"GET /metrics?a=b HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\n";
        let asked =
            Asked { head_only: false, path: "/metrics".into(), accepted: Some("*/*".into()) };
        assert_eq!(read(head), Ok(Some(asked)));
        for end in 0..head.len() {
            assert_eq!(read(&head[..end]), Ok(None), "{end} bytes");
        }
    }

    #[test]
    fn what_is_wrong_has_its_status() {
        let many = format!("GET / HTTP/1.1\r\n{}\r\n", "A: b\r\n".repeat(65));
        let long = format!("GET / HTTP/1.1\r\nA: {}", "b".repeat(LONGEST_HEAD));
        for (head, status) in [
            ("PRI * HTTP/2.0\r\n\r\n", 400),
            ("GET\r\n\r\n", 400),
            ("\x16\x03\x01\x02\x00", 400),
            ("POST / HTTP/1.1\r\n\r\n", 405),
            (&many, 431),
            (&long, 431),
        ] {
            let seen = read(head.as_bytes()).map_err(|page| page.status);
            assert_eq!(seen, Err(status), "{head:?}");
        }
    }
}
