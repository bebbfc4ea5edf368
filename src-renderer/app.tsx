import { MantineProvider, Loader, Center, type MantineColorSchemeManager } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { Suspense, useEffect } from 'react';
import { Route, Router, Switch, useRoute } from 'wouter';
import { useHashLocation } from 'wouter/use-hash-location';
import type { CoreStatus } from '../src-preload/contract/app';
import { followActivities, followTrouble } from './components/activity-notices';
import { ErrorNotice } from './components/ErrorNotice';
import { AppFrame } from './components/AppFrame';
import { Keys } from './components/Keys';
import { Later, painted, part } from './components/later';
import { FleetScreen } from './screens/fleet/FleetScreen';
import { followApp, loadApp, useAppStore } from './stores/app-store';
import { followAudit } from './stores/audit-store';
import { followCapacity, forgetCapacity } from './stores/capacity-store';
import { followAutomations } from './stores/automations-store';
import { followChanges, loadChanges } from './stores/changes-store';
import { followClusters, loadClusters, refreshClusters } from './stores/clusters-store';
import { followFleet, loadFleet, refreshFleet, useFleetStore } from './stores/fleet-store';
import { followFiles } from './stores/files-store';
import { followVolumeFiles } from './stores/volume-files-store';
import { followInventory, forgetInventories } from './stores/inventory-store';
import { followPolicies, loadPolicies } from './stores/policies-store';
import { followConsoles } from './stores/console-store';
import { followOperations } from './stores/plan-store';
import { followSelection } from './stores/selection-store';
import { followSnapshots } from './stores/snapshots-store';
import { cssVariables, theme } from './theme';

/** All but the first screen: what a start need not read before it shows the fleet. */
const AuditScreen = part('AuditScreen');
const AutomationDialog = part('AutomationDialog');
const ChangeDrawer = part('ChangeDrawer');
const ChangesScreen = part('ChangesScreen');
const DisksScreen = part('DisksScreen');
const ClusterDialog = part('ClusterDialog');
const ClusterScreen = part('ClusterScreen');
const TaskDrawer = part('TaskDrawer');
const NodeDrawer = part('NodeDrawer');
const StorageDrawer = part('StorageDrawer');
const GuestDrawer = part('GuestDrawer');
const GuestsScreen = part('GuestsScreen');
const AccessDialog = part('AccessDialog');
const HostDialog = part('HostDialog');
const HostListDialog = part('HostListDialog');
const SshConfigDialog = part('SshConfigDialog');
const HostScreen = part('HostScreen');
const CreatePoolDialog = part('CreatePoolDialog');
const ReplaceDiskDialog = part('ReplaceDiskDialog');
const PoolsScreen = part('PoolsScreen');
const PoliciesScreen = part('PoliciesScreen');
const SandboxVolumesScreen = part('SandboxVolumesScreen');
const SettingsScreen = part('SettingsScreen');
const SnapshotDialog = part('SnapshotDialog');
const SnapshotsScreen = part('SnapshotsScreen');
const TasksScreen = part('TasksScreen');
const KioskScreen = part('KioskScreen');
const PlanView = part('PlanView');
const OfferDialog = part('OfferDialog');
const Palette = part('Palette');
const Shortcuts = part('Shortcuts');

let unfollowScheme = (): void => undefined;

/** The scheme lives in the core's settings, not in the page's storage. */
const schemeManager: MantineColorSchemeManager = {
  get: (fallback) => useAppStore.getState().settings?.colourScheme ?? fallback,
  set: () => undefined,
  subscribe: (onUpdate) => {
    unfollowScheme = useAppStore.subscribe(({ settings }, before) => {
      if (settings !== null && settings.colourScheme !== before.settings?.colourScheme)
        onUpdate(settings.colourScheme);
    });
  },
  unsubscribe: () => {
    unfollowScheme();
  },
  clear: () => undefined,
};

