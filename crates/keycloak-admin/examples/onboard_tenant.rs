//! Onboards a tenant: creates its first user and an organisation with its domain. If the server has Phase Two's extensions, it also creates an
//! organisation of Phase Two, with a role and an invitation.
//!
//! It can be run again and again. It leaves existing objects as they are, and creates the missing ones.
//!
//! ```text
//! cargo run -p keycloak-admin --example onboard_tenant -- acme initech initech.example peter@initech.example
//! ```

mod common;

use clap::Parser;
use keycloak_admin::phasetwo::types as phasetwo;
use keycloak_admin::types::{
    OrganizationDomainRepresentation, OrganizationRepresentation, UserRepresentation,
};
use keycloak_admin::{Ensured, Error, Realm};

/// Onboards a tenant: creates its first user and an organisation with its domain. If the server has Phase Two's extensions, it also creates an
/// organisation of Phase Two, with a role and an invitation.
#[derive(Parser)]
struct Args {
    /// The name of the realm.
    realm: String,
    /// The name of the tenant.
    name: String,
    /// The domain of its mail addresses.
    domain: String,
    /// The address of its first user.
    email: String,
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let args = Args::parse();
    let keycloak = common::connect()?;
    let tenant = Tenant {
        name: &args.name,
        domain: &args.domain,
        email: &args.email,
    };
    let onboarded = run(&keycloak.realm(args.realm), tenant).await?;
    println!("user: {:?}", onboarded.user);
    println!("organisation: {:?}", onboarded.organization);
    println!("Phase Two's organisation: {:?}", onboarded.phasetwo);
    Ok(())
}

/// The tenant to onboard.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tenant<'a> {
    /// A name without blanks, which is also the alias.
    pub(crate) name: &'a str,
    /// The domain of the tenant's e-mail addresses.
    pub(crate) domain: &'a str,
    /// The address of the tenant's first user.
    pub(crate) email: &'a str,
}

/// The ids of the tenant's objects.
#[derive(Debug)]
pub(crate) struct Onboarded {
    /// The tenant's first user.
    pub(crate) user: Ensured<String>,
    /// Keycloak's own organisation.
    pub(crate) organization: Ensured<String>,
    /// Phase Two's organisation. `None` if the server does not have the extensions.
    pub(crate) phasetwo: Option<Ensured<String>>,
}

/// Creates the missing objects of the tenant in this realm.
pub(crate) async fn run(realm: &Realm, tenant: Tenant<'_>) -> Result<Onboarded, Error> {
    // If the setting is on already, `modify` writes nothing.
    realm
        .modify(|realm| realm.organizations_enabled = Some(true))
        .await?;
    let user = UserRepresentation::new()
        .with_username(tenant.email)
        .with_email(tenant.email)
        .with_enabled(true);
    let user = realm.users().create(&user).exist_ok().await?;
    let organization = keycloak_organization(realm, tenant, user.inner()).await?;
    let phasetwo = if realm.phasetwo().is_available().await? {
        Some(phasetwo_organization(realm, tenant, user.inner()).await?)
    } else {
        None
    };
    Ok(Onboarded {
        user,
        organization,
        phasetwo,
    })
}

async fn keycloak_organization(
    realm: &Realm,
    tenant: Tenant<'_>,
    user_id: &str,
) -> Result<Ensured<String>, Error> {
    let organization = OrganizationRepresentation::new()
        .with_name(tenant.name)
        .with_domains([OrganizationDomainRepresentation::new()
            .with_name(tenant.domain)
            .with_verified(true)]);
    let id = realm
        .organizations()
        .create(&organization)
        .exist_ok()
        .await?;
    let members = realm.organization(id.inner()).members();
    match members.add_user(user_id).await {
        Ok(()) => {}
        Err(error) if error.is_conflict() => {} // a member already
        Err(error) => return Err(error),
    }
    Ok(id)
}

async fn phasetwo_organization(
    realm: &Realm,
    tenant: Tenant<'_>,
    user_id: &str,
) -> Result<Ensured<String>, Error> {
    let organization = phasetwo::OrganizationRepresentation::new()
        .with_name(tenant.name)
        .with_domains([tenant.domain]);
    let id = realm
        .phasetwo()
        .organizations()
        .create(&organization)
        .exist_ok()
        .await?;
    let organization = realm.phasetwo().organization(id.inner());
    organization.members().add_user(user_id).await?;
    let owner = phasetwo::OrganizationRoleRepresentation::new()
        .with_name("owner")
        .with_description("Pays the bill");
    organization.roles().create(&owner).exist_ok().await?;
    // Every organisation has the role `manage-members`.
    let roles = ["owner", "manage-members"]
        .map(|name| phasetwo::OrganizationRoleRepresentation::new().with_name(name));
    for granted in organization.member(user_id).grant(&roles).await? {
        granted?;
    }
    let accounting = phasetwo::InvitationRequestRepresentation::new()
        .with_email(format!("accounting@{}", tenant.domain))
        .with_send(false) // true if the realm has a mail server
        .with_roles(["owner"]);
    organization
        .invitations()
        .create(&accounting)
        .exist_ok()
        .await?;
    Ok(id)
}
