import { z } from 'zod';
import { offerSchema } from './operations';
import { bytesSchema, hostIdSchema, timestampMsSchema } from './primitives';

export const timeframes = ['hour', 'day', 'week', 'month', 'year'] as const;
export const timeframeSchema = z.enum(timeframes);
export type Timeframe = z.infer<typeof timeframeSchema>;

/** One measured quantity over time. A gap is null, never 0. */
export const chartSeriesSchema = z.strictObject({
  key: z.string(),
  label: z.string(),
  unit: z.enum(['part', 'bytes', 'bytes-per-second', 'number']),
  values: z.array(z.number().nullable()),
});
export const chartSchema = z.strictObject({
  title: z.string(),
  /** The top of what it can be: memory, processors at 1; null: none. */
  maximum: z.number().nullable(),
  timesMs: z.array(timestampMsSchema),
  series: z.array(chartSeriesSchema),
});
export type Chart = z.infer<typeof chartSchema>;
export type ChartSeries = z.infer<typeof chartSeriesSchema>;

/** What a chart is of. */
export const chartSubjectSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('node'), node: z.string().max(63) }),
  z.strictObject({ kind: z.literal('guest'), vmid: z.int().positive() }),
]);
export type ChartSubject = z.infer<typeof chartSubjectSchema>;

export const nodeStatusSchema = z.strictObject({
  version: z.string(),
  kernel: z.string(),
  uptimeSeconds: z.number(),
  /** 1, 5 and 15 minutes. */
  load: z.array(z.string()),
  /** Part of the time that processors wait for disks. */
  ioWait: z.number().nullable(),
  cpuModel: z.string(),
  sockets: z.int(),
  cpuCount: z.int(),
  swapBytes: bytesSchema,
  swapTotalBytes: bytesSchema,
  boot: z.string().nullable(),
  timezone: z.string().nullable(),
  /** Of the node's clock against ours, in seconds; null: not told. */
  clockSkewSeconds: z.number().nullable(),
  subscription: z.strictObject({ status: z.string(), text: z.string() }).nullable(),
});

export const nodeServiceSchema = z.strictObject({
  name: z.string(),
  description: z.string(),
  /** `running`, `dead`, … */
  state: z.string(),
  /** `enabled`, `disabled`, … */
  unit: z.string(),
});

export const nodeDiskSchema = z.strictObject({
  path: z.string(),
  model: z.string(),
  serial: z.string(),
  sizeBytes: bytesSchema,
  type: z.string(),
  usedBy: z.string(),
  /** What SMART says: `PASSED`, `FAILED`, `UNKNOWN`. */
  health: z.string(),
  /** Life that is left, in percent; null: not told. */
  lifeLeftPercent: z.number().nullable(),
});

export const nodeInterfaceSchema = z.strictObject({
  name: z.string(),
  type: z.string(),
  active: z.boolean(),
  autostart: z.boolean(),
  addresses: z.array(z.string()),
  gateway: z.string().nullable(),
  /** Ports of a bridge, slaves of a bond. */
  parts: z.string().nullable(),
  comment: z.string(),
});

export const nodeUpdateSchema = z.strictObject({
  name: z.string(),
  title: z.string(),
  from: z.string(),
  to: z.string(),
  origin: z.string(),
});

export const nodeCertificateSchema = z.strictObject({
  file: z.string(),
  subject: z.string(),
  issuer: z.string(),
  names: z.array(z.string()),
  sha256: z.string(),
  notBeforeMs: timestampMsSchema.nullable(),
  notAfterMs: timestampMsSchema.nullable(),
});

const nodeRefSchema = z.strictObject({ clusterId: hostIdSchema, node: z.string().min(1).max(63) });

/** F48: what `smartctl` may be asked about. */
export const smartDiskSchema = z
  .string()
  .regex(
    /^\/dev\/(?:[sv]d[a-z]{1,3}|hd[a-z]|xvd[a-z]|nvme\d{1,3}n\d{1,3}|mmcblk\d{1,2}|sg\d{1,3})$/,
    'is no disk that SMART can be asked about',
  );

/** Everything here is read now. */
export const nodesContract = {
  status: { request: nodeRefSchema, response: nodeStatusSchema },
  services: {
    request: nodeRefSchema,
    response: z.strictObject({ services: z.array(nodeServiceSchema) }),
  },
  disks: { request: nodeRefSchema, response: z.strictObject({ disks: z.array(nodeDiskSchema) }) },
  smart: {
    request: nodeRefSchema.extend({ disk: smartDiskSchema }),
    response: z.strictObject({
      health: z.string(),
      attributes: z.array(
        z.strictObject({
          name: z.string(),
          value: z.string(),
          threshold: z.string(),
          raw: z.string(),
          failing: z.boolean(),
        }),
      ),
      /** As the tool prints it for disks without attributes (NVMe). */
      text: z.string(),
    }),
  },
  network: {
    request: nodeRefSchema,
    response: z.strictObject({ interfaces: z.array(nodeInterfaceSchema) }),
  },
  syslog: {
    request: nodeRefSchema.extend({ limit: z.int().min(1).max(500) }),
    response: z.strictObject({ lines: z.array(z.string()) }),
  },
  updates: {
    request: nodeRefSchema,
    response: z.strictObject({
      updates: z.array(nodeUpdateSchema),
      versions: z.array(z.strictObject({ name: z.string(), version: z.string(), state: z.string() })),
    }),
  },
  certificates: {
    request: nodeRefSchema,
    response: z.strictObject({ certificates: z.array(nodeCertificateSchema) }),
  },
  /** Native dialogs for certificate and key; the form that uploads them, null when the person cancelled. */
  chooseCertificate: {
    request: nodeRefSchema,
    response: z.strictObject({ offer: offerSchema.nullable() }),
  },
  charts: {
    request: z.strictObject({
      clusterId: hostIdSchema,
      subject: chartSubjectSchema,
      timeframe: timeframeSchema,
      /** F52 */
      maxPoints: z.int().min(10).max(5000),
    }),
    response: z.strictObject({ charts: z.array(chartSchema) }),
  },
} as const;
