import { z } from 'zod';
import { destroyVolumeArgv } from '../../../storage/lvm/admin-commands';
import {
  isMerging,
  isOpen,
  isSnapshot,
  isThickSnapshot,
  isThin,
  isThinPool,
  type LogicalVolume,
} from '../../../storage/lvm/volumes';
import type { Blocker, Consequence } from '../../../../../src-preload/contract/operations';
import type { ActionDefinition } from '../../action';
import { explain } from '../failures';
import { bytes, listed } from '../words';
import { volumeFailures } from './admin-failures';
import { groupBlockers, lvmNameSchema, readGroup, readVolumes } from './reads';
import { namesOf } from './volume-change';

const input = z.strictObject({ volumeGroup: lvmNameSchema, volume: lvmNameSchema });
type Input = z.infer<typeof input>;
const preconditionsSchema = z.object({ uuid: z.string().nullable() });

/** What goes with it: thick snapshots of a volume, all thin volumes of a pool. */
function dependants(volume: LogicalVolume, volumes: readonly LogicalVolume[]): LogicalVolume[] {
  if (isThinPool(volume)) return volumes.filter((each) => isThin(each) && each.poolName === volume.name);
  return volumes.filter((each) => isThickSnapshot(each) && each.origin === volume.name);
}

function blockersOf(volume: LogicalVolume, all: readonly LogicalVolume[]): Blocker[] {
  const path = (each: LogicalVolume): string => `${each.groupName}/${each.name}`;
  const blockers: Blocker[] = [];
  if (isSnapshot(volume)) {
    blockers.push({
      text: `${path(volume)} is a snapshot.`,
      remedy: 'Destroy it from the Snapshots screen, which says what it holds.',
    });
  }
  const open = all.filter((each) => isOpen(each) === true && !(isThinPool(each) && each !== volume));
  // A thin pool counts as open while any of its volumes is active.
  const used = isThinPool(volume) ? open.filter((each) => each !== volume) : open;
  if (used.length > 0) {
    blockers.push({
      text: `${listed(used.map(path))} ${used.length === 1 ? 'is' : 'are'} in use: mounted, or open by something else.`,
      remedy: 'Unmount, or stop what uses it, then plan it again.',
    });
  }
  const merging = all.filter(isMerging);
  if (merging.length > 0) {
    blockers.push({
      text: `A merge of ${listed(merging.map(path))} is under way or waits.`,
      remedy: 'Wait for its end.',
    });
  }
  return blockers;
}

export const lvmVolumeDestroy: ActionDefinition<Input> = {
  id: 'lvm.volume.destroy',
  title: 'Destroy LVM volume',
  backend: 'lvm',
  minimumAccess: 'administer',
  risk: 'destructive',
  input,
  bulk: { one: 'volume', many: 'volumes' },

  offer(subject) {
    const names = namesOf(subject);
    if (names === null) return null;
    const open = subject.kind === 'volume' && subject.volume.open === true;
    return {
      label: 'Destroy…',
      group: 'destroy',
      excuse: open ? 'It is in use: unmount it, or stop what uses it.' : null,
      input: names,
      fields: [],
    };
  },

  async plan(context, { volumeGroup, volume: name }) {
    const [group, volumes] = await Promise.all([
      readGroup(context, volumeGroup),
      readVolumes(context, volumeGroup),
    ]);
    const path = `${volumeGroup}/${name}`;
    const volume = volumes.find((each) => each.name === name && !each.hidden);
    const blockers: Blocker[] = groupBlockers(group, volumeGroup);
    const consequences: Consequence[] = [];
    if (group !== null && volume === undefined) {
      blockers.push({
        text: `There is no volume ${path} on this host.`,
        remedy: 'Refresh the host: it may have been destroyed already.',
      });
    }
    const lostToo = volume === undefined ? [] : dependants(volume, volumes);
    if (volume !== undefined) {
      blockers.push(...blockersOf(volume, [volume, ...lostToo]));
      consequences.push({
        severity: 'loss',
        text:
          lostToo.length === 0
            ? `All data on ${path} is lost.`
            : isThinPool(volume)
              ? `Thin pool ${path} is lost with every volume in it.`
              : `All data on ${path} is lost, and its snapshots with it.`,
        items: [volume, ...lostToo].map((each) => ({
          name: `${each.groupName}/${each.name}`,
          sizeBytes: each.sizeBytes,
        })),
      });
      if (!isThin(volume)) {
        consequences.push({
          severity: 'info',
          text: `${bytes(volume.sizeBytes)} go back to ${volumeGroup}, and what its snapshots reserve.`,
          items: [],
        });
      }
    }
    const pool = volume !== undefined && isThinPool(volume);
    return {
      risk: pool ? 'catastrophic' : 'destructive',
      target: { kind: pool ? 'thin pool' : 'volume', name: path },
      steps: [
        {
          title: `Destroy ${path}`,
          argv: destroyVolumeArgv(volumeGroup, name),
          explain:
            'lvremove removes the volume and what depends on it. -y answers its question, which this confirmation is; without -f it refuses what is in use.',
          acceptExitCodes: [0],
          timeoutSeconds: 300,
        },
      ],
      consequences,
      blockers,
      undo: null,
      preconditions: {
        uuid: volume?.uuid ?? null,
        dependants: lostToo.map(({ uuid }) => uuid),
        open: volume === undefined ? null : isOpen(volume),
      },
    };
  },

  async verify(context, { volumeGroup, volume: name }, { preconditions }) {
    const { uuid } = preconditionsSchema.parse(preconditions);
    const there = (await readVolumes(context, volumeGroup)).some((each) => each.uuid === uuid);
    return there
      ? { status: 'not-there', text: `${volumeGroup}/${name} is still there.` }
      : { status: 'confirmed', text: `${volumeGroup}/${name} is gone.` };
  },

  explainFailure: (exitCode, stderr) => explain(volumeFailures, exitCode, stderr),
};
