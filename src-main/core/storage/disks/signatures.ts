import { z } from 'zod';
import { readJson } from '../unexpected';
import type { BlockDevice } from './block-devices';

/** One signature as `wipefs -J` lists it. */
export interface Signature {
  /** `btrfs`, `zfs_member`, `gpt` … */
  type: string;
  label: string | null;
}

const listSchema = z.looseObject({
  signatures: z.array(z.looseObject({ type: z.string(), label: z.string().nullish() })),
});

/** Of a blank device the list is empty, or nothing is printed at all. Throws AppError `unexpected-output`. */
export function parseSignatures(stdout: string): Signature[] {
  if (stdout.trim() === '') return [];
  const { signatures } = readJson('wipefs -J', stdout, listSchema, 'it holds no list "signatures"');
  return signatures.map(({ type, label }) => ({ type, label: label ?? null }));
}

const tables = /^(?:gpt|dos|PMBR|mac|sun|sgi|bsd|atari)$/;

/** The device with what lies on it by its own word. */
export function withSignatures(device: BlockDevice, stdout: string): BlockDevice {
  const signatures = parseSignatures(stdout);
  const content = signatures.find(({ type }) => !tables.test(type));
  const table = signatures.find(({ type }) => tables.test(type) && type !== 'PMBR');
  return {
    ...device,
    content: content?.type ?? device.content,
    label: content?.label ?? device.label,
    partitionTable: table?.type ?? device.partitionTable,
  };
}
