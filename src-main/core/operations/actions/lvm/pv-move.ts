import { z } from 'zod';
import { abortMoveArgv, extendGroupArgv, movePvArgv } from '../../../storage/lvm/admin-commands';
import { isAllocatable, isMissing, type DiskRow } from '../../../storage/lvm/disks';
import { isMerging, type LogicalVolume } from '../../../storage/lvm/volumes';
import type { HostInventory, Pool } from '../../../../../src-preload/contract/inventory';
import type { Blocker, Consequence } from '../../../../../src-preload/contract/operations';
import type { ActionDefinition, StepDraft } from '../../action';
import { explain } from '../failures';
import { choiceField } from '../fields';
import { bytes, hint, listed } from '../words';
import { moveFailures } from './admin-failures';
import {
  deviceBlockers,
  deviceItem,
  devicePathSchema,
  diskOptions,
  forComparison,
  readDevice,
} from './devices';
import {
  diskMissingBlocker,
  missingPvExcuse,
  moveBlockers,
  movesIn,
  namesOn,
  pvOf,
  readDisks,
  usedBytesOf,
} from './pv-reads';
import { groupBlockers, lvmNameSchema, readGroup, readVolumes, type GroupRow } from './reads';

/** Not a path, so that it can't be taken for one. */
const anywhere = 'anywhere';

const input = z.strictObject({
  volumeGroup: lvmNameSchema,
  /** The physical volume that is emptied, as LVM names it. */
  device: devicePathSchema,
  /** Another physical volume of the group, a blank disk that joins it first, or `anywhere` in the group. */
  target: z.union([z.literal(anywhere), devicePathSchema]),
});
type Input = z.infer<typeof input>;
const preconditionsSchema = z.object({ uuid: z.string().nullable() });

/** LVM keeps its label and metadata in the first mebibyte, and takes whole extents of the rest (lvm2 2.03.16). */
function roomOf(sizeBytes: number, group: GroupRow): number {
  return Math.max(0, Math.floor((sizeBytes - 1024 * 1024) / group.extentBytes) * group.extentBytes);
}

function targets(pool: Pool, device: string, inventory: HostInventory) {
  const others = pool.topology.filter(({ name, state }) => name !== device && state === 'allocatable');
  const room = others.reduce((sum, { freeBytes }) => sum + (freeBytes ?? 0), 0);
  const blank = diskOptions(inventory);
  return [
    ...blank.options.map(({ value, label, excuse }) => ({
      value,
      label: `New disk: ${label}`,
      hint: 'Joins the group first. What is on it is overwritten.',
      excuse,
    })),
    ...others.map(({ name, freeBytes }) => ({
      value: name,
      label: `${name}, which has ${bytes(freeBytes ?? 0)} free`,
      excuse: (freeBytes ?? 0) === 0 ? 'It is full.' : null,
    })),
    {
      value: anywhere,
      label: `Wherever the group has room (${bytes(room)} free)`,
      excuse: room === 0 ? 'The other disks of the group are full.' : null,
    },
  ];
}

/** Images of one raid volume that would come to lie on one disk. */
function sharedCopies(volumes: readonly LogicalVolume[], from: string, to: string): string[] {
  const raidOn = (device: string): string[] =>
    namesOn(volumes, device).flatMap((name) => /^(.*)_r(?:image|meta)_\d+$/.exec(name)?.[1] ?? []);
  const there = new Set(raidOn(to));
  return [...new Set(raidOn(from))].filter((name) => there.has(name));
}

function roomBlocker(
  source: DiskRow,
  disks: readonly DiskRow[],
  { target, volumeGroup }: Input,
  newRoom: number | null,
): Blocker[] {
  const used = usedBytesOf(source);
  const others = disks.filter((disk) => disk !== source && isAllocatable(disk) && !isMissing(disk));
  const room =
    newRoom ??
    (target === anywhere ? others : others.filter(({ name }) => name === target)).reduce(
      (sum, { freeBytes }) => sum + freeBytes,
      0,
    );
  if (room >= used) return [];
  return [
    {
      text: `${bytes(used)} lie on ${source.name}, and ${target === anywhere ? `the other disks of ${volumeGroup} have` : `${target} has`} room for ${bytes(room)}.`,
      remedy: 'Choose a larger disk, or add one to the group first.',
    },
  ];
}

