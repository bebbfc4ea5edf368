import type { Host } from '../../../src-preload/contract/hosts';
import type { HostKey } from '../../../src-preload/contract/result';
import type { Login } from './connection';
import { describeKey, judgeHostKey, pinName, untrusted, type PinnedKey } from './host-key';
import type { Hop } from './jump';
import { lookUpKnownHosts } from './known-hosts';

export interface HopOptions {
  /** By the name of `pinName`. */
  pinnedKeys: (name: string, port: number) => readonly PinnedKey[];
  knownHostsPath: string;
  /** Asked after the host key was accepted. Throws AppError `unauthorized` or `vault-unavailable`. */
  login: (host: Host) => Promise<Login>;
  /** The jump hosts on the way to a host, nearest first. Throws AppError when one is gone or leads back. */
  route: (host: Host) => readonly Host[];
  connectTimeoutSeconds?: number | undefined;
}

function hopTo(host: Host, options: HopOptions, signal: AbortSignal): Hop {
  const { address, port, user, name, via } = host;
  const pinned = (): readonly PinnedKey[] => options.pinnedKeys(pinName(host), port);
  const trusted = (): HostKey[] =>
    pinned()
      .filter(({ revoked }) => !revoked)
      .map(({ key }) => key);
  return {
    target: { name, address, port, user },
    preferredKeyTypes: trusted().map(({ type }) => type),
    timeoutSeconds: options.connectTimeoutSeconds ?? 15,
    signal,
    verifyHostKey: (publicKey) => {
      const offered = describeKey(publicKey);
      const { revoked } = lookUpKnownHosts(options.knownHostsPath, address, port, publicKey);
      const verdict = revoked ? 'revoked' : judgeHostKey(pinned(), offered);
      if (verdict === 'trusted') return;
      throw untrusted(name, { reason: verdict, address, port, via, offered, known: trusted() });
    },
    login: () => options.login(host),
  };
}

/** A host behind its jump hosts, each judged by its own pinned key and logged in to by itself. */
export function hopsTo(host: Host, options: HopOptions, signal: AbortSignal): [Hop, ...Hop[]] {
  const [first, ...rest] = [...options.route(host), host].map((each) => hopTo(each, options, signal));
  return [first ?? hopTo(host, options, signal), ...rest];
}
