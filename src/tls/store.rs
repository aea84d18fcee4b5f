//! A certificate and its key in one PEM file that only its owner may read.

use std::fs;
use std::io::ErrorKind::{AlreadyExists, NotADirectory, NotFound};
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result, bail};
use tempfile::NamedTempFile;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// What one file holds.
pub struct Pair {
    pub certificate: CertificateDer<'static>,
    pub key: PrivateKeyDer<'static>,
    pub pem: String,
}

impl Pair {
    pub fn parse(pem: String) -> Result<Self> {
        Ok(Self {
            certificate: CertificateDer::from_pem_slice(pem.as_bytes())?,
            key: PrivateKeyDer::from_pem_slice(pem.as_bytes())?,
            pem,
        })
    }
}

/// `None` if there is no such file. One that cannot be read is not replaced: it may be another user's.
pub fn read(file: &Path) -> Result<Option<String>> {
    match fs::read_to_string(file) {
        Ok(text) => Ok(Some(text)),
        Err(error) if matches!(error.kind(), NotFound | NotADirectory) => Ok(None),
        Err(error) => bail!(
            "cannot read {}, {error}: name a folder of yours by --state-dir DIR",
            file.display()
        ),
    }
}

/// In place of what is there. Whoever reads meanwhile sees the old file or the new one, both whole.
pub fn replace(file: &Path, pem: &str) -> Result<()> {
    keep(file, || {
        written_beside(file, pem)?.persist(file)?;
        Ok(())
    })
}

/// False if another program was first: its file stays.
pub fn create(file: &Path, pem: &str) -> Result<bool> {
    keep(file, || {
        match written_beside(file, pem)?.persist_noclobber(file) {
            Ok(_) => Ok(true),
            Err(refused) if refused.error.kind() == AlreadyExists => Ok(false),
            Err(refused) => Err(refused.into()),
        }
    })
}

/// Temporary files are made for their owner alone.
fn written_beside(file: &Path, pem: &str) -> Result<NamedTempFile> {
    let folder = file.parent().context("a file in a folder")?;
    fs::create_dir_all(folder)?;
    let mut temporary = NamedTempFile::new_in(folder)?;
    temporary.write_all(pem.as_bytes())?;
    // Under its name only once it is on the disk: an empty file would pass for a damaged one.
    temporary.as_file().sync_all()?;
    Ok(temporary)
}

fn keep<T>(file: &Path, write: impl FnOnce() -> Result<T>) -> Result<T> {
    write().with_context(|| {
        let folder = file.parent().unwrap_or(file);
        format!(
            "the certificate cannot be kept in {}: name a writable folder by --state-dir DIR",
            folder.display()
        )
    })
}

/// Whether others than the owner may read it.
#[cfg(unix)]
pub fn is_exposed(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(file).is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
pub fn is_exposed(_file: &Path) -> bool {
    false
}

/// A key that others could read may have been read: it is closed to them, and the operator is told.
pub fn close_to_others(file: &Path) -> Result<()> {
    if !is_exposed(file) {
        return Ok(());
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let owner_only = fs::Permissions::from_mode(0o600);
        fs::set_permissions(file, owner_only).with_context(|| {
            let shown = file.display();
            format!("others can read the private key in {shown}: chmod 600 {shown}")
        })?;
    }
    tracing::warn!(
        "others could read the private key in {}, and no longer can; if somebody may have, delete \
         the file: a new one is made",
        file.display()
    );
    Ok(())
}
