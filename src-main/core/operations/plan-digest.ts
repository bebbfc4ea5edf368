import { createHash } from 'node:crypto';
import type { Plan } from '../../../src-preload/contract/operations';
import { canonicalJson } from './canonical';

/** SHA-256 (hex) over the canonical JSON of everything a plan shows: all of it but the digest itself. */
export function planDigest(plan: Omit<Plan, 'digest'> & { digest?: string }): string {
  const shown: Record<string, unknown> = { ...plan };
  delete shown['digest'];
  return createHash('sha256').update(canonicalJson(shown)).digest('hex');
}
