import { z } from 'zod';
import {
  clearErrorsArgv,
  detachDeviceArgv,
  offlineDeviceArgv,
  onlineDeviceArgv,
} from '../../../storage/zfs/pool-commands';
import type { TopologyNode } from '../../../../../src-preload/contract/inventory';
import type {
  Blocker,
  Consequence,
  Offer,
  Verification,
} from '../../../../../src-preload/contract/operations';
import type { ActionDefinition } from '../../action';
import { explain } from '../failures';
import { hint, listed } from '../words';
import { memberFailures } from './pool-failures';
import {
  leavesOf,
  memberOf,
  memberSchema,
  placeOf,
  poolNameSchema,
  readStatus,
  runningScan,
  topologyForComparison,
  zpoolMemberOf,
  zpoolOf,
  type Place,
  type PoolReading,
} from './pool-reads';

const input = z.strictObject({ pool: poolNameSchema, member: memberSchema });
type Input = z.infer<typeof input>;

/** How many members of a group may be missing before data is lost. null: it has no redundancy of its own. */
function mayMiss(group: TopologyNode | null): number | null {
  switch (group?.role) {
    case 'mirror':
    case 'replacing':
    case 'spare':
      return group.children.length - 1;
    case 'raidz':
    case 'raidz1':
    case 'draid1':
      return 1;
    case 'raidz2':
    case 'draid2':
      return 2;
    case 'raidz3':
    case 'draid3':
      return 3;
    default:
      return null;
  }
}

/** Other members of the group that give nothing now. */
function missingBeside({ node, parent }: Place): TopologyNode[] {
  return (parent?.children ?? []).filter((other) => other !== node && other.state !== 'ONLINE');
}

const inClass = ({ parent }: Place, name: string): boolean => parent?.name === name && parent.state === '';

interface MemberCommand {
  id: 'zfs.device.detach' | 'zfs.device.online' | 'zfs.device.offline';
  title: string;
  label: string;
  group: Offer['group'];
  minimumAccess: ActionDefinition<Input>['minimumAccess'];
  risk: ActionDefinition<Input>['risk'];
  argv: (pool: string, member: string) => string[];
  explain: string;
  /** By the last known inventory: null: it can be asked for; undefined: not offered. */
  excuse: (node: TopologyNode, parent: TopologyNode | null) => string | null | undefined;
  blockers: (place: Place, member: string) => Blocker[];
  consequences: (place: Place, reading: PoolReading, member: string) => Consequence[];
  undo: (pool: string, member: string) => string | null;
  verify: (place: Place | null, reading: PoolReading, member: string) => Verification;
}

function memberAction(command: MemberCommand): ActionDefinition<Input> {
  return {
    id: command.id,
    title: command.title,
    backend: 'zfs',
    minimumAccess: command.minimumAccess,
    risk: command.risk,
    input,

    offer(subject) {
      const found = zpoolMemberOf(subject);
      if (found === null) return null;
      const excuse = command.excuse(found.node, found.parent);
      return excuse === undefined
        ? null
        : {
            label: command.label,
            group: command.group,
            excuse,
            input: { pool: found.pool.name, member: found.node.name },
            fields: [],
          };
    },

    async plan(context, { pool, member }) {
      const reading = await readStatus(context, pool);
      const { place, blockers } = memberOf(reading, pool, member);
      return {
        risk: command.risk,
        target: { kind: 'pool', name: pool },
        steps: [
          {
            title: `${command.title}: ${member}`,
            argv: command.argv(pool, member),
            explain: command.explain,
            acceptExitCodes: [0],
            timeoutSeconds: 180,
          },
        ],
        consequences: place === null ? [] : command.consequences(place, reading, member),
        blockers: [...blockers, ...(place === null ? [] : command.blockers(place, member))],
        undo: command.undo(pool, member),
        preconditions: {
          guid: reading.row?.guid ?? null,
          topology: topologyForComparison(reading.status?.topology ?? []),
        },
      };
    },

    async verify(context, { pool, member }) {
      const reading = await readStatus(context, pool);
      if (reading.status === null) return { status: 'not-there', text: `There is no pool ${pool} any more.` };
      return command.verify(placeOf(reading.status.topology, member), reading, member);
    },

    explainFailure: (exitCode, stderr) => explain(memberFailures, exitCode, stderr),
  };
}

