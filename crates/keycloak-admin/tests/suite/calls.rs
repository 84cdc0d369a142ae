//! Calls and helpers, against servers that answer as a test says.

// A scenario is read from top to bottom.
#![allow(clippy::too_many_lines)]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::fake::{Answer, Fake, Received};
use keycloak_admin::types::{
    GroupRepresentation, RealmRepresentation, RoleRepresentation, UserRepresentation,
};
use keycloak_admin::{
    ApiCall, Credentials, Ensured, Error, ErrorKind, Keycloak, RetryPolicy, SessionBuilder,
};

fn user(username: &str) -> UserRepresentation {
    UserRepresentation::new().with_username(username)
}

/// A server on which `POST` answers with `post`, and every `GET` with `get`.
fn two(post: Answer, get: Answer) -> Fake {
    Fake::start(move |request| match request.method.as_str() {
        "POST" => post.clone(),
        _ => get.clone(),
    })
}

const ALICE: &str = r#"[{"id":"5c1b","username":"alice"}]"#;
const USERS: &str = "/admin/realms/acme/users";

fn lines(methods: &[&str]) -> Vec<String> {
    methods
        .iter()
        .map(|method| format!("{method} {USERS}"))
        .collect()
}

#[tokio::test]
async fn futures_can_be_spawned() {
    let fake = two(Answer::created("/users/5c1b"), Answer::json(ALICE));
    let keycloak = fake.keycloak();
    let realm = keycloak.realm("acme");
    let users = realm.users();
    let list = tokio::spawn(users.list().into_future());
    let sent = tokio::spawn(users.list().send());
    let raw = tokio::spawn(users.list().raw().into_future());
    let finding = users.clone();
    let found = tokio::spawn(async move { finding.find_by_username("alice").await });
    let made = tokio::spawn(users.create(&user("alice")).into_future());
    let ensured = tokio::spawn(users.create(&user("alice")).exist_ok().into_future());
    let modify = realm.user("5c1b").modify(|user| user.enabled = Some(true));
    let modified = tokio::spawn(modify.into_future());
    let mut stream = users.list().stream();
    let streamed = tokio::spawn(async move { stream.try_next().await });
    assert_eq!(list.await.unwrap().unwrap().len(), 1);
    assert_eq!(sent.await.unwrap().unwrap().status(), 200);
    assert_eq!(raw.await.unwrap().unwrap().as_bytes(), ALICE.as_bytes());
    assert!(found.await.unwrap().unwrap().is_some());
    assert_eq!(made.await.unwrap().unwrap(), "5c1b");
    assert_eq!(ensured.await.unwrap().unwrap().into_inner(), "5c1b");
    // It gets a list and needs an object.
    assert_eq!(
        modified.await.unwrap().unwrap_err().kind(),
        ErrorKind::Decode
    );
    assert!(streamed.await.unwrap().unwrap().is_some());
}

#[tokio::test]
async fn a_call_reaches_parameters_headers_and_other_media_types() {
    let fake = Fake::start(|_| Answer::json("name: hello"));
    let keycloak = fake.keycloak();
    let mut workflow = keycloak.api().get_workflow().realm("acme").id("7");
    workflow.request_mut().set_query("includeId", false);
    let answer = workflow
        .retry(RetryPolicy::none())
        .raw()
        .accept("application/yaml")
        .await
        .unwrap();
    assert_eq!(answer.text().unwrap(), "name: hello");
    let received = &fake.received()[0];
    assert_eq!(received.accept, "application/yaml");
    assert_eq!(received.query["includeId"], "false");
}

#[tokio::test]
async fn the_retry_policy_of_a_call_counts() {
    let fake = Fake::start(|_| Answer::status(503));
    let patient = RetryPolicy::default()
        .attempts(4)
        .base_delay(std::time::Duration::ZERO);
    let keycloak = fake.keycloak();
    let error = keycloak
        .realm("acme")
        .get()
        .retry(patient)
        .await
        .unwrap_err();
    assert_eq!((error.attempts(), fake.received().len()), (4, 4));
}

