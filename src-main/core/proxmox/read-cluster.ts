import { z } from 'zod';
import {
  guestTypeSchema,
  type ClusterInventory,
  type ClusterNode,
  type ClusterProblem,
  type ClusterStorage,
  type ClusterSummary,
  type Guest,
} from '../../../src-preload/contract/clusters';
import { toAppError } from '../errors/app-error';
import type { ApiClient } from './client/client';
import { apiPath } from './client/path';
import { looseFlag as flag, looseNumber as number, looseText as text } from './loose';

const nodeRowSchema = z.object({
  node: z.string(),
  status: z.string().optional(),
  cpu: number.optional(),
  maxcpu: number.optional(),
  mem: number.optional(),
  maxmem: number.optional(),
  disk: number.optional(),
  maxdisk: number.optional(),
  uptime: number.optional(),
});
const guestRowSchema = z.object({
  type: guestTypeSchema,
  vmid: number.pipe(z.int().positive()),
  node: z.string(),
  name: text.optional(),
  status: z.string().optional(),
  template: flag.optional(),
  uptime: number.optional(),
  cpu: number.optional(),
  maxcpu: number.optional(),
  mem: number.optional(),
  maxmem: number.optional(),
  maxdisk: number.optional(),
  tags: z.string().optional(),
  pool: z.string().optional(),
  lock: z.string().optional(),
  hastate: z.string().optional(),
});
const storageRowSchema = z.object({
  storage: z.string(),
  node: z.string(),
  plugintype: z.string().optional(),
  content: z.string().optional(),
  shared: flag.optional(),
  status: z.string().optional(),
  disk: number.optional(),
  maxdisk: number.optional(),
});

type GuestRow = z.infer<typeof guestRowSchema>;
type PlainGuestRow = Omit<GuestRow, 'template'> & { template?: 0 | 1 };

const isText = (value: unknown): boolean => value === undefined || typeof value === 'string';
const isNumber = (value: unknown): boolean => value === undefined || Number.isFinite(value);

/**
 * The row as it nearly always comes, every key of the type it should have. A tenth of the time of the schema, which says
 * the same more tolerantly and decides about all other rows.
 */
function isPlainGuestRow(row: Readonly<Record<string, unknown>>): row is PlainGuestRow {
  return (
    (row['type'] === 'qemu' || row['type'] === 'lxc') &&
    typeof row['vmid'] === 'number' &&
    Number.isSafeInteger(row['vmid']) &&
    row['vmid'] > 0 &&
    typeof row['node'] === 'string' &&
    (row['template'] === undefined || row['template'] === 0 || row['template'] === 1) &&
    isText(row['name']) &&
    isText(row['status']) &&
    isText(row['tags']) &&
    isText(row['pool']) &&
    isText(row['lock']) &&
    isText(row['hastate']) &&
    isNumber(row['uptime']) &&
    isNumber(row['cpu']) &&
    isNumber(row['maxcpu']) &&
    isNumber(row['mem']) &&
    isNumber(row['maxmem']) &&
    isNumber(row['maxdisk'])
  );
}

type Row = Readonly<Record<string, unknown>> & { type: string };
const isRow = (row: unknown): row is Row =>
  typeof row === 'object' && row !== null && 'type' in row && typeof row.type === 'string';

const listSchema = z.custom<unknown[]>((value) => Array.isArray(value), 'is no list');

/** `GET /cluster/resources`: rows of all kinds, of which those that are not named above are left alone. */
export const resourcesSchema = listSchema.transform((rows, context) => {
  const found = { nodes: [] as ClusterNode[], guests: [] as Guest[], storages: [] as ClusterStorage[] };
  const tagsOf = createTagReader();
  const take = <T>(schema: z.ZodType<T>, row: unknown, index: number): T | null => {
    const parsed = schema.safeParse(row);
    if (parsed.success) return parsed.data;
    for (const { message, path } of parsed.error.issues) {
      context.addIssue({ code: 'custom', message, path: [index, ...path] });
    }
    return null;
  };
  for (const [index, row] of rows.entries()) {
    if (!isRow(row)) {
      context.addIssue({ code: 'custom', message: 'is no row of /cluster/resources', path: [index] });
    } else if (row.type === 'node') {
      const node = take(nodeRowSchema, row, index);
      if (node !== null) found.nodes.push(nodeOf(node));
    } else if (row.type === 'qemu' || row.type === 'lxc') {
      if (isPlainGuestRow(row)) {
        found.guests.push(guestOf(row, row.template === 1, tagsOf(row.tags)));
        continue;
      }
      const guest = take(guestRowSchema, row, index);
      if (guest !== null) found.guests.push(guestOf(guest, guest.template ?? false, tagsOf(guest.tags)));
    } else if (row.type === 'storage') {
      const storage = take(storageRowSchema, row, index);
      if (storage !== null) found.storages.push(storageOf(storage));
    }
  }
  return found;
});

