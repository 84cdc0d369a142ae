//! The access token: one for the whole session, renewed early and by one task for all callers.

use std::fmt;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use tokio::runtime::Handle;
use tokio::sync::Notify;

use crate::clock::{BoxFuture, Clock};
use crate::exchange::{Deadline, Until};
use crate::oidc::is_refusal;
use crate::{Error, ErrorKind};

/// The longest time before its expiry that a token is renewed. Short tokens are renewed after 80 % of their life.
const MAX_SKEW: Duration = Duration::from_secs(30);

/// How long a login that was refused is not tried again: Keycloak locks accounts out that fail too often.
const REFUSED_FOR: Duration = Duration::from_secs(30);

/// How often a caller starts over when the task that gets the token has died under it.
const MAX_LOST_TASKS: u32 = 3;

/// What a [`TokenProvider`] returns: an access token, how long it lives, and what renews it.
///
/// `Debug` prints no secret.
///
/// ```
/// use std::time::Duration;
/// use keycloak_session::Token;
///
/// let token = Token::new("eyJhbGciOi...").with_lifetime(Duration::from_secs(60));
/// assert_eq!(token.lifetime(), Some(Duration::from_secs(60)));
/// ```
#[derive(Clone)]
pub struct Token {
    access: SecretString,
    lifetime: Option<Duration>,
    refresh: Option<SecretString>,
    refresh_lifetime: Option<Duration>,
}

impl Token {
    /// A token that is used until the server refuses it.
    pub fn new(access_token: impl Into<String>) -> Self {
        Self {
            access: access_token.into().into(),
            lifetime: None,
            refresh: None,
            refresh_lifetime: None,
        }
    }

    /// Sets how long the access token lives from now on (`expires_in`).
    #[must_use]
    pub fn with_lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = Some(lifetime);
        self
    }

    /// Sets the refresh token and how long it lives from now on; `None` for one without an end (an offline token).
    #[must_use]
    pub fn with_refresh_token(
        mut self,
        refresh_token: impl Into<String>,
        lifetime: Option<Duration>,
    ) -> Self {
        self.refresh = Some(refresh_token.into().into());
        self.refresh_lifetime = lifetime;
        self
    }

    /// The access token itself. It is a secret.
    #[must_use]
    pub fn access_token(&self) -> &str {
        self.access.expose_secret()
    }

    /// How long the access token lives, counted from when it was asked for; `None` where that is not known.
    #[must_use]
    pub fn lifetime(&self) -> Option<Duration> {
        self.lifetime
    }

    /// The refresh token. It is a secret.
    #[must_use]
    pub fn refresh_token(&self) -> Option<&str> {
        self.refresh.as_ref().map(ExposeSecret::expose_secret)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token")
            .field("lifetime", &self.lifetime)
            .field("has_refresh_token", &self.refresh.is_some())
            .field("refresh_lifetime", &self.refresh_lifetime)
            .finish_non_exhaustive()
    }
}

/// Where access tokens come from, for what [`Credentials`](crate::Credentials) does not cover: a workload identity, a vault, another
/// grant. The session caches what it returns and never asks twice at the same time.
///
/// ```
/// use keycloak_session::{BoxFuture, Error, ErrorKind, Token, TokenProvider};
///
/// struct FromEnvironment;
///
/// impl TokenProvider for FromEnvironment {
///     fn token(&self, _previous: Option<Token>) -> BoxFuture<'_, Result<Token, Error>> {
///         Box::pin(async {
///             std::env::var("KEYCLOAK_TOKEN").map(Token::new).map_err(|_| {
///                 Error::new(ErrorKind::Authentication, "set KEYCLOAK_TOKEN to an access token")
///             })
///         })
///     }
/// }
/// ```
pub trait TokenProvider: Send + Sync + 'static {
    /// Gets a new token. `previous` is the one it replaces, if there was one; it holds its refresh token only while that
    /// is alive, and the same refresh token is not handed over again unless the error is an [`ErrorKind::Connect`].
    ///
    /// This runs in a task of its own, which is not cancelled with the call that needs the token.
    fn token(&self, previous: Option<Token>) -> BoxFuture<'_, Result<Token, Error>>;

    /// Ends the session on the server that this token belongs to, where there is one; nothing where it is not overridden.
    fn logout(&self, token: Token) -> BoxFuture<'_, Result<(), Error>> {
        drop(token);
        Box::pin(async { Ok(()) })
    }
}

