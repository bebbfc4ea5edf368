import { z } from 'zod';
import {
  createSnapshotArgv,
  createSubvolumeArgv,
  deleteSubvolumeArgv,
} from '../../../storage/btrfs/commands';
import { hostPathOf } from '../../../storage/btrfs/mounts';
import type { Blocker, Consequence } from '../../../../../src-preload/contract/operations';
import type { Volume } from '../../../../../src-preload/contract/inventory';
import type { ActionDefinition, OfferWorld, StepDraft } from '../../action';
import { explain } from '../failures';
import { nameOfEach, snapshotName, switchField, textField } from '../fields';
import { hint, listed, plural } from '../words';
import { snapshotFailures } from './failures';
import { folderOf, holderBlockers, parentBlockers } from './places';
import {
  filesystemBlockers,
  filesystemSchema,
  isSendablePath,
  nestedIn,
  pathSchema,
  readFilesystem,
  readKind,
  readMountOf,
  readSubvolumeAt,
  readSubvolumes,
  shownPath,
  unsendable,
  type Filesystem,
} from './reads';

const input = z
  .strictObject({
    filesystem: filesystemSchema,
    /** Absolute path of the subvolume. */
    source: pathSchema,
    /** Absolute path that the snapshot gets; nothing may be there. */
    destination: pathSchema.refine((path) => path !== '/', 'must be below a mount point'),
    readOnly: z.boolean(),
  })
  .refine(({ source, destination }) => source !== destination, {
    error: 'must differ from the source',
    path: ['destination'],
  });
type Input = z.infer<typeof input>;

const preconditionsSchema = z.object({ source: z.string().nullable(), taken: z.string().nullable() });

/**
 * `<mount>/.snapshots`, the convention of snapper and others. Where it is missing a plan makes it first, as a
 * subvolume of its own: so it is not part of the snapshots taken of what holds it, and no `mkdir` is needed on the
 * whitelist. Any other missing folder is a blocker: Holdfast does not guess where people want folders.
 */
const snapshotFolder = '.snapshots';

function conventionalFolder(source: string, filesystem: Filesystem): string | null {
  const mounts = filesystem.mounts.filter(
    ({ target }) => source === target || source.startsWith(target === '/' ? '/' : `${target}/`),
  );
  const mount = mounts.sort((a, b) => b.target.length - a.target.length)[0];
  return mount === undefined ? null : `${mount.target === '/' ? '' : mount.target}/${snapshotFolder}`;
}

/** The mount that a volume is reached through, from what the inventory says of its file system. */
/** What the snapshots of a subvolume are called after; that of the top of a file system has no name of its own. */
function leafOf(source: string): string {
  return source.split('/').at(-1) || 'root';
}

function prefilled(volume: Volume, { inventory, nowMs }: OfferWorld): string {
  const mounts = inventory.volumes
    .filter(({ poolId, mounted }) => poolId === volume.poolId && mounted === true)
    .flatMap(({ facts = [] }) => facts.find(({ label }) => label === 'Mounted at')?.text.split(', ') ?? [])
    .filter((target) => volume.name === target || volume.name.startsWith(target === '/' ? '/' : `${target}/`))
    .sort((a, b) => b.length - a.length);
  const mount = mounts[0] ?? volume.name;
  return `${mount === '/' ? '' : mount}/${snapshotFolder}/${snapshotName(nowMs)}`;
}

