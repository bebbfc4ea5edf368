/** Repeatable pseudo-random numbers (mulberry32): the same seed gives the same fleet. Not for secrets. */
export interface Random {
  /** 0 up to, not including, 1. */
  next(): number;
  /** Whole number, both ends included. */
  between(low: number, high: number): number;
  /** Spread over several orders of magnitude, as file sizes are. */
  skewed(low: number, high: number): number;
  /** Odd 64-bit id in decimal, as ZFS prints guids. */
  guid(): string;
  /** LVM's uuid: 32 characters in groups of 6-4-4-4-4-4-6. */
  lvmUuid(): string;
  text(length: number, alphabet: string): string;
}

const lvmAlphabet = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';

export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  const between = (low: number, high: number) => low + Math.floor(next() * (high - low + 1));
  const word = () => BigInt(between(0, 0xffffffff));
  const text = (length: number, alphabet: string) =>
    Array.from({ length }, () => alphabet[between(0, alphabet.length - 1)]).join('');
  return {
    next,
    between,
    skewed: (low, high) => Math.round(low * Math.pow(high / low, next())),
    guid: () => ((1n << 62n) | ((word() & 0x3fffffffn) << 32n) | word() | 1n).toString(),
    lvmUuid: () => [6, 4, 4, 4, 4, 4, 6].map((length) => text(length, lvmAlphabet)).join('-'),
    text,
  };
}
