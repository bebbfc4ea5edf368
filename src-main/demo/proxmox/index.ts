import { X509Certificate } from 'node:crypto';
import type { AccessLevel, Environment } from '../../../src-preload/contract/hosts';
import { createRandom } from '../random';
import { findRefusingPort } from '../server';
import { createAtlas, createAttic, type ClusterOptions, type DemoClusterModel } from './clusters';
import { shownCertificate } from './node-certificates';
import { startApiServer, type ApiServer } from './server';
import type { Cluster, ClusterNode } from './types';

/** A demo cluster as the demo profile knows it: addresses of its nodes, the pins of their certificates, a token. */
export interface DemoCluster {
  id: `demo-${string}`;
  name: string;
  environment: Environment;
  accessLevel: AccessLevel;
  tokenId: string;
  tokenSecret: string;
  endpoints: { address: '127.0.0.1'; port: number; certificate: X509Certificate }[];
  /** What the servers answer from; tests change the world here. */
  model: Cluster;
}

export interface DemoClusters {
  clusters: DemoCluster[];
  /** Ends running tasks where they are and frees the ports. */
  close(): Promise<void>;
}

export interface DemoClustersOptions {
  nowMs?: () => number;
  seed?: number;
  /** Multiplies how long answers and tasks take; 0: everything is over at once. Default 1. */
  latency?: number;
}

interface Blueprint {
  id: DemoCluster['id'];
  create: (options: ClusterOptions) => DemoClusterModel;
  environment: Environment;
  accessLevel: AccessLevel;
}

const blueprints: readonly Blueprint[] = [
  {
    id: 'demo-atlas',
    create: createAtlas,
    environment: { label: 'Production', colour: 'red', production: true },
    accessLevel: 'administer',
  },
  {
    id: 'demo-attic',
    create: createAttic,
    environment: { label: 'Home', colour: 'teal', production: false },
    accessLevel: 'operate',
  },
];

/**
 * The demo clusters: real HTTPS servers on the loopback interface, one for each node that is up, each with a
 * certificate of its own. They know the calls and the parameters of the real API and refuse all others.
 */
export async function startDemoClusters(options: DemoClustersOptions = {}): Promise<DemoClusters> {
  const { nowMs = Date.now, seed = 20261123, latency = 1 } = options;
  const servers: ApiServer[] = [];
  const models: Cluster[] = [];
  const jitter = createRandom(seed);
  const close = async (): Promise<void> => {
    for (const { tasks } of models) for (const timer of tasks.timers) clearTimeout(timer);
    await Promise.all(servers.map((server) => server.close()));
  };
  const clusters: DemoCluster[] = [];
  const reachable: { port: number; cluster: Cluster; node: ClusterNode }[] = [];
  try {
    for (const [index, { id, create, environment, accessLevel }] of blueprints.entries()) {
      const random = createRandom(seed + 100 + index);
      const { cluster, token, tokenId } = create({ random, nowMs, speed: latency });
      models.push(cluster);
      const endpoints: DemoCluster['endpoints'] = [];
      for (const node of cluster.nodes.values()) {
        const { key, chain } = shownCertificate(node);
        let port: number;
        if (node.online) {
          const server = await startApiServer({
            cluster,
            node,
            key,
            certificates: chain,
            port: 0,
            refusalDelayMs: 3000 * latency,
            latencyMs: () => latency * (2 + 6 * jitter.next()),
          });
          servers.push(server);
          port = server.port;
          reachable.push({ port, cluster, node });
        } else {
          port = await findRefusingPort();
        }
        endpoints.push({ address: '127.0.0.1', port, certificate: new X509Certificate(chain) });
      }
      clusters.push({
        id,
        name: cluster.name,
        environment,
        accessLevel,
        tokenId,
        tokenSecret: token.secret,
        endpoints,
        model: cluster,
      });
    }
    for (const model of models) {
      for (const { port, cluster, node } of reachable) {
        if (cluster !== model) model.remotes.set(port, { cluster, node });
      }
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { clusters, close };
}