/// The access token that a session uses at present. `Debug` prints no secret.
#[derive(Clone)]
pub struct AccessToken(Arc<Issued>);

struct Issued {
    token: Token,
    asked_at: Instant,
    /// The token as the value of a header of its own and as that of `Authorization`, made once for all calls; `None` where it holds what no
    /// header may hold.
    headers: Option<[HeaderValue; 2]>,
}

impl AccessToken {
    /// The token itself, as it goes into `Authorization: Bearer`. It is a secret.
    #[must_use]
    pub fn secret(&self) -> &str {
        self.0.token.access_token()
    }

    fn new(token: Token, asked_at: Instant) -> Self {
        let access = token.access_token();
        let plain = secret_header(access);
        let headers = plain.zip(secret_header(&format!("Bearer {access}")));
        Self(Arc::new(Issued {
            headers: headers.map(|(plain, bearer)| [plain, bearer]),
            token,
            asked_at,
        }))
    }

    /// The token as the value of a header of its own, and as that of `Authorization`.
    pub(crate) fn headers(&self) -> Result<&[HeaderValue; 2], Error> {
        self.0.headers.as_ref().ok_or_else(|| {
            Error::new(
                ErrorKind::Authentication,
                "the access token holds characters that no header may hold",
            )
        })
    }

    /// Whether it need not be renewed yet.
    fn is_fresh(&self, now: Instant) -> bool {
        self.0.token.lifetime.is_none_or(|lifetime| {
            let skew = MAX_SKEW.min(lifetime / 5);
            now.saturating_duration_since(self.0.asked_at) + skew < lifetime
        })
    }

    /// What the provider may see of it: a refresh token that has expired is of no use.
    fn as_previous(&self, now: Instant) -> Token {
        let age = now.saturating_duration_since(self.0.asked_at);
        let mut token = self.0.token.clone();
        if token
            .refresh_lifetime
            .is_some_and(|lifetime| age >= lifetime)
        {
            token.refresh = None;
        }
        token
    }

    /// What another session may use: the same token, for as long as it still lives, and not what renews it.
    pub(crate) fn lent(&self, now: Instant) -> Token {
        let age = now.saturating_duration_since(self.0.asked_at);
        let token = Token::new(self.secret());
        match self.0.token.lifetime {
            Some(lifetime) => token.with_lifetime(lifetime.saturating_sub(age)),
            None => token,
        }
    }

    fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessToken")
            .field("lifetime", &self.0.token.lifetime)
            .finish_non_exhaustive()
    }
}

