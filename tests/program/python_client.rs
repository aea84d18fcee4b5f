//! The Python client of README.md, as printed there, against the program.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::process::Command;

use super::{folders, readme, sightline, soon, started};
use crate::common::say_skipped;

const WEBSOCKETS: &str = "websockets==17.4";
/// Kept between runs.
const ENVIRONMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/python-client");
const PEOPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/people.jpg");
const NO_JPEG: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");

/// The only Python of README.md.
fn printed() -> String {
    let readme = readme::text();
    let blocks: Vec<&str> = readme.split("\n```python\n").skip(1).collect();
    let [block] = blocks[..] else {
        panic!("README.md has {} blocks of Python, not one", blocks.len());
    };
    let (program, _) = block.split_once("```").expect("the block ends");
    assert!(program.lines().count() <= 15, "it is to stay short");
    program.to_owned()
}

/// A Python that has the one package that the client needs, or why there is none.
async fn python() -> Result<PathBuf, String> {
    let python = Path::new(ENVIRONMENT).join("bin/python");
    let version =
        "from importlib.metadata import version; print(f\"websockets=={version('websockets')}\")";
    let installed = output(&python, &["-c", version]).await;
    if installed.is_ok_and(|installed| installed.trim() == WEBSOCKETS) {
        return Ok(python);
    }
    output("python3", &["-m", "venv", "--clear", ENVIRONMENT]).await?;
    output(&python, &["-m", "pip", "install", "--quiet", WEBSOCKETS]).await?;
    Ok(python)
}

/// What a command prints, or how it failed.
async fn output(program: impl AsRef<Path>, arguments: &[&str]) -> Result<String, String> {
    let program = program.as_ref();
    let mut command = Command::new(program);
    command
        .args(arguments)
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let failed = |why: &str| format!("{} {}: {why}", program.display(), arguments.join(" "));
    let output = command.output().await;
    let output = output.map_err(|error| failed(&error.to_string()))?;
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        false => Err(failed(String::from_utf8_lossy(&output.stderr).trim())),
    }
}

/// The box of a line that reads `people.jpg: person 0.93 at 0.12 0.08 0.34 0.67`.
fn person_box(line: &str) -> Option<[f32; 4]> {
    let (_, numbers) = line.split_once(": person ")?;
    let (score, numbers) = numbers.split_once(" at ")?;
    assert!(
        (0.3..=1.0).contains(&score.parse::<f32>().unwrap()),
        "{line}"
    );
    let numbers = numbers.split(' ').map(|number| number.parse().unwrap());
    Some(numbers.collect::<Vec<f32>>().try_into().unwrap())
}

#[tokio::test]
async fn prints_what_is_in_a_picture_and_why_there_is_nothing() {
    let program = printed();
    let python = match python().await {
        Ok(python) => python,
        Err(why) => return say_skipped(why),
    };
    let folders = folders();
    let (_server, port) = started(sightline(folders.path(), &[])).await;
    let file = folders.path().join("detect.py");
    std::fs::write(&file, program).unwrap();
    let address = format!("ws://localhost:{port}/api/detect");
    let mut client = Command::new(python);
    client
        .arg(file)
        .args([&address, NO_JPEG, PEOPLE])
        // The library would ask a proxy for this machine, too.
        .env("NO_PROXY", "localhost")
        .kill_on_drop(true);
    let output = soon("the client's end", client.output()).await.unwrap();
    let (printed, errors) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{printed}{errors}");
    assert!(errors.starts_with(&format!("{NO_JPEG}: ")), "{errors}");
    let people: Vec<[f32; 4]> = printed.lines().filter_map(person_box).collect();
    assert!(
        people.len() >= 3,
        "four people are in the picture: {printed}"
    );
    for [xmin, ymin, xmax, ymax] in people {
        assert!(0.0 <= xmin && xmin < xmax && xmax <= 1.0, "{printed}");
        assert!(0.0 <= ymin && ymin < ymax && ymax <= 1.0, "{printed}");
    }
}
