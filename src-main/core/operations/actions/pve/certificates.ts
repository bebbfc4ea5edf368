import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import type { Blocker, Consequence } from '../../../../../src-preload/contract/operations';
import { toAppError } from '../../../errors/app-error';
import { apiPath } from '../../../proxmox/client/path';
import { momentOf, optionalNumber, optionalText } from '../../../proxmox/loose';
import { changeCall } from '../../../proxmox/requests';
import type { ApiContext, ClusterSubject, OfferDraft } from '../../action';
import { switchField } from '../fields';
import { plural } from '../words';
import { nodeNameSchema } from './guest-reads';
import { bindChange, confirmed, info, loss, notThere, warning } from './single-change';

/** What pveproxy shows when it is there, uploaded or by ACME; otherwise that of the cluster's own authority. */
export const customFile = 'pveproxy-ssl.pem';
const ownFile = 'pve-ssl.pem';

const infoSchema = z.array(
  z.object({ filename: optionalText, fingerprint: optionalText, notafter: optionalNumber }),
);
const configSchema = z.looseObject({ acme: optionalText });

/** SHA-256 of what the node shows, and of what it would show without the custom one. */
interface Shown {
  custom: string | null;
  customNotAfterMs: number | null;
  own: string | null;
}

async function readShown(context: ApiContext, node: string): Promise<Shown> {
  const rows = await context.get(
    `read the certificates of ${node}`,
    apiPath('/nodes/{node}/certificates/info', { node }),
    infoSchema,
  );
  const custom = rows.find(({ filename }) => filename === customFile);
  return {
    custom: custom?.fingerprint ?? null,
    customNotAfterMs: momentOf(custom?.notafter ?? null),
    own: rows.find(({ filename }) => filename === ownFile)?.fingerprint ?? null,
  };
}

/** How trust goes on. SECURITY: a new certificate is never trusted by itself, not even one that Holdfast sent. */
function trustGoesOn(node: string, next: string | null): Consequence[] {
  return [
    warning(
      next === null
        ? `${node} shows another certificate from then on, whose fingerprint is not known before it is there.`
        : `${node} shows another certificate from then on. Its SHA-256: ${next}`,
    ),
    warning(
      `Where certificates are pinned, Holdfast sends ${node} nothing more until the new one is trusted: open the cluster’s settings, look at the certificate of that node, compare ${next === null ? 'it with what the node itself says (openssl x509 -in /etc/pve/local/pveproxy-ssl.pem -noout -fingerprint -sha256)' : 'the fingerprint with the one above'}, and trust it. Other nodes of the cluster answer meanwhile.`,
    ),
  ];
}

const restarts = info(
  'The web interface and the API of that node start again: whoever is connected to it is cut off for some seconds.',
);

// Upload

const uploadInput = z.strictObject({
  node: nodeNameSchema,
  /** Both from the native dialog; they may be the same file. */
  certificate: z.uuid(),
  key: z.uuid(),
});
type UploadInput = z.infer<typeof uploadInput>;

interface Chosen {
  chain: X509Certificate[];
  /** null: it is none, or it needs a passphrase. */
  key: KeyObject | null;
  keyPem: string;
}

const blocksOf = (text: string, kind: RegExp): string[] =>
  [...text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----[^-]+-----END \1-----/g)].flatMap(([block, name = '']) =>
    kind.test(name) ? [block] : [],
  );

function certificateOf(block: string): X509Certificate | null {
  try {
    return new X509Certificate(block);
  } catch {
    // What OpenSSL cannot read is no certificate; the plan says so.
    return null;
  }
}

function keyOf(block: string): KeyObject | null {
  try {
    return createPrivateKey(block);
  } catch {
    // Not a key, or one with a passphrase: the plan says which.
    return null;
  }
}

/** SECURITY: of the certificate's file only its certificates are taken, should the key stand in it too. */
export function chosenOf(certificateText: string, keyText: string): Chosen {
  const [keyPem = ''] = blocksOf(keyText, /^(?:[A-Z0-9]+ )?PRIVATE KEY$/);
  return {
    chain: blocksOf(certificateText, /^CERTIFICATE$/).flatMap((block) => certificateOf(block) ?? []),
    key: keyOf(keyPem),
    keyPem,
  };
}

/** null: the files were chosen in another session, or are gone. */
async function chosenFiles(context: ApiContext, { certificate, key }: UploadInput): Promise<Chosen | null> {
  try {
    const [certificateText, keyText] = await Promise.all([
      context.localText(certificate),
      context.localText(key),
    ]);
    return chosenOf(certificateText, keyText);
  } catch (thrown) {
    if (toAppError(thrown).code === 'not-found') return null;
    throw thrown;
  }
}

const namesOf = (certificate: X509Certificate): string[] =>
  (certificate.subjectAltName ?? '')
    .split(', ')
    .map((name) => name.replace(/^(?:DNS|IP Address):/, ''))
    .filter((name) => name !== '');

interface FoundUpload {
  shown: Shown;
  chosen: Chosen | null;
  nowMs: number;
}

