//! Every operation against a contract server, which checks each request against the document and answers from it.

use contract_server::{ContractServer, specification};
use folio_users::api::Call;
use folio_users::types::{
    ErrorCode, IncludedField, Personal, User, UserMigrationJob, UserMigrationJobStatus,
};
use folio_users::{Cql, Credentials, Error, Folio, MigrationEnd, Operation, Tenant, error_code};

const ID: &str = "9e3b5a7c-1d2f-4c60-8b1a-2f0c6d7e8f90";

fn connect(server: &ContractServer) -> Folio {
    Folio::builder(server.url())
        .credentials(Credentials::token("a-token"))
        .token_header("x-okapi-token")
        .build()
        .unwrap()
}

fn person() -> User {
    User::new()
        .with_username("ann")
        .with_active(true)
        .with_personal(
            Personal::new()
                .with_last_name("Example")
                .with_email("ann@example.com"),
        )
}

/// Has the server answer with this status, or this example.
fn prefer<O: Operation>(call: Call<O>, what: &str) -> Call<O> {
    call.header("prefer", what)
}

/// Makes a call once for each of the errors that its operation has.
struct Errors {
    seen: Vec<&'static str>,
}

impl Errors {
    async fn of<O: Operation>(&mut self, call: impl Fn() -> Call<O>, statuses: &[u16]) {
        for &status in statuses {
            let what = if status == 422 {
                "code=422, example=linkExpired".to_owned()
            } else {
                format!("code={status}")
            };
            let Err(error) = prefer(call(), &what).await else {
                panic!("{}: no {status}", O::INFO.id())
            };
            assert_eq!(error.status(), Some(status), "{error}");
            assert_eq!(error.operation(), Some(O::INFO.id()));
            let code = match status {
                400 => ErrorCode::ValidationError,
                403 => ErrorCode::ServiceError,
                404 => ErrorCode::NotFoundError,
                422 => ErrorCode::LinkExpired,
                _ => ErrorCode::UnknownError,
            };
            assert_eq!(error_code(&error), Some(code), "{error}");
            assert!(!error.message().unwrap().is_empty());
            let parameters = error.field_errors()[0].params.as_ref().unwrap();
            assert_eq!(parameters[0]["key"], "field");
        }
        self.seen.push(O::INFO.id());
    }
}

#[tokio::test]
#[ignore = "needs npm; run cargo xtask test"]
async fn every_operation_succeeds() {
    let server = ContractServer::start(&specification("folio-users")).unwrap();
    let folio = connect(&server);
    let tenant = folio.tenant("diku");
    users(&tenant).await;
    migrations(&tenant).await;

    let passwords = tenant.passwords();
    passwords.send_reset_link("ann@example.com").await.unwrap();
    passwords.send_username("ann@example.com").await.unwrap();
    let link = passwords.create_reset_link(ID).await.unwrap();
    assert!(link.link.is_some());
    assert!(!format!("{link:?}").contains(link.link.as_deref().unwrap()));
    passwords.validate_link().await.unwrap();
    passwords.reset("s3cret").await.unwrap();
}

