import { z } from 'zod';
import { parseImportable, type ImportablePool } from '../../../storage/zfs/import-list';
import { importPoolArgv, readImportableArgv } from '../../../storage/zfs/pool-commands';
import { poolTable } from '../../../storage/zfs/commands';
import type { Blocker, Consequence } from '../../../../../src-preload/contract/operations';
import type { ActionContext, ActionDefinition, StepDraft } from '../../action';
import { explain } from '../failures';
import { textField } from '../fields';
import { hint, listed } from '../words';
import { importFailures } from './pool-failures';
import { poolNameSchema } from './pool-reads';

const input = z.strictObject({
  /** Name of the pool, or its id where two wait under one name. */
  pool: z.union([z.string().regex(/^\d{1,20}$/), poolNameSchema]),
});
type Input = z.infer<typeof input>;

const preconditionsSchema = z.object({ id: z.string().nullable() });

async function readImportable(context: ActionContext): Promise<ImportablePool[]> {
  const { stdout } = await context.read('look for pools to import', readImportableArgv, {
    // Old versions exit 1 when there are none.
    acceptExitCodes: [0, 1],
    timeoutSeconds: 300,
  });
  return parseImportable(stdout);
}

const listPoolsArgv = ['zpool', 'list', '-Hp', '-o', poolTable.properties] as const;

function blockersOf(
  wanted: string,
  found: readonly ImportablePool[],
  all: readonly ImportablePool[],
  imported: readonly string[],
): Blocker[] {
  const [pool] = found;
  if (pool === undefined) {
    return [
      {
        text: imported.includes(wanted)
          ? `Pool ${wanted} is imported already.`
          : `No pool ${wanted} waits to be imported here.`,
        remedy:
          all.length === 0
            ? 'No disk of this host holds an exported pool. Plug its disks in.'
            : `There are: ${listed(all.map(({ name, id }) => `${name} (${id})`))}.`,
      },
    ];
  }
  if (found.length > 1) {
    return [
      {
        text: `${found.length} pools called ${wanted} wait to be imported.`,
        remedy: `Give the id of the one you mean: ${listed(found.map(({ id, state }) => `${id} (${state})`))}.`,
      },
    ];
  }
  const blockers: Blocker[] = [];
  if (imported.includes(pool.name)) {
    blockers.push({
      text: `A pool ${pool.name} is imported already.`,
      remedy: `Import this one on the host under a new name: ${hint('zpool', 'import', pool.id, `${pool.name}-2`)}`,
    });
  }
  if (!/^(?:ONLINE|DEGRADED)$/.test(pool.state)) {
    blockers.push({
      text: `Pool ${pool.name} is ${pool.state}${pool.status === null ? '.' : `: ${pool.status}`}`,
      remedy: pool.action ?? 'Plug its missing disks in.',
    });
  }
  if (/last accessed by another system|in use (?:from|by) another/i.test(pool.status ?? '')) {
    blockers.push({
      text: `Pool ${pool.name} was last used by another host and was not exported there.`,
      remedy:
        'Make sure that the other host does not use it, and export it there. Holdfast never forces an import: two hosts on one pool destroy it.',
    });
  }
  return blockers;
}

export const zfsPoolImport: ActionDefinition<Input> = {
  id: 'zfs.pool.import',
  title: 'Import ZFS pool',
  backend: 'zfs',
  minimumAccess: 'administer',
  risk: 'safe',
  input,

  offer: (subject) =>
    subject.kind !== 'host'
      ? null
      : {
          label: 'Import ZFS pool…',
          group: 'maintenance',
          excuse: null,
          input: {},
          fields: [
            textField('pool', 'Name of the pool', '', {
              help: 'Or its id. The plan says which pools wait on the disks of this host.',
              maxLength: 255,
            }),
          ],
        },

  async plan(context, { pool: wanted }) {
    const [all, list] = await Promise.all([
      readImportable(context),
      context.read('list the pools', listPoolsArgv),
    ]);
    const imported = poolTable.parse('zpool list', list.stdout).map(({ name }) => name);
    const found = all.filter(({ name, id }) => name === wanted || id === wanted);
    const [pool] = found;
    const blockers = blockersOf(wanted, found, all, imported);
    const consequences: Consequence[] = [];
    const steps: StepDraft[] = [];
    if (pool !== undefined && found.length === 1) {
      consequences.push({
        severity: 'info',
        text: `Pool ${pool.name} comes to this host and its file systems are mounted where their properties say.`,
        items: [],
      });
      if (pool.state === 'DEGRADED' || pool.status !== null) {
        consequences.push({
          severity: 'warning',
          text: `Pool ${pool.name} is ${pool.state}. ${pool.status ?? ''} ${pool.action ?? ''}`.trim(),
          items: [],
        });
      }
      steps.push({
        title: `Import ${pool.name}`,
        argv: importPoolArgv(pool.id),
        explain:
          'zpool import with the pool’s id takes exactly this one. Without -f it refuses a pool that another host may be using.',
        acceptExitCodes: [0],
        timeoutSeconds: 600,
      });
    }
    return {
      risk: 'safe',
      target: { kind: 'pool', name: pool?.name ?? wanted },
      steps,
      consequences,
      blockers,
      undo: pool === undefined ? null : `Export it: ${hint('zpool', 'export', pool.name)}`,
      preconditions: { id: pool?.id ?? null, state: pool?.state ?? null, imported },
    };
  },

  async verify(context, _input, { preconditions }) {
    const { id } = preconditionsSchema.parse(preconditions);
    const { stdout } = await context.read('list the pools', listPoolsArgv);
    const row = poolTable.parse('zpool list', stdout).find(({ guid }) => guid === id);
    return row === undefined
      ? { status: 'not-there', text: 'The pool is not imported.' }
      : { status: 'confirmed', text: `Pool ${row.name} is imported and ${row.health}.` };
  },

  explainFailure: (exitCode, stderr) => explain(importFailures, exitCode, stderr),
};
