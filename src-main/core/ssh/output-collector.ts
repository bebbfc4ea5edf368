/**
 * What stands between the noise of a shell's start-up files and the output of our command on noisy hosts. A constant,
 * so that the command line a plan shows is the very one that is sent, also over a later connection.
 */
export const outputMarker = 'holdfast-output-starts-here';

/**
 * Collects one output stream: leaves out what comes before the marker line, then decodes UTF-8. The noise is dropped
 * as bytes, because start-up files write in any encoding.
 */
export class OutputCollector {
  readonly #decoder: InstanceType<typeof TextDecoder>;
  readonly #markerLine: Buffer | null;
  #parts: string[] = [];
  /** The end of what came so far, in which the marker may have begun; null: the marker was found, or there is none. */
  #tail: Buffer | null;

  constructor(
    fatal: boolean,
    marker: string | null,
    private readonly onText: (text: string) => void,
    private readonly keep = true,
  ) {
    this.#decoder = new TextDecoder('utf-8', { fatal, ignoreBOM: true });
    this.#markerLine = marker === null ? null : Buffer.from(`${marker}\n`, 'latin1');
    this.#tail = marker === null ? null : Buffer.alloc(0);
  }

  /** Whether output began; false: the shell never printed the marker. */
  get started(): boolean {
    return this.#tail === null;
  }

  /** @throws TypeError on bytes that are no UTF-8, when fatal */
  add(chunk: Buffer): void {
    if (this.#tail === null || this.#markerLine === null) {
      this.#take(this.#decoder.decode(chunk, { stream: true }));
      return;
    }
    const seen = Buffer.concat([this.#tail, chunk]);
    const at = seen.indexOf(this.#markerLine);
    if (at < 0) {
      this.#tail = seen.subarray(-(this.#markerLine.length - 1));
      return;
    }
    this.#tail = null;
    this.#take(this.#decoder.decode(seen.subarray(at + this.#markerLine.length), { stream: true }));
  }

  /**
   * All of it; nothing where it was not to be kept.
   * @throws TypeError on a character cut off at the end, when fatal
   */
  finish(): string {
    this.#take(this.#decoder.decode());
    return this.#parts.join('');
  }

  #take(text: string): void {
    if (text === '') return;
    if (this.keep) this.#parts.push(text);
    this.onText(text);
  }
}