export const btrfsSnapshotCreate: ActionDefinition<Input> = {
  id: 'btrfs.snapshot.create',
  title: 'Create btrfs snapshot',
  backend: 'btrfs',
  minimumAccess: 'operate',
  risk: 'safe',
  input,
  bulk: { one: 'snapshot', many: 'snapshots' },

  offer(subject, world) {
    const form = (source: string, destination: string, poolId: string, excuse: string | null) => ({
      group: 'snapshot' as const,
      excuse: excuse ?? (isSendablePath(source) ? null : unsendable),
      input: { filesystem: poolId.replace(/^btrfs:/, '') },
      fields: [
        textField('source', 'Source subvolume', source, { maxLength: 1024, inBulk: 'own' }),
        textField('destination', 'Destination', destination, {
          maxLength: 1024,
          help: 'Absolute path on the same file system. Nothing may be there yet.',
          inBulk: nameOfEach(`${folderOf(destination)}/${leafOf(source)}-`, world.nowMs),
        }),
        switchField(
          'readOnly',
          'Read-only',
          true,
          'A writable snapshot is a copy to work on; only read-only ones are a safe record and can be sent.',
        ),
      ],
    });
    if (subject.kind === 'volume') {
      const { volume } = subject;
      return {
        label: 'Snapshot now…',
        ...form(volume.name, prefilled(volume, world), volume.poolId, null),
      };
    }
    if (subject.kind === 'snapshot') {
      const { snapshot } = subject;
      return {
        label: 'Snapshot of this snapshot…',
        ...form(snapshot.fullName, `${snapshot.fullName}-copy`, snapshot.poolId, null),
      };
    }
    return null;
  },

  async plan(context, { filesystem: uuid, source, destination, readOnly }) {
    const folder = folderOf(destination);
    const filesystem = await readFilesystem(context, uuid);
    const blockers: Blocker[] = filesystemBlockers(filesystem, uuid);
    const consequences: Consequence[] = [];
    const steps: StepDraft[] = [];
    let sourceUuid: string | null = null;
    let taken: string | null = null;
    let folderThere = true;

    if (filesystem !== null) {
      const [details, sourceMount, mount, kind, subvolumes] = await Promise.all([
        readSubvolumeAt(context, source),
        readMountOf(context, source),
        readMountOf(context, folder),
        readKind(context, destination),
        readSubvolumes(context, filesystem),
      ]);
      taken = kind;
      folderThere = mount !== null;
      sourceUuid = details?.uuid ?? null;
      const own =
        details === null || sourceMount?.uuid !== filesystem.uuid
          ? undefined
          : details.id === 5
            ? { path: '/' }
            : subvolumes.all.find(({ uuid: each, id }) => each === details.uuid && id === details.id);
      if (details === null) {
        blockers.push({
          text: `There is no subvolume at ${source}.`,
          remedy: 'Choose the path of a subvolume, not that of a folder in it.',
        });
      } else if (own === undefined) {
        blockers.push({
          text: `${source} lies on another file system.`,
          remedy: 'Choose a subvolume of this one.',
        });
      }
      if (kind !== null) {
        blockers.push({
          text:
            kind === 'directory'
              ? `${destination} is there already: btrfs would put the snapshot inside it.`
              : `There is a ${kind} at ${destination} already.`,
          remedy: 'Choose a destination that does not exist yet.',
        });
      }

      if (mount === null && folder === conventionalFolder(source, filesystem)) {
        steps.push({
          title: `Create the subvolume ${folder}`,
          argv: createSubvolumeArgv(folder),
          explain:
            'The folder for snapshots is missing. It is made as a subvolume of its own, so that it is not part of the snapshots of what holds it.',
          acceptExitCodes: [0],
          timeoutSeconds: 60,
        });
        consequences.push({
          severity: 'info',
          text: `${folder} is created first: an empty subvolume that holds the snapshots.`,
          items: [],
        });
      } else {
        blockers.push(...parentBlockers(mount, folder, filesystem));
      }
      if (mount !== null && kind === null) {
        blockers.push(...holderBlockers(destination, mount, subvolumes.all, filesystem));
      }

      const nested = own === undefined ? [] : nestedIn(own, subvolumes.all);
      if (nested.length > 0) {
        consequences.push({
          severity: 'warning',
          text: `${plural(nested.length, 'subvolume')} within ${source} ${nested.length === 1 ? 'is' : 'are'} not part of the snapshot, only empty folders in ${nested.length === 1 ? 'its' : 'their'} place: ${listed(nested.map((each) => shownPath(each, filesystem)))}.`,
          items: nested.map((each) => ({ name: shownPath(each, filesystem), sizeBytes: null })),
        });
      }
      if (hostPathOf('/', filesystem.mounts) === null) {
        consequences.push({
          severity: 'info',
          text: 'The top level of the file system is not mounted; the snapshot lies in the subvolume that holds its destination.',
          items: [],
        });
      }
    }
    consequences.push({
      severity: 'info',
      text: readOnly
        ? 'It shares its data with the subvolume and cannot be written to; only what changes later takes space.'
        : 'It is writable: a copy that goes its own way, not a record of the state now.',
      items: [],
    });
    steps.push({
      title: `Take a snapshot of ${source}`,
      argv: createSnapshotArgv(source, destination, readOnly),
      explain: `btrfs subvolume snapshot freezes the subvolume as it is${readOnly ? '; -r makes it read-only' : '; without -r it is writable'}.`,
      acceptExitCodes: [0],
      timeoutSeconds: 120,
    });
    return {
      risk: 'safe',
      target: { kind: 'subvolume', name: source },
      steps,
      consequences,
      blockers,
      undo: taken === null ? hint(...deleteSubvolumeArgv(destination)) : null,
      preconditions: { source: sourceUuid, taken, folderThere },
    };
  },

  async verify(context, { source, destination, readOnly }, { preconditions }) {
    const { source: sourceUuid, taken } = preconditionsSchema.parse(preconditions);
    if (taken !== null) return { status: 'not-there', text: `${destination} was there before.` };
    const made = await readSubvolumeAt(context, destination);
    if (made === null) return { status: 'not-there', text: `There is no subvolume at ${destination}.` };
    if (made.parentUuid !== sourceUuid) {
      return { status: 'not-there', text: `${destination} is there, but is no snapshot of ${source}.` };
    }
    return made.readOnly === readOnly
      ? { status: 'confirmed', text: `${destination} is there, ${readOnly ? 'read-only' : 'writable'}.` }
      : {
          status: 'not-there',
          text: `${destination} is there, but is ${made.readOnly ? 'read-only' : 'writable'}.`,
        };
  },

  explainFailure: (exitCode, stderr) => explain(snapshotFailures, exitCode, stderr),
};