#[tokio::test]
async fn not_found_is_an_answer_where_it_is_asked_for() {
    let fake = Fake::start(|_| Answer::status(404));
    let keycloak = fake.keycloak();
    let realm = keycloak.realm("acme");
    assert!(realm.find().await.unwrap().is_none());
    assert!(realm.user("7").find().await.unwrap().is_none());
    assert!(!realm.delete_if_exists().await.unwrap());
    assert!(!realm.user("7").delete_if_exists().await.unwrap());
    assert!(realm.user("7").get().await.unwrap_err().is_not_found());

    let fake = Fake::start(|_| Answer::status(403));
    let keycloak = fake.keycloak();
    assert!(
        keycloak
            .realm("acme")
            .find()
            .await
            .unwrap_err()
            .is_forbidden()
    );
    assert!(
        keycloak
            .realm("acme")
            .delete_if_exists()
            .await
            .unwrap_err()
            .is_forbidden()
    );
}

/// A creation, its lookup, a change and a batch have the header, the limit and the retry policy of a call.
#[tokio::test]
async fn helpers_have_the_settings_of_calls_in_every_request() {
    let conflict = two(Answer::conflict("exists"), Answer::json(ALICE));
    let keycloak = conflict.keycloak();
    let users = keycloak.realm("acme").users();
    let create = users.create(&user("alice")).header("x-reason", "import");
    create.exist_ok().await.unwrap();
    let reasons: Vec<_> = conflict
        .received()
        .into_iter()
        .map(|request| request.reason)
        .collect();
    assert_eq!(reasons, ["import", "import"]);

    let create = users.create(&user("alice")).exist_ok().max_body_bytes(3);
    assert_eq!(create.await.unwrap_err().kind(), ErrorKind::BodyTooLarge);
    let create = users
        .create(&user("alice"))
        .header("x-reason", "two\nlines");
    assert_eq!(create.await.unwrap_err().kind(), ErrorKind::InvalidRequest);

    let busy = Fake::start(|_| Answer::status(503));
    let keycloak = busy.keycloak();
    let realm = keycloak.realm("acme");
    let modify = realm.modify(|_| ()).retry(RetryPolicy::none());
    let error = modify.header("x-reason", "change").await.unwrap_err();
    assert_eq!((error.attempts(), busy.received().len()), (1, 1));
    assert_eq!(busy.received()[0].reason, "change");

    let created = two(Answer::created("/users/5c1b"), Answer::status(500));
    let keycloak = created.keycloak();
    let batch = keycloak
        .realm("acme")
        .users()
        .create_many([user("a"), user("b")]);
    let results = batch
        .header("x-reason", "batch")
        .timeout(Duration::from_secs(5))
        .retry(RetryPolicy::none())
        .max_body_bytes(1_000)
        .await;
    assert!(results.iter().all(Result::is_ok));
    assert!(
        created
            .received()
            .iter()
            .all(|request| request.reason == "batch")
    );
    let response = keycloak.realm("acme").users().create(&user("c")).send();
    assert_eq!(response.await.unwrap().status(), 201);
}

#[tokio::test]
async fn create_returns_the_id_from_location() {
    let fake = two(
        Answer::created("http://h/admin/realms/acme/users/a%2Fb"),
        Answer::status(500),
    );
    let keycloak = fake.keycloak();
    let users = keycloak.realm("acme").users();
    assert_eq!(users.create(&user("alice")).await.unwrap(), "a/b");
    let ensured = users.create(&user("alice")).exist_ok().await.unwrap();
    assert_eq!(ensured, Ensured::Created("a/b".to_owned()));
    assert_eq!(fake.lines(), lines(&["POST", "POST"]));
    assert_eq!(fake.received()[0].body, r#"{"username":"alice"}"#);
}

#[tokio::test]
async fn create_looks_up_the_id_where_there_is_no_location() {
    let fake = two(Answer::status(201), Answer::json(ALICE));
    let keycloak = fake.keycloak();
    let users = keycloak.realm("acme").users();
    assert_eq!(users.create(&user("Alice")).await.unwrap(), "5c1b");
    let ensured = users.create(&user("Alice")).exist_ok().await.unwrap();
    assert_eq!(ensured, Ensured::Created("5c1b".to_owned()));
    let lookup = &fake.received()[1];
    assert_eq!(lookup.query["username"], "Alice");
    assert_eq!(lookup.query["exact"], "true");

    let fake = two(Answer::status(201), Answer::json("[]"));
    let keycloak = fake.keycloak();
    let error = keycloak
        .realm("acme")
        .users()
        .create(&user("alice"))
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "create_user: not found: it was created, but a search for the username \"alice\" finds nothing"
    );
}

