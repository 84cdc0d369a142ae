//! Parts that those who hold a value know nothing of.

use std::ops::{Deref, DerefMut};

/// A box whose content is reached and dropped through a table.
///
/// Where a value may be dropped, a panic on its way included, the compiler writes down how, part by part, and does so again for each module of each
/// program. Of what is in here it writes a jump.
pub(crate) struct Opaque<T: 'static>(Box<dyn Hold<T>>);

/// What holds a value that is reached through a table: in an [`Opaque`], or where it is shared.
pub(crate) trait Hold<T>: Send + Sync {
    fn part(&self) -> &T;
    fn part_mut(&mut self) -> &mut T;
}

pub(crate) struct Held<T>(pub(crate) T);

impl<T: Send + Sync> Hold<T> for Held<T> {
    fn part(&self) -> &T {
        &self.0
    }

    fn part_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T: Send + Sync> Opaque<T> {
    pub(crate) fn new(part: T) -> Self {
        Self(Box::new(Held(part)))
    }
}

impl<T> Deref for Opaque<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.0.part()
    }
}

impl<T> DerefMut for Opaque<T> {
    fn deref_mut(&mut self) -> &mut T {
        self.0.part_mut()
    }
}

impl<T: Clone + Send + Sync> Clone for Opaque<T> {
    fn clone(&self) -> Self {
        Self::new(T::clone(self))
    }
}
