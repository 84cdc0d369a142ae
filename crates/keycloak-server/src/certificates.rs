//! A certificate authority of the tests, and a certificate that it has signed.

use std::fs;
use std::path::Path;

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};

use crate::Error;

/// Makes an authority and writes its certificate to `ca`. Writes a certificate for `localhost` and its key, which the authority has signed, to
/// the two other files. The key of the authority is forgotten.
///
/// # Errors
/// When a file cannot be written.
pub fn write(ca: &Path, certificate: &Path, key: &Path) -> Result<(), Error> {
    let (authority, signed, signed_key) =
        make().map_err(|error| Error::new(format!("cannot make a certificate: {error}")))?;
    for (path, text) in [(ca, authority), (certificate, signed), (key, signed_key)] {
        fs::write(path, text).map_err(|error| Error::io("write", path, error))?;
    }
    Ok(())
}

/// Returns the certificate of the authority, the signed certificate and its key, in PEM.
fn make() -> Result<(String, String, String), rcgen::Error> {
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::new(Vec::new())?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.distinguished_name = named("the authority of a test server");
    let authority = params.self_signed(&key)?.pem();
    let issuer = Issuer::new(params, key);

    let key = KeyPair::generate()?;
    let mut params = CertificateParams::new(vec!["localhost".to_owned(), "127.0.0.1".to_owned()])?;
    params.distinguished_name = named("localhost");
    let signed = params.signed_by(&key, &issuer)?.pem();
    Ok((authority, signed, key.serialize_pem()))
}

fn named(name: &str) -> DistinguishedName {
    let mut distinguished = DistinguishedName::new();
    distinguished.push(DnType::CommonName, name);
    distinguished
}

#[cfg(test)]
mod tests {
    #[test]
    fn three_pems_are_made() {
        let (authority, signed, key) = super::make().unwrap();
        for certificate in [&authority, &signed] {
            assert!(certificate.starts_with("-----BEGIN CERTIFICATE-----"));
        }
        assert_ne!(authority, signed);
        assert!(key.starts_with("-----BEGIN PRIVATE KEY-----"));
    }
}
