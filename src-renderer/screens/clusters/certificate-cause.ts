import type { Signature } from '../../../src-preload/contract/clusters';
import type { Certificate } from '../../../src-preload/contract/result';
import { formatMoment } from '../../format/time-format';

/**
 * What a changed certificate looks like, from what both say of themselves (X13). It is a hint, never a proof: anybody can
 * write any issuer into a certificate of their own.
 */
export function certificateCause(known: Certificate, offered: Certificate, nowMs: number): string {
  if (offered.notAfterMs < nowMs && offered.notBeforeMs < known.notBeforeMs) {
    return 'An older one that has expired is offered: the node may have been restored from a backup, or it is another machine.';
  }
  const renewed = offered.notBeforeMs > known.notBeforeMs;
  if (offered.issuer === known.issuer && offered.subject === known.subject && renewed) {
    return known.notAfterMs < nowMs
      ? 'It looks renewed: the pinned one has expired, and the same issuer is named for the same node.'
      : 'It looks renewed before its time: the same issuer is named for the same node.';
  }
  if (offered.issuer === known.issuer) {
    return 'The same issuer is named, but for another node: the address may lead to a neighbour now.';
  }
  return offered.issuer === offered.subject
    ? 'It signs itself, as the pinned one did not: this is what somebody in between would offer.'
    : 'Another issuer is named: a certificate of your own or ACME was installed, or it is another machine.';
}

/** What is proved of who signed it: computed from the signature, not from names (X13). */
export function signatureWords({ by, authority }: Signature): string {
  if (by === 'unknown' || authority === null) {
    return 'Who signed it could not be checked: the authority of this cluster was never read.';
  }
  const named = `the authority that this cluster itself named on ${formatMoment(authority.readAtMs)} (${authority.certificate.subject})`;
  return by === 'authority'
    ? `Checked: its signature is by ${named}. A renewal looks like this.`
    : `Checked: its signature is NOT by ${named}. A renewal by Proxmox VE itself would be.`;
}
