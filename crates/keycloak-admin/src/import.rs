//! Importing many objects into a realm, in batches.

mod batches;
mod importable;
mod new_users;
mod validation;

use std::error::Error as StdError;
use std::fmt;
use std::future::IntoFuture;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_core::Stream;
use futures_util::stream::{BoxStream, iter};
use futures_util::{FutureExt as _, StreamExt as _};
use keycloak_api::realms_admin::PartialImportRealm;
use keycloak_api::types::{PartialImportPolicy, UserRepresentation};
use keycloak_session::{ApiCall as _, BoxFuture, Error, Request};

use crate::Realm;
use crate::settings::{CallSettings, call_settings};

use self::batches::Importer;
use self::importable::Importable;

/// The default number of objects of a batch.
///
/// Keycloak and its database took least processor time for a user with 50: 1.3 ms with the default role, against 2.3 ms with 5 or 100, 1.5 ms with 25, and 7.0 ms for a
/// single creation. A batch has a fixed cost, and a query compares all changed objects of its transaction, so the cost of a batch grows with its square.
const BATCH_SIZE: usize = 50;

/// The default number of batches that are sent at a time. 8 were not faster.
const CONCURRENCY: usize = 4;

/// An import of many objects, in batches: users or groups. Awaiting it imports them all and returns an [`ImportSummary`].
///
/// Each batch is one call of `POST /admin/realms/{realm}/partialImport`, which the server does in one transaction. If the server refuses a batch,
/// the import sends its halves, one after the other, until each culprit is alone. So the culprits get their own errors, and all other objects are
/// imported. If two objects are in each other's way, such as two users with one e-mail address, one of them is imported: the first one if both are in
/// one batch.
///
/// If the server answers 500 to the first object that is alone, the import asks it to import nothing. If that fails too, the objects are not the
/// reason: all objects left of the batch get that error, and [`ImportError::is_refused`] returns `false` for them.
///
/// The input may be longer than memory: the import reads it batch by batch.
///
/// The account needs the role `manage-realm`.
///
/// ```no_run
/// use keycloak_admin::types::UserRepresentation;
///
/// # async fn run(keycloak: keycloak_admin::Keycloak) -> Result<(), keycloak_admin::Error> {
/// let people = (0..100_000).map(|n| UserRepresentation::new().with_username(format!("user-{n}")).with_enabled(true));
/// let summary = keycloak.realm("acme").users().import(people).await;
/// println!("{} created, {} were there", summary.created, summary.existing);
/// for failure in &summary.failures {
///     eprintln!("{failure}");
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "an import does nothing until it is awaited"]
pub struct Import<'i, T> {
    realm: Realm,
    /// The call of each batch, without its body.
    call: PartialImportRealm,
    items: BoxStream<'i, T>,
    batch_size: usize,
    concurrency: usize,
    if_exists: PartialImportPolicy,
    adds_defaults: bool,
    validates: bool,
}

impl<'i, T: Importable> Import<'i, T> {
    #[inline]
    pub(crate) fn new(realm: &Realm, items: impl Stream<Item = T> + Send + 'i) -> Self {
        Self {
            realm: realm.clone(),
            call: realm.api().partial_import_realm().realm(realm.name()),
            items: items.boxed(),
            batch_size: BATCH_SIZE,
            concurrency: CONCURRENCY,
            if_exists: PartialImportPolicy::Skip,
            adds_defaults: false,
            validates: false,
        }
    }

    /// Sets how many objects each batch has. The default is 50; 0 counts as 1.
    ///
    /// A batch whose JSON is longer than 8 MiB is sent in parts, because Keycloak refuses a body of more than 10 MiB.
    pub fn batch_size(mut self, items: usize) -> Self {
        self.batch_size = items.max(1);
        self
    }

    /// Sets how many batches are sent at a time. The default is 4; 0 counts as 1.
    pub fn concurrency(mut self, batches: usize) -> Self {
        self.concurrency = batches.max(1);
        self
    }

    /// Sets what happens to an object that exists already. The default is [`PartialImportPolicy::Skip`].
    ///
    /// - `Skip` leaves it unchanged. The result is [`Imported::Existing`].
    /// - `Fail` leaves it unchanged. The result is an error with [`ErrorKind::Conflict`](keycloak_session::ErrorKind::Conflict).
    /// - `Overwrite` deletes it and creates it anew, with a new id. **A user who has another name and the same e-mail address is deleted as well.** The
    ///   result is [`Imported::Overwritten`].
    ///
    /// With `Skip` and `Overwrite` a second import of the same object does no harm. So the retry policy repeats a batch whose answer was lost. An
    /// object that the lost call created is then reported as existing or overwritten.
    pub fn if_exists(mut self, policy: PartialImportPolicy) -> Self {
        self.if_exists = policy;
        self
    }

    /// Returns the results as they come, in the order of the input. Dropping the stream stops the import; batches on their way may still be
    /// imported.
    pub fn stream(self) -> ImportStream<'i> {
        let (batch_size, concurrency) = (self.batch_size, self.concurrency);
        let importer = Importer::new(
            &self.realm,
            self.call,
            self.if_exists,
            self.adds_defaults,
            self.validates,
        );
        let batches = self.items.enumerate().chunks(batch_size);
        let results = async move {
            let importer = Arc::new(importer.prepare().await);
            batches
                .map(move |batch| import_batch(Arc::clone(&importer), batch))
                .buffered(concurrency)
                .flat_map(iter)
        };
        ImportStream(results.flatten_stream().boxed())
    }
}

