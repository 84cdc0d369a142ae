use std::fmt;

use crate::Error;

const NEWEST: &str = "26.7.5";
/// The minor release between the newest one and Phase Two's.
const BETWEEN: &str = "26.6.4";
/// The one Keycloak that Phase Two's published jars run on; others fail with `NoSuchMethodError`.
const PHASETWO: &str = "26.5.7";
const OLDEST: &str = "26.4.7";

const PHASETWO_JARS: &[&str] = &[
    "io.phasetwo.keycloak:keycloak-orgs:0.144:jar",
    "io.phasetwo.keycloak:keycloak-events:0.55:jar",
    "dnsjava:dnsjava:3.6.4:jar",
];

/// The features that are off by default and that operations of the documents need.
const OPTIONAL_FEATURES: &[&str] = &[
    "admin-fine-grained-authz:v1",
    "client-secret-rotation",
    "client-types",
    "oid4vc-vci",
    "scripts",
    "workflows",
];

/// Without the first, reading events answers 500; without the second, webhook sends are not stored.
const PHASETWO_OPTIONS: &[&str] = &[
    "--spi-events-store-provider=jpa",
    "--spi-events-listener-ext-event-webhook-store-webhook-events=true",
];

/// The server to start: a Keycloak version, with or without Phase Two's extensions.
///
/// `Display` gives its name, such as `Keycloak 26.5.7 with Phase Two`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerSpec {
    version: String,
    phasetwo: bool,
    features: Vec<String>,
    more_options: Vec<String>,
}

impl ServerSpec {
    /// The newest supported Keycloak.
    #[must_use]
    pub fn newest() -> Self {
        Self::known(NEWEST, false)
    }

    /// The oldest supported Keycloak.
    #[must_use]
    pub fn oldest() -> Self {
        Self::known(OLDEST, false)
    }

    /// Keycloak with Phase Two's organisations and webhooks.
    #[must_use]
    pub fn phasetwo() -> Self {
        Self::known(PHASETWO, true)
    }

    /// Every supported Keycloak, from the newest on. One of them has Phase Two's extensions.
    #[must_use]
    pub fn supported() -> [Self; 4] {
        [
            Self::newest(),
            Self::known(BETWEEN, false),
            Self::phasetwo(),
            Self::oldest(),
        ]
    }

    /// Any version of Keycloak that Maven Central has, such as `26.7.5`.
    ///
    /// # Errors
    /// When `version` is not a version number, or when `phasetwo` is asked for on a version that
    /// Phase Two's extensions do not run on.
    pub fn new(version: &str, phasetwo: bool) -> Result<Self, Error> {
        let numbers = version.split('.').collect::<Vec<_>>();
        let is_number =
            |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if numbers.len() < 3 || !numbers.iter().all(is_number) {
            return Err(Error::new(format!(
                "`{version}` is not a Keycloak version: expected three numbers such as {NEWEST}"
            )));
        }
        if phasetwo && version != PHASETWO {
            return Err(Error::new(format!(
                "Phase Two's extensions run on Keycloak {PHASETWO} only, not on {version}: \
                 ask for {PHASETWO}, or leave Phase Two out"
            )));
        }
        Ok(Self::known(version, phasetwo))
    }

    /// Keycloak's version, such as `26.7.5`.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Returns whether Phase Two's extensions are installed.
    #[must_use]
    pub fn has_phasetwo(&self) -> bool {
        self.phasetwo
    }

    fn known(version: &str, phasetwo: bool) -> Self {
        Self {
            version: version.to_owned(),
            phasetwo,
            features: Vec::new(),
            more_options: Vec::new(),
        }
    }

    /// The same server with more options of `kc.sh start-dev`, such as `--https-port=8443`.
    #[must_use]
    pub fn with_options(mut self, options: &[&str]) -> Self {
        let options = options.iter().map(|option| (*option).to_owned());
        self.more_options.extend(options);
        self
    }

