import { redactText } from '../../audit/redact';
import { isSecretName } from '../../proxmox/client/secret-names';
import type { BoundAction } from '../bound-action';

/** Characters of an input that is kept. */
const mostCharacters = 256 * 1024;

/** Flags, numbers and what is empty give nothing away. */
function tells(value: unknown): boolean {
  if (typeof value === 'string') return value !== '';
  if (Array.isArray(value)) return value.some(tells);
  return typeof value === 'object' && value !== null && Object.values(value).some(tells);
}

function holdsSecret(value: unknown, secrets: readonly string[]): boolean {
  // The second net, for what stands in free text; what the audit would take out is not kept here either.
  if (typeof value === 'string') return redactText(value) !== value;
  if (Array.isArray(value)) return value.some((item) => holdsSecret(item, secrets));
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(
    ([name, inner]) =>
      ((secrets.includes(name) || isSecretName(name)) && tells(inner)) || holdsSecret(inner, secrets),
  );
}

/**
 * Why a change can only be run now, in a sentence, or null.
 * SECURITY: what is staged lies on the disk of this laptop until it is applied, so no secret may be in it.
 */
export function onlyNow(action: Pick<BoundAction, 'onlyNow' | 'secrets'>, rawInput: unknown): string | null {
  if (action.onlyNow !== undefined) return action.onlyNow;
  if (holdsSecret(rawInput, action.secrets ?? [])) {
    return 'Its input holds a secret, or what looks like one, and secrets are not kept.';
  }
  if (JSON.stringify(rawInput).length > mostCharacters) return 'Its input is too long to be kept.';
  return null;
}
