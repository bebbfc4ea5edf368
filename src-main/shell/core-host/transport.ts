import type { ToCore } from '../../core/port/protocol';
import type { StartOptions } from '../../core/port/start-options';

export interface CoreEnd {
  code: number | null;
  signal: string | null;
  /** The last words on stderr: a stack trace, never a request. */
  stderrTail: string;
}

/** One running core. Two hosts, one interface: Electron's utility process, or a child of another Node. */
export interface CoreTransport {
  readonly pid: number | undefined;
  post(message: ToCore): void;
  /** Raw messages; the caller parses them. */
  onMessage(listener: (message: unknown) => void): void;
  /** Called exactly once. */
  onEnd(listener: (end: CoreEnd) => void): void;
  /** At once and for certain. */
  kill(): void;
}

export type LaunchCore = (options: StartOptions) => CoreTransport;

const tailBytes = 4096;

/** Keeps the end of a stream that may be endless. */
export function createTail(): { add(chunk: unknown): void; text(): string } {
  let text = '';
  return {
    add: (chunk) => {
      text = (text + String(chunk)).slice(-tailBytes);
    },
    text: () => text,
  };
}