#[tokio::test]
async fn exist_ok_finds_what_has_the_same_name_in_any_case() {
    let fake = two(
        Answer::conflict("User exists with same username"),
        Answer::json(ALICE),
    );
    let keycloak = fake.keycloak();
    let users = keycloak.realm("acme").users();
    let ensured = users.create(&user("ALICE")).exist_ok().await.unwrap();
    assert_eq!(ensured, Ensured::Existing("5c1b".to_owned()));
    assert_eq!(fake.lines(), lines(&["POST", "GET"]));
}

#[tokio::test]
async fn without_exist_ok_a_conflict_is_an_error_and_nothing_is_looked_up() {
    let fake = two(
        Answer::conflict("User exists with same username"),
        Answer::json(ALICE),
    );
    let keycloak = fake.keycloak();
    let error = keycloak
        .realm("acme")
        .users()
        .create(&user("alice"))
        .await
        .unwrap_err();
    assert!(error.is_conflict());
    assert_eq!(error.status(), Some(409));
    assert_eq!(fake.lines(), lines(&["POST"]));
}

#[tokio::test]
async fn exist_ok_does_not_take_another_thing_for_it() {
    // The conflict is about the e-mail address; the server's search is not as exact as it should be.
    let other = r#"[{"id":"9","username":"alice2"},{"id":"10"}]"#;
    let fake = two(
        Answer::conflict("User exists with same email"),
        Answer::json(other),
    );
    let keycloak = fake.keycloak();
    let create = keycloak.realm("acme").users().create(&user("alice"));
    let error = create.exist_ok().await.unwrap_err();
    assert!(error.is_conflict());
    assert_eq!(
        error.to_string(),
        "create_user: conflict: User exists with same email; but a search for the username \"alice\" finds nothing, \
         so another object is in the way"
    );
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(
        source,
        "create_user: 409 Conflict: User exists with same email"
    );
}

#[tokio::test]
async fn exist_ok_passes_other_errors_on() {
    for status in [400, 403, 500] {
        let fake = two(Answer::status(status), Answer::json(ALICE));
        let keycloak = fake.keycloak();
        let create = keycloak.realm("acme").users().create(&user("alice"));
        assert_eq!(create.exist_ok().await.unwrap_err().status(), Some(status));
        assert_eq!(fake.lines(), lines(&["POST"]));
    }
    let fake = two(Answer::conflict("exists"), Answer::status(500));
    let keycloak = fake.keycloak();
    let create = keycloak.realm("acme").users().create(&user("alice"));
    let error = create.exist_ok().await.unwrap_err();
    assert_eq!(
        (error.operation(), error.status()),
        (Some("list_users"), Some(500))
    );
}

#[tokio::test]
async fn exist_ok_looks_after_a_lost_answer() {
    for post in [Answer::default(), Answer::status(502), Answer::status(504)] {
        let fake = two(post.clone(), Answer::json(ALICE));
        let keycloak = fake.keycloak();
        let create = keycloak.realm("acme").users().create(&user("alice"));
        let ensured = create.exist_ok().await.unwrap();
        assert_eq!(ensured, Ensured::Existing("5c1b".to_owned()), "{post:?}");

        for get in [Answer::json("[]"), Answer::status(500)] {
            let fake = two(post.clone(), get);
            let keycloak = fake.keycloak();
            let create = keycloak.realm("acme").users().create(&user("alice"));
            let error = create.exist_ok().await.unwrap_err();
            assert_eq!(error.operation(), Some("create_user"));
            assert!(error.may_have_been_applied());
        }
    }
}

#[tokio::test]
async fn a_user_without_a_username_is_found_by_the_email() {
    let found = r#"[{"id":"5c1b","username":"a@example.com"}]"#;
    let fake = two(Answer::conflict("exists"), Answer::json(found));
    let keycloak = fake.keycloak();
    let alice = UserRepresentation::new().with_email("A@example.com");
    let ensured = keycloak
        .realm("acme")
        .users()
        .create(&alice)
        .exist_ok()
        .await
        .unwrap();
    assert_eq!(ensured, Ensured::Existing("5c1b".to_owned()));
}

