import { filesize } from 'filesize';
import type { HostProblem } from '../../../../src-preload/contract/hosts';
import type { Balance, Replacement, Scrub } from './activity';
import {
  errorCount,
  leastDevices,
  mayFail,
  type DeviceErrors,
  type DeviceUsage,
  type ShownFilesystem,
  type Usage,
} from './filesystems';
import type { Quotas } from './subvolumes';

/** Fill of a file system, in percent. */
export const fullWarningPercent = 80;
export const fullCriticalPercent = 95;
/** Fill of the metadata chunks from which it matters that no new one can be made, in percent. */
export const metadataWarningPercent = 75;
export const metadataCriticalPercent = 90;

export type Problem = Pick<HostProblem, 'severity' | 'text' | 'advice'>;

const bytes = (size: number): string => filesize(size, { standard: 'iec' });

/** All that is read of one mounted file system. */
export interface MountedState {
  name: string;
  mountPath: string;
  readOnly: boolean;
  usage: Usage;
  devices: readonly DeviceUsage[];
  stats: ReadonlyMap<string, DeviceErrors>;
  scrub: Scrub;
  balance: Balance;
  replace: Replacement;
  quotas: Quotas | null;
}

/** How far it is filled: what is used against what could be. */
export function fillPercent(usedBytes: number, freeBytes: number): number {
  return usedBytes + freeBytes === 0 ? 0 : (100 * usedBytes) / (usedBytes + freeBytes);
}

/** The metadata chunks' fill in percent; mixed chunks count as metadata. */
export function metadataPercent(usage: Usage): number {
  const chunks = usage.chunks.filter(({ kind }) => kind === 'Metadata' || kind === 'Data+Metadata');
  const size = chunks.reduce((sum, chunk) => sum + chunk.sizeBytes, 0);
  return size === 0 ? 0 : (100 * chunks.reduce((sum, chunk) => sum + chunk.usedBytes, 0)) / size;
}

/**
 * Whether a further chunk can be made: btrfs takes a tenth of the devices, at most 1 GiB, on as many devices as the
 * profile needs (btrfs-man5, "chunk allocation"). Half of that is still found room for.
 */
export function canAllocate(usage: Usage, devices: readonly DeviceUsage[]): boolean {
  const chunk = Math.min(1024 ** 3, usage.deviceSizeBytes / 10) / 2;
  const roomy = devices.filter(
    ({ path, id, unallocatedBytes }) => path !== null && id !== 0 && unallocatedBytes >= chunk,
  ).length;
  return roomy >= leastDevices(usage.chunks);
}

function missingProblems(state: MountedState): Problem[] {
  const missing = state.devices.filter(({ path }) => path === null);
  if (missing.length === 0) return [];
  const { name, mountPath, usage } = state;
  const spare = mayFail(usage.chunks) - missing.length;
  const ids = missing.map(({ id }) => id).join(', ');
  const which =
    missing.length === 1 ? `Device ${ids} of ${name} is missing` : `Devices ${ids} of ${name} are missing`;
  const rest =
    spare > 0
      ? `${spare === 1 ? 'One more' : `${spare} more`} may fail before data is lost.`
      : spare === 0
        ? 'One more failing device loses data.'
        : 'Its profiles do not cover that: data is lost already.';
  return [
    {
      severity: spare > 0 ? 'warning' : 'critical',
      text: `${which}. ${rest}`,
      advice: `Bring it back, or replace it: btrfs replace start ${missing[0]?.id ?? 'ID'} NEW-DISK ${mountPath}`,
    },
  ];
}

function describeErrors(errors: DeviceErrors): string {
  return (['read', 'write', 'flush', 'corruption', 'generation'] as const)
    .filter((kind) => errors[kind] > 0)
    .map((kind) => `${errors[kind]} ${kind}`)
    .join(', ');
}

function errorProblems({ name, mountPath, stats }: MountedState): Problem[] {
  const bad = [...stats].filter(([, errors]) => errorCount(errors) > 0);
  if (bad.length === 0) return [];
  const list = bad.map(([path, errors]) => `${path}: ${describeErrors(errors)}`).join('; ');
  return [
    {
      severity: 'warning',
      text: `Devices of ${name} made errors. ${list}.`,
      advice: `Check cables and SMART values and run a scrub; replace the device if the counts grow. Once solved, reset them: btrfs device stats -z ${mountPath}`,
    },
  ];
}

