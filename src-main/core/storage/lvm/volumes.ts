import type { RecordOf } from './report';
import { volumeReport } from './commands';

/** One logical volume, its segment rows merged. */
export interface LogicalVolume extends Omit<LogicalVolumeRow, 'devices' | 'name'> {
  /** Without the brackets of hidden volumes. */
  name: string;
  /** Shown as `[name]`: internal, or a snapshot that is being merged. */
  hidden: boolean;
  /** Of every segment, each once, with its first extent: `/dev/vdb(0)`. */
  devices: string[];
}
export type LogicalVolumeRow = RecordOf<typeof volumeReport.columns>;

/** Rows of `lvs -a`, one volume each, in the tool's order. */
export function parseVolumes(command: string, stdout: string): LogicalVolume[] {
  const volumes = new Map<string, LogicalVolume>();
  for (const row of volumeReport.parse(command, stdout)) {
    const devices = row.devices === '' ? [] : row.devices.split(',');
    const known = volumes.get(row.uuid);
    if (known !== undefined) {
      // `-o devices` repeats the whole row for each segment.
      known.devices.push(...devices.filter((device) => !known.devices.includes(device)));
      continue;
    }
    const hidden = row.name.startsWith('[') && row.name.endsWith(']');
    volumes.set(row.uuid, { ...row, name: hidden ? row.name.slice(1, -1) : row.name, hidden, devices });
  }
  return [...volumes.values()];
}

/*
 * lv_attr, ten characters (lvs(8)): 1 type, 2 permissions, 3 allocation, 4 fixed minor, 5 state, 6 open,
 * 7 target type, 8 zeroing, 9 health, 10 skip activation. Roles say the same in words, but older lvm2
 * leaves them out.
 */

/** A snapshot with its own reservation (copy on write). */
export function isThickSnapshot(volume: LogicalVolume): boolean {
  if (volume.roles.length > 0) return volume.roles.includes('thicksnapshot');
  return /^[sS]/.test(volume.attributes) && volume.attributes[6] !== 't';
}

/** Only while its origin exists: destroying or merging the origin's history makes it a plain thin volume. */
export function isThinSnapshot(volume: LogicalVolume): boolean {
  if (volume.roles.length > 0) return volume.roles.includes('thinsnapshot');
  return volume.attributes[6] === 't' && volume.poolName !== '' && volume.origin !== '';
}

export function isSnapshot(volume: LogicalVolume): boolean {
  return isThickSnapshot(volume) || isThinSnapshot(volume);
}

export function isThinPool(volume: LogicalVolume): boolean {
  return volume.segmentType === 'thin-pool' || volume.attributes.startsWith('t');
}

export function isThin(volume: LogicalVolume): boolean {
  return volume.poolName !== '' && !isThinPool(volume);
}

/** A merge was asked for; of a snapshot: it disappears when the merge ends. */
export function isMerging(volume: LogicalVolume): boolean {
  return volume.merging !== '' || /^[SO]/.test(volume.attributes);
}

/**
 * A thick snapshot that overflowed: its data is lost. `lv_health_status` stays empty (2.03.16); attribute 5
 * is `I`, or `S` while suspended.
 */
export function isInvalid(volume: LogicalVolume): boolean {
  return /^[IS]$/.test(volume.attributes[4] ?? '') || volume.snapshotInvalid === 'snapshot invalid';
}

export function isActive(volume: LogicalVolume): boolean {
  return volume.active === '' ? volume.attributes[4] === 'a' : volume.active.startsWith('active');
}

/** null: LVM cannot tell. An inactive volume has no device that could be open, whatever LVM calls it. */
export function isOpen(volume: LogicalVolume): boolean | null {
  if (volume.deviceOpen === 'open') return true;
  if (volume.attributes[5] === 'o') return true;
  if (volume.deviceOpen === 'unknown' || volume.attributes[5] === 'X') {
    return isActive(volume) ? null : false;
  }
  return false;
}

/** How full the reservation of a thick snapshot is; a thin one has none, though LVM fills the field. */
export function fillOfSnapshot(volume: LogicalVolume): number | null {
  return isThickSnapshot(volume) ? (volume.snapPercent ?? volume.dataPercent) : null;
}

/** `vg0/data` */
export function fullName(volume: LogicalVolume): string {
  return `${volume.groupName}/${volume.name}`;
}

/** The hidden volume that a pvmove copies by; attribute 1 is `p`. */
export function isMove(volume: LogicalVolume): boolean {
  return volume.attributes.startsWith('p');
}

/** Source and target of a pvmove: its segments name both, `/dev/vdb(0),/dev/vdd(0)`. */
export function endsOfMove(volume: LogicalVolume): { from: string; to: string } | null {
  const [from, to] = volume.devices.map(deviceOf);
  return from === undefined || to === undefined ? null : { from, to };
}

/** `/dev/vdb(0)` without its first extent. */
const deviceOf = (place: string): string => place.replace(/\(\d+\)$/, '');

/** A disk that holds part of it is missing (attribute 9). */
export function isPartial(volume: LogicalVolume): boolean {
  return volume.attributes[8] === 'p';
}

/** Copies elsewhere carry its data when one disk is gone. */
export function isRedundant(volume: LogicalVolume): boolean {
  return volume.layout.includes('raid') && !volume.layout.includes('raid0');
}

/** Whether a part of it lies on the physical volume, by the name LVM shows. */
export function liesOn(volume: LogicalVolume, device: string): boolean {
  return volume.devices.some((place) => deviceOf(place) === device);
}
