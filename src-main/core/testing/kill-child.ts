import { z } from 'zod';
import type { Channel } from '../../../src-preload/contract';
import { assembleCore } from '../assemble-core';
import { catalogue } from '../operations/actions';
import { isWhitelisted } from '../whitelist/catalogue';
import { fileCatalogue } from './file-actions';

/**
 * The core in a process of its own, so that a test can end it with SIGKILL. The parent is its shell: it answers
 * the confirmation when it likes. Started with the data directory, and `real` for the actions of the app instead of
 * files, or with what is asked for files of a sandbox volume (KillFiles, as JSON).
 */
export type ToChild =
  { kind: 'call'; id: number; channel: Channel; payload: unknown } | { kind: 'answer'; confirmed: boolean };
/** A volume by its folder, and what the native file dialogs answer. */
export interface KillFiles {
  root: string;
  savePath: string;
  openPath: string;
}
export type FromChild =
  { kind: 'ready' } | { kind: 'confirm'; title: string } | { kind: 'result'; id: number; result: unknown };

const killFiles: z.ZodType<KillFiles> = z.strictObject({
  root: z.string(),
  savePath: z.string(),
  openPath: z.string(),
});

const tell = (message: FromChild): void => {
  process.send?.(message);
};
const [, , dataDirectory, which] = process.argv;
if (dataDirectory === undefined) throw new Error('The data directory is missing.');

const files = which?.startsWith('{') === true ? killFiles.parse(JSON.parse(which)) : null;

let answer: (confirmed: boolean) => void = () => undefined;
const core = await assembleCore(
  {
    dataDirectory,
    demo: false,
    actor: 'tester@laptop',
    emit: () => undefined,
    knownHostsPath: `${dataDirectory}/no-known-hosts`,
    shell: {
      confirm: ({ title }) => {
        tell({ kind: 'confirm', title });
        return new Promise((resolve) => (answer = resolve));
      },
      // Not a vault: the secret has to outlive SIGKILL for this test, and it is the test server's.
      seal: async (plain) => Buffer.from(plain),
      unseal: async (sealed) => Buffer.from(sealed).toString(),
      vaultStatus: async () => ({ persistent: true, backend: 'test' }),
      notify: () => undefined,
      chooseSavePath: async () => files?.savePath ?? null,
      chooseOpenPath: async () => files?.openPath ?? null,
    },
  },
  files !== null
    ? {
        permits: isWhitelisted,
        catalogue,
        volumePlace: async () => ({ name: 'data', root: files.root, kind: 'directory' }),
      }
    : which === 'real'
      ? { permits: isWhitelisted, catalogue }
      : { permits: () => true, catalogue: fileCatalogue },
);

process.on('message', (message: ToChild) => {
  switch (message.kind) {
    case 'answer':
      answer(message.confirmed);
      return;
    case 'call': {
      const { id, channel, payload } = message;
      void core.call(channel, payload, new AbortController().signal).then((result) => {
        tell({ kind: 'result', id, result });
      });
    }
  }
});
tell({ kind: 'ready' });
