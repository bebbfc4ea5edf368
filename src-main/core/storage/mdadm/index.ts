import { AppError } from '../../errors/app-error';
import type { BackendInventory, Probe, ProbeOutcome, StorageBackend } from '../backend';
import { outcomeOf } from '../outcomes';
import { detailProbe, examineProbe, mdadmProbes, syncProbe } from './commands';
import { notRoot } from './detail';
import {
  freeMembers,
  parseArrayLines,
  parseArrays,
  parseBlocks,
  parseMdstat,
  parseVersion,
  withoutRoot,
} from './parse';
import type { Block } from './blocks';
import type { MdstatArray } from './mdstat';

type Outcomes = ReadonlyMap<string, ProbeOutcome>;

function arraysOf(outcomes: Outcomes): MdstatArray[] {
  const { exitCode, stdout, stderr } = outcomeOf(outcomes, mdadmProbes.arrays);
  if (exitCode === 0) return parseMdstat(stdout);
  if (/No such file or directory/.test(stderr)) return [];
  throw new AppError('command-failed', 'The list of arrays (/proc/mdstat) could not be read.', {
    detail: stderr.slice(0, 1000),
  });
}

function blocksOf(outcomes: Outcomes): Block[] {
  return parseBlocks(outcomeOf(outcomes, mdadmProbes.blocks).stdout);
}

/** Each array by itself; superblocks only where lsblk shows some that belong to no running array. */
function followUp(outcomes: Outcomes): Probe[] {
  const arrays = arraysOf(outcomes);
  const free = freeMembers(blocksOf(outcomes), arrays);
  return [
    ...arrays.flatMap(({ name }) => [detailProbe(name), syncProbe(name)]),
    ...(free.length === 0 ? [] : [examineProbe(free)]),
  ];
}

function parse(outcomes: Outcomes): BackendInventory {
  const mdstat = arraysOf(outcomes);
  const blocks = blocksOf(outcomes);
  const readings = (probeOf: (name: string) => Probe) =>
    new Map(mdstat.map(({ name }) => [name, outcomeOf(outcomes, probeOf(name))]));
  const free = freeMembers(blocks, mdstat);
  const examined = free.length === 0 ? null : outcomeOf(outcomes, examineProbe(free));
  if (examined !== null && notRoot.test(examined.stderr)) throw withoutRoot(examined.stderr);
  const version = outcomes.get(mdadmProbes.version.id);
  return {
    version: version?.ok === true ? parseVersion(version.stdout + version.stderr) : null,
    pools: parseArrays({
      mdstat,
      blocks,
      details: readings(detailProbe),
      syncs: readings(syncProbe),
      examined: examined === null ? [] : parseArrayLines('mdadm --examine', examined.stdout),
    }),
    volumes: [],
    snapshots: [],
  };
}

export const mdadm: StorageBackend = {
  kind: 'mdadm',
  title: 'Software RAID',
  tools: ['mdadm'],
  packageName: 'mdadm',
  // Q42: an array has no snapshots; what lies on it may.
  capabilities: { snapshots: false, rollback: 'none', snapshotNeedsSize: false },
  probes: Object.values(mdadmProbes),
  followUp,
  parse,
};
