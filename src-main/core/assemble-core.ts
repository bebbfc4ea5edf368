import { randomUUID } from 'node:crypto';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { CoreHandlers } from '../../src-preload/contract';
import type { Host } from '../../src-preload/contract/hosts';
import { accessHandlers } from './access/handlers';
import { createAnchorStore } from './audit/anchors';
import { createAuditStore, type AuditStore } from './audit/audit-store';
import { auditHandlers } from './audit/handlers';
import { Automations } from './automations/automations';
import { createAutomationStore, type AutomationStore } from './automations/store';
import { openSigner } from './audit/signer';
import type { AuditDraft } from './audit/types';
import type { Core, CoreOptions } from './core';
import { appMigrations } from './data/migrations';
import { openDatabase } from './data/open-database';
import { createDispatch } from './dispatch';
import { AppError, toAppError } from './errors/app-error';
import { compareHandlers } from './compare/handlers';
import { createHistory } from './history/handlers';
import { fileHandlers } from './files/handlers';
import { volumeFileHandlers } from './files/volume-handlers';
import { backupFileHandlers } from './clusters/backup-files';
import { clusterHandlers } from './handlers/clusters';
import { datacenterHandlers } from './handlers/datacenter';
import { hostHandlers } from './handlers/hosts';
import { inventoryHandlers } from './handlers/inventory';
import { retentionHandlers } from './retention/handlers';
import { spaceHandlers } from './space/handlers';
import { changeHandlers } from './handlers/changes';
import { operationHandlers } from './handlers/operations';
import { settingsHandlers } from './handlers/settings';
import { createCredentialStore } from './hosts/credential-store';
import { sameName } from './hosts/guards';
import { createHostStore } from './hosts/host-store';
import { createHostLists } from './hosts/import-host-list';
import { createKeyFileRegistry } from './hosts/key-file-registry';
import { createKnownHostKeys } from './hosts/known-host-keys';
import { loginOf } from './hosts/login';
import { routeTo } from './hosts/route';
import { createTrust } from './hosts/trust';
import type { CredentialStore, HostStore, KnownHostKeys } from './hosts/types';
import { Capacity } from './inventory/capacity/capacity';
import { createCapacityStore } from './inventory/capacity/capacity-store';
import { createInventoryCache } from './inventory/inventory-cache';
import { ReadMeter } from './inventory/read-meter';
import { InventoryService, type InventoryCachePort } from './inventory/service';
import { openFileLog } from './log';
import { createLimits } from './machine-policy/limits';
import type { Catalogue } from './operations/bound-action';
import { emptyDraft } from './operations/drafts';
import { policyHandlers } from './policies/handlers';
import { createPolicyStore, type PolicyStore } from './policies/policy-store';
import { HostLocks } from './operations/host-lock';
import type { VolumePlace } from './operations/action';
import type { LinkPool, Managed } from './operations/link';
import { sshLink, type SshLinkParts } from './operations/ssh-link';
import { Recovery } from './operations/recover';
import { OperationRoad } from './operations/road';
import { StagedChanges } from './operations/staged/staged-changes';
import { createChangeStore, type ChangeStore } from './operations/staged/store';
import { WhenQuiet } from './operations/when-quiet';
import { createAuthorityStore } from './clusters/authorities';
import { ClusterClients } from './clusters/cluster-clients';
import { Consoles } from './clusters/consoles';
import { endConsolesLeftOpen } from './clusters/left-open-consoles';
import { createHealthReport } from './clusters/health-report';
import { createOnboarding } from './clusters/onboarding';
import { LocalFiles } from './clusters/local-files';
import { ClusterService } from './clusters/cluster-service';
import { pveLink, type ApiSurroundings } from './operations/pve-link';
import { createRootTasks } from './clusters/root-tasks';
import {
  createCertificateStore,
  createClusterCache,
  createClusterStore,
  type CertificateStore,
  type ClusterCache,
  type ClusterStore,
} from './clusters/stores';
import { createCertificateTrust } from './clusters/trust';
import { placeFromInventory } from './files/volume-place';
import { createSettingsStore, type SettingsStore } from './settings/settings-store';
import { CutOffTransfers, cutOffHandlers } from './transfers/cut-off';
import { TransferJournal } from './transfers/journal';
import { hopsTo, type HopOptions } from './ssh/hops';
import { pinName } from './ssh/host-key';
import { SshSessionPool } from './ssh/session-pool';
import { readInventory } from './storage/read-inventory';
import { readSnapshotDetails } from './storage/read-snapshot-details';
import { summarise } from './storage/summary';
import { clusterConditions, hostConditions, reachCondition } from './trouble/conditions';
import { TroubleWatch } from './trouble/trouble-watch';

