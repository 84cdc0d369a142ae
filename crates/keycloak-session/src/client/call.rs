//! The builder of a generated operation, in the forms that all API crates share.

use std::fmt;
use std::future::IntoFuture;

use crate::client::operation::Operation;
use crate::client::request::Request;
use crate::client::response::RawResponse;
use crate::error::Error;
use crate::time::BoxFuture;

/// A call to one operation, built but not sent. The `Call` of every API crate implements it, for code that works with any of them.
pub trait ApiCall: Sized + Clone + Send + 'static {
    /// The operation that is called.
    type Operation: Operation;

    /// Returns the request as it is filled in so far.
    fn request(&self) -> &Request;

    /// Returns the request, to fill in more: a parameter that the builder does not know, a header, a retry policy.
    fn request_mut(&mut self) -> &mut Request;

    /// Returns the request alone.
    fn into_request(self) -> Request;
}

/// A call whose answer is not decoded. Awaiting it sends it.
///
/// ```no_run
/// # async fn run(keycloak: keycloak_admin::Keycloak) -> Result<(), keycloak_admin::Error> {
/// let workflow = keycloak.api().get_workflow().realm("acme").id("0b7e3f6e");
/// let response = workflow.raw().accept("application/yaml").await?;
/// println!("{}", response.text()?);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use = "a call does nothing until it is awaited"]
pub struct RawCall(Request);

impl RawCall {
    /// Makes a raw call of a request.
    pub fn new(request: Request) -> Self {
        Self(request)
    }

    /// Sets the media type that is asked for, such as `application/yaml`. The default is the operation's own.
    pub fn accept(mut self, media_type: impl AsRef<str>) -> Self {
        self.0.set_accept(media_type);
        self
    }
}

impl IntoFuture for RawCall {
    type Output = Result<RawResponse, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.0.send_raw())
    }
}

impl fmt::Debug for RawCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RawCall").field(&self.0).finish()
    }
}

/// Declares `Call`, the builder of every operation of an API crate.
///
/// Each API crate has a `Call` of its own, because Rust lets only the crate of a type add methods to it: the parameters of each operation are
/// methods of its call.
#[macro_export]
macro_rules! declare_call {
    () => {
        /// A call to an operation: the builder that each method of [`Client`] returns. Awaiting it sends it.
        ///
        /// The parameters of an operation are methods of its own alias, such as `ListUsers`. The methods here are those of every operation.
        #[must_use = "a call does nothing until it is awaited"]
        pub struct Call<O> {
            request: $crate::Request,
            operation: ::std::marker::PhantomData<fn() -> O>,
        }

        impl<O: $crate::Operation> Call<O> {
            fn new(session: &$crate::Session) -> Self {
                Self {
                    request: $crate::Request::new(session, O::INFO),
                    operation: ::std::marker::PhantomData,
                }
            }

            /// Sets a header of this call and replaces its earlier value. No log and no `Debug` shows the value.
            pub fn header(
                mut self,
                name: impl ::std::convert::AsRef<str>,
                value: impl ::std::convert::AsRef<str>,
            ) -> Self {
                self.request.set_header(name, value.as_ref());
                self
            }

            /// Sets the body to this JSON text and replaces an earlier body. The text is sent as it is, and the server reads it.
            pub fn json_text(
                mut self,
                json: impl ::std::convert::Into<::std::string::String>,
            ) -> Self {
                self.request.set_body("application/json", json.into());
                self
            }

            /// Sets how long this call may take in all, instead of the session's timeout. A stream has it for each page.
            pub fn timeout(mut self, timeout: ::std::time::Duration) -> Self {
                self.request.set_timeout(timeout);
                self
            }

            /// Sets the retry policy of this call, instead of the session's.
            pub fn retry(mut self, policy: $crate::RetryPolicy) -> Self {
                self.request.set_retry(policy);
                self
            }

            /// Sets how many bytes the answer may have, instead of the session's limit. A stream has it for each page.
            pub fn max_body_bytes(mut self, limit: usize) -> Self {
                self.request.set_max_body_bytes(limit);
                self
            }

            /// Sends the call and returns the status and the headers with the value.
            pub async fn send(
                self,
            ) -> ::std::result::Result<$crate::Response<O::Output>, $crate::Error> {
                self.request.send::<O>().await
            }

            /// Sends the call and returns `None` if the answer is 404. The answer is 404 too if the realm, or another part of the path,
            /// does not exist.
            pub async fn optional(
                self,
            ) -> ::std::result::Result<::std::option::Option<O::Output>, $crate::Error> {
                match self.send().await {
                    Ok(response) => Ok(Some(response.into_inner())),
                    Err(error) if error.is_not_found() => Ok(None),
                    Err(error) => Err(error),
                }
            }

            /// Asks for the answer as it comes, for media types other than JSON, and for fields that the types leave out.
            pub fn raw(self) -> $crate::RawCall {
                $crate::RawCall::new(self.request)
            }
        }

        impl<O: $crate::Paged> Call<O> {
            /// Reads all pages as a stream of items. Pages are fetched as they are needed.
            ///
            /// The stream starts at the query's `first`. The query's `max` is how many items the stream has at most.
            pub fn stream(self) -> $crate::Items<O::Item> {
                $crate::Items::new::<O>(self.request)
            }

            /// Reads all pages as a stream of pages, none of them empty.
            pub fn pages(self) -> $crate::Pages<O::Item> {
                $crate::Pages::new::<O>(self.request)
            }

            /// Reads all pages into one list. Use [`stream`](Self::stream) if the list may be longer than memory.
            pub async fn try_collect(
                self,
            ) -> ::std::result::Result<::std::vec::Vec<O::Item>, $crate::Error> {
                self.stream().try_collect().await
            }
        }

        impl<O: $crate::Operation> ::std::future::IntoFuture for Call<O> {
            type Output = ::std::result::Result<O::Output, $crate::Error>;
            type IntoFuture = $crate::BoxFuture<'static, Self::Output>;

            fn into_future(self) -> Self::IntoFuture {
                ::std::boxed::Box::pin(async move {
                    self.send().await.map($crate::Response::into_inner)
                })
            }
        }

        impl<O: $crate::Operation> $crate::ApiCall for Call<O> {
            type Operation = O;

            fn request(&self) -> &$crate::Request {
                &self.request
            }

            fn request_mut(&mut self) -> &mut $crate::Request {
                &mut self.request
            }

            fn into_request(self) -> $crate::Request {
                self.request
            }
        }

        impl<O> ::std::clone::Clone for Call<O> {
            fn clone(&self) -> Self {
                Self {
                    request: self.request.clone(),
                    operation: ::std::marker::PhantomData,
                }
            }
        }

        impl<O> ::std::fmt::Debug for Call<O> {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.debug_tuple("Call").field(&self.request).finish()
            }
        }
    };
}
