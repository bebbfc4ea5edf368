import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { createAnchorStore } from '../audit/anchors';
import { createAuditStore } from '../audit/audit-store';
import { openSigner } from '../audit/signer';
import { appMigrations } from '../data/migrations';
import { openDatabase } from '../data/open-database';

/**
 * Appends without end in a process of its own, so that a test can end it with SIGKILL, and tells the hash of every
 * row that was acknowledged. Started with the data directory as its only argument.
 */
const dataDirectory = process.argv[2];
if (dataDirectory === undefined) throw new Error('The data directory is missing.');
const { db } = openDatabase(join(dataDirectory, 'app.sqlite'), appMigrations, 'app.sqlite');
const store = createAuditStore({
  directory: join(dataDirectory, 'audit'),
  hostName: () => 'nas-01',
  // Not a vault: the key has to outlive SIGKILL for this test.
  signer: await openSigner(db, {
    seal: async (plain) => Buffer.from(plain),
    unseal: async (sealed) => Buffer.from(sealed).toString(),
  }),
  anchors: createAnchorStore(db),
  actor: 'tester@laptop',
  nowMs: Date.now,
});

for (;;) {
  const operationId = randomUUID();
  for (const event of ['started', 'finished'] as const) {
    const { seq, hash } = store.append('nas', {
      event,
      operationId,
      hostName: 'nas-01',
      action: 'zfs.snapshot.create',
      target: 'tank/data@daily',
      risk: 'safe',
      outcome: event === 'started' ? null : 'ok',
      message: 'Create a snapshot',
      commands: ['zfs snapshot -- tank/data@daily'],
      planDigest: null,
      exitCode: null,
      durationMs: null,
      stdoutSnippet: '',
      stderrSnippet: '',
      recovery: null,
    });
    process.stdout.write(`${String(seq)} ${hash}\n`);
  }
}
