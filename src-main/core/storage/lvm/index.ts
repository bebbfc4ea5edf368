import { AppError } from '../../errors/app-error';
import type { BackendInventory, Probe, ProbeOutcome, StorageBackend } from '../backend';
import { outcomeOf } from '../outcomes';
import { lvmProbes } from './commands';
import { parseLvm, parseVersion } from './parse';

const notRoot = /Running as a non-root user|open failed: Permission denied/;

/**
 * Without root lvm2 prints a valid, empty report and exits 5 (2.03.16): said as what it is, never as
 * "no volume groups".
 */
function withoutRoot(detail: string): AppError {
  return new AppError('unauthorized', 'LVM can only be read as root, so nothing of it is shown.', {
    detail,
    remedy: 'Turn on "Use sudo" for this host, or log in as a user that may run vgs, lvs and pvs.',
  });
}

function stdoutAsRoot(outcomes: ReadonlyMap<string, ProbeOutcome>, probe: Probe): string {
  const outcome = outcomes.get(probe.id);
  if (outcome?.ok === false && notRoot.test(outcome.error.detail ?? '')) {
    throw withoutRoot(outcome.error.detail ?? '');
  }
  const { stdout, stderr } = outcomeOf(outcomes, probe);
  if (notRoot.test(stderr)) throw withoutRoot(stderr.slice(0, 1000));
  return stdout;
}

function parse(outcomes: ReadonlyMap<string, ProbeOutcome>): BackendInventory {
  const parts = parseLvm({
    groups: stdoutAsRoot(outcomes, lvmProbes.groups),
    volumes: stdoutAsRoot(outcomes, lvmProbes.volumes),
    disks: stdoutAsRoot(outcomes, lvmProbes.disks),
  });
  const version = outcomes.get(lvmProbes.version.id);
  return { version: version?.ok === true ? parseVersion(version.stdout) : null, ...parts };
}

export const lvm: StorageBackend = {
  kind: 'lvm',
  title: 'LVM',
  tools: ['vgs', 'lvs'],
  packageName: 'lvm2',
  // Thick snapshots need a size, thin ones have none; rolling back keeps newer snapshots.
  capabilities: { snapshots: true, rollback: 'any', snapshotNeedsSize: true },
  probes: Object.values(lvmProbes),
  parse,
};
