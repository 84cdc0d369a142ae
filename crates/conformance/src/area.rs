//! An [`Area`]: the scenarios of some tags.

use std::sync::Arc;

use anyhow::{Result, bail, ensure};
use keycloak_session::{BoxFuture, OperationInfo};

use crate::context::{Context, Target};
use crate::record::Api;

/// One area: what it covers and how it runs.
pub struct Area {
    /// Its name, for `--only` and the name of its realm.
    pub name: &'static str,
    /// Whose operations it covers; one of Phase Two runs only where its extensions are installed.
    pub api: Api,
    /// The tags of the operations it covers.
    pub tags: &'static [&'static str],
    /// Runs it.
    pub run: fn(Arc<Context>) -> BoxFuture<'static, ()>,
}

impl Area {
    /// Returns whether the server has what the area is about.
    #[must_use]
    pub fn is_on(&self, target: &Target) -> bool {
        self.api == Api::Keycloak || target.phasetwo
    }

    /// Returns whether it calls this operation, or has to.
    #[must_use]
    pub fn covers(&self, api: Api, info: &OperationInfo) -> bool {
        self.api == api && self.tags.contains(&info.tag_name())
    }

    /// The operations that it covers.
    pub fn operations(&self) -> impl Iterator<Item = &'static OperationInfo> {
        let operations = self.api.operations().iter().copied();
        operations.filter(|info| self.covers(self.api, info))
    }
}

/// Fails if an area has no operation, or if two areas have the same name or share an operation.
pub fn check(areas: &[Area]) -> Result<()> {
    for (index, area) in areas.iter().enumerate() {
        let name = area.name;
        ensure!(
            area.operations().next().is_some(),
            "area {name} has no operation"
        );
        for other in &areas[index + 1..] {
            ensure!(name != other.name, "two areas have the name {name}");
            let shared = area.operations().find(|info| other.covers(area.api, info));
            if let Some(info) = shared {
                bail!(
                    "areas {name} and {} have the operation {}",
                    other.name,
                    info.id()
                );
            }
        }
    }
    Ok(())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::{Area, check};
    use crate::record::Api;

    /// An area without scenarios.
    pub(crate) fn area(name: &'static str, tags: &'static [&'static str]) -> Area {
        Area {
            name,
            api: Api::Keycloak,
            tags,
            run: |_| Box::pin(async {}),
        }
    }

    #[test]
    fn each_area_has_operations_and_no_operation_has_two_areas() {
        let error = |areas: &[Area]| check(areas).unwrap_err().to_string();
        let (users, groups) = (|| area("users", &["Users"]), area("groups", &["Groups"]));
        check(&[users(), groups]).unwrap();
        assert_eq!(
            error(&[area("a", &["No such tag"])]),
            "area a has no operation"
        );
        assert_eq!(error(&[users(), users()]), "two areas have the name users");
        let shared = error(&[users(), area("people", &["Groups", "Users"])]);
        assert!(
            shared.starts_with("areas users and people have the operation "),
            "{shared}"
        );
    }
}
