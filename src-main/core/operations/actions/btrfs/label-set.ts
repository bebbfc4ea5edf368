import { z } from 'zod';
import { setLabelArgv } from '../../../storage/btrfs/commands';
import { parseShow } from '../../../storage/btrfs/filesystems';
import type { Blocker } from '../../../../../src-preload/contract/operations';
import type { ActionContext, ActionDefinition } from '../../action';
import { explain } from '../failures';
import { textField } from '../fields';
import { hint } from '../words';
import { labelFailures } from './failures';
import { notMounted, poolOffer } from './pool-offer';
import { filesystemBlockers, filesystemName, filesystemSchema, labelSchema, readFilesystem } from './reads';
import { btrfsProbes } from '../../../storage/btrfs/commands';

const input = z.strictObject({ filesystem: filesystemSchema, label: labelSchema });
type Input = z.infer<typeof input>;

/** Labels of all file systems of the host, by UUID: from the superblocks, where udev may lag behind. */
async function readLabels(context: ActionContext): Promise<Map<string, string | null>> {
  const { stdout } = await context.read('read the labels', btrfsProbes.show.argv);
  return new Map(parseShow(stdout).map(({ uuid, label }) => [uuid, label]));
}

export const btrfsLabelSet: ActionDefinition<Input> = {
  id: 'btrfs.label.set',
  title: 'Set label of btrfs file system',
  backend: 'btrfs',
  minimumAccess: 'administer',
  risk: 'safe',
  input,

  offer: (subject) =>
    poolOffer(subject, {
      label: 'Set label…',
      group: 'change',
      excuse: () => null,
      fields: ({ facts = [] }) => [
        textField('label', 'Label', facts.find(({ label }) => label === 'Label')?.text ?? ''),
      ],
    }),

  async plan(context, { filesystem: uuid, label }) {
    const [filesystem, labels] = await Promise.all([readFilesystem(context, uuid), readLabels(context)]);
    const before = labels.get(uuid) ?? null;
    const mount = filesystem?.through.target ?? null;
    const blockers: Blocker[] = filesystemBlockers(filesystem, uuid);
    if (filesystem !== null && before === label) {
      blockers.push({ text: `The label is ${label} already.`, remedy: 'Choose another one.' });
    }
    const others = [...labels].filter(([other, name]) => other !== uuid && name === label);
    return {
      risk: 'safe',
      target: { kind: 'file system', name: filesystemName(filesystem, uuid) },
      steps:
        mount === null
          ? []
          : [
              {
                title: `Label ${mount} "${label}"`,
                argv: setLabelArgv(mount, label),
                explain:
                  'btrfs filesystem label writes the name into the superblock, also while it is mounted.',
                acceptExitCodes: [0],
                timeoutSeconds: 60,
              },
            ],
      consequences: [
        {
          severity: 'warning',
          text: `What names it by its label${before === null ? '' : ` ${before}`} (LABEL= in /etc/fstab, a boot entry) finds it no more.`,
          items: [],
        },
        ...(others.length > 0
          ? [
              {
                severity: 'warning' as const,
                text: `Another file system of this host has that label: which of them LABEL= finds is left to chance.`,
                items: others.map(([other]) => ({ name: other, sizeBytes: null })),
              },
            ]
          : []),
      ],
      blockers,
      undo:
        mount === null || before === null ? null : hint('btrfs', 'filesystem', 'label', '--', mount, before),
      preconditions: { before },
    };
  },

  async verify(context, { filesystem: uuid, label }) {
    const now = (await readLabels(context)).get(uuid);
    if (now === undefined) return notMounted;
    return now === label
      ? { status: 'confirmed', text: `The label is ${label}.` }
      : { status: 'not-there', text: `The label is ${now ?? 'not set'}.` };
  },

  explainFailure: (exitCode, stderr) => explain(labelFailures, exitCode, stderr),
};
