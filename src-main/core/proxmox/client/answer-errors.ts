import { AppError } from '../../errors/app-error';
import { withoutSecrets, type ApiParameters, type Hidden } from './parameters';
import { withoutTickets } from './secret-names';

/** An answer other than success, as far as it could be read. */
export interface Refusal {
  status: number;
  /** The reason phrase of HTTP: where Proxmox VE before 8.4 puts its message, and nowhere else. */
  reason: string;
  body: { message?: string; errors?: Record<string, string> } | null;
}

export interface Asked {
  cluster: string;
  /** What we were doing: `start the guest`. */
  operation: string;
  parameters: ApiParameters;
  hidden?: Hidden;
  /** Whose rights decide. */
  who: 'token' | 'user';
}

const limit = 2000;

function messageOf({ reason, body, status }: Refusal): string {
  const text = (body?.message ?? '').trim() || reason.trim();
  return text === '' ? `HTTP ${status}` : text;
}

/** `Permission check failed (/vms/100, VM.Snapshot)` */
export function missingPrivilege(message: string): { path: string; privilege: string } | null {
  const found = /\((\/[^,()\s]*), ([A-Za-z][A-Za-z.|]*)\)/.exec(message);
  return found === null ? null : { path: found[1] ?? '', privilege: found[2] ?? '' };
}

function forbidden({ cluster, operation, who }: Asked, message: string): AppError {
  const missing = missingPrivilege(message);
  const could = `${cluster}: the ${who} may not ${operation}.`;
  if (missing === null) {
    return new AppError('forbidden', `${could} Nothing was changed.`, {
      detail: message.slice(0, limit),
      remedy:
        who === 'user'
          ? 'Look at the permissions of the user.'
          : 'Look at the permissions of the token and of its user: with privilege separation it needs both.',
    });
  }
  return new AppError(
    'forbidden',
    `${could} It lacks ${missing.privilege} on ${missing.path}. Nothing was changed.`,
    {
      detail: message.slice(0, limit),
      remedy:
        who === 'user'
          ? `Give the user a role with ${missing.privilege} on ${missing.path}: pveum acl modify ${missing.path} --users USER@REALM --roles ROLE`
          : `Give user and token a role with ${missing.privilege} on ${missing.path}: pveum acl modify ${missing.path} --tokens 'USER@REALM!TOKEN' --roles ROLE`,
    },
  );
}

const betweenNodes: Readonly<Record<number, string>> = {
  595: 'the node could not be reached by the one that was asked',
  596: 'the node did not answer the one that was asked in time',
  597: 'the answer of the node broke off',
  598: 'the request to the node was given up',
  599: 'the node could not be asked',
};

/** The sentence for a status that is not 2xx. Never holds what was sent as a secret. */
export function refusalError(refusal: Refusal, asked: Asked): AppError {
  const { status } = refusal;
  const { cluster, operation, parameters, hidden, who } = asked;
  const message = withoutTickets(withoutSecrets(messageOf(refusal), parameters, hidden));
  const detail = message.slice(0, limit);
  if (status === 401) {
    if (who === 'user') {
      return new AppError(
        'unauthorized',
        `${cluster} does not accept the login any more. Nothing was done.`,
        {
          detail,
          remedy:
            'The next request logs in again. If it goes on, the user was disabled or the clocks differ.',
        },
      );
    }
    return new AppError('unauthorized', `${cluster} does not accept the token. Nothing was done.`, {
      detail,
      remedy: 'It is wrong, was deleted, has expired, or its user is disabled. Enter a new one.',
    });
  }
  if (status === 403) return forbidden(asked, message);
  if (status === 400) {
    const named = Object.entries(refusal.body?.errors ?? {}).map(
      ([name, text]) => `${name}: ${withoutTickets(withoutSecrets(text.trim(), parameters, hidden))}`,
    );
    return new AppError(
      'api-failed',
      `${cluster} did not take the request to ${operation}. ${named.join('; ')}`.trim(),
      {
        detail: [message, ...named].join('\n').slice(0, limit),
      },
    );
  }
  // 64 KiB before 8.4 (pve-http-server 5.2.1), 512 KiB since.
  if (status === 501 && /\bdata too large\b/.test(message)) {
    return new AppError(
      'api-failed',
      `${cluster} did not take the request to ${operation}: it is larger than its release allows. Nothing was changed.`,
      { detail, remedy: 'Send less at once. Proxmox VE takes 64 KiB before 8.4, 512 KiB since.' },
    );
  }
  if (status === 501) {
    return new AppError('api-failed', `This version of Proxmox VE on ${cluster} cannot ${operation}.`, {
      detail,
    });
  }
  const between = betweenNodes[status];
  if (between !== undefined) {
    return new AppError('unreachable', `${cluster}: could not ${operation}, because ${between}.`, {
      detail: `HTTP ${status} ${detail}`,
      remedy: 'The node is down, or the cluster network is disturbed.',
    });
  }
  return new AppError('api-failed', `${cluster} refused to ${operation}: ${detail.split('\n')[0] ?? ''}`, {
    detail,
  });
}

/** The release has no such call (501), which a part of a reading may take for an answer. */
export function isUnknownCall(thrown: unknown): boolean {
  return (
    thrown instanceof AppError &&
    thrown.code === 'api-failed' &&
    /^Method '[^']*' not implemented/.test(thrown.detail ?? '')
  );
}
