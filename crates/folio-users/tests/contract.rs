//! Every operation against a contract server, which checks each request against a document of the service and answers from it.
//!
//! The expected values come from the answers and the document, so the tests hold for any document of the service. They run on two: the
//! pinned one, and one that says less, as the service's own documents do.

use std::fs;
use std::sync::LazyLock;

use contract_server::{ContractServer, corrected_specification};
use folio_users::api::Call;
use folio_users::types::{IncludedField, Personal, User};
use folio_users::{Cql, Credentials, Error, Folio, Operation, Tenant, error_code, error_message};
use serde_json::{Value, json};

const ID: &str = "9e3b5a7c-1d2f-4c60-8b1a-2f0c6d7e8f90";

/// A document of the service, on a contract server.
struct Contract {
    document: &'static Value,
    server: ContractServer,
}

/// The pinned document with its corrections, and the lean one.
static DOCUMENTS: LazyLock<[Value; 2]> = LazyLock::new(|| {
    let file = corrected_specification("folio-users").unwrap();
    let document: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    fs::remove_file(file).unwrap();
    let lean_document = lean(document.clone());
    [document, lean_document]
});

impl Contract {
    /// Starts a server for each document.
    fn start() -> impl Iterator<Item = Self> {
        DOCUMENTS.iter().map(|document| {
            let file = tempfile::Builder::new().suffix(".json").tempfile().unwrap();
            fs::write(&file, document.to_string()).unwrap();
            let server = ContractServer::start(file.path()).unwrap();
            Self { document, server }
        })
    }

    /// Returns the error statuses that the document names for an operation.
    fn error_statuses<O: Operation>(&self) -> Vec<u16> {
        let method = O::INFO.method().to_lowercase();
        let operation = &self.document["paths"][O::INFO.path()][method];
        let responses = operation["responses"].as_object().unwrap();
        let statuses = responses.keys().filter_map(|status| status.parse().ok());
        statuses.filter(|status| *status >= 400).collect()
    }
}

/// The same API in a document that says less: no header of the tenant, no examples, an error code that is any string, and successes
/// without content that are declared as text.
fn lean(mut document: Value) -> Value {
    document["components"]["schemas"]["ErrorCode"] = json!({"type": "string"});
    simplify(&mut document);
    document
}

fn simplify(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|key, _| !matches!(key.as_str(), "example" | "examples"));
            if let Some(response) = map.get_mut("204") {
                response["content"] = json!({"text/plain": {"schema": {"type": "string"}}});
            }
            if let Some(Value::Array(parameters)) = map.get_mut("parameters") {
                parameters.retain(|parameter| {
                    let names = [&parameter["$ref"], &parameter["name"]];
                    !names.iter().any(|name| {
                        let name = name.as_str().unwrap_or_default();
                        name.ends_with("/tenant") || name.starts_with("x-okapi-")
                    })
                });
            }
            map.values_mut().for_each(simplify);
        }
        Value::Array(items) => items.iter_mut().for_each(simplify),
        _ => {}
    }
}

fn connect(contract: &Contract) -> Folio {
    Folio::builder(contract.server.url())
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

/// Makes a call once for each of the errors that its operation has.
struct Errors<'a> {
    contract: &'a Contract,
    seen: Vec<&'static str>,
}

impl Errors<'_> {
    async fn of<O: Operation>(&mut self, call: impl Fn() -> Call<O>) {
        let statuses = self.contract.error_statuses::<O>();
        assert!(!statuses.is_empty(), "{} has no errors", O::INFO.id());
        for status in statuses {
            let prefer = format!("code={status}");
            let Err(error) = call().header("prefer", prefer).await else {
                panic!("{}: no {status}", O::INFO.id())
            };
            assert_eq!(error.status(), Some(status), "{error}");
            assert_eq!(error.operation(), Some(O::INFO.id()));
            let body: Value = serde_json::from_slice(error.body().unwrap()).unwrap();
            let sent = &body["errors"][0];
            let code = error_code(&error).unwrap();
            assert_eq!(sent["code"], code.as_str(), "{error}");
            assert_eq!(error_message(&error), sent["message"].as_str());
            let parameters = json!(error.field_errors()[0].params);
            assert_eq!(parameters, sent["parameters"], "{error}");
        }
        self.seen.push(O::INFO.id());
    }
}

