/// Which methods an interceptor leaves alone: by their full names, or those of their services.
#[derive(Clone, Debug)]
pub(super) struct Exempt(Vec<String>);

/// Probes of health have no token, and have to be answered by a server that is busy.
const HEALTH: &str = "grpc.health.v1.Health";

impl Default for Exempt {
    fn default() -> Self {
        Exempt(vec![HEALTH.to_owned()])
    }
}

impl Exempt {
    pub(super) fn add(&mut self, name: &str) {
        self.0.push(name.trim_start_matches('/').to_owned());
    }

    pub(super) fn covers(&self, method: &str) -> bool {
        let method = method.trim_start_matches('/');
        let service = method.split_once('/').map(|(service, _)| service);
        self.0.iter().any(|name| name == method || Some(&**name) == service)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_or_a_method_is_exempt() {
        let mut exempt = Exempt::default();
        exempt.add("/chat.ChatService/SayHello");
        exempt.add("a.B");
        for (method, covered) in [
            ("/grpc.health.v1.Health/Check", true),
            ("/chat.ChatService/SayHello", true),
            ("/chat.ChatService/SayHelloTwice", false),
            ("/chat.ChatService/ChatStream", false),
            ("/a.B/C", true),
            ("/a.BC/C", false),
        ] {
            assert_eq!(exempt.covers(method), covered, "{method}");
        }
    }
}
