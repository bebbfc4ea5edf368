import { clampPercent } from '../columns';
import { unexpectedOutput } from '../unexpected';

export interface Scrub {
  state: 'none' | 'running' | 'finished' | 'aborted' | 'interrupted';
  percent: number | null;
  secondsLeft: number | null;
  /** The tool's words on errors; null: it found none. */
  errors: string | null;
  /** Errors that could not be corrected. */
  uncorrectable: number;
  startedText: string | null;
}

/**
 * `btrfs scrub status --raw`. In its first seconds a scrub has "no stats available" and yet "Bytes scrubbed",
 * where one that never ran has neither (6.2). Cancelled ones are `aborted`.
 */
export function parseScrub(stdout: string): Scrub {
  if (!/^UUID:\s+[0-9a-f-]{36}$/m.test(stdout)) {
    throw unexpectedOutput('btrfs scrub status', 'it names no file system', stdout);
  }
  const field = (name: string): string | null =>
    new RegExp(`^${name}:\\s+(.*)$`, 'm').exec(stdout)?.[1]?.trim() ?? null;
  const percent = /^Bytes scrubbed:\s+\d+\s+\(([\d.]+)%\)$/m.exec(stdout)?.[1] ?? null;
  const status = field('Status');
  const known = ['running', 'finished', 'aborted', 'interrupted'] as const;
  const stated = known.find((word) => word === status);
  if (status !== null && stated === undefined) {
    throw unexpectedOutput('btrfs scrub status', `the status "${status}" is not known`, stdout);
  }
  if (status === null && !/^\tno stats available$/m.test(stdout)) {
    throw unexpectedOutput('btrfs scrub status', 'it has no status', stdout);
  }
  const state = stated ?? (percent === null ? 'none' : 'running');
  const left = /^(?:(\d+):)?(\d+):(\d\d)$/.exec(field('Time left') ?? '');
  const summary = field('Error summary');
  const uncorrectable = /^\s+Uncorrectable:\s+(\d+)$/m.exec(stdout)?.[1];
  return {
    state,
    percent: state === 'running' && percent !== null ? clampPercent(Number(percent)) : null,
    secondsLeft:
      state === 'running' && left !== null
        ? Number(left[1] ?? 0) * 3600 + Number(left[2]) * 60 + Number(left[3])
        : null,
    errors: summary === null || summary === 'no errors found' ? null : summary,
    uncorrectable: Number(uncorrectable ?? 0),
    startedText: field('Scrub started') ?? field('Scrub resumed'),
  };
}

export interface Balance {
  state: 'none' | 'running' | 'paused';
  percent: number | null;
  text: string;
}

/** `btrfs balance status`; its exit code 1 only says that there is one. */
export function parseBalance(stdout: string): Balance {
  const [first = '', second = ''] = stdout.trim().split('\n');
  if (/^No balance found on '.*'$/.test(first)) return { state: 'none', percent: null, text: first };
  const state = /^Balance on '.*' is (running|paused)(?:, (?:pause|cancel) requested)?/.exec(first)?.[1];
  if (state === undefined) throw unexpectedOutput('btrfs balance status', 'it is of another form', stdout);
  const left = /,\s+(\d+)% left$/.exec(second)?.[1];
  return {
    state: state === 'paused' ? 'paused' : 'running',
    percent: left === undefined ? null : clampPercent(100 - Number(left)),
    text: second === '' ? first : second,
  };
}

export interface Replacement {
  state: 'none' | 'running' | 'finished' | 'canceled' | 'suspended';
  percent: number | null;
  /** Write errors on the new device and reads that no copy could answer. */
  errors: number;
  text: string;
}

/** `btrfs replace status -1`. */
export function parseReplace(stdout: string): Replacement {
  const text = stdout.trim();
  if (text === 'Never started') return { state: 'none', percent: null, errors: 0, text };
  const errors = /(\d+) write errs, (\d+) uncorr\. read errs$/.exec(text);
  const count = errors === null ? 0 : Number(errors[1]) + Number(errors[2]);
  const done = /^([\d.]+)% done, /.exec(text)?.[1];
  if (done !== undefined) {
    return { state: 'running', percent: clampPercent(Number(done)), errors: count, text };
  }
  const ended = /^Started on .+?, (finished on|canceled on|suspended on) .+/.exec(text)?.[1];
  switch (ended) {
    case 'finished on':
      return { state: 'finished', percent: null, errors: count, text };
    case 'canceled on':
      return { state: 'canceled', percent: null, errors: count, text };
    case 'suspended on': {
      const at = / at ([\d.]+)%/.exec(text)?.[1];
      return {
        state: 'suspended',
        percent: at === undefined ? null : clampPercent(Number(at)),
        errors: count,
        text,
      };
    }
    default:
      throw unexpectedOutput('btrfs replace status', 'it is of another form', stdout);
  }
}

const exclusiveWords = [
  'none',
  'balance',
  'balance paused',
  'device add',
  'device remove',
  'device replace',
  'resize',
  'swap activate',
] as const;
export type ExclusiveOperation = (typeof exclusiveWords)[number];

/** null: the kernel does not say (before Linux 5.10). */
export function parseExclusive(stdout: string, exitCode: number): ExclusiveOperation | null {
  if (exitCode !== 0) return null;
  const word = exclusiveWords.find((known) => known === stdout.trim());
  if (word === undefined)
    throw unexpectedOutput('exclusive_operation', 'it is not a known operation', stdout);
  return word;
}