const statusSchema = z.array(
  z.discriminatedUnion('type', [
    z.object({ type: z.literal('cluster'), quorate: flag }),
    z.object({ type: z.literal('node'), name: z.string() }),
  ]),
);
const versionSchema = z.object({ version: z.string() });

function nodeOf(row: z.infer<typeof nodeRowSchema>): ClusterNode {
  return {
    name: row.node,
    status: row.status === 'online' || row.status === 'offline' ? row.status : 'unknown',
    cpu: row.cpu ?? null,
    cpuCount: row.maxcpu ?? null,
    memoryBytes: row.mem ?? null,
    memoryTotalBytes: row.maxmem ?? null,
    diskBytes: row.disk ?? null,
    diskTotalBytes: row.maxdisk ?? null,
    uptimeSeconds: row.uptime ?? null,
  };
}

/** The same text gives the same list: guests share few sets of tags. */
function createTagReader(): (text?: string) => string[] {
  const known = new Map<string, string[]>();
  return (text = '') => {
    let tags = known.get(text);
    if (tags === undefined) {
      tags = text.split(/[;,\s]+/).filter((tag) => tag !== '');
      known.set(text, tags);
    }
    return tags;
  };
}

function guestOf(row: Omit<GuestRow, 'template'>, template: boolean, tags: string[]): Guest {
  const { status } = row;
  return {
    vmid: row.vmid,
    type: row.type,
    name: row.name ?? null,
    node: row.node,
    status: status === 'running' || status === 'stopped' || status === 'paused' ? status : 'unknown',
    template,
    uptimeSeconds: row.uptime ?? null,
    cpu: row.cpu ?? null,
    cpuCount: row.maxcpu ?? null,
    memoryBytes: row.mem ?? null,
    memoryTotalBytes: row.maxmem ?? null,
    diskTotalBytes: row.maxdisk ?? null,
    tags,
    pool: row.pool ?? null,
    lock: row.lock ?? null,
    haState: row.hastate ?? null,
  };
}

function storageOf(row: z.infer<typeof storageRowSchema>): ClusterStorage {
  return {
    name: row.storage,
    node: row.node,
    type: row.plugintype ?? '',
    content: (row.content ?? '').split(',').filter((word) => word !== ''),
    shared: row.shared ?? false,
    available: row.status === 'available',
    usedBytes: row.disk ?? null,
    totalBytes: row.maxdisk ?? null,
  };
}

/** A storage that is fuller than this is worth a word. */
const storageFull = 0.9;

function problemsOf(
  quorate: boolean | null,
  nodes: readonly ClusterNode[],
  guests: readonly Guest[],
  storages: readonly ClusterStorage[],
): ClusterProblem[] {
  const problems: ClusterProblem[] = [];
  if (quorate === false) {
    problems.push({
      severity: 'critical',
      text: 'The cluster has no quorum: nothing can be started or changed.',
      advice: 'Bring enough nodes back, or look at corosync on those that run.',
    });
  }
  for (const { name, status } of nodes) {
    if (status === 'online') continue;
    problems.push({
      severity: 'critical',
      text: `Node ${name} is ${status === 'offline' ? 'offline' : 'in an unknown state'}.`,
      advice: 'Look at its console and its network; its guests are down unless they are highly available.',
    });
  }
  const seen = new Set<string>();
  for (const { name, node, shared, usedBytes, totalBytes } of storages) {
    if (usedBytes === null || totalBytes === null || totalBytes === 0 || usedBytes / totalBytes < storageFull)
      continue;
    if (shared && seen.has(name)) continue;
    seen.add(name);
    problems.push({
      severity: 'warning',
      text: `Storage ${name}${shared ? '' : ` on ${node}`} is ${Math.round((usedBytes / totalBytes) * 100)} % full.`,
      advice: 'Remove what is not needed, or extend it.',
    });
  }
  for (const { vmid, name, lock, haState } of guests) {
    if (haState === 'error') {
      problems.push({
        severity: 'critical',
        text: `High availability gave up on guest ${vmid}${name === null ? '' : ` (${name})`}.`,
        advice: 'Read the log of its last task, mend it, then disable and enable it in HA.',
      });
    }
    if (lock !== null) {
      problems.push({
        severity: 'warning',
        text: `Guest ${vmid}${name === null ? '' : ` (${name})`} is locked (${lock}).`,
        advice:
          'Something works on it, or died while it did. If nothing does: qm unlock or pct unlock on its node.',
      });
    }
  }
  return problems;
}