function redundancyLoss({ node, parent }: Place, member: string, until: string): Consequence {
  const left = parent === null ? null : mayMiss(parent);
  const missing = parent === null ? 0 : missingBeside({ node, parent }).length;
  const after = left === null ? 0 : left - missing - 1;
  return {
    severity: 'warning',
    text:
      after > 0
        ? `${parent?.name ?? 'Its group'} can then lose ${after} more device${after === 1 ? '' : 's'} before data is lost${until}.`
        : `Without ${member} the next device of ${parent?.name ?? 'its group'} that fails takes data with it${until}.`,
    items: [{ name: member, sizeBytes: null }],
  };
}

export const zfsDeviceOffline = memberAction({
  id: 'zfs.device.offline',
  title: 'Take disk of ZFS pool offline',
  label: 'Take offline…',
  group: 'maintenance',
  minimumAccess: 'administer',
  risk: 'destructive',
  argv: offlineDeviceArgv,
  explain:
    'zpool offline stops using the disk, also after a restart. Without -f it is not marked as failed; ZFS refuses when data would be lost.',
  excuse: (node, parent) =>
    parent?.name === 'spares' || parent?.name === 'cache'
      ? undefined
      : node.state === 'OFFLINE'
        ? undefined
        : mayMiss(parent) === null
          ? 'It has no other disk beside it: the pool would stop.'
          : null,
  blockers(place, member) {
    const left = mayMiss(place.parent);
    if (inClass(place, 'spares') || inClass(place, 'cache')) {
      return [
        { text: `${member} is a spare or cache device.`, remedy: 'Only members that hold data go offline.' },
      ];
    }
    if (place.node.state === 'OFFLINE') {
      return [{ text: `${member} is offline already.`, remedy: 'Bring it online when it is needed.' }];
    }
    if (left === null) {
      return [
        {
          text: `${member} has no other disk beside it: without it the pool stops.`,
          remedy: 'Attach another disk to it first.',
        },
      ];
    }
    const missing = missingBeside(place);
    return missing.length >= left
      ? [
          {
            text: `Other disks of ${place.parent?.name ?? 'its group'} are missing already: ${listed(missing.map(({ name, state }) => `${name} (${state})`))}. Without ${member} data would be lost.`,
            remedy: 'Bring those back first.',
          },
        ]
      : [];
  },
  consequences: (place, _reading, member) => [redundancyLoss(place, member, ', until it is online again')],
  undo: (pool, member) => `Bring it online: ${hint(...onlineDeviceArgv(pool, member))}`,
  verify: (place, _reading, member) =>
    place?.node.state === 'OFFLINE'
      ? { status: 'confirmed', text: `${member} is offline.` }
      : { status: 'not-there', text: `${member} is ${place?.node.state ?? 'not part of the pool'}.` },
});

