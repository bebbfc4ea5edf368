import { z } from 'zod';
import type { Disk } from '../../../../../src-preload/contract/disks';
import type { Blocker, Consequence } from '../../../../../src-preload/contract/operations';
import {
  addLineArgv,
  fstabLine,
  fstabPath,
  isFilesystemType,
  makePlaceArgv,
  mountArgv,
  reloadUnitsArgv,
  removeLineArgv,
  removePlaceArgv,
  unmountArgv,
  type MountEntry,
} from '../../../storage/disks/mount-commands';
import type { ActionDefinition, StepDraft } from '../../action';
import { choiceField, switchField, textField } from '../fields';
import { bytes, hint } from '../words';
import { explainMount } from './mount-failures';
import {
  describeVolume,
  filesystemOf,
  hasFstab,
  isLineByUuid,
  isLineOf,
  isMountOf,
  lastingPath,
  noSuchVolume,
  placeSchema,
  readFstab,
  readMounts,
  readPlace,
  readVolume,
  volumeSchema,
  type PlaceState,
} from './mount-reads';

const input = z.strictObject({
  device: volumeSchema,
  mountPoint: placeSchema,
  readOnly: z.boolean(),
  /** A line in fstab. */
  atStart: z.boolean(),
});
type Input = z.infer<typeof input>;

/** Signatures that nothing uses and that are file systems: of the disk itself, and of its partitions. */
function mountable(disk: Disk): { path: string; type: string; name: string }[] {
  return disk.uses.flatMap(({ kind, name, path }) => {
    const [type = ''] = name.split(' ');
    return kind === 'signature' && isFilesystemType(type) ? [{ path, type, name }] : [];
  });
}

function sizeOf(disk: Disk, path: string): number {
  return disk.partitions.find((part) => part.path === path)?.sizeBytes ?? disk.sizeBytes;
}

export const stepDefaults = { acceptExitCodes: [0], timeoutSeconds: 60 } as const;

export const reloadStep = (): StepDraft => ({
  ...stepDefaults,
  title: 'Let systemd read /etc/fstab again',
  argv: reloadUnitsArgv,
  explain:
    'systemctl daemon-reload makes the mount units of systemd anew from the lines of fstab. It mounts and stops nothing.',
});

function stepsFor(entry: MountEntry, place: PlaceState, atStart: boolean): StepDraft[] {
  const { place: path, readOnly, type } = entry;
  return [
    ...(place === 'empty'
      ? []
      : [
          {
            ...stepDefaults,
            title: `Make the folder ${path}`,
            argv: makePlaceArgv(path),
            explain: 'mkdir makes the one folder; it fails where something of that name is there already.',
            cleanUp: {
              ...stepDefaults,
              title: `Remove the folder ${path}`,
              argv: removePlaceArgv(path),
              explain: 'rmdir takes away the folder only while it is empty.',
            },
          },
        ]),
    {
      ...stepDefaults,
      title: `Mount the file system at ${path}`,
      argv: mountArgv(entry),
      explain: `mount finds the ${type} file system by its UUID, whatever the disk is called now. nosuid lets no program on it gain rights, nodev makes no device of a file on it${readOnly ? ', ro lets nothing be written to it' : ''}.`,
      timeoutSeconds: 120,
      cleanUp: {
        ...stepDefaults,
        title: `Unmount ${path}`,
        argv: unmountArgv(path),
        explain: 'umount ends this mount; what is on the disk stays.',
      },
    },
    ...(!atStart
      ? []
      : [
          {
            ...stepDefaults,
            title: `Put its line into ${fstabPath}`,
            argv: addLineArgv(entry),
            explain: `sed writes a copy of the file that begins with this line and puts it in its place in one move; all other lines stay as they are: ${fstabLine(entry)}`,
            cleanUp: {
              ...stepDefaults,
              title: `Take its line out of ${fstabPath}`,
              argv: removeLineArgv(entry),
              explain: 'sed takes out the line with this UUID and this folder; all others stay as they are.',
            },
          },
          reloadStep(),
        ]),
  ];
}

function placeBlockers(path: string, state: PlaceState, mounted: readonly { source: string }[]): Blocker[] {
  const another = 'Choose another folder.';
  const [holder] = mounted;
  if (holder !== undefined) {
    return [{ text: `${holder.source || 'Something'} is mounted at ${path} already.`, remedy: another }];
  }
  if (state === 'other') {
    return [{ text: `${path} is there and is no folder, but a file or a link.`, remedy: another }];
  }
  if (state === 'full') {
    return [
      {
        text: `${path} is not empty: what is in it could not be reached while something is mounted over it.`,
        remedy: `${another} Or empty this one.`,
      },
    ];
  }
  return [];
}

