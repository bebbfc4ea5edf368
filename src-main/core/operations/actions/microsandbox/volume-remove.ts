import { z } from 'zod';
import type { Blocker, Consequence } from '../../../../../src-preload/contract/operations';
import type { SandboxUse } from '../../../../../src-preload/contract/sandbox';
import { lockPatienceSeconds, removeVolumeArgv } from '../../../sandbox/microsandbox/commands';
import type { ActionDefinition } from '../../action';
import { listed } from '../words';
import { explainMsb } from './failures';
import {
  isDiskHeld,
  isNameLocked,
  nameSchema,
  readFolder,
  readHome,
  readUsage,
  readUses,
  readVolumes,
} from './reads';

const input = z.strictObject({ name: nameSchema });
const preconditionsSchema = z.object({ createdAtMs: z.number().nullable() });

const named = ({ sandbox, state }: SandboxUse): string => `${sandbox} (${state})`;

function usesOf(name: string, uses: readonly SandboxUse[]): { blockers: Blocker[]; warnings: Consequence[] } {
  const active = uses.filter((use) => use.active);
  const starting = uses.filter(
    ({ active: now, state }) => !now && state !== 'Stopped' && state !== 'Crashed',
  );
  const stopped = uses.filter(({ state }) => state === 'Stopped' || state === 'Crashed');
  const warnings: Consequence[] = [];
  if (stopped.length > 0) {
    warnings.push({
      severity: 'warning',
      text: `${listed(stopped.map(named))} ${stopped.length === 1 ? 'mounts' : 'mount'} it and can’t be started without it.`,
      items: [],
    });
  }
  if (starting.length > 0) {
    warnings.push({
      severity: 'warning',
      text: `${listed(starting.map(named))} may be starting with it: msb waits for that, at most ${lockPatienceSeconds} s.`,
      items: [],
    });
  }
  return {
    warnings,
    blockers: active.map((use) => ({
      text: `${name} is attached to ${named(use)}${use.guestPath === null ? '' : ` at ${use.guestPath}`}.`,
      remedy: `Stop the sandbox first: msb stop ${use.sandbox}`,
    })),
  };
}

export const removeVolume: ActionDefinition<z.infer<typeof input>> = {
  id: 'msb.volume.remove',
  title: 'Remove sandbox volume',
  backend: 'microsandbox',
  minimumAccess: 'administer',
  risk: 'destructive',
  input,
  bulk: { one: 'sandbox volume', many: 'sandbox volumes' },

  offer(subject) {
    if (subject.kind !== 'sandbox-volume') return null;
    const { name, presence, usedBy } = subject.volume;
    if (presence === 'orphan' || presence === 'leftover') return null;
    const active = usedBy?.find((use) => use.active);
    return {
      label: 'Remove…',
      group: 'destroy',
      excuse:
        presence === 'elsewhere'
          ? 'msb keeps it on another backend than this host.'
          : active === undefined
            ? null
            : `It is attached to ${named(active)}: stop that sandbox first.`,
      input: { name },
      fields: [],
    };
  },

  async plan(context, { name }) {
    const [volumes, uses, home] = await Promise.all([
      readVolumes(context),
      readUses(context, name),
      readHome(context),
    ]);
    const folder = await readFolder(context, home);
    const volume = volumes.find((each) => each.name === name);
    const there = folder.names.has(name);
    const { blockers, warnings } = usesOf(name, uses);
    if (volume === undefined) {
      blockers.push({
        text: `msb has no volume ${name}.`,
        remedy: there
          ? 'A directory of this name is there without a record: set it aside or delete it.'
          : 'Refresh the host: it may have been removed already.',
      });
    }
    const disk = volume?.kind === 'disk';
    if (disk && blockers.length === 0 && (await isDiskHeld(context, home, folder, name))) {
      blockers.push({
        text: `Something holds the disk image of ${name} now, as a running sandbox does.`,
        remedy: 'Stop the sandbox that uses it, then plan it again.',
      });
    }
    const locked = volume !== undefined && (await isNameLocked(context, home, folder, name));
    const size = there ? await readUsage(context, home, name) : null;
    const consequences: Consequence[] = [
      there
        ? { severity: 'loss', text: `All data in ${name} is lost.`, items: [{ name, sizeBytes: size }] }
        : {
            severity: 'info',
            text: 'Its directory is gone already: only the record of it is taken away.',
            items: [],
          },
      ...warnings,
    ];
    if (locked) {
      consequences.push({
        severity: 'warning',
        text: `Another msb holds the lock of ${name} now. Removing waits for it, at most ${lockPatienceSeconds} s.`,
        items: [],
      });
    }
    return {
      risk: 'destructive',
      target: { kind: 'sandbox volume', name },
      steps: [
        {
          title: `Remove ${name}`,
          argv: removeVolumeArgv(name),
          explain: `msb volume rm takes the record away, then the data. It waits for the lock of the name without an end; timeout ends that after ${lockPatienceSeconds} s with nothing removed.`,
          acceptExitCodes: [0],
          timeoutSeconds: lockPatienceSeconds + 300,
          privileged: false,
        },
      ],
      consequences,
      blockers,
      undo: null,
      // Not the lock: it comes and goes, and msb waits for it.
      preconditions: {
        createdAtMs: volume?.createdAtMs ?? null,
        kind: volume?.kind ?? null,
        there,
        active: uses.filter((use) => use.active).map(named),
      },
    };
  },

  async verify(context, { name }, { preconditions }) {
    const { createdAtMs } = preconditionsSchema.parse(preconditions);
    const [volumes, home] = await Promise.all([readVolumes(context), readHome(context)]);
    const again = volumes.find((volume) => volume.name === name);
    if (again !== undefined) {
      return again.createdAtMs === createdAtMs
        ? { status: 'not-there', text: `msb still lists ${name}.` }
        : { status: 'confirmed', text: `${name} was removed; another of this name was made since.` };
    }
    // The record goes first: a directory that stays is what blocks the name from then on.
    return (await readFolder(context, home)).names.has(name)
      ? {
          status: 'not-there',
          text: `msb lists ${name} no more, but its directory is still there without a record: set it aside or delete it.`,
        }
      : { status: 'confirmed', text: `${name} is gone, record and data.` };
  },

  explainFailure: explainMsb,
};
