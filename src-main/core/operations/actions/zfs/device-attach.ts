import { z } from 'zod';
import { attachDeviceArgv } from '../../../storage/zfs/pool-commands';
import type { TopologyNode } from '../../../../../src-preload/contract/inventory';
import type { ActionDefinition } from '../../action';
import { explain } from '../failures';
import { deviceFailures } from './pool-failures';
import { newDeviceLoss, sizeBlockers, smallestBeside } from './device-replace';
import {
  deviceForComparison,
  diskExcuse,
  leavesOf,
  memberOf,
  memberSchema,
  newDeviceBlockers,
  newDeviceSchema,
  newDiskField,
  poolNameSchema,
  readNewDevice,
  readStatus,
  runningScan,
  topologyForComparison,
  zpoolMemberOf,
} from './pool-reads';

const input = z.strictObject({ pool: poolNameSchema, member: memberSchema, device: newDeviceSchema });
type Input = z.infer<typeof input>;

/** Only mirrors and single disks take another disk beside one of theirs (raidz from 2.3 on does so as a whole). */
function takesAnother(parent: TopologyNode | null): boolean {
  return (
    parent === null ||
    parent.role === 'mirror' ||
    parent.name === 'logs' ||
    parent.name === 'special' ||
    parent.name === 'dedup'
  );
}

export const zfsDeviceAttach: ActionDefinition<Input> = {
  id: 'zfs.device.attach',
  title: 'Attach disk to ZFS mirror',
  backend: 'zfs',
  minimumAccess: 'administer',
  risk: 'destructive',
  input,

  offer(subject, { inventory }) {
    const found = zpoolMemberOf(subject);
    if (found === null || !takesAnother(found.parent)) return null;
    return {
      label: found.parent?.role === 'mirror' ? 'Add a disk to this mirror…' : 'Make it a mirror…',
      group: 'maintenance',
      excuse: diskExcuse(inventory, 1),
      input: { pool: found.pool.name, member: found.node.name },
      fields: [newDiskField(inventory, [])],
    };
  },

  async plan(context, { pool, member, device }) {
    const [reading, tried] = await Promise.all([readStatus(context, pool), readNewDevice(context, device)]);
    const { place, blockers } = memberOf(reading, pool, member);
    const smallest = await smallestBeside(context, reading, member);
    blockers.push(...newDeviceBlockers(device, tried), ...sizeBlockers(tried, smallest));
    if (place !== null && !takesAnother(place.parent)) {
      blockers.push({
        text: `${member} stands in ${place.parent?.name ?? ''}: only a mirror or a single disk takes another disk beside it.`,
        remedy: 'Replace a disk, or make a new pool.',
      });
    }
    if (reading.row !== null && reading.row.checkpoint !== '-') {
      blockers.push({
        text: `Pool ${pool} has a checkpoint, and while it stands no device is attached.`,
        remedy: 'Discard the checkpoint first.',
      });
    }
    const mirror = place?.parent?.role === 'mirror';
    return {
      risk: 'destructive',
      target: { kind: 'pool', name: pool },
      steps: [
        {
          title: `Attach ${device} beside ${member}`,
          argv: attachDeviceArgv(pool, member, device),
          explain:
            'zpool attach makes the disk a copy of the one beside it. Without -f it takes no disk that is in use.',
          acceptExitCodes: [0],
          timeoutSeconds: 300,
        },
      ],
      consequences: [
        ...newDeviceLoss(tried),
        {
          severity: 'info',
          text: mirror
            ? `${place?.parent?.name ?? 'The mirror'} gets one more copy of its data.`
            : `${member} becomes a mirror of two: one of them may fail. The pool gets no larger.`,
          items: [],
        },
        {
          severity: 'info',
          text: 'Data is copied in the background, which may take hours.',
          items: [],
        },
      ],
      blockers,
      undo: `Detach the new disk ${device}.`,
      preconditions: {
        guid: reading.row?.guid ?? null,
        topology: topologyForComparison(reading.status?.topology ?? []),
        device: deviceForComparison(tried),
        smallest,
      },
    };
  },

  async verify(context, { pool, device }) {
    const { status, scans } = await readStatus(context, pool);
    const fresh = leavesOf(status?.topology ?? []).find(
      ({ name }) => name === device || name.replace(/-part\d+$/, '') === device,
    );
    if (fresh === undefined) return { status: 'not-there', text: `${device} is not part of pool ${pool}.` };
    const resilver = runningScan(scans, 'resilver');
    if (resilver === undefined) {
      return { status: 'confirmed', text: `${device} is part of pool ${pool} and ${fresh.state}.` };
    }
    const { percent } = resilver.activity;
    return {
      status: 'pending',
      text: `${device} is part of pool ${pool} and data is copied to it${percent === null ? '' : `: ${percent} % done`}.`,
    };
  },

  explainFailure: (exitCode, stderr) => explain(deviceFailures, exitCode, stderr),
};
