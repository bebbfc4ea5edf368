import type { Cluster, ClusterProblem } from '../../../src-preload/contract/clusters';
import { AppError } from '../errors/app-error';
import type { CredentialStore } from '../hosts/types';
import { ApiClient, type ApiLimits, type Endpoint } from '../proxmox/client/client';
import type { CertificateStore } from './stores';

const dayMs = 86_400_000;
const soonMs = 14 * dayMs;

export interface ClusterClientsOptions {
  certificates: CertificateStore;
  credentials: CredentialStore;
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
    const key = JSON.stringify([cluster.name, cluster.tokenId, endpoints]);
    const known = this.#clients.get(cluster.id);
    if (known?.key === key) return known.client;
    this.drop(cluster.id);
    const client = new ApiClient({
      cluster: cluster.name,
      endpoints,
      authorization: () => this.#authorization(cluster),
      limits: this.options.limits,
    });
    this.#clients.set(cluster.id, { client, key });
    return client;
  }

  /** SHA-256 of the pinned certificates; those that the system vouches for have none, and stand for their names. */
  identity({ trust, endpoints }: Cluster): string[] {
    if (trust === 'system') return endpoints.map(({ address, port }) => `system:${address}:${port}`);
    return endpoints.flatMap(
      ({ address, port }) => this.options.certificates.find(address, port)?.sha256 ?? [],
    );
  }

  /** How a node of another cluster reaches this one: `proxmox-remote` of PVE/JSONSchema.pm. Throws AppError. */
  async remote(cluster: Cluster): Promise<{ address: string; endpoint: string }> {
    const [first] = this.#endpoints(cluster);
    if (first === undefined) throw new Error('A cluster without an address cannot be reached.');
    const { address, port, trust } = first;
    const parts = [
      `apitoken=${await this.#authorization(cluster)}`,
      `host=${address}`,
      `port=${port}`,
      ...(trust.kind === 'pin' ? [`fingerprint=${trust.sha256}`] : []),
    ];
    return { address: `${address}:${port}`, endpoint: parts.join(',') };
  }

  /** Pinned certificates that have run out or soon will (X26). */
  certificateProblems({ trust, endpoints }: Cluster, nowMs: number): ClusterProblem[] {
    if (trust === 'system') return [];
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

  /** SECURITY: with pins, a node without one is not asked at all. */
  #endpoints({ name, trust, endpoints }: Cluster): Endpoint[] {
    if (trust === 'system') {
      return endpoints.map(({ address, port }) => ({ address, port, trust: { kind: 'system' } }));
    }
    const trusted = endpoints.flatMap(({ address, port }): Endpoint[] => {
      const pinned = this.options.certificates.find(address, port);
      return pinned === null ? [] : [{ address, port, trust: { kind: 'pin', sha256: pinned.sha256 } }];
    });
    if (trusted.length > 0) return trusted;
    throw new AppError('untrusted-host', `No certificate of ${name} is pinned yet, so it was not asked.`, {
      remedy: 'Look at the certificate of a node in the settings of the cluster, compare it, and trust it.',
    });
  }

  async #authorization({ id, name, tokenId }: Cluster): Promise<string> {
    const secret = await this.options.credentials.read(id);
    if (secret !== null) return `PVEAPIToken=${tokenId}=${secret}`;
    throw new AppError(
      'unauthorized',
      `Holdfast has no secret for the token of ${name}. Enter it in the settings of the cluster.`,
    );
  }
}