/** Shows what is known, then reads the hosts again, unless the person refreshes by hand only. */
async function readSession(): Promise<void> {
  forgetInventories();
  forgetCapacity();
  await Promise.all([loadApp(), loadFleet(), loadClusters(), loadPolicies(), loadChanges()]);
  const { settings } = useAppStore.getState();
  if (settings === null) return;
  // Connecting is the core's hardest work: it is not to hold up what is known already.
  await painted();
  await Promise.all([
    settings.refreshSeconds > 0 && useFleetStore.getState().hosts.length > 0 ? refreshFleet() : undefined,
    settings.clusterRefreshSeconds > 0 ? refreshClusters() : undefined,
  ]);
}

let opening: Promise<void> | null = null;

/**
 * Questions that are asked while the core starts wait for it, so those of the first opening need not be asked again when
 * it runs; after a crash they may have been answered by its end.
 */
function openSession(coreWas: CoreStatus['state'] | null): void {
  if (opening !== null && coreWas === 'starting') return;
  const mine = readSession().finally(() => {
    if (opening === mine) opening = null;
  });
  opening = mine;
}

export function App() {
  const waiting = useFleetStore(({ status }) => status === 'loading');
  useEffect(() => {
    const stops = [
      followApp(openSession),
      followFleet(),
      followInventory(),
      followCapacity(),
      followSnapshots(),
      followAudit(),
      followOperations(),
      followConsoles(),
      followActivities(),
      followTrouble(),
      followSelection(),
      followFiles(),
      followVolumeFiles(),
      followPolicies(),
      followChanges(),
      followAutomations(),
      followClusters(),
    ];
    openSession(null);
    return () => stops.forEach((stop) => stop());
  }, []);
  return (
    <MantineProvider
      theme={theme}
      cssVariablesResolver={cssVariables}
      defaultColorScheme="auto"
      colorSchemeManager={schemeManager}
    >
      <Notifications position="bottom-left" />
      <Router hook={useHashLocation}>
        <Screens />
        <Keys />
        <Later waiting={waiting}>
          {/* Before the plan, which has to lie above them. */}
          <NodeDrawer />
          <StorageDrawer />
          <TaskDrawer />
          <GuestDrawer />
          <ChangeDrawer />
          <AutomationDialog />
          <PlanView />
          <SnapshotDialog />
          <HostDialog />
          <HostListDialog />
          <SshConfigDialog />
          <ClusterDialog />
          <AccessDialog />
          <OfferDialog />
          <CreatePoolDialog />
          <ReplaceDiskDialog />
          <Palette />
          <Shortcuts />
        </Later>
      </Router>
    </MantineProvider>
  );
}

function Screens() {
  const info = useAppStore((state) => state.info);
  const error = useAppStore((state) => state.error);
  const [onTheWall] = useRoute('/kiosk');
  if (info === null) {
    return (
      <Center h="100%" p="xl">
        {error === null ? <Loader aria-label="Starting" /> : <ErrorNotice error={error} />}
      </Center>
    );
  }
  if (onTheWall) {
    return (
      <Suspense fallback={null}>
        <KioskScreen />
      </Suspense>
    );
  }
  return (
    <AppFrame>
      <Suspense fallback={null}>
        <Switch>
          <Route path="/" component={FleetScreen} />
          <Route path="/guests" component={GuestsScreen} />
          <Route path="/clusters/:clusterId">
            {({ clusterId }) => <ClusterScreen key={clusterId} clusterId={clusterId} />}
          </Route>
          <Route path="/hosts/:hostId">{({ hostId }) => <HostScreen key={hostId} hostId={hostId} />}</Route>
          <Route path="/tasks" component={TasksScreen} />
          <Route path="/pools" component={PoolsScreen} />
          <Route path="/disks" component={DisksScreen} />
          <Route path="/sandboxes" component={SandboxVolumesScreen} />
          <Route path="/snapshots" component={SnapshotsScreen} />
          <Route path="/policies" component={PoliciesScreen} />
          <Route path="/changes" component={ChangesScreen} />
          <Route path="/audit" component={AuditScreen} />
          <Route path="/settings" component={SettingsScreen} />
          <Route component={FleetScreen} />
        </Switch>
      </Suspense>
    </AppFrame>
  );
}
