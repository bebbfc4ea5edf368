import { z } from 'zod';
import type { Pool } from '../../../../../src-preload/contract/inventory';
import type {
  ActionId,
  Blocker,
  Consequence,
  Offer,
  Verification,
} from '../../../../../src-preload/contract/operations';
import type { ActionContext, ActionDefinition } from '../../action';
import { explain, type KnownFailure } from '../failures';
import { poolBlockers } from './reads';
import { poolNameSchema, readStatus, zpoolOf, type PoolReading } from './pool-reads';

const input = z.strictObject({ pool: poolNameSchema });
type Input = z.infer<typeof input>;

/** One command on a whole pool that asks nothing more: scrub, trim, checkpoint. */
export interface PoolCommand {
  id: ActionId;
  title: string;
  label: string | ((pool: Pool) => string);
  group: Offer['group'];
  minimumAccess: ActionDefinition<Input>['minimumAccess'];
  risk: ActionDefinition<Input>['risk'];
  step: {
    title: (pool: string) => string;
    argv: (pool: string) => string[];
    explain: string;
    timeoutSeconds: number;
  };
  /** Why not now, from the last known inventory; null: it can be asked for. `undefined`: not offered at all. */
  excuse(pool: Pool): string | null | undefined;
  blockers(reading: PoolReading, pool: string): Blocker[];
  consequences(reading: PoolReading, pool: string): Consequence[];
  undo: string | null;
  /** What of the reading the plan rests on. */
  rests(reading: PoolReading): Record<string, unknown>;
  verify(reading: PoolReading, pool: string, rested: Record<string, unknown>): Verification;
  failures: readonly KnownFailure[];
  /** More that the plan has to read. */
  more?(context: ActionContext, pool: string): Promise<{ blockers: Blocker[]; consequences: Consequence[] }>;
}

const preconditionsSchema = z.object({ rests: z.record(z.string(), z.unknown()) });

export function poolAction(command: PoolCommand): ActionDefinition<Input> {
  return {
    id: command.id,
    title: command.title,
    backend: 'zfs',
    minimumAccess: command.minimumAccess,
    risk: command.risk,
    input,

    offer(subject) {
      const pool = zpoolOf(subject);
      if (pool === null) return null;
      const excuse = command.excuse(pool);
      if (excuse === undefined) return null;
      return {
        label: typeof command.label === 'string' ? command.label : command.label(pool),
        group: command.group,
        excuse,
        input: { pool: pool.name },
        fields: [],
      };
    },

    async plan(context, { pool }) {
      const [reading, more] = await Promise.all([
        readStatus(context, pool),
        command.more?.(context, pool) ?? { blockers: [], consequences: [] },
      ]);
      const blockers = poolBlockers(reading.row, pool);
      if (blockers.length === 0) blockers.push(...command.blockers(reading, pool));
      return {
        risk: command.risk,
        target: { kind: 'pool', name: pool },
        steps: [
          {
            title: command.step.title(pool),
            argv: command.step.argv(pool),
            explain: command.step.explain,
            acceptExitCodes: [0],
            timeoutSeconds: command.step.timeoutSeconds,
          },
        ],
        consequences: [...command.consequences(reading, pool), ...more.consequences],
        blockers: [...blockers, ...more.blockers],
        undo: command.undo,
        preconditions: { guid: reading.row?.guid ?? null, rests: command.rests(reading) },
      };
    },

    async verify(context, { pool }, { preconditions }) {
      const { rests } = preconditionsSchema.parse(preconditions);
      return command.verify(await readStatus(context, pool), pool, rests);
    },

    explainFailure: (exitCode, stderr) => explain(command.failures, exitCode, stderr),
  };
}
