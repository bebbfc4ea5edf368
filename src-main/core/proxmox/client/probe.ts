import type { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { AppError } from '../../errors/app-error';
import type { Certificate } from '../../../../src-preload/contract/result';
import { describeCertificate } from './certificate';
import { connectTimeoutMs } from './connector';
import { checkLiteral, guardedLookup } from './peer-address';
import { transportFailure } from './transport-errors';

/** What a server shows, and whether the given authorities, or those of the system, vouch for it under that name. */
export interface ProbedCertificate {
  certificate: Certificate;
  /** Itself, for its signature. */
  shown: X509Certificate;
  vouched: boolean;
}

export interface ProbeOptions {
  /** Authorities in PEM instead of those of the system. */
  authorities?: string;
  /** For the embedded demo clusters only. */
  allowLoopback?: boolean;
  signal?: AbortSignal;
}

/**
 * Looks at the certificate of a server. Nothing is sent but the greeting of TLS.
 *
 * @throws AppError `unreachable`, `refused` for an address that no node can have, `cancelled`
 */
export function probeCertificate(
  address: string,
  port: number,
  { authorities, allowLoopback = false, signal }: ProbeOptions = {},
): Promise<ProbedCertificate> {
  return new Promise((resolve, reject) => {
    const where = `${address}:${port}`;
    try {
      checkLiteral(address, allowLoopback);
    } catch (thrown) {
      reject(transportFailure(thrown, where).error);
      return;
    }
    const socket: TLSSocket = connect({
      host: address,
      port,
      minVersion: 'TLSv1.2',
      lookup: guardedLookup(allowLoopback),
      ...(authorities === undefined ? {} : { ca: authorities }),
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
      const answer = { certificate: describeCertificate(shown), shown, vouched: socket.authorized };
      return end(() => resolve(answer));
    });
  });
}
