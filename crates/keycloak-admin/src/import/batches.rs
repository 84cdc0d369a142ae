//! Sending a batch, and finding the objects for which the server refuses it.

use std::collections::HashMap;

use keycloak_api::realms_admin::PartialImportRealm;
use keycloak_api::types::{
    PartialImportAction, PartialImportPolicy, PartialImportResult, PartialImportResults,
};
use keycloak_session::{ApiCall as _, Error, ErrorKind};

use super::importable::Importable;
use super::new_users::NewUsers;
use super::validation::Validator;
use super::{ImportError, Imported};
use crate::Realm;

/// The longest body of a batch, in bytes. Keycloak refuses more than 10 MiB.
const MAX_BODY: usize = 8 << 20;

const OPERATION: &str = "partial_import_realm";

/// An object with its place in the input.
type Item<T> = (usize, T);

/// The part of an import that is the same for all batches.
pub(super) struct Importer {
    realm: Realm,
    call: PartialImportRealm,
    if_exists: PartialImportPolicy,
    adds_defaults: bool,
    validates: bool,
    new_users: NewUsers,
    validator: Option<Validator>,
}

impl Importer {
    pub(super) fn new(
        realm: &Realm,
        call: PartialImportRealm,
        if_exists: PartialImportPolicy,
        adds_defaults: bool,
        validates: bool,
    ) -> Self {
        Self {
            realm: realm.with_options_of(call.request()),
            call,
            if_exists,
            adds_defaults,
            validates,
            new_users: NewUsers::default(),
            validator: None,
        }
    }

    /// Reads the settings of the realm that the import needs.
    pub(super) async fn prepare(mut self) -> Result<Self, Error> {
        if self.adds_defaults {
            self.new_users = NewUsers::read(&self.realm).await?;
        }
        if self.validates {
            self.validator = Some(Validator::read(&self.realm).await?);
        }
        Ok(self)
    }

    /// Imports a batch and returns a result for each object, in their order.
    pub(super) async fn import<T: Importable>(
        &self,
        batch: Vec<Item<T>>,
    ) -> Vec<Result<Imported, ImportError>> {
        let mut results = Vec::with_capacity(batch.len());
        // The parts that are still to be sent, the first one last.
        let mut parts = vec![self.complete(batch, &mut results).await];
        parts.retain(|part| !part.is_empty());
        let mut imports_something = false;
        while let Some(mut part) = parts.pop() {
            match self.send(&part, self.policy()).await {
                Sent::Done(done) => {
                    imports_something = true;
                    results.extend(done);
                }
                Sent::Failed(error) => results.extend(fail(&part, &error)),
                Sent::Refused(error) if part.len() == 1 && !imports_something => {
                    if let Some(error) = self.refusal_of_nothing::<T>(&error).await {
                        parts.push(part);
                        for part in parts.drain(..) {
                            results.extend(fail(&part, &error));
                        }
                    } else {
                        imports_something = true;
                        results.extend(self.send_alone(&part, error).await);
                    }
                }
                Sent::Refused(error) if part.len() == 1 => {
                    results.extend(self.send_alone(&part, error).await);
                }
                Sent::Refused(_) => {
                    let second = part.split_off(part.len() / 2);
                    parts.extend([second, part]);
                }
            }
        }
        results.sort_unstable_by_key(|(index, _)| *index);
        results.into_iter().map(|(_, result)| result).collect()
    }

    /// Fills in the objects of a batch. Users who break the user profile get their results here and are left out.
    async fn complete<T: Importable>(
        &self,
        batch: Vec<Item<T>>,
        results: &mut Vec<Outcome>,
    ) -> Vec<Item<T>> {
        let mut complete = Vec::with_capacity(batch.len());
        for mut item in batch {
            item.1.complete(&self.new_users);
            let checked = match (&self.validator, item.1.as_user()) {
                (Some(validator), Some(user)) => validator.check(&self.realm, user).await,
                _ => Ok(()),
            };
            match checked {
                Ok(()) => complete.push(item),
                Err(error) if error.is_bad_request() => results.push(refused(&item, error)),
                Err(error) => results.push(failed(&item, error)),
            }
        }
        complete
    }

    /// The policy of a batch. One existing object would end the whole batch with `Fail`, so `Skip` finds the existing ones.
    fn policy(&self) -> PartialImportPolicy {
        match self.if_exists {
            PartialImportPolicy::Overwrite => PartialImportPolicy::Overwrite,
            _ => PartialImportPolicy::Skip,
        }
    }

    async fn send<T: Importable>(&self, part: &[Item<T>], policy: PartialImportPolicy) -> Sent {
        let items = part.iter().map(|(_, item)| item.clone()).collect();
        let is_repeatable =
            self.if_exists != PartialImportPolicy::Fail && policy != PartialImportPolicy::Fail;
        let import = T::import(items).with_if_resource_exists(policy);
        let mut call = self.call.clone().body(&import);
        let request = call.request_mut();
        if is_repeatable {
            request.set_idempotent();
        }
        if part.len() > 1 && request.body().is_some_and(|body| body.len() > MAX_BODY) {
            return Sent::Refused(Error::invalid_request(Some(OPERATION), "it is too long"));
        }
        match call.await {
            Ok(answer) => Sent::Done(self.results(part, answer)),
            Err(error) if is_refusal(&error) => Sent::Refused(error),
            Err(error) => Sent::Failed(error),
        }
    }

