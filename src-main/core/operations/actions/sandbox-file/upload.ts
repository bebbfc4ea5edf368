import { z } from 'zod';
import { uuidSchema } from '../../../../../src-preload/contract/primitives';
import type { FileActionDefinition } from '../../action';
import { bytes, moment } from '../words';
import { planNewFile, verifyNewFile, wholeFirst } from './put';
import { subject } from './shared';

const input = z.strictObject({
  ...subject,
  /** From the native dialog. */
  fileId: uuidSchema,
});

export const sandboxFileUpload: FileActionDefinition<z.infer<typeof input>> = {
  id: 'sandbox.file.upload',
  title: 'Upload into sandbox volume',
  onlyNow: 'Files that were chosen in a dialog are known only until Holdfast is closed.',
  backend: null,
  minimumAccess: 'administer',
  risk: 'safe',
  input,

  async plan(context, { fileId, ...file }) {
    const { path: from, sizeBytes, modifiedAtMs } = await context.chosenFile(fileId);
    return planNewFile(context, {
      ...file,
      sizeBytes,
      change: (root, path) => ({
        root,
        verb: 'put',
        path,
        source: { path: from, sizeBytes, modifiedAtMs },
      }),
      title: (path) => `Upload ${path}`,
      explain: `Sends the file of this laptop over SFTP. ${wholeFirst} Runs of zeros become holes.`,
      consequences: [
        {
          severity: 'info',
          text: `${bytes(sizeBytes)} are sent from this laptop, last changed ${moment(modifiedAtMs)}.`,
          items: [{ name: from, sizeBytes }],
        },
      ],
      preconditions: { from: { path: from, sizeBytes, modifiedAtMs } },
    });
  },

  verify: (context, input, { preconditions }) => verifyNewFile(context, input, preconditions),
};
