import type { Request, Response } from '../../../src-preload/contract';
import type { HostKey, HostKeyProblem } from '../../../src-preload/contract/result';
import { AppError } from '../errors/app-error';
import type { ConfirmQuestion, ShellPort } from '../port/shell-port';
import { fetchHostKey } from '../ssh/connection';
import { describeKey, judgeHostKey, pinName, untrusted } from '../ssh/host-key';
import { reachThrough, type Hop } from '../ssh/jump';
import { knownHostsTypes, lookUpKnownHosts } from '../ssh/known-hosts';
import { visible } from '../operations/confirm-words';
import { displayPath, readKeyFile } from './key-file-registry';
import type { KeyFileRegistry, KnownHostKeys } from './types';

export interface TrustOptions {
  knownKeys: KnownHostKeys;
  keyFiles: KeyFileRegistry;
  knownHostsPath: string;
  shell: Pick<ShellPort, 'confirm' | 'chooseOpenPath'>;
  /** The jump host of that id and those on the way to it. Left out: there are none. */
  hopsTo?: (hostId: string, signal: AbortSignal) => [Hop, ...Hop[]];
  timeoutSeconds?: number;
}

/** What is asked for its key. */
interface Peer {
  address: string;
  port: number;
  via?: string | undefined;
}

const line = ({ type, sha256 }: HostKey): string => `${type}\n${sha256}`;

/** What the person's own known_hosts says of the key that is asked about. */
export type KnownHostsHint = 'same-key' | 'other-keys' | 'nothing';

function hintLines(hint: KnownHostsHint): string[] {
  switch (hint) {
    case 'same-key':
      return ['', 'Your file ~/.ssh/known_hosts holds this very key for this address.'];
    case 'other-keys':
      return [
        '',
        'WARNING: your file ~/.ssh/known_hosts holds other keys for this address, and not this one. Somebody may stand between you and the host.',
      ];
    case 'nothing':
      return [];
  }
}

/** The words of the native dialog for a key that is not pinned. */
export function trustQuestion(
  problem: HostKeyProblem,
  hint: KnownHostsHint,
  jumpHost?: string,
): ConfirmQuestion {
  const through = jumpHost === undefined ? '' : ` (reached through ${visible(jumpHost)})`;
  const where = `${problem.address}, port ${problem.port}${through}`;
  if (problem.reason === 'changed') {
    return {
      kind: 'trust-host-key',
      title: `Replace the host key of ${problem.address}?`,
      message: `The host key of ${where} has CHANGED.`,
      detail: [
        'Either the host was reinstalled, or somebody stands between you and it. Compare with the host’s own console.',
        '',
        'Pinned until now:',
        ...problem.known.map(line),
        '',
        'Offered now:',
        line(problem.offered),
        ...hintLines(hint),
      ].join('\n'),
      confirmLabel: 'Replace the pinned key',
    };
  }
  return {
    kind: 'trust-host-key',
    title: `Trust the host key of ${problem.address}?`,
    message: `Holdfast has not seen ${where} before.`,
    detail: [
      'Compare this fingerprint with the one that the host’s own console shows. Nothing secret has been sent yet.',
      '',
      line(problem.offered),
      ...hintLines(hint),
    ].join('\n'),
    confirmLabel: 'Trust this key',
  };
}

/** Looking at and deciding about host keys and key files. */
export function createTrust({
  knownKeys,
  keyFiles,
  knownHostsPath,
  shell,
  hopsTo,
  timeoutSeconds = 15,
}: TrustOptions) {
  const hopsOf = ({ via }: Peer, signal: AbortSignal) =>
    via === undefined || hopsTo === undefined ? null : hopsTo(via, signal);
  const look = async (peer: Peer, signal: AbortSignal) => {
    const { address, port } = peer;
    const pinned = knownKeys.find(pinName(peer), port);
    const known = pinned.filter(({ revoked }) => !revoked).map(({ key }) => key);
    // Of several keys of a host the one that is known already is asked for, so that a type nobody has seen yet
    // does not look like a change.
    const preferredKeyTypes =
      known.length > 0 ? known.map(({ type }) => type) : knownHostsTypes(knownHostsPath, address, port);
    const options = { preferredKeyTypes, timeoutSeconds, signal };
    const hops = hopsOf(peer, signal);
    const publicKey = await (hops === null
      ? fetchHostKey({ address, port }, options)
      : reachThrough(hops, { ...options, target: { name: address, address, port } }, (stream) =>
          fetchHostKey({ address, port }, { ...options, stream }),
        ));
    const offered = describeKey(publicKey);
    const inFile = lookUpKnownHosts(knownHostsPath, address, port, publicKey);
    const status = inFile.revoked ? ('revoked' as const) : judgeHostKey(pinned, offered);
    const hint: KnownHostsHint = inFile.known ? 'same-key' : inFile.otherKeys ? 'other-keys' : 'nothing';
    return { status, offered, known, publicKey, hint };
  };

  return {
    probeKey: async (
      request: Request<'hosts:probeKey'>,
      signal: AbortSignal,
    ): Promise<Response<'hosts:probeKey'>> => {
      const { status, offered, known, hint } = await look(request, signal);
      return { status, offered, known, knownHostsMatch: hint === 'same-key' };
    },

    /**
     * SECURITY: the key is fetched anew and must be the one the page showed; the dialog shows what was fetched,
     * and exactly that is pinned.
     */
    trustKey: async (
      request: Request<'hosts:trustKey'>,
      signal: AbortSignal,
    ): Promise<Response<'hosts:trustKey'>> => {
      const { address, port, via, sha256 } = request;
      const { status, offered, known, publicKey, hint } = await look(request, signal);
      if (status === 'trusted') return { trusted: true };
      const problem: HostKeyProblem = { reason: status, address, port, via, offered, known };
      if (status === 'revoked') throw untrusted(address, problem);
      if (offered.sha256 !== sha256) {
        throw new AppError(
          'untrusted-host',
          `${address} now offers another host key than the one you looked at. Nothing was trusted. Compare again.`,
          { hostKey: problem },
        );
      }
      const jumpHost = hopsOf(request, signal)?.at(-1)?.target.name;
      if (!(await shell.confirm(trustQuestion(problem, hint, jumpHost), signal))) return { trusted: false };
      knownKeys.pin(pinName(request), port, offered, publicKey.toString('base64'));
      return { trusted: true };
    },

    chooseKeyFile: async (): Promise<Response<'hosts:chooseKeyFile'>> => {
      const path = await shell.chooseOpenPath('Choose a private SSH key', [], 'ssh-directory');
      if (path === null) return { keyFile: null };
      const { encrypted } = readKeyFile(path);
      return { keyFile: { keyFileId: keyFiles.register(path), displayPath: displayPath(path), encrypted } };
    },
  };
}
