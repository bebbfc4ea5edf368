import { disksTools } from '../disks/index';
import { vault02Disks } from '../disks/vault-02';
import { withZfsMembers } from '../disks/zfs-members';
import { createMachine } from '../machine';
import { zfsPast } from '../past-capacity';
import { connectDisks, fuserTool } from '../zfs/host-tools';
import { ZfsModel } from '../zfs/model';
import { disk, group } from '../zfs/vdevs';
import { day, gibibyte, hour, mebibyte, type BlueprintContext, type HostBlueprint } from './blueprint';
import { fillTo, liveThrough, slow, standard, type DatasetPlan } from './zfs-history';

/**
 * A production backup host in trouble: a mirror that resilvers onto a new disk, checksum errors on the disk it
 * reads from, 87 % full. Its sudoers lets nobody destroy: `zfs destroy` without -n asks for a password.
 */

function plans(): DatasetPlan[] {
  const received = [
    ['nas-01', 2400, 4],
    ['kvm-03', 1200, 3],
    ['edge-04', 210, 0.5],
    ['erp', 900, 2],
    ['mail', 600, 1.6],
    ['files', 1700, 4],
  ] as const;
  return [
    { name: 'vault', bytes: 200 * 1024, ageDays: 890 },
    { name: 'vault/backups', bytes: 200 * 1024, ageDays: 890 },
    ...received.map(([name, gibibytes, dailyGibibytes]) => ({
      name: `vault/backups/${name}`,
      bytes: gibibytes * gibibyte,
      dailyBytes: dailyGibibytes * gibibyte,
      replaced: 0.8,
      keep: slow,
      compressRatio: 1.34,
      ageDays: 880,
    })),
    { name: 'vault/archive', bytes: 200 * 1024, ageDays: 890 },
    {
      name: 'vault/archive/2024',
      bytes: 1300 * gibibyte,
      ageDays: 700,
      manual: [{ part: 'sealed', ageDays: 320 }],
    },
    {
      name: 'vault/archive/2025',
      bytes: 1600 * gibibyte,
      ageDays: 330,
      manual: [{ part: 'sealed', ageDays: 20 }],
    },
    { name: 'vault/archive/incoming', ageDays: 300 },
    {
      name: 'vault/pbs-datastore',
      type: 'volume',
      volumeBytes: 3000 * gibibyte,
      bytes: 1500 * gibibyte,
      dailyBytes: 7 * gibibyte,
      replaced: 1,
      keep: { hourly: 0, daily: 7, monthly: 0 },
      ageDays: 600,
    },
    { name: 'rpool', bytes: 100 * 1024, ageDays: 890, mountpoint: '/rpool' },
    { name: 'rpool/ROOT', bytes: 100 * 1024, ageDays: 890, mountpoint: null },
    {
      name: 'rpool/ROOT/debian',
      bytes: 9 * gibibyte,
      dailyBytes: 0.3 * gibibyte,
      mountpoint: '/',
      keep: standard,
      manual: [{ part: 'before-12.8', ageDays: 16 }],
      ageDays: 880,
    },
    {
      name: 'rpool/var',
      bytes: 22 * gibibyte,
      dailyBytes: 1.1 * gibibyte,
      mountpoint: '/var',
      keep: standard,
    },
  ];
}

const byId = (name: string) => disk(`/dev/disk/by-id/${name}-part1`, name);

export function createVault02({ random, nowMs }: BlueprintContext): HostBlueprint {
  const startMs = nowMs();
  const model = new ZfsModel(random, '2.3.9');
  const past = zfsPast(model);
  const old = 'ata-ST12000NM0127_ZJV1G4KK';
  const reader = 'ata-ST12000NM0127_ZJV2B80T';
  model.addPool({
    name: 'vault',
    sizeBytes: 2 * 11_991_548_690_432,
    createdAtMs: startMs - 900 * day,
    fragmentationPercent: 47,
    layout: {
      data: [
        group(
          'mirror-0',
          group(
            'replacing-0',
            disk(`/dev/disk/by-id/${old}-part1`, old, {
              state: 'FAULTED',
              readErrors: 42,
              writeErrors: 1187,
              checksumErrors: 3,
              note: 'too many errors',
            }),
            byId('ata-ST12000NM000J-2TY103_WV70BZ5E'),
          ),
          disk(`/dev/disk/by-id/${reader}-part1`, reader, { checksumErrors: 17 }),
        ),
        group('mirror-1', byId('ata-ST12000NM0127_ZJV1LQ9C'), byId('ata-ST12000NM0127_ZJV2C0XA')),
      ],
      logs: [],
      cache: [],
      spares: [],
    },
  });
  model.addPool({
    name: 'rpool',
    sizeBytes: 238_370_684_928,
    createdAtMs: startMs - 900 * day,
    fragmentationPercent: 8,
    layout: {
      data: [
        group(
          'mirror-0',
          disk(
            '/dev/disk/by-id/ata-INTEL_SSDSC2KB240G8_BTYF01530A4F-part3',
            'ata-INTEL_SSDSC2KB240G8_BTYF01530A4F-part3',
          ),
          disk(
            '/dev/disk/by-id/ata-INTEL_SSDSC2KB240G8_BTYF015309ZR-part3',
            'ata-INTEL_SSDSC2KB240G8_BTYF015309ZR-part3',
          ),
        ),
      ],
      logs: [],
      cache: [],
      spares: [],
    },
    scan: {
      state: 'finished',
      kind: 'scrub',
      endedAtMs: startMs - 15 * day - 4 * hour,
      durationSeconds: 97,
      bytes: 0,
      errors: 0,
    },
  });
  liveThrough(model, plans(), { nowMs: startMs, random, past });
  connectDisks(model, vault02Disks);
  model.usersOf = (mountpoint) => (mountpoint === '/' || mountpoint === '/var' ? [1, 512] : []);
  fillTo(model, 'vault', 'vault/archive/incoming', 0.8735, startMs);
  const vault = model.pools.get('vault');
  if (vault !== undefined) {
    const issueRate = 208 * mebibyte;
    const totalBytes = model.allocatedBytes(vault);
    vault.scan = {
      state: 'running',
      kind: 'resilver',
      startedAtMs: startMs - Math.round(((totalBytes * 0.412) / issueRate) * 1000),
      totalBytes,
      scanRate: issueRate * 1.34,
      issueRate,
      // Half of the pool's data lies on this mirror.
      writtenShare: 0.4986,
    };
  }
  return {
    id: 'demo-vault',
    name: 'vault-02',
    user: 'backup-ops',
    environment: { label: 'Production', colour: 'red', production: true },
    accessLevel: 'administer',
    pastCapacity: past.taken(),
    machine: createMachine({
      user: 'backup-ops',
      zfs: model,
      tools: [
        ...disksTools(() => withZfsMembers(vault02Disks(), model), startMs - 33 * day),
        fuserTool(model),
      ],
      failedUnits: [{ name: 'restic-offsite.service', description: 'Nightly copy to the other site' }],
      nowMs,
      sudoAllows: (tool, words) =>
        !(tool === 'zfs' && words[0] === 'destroy' && !words.some((word) => /^-[a-z]*n/.test(word))),
    }),
  };
}