/** Stores that whoever starts the core may fill before it runs; the demo fleet puts its hosts here. */
export interface CoreStores {
  hosts: HostStore;
  knownKeys: KnownHostKeys;
  credentials: CredentialStore;
  settings: SettingsStore;
  cache: InventoryCachePort;
  capacity: Capacity;
  policies: PolicyStore;
  clusters: ClusterStore;
  certificates: CertificateStore;
  clusterCache: ClusterCache;
  changes: ChangeStore;
  automations: AutomationStore;
}

export interface CoreParts {
  catalogue: Catalogue;
  /** Whether a command may be sent to a host at all. */
  permits: (argv: readonly string[]) => boolean;
  /** Where a sandbox volume keeps its files; left out: as the inventory of its host says. */
  volumePlace?: (host: Host, volumeId: string) => Promise<VolumePlace>;
  /** Runs after the stores are open and before anything is connected or marked. */
  prepare?: (stores: CoreStores) => Promise<void>;
}

/** An operation that took so long is worth a notification when it ends, in milliseconds. */
const longMs = 60_000;

function describeReads(reads: number, refreshes: number, firstAtMs: number, lastAtMs: number): string {
  const from = new Date(firstAtMs).toISOString();
  const to = new Date(lastAtMs).toISOString();
  return `Read between ${from} and ${to}: ${refreshes} whole ${refreshes === 1 ? 'inventory' : 'inventories'}, ${reads} single ${reads === 1 ? 'read' : 'reads'} for planning and verifying.`;
}

/**
 * Opens the files, wires the parts and marks what the last run left open. Nothing is connected yet.
 * @throws AppError when app.sqlite cannot be opened
 */
