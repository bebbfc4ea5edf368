/** How long nothing must have been planned or run, in milliseconds. */
const quietMs = 300;
/** What is due waits no longer than this, in milliseconds. */
const patienceMs = 30_000;

interface Due {
  smart: boolean;
  late: NodeJS.Timeout;
  soon: NodeJS.Timeout | null;
}

/**
 * Has a host read again after changes, once nothing is planned or run on it. Reading a whole host takes it longer than
 * most changes do: between two of them it would only be in the way of the second, and tell nothing that the reading after
 * it does not.
 */
export class WhenQuiet {
  readonly #underWay = new Map<string, number>();
  readonly #due = new Map<string, Due>();

  constructor(private readonly read: (hostId: string, options: { smart: boolean }) => void) {}

  /** Work that a reading is to wait for. */
  async during<T>(hostId: string, work: () => Promise<T>): Promise<T> {
    this.#underWay.set(hostId, (this.#underWay.get(hostId) ?? 0) + 1);
    this.#stopWaiting(hostId);
    try {
      return await work();
    } finally {
      const left = (this.#underWay.get(hostId) ?? 1) - 1;
      if (left > 0) this.#underWay.set(hostId, left);
      else this.#underWay.delete(hostId);
      this.#wait(hostId);
    }
  }

  readSoon(hostId: string, { smart }: { smart: boolean }): void {
    const due = this.#due.get(hostId);
    if (due !== undefined) {
      due.smart ||= smart;
      return;
    }
    const late = setTimeout(() => this.#readNow(hostId), patienceMs).unref();
    this.#due.set(hostId, { smart, late, soon: null });
    this.#wait(hostId);
  }

  /** A reading that begins now is the one that was due; null: none was. */
  take(hostId: string): { smart: boolean } | null {
    const due = this.#due.get(hostId);
    if (due === undefined) return null;
    clearTimeout(due.late);
    this.#stopWaiting(hostId);
    this.#due.delete(hostId);
    return { smart: due.smart };
  }

  /** What is due is left out. */
  close(): void {
    for (const hostId of [...this.#due.keys()]) this.take(hostId);
  }

  #wait(hostId: string): void {
    const due = this.#due.get(hostId);
    if (due === undefined || this.#underWay.has(hostId)) return;
    due.soon ??= setTimeout(() => this.#readNow(hostId), quietMs).unref();
  }

  #stopWaiting(hostId: string): void {
    const due = this.#due.get(hostId);
    if (due === undefined || due.soon === null) return;
    clearTimeout(due.soon);
    due.soon = null;
  }

  #readNow(hostId: string): void {
    const due = this.take(hostId);
    if (due !== null) this.read(hostId, due);
  }
}
