//! The server: what it is, and who is calling it.

use conformance::context::Context;
use keycloak_api::server::{GetServerInfo, GetWhoami};
use keycloak_api::types::FeatureType;

use super::realms::administrator;

pub(crate) async fn run(ctx: &Context) {
    info(ctx).await;
    whoami(ctx).await;
}

async fn info(ctx: &Context) -> Option<()> {
    let info = ctx.call(ctx.keycloak.get_server_info()).await?.into_inner();
    let system = info.system_info?;
    ctx.check::<GetServerInfo>(
        system.version.as_deref() == Some(&ctx.target().version),
        "the version is the server's",
    );
    let known = [
        FeatureType::Default,
        FeatureType::DisabledByDefault,
        FeatureType::Preview,
        FeatureType::PreviewDisabledByDefault,
        FeatureType::Experimental,
        FeatureType::Deprecated,
    ];
    let mut features = info.features?.into_iter();
    ctx.check::<GetServerInfo>(
        features.all(|feature| feature.type_.is_some_and(|kind| known.contains(&kind))),
        "each feature has a type that is known",
    );
    let providers = info.providers?;
    ctx.check::<GetServerInfo>(
        providers.contains_key("realm-restapi-extension"),
        "the interfaces are listed by name",
    );
    Some(())
}

async fn whoami(ctx: &Context) -> Option<()> {
    let administrator = administrator(ctx).await?;
    let info = ctx.call(administrator.keycloak.get_server_info()).await?;
    ctx.check::<GetServerInfo>(
        info.memory_info.is_none() && info.cpu_info.is_none() && info.features.is_some(),
        "an administrator of one realm sees less of the server",
    );

    let call = administrator.keycloak.get_whoami().realm(ctx.realm());
    let me = ctx.call(call.current_realm(ctx.realm())).await?;
    ctx.check::<GetWhoami>(
        me.user_id == Some(administrator.user_id),
        "it is the caller",
    );
    let roles = me.realm_access.as_ref()?.get(ctx.realm())?;
    let is_there = roles.iter().any(|role| role == "realm-admin");
    ctx.check::<GetWhoami>(is_there, "the caller's roles are listed");
    // A token of another client, and the caller of another realm.
    let call = ctx.keycloak.get_whoami().realm("master");
    ctx.expect_error(call, 403).await;
    let call = ctx.keycloak.get_whoami().realm(ctx.realm());
    ctx.expect_error(call, 401).await;
    Some(())
}
