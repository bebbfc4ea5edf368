import { disksTools } from '../disks/index';
import { nas01Disks } from '../disks/nas-01';
import { withZfsMembers } from '../disks/zfs-members';
import { createMachine } from '../machine';
import { zfsPast } from '../past-capacity';
import { connectDisks, fuserTool } from '../zfs/host-tools';
import { ZfsModel } from '../zfs/model';
import { disk, group } from '../zfs/vdevs';
import { day, gibibyte, hour, mebibyte, minute, tebibyte } from './blueprint';
import type { BlueprintContext, HostBlueprint } from './blueprint';
import { guests, keepWriting, liveThrough, slow, standard, type DatasetPlan } from './zfs-history';

/**
 * A healthy NAS: three pools, a scrub on its way, about 4,000 snapshots by sanoid. Holds and clones stand in
 * the way of destroying a few of them, and newer snapshots in the way of rolling back to most.
 */

const byId = (name: string) => disk(`/dev/disk/by-id/${name}-part1`, name);

function folder(name: string, ageDays = 980): DatasetPlan {
  return { name, bytes: 160 * 1024, ageDays };
}

/** One dataset per entry of a row: name, live GiB, GiB written on a day. */
function family(
  parent: string,
  rows: readonly (readonly [name: string, gibibytes: number, dailyGibibytes: number])[],
  more: Partial<DatasetPlan> = {},
): DatasetPlan[] {
  return [
    folder(parent),
    ...rows.map(([name, gibibytes, dailyGibibytes]) => ({
      name: `${parent}/${name}`,
      bytes: gibibytes * gibibyte,
      dailyBytes: dailyGibibytes * gibibyte,
      keep: standard,
      compressRatio: 1.21,
      ...more,
    })),
  ];
}

function disks(parent: string, rows: readonly (readonly [name: string, gibibytes: number])[]): DatasetPlan[] {
  return [
    folder(parent),
    ...rows.map(([name, gibibytes]) => ({
      name: `${parent}/${name}`,
      type: 'volume' as const,
      volumeBytes: gibibytes * gibibyte,
      reserved: name.startsWith('db-'),
      bytes: gibibytes * 0.55 * gibibyte,
      dailyBytes: gibibytes * 0.012 * gibibyte,
      replaced: 1,
      keep: guests,
      compressRatio: 1.48,
    })),
  ];
}

function tankPlans(): DatasetPlan[] {
  return [
    folder('tank', 990),
    ...family('tank/home', [
      ['anna', 212, 0.9],
      ['ben', 148, 0.6],
      ['clara', 391, 1.4],
      ['daniel', 87, 0.3],
      ['emma', 64, 0.2],
      ['shared', 520, 2.1],
    ]),
    ...family('tank/projects', [
      ['atlas', 640, 3.2],
      ['borealis', 233, 1.1],
      ['cartography', 1180, 4.6],
      ['client archive', 902, 0.4],
      ['delta', 71, 0.5],
      ['echo', 18, 0.2],
    ]),
    ...family(
      'tank/media',
      [
        ['music', 640, 0.4],
        ['photos', 2900, 3.1],
        ['series', 7400, 9],
        ['films', 11200, 12],
        ['audiobooks', 310, 0.2],
      ],
      { keep: slow, replaced: 0.2, compressRatio: 1.01 },
    ),
    ...family('tank/nextcloud', [
      ['data', 1740, 6.5],
      ['database', 22, 2.4],
    ]),
    ...family(
      'tank/timemachine',
      [
        ['anna-mbp', 740, 8],
        ['clara-imac', 1260, 11],
        ['daniel-air', 390, 4],
      ],
      { quotaBytes: 3 * tebibyte },
    ),
    ...disks('tank/vm', [
      ['vm-101-disk-0', 64],
      ['vm-102-disk-0', 32],
      ['vm-105-disk-0', 200],
      ['vm-110-disk-0', 48],
      ['db-201-disk-0', 120],
    ]),
    {
      name: 'tank/surveillance',
      bytes: 1800 * gibibyte,
      dailyBytes: 190 * gibibyte,
      replaced: 0.998,
      keep: { hourly: 0, daily: 3, monthly: 0 },
      compression: 'off',
    },
    { name: 'tank/scans', bytes: 46 * gibibyte, dailyBytes: 0.2 * gibibyte, keep: standard },
    {
      name: 'tank/git',
      bytes: 31 * gibibyte,
      dailyBytes: 0.4 * gibibyte,
      keep: standard,
      compressRatio: 1.9,
      manual: [{ part: 'before-gitlab-18', ageDays: 12 }],
    },
    { name: 'tank/iso', bytes: 210 * gibibyte, dailyBytes: 0.1 * gibibyte, keep: slow },
  ];
}

