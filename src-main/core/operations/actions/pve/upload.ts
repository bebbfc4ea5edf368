import { z } from 'zod';
import type { ClusterStorage } from '../../../../../src-preload/contract/clusters';
import type { Blocker } from '../../../../../src-preload/contract/operations';
import type { LocalFile } from '../../../clusters/local-files';
import { apiPath } from '../../../proxmox/client/path';
import { listOf, optionalNumber, optionalText } from '../../../proxmox/loose';
import { volumeRowsSchema } from '../../../proxmox/reads/storage-content';
import { changeCall } from '../../../proxmox/requests';
import type { ApiContext, OfferDraft } from '../../action';
import { choiceField, textField } from '../fields';
import { bytes } from '../words';
import { nodeNameSchema } from './guest-reads';
import { storageNameSchema } from './names';
import { bindChange, confirmed, info, notThere } from './single-change';

const contents = ['iso', 'vztmpl'] as const;
type Content = (typeof contents)[number];

/** As pve-storage takes them (PVE/Storage.pm). */
const fitting: Readonly<Record<Content, RegExp>> = {
  iso: /\.(?:iso|img)$/i,
  vztmpl: /\.tar\.(?:gz|xz|zst|bz2)$/i,
};

const input = z.strictObject({
  node: nodeNameSchema,
  storage: storageNameSchema,
  /** From the native dialog. */
  file: z.uuid(),
  content: z.enum(contents),
  /** What its maker says it is; null: nobody said. */
  sha256: z
    .string()
    .regex(/^[0-9a-fA-F]{64}$/, 'must be 64 hexadecimal digits')
    .nullable(),
});
type Input = z.infer<typeof input>;

export interface ChosenFile {
  fileId: string;
  path: string;
  name: string;
  sizeBytes: number;
}

/** What the storage will call it: Proxmox VE takes no other characters. */
export function storedName(name: string): string {
  return name.replaceAll(/[^\w.+-]/g, '_');
}

const statusSchema = z.object({ content: optionalText, avail: optionalNumber, active: optionalNumber });

interface Found {
  file: LocalFile;
  content: string[];
  freeBytes: number | null;
  /** Size of what has that name there; null: nothing has. */
  present: { sizeBytes: number | null } | null;
}

async function look(context: ApiContext, { node, storage, file, content }: Input): Promise<Found> {
  const [local, status, rows] = await Promise.all([
    context.localFile(file),
    context.get(
      'read the state of the storage',
      apiPath('/nodes/{node}/storage/{storage}/status', { node, storage }),
      statusSchema,
    ),
    context.get(
      `list what ${storage} holds`,
      apiPath('/nodes/{node}/storage/{storage}/content', { node, storage }),
      volumeRowsSchema,
      { content },
    ),
  ]);
  const row = rows.find(({ volid }) => volid === `${storage}:${content}/${storedName(local.name)}`);
  return {
    file: local,
    content: listOf(status.content),
    freeBytes: status.avail,
    present: row === undefined ? null : { sizeBytes: row.size },
  };
}

function blockersOf(given: Input, { file, content, freeBytes, present }: Found): Blocker[] {
  const blockers: Blocker[] = [];
  if (file.sizeBytes === 0) blockers.push({ text: 'The file is empty.', remedy: 'Choose another one.' });
  if (!fitting[given.content].test(storedName(file.name))) {
    blockers.push({
      text:
        given.content === 'iso'
          ? `${file.name} is no image: its name does not end in .iso or .img.`
          : `${file.name} is no template: its name does not end in .tar.gz, .tar.xz, .tar.zst or .tar.bz2.`,
      remedy: 'Choose what it is, or rename the file.',
    });
  }
  if (!content.includes(given.content)) {
    blockers.push({
      text: `Storage ${given.storage} does not hold ${given.content === 'iso' ? 'ISO images' : 'container templates'}.`,
      remedy: 'Choose another storage.',
    });
  }
  if (freeBytes !== null && freeBytes < file.sizeBytes) {
    blockers.push({
      text: `${given.storage} has ${bytes(freeBytes)} free, and the file has ${bytes(file.sizeBytes)}.`,
      remedy: 'Make room, or choose another storage.',
    });
  }
  if (present !== null) {
    blockers.push({
      text: `${given.storage} holds ${storedName(file.name)} already.`,
      remedy: 'Delete it first, or rename the file.',
    });
  }
  if (given.sha256 !== null && given.sha256.toLowerCase() !== file.sha256) {
    blockers.push({
      text: `The file is not what was said: its SHA-256 is ${file.sha256}.`,
      remedy: 'Download it again.',
    });
  }
  return blockers;
}

