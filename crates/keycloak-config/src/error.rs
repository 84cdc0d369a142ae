//! The error of this crate: problems in files, or a call that failed.

use std::fmt;

use crate::model::Key;
use crate::read::Place;

/// A problem of a declaration, with its place in a file.
///
/// It names fields and objects, and never a value of a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Problem {
    /// The place in a file, if the problem has one.
    pub place: Option<Place>,
    /// The problem in words.
    pub message: String,
}

impl Problem {
    pub(crate) fn new(place: Option<&Place>, message: impl Into<String>) -> Self {
        Self {
            place: place.cloned(),
            message: message.into(),
        }
    }

    pub(crate) fn ambiguous(key: &Key) -> Self {
        let message = format!("the server has several objects with the name of the {key}");
        Self::new(None, message)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Some(place) => write!(f, "{place}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

/// The failure of a step: problems in the files, or a call to the server.
#[derive(Debug)]
#[non_exhaustive]
pub enum ConfigError {
    /// The declarations have problems. Nothing was written.
    Problems(Vec<Problem>),
    /// A call failed. Earlier calls may have written; the next plan has the rest.
    Call {
        /// The object that was read or written.
        object: String,
        /// The place of its declaration.
        place: Option<Place>,
        /// The error of the call.
        source: keycloak_admin::Error,
    },
    /// A saved plan is not the plan that would be made now. Nothing was written.
    Stale {
        /// The name of the realm.
        realm: String,
        /// The keys of the objects with other actions, such as `client/app`. Empty if the realm was made or deleted.
        objects: Vec<String>,
    },
}

impl ConfigError {
    pub(crate) fn problem(place: Option<&Place>, message: impl Into<String>) -> Self {
        Self::Problems(vec![Problem::new(place, message)])
    }

    pub(crate) fn reading(object: &str, source: keycloak_admin::Error) -> Self {
        Self::Call {
            object: object.to_owned(),
            place: None,
            source,
        }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Problems(problems) => {
                let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
                f.write_str(&lines.join("\n"))
            }
            Self::Call {
                object,
                place,
                source,
            } => {
                if let Some(place) = place {
                    write!(f, "{place}: ")?;
                }
                write!(f, "{object}: {source}")
            }
            Self::Stale { realm, objects } => {
                write!(f, "the realm `{realm}` has changed since the plan was made")?;
                for (index, object) in objects.iter().enumerate() {
                    write!(f, "{} `{object}`", if index == 0 { ":" } else { "," })?;
                }
                Ok(())
            }
        }
    }
}

impl std::error::Error for ConfigError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Problems(_) | Self::Stale { .. } => None,
            Self::Call { source, .. } => Some(source),
        }
    }
}
