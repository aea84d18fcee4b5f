//! What ONNX Runtime would report to its makers stays here.

use std::fs;

use crate::common::{command_line, folders, soon};
use crate::{program, send_signal, welcomed};

/// It begins its reports with a file in the home folder, before the first inference.
#[tokio::test]
async fn the_runtime_prepares_no_report() {
    let (home, folders) = (tempfile::tempdir().unwrap(), folders());
    let mut command = program(command_line(folders.path(), &[]));
    command
        .env("HOME", home.path())
        .env_remove("XDG_CACHE_HOME")
        .env_remove("ORT_DISABLE_TELEMETRY");
    let mut server = welcomed(command).await;
    send_signal(&server.child, "TERM").await;
    let status = soon("its end", server.child.wait()).await.unwrap();
    assert_eq!(status.code(), Some(0));
    let made: Vec<_> = fs::read_dir(home.path()).unwrap().flatten().collect();
    assert!(made.is_empty(), "{made:?}");
}