/** What a chosen file can be asked about. */
export function uploadOffer(storage: ClusterStorage, file: ChosenFile): OfferDraft {
  const held = contents.filter((content) => storage.content.includes(content));
  const guess = contents.find((content) => fitting[content].test(storedName(file.name)));
  return {
    label: 'Upload…',
    group: 'create',
    excuse:
      held.length === 0
        ? 'This storage holds neither ISO images nor container templates.'
        : storage.available
          ? null
          : 'It is not available.',
    input: { node: storage.node, storage: storage.name, file: file.fileId },
    fields: [
      choiceField(
        'content',
        `${file.name} (${bytes(file.sizeBytes)}) is`,
        [
          { value: 'iso', label: 'An ISO image', excuse: held.includes('iso') ? null : 'Not held there.' },
          {
            value: 'vztmpl',
            label: 'A container template',
            excuse: held.includes('vztmpl') ? null : 'Not held there.',
          },
        ],
        guess === undefined ? {} : { value: guess },
      ),
      textField('sha256', 'SHA-256 that its maker publishes', '', {
        required: false,
        maxLength: 64,
        help: 'Left empty: only the transfer is checked, not where the file comes from.',
      }),
    ],
  };
}

const upload = bindChange<Input, Found>({
  id: 'pve.volume.upload',
  title: 'Upload to storage',
  onlyNow: 'Files that were chosen in a dialog are known only until Holdfast is closed.',
  backend: null,
  minimumAccess: 'administer',
  risk: 'safe',
  input,
  // Its form needs a file, which only the native dialog gives: see uploadOffer.
  offer: () => null,
  look,
  draft: (given, found) => {
    const { node, storage, content } = given;
    const { file } = found;
    const name = storedName(file.name);
    return {
      target: { kind: 'volume', name: `${storage}:${content}/${name}` },
      title: `Upload ${name} to ${storage}`,
      call: changeCall(
        'POST /nodes/{node}/storage/{storage}/upload',
        { node, storage },
        { content, 'checksum-algorithm': 'sha256', checksum: file.sha256 },
        { file: { path: file.path, name, sizeBytes: file.sizeBytes } },
      ),
      explain:
        'Streams the file to the node, which compares its SHA-256 with ours before it puts it in its place.',
      timeoutSeconds: 3600,
      consequences: [
        info(`${bytes(file.sizeBytes)} are sent from this laptop.`),
        ...(given.sha256 === null
          ? [info(`Compare its SHA-256 with what its maker publishes: ${file.sha256}`)]
          : [info('It is what its maker published, by its SHA-256.')]),
        ...(name === file.name ? [] : [info(`It will be called ${name} there.`)]),
      ],
      blockers: blockersOf(given, found),
      undo: 'Delete the volume.',
      restsOn: {
        sha256: file.sha256,
        sizeBytes: file.sizeBytes,
        present: found.present,
        content: found.content,
      },
    };
  },
  judge: ({ storage, content }, { file, present }) => {
    const name = `${storage}:${content}/${storedName(file.name)}`;
    if (present === null) return notThere(`${name} is not there.`);
    return present.sizeBytes === null || present.sizeBytes === file.sizeBytes
      ? confirmed(`${name} is there.`)
      : notThere(`${name} is there, but with another size.`);
  },
  explainFailure: (text) =>
    /checksum mismatch/.test(text)
      ? {
          message: 'What the node got is not what was sent. It threw it away.',
          remedy: 'Upload it again.',
        }
      : null,
});

export const uploadActions = { 'pve.volume.upload': upload } as const;