/// A header value that is printed nowhere; `None` where a header cannot hold it.
// Made twice of each token, and much code.
#[inline(never)]
fn secret_header(value: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::try_from(value).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// Holds the token. Whoever finds none that is fresh starts a task that gets one; everybody who comes in the meantime
/// waits for the same task. The task belongs to nobody: a caller that goes away, the first one included, takes nothing with it,
/// so that a rotated refresh token is never lost.
#[derive(Clone)]
pub(crate) struct TokenCell(Arc<Shared>);

struct Shared {
    provider: Box<dyn TokenProvider>,
    clock: Arc<dyn Clock>,
    timeout: Duration,
    /// The token that may be used without looking at the state, as long as it is fresh.
    usable: ArcSwapOption<Issued>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    current: Option<AccessToken>,
    /// The current token is not to be used any more, but its refresh token is.
    stale: bool,
    /// How often the token was forgotten: a task that started before does not count for who asks after.
    epoch: u64,
    task: Option<Task>,
    /// The refusal of the last login, and until when it stands.
    refused: Option<(Error, Instant)>,
}

#[derive(Clone)]
struct Task {
    epoch: u64,
    outcome: Arc<Outcome>,
}

/// What has become of a task: nothing where it died.
#[derive(Default)]
struct Outcome {
    result: OnceLock<Result<AccessToken, Error>>,
    is_over: AtomicBool,
    end: Notify,
}

impl Outcome {
    /// Waits for the end of the task.
    async fn result(&self) -> Option<&Result<AccessToken, Error>> {
        // Before the look at `is_over`: it is woken by an end that comes between the two.
        let end = self.end.notified();
        if !self.is_over.load(Ordering::Acquire) {
            end.await;
        }
        self.result.get()
    }
}

/// Held by the task: it ends where this is dropped, also by a panic or with the runtime.
struct Ending(Arc<Outcome>);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.is_over.store(true, Ordering::Release);
        self.0.end.notify_waiters();
    }
}

enum Found {
    Token(AccessToken),
    Task(Task),
}

impl TokenCell {
    pub(crate) fn new(
        provider: Box<dyn TokenProvider>,
        clock: Arc<dyn Clock>,
        timeout: Duration,
    ) -> Self {
        Self(Arc::new(Shared {
            provider,
            clock,
            timeout,
            usable: ArcSwapOption::empty(),
            state: Mutex::default(),
        }))
    }

    /// A token that is fresh, or was got after this was called.
    pub(crate) async fn get(&self) -> Result<AccessToken, Error> {
        if let Some(token) = self.at_hand(self.0.clock.now()) {
            return Ok(token);
        }
        let epoch = self.0.lock().epoch;
        let mut lost_tasks = 0;
        while lost_tasks < MAX_LOST_TASKS {
            let task = match self.find()? {
                Found::Token(token) => return Ok(token),
                Found::Task(task) => task,
            };
            match task.outcome.result().await {
                Some(result) if task.epoch >= epoch => return result.clone(),
                Some(_) => {}
                None => {
                    lost_tasks += 1;
                    self.0.remove(&task);
                }
            }
        }
        Err(Error::new(
            ErrorKind::Authentication,
            "the task that gets the token died: its runtime was shut down or the token provider panicked",
        ))
    }

    /// The token, where it is fresh. No lock is taken.
    pub(crate) fn at_hand(&self, now: Instant) -> Option<AccessToken> {
        let token = AccessToken(self.0.usable.load_full()?);
        token.is_fresh(now).then_some(token)
    }

    /// The next call gets a new token.
    pub(crate) fn forget(&self) {
        let mut state = self.0.lock();
        state.stale = true;
        state.epoch += 1;
        state.refused = None;
        self.0.publish(&state);
    }

    /// Drops the token and ends its session on the server. The next call logs in anew. It goes on where the caller goes away.
    pub(crate) async fn logout(&self) -> Result<(), Error> {
        // What is on its way has a session as well.
        while let Some(task) = self.running() {
            if task.outcome.result().await.is_none() {
                self.0.remove(&task);
            }
        }
        let now = self.0.clock.now();
        let Some(token) = self.take() else {
            return Ok(());
        };
        let shared = Arc::clone(&self.0);
        let ending = runtime()?.spawn(async move {
            let mut logout = shared.provider.logout(token.as_previous(now));
            shared
                .within_timeout("the logout did not end", logout.as_mut())
                .await
        });
        ending.await.unwrap_or_else(|_| {
            Err(Error::new(
                ErrorKind::Authentication,
                "the task that logs out died",
            ))
        })
    }

    /// Takes the token away: nobody uses it any more.
    fn take(&self) -> Option<AccessToken> {
        let mut state = self.0.lock();
        let token = state.current.take();
        self.0.publish(&state);
        token
    }

