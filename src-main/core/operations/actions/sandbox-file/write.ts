import { z } from 'zod';
import type { FileActionDefinition } from '../../action';
import { bytes } from '../words';
import { planNewFile, verifyNewFile, wholeFirst } from './put';
import { subject } from './shared';

/** All of it is shown in the plan and in the native dialog. */
const mostCharacters = 10_000;

const input = z.strictObject({ ...subject, text: z.string().max(mostCharacters) });

export const sandboxFileWrite: FileActionDefinition<z.infer<typeof input>> = {
  id: 'sandbox.file.write',
  title: 'Write text file in sandbox volume',
  onlyNow: 'The content of a file may hold secrets, and secrets are not kept.',
  backend: null,
  minimumAccess: 'administer',
  risk: 'safe',
  input,

  plan: (context, { text, ...file }) => {
    const sizeBytes = Buffer.byteLength(text, 'utf8');
    return planNewFile(context, {
      ...file,
      sizeBytes,
      change: (root, path) => ({ root, verb: 'write', path, text }),
      title: (path) => `Write ${path}`,
      explain: `Writes the text as UTF-8. ${wholeFirst}`,
      consequences: [{ severity: 'info', text: `${bytes(sizeBytes)} of text are written.`, items: [] }],
      preconditions: {},
    });
  },

  verify: (context, input, { preconditions }) => verifyNewFile(context, input, preconditions),
};
