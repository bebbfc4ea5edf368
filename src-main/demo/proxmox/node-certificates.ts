import { createPrivateKey, X509Certificate } from 'node:crypto';
import { createCertificate } from './certificate';
import { flag, optionalText, text, type Call, type Handlers } from './call';
import { badParameters, died } from './errors';
import { nodeOf } from './nodes';
import { startTask } from './tasks';
import type { ClusterNode } from './types';

const dayMs = 86_400_000;

/** Key and certificates in PEM that the node shows: its custom one where there is one. */
export function shownCertificate({ custom, certificate }: ClusterNode): { key: string; chain: string } {
  return custom === null
    ? {
        key: certificate.key.export({ type: 'pkcs8', format: 'pem' }).toString(),
        chain: certificate.certificate.toString(),
      }
    : { key: custom.keyPem, chain: custom.chainPem };
}

function row(filename: string, certificate: X509Certificate) {
  const slashed = (name: string) => `/${name.split('\n').reverse().join('/')}`;
  return {
    filename,
    fingerprint: certificate.fingerprint256,
    subject: slashed(certificate.subject),
    issuer: slashed(certificate.issuer),
    san: (certificate.subjectAltName ?? '')
      .split(', ')
      .map((name) => name.replace(/^(?:DNS|IP Address):/, '')),
    notbefore: Math.floor(Date.parse(certificate.validFrom) / 1000),
    notafter: Math.floor(Date.parse(certificate.validTo) / 1000),
    pem: certificate.toString(),
    'public-key-type': 'id-ecPublicKey',
    'public-key-bits': 256,
  };
}

function list(call: Call) {
  const { custom, certificate } = nodeOf(call);
  const { signer } = certificate;
  return [
    ...(signer === undefined ? [] : [row('pve-root-ca.pem', signer)]),
    row('pve-ssl.pem', certificate.certificate),
    ...(custom === null ? [] : [row('pveproxy-ssl.pem', custom.leaf)]),
  ];
}

function upload(call: Call) {
  const node = nodeOf(call);
  const chainPem = text(call, 'certificates');
  const keyPem = optionalText(call, 'key') ?? node.custom?.keyPem;
  if (node.custom !== null && !flag(call, 'force')) {
    throw badParameters({ force: "Custom certificate exists but 'force' is not set.\n" });
  }
  if (keyPem === undefined) {
    throw badParameters({ key: 'Attempted to upload custom certificate without (existing) key.\n' });
  }
  const leaf = new X509Certificate(chainPem);
  if (!leaf.checkPrivateKey(createPrivateKey(keyPem))) {
    throw died('setting custom certificate failed: private key does not match certificate');
  }
  node.custom = { leaf, chainPem, keyPem };
  if (flag(call, 'restart')) node.onCertificate?.();
  return row('pveproxy-ssl.pem', leaf);
}

function remove(call: Call): null {
  const node = nodeOf(call);
  if (node.custom === null) throw died('deleting custom certificate failed: no custom certificate found');
  node.custom = null;
  if (flag(call, 'restart')) node.onCertificate?.();
  return null;
}

/** A certificate as an authority on the internet gives it. */
export function acmeCertificate(
  domains: readonly string[],
  nowMs: number,
  agedDays: number,
): NonNullable<ClusterNode['custom']> {
  const name = { commonName: 'Example Authority R11', organisation: 'Example Authority' };
  const { key: authorityKey } = createCertificate({
    subject: name,
    names: [],
    notBeforeMs: nowMs - 900 * dayMs,
    notAfterMs: nowMs + 900 * dayMs,
  });
  const { key, certificate } = createCertificate({
    subject: { commonName: domains[0] ?? '', organisation: 'Example' },
    names: domains,
    notBeforeMs: nowMs - agedDays * dayMs,
    notAfterMs: nowMs + (90 - agedDays) * dayMs,
    authority: { name, key: authorityKey },
  });
  return {
    leaf: certificate,
    chainPem: certificate.toString(),
    keyPem: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

function renew(call: Call): string {
  const node = nodeOf(call);
  const { cluster } = call;
  if (node.acmeDomains.length === 0) throw died('No ACME domains configured!');
  if (node.custom === null)
    throw died('No current (custom) certificate found, please order a new certificate!');
  const left = Date.parse(node.custom.leaf.validTo) - cluster.nowMs();
  if (left > 30 * dayMs && !flag(call, 'force')) {
    throw badParameters({
      force: "Certificate does not expire within the next 30 days, and 'force' is not set.\n",
    });
  }
  return startTask(cluster, { node: node.name, type: 'acmerenew', id: '', by: call.who }, function* (run) {
    run.log('Loading ACME account details');
    run.log('Placing ACME order');
    yield 900;
    for (const domain of node.acmeDomains) {
      run.log(`The validation for ${domain} is pending!`);
      yield 1200;
      run.log(`Status is 'valid', domain '${domain}' OK!`);
    }
    run.log('All domains validated!');
    run.log('Creating CSR');
    yield 600;
    run.log('Downloading certificate');
    node.custom = acmeCertificate(node.acmeDomains, cluster.nowMs(), 0);
    run.log('Setting pveproxy certificate and key');
    run.log('Restarting pveproxy');
    node.onCertificate?.();
  });
}

export const nodeCertificateHandlers: Handlers = {
  'GET /nodes/{node}/certificates/info': list,
  'POST /nodes/{node}/certificates/custom': upload,
  'DELETE /nodes/{node}/certificates/custom': remove,
  'PUT /nodes/{node}/certificates/acme/certificate': renew,
  'GET /nodes/{node}/config': (call) => {
    const { acmeDomains } = nodeOf(call);
    return acmeDomains.length === 0
      ? {}
      : { acme: 'account=default', acmedomain0: `domain=${acmeDomains[0] ?? ''},plugin=standalone` };
  },
};
