import { z } from 'zod';
import type {
  Cluster,
  ClusterInventory,
  HealthCheck,
  HealthReport,
} from '../../../src-preload/contract/clusters';
import { toAppError } from '../errors/app-error';
import { plural } from '../operations/actions/words';
import { apiPath } from '../proxmox/client/path';
import { looseNumber } from '../proxmox/loose';
import type { ClusterClients } from './cluster-clients';
import type { ClusterService } from './cluster-service';

export interface HealthReportOptions {
  service: Pick<ClusterService, 'refresh' | 'ask' | 'permissions' | 'backups' | 'tasks'>;
  clients: Pick<ClusterClients, 'certificateProblems'>;
  nowMs: () => number;
}

type Verdict = Pick<HealthCheck, 'outcome' | 'text'>;

const ok = (text: string): Verdict => ({ outcome: 'ok', text });
const warning = (text: string): Verdict => ({ outcome: 'warning', text });
const failed = (text: string): Verdict => ({ outcome: 'failed', text });

const hourMs = 3_600_000;
/** Tickets, HA and Ceph suffer from more. */
const clockSlackMs = 5_000;
const nearlyFull = 0.9;
const staleBackupMs = 7 * 24 * hourMs;

const versionSchema = z.object({ version: z.string() });
const timeSchema = z.object({ time: looseNumber });

const some = (names: readonly string[]): string =>
  names.length <= 5 ? names.join(', ') : `${names.slice(0, 5).join(', ')} and ${names.length - 5} more`;

function judgeQuorum({ quorate, nodes }: ClusterInventory): Verdict {
  if (quorate === null) {
    return nodes.length === 1 ? ok('One node, which needs none.') : warning('The cluster does not tell it.');
  }
  return quorate ? ok('The cluster has it.') : failed('There is none: nothing can be changed.');
}

function judgeNodes({ nodes }: ClusterInventory): Verdict {
  const down = nodes.filter(({ status }) => status !== 'online').map(({ name }) => name);
  return down.length === 0
    ? ok(nodes.length === 1 ? 'The only one is online.' : `All ${nodes.length} are online.`)
    : failed(`${some(down)} of ${nodes.length} ${down.length === 1 ? 'is' : 'are'} not online.`);
}

function judgeGuests({ guests }: ClusterInventory): Verdict {
  const locked = guests.filter(({ lock }) => lock !== null).map(({ vmid, lock }) => `${vmid} (${lock})`);
  const unknown = guests.filter(({ status }) => status === 'unknown').length;
  if (locked.length > 0) return warning(`Locked: ${some(locked)}.`);
  if (unknown > 0) return warning(`Nothing is known of ${plural(unknown, 'guest')}: their node is down.`);
  return ok(`${plural(guests.length, 'guest')}, none of them locked.`);
}

function judgeStorages({ storages }: ClusterInventory): Verdict {
  const gone = storages.filter(({ available }) => !available).map(({ name, node }) => `${name} on ${node}`);
  const full = storages.flatMap(({ name, node, usedBytes, totalBytes }) =>
    usedBytes !== null && totalBytes !== null && totalBytes > 0 && usedBytes / totalBytes >= nearlyFull
      ? [`${name} on ${node} (${Math.round((usedBytes / totalBytes) * 100)} %)`]
      : [],
  );
  if (gone.length > 0) return warning(`Not available: ${some(gone)}.`);
  if (full.length > 0) return warning(`Nearly full: ${some(full)}.`);
  return ok(`${plural(storages.length, 'storage')}, all available, none nearly full.`);
}

