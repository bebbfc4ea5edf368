import { Button, Center, Loader, SegmentedControl, Select, Switch, TextInput } from '@mantine/core';
import { IconDeviceDesktop, IconPlus, IconRefresh, IconSearch } from '@tabler/icons-react';
import { useMemo, useState } from 'react';
import { EmptyState } from '../../components/EmptyState';
import { ErrorNotice } from '../../components/ErrorNotice';
import { PageHeader } from '../../components/PageHeader';
import { plural } from '../../format/bytes-format';
import { updateSettings, useAppStore } from '../../stores/app-store';
import { openClusterForm, refreshClusters, useClustersStore } from '../../stores/clusters-store';
import { guestMatcher, guestRows } from './guest-rows';
import { GuestSelectionBar } from './GuestSelectionBar';
import { GuestsTable } from './GuestsTable';

type Kind = 'all' | 'qemu' | 'lxc';

/** Every virtual machine and container of every cluster. */
export function GuestsScreen() {
  const { status, clusters, inventories, refreshing, error, open } = useClustersStore();
  const [search, setSearch] = useState('');
  const [clusterId, setClusterId] = useState('');
  const [kind, setKind] = useState<Kind>('all');
  const templates = useAppStore((state) => state.settings?.showTemplates ?? false);
  const all = useMemo(
    () =>
      clusters
        .filter(({ cluster }) => clusterId === '' || cluster.id === clusterId)
        .flatMap(({ cluster }) => guestRows(cluster, inventories[cluster.id] ?? null)),
    [clusters, inventories, clusterId],
  );
  const rows = useMemo(() => {
    const matches = guestMatcher(search);
    return all.filter(
      (row) =>
        (templates || !row.guest.template) && (kind === 'all' || row.guest.type === kind) && matches(row),
    );
  }, [all, templates, kind, search]);
  const running = rows.filter(({ guest }) => guest.status === 'running').length;
  const away = clusters.filter(({ state }) => state.status !== 'online').length;
  if (status === 'loading') {
    return (
      <Center h={300}>
        <Loader aria-label="Reading the list of clusters" />
      </Center>
    );
  }
  return (
    <div className="page page-fixed">
      <PageHeader
        title="Guests"
        actions={
          <>
            <TextInput
              w={210}
              placeholder="Name, ID, tag, node"
              aria-label="Search guests"
              leftSection={<IconSearch size={15} />}
              value={search}
              onChange={(event) => setSearch(event.currentTarget.value)}
            />
            <SegmentedControl
              aria-label="Kind of guest"
              value={kind}
              data={[
                { value: 'all', label: 'All' },
                { value: 'qemu', label: 'VMs' },
                { value: 'lxc', label: 'CTs' },
              ]}
              onChange={(value) => setKind(value as Kind)}
            />
            <Select
              w={150}
              aria-label="Cluster"
              value={clusterId}
              data={[
                { value: '', label: 'All clusters' },
                ...clusters.map(({ cluster }) => ({ value: cluster.id, label: cluster.name })),
              ]}
              onChange={(value) => setClusterId(value ?? '')}
            />
            <Button
              variant="default"
              leftSection={<IconRefresh size={16} />}
              loading={refreshing.size > 0}
              disabled={clusters.length === 0}
              onClick={() => void refreshClusters()}
            >
              Refresh all
            </Button>
          </>
        }
      >
        <span style={{ display: 'inline-flex', gap: 14, alignItems: 'center' }}>
          <span>
            {plural(rows.length, 'guest')}, {running} running
            {away > 0 && ` · ${plural(away, 'cluster')} as last seen`}
          </span>
          <Switch
            size="xs"
            label="Templates"
            checked={templates}
            onChange={(event) => void updateSettings({ showTemplates: event.currentTarget.checked })}
          />
        </span>
      </PageHeader>
      {error !== null && <ErrorNotice error={error} />}
      <GuestSelectionBar rows={all} />
      {clusters.length === 0 ? (
        <div className="panel">
          <EmptyState
            icon={<IconDeviceDesktop size={24} />}
            title="No clusters yet"
            action={
              <Button leftSection={<IconPlus size={16} />} onClick={() => openClusterForm(null)}>
                Add a Proxmox VE cluster
              </Button>
            }
          >
            Virtual machines and containers of your Proxmox VE clusters appear here, all in one table.
          </EmptyState>
        </div>
      ) : rows.length === 0 ? (
        <div className="panel">
          <EmptyState
            icon={<IconSearch size={24} />}
            title={all.length === 0 ? 'No guests known yet' : 'Nothing matches'}
          >
            {all.length === 0
              ? 'Guests appear here once a cluster has been read.'
              : 'No guest fits the search and the filters.'}
          </EmptyState>
        </div>
      ) : (
        <GuestsTable
          rows={rows}
          withCluster
          selectedKey={open === null ? null : `${open.clusterId}/${open.vmid}`}
        />
      )}
    </div>
  );
}
