import { createCore } from './create-core';
import { parentChannel } from './port/parent-channel';
import { serveCore } from './port/core-port';

/** The core itself, behind the entry that keeps its compiled code. */
export function serve(): void {
  serveCore(parentChannel(), createCore);
}
