import { Text } from '@mantine/core';
import { useEffect } from 'react';
import type { Cluster } from '../../../src-preload/contract/clusters';
import { ErrorNotice } from '../../components/ErrorNotice';
import { loadChanges, useChangesStore } from '../../stores/changes-store';
import { ChangesTable } from '../changes/ChangesTable';

/** F218: what is staged for this cluster. */
export function ClusterChanges({ cluster }: { cluster: Cluster }) {
  const { status, changes, error } = useChangesStore();
  useEffect(() => {
    void loadChanges();
  }, []);
  const own = changes.filter(({ hostId }) => hostId === cluster.id);
  if (error !== null) return <ErrorNotice error={error} />;
  if (own.length === 0) {
    return status !== 'ready' ? null : (
      <Text size="sm" c="dimmed">
        Nothing is staged for {cluster.name}. “Stage for later” in the plan of a change keeps it here.
      </Text>
    );
  }
  return (
    <div style={{ height: Math.min(620, 60 + own.length * 52), display: 'flex', flexDirection: 'column' }}>
      <ChangesTable changes={own} withHost={false} ticks={null} />
    </div>
  );
}
