//! Measuring which form of a field removes it.

use keycloak_admin::Error;
use serde_json::{Map, Value};

use crate::subjects::{Field, Subject, Surroundings};
use crate::table::Form;

/// The rule of a server for the removal of a field, of a key of a map, or of an item of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// This form removes it.
    Removed(Form),
    /// Keycloak keeps it, whatever form is sent.
    Kept,
    /// Keycloak refuses a PUT without it.
    Refused,
    /// Keycloak ignores another value.
    NotWritten,
    /// Keycloak never sends it.
    NeverSent,
    /// Its loss would make the object useless, or no two values are known.
    Untried,
}

/// Returns two values of a field that a server can tell apart.
pub(crate) fn samples(
    surroundings: &Surroundings,
    operation: &str,
    field: Field,
) -> Option<[Value; 2]> {
    let all: Value = serde_json::from_str(include_str!("samples.json")).unwrap();
    let own = all[operation].get(field.name);
    if let Some(own) = own.or_else(|| all["*"].get(field.name)) {
        let mut json = own.to_string();
        for (name, id) in &surroundings.names {
            json = json.replace(&format!("\"@{name}\""), &format!("\"{id}\""));
        }
        return serde_json::from_str(&json).unwrap();
    }
    let [a, b] = [surroundings.name(), surroundings.name()];
    let kind = field
        .kind
        .replace("alloc::string::", "")
        .replace("alloc::vec::", "");
    let kind = kind.replace("alloc::collections::btree::map::", "");
    let samples = match kind.as_str() {
        "String" => [a.into(), b.into()],
        "bool" => [true.into(), false.into()],
        "i32" | "i64" => [7.into(), 11.into()],
        "Vec<String>" => [Value::from([a]), Value::from([b])],
        "BTreeMap<String, String>" => maps(&"1".into()),
        "BTreeMap<String, Vec<String>>" => maps(&Value::from(["1"])),
        "BTreeMap<String, i32>" => maps(&1.into()),
        _ => return None,
    };
    Some(samples)
}

fn maps(value: &Value) -> [Value; 2] {
    let map = |keys: &[&str]| {
        let entries = keys.iter().map(|key| ((*key).to_owned(), value.clone()));
        Value::Object(entries.collect())
    };
    [map(&["a", "b"]), map(&["c"])]
}

/// Returns whether a field is as good as absent.
pub(crate) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    }
}

/// Reads a field. `null` if it is empty.
pub(crate) async fn read(subject: &Subject, field: &str) -> Result<Value, Error> {
    let value = subject.get().await?[field].take();
    Ok(if is_empty(&value) { Value::Null } else { value })
}

/// Writes a field and leaves the others as they are. `None` leaves it out.
pub(crate) async fn write(
    subject: &Subject,
    field: &str,
    value: Option<&Value>,
) -> Result<(), Error> {
    let mut object = subject.get().await?;
    let fields = object.as_object_mut().unwrap();
    match value {
        Some(value) => drop(fields.insert(field.to_owned(), value.clone())),
        None => drop(fields.remove(field)),
    }
    subject.put(&object).await
}

fn json(form: Form) -> Option<Value> {
    match form {
        Form::LeftOut => None,
        Form::Null => Some(Value::Null),
        Form::EmptyText => Some("".into()),
        Form::EmptyList => Some(Value::Array(Vec::new())),
        Form::EmptyMap => Some(Value::Object(Map::new())),
    }
}

