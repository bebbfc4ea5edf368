import { z } from 'zod';

/** Perl sends what it has at hand: numbers as text, text as numbers, flags as either. */
export const looseNumber = z.union([
  z.number(),
  z
    .string()
    .regex(/^-?[\d.]+(?:e[-+]?\d+)?$/i)
    .transform(Number),
]);
export const looseText = z.union([z.string(), z.number()]).transform(String);
export const looseFlag = z
  .union([z.literal([0, 1, '0', '1', '']), z.boolean()])
  .transform((value) => Number(value) === 1);
/** A key that is not there, or is `null`. */
export const optionalText = looseText.nullish().transform((value) => value ?? null);
export const optionalNumber = looseNumber.nullish().transform((value) => value ?? null);
export const optionalFlag = looseFlag.nullish().transform((value) => value ?? null);

/** `100,101;200` as Proxmox VE takes lists. */
export function listOf(value: string | null): string[] {
  return (value ?? '').split(/[,;\s]+/).filter((part) => part !== '');
}

/** Seconds since the epoch in milliseconds; 0 and nothing are no moment. */
export function momentOf(seconds: number | null): number | null {
  return seconds === null || seconds === 0 ? null : seconds * 1000;
}

/** `a=1`, `b=2` of an object with unknown keys, in order of the keys; what is no single value as JSON. */
export function settingsOf(row: Readonly<Record<string, unknown>>, without: readonly string[]): string[] {
  return Object.entries(row)
    .filter(([key, value]) => !without.includes(key) && value !== null && value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${typeof value === 'object' ? JSON.stringify(value) : String(value)}`);
}
