import { z } from 'zod';
import { exportPoolArgv } from '../../../storage/zfs/pool-commands';
import type { Blocker, Consequence } from '../../../../../src-preload/contract/operations';
import type { ActionDefinition } from '../../action';
import { explain } from '../failures';
import { hint, listed, plural } from '../words';
import { exportFailures } from './pool-failures';
import { poolNameSchema, readStatus, readUsers, zpoolOf } from './pool-reads';
import { readDatasetTree } from './reads';

const input = z.strictObject({ pool: poolNameSchema });
type Input = z.infer<typeof input>;

/** Mount points looked into for programs; more would keep a person waiting. */
const mostLookedInto = 40;

export const zfsPoolExport: ActionDefinition<Input> = {
  id: 'zfs.pool.export',
  title: 'Export ZFS pool',
  backend: 'zfs',
  minimumAccess: 'administer',
  // Nothing is lost, but everything on it goes away until it is imported.
  risk: 'destructive',
  input,

  offer(subject) {
    const pool = zpoolOf(subject);
    return pool === null
      ? null
      : { label: 'Export…', group: 'destroy', excuse: null, input: { pool: pool.name }, fields: [] };
  },

  async plan(context, { pool }) {
    const [{ row }, datasets] = await Promise.all([
      readStatus(context, pool),
      readDatasetTree(context, pool),
    ]);
    const mounted = datasets.filter(
      (dataset) => dataset.mounted === true && dataset.mountpoint?.startsWith('/') === true,
    );
    const looked = mounted.slice(0, mostLookedInto);
    const users = await Promise.all(
      looked.map(async ({ mountpoint }) => ({
        mountpoint: mountpoint ?? '/',
        pids: await readUsers(context, mountpoint ?? '/'),
      })),
    );
    const blockers: Blocker[] =
      row === null ? [{ text: `There is no pool ${pool} on this host.`, remedy: 'Refresh the host.' }] : [];
    const system = mounted.find(({ mountpoint }) => mountpoint === '/');
    if (system !== undefined) {
      blockers.push({
        text: `${system.name} is the root file system of this host.`,
        remedy: 'A host cannot export the pool it runs on.',
      });
    }
    for (const { mountpoint, pids } of users) {
      if (pids === null || pids.length === 0 || mountpoint === '/') continue;
      blockers.push({
        text: `${mountpoint} is in use by ${plural(pids.length, 'process', 'processes')}: ${listed(pids)}.`,
        remedy: `See who that is with ${hint('fuser', '-vm', mountpoint)}, stop it, then plan it again.`,
      });
    }
    const volumes = datasets.filter(({ type }) => type === 'volume');
    const consequences: Consequence[] = [
      {
        severity: 'warning',
        text: `Pool ${pool} goes away from this host: its ${plural(mounted.length, 'file system is', 'file systems are')} unmounted, and what is stored there cannot be reached until it is imported again. Nothing on it is lost.`,
        items: mounted.map(({ name, mountpoint, usedBytes }) => ({
          name: `${name} at ${mountpoint ?? '?'}`,
          sizeBytes: usedBytes,
        })),
      },
    ];
    if (volumes.length > 0) {
      consequences.push({
        severity: 'warning',
        text: `${plural(volumes.length, 'volume goes', 'volumes go')} away as well; ZFS refuses while one of them is open.`,
        items: volumes.map(({ name, volumeBytes }) => ({ name, sizeBytes: volumeBytes })),
      });
    }
    if (users.some(({ pids }) => pids === null) || mounted.length > looked.length) {
      consequences.push({
        severity: 'warning',
        text: 'Holdfast cannot tell whether programs use all of these file systems. ZFS refuses to unmount one that is in use, and may have unmounted others by then.',
        items: [],
      });
    }
    return {
      risk: 'destructive',
      target: { kind: 'pool', name: pool },
      steps: [
        {
          title: `Export ${pool}`,
          argv: exportPoolArgv(pool),
          explain:
            'zpool export writes everything out, unmounts the file systems and marks the pool as free for any host. Without -f it refuses while something is in use.',
          acceptExitCodes: [0],
          timeoutSeconds: 300,
        },
      ],
      consequences,
      blockers,
      undo: `Import the pool: ${hint('zpool', 'import', pool)}`,
      preconditions: {
        guid: row?.guid ?? null,
        mounted: mounted.map(({ name }) => name),
      },
    };
  },

  async verify(context, { pool }) {
    const { row } = await readStatus(context, pool);
    return row === null
      ? { status: 'confirmed', text: `Pool ${pool} is exported.` }
      : { status: 'not-there', text: `Pool ${pool} is still imported.` };
  },

  explainFailure: (exitCode, stderr) => explain(exportFailures, exitCode, stderr),
};
