//! Brute force detection: what it says of users whose logins fail, and how they are let in again.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use conformance::context::Context;
use keycloak_api::attack_detection::{
    ClearAllLoginFailures, ClearUserLoginFailures, GetUserBruteForceStatus,
};
use keycloak_api::realms_admin::UpdateRealm;
use keycloak_api::types::{
    BruteForceStrategy, CredentialRepresentation, RealmRepresentation, UserBruteForceStatus,
    UserRepresentation,
};
use serde_json::json;

use super::make::{self, PASSWORD};

/// The number of failed logins that locks the user out.
const FAILURE_FACTOR: i32 = 2;

/// The length of a lockout, in seconds.
const LOCKOUT: i32 = 600;

/// The longest wait until the server has counted as many failures.
const COUNTING_TIMEOUT: Duration = Duration::from_secs(20);

/// The credentials of a login.
type Secrets = [(&'static str, &'static str)];

const RIGHT: &Secrets = &[("password", PASSWORD)];
const WRONG: &Secrets = &[("password", "a guess")];
const WRONG_AT_THE_END: &Secrets = &[("password", PASSWORD), ("totp", "000000")];

pub(crate) async fn run(ctx: &Context) {
    status_without_protection(ctx).await;
    temporary_lockouts(ctx).await;
    second_factor(ctx).await;
    permanent_lockout(ctx).await;
}

async fn status_without_protection(ctx: &Context) -> Option<()> {
    let user = Victim::make(ctx).await?;
    user.check_is_refused(WRONG).await;
    user.check_status(no_failures()).await
}

async fn temporary_lockouts(ctx: &Context) -> Option<()> {
    protect(ctx, false).await?;
    let one = Victim::make(ctx).await?;
    let status = one.lock_out().await?;
    ctx.check::<GetUserBruteForceStatus>(
        // The one is rounded down to seconds, the other is in milliseconds.
        status.failed_login_not_before == Some(status.last_failure? / 1000 + i64::from(LOCKOUT)),
        "the lockout ends so many seconds after the last failure",
    );
    let is_counted = status.num_temporary_lockouts >= Some(1);
    ctx.check::<GetUserBruteForceStatus>(is_counted, "the lockout is counted");
    let other = Victim::make(ctx).await?;
    other.lock_out().await?;
    one.check_is_refused(RIGHT).await;
    other.check_is_refused(RIGHT).await;

    let clear = ctx.keycloak.clear_user_login_failures().realm(ctx.realm());
    ctx.call(clear.user_id(&one.id)).await?;
    let is_let_in = one.logs_in(RIGHT).await;
    ctx.check::<ClearUserLoginFailures>(is_let_in, "the user can log in again");
    other.check_is_refused(RIGHT).await;

    let clear = ctx.keycloak.clear_all_login_failures().realm(ctx.realm());
    ctx.call(clear).await?;
    other.check_status(no_failures()).await;
    let is_let_in = other.logs_in(RIGHT).await;
    ctx.check::<ClearAllLoginFailures>(is_let_in, "the other user can log in again");
    Some(())
}

async fn second_factor(ctx: &Context) -> Option<()> {
    let data = json!({"subType": "totp", "digits": 6, "period": 30, "algorithm": "HmacSHA1"});
    let phone = CredentialRepresentation::new()
        .with_type("otp")
        .with_secret_data(json!({"value": "JBSWY3DPEHPK3PXP"}).to_string())
        .with_credential_data(data.to_string());
    let mut person = make::person(&ctx.name("victim"));
    person.credentials.get_or_insert_default().push(phone);
    let user = Victim::make_from(ctx, person).await?;
    let is_counted = |status: &UserBruteForceStatus| status.num_failures >= Some(1);
    let status = user.fail_until(WRONG_AT_THE_END, is_counted).await?;
    // Older servers do not tell the factors apart.
    let is_of_second_factor = status.num_secondary_auth_failures.is_none_or(|n| n >= 1);
    ctx.check::<GetUserBruteForceStatus>(
        is_of_second_factor,
        "a wrong one-time password is counted as such",
    );
    Some(())
}

async fn permanent_lockout(ctx: &Context) -> Option<()> {
    protect(ctx, true).await?;
    let user = Victim::make(ctx).await?;
    let status = user.lock_out().await?;
    let never_ends = status.failed_login_not_before == Some(i64::MAX);
    ctx.check::<GetUserBruteForceStatus>(never_ends, "the lockout never ends");
    user.check_is_refused(RIGHT).await;
    Some(())
}