export const lvmPvMove: ActionDefinition<Input> = {
  id: 'lvm.pv.move',
  title: 'Move data off LVM disk',
  backend: 'lvm',
  minimumAccess: 'administer',
  risk: 'safe',
  input,

  offer(subject, { inventory }) {
    const pv = pvOf(subject);
    if (pv === null || subject.kind !== 'member') return null;
    const { node, volumeGroup } = pv;
    const empty = node.freeBytes !== null && node.freeBytes === node.sizeBytes;
    const options = targets(subject.pool, node.name, inventory);
    const moving = subject.pool.activity?.kind === 'move' ? 'A move is under way in this group.' : null;
    const noRoom = options.every(({ excuse }) => excuse !== null)
      ? 'The group has no room elsewhere, and no disk of this host is free.'
      : null;
    return {
      label: 'Move its data…',
      group: 'maintenance',
      excuse: missingPvExcuse(node) ?? moving ?? (empty ? 'Nothing lies on it.' : noRoom),
      input: { volumeGroup, device: node.name },
      fields: [choiceField('target', 'Move to', options)],
    };
  },

  async plan(context, asked) {
    const { volumeGroup, device, target } = asked;
    const [group, volumes, disks] = await Promise.all([
      readGroup(context, volumeGroup),
      readVolumes(context, volumeGroup),
      readDisks(context, volumeGroup),
    ]);
    const source = disks.find(({ name }) => name === device);
    const known = disks.find(({ name }) => name === target);
    const joins = target !== anywhere && known === undefined;
    const live = joins ? await readDevice(context, target) : null;
    const own = live === null ? undefined : disks.find(({ name }) => name === live.device.path);

    const blockers: Blocker[] = groupBlockers(group, volumeGroup);
    if (group !== null && source === undefined) blockers.push(diskMissingBlocker(volumeGroup, device));
    if (joins) blockers.push(...deviceBlockers(target, live));
    if (own !== undefined && own === source) {
      blockers.push({ text: `${target} is ${device} itself.`, remedy: 'Choose another disk.' });
    }
    if (target === device) {
      blockers.push({ text: `Data of ${device} cannot be moved to itself.`, remedy: 'Choose another disk.' });
    }
    if (known !== undefined && !isAllocatable(known)) {
      blockers.push({
        text: `${target} takes no data: it is not allocatable.`,
        remedy: `Choose another disk, or allow it: ${hint('pvchange', '-x', 'y', target)}`,
      });
    }
    blockers.push(...moveBlockers(volumes, volumeGroup));
    const merging = volumes.filter(isMerging);
    if (merging.length > 0) {
      blockers.push({
        text: `A merge is under way or waits in ${volumeGroup}, and LVM does not move what it merges.`,
        remedy: 'Wait for its end.',
      });
    }
    if (group !== null && source !== undefined) {
      const newRoom = joins ? roomOf(live?.device.sizeBytes ?? 0, group) : null;
      if (!joins || live !== null) blockers.push(...roomBlocker(source, disks, asked, newRoom));
      if (usedBytesOf(source) === 0) {
        blockers.push({ text: `Nothing lies on ${device}.`, remedy: 'Take it out of the group instead.' });
      }
    }

    const names = namesOn(volumes, device);
    const where = target === anywhere ? `other disks of ${volumeGroup}` : target;
    const shared = known === undefined ? [] : sharedCopies(volumes, device, known.name);
    if (shared.length > 0) {
      blockers.push({
        text: `The other copy of raid volume ${listed(shared)} lies on ${target}, and LVM does not put both on one disk.`,
        remedy: 'Choose another disk.',
      });
    }
    // Nothing is claimed of what something stands in the way of.
    const consequences: Consequence[] = [];
    if (live !== null && blockers.length === 0) {
      consequences.push({
        severity: 'loss',
        text: 'The new disk is taken whole. What is on it is overwritten.',
        items: [deviceItem(live)],
      });
    }
    if (source !== undefined && blockers.length === 0) {
      consequences.push({
        severity: 'info',
        text: `${bytes(usedBytesOf(source))} of ${listed(names)} move from ${device} to ${where} while they stay in use. Until it has ended, both disks must stay in the machine; after a restart the move goes on.`,
        items: [],
      });
    }
    const steps: StepDraft[] = [];
    if (joins) {
      steps.push({
        title: `Add ${target} to ${volumeGroup}`,
        argv: extendGroupArgv(volumeGroup, [target]),
        explain: 'vgextend labels the disk as a physical volume and adds it to the group.',
        acceptExitCodes: [0],
        timeoutSeconds: 120,
      });
    }
    steps.push({
      title: `Move what lies on ${device}`,
      argv: movePvArgv(device, target === anywhere ? null : target),
      explain:
        'pvmove mirrors each part to its new place and then drops the old one. -b leaves it to the host, -i 5 looks every five seconds whether a part is done.',
      acceptExitCodes: [0],
      timeoutSeconds: 300,
    });
    return {
      risk: joins ? 'destructive' : 'safe',
      target: { kind: 'physical volume', name: device },
      steps,
      consequences,
      blockers,
      undo: `While it runs: ${hint(...abortMoveArgv(device))}. Afterwards the data can be moved back.`,
      preconditions: {
        uuid: source?.uuid ?? null,
        freeBytes: disks.map(({ uuid, freeBytes }) => [uuid, freeBytes]),
        moves: movesIn(volumes).length,
        device: forComparison(live),
      },
    };
  },

  async verify(context, { volumeGroup, device }, { preconditions }) {
    const { uuid } = preconditionsSchema.parse(preconditions);
    const [disks, volumes] = await Promise.all([
      readDisks(context, volumeGroup),
      readVolumes(context, volumeGroup),
    ]);
    const source = disks.find((disk) => disk.uuid === uuid);
    const move = movesIn(volumes).find(({ from }) => from === device);
    if (move !== undefined) {
      return {
        status: 'pending',
        text: `Data moves from ${device} to ${move.to}${move.percent === null ? '' : `: ${move.percent} % done`}. Leave both disks in place until that has ended.`,
      };
    }
    if (source === undefined) {
      return { status: 'not-there', text: `${device} is no physical volume of ${volumeGroup} any more.` };
    }
    return usedBytesOf(source) === 0
      ? {
          status: 'confirmed',
          text: `Nothing lies on ${device} any more. It can be taken out of ${volumeGroup}.`,
        }
      : {
          status: 'not-there',
          text: `${bytes(usedBytesOf(source))} still lie on ${device}, and no move runs.`,
        };
  },

  explainFailure: (exitCode, stderr) => explain(moveFailures, exitCode, stderr),
};