export const diskMount: ActionDefinition<Input> = {
  id: 'disk.mount',
  title: 'Mount file system',
  backend: null,
  minimumAccess: 'administer',
  risk: 'safe',
  input,

  offer(subject) {
    if (subject.kind !== 'disk') return null;
    const { disk } = subject;
    const found = mountable(disk);
    if (found.length === 0) return null;
    return {
      label: 'Mount…',
      group: 'change',
      excuse: null,
      input: {},
      fields: [
        choiceField(
          'device',
          'File system',
          found.map(({ path, name }) => ({
            value: lastingPath(disk, path),
            label: `${path} · ${name} · ${bytes(sizeOf(disk, path))}`,
          })),
        ),
        textField('mountPoint', 'Folder', '/mnt/usb', {
          help: 'One folder below /mnt, /media or /srv. It is made where it is not there.',
          maxLength: 70,
        }),
        switchField('readOnly', 'Read-only', disk.readOnly, 'Nothing can be written to it.'),
        switchField(
          'atStart',
          'Mount again at every start',
          true,
          'By a line in /etc/fstab. A start of the host does not fail where the disk is missing.',
        ),
      ],
    };
  },

  async plan(context, { device: asked, mountPoint, readOnly, atStart }) {
    const [volume, mounted, lines, place, fstab] = await Promise.all([
      readVolume(context, asked),
      readMounts(context, mountPoint),
      readFstab(context),
      readPlace(context, mountPoint),
      atStart ? hasFstab(context) : Promise.resolve(true),
    ]);
    const { filesystem, blockers } =
      volume === null ? { filesystem: null, blockers: [noSuchVolume(asked)] } : filesystemOf(volume);
    blockers.push(...placeBlockers(mountPoint, place, mounted));
    const own = lines.filter((line) => volume !== null && isLineOf(line, volume));
    const other = lines.filter((line) => line.target === mountPoint && !own.includes(line));
    for (const { source, target } of own) {
      blockers.push({
        text: `${fstabPath} has a line for it already: ${source} at ${target}.`,
        remedy: `Mount it by that line, as root: ${hint('mount', target)}. Or take that line out first.`,
      });
    }
    for (const { source } of other) {
      blockers.push({
        text: `${fstabPath} has a line for ${mountPoint} already: ${source}.`,
        remedy: 'Choose another folder, or take that line out first.',
      });
    }
    if (!fstab) {
      blockers.push({
        text: `${fstabPath} is missing or has no line at all, and Holdfast only puts a line before others.`,
        remedy: `Write its first line as root: ${hint('sh', '-c', `echo '# fstab' > ${fstabPath}`)}`,
      });
    }
    if (volume?.device.readOnly === true && !readOnly) {
      blockers.push({ text: `${volume.device.path} is write-protected.`, remedy: 'Mount it read-only.' });
    }
    const entry = filesystem === null ? null : { ...filesystem, place: mountPoint, readOnly };
    const consequences: Consequence[] = [];
    const say = (severity: Consequence['severity'], text: string) =>
      consequences.push({ severity, text, items: [] });
    if (volume !== null && entry !== null) {
      say('info', `${describeVolume(volume)} is mounted at ${mountPoint}. Its UUID is ${entry.uuid}.`);
      if (entry.type === 'vfat' || entry.type === 'exfat') {
        say('info', 'FAT keeps no owners: all of it belongs to root, and nobody else may write to it.');
      } else if (readOnly) {
        say('info', 'If it was not unmounted cleanly before, its journal is still played back once.');
      }
      say(
        'info',
        atStart
          ? `A line in ${fstabPath} mounts it again at every start. If the disk is missing then, the host waits 10 s for it and goes on without.`
          : `After the next start of the host it is not mounted: ${fstabPath} stays as it is.`,
      );
    }
    return {
      risk: 'safe',
      target: { kind: 'mount', name: mountPoint },
      steps: entry === null ? [] : stepsFor(entry, place, atStart),
      consequences,
      blockers,
      undo: atStart
        ? `Unmount… takes it back: ${hint(...unmountArgv(mountPoint))}, and its line goes out of ${fstabPath}.`
        : hint(...unmountArgv(mountPoint)),
      preconditions: {
        path: volume?.device.path ?? null,
        serial: volume?.device.serial ?? null,
        uuid: volume?.device.uuid ?? null,
        type: volume?.device.content ?? null,
        copies: volume?.copies ?? [],
        place,
        mounted: mounted.map(({ source }) => source),
        lines: [...own, ...other].map(({ source, target }) => `${source} ${target}`),
        fstab,
      },
    };
  },

  async verify(context, { device, mountPoint, readOnly, atStart }) {
    const [volume, mounted, lines] = await Promise.all([
      readVolume(context, device),
      readMounts(context, mountPoint),
      readFstab(context),
    ]);
    const found = volume === null ? undefined : mounted.findLast((mount) => isMountOf(mount, volume));
    if (volume === null || found === undefined) {
      return { status: 'not-there', text: `${device} is not mounted at ${mountPoint}.` };
    }
    const { uuid, path } = volume.device;
    if (!readOnly && found.options.includes('ro')) {
      return {
        status: 'not-there',
        text: `${path} is mounted at ${mountPoint}, but only for reading: the disk is write-protected, or its file system is damaged.`,
      };
    }
    if (atStart && !lines.some((line) => isLineByUuid(line, uuid, mountPoint))) {
      return {
        status: 'not-there',
        text: `${path} is mounted at ${mountPoint}, but ${fstabPath} has no line for it.`,
      };
    }
    return {
      status: 'confirmed',
      text: `${path} is mounted at ${mountPoint}${atStart ? `, and ${fstabPath} mounts it again at every start` : ''}.`,
    };
  },

  explainFailure: explainMount,
};
