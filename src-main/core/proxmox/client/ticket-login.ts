import { z } from 'zod';
import { AppError } from '../../errors/app-error';
import { encodeParameters } from './parameters';

/** A login with name and password instead of a token. */
export interface PasswordLogin {
  /** `root@pam` */
  userId: string;
  /** Asked for each login and not kept. */
  password: () => Promise<string>;
}

/** F5: a ticket is good for two hours (PVE/AccessControl.pm); it is renewed well before. */
const ticketMs = 90 * 60_000;
/** A refused password is not sent again for so long: a directory may lock an account after a few. */
const refusedMs = 10 * 60_000;

interface Ticket {
  cookie: string;
  csrf: string;
  untilMs: number;
}

const ticketSchema = z.object({
  data: z.object({
    ticket: z.string(),
    CSRFPreventionToken: z.string().optional(),
    /** Before 7.0; later releases say it in the ticket alone. */
    NeedTFA: z.union([z.number(), z.string(), z.boolean()]).optional(),
  }),
});

/** What the server said to `POST /access/ticket`: its status and its body, read as JSON. */
export interface LoginAnswer {
  status: number;
  json: unknown;
}

/** Sends the form of a login over a connection whose peer was proved. */
export type SendLogin = (form: string) => Promise<LoginAnswer>;

export interface TicketLoginOptions extends PasswordLogin {
  /** For sentences. */
  cluster: string;
  nowMs: () => number;
}

/**
 * The ticket of a user, shared by all requests of a client. It lives in memory only, as long as the client.
 *
 * SECURITY: the password goes into the body of one request over a connection that was checked first; neither it nor the
 * ticket is part of an error.
 */
export class TicketLogin {
  #ticket: Ticket | null = null;
  #underWay: Promise<Ticket> | null = null;
  #refused: { error: AppError; untilMs: number } | null = null;

  constructor(private readonly options: TicketLoginOptions) {}

  /** @throws AppError `unauthorized`, `unexpected-output`, and what `send` throws */
  async ticket(send: SendLogin): Promise<Ticket> {
    const now = this.options.nowMs();
    if (this.#ticket !== null && now < this.#ticket.untilMs) return this.#ticket;
    if (this.#refused !== null && now < this.#refused.untilMs) throw this.#refused.error;
    this.#underWay ??= this.#login(send).finally(() => {
      this.#underWay = null;
    });
    return this.#underWay;
  }

  /** F6: one that was refused is not used again; a newer one stays. */
  drop(ticket: Ticket): void {
    if (this.#ticket === ticket) this.#ticket = null;
  }

  /** A person asks to try again at once. */
  forgive(): void {
    this.#refused = null;
  }

  async #login(send: SendLogin): Promise<Ticket> {
    const { userId, cluster, nowMs } = this.options;
    const password = await this.options.password();
    const { status, json } = await send(encodeParameters({ username: userId, password }));
    if (status === 401) {
      throw this.#refuse(
        new AppError(
          'unauthorized',
          `${cluster} does not accept the password of ${userId}. Nothing was done.`,
          {
            remedy:
              'Enter it again in the settings of the cluster, and look at the realm. It is not sent again for ten minutes, so that no account is locked.',
          },
        ),
      );
    }
    const answer = ticketSchema.safeParse(json);
    if (status < 200 || status > 299 || !answer.success) {
      throw new AppError(
        'unexpected-output',
        `What answers for ${cluster} does not log in as Proxmox VE does (HTTP ${status}), so nothing was asked.`,
      );
    }
    const { ticket, CSRFPreventionToken: csrf, NeedTFA: needsFactor } = answer.data.data;
    if (ticket.startsWith('PVE:!tfa!') || Number(needsFactor ?? 0) === 1) {
      throw this.#refuse(
        new AppError(
          'unauthorized',
          `${userId} needs a second factor on ${cluster}, which Holdfast does not ask for. Use an API token: it needs none and can do only what you give it.`,
          { remedy: `pveum user token add ${userId} holdfast --privsep 1` },
        ),
      );
    }
    if (csrf === undefined || !ticket.startsWith('PVE:')) {
      throw new AppError(
        'unexpected-output',
        `${cluster} answered the login in a form that Holdfast does not know, so nothing was asked.`,
      );
    }
    this.#refused = null;
    this.#ticket = {
      cookie: `PVEAuthCookie=${encodeURIComponent(ticket)}`,
      csrf,
      untilMs: nowMs() + ticketMs,
    };
    return this.#ticket;
  }

  #refuse(error: AppError): AppError {
    this.#refused = { error, untilMs: this.options.nowMs() + refusedMs };
    return error;
  }
}

export type { Ticket };
