//! What the handles do with a [`Call`].

use keycloak_session::{BoxFuture, Error, ErrorKind, Operation, Request};

use crate::Call;

/// A call from a handle, whose values are those of the path's first parameters, in their order.
pub(crate) fn at<B: Operation, const N: usize>(mut builder: B, values: [&str; N]) -> Call<B> {
    set_path(builder.request_mut(), &values);
    Call::new(builder)
}

/// Sets the first parameters of the path. Not generic, so that it is compiled once and not for each operation.
fn set_path(request: &mut Request, values: &[&str]) {
    let info = request.info();
    debug_assert!(
        info.path_parameters().count() >= values.len(),
        "{} has fewer than {} path parameters",
        info.id(),
        values.len()
    );
    for (name, value) in info.path_parameters().zip(values) {
        request.set_path(name, value);
    }
}

/// Sets the first parameter of the path that is not set.
fn set_next(request: &mut Request, value: &str) {
    let info = request.info();
    let mut names = info.path_parameters();
    let next = names.find(|name| request.path_value(name).is_none());
    debug_assert!(next.is_some(), "{} has no more path parameters", info.id());
    if let Some(name) = next {
        request.set_path(name, value);
    }
}

/// The steps from a call to what a method of a handle promises.
pub(crate) trait CallExt<B: Operation>: Sized {
    /// The value of the next parameter of the path.
    fn and_path(self, value: &str) -> Self;

    /// Sends the call and returns the id of what it made.
    fn created_id(self) -> BoxFuture<'static, Result<String, Error>>;

    /// Sends the call, where only the fact is of interest: `false` where there was nothing.
    fn if_exists(self) -> BoxFuture<'static, Result<bool, Error>>;

    /// Sends the call, unless there is nothing to do: then nothing is sent.
    fn unless(self, nothing_to_do: bool) -> BoxFuture<'static, Result<(), Error>>
    where
        B: Operation<Output = ()>;
}

impl<B: Operation> CallExt<B> for Call<B> {
    fn and_path(self, value: &str) -> Self {
        self.query(|mut builder| {
            set_next(builder.request_mut(), value);
            builder
        })
    }

    fn created_id(self) -> BoxFuture<'static, Result<String, Error>> {
        let sent = self.send();
        Box::pin(async move {
            let id = sent.await?.created_id();
            id.ok_or_else(|| {
                let message = "it was created, but the answer does not say under which id";
                Error::new(ErrorKind::Decode, message).with_operation(B::INFO.id())
            })
        })
    }

    fn if_exists(self) -> BoxFuture<'static, Result<bool, Error>> {
        let sent = self.optional();
        Box::pin(async move { Ok(sent.await?.is_some()) })
    }

    fn unless(self, nothing_to_do: bool) -> BoxFuture<'static, Result<(), Error>>
    where
        B: Operation<Output = ()>,
    {
        if nothing_to_do {
            Box::pin(async { Ok(()) })
        } else {
            Box::pin(self.into_future())
        }
    }
}