async fn users(tenant: &Tenant) {
    let users = tenant.users();
    let user = tenant.user(ID);
    let hostile = Cql::exact("username", "\"*\\?^&=#é").sort_by("username");
    let listed = users.list().query(&hostile).await.unwrap();
    assert_eq!(listed.users.unwrap().len(), 1);
    // The server ignores the offset and sends the same page forever, yet the stream ends.
    let streamed = users
        .list()
        .stream()
        .page_size(500)
        .try_collect()
        .await
        .unwrap();
    assert_eq!(streamed.len(), 1);
    let page = users.list().offset(0).limit(500).await.unwrap();
    let facet = &page.result_info.unwrap().facets.unwrap()[0];
    assert_eq!(facet.facet_values.as_ref().unwrap().len(), 1);
    assert_eq!(users.count(&Cql::all()).await.unwrap(), 0);

    let made = users.create(&person()).keycloak_only(true);
    assert!(made.await.unwrap().id.is_some());
    let read = user.get().await.unwrap();
    assert!(read.metadata.unwrap().created_date.is_some());
    assert!(user.find().await.unwrap().is_some());
    user.update(&person()).await.unwrap();
    user.delete().await.unwrap();
    assert!(user.delete_if_exists().await.unwrap());
    users.delete_all(&hostile).await.unwrap();
    let permissions = user.find_permissions(["users.collection.get", "users.item.*"]);
    assert_eq!(permissions.await.unwrap().permissions.unwrap().len(), 1);

    let included = [IncludedField::Groups, IncludedField::ExpandedServicepoints];
    let myself = tenant
        .get_current_user()
        .include(included)
        .expand_permissions(true)
        .override_user(false);
    let myself = myself.await.unwrap();
    assert!(myself.patron_group.unwrap().group.is_some());
    let points = myself.service_points_user.unwrap();
    let point = points.service_points.unwrap().remove(0);
    let slip = point.staff_slips.unwrap().remove(0);
    assert!(slip.print_by_default.is_some());

    assert!(user.has_auth_user().await.unwrap());
    assert!(user.create_auth_user().await.unwrap().is_created());
    let existing = user.create_auth_user().header("prefer", "code=204");
    assert!(!existing.await.unwrap().is_created());
}

async fn migrations(tenant: &Tenant) {
    let migrations = tenant.migrations();
    let listed = migrations.list().query(Cql::all()).await.unwrap();
    assert!(listed.total_records.is_some());
    let listed = listed.migrations.unwrap();
    assert_eq!(listed[0].status, Some(UserMigrationJobStatus::InProgress));
    // The stream ends here too.
    let streamed = migrations.list().try_collect().await.unwrap();
    assert_eq!(streamed.len(), listed.len());
    let started = migrations.start().await.unwrap();
    assert_eq!(started.total_records, Some(1200));
    for (example, status) in [
        ("inProgress", UserMigrationJobStatus::InProgress),
        ("finished", UserMigrationJobStatus::Finished),
        ("failed", UserMigrationJobStatus::Failed),
    ] {
        let get = prefer(tenant.migration(ID).get(), &format!("example={example}"));
        assert_eq!(get.await.unwrap().status, Some(status));
    }
    tenant.migration(ID).delete().await.unwrap();

    tenant.idp_migrations().link("central", [ID]).await.unwrap();
    tenant
        .idp_migrations()
        .unlink("central", [ID])
        .await
        .unwrap();
}

