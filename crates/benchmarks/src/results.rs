//! The results of a run.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::machine::Machine;

/// A whole run.
#[derive(Serialize)]
pub struct Results {
    pub date: String,
    pub machine: Machine,
    /// The clients in the order of the tables, with their versions.
    pub clients: Vec<(String, String)>,
    pub workloads: Vec<Measured>,
}

/// A workload with what each client did in it.
#[derive(Serialize)]
pub struct Measured {
    pub name: String,
    pub title: String,
    pub is_memory: bool,
    pub by_client: BTreeMap<String, Samples>,
}

/// One client in one workload. A value for each repetition.
#[derive(Default, Serialize)]
pub struct Samples {
    pub seconds: Vec<f64>,
    /// By how much the client was slower than the floor in the same repetition.
    pub ratios: Vec<f64>,
    pub peak_kb: Vec<f64>,
    pub calls: u64,
    /// The most token requests of one repetition.
    pub tokens: u64,
}

impl Measured {
    /// Compares everybody with the floor.
    pub fn compare(&mut self) {
        let clients = self.by_client.keys();
        let ratios: Vec<_> = clients.map(|name| self.ratios_to("floor", name)).collect();
        for (samples, ratios) in self.by_client.values_mut().zip(ratios) {
            samples.ratios = ratios;
        }
    }

    /// The time of this client divided by that of `other`, for each repetition of both.
    pub fn ratios_to(&self, other: &str, client: &str) -> Vec<f64> {
        let of = |name: &str| {
            let samples = self.by_client.get(name);
            samples.map_or(&[][..], |samples| &samples.seconds)
        };
        let both = of(client).iter().zip(of(other));
        both.map(|(own, other)| own / other).collect()
    }
}

impl Results {
    pub fn workload(&self, name: &str) -> Option<&Measured> {
        self.workloads.iter().find(|measured| measured.name == name)
    }

    /// The median of the seconds of a client in a workload.
    pub fn seconds(&self, workload: &str, client: &str) -> Option<f64> {
        let samples = self.workload(workload)?.by_client.get(client)?;
        median(&samples.seconds)
    }

    /// The median of the ratios of a client to the floor.
    pub fn ratio(&self, workload: &str, client: &str) -> Option<f64> {
        let samples = self.workload(workload)?.by_client.get(client)?;
        median(&samples.ratios)
    }
}

/// The value in the middle.
pub fn median(values: &[f64]) -> Option<f64> {
    quantile(values, 0.5)
}

/// The spread of the middle half of the values, as a share of the median.
pub fn spread(values: &[f64]) -> Option<f64> {
    Some((quantile(values, 0.75)? - quantile(values, 0.25)?) / median(values)?)
}

/// The value below which this share of the values lies. It is interpolated if it falls between two values.
fn quantile(values: &[f64], share: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().checked_sub(1)?;
    #[allow(clippy::cast_precision_loss)] // a handful of repetitions
    let place = share * last as f64;
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let below = place.floor() as usize;
    let above = sorted[(below + 1).min(last)];
    Some(sorted[below] + (above - sorted[below]) * place.fract())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_compare_the_same_repetition() {
        let of = |seconds: &[f64]| Samples {
            seconds: seconds.to_vec(),
            ..Samples::default()
        };
        let measured = Measured {
            name: "get".to_owned(),
            title: String::new(),
            is_memory: false,
            by_client: BTreeMap::from([
                ("ours".to_owned(), of(&[1.0, 3.0, 8.0])),
                ("theirs".to_owned(), of(&[2.0, 2.0])),
            ]),
        };
        assert_eq!(measured.ratios_to("theirs", "ours"), [0.5, 1.5]);
        assert!(measured.ratios_to("absent", "ours").is_empty());
    }

    #[test]
    fn medians_and_spread_are_of_sorted_values() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), Some(2.5));
        // A quarter of the way through 1..5 is 2, three quarters is 4.
        assert_eq!(spread(&[5.0, 1.0, 3.0, 2.0, 4.0]), Some(2.0 / 3.0));
    }
}
