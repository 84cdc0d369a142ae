//! The settings of a call, for builders that make more than one.

use keycloak_session::{ApiCall, Request};

/// Something that makes calls whose settings can be changed: a generated call, a [`Create`](crate::Create), a [`Modify`](crate::Modify).
pub trait CallSettings: Sized {
    /// Changes the settings of every call.
    #[must_use]
    fn configure(self, change: &dyn Fn(&mut Request)) -> Self;
}

impl<C: ApiCall> CallSettings for C {
    fn configure(mut self, change: &dyn Fn(&mut Request)) -> Self {
        change(self.request_mut());
        self
    }
}

/// Gives a builder the methods that set up its calls, as every generated call has them.
macro_rules! call_settings {
    ([$($generics:tt)*] $Builder:ty) => {
        $crate::settings::call_settings!(
            [$($generics)*] $Builder,
            "Sets how long each call may take in all, instead of the session's timeout."
        );
    };
    ([$($generics:tt)*] $Builder:ty, $timeout:literal) => {
        impl<$($generics)*> $Builder {
            #[doc = $timeout]
            pub fn timeout(self, timeout: std::time::Duration) -> Self {
                $crate::settings::CallSettings::configure(self, &|call| call.set_timeout(timeout))
            }

            /// Sets the retry policy of each call, instead of the session's.
            pub fn retry(self, policy: keycloak_session::RetryPolicy) -> Self {
                $crate::settings::CallSettings::configure(self, &|call| call.set_retry(policy.clone()))
            }

            /// Sets a header of each call. No log and no `Debug` shows the value.
            pub fn header(self, name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
                $crate::settings::CallSettings::configure(self, &|call| {
                    call.set_header(name.as_ref(), value.as_ref());
                })
            }

            /// Sets how many bytes each answer may have, instead of the session's limit.
            pub fn max_body_bytes(self, limit: usize) -> Self {
                $crate::settings::CallSettings::configure(self, &|call| call.set_max_body_bytes(limit))
            }
        }
    };
}

pub(crate) use call_settings;
