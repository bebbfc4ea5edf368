import type { Pool } from '../../../../../src-preload/contract/inventory';
import { createCheckpointArgv, discardCheckpointArgv } from '../../../storage/zfs/pool-commands';
import { poolAction } from './pool-action';
import { checkpointFailures } from './pool-failures';
import type { PoolReading } from './pool-reads';

const known = ({ facts }: Pool): boolean => facts?.some(({ label }) => label === 'Checkpoint') === true;
const hasCheckpoint = ({ row }: PoolReading): boolean => row !== null && row.checkpoint !== '-';
/** Its moment without what it consumes, which grows by itself. */
const rests = ({ status }: PoolReading): Record<string, unknown> => ({
  created: /^created (.*?)(?:, consumes .*)?$/.exec(status?.checkpoint ?? '')?.[1] ?? null,
});

export const zfsCheckpointCreate = poolAction({
  id: 'zfs.checkpoint.create',
  title: 'Create checkpoint of ZFS pool',
  label: 'Create checkpoint…',
  group: 'maintenance',
  minimumAccess: 'administer',
  risk: 'safe',
  step: {
    title: (pool) => `Create a checkpoint of ${pool}`,
    argv: createCheckpointArgv,
    explain:
      'zpool checkpoint notes the state of the whole pool, to which an import can rewind it: also after a dataset or a snapshot was destroyed.',
    timeoutSeconds: 300,
  },
  excuse: (pool) => (known(pool) ? 'The pool has a checkpoint already.' : null),
  blockers: (reading, pool) =>
    hasCheckpoint(reading)
      ? [
          {
            text: `Pool ${pool} has a checkpoint already, and there is only one at a time.`,
            remedy: 'Discard the old one first.',
          },
        ]
      : [],
  consequences: () => [
    {
      severity: 'warning',
      text: 'While it stands, nothing that is deleted frees space, and no device can be attached, detached or removed. Discard it soon.',
      items: [],
    },
    {
      severity: 'info',
      text: 'A rewind brings the whole pool back to this moment and loses all that came after: zpool import --rewind-to-checkpoint, on the host.',
      items: [],
    },
  ],
  undo: 'Discard the checkpoint.',
  rests,
  verify: (reading, pool) =>
    hasCheckpoint(reading)
      ? { status: 'confirmed', text: `Pool ${pool} has a checkpoint.` }
      : { status: 'not-there', text: `Pool ${pool} has no checkpoint.` },
  failures: checkpointFailures,
});

export const zfsCheckpointDiscard = poolAction({
  id: 'zfs.checkpoint.discard',
  title: 'Discard checkpoint of ZFS pool',
  label: 'Discard checkpoint…',
  group: 'destroy',
  minimumAccess: 'administer',
  risk: 'destructive',
  step: {
    title: (pool) => `Discard the checkpoint of ${pool}`,
    argv: discardCheckpointArgv,
    explain: 'zpool checkpoint -d gives up the checkpoint; its space is freed in the background.',
    timeoutSeconds: 300,
  },
  excuse: (pool) => (known(pool) ? null : undefined),
  blockers: (reading, pool) =>
    hasCheckpoint(reading) ? [] : [{ text: `Pool ${pool} has no checkpoint.`, remedy: 'Refresh the host.' }],
  consequences: ({ row, status }, pool) => [
    {
      severity: 'loss',
      text: 'The pool can no longer be brought back to the state of its checkpoint.',
      items: [
        {
          name: `${pool}, ${status?.checkpoint ?? 'checkpoint'}`,
          sizeBytes: row !== null && /^\d+$/.test(row.checkpoint) ? Number(row.checkpoint) : null,
        },
      ],
    },
  ],
  undo: null,
  rests,
  verify: (reading, pool) =>
    hasCheckpoint(reading)
      ? { status: 'not-there', text: `Pool ${pool} still has its checkpoint.` }
      : { status: 'confirmed', text: `Pool ${pool} has no checkpoint any more.` },
  failures: checkpointFailures,
});