function uploadBlockers({ chosen, nowMs }: FoundUpload): Blocker[] {
  if (chosen === null) {
    return [{ text: 'The files were not chosen in this session.', remedy: 'Choose them again.' }];
  }
  const [leaf] = chosen.chain;
  if (leaf === undefined) {
    return [
      {
        text: 'The file holds no certificate in PEM.',
        remedy: 'Choose a file that begins with -----BEGIN CERTIFICATE-----.',
      },
    ];
  }
  const blockers: Blocker[] = [];
  if (chosen.key === null) {
    blockers.push({
      text: 'There is no private key in PEM in the file, or it has a passphrase, which Proxmox VE does not take.',
      remedy: 'Choose the key without its passphrase.',
    });
  } else if (!leaf.checkPrivateKey(chosen.key)) {
    blockers.push({
      text: 'The private key does not belong to the first certificate of the file.',
      remedy: 'Put the certificate of the node first, those of its authorities after it.',
    });
  }
  if (Date.parse(leaf.validTo) <= nowMs) {
    blockers.push({ text: `The certificate expired on ${leaf.validTo}.`, remedy: 'Choose another one.' });
  }
  return blockers;
}

const dayMs = 86_400_000;

function uploadWords({ chosen, shown, nowMs }: FoundUpload, node: string): Consequence[] {
  const leaf = chosen?.chain[0];
  if (chosen === null || leaf === undefined) return [];
  const names = namesOf(leaf);
  const covers = names.some((name) => name === node || name.startsWith(`${node}.`) || name.startsWith('*.'));
  return [
    info(`${leaf.subject.replaceAll('\n', ', ')}, issued by ${leaf.issuer.replaceAll('\n', ', ')}`),
    info(
      `For ${names.length === 0 ? 'no name' : names.join(', ')}; valid to ${leaf.validTo}; ${plural(chosen.chain.length - 1, 'certificate')} of authorities with it.`,
    ),
    ...(covers ? [] : [warning(`It is not for ${node}: browsers will warn about it.`)]),
    ...(Date.parse(leaf.validTo) < nowMs + 30 * dayMs ? [warning('It expires within 30 days.')] : []),
    ...(shown.custom === null
      ? []
      : [loss(`The present one is replaced and not kept on the node: ${shown.custom}`)]),
    ...trustGoesOn(node, leaf.fingerprint256),
    restarts,
    info('The private key is sent to the node over the pinned connection. It is neither shown nor recorded.'),
  ];
}

/** What can be asked when both files were chosen. */
export function uploadCertificateOffer(
  node: string,
  files: { certificate: string; key: string },
): OfferDraft {
  return { label: 'Upload…', group: 'change', excuse: null, input: { node, ...files }, fields: [] };
}

const upload = bindChange<UploadInput, FoundUpload>({
  id: 'pve.certificate.upload',
  title: 'Upload certificate to node',
  onlyNow: 'Files that were chosen in a dialog are known only until Holdfast is closed.',
  backend: null,
  minimumAccess: 'administer',
  risk: 'catastrophic',
  input: uploadInput,
  // Its files come from the native dialog: see uploadCertificateOffer.
  offer: () => null,
  look: async (context, input) => ({
    shown: await readShown(context, input.node),
    chosen: await chosenFiles(context, input),
    nowMs: context.nowMs(),
  }),
  draft: (input, found) => {
    const { node } = input;
    const chain = found.chosen?.chain ?? [];
    return {
      target: { kind: 'node', name: node },
      title: `Upload a certificate to ${node}`,
      call: changeCall(
        'POST /nodes/{node}/certificates/custom',
        { node },
        {
          certificates: chain.map(String).join(''),
          key: found.chosen?.keyPem ?? '',
          force: found.shown.custom !== null,
          restart: true,
        },
        {
          hidden: {
            certificates: `(${plural(chain.length, 'certificate')}, the first with SHA-256 ${chain[0]?.fingerprint256 ?? 'none'})`,
          },
        },
      ),
      explain: 'Writes certificate and key to /etc/pve/local, and starts pveproxy again.',
      follow: 'any',
      consequences: uploadWords(found, node),
      blockers: uploadBlockers(found),
      undo:
        found.shown.custom === null
          ? 'Delete the custom certificate: the node shows its own again.'
          : 'Upload the former certificate with its key, if you have both.',
      restsOn: {
        custom: found.shown.custom,
        leaf: chain[0]?.fingerprint256 ?? null,
        count: chain.length,
      },
    };
  },
  judge: ({ node }, { shown }, before) =>
    shown.custom !== null && shown.custom === before['leaf']
      ? confirmed(`${node} has the new certificate. Trust it in the cluster’s settings where it is pinned.`)
      : notThere(`${node} does not have the new certificate.`),
});

// Delete, renew

const nodeInput = z.strictObject({ node: nodeNameSchema });
type NodeInput = z.infer<typeof nodeInput>;
const renewInput = z.strictObject({ node: nodeNameSchema, force: z.boolean() });
type RenewInput = z.infer<typeof renewInput>;

const isCustom = (subject: ClusterSubject): subject is Extract<ClusterSubject, { kind: 'certificate' }> =>
  subject.kind === 'certificate' && subject.certificate.file === customFile;

