//! The order of flags, variables and profiles.

use std::collections::BTreeMap;

use super::environment::Environment;
use super::profiles::{Method, Profiles};
use super::settings::Settings;
use super::{CliError, ConnectionArgs};

const PROFILES: &str = r#"
current = "work"

[profiles.work]
server = "https://sso.example.com/"
realm = "acme"
login = "password"
username = "ali"

[profiles.other]
server = "https://other.example.com"
login = "client-secret"
client-id = "ci"
"#;

/// Resolves the settings with these variables (without their prefix) and the profiles above.
fn resolve(connection: &ConnectionArgs, variables: &[(&str, &str)]) -> Result<Settings, CliError> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("config.toml");
    std::fs::write(&path, PROFILES).expect("a file");
    let variables = variables.iter();
    let mut all: BTreeMap<String, String> = variables
        .map(|(name, value)| (format!("KEYCLOAKCTL_{name}"), (*value).to_owned()))
        .collect();
    all.insert(
        "KEYCLOAKCTL_CONFIG".to_owned(),
        path.to_string_lossy().into_owned(),
    );
    let read = |name: &str| all.get(name).cloned();
    let environment = Environment(&read);
    Settings::resolve(connection, environment, &Profiles::load(environment)?)
}

fn connection(profile: Option<&str>, server: Option<&str>, realm: Option<&str>) -> ConnectionArgs {
    let owned = |text: Option<&str>| text.map(str::to_owned);
    ConnectionArgs {
        profile: owned(profile),
        server: owned(server),
        realm: owned(realm),
        ..ConnectionArgs::default()
    }
}

#[test]
fn a_flag_comes_before_a_variable_and_a_variable_before_the_profile() {
    let none = connection(None, None, None);
    let realm = |connection, variables| {
        resolve(connection, variables)
            .expect("settings")
            .profile
            .realm
    };
    assert_eq!(realm(&none, &[]).as_deref(), Some("acme"));
    assert_eq!(
        realm(&none, &[("REALM", "of-variable")]).as_deref(),
        Some("of-variable")
    );
    let flag = connection(None, None, Some("of-flag"));
    assert_eq!(
        realm(&flag, &[("REALM", "of-variable")]).as_deref(),
        Some("of-flag")
    );
    assert_eq!(
        realm(&none, &[("REALM", "")]).as_deref(),
        Some("acme"),
        "an empty variable is none"
    );
}

#[test]
fn the_profile_is_the_named_one_or_the_current_one() {
    let server = |connection, variables| {
        resolve(connection, variables)
            .expect("settings")
            .profile
            .server
    };
    let none = connection(None, None, None);
    assert_eq!(server(&none, &[]), "https://sso.example.com/");
    assert_eq!(
        server(&none, &[("PROFILE", "other")]),
        "https://other.example.com"
    );
    let work = connection(Some("work"), None, None);
    assert_eq!(
        server(&work, &[("PROFILE", "other")]),
        "https://sso.example.com/"
    );
}

#[test]
fn a_profile_gives_its_login_to_no_other_server() {
    let same = connection(None, Some("https://sso.example.com"), None);
    let settings = resolve(&same, &[]).expect("settings");
    assert_eq!(settings.name.as_deref(), Some("work"));
    assert_eq!(settings.method().expect("a method"), Method::Password);
    let other = connection(None, Some("https://attacker.example.com"), None);
    let settings = resolve(&other, &[]).expect("settings");
    assert_eq!(settings.name, None);
    assert_eq!(settings.profile.username, None);
    assert_eq!(settings.method().expect_err("no login").exit_code(), 5);
    let explicit = connection(Some("work"), Some("https://attacker.example.com"), None);
    assert_eq!(
        resolve(&explicit, &[])
            .expect_err("two servers")
            .exit_code(),
        2
    );
}

#[test]
fn the_method_follows_from_the_variables() {
    let server = ("SERVER", "https://ci.example.com");
    let none = connection(None, None, None);
    let method = |variables: &[_]| {
        resolve(&none, variables)
            .expect("settings")
            .method()
            .expect("a method")
    };
    let secret = ("CLIENT_SECRET", "s3cret");
    assert_eq!(method(&[server, secret]), Method::ClientSecret);
    assert_eq!(
        method(&[server, secret, ("USERNAME", "ali")]),
        Method::Password
    );
    assert_eq!(method(&[server, ("KEY_FILE", "key.pem")]), Method::Key);
    assert_eq!(method(&[server, ("LOGIN", "device")]), Method::Device);
}

#[test]
fn each_account_has_a_cached_token_of_its_own() {
    let none = connection(None, None, None);
    let identity = |variables: &[_]| {
        resolve(&none, variables)
            .expect("settings")
            .identity()
            .expect("a login")
    };
    let base = identity(&[]);
    assert_ne!(identity(&[("USERNAME", "eve")]), base);
    assert_ne!(identity(&[("CLIENT_ID", "tool")]), base);
    assert_ne!(identity(&[("LOGIN_REALM", "acme")]), base);
    assert_eq!(
        identity(&[("REALM", "acme")]),
        base,
        "the realm to work on changes nothing"
    );
}
