import { hostname, userInfo } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';

/** What environment and arguments say about this start. */
export interface StartUp {
  /** null: Electron's own choice. */
  userData: string | null;
  demo: boolean;
  /** The fallback runtime for evaluation and tests. */
  evaluationRuntime: boolean;
  /** Node that hosts the core; null: Electron's utility process. */
  coreNode: string | null;
  /** null: the built page over `holdfast://app/`. */
  devServerUrl: string | null;
}

function loopbackUrl(text: string | undefined): string | null {
  if (text === undefined) return null;
  try {
    const url = new URL(text);
    const loopback = url.hostname === 'localhost' || url.hostname === '127.0.0.1';
    return url.protocol === 'http:' && loopback ? url.href : null;
  } catch {
    return null;
  }
}

/**
 * SECURITY: an installed app takes neither its core's Node nor its page from the environment. `packaged` is
 * false for a development copy and for the fallback runtime, and only those do; the fallback never uses a dev server.
 */
export function readStartUp(
  environment: NodeJS.ProcessEnv,
  argv: readonly string[],
  packaged: boolean,
): StartUp {
  const evaluationRuntime = environment['HOLDFAST_EVALUATION_RUNTIME'] === '1';
  const coreNode = environment['HOLDFAST_CORE_NODE'];
  const userData = environment['HOLDFAST_USER_DATA'];
  return {
    userData: userData === undefined || userData === '' ? null : resolve(userData),
    demo: argv.includes('--demo') || environment['HOLDFAST_DEMO'] === '1',
    evaluationRuntime,
    coreNode: !packaged && coreNode !== undefined && isAbsolute(coreNode) ? coreNode : null,
    devServerUrl: packaged || evaluationRuntime ? null : loopbackUrl(environment['ELECTRON_RENDERER_URL']),
  };
}

/** Only root on Linux runs without Chromium's sandbox, and only when the launcher says so. */
export function startsUnsandboxed(
  platform: NodeJS.Platform,
  userId: number | undefined,
  noSandboxSwitch: boolean,
): boolean {
  return platform === 'linux' && userId === 0 && noSandboxSwitch;
}

/** One's own hosts and the demo fleet never share a file. */
export function profileDirectory(userData: string, demo: boolean): string {
  return demo ? join(userData, 'demo') : userData;
}

/** The core's part of a profile; Chromium keeps its own files beside it. */
export function dataDirectory(userData: string, demo: boolean): string {
  return join(profileDirectory(userData, demo), 'data');
}

/** `user@laptop`, written to every audit row. */
export function describeActor(environment: NodeJS.ProcessEnv = process.env): string {
  let user: string;
  try {
    user = userInfo().username;
  } catch {
    // A container's user without a passwd entry.
    user = environment['USER'] ?? `uid-${process.getuid?.() ?? 'unknown'}`;
  }
  return `${user}@${hostname()}`.slice(0, 320);
}
