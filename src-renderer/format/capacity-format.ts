import type { CapacityTrend } from '../../src-preload/contract/capacity';
import { formatBytes, formatPercent } from './bytes-format';
import { formatDay, formatDuration } from './time-format';

const daySeconds = 86_400;
const farSeconds = 5 * 365.25 * daySeconds;

/** Days until it is full for sorting and colour; null: not foreseeable. */
export function daysUntilFull({ forecast }: CapacityTrend, nowMs: number): number | null {
  if (forecast.kind === 'full') return 0;
  if (forecast.kind !== 'growing') return null;
  return Math.max(0, (forecast.fullAtMs - nowMs) / (daySeconds * 1000));
}

/** A few words: `full in 23 d`. */
export function forecastWords(trend: CapacityTrend, nowMs: number): string {
  const { forecast, allocated } = trend;
  const full = allocated ? 'all allocated' : 'full';
  switch (forecast.kind) {
    case 'too-little-history':
      return 'not enough history';
    case 'not-growing':
      return 'not growing';
    case 'full':
      return full;
    case 'growing': {
      const seconds = (forecast.fullAtMs - nowMs) / 1000;
      if (seconds <= 0) return `may be ${full} by now`;
      if (seconds < daySeconds) return `${full} within a day`;
      return seconds > farSeconds ? `${full} in more than 5 years` : `${full} in ${inDays(seconds)}`;
    }
  }
}

/** The sentence behind those words: what it rests on and how sure it is. */
export function forecastSentence(trend: CapacityTrend): string {
  const { forecast, measure, allocated } = trend;
  switch (forecast.kind) {
    case 'too-little-history': {
      const needed = formatDuration(forecast.neededSeconds);
      return forecast.sinceChangeAtMs === null
        ? `A forecast needs readings over at least ${needed}; there are ${formatDuration(forecast.spanSeconds)} of them.`
        : `Much was added or removed at once on ${formatDay(forecast.sinceChangeAtMs)}. A forecast needs ${needed} of readings after that.`;
    }
    case 'not-growing':
      return allocated
        ? 'What is allocated shrinks, stays or goes up and down without a trend.'
        : 'It shrinks, stays or goes up and down without a trend.';
    case 'full':
      return allocated
        ? 'Every extent belongs to a volume. That is no trouble by itself, but nothing more can be made or extended.'
        : 'Nothing more fits in.';
    case 'growing': {
      const pace =
        measure === 'metadata'
          ? `${formatPercent(forecast.perDay).replace(' %', '')} percent points`
          : formatBytes(forecast.perDay);
      const { earliestAtMs, latestAtMs, fullAtMs } = forecast;
      const early = formatDay(earliestAtMs);
      const late = formatDay(latestAtMs);
      const around = early === late ? '' : ` (between ${early} and ${late})`;
      return `Grows by ${pace} a day. If it goes on like this it is ${allocated ? 'all allocated' : 'full'} around ${formatDay(fullAtMs)}${around}.`;
    }
  }
}

function inDays(seconds: number): string {
  const days = Math.floor(seconds / daySeconds);
  return days < 100 ? `${days} d` : formatDuration(seconds);
}
