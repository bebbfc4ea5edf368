import type { SandboxDriverStatus, SandboxInventory } from '../../../src-preload/contract/sandbox';
import { AppError, toAppError } from '../errors/app-error';
import type { Probe, ProbeOutcome } from '../storage/backend';
import type { DriverInventory, SandboxDriver } from './driver';

export type RunProbe = (probe: Probe) => Promise<ProbeOutcome>;

interface DriverReading {
  status: SandboxDriverStatus;
  read: DriverInventory | null;
}

function missing(driver: SandboxDriver, tools: readonly string[]): DriverReading {
  const { kind, title, howToInstall } = driver;
  const error = new AppError(
    'command-missing',
    `${title} is not on this host: ${tools.join(' and ')} ${tools.length === 1 ? 'is' : 'are'} not there.`,
    { remedy: howToInstall },
  );
  const status = { driver: kind, title, howToInstall, available: false, version: null, facts: [] };
  return { status: { ...status, error: error.toWire() }, read: null };
}

async function readDriver(driver: SandboxDriver, run: RunProbe): Promise<DriverReading> {
  const { kind, title, howToInstall } = driver;
  const status = { driver: kind, title, howToInstall, available: true };
  const outcomes = new Map<string, ProbeOutcome>();
  const runAll = async (probes: readonly Probe[]): Promise<void> => {
    const told = await Promise.all(probes.map(async (probe) => [probe.id, await run(probe)] as const));
    for (const [id, outcome] of told) outcomes.set(id, outcome);
  };
  try {
    await runAll(driver.probes);
    for (const followUp of driver.followUps) await runAll(followUp(outcomes));
    const read = driver.parse(outcomes);
    const { version, facts, problems = [] } = read;
    return { status: { ...status, version, facts, problems, error: null }, read };
  } catch (thrown) {
    const error = toAppError(thrown).toWire();
    // Something that it stands on is not there (a kernel module): then nothing is wrong, it is only off.
    const available = error.code !== 'command-missing';
    return { status: { ...status, available, version: null, facts: [], error }, read: null };
  }
}

/**
 * Reads all kinds of sandbox volumes of a host, side by side. One that is missing says how to install it; one that
 * can't be read keeps its error, and what belongs to it is then absent, not empty.
 *
 * @param located the tools that the host has
 */
export async function readSandbox(
  drivers: readonly SandboxDriver[],
  located: ReadonlyMap<string, string>,
  run: RunProbe,
): Promise<SandboxInventory> {
  const readings = await Promise.all(
    drivers.map((driver) => {
      const absent = driver.tools.filter((tool) => !located.has(tool));
      return absent.length > 0 ? missing(driver, absent) : readDriver(driver, run);
    }),
  );
  const read = readings.flatMap((reading) => (reading.read === null ? [] : [reading.read]));
  return {
    drivers: readings.map(({ status }) => status),
    volumes: read.flatMap(({ volumes }) => volumes),
    sandboxes: read.flatMap(({ sandboxes }) => sandboxes),
    images: read.flatMap(({ images }) => images),
    snapshots: read.flatMap(({ snapshots }) => snapshots),
    templates: read.flatMap(({ templates }) => templates),
  };
}
