import type { CoreHandlers } from '../../../src-preload/contract';
import type { Cluster, ClusterSettings } from '../../../src-preload/contract/clusters';
import { accessLevels } from '../../../src-preload/contract/hosts';
import type { Settings } from '../../../src-preload/contract/settings';
import { AppError } from '../errors/app-error';
import type { CredentialStore } from '../hosts/types';
import type { Catalogue } from '../operations/bound-action';
import { visible } from '../operations/confirm-words';
import { addressOf } from '../operations/link';
import { clusterOffersFor, configOffersFor, editOfferFor } from '../operations/cluster-offers';
import { configEntries } from '../proxmox/guest-config';
import type { ConfirmQuestion, ShellPort } from '../port/shell-port';
import { packInventory } from '../clusters/pack-inventory';
import type { ClusterService } from '../clusters/cluster-service';
import { subjectIn } from '../clusters/subjects';
import type { ClusterStore } from '../clusters/stores';
import type { ReadHealth } from '../clusters/health-report';
import type { createRootTasks } from '../clusters/root-tasks';
import { keepSecretFrom, type createOnboarding } from '../clusters/onboarding';
import type { createCertificateTrust } from '../clusters/trust';
import { checkPolicy, sameName } from '../hosts/guards';
import { newHostId } from '../hosts/host-id';
import { raiseQuestion } from './hosts';

export interface ClusterHandlerOptions {
  clusters: ClusterStore;
  credentials: CredentialStore;
  trust: ReturnType<typeof createCertificateTrust>;
  onboarding: ReturnType<typeof createOnboarding>;
  service: ClusterService;
  readHealth: ReadHealth;
  rootTasks: ReturnType<typeof createRootTasks>;
  catalogue: Catalogue;
  settings: () => Settings;
  shell: Pick<ShellPort, 'confirm'>;
  demo: boolean;
  /** A host has that name. */
  nameTaken: (name: string) => boolean;
  /** A change is being made on the cluster right now. */
  busy: (clusterId: string) => boolean;
  /** Before the record goes: closes its audit for now and forgets what is counted about it. */
  onRemove: (cluster: Cluster) => void;
  /** null: more than one cluster. */
  onChanged: (clusterId: string | null) => void;
  nowMs: () => number;
}

type ClusterHandlers = Pick<
  CoreHandlers,
  | 'clusters:list'
  | 'clusters:add'
  | 'clusters:update'
  | 'clusters:remove'
  | 'clusters:probeCertificate'
  | 'clusters:trustCertificate'
  | 'clusters:chooseAuthority'
  | 'clusters:authority'
  | 'clusters:realms'
  | 'clusters:testConnection'
  | 'clusters:read'
  | 'clusters:refresh'
  | 'clusters:guestSnapshots'
  | 'clusters:guestConfig'
  | 'clusters:backups'
  | 'clusters:permissions'
  | 'clusters:healthReport'
  | 'clusters:rootTasks'
  | 'clusters:nodeHost'
  | 'clusters:linkHost'
  | 'clusters:tasks'
  | 'clusters:taskLog'
  | 'clusters:offers'
>;

function removeQuestion(cluster: Cluster): ConfirmQuestion {
  return {
    kind: 'remove-host',
    title: `Remove ${visible(cluster.name)} from Holdfast?`,
    message: `Cluster: ${visible(cluster.name)} (${visible(addressOf(cluster))})\nEnvironment: ${visible(cluster.environment.label)}`,
    detail:
      'Holdfast forgets its record of this cluster, its secret and what it last read. Nothing is changed on the cluster, and its audit stays.',
    confirmLabel: 'Remove cluster',
  };
}

/** What decides where we connect and as whom. */
function connectionOf({ endpoints, login, trust }: ClusterSettings): string {
  return JSON.stringify([endpoints.map(({ address, port }) => [address, port]), login, trust]);
}

