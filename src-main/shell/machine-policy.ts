import { closeSync, fstatSync, openSync, readFileSync, statSync, type Stats } from 'node:fs';
import { posix, resolve } from 'node:path';
import { machinePolicySchema, type LoadedPolicy } from '../../src-preload/contract/machine-policy';
import { ConfigError, parseConfig } from './config';

/**
 * Where whoever looks after a computer puts what Holdfast may do on it. SECURITY: fixed, because a variable is up to the
 * person at it.
 */
const machinePaths: Partial<Record<NodeJS.Platform, string>> = {
  linux: '/etc/holdfast/policy.json',
  darwin: '/Library/Application Support/Holdfast/policy.json',
  win32: 'C:\\ProgramData\\Holdfast\\policy.json',
};

const mostBytes = 1024 * 1024;

export interface PolicyPlace {
  /** null: this platform has none. */
  path: string | null;
  /** Who alone may write file and folder; null: not looked at, because the platform tells it by other means. */
  ownerUid: number | null;
}

export const machinePlace = (platform: NodeJS.Platform): PolicyPlace => ({
  path: machinePaths[platform] ?? null,
  ownerUid: platform === 'win32' ? null : 0,
});

function checkOwner(path: string, { uid, mode }: Stats, ownerUid: number): void {
  if (uid === ownerUid && (mode & 0o022) === 0) return;
  throw new ConfigError(
    `${path} can be written by others than its administrator, so it is no policy of this computer. It has to belong to ${ownerUid === 0 ? 'root' : `user ${ownerUid}`}, and nobody else may write it.`,
  );
}

function readText(path: string, ownerUid: number | null): string | null {
  let handle: number;
  try {
    handle = openSync(path, 'r');
  } catch (thrown) {
    const code = thrown instanceof Error && 'code' in thrown ? thrown.code : null;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw new ConfigError(`${path} cannot be read: ${String(thrown)}`, { cause: thrown });
  }
  try {
    const found = fstatSync(handle);
    if (ownerUid !== null) {
      checkOwner(path, found, ownerUid);
      const folder = posix.dirname(path);
      // Who may write the folder could put another file in its place.
      checkOwner(folder, statSync(folder), ownerUid);
    }
    if (found.size > mostBytes) throw new ConfigError(`${path} is larger than ${mostBytes} bytes.`);
    return readFileSync(handle, 'utf8');
  } finally {
    closeSync(handle);
  }
}

/**
 * What limits this start: the policy of the computer, and the one that `HOLDFAST_POLICY` names. Each limits further, so
 * that the second can take away and never give.
 *
 * @throws ConfigError when one is there, or named, and cannot be used whole
 */
export function readPolicies(
  environment: NodeJS.ProcessEnv,
  { path, ownerUid }: PolicyPlace,
): LoadedPolicy[] {
  const loaded: LoadedPolicy[] = [];
  const machine = path === null ? null : readText(path, ownerUid);
  if (path !== null && machine !== null) {
    loaded.push({ path, policy: parseConfig(path, machine, machinePolicySchema) });
  }
  const named = environment['HOLDFAST_POLICY'];
  if (named !== undefined && named !== '') {
    const own = resolve(named);
    const text = readText(own, null);
    if (text === null) throw new ConfigError(`${own}, which HOLDFAST_POLICY names, is not there.`);
    loaded.push({ path: own, policy: parseConfig(own, text, machinePolicySchema) });
  }
  return loaded;
}
