//! The fields that a `modify` can remove, on a real server: the test sets, changes and removes every field of every type.
//!
//! `UPDATE_REMOVALS=1 cargo xtask test -p keycloak-admin --test removals` measures it, and writes `src/removals/table.rs` and `docs/removals.md`.

#![allow(clippy::too_many_lines)] // an arm for each call

#[path = "../common/mod.rs"]
mod common;

mod document;
mod measure;
mod subjects;
mod table;

use std::env;

use keycloak_admin::{Error, ErrorKind};
use serde_json::Value;

use measure::{is_empty, lacks, read, samples, write};
use subjects::{Field, OPERATIONS, Subject, Surroundings};

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn every_removal_has_an_effect_or_is_refused() {
    let surroundings = Surroundings::make("removals").await.unwrap();
    if env::var_os("UPDATE_REMOVALS").is_some() {
        document::write(&surroundings).await.unwrap();
        return;
    }
    let mut report = Report::default();
    for operation in OPERATIONS {
        let mut subject = match surroundings.subject(operation).await {
            Ok(subject) => subject,
            // An older server has no such objects.
            Err(error) if matches!(error.status(), Some(404 | 405 | 501)) => continue,
            Err(error) => panic!("{operation}: {error}"),
        };
        let mut original = subject.get().await.unwrap();
        for field in subject.fields.clone() {
            let samples = samples(&surroundings, operation, field);
            let checks = Checks {
                subject: &subject,
                operation,
                name: field.name,
            };
            report.add(operation, field, checks.whole(samples.as_ref()).await);
            if let Some(samples) = &samples {
                report.add(operation, field, checks.part(samples).await);
            }
            if subject.put(&original).await.is_err() || subject.get().await.is_err() {
                subject = surroundings.subject(operation).await.unwrap();
                original = subject.get().await.unwrap();
            }
        }
    }
    println!(
        "{} removals have an effect, {} are refused",
        report.removed, report.refused
    );
    assert!(report.wrong.is_empty(), "{:#?}", report.wrong);
    assert!(report.removed > 150 && report.refused > 100);
}

#[derive(Default)]
struct Report {
    removed: u32,
    refused: u32,
    wrong: Vec<String>,
}

impl Report {
    fn add(&mut self, operation: &str, field: Field, verdict: Result<Verdict, Error>) {
        let mut wrong = |why: String| {
            self.wrong
                .push(format!("{operation} {}: {why}", field.name));
        };
        match verdict {
            Ok(Verdict::Removed) => self.removed += 1,
            Ok(Verdict::Refused) => self.refused += 1,
            Ok(Verdict::NotThere) => {}
            Ok(Verdict::Wrong(why)) => wrong(why),
            Err(error) => wrong(error.to_string()),
        }
    }
}

/// The result of a removal.
enum Verdict {
    Removed,
    /// It was refused before it was sent.
    Refused,
    /// There was nothing to remove.
    NotThere,
    Wrong(String),
}

/// The removals of one field.
struct Checks<'s> {
    subject: &'s Subject,
    operation: &'static str,
    name: &'static str,
}

impl Checks<'_> {
    /// Removes the field, once from each of two values. Afterwards nothing depends on the value that was there.
    async fn whole(&self, samples: Option<&[Value; 2]>) -> Result<Verdict, Error> {
        let form = table::form(self.operation, self.name);
        let is_possible = form
            .or_else(|| table::form(self.operation, &self.path()))
            .is_some();
        let samples = samples.map_or(vec![None], |[a, b]| vec![Some(a), Some(b)]);
        let (mut all, mut verdict) = (Vec::new(), Verdict::NotThere);
        for sample in samples {
            let before = self.set(sample).await?;
            if is_empty(&before) {
                continue;
            }
            verdict = match self.change(None).await {
                Ok(()) if is_possible => Verdict::Removed,
                Err(error) if !is_possible && self.is_refusal(&error, &before).await? => {
                    Verdict::Refused
                }
                result => return Ok(Verdict::Wrong(format!("{before} removed: {result:?}"))),
            };
            let left = read(self.subject, self.name).await?;
            // A map may have entries of the server's own, which come back.
            if is_possible && !lacks(&left, sample.unwrap_or(&before)) {
                return Ok(Verdict::Wrong(format!("{before} became {left}")));
            }
            all.push(left);
        }
        if is_possible && all.windows(2).any(|pair| pair[0] != pair[1]) {
            return Ok(Verdict::Wrong(format!("{all:?} are left")));
        }
        Ok(verdict)
    }

    /// Removes a key of a map or an item of a list.
    async fn part(&self, samples: &[Value; 2]) -> Result<Verdict, Error> {
        let mut full = samples[0].clone();
        if let (Value::Array(full), Value::Array(more)) = (&mut full, &samples[1]) {
            let missing: Vec<_> = more
                .iter()
                .filter(|item| !full.contains(item))
                .cloned()
                .collect();
            full.extend(missing);
        }
        let before = self.set(Some(&full)).await?;
        let mut less = before.clone();
        let (key, row) = match &mut less {
            Value::Object(map) => {
                let sample = samples[0].as_object().unwrap();
                let Some(key) = sample.keys().rfind(|key| map.contains_key(*key)) else {
                    return Ok(Verdict::NotThere);
                };
                map.remove(key);
                (Some(key), self.path())
            }
            Value::Array(list) => {
                list.pop();
                (None, self.name.to_owned())
            }
            _ => return Ok(Verdict::NotThere),
        };
        let is_possible = table::form(self.operation, &row).is_some();
        let result = self.change(Some(less.clone())).await;
        let left = read(self.subject, self.name).await?;
        Ok(match result {
            Ok(()) if is_possible => {
                let is_gone = match key {
                    Some(key) => left.get(key).is_none_or(is_empty),
                    None => {
                        left.as_array().map_or(0, Vec::len) == less.as_array().map_or(0, Vec::len)
                    }
                };
                if is_gone {
                    Verdict::Removed
                } else {
                    Verdict::Wrong(format!("{before} became {left}"))
                }
            }
            Err(error) if !is_possible && self.is_refusal(&error, &before).await? => {
                Verdict::Refused
            }
            result => Verdict::Wrong(format!("a part of {before} removed: {result:?}")),
        })
    }

    /// The path of a key in the table.
    fn path(&self) -> String {
        format!("{}.*", self.name)
    }

    /// Sets the field, and returns what is stored then: a value that the server refuses is not.
    async fn set(&self, value: Option<&Value>) -> Result<Value, Error> {
        if value.is_some() {
            let _ = write(self.subject, self.name, value).await;
        }
        read(self.subject, self.name).await
    }

    /// Changes the field by `modify`. `None` removes it.
    async fn change(&self, value: Option<Value>) -> Result<(), Error> {
        let name = self.name;
        let change = move |object: &mut Value| match value {
            Some(value) => object[name] = value,
            None => drop(object.as_object_mut().unwrap().remove(name)),
        };
        self.subject.modify(change).await
    }

    /// Returns whether nothing was sent.
    async fn is_refusal(&self, error: &Error, before: &Value) -> Result<bool, Error> {
        let is_unchanged = read(self.subject, self.name).await? == *before;
        Ok(error.kind() == ErrorKind::InvalidRequest && is_unchanged)
    }
}
