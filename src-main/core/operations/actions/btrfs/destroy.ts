import { z } from 'zod';
import { deleteSubvolumeArgv } from '../../../storage/btrfs/commands';
import { mountsOf } from '../../../storage/btrfs/mounts';
import { isSnapshot } from '../../../storage/btrfs/parse';
import type { Subvolume } from '../../../storage/btrfs/subvolumes';
import type { Blocker, Consequence } from '../../../../../src-preload/contract/operations';
import type { ActionDefinition, Subject } from '../../action';
import { explain } from '../failures';
import { bytes, listed, plural } from '../words';
import { deleteFailures } from './failures';
import {
  filesystemBlockers,
  filesystemSchema,
  isSendablePath,
  nestedIn,
  pathSchema,
  readFilesystem,
  readQuotas,
  readSubvolumeAt,
  readSubvolumes,
  shownPath,
  unsendable,
  type Filesystem,
  type Subvolumes,
} from './reads';

const input = z.strictObject({
  filesystem: filesystemSchema,
  /** Absolute path of the subvolume. */
  path: pathSchema.refine((path) => path !== '/', 'may not be "/"'),
});
type Input = z.infer<typeof input>;

const preconditionsSchema = z.object({ uuid: z.string().nullable() });

/** SECURITY: each action destroys its own kind only, and what is in use never. */
function blockersOf(
  wanted: 'snapshot' | 'subvolume',
  found: Subvolume,
  path: string,
  filesystem: Filesystem,
  subvolumes: Subvolumes,
): Blocker[] {
  const blockers: Blocker[] = [];
  const copy = isSnapshot(found, { mounts: filesystem.mounts, defaultId: subvolumes.defaultId });
  if (copy !== (wanted === 'snapshot')) {
    blockers.push(
      wanted === 'snapshot'
        ? {
            text: `${path} is not a snapshot, and this action destroys nothing else.`,
            remedy: 'Refresh the host. A snapshot that a system runs on counts as a volume.',
          }
        : {
            text: `${path} is a snapshot, and this action destroys none.`,
            remedy: 'Refresh the host and destroy it as a snapshot.',
          },
    );
  }
  const nested = nestedIn(found, subvolumes.all);
  if (nested.length > 0) {
    blockers.push({
      text: `${plural(nested.length, 'subvolume')} ${nested.length === 1 ? 'lies' : 'lie'} within ${path}: ${listed(nested.map((each) => shownPath(each, filesystem)))}.`,
      remedy: 'Destroy those first.',
    });
  }
  if (found.id === subvolumes.defaultId) {
    blockers.push({
      text: `${path} is the default subvolume of the file system: it is mounted when no other is named.`,
      remedy: 'Make another one the default first: btrfs subvolume set-default.',
    });
  }
  // btrfs deletes a subvolume that is mounted elsewhere without a word and leaves its users with nothing (6.2).
  const mounted = mountsOf(found.path, filesystem.mounts);
  if (mounted.length > 0) {
    blockers.push({
      text: `${path} is mounted at ${mounted.map(({ target }) => target).join(', ')}.`,
      remedy: `Unmount it first: umount ${mounted[0]?.target ?? ''}`,
    });
  }
  return blockers;
}

