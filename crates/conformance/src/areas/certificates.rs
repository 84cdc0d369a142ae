//! The certificates and keys of clients, which go up as forms with a file and come down as keystores.

use conformance::context::Context;
use keycloak_api::client_attribute_certificate::{
    DownloadClientKeystore, GenerateAndDownloadClientKeystore, GenerateClientCertificate,
    UploadClientCertificate, UploadClientCertificateAndKey,
};
use keycloak_api::identity_providers::UploadIdentityProviderCertificate;
use keycloak_api::types::{CertificateRepresentation, ClientRepresentation, KeyStoreConfig};

use super::make;

/// The prefix of the attributes in which a client that signs its own assertions keeps its certificate.
const ATTRIBUTE: &str = "jwt.credential";
const ALIAS: &str = "archive";
const PASSWORD: &str = "the keystore's password";

pub(crate) async fn run(ctx: &Context) {
    if let Some(certificate) = keystores(ctx).await {
        uploads(ctx, &certificate).await;
    }
}

/// A keystore of this format, protected by [`PASSWORD`].
fn keystore(format: &str) -> KeyStoreConfig {
    KeyStoreConfig::new()
        .with_format(format)
        .with_key_alias(ALIAS)
        .with_key_password(PASSWORD)
        .with_store_password(PASSWORD)
        .with_realm_alias("realm")
        .with_realm_certificate(true)
}

/// A form with a file, as a browser sends it: its content type and its bytes.
fn form(fields: &[(&str, &str)], file: &[u8]) -> (&'static str, Vec<u8>) {
    let mut bytes = Vec::new();
    let mut part = |disposition: String, content: &[u8]| {
        bytes.extend_from_slice(b"--boundary-of-the-form\r\n");
        bytes.extend_from_slice(disposition.as_bytes());
        bytes.extend_from_slice(b"\r\n\r\n");
        bytes.extend_from_slice(content);
        bytes.extend_from_slice(b"\r\n");
    };
    for (name, value) in fields {
        let disposition = format!("Content-Disposition: form-data; name=\"{name}\"");
        part(disposition, value.as_bytes());
    }
    let disposition = "Content-Disposition: form-data; name=\"file\"; filename=\"file\"\r\n\
        Content-Type: application/octet-stream";
    part(disposition.to_owned(), file);
    bytes.extend_from_slice(b"--boundary-of-the-form--\r\n");
    ("multipart/form-data; boundary=boundary-of-the-form", bytes)
}

/// A call about the signing key of a SAML client, of which Keycloak keeps both halves.
macro_rules! of_signing_key {
    ($ctx:expr, $uuid:expr, $operation:ident) => {
        $ctx.keycloak
            .$operation()
            .realm($ctx.realm())
            .client_uuid($uuid)
            .attr("saml.signing")
    };
}

async fn signing_key(ctx: &Context, uuid: &str) -> Option<CertificateRepresentation> {
    let key = ctx.call(of_signing_key!(ctx, uuid, get_client_certificate));
    Some(key.await?.into_inner())
}

/// Makes a key, downloads it, replaces it by another and uploads it again. Gives its certificate.
async fn keystores(ctx: &Context) -> Option<String> {
    let client = ClientRepresentation::new()
        .with_client_id(ctx.name("archive"))
        .with_protocol("saml");
    let create = ctx.keycloak.create_client().realm(ctx.realm());
    let uuid = ctx.create(create.body(client)).await?;
    let generated = of_signing_key!(ctx, &uuid, generate_client_certificate);
    let generated = ctx.call(generated).await?.into_inner();
    let is_stored = has_key(&generated) && is_same(&signing_key(ctx, &uuid).await?, &generated);
    ctx.check::<GenerateClientCertificate>(is_stored, "key and certificate are stored");

    let download = of_signing_key!(ctx, &uuid, download_client_keystore);
    if let Some(file) = ctx.call_raw(download.body(keystore("JKS"))).await {
        let is_jks = file.as_bytes().starts_with(&[0xfe, 0xed, 0xfe, 0xed]);
        ctx.check::<DownloadClientKeystore>(is_jks, "the file is a Java keystore");
    }
    let download = of_signing_key!(ctx, &uuid, download_client_keystore);
    let kept = ctx.call_raw(download.body(keystore("PKCS12"))).await?;
    another_key(ctx, &uuid, &generated).await;

    let fields = [
        ("keystoreFormat", "PKCS12"),
        ("keyAlias", ALIAS),
        ("keyPassword", PASSWORD),
        ("storePassword", PASSWORD),
    ];
    let (content_type, bytes) = form(&fields, kept.as_bytes());
    let upload = of_signing_key!(ctx, &uuid, upload_client_certificate_and_key);
    let uploaded = ctx.call(upload.body(content_type, bytes)).await?;
    let stored = signing_key(ctx, &uuid).await?;
    let is_back = is_same(&uploaded, &generated) && is_same(&stored, &generated);
    ctx.check::<UploadClientCertificateAndKey>(is_back, "key and certificate are back");
    generated.certificate
}