function spaceProblems(state: MountedState, usedBytes: number): Problem[] {
  const { name, mountPath, usage, devices } = state;
  const problems: Problem[] = [];
  const full = fillPercent(usedBytes, usage.freeBytes);
  if (full > fullWarningPercent) {
    problems.push({
      severity: full > fullCriticalPercent ? 'critical' : 'warning',
      text: `${name} is ${Math.floor(full)} % full: ${bytes(usage.freeBytes)} are free.`,
      advice: 'Delete snapshots or data, or add a device. Space of deleted snapshots comes back by and by.',
    });
  }
  const metadata = metadataPercent(usage);
  if (!canAllocate(usage, devices) && metadata > metadataWarningPercent) {
    problems.push({
      severity: metadata > metadataCriticalPercent ? 'critical' : 'warning',
      text: `The metadata of ${name} is ${Math.floor(metadata)} % full and no device has room for more of it: writing, and even deleting, may fail with "no space left".`,
      advice: `Add a device, or free data chunks that are nearly empty: btrfs balance start -dusage=20 ${mountPath}`,
    });
  } else if (!canAllocate(usage, devices)) {
    problems.push({
      severity: 'warning',
      text:
        usage.unallocatedBytes < 1024 ** 3
          ? `All space of ${name} is allocated to chunks: metadata cannot grow when it has to.`
          : `No new chunk fits on ${name}: ${bytes(usage.unallocatedBytes)} are unallocated, but not on as many devices as its profile needs. Metadata cannot grow when it has to.`,
      advice:
        usage.unallocatedBytes < 1024 ** 3
          ? `Give nearly empty data chunks back: btrfs balance start -dusage=20 ${mountPath}`
          : 'Bring the missing device back, replace it, or add one.',
    });
  }
  return problems;
}

function workProblems({ name, mountPath, scrub, balance, replace }: MountedState): Problem[] {
  const problems: Problem[] = [];
  if (scrub.errors !== null) {
    problems.push({
      severity: scrub.uncorrectable > 0 ? 'critical' : 'warning',
      text: `The ${scrub.state === 'running' ? 'running' : 'last'} scrub of ${name} found errors: ${scrub.errors}${scrub.uncorrectable > 0 ? `, ${scrub.uncorrectable} of them not correctable` : ''}.`,
      advice:
        scrub.uncorrectable > 0
          ? 'The kernel log of the host names the files: restore them from a backup.'
          : 'They were corrected from another copy. Check the device that made them.',
    });
  }
  if (replace.errors > 0 && replace.state !== 'none') {
    problems.push({
      severity: 'critical',
      text: `The replacement of a device of ${name} met errors: ${replace.text}.`,
      advice: `Run a scrub to see what is damaged: btrfs scrub start ${mountPath}`,
    });
  }
  if (balance.state === 'paused') {
    problems.push({
      severity: 'warning',
      text: `A balance of ${name} is paused. Until it ends, devices cannot be removed, replaced or resized.`,
      advice: `Resume or cancel it: btrfs balance cancel ${mountPath}`,
    });
  }
  return problems;
}

export function mountedProblems(state: MountedState, usedBytes: number): Problem[] {
  const { name, mountPath, readOnly, usage, quotas } = state;
  const problems = [
    ...missingProblems(state),
    ...errorProblems(state),
    ...spaceProblems(state, usedBytes),
    ...workProblems(state),
  ];
  if (readOnly) {
    problems.push({
      severity: 'warning',
      text: `${name} is mounted read-only at ${mountPath}. The kernel does that by itself after an error.`,
      advice: 'Read the kernel log of the host before you mount it writable again.',
    });
  }
  if (usage.multipleProfiles) {
    problems.push({
      severity: 'warning',
      text: `${name} has chunks of more than one profile: a conversion was not finished, or it was written to while degraded.`,
      advice: `Convert what is left: btrfs balance start -dconvert=PROFILE,soft -mconvert=PROFILE,soft ${mountPath}`,
    });
  }
  if (quotas?.inconsistent === true) {
    problems.push({
      severity: 'warning',
      text: `The quotas of ${name} are inconsistent, so sizes of its subvolumes are not shown.`,
      advice: `Count them anew: btrfs quota rescan ${mountPath}`,
    });
  }
  return problems;
}

export function unmountedProblems(name: string, shown: ShownFilesystem): Problem[] {
  if (!shown.missing) return [];
  const gone = Math.max(1, shown.deviceCount - shown.devices.filter(({ path }) => path !== null).length);
  return [
    {
      severity: 'critical',
      text: `${gone === 1 ? 'A device' : `${gone} devices`} of ${name} (${shown.deviceCount} in all) cannot be found, and it is not mounted.`,
      advice:
        'Bring the device back. Without it the file system can only be mounted with the option "degraded", if its profiles allow that.',
    },
  ];
}

export function healthOf(problems: readonly Problem[]): 'ok' | 'warning' | 'critical' {
  if (problems.some(({ severity }) => severity === 'critical')) return 'critical';
  return problems.length > 0 ? 'warning' : 'ok';
}
