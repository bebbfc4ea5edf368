import { z } from 'zod';
import { bitmapArgv } from '../../../storage/mdadm/commands';
import { factLabels } from '../../../storage/mdadm/parse';
import type { Blocker } from '../../../../../src-preload/contract/operations';
import type { ActionDefinition } from '../../action';
import { explain } from '../failures';
import { hint } from '../words';
import { bitmapFailures } from './failures';
import { arrayExcuse, factOf } from './offering';
import { arrayBlockers, arrayPathSchema, noSuchArrayBlocker, readArray } from './reads';

const input = z.strictObject({ array: arrayPathSchema, bitmap: z.enum(['internal', 'none']) });
type Input = z.infer<typeof input>;

export const mdadmArrayBitmap: ActionDefinition<Input> = {
  id: 'mdadm.array.bitmap',
  title: 'Change the bitmap of a RAID array',
  backend: 'mdadm',
  minimumAccess: 'administer',
  risk: 'safe',
  input,

  offer(subject) {
    if (subject.kind !== 'pool') return null;
    const { pool } = subject;
    const current = factOf(pool, factLabels.bitmap);
    const excuse = arrayExcuse(pool, { redundancy: true, quiet: true });
    const there = current !== null && current !== 'none';
    return {
      label: there ? 'Remove the bitmap' : 'Add a bitmap',
      group: 'change',
      excuse:
        excuse ??
        (there && current !== 'Internal' ? 'Its bitmap is a file, which Holdfast does not change.' : null),
      input: { array: pool.name, bitmap: there ? 'none' : 'internal' },
      fields: [],
    };
  },

  async plan(context, { array, bitmap }) {
    const live = await readArray(context, array);
    const blockers: Blocker[] =
      live === null
        ? [noSuchArrayBlocker(array)]
        : arrayBlockers(live, { redundancy: true, quiet: true, whole: bitmap === 'internal' });
    const detail = live?.detail ?? null;
    if (detail !== null && live !== null) {
      const there = detail.bitmap !== null;
      if (bitmap === 'internal' && there) {
        blockers.push({
          text: `${array} has a bitmap already (${detail.bitmap ?? ''}).`,
          remedy: 'There is nothing to do.',
        });
      }
      if (bitmap === 'none' && !there) {
        blockers.push({ text: `${array} has no bitmap.`, remedy: 'There is nothing to do.' });
      }
      if (bitmap === 'none' && there && detail.bitmap !== 'Internal') {
        blockers.push({
          text: `The bitmap of ${array} is ${detail.bitmap ?? ''}.`,
          remedy: 'Change it on the host.',
        });
      }
      if (bitmap === 'internal' && /journal|ppl/.test(detail.consistency ?? '')) {
        blockers.push({
          text: `${array} is kept consistent by its ${detail.consistency ?? ''} and takes no bitmap beside it.`,
          remedy: 'There is nothing to do.',
        });
      }
    }
    return {
      risk: 'safe',
      target: { kind: 'array', name: array },
      steps: [
        {
          title: bitmap === 'internal' ? `Add a bitmap to ${array}` : `Remove the bitmap of ${array}`,
          argv: bitmapArgv(array, bitmap),
          explain:
            bitmap === 'internal'
              ? 'mdadm --grow --bitmap=internal writes beside the superblock which parts are being written.'
              : 'mdadm --grow --bitmap=none drops that map. The data is not touched.',
          acceptExitCodes: [0],
          timeoutSeconds: 120,
        },
      ],
      consequences: [
        bitmap === 'internal'
          ? {
              severity: 'info',
              text: 'After a crash, or when a disk comes back, only what was being written is synchronised. Writing gets a little slower.',
              items: [],
            }
          : {
              severity: 'warning',
              text: 'After a crash, or when a disk comes back, the whole array is synchronised, for hours on large disks.',
              items: [],
            },
      ],
      blockers,
      undo: hint(...bitmapArgv(array, bitmap === 'internal' ? 'none' : 'internal')),
      preconditions: { uuid: detail?.uuid ?? null, bitmap: detail?.bitmap ?? null },
    };
  },

  async verify(context, { array, bitmap }) {
    const live = await readArray(context, array);
    if (live === null) return { status: 'not-there', text: `There is no array ${array}.` };
    const there = live.detail.bitmap !== null;
    return there === (bitmap === 'internal')
      ? { status: 'confirmed', text: `${array} has ${there ? 'an internal' : 'no'} bitmap.` }
      : { status: 'not-there', text: `${array} has ${there ? 'a' : 'no'} bitmap still.` };
  },

  explainFailure: (exitCode, stderr) => explain(bitmapFailures, exitCode, stderr),
};
