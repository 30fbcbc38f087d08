//! Stores of certificates.

use std::ptr::null_mut;

use windows_sys::Win32::Security::Cryptography::{
    CERT_STORE_ADD_REPLACE_EXISTING, CERT_STORE_PROV_SYSTEM_W, CERT_SYSTEM_STORE_LOCAL_MACHINE,
    CertAddEncodedCertificateToStore, CertCloseStore, CertOpenStore, X509_ASN_ENCODING,
};

use super::wide::{done, last, wide};
use crate::value;

/// More than this is no certificate.
const BYTES_MAX: usize = 1 << 20;

/// Adds what a file holds to a store of the machine.
pub(super) fn add(path: &str, store: &str) -> Result<(), String> {
    let bytes = std::fs::read(path).map_err(|error| format!("cannot read `{path}`: {error}"))?;
    if bytes.len() > BYTES_MAX {
        return Err(format!("`{path}` is too long for a certificate"));
    }
    let certificates = value::certificates(&bytes).map_err(|why| format!("`{path}`: {why}"))?;
    let name = wide(store);
    // SAFETY: `name` ends with a zero; this kind of store wants no provider of keys.
    let open = unsafe {
        CertOpenStore(
            CERT_STORE_PROV_SYSTEM_W,
            0,
            0,
            CERT_SYSTEM_STORE_LOCAL_MACHINE,
            name.as_ptr().cast(),
        )
    };
    if open.is_null() {
        return Err(last(&format!("cannot open the store `{store}`")));
    }
    let added = certificates.iter().try_for_each(|der| {
        let length = u32::try_from(der.len()).unwrap_or_default();
        // SAFETY: the store is open, and `der` has `length` bytes.
        let added = unsafe {
            CertAddEncodedCertificateToStore(
                open,
                X509_ASN_ENCODING,
                der.as_ptr(),
                length,
                CERT_STORE_ADD_REPLACE_EXISTING,
                null_mut(),
            )
        };
        done(
            added,
            &format!("cannot add `{path}` to the store `{store}`"),
        )
    });
    // SAFETY: the store is open, and nobody uses it afterwards.
    unsafe { CertCloseStore(open, 0) };
    added
}
