import { createRequire } from 'node:module';
import type * as Undici from 'undici';

const load = createRequire(import.meta.url);

/** Loaded by the first connection: with ssh2 a quarter of what the core ran before it could answer the first window. */
export const undici = () => load('undici') as typeof Undici;