export const zfsDeviceOnline = memberAction({
  id: 'zfs.device.online',
  title: 'Bring disk of ZFS pool online',
  label: 'Bring online…',
  group: 'maintenance',
  minimumAccess: 'operate',
  risk: 'safe',
  argv: onlineDeviceArgv,
  explain: 'zpool online uses the disk again and copies to it what it missed.',
  excuse: (node, parent) =>
    parent?.name === 'spares'
      ? undefined
      : ['OFFLINE', 'REMOVED', 'UNAVAIL', 'FAULTED'].includes(node.state)
        ? null
        : undefined,
  blockers: ({ node }, member) =>
    node.state === 'ONLINE'
      ? [{ text: `${member} is online already.`, remedy: 'Nothing has to be done.' }]
      : [],
  consequences: ({ node }, _reading, member) => [
    {
      severity: 'info',
      text: `${member} is ${node.state}. What it missed is copied to it in the background.`,
      items: [],
    },
    ...(node.state === 'FAULTED'
      ? [
          {
            severity: 'warning' as const,
            text: 'ZFS gave it up because of errors, and may do so again. Look at its SMART values, and replace it when they are bad.',
            items: [],
          },
        ]
      : []),
  ],
  undo: (pool, member) => `Take it offline: ${hint(...offlineDeviceArgv(pool, member))}`,
  verify(place, { scans }, member) {
    if (place?.node.state !== 'ONLINE') {
      return {
        status: 'not-there',
        text: `${member} is ${place?.node.state ?? 'not part of the pool'}: ZFS could not open it.`,
      };
    }
    const resilver = runningScan(scans, 'resilver');
    return resilver === undefined
      ? { status: 'confirmed', text: `${member} is online.` }
      : { status: 'confirmed', text: `${member} is online and data is copied to it.` };
  },
});

export const zfsDeviceDetach = memberAction({
  id: 'zfs.device.detach',
  title: 'Detach disk from ZFS mirror',
  label: 'Detach…',
  group: 'destroy',
  minimumAccess: 'administer',
  risk: 'destructive',
  argv: detachDeviceArgv,
  explain: 'zpool detach takes the disk out of its mirror for good. ZFS refuses when data would be lost.',
  excuse: (_node, parent) =>
    parent !== null && ['mirror', 'replacing', 'spare'].includes(parent.role) && parent.state !== ''
      ? null
      : undefined,
  blockers(place, member) {
    const { parent } = place;
    if (parent === null || parent.state === '' || !['mirror', 'replacing', 'spare'].includes(parent.role)) {
      return [
        {
          text: `${member} stands in no mirror, so it cannot be taken out.`,
          remedy: 'Replace it instead.',
        },
      ];
    }
    const good = parent.children.filter((other) => other !== place.node && other.state === 'ONLINE');
    return good.length === 0
      ? [
          {
            text: `No other disk of ${parent.name} is online: without ${member} its data would be lost.`,
            remedy: 'Bring another one online, or wait for the resilver to end.',
          },
        ]
      : [];
  },
  consequences(place, reading, member) {
    const { parent } = place;
    const replacing = parent?.role === 'replacing';
    const spare = parent?.role === 'spare';
    return [
      replacing || spare
        ? {
            severity: 'warning',
            text: `${parent.name} ends with ${listed(parent.children.filter((other) => other !== place.node).map(({ name }) => name))} in its place.`,
            items: [{ name: member, sizeBytes: null }],
          }
        : redundancyLoss(place, member, ''),
      ...(runningScan(reading.scans, 'resilver') === undefined
        ? []
        : [
            {
              severity: 'warning' as const,
              text: 'A copy (resilver) is under way: a disk that it has not finished does not hold everything yet.',
              items: [],
            },
          ]),
      {
        severity: 'info',
        text: `What is on ${member} cannot be read as a pool afterwards.`,
        items: [],
      },
    ];
  },
  undo: () => 'Attach the disk again: all of its data is copied anew.',
  verify: (place, _reading, member) =>
    place === null
      ? { status: 'confirmed', text: `${member} is not part of the pool any more.` }
      : { status: 'not-there', text: `${member} is still part of the pool.` },
});

const clearInput = z.strictObject({
  pool: poolNameSchema,
  /** null: every device. */
  member: memberSchema.nullable(),
});
type ClearInput = z.infer<typeof clearInput>;

const errorsOf = ({ readErrors, writeErrors, checksumErrors }: TopologyNode): number =>
  (readErrors ?? 0) + (writeErrors ?? 0) + (checksumErrors ?? 0);

