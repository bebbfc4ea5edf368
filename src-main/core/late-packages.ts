import { createRequire } from 'node:module';
import type * as Ssh2 from 'ssh2';
import type * as Undici from 'undici';

/**
 * Packages that only a connection needs, loaded by the first one: together they are a quarter of what the core runs
 * before it can answer the first window.
 */
const load = createRequire(import.meta.url);

export const ssh2 = () => load('ssh2') as typeof Ssh2;
export const undici = () => load('undici') as typeof Undici;