const missingCustom = (node: string): Blocker => ({
  text: `${node} has no certificate beside its own.`,
  remedy: 'Read the certificates again.',
});

const remove = bindChange<NodeInput, Shown>({
  id: 'pve.certificate.delete',
  title: 'Delete custom certificate of node',
  backend: null,
  minimumAccess: 'administer',
  risk: 'catastrophic',
  input: nodeInput,
  offer: (subject) =>
    isCustom(subject)
      ? { label: 'Delete…', group: 'destroy', excuse: null, input: { node: subject.node }, fields: [] }
      : null,
  look: (context, { node }) => readShown(context, node),
  draft: ({ node }, shown) => ({
    target: { kind: 'node', name: node },
    title: `Delete the custom certificate of ${node}`,
    call: changeCall('DELETE /nodes/{node}/certificates/custom', { node }, { restart: true }),
    explain: `Deletes ${customFile} and its key, and starts pveproxy again.`,
    follow: 'any',
    consequences:
      shown.custom === null
        ? []
        : [
            loss(`The certificate and its private key are gone from the node: ${shown.custom}`),
            info('The node shows the certificate of the cluster’s own authority again.'),
            ...trustGoesOn(node, shown.own),
            restarts,
          ],
    blockers: shown.custom === null ? [missingCustom(node)] : [],
    undo: 'Upload it again with its key, if you have both, or order it anew by ACME.',
    restsOn: { custom: shown.custom, own: shown.own },
  }),
  judge: ({ node }, shown) =>
    shown.custom === null
      ? confirmed(`${node} has no certificate but its own.`)
      : notThere(`${node} still has its custom certificate.`),
});

interface FoundRenewal {
  shown: Shown;
  /** The node's ACME setting; null: none. */
  acme: string | null;
  domains: string[];
  nowMs: number;
}

/** As Proxmox VE has it: earlier only by force. */
const renewableMs = 30 * dayMs;

const renew = bindChange<RenewInput, FoundRenewal>({
  id: 'pve.certificate.renew',
  title: 'Renew certificate of node by ACME',
  backend: null,
  minimumAccess: 'administer',
  risk: 'destructive',
  input: renewInput,
  offer: (subject) =>
    isCustom(subject)
      ? {
          label: 'Renew by ACME…',
          group: 'change',
          excuse: null,
          input: { node: subject.node },
          fields: [
            switchField(
              'force',
              'Also when it is valid for 30 days or more',
              false,
              'Authorities allow few certificates for the same names in a week.',
            ),
          ],
        }
      : null,
  look: async (context, { node }) => {
    const [shown, config] = await Promise.all([
      readShown(context, node),
      context.get(`read the settings of ${node}`, apiPath('/nodes/{node}/config', { node }), configSchema),
    ]);
    const inAcme = /(?:^|,)domains=([^,]+)/.exec(config.acme ?? '')?.[1]?.split(';') ?? [];
    const own = Object.entries(config).flatMap(([name, value]) =>
      /^acmedomain\d$/.test(name) && typeof value === 'string'
        ? [(value.split(',')[0] ?? '').replace(/^domain=/, '')]
        : [],
    );
    return { shown, acme: config.acme, domains: [...inAcme, ...own], nowMs: context.nowMs() };
  },
  draft: ({ node, force }, { shown, domains, nowMs }) => {
    const early = shown.customNotAfterMs !== null && shown.customNotAfterMs > nowMs + renewableMs;
    return {
      target: { kind: 'node', name: node },
      title: `Renew the certificate of ${node} by ACME`,
      call: changeCall('PUT /nodes/{node}/certificates/acme/certificate', { node }, { force }),
      explain: 'The node orders a new certificate, proves its names, and starts pveproxy again.',
      timeoutSeconds: 900,
      consequences: [
        info(`For ${domains.join(', ')}.`),
        info('The authority must reach the node, or its DNS plugin the name server.'),
        ...trustGoesOn(node, null),
        restarts,
      ],
      blockers: [
        ...(shown.custom === null ? [missingCustom(node)] : []),
        ...(domains.length === 0
          ? [
              {
                text: `No names for ACME are set up for ${node}, so this certificate came by another way.`,
                remedy: 'Set them up in Proxmox VE (node, Certificates, ACME), or upload a new one.',
              },
            ]
          : []),
        ...(early && !force
          ? [
              {
                text: 'It is valid for 30 days or more, and Proxmox VE renews it only by force then.',
                remedy: 'Wait, or tick the box in the form.',
              },
            ]
          : []),
      ],
      undo: null,
      restsOn: { custom: shown.custom, domains },
    };
  },
  judge: ({ node }, { shown }, before) =>
    shown.custom !== null && shown.custom !== before['custom']
      ? confirmed(`${node} has a new certificate. Trust it in the cluster’s settings where it is pinned.`)
      : notThere(`${node} has the same certificate as before.`),
});

export const certificateActions = {
  'pve.certificate.renew': renew,
  'pve.certificate.upload': upload,
  'pve.certificate.delete': remove,
} as const;