    /// Imports nothing, after a 500 for an object that was alone, and returns the error. If there is one, the object is not the reason for the 500.
    async fn refusal_of_nothing<T: Importable>(&self, refusal: &Error) -> Option<Error> {
        if refusal.status() != Some(500) {
            return None;
        }
        match self.send::<T>(&[], self.policy()).await {
            Sent::Done(_) => None,
            Sent::Refused(error) | Sent::Failed(error) => Some(error),
        }
    }

    /// Sends an object once more that the server refused when it was alone.
    ///
    /// A conflict may be over: a batch at the same time may have created the object. If the server has answered 500 to `Skip`, it answers `Fail`
    /// with a conflict if another object is in the way, such as another user with the same e-mail address.
    async fn send_alone<T: Importable>(&self, part: &[Item<T>], error: Error) -> Vec<Outcome> {
        let policy = self.policy();
        let looks_for_conflict = error.status() == Some(500) && policy == PartialImportPolicy::Skip;
        let sent = if looks_for_conflict {
            self.send(part, PartialImportPolicy::Fail).await
        } else if error.is_conflict() {
            self.send(part, policy).await
        } else {
            Sent::Refused(error)
        };
        match sent {
            Sent::Done(results) => results,
            Sent::Failed(error) => fail(part, &error).collect(),
            Sent::Refused(error) => {
                let error = if looks_for_conflict && error.is_conflict() {
                    other_conflict(error)
                } else {
                    error
                };
                part.iter()
                    .map(|item| refused(item, error.clone()))
                    .collect()
            }
        }
    }

    /// Finds the result of each object in the answer, which lists them in any order.
    fn results<T: Importable>(
        &self,
        part: &[Item<T>],
        answer: PartialImportResults,
    ) -> Vec<Outcome> {
        let mut by_name: HashMap<String, Vec<PartialImportResult>> = HashMap::new();
        for mut result in answer.results.unwrap_or_default() {
            let name = result.resource_name.take().unwrap_or_default();
            by_name.entry(name).or_default().push(result);
        }
        let mut take = |item: &T| by_name.get_mut(item.name()?)?.pop();
        part.iter()
            .map(|item| match take(&item.1).and_then(imported) {
                Some(Imported::Existing(_)) if self.if_exists == PartialImportPolicy::Fail => {
                    let error = Error::new(ErrorKind::Conflict, "it exists already");
                    refused(item, error.with_operation(OPERATION))
                }
                Some(imported) => (item.0, Ok(imported)),
                None => {
                    let error = Error::new(ErrorKind::Decode, "the answer has no result for it");
                    failed(item, error.with_operation(OPERATION))
                }
            })
            .collect()
    }
}

/// The result of an object, with its place in the input.
pub(super) type Outcome = (usize, Result<Imported, ImportError>);

/// The end of a call.
enum Sent {
    /// The server did it, with these results.
    Done(Vec<Outcome>),
    /// The server refused the objects and imported none of them.
    Refused(Error),
    /// The call failed for another reason than its objects.
    Failed(Error),
}

/// Returns whether the server refuses the objects of a call. A 500 is the answer to many mistakes in them, such as a group that does not exist. The
/// transaction is rolled back then.
fn is_refusal(error: &Error) -> bool {
    matches!(error.status(), Some(400 | 409 | 413 | 500))
}

fn imported(result: PartialImportResult) -> Option<Imported> {
    let id = result.id?;
    match result.action? {
        PartialImportAction::Added => Some(Imported::Created(id)),
        PartialImportAction::Skipped => Some(Imported::Existing(id)),
        PartialImportAction::Overwritten => Some(Imported::Overwritten(id)),
        _ => None,
    }
}

/// Gives each object the error of the call.
pub(super) fn fail<T: Importable>(
    part: &[Item<T>],
    error: &Error,
) -> impl Iterator<Item = Outcome> {
    part.iter().map(|item| failed(item, error.clone()))
}

fn failed<T: Importable>(item: &Item<T>, error: Error) -> Outcome {
    import_error(item, error, false)
}

fn refused<T: Importable>(item: &Item<T>, error: Error) -> Outcome {
    import_error(item, error, true)
}

fn import_error<T: Importable>((index, item): &Item<T>, error: Error, is_refused: bool) -> Outcome {
    let error = ImportError {
        index: *index,
        name: item.name().map(str::to_owned),
        is_refused,
        error,
    };
    (*index, Err(error))
}

/// Makes the error of an object that is new, while another object has something that must be unique.
fn other_conflict(conflict: Error) -> Error {
    let message = "another object is in the way, such as a user with the same e-mail address";
    Error::new(ErrorKind::Conflict, message)
        .with_operation(OPERATION)
        .with_source(conflict)
}