function define(
  wanted: 'snapshot' | 'subvolume',
  more: Pick<ActionDefinition<Input>, 'id' | 'title' | 'bulk'> & {
    offered(subject: Subject): { name: string; poolId: string; excuse: string | null } | null;
  },
): ActionDefinition<Input> {
  const { offered, ...rest } = more;
  return {
    ...rest,
    backend: 'btrfs',
    minimumAccess: 'administer',
    risk: 'destructive',
    input,

    offer(subject) {
      const found = offered(subject);
      if (found === null) return null;
      return {
        label: 'Destroy…',
        group: 'destroy',
        excuse: found.excuse ?? (isSendablePath(found.name) ? null : unsendable),
        input: { filesystem: found.poolId.replace(/^btrfs:/, ''), path: found.name },
        fields: [],
      };
    },

    async plan(context, { filesystem: uuid, path }) {
      const filesystem = await readFilesystem(context, uuid);
      const blockers: Blocker[] = filesystemBlockers(filesystem, uuid);
      const consequences: Consequence[] = [];
      let found: Subvolume | undefined;
      let children: Subvolume[] = [];
      if (filesystem !== null) {
        const [details, subvolumes, quotas] = await Promise.all([
          readSubvolumeAt(context, path),
          readSubvolumes(context, filesystem),
          readQuotas(context, filesystem),
        ]);
        found = subvolumes.all.find(({ uuid: each, id }) => each === details?.uuid && id === details.id);
        if (found === undefined) {
          blockers.push(
            details?.id === 5
              ? {
                  text: `${path} is the top level of the file system, which is no subvolume that can be destroyed.`,
                  remedy: 'Destroy what lies in it.',
                }
              : {
                  text: `There is no subvolume of this file system at ${path}.`,
                  remedy: 'Refresh the host: it may have been destroyed already.',
                },
          );
        } else {
          const { uuid: own, takenAt, id } = found;
          blockers.push(...blockersOf(wanted, found, path, filesystem, subvolumes));
          const sizes = quotas?.inconsistent === false ? quotas.sizes.get(id) : undefined;
          const when = takenAt === null ? '' : ` (taken ${takenAt}, local time of the host)`;
          consequences.push({
            severity: 'loss',
            text: `The ${wanted}${when} and everything in it is lost.`,
            items: [{ name: path, sizeBytes: sizes?.referencedBytes ?? null }],
          });
          consequences.push({
            severity: 'info',
            text:
              sizes === undefined
                ? 'How much space that frees btrfs does not say without quotas. What other snapshots share with it stays. The space comes back by and by.'
                : `${bytes(sizes.exclusiveBytes)} that only it holds are freed, by and by.`,
            items: [],
          });
          children = subvolumes.all.filter(({ parentUuid }) => parentUuid === own);
          if (children.length > 0) {
            consequences.push({
              severity: 'warning',
              text: `Snapshots taken of it stay, but lose the name of their origin: ${listed(children.map((each) => shownPath(each, filesystem)))}.`,
              items: children.map((each) => ({ name: shownPath(each, filesystem), sizeBytes: null })),
            });
          }
          if (found.receivedUuid !== null) {
            consequences.push({
              severity: 'warning',
              text: 'It was received from elsewhere: the next incremental receive may need it.',
              items: [],
            });
          }
        }
      }
      return {
        risk: 'destructive',
        target: { kind: wanted, name: path },
        // SECURITY: there is no command at all unless the path is a subvolume of this file system right now.
        steps:
          found === undefined
            ? []
            : [
                {
                  title: `Destroy ${path}`,
                  argv: deleteSubvolumeArgv(path),
                  explain:
                    'btrfs subvolume delete removes this one subvolume, never those within it; --commit-after waits until that is on disk.',
                  acceptExitCodes: [0],
                  timeoutSeconds: 600,
                },
              ],
        consequences,
        blockers,
        undo: null,
        preconditions: {
          uuid: found?.uuid ?? null,
          children: children.map((child) => child.uuid),
        },
      };
    },

    async verify(context, { filesystem: uuid, path }, { preconditions }) {
      const before = preconditionsSchema.parse(preconditions);
      const filesystem = await readFilesystem(context, uuid);
      if (filesystem === null) {
        return {
          status: 'skipped',
          text: 'The file system is not mounted any more, so it was not looked at.',
        };
      }
      const { all } = await readSubvolumes(context, filesystem);
      const left = all.find((subvolume) => subvolume.uuid === before.uuid);
      return left === undefined
        ? { status: 'confirmed', text: `${path} is gone.` }
        : { status: 'not-there', text: `${shownPath(left, filesystem)} is still there.` };
    },

    explainFailure: (exitCode, stderr) => explain(deleteFailures, exitCode, stderr),
  };
}

export const btrfsSnapshotDestroy = define('snapshot', {
  id: 'btrfs.snapshot.destroy',
  title: 'Destroy btrfs snapshot',
  bulk: { one: 'snapshot', many: 'snapshots' },
  offered: (subject) =>
    subject.kind === 'snapshot'
      ? { name: subject.snapshot.fullName, poolId: subject.snapshot.poolId, excuse: null }
      : null,
});

export const btrfsSubvolumeDestroy = define('subvolume', {
  id: 'btrfs.subvolume.destroy',
  title: 'Destroy btrfs subvolume',
  offered: (subject) =>
    subject.kind === 'volume'
      ? {
          name: subject.volume.name,
          poolId: subject.volume.poolId,
          excuse:
            subject.volume.state === 'top level'
              ? 'The top level of a file system cannot be destroyed.'
              : subject.volume.mounted === true
                ? 'It is mounted.'
                : null,
        }
      : null,
});
