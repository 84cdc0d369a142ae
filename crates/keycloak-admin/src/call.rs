//! What the handles do with a [`Call`].

use keycloak_session::{BoxFuture, Error, ErrorKind, Operation};

use crate::Call;

/// A call from a handle, whose values are those of the path's first parameters, in their order.
pub(crate) fn at<B: Operation, const N: usize>(mut builder: B, values: [&str; N]) -> Call<B> {
    builder.request_mut().set_first_paths(&values);
    Call::new(builder)
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
            builder.request_mut().set_next_path(value);
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
