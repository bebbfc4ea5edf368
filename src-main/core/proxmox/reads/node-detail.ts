import { z } from 'zod';
import { toAppError } from '../../errors/app-error';
import type { ApiClient } from '../client/client';
import { apiPath } from '../client/path';
import { readLastLines } from './lines';
import { looseNumber, looseText, momentOf, optionalFlag, optionalNumber, optionalText } from '../loose';

/** What one node tells of itself, `/nodes/{node}/…`. */
const statusSchema = z.object({
  pveversion: z.string(),
  kversion: z.string(),
  uptime: looseNumber,
  loadavg: z.array(looseText).optional(),
  wait: optionalNumber,
  swap: z.object({ used: looseNumber, total: looseNumber }).optional(),
  cpuinfo: z.object({
    model: looseText.optional(),
    cpus: looseNumber.optional(),
    sockets: looseNumber.optional(),
  }),
  'boot-info': z.object({ mode: optionalText, secureboot: optionalFlag }).nullish(),
});
const timeSchema = z.object({ time: looseNumber, timezone: optionalText });
const subscriptionSchema = z.object({
  status: z.string(),
  message: optionalText,
  productname: optionalText,
  nextduedate: optionalText,
});

/** An answer that is nice to have: what the token may not read, or this node cannot say, is null. */
async function orNull<T>(asked: Promise<T>): Promise<T | null> {
  try {
    return await asked;
  } catch (thrown) {
    const error = toAppError(thrown);
    if (error.code === 'forbidden' || error.code === 'api-failed') return null;
    throw error;
  }
}

export async function readNodeStatus(
  client: ApiClient,
  node: string,
  { nowMs, signal }: { nowMs: () => number; signal: AbortSignal },
) {
  const ask = { operation: `read the state of node ${node}`, signal };
  const askedAtMs = nowMs();
  const [status, time, subscription] = await Promise.all([
    client.get(apiPath('/nodes/{node}/status', { node }), statusSchema, ask),
    orNull(client.get(apiPath('/nodes/{node}/time', { node }), timeSchema, ask)).then((answer) => ({
      answer,
      // Whole seconds, told somewhere between the question and the answer.
      between: (askedAtMs + nowMs()) / 2,
    })),
    orNull(client.get(apiPath('/nodes/{node}/subscription', { node }), subscriptionSchema, ask)),
  ]);
  const boot = status['boot-info'];
  return {
    version: status.pveversion,
    kernel: status.kversion,
    uptimeSeconds: status.uptime,
    load: status.loadavg ?? [],
    ioWait: status.wait,
    cpuModel: status.cpuinfo.model ?? '',
    sockets: status.cpuinfo.sockets ?? 1,
    cpuCount: status.cpuinfo.cpus ?? 0,
    swapBytes: status.swap?.used ?? 0,
    swapTotalBytes: status.swap?.total ?? 0,
    boot:
      boot === null || boot === undefined || boot.mode === null
        ? null
        : `${boot.mode === 'efi' ? 'UEFI' : boot.mode}${boot.secureboot === true ? ', secure boot' : ''}`,
    timezone: time.answer?.timezone ?? null,
    clockSkewSeconds: time.answer === null ? null : Math.round(time.answer.time - time.between / 1000),
    subscription:
      subscription === null
        ? null
        : {
            status: subscription.status,
            text: [
              subscription.productname ?? subscription.message ?? '',
              subscription.nextduedate === null ? '' : `until ${subscription.nextduedate}`,
            ]
              .filter((part) => part !== '')
              .join(', '),
          },
  };
}

export const serviceRowSchema = z.object({
  service: z.string(),
  name: optionalText,
  desc: optionalText,
  state: optionalText,
  'active-state': optionalText,
  'unit-state': optionalText,
});

export async function readServices(client: ApiClient, node: string, signal: AbortSignal) {
  const rows = await client.get(apiPath('/nodes/{node}/services', { node }), z.array(serviceRowSchema), {
    operation: `list the services of ${node}`,
    signal,
  });
  return rows
    .map((row) => ({
      name: row.service,
      description: row.desc ?? '',
      state: row.state ?? row['active-state'] ?? 'unknown',
      unit: row['unit-state'] ?? '',
    }))
    .sort((a, b) => a.name.localeCompare(b.name));
}

const diskRowsSchema = z.array(
  z.object({
    devpath: z.string(),
    model: optionalText,
    serial: optionalText,
    size: looseNumber,
    type: optionalText,
    used: optionalText,
    health: optionalText,
    wearout: z.union([looseNumber, z.string()]).nullish(),
  }),
);

export async function readNodeDisks(client: ApiClient, node: string, signal: AbortSignal) {
  const rows = await client.get(apiPath('/nodes/{node}/disks/list', { node }), diskRowsSchema, {
    operation: `list the disks of ${node}`,
    signal,
  });
  return rows
    .map((row) => ({
      path: row.devpath,
      model: row.model ?? '',
      serial: row.serial ?? '',
      sizeBytes: row.size,
      type: row.type ?? '',
      usedBy: row.used ?? '',
      health: row.health ?? 'UNKNOWN',
      // Proxmox VE tells what is left of an SSD's life, and "N/A" for disks that do not wear.
      lifeLeftPercent: typeof row.wearout === 'number' ? row.wearout : null,
    }))
    .sort((a, b) => a.path.localeCompare(b.path, 'en', { numeric: true }));
}

