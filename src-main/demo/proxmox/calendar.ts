/** systemd's calendar events as far as schedules of Proxmox VE use them: `mon..fri 02:30`, `every 15 minutes`, `*-*-01 04:00`. */

const dayNames = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const named: Readonly<Record<string, string>> = {
  minutely: '*:*',
  hourly: '*:00',
  daily: '00:00',
  weekly: 'mon 00:00',
  monthly: '*-*-01 00:00',
  quarterly: '*-1,4,7,10-01 00:00',
  semiannually: '*-1,7-01 00:00',
  yearly: '*-01-01 00:00',
};

type Test = (value: number) => boolean;

function field(text: string): Test {
  const parts = text.split(',').map((part): Test => {
    const [range = '*', step] = part.split('/');
    const [low = '*', high] = range.split('..');
    const every = step === undefined ? undefined : Number(step);
    if (low === '*') return (value) => every === undefined || value % every === 0;
    const first = Number(low);
    if (high !== undefined)
      return (value) => value >= first && value <= Number(high) && (value - first) % (every ?? 1) === 0;
    return every === undefined
      ? (value) => value === first
      : (value) => value >= first && (value - first) % every === 0;
  });
  return (value) => parts.some((part) => part(value));
}

function dayTest(text: string): Test {
  const parts = text.split(',').map((part): Test => {
    const [from = '', to = from] = part.split('..');
    const [first, last] = [dayNames.indexOf(from), dayNames.indexOf(to)];
    return (day) => (first <= last ? day >= first && day <= last : day >= first || day <= last);
  });
  return (day) => parts.some((part) => part(day));
}

interface Event {
  onDay: (date: Date) => boolean;
  hour: Test;
  minute: Test;
}

function parse(schedule: string): Event {
  const words = (named[schedule] ?? schedule).trim().split(/\s+/);
  const days = words.filter((word) => /^[a-z]/.test(word)).map(dayTest);
  const dates = words.filter((word) => /^[\d*,./]+-/.test(word)).map((word) => word.split('-').map(field));
  const [time = '00:00'] = words.filter((word) => /^[\d*]/.test(word) && !word.includes('-'));
  const [hour, minute] = time.includes(':') ? time.split(':') : ['*', time];
  return {
    onDay: (date) =>
      days.every((test) => test(date.getUTCDay())) &&
      dates.every((tests) => {
        const values = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()].slice(
          -tests.length,
        );
        return tests.every((test, index) => test(values[index] ?? 0));
      }),
    hour: field(hour ?? '*'),
    minute: field(minute ?? '00'),
  };
}

const minuteMs = 60_000;
const dayMs = 1440 * minuteMs;

/** The next moments of a schedule, in milliseconds; nothing beyond two years. */
export function nextRuns(schedule: string, afterMs: number, count: number): number[] {
  const event = parse(schedule);
  const runs: number[] = [];
  const firstDay = Math.floor(afterMs / dayMs) * dayMs;
  for (let day = 0; day < 731 && runs.length < count; day += 1) {
    const start = firstDay + day * dayMs;
    if (!event.onDay(new Date(start))) continue;
    for (let minute = 0; minute < 1440 && runs.length < count; minute += 1) {
      const at = start + minute * minuteMs;
      if (at > afterMs && event.hour(Math.floor(minute / 60)) && event.minute(minute % 60)) runs.push(at);
    }
  }
  return runs;
}