    fn running(&self) -> Option<Task> {
        self.0.lock().task.clone()
    }

    /// The server refused this token: the next call gets a new one, unless somebody has already.
    pub(crate) fn reject(&self, token: &AccessToken) {
        let mut state = self.0.lock();
        if state
            .current
            .as_ref()
            .is_some_and(|current| current.is(token))
        {
            state.stale = true;
            self.0.publish(&state);
        }
    }

    /// The fresh token, else the running task, else a new task.
    fn find(&self) -> Result<Found, Error> {
        let mut state = self.0.lock();
        if let Some(task) = &state.task {
            return Ok(Found::Task(task.clone()));
        }
        if let Some(token) = &state.current
            && !state.stale
            && token.is_fresh(self.0.clock.now())
        {
            return Ok(Found::Token(token.clone()));
        }
        if let Some((error, until)) = &state.refused {
            if self.0.clock.now() < *until {
                return Err(error.clone());
            }
            state.refused = None;
        }
        let runtime = runtime()?;
        let task = Task {
            epoch: state.epoch,
            outcome: Arc::default(),
        };
        let ending = Ending(Arc::clone(&task.outcome));
        // Taken, not cloned: if the task dies, its refresh token may have been used and must not be sent again.
        let previous = state.current.take();
        state.task = Some(task.clone());
        self.0.publish(&state);
        let renewal: BoxFuture<'static, ()> =
            Box::pin(Arc::clone(&self.0).renew(previous, task.epoch, ending));
        runtime.spawn(renewal);
        Ok(Found::Task(task))
    }
}

fn runtime() -> Result<Handle, Error> {
    Handle::try_current().map_err(|_| {
        Error::new(
            ErrorKind::Configuration,
            "calls must be awaited in a tokio runtime",
        )
    })
}

impl Shared {
    async fn renew(self: Arc<Self>, previous: Option<AccessToken>, epoch: u64, ending: Ending) {
        let asked_at = self.clock.now();
        let mut request = self
            .provider
            .token(previous.as_ref().map(|token| token.as_previous(asked_at)));
        let result = self
            .within_timeout("no access token came", request.as_mut())
            .await
            .map(|token| AccessToken::new(token, asked_at));
        drop(request);
        let mut state = self.lock();
        state.task = None;
        state.stale = result.is_err() || state.epoch != epoch;
        state.refused = match &result {
            Err(error) if is_refusal(error) => {
                Some((error.clone(), self.clock.now() + REFUSED_FOR))
            }
            _ => None,
        };
        state.current = match &result {
            Ok(token) => Some(token.clone()),
            Err(error) if error.is_connect() => previous,
            Err(_) => None,
        };
        self.publish(&state);
        drop(state);
        let _first = ending.0.result.set(result);
    }

    /// The provider's future, given up after the timeout.
    fn within_timeout<'f, T>(
        &self,
        missed: &'static str,
        future: Pin<&'f mut (dyn Future<Output = T> + Send + 'f)>,
    ) -> Until<'f, dyn Future<Output = T> + Send + 'f> {
        Until {
            future,
            deadline: Some(Deadline {
                timer: self.clock.sleep(self.timeout),
                missed,
                after: self.timeout,
            }),
            span: None,
        }
    }

    /// Takes a dead task away, unless another caller has done so.
    fn remove(&self, dead: &Task) {
        let mut state = self.lock();
        if state
            .task
            .as_ref()
            .is_some_and(|task| Arc::ptr_eq(&task.outcome, &dead.outcome))
        {
            state.task = None;
        }
    }

    /// Shows callers the token that the state holds, unless it is not to be used. To be called before the lock is given back, so that whoever
    /// comes after a change sees it.
    fn publish(&self, state: &State) {
        let is_usable = state.task.is_none() && !state.stale;
        let token = state.current.as_ref().filter(|_| is_usable);
        self.usable.store(token.map(|token| Arc::clone(&token.0)));
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