#[tokio::test]
#[ignore = "needs npm; run cargo xtask test"]
async fn every_operation_fails_as_the_document_says() {
    let server = ContractServer::start(&specification("folio-users")).unwrap();
    let folio = connect(&server);
    let tenant = folio.tenant("diku");
    let (users, user) = (tenant.users(), tenant.user(ID));
    let (migrations, migration) = (tenant.migrations(), tenant.migration(ID));
    let (links, passwords) = (tenant.idp_migrations(), tenant.passwords());
    let mut errors = Errors { seen: Vec::new() };

    errors.of(|| users.list(), &[400, 500]).await;
    errors
        .of(|| users.create(&person()), &[400, 422, 500])
        .await;
    errors
        .of(|| users.delete_all(&Cql::all()), &[400, 500])
        .await;
    errors.of(|| user.get(), &[400, 404, 500]).await;
    errors
        .of(|| user.update(&person()), &[400, 404, 422, 500])
        .await;
    errors.of(|| user.delete(), &[400, 404, 500]).await;
    errors
        .of(|| user.find_permissions(["a"]), &[400, 404, 500])
        .await;
    errors
        .of(|| tenant.get_current_user(), &[400, 403, 404, 500])
        .await;
    errors.of(|| migrations.list(), &[400, 500]).await;
    errors.of(|| migrations.start(), &[400, 500]).await;
    errors.of(|| migration.get(), &[400, 404, 500]).await;
    errors.of(|| migration.delete(), &[400, 404, 500]).await;
    errors.of(|| links.link("central", [ID]), &[400, 500]).await;
    errors
        .of(|| links.unlink("central", [ID]), &[400, 500])
        .await;
    errors
        .of(|| passwords.send_reset_link("a"), &[400, 422, 500])
        .await;
    errors
        .of(|| passwords.send_username("a"), &[400, 422, 500])
        .await;
    errors
        .of(|| passwords.reset("s3cret"), &[400, 422, 500])
        .await;
    errors
        .of(|| passwords.create_reset_link(ID), &[400, 404, 422, 500])
        .await;
    errors
        .of(|| passwords.validate_link(), &[400, 422, 500])
        .await;
    let check = || {
        let call = folio.api().check_auth_user();
        call.user_id(ID).x_okapi_tenant("diku")
    };
    errors.of(check, &[400, 404, 500]).await;
    let create = || {
        let call = folio.api().create_auth_user();
        call.user_id(ID).x_okapi_tenant("diku")
    };
    errors.of(create, &[400, 404, 500]).await;

    let mut all: Vec<_> = folio_users_api::OPERATIONS
        .iter()
        .map(|info| info.id())
        .collect();
    all.sort_unstable();
    errors.seen.sort_unstable();
    assert_eq!(errors.seen, all);

    // Codes tell errors of one status apart.
    for (example, code) in [
        ("found", ErrorCode::FoundError),
        ("userNotFound", ErrorCode::UserNotFound),
        ("absentUsername", ErrorCode::UserAbsentUsername),
        ("linkUsed", ErrorCode::LinkUsed),
        ("linkInvalid", ErrorCode::LinkInvalid),
    ] {
        let call = prefer(
            passwords.validate_link(),
            &format!("code=422, example={example}"),
        );
        assert_eq!(error_code(&call.await.unwrap_err()), Some(code));
    }
}

#[tokio::test]
#[ignore = "needs npm; run cargo xtask test"]
async fn wrong_requests_are_refused_by_the_server() {
    let server = ContractServer::start(&specification("folio-users")).unwrap();
    let folio = connect(&server);
    let tenant = folio.tenant("diku");
    let refused = |error: Error| {
        assert!(matches!(error.status(), Some(400 | 422)), "{error}");
        assert_eq!(error_code(&error), Some(ErrorCode::ValidationError));
    };
    // A limit that is too high, an id that is not a UUID, an unknown field to include, a body without its required fields, a wrong value in it.
    let page = tenant.users().list().limit(501);
    refused(page.await.unwrap_err());
    refused(tenant.user("not-a-uuid").get().await.unwrap_err());
    let myself = tenant.get_current_user().include(["nonsense"]);
    refused(myself.await.unwrap_err());
    let nobody = User::new().with_personal(Personal::new());
    refused(tenant.users().create(&nobody).await.unwrap_err());
    let link = tenant.idp_migrations().link("central", ["not-a-uuid"]);
    refused(link.await.unwrap_err());
    let mail = User::new().with_preferred_email_communication(["Nonsense"]);
    refused(tenant.users().create(&mail).await.unwrap_err());

    // Without a tenant the client itself refuses; made to send an empty one, the server does.
    let unnamed = folio.api().list_users().send().await.unwrap_err();
    assert!(unnamed.to_string().contains("x-okapi-tenant"), "{unnamed}");
    refused(folio.tenant("").users().list().await.unwrap_err());
}

/// The server says at once that the migration failed.
#[tokio::test]
#[ignore = "needs npm; run cargo xtask test"]
async fn a_migration_is_watched_to_its_end() {
    let server = ContractServer::start(&specification("folio-users")).unwrap();
    let folio = connect(&server);
    let migration = folio.tenant("diku").migration(ID);
    let watch = migration.watch().header("prefer", "example=failed");
    let MigrationEnd::Failed(UserMigrationJob { finished_at, .. }) = watch.await.unwrap() else {
        panic!("it failed");
    };
    assert!(finished_at.is_some());
}
