//! Prometheus's text format 0.0.4, read strictly: what this refuses, no scraper has to take.

use std::collections::BTreeMap;

/// A metric's samples under the name, help and type that stand before them.
#[derive(Debug, Default)]
pub struct Family {
    pub help: String,
    pub kind: String,
    pub samples: Vec<Sample>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    pub name: String,
    pub labels: BTreeMap<String, String>,
    pub value: f64,
}

pub struct Exposition(pub BTreeMap<String, Family>);

impl Exposition {
    pub fn parse(text: &str) -> Self {
        assert!(text.ends_with('\n'), "the last line is whole");
        let mut families = BTreeMap::new();
        let mut current = String::new();
        for line in text.lines() {
            if let Some(told) = line.strip_prefix("# HELP ") {
                let (name, help) = told.split_once(' ').expect("a help text");
                let help = help.to_owned();
                let new = Family {
                    help,
                    ..Family::default()
                };
                current = name.to_owned();
                let before = families.insert(current.clone(), new);
                assert!(before.is_none(), "{name} is told twice");
            } else if let Some(told) = line.strip_prefix("# TYPE ") {
                let (name, kind) = told.split_once(' ').expect("a type");
                assert_eq!(name, current, "HELP and TYPE belong together");
                families.get_mut(name).unwrap().kind = kind.to_owned();
            } else {
                let family = families.get_mut(&current).expect("a head comes first");
                let sample = parse_sample(line);
                assert_belongs(&sample.name, &current, &family.kind);
                family.samples.push(sample);
            }
        }
        Self(families)
    }

    /// The one sample with exactly these labels.
    pub fn value(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let wanted = labels
            .iter()
            .map(|(label, value)| ((*label).to_owned(), (*value).to_owned()))
            .collect();
        let samples = self.0.values().flat_map(|family| &family.samples);
        let found = |sample: &&Sample| sample.name == name && sample.labels == wanted;
        let found: Vec<_> = samples.filter(found).collect();
        assert_eq!(found.len(), 1, "{name} {labels:?}");
        found[0].value
    }

    /// All of a metric's samples, added up.
    pub fn sum(&self, name: &str) -> f64 {
        let samples = &self.0[name].samples;
        samples.iter().map(|sample| sample.value).sum()
    }
}

/// A histogram's samples have its name and an ending, all others the name itself.
fn assert_belongs(name: &str, family: &str, kind: &str) {
    let ending = name.strip_prefix(family);
    let fits = match kind {
        "histogram" => matches!(ending, Some("_bucket" | "_sum" | "_count")),
        _ => ending == Some(""),
    };
    assert!(fits, "{name} under {family}, a {kind}");
}

fn parse_sample(line: &str) -> Sample {
    let (series, value) = line.rsplit_once(' ').expect("a value");
    let (name, labels) = match series.split_once('{') {
        Some((name, labels)) => (
            name,
            parse_labels(labels.strip_suffix('}').expect("closed")),
        ),
        None => (series, BTreeMap::new()),
    };
    Sample {
        name: name.to_owned(),
        labels,
        value: value.parse().expect("a number"),
    }
}

/// `a="x",b="y"`; none of ours needs an escape.
fn parse_labels(text: &str) -> BTreeMap<String, String> {
    assert!(!text.contains('\\'), "{text}");
    let pairs = text.split("\",").map(|pair| pair.trim_end_matches('"'));
    pairs
        .map(|pair| {
            let (label, value) = pair.split_once("=\"").expect("label=\"value\"");
            (label.to_owned(), value.to_owned())
        })
        .collect()
}