const abortInput = z.strictObject({ volumeGroup: lvmNameSchema });
type AbortInput = z.infer<typeof abortInput>;

export const lvmPvMoveAbort: ActionDefinition<AbortInput> = {
  id: 'lvm.pv.moveAbort',
  title: 'Stop moving LVM data',
  backend: 'lvm',
  minimumAccess: 'administer',
  risk: 'safe',
  input: abortInput,

  offer(subject) {
    if (subject.kind !== 'pool' || subject.pool.kind !== 'volume-group') return null;
    if (subject.pool.activity?.kind !== 'move') return null;
    return {
      label: 'Stop the move',
      group: 'maintenance',
      excuse: null,
      input: { volumeGroup: subject.pool.name },
      fields: [],
    };
  },

  async plan(context, { volumeGroup }) {
    const [group, volumes] = await Promise.all([
      readGroup(context, volumeGroup),
      readVolumes(context, volumeGroup),
    ]);
    const moves = movesIn(volumes);
    const blockers = groupBlockers(group, volumeGroup);
    if (group !== null && moves.length === 0) {
      blockers.push({
        text: `Nothing is being moved in ${volumeGroup}.`,
        remedy: 'Refresh the host: the move may have ended.',
      });
    }
    return {
      risk: 'safe',
      target: { kind: 'volume group', name: volumeGroup },
      steps: moves.map(({ from }) => ({
        title: `Stop the move from ${from}`,
        argv: abortMoveArgv(from),
        explain:
          'pvmove --abort ends the copying. What has not reached its new place whole stays where it was; nothing is lost.',
        acceptExitCodes: [0],
        timeoutSeconds: 300,
      })),
      consequences: [
        {
          severity: 'info',
          text: 'Parts that were moved whole stay on the new disk, all others on the old one. A disk that joined the group for the move stays in it.',
          items: [],
        },
      ],
      blockers,
      undo: moves[0] === undefined ? null : `Move again: ${hint(...movePvArgv(moves[0].from, moves[0].to))}`,
      preconditions: { group: group?.uuid ?? null, moves: moves.map(({ from, to }) => [from, to]) },
    };
  },

  async verify(context, { volumeGroup }) {
    const [group, volumes] = await Promise.all([
      readGroup(context, volumeGroup),
      readVolumes(context, volumeGroup),
    ]);
    if (group === null) {
      return { status: 'not-there', text: `There is no volume group ${volumeGroup} any more.` };
    }
    const [left] = movesIn(volumes);
    return left === undefined
      ? { status: 'confirmed', text: `Nothing is being moved in ${volumeGroup}.` }
      : { status: 'not-there', text: `Data is still moved from ${left.from} to ${left.to}.` };
  },

  explainFailure: (exitCode, stderr) => explain(moveFailures, exitCode, stderr),
};
