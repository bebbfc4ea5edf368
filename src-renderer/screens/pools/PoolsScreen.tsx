import { Button, Group, Stack, Text, Title } from '@mantine/core';
import { IconDatabase, IconPlus, IconRefresh } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { backendOrder, backendTitles } from './pool-groups';
import { EmptyState } from '../../components/EmptyState';
import { HostFilter } from '../../components/HostParts';
import { PageHeader } from '../../components/PageHeader';
import { plural } from '../../format/bytes-format';
import { refreshFleet, useFleetStore } from '../../stores/fleet-store';
import { loadInventory, useInventoryStore } from '../../stores/inventory-store';
import { openCreatePool } from '../../stores/offers-store';
import { PoolCard } from './PoolCard';

/** Every pool of every host, grouped by backend. */
export function PoolsScreen() {
  const hosts = useFleetStore((state) => state.hosts);
  const refreshing = useFleetStore((state) => state.refreshing);
  const byHost = useInventoryStore((state) => state.byHost);
  const [hostId, setHostId] = useState('');
  const hostIds = hosts.map(({ host }) => host.id).join(' ');
  useEffect(() => {
    hostIds.split(' ').forEach((id) => id !== '' && void loadInventory(id));
  }, [hostIds]);
  const shown = hosts.filter(({ host }) => hostId === '' || host.id === hostId);
  const placed = shown.flatMap(({ host }) => {
    const inventory = byHost[host.id]?.inventory ?? null;
    if (inventory === null) return [];
    return inventory.pools
      .filter((pool) => pool.parentPoolId === null)
      .map((pool) => ({ host, pool, inventory }));
  });
  const neverRead = shown.filter(({ summary }) => summary === null);
  return (
    <div className="page">
      <PageHeader
        title="Pools"
        actions={
          <>
            <HostFilter width={200} value={hostId} onChange={setHostId} />
            <Button leftSection={<IconPlus size={16} />} onClick={() => openCreatePool(hostId)}>
              Create pool
            </Button>
            <Button
              variant="default"
              leftSection={<IconRefresh size={16} />}
              loading={refreshing}
              onClick={() => void refreshFleet()}
            >
              Refresh all
            </Button>
          </>
        }
      >
        {plural(placed.length, 'pool')} on {plural(new Set(placed.map(({ host }) => host.id)).size, 'host')}
        {neverRead.length > 0 && ` · never read: ${neverRead.map(({ host }) => host.name).join(', ')}`}
      </PageHeader>
      {placed.length === 0 && (
        <div className="panel">
          <EmptyState icon={<IconDatabase size={24} />} title="No pools known yet">
            Pools appear here once a host has been read: ZFS pools, LVM volume groups, RAID arrays and btrfs
            file systems, with all that lives on them.
          </EmptyState>
        </div>
      )}
      {backendOrder.map((backend) => {
        const group = placed.filter(({ pool }) => pool.backend === backend);
        if (group.length === 0) return null;
        return (
          <section key={backend} aria-label={backendTitles[backend]}>
            <Group gap="xs" mb={10}>
              <Title order={2}>{backendTitles[backend]}</Title>
              <Text size="sm" c="dimmed" className="numeric">
                {group.length}
              </Text>
            </Group>
            <Stack gap="sm">
              {group.map(({ host, pool, inventory }) => (
                <PoolCard
                  key={`${host.id} ${pool.id}`}
                  host={host}
                  pool={pool}
                  inventory={inventory}
                  showHost
                />
              ))}
            </Stack>
          </section>
        );
      })}
    </div>
  );
}