export async function assembleCore(options: CoreOptions, parts: CoreParts): Promise<Core> {
  const { dataDirectory, shell, emit } = options;
  const nowMs = options.nowMs ?? Date.now;
  const log = openFileLog(dataDirectory, nowMs, options.logLevel);
  const { db, setAsidePath } = openDatabase(
    join(dataDirectory, 'app.sqlite'),
    appMigrations,
    'The file app.sqlite',
    nowMs,
  );
  if (setAsidePath !== null) {
    log.write('error', 'app.sqlite was damaged and set aside', { path: setAsidePath });
    shell.notify(
      'Holdfast starts with an empty host list',
      `Its own file was damaged. It was kept as ${setAsidePath}; the audit of every host is untouched.`,
    );
  }

  let audit: AuditStore | undefined;
  try {
    const knownKeys = createKnownHostKeys(db, nowMs);
    const certificates = createCertificateStore(db, nowMs);
    // The demo is this very process: nobody's machines are reached there.
    const limits = createLimits({
      policies: options.demo ? [] : (options.policies ?? []),
      knownKeys,
      certificates,
    });
    const allHosts = createHostStore(db);
    const hosts = limits.hosts(allHosts);
    const credentials = createCredentialStore(db, shell);
    const keyFiles = createKeyFileRegistry(db);
    const settings = createSettingsStore(db, {}, options.fixed);
    const cache = createInventoryCache(db);
    const capacity = new Capacity(createCapacityStore(db));
    const policies = createPolicyStore(db);
    const allClusters = createClusterStore(db);
    const clusters = limits.clusters(allClusters);
    const authorities = createAuthorityStore(db, nowMs);
    const clusterCache = createClusterCache(db);
    const changeStore = createChangeStore(db);
    const automationStore = createAutomationStore(db);
    await parts.prepare?.({
      hosts,
      knownKeys,
      credentials,
      settings,
      cache,
      capacity,
      policies,
      clusters,
      certificates,
      clusterCache,
      changes: changeStore,
      automations: automationStore,
    });

    /** Of a host or a cluster. */
    const hostName = (id: string): string | null =>
      clusters.find(id)?.name ?? hosts.list().find((host) => host.id === id)?.name ?? null;
    const target = (id: string): Managed => clusters.find(id) ?? hosts.get(id);
    const store = (audit = createAuditStore({
      directory: join(dataDirectory, 'audit'),
      hostName,
      signer: await openSigner(db, shell),
      anchors: createAnchorStore(db),
      actor: options.actor,
      nowMs,
    }));

    const knownHostsPath = options.knownHostsPath ?? join(homedir(), '.ssh', 'known_hosts');
    /** The pool stands before the service that wants to hear of lost connections. */
    const connection = { lost: (_hostId: string, _error: AppError): void => undefined };
    const hops: HopOptions = {
      pinnedKeys: (name, port) => knownKeys.find(name, port),
      knownHostsPath,
      login: (host) =>
        loginOf(host, { credentials, keyFiles, agentSocket: () => process.env['SSH_AUTH_SOCK'] }),
      route: (host) => routeTo(host, hosts.list()),
    };
    const sessions = new SshSessionPool({
      ...hops,
      permits: parts.permits,
      onState: (hostId, change) => {
        if (change.state === 'ended' && change.error !== null) connection.lost(hostId, change.error);
      },
      nowMs,
    });

    const meter = new ReadMeter(nowMs);
    const onRead = (hostId: string): void => meter.read(hostId);
    /** Recovery stands before the staged changes that want to hear what it found. */
    const recorded = { row: (_hostId: string): void => undefined };
    const onRecorded = (hostId: string): void => {
      emit('audit:changed', { hostId });
      recorded.row(hostId);
    };
    const onHostChanged = (hostId: string | null): void => emit('hosts:changed', { hostId });
    const locks = new HostLocks();
    const hostKeys = (host: Host): string[] =>
      knownKeys.find(pinName(host), host.port).flatMap(({ key, revoked }) => (revoked ? [] : [key.sha256]));
    const onClusterChanged = (clusterId: string | null): void => emit('clusters:changed', { clusterId });
    const clients = new ClusterClients({ certificates, authorities, credentials, nowMs });
    const localFiles = new LocalFiles(shell);
    /** Also asked at each keystroke: what was opened while changes were allowed must not outlive that. */
    const consoleRefusal = (clusterId: string): string | null => {
      const cluster = clusters.find(clusterId);
      if (cluster === undefined) return 'Its cluster was removed from Holdfast.';
      if (settings.read().readOnly) return 'Holdfast was switched to read-only.';
      return cluster.accessLevel === 'administer' ? null : 'The access level of its cluster was lowered.';
    };
    const consoles = new Consoles({
      refusal: consoleRefusal,
      onEnd: ({ cluster, operationId, guest, message, durationMs }) => {
        const draft: AuditDraft = {
          ...emptyDraft('session', operationId, cluster.name, 'pve.guest.console'),
          target: guest,
          outcome: 'ok',
          message,
          durationMs,
        };
        try {
          store.append(cluster.id, draft);
          onRecorded(cluster.id);
        } catch (thrown) {
          log.write('error', 'The end of a console could not be recorded', { operationId, error: thrown });
          recovery.owe(cluster.id, draft);
        }
      },
      nowMs,
    });
    const transfers = new TransferJournal(db, nowMs);
    const cutOff = new CutOffTransfers({
      journal: transfers,
      sessions,
      shell,
      onChanged: () => emit('files:cutOffChanged', {}),
      log,
    });
    const volumePlace =
      parts.volumePlace ?? ((host: Host, id: string) => placeFromInventory(inventory, host, id));
    const otherCluster: ApiSurroundings['otherCluster'] = async (from, id) => {
      const cluster = clusters.get(id);
      const { name, accessLevel } = cluster;
      if (id === from) throw new AppError('refused', 'It is there already.');
      if (accessLevel !== 'administer') {
        throw new AppError('refused', `This laptop may not change ${name}.`, {
          remedy: 'Raise its access level to Administer first.',
        });
      }
      return { name, client: clients.client(cluster), ...(await clients.remote(cluster)) };
    };
    const lastKnownStatus: SshLinkParts['lastKnownStatus'] = async (hostId, backend) =>
      (await inventory.read(hostId))?.backends.find(({ kind }) => kind === backend) ?? null;
    const links: LinkPool = {
      link: async (managed, signal) =>
        'endpoints' in managed
          ? pveLink(clients.client(managed), managed, { files: localFiles, consoles, otherCluster })
          : sshLink({ sessions, volumePlace, localFiles, transfers, lastKnownStatus }, managed, signal),
      identity: (managed) => ('endpoints' in managed ? clients.identity(managed) : hostKeys(managed)),
    };
    const onTargetChanged = (id: string): void =>
      clusters.find(id) === undefined ? onHostChanged(id) : onClusterChanged(id);
    const recovery = new Recovery({
      audit: store,
      links,
      catalogue: parts.catalogue,
      locks,
      nowMs,
      log,
      onRead,
      onRecorded,
      onUnknownChanged: onTargetChanged,
    });
    // Also hosts that were removed since: their audit must not keep an operation open for ever.
    recovery.markAtStart(
      store
        .sources()
        .flatMap(({ id, kind, problem }) => (kind !== 'review-file' && problem === null ? [id] : [])),
    );
    const startedAtMs = nowMs();
    for (const { id } of store.sources()) {
      if (clusters.find(id) === undefined) continue;
      endConsolesLeftOpen(store, id, startedAtMs).catch((thrown: unknown) =>
        log.write('warn', 'Consoles that were left open could not be ended in the audit', {
          id,
          error: thrown,
        }),
      );
    }

    const trouble = new TroubleWatch(
      () => {
        const { troubleReadings, recoveryReadings } = settings.read();
        return { begins: troubleReadings, ends: recoveryReadings };
      },
      ({ isNew, ...change }) => {
        log.write(change.state === 'begun' ? 'warn' : 'info', change.title, { ...change });
        emit('trouble:changed', change);
        automations.troubleChanged(change);
        if (isNew) shell.notify(change.title, change.text);
      },
    );
    const history = createHistory(db, log, (id, moves) => automations.statesMoved(id, moves));
    const inventory = new InventoryService({
      hosts,
      sessions,
      cache,
      capacity,
      readInventory,
      readSnapshotDetails,
      summarise: (reading) => summarise(reading.inventory),
      unknownOperations: (hostId) => recovery.unknownCount(hostId),
      onContact: (host) => {
        void recovery.contact(host);
        void cutOff.contact(host);
      },
      onRefresh: (hostId) => meter.refresh(hostId),
      onRead,
      onHostChanged,
      onInventoryChanged: (hostId) => emit('inventory:changed', { hostId }),
      takeDue: (hostId) => quiet.take(hostId),
      onSeen: (hostId, seen) => {
        history.sawHost(hostId, seen);
        automations.wasRead(hostId);
      },
      onReading: ({ id, name }, outcome) => {
        const error = outcome instanceof AppError ? outcome : null;
        trouble.observe(id, 'reach', [reachCondition(name, error)]);
        if (!(outcome instanceof AppError)) trouble.observe(id, 'inside', hostConditions(name, outcome));
      },
      onActivityEnded: (host, { title, text, attention }) => {
        emit('inventory:activityEnded', { hostId: host.id, title, text, attention });
        shell.notify(`${host.name}: ${title}`, text);
      },
      nowMs,
      log,
    });
    connection.lost = (hostId, error) => inventory.connectionLost(hostId, error);
    inventory.setPeriod(settings.read().refreshSeconds);

    const clusterService = new ClusterService({
      clusters,
      clients,
      authorities,
      certificates,
      cache: clusterCache,
      unknownOperations: (clusterId) => recovery.unknownCount(clusterId),
      onContact: (cluster) => void recovery.contact(cluster),
      onRead,
      onRefresh: (clusterId) => meter.refresh(clusterId),
      onReading: ({ id, name }, outcome) => {
        const error = outcome instanceof AppError ? outcome : null;
        trouble.observe(id, 'reach', [reachCondition(name, error)]);
        if (outcome instanceof AppError) return;
        trouble.observe(id, 'inside', clusterConditions(name, outcome));
        history.sawCluster(id, outcome);
        automations.wasRead(id);
      },
      onChanged: onClusterChanged,
      nowMs,
      log,
    });
    clusterService.setPeriod(settings.read().clusterRefreshSeconds);

    const quiet = new WhenQuiet((hostId, options) => {
      // It may have been removed meanwhile.
      if (hosts.list().some(({ id }) => id === hostId)) inventory.refreshAfterChange(hostId, options);
    });
    const road = new OperationRoad({
      target,
      links,
      audit: store,
      settings: () => settings.read(),
      shell,
      catalogue: parts.catalogue,
      locks,
      recovery,
      nowMs,
      log,
      onProgress: (progress) => emit('operations:progress', progress),
      onRead,
      onRecorded,
      underWay: (id, work) => quiet.during(id, work),
      onChanged: (id, actionId) =>
        clusters.find(id) === undefined
          ? quiet.readSoon(id, { smart: actionId.startsWith('disk.selftest.') })
          : clusterService.refreshAfterChange(id),
      onEnded: (plan, result) => {
        const { durationMs, message } = result;
        if (durationMs >= longMs) shell.notify(`${plan.host.name}: ${plan.title}`, message);
        automations.operationEnded(plan, result);
      },
    });

    const changes = new StagedChanges({
      store: changeStore,
      road,
      audit: store,
      target,
      settings: () => settings.read(),
      actor: options.actor,
      nowMs,
      log,
      onRecorded,
      onChanged: () => emit('changes:changed', {}),
    });
    const automations = new Automations({
      store: automationStore,
      changes,
      changeStore,
      road,
      inventoryOf: (hostId) => inventory.read(hostId),
      nameOf: hostName,
      nowMs,
      log,
      notify: (title, body) => shell.notify(title, body),
      onChanged: () => emit('automations:changed', {}),
    });
    recorded.row = (hostId) => changes.reconcile(hostId);
    changes.reconcile();

    /** Reads are not recorded one by one; this row says that and how often a host was read. */
    const recordSession = (hostId: string): void => {
      const count = meter.take(hostId);
      const name = hostName(hostId);
      if (count === null || name === null) return;
      try {
        store.append(hostId, {
          ...emptyDraft('session', randomUUID(), name, 'session'),
          target: name,
          outcome: 'ok',
          message: describeReads(count.reads, count.refreshes, count.firstAtMs, count.lastAtMs),
        });
      } catch (thrown) {
        log.write('error', 'The reads of a session could not be recorded', {
          hostId,
          error: toAppError(thrown),
        });
      }
    };

    const clusterNames = (): string[] => clusters.list().map(({ name }) => name);
    const handlers: CoreHandlers = {
      ...hostHandlers({
        hosts,
        credentials,
        keyFiles,
        trust: createTrust({
          knownKeys,
          keyFiles,
          knownHostsPath,
          shell,
          hopsTo: (hostId, signal) => hopsTo(hosts.get(hostId), hops, signal),
        }),
        inventory,
        shell,
        demo: options.demo,
        nameTaken: (name) => clusterNames().some((known) => sameName(known, name)),
        sshConfig: {
          path: options.sshConfigPath ?? join(homedir(), '.ssh', 'config'),
          hosts,
          keyFiles,
          clusterNames,
          nowMs,
        },
        hostLists: createHostLists({ hosts, shell, clusterNames, nowMs }),
        busy: (hostId) => road.busy(hostId),
        onRemove: ({ id }) => {
          changes.discardOf(id);
          automationStore.drop(id);
          recordSession(id);
          store.release(id);
          recovery.forget(id);
          trouble.forget(id);
          history.forget(id);
          policies.removeOf(id);
          cutOff.forgetHost(id);
        },
        onChanged: onHostChanged,
        nowMs,
      }),
      ...clusterHandlers({
        clusters,
        credentials,
        trust: createCertificateTrust({
          clusters,
          certificates,
          authorities,
          shell,
          demo: options.demo,
          nowMs,
        }),
        onboarding: createOnboarding({
          clients,
          clusters,
          credentials,
          service: clusterService,
          demo: options.demo,
        }),
        service: clusterService,
        rootTasks: createRootTasks({ db, hosts, inventory, service: clusterService }),
        readHealth: createHealthReport({ service: clusterService, clients, nowMs }),
        catalogue: parts.catalogue,
        settings: () => settings.read(),
        shell,
        demo: options.demo,
        nameTaken: (name) => hosts.list().some((host) => sameName(host.name, name)),
        busy: (clusterId) => road.busy(clusterId),
        onRemove: ({ id }) => {
          consoles.closeAll('Its cluster was removed from Holdfast.', id);
          changes.discardOf(id);
          automationStore.drop(id);
          recordSession(id);
          store.release(id);
          recovery.forget(id);
          trouble.forget(id);
          history.forget(id);
        },
        onChanged: onClusterChanged,
        nowMs,
      }),
      ...datacenterHandlers({
        service: clusterService,
        clusters,
        catalogue: parts.catalogue,
        settings: () => settings.read(),
        localFiles,
        consoles,
        nowMs,
      }),
      ...accessHandlers({ hosts, sessions, keyFiles, shell }),
      ...inventoryHandlers(inventory, capacity, hosts),
      ...retentionHandlers({ inventory, policies, nowMs }),
      ...spaceHandlers(hosts, inventory, nowMs),
      ...policyHandlers({
        policies,
        hosts,
        inventory,
        onChanged: () => emit('policies:changed', {}),
        nowMs,
      }),
      ...compareHandlers({ hosts, inventory, sessions }),
      ...history.handlers,
      ...changeHandlers(changes),
      ...automations.handlers,
      ...operationHandlers({
        road,
        changes,
        catalogue: parts.catalogue,
        hosts,
        inventory,
        settings: () => settings.read(),
        shell,
        nowMs,
      }),
      ...fileHandlers({
        hosts,
        inventory,
        sessions,
        shell,
        transfers,
        onProgress: (progress) => emit('files:progress', progress),
        nowMs,
      }),
      ...backupFileHandlers({
        service: clusterService,
        clusters,
        shell,
        transfers,
        onProgress: (progress) => emit('files:progress', progress),
        nowMs,
      }),
      ...cutOffHandlers(cutOff),
      ...volumeFileHandlers({
        hosts,
        sessions,
        volumePlace,
        localFiles,
        shell,
        transfers,
        onProgress: (progress) => emit('files:progress', progress),
        nowMs,
      }),
      ...auditHandlers(store, shell, nowMs),
      ...limits.handlers({ hosts: allHosts, clusters: allClusters }),
      ...settingsHandlers({
        settings,
        shell,
        onChanged: (changed) => {
          inventory.setPeriod(changed.refreshSeconds);
          clusterService.setPeriod(changed.clusterRefreshSeconds);
          emit('settings:changed', changed);
        },
      }),
    };

    void cutOff.lookHere();
    log.write('info', 'The core started', { hosts: hosts.list().length, demo: options.demo });
    return {
      call: createDispatch(handlers, {
        checkResponses: process.env['HOLDFAST_CHECK_RESPONSES'] === '1',
        log,
      }),
      close: async () => {
        consoles.closeAll('Holdfast was closed.');
        await automations.close();
        await road.close();
        quiet.close();
        await inventory.close();
        await clusterService.close();
        await sessions.close();
        await clients.close();
        await road.drain();
        recovery.close();
        for (const hostId of meter.hostIds()) recordSession(hostId);
        store.close();
        db.close();
        log.write('info', 'The core ended');
      },
    };
  } catch (thrown) {
    log.write('error', 'The core could not start', { error: thrown });
    audit?.close();
    db.close();
    throw toAppError(thrown);
  }
}
