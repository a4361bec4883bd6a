//! Whom a server lets in, and what it knows of them.

use chat::{ChatServiceClient, message};
use grpcio::{CertificateRequestType, ServerCredentialsBuilder};
use quartet::channel::Channel;
use quartet::rpc::Code;
use quartet::tls::{AllowNames, ClientTls, ServerTls};
use rcgen::{CertificateParams, SanType};

use super::{any_port, hello, serve_names, unreachable};
use crate::support::certificates::{Authority, Certified, Folder, expired};
use crate::support::run;

struct Setting {
    authority: Authority,
    server: Folder,
}

fn setting() -> Setting {
    let authority = Authority::new("An Authority");
    let server = Folder::of(&authority.certify(&["localhost"]), &authority);
    Setting { authority, server }
}

impl Setting {
    fn client(&self, certified: &Certified) -> ClientTls {
        // Read as it is loaded, and no longer needed then.
        Folder::of(certified, &self.authority).client()
    }

    /// What a client shows that our own checks would not let out.
    fn bare(&self, target: &str, certified: &Certified) -> Code {
        let Certified { certificate, key, .. } = certified.clone();
        let authority = self.authority.pem().to_owned();
        let credentials = move || {
            grpcio::ChannelCredentialsBuilder::new()
                .root_cert(authority.clone().into())
                .cert(certificate.clone().into(), key.clone().into())
                .build()
        };
        let channel = Channel::builder(target).credentials(credentials).build();
        let reply = run(ChatServiceClient::new(channel).say_hello(message("", "")));
        reply.map_or_else(|status| status.code(), |_| Code::Ok)
    }
}

#[test]
fn a_server_with_a_client_ca_lets_in_whom_it_signed() {
    let setting = setting();
    let (_server, target) =
        serve_names(|builder| builder.listen_tls(any_port(), &setting.server.mutual().unwrap()));
    let ada = setting.client(&setting.authority.certify(&["ada.example", "ada@example.org"]));
    assert_eq!(hello(&target, &ada).unwrap(), "ada.example ada@example.org");
    unreachable(&target, &setting.server.trusting_client(), "");
    let rogue = Authority::new("An Authority").certify(&["ada.example"]);
    unreachable(&target, &setting.client(&rogue), "");
    let late = setting.authority.certify_with(&["ada.example"], expired);
    assert_eq!(setting.bare(&target, &late), Code::Unavailable);
}

#[test]
fn a_server_for_which_certificates_are_optional_still_verifies_them() {
    let setting = setting();
    let tls = ServerTls::builder(setting.server.file("cert.pem"), setting.server.file("key.pem"))
        .client_ca(setting.server.file("ca.pem"))
        .optional_client()
        .load()
        .unwrap();
    let (_server, target) = serve_names(|builder| builder.listen_tls(any_port(), &tls));
    assert_eq!(hello(&target, &setting.server.trusting_client()).unwrap(), "");
    let ada = setting.client(&setting.authority.certify(&["ada.example"]));
    assert_eq!(hello(&target, &ada).unwrap(), "ada.example");
    let rogue = Authority::new("An Authority").certify(&["ada.example"]);
    unreachable(&target, &setting.client(&rogue), "");
}

#[test]
fn nobody_is_known_without_a_certificate_that_was_verified() {
    let setting = setting();
    let ada = setting.client(&setting.authority.certify(&["ada.example"]));
    let (_plain, target) = serve_names(|builder| builder.listen(any_port()));
    let plain = ChatServiceClient::new(Channel::to(target));
    assert_eq!(run(plain.say_hello(message("", ""))).unwrap().get_ref().content, "");
    let (_tls, target) =
        serve_names(|builder| builder.listen_tls(any_port(), &setting.server.server().unwrap()));
    assert_eq!(hello(&target, &ada).unwrap(), "");
}

