//! The token cache: one access token for the whole session, renewed early and by one task for all callers.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use reqwest::header::HeaderValue;
use tokio::runtime::Handle;
use tokio::sync::watch;

use crate::auth::access_token::AccessToken;
use crate::auth::token_endpoint::is_refusal;
use crate::auth::token_source::TokenSource;
use crate::error::{Error, ErrorKind};
use crate::http::headers::secret_value;
use crate::time::{BoxFuture, Clock, with_deadline};

/// The longest time before its expiry that a token is renewed. Short tokens are renewed after 80 % of their life.
const MAX_SKEW: Duration = Duration::from_secs(30);

/// The pause after a refused login. Keycloak locks accounts that fail too often.
const REFUSED_FOR: Duration = Duration::from_secs(30);

/// The number of times that a caller starts over when the task that gets the token dies.
const MAX_LOST_TASKS: u32 = 3;

/// A token in the cache, with its headers made once for all calls.
#[derive(Clone)]
pub(crate) struct CachedToken(Arc<Issued>);

struct Issued {
    token: AccessToken,
    requested_at: Instant,
    /// The token as the value of a header of its own, and as the value of `Authorization`. `None` if no header can hold it.
    headers: Option<[HeaderValue; 2]>,
}

impl CachedToken {
    fn new(token: AccessToken, requested_at: Instant) -> Self {
        let plain = secret_value(token.secret());
        let bearer = secret_value(format!("Bearer {}", token.secret()));
        Self(Arc::new(Issued {
            headers: plain.zip(bearer).map(|(plain, bearer)| [plain, bearer]),
            token,
            requested_at,
        }))
    }

    pub(crate) fn secret(&self) -> &str {
        self.0.token.secret()
    }

    /// Returns the token as the value of a header of its own, and as the value of `Authorization`.
    pub(crate) fn headers(&self) -> Result<&[HeaderValue; 2], Error> {
        self.0.headers.as_ref().ok_or_else(|| {
            let message = "the access token holds characters that no header may hold";
            Error::new(ErrorKind::Authentication, message)
        })
    }

    /// Returns whether the token need not be renewed yet.
    fn is_fresh(&self, now: Instant) -> bool {
        self.0.token.lifetime().is_none_or(|lifetime| {
            let skew = MAX_SKEW.min(lifetime / 5);
            self.age(now) + skew < lifetime
        })
    }

    fn age(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.0.requested_at)
    }

    /// Returns the token for its provider. An expired refresh token is left out.
    fn for_renewal(&self, now: Instant) -> AccessToken {
        let token = self.0.token.clone();
        let lifetime = token.refresh_lifetime();
        if lifetime.is_some_and(|lifetime| self.age(now) >= lifetime) {
            return token.without_refresh_token();
        }
        token
    }

    /// Returns the token for a caller or for another session: it lives for the rest of its time, and has no refresh token.
    pub(crate) fn for_delegation(&self, now: Instant) -> AccessToken {
        let token = self.0.token.clone().without_refresh_token();
        match token.lifetime() {
            Some(lifetime) => token.with_lifetime(lifetime.saturating_sub(self.age(now))),
            None => token,
        }
    }

    fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// Holds the token. A caller that finds no fresh token starts a task that gets one. Callers that come in the meantime wait for the same
/// task. The task belongs to nobody: a caller that goes away, the first one included, does not stop it. So a rotated refresh token is never
/// lost.
#[derive(Clone)]
pub(crate) struct TokenCache(Arc<Shared>);

struct Shared {
    source: TokenSource,
    clock: Arc<dyn Clock>,
    timeout: Duration,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    current: Option<CachedToken>,
    /// A token whose renewal or logout failed. Only a logout uses it, because its session may live on.
    lost: Option<CachedToken>,
    /// The current token may not be used any more, but its refresh token may.
    is_stale: bool,
    /// The number of times that the token was forgotten. A task that started before does not count for a caller that asks after.
    epoch: u64,
    renewal: Option<Renewal>,
    /// The refusal of the last login, and the moment until which it stands.
    refused: Option<(Error, Instant)>,
}

/// A task that gets a token. Its channel closes without a result if the task dies.
#[derive(Clone)]
struct Renewal {
    epoch: u64,
    result: watch::Receiver<Option<Result<CachedToken, Error>>>,
}

impl Renewal {
    /// Waits for the end of the task. `None` means that it died.
    async fn finish(&mut self) -> Option<Result<CachedToken, Error>> {
        let result = self.result.wait_for(Option::is_some).await.ok()?;
        result.clone()
    }
}

enum Lookup {
    Fresh(CachedToken),
    Renewing(Renewal),
}

impl TokenCache {
    pub(crate) fn new(source: TokenSource, clock: Arc<dyn Clock>, timeout: Duration) -> Self {
        Self(Arc::new(Shared {
            source,
            clock,
            timeout,
            state: Mutex::default(),
        }))
    }

    /// Returns a token that is fresh, or that was requested after this call.
    pub(crate) async fn get(&self) -> Result<CachedToken, Error> {
        let epoch = self.0.lock().epoch;
        let mut lost_tasks = 0;
        while lost_tasks < MAX_LOST_TASKS {
            let mut renewal = match self.look_up()? {
                Lookup::Fresh(token) => return Ok(token),
                Lookup::Renewing(renewal) => renewal,
            };
            match renewal.finish().await {
                Some(result) if renewal.epoch >= epoch => return result,
                Some(_) => {}
                None => {
                    lost_tasks += 1;
                    self.0.remove(&renewal);
                }
            }
        }
        Err(Error::new(
            ErrorKind::Authentication,
            "the task that gets the token died: its runtime was shut down or the token provider panicked",
        ))
    }