/// A key of which only the caller has the private half.
async fn another_key(ctx: &Context, uuid: &str, before: &CertificateRepresentation) -> Option<()> {
    let config = keystore("PKCS12").with_key_size(2048).with_validity(1);
    let call = of_signing_key!(ctx, uuid, generate_and_download_client_keystore);
    let file = ctx.call_raw(call.body(config)).await?;
    // A sequence that begins with the version 3, at a place that the form of its length decides.
    let begin = file.as_bytes().get(..8).unwrap_or_default();
    let is_pkcs12 = begin.starts_with(&[0x30]) && begin.windows(3).any(|v| v == [2, 1, 3]);
    ctx.check::<GenerateAndDownloadClientKeystore>(is_pkcs12, "the file is a PKCS #12 one");
    let stored = signing_key(ctx, uuid).await?;
    ctx.check::<GenerateAndDownloadClientKeystore>(
        stored.certificate.is_some()
            && stored.certificate != before.certificate
            && !has_key(&stored),
        "the certificate is another, and its key is not kept",
    );
    Some(())
}

/// The public half alone, as files of each kind, of a client that signs its own assertions and of an identity provider.
async fn uploads(ctx: &Context, certificate: &str) -> Option<()> {
    let uuid = make::public_client(ctx, &ctx.name("signing")).await?;
    let upload = async |format: &str, file: &str| {
        let (content_type, bytes) = form(&[("keystoreFormat", format)], file.as_bytes());
        let call = ctx.keycloak.upload_client_certificate();
        let call = call.realm(ctx.realm()).client_uuid(&uuid).attr(ATTRIBUTE);
        let uploaded = ctx.call(call.body(content_type, bytes)).await?;
        let stored = ctx.keycloak.get_client_certificate();
        let stored = stored.realm(ctx.realm()).client_uuid(&uuid);
        let stored = ctx.call(stored.attr(ATTRIBUTE)).await?;
        Some((uploaded.into_inner(), stored.into_inner()))
    };
    let pem = format!("-----BEGIN CERTIFICATE-----\n{certificate}\n-----END CERTIFICATE-----\n");
    let (uploaded, stored) = upload("Certificate PEM", &pem).await?;
    ctx.check::<UploadClientCertificate>(
        uploaded.certificate.as_deref() == Some(certificate) && is_same(&uploaded, &stored),
        "the certificate is stored",
    );

    let (content_type, bytes) = form(&[("keystoreFormat", "Certificate PEM")], pem.as_bytes());
    let read = ctx.keycloak.upload_identity_provider_certificate();
    let read = read.realm(ctx.realm()).body(content_type, bytes);
    let public_key = ctx.call(read).await.and_then(|read| {
        ctx.check::<UploadIdentityProviderCertificate>(
            read.certificate.as_deref() == Some(certificate),
            "the answer has the certificate that was uploaded",
        );
        read.into_inner().public_key
    });
    if let Some(key) = public_key {
        let (uploaded, stored) = upload("Public Key PEM", &key).await?;
        ctx.check::<UploadClientCertificate>(
            [uploaded.public_key, stored.public_key] == [Some(key.clone()), Some(key)],
            "the key is stored",
        );
    }

    let keys = jwks(ctx).await?;
    let (uploaded, stored) = upload("JSON Web Key Set", &keys).await?;
    let is_one = |kid: &String| keys.contains(kid) && stored.kid.as_ref() == Some(kid);
    ctx.check::<UploadClientCertificate>(
        uploaded.kid.as_ref().is_some_and(is_one),
        "one of the keys is stored",
    );
    Some(())
}

/// The public keys of the area's realm, as it publishes them.
async fn jwks(ctx: &Context) -> Option<String> {
    let url = format!(
        "{}/realms/{}/protocol/openid-connect/certs",
        ctx.target().url,
        ctx.realm()
    );
    let answer = ctx.http().get(url).send().await.ok()?;
    answer.text().await.ok()
}

fn has_key(certificate: &CertificateRepresentation) -> bool {
    certificate.private_key.is_some()
}

fn is_same(one: &CertificateRepresentation, other: &CertificateRepresentation) -> bool {
    one.certificate.is_some()
        && (&one.certificate, &one.private_key) == (&other.certificate, &other.private_key)
}