function fastPlans(): DatasetPlan[] {
  return [
    folder('fast', 610),
    ...family(
      'fast/db',
      [
        ['postgres', 88, 1.6],
        ['mariadb', 34, 0.7],
        ['redis', 6, 0.3],
        ['influx', 140, 0.9],
      ],
      { ageDays: 600 },
    ),
    ...family(
      'fast/docker',
      [
        ['volumes', 120, 0.6],
        ['registry', 260, 0.7],
      ],
      { ageDays: 600 },
    ),
    ...family('fast/build', [['cache', 180, 6]], { keep: guests, ageDays: 400, replaced: 0.99 }),
    ...disks('fast/k3s', [
      ['k3s-1', 40],
      ['k3s-2', 40],
      ['k3s-3', 40],
    ]),
    { name: 'fast/scratch', bytes: 61 * gibibyte, dailyBytes: 3 * gibibyte, ageDays: 300 },
  ];
}

function backupPlans(): DatasetPlan[] {
  return [
    folder('backup', 720),
    ...family(
      'backup/offsite',
      [
        ['home', 1500, 5],
        ['projects', 3100, 9],
        ['nextcloud', 1800, 7],
        ['git', 32, 0.4],
      ],
      { keep: slow, ageDays: 700, replaced: 0.7 },
    ),
    ...family(
      'backup/laptops',
      [
        ['anna', 310, 2],
        ['clara', 420, 2.6],
      ],
      { keep: slow, ageDays: 500 },
    ),
    { name: 'backup/restic', bytes: 980 * gibibyte, dailyBytes: 8 * gibibyte, keep: slow, replaced: 0.5 },
  ];
}

