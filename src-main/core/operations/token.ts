import { randomBytes } from 'node:crypto';

/** How long a confirmation stands, in milliseconds. Whoever waits longer for its turn must ask again. */
export const tokenLifetimeMs = 60_000;

export type Redemption = 'ok' | 'unknown-token' | 'expired' | 'other-plan';

/**
 * Single-use tokens: what a person's yes in the native dialog is worth.
 *
 * SECURITY: a token names the digest of the very plan that was shown. It is deleted by the first attempt to
 * redeem it, also by a failing one, so that neither a second run nor a changed plan can live off one yes.
 */
export class ConfirmTokens {
  readonly #minted = new Map<string, { digest: string; expiresAtMs: number }>();

  constructor(private readonly nowMs: () => number) {}

  mint(digest: string): string {
    const now = this.nowMs();
    for (const [token, { expiresAtMs }] of this.#minted) {
      if (expiresAtMs <= now) this.#minted.delete(token);
    }
    const token = randomBytes(32).toString('hex');
    this.#minted.set(token, { digest, expiresAtMs: now + tokenLifetimeMs });
    return token;
  }

  redeem(token: string, digest: string): Redemption {
    const found = this.#minted.get(token);
    this.#minted.delete(token);
    if (found === undefined) return 'unknown-token';
    if (found.expiresAtMs <= this.nowMs()) return 'expired';
    return found.digest === digest ? 'ok' : 'other-plan';
  }
}