#[tokio::test]
#[ignore = "needs npm; run cargo xtask test"]
async fn every_operation_succeeds() {
    for contract in Contract::start() {
        let tenant = connect(&contract).tenant("diku");
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
    users.count(&Cql::all()).await.unwrap();

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
}

async fn migrations(tenant: &Tenant) {
    let migrations = tenant.migrations();
    let listed = migrations.list().query(Cql::all()).await.unwrap();
    assert!(listed.total_records.is_some());
    let listed = listed.migrations.unwrap();
    assert!(listed[0].status.is_some());
    // The stream ends here too.
    let streamed = migrations.list().try_collect().await.unwrap();
    assert_eq!(streamed.len(), listed.len());
    let started = migrations.start().await.unwrap();
    assert!(started.total_records.is_some());
    let job = tenant.migration(ID).get().await.unwrap();
    assert!(job.status.is_some());
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
    for contract in Contract::start() {
        let mut errors = Errors {
            contract: &contract,
            seen: Vec::new(),
        };
        let folio = connect(&contract);
        errors_of_users(&folio, &mut errors).await;
        errors_of_the_rest(&folio, &mut errors).await;

        let all = folio_users_api::OPERATIONS.iter();
        let mut all: Vec<_> = all.map(|info| info.id()).collect();
        all.sort_unstable();
        errors.seen.sort_unstable();
        assert_eq!(errors.seen, all);
    }
}

async fn errors_of_users(folio: &Folio, errors: &mut Errors<'_>) {
    let tenant = folio.tenant("diku");
    let (users, user) = (tenant.users(), tenant.user(ID));
    errors.of(|| users.list()).await;
    errors.of(|| users.create(&person())).await;
    errors.of(|| users.delete_all(&Cql::all())).await;
    errors.of(|| user.get()).await;
    errors.of(|| user.update(&person())).await;
    errors.of(|| user.delete()).await;
    errors.of(|| user.find_permissions(["a"])).await;
    errors.of(|| tenant.get_current_user()).await;
    let check = || folio.api().check_auth_user().user_id(ID);
    errors.of(|| check().x_okapi_tenant("diku")).await;
    let create = || folio.api().create_auth_user().user_id(ID);
    errors.of(|| create().x_okapi_tenant("diku")).await;
}

async fn errors_of_the_rest(folio: &Folio, errors: &mut Errors<'_>) {
    let tenant = folio.tenant("diku");
    let (migrations, migration) = (tenant.migrations(), tenant.migration(ID));
    errors.of(|| migrations.list()).await;
    errors.of(|| migrations.start()).await;
    errors.of(|| migration.get()).await;
    errors.of(|| migration.delete()).await;
    let (links, passwords) = (tenant.idp_migrations(), tenant.passwords());
    errors.of(|| links.link("central", [ID])).await;
    errors.of(|| links.unlink("central", [ID])).await;
    errors.of(|| passwords.send_reset_link("a")).await;
    errors.of(|| passwords.send_username("a")).await;
    errors.of(|| passwords.reset("s3cret")).await;
    errors.of(|| passwords.create_reset_link(ID)).await;
    errors.of(|| passwords.validate_link()).await;
}

#[tokio::test]
#[ignore = "needs npm; run cargo xtask test"]
async fn wrong_requests_are_refused_by_the_server() {
    for contract in Contract::start() {
        let folio = connect(&contract);
        let tenant = folio.tenant("diku");
        let refused = |error: Error| {
            assert!(matches!(error.status(), Some(400 | 422)), "{error}");
            assert!(error_code(&error).is_some());
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

        // Without a tenant the client itself refuses.
        let unnamed = folio.api().list_users().send().await.unwrap_err();
        assert!(unnamed.to_string().contains("x-okapi-tenant"), "{unnamed}");
    }
}
