import type { Request, Response } from '../../../src-preload/contract';
import type { ClusterEndpoint, Signature } from '../../../src-preload/contract/clusters';
import type { Certificate } from '../../../src-preload/contract/result';
import { AppError } from '../errors/app-error';
import { moment } from '../operations/actions/words';
import { visible } from '../operations/confirm-words';
import type { ConfirmQuestion, ShellPort } from '../port/shell-port';
import { probeCertificate } from '../proxmox/client/probe';
import {
  authorityPem,
  chooseAuthority,
  describeAuthority,
  signatureOf,
  type AuthorityStore,
} from './authorities';
import type { CertificateStore, ClusterStore } from './stores';

export interface CertificateTrustOptions {
  clusters: Pick<ClusterStore, 'list'>;
  certificates: CertificateStore;
  authorities: AuthorityStore;
  shell: Pick<ShellPort, 'confirm' | 'chooseOpenPath'>;
  /** The embedded demo clusters are on this computer. */
  demo: boolean;
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

/** What is proved of who signed it, in words (X13). */
function provenance({ by, authority }: Signature): string {
  if (by === 'unknown' || authority === null) {
    return 'Who signed it is not proved: the authority of this cluster was never read.';
  }
  const named = `the authority that this cluster named on ${moment(authority.readAtMs)} (${visible(authority.certificate.subject)})`;
  return by === 'authority'
    ? `Its signature was checked: ${named} signed it.`
    : `Its signature was checked: it is NOT by ${named}.`;
}

/** The words of the native dialog for a certificate that is not pinned. */
export function certificateQuestion(
  { address, port }: ClusterEndpoint,
  offered: Certificate,
  known: Certificate | null,
  signature: Signature,
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
        provenance(signature),
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
      'Compare this SHA-256 fingerprint with the one that the node itself shows: Certificates of the node in the web interface, or pvenode cert info on it. No token and no password has been sent to it yet.',
      '',
      ...lines(offered, nowMs),
    ].join('\n'),
    confirmLabel: 'Trust this certificate',
  };
}

/** Looking at and deciding about the certificates of nodes. */
export function createCertificateTrust(options: CertificateTrustOptions) {
  const { clusters, certificates, authorities, shell, demo, nowMs } = options;
  /** What the cluster that has a node at this address said of its own authority. */
  const authorityAt = ({ address, port }: ClusterEndpoint) => {
    const owner = clusters
      .list()
      .find(({ endpoints }) => endpoints.some((each) => each.address === address && each.port === port));
    return owner === undefined ? null : authorities.ofCluster(owner.id);
  };
  const look = async (endpoint: ClusterEndpoint, chosen: string | undefined, signal: AbortSignal) => {
    const { address, port } = endpoint;
    const known = certificates.find(address, port);
    const {
      certificate: offered,
      shown,
      vouched,
    } = await probeCertificate(address, port, {
      authorities: chosen === undefined ? undefined : authorityPem(authorities, chosen),
      allowLoopback: demo,
      signal,
    });
    const status = known === null ? 'unknown' : known.sha256 === offered.sha256 ? 'trusted' : 'changed';
    return { status, offered, known, vouched, signature: signatureOf(shown, authorityAt(endpoint)) } as const;
  };
  return {
    probe: (
      { authority, ...endpoint }: Request<'clusters:probeCertificate'>,
      signal: AbortSignal,
    ): Promise<Response<'clusters:probeCertificate'>> => look(endpoint, authority, signal),

    chooseAuthority: async (): Promise<Response<'clusters:chooseAuthority'>> => ({
      authority: await chooseAuthority(authorities, shell, nowMs()),
    }),

    authority: async (sha256: string): Promise<Response<'clusters:authority'>> =>
      describeAuthority(authorityPem(authorities, sha256)),

    /**
     * SECURITY: the certificate is fetched anew and must be the one the page showed; the dialog shows what was fetched,
     * and exactly that is pinned.
     */
    trust: async (
      { sha256, ...endpoint }: Request<'clusters:trustCertificate'>,
      signal: AbortSignal,
    ): Promise<Response<'clusters:trustCertificate'>> => {
      const { status, offered, known, signature } = await look(endpoint, undefined, signal);
      if (offered.sha256 !== sha256) {
        throw new AppError(
          'untrusted-host',
          `${endpoint.address} now shows another certificate than the one you looked at. Nothing was trusted. Compare again.`,
          { certificate: offered },
        );
      }
      if (status === 'trusted') return { trusted: true };
      if (!(await shell.confirm(certificateQuestion(endpoint, offered, known, signature, nowMs()), signal))) {
        return { trusted: false };
      }
      certificates.pin(endpoint.address, endpoint.port, offered);
      return { trusted: true };
    },
  };
}
