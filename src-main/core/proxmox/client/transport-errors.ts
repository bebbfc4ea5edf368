import { AppError } from '../../errors/app-error';
import { undici } from './late-undici';
import { PinMismatch } from './connector';
import { RefusedAddress } from './peer-address';
import { withoutTickets } from './secret-names';

/** How a request ended that brought no answer. */
export interface TransportFailure {
  error: AppError;
  /** Proved: no byte of the request left. */
  notSent: boolean;
}

const causeOf = (thrown: unknown): unknown =>
  thrown instanceof Error && thrown.cause !== undefined && thrown instanceof TypeError
    ? thrown.cause
    : thrown;

const codeOf = (thrown: unknown): string =>
  typeof thrown === 'object' && thrown !== null && 'code' in thrown ? String(thrown.code) : '';

const connecting: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens on that port',
  EHOSTUNREACH: 'there is no route to it',
  ENETUNREACH: 'there is no route to it',
  ENOTFOUND: 'its name is not known',
  EAI_AGAIN: 'its name could not be looked up',
  UND_ERR_CONNECT_TIMEOUT: 'it did not answer in time',
};

function untrustedChain(where: string, code: string): AppError {
  const why: Readonly<Record<string, string>> = {
    CERT_HAS_EXPIRED: 'its certificate has expired',
    DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is signed by itself',
    SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is signed by an authority that is not known here',
    UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is signed by an authority that is not known here',
    UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate is signed by an authority that is not known here',
    ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
  };
  return new AppError(
    'untrusted-host',
    `${where} is not trusted: ${why[code] ?? 'its certificate was not accepted'}. Nothing was sent.`,
    {
      detail: code,
      remedy: 'Pin the certificate of this server instead, after comparing its fingerprint.',
    },
  );
}

const chainCodes = /^(?:CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|ERR_TLS_CERT)/;

/** Sorts what undici or TLS threw. Anything not proved to have happened before sending counts as sent. */
export function transportFailure(thrown: unknown, where: string): TransportFailure {
  const cause = causeOf(thrown);
  if (cause instanceof PinMismatch) {
    const { offered } = cause;
    return {
      notSent: true,
      error: new AppError(
        'untrusted-host',
        `${where} shows another certificate than the pinned one. Nothing was sent. Either it was renewed, or somebody stands between you and it.`,
        {
          detail: `offered: ${offered.sha256} (${offered.subject}, issued by ${offered.issuer})`,
          certificate: offered,
          remedy: 'Compare the fingerprint with the one that the node shows, then trust it again.',
        },
      ),
    };
  }
  if (cause instanceof RefusedAddress) {
    return {
      notSent: true,
      error: new AppError(
        'refused',
        `${where} is not asked: it leads to ${cause.address}, which is ${cause.why}. Nothing was sent.`,
        { remedy: 'Give the address of a node as the rest of your network knows it.' },
      ),
    };
  }
  const code = codeOf(cause);
  const why = connecting[code];
  if (why !== undefined) {
    return {
      notSent: true,
      error: new AppError('unreachable', `${where} cannot be reached: ${why}.`, { detail: code }),
    };
  }
  if (chainCodes.test(code)) return { notSent: true, error: untrustedChain(where, code) };
  if (code.startsWith('ERR_SSL') || code === 'EPROTO') {
    return {
      notSent: true,
      error: new AppError('unreachable', `${where} does not speak TLS. Nothing was sent.`, {
        detail: code,
        remedy: 'Proxmox VE listens with HTTPS on port 8006.',
      }),
    };
  }
  if (cause instanceof undici().errors.ResponseExceededMaxSizeError) {
    return {
      notSent: false,
      error: new AppError(
        'output-too-large',
        `${where} answered with more than Holdfast reads at a time, so nothing of it was used.`,
      ),
    };
  }
  if (cause instanceof Error && cause.name === 'TimeoutError') {
    return {
      notSent: false,
      error: new AppError('timed-out', `${where} did not answer in time.`, { detail: code }),
    };
  }
  if (/^UND_ERR_(?:HEADERS|BODY)_TIMEOUT$/.test(code)) {
    return {
      notSent: false,
      error: new AppError('timed-out', `${where} did not answer in time.`, { detail: code }),
    };
  }
  const message = cause instanceof Error ? cause.message : String(cause);
  return {
    notSent: false,
    error: new AppError('unreachable', `The connection to ${where} broke off.`, {
      detail: withoutTickets(`${code} ${message}`.trim()),
    }),
  };
}