    /// The same server with features switched on that are off by default, such as `client-types` or
    /// `admin-fine-grained-authz:v1`.
    #[must_use]
    pub fn with_features(mut self, features: &[&str]) -> Self {
        self.features
            .extend(features.iter().map(|feature| (*feature).to_owned()));
        self.features.sort();
        self.features.dedup();
        self
    }

    /// The same server with every feature switched on that is off by default and that has operations.
    #[must_use]
    pub fn with_all_features(self) -> Self {
        self.with_features(OPTIONAL_FEATURES)
    }

    /// The features that are switched on.
    #[must_use]
    pub fn features(&self) -> &[String] {
        &self.features
    }

    /// Tells the folders of different servers apart.
    pub(crate) fn key(&self) -> String {
        let extensions = if self.phasetwo { "-phasetwo" } else { "" };
        let features = self.features.join("-").replace(':', "");
        let separator = if features.is_empty() { "" } else { "-" };
        format!("{}{extensions}{separator}{features}", self.version)
    }

    /// Keycloak's zip as Maven names it.
    pub(crate) fn distribution(&self) -> String {
        format!("org.keycloak:keycloak-quarkus-dist:{}:zip", self.version)
    }

    /// The extensions as Maven names them.
    pub(crate) fn provider_jars(&self) -> &'static [&'static str] {
        if self.phasetwo { PHASETWO_JARS } else { &[] }
    }

    /// Options of `kc.sh build` that the features need.
    pub(crate) fn build_options(&self) -> Vec<String> {
        let features =
            (!self.features.is_empty()).then(|| format!("--features={}", self.features.join(",")));
        features.into_iter().collect()
    }

    /// Options of `kc.sh start-dev` that the extensions and the features need.
    pub(crate) fn options(&self) -> Vec<String> {
        let extensions = if self.phasetwo { PHASETWO_OPTIONS } else { &[] };
        extensions
            .iter()
            .map(|option| (*option).to_owned())
            .chain(self.build_options())
            .chain(self.more_options.iter().cloned())
            .collect()
    }
}

impl fmt::Display for ServerSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let extensions = if self.phasetwo { " with Phase Two" } else { "" };
        write!(f, "Keycloak {}{extensions}", self.version)
    }
}

#[cfg(test)]
mod tests {
    use super::ServerSpec;

    #[test]
    fn phase_two_names_the_version_it_needs() {
        let error = ServerSpec::new("26.7.5", true).unwrap_err().to_string();
        assert!(error.contains("26.5.7 only, not on 26.7.5"), "{error}");
        assert_eq!(
            ServerSpec::new("26.5.7", true).unwrap(),
            ServerSpec::phasetwo()
        );
    }

    #[test]
    fn a_version_cannot_smuggle_a_path() {
        for version in [
            "",
            "26",
            "latest",
            "../26.7.5",
            "26.7.5/..",
            "26.7.5:jar",
            "26..4",
        ] {
            assert!(ServerSpec::new(version, false).is_err(), "{version}");
        }
        assert!(ServerSpec::new("26.7.5", false).is_ok());
    }

    #[test]
    fn extensions_have_a_tree_of_their_own() {
        let plain = ServerSpec::new("26.5.7", false).unwrap();
        assert_ne!(plain.key(), ServerSpec::phasetwo().key());
        assert!(plain.provider_jars().is_empty());
    }

    #[test]
    fn features_make_another_server() {
        let plain = ServerSpec::newest();
        assert_eq!(plain.options(), Vec::<String>::new());
        let with =
            ServerSpec::newest().with_features(&["workflows", "admin-fine-grained-authz:v1"]);
        assert_eq!(
            with.options(),
            ["--features=admin-fine-grained-authz:v1,workflows"]
        );
        assert_ne!(plain.key(), with.key());
        assert!(!with.key().contains(':'), "{}", with.key());
    }
}