export const zfsErrorsClear: ActionDefinition<ClearInput> = {
  id: 'zfs.errors.clear',
  title: 'Clear errors of ZFS pool',
  backend: 'zfs',
  minimumAccess: 'operate',
  risk: 'safe',
  input: clearInput,

  offer(subject) {
    const pool = zpoolOf(subject);
    const member = zpoolMemberOf(subject);
    const found = pool === null ? member : { pool, node: null };
    if (found === null) return null;
    const nodes = found.node === null ? leavesOf(found.pool.topology) : [found.node];
    const something =
      found.pool.state === 'SUSPENDED' ||
      nodes.some((node) => errorsOf(node) > 0 || ['FAULTED', 'DEGRADED'].includes(node.state));
    if (!something && found.node !== null) return null;
    return {
      label: 'Clear errors…',
      group: 'maintenance',
      excuse: something ? null : 'No device of the pool has errors.',
      input: { pool: found.pool.name, member: found.node?.name ?? null },
      fields: [],
    };
  },

  async plan(context, { pool, member }) {
    const reading = await readStatus(context, pool);
    const { row, status } = reading;
    const blockers: Blocker[] =
      row === null ? [{ text: `There is no pool ${pool} on this host.`, remedy: 'Refresh the host.' }] : [];
    const place = member === null || status === null ? null : placeOf(status.topology, member);
    if (row !== null && member !== null && place === null) {
      blockers.push({ text: `Pool ${pool} has no device ${member}.`, remedy: 'Refresh the host.' });
    }
    const nodes = place === null ? leavesOf(status?.topology ?? []) : [place.node];
    const counting = nodes.filter((node) => errorsOf(node) > 0 || node.state === 'FAULTED');
    return {
      risk: 'safe',
      target: { kind: 'pool', name: pool },
      steps: [
        {
          title: member === null ? `Clear the errors of ${pool}` : `Clear the errors of ${member}`,
          argv: clearErrorsArgv(pool, member),
          explain:
            'zpool clear sets the error counts to zero, uses faulted devices again, and lets a suspended pool go on.',
          acceptExitCodes: [0],
          timeoutSeconds: 300,
        },
      ],
      consequences: [
        {
          severity: 'info',
          text:
            counting.length === 0
              ? 'No device has errors to clear.'
              : 'These counts are set to zero. What is broken stays broken and counts anew.',
          items: counting.map(({ name, state, readErrors, writeErrors, checksumErrors }) => ({
            name: `${name} (${state}): ${readErrors ?? 0} read, ${writeErrors ?? 0} write, ${checksumErrors ?? 0} checksum`,
            sizeBytes: null,
          })),
        },
        ...(row?.health === 'SUSPENDED'
          ? [
              {
                severity: 'warning' as const,
                text: `Pool ${pool} is suspended: writes that wait are tried again. Its devices must be back for that.`,
                items: [],
              },
            ]
          : []),
      ],
      blockers,
      undo: null,
      preconditions: {
        guid: row?.guid ?? null,
        topology: topologyForComparison(status?.topology ?? []),
      },
    };
  },

  async verify(context, { pool, member }) {
    const { status } = await readStatus(context, pool);
    if (status === null) return { status: 'not-there', text: `There is no pool ${pool} any more.` };
    const place = member === null ? null : placeOf(status.topology, member);
    const nodes = member === null ? leavesOf(status.topology) : place === null ? [] : [place.node];
    const left = nodes.filter((node) => errorsOf(node) > 0 || node.state === 'FAULTED');
    return left.length === 0 && status.state !== 'SUSPENDED'
      ? { status: 'confirmed', text: `No device of ${pool} counts errors. The pool is ${status.state}.` }
      : {
          status: 'not-there',
          text: `Errors are there again: ${listed(left.map(({ name, state }) => `${name} (${state})`))}. The pool is ${status.state}.`,
        };
  },

  explainFailure: (exitCode, stderr) => explain(memberFailures, exitCode, stderr),
};
