import { describe, expect, it } from 'vitest';
import { ConfirmTokens, tokenLifetimeMs } from './token';

const digest = 'a'.repeat(64);

describe('confirm tokens', () => {
  it('redeems once, and a second time not', () => {
    const tokens = new ConfirmTokens(() => 1_000);
    const token = tokens.mint(digest);
    expect(tokens.redeem(token, digest)).toBe('ok');
    expect(tokens.redeem(token, digest)).toBe('unknown-token');
  });

  it('expires after 60 seconds, to the millisecond', () => {
    let now = 5_000;
    const tokens = new ConfirmTokens(() => now);
    const inTime = tokens.mint(digest);
    const late = tokens.mint(digest);
    now += tokenLifetimeMs - 1;
    expect(tokens.redeem(inTime, digest)).toBe('ok');
    now += 1;
    expect(tokens.redeem(late, digest)).toBe('expired');
  });

  it('belongs to one plan, and is gone after an attempt on another', () => {
    const tokens = new ConfirmTokens(() => 1_000);
    const token = tokens.mint(digest);
    expect(tokens.redeem(token, 'b'.repeat(64))).toBe('other-plan');
    expect(tokens.redeem(token, digest)).toBe('unknown-token');
  });

  it('never gives the same token twice and knows no invented one', () => {
    const tokens = new ConfirmTokens(() => 1_000);
    const minted = new Set(Array.from({ length: 200 }, () => tokens.mint(digest)));
    expect(minted.size).toBe(200);
    expect(tokens.redeem('0'.repeat(64), digest)).toBe('unknown-token');
  });
});
