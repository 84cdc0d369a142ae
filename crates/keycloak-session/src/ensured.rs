//! The outcome of what makes sure that something is there.

/// What was asked for is there: made now, or found.
///
/// ```
/// use keycloak_session::Ensured;
///
/// let id = Ensured::Created("5c1b".to_owned());
/// assert!(id.is_created());
/// assert_eq!(id.into_inner(), "5c1b");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ensured<T> {
    /// It was not there and has been made.
    Created(T),
    /// It was there already, and has been left as it was.
    Existing(T),
}

impl<T> Ensured<T> {
    /// Whether it was made by this call.
    #[must_use]
    #[inline]
    pub fn is_created(&self) -> bool {
        matches!(self, Self::Created(_))
    }

    /// What is there, in either case.
    #[must_use]
    #[inline]
    pub fn inner(&self) -> &T {
        match self {
            Self::Created(value) | Self::Existing(value) => value,
        }
    }

    /// What is there, in either case.
    #[must_use]
    #[inline]
    pub fn into_inner(self) -> T {
        match self {
            Self::Created(value) | Self::Existing(value) => value,
        }
    }
}