    /// Returns the token if it is fresh and nobody is renewing it.
    pub(crate) fn cached(&self) -> Option<CachedToken> {
        let state = self.0.lock();
        if state.renewal.is_some() {
            return None;
        }
        state.fresh(self.0.clock.now())
    }

    /// Makes the next call get a new token.
    pub(crate) fn forget(&self) {
        let mut state = self.0.lock();
        state.is_stale = true;
        state.epoch += 1;
        state.refused = None;
    }

    /// Makes the next call get a new token instead of this one, which the server refused, unless somebody got one already.
    pub(crate) fn reject(&self, token: &CachedToken) {
        let mut state = self.0.lock();
        let current = state.current.as_ref();
        if current.is_some_and(|current| current.is_same(token)) {
            state.is_stale = true;
        }
    }

    /// Drops the token and ends its session on the server. The next call logs in anew. The logout goes on if the caller goes away.
    pub(crate) async fn logout(&self) -> Result<(), Error> {
        // A token that is on its way has a session as well.
        while let Some(mut renewal) = self.running() {
            if renewal.finish().await.is_none() {
                self.0.remove(&renewal);
            }
        }
        let now = self.0.clock.now();
        let tokens = self.take();
        let shared = Arc::clone(&self.0);
        let task = runtime()?.spawn(async move {
            let timer = shared.clock.sleep(shared.timeout);
            let handed_over = tokens.iter().map(|token| token.for_renewal(now)).collect();
            let logout = shared.source.logout(handed_over);
            let result = with_deadline(timer, "the logout", shared.timeout, logout).await;
            if result.is_err() {
                shared.lock().lost = tokens.into_iter().last();
            }
            result
        });
        task.await.unwrap_or_else(|_| {
            let message = "the task that logs out died";
            Err(Error::new(ErrorKind::Authentication, message))
        })
    }

    /// Takes the tokens away, so that nobody uses them any more.
    fn take(&self) -> Vec<CachedToken> {
        let mut state = self.0.lock();
        let tokens = [state.lost.take(), state.current.take()];
        tokens.into_iter().flatten().collect()
    }

    fn running(&self) -> Option<Renewal> {
        self.0.lock().renewal.clone()
    }

    /// Returns the running task, else the fresh token, else a new task.
    fn look_up(&self) -> Result<Lookup, Error> {
        let mut state = self.0.lock();
        if let Some(renewal) = &state.renewal {
            return Ok(Lookup::Renewing(renewal.clone()));
        }
        let now = self.0.clock.now();
        if let Some(token) = state.fresh(now) {
            return Ok(Lookup::Fresh(token));
        }
        if let Some((error, until)) = &state.refused {
            if now < *until {
                return Err(error.clone());
            }
            state.refused = None;
        }
        let runtime = runtime()?;
        let (sender, receiver) = watch::channel(None);
        let renewal = Renewal {
            epoch: state.epoch,
            result: receiver,
        };
        // Taken, not cloned: if the task dies, its refresh token may have been used and must not be sent again.
        let previous = state.current.take();
        state.renewal = Some(renewal.clone());
        let task: BoxFuture<'static, ()> =
            Box::pin(Arc::clone(&self.0).renew(previous, renewal.epoch, sender));
        runtime.spawn(task);
        Ok(Lookup::Renewing(renewal))
    }
}

fn runtime() -> Result<Handle, Error> {
    Handle::try_current().map_err(|_| {
        let message = "calls must be awaited in a tokio runtime";
        Error::new(ErrorKind::Configuration, message)
    })
}

impl State {
    fn fresh(&self, now: Instant) -> Option<CachedToken> {
        let current = self.current.as_ref().filter(|_| !self.is_stale);
        current.filter(|token| token.is_fresh(now)).cloned()
    }
}

impl Shared {
    /// Gets a token, stores it and tells everybody who waits.
    async fn renew(
        self: Arc<Self>,
        previous: Option<CachedToken>,
        epoch: u64,
        sender: watch::Sender<Option<Result<CachedToken, Error>>>,
    ) {
        let requested_at = self.clock.now();
        let replaced = previous
            .as_ref()
            .map(|token| token.for_renewal(requested_at));
        let timer = self.clock.sleep(self.timeout);
        let token = self.source.token(replaced);
        let result = with_deadline(
            timer,
            "the request for an access token",
            self.timeout,
            token,
        )
        .await
        .map(|token| CachedToken::new(token, requested_at));

        let mut state = self.lock();
        state.renewal = None;
        state.is_stale = result.is_err() || state.epoch != epoch;
        state.refused = match &result {
            Err(error) if is_refusal(error) => {
                Some((error.clone(), self.clock.now() + REFUSED_FOR))
            }
            _ => None,
        };
        match &result {
            Ok(token) => state.current = Some(token.clone()),
            Err(error) if error.is_unprocessed() => state.current = previous,
            Err(_) => state.lost = previous.or(state.lost.take()),
        }
        drop(state);
        sender.send_replace(Some(result));
    }

    /// Removes a dead task, unless another caller has done so.
    fn remove(&self, dead: &Renewal) {
        let mut state = self.lock();
        let renewal = state.renewal.as_ref();
        if renewal.is_some_and(|renewal| renewal.result.same_channel(&dead.result)) {
            state.renewal = None;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
