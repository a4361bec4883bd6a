//! What is wrong with a file is said in one line, and nothing is served.

use std::fs;

use quartet::tls::ClientTls;
use rcgen::{KeyPair, PKCS_ECDSA_P384_SHA384, PKCS_ED25519};

use crate::support::certificates::{
    Authority, Certified, Folder, expired, not_yet_valid, only_for_clients, self_signed,
};
use crate::support::core_is_ours;

/// That loading the folder's server fails with one line that starts with the file and has these
/// texts.
#[track_caller]
fn refused(folder: &Folder, file: &str, texts: &[&str]) {
    let error = folder.mutual().expect_err("a broken file is taken");
    let line = error.to_string();
    assert_eq!(error.file(), folder.file(file), "{line}");
    assert!(line.starts_with(&format!("{}: ", folder.text(file))), "{line}");
    assert!(!line.contains('\n'), "more than a line: {line}");
    for text in texts {
        assert!(line.contains(text), "expected `{text}` in: {line}");
    }
}

fn folder() -> (Authority, Certified, Folder) {
    let authority = Authority::new("An Authority");
    let certified = authority.certify(&["localhost"]);
    let folder = Folder::of(&certified, &authority);
    (authority, certified, folder)
}

#[test]
fn good_files_are_taken() {
    let (authority, _, folder) = folder();
    let tls = folder.mutual().unwrap().to_string();
    assert!(tls.contains("localhost") && tls.contains("An Authority"), "{tls}");
    // Several sections in one file, the text of `openssl x509 -text` before them, and CR LF.
    let certified = authority.certify(&["localhost"]);
    let both = format!("Certificate:\n  Data:\n{}{}", certified.certificate, certified.key);
    folder.write("cert.pem", both.replace('\n', "\r\n"));
    fs::copy(folder.file("cert.pem"), folder.file("key.pem")).unwrap();
    folder.mutual().unwrap();
    folder.put(&self_signed(&["localhost"]));
    folder.mutual().unwrap();
}

#[test]
fn a_file_that_is_not_there_or_not_pem() {
    let (_, certified, folder) = folder();
    for file in ["cert.pem", "key.pem", "ca.pem"] {
        let good = fs::read(folder.file(file)).unwrap();
        fs::remove_file(folder.file(file)).unwrap();
        refused(&folder, file, &["no such file"]);
        fs::create_dir(folder.file(file)).unwrap();
        refused(&folder, file, &["not a regular file"]);
        fs::remove_dir(folder.file(file)).unwrap();
        folder.write(file, "");
        refused(&folder, file, &["is empty"]);
        folder.write(file, "rubbish\0");
        refused(&folder, file, &["not PEM"]);
        folder.write(file, &certified.der);
        refused(&folder, file, &["DER", "convert it"]);
        folder.write(file, &good[..good.len() / 2]);
        refused(&folder, file, &["broken PEM"]);
        folder.write(file, vec![b' '; 5 << 20]);
        refused(&folder, file, &["too long"]);
        folder.write(file, good);
    }
    folder.mutual().unwrap();
}

#[test]
fn bytes_that_are_no_certificate() {
    let (_, _, folder) = folder();
    let none = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    for file in ["cert.pem", "ca.pem"] {
        let good = fs::read(folder.file(file)).unwrap();
        folder.write(file, none);
        refused(&folder, file, &["X.509"]);
        folder.write(file, good);
    }
    folder.write("key.pem", none.replace("CERTIFICATE", "PRIVATE KEY"));
    refused(&folder, "key.pem", &["broken", "P-256"]);
}

