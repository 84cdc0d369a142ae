//! The calls that the workloads make with a client.

use futures_util::stream::{StreamExt as _, TryStreamExt as _, iter};

use crate::Result;

/// The number of users of a page.
pub(crate) const PAGE: u32 = 100;

/// A client that works on one realm, as its users would write it.
pub(crate) trait Client {
    /// A user as the client gives it.
    type User;

    /// The id of a user.
    fn id(user: &Self::User) -> Option<&str>;

    /// Reads one user.
    async fn get(&self, id: &str) -> Result<Self::User>;

    /// Reads some users in one request.
    async fn page(&self, first: u32, max: u32) -> Result<Vec<Self::User>>;

    /// Creates a user and gives its id.
    async fn create(&self, number: usize) -> Result<String>;

    /// Gives the realm role of this name to all these users.
    async fn map_role(&self, role: &str, users: &[String]) -> Result<()>;

    /// Hands all users of the realm out in their order. `total` is how many there are, for clients that have to know
    /// that to ask for several pages at a time.
    async fn list(
        &self,
        total: usize,
        in_flight: usize,
        mut each: impl FnMut(Self::User),
    ) -> Result<()> {
        if in_flight > 1 {
            let firsts = iter(0..u32::try_from(total)?.div_ceil(PAGE));
            let mut pages = firsts
                .map(|number| self.page(number * PAGE, PAGE))
                .buffered(in_flight);
            while let Some(page) = pages.try_next().await? {
                page.into_iter().for_each(&mut each);
            }
            return Ok(());
        }
        let mut first = 0;
        loop {
            let page = self.page(first, PAGE).await?;
            if page.is_empty() {
                return Ok(());
            }
            // A server may cap its pages, so a short one is not the last.
            first += u32::try_from(page.len())?;
            page.into_iter().for_each(&mut each);
        }
    }
}
