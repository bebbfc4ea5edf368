import { z } from 'zod';
import { replaceDeviceArgv } from '../../../storage/zfs/pool-commands';
import type { TopologyNode } from '../../../../../src-preload/contract/inventory';
import type { Blocker, Consequence, Verification } from '../../../../../src-preload/contract/operations';
import type { ActionContext, ActionDefinition } from '../../action';
import { explain } from '../failures';
import { bytes, listed } from '../words';
import { deviceFailures } from './pool-failures';
import {
  describeDevice,
  deviceForComparison,
  diskExcuse,
  leavesOf,
  memberOf,
  memberSchema,
  newDeviceBlockers,
  newDeviceSchema,
  newDiskField,
  placeOf,
  poolNameSchema,
  readMemberSize,
  readNewDevice,
  readStatus,
  runningScan,
  topologyForComparison,
  waitingSpares,
  zpoolMemberOf,
  type NewDevice,
  type PoolReading,
} from './pool-reads';

const input = z.strictObject({ pool: poolNameSchema, member: memberSchema, device: newDeviceSchema });
type Input = z.infer<typeof input>;

/** Members whose size is read: those that a new disk stands beside. */
const mostSiblings = 32;

const withoutPartition = (path: string): string => path.replace(/-part\d+$/, '');
const isSpare = (spare: TopologyNode, device: string): boolean =>
  spare.name === device || withoutPartition(spare.name) === device;

/** Size in bytes of the smallest member that the new disk has to match; null: none could be read. */
export async function smallestBeside(
  context: ActionContext,
  { status }: PoolReading,
  member: string,
): Promise<number | null> {
  const place = status === null ? null : placeOf(status.topology, member);
  if (place === null) return null;
  // Under replacing-N the group that counts is the one above it; its other members are of the same size anyway.
  const beside = leavesOf(place.parent === null ? [place.node] : [place.parent]).slice(0, mostSiblings);
  const sizes = await Promise.all(beside.map(({ name, path }) => readMemberSize(context, path ?? name)));
  const known = sizes.filter((size) => size !== null);
  return known.length === 0 ? null : Math.min(...known);
}

export function sizeBlockers(device: NewDevice, smallest: number | null): Blocker[] {
  const { reading } = device;
  // The partition of the member is compared with the whole disk: what is too small then is so in any case.
  if (reading === null || smallest === null || reading.sizeBytes >= smallest) return [];
  return [
    {
      text: `${reading.asked} has ${bytes(reading.sizeBytes)} and the smallest member beside it ${bytes(smallest)}.`,
      remedy: 'Choose a disk at least as large.',
    },
  ];
}

/** What a disk loses by coming in, and what a healthy member's replacement means. */
export function newDeviceLoss({ reading }: NewDevice): Consequence[] {
  return reading === null
    ? []
    : [
        {
          severity: 'loss',
          text: 'The new disk is taken whole and partitioned anew. All that is on it is lost.',
          items: [{ name: describeDevice(reading), sizeBytes: reading.sizeBytes }],
        },
      ];
}

/**
 * | the new disk                    | resilver | says      |
 * | not in the pool                 | any      | not there |
 * | in it, beside the old one       | running  | pending   |
 * | in it, beside the old one       | no       | pending: ZFS takes the old one out in a moment |
 * | in it, the old one gone         | any      | confirmed |
 */
function judgeReplacement({ status, scans }: PoolReading, { pool, member, device }: Input): Verification {
  const leaves = leavesOf(status?.topology.filter(({ name }) => name !== 'spares') ?? []);
  const fresh = leaves.find(({ name }) => name === device || withoutPartition(name) === device);
  if (fresh === undefined) {
    return { status: 'not-there', text: `${device} is not part of pool ${pool}.` };
  }
  const resilver = runningScan(scans, 'resilver');
  if (!leaves.some(({ name }) => name === member)) {
    return { status: 'confirmed', text: `${device} has taken the place of ${member} in pool ${pool}.` };
  }
  const percent = resilver?.activity.percent ?? null;
  return {
    status: 'pending',
    text: `${device} is in pool ${pool} and data is copied to it${percent === null ? '' : `: ${percent} % done`}. Leave ${member} in its slot until that has ended.`,
  };
}