export function clusterHandlers(options: ClusterHandlerOptions): ClusterHandlers {
  const { clusters, credentials, trust, service, catalogue, shell } = options;

  /** Throws AppError. */
  const check = (settings: ClusterSettings, clusterId: string | null): void => {
    const { name } = settings;
    checkPolicy(clusters, settings);
    // The name is what people type to confirm, so it has to mean one thing.
    const taken = clusters.list().some((each) => each.id !== clusterId && sameName(each.name, name));
    if (!taken && !options.nameTaken(name)) return;
    throw new AppError(
      'invalid-request',
      `There is a host or cluster named ${name} already. Choose another name.`,
    );
  };
  const refuseWhileBusy = ({ id, name }: Cluster): void => {
    if (options.busy(id)) {
      throw new AppError('refused', `A change on ${name} is under way. Wait until it has ended.`);
    }
  };

  return {
    'clusters:list': async () => ({ clusters: service.overviews() }),

    'clusters:add': async ({ settings, secret }) => {
      check(settings, null);
      const cluster: Cluster = {
        ...settings,
        id: newHostId(settings.name),
        demo: options.demo,
        createdAtMs: options.nowMs(),
      };
      clusters.add(cluster);
      if (secret !== null) await credentials.write(cluster.id, secret);
      options.onChanged(cluster.id);
      return cluster;
    },

    'clusters:update': async ({ clusterId, settings, secret }, { signal }) => {
      const before = clusters.get(clusterId);
      refuseWhileBusy(before);
      check(settings, clusterId);
      if (secret === null) {
        keepSecretFrom(before, settings, clusters.list());
      }
      const cluster: Cluster = { ...before, ...settings };
      const raises = accessLevels.indexOf(cluster.accessLevel) > accessLevels.indexOf(before.accessLevel);
      // SECURITY: the page can ask for more; only a person in a native dialog grants it.
      if (raises) {
        if (!(await shell.confirm(raiseQuestion(before, cluster), signal))) {
          throw new AppError('cancelled', 'The access level was not raised, so nothing was saved.');
        }
        refuseWhileBusy(before);
        check(settings, clusterId);
      }
      clusters.update(cluster);
      if (secret !== null) await credentials.write(clusterId, secret);
      if (secret !== null || connectionOf(before) !== connectionOf(cluster))
        service.settingsChanged(clusterId);
      options.onChanged(clusterId);
      return cluster;
    },

    'clusters:remove': async ({ clusterId }, { signal }) => {
      const cluster = clusters.get(clusterId);
      refuseWhileBusy(cluster);
      if (!(await shell.confirm(removeQuestion(cluster), signal))) return { removed: false };
      refuseWhileBusy(cluster);
      options.onRemove(cluster);
      await credentials.forget(clusterId);
      clusters.remove(clusterId);
      service.forget(clusterId);
      options.rootTasks.forget(clusterId);
      options.onChanged(null);
      return { removed: true };
    },

    'clusters:probeCertificate': (endpoint, { signal }) => trust.probe(endpoint, signal),
    'clusters:trustCertificate': (request, { signal }) => trust.trust(request, signal),
    'clusters:chooseAuthority': () => trust.chooseAuthority(),
    'clusters:authority': ({ sha256 }) => trust.authority(sha256),
    'clusters:realms': (request, { signal }) => options.onboarding.realms(request, signal),
    'clusters:testConnection': (request, { signal }) => options.onboarding.test(request, signal),

    'clusters:read': async ({ clusterId }) => {
      const inventory = await service.read(clusterId);
      return { inventory: inventory === null ? null : packInventory(inventory) };
    },
    'clusters:refresh': async ({ clusterId, maxAgeSeconds = 0 }) => ({
      takenAtMs: (await service.refresh(clusterId, maxAgeSeconds * 1000)).takenAtMs,
    }),
    'clusters:guestSnapshots': ({ clusterId, vmid }, { signal }) =>
      service.guestSnapshots(clusterId, vmid, signal),
    'clusters:guestConfig': async ({ clusterId, vmid }, { signal }) => {
      const { guest, rows } = await service.guestConfig(clusterId, vmid, signal);
      return {
        entries: configEntries(rows),
        edit: editOfferFor(catalogue, clusters.get(clusterId), options.settings().readOnly, guest, rows),
        more: configOffersFor(catalogue, clusters.get(clusterId), options.settings().readOnly, guest, rows),
      };
    },
    'clusters:backups': ({ clusterId }, { signal }) => service.backups(clusterId, signal),
    'clusters:permissions': ({ clusterId }, { signal }) => service.permissions(clusterId, signal),
    'clusters:healthReport': ({ clusterId }, { signal }) =>
      options.readHealth(clusters.get(clusterId), signal),
    'clusters:rootTasks': ({ clusterId }) => options.rootTasks.read(clusters.get(clusterId)),
    'clusters:nodeHost': ({ clusterId, node }) => options.rootTasks.ofNode(clusters.get(clusterId), node),
    'clusters:linkHost': async ({ clusterId, node, hostId }) =>
      options.rootTasks.link(clusters.get(clusterId), node, hostId),
    'clusters:tasks': async ({ clusterId }, { signal }) => ({
      tasks: await service.tasks(clusterId, signal),
    }),
    'clusters:taskLog': ({ clusterId, upid }, { signal }) => service.taskLog(clusterId, upid, signal),

    'clusters:offers': async ({ clusterId, subject }) => {
      const cluster = clusters.get(clusterId);
      const inventory = await service.known(clusterId);
      return {
        offers: clusterOffersFor({
          catalogue,
          cluster,
          readOnly: options.settings().readOnly,
          inventory,
          others: clusters.list().filter(({ id }) => id !== clusterId),
          subject: subjectIn(inventory, subject),
        }),
      };
    },
  };
}
