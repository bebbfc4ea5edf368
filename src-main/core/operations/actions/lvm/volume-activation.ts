import { z } from 'zod';
import { activateVolumeArgv, deactivateVolumeArgv } from '../../../storage/lvm/admin-commands';
import {
  fullName,
  isActive,
  isMerging,
  isOpen,
  isSnapshot,
  isThickSnapshot,
  isThin,
  isThinPool,
  type LogicalVolume,
} from '../../../storage/lvm/volumes';
import type {
  Blocker,
  Consequence,
  Risk,
  Verification,
} from '../../../../../src-preload/contract/operations';
import type { ActionContext, ActionDefinition, Subject } from '../../action';
import { explain } from '../failures';
import { hint, listed } from '../words';
import { volumeFailures } from './admin-failures';
import {
  groupBlockers,
  lvmNameSchema,
  readGroup,
  readVolumes,
  splitVolumeName,
  type GroupRow,
} from './reads';
import { namesOf } from './volume-change';

const input = z.strictObject({ volumeGroup: lvmNameSchema, volume: lvmNameSchema });
type Input = z.infer<typeof input>;
const preconditionsSchema = z.object({ uuid: z.string().nullable() });

/** A volume, a thin snapshot or a thin pool; a thick snapshot follows its volume. */
function subjectOf(subject: Subject): { names: Input; active: boolean | null } | null {
  if (subject.kind === 'snapshot') {
    if (subject.snapshot.kind !== 'lvm-thin') return null;
    const [volumeGroup, volume] = splitVolumeName(subject.snapshot.fullName);
    return { names: { volumeGroup, volume }, active: null };
  }
  const names = namesOf(subject);
  if (names === null) return null;
  return { names, active: subject.kind === 'volume' ? subject.volume.active : null };
}

interface Reading {
  path: string;
  group: GroupRow | null;
  volumes: LogicalVolume[];
  volume: LogicalVolume | undefined;
  blockers: Blocker[];
}

async function read(context: ActionContext, { volumeGroup, volume: name }: Input): Promise<Reading> {
  const [group, volumes] = await Promise.all([
    readGroup(context, volumeGroup),
    readVolumes(context, volumeGroup),
  ]);
  const path = `${volumeGroup}/${name}`;
  const volume = volumes.find((each) => each.name === name && !each.hidden);
  const blockers: Blocker[] = [];
  // What a group with a missing disk still has can be switched on and off.
  if (group === null || group.attributes[2] === 'x') blockers.push(...groupBlockers(group, volumeGroup));
  if (group !== null && volume === undefined) {
    blockers.push({
      text: `There is no volume ${path} on this host.`,
      remedy: 'Refresh the host and choose one that is there.',
    });
  }
  if (volume !== undefined && isThickSnapshot(volume)) {
    blockers.push({
      text: `${path} is a snapshot, which is active whenever its volume ${volume.origin} is.`,
      remedy: 'Activate or deactivate the volume.',
    });
  }
  return { path, group, volumes, volume, blockers };
}

/** Attribute 10: kept from activation, as thin snapshots are (lvs(8)). */
const isSkipped = (volume: LogicalVolume | undefined): boolean => volume?.attributes[9] === 'k';

async function verifyState(
  context: ActionContext,
  { volumeGroup, volume: name }: Input,
  preconditions: Record<string, unknown>,
  wanted: boolean,
): Promise<Verification> {
  const { uuid } = preconditionsSchema.parse(preconditions);
  const path = `${volumeGroup}/${name}`;
  const volumes = await readVolumes(context, volumeGroup);
  // After a merge of a thin snapshot the volume of this name has another uuid.
  const now = volumes.find((each) => each.uuid === uuid) ?? volumes.find((each) => each.name === name);
  if (now === undefined) return { status: 'not-there', text: `${path} is not there any more.` };
  const state = isActive(now) ? 'active' : 'not active';
  return isActive(now) === wanted
    ? { status: 'confirmed', text: `${path} is ${state}.` }
    : { status: 'not-there', text: `${path} is ${state}.` };
}

