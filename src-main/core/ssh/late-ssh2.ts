import { createRequire } from 'node:module';
import type * as Ssh2 from 'ssh2';

const load = createRequire(import.meta.url);

/** Loaded by the first connection: with undici a quarter of what the core ran before it could answer the first window. */
export const ssh2 = () => load('ssh2') as typeof Ssh2;
