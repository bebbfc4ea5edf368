import { TLSSocket } from 'node:tls';
import type { buildConnector } from 'undici';
import type { Certificate } from '../../../../src-preload/contract/result';
import { undici } from './late-undici';
import { describeCertificate } from './certificate';
import { checkLiteral, guardedLookup, RefusedAddress } from './peer-address';

/** In milliseconds. */
export const connectTimeoutMs = 10_000;

/**
 * What a server must show: one pinned leaf certificate (`AA:BB:…`, SHA-256), or a chain that a given CA or the
 * system's CAs signed for its name. Exactly one of them; there is no way to accept whatever comes.
 */
export type Trust = { kind: 'pin'; sha256: string } | { kind: 'ca'; pem: string } | { kind: 'system' };

/** The server showed another certificate than the pinned one. Nothing was sent to it. */
export class PinMismatch extends Error {
  constructor(readonly offered: Certificate) {
    super('The server showed another certificate than the pinned one.');
  }
}

/**
 * Opens TLS connections of which every single one has been checked before the first byte of a request.
 *
 * SECURITY: the pin is compared here and not in `checkServerIdentity`, which Node does not call for resumed sessions and
 * untrusted chains. Sessions are not kept, so none is ever resumed. Addresses that no node can have are refused before
 * anything is sent to them, also when a name leads there.
 */
export function trustedConnector(trust: Trust, allowLoopback = false): buildConnector.connector {
  const connect = undici().buildConnector({
    timeout: connectTimeoutMs,
    minVersion: 'TLSv1.2',
    ALPNProtocols: ['http/1.1'],
    maxCachedSessions: 0,
    allowH2: false,
    lookup: guardedLookup(allowLoopback),
    // With a pin the chain says nothing: the certificate itself is compared below.
    rejectUnauthorized: trust.kind !== 'pin',
    ...(trust.kind === 'ca' ? { ca: trust.pem } : {}),
  });
  return (options, callback) => {
    try {
      checkLiteral(options.hostname, allowLoopback);
    } catch (thrown) {
      if (!(thrown instanceof RefusedAddress)) throw thrown;
      return callback(thrown, null);
    }
    return connect(options, (...result) => {
      const [error, socket] = result;
      if (error !== null) return callback(error, null);
      if (!(socket instanceof TLSSocket)) {
        socket.destroy();
        return callback(new Error('Only HTTPS is spoken here.'), null);
      }
      if (trust.kind === 'pin') {
        const shown = socket.getPeerX509Certificate();
        if (shown?.fingerprint256 !== trust.sha256) {
          socket.destroy();
          return callback(
            shown === undefined
              ? new Error('The server showed no certificate.')
              : new PinMismatch(describeCertificate(shown)),
            null,
          );
        }
      }
      return callback(null, socket);
    });
  };
}
