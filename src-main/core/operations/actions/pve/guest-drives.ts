import { z } from 'zod';
import { apiPath } from '../../../proxmox/client/path';
import type { ApiContext } from '../../action';
import type { GuestInput } from './guest-reads';

const units: Readonly<Record<string, number>> = { '': 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3, T: 1024 ** 4 };
const driveKey = /^(?:ide|sata|scsi|virtio|efidisk|tpmstate|rootfs|mp|unused)\d*$/;

export interface Drive {
  key: string;
  /** `local-zfs:vm-100-disk-0` */
  volume: string;
  sizeBytes: number | null;
}

const configSchema = z.record(z.string(), z.unknown());

/** Disks of a configuration; CD-ROMs are none. Nothing else of it is kept: it may hold secrets. */
export function drivesOf(config: Readonly<Record<string, unknown>>): Drive[] {
  return Object.entries(config).flatMap(([key, value]): Drive[] => {
    if (!driveKey.test(key) || typeof value !== 'string' || /(?:^|,)media=cdrom(?:,|$)/.test(value))
      return [];
    const volume = (value.split(',')[0] ?? '').replace(/^(?:file|volume)=/, '');
    if (!volume.includes(':')) return [];
    const [, amount, unit = ''] = /(?:^|,)size=(\d+(?:\.\d+)?)([KMGT]?)(?:,|$)/.exec(value) ?? [];
    return [{ key, volume, sizeBytes: amount === undefined ? null : Number(amount) * (units[unit] ?? 1) }];
  });
}

export interface GuestConfig {
  drives: Drive[];
  protection: boolean;
  /** It has a drive that cloud-init is written to. */
  cloudInit: boolean;
  identity: string[];
}
export const noConfig: GuestConfig = { drives: [], protection: false, cloudInit: false, identity: [] };

/**
 * What tells a guest from another one that was given its id, its name and its disks' names since: when it was made, the
 * ids of its hardware, and its network addresses. Proxmox VE makes each of them anew with a guest, and writes a new
 * `vmgenid` also when a backup is restored over it. Containers have the addresses only, so the digest of their
 * configuration stands for the rest.
 */
export function identityOf(type: GuestInput['type'], config: Readonly<Record<string, unknown>>): string[] {
  const text = (key: string): string => (typeof config[key] === 'string' ? config[key] : '');
  const addresses = Object.keys(config)
    .filter((key) => /^net\d+$/.test(key))
    .map((key) => /[\dA-F]{2}(?::[\dA-F]{2}){5}/i.exec(text(key))?.[0] ?? '')
    .sort();
  return [
    /(?:^|,)ctime=(\d+)/.exec(text('meta'))?.[1] ?? '',
    /(?:^|,)uuid=([^,]+)/.exec(text('smbios1'))?.[1] ?? '',
    text('vmgenid'),
    ...addresses,
    type === 'lxc' ? text('digest') : '',
  ].filter((part) => part !== '');
}

export async function readConfig(
  context: ApiContext,
  { type, node, vmid }: GuestInput,
): Promise<GuestConfig> {
  const config = await context.get(
    'read the configuration of the guest',
    apiPath(`/nodes/{node}/${type}/{vmid}/config`, { node, vmid }),
    configSchema,
  );
  return {
    drives: drivesOf(config),
    protection: Number(config['protection'] ?? 0) === 1,
    identity: identityOf(type, config),
    cloudInit: Object.values(config).some(
      (value) => typeof value === 'string' && /(?:^|[:/])(?:vm-\d+-)?cloudinit(?:[.,]|$)/.test(value),
    ),
  };
}
