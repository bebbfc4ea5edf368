import { AppError } from '../errors/app-error';

interface Ssh2Error extends Error {
  level?: string;
  code?: string;
}

/** What went wrong before a connection was ready, in words for people. */
export function connectError(
  thrown: unknown,
  peer: { name: string; address: string; port: number; user: string },
): AppError {
  if (thrown instanceof AppError) return thrown;
  const error: Ssh2Error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const where = `${peer.name} (${peer.address}, port ${peer.port})`;
  const options = { cause: error, detail: error.message };
  if (error.level === 'client-authentication') {
    return new AppError(
      'unauthorized',
      `${peer.name} refused the login of ${peer.user}. Check the user name and the credentials, then connect again.`,
      options,
    );
  }
  if (error.level === 'agent') {
    return new AppError(
      'unauthorized',
      `The SSH agent could not be used for ${peer.name}. Is it running, and does it hold a key?`,
      options,
    );
  }
  switch (error.code) {
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new AppError(
        'unreachable',
        `The name ${peer.address} could not be found. Check the address and your network.`,
        options,
      );
    case 'ECONNREFUSED':
      return new AppError(
        'unreachable',
        `${where} refused the connection: nothing listens there, or a firewall says no.`,
        options,
      );
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return new AppError(
        'unreachable',
        `There is no route to ${where}. Check your network or VPN.`,
        options,
      );
    default:
  }
  if (error.level === 'client-timeout' || error.code === 'ETIMEDOUT') {
    return new AppError('unreachable', `${where} did not answer in time.`, options);
  }
  return new AppError('unreachable', `The SSH connection to ${where} could not be made.`, options);
}
