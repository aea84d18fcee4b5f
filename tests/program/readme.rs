//! What README.md says about the flags is what `--help` says, the tests that the papers name are there, and
//! all papers speak of one version.

use std::fs;
use std::path::Path;

use clap::{Arg, ArgAction, CommandFactory};
use serde_json::Value;
use sightline::cli::Cli;

const README: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
const START: &str = "<!-- configuration -->\n";
const END: &str = "<!-- /configuration -->";
/// What help texts begin the default with that clap does not know.
const DEFAULT: &str = "; default: ";

pub fn text() -> String {
    fs::read_to_string(README).expect("README.md is there")
}

fn table() -> String {
    let serve = Cli::command();
    let rows = serve
        .get_arguments()
        .filter(|flag| !flag.is_hide_set())
        .map(row);
    let head = "| flag | variable | default | |\n|---|---|---|---|\n".to_owned();
    head + &rows.collect::<String>()
}

fn row(flag: &Arg) -> String {
    let name = flag.get_long().expect("every option has a long name");
    let variable = flag.get_env().map(|name| code(&name.to_string_lossy()));
    let help = flag.get_help().map(ToString::to_string).unwrap_or_default();
    let (meaning, default) = match help.split_once(DEFAULT) {
        Some((meaning, default)) => (meaning, default.to_owned()),
        None => (help.as_str(), default_of(flag)),
    };
    let cells = [
        code(&format!("--{name}")),
        variable.unwrap_or_default(),
        default,
        format!("{meaning}{}", choices(flag)),
    ];
    let cells = cells.map(|cell| cell.replace('|', r"\|"));
    format!("| {} |\n", cells.join(" | "))
}

fn default_of(flag: &Arg) -> String {
    if matches!(flag.get_action(), ArgAction::SetTrue) {
        return "off".to_owned();
    }
    let values = flag.get_default_values().iter();
    let values: Vec<String> = values.map(|value| code(&value.to_string_lossy())).collect();
    assert!(
        !values.is_empty(),
        "{flag}: its help must end in “{DEFAULT}…”"
    );
    values.join(", ")
}

fn choices(flag: &Arg) -> String {
    if matches!(flag.get_action(), ArgAction::SetTrue) {
        return String::new();
    }
    let choices = flag.get_possible_values();
    let names: Vec<String> = choices.iter().map(|value| code(value.get_name())).collect();
    match names.is_empty() {
        true => String::new(),
        false => format!(": {}", names.join(", ")),
    }
}

fn code(text: &str) -> String {
    format!("`{text}`")
}

/// What stands before the table, the table, and what stands after it.
fn parts(readme: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = readme.split_once(START)?;
    let (table, after) = rest.split_once(END)?;
    Some((before, table, after))
}

#[test]
fn lists_every_flag_as_help_does() {
    let readme = text();
    let (before, listed, after) =
        parts(&readme).unwrap_or_else(|| panic!("README.md has no {START}{END}"));
    let table = table();
    if std::env::var_os("UPDATE_README").is_some() {
        return fs::write(README, format!("{before}{START}{table}{END}{after}")).unwrap();
    }
    let (listed, wanted): (Vec<&str>, Vec<&str>) =
        (listed.lines().collect(), table.lines().collect());
    let missing: Vec<&&str> = wanted.iter().filter(|row| !listed.contains(row)).collect();
    let wrong: Vec<&&str> = listed.iter().filter(|row| !wanted.contains(row)).collect();
    assert!(
        listed == wanted,
        "README.md lacks {missing:#?} and has {wrong:#?}, which --help does not say: \
         UPDATE_README=1 cargo test --release --test program readme rewrites the table"
    );
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn the_tests_that_hold_the_promises_are_there() {
    let text = fs::read_to_string(root().join("docs/testing.md")).unwrap();
    let rows = text.lines().filter(|line| line.starts_with('|'));
    // Every other piece between back-ticks stands in them.
    let named: Vec<&str> = rows
        .flat_map(|row| row.split('`').skip(1).step_by(2))
        .collect();
    let paths = named.iter().filter(|name| !name.starts_with('/'));
    let missing: Vec<_> = paths.filter(|path| !root().join(path).exists()).collect();
    assert!(named.len() > 40 && missing.is_empty(), "{missing:?}");
}

#[test]
fn the_papers_are_of_this_version() {
    let read = |name: &str| fs::read_to_string(root().join(name)).expect("it is there");
    let version = env!("CARGO_PKG_VERSION");
    let pages: Value = serde_json::from_str(&read("frontend/package.json")).unwrap();
    assert_eq!(pages["version"], version, "frontend/package.json");
    let changelog = read("CHANGELOG.md");
    let newest = changelog.lines().find(|line| line.starts_with("## "));
    let newest = newest.expect("CHANGELOG.md has a version");
    assert!(
        newest.contains(version),
        "CHANGELOG.md begins with {newest}, not {version}"
    );
}