/// Measures a field, and the keys of a map. The paths are those of the table.
pub(crate) async fn measure(
    surroundings: &Surroundings,
    operation: &str,
    subject: &Subject,
    field: Field,
) -> Result<Vec<(String, Outcome)>, Error> {
    let name = field.name;
    let only = |outcome| Ok(vec![(name.to_owned(), outcome)]);
    let is_sent = !read(subject, name).await?.is_null();
    let Some(samples) = samples(surroundings, operation, field) else {
        return only(if is_sent {
            Outcome::Untried
        } else {
            Outcome::NeverSent
        });
    };
    let mut stored = Vec::new();
    for sample in &samples {
        // A value that is refused is not stored.
        let _ = write(subject, name, Some(sample)).await;
        stored.push(read(subject, name).await?);
    }
    if stored[0] == stored[1] {
        return only(if stored[0].is_null() {
            Outcome::NeverSent
        } else {
            Outcome::NotWritten
        });
    }
    let mut outcomes = vec![(name.to_owned(), whole(subject, name, &samples).await?)];
    if samples[0].is_object() {
        outcomes.push((format!("{name}.*"), key(subject, name, &samples[0]).await?));
    }
    if let [Value::Array(a), Value::Array(b)] = &samples
        && matches!(outcomes[0].1, Outcome::Removed(_))
        && !items_are_removed(subject, name, a, b).await?
    {
        outcomes[0].1 = Outcome::Kept;
    }
    Ok(outcomes)
}

/// Finds the form after which nothing depends on the value that was there.
async fn whole(subject: &Subject, name: &str, samples: &[Value; 2]) -> Result<Outcome, Error> {
    let forms: &[Form] = match &samples[0] {
        Value::String(_) => &[Form::LeftOut, Form::EmptyText],
        Value::Array(_) => &[Form::LeftOut, Form::EmptyList],
        Value::Object(_) => &[Form::LeftOut, Form::EmptyMap],
        _ => &[Form::LeftOut],
    };
    for form in forms {
        let mut left = Vec::new();
        for sample in samples {
            write(subject, name, Some(sample)).await?;
            if write(subject, name, json(*form).as_ref()).await.is_err() {
                if *form == Form::LeftOut {
                    return Ok(Outcome::Refused);
                }
                break;
            }
            left.push((read(subject, name).await?, sample));
        }
        if left.len() == 2
            && left[0].0 == left[1].0
            && left.iter().all(|(left, was)| lacks(left, was))
        {
            return Ok(Outcome::Removed(*form));
        }
    }
    Ok(Outcome::Kept)
}

/// Returns whether a map has none of the entries that it had. Another value always lacks what it was.
pub(crate) fn lacks(left: &Value, was: &Value) -> bool {
    let Some(was) = was.as_object() else {
        return true;
    };
    was.iter().all(|(key, value)| left.get(key) != Some(value))
}

async fn key(subject: &Subject, name: &str, sample: &Value) -> Result<Outcome, Error> {
    let key = sample.as_object().unwrap().keys().next_back().unwrap();
    for form in [Form::LeftOut, Form::Null, Form::EmptyText, Form::EmptyList] {
        write(subject, name, Some(sample)).await?;
        let mut map = read(subject, name).await?;
        let Some(value) = map.as_object_mut().and_then(|map| map.remove(key)) else {
            return Ok(Outcome::NotWritten);
        };
        if let Some(form) = json(form) {
            map[key] = form;
        }
        if write(subject, name, Some(&map)).await.is_err() {
            if form == Form::LeftOut {
                return Ok(Outcome::Refused);
            }
            continue;
        }
        let left = read(subject, name).await?;
        if left
            .get(key)
            .is_none_or(|left| is_empty(left) && *left != value)
        {
            return Ok(Outcome::Removed(form));
        }
    }
    Ok(Outcome::Kept)
}

/// Returns whether an item goes that a list no longer has, and all go when it is empty.
async fn items_are_removed(
    subject: &Subject,
    name: &str,
    a: &[Value],
    b: &[Value],
) -> Result<bool, Error> {
    let missing = b.iter().filter(|item| !a.contains(item));
    let both: Vec<_> = a.iter().chain(missing).cloned().collect();
    if write(subject, name, Some(&both.into())).await.is_err() {
        return Ok(true); // one item is all that it may have
    }
    let Value::Array(mut list) = read(subject, name).await? else {
        return Ok(false);
    };
    let removed = list.pop();
    write(subject, name, Some(&list.clone().into())).await?;
    let left = read(subject, name).await?;
    let left = left.as_array().map(Vec::as_slice).unwrap_or_default();
    Ok(left.len() == list.len() && !left.iter().any(|item| Some(item) == removed.as_ref()))
}
