import type { CoreHandlers } from '../../../src-preload/contract';
import type { Cluster } from '../../../src-preload/contract/clusters';
import type { AccessLevel, Host } from '../../../src-preload/contract/hosts';
import type { LoadedPolicy, Most } from '../../../src-preload/contract/machine-policy';
import type { CertificateStore, ClusterStore } from '../clusters/stores';
import { AppError } from '../errors/app-error';
import { checkPolicy } from '../hosts/guards';
import type { HostStore, KnownHostKeys } from '../hosts/types';
import { pinName } from '../ssh/host-key';
import { lowest, mostOf } from './judge';

export interface LimitsOptions {
  policies: readonly LoadedPolicy[];
  knownKeys: Pick<KnownHostKeys, 'find'>;
  certificates: Pick<CertificateStore, 'find'>;
}

type HostFacts = Parameters<HostStore['refusal']>[0];
type ClusterFacts = Parameters<ClusterStore['refusal']>[0];

interface Capped {
  name: string;
  accessLevel: AccessLevel;
  most?: AccessLevel | undefined;
}
interface Stored<T> {
  list(): T[];
  get(id: string): T;
  add(thing: T): void;
  update(thing: T): void;
  remove(id: string): void;
}

function limited<T extends Capped>(thing: T, most: Most): T | null {
  if (most === 'none') return null;
  if (most === 'administer') return thing;
  return { ...thing, accessLevel: lowest([thing.accessLevel, most]) as AccessLevel, most };
}

function refusalOf({ name, accessLevel }: Omit<Capped, 'most'>, most: Most): string | null {
  if (most === 'none') return `The policy of this computer does not let Holdfast manage ${name}.`;
  return lowest([accessLevel, most]) === accessLevel
    ? null
    : `The policy of this computer allows at most “${most}” on ${name}.`;
}

/** A store as a policy lets it be seen and written. */
function capped<T extends Capped & Facts, Facts extends Omit<Capped, 'most'>>(
  store: Stored<T>,
  kind: 'host' | 'cluster',
  most: (facts: Facts) => Most,
) {
  const refusal = (facts: Facts): string | null => refusalOf(facts, most(facts));
  const write = (put: (thing: T) => void) => (thing: T) => {
    checkPolicy({ refusal }, thing);
    const { most: _most, ...rest } = thing;
    put(rest as T);
  };
  return {
    list: () => store.list().flatMap((thing) => limited(thing, most(thing)) ?? []),
    get: (id: string): T => {
      const thing = store.get(id);
      const seen = limited(thing, most(thing));
      if (seen === null) throw new AppError('not-found', `There is no such ${kind} any more.`);
      return seen;
    },
    refusal,
    add: write((thing) => store.add(thing)),
    update: write((thing) => store.update(thing)),
    remove: (id: string) => store.remove(id),
  };
}

/**
 * The lists of hosts and clusters as far as the policy of this computer lets anybody see them: with what it allows at
 * most in place of a level that is higher, and without those that it hides. Everything in the core asks these.
 *
 * SECURITY: a level that the policy does not allow is neither granted nor stored, whoever asks.
 */
export function createLimits({ policies, knownKeys, certificates }: LimitsOptions) {
  const rules = policies.flatMap(({ policy }) => policy.rules);
  const namesKeys = rules.some(({ hostKey }) => hostKey !== undefined);
  const namesCertificates = rules.some(({ certificate }) => certificate !== undefined);

  const ofHost = (host: HostFacts): Most => {
    const { address, port, environment } = host;
    // Pinning replaces what was pinned at an address, so there is one.
    const pinned = namesKeys
      ? knownKeys.find(pinName(host), port).find(({ revoked }) => !revoked)
      : undefined;
    return mostOf(policies, {
      ...{ address, port, environment: environment.label, certificate: null },
      hostKey: pinned?.key.sha256 ?? null,
    });
  };
  // Of several nodes the one that may least: a cluster is one thing, whichever of them answers.
  const ofCluster = ({ endpoints, environment }: ClusterFacts): Most =>
    lowest(
      endpoints.map(({ address, port }) =>
        mostOf(policies, {
          ...{ address, port, environment: environment.label, hostKey: null },
          certificate: namesCertificates ? (certificates.find(address, port)?.sha256 ?? null) : null,
        }),
      ),
    );

  const hosts = (store: HostStore): HostStore =>
    policies.length === 0 ? store : capped<Host, HostFacts>(store, 'host', ofHost);
  const clusters = (store: ClusterStore): ClusterStore => {
    if (policies.length === 0) return store;
    return {
      ...capped<Cluster, ClusterFacts>(store, 'cluster', ofCluster),
      find: (clusterId) => {
        const cluster = store.find(clusterId);
        return (cluster && limited(cluster, ofCluster(cluster))) ?? undefined;
      },
    };
  };

  return {
    hosts,
    clusters,
    /** @param stores with all that was ever added */
    handlers: (stores: {
      hosts: HostStore;
      clusters: ClusterStore;
    }): Pick<CoreHandlers, 'machinePolicy:read'> => ({
      'machinePolicy:read': async () => {
        const all = [
          ...stores.hosts
            .list()
            .map((host) => ({ kind: 'host' as const, name: host.name, most: ofHost(host) })),
          ...stores.clusters
            .list()
            .map((cluster) => ({ kind: 'cluster' as const, name: cluster.name, most: ofCluster(cluster) })),
        ];
        return {
          paths: policies.map(({ path }) => path),
          // SECURITY: of what is hidden not even the name is told.
          limited: all.flatMap(({ kind, name, most }) =>
            most === 'view' || most === 'operate' ? [{ kind, name, most }] : [],
          ),
          hidden: all.filter(({ most }) => most === 'none').length,
        };
      },
    }),
  };
}