export const zfsDeviceReplace: ActionDefinition<Input> = {
  id: 'zfs.device.replace',
  title: 'Replace disk of ZFS pool',
  backend: 'zfs',
  minimumAccess: 'administer',
  risk: 'destructive',
  input,

  offer(subject, { inventory }) {
    const found = zpoolMemberOf(subject);
    if (found === null || found.parent?.name === 'spares') return null;
    const { pool, node, parent } = found;
    const spares = waitingSpares(pool.topology);
    return {
      label: 'Replace…',
      group: 'maintenance',
      excuse:
        parent?.role === 'replacing'
          ? 'It is being replaced already.'
          : spares.length > 0
            ? null
            : diskExcuse(inventory, 1),
      input: { pool: pool.name, member: node.name },
      fields: [newDiskField(inventory, spares)],
    };
  },

  async plan(context, { pool, member, device }) {
    const [reading, tried] = await Promise.all([readStatus(context, pool), readNewDevice(context, device)]);
    const { place, blockers } = memberOf(reading, pool, member);
    const spare = waitingSpares(reading.status?.topology ?? []).find((each) => isSpare(each, device));
    const smallest = await smallestBeside(context, reading, member);
    // A spare of this pool is in use by this pool: that is what it is there for.
    if (spare === undefined) blockers.push(...newDeviceBlockers(device, tried));
    blockers.push(...sizeBlockers(tried, smallest));
    if (place?.parent?.role === 'replacing') {
      blockers.push({
        text: `${member} is being replaced already.`,
        remedy: 'Wait for the resilver to end, or detach the disk that came in.',
      });
    }
    if (place?.parent?.name === 'spares') {
      blockers.push({
        text: `${member} is a hot spare and holds no data.`,
        remedy: 'Take it out of the spares and add another one on the host.',
      });
    }
    if (reading.row !== null && reading.row.checkpoint !== '-') {
      blockers.push({
        text: `Pool ${pool} has a checkpoint, and while it stands no device is replaced.`,
        remedy: 'Discard the checkpoint first.',
      });
    }

    const consequences: Consequence[] = spare === undefined ? newDeviceLoss(tried) : [];
    if (place !== null) {
      const healthy = place.node.state === 'ONLINE' && place.node.health === 'ok';
      consequences.push(
        healthy
          ? {
              severity: 'warning',
              text: `${member} is healthy. Make sure that it is the one you mean: nothing is known to be wrong with it.`,
              items: [],
            }
          : {
              severity: 'info',
              text: `${member} is ${place.node.state}${place.node.note === null ? '' : `, ${place.node.note}`}.`,
              items: [],
            },
      );
      if (place.parent === null && place.node.state !== 'ONLINE') {
        consequences.push({
          severity: 'warning',
          text: `${member} has no other disk beside it: what it can no longer give is lost.`,
          items: [],
        });
      }
      const others = leavesOf(place.parent === null ? [] : [place.parent]).filter(
        ({ name, state, health }) => name !== member && (state !== 'ONLINE' || health !== 'ok'),
      );
      if (others.length > 0) {
        consequences.push({
          severity: 'warning',
          text: `Other disks beside it are not well: ${listed(others.map(({ name, state }) => `${name} (${state})`))}. The copy reads from them.`,
          items: [],
        });
      }
    }
    if (runningScan(reading.scans, 'resilver') !== undefined) {
      consequences.push({
        severity: 'warning',
        text: 'The pool copies data to another device right now. This one may wait for that, or both begin anew.',
        items: [],
      });
    } else if (runningScan(reading.scans, 'scrub') !== undefined) {
      consequences.push({
        severity: 'info',
        text: 'The scrub that is under way ends; start it again afterwards.',
        items: [],
      });
    }
    consequences.push({
      severity: 'info',
      text: `Data is copied in the background, which may take hours. Until its end the old disk stays part of the pool: leave it in its slot as long as it still works.`,
      items: [],
    });

    return {
      risk: 'destructive',
      target: { kind: 'pool', name: pool },
      steps: [
        {
          title: `Replace ${member} by ${device}`,
          argv: replaceDeviceArgv(pool, member, device),
          explain:
            'zpool replace takes the new disk in beside the old one, copies what belongs there, then takes the old one out. Without -f it takes no disk that is in use.',
          acceptExitCodes: [0],
          timeoutSeconds: 300,
        },
      ],
      consequences,
      blockers,
      undo: `Until the copy has ended: detach the new disk ${device}.`,
      preconditions: {
        guid: reading.row?.guid ?? null,
        topology: topologyForComparison(reading.status?.topology ?? []),
        device: deviceForComparison(tried),
        smallest,
      },
    };
  },

  async verify(context, input) {
    return judgeReplacement(await readStatus(context, input.pool), input);
  },

  explainFailure: (exitCode, stderr) => explain(deviceFailures, exitCode, stderr),
};
