/** Reads of this session, counted per host for the one summary row that the audit gets of them. */
export interface ReadCount {
  reads: number;
  refreshes: number;
  firstAtMs: number;
  lastAtMs: number;
}

export class ReadMeter {
  readonly #counts = new Map<string, ReadCount>();

  constructor(private readonly nowMs: () => number) {}

  /** One read for planning, verifying or looking up. */
  read(hostId: string): void {
    this.#count(hostId).reads += 1;
  }

  /** One reading of a whole inventory. */
  refresh(hostId: string): void {
    this.#count(hostId).refreshes += 1;
  }

  /** Hands over what was counted for a host and starts anew. null: nothing was read. */
  take(hostId: string): ReadCount | null {
    const count = this.#counts.get(hostId) ?? null;
    this.#counts.delete(hostId);
    return count;
  }

  hostIds(): string[] {
    return [...this.#counts.keys()];
  }

  #count(hostId: string): ReadCount {
    const now = this.nowMs();
    let count = this.#counts.get(hostId);
    if (count === undefined) {
      count = { reads: 0, refreshes: 0, firstAtMs: now, lastAtMs: now };
      this.#counts.set(hostId, count);
    }
    count.lastAtMs = now;
    return count;
  }
}
