//! `docs/grafana.json` draws only what the server tells.

use std::collections::BTreeSet;

use serde_json::Value;

use super::exposition::Exposition;
use super::{promtool, scrape};
use crate::common::TestServer;
use crate::common::detect::DetectClient;

fn dashboard() -> Value {
    serde_json::from_str(include_str!("../../../docs/grafana.json")).expect("JSON")
}

/// Every panel's queries, with the panel's title.
fn queries() -> Vec<(String, String)> {
    let dashboard = dashboard();
    let panels = dashboard["panels"].as_array().unwrap().iter();
    let queries: Vec<_> = panels
        .flat_map(|panel| {
            let title = panel["title"].as_str().expect("a title").to_owned();
            let targets = panel["targets"].as_array().into_iter().flatten();
            targets.map(move |target| (title.clone(), target["expr"].as_str().unwrap().to_owned()))
        })
        .collect();
    assert!(queries.len() >= 10, "{queries:?}");
    queries
}

/// Words of an expression that begin like our metrics.
fn metrics_in(expression: &str) -> Vec<&str> {
    let in_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let words = expression.split(|c| !in_name(c));
    words
        .filter(|word| word.starts_with("sightline_") || word.starts_with("process_"))
        .collect()
}

/// Names that can be asked for.
fn told(metrics: &Exposition) -> BTreeSet<String> {
    let samples = metrics.0.values().flat_map(|family| &family.samples);
    samples.map(|sample| sample.name.clone()).collect()
}

#[tokio::test]
async fn every_metric_it_asks_for_is_told() {
    let server = TestServer::start().await;
    DetectClient::connect(&server).await.expect_alive().await;
    let told = told(&scrape(&server).await);
    for (title, expression) in queries() {
        let asked = metrics_in(&expression);
        assert!(!asked.is_empty(), "{title}: {expression}");
        for name in asked {
            // The process's own figures come from Linux.
            let elsewhere = name.starts_with("process_") && !cfg!(target_os = "linux");
            assert!(
                told.contains(name) || elsewhere,
                "{title}: nobody tells {name}"
            );
        }
    }
}

/// As recording rules, because that is where promtool reads expressions.
#[test]
fn promtool_understands_its_expressions() {
    let rules: Vec<Value> = queries()
        .into_iter()
        .enumerate()
        .map(|(index, (_, expression))| {
            let expr = expression.replace("$__rate_interval", "1m");
            serde_json::json!({ "record": format!("check:{index}"), "expr": expr })
        })
        .collect();
    let count = rules.len();
    let groups = serde_json::json!({ "groups": [{ "name": "dashboard", "rules": rules }] });
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), groups.to_string()).unwrap();
    let path = file.path().to_str().unwrap();
    if let Some((passed, told)) = promtool(&["check", "rules", path], "") {
        assert!(passed, "{told}");
        assert!(told.contains(&format!("{count} rules found")), "{told}");
    }
}

/// It asks for the Prometheus that the reader has, and every panel asks that one.
#[test]
fn the_data_source_is_chosen_on_import() {
    let dashboard = dashboard();
    let variable = &dashboard["templating"]["list"][0];
    assert_eq!(variable["type"], "datasource");
    assert_eq!(variable["query"], "prometheus");
    let wanted = format!("${{{}}}", variable["name"].as_str().unwrap());
    for panel in dashboard["panels"].as_array().unwrap() {
        assert_eq!(
            panel["datasource"]["uid"],
            wanted.as_str(),
            "{}",
            panel["title"]
        );
    }
    // "All" means all of ours: other programs tell process_* metrics to the same Prometheus.
    let instance = &dashboard["templating"]["list"][1];
    assert_eq!(
        (&instance["name"], &instance["allValue"]),
        (&"instance".into(), &Value::Null)
    );
    assert_eq!(
        dashboard["id"],
        Value::Null,
        "a new one, wherever it is imported"
    );
}
