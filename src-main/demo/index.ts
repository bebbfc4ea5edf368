import { randomBytes } from 'node:crypto';
import type { PolicySettings } from '../../src-preload/contract/policies';
import type { AccessLevel, Environment } from '../../src-preload/contract/hosts';
import type { HostKey } from '../../src-preload/contract/result';
import { createEdge04 } from './hosts/edge-04';
import { createKvm03 } from './hosts/kvm-03';
import { createMedia06 } from './hosts/media-06';
import { createNas01 } from './hosts/nas-01';
import { createRaid05 } from './hosts/raid-05';
import { createVault02 } from './hosts/vault-02';
import type { PastCapacity } from './past-capacity';
import { createRandom } from './random';
import { findRefusingPort, generateHostKey, startSshServer, type SshServer } from './server';

/**
 * The embedded demo fleet: six simulated Linux hosts behind real SSH servers on the loopback interface. They answer
 * what Holdfast sends, with the formats and failures of the real tools, keep state while they run and forget it
 * when they stop.
 *
 * | host     | what it shows                                                 | what fails there, and why                    |
 * | nas-01   | healthy ZFS, scrub running, some 4,000 snapshots              | clones, holds, newer snapshots, thick zvol   |
 * | vault-02 | degraded mirror, resilver running, 87 % full, production      | `zfs destroy`: sudo has no rule for it       |
 * | kvm-03   | LVM, thin pool 93 % / 81 % full, thick and thin snapshots      | open origin: merge waits; vmdata is full;    |
 * |          | sandbox volumes on device-mapper in every state               | an invalid snapshot cannot be merged; no ZFS |
 * | edge-04  | offline                                                       | connection refused                           |
 * | raid-05  | software RAID: check running, degraded mirror, inactive array | failing what cannot be spared; used disks    |
 * | media-06 | btrfs RAID1, scrub running, a disk with errors; one degraded  | nested, mounted, received subvolumes         |
 */
export interface DemoHost {
  id: `demo-${string}`;
  name: string;
  address: '127.0.0.1';
  port: number;
  user: string;
  /** Random, new at every start. */
  password: string;
  /** New at every start, so pin it for this run only. */
  hostKey: HostKey;
  /** Wire form of the host key in base64. */
  publicKeyBase64: string;
  environment: Environment;
  accessLevel: AccessLevel;
  /** Left out: it was never read before. */
  pastCapacity?: readonly PastCapacity[];
  policies?: readonly Omit<PolicySettings, 'hostId'>[];
  /** Nothing listens on its port. */
  offline: boolean;
}

export interface DemoFleet {
  hosts: DemoHost[];
  /** Cuts all connections and frees the ports. */
  close(): Promise<void>;
}

export interface DemoFleetOptions {
  /** Clock of the hosts, in milliseconds since the epoch. Default: the real one. */
  nowMs?: () => number;
  /** The same seed and start time give the same fleet; keys and passwords are random all the same. */
  seed?: number;
  /** Port of the first host, the others follow. Default: any free ones. */
  port?: number;
  /** Multiplies how long tools seem to take; 0: they answer at once. Default 1. */
  latency?: number;
}

export async function startDemoFleet(options: DemoFleetOptions = {}): Promise<DemoFleet> {
  const { seed = 20261123, port = 0, latency = 1, nowMs = Date.now } = options;
  const blueprints = [createNas01, createVault02, createKvm03, createEdge04, createRaid05, createMedia06].map(
    (create, index) =>
      // Each host has numbers of its own: a change to one does not shuffle the others.
      create({ random: createRandom(seed + index), nowMs }),
  );
  const jitter = createRandom(seed);
  const delayMs = (workMs: number) => latency * (1.5 + workMs + 2 * jitter.next());
  const servers: SshServer[] = [];
  const close = async () => {
    await Promise.all(servers.map((server) => server.close()));
  };
  const hosts: DemoHost[] = [];
  try {
    for (const [index, { machine, ...blueprint }] of blueprints.entries()) {
      const hostKey = generateHostKey();
      const password = randomBytes(18).toString('base64url');
      let hostPort: number;
      if (machine === null) {
        hostPort = await findRefusingPort();
      } else {
        const server = await startSshServer({
          machine,
          password,
          hostKey,
          port: port === 0 ? 0 : port + index,
          delayMs,
        });
        servers.push(server);
        hostPort = server.port;
      }
      hosts.push({
        ...blueprint,
        address: '127.0.0.1',
        port: hostPort,
        password,
        hostKey: { type: hostKey.type, sha256: hostKey.sha256 },
        publicKeyBase64: hostKey.publicKeyBase64,
        offline: machine === null,
      });
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { hosts, close };
}