#[test]
fn a_rogue_certificate_that_grpcio_lets_in_gives_no_identity() {
    let setting = setting();
    let rogue = Authority::new("A Rogue").certify(&["ada.example"]);
    for requests in [
        CertificateRequestType::RequestClientCertificateButDontVerify,
        CertificateRequestType::RequestAndRequireClientCertificateButDontVerify,
    ] {
        let Certified { certificate, key, .. } = setting.authority.certify(&["localhost"]);
        let credentials = ServerCredentialsBuilder::new()
            .root_cert(setting.authority.pem(), requests)
            .add_cert(certificate.into(), key.into())
            .build();
        let (_server, target) = serve_names(|builder| builder.listen_with(any_port(), credentials));
        assert_eq!(hello(&target, &setting.client(&rogue)).unwrap(), "", "{requests:?}");
    }
}

#[test]
fn only_the_names_that_are_allowed_are_let_in() {
    let setting = setting();
    let tls = ServerTls::builder(setting.server.file("cert.pem"), setting.server.file("key.pem"))
        .client_ca(setting.server.file("ca.pem"))
        .optional_client()
        .load()
        .unwrap();
    let allowed = ["ada.example", "*.team.example", "spiffe://example/chat", "10.0.0.7", "eve"];
    let (_server, target) = serve_names(|builder| {
        let allowed = AllowNames::new(allowed).unwrap();
        builder.listen_tls(any_port(), &tls).interceptor(allowed)
    });
    let code = |certified: &Certified| match hello(&target, &setting.client(certified)) {
        Ok(_) => Code::Ok,
        Err(status) => {
            let name = certified_name(&status);
            assert!(name, "the identity is not named: {status}");
            status.code()
        }
    };
    let certify = |names: &[&str]| setting.authority.certify(names);
    let uri = |text: &'static str| {
        setting.authority.certify_with(&[], move |params: &mut CertificateParams| {
            params.subject_alt_names.push(SanType::URI(text.try_into().unwrap()));
        })
    };
    let only_common_name = setting.authority.certify_with(&["eve"], |params| {
        params.subject_alt_names.clear();
    });
    for (certified, expected) in [
        (certify(&["ada.example"]), Code::Ok),
        (certify(&["other.example", "ada.example"]), Code::Ok),
        (certify(&["bob.team.example"]), Code::Ok),
        (certify(&["10.0.0.7"]), Code::Ok),
        (uri("spiffe://example/chat"), Code::Ok),
        (only_common_name, Code::Ok),
        (certify(&["bob.example"]), Code::PermissionDenied),
        (certify(&["a.b.team.example"]), Code::PermissionDenied),
        (uri("spiffe://example/other"), Code::PermissionDenied),
    ] {
        assert_eq!(code(&certified), expected);
    }
    // What looks like a name that is let in, and is a name of another kind.
    let ia5 = |text: &'static str| text.try_into().unwrap();
    for san in [
        SanType::URI(ia5("ada.example")),
        SanType::Rfc822Name(ia5("ada.example")),
        SanType::URI(ia5("x.team.example")),
        SanType::URI(ia5("10.0.0.7")),
        SanType::DnsName(ia5("10.0.0.7")),
        SanType::Rfc822Name(ia5("spiffe://example/chat")),
    ] {
        let what = format!("{san:?}");
        let certified = setting.authority.certify_with(&["bob.example"], |params| {
            params.subject_alt_names.push(san);
        });
        assert_eq!(code(&certified), Code::PermissionDenied, "{what}");
    }
    // Its common name does not count beside a SAN.
    let named_eve = setting.authority.certify_with(&["bob.example"], |params| {
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(rcgen::DnType::CommonName, "eve");
    });
    assert_eq!(code(&named_eve), Code::PermissionDenied);
    let nobody = hello(&target, &setting.server.trusting_client()).unwrap_err();
    assert_eq!(nobody.code(), Code::Unauthenticated, "{nobody}");
}

fn certified_name(status: &quartet::rpc::Status) -> bool {
    status.message().contains("example")
}