/// Makes the realm lock users out, for some time or for good.
async fn protect(ctx: &Context, permanently: bool) -> Option<()> {
    let settings = RealmRepresentation::new()
        .with_brute_force_protected(true)
        .with_brute_force_strategy(BruteForceStrategy::Multiple)
        .with_failure_factor(FAILURE_FACTOR)
        .with_wait_increment_seconds(LOCKOUT)
        .with_max_failure_wait_seconds(2 * LOCKOUT)
        .with_max_delta_time_seconds(3600)
        // Failures are to lock the user out by their number, and not because they come fast.
        .with_quick_login_check_milli_seconds(0)
        .with_permanent_lockout(permanently)
        .with_max_temporary_lockouts(0);
    let update = ctx.keycloak.update_realm().realm(ctx.realm());
    ctx.call(update.body(&settings)).await?;
    let stored = ctx
        .call(ctx.keycloak.get_realm().realm(ctx.realm()))
        .await?;
    ctx.stored::<UpdateRealm>(&settings, &*stored, &[]);
    Some(())
}

fn no_failures() -> UserBruteForceStatus {
    UserBruteForceStatus::new()
        .with_disabled(false)
        .with_num_failures(0)
        .with_num_temporary_lockouts(0)
        .with_last_failure(0)
        .with_last_ip_failure("n/a")
        .with_failed_login_not_before(0)
}

fn is_address(text: Option<&str>) -> bool {
    text.is_some_and(|text| text.parse::<IpAddr>().is_ok())
}

/// A user, and the client through which somebody tries to log in as the user.
struct Victim<'a> {
    ctx: &'a Context,
    id: String,
    username: String,
    client_id: String,
}

impl<'a> Victim<'a> {
    async fn make(ctx: &'a Context) -> Option<Self> {
        Self::make_from(ctx, make::person(&ctx.name("victim"))).await
    }

    async fn make_from(ctx: &'a Context, person: UserRepresentation) -> Option<Self> {
        let client_id = ctx.name("client");
        make::public_client(ctx, &client_id).await?;
        let create = ctx.keycloak.create_user().realm(ctx.realm());
        Some(Self {
            ctx,
            id: ctx.create(create.body(&person)).await?,
            username: person.username?,
            client_id,
        })
    }

    async fn logs_in(&self, secrets: &Secrets) -> bool {
        let form = [
            ("grant_type", "password"),
            ("client_id", &self.client_id),
            ("username", &self.username),
        ];
        let form: Vec<_> = form.into_iter().chain(secrets.iter().copied()).collect();
        self.ctx.login(&form).await.is_some()
    }

    async fn check_is_refused(&self, secrets: &Secrets) {
        let is_let_in = self.logs_in(secrets).await;
        self.ctx
            .check::<GetUserBruteForceStatus>(!is_let_in, "this login must be refused");
    }

    async fn status(&self) -> Option<UserBruteForceStatus> {
        let call = self.ctx.keycloak.get_user_brute_force_status();
        let call = call.realm(self.ctx.realm()).user_id(&self.id);
        Some(self.ctx.call(call).await?.into_inner())
    }

    async fn check_status(&self, expected: UserBruteForceStatus) -> Option<()> {
        let status = self.status().await?;
        self.ctx
            .stored::<GetUserBruteForceStatus>(&expected, &status, &[]);
        Some(())
    }

    /// Guesses passwords until the user is locked out.
    async fn lock_out(&self) -> Option<UserBruteForceStatus> {
        let is_locked_out = |status: &UserBruteForceStatus| status.disabled == Some(true);
        let status = self.fail_until(WRONG, is_locked_out).await?;
        self.ctx.check::<GetUserBruteForceStatus>(
            status.num_failures >= Some(FAILURE_FACTOR)
                && status.last_failure > Some(0)
                && is_address(status.last_ip_failure.as_deref()),
            "the status says how many logins failed, when and where from",
        );
        Some(status)
    }

    /// Tries to log in until the status is as expected. The server counts a failure after it has answered, and refuses what
    /// comes before that without counting it.
    async fn fail_until(
        &self,
        secrets: &Secrets,
        is_expected: impl Fn(&UserBruteForceStatus) -> bool,
    ) -> Option<UserBruteForceStatus> {
        let deadline = Instant::now() + COUNTING_TIMEOUT;
        while Instant::now() < deadline {
            self.check_is_refused(secrets).await;
            let status = self.status().await?;
            if is_expected(&status) {
                return Some(status);
            }
        }
        self.ctx
            .fail::<GetUserBruteForceStatus>("failing logins do not change the status");
        None
    }
}
