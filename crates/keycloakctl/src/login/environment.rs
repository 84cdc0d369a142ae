//! The environment variables of a command.

/// Reads environment variables. Tests give it a list of their own.
#[derive(Clone, Copy)]
pub(crate) struct Environment<'a>(pub(crate) &'a dyn Fn(&str) -> Option<String>);

impl Environment<'static> {
    /// Returns the environment of this process.
    pub(crate) fn of_process() -> Self {
        Self(&|name| std::env::var(name).ok())
    }
}

impl Environment<'_> {
    /// Returns the variable `KEYCLOAKCTL_NAME`, unless it is empty.
    pub(crate) fn get(&self, name: &str) -> Option<String> {
        self.variable(&format!("KEYCLOAKCTL_{name}"))
    }

    /// Returns the variable of this whole name, unless it is empty.
    pub(crate) fn variable(&self, name: &str) -> Option<String> {
        (self.0)(name).filter(|value| !value.is_empty())
    }
}