async fn import_batch<T: Importable>(
    importer: Arc<Result<Importer, Error>>,
    batch: Vec<(usize, T)>,
) -> Vec<Result<Imported, ImportError>> {
    match &*importer {
        Ok(importer) => importer.import(batch).await,
        Err(error) => batches::fail(&batch, error)
            .map(|(_, result)| result)
            .collect(),
    }
}

/// Settings of users alone.
impl Import<'_, UserRepresentation> {
    /// Sets whether each user also gets the realm's default role, default groups and default required actions, as a
    /// [creation](crate::users::Users::create) gives them. The default is `true`.
    ///
    /// Keycloak's partial import does not give them. With `false` each user has what its representation says, for example after an export of
    /// another realm.
    pub fn defaults(mut self, adds_defaults: bool) -> Self {
        self.adds_defaults = adds_defaults;
        self
    }

    /// Sets whether each new user has to satisfy the realm's user profile. The default is `false`.
    ///
    /// Keycloak's partial import does not check the profile: it takes a username of two letters and an e-mail address without `@`. Such a user cannot
    /// be updated later until the values are mended.
    ///
    /// With `true` the import reads the profile first. A user whose values are plainly right, such as a username of ASCII letters, costs nothing
    /// more. For any other user the server decides before the import: the client creates a disabled user with the same profile and
    /// deletes it again. So it costs two calls more, and the account also needs the role `manage-users`. If the server refuses the user, the
    /// result is its error (400), and nothing is imported. A user who exists already is not checked.
    pub fn validate(mut self, validates: bool) -> Self {
        self.validates = validates;
        self
    }
}

impl<T> CallSettings for Import<'_, T> {
    fn configure(mut self, change: &dyn Fn(&mut Request)) -> Self {
        change(self.call.request_mut());
        self
    }
}

call_settings!(
    ['i, T] Import<'i, T>,
    "Sets how long the call of each batch may take in all, instead of the session's timeout."
);

impl<'i, T: Importable> IntoFuture for Import<'i, T> {
    type Output = ImportSummary;
    type IntoFuture = BoxFuture<'i, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.stream().summary())
    }
}

impl<T> fmt::Debug for Import<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Import")
            .field("batch_size", &self.batch_size)
            .field("concurrency", &self.concurrency)
            .field("if_exists", &self.if_exists)
            .finish_non_exhaustive()
    }
}

/// The result for an imported object: what the server did, and the object's id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Imported {
    /// The object was created.
    Created(String),
    /// The object exists already and is unchanged.
    Existing(String),
    /// The object existed. It was deleted and created anew.
    Overwritten(String),
}

impl Imported {
    /// Returns the id of the object in the realm.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::Created(id) | Self::Existing(id) | Self::Overwritten(id) => id,
        }
    }
}

/// The reason why an object was not imported, or may not have been.
#[derive(Clone, Debug)]
pub struct ImportError {
    index: usize,
    name: Option<String>,
    is_refused: bool,
    error: Error,
}

impl ImportError {
    /// Returns the place of the object in the input, from 0.
    #[must_use]
    pub fn index(&self) -> usize {
        self.index
    }

    /// Returns the name of the object, such as the username.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Returns whether the server refused this object. Nothing of it is there then.
    ///
    /// If not, the call of its batch failed, for example because the connection broke. All objects of the batch have this error then.
    /// [`Error::may_have_been_applied`] says whether they may be there.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.is_refused
    }

    /// Returns the error.
    #[must_use]
    pub fn error(&self) -> &Error {
        &self.error
    }

    /// Returns the error alone.
    #[must_use]
    pub fn into_error(self) -> Error {
        self.error
    }
}

impl fmt::Display for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "item {} ({name:?}): {}", self.index, self.error),
            None => write!(f, "item {}: {}", self.index, self.error),
        }
    }
}

impl StdError for ImportError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.error.source()
    }
}

/// The result of an import: how many objects were imported, and the errors of the others.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct ImportSummary {
    /// How many objects were created.
    pub created: usize,
    /// How many objects exist already and are unchanged.
    pub existing: usize,
    /// How many objects existed and were created anew.
    pub overwritten: usize,
    /// The objects that were not imported, or may not have been, in the order of the input.
    pub failures: Vec<ImportError>,
}

impl ImportSummary {
    /// Counts one more result.
    pub fn add(&mut self, result: Result<Imported, ImportError>) {
        match result {
            Ok(Imported::Created(_)) => self.created += 1,
            Ok(Imported::Existing(_)) => self.existing += 1,
            Ok(Imported::Overwritten(_)) => self.overwritten += 1,
            Err(failure) => self.failures.push(failure),
        }
    }
}

/// The results of an import: a `Stream` of `Result<Imported, ImportError>`, from [`Import::stream`]. It goes on after an error.
#[must_use = "a stream does nothing until it is polled"]
pub struct ImportStream<'i>(BoxStream<'i, Result<Imported, ImportError>>);

impl ImportStream<'_> {
    /// Returns the next result, or `None` after the last.
    pub async fn next(&mut self) -> Option<Result<Imported, ImportError>> {
        self.0.next().await
    }

    async fn summary(mut self) -> ImportSummary {
        let mut summary = ImportSummary::default();
        while let Some(result) = self.next().await {
            summary.add(result);
        }
        summary
    }
}

impl Stream for ImportStream<'_> {
    type Item = Result<Imported, ImportError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_next_unpin(cx)
    }
}

impl fmt::Debug for ImportStream<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ImportStream").finish_non_exhaustive()
    }
}
