import { connect, type TLSSocket } from 'node:tls';
import { isIP } from 'node:net';
import { AppError } from '../../errors/app-error';
import type { Certificate } from '../../../../src-preload/contract/result';
import { describeCertificate } from './certificate';
import { connectTimeoutMs } from './connector';
import { transportFailure } from './transport-errors';

/** What a server shows, and whether the system's own CAs vouch for it under that name. */
export interface ProbedCertificate {
  certificate: Certificate;
  systemTrusted: boolean;
}

/**
 * Looks at the certificate of a server. Nothing is sent but the greeting of TLS.
 *
 * @throws AppError `unreachable`, `cancelled`
 */
export function probeCertificate(
  address: string,
  port: number,
  signal?: AbortSignal,
): Promise<ProbedCertificate> {
  return new Promise((resolve, reject) => {
    const where = `${address}:${port}`;
    const socket: TLSSocket = connect({
      host: address,
      port,
      minVersion: 'TLSv1.2',
      ...(isIP(address) === 0 ? { servername: address } : {}),
      // SECURITY: looked at, never used: the connection is closed before anything could be asked.
      rejectUnauthorized: false,
      timeout: connectTimeoutMs,
    });
    const end = (finish: () => void): void => {
      signal?.removeEventListener('abort', onAbort);
      socket.destroy();
      finish();
    };
    const fail = (thrown: unknown): void => end(() => reject(transportFailure(thrown, where).error));
    const onAbort = (): void => end(() => reject(new AppError('cancelled', 'Cancelled.')));
    if (signal?.aborted === true) {
      onAbort();
      return;
    }
    signal?.addEventListener('abort', onAbort, { once: true });
    socket.once('error', fail);
    socket.once('timeout', () =>
      fail(Object.assign(new Error('timeout'), { code: 'UND_ERR_CONNECT_TIMEOUT' })),
    );
    socket.once('secureConnect', () => {
      const shown = socket.getPeerX509Certificate();
      if (shown === undefined) return fail(new Error('no certificate'));
      const answer = { certificate: describeCertificate(shown), systemTrusted: socket.authorized };
      return end(() => resolve(answer));
    });
  });
}