export function createNas01({ random, nowMs }: BlueprintContext): HostBlueprint {
  const startMs = nowMs();
  const model = new ZfsModel(random);
  const past = zfsPast(model);
  const born = startMs - 1000 * day;
  model.addPool({
    name: 'tank',
    sizeBytes: 6 * 17_987_323_035_648,
    // raidz2 of six with 4 KiB sectors: a 128 KiB block takes 192 KiB (vdev_raidz_asize).
    deflate: 341,
    createdAtMs: born,
    fragmentationPercent: 11,
    layout: {
      data: [
        group(
          'raidz2-0',
          byId('ata-ST18000NM000J-2TV103_ZR5A1K0L'),
          byId('ata-ST18000NM000J-2TV103_ZR5A1K3W'),
          byId('ata-ST18000NM000J-2TV103_ZR5A2C7B'),
          byId('ata-ST18000NM000J-2TV103_ZR5B0E11'),
          byId('ata-ST18000NM000J-2TV103_ZR5B0F9Q'),
          byId('ata-ST18000NM000J-2TV103_ZR5B4M2D'),
        ),
      ],
      logs: [
        group(
          'mirror-1',
          byId('nvme-INTEL_SSDPEK1A118GA_BTOC14120X4J118B'),
          byId('nvme-INTEL_SSDPEK1A118GA_BTOC14120X7M118B'),
        ),
      ],
      cache: [byId('nvme-Samsung_SSD_980_PRO_1TB_S5GXNX0T431256A')],
      spares: [
        disk('/dev/disk/by-id/ata-ST18000NM000J-2TV103_ZR5C0009-part1', 'ata-ST18000NM000J-2TV103_ZR5C0009', {
          state: 'AVAIL',
        }),
      ],
    },
  });
  model.addPool({
    name: 'fast',
    sizeBytes: 3_985_729_650_688,
    createdAtMs: startMs - 620 * day,
    fragmentationPercent: 34,
    layout: {
      data: [
        group(
          'mirror-0',
          byId('nvme-WD_BLACK_SN850X_4000GB_23304Z801127'),
          byId('nvme-WD_BLACK_SN850X_4000GB_23304Z801388'),
        ),
      ],
      logs: [],
      cache: [],
      spares: [],
    },
    scan: {
      state: 'finished',
      kind: 'scrub',
      endedAtMs: startMs - 8 * day - 5 * hour,
      durationSeconds: 1104,
      bytes: 0,
      errors: 0,
    },
  });
  model.addPool({
    name: 'backup',
    sizeBytes: 23_982_396_473_344,
    createdAtMs: startMs - 730 * day,
    fragmentationPercent: 3,
    layout: { data: [byId('ata-ST24000NM002H-3KS133_ZYD0A5TQ')], logs: [], cache: [], spares: [] },
    scan: {
      state: 'finished',
      kind: 'scrub',
      endedAtMs: startMs - 15 * day - 3 * hour,
      durationSeconds: 58_211,
      bytes: 0,
      errors: 0,
    },
  });
  liveThrough(model, [...tankPlans(), ...fastPlans(), ...backupPlans()], { nowMs: startMs, random, past });
  addTies(model, startMs);
  connectDisks(model, nas01Disks);
  // The recorder of the cameras never stops.
  model.usersOf = (mountpoint) => (mountpoint === '/tank/surveillance' ? [2741] : []);

  const tank = model.pools.get('tank');
  if (tank !== undefined) {
    const issueRate = 1150 * mebibyte;
    const totalBytes = model.allocatedBytes(tank);
    tank.scan = {
      state: 'running',
      kind: 'scrub',
      startedAtMs: startMs - Math.round(((totalBytes * 0.63) / issueRate) * 1000),
      totalBytes,
      scanRate: issueRate * 1.21,
      issueRate,
      writtenShare: 0,
    };
  }
  return {
    id: 'demo-nas',
    name: 'nas-01',
    user: 'admin',
    environment: { label: 'Office', colour: 'green', production: false },
    accessLevel: 'administer',
    pastCapacity: past.taken(),
    policies: [
      {
        ...{ backend: 'zfs', poolName: 'tank/home', recursive: true, schedule: '@daily' },
        ...{ retentionCount: 30, enabled: true },
      },
      {
        ...{ backend: 'zfs', poolName: 'fast/db', recursive: true, schedule: '15 */6 * * 1-5' },
        ...{ retentionCount: 12, enabled: false },
      },
    ],
    machine: createMachine({
      user: 'admin',
      zfs: model,
      tools: [...disksTools(() => withZfsMembers(nas01Disks(), model), startMs - 12 * day), fuserTool(model)],
      nowMs,
      live: keepWriting(
        model,
        {
          'tank/surveillance': 2.2 * mebibyte,
          'tank/nextcloud/data': 310 * 1024,
          'fast/db/postgres': 540 * 1024,
          'fast/build/cache': 1.4 * mebibyte,
        },
        startMs,
      ),
    }),
  };
}

/** Clones, holds and a bookmark: what keeps snapshots from going. */
function addTies(model: ZfsModel, startMs: number): void {
  const newest = (dataset: string, kind: string) =>
    `${dataset}@${model.dataset(dataset)?.snapshots.findLast(({ part }) => part.endsWith(kind))?.part ?? ''}`;
  const ties = [
    model.clone(newest('tank/projects/atlas', '_daily'), 'tank/projects/atlas-review', startMs - 3 * hour),
    model.clone(newest('fast/db/postgres', '_daily'), 'fast/db/postgres-staging', startMs - 2 * hour),
    model.clone(newest('tank/vm/vm-110-disk-0', '_daily'), 'tank/vm/vm-910-disk-0', startMs - 90 * minute),
    ...['home', 'projects', 'nextcloud', 'git'].map((name) =>
      model.hold(newest(`backup/offsite/${name}`, '_daily'), 'offsite-2026', startMs - 4 * hour),
    ),
    model.hold(newest('tank/projects/client archive', '_monthly'), 'legal', startMs - 20 * day),
    model.hold(newest('tank/git', '_monthly'), 'keep', startMs - 9 * day),
    model.bookmark(newest('tank/nextcloud/data', '_hourly'), 'syncoid_vault-02'),
  ];
  if (ties.some((outcome) => !outcome.ok)) throw new Error('nas-01 lacks a snapshot that the demo ties to.');
}
