//! What the program says of itself: completions, manual pages, exit codes.

use std::fs;
use std::process::Stdio;

use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use crate::common::say_skipped;
use crate::{output, program};

async fn run(line: &[&str]) -> (Option<i32>, String, String) {
    let output = output(program(line.iter().map(ToString::to_string).collect())).await;
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

/// The shell itself, where it is installed, reads the script without running it.
async fn assert_parses(shell: &str, script: &str) {
    let spawned = Command::new(shell)
        .args(["-n", "/dev/stdin"])
        .stdin(Stdio::piped())
        .spawn();
    let Ok(mut child) = spawned else {
        return say_skipped(format!("no {shell} on the PATH"));
    };
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(script.as_bytes()).await.unwrap();
    drop(stdin);
    assert!(
        child.wait().await.unwrap().success(),
        "{shell} does not read it"
    );
}

#[tokio::test]
async fn completions_are_scripts_that_know_the_commands() {
    for shell in ["bash", "zsh", "fish"] {
        let (code, script, _) = run(&["completions", shell]).await;
        assert_eq!(code, Some(0));
        for word in ["serve", "check", "phone", "public-host", "log-format"] {
            assert!(script.contains(word), "{shell}: no {word}");
        }
        assert_parses(shell, &script).await;
    }
    assert_eq!(run(&["completions", "cmd"]).await.0, Some(2));
}

#[tokio::test]
async fn manual_pages_name_every_flag() {
    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("man");
    let (code, ..) = run(&["man", pages.to_str().unwrap()]).await;
    assert_eq!(code, Some(0));
    let page = |name: &str| {
        let text = fs::read_to_string(pages.join(name)).unwrap();
        // roff's way to write a hyphen that is no line break
        text.replace("\\-", "-")
    };
    let (_, help, _) = run(&["serve", "--help"]).await;
    let flags: Vec<&str> = help
        .split_whitespace()
        .filter(|word| word.starts_with("--") && word.len() > 3)
        .map(|word| word.trim_end_matches(|c: char| !c.is_ascii_lowercase()))
        .collect();
    assert!(flags.len() > 15, "{flags:?}");
    for name in ["sightline.1", "sightline-serve.1", "sightline-check.1"] {
        for flag in &flags {
            assert!(page(name).contains(flag), "{name}: no {flag}");
        }
    }
    assert!(page("sightline.1").contains("Exit codes"));
    let (code, _, told) = run(&["man", "/dev/null/man"]).await;
    assert_eq!(code, Some(1), "{told}");
    assert!(told.starts_with("sightline: "), "{told}");
}

#[tokio::test]
async fn wrong_command_lines_end_with_2() {
    for line in [
        &["--no-such-flag"][..],
        &["serve", "--port", "x"],
        &["check", "--port", "70000"],
        &["no-such-command"],
        &["--log-format", "xml"],
        &["man"],
    ] {
        let (code, stdout, stderr) = run(line).await;
        assert_eq!(code, Some(2), "{line:?}");
        assert_eq!(stdout, "", "{line:?}");
        assert!(stderr.starts_with("error: "), "{stderr}");
    }
}

#[tokio::test]
async fn asking_for_help_or_the_version_is_no_mistake() {
    let (code, help, _) = run(&["--help"]).await;
    assert_eq!(code, Some(0));
    assert!(help.contains("Exit codes:"), "{help}");
    let (code, version, _) = run(&["--version"]).await;
    assert_eq!(code, Some(0));
    assert!(version.contains(env!("CARGO_PKG_VERSION")));
}