const smartSchema = z.object({
  health: z.string(),
  text: optionalText,
  attributes: z
    .array(
      z.object({
        name: z.string(),
        value: optionalText,
        threshold: optionalText,
        raw: optionalText,
        fail: optionalText,
      }),
    )
    .nullish(),
});

export async function readSmart(client: ApiClient, node: string, disk: string, signal: AbortSignal) {
  const { health, text, attributes } = await client.get(
    apiPath('/nodes/{node}/disks/smart', { node }),
    smartSchema,
    { operation: `ask ${disk} for SMART`, query: { disk }, signal },
  );
  return {
    health,
    text: (text ?? '').trim(),
    attributes: (attributes ?? []).map(({ name, value, threshold, raw, fail }) => ({
      name,
      value: value ?? '',
      threshold: threshold ?? '',
      raw: raw ?? '',
      failing: fail !== null && fail !== '-' && fail !== '',
    })),
  };
}

const interfaceRowsSchema = z.array(
  z.object({
    iface: z.string(),
    type: optionalText,
    active: optionalFlag,
    autostart: optionalFlag,
    cidr: optionalText,
    address: optionalText,
    cidr6: optionalText,
    address6: optionalText,
    gateway: optionalText,
    gateway6: optionalText,
    bridge_ports: optionalText,
    slaves: optionalText,
    'vlan-raw-device': optionalText,
    comments: optionalText,
  }),
);

export async function readNetwork(client: ApiClient, node: string, signal: AbortSignal) {
  const rows = await client.get(apiPath('/nodes/{node}/network', { node }), interfaceRowsSchema, {
    operation: `read the network of ${node}`,
    signal,
  });
  return rows
    .map((row) => ({
      name: row.iface,
      type: row.type ?? '',
      active: row.active ?? false,
      autostart: row.autostart ?? false,
      addresses: [row.cidr ?? row.address, row.cidr6 ?? row.address6].filter((each) => each !== null),
      gateway: row.gateway ?? row.gateway6,
      parts: row.bridge_ports ?? row.slaves ?? row['vlan-raw-device'],
      comment: (row.comments ?? '').trim(),
    }))
    .sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
}

export function readSyslog(
  client: ApiClient,
  node: string,
  limit: number,
  signal: AbortSignal,
): Promise<string[]> {
  return readLastLines(client, apiPath('/nodes/{node}/syslog', { node }), {
    operation: `read the log of ${node}`,
    most: limit,
    signal,
  });
}

const updateRowsSchema = z.array(
  z.object({
    Package: z.string(),
    Title: optionalText,
    OldVersion: optionalText,
    Version: optionalText,
    Origin: optionalText,
  }),
);
const versionRowsSchema = z.array(
  z.object({
    Package: z.string(),
    OldVersion: optionalText,
    Version: optionalText,
    CurrentState: optionalText,
  }),
);

/** Updates as the last `apt update` of the node found them; they take Sys.Modify. */
export async function readUpdates(client: ApiClient, node: string, signal: AbortSignal) {
  const [updates, versions] = await Promise.all([
    client.get(apiPath('/nodes/{node}/apt/update', { node }), updateRowsSchema, {
      operation: `list the updates of ${node}`,
      signal,
    }),
    client.get(apiPath('/nodes/{node}/apt/versions', { node }), versionRowsSchema, {
      operation: `list the versions on ${node}`,
      signal,
    }),
  ]);
  return {
    updates: updates.map((row) => ({
      name: row.Package,
      title: row.Title ?? '',
      from: row.OldVersion ?? '',
      to: row.Version ?? '',
      origin: row.Origin ?? '',
    })),
    versions: versions.map((row) => ({
      name: row.Package,
      version: row.OldVersion ?? row.Version ?? '',
      state: row.CurrentState ?? '',
    })),
  };
}

const certificateRowsSchema = z.array(
  z.object({
    filename: optionalText,
    subject: optionalText,
    issuer: optionalText,
    san: z.array(z.string()).nullish(),
    fingerprint: optionalText,
    notbefore: optionalNumber,
    notafter: optionalNumber,
  }),
);

export async function readCertificates(client: ApiClient, node: string, signal: AbortSignal) {
  const rows = await client.get(apiPath('/nodes/{node}/certificates/info', { node }), certificateRowsSchema, {
    operation: `read the certificates of ${node}`,
    signal,
  });
  return rows.map((row) => ({
    file: row.filename ?? '',
    subject: row.subject ?? '',
    issuer: row.issuer ?? '',
    names: row.san ?? [],
    sha256: row.fingerprint ?? '',
    notBeforeMs: momentOf(row.notbefore),
    notAfterMs: momentOf(row.notafter),
  }));
}

const pemRowsSchema = z.array(z.object({ pem: z.string().nullish() }));

/** The certificates that a node names as its own, with that of the authority of its cluster. */
export async function readCertificatePems(
  client: ApiClient,
  node: string,
  signal: AbortSignal,
): Promise<string[]> {
  const rows = await client.get(apiPath('/nodes/{node}/certificates/info', { node }), pemRowsSchema, {
    operation: `read the certificates of ${node}`,
    signal,
  });
  return rows.flatMap(({ pem }) => pem ?? []);
}

/** Kept here for the check of plans about services. */
export const isRunningService = ({
  state,
  'active-state': active,
}: z.infer<typeof serviceRowSchema>): boolean =>
  state === 'running' || (state === null && active === 'active');
