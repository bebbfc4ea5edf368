import type { Cluster, ClusterLogin, ClusterProblem } from '../../../src-preload/contract/clusters';
import { AppError } from '../errors/app-error';
import type { CredentialStore } from '../hosts/types';
import { ApiClient, type ApiLimits, type Endpoint } from '../proxmox/client/client';
import type { PasswordLogin } from '../proxmox/client/ticket-login';
import { authorityPem, describeAuthority, type AuthorityStore } from './authorities';
import type { CertificateStore } from './stores';

const dayMs = 86_400_000;
const soonMs = 14 * dayMs;

export interface ClusterClientsOptions {
  certificates: CertificateStore;
  authorities: AuthorityStore;
  credentials: CredentialStore;
  nowMs?: () => number;
  limits?: Partial<ApiLimits>;
}

/** One client for each cluster: its limits, its breaker and its connections are shared by all who ask. */
export class ClusterClients {
  readonly #clients = new Map<string, { client: ApiClient; key: string }>();

  constructor(private readonly options: ClusterClientsOptions) {}

  /**
   * The client of a cluster as its record says now. @throws AppError `untrusted-host` when the certificate of no node
   * is pinned
   */
  client(cluster: Cluster): ApiClient {
    const endpoints = this.#endpoints(cluster);
    const key = JSON.stringify([cluster.name, cluster.login, endpoints]);
    const known = this.#clients.get(cluster.id);
    if (known?.key === key) return known.client;
    this.drop(cluster.id);
    const client = this.fresh(cluster, endpoints, () => this.#secret(cluster));
    this.#clients.set(cluster.id, { client, key });
    return client;
  }

  /** A client of one's own for some endpoints, which whoever asked for it closes. */
  fresh(
    { name, login, demo }: Pick<Cluster, 'name' | 'login' | 'demo'>,
    endpoints: readonly Endpoint[],
    secret: () => Promise<string>,
  ): ApiClient {
    return new ApiClient({
      cluster: name,
      endpoints,
      authorization: authorizationOf(login, secret),
      // The demo clusters are on this computer, and nothing else is.
      allowLoopback: demo,
      limits: this.options.limits,
      nowMs: this.options.nowMs,
    });
  }

  /** For what a node tells without a login. */
  anonymous(name: string, endpoint: Endpoint, demo: boolean): ApiClient {
    return new ApiClient({
      cluster: name,
      endpoints: [endpoint],
      authorization: async () => '',
      allowLoopback: demo,
      limits: this.options.limits,
    });
  }

  /** SHA-256 of the pinned certificates; those that an authority vouches for have none, and stand for their names. */
  identity({ trust, endpoints }: Cluster): string[] {
    if (trust !== 'pin') {
      const by = trust === 'system' ? 'system' : trust.authority;
      return endpoints.map(({ address, port }) => `${by}:${address}:${port}`);
    }
    return endpoints.flatMap(
      ({ address, port }) => this.options.certificates.find(address, port)?.sha256 ?? [],
    );
  }

  /**
   * How a node of another cluster reaches this one: `proxmox-remote` of PVE/JSONSchema.pm, which knows tokens only.
   * Throws AppError.
   */
  async remote(cluster: Cluster): Promise<{ address: string; tokenId: string; endpoint: string }> {
    const { login, name } = cluster;
    if (login.kind !== 'token') {
      throw new AppError(
        'refused',
        `Proxmox VE sends guests to another cluster with a token only, and Holdfast has a password for ${name}.`,
        {
          remedy: `Make a token for ${login.userId}, and enter it in the settings of ${name}.`,
        },
      );
    }
    const [first] = this.#endpoints(cluster);
    if (first === undefined) throw new Error('A cluster without an address cannot be reached.');
    const { address, port, trust } = first;
    const parts = [
      `apitoken=${tokenHeader(login.tokenId, await this.#secret(cluster))}`,
      `host=${address}`,
      `port=${port}`,
      ...(trust.kind === 'pin' ? [`fingerprint=${trust.sha256}`] : []),
    ];
    return { address: `${address}:${port}`, tokenId: login.tokenId, endpoint: parts.join(',') };
  }

  /** Pinned certificates that have run out or soon will (X26). */
  certificateProblems({ trust, endpoints }: Cluster, nowMs: number): ClusterProblem[] {
    if (trust !== 'pin') return trust === 'system' ? [] : this.#authorityProblems(trust.authority, nowMs);
    return endpoints.flatMap(({ address, port }): ClusterProblem[] => {
      const certificate = this.options.certificates.find(address, port);
      if (certificate === null || certificate.notAfterMs > nowMs + soonMs) return [];
      const days = Math.round(Math.abs(certificate.notAfterMs - nowMs) / dayMs);
      const over = certificate.notAfterMs <= nowMs;
      return [
        {
          severity: 'warning',
          text: `The certificate of ${address}:${port} ${over ? `expired ${days} days ago` : `expires in ${days} days`}.`,
          advice: 'Renew it on the node: pvecm updatecerts --force, or by ACME. Then trust the new one here.',
        },
      ];
    });
  }

  #authorityProblems(sha256: string, nowMs: number): ClusterProblem[] {
    const pem = this.options.authorities.find(sha256);
    if (pem === null) return [];
    const { subject, notAfterMs } = describeAuthority(pem);
    if (notAfterMs > nowMs + soonMs) return [];
    const days = Math.round(Math.abs(notAfterMs - nowMs) / dayMs);
    return [
      {
        severity: 'warning',
        text: `The certificate authority ${subject} ${notAfterMs <= nowMs ? `expired ${days} days ago` : `expires in ${days} days`}.`,
        advice: 'Choose the file of its successor in the settings of the cluster.',
      },
    ];
  }

