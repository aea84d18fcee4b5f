// What the invitation says of the certificate.
import { byId } from '../dom';
import type { CertificateInfo } from '../protocol/messages';

/** Without `certificate` phones know the server's, and no word is lost on it. */
export function showCertificate(certificate: CertificateInfo | undefined): void {
  const trust = certificate?.trust;
  byId('certificate-warning').hidden = !certificate;
  byId('trust-offer').hidden = !trust;
  byId('trust-url').textContent = trust?.url ?? '';
  byId('trust-fingerprint').textContent = trust?.fingerprint ?? '';
}
