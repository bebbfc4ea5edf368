import { createMachine } from '../machine';
import { microsandboxTools, raid05Microsandbox } from '../microsandbox/raid-05';
import { raid05Files } from '../microsandbox/raid-05-files';
import { mdadmTools } from '../mdadm/commands';
import type { DemoDisk } from '../mdadm/disks';
import { MdadmModel } from '../mdadm/model';
import {
  day,
  gibibyte,
  hour,
  minute,
  tebibyte,
  type BlueprintContext,
  type HostBlueprint,
} from './blueprint';

/**
 * A file server on software RAID: a RAID6 of six disks whose monthly check is running, a RAID1 with a failed member
 * and no spare, an array that did not start because two of its three disks never came up, blank disks, and sandbox
 * volumes of microsandbox.
 */

interface DiskKind {
  model: string;
  prefix: string;
  sizeBytes: number;
  rotational: boolean;
}
const archive: DiskKind = {
  model: 'WDC WD80EFZZ-68BTXN0',
  prefix: 'WD-CA2',
  sizeBytes: 8_001_563_222_016,
  rotational: true,
};
const flash: DiskKind = {
  model: 'INTEL SSDSC2KB960G8',
  prefix: 'PHYF1',
  sizeBytes: 960_197_124_096,
  rotational: false,
};
const old: DiskKind = {
  model: 'ST2000NM0055-1V4104',
  prefix: 'ZC2',
  sizeBytes: 2_000_398_934_016,
  rotational: true,
};

function diskAt(index: number, kind: DiskKind): DemoDisk {
  const letter = String.fromCharCode('a'.charCodeAt(0) + index);
  const serial = `${kind.prefix}${(0x5a17 + index * 0x1d3b).toString(36).toUpperCase().padStart(5, '0')}`;
  return {
    name: `sd${letter}`,
    type: 'disk',
    major: 8,
    minor: index * 16,
    sizeBytes: kind.sizeBytes,
    content: null,
    mountpoint: null,
    model: kind.model,
    serial,
    byId: `ata-${kind.model.replaceAll(' ', '_')}_${serial}`,
    transport: 'sata',
    rotational: kind.rotational,
    physicalSectorBytes: 4096,
    partitions: [],
  };
}

function addSystemDisk(disk: DemoDisk): void {
  const part = (number: number, sizeBytes: number, type: string, mountpoint: string): void => {
    disk.partitions.push({
      name: `${disk.name}${number}`,
      type: 'part',
      major: 8,
      minor: disk.minor + number,
      sizeBytes,
      content: { type, uuid: `0b1f8d5c-6a0e-4a57-9c3d-2f4be51c000${number}`, label: null, version: '1.0' },
      mountpoint,
    });
  };
  part(1, 512 * 1024 ** 2, 'vfat', '/boot/efi');
  part(2, 200 * gibibyte, 'ext4', '/');
  part(3, 16 * gibibyte, 'swap', '[SWAP]');
}

function addArchive(model: MdadmModel, disks: readonly DemoDisk[], startMs: number): void {
  const array = model.create('md0', 'raid6', disks, {
    bitmap: true,
    atMs: startMs - 640 * day,
    synced: true,
  });
  array.events = 418_206;
  array.updatedAtMs = startMs - 2 * minute;
  array.content = { type: 'ext4', uuid: '5d0e3f36-1c41-4f0b-9bd7-6f1d3d0f9a11', label: 'archive' };
  array.mountpoint = '/srv/archive';
  // The check of the first Sunday of the month, a good third of the way.
  model.start(array, 'check', startMs - 4 * hour - 20 * minute);
}

function addDegradedMirror(model: MdadmModel, disks: readonly DemoDisk[], startMs: number): void {
  const array = model.create('md1', 'raid1', disks, {
    bitmap: true,
    atMs: startMs - 410 * day,
    synced: true,
  });
  array.events = 90_733;
  array.updatedAtMs = startMs - 6 * hour;
  array.content = { type: 'xfs', uuid: '8c1b7d0a-77aa-4b6e-8ef1-0f8f0b6f4c2e', label: 'git' };
  array.mountpoint = '/srv/git';
  const [, second] = array.members;
  if (second === undefined) throw new Error('raid-05 has no second disk in md1.');
  second.state = 'faulty';
  second.slot = null;
}

/** One disk of three is there: enough to recognise the array, too few to start it. */
function addInactive(model: MdadmModel, disks: readonly DemoDisk[], startMs: number): void {
  const array = model.create('md127', 'raid5', disks, {
    atMs: startMs - 1100 * day,
    synced: true,
    label: 'oldbox:backup',
  });
  array.started = false;
  array.events = 12_018;
  const [first] = array.members;
  array.members = first === undefined ? [] : [first];
  for (const { name } of disks.slice(1)) {
    model.disks.splice(
      model.disks.findIndex((disk) => disk.name === name),
      1,
    );
  }
}

export function createRaid05({ random, nowMs }: BlueprintContext): HostBlueprint {
  const startMs = nowMs();
  const model = new MdadmModel(random, 'raid-05', 182_400);
  const kinds = [
    flash,
    ...Array.from({ length: 6 }, () => archive),
    flash,
    flash,
    old,
    flash,
    archive,
    old,
    old,
  ];
  model.disks.push(...kinds.map((kind, index) => diskAt(index, kind)));
  const disks = [...model.disks];
  const [system] = disks;
  if (system !== undefined) addSystemDisk(system);
  addArchive(model, disks.slice(1, 7), startMs);
  addDegradedMirror(model, disks.slice(7, 9), startMs);
  addInactive(model, [...disks.slice(9, 10), ...disks.slice(12, 14)], startMs);
  if (model.disks.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) < 50 * tebibyte) {
    throw new Error('raid-05 lost more disks than it should.');
  }
  const msb = raid05Microsandbox(startMs);
  const files = raid05Files(msb, startMs, nowMs);
  return {
    id: 'demo-raid',
    name: 'raid-05',
    user: 'admin',
    environment: { label: 'Office', colour: 'blue', production: false },
    accessLevel: 'administer',
    machine: createMachine({
      user: 'admin',
      tools: [...mdadmTools(model), ...microsandboxTools(msb), files.statTool],
      files,
      nowMs,
    }),
  };
}
