/** One change at a time per host; those who wait are served in the order they came. */
export class HostLocks {
  readonly #tails = new Map<string, Promise<void>>();

  /** Runs `work` once every earlier holder of the same host has ended. */
  async hold<T>(hostId: string, work: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(hostId) ?? Promise.resolve();
    let release = (): void => undefined;
    const mine = new Promise<void>((resolve) => {
      release = resolve;
    });
    const tail = before.then(() => mine);
    this.#tails.set(hostId, tail);
    await before;
    try {
      return await work();
    } finally {
      release();
      if (this.#tails.get(hostId) === tail) this.#tails.delete(hostId);
    }
  }

  busy(hostId: string): boolean {
    return this.#tails.has(hostId);
  }
}
