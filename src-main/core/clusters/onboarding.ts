import { z } from 'zod';
import type { Request, Response } from '../../../src-preload/contract';
import type { Cluster, ClusterSettings } from '../../../src-preload/contract/clusters';
import { AppError, toAppError } from '../errors/app-error';
import type { CredentialStore } from '../hosts/types';
import type { Endpoint } from '../proxmox/client/client';
import { apiPath } from '../proxmox/client/path';
import { looseFlag, optionalText } from '../proxmox/loose';
import type { ClusterClients } from './cluster-clients';
import type { ClusterService } from './cluster-service';
import type { ClusterStore } from './stores';

export interface OnboardingOptions {
  clients: ClusterClients;
  clusters: Pick<ClusterStore, 'get' | 'list'>;
  credentials: CredentialStore;
  service: Pick<ClusterService, 'forgive'>;
  demo: boolean;
}

/** `tfa` names the kind of a realm's second factor; 0 is none. */
const realmsSchema = z.array(
  z.object({
    realm: z.string(),
    type: z.string(),
    comment: optionalText,
    tfa: z.union([z.string(), looseFlag]).nullish(),
  }),
);
const versionSchema = z.object({ version: z.string() });

const placeOf = ({ address, port }: { address: string; port: number }): string =>
  `${address.toLowerCase()}:${port}`;

/**
 * SECURITY: what was stored for one server goes to no other at the wish of the page. A pinned certificate is a decision of
 * a person, but for the node of another cluster it was made for that one; an authority vouches for many names, so a new
 * address, another authority or another user wants the secret anew. Throws AppError `refused`.
 * @param all the list: its own addresses are known, so it is never foreign to itself
 */
export function keepSecretFrom(
  before: ClusterSettings,
  after: ClusterSettings,
  all: readonly Cluster[],
): void {
  const known = new Set(before.endpoints.map(placeOf));
  const elsewhere = after.endpoints.some((endpoint) => !known.has(placeOf(endpoint)));
  const foreign = all.find(({ endpoints }) =>
    endpoints.some((theirs) =>
      after.endpoints.some((ours) => placeOf(ours) === placeOf(theirs) && !known.has(placeOf(ours))),
    ),
  );
  if (foreign !== undefined) {
    throw new AppError(
      'refused',
      `One of these addresses belongs to ${foreign.name}, and the stored secret does not. Enter it again.`,
    );
  }
  const otherTrust = JSON.stringify(before.trust) !== JSON.stringify(after.trust);
  const otherLogin = before.login.kind !== after.login.kind;
  const vouchedOnly = after.trust !== 'pin' && (elsewhere || otherTrust);
  if (!vouchedOnly && !otherLogin) return;
  throw new AppError(
    'refused',
    otherLogin
      ? 'The stored secret belongs to the other kind of login. Enter the one for this.'
      : 'The stored secret was for the addresses and the authority as they were. Enter it again.',
  );
}

/** What a person asks of a cluster before it is saved. */
export function createOnboarding({ clients, clusters, credentials, service, demo }: OnboardingOptions) {
  /** A client for one node, which is closed after it was used. */
  const withClient = async <T>(
    { name, login }: Pick<Cluster, 'name' | 'login'>,
    endpoint: Endpoint,
    secret: string,
    use: (client: ReturnType<ClusterClients['fresh']>) => Promise<T>,
  ): Promise<T> => {
    const client = clients.fresh({ name, login, demo }, [endpoint], async () => secret);
    try {
      return await use(client);
    } finally {
      await client.close();
    }
  };

  const secretFor = async ({
    clusterId,
    settings,
    secret,
  }: Request<'clusters:testConnection'>): Promise<string> => {
    if (secret !== null) return secret;
    if (clusterId !== null) {
      keepSecretFrom(clusters.get(clusterId), settings, clusters.list());
      const stored = await credentials.read(clusterId);
      if (stored !== null) return stored;
    }
    throw new AppError('unauthorized', 'Enter the secret first: without it nobody can log in.');
  };

  return {
    realms: async (
      { endpoint, trust }: Request<'clusters:realms'>,
      signal: AbortSignal,
    ): Promise<Response<'clusters:realms'>> => {
      const [trusted] = clients.trusted({ trust, endpoints: [endpoint] });
      if (trusted === undefined) {
        throw new AppError('untrusted-host', `The certificate of ${endpoint.address} is not trusted yet.`);
      }
      // Nobody is logged in: Proxmox VE tells its realms to everybody.
      const client = clients.anonymous(endpoint.address, trusted, demo);
      try {
        const rows = await client.get(apiPath('/access/domains'), realmsSchema, {
          operation: 'list the realms',
          signal,
        });
        return {
          realms: rows.map(({ realm, type, comment, tfa }) => ({
            realm,
            type,
            comment: comment ?? '',
            secondFactor: typeof tfa === 'string' ? tfa !== '' : tfa === true,
          })),
        };
      } finally {
        await client.close();
      }
    },

    /** Each node by itself. What had failed of a saved cluster is forgotten, whatever comes out (F245). */
    test: async (
      request: Request<'clusters:testConnection'>,
      signal: AbortSignal,
    ): Promise<Response<'clusters:testConnection'>> => {
      const { clusterId, settings } = request;
      const secret = await secretFor(request);
      if (clusterId !== null) service.forgive(clusterId);
      const trusted = clients.trusted(settings);
      const nodes: Response<'clusters:testConnection'>['nodes'] = [];
      // One after the other: a wrong password must not be sent by all of them at once.
      let refused: AppError | null = null;
      for (const endpoint of settings.endpoints) {
        const place = trusted.find((each) => placeOf(each) === placeOf(endpoint));
        if (refused !== null || place === undefined) {
          const error =
            refused ??
            new AppError('untrusted-host', `The certificate of ${endpoint.address} is not trusted yet.`);
          nodes.push({ endpoint, answer: null, error: error.toWire() });
          continue;
        }
        try {
          const answer = await withClient(settings, place, secret, async (client) => {
            const ask = () =>
              client.get(apiPath('/version'), versionSchema, { operation: 'read the version', signal });
            // Connects and logs in; what is timed is one request on a connection that stands.
            await ask();
            const startedAt = performance.now();
            const { version } = await ask();
            return { version, latencyMs: performance.now() - startedAt };
          });
          nodes.push({ endpoint, answer, error: null });
        } catch (thrown) {
          const error = toAppError(thrown);
          if (error.code === 'cancelled') throw error;
          if (error.code === 'unauthorized') refused = error;
          nodes.push({ endpoint, answer: null, error: error.toWire() });
        }
      }
      return { nodes };
    },
  };
}
