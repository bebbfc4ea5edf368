import { z } from 'zod';
import { unexpectedOutput } from '../unexpected';
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
  let raw: unknown;
  try {
    raw = JSON.parse(stdout);
  } catch {
    throw unexpectedOutput('wipefs -J', 'it is not JSON', stdout);
  }
  const parsed = listSchema.safeParse(raw);
  if (!parsed.success) throw unexpectedOutput('wipefs -J', 'it holds no list "signatures"', stdout);
  return parsed.data.signatures.map(({ type, label }) => ({ type, label: label ?? null }));
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
