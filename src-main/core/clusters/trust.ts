import type { Request, Response } from '../../../src-preload/contract';
import type { ClusterEndpoint } from '../../../src-preload/contract/clusters';
import type { Certificate } from '../../../src-preload/contract/result';
import { AppError } from '../errors/app-error';
import { moment } from '../operations/actions/words';
import { visible } from '../operations/confirm-words';
import type { ConfirmQuestion, ShellPort } from '../port/shell-port';
import { probeCertificate } from '../proxmox/client/probe';
import type { CertificateStore } from './stores';

export interface CertificateTrustOptions {
  certificates: CertificateStore;
  shell: Pick<ShellPort, 'confirm'>;
  nowMs: () => number;
}

function lines({ sha256, subject, issuer, notBeforeMs, notAfterMs }: Certificate, nowMs: number): string[] {
  const expired = notAfterMs < nowMs ? ' (EXPIRED)' : '';
  return [
    sha256,
    `Subject: ${visible(subject)}`,
    `Issuer: ${visible(issuer)}`,
    `Valid: ${moment(notBeforeMs)} to ${moment(notAfterMs)}${expired}`,
  ];
}

/** The words of the native dialog for a certificate that is not pinned. */
export function certificateQuestion(
  { address, port }: ClusterEndpoint,
  offered: Certificate,
  known: Certificate | null,
  nowMs: number,
): ConfirmQuestion {
  const where = `${address}, port ${port}`;
  if (known !== null) {
    return {
      kind: 'trust-host-key',
      title: `Replace the certificate of ${address}?`,
      message: `The certificate of ${where} has CHANGED.`,
      detail: [
        'Either it was renewed, or somebody stands between you and it. Compare with the node’s own console.',
        '',
        'Pinned until now:',
        ...lines(known, nowMs),
        '',
        'Offered now:',
        ...lines(offered, nowMs),
      ].join('\n'),
      confirmLabel: 'Replace the pinned certificate',
    };
  }
  return {
    kind: 'trust-host-key',
    title: `Trust the certificate of ${address}?`,
    message: `Holdfast has not seen ${where} before.`,
    detail: [
      'Compare this SHA-256 fingerprint with the one that the node itself shows: Certificates of the node in the web interface, or pvenode cert info on it. No token has been sent yet.',
      '',
      ...lines(offered, nowMs),
    ].join('\n'),
    confirmLabel: 'Trust this certificate',
  };
}

/** Looking at and deciding about the certificates of nodes. */
export function createCertificateTrust({ certificates, shell, nowMs }: CertificateTrustOptions) {
  const look = async ({ address, port }: ClusterEndpoint, signal: AbortSignal) => {
    const known = certificates.find(address, port);
    const { certificate: offered, systemTrusted } = await probeCertificate(address, port, signal);
    const status = known === null ? 'unknown' : known.sha256 === offered.sha256 ? 'trusted' : 'changed';
    return { status, offered, known, systemTrusted } as const;
  };
  return {
    probe: (endpoint: ClusterEndpoint, signal: AbortSignal): Promise<Response<'clusters:probeCertificate'>> =>
      look(endpoint, signal),

    /**
     * SECURITY: the certificate is fetched anew and must be the one the page showed; the dialog shows what was fetched,
     * and exactly that is pinned.
     */
    trust: async (
      { sha256, ...endpoint }: Request<'clusters:trustCertificate'>,
      signal: AbortSignal,
    ): Promise<Response<'clusters:trustCertificate'>> => {
      const { status, offered, known } = await look(endpoint, signal);
      if (offered.sha256 !== sha256) {
        throw new AppError(
          'untrusted-host',
          `${endpoint.address} now shows another certificate than the one you looked at. Nothing was trusted. Compare again.`,
          { certificate: offered },
        );
      }
      if (status === 'trusted') return { trusted: true };
      if (!(await shell.confirm(certificateQuestion(endpoint, offered, known, nowMs()), signal))) {
        return { trusted: false };
      }
      certificates.pin(endpoint.address, endpoint.port, offered);
      return { trusted: true };
    },
  };
}
