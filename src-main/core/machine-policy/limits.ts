import type { CoreHandlers } from '../../../src-preload/contract';
import type { Cluster, ClusterSettings } from '../../../src-preload/contract/clusters';
import {
  accessLevels,
  type AccessLevel,
  type Host,
  type HostSettings,
} from '../../../src-preload/contract/hosts';
import type { LoadedPolicy, Most } from '../../../src-preload/contract/machine-policy';
import type { CertificateStore, ClusterStore } from '../clusters/stores';
import { AppError } from '../errors/app-error';
import type { HostStore, KnownHostKeys } from '../hosts/types';
import { pinName } from '../ssh/host-key';
import { lowest, mostOf } from './judge';

export interface LimitsOptions {
  policies: readonly LoadedPolicy[];
  knownKeys: Pick<KnownHostKeys, 'find'>;
  certificates: Pick<CertificateStore, 'find'>;
}

type HostFacts = Pick<HostSettings, 'name' | 'address' | 'port' | 'via' | 'environment' | 'accessLevel'>;
type ClusterFacts = Pick<ClusterSettings, 'name' | 'endpoints' | 'environment' | 'accessLevel'>;

/**
 * The lists of hosts and clusters as far as the policy of this computer lets anybody see them: with what it allows at
 * most in place of a level that is higher, and without those that it hides. Everything in the core asks these.
 *
 * SECURITY: a level that the policy does not allow is neither granted nor stored, whoever asks.
 */
export function createLimits({ policies, knownKeys, certificates }: LimitsOptions) {
  const ofHost = (host: HostFacts): Most =>
    mostOf(policies, {
      address: host.address,
      port: host.port,
      environment: host.environment.label,
      hostKeys: () =>
        knownKeys.find(pinName(host), host.port).flatMap(({ key, revoked }) => (revoked ? [] : [key.sha256])),
      certificate: () => null,
    });
  // Of several nodes the one that may least: a cluster is one thing, whichever of them answers.
  const ofCluster = ({ endpoints, environment }: ClusterFacts): Most =>
    lowest(
      endpoints.map(({ address, port }) =>
        mostOf(policies, {
          address,
          port,
          environment: environment.label,
          hostKeys: () => [],
          certificate: () => certificates.find(address, port)?.sha256 ?? null,
        }),
      ),
    );

  const limited = <T extends { accessLevel: AccessLevel; most?: AccessLevel | undefined }>(
    thing: T,
    most: Most,
  ): T | null => {
    if (most === 'none') return null;
    if (most === 'administer') return thing;
    return { ...thing, accessLevel: lowest([thing.accessLevel, most]) as AccessLevel, most };
  };
  const refusalOf = (
    { name, accessLevel }: Pick<Host, 'name' | 'accessLevel'>,
    most: Most,
  ): string | null => {
    if (most === 'none') return `The policy of this computer does not let Holdfast manage ${name}.`;
    return accessLevels.indexOf(accessLevel) <= accessLevels.indexOf(most)
      ? null
      : `The policy of this computer allows at most “${most}” on ${name}.`;
  };
  const refuse = (reason: string | null): void => {
    if (reason === null) return;
    throw new AppError('refused', `${reason} Nothing was saved.`, {
      detail: policies.map(({ path }) => path).join('\n'),
    });
  };

  const hosts = (store: HostStore): HostStore => {
    if (policies.length === 0) return store;
    const refusal = (host: HostFacts): string | null => refusalOf(host, ofHost(host));
    const stored = ({ most: _most, ...host }: Host): Host => host;
    return {
      list: () => store.list().flatMap((host) => limited(host, ofHost(host)) ?? []),
      get: (hostId) => {
        const host = store.get(hostId);
        const seen = limited(host, ofHost(host));
        if (seen === null) throw new AppError('not-found', 'There is no such host any more.');
        return seen;
      },
      refusal,
      add: (host) => {
        refuse(refusal(host));
        store.add(stored(host));
      },
      update: (host) => {
        refuse(refusal(host));
        store.update(stored(host));
      },
      remove: (hostId) => store.remove(hostId),
    };
  };
  const clusters = (store: ClusterStore): ClusterStore => {
    if (policies.length === 0) return store;
    const refusal = (cluster: ClusterFacts): string | null => refusalOf(cluster, ofCluster(cluster));
    const stored = ({ most: _most, ...cluster }: Cluster): Cluster => cluster;
    const find = (clusterId: string): Cluster | undefined => {
      const cluster = store.find(clusterId);
      return (cluster && limited(cluster, ofCluster(cluster))) ?? undefined;
    };
    return {
      list: () => store.list().flatMap((cluster) => limited(cluster, ofCluster(cluster)) ?? []),
      find,
      get: (clusterId) => {
        const cluster = find(clusterId);
        if (cluster === undefined) throw new AppError('not-found', 'There is no such cluster any more.');
        return cluster;
      },
      refusal,
      add: (cluster) => {
        refuse(refusal(cluster));
        store.add(stored(cluster));
      },
      update: (cluster) => {
        refuse(refusal(cluster));
        store.update(stored(cluster));
      },
      remove: (clusterId) => store.remove(clusterId),
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
