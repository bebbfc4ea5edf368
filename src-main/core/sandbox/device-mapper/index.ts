import { AppError } from '../../errors/app-error';
import type { ProbeOutcome } from '../../storage/backend';
import { outcomeOf } from '../../storage/outcomes';
import type { SandboxDriver } from '../driver';
import { rowsOf } from './inventory';
import { parseVersion } from './parse';
import {
  deviceProbes,
  fileProbes,
  settingsOf,
  settingsProbe,
  supportOf,
  supportProbes,
  worldFrom,
} from './probes';

type Outcomes = ReadonlyMap<string, ProbeOutcome>;

/** Throws AppError `command-missing` where the kernel has no snapshot target: nothing is wrong with such a host. */
function checkSupport(outcomes: Outcomes): void {
  const missing = supportOf(
    outcomeOf(outcomes, supportProbes.version),
    outcomeOf(outcomes, supportProbes.targets),
  );
  if (missing !== null) throw new AppError('command-missing', missing.text, { remedy: missing.remedy });
}

/** Sandbox volumes on device-mapper: one shared template below, one copy-on-write file each. */
export const deviceMapper: SandboxDriver = {
  kind: 'device-mapper',
  title: 'device-mapper',
  tools: ['dmsetup', 'losetup', 'e2fsck', 'resize2fs', 'dumpe2fs'],
  niceToHave: ['dd', 'truncate', 'find', 'grep', 'df', 'tee', 'mkdir', 'rmdir', 'mv', 'ln', 'rm'],
  howToInstall: 'Install the packages dmsetup, mount and e2fsprogs, and load the kernel module dm_snapshot.',
  probes: [...Object.values(supportProbes), settingsProbe],

  followUps: [
    (outcomes) => {
      checkSupport(outcomes);
      const settings = settingsOf(outcomeOf(outcomes, settingsProbe));
      return [...Object.values(deviceProbes), ...Object.values(fileProbes(settings))];
    },
  ],

  parse(outcomes) {
    const settings = settingsOf(outcomeOf(outcomes, settingsProbe));
    const files = fileProbes(settings);
    const world = worldFrom(settings, {
      info: outcomeOf(outcomes, deviceProbes.info),
      tables: outcomeOf(outcomes, deviceProbes.tables),
      statuses: outcomeOf(outcomes, deviceProbes.statuses),
      loops: outcomeOf(outcomes, deviceProbes.loops),
      files: outcomeOf(outcomes, files.files),
      metas: outcomeOf(outcomes, files.metas),
      space: outcomeOf(outcomes, files.space),
    });
    const { library, driver } = parseVersion(outcomeOf(outcomes, supportProbes.version).stdout);
    const { facts, volumes, templates } = rowsOf(world);
    return {
      version: driver ?? library,
      facts,
      volumes,
      templates,
      sandboxes: [],
      images: [],
      snapshots: [],
    };
  },
};
