//! Onboards a tenant: an organisation with its domain, its first user, and what they need to begin. As an organisation of Keycloak's, and, where
//! the server has Phase Two's extensions, as one of Phase Two's with a role and an invitation.
//!
//! It can be run again and again: what is there stays, what is missing is made.
//!
//! ```text
//! cargo run -p keycloak-admin --example onboard_tenant -- acme initech initech.example peter@initech.example
//! ```

mod common;

use keycloak_admin::phasetwo::types as phasetwo;
use keycloak_admin::types::{
    OrganizationDomainRepresentation, OrganizationRepresentation, UserRepresentation,
};
use keycloak_admin::{Ensured, Error, Realm};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let [realm, name, domain, email] = common::arguments(["REALM", "NAME", "DOMAIN", "EMAIL"]);
    let keycloak = common::connect()?;
    let tenant = Tenant {
        name: &name,
        domain: &domain,
        email: &email,
    };
    let onboarded = run(keycloak.realm(&realm), tenant).await?;
    println!("user: {:?}", onboarded.user);
    println!("organisation: {:?}", onboarded.organization);
    println!("Phase Two's organisation: {:?}", onboarded.phasetwo);
    Ok(())
}

/// Who is to be onboarded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tenant<'a> {
    /// A name without blanks, which is also the alias.
    pub(crate) name: &'a str,
    /// The domain of the tenant's e-mail addresses.
    pub(crate) domain: &'a str,
    /// The address of the tenant's first user.
    pub(crate) email: &'a str,
}

/// The ids of what there is now.
#[derive(Debug)]
pub(crate) struct Onboarded {
    /// The tenant's first user.
    pub(crate) user: Ensured<String>,
    /// Keycloak's own organisation.
    pub(crate) organization: Ensured<String>,
    /// Phase Two's organisation, on a server that has them.
    pub(crate) phasetwo: Option<Ensured<String>>,
}

/// Makes what is missing of the tenant in this realm.
pub(crate) async fn run(realm: Realm<'_>, tenant: Tenant<'_>) -> Result<Onboarded, Error> {
    // An update of the realm leaves alone what it does not name; `modify` writes nothing where nothing changes.
    realm
        .modify(|realm| realm.organizations_enabled = Some(true))
        .await?;
    let user = UserRepresentation {
        username: Some(tenant.email.to_owned()),
        email: Some(tenant.email.to_owned()),
        enabled: Some(true),
        ..Default::default()
    };
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
    realm: Realm<'_>,
    tenant: Tenant<'_>,
    user_id: &str,
) -> Result<Ensured<String>, Error> {
    let organization = OrganizationRepresentation {
        name: Some(tenant.name.to_owned()),
        domains: Some(vec![OrganizationDomainRepresentation {
            name: Some(tenant.domain.to_owned()),
            verified: Some(true),
        }]),
        ..Default::default()
    };
    let id = realm
        .organizations()
        .create(&organization)
        .exist_ok()
        .await?;
    match realm
        .organizations()
        .id(id.inner())
        .members()
        .add_user(user_id)
        .await
    {
        Ok(()) => {}
        Err(error) if error.is_conflict() => {} // a member already
        Err(error) => return Err(error),
    }
    Ok(id)
}

async fn phasetwo_organization(
    realm: Realm<'_>,
    tenant: Tenant<'_>,
    user_id: &str,
) -> Result<Ensured<String>, Error> {
    let organization = phasetwo::OrganizationRepresentation {
        name: Some(tenant.name.to_owned()),
        domains: Some(vec![tenant.domain.to_owned()]),
        ..Default::default()
    };
    let id = realm
        .phasetwo()
        .organizations()
        .create(&organization)
        .exist_ok()
        .await?;
    let organization = realm.phasetwo().organizations().id(id.inner());
    organization.members().add_user(user_id).await?;
    let owner = phasetwo::OrganizationRoleRepresentation {
        name: Some("owner".to_owned()),
        description: Some("Pays the bill".to_owned()),
        ..Default::default()
    };
    organization.roles().create(&owner).exist_ok().await?;
    // Of these the last is one that every organisation has.
    let roles = ["owner", "manage-members"].map(|name| phasetwo::OrganizationRoleRepresentation {
        name: Some(name.to_owned()),
        ..Default::default()
    });
    for granted in organization.members().id(user_id).grant(&roles).await? {
        granted?;
    }
    let accounting = phasetwo::InvitationRequestRepresentation {
        email: Some(format!("accounting@{}", tenant.domain)),
        send: Some(false), // true, where the realm has a mail server
        roles: Some(vec!["owner".to_owned()]),
        ..Default::default()
    };
    organization
        .invitations()
        .create(&accounting)
        .exist_ok()
        .await?;
    Ok(id)
}