  /** What failed before says nothing any more: a person asks to try at once (F245). */
  forgive(clusterId: string): void {
    this.#clients.get(clusterId)?.client.forgive();
  }

  /** Ends what is connected; the next one who asks begins anew. */
  drop(clusterId: string): void {
    const known = this.#clients.get(clusterId);
    this.#clients.delete(clusterId);
    void known?.client.close();
  }

  async close(): Promise<void> {
    await Promise.all([...this.#clients.values()].map(({ client }) => client.close()));
    this.#clients.clear();
  }

  #endpoints(cluster: Cluster): Endpoint[] {
    const trusted = this.trusted(cluster);
    if (trusted.length > 0) return trusted;
    throw new AppError(
      'untrusted-host',
      `No certificate of ${cluster.name} is pinned yet, so it was not asked.`,
      {
        remedy: 'Look at the certificate of a node in the settings of the cluster, compare it, and trust it.',
      },
    );
  }

  /** SECURITY: with pins, a node without one is not asked at all. Throws AppError `not-found`. */
  trusted({ trust, endpoints }: Pick<Cluster, 'trust' | 'endpoints'>): Endpoint[] {
    if (trust === 'pin') {
      return endpoints.flatMap(({ address, port }): Endpoint[] => {
        const pinned = this.options.certificates.find(address, port);
        return pinned === null ? [] : [{ address, port, trust: { kind: 'pin', sha256: pinned.sha256 } }];
      });
    }
    const by: Endpoint['trust'] =
      trust === 'system'
        ? { kind: 'system' }
        : { kind: 'ca', pem: authorityPem(this.options.authorities, trust.authority) };
    return endpoints.map(({ address, port }) => ({ address, port, trust: by }));
  }

  async #secret({ id, name, login }: Cluster): Promise<string> {
    const secret = await this.options.credentials.read(id);
    if (secret !== null) return secret;
    const what = login.kind === 'token' ? 'secret for the token of' : `password of ${login.userId} for`;
    throw new AppError(
      'unauthorized',
      `Holdfast has no ${what} ${name}. Enter it in the settings of the cluster.`,
    );
  }
}

const tokenHeader = (tokenId: string, secret: string): string => `PVEAPIToken=${tokenId}=${secret}`;

function authorizationOf(
  login: ClusterLogin,
  secret: () => Promise<string>,
): (() => Promise<string>) | PasswordLogin {
  return login.kind === 'token'
    ? async () => tokenHeader(login.tokenId, await secret())
    : { userId: login.userId, password: secret };
}
