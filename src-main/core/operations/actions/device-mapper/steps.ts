import {
  attachBaseArgv,
  attachCowArgv,
  createDeviceArgv,
  detachArgv,
  makePrivateFolderArgv,
  readDeviceArgv,
  removeDeviceArgv,
  removeFileArgv,
  sectorBytes,
  writeFileArgv,
} from '../../../sandbox/device-mapper/commands';
import { paths } from '../../../sandbox/device-mapper/names';
import {
  freeLoops,
  sharedBase,
  usersOf,
  type SandboxWorld,
  type SnapshotDevice,
  type Template,
} from '../../../sandbox/device-mapper/world';
import type { LoopDevice } from '../../../sandbox/device-mapper/parse';
import type { Retry } from '../../../../../src-preload/contract/operations';
import type { CleanUpDraft, StepDraft } from '../../action';

/** Steps that several plans about device-mapper volumes share. */

export function step(
  title: string,
  argv: readonly string[],
  explain: string,
  more: Partial<Pick<StepDraft, 'acceptExitCodes' | 'timeoutSeconds' | 'stdin' | 'retry' | 'cleanUp'>> = {},
): StepDraft {
  return { title, argv, explain, acceptExitCodes: [0], timeoutSeconds: 60, ...more };
}

export function undoing(
  title: string,
  argv: readonly string[],
  explain: string,
  more: Partial<Pick<CleanUpDraft, 'retry' | 'after'>> = {},
): CleanUpDraft {
  return { title, argv, explain, acceptExitCodes: [0], timeoutSeconds: 60, ...more };
}

/**
 * Only what the remove ioctl says: udev and others hold a device for moments. `dmsetup create` of a name that is
 * taken uses the same words for something that no waiting mends.
 */
export const whileBusy: Retry = {
  tries: 5,
  waitMs: 200,
  stderrHas: ['remove ioctl', 'Device or resource busy'],
};

export function removeDevice(name: string): StepDraft {
  return step(
    `Remove the device ${name}`,
    removeDeviceArgv(name),
    'dmsetup remove takes the snapshot out of the kernel; the copy-on-write file keeps all that was written. It is tried again only while the kernel says that the device is still busy.',
    { retry: whileBusy },
  );
}

export function detach(loop: string, what: string): StepDraft {
  return step(
    `Detach ${loop} from ${what}`,
    detachArgv(loop),
    'losetup -d lets the file go. It ends well also where something still uses the device, so the list of loop devices is read again afterwards.',
  );
}

export function writeDescription(path: string, text: string, what: string): StepDraft {
  return step(
    `Describe ${what}`,
    writeFileArgv(path),
    'tee writes its input, one line of JSON, into the description beside the file.',
    {
      stdin: text,
      cleanUp: undoing(`Remove the description of ${what}`, removeFileArgv(path), 'rm takes it away again.', {
        after: 'tried',
      }),
    },
  );
}

/** The folders of the host's settings, where they are not there yet. */
export function folderSteps(world: SandboxWorld, folders: readonly (keyof typeof folderOf)[]): StepDraft[] {
  return folders.flatMap((folder) =>
    world.files?.get(folder)?.kind === 'folder'
      ? []
      : [
          step(
            `Make the folder ${folderOf[folder](world.settings.root)}`,
            makePrivateFolderArgv(folderOf[folder](world.settings.root)),
            'mkdir -p makes it with what is above it; -m 0700 lets only root look into the disks of sandboxes.',
          ),
        ],
  );
}
const folderOf = { templates: paths.templates, volumes: paths.volumes, paused: paths.paused } as const;

export interface Attachment {
  world: SandboxWorld;
  template: Template;
  cowPath: string;
  /** Loop devices that have the copy-on-write file already. */
  cowLoops: readonly string[];
  device: string;
  originBytes: number;
  /** Loop devices that earlier steps of the plan let go; they are not taken for free ones. */
  sandbox: string;
}

/** Base, store and device, each with what takes it back. A loop device that already has the template is shared. */
export function attachSteps({
  world,
  template,
  cowPath,
  cowLoops,
  device,
  originBytes,
  sandbox,
}: Attachment): StepDraft[] {
  const [first = '', second = ''] = freeLoops(world, 2);
  const shared = sharedBase(template);
  const base = shared?.name ?? first;
  const attached = cowLoops[0] ?? null;
  const cow = attached ?? (shared === null ? second : first);
  const originSectors = Math.floor(originBytes / sectorBytes);
  return [
    ...(shared !== null
      ? []
      : [
          step(
            `Attach template ${template.name} to ${base}`,
            attachBaseArgv(base, template.path),
            'losetup --read-only makes a block device of the image that nothing can write to. The number was free when this was planned; where somebody took it, the kernel refuses.',
            { cleanUp: undoing(`Detach ${base}`, detachArgv(base), 'losetup -d lets the template go.') },
          ),
        ]),
    ...(attached !== null
      ? []
      : [
          step(
            `Attach the copy-on-write file of ${sandbox} to ${cow}`,
            attachCowArgv(cow, cowPath),
            'losetup makes a block device of the file; --nooverlap refuses where another loop device has it.',
            {
              cleanUp: undoing(
                `Detach ${cow}`,
                detachArgv(cow),
                'losetup -d lets the file go; it stays as it is.',
              ),
            },
          ),
        ]),
    step(
      `Make the device ${device}`,
      createDeviceArgv(device, { originSectors, base, cow }),
      'dmsetup create joins them: reads come from the template unless the chunk was written, writes go to the copy-on-write file. P keeps the changes over a restart, 8 sectors make chunks of 4 KiB.',
      {
        cleanUp: undoing(
          `Remove the device ${device}`,
          removeDeviceArgv(device),
          'dmsetup remove takes it out of the kernel.',
          { retry: whileBusy },
        ),
      },
    ),
    step(
      `Read from ${device}`,
      readDeviceArgv(device),
      'dd reads the first block: a snapshot that is lost answers with an input/output error instead.',
    ),
  ];
}

/** True where taking this device away leaves nothing on its template, so that the template is let go too. */
export function isLastUser(world: SandboxWorld, device: SnapshotDevice): boolean {
  const { base } = device;
  return (
    base !== null &&
    base.file?.startsWith(`${paths.templates(world.settings.root)}/`) === true &&
    usersOf(world.tables, base.number) <= 1
  );
}

/** What was detached while it was in use (AUTOCLEAR) goes by itself with the device on it: no command is due then. */
export function letGo(loop: LoopDevice | null, what: string): StepDraft[] {
  return loop === null || loop.autoclear ? [] : [detach(loop.name, what)];
}

/** Takes a device away with the loop devices below it. The template's is let go only by its last user. */
export function detachSteps(world: SandboxWorld, device: SnapshotDevice): StepDraft[] {
  const { base, cow } = device;
  return [
    removeDevice(device.name),
    ...letGo(cow, 'the copy-on-write file'),
    ...(isLastUser(world, device) ? letGo(base, 'the template, which nobody else uses') : []),
  ];
}

/** Names of loop devices that `detachSteps` lets go. */
export function releasedLoops(world: SandboxWorld, device: SnapshotDevice): string[] {
  const { base, cow } = device;
  return [
    ...(cow === null ? [] : [cow.name]),
    ...(base !== null && isLastUser(world, device) ? [base.name] : []),
  ];
}
