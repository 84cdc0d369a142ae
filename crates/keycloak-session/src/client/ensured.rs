//! The result of a get-or-create call.

/// The result of a get-or-create call: created or existing.
///
/// ```
/// use keycloak_session::Ensured;
///
/// let id = Ensured::Created("5c1b".to_owned());
/// assert!(id.is_created());
/// assert_eq!(id.into_id(), "5c1b");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ensured<T> {
    /// The object did not exist. This call created it.
    Created(T),
    /// The object existed already. This call left it unchanged.
    Existing(T),
}

impl<T> Ensured<T> {
    /// Returns whether this call created the object.
    #[must_use]
    pub fn is_created(&self) -> bool {
        matches!(self, Self::Created(_))
    }

    /// Returns the value in either case.
    #[must_use]
    pub fn inner(&self) -> &T {
        match self {
            Self::Created(value) | Self::Existing(value) => value,
        }
    }

    /// Returns the value in either case.
    #[must_use]
    pub fn into_inner(self) -> T {
        match self {
            Self::Created(value) | Self::Existing(value) => value,
        }
    }
}

impl Ensured<String> {
    /// Returns the id of the object in either case.
    #[must_use]
    pub fn into_id(self) -> String {
        self.into_inner()
    }
}
