import type { CoreHandlers } from '../../../src-preload/contract';
import type { Settings } from '../../../src-preload/contract/settings';
import type { ClusterService } from '../clusters/cluster-service';
import type { Consoles } from '../clusters/consoles';
import type { LocalFiles } from '../clusters/local-files';
import type { ClusterStore } from '../clusters/stores';
import type { Catalogue } from '../operations/bound-action';
import { certificateOfferFor, uploadOfferFor } from '../operations/cluster-offers';
import { guestIn, nodeIn, placeIn, storageIn } from '../clusters/subjects';
import { readBackupJobs } from '../proxmox/reads/backup-jobs';
import { readCeph } from '../proxmox/reads/ceph';
import { readGuestCharts, readNodeCharts } from '../proxmox/reads/charts';
import { readLog, readOptions, readPools } from '../proxmox/reads/cluster-options';
import { readFirewall } from '../proxmox/reads/firewall';
import { readHa } from '../proxmox/reads/high-availability';
import { readInside } from '../proxmox/reads/inside';
import {
  readCertificates,
  readNetwork,
  readNodeDisks,
  readNodeStatus,
  readServices,
  readSmart,
  readSyslog,
  readUpdates,
} from '../proxmox/reads/node-detail';
import { readNodeTasks } from '../proxmox/reads/tasks';
import { readReplication, readReplicationLog } from '../proxmox/reads/replication';
import { readSdn, readSubnets } from '../proxmox/reads/sdn';
import { readVolumes } from '../proxmox/reads/storage-content';

type Names = Extract<
  keyof CoreHandlers,
  `${'datacenter' | 'nodes' | 'volumes' | 'inside' | 'consoles'}:${string}`
>;

export interface DatacenterHandlerOptions {
  service: ClusterService;
  clusters: Pick<ClusterStore, 'get'>;
  catalogue: Catalogue;
  settings: () => Settings;
  localFiles: LocalFiles;
  consoles: Consoles;
  nowMs: () => number;
}

