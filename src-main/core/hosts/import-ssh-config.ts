import type { Request, Response } from '../../../src-preload/contract';
import type { Auth, Host } from '../../../src-preload/contract/hosts';
import { toAppError } from '../errors/app-error';
import { displayPath, readKeyFile } from './key-file-registry';
import { newHostId } from './host-id';
import { readSshConfig, type SshConfigHost } from './ssh-config';
import type { HostStore, KeyFileRegistry } from './types';

export interface ImportOptions {
  path: string;
  hosts: Pick<HostStore, 'list' | 'add' | 'refusal'>;
  keyFiles: KeyFileRegistry;
  /** Names of clusters, which no host may have. */
  clusterNames: () => readonly string[];
  nowMs: () => number;
}

const namesOf = ({ hosts, clusterNames }: ImportOptions): Set<string> =>
  new Set([...hosts.list().map(({ name }) => name), ...clusterNames()]);

export function listSshConfig(options: ImportOptions): Response<'hosts:readSshConfig'> {
  const { hosts, notes } = readSshConfig(options.path, namesOf(options));
  return {
    displayPath: displayPath(options.path),
    notes,
    entries: hosts.map(({ keyFilePath: _path, ...entry }) => entry),
  };
}

/** An encrypted key asks for its passphrase in the host's settings later; one that is no key is left to the agent. */
function authOf({ keyFilePath }: SshConfigHost, keyFiles: KeyFileRegistry): Auth {
  if (keyFilePath === null) return { kind: 'agent' };
  try {
    readKeyFile(keyFilePath);
  } catch (thrown) {
    if (toAppError(thrown).code !== 'invalid-request') throw thrown;
    return { kind: 'agent' };
  }
  return {
    kind: 'key-file',
    keyFileId: keyFiles.register(keyFilePath),
    displayPath: displayPath(keyFilePath),
  };
}

/**
 * Adds chosen entries at the level `view`; the fingerprint of each is decided on at its first connection.
 * Jump hosts come before those they lead to.
 */
export function importSshConfig(
  { aliases, sudo, environment }: Request<'hosts:importSshConfig'>,
  options: ImportOptions,
): Response<'hosts:importSshConfig'> {
  const { hosts: found } = readSshConfig(options.path, namesOf(options));
  const wanted = new Set(aliases);
  const added: Host[] = [];
  const refused: { alias: string; reason: string }[] = [];
  const decided = new Set<string>();

  const decide = (alias: string): void => {
    if (decided.has(alias)) return;
    decided.add(alias);
    const entry = found.find((each) => each.alias === alias);
    if (entry === undefined) {
      refused.push({ alias, reason: 'It is not in the file any more.' });
      return;
    }
    if (entry.obstacle !== null) {
      refused.push({ alias, reason: entry.obstacle });
      return;
    }
    if (entry.via !== null && wanted.has(entry.via)) decide(entry.via);
    const jump = options.hosts.list().find(({ name }) => name === entry.via);
    if (entry.via !== null && jump === undefined) {
      refused.push({ alias, reason: `Its jump host ${entry.via} is not in the list.` });
      return;
    }
    const host: Host = {
      id: newHostId(alias),
      name: alias,
      address: entry.address,
      port: entry.port,
      user: entry.user,
      auth: authOf(entry, options.keyFiles),
      sudo,
      environment,
      accessLevel: 'view',
      ...(jump === undefined ? {} : { via: jump.id }),
      demo: false,
      createdAtMs: options.nowMs(),
    };
    const refusal = options.hosts.refusal(host);
    if (refusal !== null) {
      refused.push({ alias, reason: refusal });
      return;
    }
    options.hosts.add(host);
    added.push(host);
  };
  for (const alias of aliases) decide(alias);
  return { added, refused };
}
