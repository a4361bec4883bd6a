/// What is answered to a request: a status of HTTP, a type, and a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    pub(super) status: u16,
    pub(super) content_type: &'static str,
    pub(super) body: String,
}

pub(super) const PLAIN: &str = "text/plain; charset=utf-8";

impl Page {
    /// A text for people, with the status 200. A line end is added.
    pub fn text(text: impl Into<String>) -> Self {
        Page::plain(200, text)
    }

    /// The same with the status 503: what was asked for is not so now.
    pub fn unavailable(text: impl Into<String>) -> Self {
        Page::plain(503, text)
    }

    /// A text of this type, with the status 200. Those who don't accept the type get the same
    /// text as plain text, so that it can be looked at in a browser.
    pub fn typed(content_type: &'static str, body: impl Into<String>) -> Self {
        Page { status: 200, content_type, body: body.into() }
    }

    pub(super) fn plain(status: u16, text: impl Into<String>) -> Self {
        let mut body = text.into();
        body.push('\n');
        Page { status, content_type: PLAIN, body }
    }

    /// The type for those who accept these (RFC 9110, 12.5.1; without its weights).
    pub(super) fn type_for(&self, accepted: Option<&str>) -> &'static str {
        let essence = |media: &str| media.split(';').next().unwrap_or_default().trim().to_owned();
        let own = essence(self.content_type);
        // A browser takes everything, but shows only some of it.
        let browser = accepted.is_some_and(|accepted| accepted.contains("text/html"));
        let any_of_kind = own.split('/').next().map(|kind| format!("{kind}/*"));
        let fits = |media: &str| {
            let media = essence(media);
            media == own || Some(&media) == any_of_kind.as_ref() || media == "*/*" && !browser
        };
        match accepted {
            Some(accepted) if !accepted.split(',').any(fits) => PLAIN,
            _ => self.content_type,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_goes_to_those_who_accept_it() {
        let page = Page::typed("application/openmetrics-text; version=1.0.0", "");
        for (accepted, typed) in [
            (None, true),
            (Some("*/*"), true),
            (Some("application/*"), true),
            (Some("application/openmetrics-text;version=1.0.0;q=0.5,text/plain;q=0.2"), true),
            (Some("text/html,application/xhtml+xml,*/*;q=0.8"), false),
            (Some("text/plain;version=0.0.4"), false),
        ] {
            let expected = if typed { page.content_type } else { PLAIN };
            assert_eq!(page.type_for(accepted), expected, "{accepted:?}");
        }
    }
}
