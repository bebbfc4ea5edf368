import type { Database } from 'better-sqlite3';
import { z } from 'zod';
import { triggerSchema, type Automation, type Trigger } from '../../../src-preload/contract/automations';
import { environmentSchema } from '../../../src-preload/contract/hosts';
import { AppError } from '../errors/app-error';

const inputSchema = z.record(z.string(), z.json());
export type AutomationInput = z.infer<typeof inputSchema>;

/** A rule with the request that it stages. */
export interface StoredAutomation extends Omit<Automation, 'triggerHostName'> {
  input: AutomationInput;
}

/** Rules on this laptop: more are a mistake. */
export const mostAutomations = 200;

interface Row {
  id: string;
  name: string;
  enabled: number;
  trigger_body: string;
  host_id: string;
  host_name: string;
  environment: string;
  action: string;
  title: string;
  target: string;
  input: string;
  same_guests: number;
  all_due: number;
  created_at_ms: number;
  last_at_ms: number | null;
  last_message: string | null;
}

function toAutomation(row: Row): StoredAutomation {
  try {
    return {
      id: row.id,
      name: row.name,
      enabled: row.enabled === 1,
      trigger: triggerSchema.parse(JSON.parse(row.trigger_body)),
      hostId: row.host_id,
      hostName: row.host_name,
      environment: environmentSchema.parse(JSON.parse(row.environment)),
      action: row.action,
      title: row.title,
      target: row.target,
      input: inputSchema.parse(JSON.parse(row.input)),
      sameGuests: row.same_guests === 1,
      allDue: row.all_due === 1,
      createdAtMs: row.created_at_ms,
      lastAtMs: row.last_at_ms,
      lastMessage: row.last_message,
    };
  } catch (cause) {
    throw new AppError('internal', `The stored automation ${row.id} can’t be read. Nothing was changed.`, {
      cause,
    });
  }
}

export interface AutomationStore {
  /** Oldest first. */
  list(): StoredAutomation[];
  /** Switched on, and waiting for this host or cluster. */
  waitingFor(hostId: string, kind: Trigger['kind']): StoredAutomation[];
  /** Throws AppError `limit-reached`. */
  add(automation: StoredAutomation): void;
  /** Throws AppError `not-found`. */
  enable(automationId: string, enabled: boolean): void;
  /** Throws AppError `not-found`. */
  remove(automationId: string): void;
  /** What this rule last did. */
  told(automationId: string, atMs: number, message: string): void;
  /** All that wait for a host or cluster, or stage on it. */
  drop(hostId: string): void;
}

/** Automations in app.sqlite. */
export function createAutomationStore(db: Database): AutomationStore {
  const all = db.prepare<[], Row>('SELECT * FROM automations ORDER BY seq');
  const waiting = db.prepare<[string, string], Row>(
    `SELECT * FROM automations WHERE trigger_host_id = ? AND enabled = 1 AND trigger_body ->> '$.kind' = ? ORDER BY seq`,
  );
  const count = db.prepare<[], number>('SELECT count(*) FROM automations').pluck();
  const insert = db.prepare<[Omit<Row, 'last_at_ms' | 'last_message'> & { trigger_host_id: string }]>(`
    INSERT INTO automations (id, name, enabled, trigger_host_id, trigger_body, host_id, host_name, environment, action,
      title, target, input, same_guests, all_due, created_at_ms)
    VALUES (@id, @name, @enabled, @trigger_host_id, @trigger_body, @host_id, @host_name, @environment, @action,
      @title, @target, @input, @same_guests, @all_due, @created_at_ms)`);
  const enable = db.prepare<[number, string]>('UPDATE automations SET enabled = ? WHERE id = ?');
  const remove = db.prepare<[string]>('DELETE FROM automations WHERE id = ?');
  const told = db.prepare<[number, string, string]>(
    'UPDATE automations SET last_at_ms = ?, last_message = ? WHERE id = ?',
  );
  const drop = db.prepare<[string, string]>(
    'DELETE FROM automations WHERE trigger_host_id = ? OR host_id = ?',
  );
  const missing = (): AppError => new AppError('not-found', 'There is no such automation any more.');
  return {
    list: () => all.all().map(toAutomation),
    waitingFor: (hostId, kind) => waiting.all(hostId, kind).map(toAutomation),
    add: (automation) => {
      if ((count.get() ?? 0) >= mostAutomations) {
        throw new AppError('limit-reached', `There are ${mostAutomations} automations already.`, {
          remedy: 'Delete some of them first.',
        });
      }
      insert.run({
        id: automation.id,
        name: automation.name,
        enabled: automation.enabled ? 1 : 0,
        trigger_host_id: automation.trigger.hostId,
        trigger_body: JSON.stringify(automation.trigger),
        host_id: automation.hostId,
        host_name: automation.hostName,
        environment: JSON.stringify(automation.environment),
        action: automation.action,
        title: automation.title,
        target: automation.target,
        input: JSON.stringify(automation.input),
        all_due: automation.allDue ? 1 : 0,
        same_guests: automation.sameGuests ? 1 : 0,
        created_at_ms: automation.createdAtMs,
      });
    },
    enable: (automationId, enabled) => {
      if (enable.run(enabled ? 1 : 0, automationId).changes === 0) throw missing();
    },
    remove: (automationId) => {
      if (remove.run(automationId).changes === 0) throw missing();
    },
    told: (automationId, atMs, message) => void told.run(atMs, message, automationId),
    drop: (hostId) => void drop.run(hostId, hostId),
  };
}
