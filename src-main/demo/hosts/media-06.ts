import { disksTools } from '../disks/index';
import { media06Disks } from '../disks/media-06';
import { BtrfsModel, noErrors } from '../btrfs/model';
import { btrfsSystemTools } from '../btrfs/system-tools';
import { btrfsTool, scrubMs } from '../btrfs/tool';
import type { DemoDevice, DemoFilesystem, DemoSubvolume } from '../btrfs/types';
import { createMachine } from '../machine';
import { day, gibibyte, hour, minute, type BlueprintContext, type HostBlueprint } from './blueprint';

/**
 * A media server on btrfs: RAID1 over four disks, some 150 snapshots (snapper's in `@photos`, others in
 * `/.snapshots`), a scrub that runs, one disk with errors, quotas on. A second file system misses a disk and is
 * mounted degraded, a third is not mounted. One disk is empty, one holds data.
 */

const diskBytes = 8_001_563_222_016;
const smallBytes = 4_000_787_030_016;

function device(id: number, path: string, sizeBytes: number, perDisk: DemoDevice['allocated']): DemoDevice {
  return { id, path, sizeBytes, missing: false, allocated: perDisk, errors: { ...noErrors } };
}

const pad = (value: number): string => String(value).padStart(2, '0');
function nameOf(ms: number): string {
  const date = new Date(ms);
  return `${date.getUTCFullYear()}-${pad(date.getUTCMonth() + 1)}-${pad(date.getUTCDate())}_${pad(date.getUTCHours())}${pad(date.getUTCMinutes())}`;
}

function empty(model: BtrfsModel, label: string, createdAtMs: number): DemoFilesystem {
  return {
    uuid: model.uuid(),
    topUuid: model.uuid(),
    label,
    createdAtMs,
    mounts: [],
    devices: [],
    chunks: [],
    globalReserveBytes: 512 * 1024 ** 2,
    statfsFreeBytes: null,
    subvolumes: [],
    defaultId: 5,
    quotas: false,
    generation: 100,
    scrub: null,
    balance: null,
    replace: null,
    removing: null,
  };
}

function addMedia(model: BtrfsModel, { random, nowMs }: BlueprintContext): void {
  const startMs = nowMs();
  const media = empty(model, 'media', startMs - 900 * day);
  const data = 10_420 * gibibyte;
  const metadata = 14 * gibibyte;
  const perDisk = { Data: data / 2, Metadata: metadata / 2, System: 16 * 1024 ** 2 };
  media.chunks = [
    { kind: 'Data', profile: 'RAID1', sizeBytes: data, usedBytes: 10_231 * gibibyte },
    { kind: 'Metadata', profile: 'RAID1', sizeBytes: metadata, usedBytes: 11 * gibibyte },
    { kind: 'System', profile: 'RAID1', sizeBytes: 32 * 1024 ** 2, usedBytes: 1_605_632 },
  ];
  media.devices = ['sdb', 'sdc', 'sdd', 'sde'].map((name, index) =>
    device(index + 1, `/dev/${name}`, diskBytes, { ...perDisk }),
  );
  const bad = media.devices[2];
  if (bad !== undefined) bad.errors = { write: 12, read: 3, flush: 0, corruption: 4, generation: 0 };
  media.quotas = true;
  media.scrub = {
    state: 'running',
    startedAtMs: startMs - 19 * minute,
    sinceMs: startMs - 19 * minute,
    doneBefore: 0,
    durationMs: scrubMs,
    endedAtMs: null,
  };
  const add = (path: string, age: number, sizeGibibytes: number): DemoSubvolume =>
    model.addSubvolume(media, path, {
      createdAtMs: startMs - age * day,
      referencedBytes: Math.round(sizeGibibytes * gibibyte),
      exclusiveBytes: Math.round(sizeGibibytes * 0.6 * gibibyte),
    });
  add('.snapshots', 880, 0.0001);
  add('@movies', 890, 6_140);
  const music = add('@music', 890, 812);
  const photos = add('@photos', 890, 2_240);
  const documents = add('@documents', 889, 118);
  add('@photos/.snapshots', 700, 0.0001);
  // Only below their mounts is what the programs of the host see.
  media.mounts = [
    { target: '/srv/media', root: '/', options: 'rw,noatime,compress=zstd:3,space_cache=v2' },
    { target: '/srv/documents', root: '/@documents', options: 'rw,noatime,compress=zstd:3,space_cache=v2' },
  ];
  const taken = (source: DemoSubvolume, path: string, ageMs: number, readOnly = true): DemoSubvolume =>
    model.addSnapshot(media, source, path, {
      createdAtMs: startMs - ageMs,
      readOnly,
      exclusiveBytes: random.skewed(40_000_000, 9_000_000_000),
    });
  // snapper numbers its snapshots and puts each in a folder of its own.
  for (let index = 0; index < 64; index += 1) {
    const ageMs = index < 24 ? index * hour : (index - 22) * day;
    taken(photos, `@photos/.snapshots/${1490 - index}/snapshot`, ageMs + 7 * minute);
  }
  for (let index = 0; index < 60; index += 1) {
    const ageMs = index * day + 5 * hour;
    taken(documents, `.snapshots/documents-${nameOf(startMs - ageMs)}`, ageMs);
  }
  for (let index = 0; index < 24; index += 1) {
    const ageMs = index * 7 * day + 3 * hour;
    taken(music, `.snapshots/music-${nameOf(startMs - ageMs)}`, ageMs);
  }
  taken(documents, '.snapshots/documents-restore-test', 11 * day, false);
  const received = taken(music, '.snapshots/laptop-music', 30 * day);
  Object.assign(received, { parentUuid: null, receivedUuid: model.uuid() });
  model.filesystems.push(media);
}

