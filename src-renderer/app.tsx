import {
  MantineProvider,
  Loader,
  Center,
  type MantineColorScheme,
  type MantineColorSchemeManager,
} from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { useEffect } from 'react';
import { Route, Router, Switch } from 'wouter';
import { useHashLocation } from 'wouter/use-hash-location';
import { followActivities } from './components/activity-notices';
import { ErrorNotice } from './components/ErrorNotice';
import { PlanView } from './components/PlanView';
import { AppFrame } from './components/AppFrame';
import { OfferDialog } from './components/OfferForm';
import { Palette } from './components/Palette';
import { AuditScreen } from './screens/audit/AuditScreen';
import { DisksScreen } from './screens/disks/DisksScreen';
import { ClusterDialog } from './screens/clusters/ClusterDialog';
import { ClusterScreen } from './screens/clusters/ClusterScreen';
import { TaskDrawer } from './screens/clusters/ClusterTasks';
import { NodeDrawer } from './screens/clusters/NodeDrawer';
import { StorageDrawer } from './screens/clusters/StorageDrawer';
import { FleetScreen } from './screens/fleet/FleetScreen';
import { GuestDrawer } from './screens/guests/GuestDrawer';
import { GuestsScreen } from './screens/guests/GuestsScreen';
import { AccessDialog } from './screens/hosts/AccessDialog';
import { HostDialog } from './screens/hosts/HostDialog';
import { SshConfigDialog } from './screens/hosts/SshConfigDialog';
import { HostScreen } from './screens/hosts/HostScreen';
import { CreatePoolDialog } from './screens/pools/CreatePoolDialog';
import { ReplaceDiskDialog } from './screens/pools/ReplaceDiskDialog';
import { PoolsScreen } from './screens/pools/PoolsScreen';
import { PoliciesScreen } from './screens/policies/PoliciesScreen';
import { SettingsScreen } from './screens/settings/SettingsScreen';
import { SnapshotDialog } from './screens/snapshots/SnapshotDialog';
import { SnapshotsScreen } from './screens/snapshots/SnapshotsScreen';
import { TasksScreen } from './screens/tasks/TasksScreen';
import { followApp, loadApp, useAppStore } from './stores/app-store';
import { followAudit } from './stores/audit-store';
import { followCapacity, forgetCapacity } from './stores/capacity-store';
import { followClusters, loadClusters, refreshClusters } from './stores/clusters-store';
import { followFleet, loadFleet, refreshFleet, useFleetStore } from './stores/fleet-store';
import { followFiles } from './stores/files-store';
import { followInventory, forgetInventories } from './stores/inventory-store';
import { followPolicies, loadPolicies } from './stores/policies-store';
import { followConsoles } from './stores/console-store';
import { followOperations } from './stores/plan-store';
import { followSelection } from './stores/selection-store';
import { followSnapshots } from './stores/snapshots-store';
import { cssVariables, theme } from './theme';

/** The scheme lives in the core's settings, not in the page's storage. */
const schemeManager: MantineColorSchemeManager = {
  get: (fallback) => useAppStore.getState().settings?.colourScheme ?? fallback,
  set: () => undefined,
  subscribe: () => undefined,
  unsubscribe: () => undefined,
  clear: () => undefined,
};

/** Shows what is known, then reads the hosts again, unless the person refreshes by hand only. */
async function openSession(): Promise<void> {
  forgetInventories();
  forgetCapacity();
  await Promise.all([loadApp(), loadFleet(), loadClusters(), loadPolicies()]);
  const { settings } = useAppStore.getState();
  if (settings === null) return;
  await Promise.all([
    settings.refreshSeconds > 0 && useFleetStore.getState().hosts.length > 0 ? refreshFleet() : undefined,
    settings.clusterRefreshSeconds > 0 ? refreshClusters() : undefined,
  ]);
}

export function App() {
  const scheme: MantineColorScheme = useAppStore((state) => state.settings?.colourScheme ?? 'auto');
  useEffect(() => {
    const stops = [
      followApp(() => void openSession()),
      followFleet(),
      followInventory(),
      followCapacity(),
      followSnapshots(),
      followAudit(),
      followOperations(),
      followConsoles(),
      followActivities(),
      followSelection(),
      followFiles(),
      followPolicies(),
      followClusters(),
    ];
    void openSession();
    return () => stops.forEach((stop) => stop());
  }, []);
  return (
    <MantineProvider
      key={scheme}
      theme={theme}
      cssVariablesResolver={cssVariables}
      defaultColorScheme={scheme}
      colorSchemeManager={schemeManager}
    >
      <Notifications position="bottom-left" />
      <Router hook={useHashLocation}>
        <Screens />
        {/* Before the plan, which has to lie above them. */}
        <NodeDrawer />
        <StorageDrawer />
        <TaskDrawer />
        <GuestDrawer />
        <PlanView />
        <SnapshotDialog />
        <HostDialog />
        <SshConfigDialog />
        <ClusterDialog />
        <AccessDialog />
        <OfferDialog />
        <CreatePoolDialog />
        <ReplaceDiskDialog />
        <Palette />
      </Router>
    </MantineProvider>
  );
}

function Screens() {
  const info = useAppStore((state) => state.info);
  const error = useAppStore((state) => state.error);
  if (info === null) {
    return (
      <Center h="100%" p="xl">
        {error === null ? <Loader aria-label="Starting" /> : <ErrorNotice error={error} />}
      </Center>
    );
  }
  return (
    <AppFrame>
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
        <Route path="/snapshots" component={SnapshotsScreen} />
        <Route path="/policies" component={PoliciesScreen} />
        <Route path="/audit" component={AuditScreen} />
        <Route path="/settings" component={SettingsScreen} />
        <Route component={FleetScreen} />
      </Switch>
    </AppFrame>
  );
}
