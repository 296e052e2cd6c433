//! The JSON line of a case.

use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::load::Measured;

/// One case's figures; what was not measured is null.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) name: &'static str,
    pub(crate) value: f64,
    pub(crate) unit: &'static str,
    pub(crate) p50: Option<Duration>,
    pub(crate) p99: Option<Duration>,
    pub(crate) rss_mb: Option<f64>,
    /// Processors that the generator itself used: near the number of cores, it was the bottleneck.
    pub(crate) generator_cpu: Option<f64>,
    /// The bare ceiling of the same run: its name and value.
    pub(crate) limit: Option<(&'static str, f64)>,
    /// Further figures, such as the disk's.
    pub(crate) more: Vec<(&'static str, f64)>,
}

impl Report {
    /// A case that counts requests a second.
    pub(crate) fn of(name: &'static str, measured: &Measured) -> Self {
        Self {
            name,
            value: measured.per_second(),
            unit: "1/s",
            p50: measured.percentile(0.50),
            p99: measured.percentile(0.99),
            generator_cpu: Some(measured.generator_cpu),
            ..Self::default()
        }
    }

    pub(crate) fn print(&self) {
        let mut line = Map::new();
        line.insert("name".into(), json!(self.name));
        line.insert("value".into(), rounded(self.value));
        line.insert("unit".into(), json!(self.unit));
        line.insert("p50_ms".into(), milliseconds(self.p50));
        line.insert("p99_ms".into(), milliseconds(self.p99));
        line.insert("rss_mb".into(), self.rss_mb.map_or(Value::Null, rounded));
        line.insert("generator_cpu".into(), self.generator_cpu.map_or(Value::Null, rounded));
        let limit = self.limit.map(|(name, value)| json!({"name": name, "value": rounded(value)}));
        line.insert("limit".into(), limit.unwrap_or(Value::Null));
        let ratio = self.limit.filter(|(_, limit)| *limit > 0.0).map(|(_, limit)| self.value / limit);
        line.insert("ratio".into(), ratio.map_or(Value::Null, rounded));
        for (name, value) in &self.more {
            line.insert((*name).into(), rounded(*value));
        }
        println!("{}", Value::Object(line));
    }
}

/// The value at a share of a sorted list.
pub(crate) fn percentile(sorted: &[Duration], share: f64) -> Option<Duration> {
    let last = sorted.len().checked_sub(1)?;
    sorted.get((last as f64 * share).round() as usize).copied()
}

/// Milliseconds as a number.
pub(crate) fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

fn milliseconds(duration: Option<Duration>) -> Value {
    duration.map_or(Value::Null, |duration| rounded(ms(duration)))
}

/// Three significant places after the point are more than such figures hold.
fn rounded(value: f64) -> Value {
    json!((value * 1000.0).round() / 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_of_a_sorted_list() {
        let list: Vec<Duration> = (1..=101).map(Duration::from_millis).collect();
        assert_eq!(percentile(&list, 0.5), Some(Duration::from_millis(51)));
        assert_eq!(percentile(&list, 0.99), Some(Duration::from_millis(100)));
        assert_eq!(percentile(&[], 0.5), None);
    }
}
