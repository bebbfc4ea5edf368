import { z } from 'zod';
import type { Disk, DiskUse } from '../../../../../src-preload/contract/disks';
import type { Blocker, Consequence } from '../../../../../src-preload/contract/operations';
import {
  fstabPath,
  mountPointPattern,
  removeLineArgv,
  unmountArgv,
} from '../../../storage/disks/mount-commands';
import type { ActionDefinition } from '../../action';
import { choiceField } from '../fields';
import { hint } from '../words';
import { reloadStep, stepDefaults } from './mount';
import { explainMount } from './mount-failures';
import {
  describeVolume,
  isLineByUuid,
  isLineOf,
  isMountOf,
  lastingPath,
  noSuchVolume,
  placeSchema,
  readFstab,
  readMounts,
  readVolume,
  volumeSchema,
} from './mount-reads';

const input = z.strictObject({ device: volumeSchema, mountPoint: placeSchema });
type Input = z.infer<typeof input>;

const poolKinds: ReadonlySet<DiskUse['kind']> = new Set([
  'zpool',
  'volume-group',
  'raid-array',
  'btrfs-filesystem',
]);

/** Mounts of the disk or its partitions, not of what a pool or a mapper makes of them, at places for mounts. */
function mountsOn({ path: disk, uses }: Disk): { path: string; place: string }[] {
  const pooled = new Set(uses.filter(({ kind }) => poolKinds.has(kind)).map(({ path }) => path));
  return uses.flatMap(({ kind, name, path }) =>
    kind === 'mount' && mountPointPattern.test(name) && path.startsWith(disk) && !pooled.has(path)
      ? [{ path, place: name }]
      : [],
  );
}

export const diskUnmount: ActionDefinition<Input> = {
  id: 'disk.unmount',
  title: 'Unmount file system',
  backend: null,
  minimumAccess: 'administer',
  // No data goes, but a line of fstab that a person may have written.
  risk: 'destructive',
  input,

  offer(subject) {
    if (subject.kind !== 'disk') return null;
    const { disk } = subject;
    const [first, ...more] = mountsOn(disk);
    if (first === undefined) return null;
    const [places, devices] = [
      [first, ...more].map(({ place }) => place),
      [...new Set([first, ...more].map(({ path }) => path))],
    ];
    return {
      label: 'Unmount…',
      group: 'change',
      excuse: null,
      input: {
        ...(devices.length === 1 ? { device: lastingPath(disk, first.path) } : {}),
        ...(places.length === 1 ? { mountPoint: first.place } : {}),
      },
      fields: [
        ...(devices.length === 1
          ? []
          : [
              choiceField(
                'device',
                'File system',
                devices.map((path) => ({ value: lastingPath(disk, path), label: path })),
              ),
            ]),
        ...(places.length === 1
          ? []
          : [
              choiceField(
                'mountPoint',
                'Folder',
                [first, ...more].map(({ place, path }) => ({ value: place, label: place, hint: path })),
              ),
            ]),
      ],
    };
  },

  async plan(context, { device: asked, mountPoint }) {
    const [volume, mounted, lines] = await Promise.all([
      readVolume(context, asked),
      readMounts(context, mountPoint),
      readFstab(context),
    ]);
    const uuid = volume?.device.uuid ?? null;
    const blockers: Blocker[] = volume === null ? [noSuchVolume(asked)] : [];
    const top = mounted.at(-1);
    if (top === undefined) {
      blockers.push({ text: `Nothing is mounted at ${mountPoint}.`, remedy: 'Refresh the host.' });
    } else if (volume !== null && !isMountOf(top, volume)) {
      blockers.push({
        text: `${mountPoint} is not ${volume.device.path}: ${top.source || 'something else'} is mounted there.`,
        remedy: 'Refresh the host and choose what is mounted there.',
      });
    }
    const own = lines.filter((line) => isLineByUuid(line, uuid, mountPoint));
    const foreign = lines.filter(
      (line) => line.target === mountPoint && !own.includes(line) && volume !== null,
    );
    for (const { source } of foreign) {
      blockers.push({
        text: `A line of ${fstabPath} mounts ${source} at ${mountPoint} at every start. It is not by this UUID, so it is not Holdfast’s to take out.`,
        remedy: `Take it out as root if it should not come back, then: ${hint(...unmountArgv(mountPoint))}`,
      });
    }
    const elsewhere = lines.filter(
      (line) => volume !== null && isLineOf(line, volume) && line.target !== mountPoint,
    );
    const consequences: Consequence[] = [];
    if (volume !== null) {
      consequences.push({
        severity: 'warning',
        text: `${describeVolume(volume)} is no longer at ${mountPoint}. What is written there from then on goes to the disk below it. The folder stays.`,
        items: [],
      });
    }
    if (own.length > 0) {
      consequences.push({
        severity: 'warning',
        text: `It is not mounted again at the next start: its line goes out of ${fstabPath}.`,
        items: own.map(({ source, target, type }) => ({
          name: [source, target, type ?? ''].join(' ').trim(),
          sizeBytes: null,
        })),
      });
    }
    for (const { target } of elsewhere) {
      consequences.push({
        severity: 'info',
        text: `${fstabPath} also mounts it at ${target}. That line stays.`,
        items: [],
      });
    }
    return {
      risk: 'destructive',
      target: { kind: 'mount', name: mountPoint },
      steps: [
        {
          ...stepDefaults,
          title: `Unmount ${mountPoint}`,
          argv: unmountArgv(mountPoint),
          explain:
            'umount writes what is still in memory to the disk and ends the mount. It refuses while a program uses it.',
          // A slow stick may have much to write.
          timeoutSeconds: 600,
        },
        ...(own.length === 0 || uuid === null
          ? []
          : [
              {
                ...stepDefaults,
                title: `Take its line out of ${fstabPath}`,
                argv: removeLineArgv({ uuid, place: mountPoint }),
                explain:
                  'sed writes a copy of the file without the line of this UUID and this folder and puts it in its place in one move; all other lines stay as they are.',
              },
              reloadStep(),
            ]),
      ],
      consequences,
      blockers,
      undo: 'Mount… mounts it again.',
      preconditions: {
        path: volume?.device.path ?? null,
        serial: volume?.device.serial ?? null,
        uuid,
        mounted: mounted.map(({ source }) => source),
        lines: [...own, ...foreign, ...elsewhere].map(({ source, target }) => `${source} ${target}`),
      },
    };
  },

  async verify(context, { device, mountPoint }) {
    const [volume, mounted, lines] = await Promise.all([
      readVolume(context, device),
      readMounts(context, mountPoint),
      readFstab(context),
    ]);
    if (mounted.length > 0) {
      return { status: 'not-there', text: `Something is still mounted at ${mountPoint}.` };
    }
    // Unplugged meanwhile: whose line it was is not known, so none for this folder may be left.
    const left = lines.some((line) =>
      volume === null ? line.target === mountPoint : isLineByUuid(line, volume.device.uuid, mountPoint),
    );
    return left
      ? {
          status: 'not-there',
          text: `${mountPoint} is unmounted, but its line is still in ${fstabPath}.`,
        }
      : { status: 'confirmed', text: `Nothing is mounted at ${mountPoint} any more.` };
  },

  explainFailure: explainMount,
};
