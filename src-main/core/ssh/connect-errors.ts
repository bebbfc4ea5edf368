import { AppError } from '../errors/app-error';

interface Ssh2Error extends Error {
  level?: string;
  code?: string;
}

interface Peer {
  name: string;
  address: string;
  port: number;
  user: string;
}

/** A host that is asked for its key only has no name yet. */
const place = ({ name, address, port }: Peer): string =>
  name === address ? `${address} (port ${port})` : `${name} (${address}, port ${port})`;

export function timedOut(peer: Peer): AppError {
  return new AppError(
    'unreachable',
    `${place(peer)} did not answer in time. Check the address, the network and the host’s firewall.`,
  );
}

/** The host key was accepted and the host then said no to us. `methods`: what the host would still take. */
export function loginRefused(
  { name, user }: Peer,
  kind: 'agent' | 'key' | 'password',
  methods: readonly string[],
  partialSuccess: boolean,
): AppError {
  const detail = methods.length === 0 ? undefined : `The host offers: ${methods.join(', ')}`;
  const refuse = (message: string): AppError => new AppError('unauthorized', message, { detail });
  if (partialSuccess) {
    return refuse(
      `${name} asks ${user} for a second factor, which Holdfast cannot answer. Let this login in with a key alone.`,
    );
  }
  switch (kind) {
    case 'agent':
      return refuse(
        `${name} accepted no key of your SSH agent for ${user}. Add the right key to the agent, or its public half to ${user}’s authorized_keys.`,
      );
    case 'key':
      return refuse(
        `${name} did not accept this key for ${user}. Check the user name, and that the key’s public half is in ${user}’s authorized_keys.`,
      );
    case 'password': {
      const takesPasswords = methods.includes('password') || methods.includes('keyboard-interactive');
      return refuse(
        takesPasswords || methods.length === 0
          ? `${name} did not accept the password of ${user}. Check the user name and enter the password again.`
          : `${name} does not take passwords. Use a key or the SSH agent for ${user}.`,
      );
    }
  }
}

/** What went wrong before a connection was ready, in words for people. */
export function connectError(thrown: unknown, peer: Peer): AppError {
  if (thrown instanceof AppError) return thrown;
  const error: Ssh2Error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const where = place(peer);
  const fail = (code: 'unreachable' | 'unauthorized', message: string): AppError =>
    new AppError(code, message, { cause: error, detail: error.message });
  if (error.level === 'client-authentication') {
    return fail(
      'unauthorized',
      `${peer.name} refused the login of ${peer.user}. Check the user name and the credentials, then connect again.`,
    );
  }
  if (error.level === 'agent') {
    return fail(
      'unauthorized',
      `The SSH agent could not be used for ${peer.name}. Is it running and unlocked, and does it hold a key?`,
    );
  }
  switch (error.code) {
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return fail(
        'unreachable',
        `The name ${peer.address} could not be found. Check the address and your network.`,
      );
    case 'ECONNREFUSED':
      return fail(
        'unreachable',
        `${where} refused the connection: nothing listens there, or a firewall says no.`,
      );
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return fail('unreachable', `There is no route to ${where}. Check your network or VPN.`);
    case 'ETIMEDOUT':
      return fail(
        'unreachable',
        `${where} did not answer in time. Check the address, the network and the host’s firewall.`,
      );
    default:
  }
  if (error.level === 'handshake' && error.message.includes('no matching')) {
    return fail(
      'unreachable',
      `${where} and Holdfast share no safe way to talk. The host needs OpenSSH 7.2 or newer, with its usual algorithms.`,
    );
  }
  return fail('unreachable', `The SSH connection to ${where} could not be made.`);
}