function addArchive(model: BtrfsModel, { random, nowMs }: BlueprintContext): void {
  const startMs = nowMs();
  const archive = empty(model, 'archive', startMs - 1500 * day);
  const data = 2_110 * gibibyte;
  const own = { Data: data, Metadata: 5 * gibibyte, System: 32 * 1024 ** 2 };
  archive.chunks = [
    { kind: 'Data', profile: 'RAID1', sizeBytes: data, usedBytes: 2_064 * gibibyte },
    { kind: 'Metadata', profile: 'RAID1', sizeBytes: 5 * gibibyte, usedBytes: 3 * gibibyte },
    { kind: 'System', profile: 'RAID1', sizeBytes: 32 * 1024 ** 2, usedBytes: 294_912 },
  ];
  archive.devices = [
    device(1, '/dev/sdf', smallBytes, { ...own }),
    { ...device(2, '/dev/sdz', smallBytes, { ...own }), missing: true },
  ];
  archive.mounts = [{ target: '/srv/archive', root: '/', options: 'rw,relatime,degraded,space_cache=v2' }];
  archive.scrub = {
    state: 'finished',
    startedAtMs: startMs - 40 * day,
    sinceMs: startMs - 40 * day,
    doneBefore: 0,
    durationMs: 5 * hour,
    endedAtMs: startMs - 40 * day + 5 * hour,
  };
  model.addSubvolume(archive, '.snapshots', { createdAtMs: startMs - 1400 * day });
  for (const year of [2023, 2024, 2025]) {
    const made = model.addSubvolume(archive, `@${year}`, {
      createdAtMs: startMs - (2027 - year) * 360 * day,
    });
    model.addSnapshot(archive, made, `.snapshots/${year}-closed`, {
      createdAtMs: startMs - (2026.6 - year) * 360 * day + random.between(0, 5) * hour,
      readOnly: true,
    });
  }
  model.filesystems.push(archive);
}

export function createMedia06(context: BlueprintContext): HostBlueprint {
  const { nowMs, random } = context;
  const model = new BtrfsModel(random);
  addMedia(model, context);
  addArchive(model, context);
  const backup = empty(model, 'offsite', nowMs() - 300 * day);
  backup.devices = [device(1, '/dev/sdg', smallBytes, { Data: 1_900 * gibibyte, Metadata: 4 * gibibyte })];
  backup.chunks = [
    { kind: 'Data', profile: 'single', sizeBytes: 1_900 * gibibyte, usedBytes: 1_870 * gibibyte },
  ];
  model.filesystems.push(backup);

  const disk = (letter: string, serial: string, sizeBytes: number, content: string | null = null): void => {
    model.disks.push({
      path: `/dev/sd${letter}`,
      aliases: [`/dev/disk/by-id/ata-${serial}`],
      sizeBytes,
      content: content === null ? null : { type: content, label: 'old-backup' },
    });
  };
  for (const [index, letter] of ['b', 'c', 'd', 'e'].entries()) {
    disk(letter, `WDC_WD80EFZZ-68BTXN0_WD-CA0${index}K7P${index + 2}`, diskBytes);
  }
  disk('f', 'ST4000VN006-3CW104_ZW62A1KD', smallBytes);
  disk('g', 'ST4000VN006-3CW104_ZW62B7QM', smallBytes);
  disk('h', 'WDC_WD80EFZZ-68BTXN0_WD-CA9XN41L', diskBytes);
  disk('i', 'ST4000DM004-2CV104_ZFN0E5RT', smallBytes, 'ext4');

  return {
    id: 'demo-media',
    name: 'media-06',
    user: 'admin',
    environment: { label: 'Home lab', colour: 'teal', production: false },
    accessLevel: 'administer',
    policies: [
      {
        ...{ backend: 'btrfs', poolName: '/srv/documents', recursive: false, schedule: '@daily' },
        ...{ retentionCount: 60, enabled: true },
      },
    ],
    machine: createMachine({
      user: 'admin',
      tools: [
        btrfsTool(model),
        ...btrfsSystemTools(model),
        ...disksTools(() => media06Disks(model), nowMs() - 21 * day),
      ],
      nowMs,
    }),
  };
}
