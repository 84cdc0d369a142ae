#![doc = include_str!("guide/README.md")]

#[doc = include_str!("guide/start.md")]
pub mod start {}

#[doc = include_str!("guide/login.md")]
pub mod login {}

#[doc = include_str!("guide/users.md")]
pub mod users {}

#[doc = include_str!("guide/groups.md")]
pub mod groups {}

#[doc = include_str!("guide/clients.md")]
pub mod clients {}

#[doc = include_str!("guide/organizations.md")]
pub mod organizations {}

#[doc = include_str!("guide/lists.md")]
pub mod lists {}

#[doc = include_str!("guide/errors.md")]
pub mod errors {}

#[doc = include_str!("guide/tenants.md")]
pub mod tenants {}

#[doc = include_str!("guide/realm-files.md")]
pub mod realm_files {}

#[doc = include_str!("guide/testing.md")]
pub mod testing {}

#[doc = include_str!("guide/production.md")]
pub mod production {}

#[doc = include_str!("guide/upgrading.md")]
pub mod upgrading {}

#[doc = include_str!("guide/examples.md")]
pub mod examples {}