#[test]
fn certificate_and_key_that_are_exchanged_or_of_two_minds() {
    let (authority, certified, folder) = folder();
    let Certified { certificate, key, .. } = certified.clone();
    folder.put(&Certified { certificate: key.clone(), key: certificate, ..certified.clone() });
    refused(&folder, "cert.pem", &["private key", "swapped?"]);
    folder.put(&certified);
    folder.write("key.pem", &certified.certificate);
    refused(&folder, "key.pem", &["no private key", "swapped?"]);
    folder.write("key.pem", &authority.certify(&["localhost"]).key);
    refused(&folder, "key.pem", &["does not match the certificate CN=localhost", "cert.pem"]);
    folder.write("key.pem", key.clone() + &authority.certify(&["localhost"]).key);
    refused(&folder, "key.pem", &["more than one"]);
    folder.write("key.pem", key.replace("PRIVATE", "ENCRYPTED PRIVATE"));
    refused(&folder, "key.pem", &["encrypted", "openssl pkey"]);
}

#[test]
fn keys_that_are_encrypted_in_the_old_way() {
    let (authority, certified, folder) = folder();
    // As `openssl rsa -aes128 -traditional` writes it.
    let headers = "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF";
    let begin = "-----BEGIN PRIVATE KEY-----";
    let key = certified.key.replace(begin, &format!("{begin}\n{headers}\n"));
    folder.write("key.pem", &key);
    refused(&folder, "key.pem", &["encrypted", "openssl pkey"]);
    folder.put(&certified);
    folder.write("cert.pem", certified.certificate.clone() + &key);
    refused(&folder, "cert.pem", &["encrypted key", "keep only the certificates"]);
    folder.put(&authority.certify(&["localhost"]));
    folder.mutual().unwrap();
}

#[test]
fn the_marks_of_editors_are_no_harm() {
    let (authority, certified, folder) = folder();
    let marked = |text: &str| format!("\u{feff}{text}");
    folder.write("cert.pem", marked(&certified.certificate));
    folder.write("key.pem", marked(&certified.key));
    folder.write("ca.pem", marked(&Authority::new("Another").pem()) + &marked(&authority.pem()));
    let tls = folder.mutual().unwrap().to_string();
    assert!(tls.contains("CN=Another") && tls.contains("CN=An Authority"), "{tls}");
    for mark in [b"\xff\xfe", b"\xfe\xff"] {
        folder.write("ca.pem", [&mark[..], b"-\0-\0"].concat());
        refused(&folder, "ca.pem", &["UTF-16", "UTF-8"]);
    }
}

#[test]
fn a_certificate_that_comes_twice_counts_once() {
    let root = Authority::new("Root");
    let below = root.below("Below");
    let certified = below.certify(&["localhost"]);
    let folder = Folder::of(&certified, &root);
    let (own, middle, top) = (&certified.certificate, &below.pem(), &root.pem());
    for chain in [[own, own, middle], [own, middle, middle], [own, middle, own]] {
        folder.write("cert.pem", chain.map(String::as_str).concat());
        folder.mutual().unwrap();
    }
    folder.write("ca.pem", [top.as_str(); 2].concat());
    let tls = folder.mutual().unwrap().to_string();
    assert_eq!(tls.matches("CN=Root").count(), 1, "{tls}");
}

/// C-core judges for itself, and takes no version but 1 to 3.
#[test]
fn a_certificate_that_core_refuses() {
    // OpenSSL, which an installed core may be linked with, takes it.
    if !core_is_ours() {
        return;
    }
    let (authority, certified, folder) = folder();
    let mut der = certified.der.clone();
    let version = der.windows(5).position(|bytes| bytes == [0xa0, 3, 2, 1, 2]).unwrap();
    der[version + 4] = 7;
    let encoded = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, der);
    let pem = format!("-----BEGIN CERTIFICATE-----\n{encoded}\n-----END CERTIFICATE-----\n");
    folder.write("cert.pem", &pem);
    refused(&folder, "cert.pem", &["C-core rejects", "GRPC_VERBOSITY"]);
    // A client's too, and a server's that runs keeps what it has.
    let client = ClientTls::builder().identity(folder.file("cert.pem"), folder.file("key.pem"));
    assert!(client.load().unwrap_err().to_string().contains("C-core rejects"));
    folder.put(&certified);
    let tls = folder.mutual().unwrap();
    folder.write("cert.pem", &pem);
    assert!(tls.reload().unwrap_err().to_string().contains("C-core rejects"));
    folder.put(&authority.certify(&["localhost"]));
    assert!(tls.reload().unwrap(), "the next good one is taken");
}

