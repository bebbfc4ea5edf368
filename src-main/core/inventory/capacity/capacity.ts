import { setImmediate } from 'node:timers/promises';
import type { CapacityTrend } from '../../../../src-preload/contract/capacity';
import type { CapacityOf, CapacityStore, PoolHistory } from './capacity-store';
import { forecast, type CapacityPoint } from './forecast';

type TrendOfPool = Omit<CapacityTrend, 'hostId' | 'hostName'>;

/** Points of the little chart. */
const mostPoints = 60;

/** When pools will be full: worked out of what was recorded, once for each new point. */
export class Capacity {
  readonly #worked = new Map<string, TrendOfPool[]>();

  constructor(private readonly store: CapacityStore) {}

  /** After a reading. Throws what SQLite throws. */
  record(hostId: string, atMs: number, pools: readonly CapacityOf[]): void {
    this.#worked.delete(hostId);
    this.store.record(hostId, atMs, pools);
  }

  /** The soonest full first; what is not growing after that, the fullest first. */
  async trends(hosts: readonly { id: string; name: string }[]): Promise<CapacityTrend[]> {
    const all: CapacityTrend[] = [];
    for (const { id: hostId, name: hostName } of hosts) {
      let trends = this.#worked.get(hostId);
      if (trends === undefined) {
        trends = this.store.histories(hostId).flatMap(trendsOf);
        this.#worked.set(hostId, trends);
        // A fleet takes a while the first time; nothing else should wait for it.
        await setImmediate();
      }
      all.push(...trends.map((trend) => ({ hostId, hostName, ...trend })));
    }
    return all.sort((a, b) => urgency(a) - urgency(b) || b.percent - a.percent);
  }

  forget(hostId: string): void {
    this.#worked.delete(hostId);
    this.store.remove(hostId);
  }
}

function urgency({ forecast: { kind, ...rest } }: CapacityTrend): number {
  if (kind === 'full') return 0;
  return 'fullAtMs' in rest ? rest.fullAtMs : Infinity;
}

function trendsOf({ poolId, poolName, poolKind, points }: PoolHistory): TrendOfPool[] {
  const newest = points.at(-1);
  if (newest === undefined) return [];
  const data = points.map(({ atMs, usedBytes, sizeBytes }) => ({ atMs, used: usedBytes, size: sizeBytes }));
  const metadata = points.flatMap(({ atMs, metadataPercent }) =>
    metadataPercent === null ? [] : [{ atMs, used: metadataPercent, size: 100 }],
  );
  const of = (measure: TrendOfPool['measure'], history: readonly CapacityPoint[]): TrendOfPool => ({
    poolId,
    poolName,
    allocated: poolKind === 'volume-group',
    measure,
    atMs: newest.atMs,
    percent: percentOf(history.at(-1)),
    usedBytes: measure === 'data' ? newest.usedBytes : null,
    sizeBytes: measure === 'data' ? newest.sizeBytes : null,
    forecast: forecast(history),
    points: forChart(history),
  });
  return [of('data', data), ...(newest.metadataPercent === null ? [] : [of('metadata', metadata)])];
}

function percentOf(point: CapacityPoint | undefined): number {
  return point === undefined ? 0 : Math.min(100, (point.used / point.size) * 100);
}

/** The last month; the newest point always among them. */
function forChart(history: readonly CapacityPoint[]): TrendOfPool['points'] {
  const from = (history.at(-1)?.atMs ?? 0) - 30 * 86_400_000;
  const recent = history.filter(({ atMs }) => atMs >= from);
  const every = Math.ceil(recent.length / mostPoints);
  return recent
    .filter((_, index) => (recent.length - 1 - index) % every === 0)
    .map((point) => ({ atMs: point.atMs, percent: percentOf(point) }));
}