export const lvmVolumeActivate: ActionDefinition<Input> = {
  id: 'lvm.volume.activate',
  title: 'Activate LVM volume',
  backend: 'lvm',
  minimumAccess: 'administer',
  risk: 'safe',
  input,

  offer(subject) {
    const found = subjectOf(subject);
    if (found === null) return null;
    return {
      label: 'Activate',
      group: 'maintenance',
      excuse: found.active === true ? 'It is active.' : null,
      input: found.names,
      fields: [],
    };
  },

  async plan(context, asked) {
    const { path, volumes, volume, blockers } = await read(context, asked);
    const consequences: Consequence[] = [];
    if (volume !== undefined && isActive(volume)) {
      blockers.push({ text: `${path} is active already.`, remedy: 'There is nothing to do.' });
    }
    const waiting = volumes.filter(
      (each) => isSnapshot(each) && isMerging(each) && each.origin.replace(/^\[|\]$/g, '') === asked.volume,
    );
    if (waiting.length > 0) {
      consequences.push({
        severity: 'loss',
        text: `A merge waits for this: ${path} goes back to snapshot ${listed(waiting.map(fullName))}, and what was written since is lost.`,
        items: waiting.map((each) => ({ name: fullName(each), sizeBytes: each.sizeBytes })),
      });
    }
    consequences.push({
      severity: 'info',
      text: `/dev/${path} appears. Nothing is mounted by it.`,
      items: [],
    });
    const skipped = isSkipped(volume);
    const risk: Risk = waiting.length > 0 ? 'destructive' : 'safe';
    return {
      risk,
      target: { kind: 'volume', name: path },
      steps: [
        {
          title: `Activate ${path}`,
          argv: activateVolumeArgv(asked.volumeGroup, asked.volume, skipped),
          explain: `lvchange -ay makes its device.${skipped ? ' -K: also of a volume that is kept from activation, as thin snapshots are.' : ''}`,
          acceptExitCodes: [0],
          timeoutSeconds: 120,
        },
      ],
      consequences,
      blockers,
      undo: waiting.length > 0 ? null : hint(...deactivateVolumeArgv(asked.volumeGroup, asked.volume)),
      preconditions: {
        uuid: volume?.uuid ?? null,
        active: volume === undefined ? null : isActive(volume),
        skipped,
        waiting: waiting.map(({ uuid }) => uuid),
      },
    };
  },

  verify: (context, asked, { preconditions }) => verifyState(context, asked, preconditions, true),
  explainFailure: (exitCode, stderr) => explain(volumeFailures, exitCode, stderr),
};

export const lvmVolumeDeactivate: ActionDefinition<Input> = {
  id: 'lvm.volume.deactivate',
  title: 'Deactivate LVM volume',
  backend: 'lvm',
  minimumAccess: 'administer',
  risk: 'safe',
  input,

  offer(subject) {
    const found = subjectOf(subject);
    if (found === null || subject.kind === 'pool') return null;
    const open = subject.kind === 'volume' && subject.volume.open === true;
    return {
      label: 'Deactivate',
      group: 'maintenance',
      excuse: open
        ? 'It is in use: unmount it, or stop what uses it.'
        : found.active === false
          ? 'It is not active.'
          : null,
      input: found.names,
      fields: [],
    };
  },

  async plan(context, asked) {
    const { path, volumes, volume, blockers } = await read(context, asked);
    const consequences: Consequence[] = [];
    if (volume !== undefined && !isActive(volume)) {
      blockers.push({ text: `${path} is not active.`, remedy: 'There is nothing to do.' });
    }
    const snapshots = volumes.filter((each) => isThickSnapshot(each) && each.origin === asked.volume);
    const inside =
      volume !== undefined && isThinPool(volume)
        ? volumes.filter((each) => isThin(each) && each.poolName === volume.name && isActive(each))
        : [];
    const used = [
      ...(volume === undefined || isThinPool(volume) ? [] : [volume]),
      ...snapshots,
      ...inside,
    ].filter((each) => isOpen(each) === true);
    if (used.length > 0) {
      blockers.push({
        text: `${listed(used.map(fullName))} ${used.length === 1 ? 'is' : 'are'} in use: mounted, or open by something else.`,
        remedy: 'Unmount, or stop what uses it, then plan it again.',
      });
    }
    if (inside.length > 0) {
      blockers.push({
        text: `Volumes of thin pool ${path} are active: ${listed(inside.map(fullName))}.`,
        remedy: 'Deactivate them first.',
      });
    }
    consequences.push({
      severity: 'info',
      text: `/dev/${path} goes away until it is activated again${snapshots.length > 0 ? `, and its snapshots with it: ${listed(snapshots.map(fullName))}` : ''}. No data is lost.${isSkipped(volume) ? '' : ' LVM activates it again when the host starts.'}`,
      items: [],
    });
    return {
      risk: 'safe',
      target: { kind: 'volume', name: path },
      steps: [
        {
          title: `Deactivate ${path}`,
          argv: deactivateVolumeArgv(asked.volumeGroup, asked.volume),
          explain: 'lvchange -an takes its device away; it refuses what is in use.',
          acceptExitCodes: [0],
          timeoutSeconds: 120,
        },
      ],
      consequences,
      blockers,
      undo: hint(...activateVolumeArgv(asked.volumeGroup, asked.volume, isSkipped(volume))),
      preconditions: {
        uuid: volume?.uuid ?? null,
        active: volume === undefined ? null : isActive(volume),
        open: volume === undefined ? null : isOpen(volume),
        snapshots: snapshots.map(({ uuid }) => uuid),
      },
    };
  },

  verify: (context, asked, { preconditions }) => verifyState(context, asked, preconditions, false),
  explainFailure: (exitCode, stderr) => explain(volumeFailures, exitCode, stderr),
};