#[test]
fn a_certificate_that_no_client_would_take() {
    let (authority, _, folder) = folder();
    folder.put(&authority.certify_with(&["localhost"], expired));
    refused(&folder, "cert.pem", &["CN=localhost", "expired on 2020-02-29 00:00 UTC", "renew"]);
    folder.put(&authority.certify_with(&["localhost"], not_yet_valid));
    refused(&folder, "cert.pem", &["not valid before 2999-12-31 00:00 UTC", "clock"]);
    folder.write("cert.pem", include_str!("weak/cert.pem"));
    folder.write("key.pem", include_str!("weak/key.pem"));
    refused(&folder, "cert.pem", &["CN=localhost", "signed with MD5 or SHA-1"]);
    folder.put(&authority.certify_with(&["localhost"], only_for_clients));
    refused(&folder, "cert.pem", &["another use", "serverAuth"]);
    folder.client();
}

#[test]
fn a_chain_has_an_order() {
    let root = Authority::new("Root");
    let below = root.below("Below");
    let certified = below.certify(&["localhost"]);
    let folder = Folder::of(&certified, &root);
    let chain = |parts: &[&str]| folder.write("cert.pem", parts.concat());
    let (own, middle, top) = (&certified.certificate, &below.pem(), &root.pem());
    chain(&[own, middle]);
    folder.mutual().unwrap();
    chain(&[own, middle, top]);
    folder.mutual().unwrap();
    chain(&[middle, own]);
    refused(&folder, "cert.pem", &["wrong order", "must be first"]);
    chain(&[own, top, middle]);
    refused(&folder, "cert.pem", &["wrong order", "its issuer CN=Below, not CN=Root"]);
}

#[test]
fn a_ca_file_has_cas() {
    let (authority, certified, folder) = folder();
    folder.write("ca.pem", &certified.key);
    refused(&folder, "ca.pem", &["no certificate"]);
    folder.write("ca.pem", &certified.certificate);
    refused(&folder, "ca.pem", &["CN=localhost is not a CA", "CN=An Authority"]);
    folder.write("ca.pem", authority.pem() + &Authority::new("Another").pem());
    folder.mutual().unwrap();
    let late = Authority::new_with("The Late", expired);
    folder.write("ca.pem", late.pem());
    refused(&folder, "ca.pem", &["CN=The Late", "expired on 2020-02-29"]);
    folder.write("ca.pem", late.pem() + &authority.pem());
    folder.mutual().unwrap();
    let error = ClientTls::builder().ca(folder.file("none.pem")).load().unwrap_err();
    assert!(error.to_string().contains("no such file"), "{error}");
}

#[test]
fn keys_of_each_kind_are_compared_or_refused() {
    let folder = Folder::new();
    let (rsa, other) = (include_str!("../../lab/certs/server1.pem"), self_signed(&["localhost"]));
    folder.write("cert.pem", rsa);
    folder.write("key.pem", include_str!("../../lab/certs/server1.key"));
    folder.server().unwrap();
    folder.write("key.pem", other.key);
    let error = folder.server().unwrap_err().to_string();
    assert!(error.contains("does not match the certificate"), "{error}");
    for (algorithm, taken) in [(&PKCS_ECDSA_P384_SHA384, true), (&PKCS_ED25519, false)] {
        let key = KeyPair::generate_for(algorithm).unwrap();
        let params = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        folder.write("cert.pem", params.self_signed(&key).unwrap().pem());
        folder.write("key.pem", key.serialize_pem());
        let error = folder.server().err().map(|error| error.to_string());
        assert_eq!(error.is_none(), taken, "{error:?}");
        assert!(error.is_none_or(|error| error.contains("P-384")));
    }
}