/** Parts of clusters that are read when somebody looks at them, and never kept. */
export function datacenterHandlers(options: DatacenterHandlerOptions): Pick<CoreHandlers, Names> {
  const { service, nowMs } = options;
  return {
    'datacenter:backupJobs': ({ clusterId }, { signal }) =>
      service.ask(clusterId, (client) => readBackupJobs(client, signal)),
    'datacenter:ha': async ({ clusterId }, { signal }) => {
      const { version } = await service.known(clusterId);
      return service.ask(clusterId, (client) => readHa(client, version, signal));
    },
    'datacenter:sdn': ({ clusterId }, { signal }) =>
      service.ask(clusterId, (client) => readSdn(client, signal)),
    'datacenter:ceph': async ({ clusterId }, { signal }) => {
      const { nodes } = await service.known(clusterId);
      const node = nodes.find(({ status }) => status === 'online')?.name ?? null;
      return service.ask(clusterId, (client) => readCeph(client, node, signal));
    },
    'datacenter:subnets': async ({ clusterId, vnet }, { signal }) => ({
      subnets: await service.ask(clusterId, (client) => readSubnets(client, vnet, signal)),
    }),
    'datacenter:nodeTasks': async ({ clusterId, node, limit, failed }, { signal }) => {
      const { name } = nodeIn(await service.known(clusterId), node);
      return {
        tasks: await service.ask(clusterId, (client) =>
          readNodeTasks(client, { node: name, limit, failed }, signal),
        ),
      };
    },
    'datacenter:firewall': async ({ clusterId, scope }, { signal }) => {
      const place = placeIn(await service.known(clusterId), scope);
      return service.ask(clusterId, (client) => readFirewall(client, place, signal));
    },
    'datacenter:replication': async ({ clusterId }, { signal }) => {
      const { nodes } = await service.known(clusterId);
      const online = nodes.flatMap(({ name, status }) => (status === 'online' ? [name] : []));
      return service.ask(clusterId, (client) => readReplication(client, online, signal));
    },
    'datacenter:replicationLog': async ({ clusterId, node, id }, { signal }) => ({
      lines: await service.ask(clusterId, (client) => readReplicationLog(client, node, id, signal)),
    }),
    'datacenter:pools': async ({ clusterId }, { signal }) => ({
      pools: await service.ask(clusterId, (client) => readPools(client, signal)),
    }),
    'datacenter:options': ({ clusterId }, { signal }) =>
      service.ask(clusterId, (client) => readOptions(client, signal)),
    'datacenter:log': async ({ clusterId, maxEntries }, { signal }) => ({
      entries: await service.ask(clusterId, (client) => readLog(client, maxEntries, signal)),
    }),

    'nodes:status': ({ clusterId, node }, { signal }) =>
      service.ask(clusterId, (client) => readNodeStatus(client, node, { nowMs, signal })),
    'nodes:services': async ({ clusterId, node }, { signal }) => ({
      services: await service.ask(clusterId, (client) => readServices(client, node, signal)),
    }),
    'nodes:disks': async ({ clusterId, node }, { signal }) => ({
      disks: await service.ask(clusterId, (client) => readNodeDisks(client, node, signal)),
    }),
    'nodes:smart': ({ clusterId, node, disk }, { signal }) =>
      service.ask(clusterId, (client) => readSmart(client, node, disk, signal)),
    'nodes:network': async ({ clusterId, node }, { signal }) => ({
      interfaces: await service.ask(clusterId, (client) => readNetwork(client, node, signal)),
    }),
    'nodes:syslog': async ({ clusterId, node, limit }, { signal }) => ({
      lines: await service.ask(clusterId, (client) => readSyslog(client, node, limit, signal)),
    }),
    'nodes:updates': ({ clusterId, node }, { signal }) =>
      service.ask(clusterId, (client) => readUpdates(client, node, signal)),
    'nodes:certificates': async ({ clusterId, node }, { signal }) => ({
      certificates: await service.ask(clusterId, (client) => readCertificates(client, node, signal)),
    }),
    'nodes:chooseCertificate': async ({ clusterId, node }) => {
      const cluster = options.clusters.get(clusterId);
      nodeIn(await service.known(clusterId), node);
      const filters = [{ name: 'PEM', extensions: ['pem', 'crt', 'cer', 'key'] }];
      const { localFiles, catalogue, settings } = options;
      const certificate = await localFiles.choose(`Certificate for ${node}, with its chain`, filters);
      if (certificate === null) return { offer: null };
      const both = (await localFiles.readText(certificate.fileId)).includes('PRIVATE KEY-----');
      const key = both ? certificate : await localFiles.choose('Private key of that certificate', filters);
      if (key === null) return { offer: null };
      const files = { certificate: certificate.fileId, key: key.fileId };
      return { offer: certificateOfferFor(catalogue, cluster, settings().readOnly, node, files) };
    },
    'nodes:charts': async ({ clusterId, subject, timeframe, maxPoints }, { signal }) => {
      const inventory = await service.known(clusterId);
      if (subject.kind === 'node') {
        const { name: node } = nodeIn(inventory, subject.node);
        return {
          charts: await service.ask(clusterId, (client) =>
            readNodeCharts(client, { node, timeframe, maxPoints }, signal),
          ),
        };
      }
      const { type, node, vmid } = guestIn(inventory, subject.vmid);
      return {
        charts: await service.ask(clusterId, (client) =>
          readGuestCharts(client, { type, node, vmid, timeframe, maxPoints }, signal),
        ),
      };
    },

    'inside:read': async ({ clusterId, vmid }, { signal }) => {
      const { type, node } = guestIn(await service.known(clusterId), vmid);
      return service.ask(clusterId, (client) => readInside(client, { type, node, vmid }, signal));
    },

    'consoles:read': ({ sessionId }, { signal }) => options.consoles.read(sessionId, signal),
    'consoles:write': async ({ sessionId, text }) => {
      await options.consoles.write(sessionId, text);
      return {};
    },
    'consoles:resize': async ({ sessionId, columns, rows }) => {
      await options.consoles.resize(sessionId, columns, rows);
      return {};
    },
    'consoles:close': async ({ sessionId }) => {
      options.consoles.close(sessionId);
      return {};
    },

    'volumes:list': async ({ clusterId, node, storage, content }, { signal }) => {
      storageIn(await service.known(clusterId), node, storage);
      return {
        volumes: await service.ask(clusterId, (client) =>
          readVolumes(client, { node, storage, content }, signal),
        ),
      };
    },

    'volumes:chooseUpload': async ({ clusterId, node, storage }) => {
      const cluster = options.clusters.get(clusterId);
      const place = storageIn(await service.known(clusterId), node, storage);
      const file = await options.localFiles.choose(`Upload to ${place.name} of ${cluster.name}`, [
        { name: 'Images and templates', extensions: ['iso', 'img', 'gz', 'xz', 'zst', 'bz2'] },
      ]);
      if (file === null) return { offer: null };
      return {
        offer: uploadOfferFor(options.catalogue, cluster, options.settings().readOnly, place, file),
      };
    },
  };
}
