import { useEffect, useState } from 'react';
import { formatAge, formatMoment, isInCalendar } from '../format/time-format';

/** One clock for all ages on the page, so that a table of them costs one timer. */
const listeners = new Set<(nowMs: number) => void>();
let timer: ReturnType<typeof setInterval> | undefined;

export function useNow(): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    listeners.add(setNow);
    timer ??= setInterval(() => listeners.forEach((listener) => listener(Date.now())), 5000);
    return () => {
      listeners.delete(setNow);
      if (listeners.size === 0) {
        clearInterval(timer);
        timer = undefined;
      }
    };
  }, []);
  return now;
}

export function Age({ atMs }: { atMs: number | null }) {
  const now = useNow();
  if (atMs === null) return <span>–</span>;
  return (
    <time
      dateTime={isInCalendar(atMs) ? new Date(atMs).toISOString() : undefined}
      title={formatMoment(atMs)}
      className="numeric"
    >
      {formatAge(atMs, now)}
    </time>
  );
}
