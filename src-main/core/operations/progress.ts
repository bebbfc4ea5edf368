import type { OperationProgress } from '../../../src-preload/contract/operations';

type Stream = 'stdout' | 'stderr';

/** Between two output events of one operation, in milliseconds: smooth to the eye, light on the port. */
const intervalMs = 100;
/** Characters of output told to the page per operation; the audit and the answer have their own share. */
const outputCap = 256 * 1024;

/** Tells the page how an operation goes. Phases go at once; output is gathered and capped. */
export class ProgressReporter {
  #pending: { stepIndex: number; stream: Stream; chunk: string }[] = [];
  #timer: NodeJS.Timeout | null = null;
  #told = 0;
  #capped = false;
  #phase: OperationProgress['phase'] = 'confirming';

  constructor(
    private readonly planId: string,
    readonly operationId: string,
    private readonly emit: (progress: OperationProgress) => void,
  ) {}

  phase(phase: OperationProgress['phase'], stepIndex: number | null = null): void {
    this.flush();
    this.#phase = phase;
    this.#send(stepIndex, null);
  }

  output(stepIndex: number, stream: Stream, chunk: string): void {
    if (chunk === '' || this.#capped) return;
    const room = outputCap - this.#told;
    this.#told += chunk.length;
    this.#capped = chunk.length > room;
    const kept = this.#capped ? `${chunk.slice(0, room)}\n… more output is not shown\n` : chunk;
    const last = this.#pending.at(-1);
    if (last?.stepIndex === stepIndex && last.stream === stream) last.chunk += kept;
    else this.#pending.push({ stepIndex, stream, chunk: kept });
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.flush();
    }, intervalMs);
  }

  /** Sends what is gathered. Also ends the timer, so call it when the operation ends. */
  flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const pending = this.#pending;
    this.#pending = [];
    for (const { stepIndex, stream, chunk } of pending) this.#send(stepIndex, { stream, chunk });
  }

  #send(stepIndex: number | null, output: OperationProgress['output']): void {
    this.emit({ planId: this.planId, operationId: this.operationId, phase: this.#phase, stepIndex, output });
  }
}
