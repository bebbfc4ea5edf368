import type { X509Certificate } from 'node:crypto';
import type { Certificate } from '../../../../src-preload/contract/result';

const nameLimit = 200;

/** `CN=atlas-1.example.net`: the last part of a subject that Node gives one attribute a line. */
function shortName(lines: string): string {
  const parts = lines.split('\n').filter((line) => line !== '');
  return (parts.findLast((line) => line.startsWith('CN=')) ?? parts.join(', ')).slice(0, nameLimit);
}

function timeOf(text: string): number {
  const ms = Date.parse(text);
  return Number.isNaN(ms) || ms < 0 ? 0 : ms;
}

/** A certificate as a person compares it. `sha256` reads as `openssl x509 -fingerprint -sha256` and Proxmox VE print it. */
export function describeCertificate(certificate: X509Certificate): Certificate {
  return {
    sha256: certificate.fingerprint256,
    subject: shortName(certificate.subject),
    issuer: shortName(certificate.issuer),
    notBeforeMs: timeOf(certificate.validFrom),
    notAfterMs: timeOf(certificate.validTo),
    names: (certificate.subjectAltName ?? '')
      .split(', ')
      .filter((name) => name !== '')
      .slice(0, 20),
  };
}
