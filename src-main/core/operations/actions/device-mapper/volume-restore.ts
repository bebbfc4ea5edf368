import { z } from 'zod';
import { deviceName, paths } from '../../../sandbox/device-mapper/names';
import {
  isLost,
  type SandboxVolume,
  type SandboxWorld,
  type Template,
} from '../../../sandbox/device-mapper/world';
import type { Blocker, Consequence } from '../../../../../src-preload/contract/operations';
import type { ActionDefinition, StepDraft } from '../../action';
import { bytes, moment } from '../words';
import { explainDm } from './failures';
import { offerVolumeRestore } from './offers';
import {
  noVolume,
  openBlocker,
  readWorld,
  sandboxIdSchema,
  templateFacts,
  templateIn,
  volumeFacts,
  volumeIn,
} from './reads';
import { attachSteps, detach, removeDevice } from './steps';
import { judgeActive } from './verdicts';

const input = z.strictObject({ id: sandboxIdSchema });
type Input = z.infer<typeof input>;

/** Why a volume cannot be attached to its template; shared with resuming. */
export function attachBlockers(volume: SandboxVolume, template: Template | null): Blocker[] {
  const { id, meta, templateName } = volume;
  if (template === null) {
    return [
      {
        text:
          templateName === null
            ? `Nothing tells of which template sandbox ${id} is, so it cannot be attached.`
            : `Its template ${templateName} is not there, and without it nothing of the volume can be read.`,
        remedy:
          templateName === null
            ? 'Put its description back beside its copy-on-write file.'
            : 'Put the very same image back; another one does not fit.',
      },
    ];
  }
  const { sizeBytes } = template.file;
  if (meta !== null && meta.originBytes !== sizeBytes) {
    return [
      {
        text: `Template ${template.name} has ${bytes(sizeBytes)} and had ${bytes(meta.originBytes)} when the volume was made. Its blocks no longer fit.`,
        remedy: 'Put the very same image back.',
      },
    ];
  }
  return [];
}

export function changedTemplate({ meta }: SandboxVolume, template: Template | null): Consequence[] {
  if (meta === null || template === null || meta.originChangedAtSeconds === template.file.changedAtSeconds)
    return [];
  return [
    {
      severity: 'warning',
      text: `The template was written to at ${moment(template.file.changedAtSeconds * 1000)}, after the volume was made of it. Where its data changed, the file system of the volume is damaged: check it before anything uses it.`,
      items: [],
    },
  ];
}

/** What is there of it in the kernel goes first; a loop device that has the file already is kept for it. */
export function staleSteps(
  world: SandboxWorld,
  volume: SandboxVolume,
): { steps: StepDraft[]; keep: string[] } {
  const { device, loops } = volume;
  const keep = loops.filter(({ autoclear }) => !autoclear).map(({ name }) => name);
  if (device === null) return { steps: [], keep };
  const { cow } = device;
  const strange =
    cow !== null &&
    !keep.includes(cow.name) &&
    cow.file?.startsWith(paths.volumes(world.settings.root)) === true;
  return {
    steps: [
      removeDevice(device.name),
      ...(strange ? [detach(cow.name, 'a file that is not the one of this volume')] : []),
    ],
    keep,
  };
}

/** Puts a volume on line again over what was written before. */
export const dmVolumeRestore: ActionDefinition<Input> = {
  id: 'dm.volume.restore',
  title: 'Restore sandbox volume',
  backend: 'device-mapper',
  minimumAccess: 'operate',
  risk: 'safe',
  input,
  offer: offerVolumeRestore,

  async plan(context, { id }) {
    const world = await readWorld(context);
    const volume = volumeIn(world, id);
    const template = templateIn(world, volume?.templateName ?? null);
    const blockers: Blocker[] = [];
    if (volume === null) blockers.push(noVolume(id));
    else if (volume.state === 'paused' || volume.state === 'hibernated') {
      blockers.push({
        text: `Sandbox ${id} is ${volume.state}.`,
        remedy: 'Resume it: that moves its disk back first.',
      });
    } else if (volume.cow === null) {
      blockers.push({
        text: `Sandbox ${id} has no copy-on-write file, so there is nothing to restore.`,
        remedy: 'Destroy what is left of it, or put the file back.',
      });
    } else if (isLost(volume.device?.status)) {
      blockers.push({
        text: `The snapshot of sandbox ${id} is lost, and stays lost when its device is made anew.`,
        remedy: 'Destroy the volume and make a new one.',
      });
    } else {
      blockers.push(...openBlocker(volume), ...attachBlockers(volume, template));
    }
    const stale = volume === null ? { steps: [], keep: [] } : staleSteps(world, volume);
    const steps =
      volume === null || template === null || blockers.length > 0
        ? []
        : [
            ...stale.steps,
            ...attachSteps({
              world,
              template,
              cowPath: paths.cow(world.settings.root, id),
              cowLoops: stale.keep,
              device: deviceName(world.settings.prefix, id),
              originBytes: volume.meta?.originBytes ?? template.file.sizeBytes,
              sandbox: id,
            }),
          ];
    return {
      risk: 'safe',
      target: { kind: 'sandbox volume', name: id },
      steps,
      consequences: [
        {
          severity: 'info',
          text: 'All that was written to the volume is there again. When it cannot be attached, its copy-on-write file stays as it is.',
          items: [],
        },
        ...(volume?.device === null || volume === null
          ? []
          : [
              {
                severity: 'info' as const,
                text: `A device ${volume.device.name} is there, and nobody has it open: it is made anew.`,
                items: [],
              },
            ]),
        ...(volume === null ? [] : changedTemplate(volume, template)),
      ],
      blockers,
      undo: `Remove the device of sandbox ${id}.`,
      preconditions: { ...volumeFacts(volume), ...templateFacts(template) },
    };
  },

  verify: async (context, { id }) => judgeActive(await readWorld(context), id),
  explainFailure: explainDm,
};
