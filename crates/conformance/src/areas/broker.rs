//! A second realm of the server whose users log in here.

use std::collections::BTreeMap;

use conformance::context::Context;
use keycloak_api::types::{
    ClientRepresentation, IdentityProviderRepresentation, RealmRepresentation,
};
use keycloak_api::users::ListUsers;

use super::make::{self, PASSWORD};

/// This realm to the partner. Every realm has a client called `broker` already.
const CLIENT_ID: &str = "brokering";
/// The facts that the two realms share.
const SECRET: &str = "s3cret";

/// A realm that is an OIDC identity provider of the area's realm. To be [deleted](Self::delete).
pub(crate) struct Partner {
    realm: String,
    /// The alias of the identity provider.
    pub(crate) alias: String,
}

impl Partner {
    pub(crate) async fn make(ctx: &Context) -> Option<Self> {
        let alias = ctx.name("partner");
        let realm = format!("{}-{alias}", ctx.realm());
        let made = RealmRepresentation::new()
            .with_realm(&realm)
            .with_enabled(true);
        ctx.call(ctx.keycloak.create_realm().body(made)).await?;
        let partner = Self { realm, alias };
        if partner.introduce(ctx).await.is_none() {
            partner.delete(ctx).await;
            return None;
        }
        Some(partner)
    }

    /// Makes each of the two known to the other.
    async fn introduce(&self, ctx: &Context) -> Option<()> {
        let client = ClientRepresentation::new()
            .with_client_id(CLIENT_ID)
            .with_secret(SECRET)
            .with_redirect_uris([format!("{}/*", ctx.target().url)]);
        let create = ctx.keycloak.create_client().realm(&self.realm);
        ctx.call(create.body(client)).await?;
        let issuer = format!("{}/realms/{}", ctx.target().url, self.realm);
        let endpoint = |name: &str| format!("{issuer}/protocol/openid-connect/{name}");
        let config = BTreeMap::from([
            ("issuer", issuer.clone()),
            ("authorizationUrl", endpoint("auth")),
            ("tokenUrl", endpoint("token")),
            ("userInfoUrl", endpoint("userinfo")),
            ("jwksUrl", endpoint("certs")),
            ("useJwksUrl", "true".to_owned()),
            ("validateSignature", "true".to_owned()),
            ("clientId", CLIENT_ID.to_owned()),
            ("clientSecret", SECRET.to_owned()),
            ("clientAuthMethod", "client_secret_post".to_owned()),
            ("defaultScope", "openid profile email".to_owned()),
        ]);
        let provider = IdentityProviderRepresentation::new()
            .with_alias(&self.alias)
            .with_provider_id("oidc")
            .with_enabled(true)
            .with_trust_email(true)
            .with_config(config);
        let create = ctx.keycloak.create_identity_provider().realm(ctx.realm());
        ctx.call(create.body(provider)).await?;
        Some(())
    }

    /// A user of the partner who logs in here for the first time; gives the name, which is the same in both realms, and the id
    /// that the user has got here.
    pub(crate) async fn guest(&self, ctx: &Context) -> Option<(String, String)> {
        let username = ctx.name("guest");
        let create = ctx.keycloak.create_user().realm(&self.realm);
        ctx.call(create.body(make::person(&username))).await?;
        let client_id = ctx.name("guest-client");
        make::public_client(ctx, &client_id).await?;

        let code = self.log_in(ctx, &client_id, &username).await;
        ctx.check::<ListUsers>(code.is_some(), "a user of the partner can log in");
        let list = ctx.keycloak.list_users().realm(ctx.realm());
        let found = ctx.call(list.username(&username).exact(true)).await?;
        let id = found.first()?.id.clone()?;
        Some((username, id))
    }

    async fn log_in(&self, ctx: &Context, client_id: &str, username: &str) -> Option<String> {
        let hint = format!("&kc_idp_hint={}", self.alias);
        let mut browser = ctx.browser();
        let form = browser
            .open(&ctx.login_url(client_id, "openid", &hint))
            .await?;
        let login = [("username", username), ("password", PASSWORD)];
        browser.submit(&form, &login).await?.parameter("code")
    }

    pub(crate) async fn delete(self, ctx: &Context) {
        ctx.call(ctx.keycloak.delete_realm().realm(&self.realm))
            .await;
    }
}
