import { Cron } from 'croner';
import cronstrue from 'cronstrue';
import { scheduleAliases } from '../../../src-preload/contract/policies';
import { AppError } from '../errors/app-error';

const aliases: Readonly<Record<(typeof scheduleAliases)[number], string>> = {
  '@hourly': '0 * * * *',
  '@daily': '0 0 * * *',
  '@weekly': '0 0 * * 0',
  '@monthly': '0 0 1 * *',
};

const isAlias = (text: string): text is keyof typeof aliases => Object.hasOwn(aliases, text);

export interface Schedule {
  /** `Every hour` */
  words: string;
  /** Moments after `atMs`, by the clock of this computer; fewer where the calendar has no more. */
  next(atMs: number, count: number): number[];
  /** The last moment up to and including `atMs`; null: there was none. */
  previous(atMs: number): number | null;
}

const day = 24 * 60 * 60_000;
/** Up to the 8 years between two 29 Februaries around a century. */
const lookBackDays = [1 / 24, 1, 8, 35, 370, 9 * 366];

function invalid(schedule: string, cause?: unknown): AppError {
  return new AppError('invalid-request', `“${schedule.slice(0, 120)}” is not a schedule.`, {
    detail: cause instanceof Error ? cause.message : undefined,
    remedy: `Five fields as cron(5) has them: minute, hour, day of month, month, day of week; or one of ${scheduleAliases.join(', ')}.`,
    cause,
  });
}

/**
 * Reads five fields of cron(5) or an alias of it.
 *
 * @throws AppError `invalid-request` when it is neither, or names a moment that never comes (30 February)
 */
export function readSchedule(text: string): Schedule {
  const schedule = text.trim().replace(/ +/g, ' ');
  const fields = isAlias(schedule) ? aliases[schedule] : schedule;
  if (fields.split(' ').length !== 5) throw invalid(schedule);
  let cron: Cron;
  let words: string;
  try {
    // Paused without a function: it only answers questions.
    cron = new Cron(fields, { mode: '5-part', paused: true });
    words = cronstrue.toString(fields, { use24HourTimeFormat: true, throwExceptionOnParseError: true });
  } catch (cause) {
    throw invalid(schedule, cause);
  }
  if (cron.nextRun() === null) throw invalid(schedule, new Error('Such a moment never comes.'));
  return {
    words,
    next: (atMs, count) => cron.nextRuns(count, new Date(atMs)).map((at) => at.getTime()),
    previous: (atMs) => {
      // Forward only: looking back, croner 10.0.1 fails on months without the day. The first span that holds a moment
      // holds few of them.
      for (const days of lookBackDays) {
        let found: Date | null = null;
        let at = cron.nextRun(new Date(atMs - days * day));
        while (at !== null && at.getTime() <= atMs) {
          found = at;
          at = cron.nextRun(at);
        }
        if (found !== null) return found.getTime();
      }
      return null;
    },
  };
}

/** A snapshot taken so shortly before a moment counts for it: whoever takes it by another cron job may be early. */
export const earlyByMs = Math.round(day / 1440);
