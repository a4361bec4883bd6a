//! TLS whose files are replaced while the server runs, as a certificate manager does: new
//! connections get the new certificate, what runs goes on, and nothing restarts.
//!
//!     cargo run --release -p quartet-examples --bin tls_reload

use std::error::Error;
use std::path::Path;
use std::time::{Duration, Instant};
use std::{fs, thread};

use futures::executor::block_on;
use quartet::channel::Channel;
use quartet::rpc::{Request, Response, Status};
use quartet::server::Server;
use quartet::tls::{ClientTls, ServerTls};
use quartet_examples::proto::greeter::{Greeter, GreeterClient, GreeterServer, Greeting, Name};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd,
};

struct Polite;

impl Greeter for Polite {
    async fn greet(&self, request: Request<Name>) -> Result<Response<Greeting>, Status> {
        let text = format!("Good day, {}.", request.into_inner().name);
        Ok(Greeting { text, ..Greeting::default() }.into())
    }
}

/// Makes a CA of this name, and writes the files of a server: `cert.pem` and `key.pem`, issued for
/// `localhost`, and valid to the end of a year. The CA's own certificate goes to `NAME.pem`, for clients.
fn issue(folder: &Path, authority: &str, year: i32) -> Result<(), Box<dyn Error>> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, authority);
    let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
    fs::write(folder.join(format!("{authority}.pem")), issuer.pem())?;

    let key = KeyPair::generate()?;
    let mut params = CertificateParams::new(vec!["localhost".to_owned()])?;
    params.distinguished_name.push(DnType::CommonName, "a greeter");
    params.not_after = date_time_ymd(year, 12, 31);
    // Two files can't be replaced at once. A key that is not the certificate's is not taken: the
    // server goes on with what it has until the other file is there too.
    fs::write(folder.join("cert.pem"), params.signed_by(&key, &issuer)?.pem())?;
    fs::write(folder.join("key.pem"), key.serialize_pem())?;
    Ok(())
}

/// A client that trusts this CA, and no other.
fn client(folder: &Path, authority: &str, target: &str) -> Result<GreeterClient, Box<dyn Error>> {
    let tls = ClientTls::builder().ca(folder.join(format!("{authority}.pem"))).load()?;
    // The certificate has to be for the name in the target, or for this one.
    let channel = Channel::builder(target).tls(&tls).server_name("localhost").build();
    Ok(GreeterClient::new(channel))
}

fn greet(who: &str, client: &GreeterClient) {
    match block_on(client.greet(Name { name: who.into(), ..Name::default() })) {
        Ok(greeting) => println!("  {}", greeting.into_inner().text),
        Err(status) => println!("  {who} gets {}", status.code()),
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let temporary = tempfile::tempdir()?;
    let folder = temporary.path();
    issue(folder, "new-ca", 2098)?;
    issue(folder, "old-ca", 2098)?;

    // Checked here, before anything is opened: a broken, expired or mismatched file is an error
    // that names it. From then on the files are looked at twice a second.
    let tls = ServerTls::builder(folder.join("cert.pem"), folder.join("key.pem")).load()?;
    let server = Server::builder()
        .listen_tls("127.0.0.1:0".parse()?, &tls)
        .service(GreeterServer::new(Polite))
        .start()?;
    let target = server.addresses()[0].to_string();

    println!("in use, of old-ca: {tls}");
    let old = client(folder, "old-ca", &target)?;
    greet("old client", &old);
    greet("new client", &client(folder, "new-ca", &target)?);

    let before = tls.to_string();
    issue(folder, "new-ca", 2099)?;
    // `tls.reload()` reads them at once, which programs do on SIGHUP. Here we wait for the server
    // to find them by itself. `tls` prints as the certificate that is in use.
    let limit = Instant::now() + Duration::from_secs(30);
    while tls.to_string() == before {
        assert!(Instant::now() < limit, "the new files are not taken up");
        thread::sleep(Duration::from_millis(50));
    }

    println!("in use, of new-ca, without a restart: {tls}");
    greet("new client", &client(folder, "new-ca", &target)?);
    greet("old client on a new connection", &client(folder, "old-ca", &target)?);
    greet("old client on the connection from before", &old);
    Ok(())
}
