//! Lists. The service wraps a page in an object with `totalRecords`; here a call returns the items, so that the pager of
//! [`Call`](keycloak_session::Call) reads it.

use folio_users_api::types::{User, UserMigrationJob};
use folio_users_api::{migration, users};
use keycloak_session::{Operation, OperationInfo, Paged, Request, Sending};

use crate::Cql;

macro_rules! list {
    ($(#[$doc:meta])* $name:ident, $inner:ty, $item:ty, $items:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        #[must_use = "a call does nothing until it is sent"]
        pub struct $name($inner);

        impl $name {
            pub(crate) fn new(inner: $inner) -> Self {
                Self(inner)
            }

            /// Selects with a query.
            pub fn cql(self, query: &Cql) -> Self {
                Self(self.0.query(query.to_string()))
            }

            /// Selects with a query that is written already. Where it holds values from elsewhere, use [`cql`](Self::cql).
            pub fn raw_cql(self, query: impl AsRef<str>) -> Self {
                Self(self.0.query(query))
            }

            /// How many to skip; none where it is not set.
            pub fn offset(self, items: u32) -> Self {
                Self(self.0.offset(items.into()))
            }

            /// How many there are at most: of `.await` 500 is the highest, and 10 where it is not set; of a stream it is the number in all.
            pub fn limit(self, items: u32) -> Self {
                Self(self.0.limit(items.into()))
            }
        }

        impl Operation for $name {
            type Output = Vec<$item>;
            const INFO: &'static OperationInfo = <$inner as Operation>::INFO;

            fn request(&self) -> &Request {
                self.0.request()
            }

            fn request_mut(&mut self) -> &mut Request {
                self.0.request_mut()
            }

            fn into_request(self) -> Request {
                self.0.into_request()
            }

            fn send(self) -> Sending<Self::Output> {
                self.0.send().map(|page| page.$items.unwrap_or_default())
            }
        }

        impl Paged for $name {
            type Item = $item;
            const FIRST: &'static str = "offset";
            const MAX: &'static str = "limit";

            fn key(item: &$item) -> Option<&str> {
                item.id.as_deref()
            }
        }
    };
}

list! {
    /// A list of users, from [`Users::list`](crate::Users::list).
    ListUsers, users::ListUsers, User, users
}

list! {
    /// A list of migrations, from [`Migrations::list`](crate::Migrations::list).
    ListMigrations, migration::ListMigrations, UserMigrationJob, migrations
}