/**
 * Reads a cluster: one call, `/cluster/resources`. Its version is read once a connection, and whether it has a quorum
 * when it is not known, was lost, or a node is not online.
 *
 * @throws AppError
 */
export async function readCluster(
  client: ApiClient,
  before: Pick<ClusterInventory, 'version' | 'quorate'> | null,
  options: { nowMs: () => number; signal?: AbortSignal },
): Promise<ClusterInventory> {
  const { signal } = options;
  const { nodes, guests, storages } = await client.get(apiPath('/cluster/resources'), resourcesSchema, {
    operation: 'list what is in the cluster',
    signal,
  });
  nodes.sort((a, b) => a.name.localeCompare(b.name));
  guests.sort((a, b) => a.vmid - b.vmid);
  storages.sort((a, b) => a.name.localeCompare(b.name) || a.node.localeCompare(b.node));
  const disturbed = nodes.some(({ status }) => status !== 'online');
  const askQuorum = before === null || before.quorate === false || disturbed;
  const [version, quorate] = await Promise.all([
    before?.version ?? readVersion(client, signal),
    askQuorum ? readQuorum(client, signal) : before.quorate,
  ]);
  return {
    takenAtMs: options.nowMs(),
    version,
    quorate,
    nodes,
    guests,
    storages,
    problems: problemsOf(quorate, nodes, guests, storages),
  };
}

async function readVersion(client: ApiClient, signal?: AbortSignal): Promise<string> {
  const { version } = await client.get(apiPath('/version'), versionSchema, {
    operation: 'read the version',
    signal,
  });
  return version;
}

/** null: a single node, or the token may not see it (it takes Sys.Audit on /). */
async function readQuorum(client: ApiClient, signal?: AbortSignal): Promise<boolean | null> {
  try {
    const rows = await client.get(apiPath('/cluster/status'), statusSchema, {
      operation: 'read the state of the cluster',
      signal,
    });
    const row = rows.find(({ type }) => type === 'cluster');
    return row?.type === 'cluster' ? row.quorate : null;
  } catch (thrown) {
    const error = toAppError(thrown);
    if (error.code === 'forbidden') return null;
    throw error;
  }
}

export function summariseCluster(inventory: ClusterInventory): ClusterSummary {
  const { nodes, guests, problems, takenAtMs, version, quorate } = inventory;
  const telling = nodes.filter(({ cpu, cpuCount }) => cpu !== null && cpuCount !== null);
  const cpuCount = telling.reduce((sum, node) => sum + (node.cpuCount ?? 0), 0);
  const busy = telling.reduce((sum, node) => sum + (node.cpu ?? 0) * (node.cpuCount ?? 0), 0);
  const real = guests.filter(({ template }) => !template);
  const worst = problems.some(({ severity }) => severity === 'critical')
    ? 'critical'
    : problems.length > 0
      ? 'warning'
      : 'ok';
  return {
    takenAtMs,
    version,
    quorate,
    health: worst,
    nodeCount: nodes.length,
    nodesOnline: nodes.filter(({ status }) => status === 'online').length,
    guestCount: real.length,
    guestsRunning: real.filter(({ status }) => status === 'running').length,
    cpu: cpuCount === 0 ? null : busy / cpuCount,
    cpuCount,
    memoryBytes: nodes.reduce((sum, { memoryBytes }) => sum + (memoryBytes ?? 0), 0),
    memoryTotalBytes: nodes.reduce(
      (sum, { memoryTotalBytes, status }) => sum + (status === 'online' ? (memoryTotalBytes ?? 0) : 0),
      0,
    ),
    problems,
  };
}
