import type { Cluster, Config, Guest } from './types';

const units: Readonly<Record<string, number>> = { '': 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3, T: 1024 ** 4 };

/** `32G` in bytes. */
export function parseSize(size: string): number {
  const [, amount = '0', unit = ''] = /^(\d+(?:\.\d+)?)([KMGT]?)$/.exec(size) ?? [];
  return Math.round(Number(amount) * (units[unit] ?? 1));
}

/** As Proxmox VE writes a size into a configuration: the largest unit that leaves a whole number. */
export function formatSize(bytes: number): string {
  for (const unit of ['T', 'G', 'M', 'K']) {
    const size = units[unit] ?? 1;
    if (bytes >= size && bytes % size === 0) return `${bytes / size}${unit}`;
  }
  return String(bytes);
}

/** One disk in a guest's configuration. */
export interface Drive {
  key: string;
  /** `local-zfs:vm-100-disk-0`. */
  volume: string;
  storage: string;
  sizeBytes: number;
  options: Readonly<Record<string, string>>;
}

const driveKey = /^(?:ide|sata|scsi|virtio|efidisk|tpmstate|rootfs|mp|unused)\d*$/;

export function parseDrive(key: string, value: string): Drive | undefined {
  if (!driveKey.test(key)) return undefined;
  const [first = '', ...rest] = value.split(',');
  const volume = first.replace(/^(?:file|volume)=/, '');
  const options = Object.fromEntries(
    rest.map((part) => [part.slice(0, part.indexOf('=')), part.slice(part.indexOf('=') + 1)]),
  );
  const colon = volume.indexOf(':');
  if (colon < 0 || options['media'] === 'cdrom') return undefined;
  return {
    key,
    volume,
    storage: volume.slice(0, colon),
    sizeBytes: parseSize(options['size'] ?? '0'),
    options,
  };
}

export function drivesOf(config: Config): Drive[] {
  return Object.entries(config).flatMap(([key, value]) => parseDrive(key, String(value)) ?? []);
}

/** The disk that counts as the guest's: what it boots from. */
export function bootDriveOf(guest: Guest): Drive | undefined {
  if (guest.type === 'lxc') return parseDrive('rootfs', String(guest.config['rootfs'] ?? ''));
  const drives = drivesOf(guest.config);
  const order = /order=([^,]+)/.exec(String(guest.config['boot'] ?? ''))?.[1]?.split(';') ?? [];
  return (
    order.map((key) => drives.find((drive) => drive.key === key)).find((drive) => drive !== undefined) ??
    drives.find((drive) => /^(?:scsi|virtio|sata|ide)/.test(drive.key))
  );
}

export interface Volume {
  id: string;
  storage: string;
  node: string;
  vmid: number;
  type: 'images' | 'rootdir';
  format: string;
  sizeBytes: number;
  usedBytes: number;
  createdAtMs: number;
}

const volumeFormat = (id: string) =>
  /\.(qcow2|raw|vmdk|subvol)$/.exec(id)?.[1] ?? (id.includes('subvol') ? 'subvol' : 'raw');

/** The disks of all guests on one storage. */
export function volumesOf(cluster: Cluster, storage: string): Volume[] {
  return [...cluster.guests.values()].flatMap((guest) =>
    drivesOf(guest.config)
      .filter((drive) => drive.storage === storage)
      .map((drive) => ({
        id: drive.volume,
        storage,
        node: guest.node,
        vmid: guest.vmid,
        type: guest.type === 'qemu' ? ('images' as const) : ('rootdir' as const),
        format: volumeFormat(drive.volume),
        sizeBytes: drive.sizeBytes,
        usedBytes: Math.round(drive.sizeBytes * (0.25 + (guest.vmid % 11) / 20)),
        createdAtMs: Number(/ctime=(\d+)/.exec(String(guest.config['meta'] ?? ''))?.[1] ?? 0) * 1000,
      })),
  );
}

/** The next free `vm-100-disk-N` on a storage, in the way that its type names volumes. */
export function newVolume(
  cluster: Cluster,
  storage: string,
  vmid: number,
  format: 'raw' | 'qcow2' | 'subvol',
  more: readonly string[] = [],
): string {
  const taken = new Set([...volumesOf(cluster, storage).map((volume) => volume.id), ...more]);
  const inFolder = ['dir', 'nfs'].includes(cluster.storages.get(storage)?.type ?? '');
  const kind = format === 'subvol' ? 'subvol' : 'vm';
  for (let index = 0; ; index += 1) {
    const name = `${kind}-${vmid}-disk-${index}`;
    const id = inFolder ? `${storage}:${vmid}/${name}.${format}` : `${storage}:${name}`;
    if (!taken.has(id)) return id;
  }
}