/** H24: what a person would look at first, read anew and changing nothing. One check that fails leaves the others be. */
export function createHealthReport({ service, clients, nowMs }: HealthReportOptions) {
  return async (cluster: Cluster, signal: AbortSignal): Promise<HealthReport> => {
    const { id, accessLevel } = cluster;
    const check = async (title: string, work: () => Promise<Verdict>): Promise<HealthCheck> => {
      try {
        return { title, ...(await work()) };
      } catch (thrown) {
        const error = toAppError(thrown);
        if (error.code === 'cancelled') throw error;
        return { title, outcome: 'unknown', text: error.message };
      }
    };
    const login = async (): Promise<Verdict> => {
      const read = () =>
        service.ask(id, (client) =>
          client.get(apiPath('/version'), versionSchema, { operation: 'read the version', signal }),
        );
      await read();
      const startedAt = performance.now();
      const { version } = await read();
      return ok(
        `Proxmox VE ${version}, ${Math.max(1, Math.round(performance.now() - startedAt))} ms a request.`,
      );
    };
    // Before the others, so that what is timed is not their crowd.
    const first = await check('Login', login);
    // Fails for all when nobody answers: then there is no report, but an error.
    const inventory = await service.refresh(id);
    const online = inventory.nodes.filter(({ status }) => status === 'online');

    const clocks = async (): Promise<Verdict> => {
      const offsets = await Promise.all(
        online.map(async ({ name }) => {
          const before = nowMs();
          const { time } = await service.ask(id, (client) =>
            client.get(apiPath('/nodes/{node}/time', { node: name }), timeSchema, {
              operation: `read the clock of ${name}`,
              signal,
            }),
          );
          // Whole seconds, told somewhere between question and answer.
          return { name, ms: time * 1000 + 500 - (before + nowMs()) / 2 };
        }),
      );
      const off = offsets.filter(({ ms }) => Math.abs(ms) > clockSlackMs);
      if (off.length === 0) return ok('All within 5 s of this laptop.');
      return warning(
        off
          .map(
            ({ name, ms }) =>
              `${name} is ${Math.round(Math.abs(ms) / 1000)} s ${ms > 0 ? 'ahead' : 'behind'}`,
          )
          .join(', ') + ' of this laptop.',
      );
    };
    const permissions = async (): Promise<Verdict> => {
      const { checks } = await service.permissions(id, signal);
      const missing = checks.filter(({ held }) => !held);
      return missing.length === 0
        ? ok(`All that the access level “${accessLevel}” needs.`)
        : warning(
            `Missing for “${accessLevel}”: ${some(missing.map(({ privilege, path }) => `${privilege} on ${path}`))}.`,
          );
    };
    const backups = async (): Promise<Verdict> => {
      const { ages, unread } = await service.backups(id, signal);
      const never = ages.filter(({ lastAtMs }) => lastAtMs === null);
      const old = ages.filter(({ lastAtMs }) => lastAtMs !== null && nowMs() - lastAtMs > staleBackupMs);
      const blind = unread.length === 0 ? '' : ` ${plural(unread.length, 'storage')} could not be read.`;
      if (never.length > 0 || old.length > 0) {
        // What was not found may lie on what could not be read.
        const missing = unread.length === 0 ? 'without a backup' : 'without any that was found';
        return warning(`${never.length} ${missing}, ${old.length} with one older than a week.${blind}`);
      }
      return unread.length > 0
        ? warning(`None is missing in what was read.${blind}`)
        : ok('None is older than a week.');
    };
    const tasks = async (): Promise<Verdict> => {
      const recent = (await service.tasks(id, signal)).filter(
        ({ startedAtMs }) => nowMs() - startedAtMs < 24 * hourMs,
      );
      const bad = recent.filter(({ outcome }) => outcome === 'failed' || outcome === 'broken-off');
      return bad.length === 0
        ? ok(
            recent.length === 0
              ? 'None in 24 hours.'
              : `${plural(recent.length, 'task')} in 24 hours, none failed.`,
          )
        : warning(
            `Failed in 24 hours: ${some(bad.map(({ type, id: of, node }) => [type, of, `on ${node}`].join(' ')))}.`,
          );
    };
    const certificates = async (): Promise<Verdict> => {
      const [first] = clients.certificateProblems(cluster, nowMs());
      return first === undefined ? ok('None expires within 14 days.') : warning(first.text);
    };
    const known = (judge: (inventory: ClusterInventory) => Verdict) => async () => judge(inventory);
    return {
      takenAtMs: nowMs(),
      checks: [
        first,
        ...(await Promise.all([
          check('Permissions', permissions),
          check('Certificates', certificates),
          check('Quorum', known(judgeQuorum)),
          check('Nodes', known(judgeNodes)),
          check('Clocks', clocks),
          check('Guests', known(judgeGuests)),
          check('Storages', known(judgeStorages)),
          check('Backups', backups),
          check('Tasks', tasks),
        ])),
      ],
    };
  };
}

export type ReadHealth = ReturnType<typeof createHealthReport>;