#[tokio::test]
async fn a_role_is_known_by_its_name() {
    // Keycloak does not escape the name in `Location`.
    let role = RoleRepresentation::new().with_name("a/b");
    let fake = two(
        Answer::created("http://h/admin/realms/acme/roles/a/b"),
        Answer::status(500),
    );
    let keycloak = fake.keycloak();
    assert_eq!(
        keycloak.realm("acme").roles().create(&role).await.unwrap(),
        "a/b"
    );

    let fake = two(
        Answer::conflict("exists"),
        Answer::json(r#"{"id":"1","name":"a/b"}"#),
    );
    let keycloak = fake.keycloak();
    let ensured = keycloak
        .realm("acme")
        .roles()
        .create(&role)
        .exist_ok()
        .await
        .unwrap();
    assert_eq!(ensured, Ensured::Existing("a/b".to_owned()));
    assert_eq!(fake.lines()[1], "GET /admin/realms/acme/roles/a%2Fb");
}

#[tokio::test]
async fn a_group_is_found_at_the_top_only() {
    let group = GroupRepresentation::new().with_name("staff");
    let above = r#"[{"id":"1","name":"all","subGroups":[{"id":"2","name":"staff"}]},{"id":"3","name":"staff"}]"#;
    let fake = two(Answer::conflict("exists"), Answer::json(above));
    let keycloak = fake.keycloak();
    let groups = keycloak.realm("acme").groups();
    let ensured = groups.create(&group).exist_ok().await.unwrap();
    assert_eq!(ensured, Ensured::Existing("3".to_owned()));
    // Without a name there is nothing to look for, and the server says what is missing.
    let error = groups
        .create(&GroupRepresentation::new())
        .exist_ok()
        .await
        .unwrap_err();
    assert!(error.is_conflict());
    assert_eq!(fake.received().len(), 3);
}

#[tokio::test]
async fn create_many_gives_one_result_for_each_in_order() {
    let fake = Fake::start(|request| {
        let name: UserRepresentationName = serde_json::from_str(&request.body).unwrap();
        match name
            .username
            .strip_prefix('u')
            .unwrap()
            .parse::<usize>()
            .unwrap()
        {
            n if n % 10 == 3 => Answer::conflict("exists"),
            n if n % 10 == 7 => Answer::status(500),
            n => Answer::created(&format!("/users/{n}")),
        }
    });
    let people: Vec<_> = (0..1_000).map(|n| user(&format!("u{n}"))).collect();
    let keycloak = fake.keycloak();
    let results = keycloak
        .realm("acme")
        .users()
        .create_many(&people)
        .concurrency(7)
        .await;
    assert_eq!(results.len(), 1_000);
    for (n, result) in results.iter().enumerate() {
        match n % 10 {
            3 => assert!(result.as_ref().unwrap_err().is_conflict()),
            7 => assert!(result.as_ref().unwrap_err().is_server_error()),
            _ => assert_eq!(result.as_ref().unwrap(), &n.to_string()),
        }
    }
    assert_eq!(fake.received().len(), 1_000);
}

#[derive(serde::Deserialize)]
struct UserRepresentationName {
    username: String,
}

#[tokio::test]
async fn create_many_takes_its_input_as_it_goes_and_keeps_to_the_limit() {
    static TAKEN: AtomicUsize = AtomicUsize::new(0);
    let fake = two(Answer::conflict("exists"), Answer::json(ALICE));
    let people = (0_usize..).map(|_| {
        TAKEN.fetch_add(1, Ordering::Relaxed);
        user("alice")
    });
    let keycloak = fake.keycloak();
    let many = keycloak.realm("acme").users().create_many(people);
    let mut results = many.concurrency(3).exist_ok().stream();
    for taken in 3..10 {
        let result = results.next().await.unwrap().unwrap();
        assert_eq!(result, Ensured::Existing("5c1b".to_owned()));
        assert_eq!(TAKEN.load(Ordering::Relaxed), taken);
    }
}

#[tokio::test]
async fn an_empty_list_of_roles_sends_nothing() {
    let fake = Fake::start(|_| Answer::status(204));
    let keycloak = fake.keycloak();
    let user = keycloak.realm("acme").user("7");
    user.realm_roles().remove(&[]).await.unwrap();
    user.realm_roles().add(&[]).await.unwrap();
    assert_eq!(fake.received().len(), 0);

    let role = RoleRepresentation::new().with_id("1").with_name("auditor");
    user.realm_roles().remove(&[role]).await.unwrap();
    let received = &fake.received()[0];
    assert_eq!(
        received.line(),
        "DELETE /admin/realms/acme/users/7/role-mappings/realm"
    );
    assert_eq!(received.body, r#"[{"id":"1","name":"auditor"}]"#);
}

#[tokio::test]
async fn modify_writes_back_what_it_does_not_know() {
    let stored = r#"{"id":"7","username":"alice","attributes":{"locale":["fr"]},"fromANewerRelease":{"a":[1]}}"#;
    let fake = Fake::start(move |request| match request.method.as_str() {
        "GET" => Answer::json(stored),
        _ => Answer::status(204),
    });
    let keycloak = fake.keycloak();
    let user = keycloak.realm("acme").user("7");
    user.modify(|user| user.first_name = Some("Al".to_owned()))
        .await
        .unwrap();
    let written = &fake.received()[1];
    assert_eq!(written.line(), format!("PUT {USERS}/7"));
    let written: serde_json::Value = serde_json::from_str(&written.body).unwrap();
    let mut expected: serde_json::Value = serde_json::from_str(stored).unwrap();
    expected["firstName"] = "Al".into();
    assert_eq!(written, expected);

    user.modify(|user| user.username = Some("alice".to_owned()))
        .await
        .unwrap();
    let line = format!("GET {USERS}/7");
    assert_eq!(
        fake.lines()[2..],
        [line],
        "nothing is written if nothing is changed"
    );
}

/// A server that gives tokens `t1`, `t2`, ... and answers `GET /admin/realms/acme` as `realm` says for each.
fn with_tokens(
    realm: impl Fn(&Received, usize) -> Answer + Send + Sync + 'static,
) -> (Fake, Keycloak) {
    let tokens = AtomicUsize::new(0);
    let fake = Fake::start(move |request| {
        if request.path.ends_with("/token") {
            let n = tokens.fetch_add(1, Ordering::Relaxed) + 1;
            return Answer::json(format!("{{\"access_token\":\"t{n}\",\"expires_in\":300}}"));
        }
        realm(request, tokens.load(Ordering::Relaxed))
    });
    let keycloak = Keycloak::builder(&fake.url())
        .credentials(Credentials::client_secret("ci", "s3cret"))
        .build()
        .unwrap();
    (fake, keycloak)
}

/// The answer of Keycloak 26.4 if the token is older than the realm.
const BARE: &str = r#"{"realm":"acme","bruteForceProtected":false,"supportedLocales":[]}"#;
const TOKEN: &str = "POST /realms/master/protocol/openid-connect/token";
const GET_REALM: &str = "GET /admin/realms/acme";
const PUT_REALM: &str = "PUT /admin/realms/acme";

#[tokio::test]
async fn a_realm_that_shows_its_name_alone_is_read_again_with_a_new_token() {
    let (fake, keycloak) = with_tokens(|request, token| match (request.method.as_str(), token) {
        ("GET", 1) => Answer::json(BARE),
        ("GET", _) => Answer::json(r#"{"id":"1","realm":"acme","smtpServer":{"host":"h"}}"#),
        _ => Answer::status(204),
    });
    let realm = keycloak.realm("acme");
    realm
        .modify(|realm| realm.display_name = Some("Acme".to_owned()))
        .await
        .unwrap();
    assert_eq!(
        fake.lines(),
        [TOKEN, GET_REALM, TOKEN, GET_REALM, PUT_REALM]
    );
    let written: serde_json::Value = serde_json::from_str(&fake.received()[4].body).unwrap();
    assert_eq!(
        written,
        serde_json::json!({"id":"1","realm":"acme","displayName":"Acme","smtpServer":{"host":"h"}})
    );
}

#[tokio::test]
async fn a_realm_that_never_shows_more_than_its_name_is_not_written() {
    let (fake, keycloak) = with_tokens(|_, _| Answer::json(BARE));
    let realm = keycloak.realm("acme");
    let change = |realm: &mut RealmRepresentation| realm.display_name = Some("Acme".to_owned());
    let error = realm.modify(change).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(error.to_string().starts_with("get_realm: "), "{error}");
    assert!(error.to_string().contains("view-realm"), "{error}");
    assert_eq!(fake.lines(), [TOKEN, GET_REALM, TOKEN, GET_REALM]);
}

#[tokio::test]
async fn an_existing_realm_is_worked_on_with_a_new_token() {
    let (fake, keycloak) = with_tokens(|request, token| match (request.method.as_str(), token) {
        ("POST", _) => Answer::conflict("Conflict detected. See logs for details"),
        (_, 1) => Answer::status(403),
        _ => Answer::json(r#"{"id":"1","realm":"acme"}"#),
    });
    let acme = RealmRepresentation::new().with_realm("acme");
    let ensured = keycloak.realms().create(&acme).exist_ok().await.unwrap();
    assert_eq!(ensured, Ensured::Existing("acme".to_owned()));
    // A 403 says that the realm exists. The next call needs a token that has its roles.
    let realm = keycloak.realm("acme").get().await.unwrap();
    assert_eq!(realm.id.as_deref(), Some("1"));
    assert_eq!(
        fake.lines(),
        [TOKEN, "POST /admin/realms", GET_REALM, TOKEN, GET_REALM]
    );
}

#[tokio::test]
async fn ids_that_no_url_can_hold_are_not_sent() {
    let fake = Fake::start(|_| Answer::status(204));
    let keycloak = fake.keycloak();
    for id in ["", ".", ".."] {
        let error = keycloak.realm("acme").user(id).delete().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{id:?}");
    }
    assert_eq!(fake.received().len(), 0);
    keycloak
        .realm("acme")
        .user("../x\\y;z")
        .delete()
        .await
        .unwrap();
    assert_eq!(fake.lines(), [format!("DELETE {USERS}/..%2Fx%5Cy%3Bz")]);
}

#[test]
fn debug_prints_no_secret() {
    let builder = Keycloak::builder("https://sso.example.com")
        .credentials(Credentials::client_secret("ci", "hunter2"));
    let shown = format!("{builder:?}");
    let keycloak = builder.build().unwrap();
    let user = keycloak.realm("acme").user("7");
    let reset = user.reset_password("hunter2", keycloak_admin::Temporary::No);
    let credentials =
        vec![keycloak_admin::types::CredentialRepresentation::new().with_value("hunter2")];
    let alice = UserRepresentation::new().with_credentials(credentials);
    let create = keycloak.realm("acme").users().create(&alice);
    let shown = format!("{shown} {keycloak:?} {user:?} {reset:?} {alice:?} {create:?}");
    assert!(shown.contains("sso.example.com") && shown.contains("reset_user_password"));
    assert!(!shown.contains("hunter2"), "{shown}");
}

/// Gives the same token always.
struct Fixed;

impl keycloak_admin::TokenProvider for Fixed {
    fn token(
        &self,
        _previous: Option<keycloak_admin::AccessToken>,
    ) -> keycloak_admin::BoxFuture<'_, Result<keycloak_admin::AccessToken, Error>> {
        Box::pin(async { Ok(keycloak_admin::AccessToken::new("the-token")) })
    }
}

#[tokio::test]
async fn what_is_set_on_the_builder_reaches_the_session() {
    let fake = Fake::start(|_| Answer::json("[]"));
    let keycloak = Keycloak::builder(&fake.url())
        .token_provider(Fixed)
        .user_agent("the-program/1")
        .connect_timeout(Duration::from_secs(5))
        .retry_budget(keycloak_admin::RetryBudget::unlimited())
        .no_proxy()
        .build()
        .unwrap();
    assert!(
        keycloak
            .realm("acme")
            .users()
            .list()
            .await
            .unwrap()
            .is_empty()
    );
    let organizations = keycloak.phasetwo_api().list_organizations().realm("acme");
    assert!(organizations.await.unwrap().is_empty());

    let refused = |set: fn(SessionBuilder<Keycloak>) -> SessionBuilder<Keycloak>| {
        let builder = Keycloak::builder("http://sso.example.com").token_provider(Fixed);
        set(builder).build().unwrap_err()
    };
    assert!(
        refused(|builder| builder)
            .to_string()
            .contains("allow_http")
    );
    let wrong = refused(|builder| builder.allow_http(true).user_agent("two\nlines"));
    assert!(wrong.to_string().contains("user agent"), "{wrong}");
    let wrong = refused(|builder| builder.allow_http(true).proxy("::no url::"));
    assert!(wrong.to_string().contains("proxy"), "{wrong}");
}

/// The fields are those that Keycloak sends. Each list is exactly as long as the limit lets a body be.
#[tokio::test]
async fn lists_of_users_and_roles_are_decoded_at_the_limit_of_their_bodies() {
    const ID: &str = "8f5e0a4c-7d9c-4d2e-9d5b-1f2a3b4c5d6e";
    let brief = format!(
        r#"{{"id":"{ID}","username":"u1","emailVerified":false,"enabled":true,"createdTimestamp":1700000000000,"totp":false}}"#
    );
    let full = format!(
        r#"{{"id":"{ID}","username":"u1","firstName":"A","lastName":"B","email":"u1@example.com","emailVerified":false,"enabled":true,"createdTimestamp":1700000000000,"totp":false,"disableableCredentialTypes":[],"requiredActions":[],"notBefore":0,"access":{{"manageGroupMembership":true,"view":true,"mapRoles":true,"impersonate":true,"manage":true}}}}"#
    );
    let role = format!(
        r#"{{"id":"{ID}","name":"r","composite":false,"clientRole":false,"containerId":"{ID}"}}"#
    );
    let list = |item: &str| format!("[{}]", vec![item; 1_000].join(","));
    for item in [brief, full] {
        let (body, limit) = (list(&item), list(&item).len());
        let keycloak = Fake::start(move |_| Answer::json(body.clone())).keycloak();
        let users = keycloak.realm("acme").users().list().max_body_bytes(limit);
        assert_eq!(users.await.unwrap().len(), 1_000);
    }
    let (body, limit) = (list(&role), list(&role).len());
    let keycloak = Fake::start(move |_| Answer::json(body.clone())).keycloak();
    let roles = keycloak.realm("acme").roles().list().max_body_bytes(limit);
    assert_eq!(roles.await.unwrap().len(), 1_000);
}

/// Values that hold the boundary of an earlier form, with a second file behind it.
#[tokio::test]
async fn no_value_of_a_form_adds_a_part() {
    let fake = Fake::start(|_| Answer::json("{}"));
    let providers = fake.keycloak().realm("acme").identity_providers();
    let read = async |kind: &str| {
        let call = providers.read_config_from_file(kind, b"file");
        call.await.unwrap();
        fake.received().pop().unwrap().body
    };
    let earlier = read("saml").await;
    let (earlier, _) = earlier.split_once("\r\n").unwrap();
    for guessed in [earlier, "--keycloak-admin-form-0000000000000000"] {
        let kind = format!(
            "saml\r\n{guessed}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"file\"\r\n\r\nevil"
        );
        let body = read(&kind).await;
        let (boundary, _) = body.split_once("\r\n").unwrap();
        let parts: Vec<&str> = body.split(boundary).collect();
        assert_eq!(parts.len(), 4, "nothing, two parts, and the end: {body}");
        assert!(parts[1].ends_with(&format!("\r\n\r\n{kind}\r\n")), "{body}");
        assert!(parts[2].ends_with("\r\n\r\nfile\r\n"), "{body}");
    }
}

/// A realm takes 3,680 bytes of memory, and this one 25 bytes of text.
#[tokio::test]
async fn realms_are_decoded_into_a_mebibyte_whatever_the_limit_of_the_body() {
    let realm = r#"{"id":"i","realm":"acme"}"#;
    let fake = Fake::start(move |_| Answer::json(realm));
    let get = fake.keycloak().realm("acme").get();
    let get = get.max_body_bytes(realm.len()).await;
    assert_eq!(get.unwrap().realm.as_deref(), Some("acme"));
    for (realms, fits) in [(200, true), (1_000, false)] {
        let body = format!("[{}]", vec![realm; realms].join(","));
        let limit = body.len();
        let fake = Fake::start(move |_| Answer::json(body.clone()));
        let list = fake.keycloak().api().list_realms();
        match list.max_body_bytes(limit).await {
            Ok(list) => assert!(fits && list.len() == realms, "{realms}"),
            Err(error) => {
                assert!(!fits, "{realms}: {error}");
                assert_eq!(error.kind(), ErrorKind::BodyTooLarge, "{error}");
            }
        }
    }
}
